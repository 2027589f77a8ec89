"""What is in the wheel and in the source that are handed out."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, TOOLS, Handed, ran

DATA = {".tcss", ".toml", ".jinja", ".css", ".html", ".js", ".mjs", ".txt", ".mo"}
"""Endings of files that the program reads."""


def test_the_wheel_has_all_that_the_program_reads(handed: Handed) -> None:
    """Every file of its packages, the licence, the manual page; no test."""
    with zipfile.ZipFile(handed.wheel) as wheel:
        inside = set(wheel.namelist())
    for package in ("protocol/evenly_protocol", "server/evenly_server", "client/evenly_client"):
        for path in (ROOT / package).rglob("*"):
            if path.suffix in DATA | {".py", ".typed"} or path.name == "py.typed":
                assert str(path.relative_to((ROOT / package).parent)) in inside
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in inside)
    assert any(name.endswith(".data/data/share/man/man1/evenly.1") for name in inside)
    assert not any(name.startswith("tests") for name in inside)


def test_the_source_builds_and_can_be_tested(tmp_path: Path) -> None:
    """Tests with their data, tools, documents and licence are in it on purpose; nothing that was built."""
    build = [str(Path(sys.executable).with_name("hatchling")), "build", "-d", str(tmp_path)]
    subprocess.run([*build, "-t", "sdist"], cwd=ROOT, check=True, capture_output=True, timeout=60)
    [source] = tmp_path.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    tree = tmp_path / source.name.removesuffix(".tar.gz")
    for name in ("LICENSE", "requirements.lock", "tests/harness.py", "tools/one_file.py", "docs/index.md"):
        assert (tree / name).exists(), name
    assert not (tree / "build").exists()
    assert source.stat().st_size < 4_000_000
    subprocess.run([*build, "-t", "wheel"], cwd=tree, check=True, capture_output=True, timeout=60)
    assert list(tmp_path.glob("*.whl"))


def test_the_manual_page_is_what_the_code_says() -> None:
    """And is one: mandoc finds no error in it."""
    pytest.importorskip("myst_parser", reason="what makes it is not installed")
    done = ran(sys.executable, TOOLS / "man_page.py", "--check")
    assert done.returncode == 0, done.stderr
    if shutil.which("mandoc"):
        assert ran("mandoc", "-T", "lint", "-W", "error", TOOLS / "evenly.1").returncode == 0


@pytest.mark.parametrize("unit", ["evenly-serve.service", "evenly-gateway.service"])
def test_the_units_are_sound_and_closed_off(unit: str, tmp_path: Path) -> None:
    """As systemd itself judges: every line is known, and little is left open (of 10, where 10 is all)."""
    systemd = shutil.which("systemd-analyze") or pytest.skip("there is no systemd here")
    program = tmp_path / "evenly"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    here = tmp_path / unit
    here.write_text((TOOLS / "systemd" / unit).read_text().replace("/opt/evenly/bin/evenly", str(program)))
    done = ran(systemd, "verify", "--man=no", here)
    assert (done.returncode, done.stderr) == (0, "")
    done = ran(systemd, "security", "--offline=yes", "--threshold=20", here)
    assert done.returncode == 0, done.stdout
