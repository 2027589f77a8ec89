"""What a screen is painted with: each run of text with its colours, as lines that a person can read in a diff."""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from rich.color import Color, ColorType
from rich.style import Style
from textual.geometry import Region

from tests.pseudo import read

from .stage_hand import FRAMES, Screen, without_times

ATTRIBUTES = {"bold": "b", "dim": "d", "italic": "i", "underline": "u", "reverse": "r"}
OWN = "own"
"""The terminal's own colour of text, or of its ground."""


@dataclass(frozen=True)
class Paint:
    """Colours as #rrggbb, the name of an ANSI colour, or `OWN`; attributes as letters."""

    text: str
    ground: str
    attributes: str = ""

    def __str__(self) -> str:
        return f"{self.text}/{self.ground} {self.attributes}".rstrip()


def paint_of(style: Style | None) -> Paint:
    style = style or Style.null()
    attributes = "".join(letter for name, letter in ATTRIBUTES.items() if getattr(style, name))
    return Paint(_named(style.color), _named(style.bgcolor), attributes)


def _named(colour: Color | None) -> str:
    if colour is None or colour.is_default:
        return OWN
    return colour.name if colour.type is ColorType.STANDARD else colour.get_truecolor().hex


def runs(screen: Screen, within: Region | None = None) -> Iterator[list[tuple[Paint, str]]]:
    """Row by row, what of the screen lies `within` a part of it."""
    within = within or screen.app.screen.region
    strips = screen.app.screen._compositor.render_strips()
    for strip in strips[within.y : within.bottom]:
        painted = [(paint_of(s.style), s.text) for s in strip.crop(within.x, within.right)]
        yield [(paint, "".join(text for _, text in same)) for paint, same in groupby(painted, lambda run: run[0])]


def legible(rows: Iterator[list[tuple[Paint, str]]]) -> str:
    """Each row that says something; frames and columns are left out."""
    lines = [" ".join(f"[{paint}] {_bare(read(text))}" for paint, text in row if says(text)) for row in rows]
    return without_times("\n".join(line for line in lines if line))


def _bare(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub("[─-▟]", " ", text)).strip()


async def is_painted(screen: Screen, name: str, within: Region | None = None) -> None:
    """The screen is painted as kept under this name. EVENLY_FRAMES=write keeps it anew."""
    path = FRAMES / f"{name}.txt"
    if os.environ.get("EVENLY_FRAMES") == "write":
        await screen.pilot.pause(0.2)
        path.write_text(legible(runs(screen, within)))
    kept = path.read_text()
    with contextlib.suppress(AssertionError):
        await screen.until(lambda: legible(runs(screen, within)) == kept)
    assert legible(runs(screen, within)) == kept


def says(text: str) -> bool:
    """Whether there is a letter or a figure in it."""
    return any(character.isalnum() for character in text)


def contrast(text: str, ground: str) -> float:
    """The contrast ratio of WCAG 2.2 of two colours as #rrggbb: from 1 to 21."""
    lighter, darker = sorted((_luminance(text), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
