"""A small evenly.pyz for this Python alone, made of what is installed here: nothing is fetched."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path, PurePath
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "tools"


def tool(name: str) -> ModuleType:
    """A script of tools/ as a module."""
    spec = importlib.util.spec_from_file_location(f"tools_{name}", TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def left_out(file: PurePath) -> bool:
    """What is half of all files and no test here misses: other packages' tests, and how other languages write dates."""
    other_language = file.parent.name == "locale-data" and file.stem.partition("_")[0] not in ("root", "en", "de")
    return other_language or "tests" in file.parts


def wheel_of(installed: Distribution, folder: Path) -> Path:
    """The wheel that it was installed from, as good as it can be made again; see `left_out`."""
    tags = re.findall(r"^Tag: (\S+)-(\S+)-(\S+)$", installed.read_text("WHEEL") or "", re.MULTILINE)
    together = "-".join(".".join(dict.fromkeys(parts)) for parts in zip(*tags, strict=True))
    name = re.sub(r"[-_.]+", "_", installed.metadata["Name"])
    path = folder / f"{name}-{installed.version}-{together}.whl"
    with zipfile.ZipFile(path, "w") as out:
        for file in installed.files or ():
            made_here = file.parts[0] == ".." or file.suffix == ".pyc" or file.name in ("INSTALLER", "REQUESTED")
            if not made_here and not left_out(file):
                out.write(file.locate(), str(file))
    return path


@dataclass(frozen=True)
class Handed:
    """What was built, and the wheels that evenly.pyz is made of. `python` is one that has nothing installed."""

    folder: Path
    wheel: Path
    needed: list[Path]
    pyz: Path
    python: Path

    def environment(self, home: Path) -> dict[str, str]:
        """Of a person who has nothing of Evenly's yet; `python3` is this Python."""
        own = home / "bin"
        if not own.exists():
            own.mkdir(parents=True)
            (own / "python3").symlink_to(self.python)
        return {"HOME": str(home), "PATH": f"{own}:/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}


@contextlib.contextmanager
def shared(temporary: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder that all workers of this run share, for one of them at a time: who finds it empty fills it."""
    base = temporary.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@pytest.fixture(scope="session")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    """Evenly's wheel, built; those that it needs; evenly.pyz of both."""
    with shared(tmp_path_factory, "handed") as folder:
        pyz = folder / "evenly.pyz"
        if not pyz.exists():
            build(folder, pyz)
        [wheel] = folder.glob("*.whl")
        python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
        return Handed(folder, wheel, for_pyz(folder), pyz, python)


def build(folder: Path, pyz: Path) -> None:
    """Makes all that is handed out, evenly.pyz last."""
    hatchling = [str(Path(sys.executable).with_name("hatchling")), "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(hatchling, cwd=ROOT, check=True, capture_output=True, timeout=60)
    [wheel] = folder.glob("*.whl")
    one_file = tool("one_file")
    (folder / "needed").mkdir()
    for name in sorted(one_file.needed(one_file.direct_dependencies())):
        # What only other systems need is not installed here.
        for installed in Distribution.discover(name=name):
            wheel_of(installed, folder / "needed")
    one_file.assemble({tool("pyz_main").target(): for_pyz(folder)}, wheel, pyz)


def for_pyz(folder: Path) -> list[Path]:
    """The wheels that evenly.pyz is made of, Evenly's own aside."""
    wheels = (folder / "needed").iterdir()
    return sorted(path for path in wheels if path.name.partition("-")[0] not in tool("one_file").LEFT_OUT)


@dataclass(frozen=True)
class Settled:
    """Somebody who has started evenly.pyz for the first time, twice at once; what was said, how it ended."""

    home: Path
    said: list[str]
    ended: list[int]


@pytest.fixture(scope="session")
def settled(handed: Handed, tmp_path_factory: pytest.TempPathFactory) -> Settled:
    """It takes a while: the tests that need it unpacked share it."""
    with shared(tmp_path_factory, "settled") as home:
        told = home / "told.json"
        if not told.exists():
            command = [str(handed.python), str(handed.pyz), "--version"]
            environment = handed.environment(home)
            starts = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(2)]
            said = [start.communicate(timeout=60)[0].strip() for start in starts]
            told.write_text(json.dumps([said, [start.returncode for start in starts]]))
        return Settled(home, *json.loads(told.read_text()))


def ran(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """How a command ended, and what it said."""
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [str(part) for part in command],
        **{"capture_output": True, "text": True, "check": False, "timeout": 60, "stdin": subprocess.DEVNULL, **options},
    )
