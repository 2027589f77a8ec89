"""People's text, made fit for a terminal: the one function that cleans it, and how wide it is.

Text is cleaned before it is sealed and again when it is opened (architecture.md, "The door"): what another
member's program sends may hold escape sequences, text that runs backwards, letters that cannot be seen, or
ten thousand accents on one letter. The rules, in their order:

1. Line ends, tabs and spaces of every kind become a plain space (or, with `lines`, line ends become `\\n`).
2. Control, format, private, unassigned and invisible characters go. A joiner stays between two emoji, a
   presentation selector after an emoji or inside a keycap.
3. Unicode normalisation form C.
4. At most two combining marks stand on a base, and none without one. What makes one cluster out of many
   characters without getting wider (spacing vowel signs, old Hangul, joined emoji) is bounded likewise.
5. Trimmed, and cut by terminal cells between two grapheme clusters (UAX #29, by wcwidth).

What is assigned depends on the Unicode version of the Python that runs; so hashes and results use the bytes
inside a seal and never a text cleaned again.
"""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum, auto
from functools import lru_cache
from typing import Final

from wcwidth import iter_graphemes, wcswidth, wcwidth

NAME_CELLS: Final = 24
"""A name is at most this wide, in terminal cells."""

_MOST_MARKS = 2
_MOST_MARKS_BEFORE_COMPOSING = 8
_MOST_SPACING_SIGNS = 4
_MOST_JOINERS = 3

_JOINER = "\u200d"
_KEYCAP = "\u20e3"


class _Sort(IntEnum):
    """What a character is to the cleaning."""

    PLAIN = auto()
    DROPPED = auto()
    SPACE = auto()
    LINE_END = auto()
    MARK = auto()
    SPACING_SIGN = auto()
    EMOJI = auto()
    SKIN_TONE = auto()
    KEYCAP_BASE = auto()
    JOINER = auto()
    SELECTOR = auto()
    HANGUL = auto()
    HANGUL_TAIL = auto()


def _characters(ranges: str) -> frozenset[str]:
    """The characters in a list of code points and inclusive ranges in hexadecimal."""
    ends = (part.split("-") for part in ranges.split())
    return frozenset(chr(point) for pair in ends for point in range(int(pair[0], 16), int(pair[-1], 16) + 1))


_INVISIBLE = _characters(
    "034F 115F-1160 17B4-17B5 180B-180F 3164 FE00-FE0D FFA0 1D159 E0000-E0FFF"  # no words: Default_Ignorable and blank
)
_BLANK = _characters("2800")
_EMOJI = _characters(
    "A9 AE 203C 2049 2122 2139 2194-2199 21A9-21AA 231A-231B 2328 23CF 23E9-23F3 23F8-23FA 24C2 25AA-25AB"
    " 25B6 25C0 25FB-25FE 2600-2604 260E 2611 2614-2615 2618 261D 2620 2622-2623 2626 262A 262E-262F"
    " 2638-263A 2640 2642 2648-2653 265F-2660 2663 2665-2666 2668 267B 267E-267F 2692-2697 2699 269B-269C"
    " 26A0-26A1 26A7 26AA-26AB 26B0-26B1 26BD-26BE 26C4-26C5 26C8 26CE-26CF 26D1 26D3-26D4 26E9-26EA"
    " 26F0-26F5 26F7-26FA 26FD 2702 2705 2708-270D 270F 2712 2714 2716 271D 2721 2728 2733-2734 2744 2747"
    " 274C 274E 2753-2755 2757 2763-2764 2795-2797 27A1 27B0 27BF 2934-2935 2B05-2B07 2B1B-2B1C 2B50 2B55"
    " 3030 303D 3297 3299 1F004 1F0CF 1F170-1F171 1F17E-1F17F 1F18E 1F191-1F19A 1F201-1F202 1F21A 1F22F"
    " 1F232-1F23A 1F250-1F251 1F300-1F3FA 1F400-1F64F 1F680-1F6FF 1F7E0-1F7EB 1F7F0 1F90C-1F93A"
    " 1F93C-1F945 1F947-1F9FF 1FA70-1FAFF"
)
_LINE_ENDS = frozenset("\n\v\f\r\x85\u2028\u2029")
_JOINED = re.compile("[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U0001f1e6-\U0001f1ff]")
_ORDINARY = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def _marks(character: str) -> _Sort | None:
    """The sort of a character that stands on the one before it, or None."""
    category = unicodedata.category(character)
    if category in ("Mn", "Me") or (category == "Mc" and unicodedata.combining(character)):
        return _Sort.MARK
    return _Sort.SPACING_SIGN if category == "Mc" else None


def _special(character: str) -> _Sort | None:
    """The sort of a character that is looked at by itself, or None."""
    if character in _LINE_ENDS:
        return _Sort.LINE_END
    if character == _JOINER:
        return _Sort.JOINER
    if character in "\ufe0e\ufe0f":
        return _Sort.SELECTOR
    if character in _INVISIBLE:
        return _Sort.DROPPED
    if character == "\t" or character in _BLANK or unicodedata.category(character) == "Zs":
        return _Sort.SPACE
    return _Sort.DROPPED if unicodedata.category(character).startswith("C") else None


@lru_cache(maxsize=8192)
def _sort(character: str) -> _Sort:
    if (sort := _special(character) or _marks(character)) is not None:
        return sort
    if character in _EMOJI:
        return _Sort.EMOJI
    if "\U0001f3fb" <= character <= "\U0001f3ff":
        return _Sort.SKIN_TONE
    if character in "0123456789#*":
        return _Sort.KEYCAP_BASE
    if "\u1161" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7fb":
        return _Sort.HANGUL_TAIL
    if "\u1100" <= character <= "\u115e" or "\ua960" <= character <= "\ua97c" or "가" <= character <= "힣":
        return _Sort.HANGUL
    return _Sort.PLAIN


class _Sieve:
    """Lets through what may stay, character by character; remembers no more than the cluster it is in."""

    def __init__(self, most_marks: int, *, lines: bool) -> None:
        self._most_marks = most_marks
        self._line_end = "\n" if lines else " "
        self._kept: list[str] = []
        self._base: _Sort | None = None
        self._marks = 0
        self._spacing_signs = 0
        self._joiners = 0
        self._selected = False
        self._waiting = ""
        self._bare = True

    def sift(self, text: str) -> str:
        """The characters of `text` that may stay, in their order."""
        last = ""
        for character in text:
            sort = _sort(character)
            if sort is _Sort.PLAIN:
                self._begin(character, sort)
            elif sort is _Sort.DROPPED:
                pass
            elif sort is _Sort.SPACE:
                self._blank(" ")
            elif sort is _Sort.LINE_END:
                if character != "\n" or last != "\r":
                    self._blank(self._line_end)
            elif sort is _Sort.MARK:
                self._mark(character)
            elif sort is _Sort.SPACING_SIGN:
                self._spacing_sign(character)
            else:
                self._compound(character, sort)
            last = character
        return "".join(self._kept)

    def _compound(self, character: str, sort: _Sort) -> None:
        """Emoji, keycaps and Hangul: characters whose meaning depends on the one before."""
        if sort is _Sort.JOINER:
            if self._base is _Sort.EMOJI and self._joiners < _MOST_JOINERS:
                self._waiting = character
                self._bare = False
        elif sort is _Sort.SELECTOR:
            self._selector(character)
        elif sort is _Sort.SKIN_TONE and self._base is _Sort.EMOJI and self._waiting != _JOINER:
            self._mark(character)
        elif sort is _Sort.HANGUL_TAIL:
            if self._base is _Sort.HANGUL:
                self._mark(character)
        elif sort in (_Sort.EMOJI, _Sort.SKIN_TONE):
            self._emoji(character)
        else:
            self._begin(character, sort)

    def _begin(self, character: str, sort: _Sort | None) -> None:
        self._kept.append(character)
        self._base = sort
        if not self._bare:
            self._marks = self._spacing_signs = self._joiners = 0
            self._selected = False
            self._waiting = ""
            self._bare = True

    def _blank(self, character: str) -> None:
        self._begin(character, None)

    def _mark(self, character: str) -> None:
        if self._base is None or self._marks >= self._most_marks:
            return
        if character == _KEYCAP and self._waiting and self._waiting != _JOINER:
            self._kept.append(self._waiting)
        self._waiting = ""
        self._kept.append(character)
        self._marks += 1
        self._bare = False

    def _spacing_sign(self, character: str) -> None:
        if self._base is None or self._spacing_signs >= _MOST_SPACING_SIGNS:
            return
        self._waiting = ""
        self._kept.append(character)
        self._spacing_signs += 1
        self._bare = False

    def _selector(self, character: str) -> None:
        if self._selected or self._marks or self._spacing_signs or self._waiting:
            return
        if self._base is _Sort.EMOJI:
            self._kept.append(character)
            self._selected = True
            self._bare = False
        elif self._base is _Sort.KEYCAP_BASE:
            self._waiting = character
            self._bare = False

    def _emoji(self, character: str) -> None:
        joiners = self._joiners + 1 if self._waiting == _JOINER else 0
        if joiners:
            self._kept.append(_JOINER)
        self._begin(character, _Sort.EMOJI)
        self._joiners = joiners
        self._bare = not joiners


def _composed(text: str, *, cells: int | None, lines: bool) -> str:
    text = _Sieve(_MOST_MARKS, lines=lines).sift(unicodedata.normalize("NFC", text))
    if lines:
        text = "\n".join(line.rstrip(" ") for line in text.split("\n"))
    text = text.strip(" \n")
    return text if cells is None else _cut(text, cells).strip(" \n")


def one_line(text: str) -> str:
    """A text of several lines as one."""
    return " ".join(text.split())


def clean(text: str, *, cells: int | None = None, lines: bool = False) -> str:
    """The text as it may be sealed and shown: by the module's rules, at most `cells` terminal cells wide.

    With `lines`, line ends stay (as `\\n`, each counted as one cell). Cleaning what is clean changes nothing;
    the time taken grows with the length of the text alone.
    """
    if _ORDINARY.fullmatch(text) and (cells is None or len(text) <= cells):
        return text
    # Normalising sorts marks, in quadratic time: there must not be many. A mark more than may stay can compose.
    text = _Sieve(_MOST_MARKS_BEFORE_COMPOSING, lines=lines).sift(text)
    # A step can make room for another (what is left may compose): the end is where nothing changes any more.
    while (cleaned := _composed(text, cells=cells, lines=lines)) != text:
        text = cleaned
    return text


def _cells(grapheme: str) -> int:
    """Cells of one cluster. Where terminals differ (not all join the letters of India), the widest counts."""
    if grapheme == "\n":
        return 1
    width = wcswidth(grapheme)
    if _JOINED.search(grapheme):
        return width
    return max(width, sum(map(wcwidth, grapheme)))


def cell_width(text: str) -> int:
    """How many terminal cells a cleaned text takes; a line end counts as one."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, iter_graphemes(text)))


def _cut(text: str, cells: int) -> str:
    """The longest beginning of `text` that is whole clusters and at most `cells` wide."""
    kept: list[str] = []
    for grapheme in iter_graphemes(text):
        cells -= _cells(grapheme)
        if cells < 0:
            break
        kept.append(grapheme)
    return "".join(kept)


@lru_cache(maxsize=4096)
def same_name_key(name: str) -> str:
    """Two names are the same to the eye when their keys are equal: NFKC and casefold of the cleaned name.

    Presentation selectors and how many spaces stand between words make no difference either.
    """
    bare = re.sub("[\ufe0e\ufe0f]", "", clean(name, cells=NAME_CELLS))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", bare).casefold())
    return " ".join(folded.split())
