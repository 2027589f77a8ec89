"""The layers, at run time: what is loaded by importing each, and that the server has no cipher to read with."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROTOCOL, SERVER, CLIENT = "protocol/evenly_protocol", "server/evenly_server", "client/evenly_client"
CIPHERS = "cryptography.hazmat.primitives.ciphers"
KEY_EXCHANGE = "cryptography.hazmat.primitives.asymmetric.x25519"
CANNOT_READ = ("evenly_client", CIPHERS, KEY_EXCHANGE, "cryptography.hazmat.primitives.asymmetric.x448", "mnemonic")
"""With none of these anything can be opened: what the server must not have."""


def modules(package: str) -> list[str]:
    """The dotted names of all modules of a package's folder."""
    folder = ROOT / package
    paths = sorted(path.relative_to(folder.parent).with_suffix("") for path in folder.rglob("*.py"))
    return [".".join(path.parts).removesuffix(".__init__") for path in paths]


def loaded_by(*names: str) -> set[str]:
    """What a fresh interpreter has loaded once it has imported these."""
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, *names], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def imported_in(path: Path) -> set[str]:
    """Every module that a file names in an import, wherever it stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return found


def within(names: set[str], package: str) -> set[str]:
    return {name for name in names if name == package or name.startswith(package + ".")}


@pytest.mark.parametrize("forbidden", ["asyncio", "websockets", "textual", "sqlite3", "socket", "ssl", "cryptography"])
def test_importing_the_protocol_loads_nothing_that_does_io(forbidden: str) -> None:
    assert not within(loaded_by(*modules(PROTOCOL)), forbidden)


def test_the_protocol_reads_no_clock_and_draws_no_random_number() -> None:
    for path in (ROOT / PROTOCOL).rglob("*.py"):
        named = imported_in(path)
        for module in ("time", "random", "secrets", "datetime", "os", "io", "pathlib"):
            assert not within(named, module), path


def test_importing_the_server_loads_nothing_of_the_members_side_and_no_cipher() -> None:
    loaded = loaded_by(*(name for name in modules(SERVER) if not name.endswith("__main__")))
    assert within(loaded, "evenly_server")
    for forbidden in (*CANNOT_READ, "textual"):
        assert not within(loaded, forbidden)


@pytest.mark.parametrize("forbidden", CANNOT_READ)
def test_the_server_as_it_is_started_has_nothing_to_read_with(forbidden: str) -> None:
    loaded = loaded_by("evenly_server.__main__", "evenly_server.serve")
    assert within(loaded, "evenly_server.checkins")
    assert within(loaded, "cryptography.hazmat.primitives.asymmetric.ed25519")
    assert not within(loaded, forbidden)


def test_what_would_be_found_is_loaded_by_the_members_side() -> None:
    loaded = loaded_by("evenly_client.checkins.taking_part", "mnemonic")
    for forbidden in ("evenly_client", CIPHERS, KEY_EXCHANGE, "mnemonic"):
        assert within(loaded, forbidden)


def test_of_cryptography_the_server_has_the_check_of_a_signature_alone() -> None:
    named = {path: within(imported_in(path), "cryptography") for path in (ROOT / SERVER).rglob("*.py")}
    (signatures,) = (path for path, imported in named.items() if imported)
    assert signatures.name == "signatures.py"
    assert named[signatures] == {
        "cryptography.exceptions",
        "cryptography.exceptions.InvalidSignature",
        "cryptography.hazmat.primitives.asymmetric.ed25519",
        "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PublicKey",
    }


def test_no_line_of_the_server_or_of_the_rules_imports_a_cipher_a_key_exchange_or_the_members_side() -> None:
    for path in (*(ROOT / SERVER).rglob("*.py"), *(ROOT / PROTOCOL).rglob("*.py")):
        for module in (*CANNOT_READ, "cryptography.fernet", "Crypto", "nacl"):
            assert not within(imported_in(path), module), path


def test_the_members_side_imports_nothing_of_the_server() -> None:
    """It starts the server as a process of its own and talks to it as anybody would."""
    for path in (ROOT / CLIENT).rglob("*.py"):
        assert not within(imported_in(path), "evenly_server"), path


@pytest.mark.parametrize("arguments", [("--help",), ("status",)])
def test_the_command_line_loads_no_part_in_check_ins_and_no_list_of_words(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    program = (
        "import sys\nfrom evenly_client.cli import main\nsys.argv[0] = 'evenly'\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "EVENLY_HOME": str(tmp_path)},
    )
    loaded = set(done.stderr.split())
    assert within(loaded, "evenly_client.cli")
    for forbidden in ("evenly_client.checkins", "mnemonic", KEY_EXCHANGE):
        assert not within(loaded, forbidden)


def test_the_check_for_imports_finds_them(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden.py"
    hidden.write_text("def f():\n    from cryptography.hazmat.primitives import ciphers as c\n    return c\n")
    assert within(imported_in(hidden), CIPHERS)
