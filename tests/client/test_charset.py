"""Which character set a terminal is said to have; what is written where it is not UTF-8."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from evenly_client.charset import Charset, named
from evenly_client.plain_signs import ERRORS, in_plain_signs
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

SOURCES = Path(__file__).parents[2] / "client" / "evenly_client"


def ascii_of(text: str) -> str:
    return text.encode("ascii", ERRORS).decode("ascii")


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "UTF-8"),
        ({"LANG": ""}, "UTF-8"),
        ({"LANG": "de_DE.UTF-8"}, "UTF-8"),
        ({"LANG": "de_DE.utf8@euro"}, "utf8"),
        ({"LC_CTYPE": "UTF-8"}, "UTF-8"),
        ({"LANG": "de_DE"}, "UTF-8"),
        ({"LANG": "C"}, "ASCII"),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, "ASCII"),
        ({"LC_ALL": "de_DE.ISO-8859-1"}, "ISO-8859-1"),
        ({"LC_ALL": "", "LC_CTYPE": "ja_JP.eucJP", "LANG": "de_DE.UTF-8"}, "eucJP"),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, "UTF-8"),
    ],
    ids=str,
)
def test_the_first_variable_that_says_something_names_it(environment: dict[str, str], name: str) -> None:
    assert named(environment, utf8_mode=False).name == name


def test_what_python_itself_put_there_says_nothing() -> None:
    """With LANG=C it sets LC_CTYPE, and turns its UTF-8 mode on; a user who sets the same means it."""
    environment = {"LANG": "C", "LC_CTYPE": "C.UTF-8"}
    assert named(environment, utf8_mode=True) == Charset("ASCII", "LANG")
    assert named(environment, utf8_mode=False) == Charset("C.UTF-8".partition(".")[2], "LC_CTYPE")


def test_what_is_typed_has_a_codec_whatever_the_name() -> None:
    assert Charset("ISO-8859-15").codec == "iso8859-15"
    assert Charset("no such thing").codec == "iso8859-1"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("● ○ ▶ ✓ · “so” — 1–5 …", '* o > v . "so" - 1-5 ~'),
        ("╭─┬┃━╯▏", "+-+|-+|"),
        ("Zoë Łukasz Þór Straße", "Zoe Lukasz Tor Strase"),
        ("日本 Ωμ", "???? ??"),
        ("👩‍🚀 1️⃣ e\u0301", "?? 1  e"),
        ("½ m² ﬁn", "? m2 fn"),
    ],
)
def test_signs_and_letters_become_what_looks_like_them(text: str, plain: str) -> None:
    """A part of ½ would be another number; an ideogram is two cells wide."""
    assert ascii_of(text) == plain


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_every_text_is_ascii_of_its_own_width(text: str) -> None:
    assert cell_len(ascii_of(text)) == cell_len(text)


def test_a_line_that_no_column_holds_has_its_three_dots() -> None:
    assert in_plain_signs("Trying again…") == "Trying again..."


def test_every_sign_of_our_own_has_a_likeness() -> None:
    """Of those in the sources, but for the letters that `text` and the dates look for in what people write."""
    found = {c for path in (SOURCES / "screens").rglob("*.py") for c in re.findall(r"[^\x00-\x7f]", path.read_text())}
    assert found
    assert {sign for sign in found if "?" in ascii_of(sign)} == set()
