"""`evenly completion`: the shells themselves say what they make of it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pexpect
import pytest

from tests.packaging.conftest import ran

BASH = r"""
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
complete=$(complete -p evenly); complete=${complete#*-F }
"${complete%% *}" evenly "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


def completion(shell: str, home: Path, *options: str) -> str:
    """What `evenly completion SHELL` prints."""
    environment = {**os.environ, "HOME": str(home), "EVENLY_HOME": str(home / "evenly")}
    done = ran(sys.executable, "-m", "evenly_client.cli", "completion", shell, *options, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_bash_offers_commands_options_and_choices(tmp_path: Path) -> None:
    """In a folder with no files, whose names it might offer too."""
    bash = shutil.which("bash") or pytest.skip("there is no bash here")
    script = tmp_path / "evenly.bash"
    script.write_text(completion("bash", tmp_path))
    (tmp_path / "empty").mkdir()
    for typed, offered in (
        (("evenly", "re"), {"report", "restore"}),
        (("evenly", "formats", ""), {"list", "show", "check", "new"}),
        (("evenly", "report", "--ki"), {"--kind"}),
        (("evenly", "report", "--kind", "s"), {"session", "sponsor"}),
    ):
        done = ran(bash, "--norc", "-c", BASH, "bash", script, *typed, cwd=tmp_path / "empty")
        assert set(done.stdout.split()) == offered, (typed, done.stderr)


def test_fish_offers_commands(tmp_path: Path) -> None:
    """With what each does."""
    fish = shutil.which("fish") or pytest.skip("there is no fish here")
    script = tmp_path / "evenly.fish"
    script.write_text(completion("fish", tmp_path))
    code = f"source {script}; complete -C 'evenly re'"
    done = ran(fish, "--no-config", "-c", code, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)})
    assert {line.split("\t")[0] for line in done.stdout.splitlines()} == {"report", "restore"}, done.stderr


def test_zsh_completes_a_command(tmp_path: Path) -> None:
    """Where it was installed, in a shell that somebody types into."""
    zsh = shutil.which("zsh") or pytest.skip("there is no zsh here")
    said = completion("zsh", tmp_path, "--install")
    line = re.search(r"^    (fpath=.*)$", said, re.MULTILINE)
    assert line is not None
    (tmp_path / ".zshrc").write_text(f"{line[1]}\nautoload -U compinit && compinit -u\nPS1='ready> '\n")
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "dumb"}
    shell = pexpect.spawn(zsh, ["-i"], env=environment, encoding="utf-8", timeout=20, dimensions=(24, 80))
    shell.expect("ready> ")
    shell.send("evenly doc\t")
    shell.expect("evenly doctor")
    shell.close(force=True)


def test_installing_touches_no_startup_file(tmp_path: Path) -> None:
    """One file, where bash looks by itself."""
    assert "bash-completion/completions/evenly" in completion("bash", tmp_path, "--install")
    files = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [".local/share/bash-completion/completions/evenly"]
