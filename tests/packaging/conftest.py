"""A small evenly.pyz for this Python alone, made of what is installed here: nothing is fetched."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path
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


def wheel_of(installed: Distribution, folder: Path) -> Path:
    """The wheel that it was installed from, as good as it can be made again."""
    tags = re.findall(r"^Tag: (\S+)-(\S+)-(\S+)$", installed.read_text("WHEEL") or "", re.MULTILINE)
    together = "-".join(".".join(dict.fromkeys(parts)) for parts in zip(*tags, strict=True))
    name = re.sub(r"[-_.]+", "_", installed.metadata["Name"])
    path = folder / f"{name}-{installed.version}-{together}.whl"
    with zipfile.ZipFile(path, "w") as out:
        for file in installed.files or ():
            if file.parts[0] != ".." and file.suffix != ".pyc" and file.name not in ("INSTALLER", "REQUESTED"):
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


@pytest.fixture(scope="session")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    """Evenly's wheel, built; those that it needs; evenly.pyz of both."""
    folder = tmp_path_factory.mktemp("handed")
    build = [str(Path(sys.executable).with_name("hatchling")), "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    [wheel] = folder.glob("*.whl")
    one_file = tool("one_file")
    names = one_file.needed(one_file.direct_dependencies())
    (folder / "needed").mkdir()
    # What only other systems need is not installed here.
    here = [found for name in sorted(names) for found in Distribution.discover(name=name)]
    wheels = [wheel_of(each, folder / "needed") for each in here]
    needed = [path for path in wheels if path.name.partition("-")[0] not in one_file.LEFT_OUT]
    pyz = folder / "evenly.pyz"
    one_file.assemble({tool("pyz_main").target(): needed}, wheel, pyz)
    return Handed(folder, wheel, needed, pyz, Path(getattr(sys, "_base_executable", sys.executable)).resolve())


@dataclass(frozen=True)
class Settled:
    """Somebody who has started evenly.pyz for the first time, twice at once; what was said, how it ended."""

    home: Path
    said: list[str]
    ended: list[int]


@pytest.fixture(scope="session")
def settled(handed: Handed, tmp_path_factory: pytest.TempPathFactory) -> Settled:
    """It takes a while: the tests that need it unpacked share it."""
    home = tmp_path_factory.mktemp("settled")
    command = [str(handed.python), str(handed.pyz), "--version"]
    environment = handed.environment(home)
    starts = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(2)]
    said = [start.communicate(timeout=60)[0].strip() for start in starts]
    return Settled(home, said, [start.returncode for start in starts])


def ran(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """How a command ended, and what it said."""
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [str(part) for part in command],
        **{"capture_output": True, "text": True, "check": False, "timeout": 60, "stdin": subprocess.DEVNULL, **options},
    )
