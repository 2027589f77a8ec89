"""The one function that makes people's text fit for a terminal."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from evenly_client.text import NAME_CELLS, cell_width, clean, same_name_key
from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth import wcswidth

POINTS = [chr(point) for point in range(sys.maxunicode + 1)]
LINE_ENDS = set("\n\v\f\r\x85\u2028\u2029")
SHORT = [character for character in POINTS if unicodedata.category(character) not in ("Cn", "Co", "Cs")]

NASTY = st.sampled_from(
    "a e1#* \n\r\t\x1b\x9b\x00\x85\u200b\u200c\u200d\u200e\u202e\u2066\ufeff\ufe0e\ufe0f\ufe00\u034f\u3164\u2028"
    "\u0301\u0323\u0344\u0f73\u20e3\u0903\u09c7\u09be\u094d\u0915\U0001d165\u1100\u1161\u11a8가각\u2329\u2190\u0338"
    "👩❤💋🏻\U0001f1e9\U000e0067\ue000\ud800\U0001f3fb\u1f82\u2126ﬁ漢\u0e33\u0d4e"
)
TEXTS = st.text(NASTY, max_size=40) | st.text(st.characters(codec=None), max_size=40)


def check(text: str) -> None:
    """What holds of every cleaned text."""
    assert unicodedata.is_normalized("NFC", text)
    for character in text.replace("\n", ""):
        category = unicodedata.category(character)
        assert category not in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp"), hex(ord(character))
        assert category != "Cf" or character == "\u200d", hex(ord(character))
        assert category != "Zs" or character == " ", hex(ord(character))


def test_every_code_point_alone_is_cleaned_for_good() -> None:
    """All 1,112,064 code points and the surrogates: nothing unfit stays, and cleaning again changes nothing."""
    assert len(POINTS) - 2048 == 1_112_064
    for character in SHORT:
        once = clean(character)
        check(once)
        assert clean(once) == once
        assert cell_width(once) <= 18
    for character in set(POINTS) - set(SHORT):
        if clean(character):
            pytest.fail(f"U+{ord(character):04X} stays")


@pytest.mark.parametrize("form", ["a{}b", "{0}{0}", "e{}"])
def test_every_code_point_beside_others_is_cleaned_for_good(form: str) -> None:
    """Surrounded, doubled and behind a letter: each on its own line, which keeps them apart."""
    inner = [character for character in SHORT if character not in LINE_ENDS]
    # A full stop at both ends of a line keeps the line's own spaces from being trimmed.
    once = clean("\n".join(f".{form.format(character)}." for character in inner), lines=True)
    check(once)
    assert clean(once, lines=True) == once
    lines = once.split("\n")
    assert len(lines) == len(inner)
    assert all(line.startswith(".") and line.endswith(".") for line in lines)


def test_what_is_not_a_character_goes_wherever_it_stands() -> None:
    """Unassigned, private and surrogate code points: nothing of them is left beside letters."""
    others = sorted(set(POINTS) - set(SHORT))
    assert len(others) > 900_000
    assert clean("a" + "b".join(others) + "c") == "a" + "b" * (len(others) - 1) + "c"
    assert clean("e" + "".join(others) * 2 + "\u0301") == "é"


def test_seven_characters_end_a_line_and_no_other() -> None:
    """The line ends that Unicode and terminals know."""
    assert {character for character in SHORT if clean(f"a{character}b", lines=True) == "a\nb"} == LINE_ENDS


@given(st.lists(TEXTS, max_size=6))
def test_lines_are_cleaned_each_by_itself(texts: list[str]) -> None:
    """What stands on one line has no effect on another, so a test may clean all code points in one text."""
    lines = [f".{clean(text)}." for text in texts]
    assert clean("\n".join(lines), lines=True) == "\n".join(clean(line) for line in lines)


@given(TEXTS, st.none() | st.integers(0, 30), st.booleans())
@example("〈\ufe0f\u0301", None, False)
@example("\u2329\ufe0f\u0338", None, False)
@example("a" + "\u0301\u0323" * 9, 3, True)
def test_cleaning_what_is_clean_changes_nothing(text: str, cells: int | None, lines: bool) -> None:
    """Whatever comes in, cut or not."""
    once = clean(text, cells=cells, lines=lines)
    check(once)
    assert clean(once, cells=cells, lines=lines) == once
    assert lines or "\n" not in once
    assert once == once.strip()
    if cells is not None:
        assert cell_width(once) <= cells


@given(TEXTS)
def test_no_base_has_more_than_two_marks(text: str) -> None:
    """Nor does a text begin with one, or have one after a space."""
    marks = 2
    for character in clean(text):
        if unicodedata.category(character) in ("Mn", "Me") and character not in "\ufe0e\ufe0f":
            marks += 1
        elif character == " ":
            marks = 2
        elif unicodedata.category(character) != "Mc":
            marks = 0
        assert marks <= 2


@pytest.mark.parametrize(
    "text",
    [
        "Zoë Müller",
        "漢字かな交じり文",
        "한국어",
        "ภาษาไทย ก็ น้ำ",
        "हिन्दी क्षेत्र",
        "ကြောင်း",
        "שָׁלוֹם",
        "👩‍👩‍👧‍👦",
        "👩🏻‍❤️‍💋‍👩🏻",
        "🏳️‍🌈 🇩🇪 1️⃣ #️⃣ ❤️ ☎︎ 👍🏽",
        "x² ≤ ½ · ∑",
    ],
)
def test_what_people_write_stays(text: str) -> None:
    """Scripts with marks, families, flags, keycaps: only normalised."""
    assert clean(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b]52;c;aGk=\x07x", "]52;c;aGk=x"),
        ("\x9b31mred", "31mred"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u2066a\u2069\u200f", "a"),
        ("An\u200bn\u2060\ufeff\u00ad", "Ann"),
        ("Ann\U000e0041\U000e007f", "Ann"),
        ("a\u200db", "ab"),
        ("👩\u200d", "👩"),
        ("👩\u200d\u200b\u200d👩", "👩\u200d👩"),
        ("a\ufe0f1\ufe0f", "a1"),
        ("漢\U000e0100", "漢"),
        ("\u3164\u115f\u2800", ""),
        ("\ud800a\uffffb\ue000", "ab"),
        ("\u0301a", "a"),
        ("a \u0301b", "a b"),
        ("e\u0323\u0302", "ệ"),
        ("\u03b1\u0313\u0300\u0345", "ᾂ"),
        ("a\r\nb\u2028c\td\u3000e", "a b c d e"),
        ("  \n a \n", "a"),
        ("[/]", "[/]"),
    ],
)
def test_what_could_harm_goes(text: str, cleaned: str) -> None:
    """Escape sequences, reversed text, what cannot be seen; words in brackets are only words."""
    assert clean(text) == cleaned


def test_line_ends_of_every_kind_stay_when_lines_are_wanted() -> None:
    """As one kind; spaces before them and lines around the text go, indentation stays."""
    assert clean("\n\na  \r\n  b\rc\u2029\n\nd\n", lines=True) == "a\n  b\nc\n\n\nd"


def test_a_cut_falls_between_clusters() -> None:
    """A wide character or a family is there whole or not at all."""
    assert clean("漢字漢字", cells=5) == "漢字"
    assert clean("a👩‍👩‍👧‍👦b", cells=2) == "a"
    assert clean("a👩‍👩‍👧‍👦b", cells=3) == "a👩‍👩‍👧‍👦"
    assert clean("ab cd", cells=3) == "ab"
    assert clean("éé" * 9, cells=2) == "éé"
    assert clean("abc", cells=0) == ""


@given(TEXTS)
def test_a_line_is_never_wider_than_was_counted(text: str) -> None:
    """Never below what the terminal's own rule gives."""
    once = clean(text)
    assert cell_width(once) >= wcswidth(once) >= 0


@pytest.mark.parametrize(
    "part",
    ["a", " ", "́", "ạ́̈́", "ཱྀི", "क्", "👩\u200d", "🏻", "🇩", "ൎ", "ᄀ", "ᅡ", "가ᅡ", "1️", "a \n", "ः", "𝅗𝅥", "ﷺ", "\x1b[0m"],
)
def test_a_megabyte_of_anything_is_bounded_work(part: str) -> None:
    """Quadratic work on a million characters would take minutes; a name of them stays a name."""
    name = clean(part * (1_000_000 // len(part)), cells=NAME_CELLS)
    assert cell_width(name) <= NAME_CELLS
    assert len(name) <= NAME_CELLS * 12


def test_ten_thousand_marks_become_two() -> None:
    """Whatever their order."""
    assert clean("a" + "\u0330\u0301" * 5000) == "á\u0330\u0330"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "ANN"),
        ("Ann", "Ａｎｎ"),
        ("Straße", "STRASSE"),
        ("Ann", "A\u200bnn "),
        ("Zoë", "Zoe\u0308"),
        ("An  na", "An na"),
        ("Ann ❤", "Ann ❤\ufe0f"),
        ("ﬁn", "FIN"),
        ("x" * 24, "x" * 25),
    ],
)
def test_names_that_look_alike_have_one_key(one: str, other: str) -> None:
    """Case, width, composition, what cannot be seen: none makes a second person of the same name."""
    assert same_name_key(one) == same_name_key(other)


def test_names_that_differ_have_different_keys() -> None:
    """An accent is a difference."""
    assert len({same_name_key(name) for name in ("Ann", "Anna", "Änn", "安", "")}) == 5


@given(TEXTS)
def test_a_key_is_the_key_of_its_clean_name(name: str) -> None:
    """The key is made from the cleaned name, cut to the cells of a name."""
    assert same_name_key(name) == same_name_key(clean(name, cells=NAME_CELLS))
