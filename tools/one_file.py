"""Builds dist/evenly.pyz: one file that runs with nothing but Python, of every version and system named here.

    python tools/one_file.py WHEEL [--out dist/evenly.pyz] [--only cp313-linux-x86_64 …]

Beside it, requirements.txt: what Evenly needs at run time, of requirements.lock, for `pip install --require-hashes`.

It holds the wheels of all that Evenly needs, at the versions and with the hashes of requirements.lock, fetched with pip
for each target; pyz_main.py picks those of the Python that runs it. Why so: docs/decisions/008-one-file.md.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging import tags
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

HERE = Path(__file__).parent
ROOT = HERE.parent
POOL = ROOT / "build" / "wheels"
"""What was fetched before; `make clean` removes it."""

PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14), (3, 15))
LEFT_OUT = frozenset({"uvloop"})
"""Four fifths as large as all the rest, and the standard loop does the same: only many rooms at once want it."""


@dataclass(frozen=True)
class System:
    """An operating system on a kind of processor: `tags` as in names of wheels, `markers` as in requirements."""

    name: str
    tags: tuple[str, ...]
    markers: Mapping[str, str]


def _linux(machine: str) -> System:
    versions = [f"manylinux_2_{minor}_{machine}" for minor in range(28, 4, -1)]
    names = (*versions, f"manylinux2014_{machine}", f"manylinux2010_{machine}", f"manylinux1_{machine}")
    markers = {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": machine}
    return System(f"linux-{machine}", names, markers)


SYSTEMS = (
    _linux("x86_64"),
    _linux("aarch64"),
    # Intel Macs: cryptography has no wheels for them since its version 49.
    System(
        "macos-arm64",
        tuple(tags.mac_platforms((12, 0), "arm64")),
        {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
    ),
    System(
        "windows-x86_64",
        ("win_amd64",),
        {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"},
    ),
)


@dataclass(frozen=True)
class Target:
    """Who the wheels are for; `name` as pyz_main.py finds it out."""

    python: tuple[int, int]
    system: System

    @property
    def name(self) -> str:
        return "cp{}{}-{}".format(*self.python, self.system.name)

    @cached_property
    def suiting(self) -> frozenset[tags.Tag]:
        """Of wheels that suit it."""
        abi, platforms = "cp{}{}".format(*self.python), self.system.tags
        of_python = tags.cpython_tags(self.python, [abi], platforms)
        return frozenset((*of_python, *tags.compatible_tags(self.python, abi, platforms)))

    @property
    def markers(self) -> dict[str, str]:
        version = "{}.{}".format(*self.python)
        python = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
        versions = {"python_version": version, "python_full_version": f"{version}.0", "implementation_version": version}
        return {**python, **versions, **self.system.markers}


TARGETS = tuple(Target(python, system) for system in SYSTEMS for python in PYTHONS)


@dataclass(frozen=True)
class Pinned:
    """A block of requirements.lock: a version, the hashes of its files."""

    text: str
    requirement: Requirement
    hashes: str

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)


def pinned(lock: str) -> Iterator[Pinned]:
    """What the lock says, block by block."""
    for block in re.split(r"\n(?=\S)", lock.strip()):
        head, _, hashes = block.partition(" \\\n")
        yield Pinned(block, Requirement(head), hashes)


def direct_dependencies() -> list[str]:
    """What pyproject.toml names."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]


def needed(direct: Iterable[str]) -> frozenset[str]:
    """Names of all that these requirements lead to on the targets: what is installed here says what needs what."""
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(text) for text in direct]
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(map(canonicalize_name, requirement.extras))
        if (name, extras) in found or not any(_holds(requirement, target) for target in TARGETS):
            continue
        found.add((name, extras))
        try:
            further = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:  # for another system
            continue
        waiting += [each for each in further if _asked_for(each, extras)]
    return frozenset(name for name, _ in found)


def _holds(requirement: Requirement, target: Target) -> bool:
    """Whether a target needs it; of which extra, `_asked_for` has said."""
    if requirement.marker is None:
        return True
    extras = re.findall(r"""extra == ["']([^"']+)["']""", str(requirement.marker)) or [""]
    return any(requirement.marker.evaluate({**target.markers, "extra": extra}) for extra in extras)


def _asked_for(requirement: Requirement, extras: frozenset[str]) -> bool:
    """Whether a requirement belongs to these extras, or to none."""
    of = re.findall(r"""extra == ["']([^"']+)["']""", str(requirement.marker or ""))
    return not of or not extras.isdisjoint(map(canonicalize_name, of))


def wheels_for(target: Target, pins: Sequence[Pinned], pool: Path) -> list[Path]:
    """The wheels of a target: those in the pool that suit it and have the lock's hashes; the rest is fetched into it.

    What one target has fetched is used for the next, so that there is one file where one will do.
    """
    pins = [pin for pin in pins if _holds(pin.requirement, target)]
    missing = [pin for pin in pins if _in_pool(pin, target, pool) is None]
    if missing:
        _fetch(target, missing, pool)
    found = [_in_pool(pin, target, pool) for pin in pins]
    return sorted(path for path in found if path is not None)


def _in_pool(pin: Pinned, target: Target, pool: Path) -> Path | None:
    for path in sorted(pool.glob("*.whl")):
        name, version, _, tags_of_file = parse_wheel_filename(path.name)
        if name == pin.name and version in pin.requirement.specifier and not tags_of_file.isdisjoint(target.suiting):
            return path if sha256(path.read_bytes()).hexdigest() in pin.hashes else None
    return None


def _fetch(target: Target, pins: Sequence[Pinned], pool: Path) -> None:
    """Fetches wheels with pip, which sees to the hashes."""
    wanted = pool / "wanted.txt"
    wanted.write_text("".join(f"{p.requirement.name}{p.requirement.specifier} \\\n{p.hashes}\n" for p in pins))
    version = "{}.{}".format(*target.python)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--implementation", "cp", "--python-version", version]
    command += [part for tag in target.system.tags for part in ("--platform", tag)]
    done = subprocess.run(
        [*command, "--requirement", str(wanted), "--dest", str(pool)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{target.name}: {done.stderr}")


def assemble(wheels: Mapping[str, Sequence[Path]], evenly: Path, out: Path) -> None:
    """Writes the file from the wheels of each target and Evenly's own. The same wheels give the same bytes."""
    files = {path.name: path for path in (evenly, *(path for paths in wheels.values() for path in paths))}
    lists = {name: [evenly.name, *(path.name for path in paths)] for name, paths in sorted(wheels.items())}
    mark = sha256()
    for name, path in sorted(files.items()):
        mark.update(f"{name} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    for own in ("pyz_main.py", "pyz_again.py"):
        mark.update((HERE / own).read_bytes())
    contents = {"name": f"{evenly.name.split('-')[1]}-{mark.hexdigest()[:12]}", "wheels": lists}
    making = out.with_suffix(".making")
    making.write_bytes(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(making, "a") as whole:
        _put(whole, "__main__.py", (HERE / "pyz_main.py").read_bytes())
        _put(whole, "again.py", (HERE / "pyz_again.py").read_bytes())
        _put(whole, "contents.json", json.dumps(contents).encode())
        for name, path in sorted(files.items()):
            _put(whole, f"wheels/{name}", path.read_bytes())
    making.chmod(0o755)
    making.replace(out)


def _put(whole: zipfile.ZipFile, name: str, content: bytes) -> None:
    whole.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "evenly.pyz")
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements.lock")
    parser.add_argument("--only", nargs="*", metavar="TARGET", help=", ".join(target.name for target in TARGETS))
    given = parser.parse_args()
    if not given.wheel.is_file():
        parser.error(f"{given.wheel} is not there: `hatchling build` makes it")
    targets = [target for target in TARGETS if not given.only or target.name in given.only]
    locked = list(pinned(given.lock.read_text()))
    names = needed(direct_dependencies())
    if missing := names - {pin.name for pin in locked}:
        sys.exit(f"Not in the lock: {', '.join(sorted(missing))}. Run `make lock`.")
    pins = [pin for pin in locked if pin.name in names]
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.with_name("requirements.txt").write_text("".join(pin.text + "\n" for pin in pins))
    pins = [pin for pin in pins if pin.name not in LEFT_OUT]
    POOL.mkdir(parents=True, exist_ok=True)
    wheels = {target.name: wheels_for(target, pins, POOL) for target in targets}
    assemble(wheels, given.wheel, given.out)
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.1f} MB, for {', '.join(wheels)}")


if __name__ == "__main__":
    main()
