"""Fetches the terminal emulator of the gateway's page into the package: run by hand when a version changes.

    python tools/vendor_page.py

Takes the packages below with `npm pack`, checks each against its hash, and copies of each the one minified module and
the style sheet as they are. Their licence goes beside them: it is one text with several copyright lines.
Why the grapheme add-on: it counts emoji, joined ones and those with U+FE0F included, as Textual does; without it a
line with one of them is a cell off from there on (tests/client/gateway/test_page.py compares).
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parent.parent / "client/evenly_client/gateway/page"


class Package(NamedTuple):
    """A package: its SHA-512 as npm writes it (`npm view NAME dist.integrity`), and the files taken."""

    name: str
    integrity: str
    files: dict[str, str]


PACKAGES = (
    Package(
        "@xterm/xterm@6.0.0",
        "sha512-TQwDdQGtwwDt+2cgKDLn0IRaSxYu1tSUjgKarSDkUM0ZNiSRXFpjxEsvc/Zgc5kq5omJ+V0a8/kIM2WD3sMOYg==",
        {"lib/xterm.mjs": "xterm.mjs", "css/xterm.css": "xterm.css"},
    ),
    Package(
        "@xterm/addon-fit@0.11.0",
        "sha512-jYcgT6xtVYhnhgxh3QgYDnnNMYTcf8ElbxxFzX0IZo+vabQqSPAjC3c1wJrKB5E19VwQei89QCiZZP86DCPF7g==",
        {"lib/addon-fit.mjs": "addon-fit.mjs"},
    ),
    Package(
        "@xterm/addon-unicode-graphemes@0.4.0",
        "sha512-9+/CqwbKcnlkJU4d3wIgO+wjsL8f6vyz+UwUWLu6nADQz8Gr8ONqGCJfdDjIdI+yYZLABQqQy47FzEM6AWELjw==",
        {"lib/addon-unicode-graphemes.mjs": "addon-unicode-graphemes.mjs"},
    ),
)


def main() -> int:
    """Fetches all or, when one is not what it was, changes nothing. The exit status."""
    taken: dict[str, bytes] = {}
    licences: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            archive = _packed(package.name, Path(folder))
            found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
            if found != package.integrity:
                print(f"{package.name} is not what it was: {found}", file=sys.stderr)
                return 1
            with tarfile.open(archive) as tar:
                taken |= {to: _member(tar, path) for path, to in package.files.items()}
                licences.append(f"{package.name}\n\n{_member(tar, 'LICENSE').decode().strip()}\n")
    taken["LICENCES.txt"] = ("\n" + "-" * 72 + "\n\n").join(licences).encode()
    for name, content in taken.items():
        (PAGE / name).write_bytes(content)
        print(f"{name}  {len(content):,} bytes")
    return 0


def _packed(name: str, folder: Path) -> Path:
    command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), name]
    made = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    return folder / made.stdout.strip()


def _member(tar: tarfile.TarFile, path: str) -> bytes:
    file = tar.extractfile(f"package/{path}")
    if file is None:
        raise FileNotFoundError(path)
    return file.read()


if __name__ == "__main__":
    sys.exit(main())
