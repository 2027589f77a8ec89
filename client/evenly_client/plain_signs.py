"""Text for a terminal that has ASCII alone: every character as others of the same width, so that columns stay straight.

Signs and lines have a likeness each; a letter with marks is its base letter; of what is left each cell is a `?`.
By Textual's own measure (rich's) nothing gets wider or narrower, so a screen is painted as it was laid out.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import lru_cache
from typing import Final

from rich.cells import split_graphemes

ERRORS: Final = "evenly.plain_signs"
"""The name by which an encoder is told to write them: `errors=` of a stream."""

_LIKENESS: Final = {
    **dict(zip("●○◉◎•◦·∙■□▪▫◆◇★☆", "*o@o*o..#o*o*o**", strict=True)),
    **dict(zip("▶▸▷▹►◀◂◁◃◄▲▴△▼▾▽", ">>>>><<<<<^^^vvv", strict=True)),
    **dict(zip("→←↑↓↔↕⇄⇒⇐⏎↵", "><^v=|=><<<", strict=True)),
    **dict(zip("✓✔✗✘×÷☺☹−–—―‐‑‒", "vvxxx/+--------", strict=True)),
    **dict(zip("“”„‟‘’‚‛«»‹›´ʼ…", "\"\"\"\"''''<><>''~", strict=True)),
    **dict(zip("▁▂▃▄▅▆▇█▀▔▌▐▎▏▕▊▉▋▍░▒▓", '_.-:=+*#"-##||||##|.:#', strict=True)),
    **dict(zip("ßæÆœŒþÞðÐıŉĸŋŊəƏ", "saAoOtTdDinkNNea", strict=True)),
    **dict(zip("€£¥¢§©®°¿¡ªº№", "ELYcScRo?!aoN", strict=True)),
}
_A_LETTER: Final = re.compile(r"LATIN (SMALL|CAPITAL) LETTER ([A-Z])\b")


@lru_cache(maxsize=4096)
def _likeness(character: str) -> str:
    """ASCII that looks like it; empty if nothing does."""
    if character in _LIKENESS:
        return _LIKENESS[character]
    name = unicodedata.name(character, "")
    if name.startswith("BOX DRAWINGS"):  # no words: as Unicode calls them
        upright = "VERTICAL" in name or " UP" in name or " DOWN" in name
        level = "HORIZONTAL" in name or "LEFT" in name or "RIGHT" in name
        return "+" if upright and level else "|" if upright else "-"
    if (letter := _A_LETTER.match(name)) is not None:
        return letter[2] if letter[1] == "CAPITAL" else letter[2].lower()
    parts = unicodedata.normalize("NFKD", character)
    return "".join(part for part in parts if " " <= part <= "~")


@lru_cache(maxsize=4096)
def _plain(cluster: str, cells: int) -> str:
    alike = _likeness(cluster[0])
    if len(alike) > cells and not alike.isalpha():
        alike = ""  # a part of it, as of “½”, would be something else
    return alike[:cells].ljust(cells) if alike else "?" * cells


def _written(run: str, after: str) -> str:
    """A run of characters that ASCII has not, behind `after`: a character of ASCII that their first may widen."""
    spans, _ = split_graphemes(after + run)
    plain = "".join(_plain((after + run)[start:end], cells) for start, end, cells in spans)
    return plain[len(after) :]


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    before = error.object[max(0, error.start - 1) : error.start]
    after = before if before.isprintable() else ""
    return _written(error.object[error.start : error.end], after), error.end


codecs.register_error(ERRORS, _replaced)


def in_plain_signs(line: str) -> str:
    """A line in ASCII. Nothing is laid out by its columns, so an ellipsis may be its three dots."""
    return line.replace("…", "...").encode("ascii", ERRORS).decode("ascii")
