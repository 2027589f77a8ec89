"""A question on the screen: big keys in a row, or a list of answers. Pure rows, widths in terminal cells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from evenly_protocol.words import CheckInKind
from rich.cells import cell_len

from evenly_client.checkins.results import FACES, MOODS
from evenly_client.screens.looks import Look, Row, Span, padded, wrapped
from evenly_client.translation import _

OPTION_KEYS: Final = "12345678"
KEYS: Final[dict[CheckInKind, str]] = {
    CheckInKind.SCALE: "12345",
    CheckInKind.MOOD: "12345",
    CheckInKind.YESNO: "yn",
    CheckInKind.FIST: "012345",
    CheckInKind.WORDS: "",
    CheckInKind.TEXT: "",
}
"""The key of each answer, in the order of the answers."""

WIDEST_KEY: Final = 11
FIST_ENDS: Final = (_("not at all"), _("fully"))
OPTION_LINES: Final = 3


def keys_of(kind: CheckInKind, options: int) -> str:
    """The keys of a question's answers, in their order; none where it is answered in words."""
    return KEYS.get(kind, OPTION_KEYS[:options])


def answers(
    kind: CheckInKind, options: Sequence[str], chosen: Collection[int], width: int, *, at: int = -1
) -> list[Row]:
    """The answers with their keys, the chosen marked. `at`: the one that the arrows are on, where they move alone."""
    if kind in (CheckInKind.CHOICE, CheckInKind.MULTI):
        return _listed(kind, options, chosen, width, at)
    keys = keys_of(kind, len(options))
    if not keys:
        return []
    key_width = min(WIDEST_KEY, (width - len(keys) + 1) // len(keys))
    return [*_big_keys(keys, chosen, key_width), *_below(kind, options, key_width, len(keys), width)]


def _big_keys(keys: str, chosen: Collection[int], width: int) -> list[Row]:
    lines: list[list[Span]] = [[], [], []]
    for i, key in enumerate(keys):
        on = i in chosen
        look = Look.MINE if on else Look.PLAIN
        face = f"▸ {key} ◂" if on and width >= 7 else key
        edge = "━" if on else "─"
        drawn = (
            f"{'┏' if on else '┌'}{edge * (width - 2)}{'┓' if on else '┐'}",
            f"{'┃' if on else '│'}{_centred(face, width - 2)}{'┃' if on else '│'}",
            f"{'┗' if on else '└'}{edge * (width - 2)}{'┛' if on else '┘'}",
        )
        for line, text in zip(lines, drawn, strict=True):
            line += [Span(" "), Span(text, look, pressed(i))] if line else [Span(text, look, pressed(i))]
    return [Row(tuple(line), (), ("keys", n)) for n, line in enumerate(lines)]


def _below(kind: CheckInKind, options: Sequence[str], key_width: int, count: int, width: int) -> list[Row]:
    """What the keys stand for."""
    match kind:
        case CheckInKind.MOOD:
            return [_each(FACES, key_width, "faces"), _each(MOODS, key_width, "moods")]
        case CheckInKind.YESNO:
            return [_each((_("yes"), _("no")), key_width, "yesno")]
        case CheckInKind.SCALE if len(options) == 2:
            return _ends(options[0], options[1], ("1", "5"), count * (key_width + 1) - 1, width)
        case CheckInKind.FIST:
            return _ends(*FIST_ENDS, ("0", "5"), count * (key_width + 1) - 1, width)
        case _:
            return []


def _each(words: Sequence[str], key_width: int, key: str) -> Row:
    return Row((Span(" ".join(_centred(word, key_width) for word in words), Look.DIM),), (), key)


def _ends(low: str, high: str, keys: tuple[str, str], whole: int, width: int) -> list[Row]:
    """The labels of the two ends, under them where they fit, else in lines of their own."""
    space = whole - cell_len(low) - cell_len(high)
    if space >= 3:
        return [Row((Span(f"{low}{' ' * space}{high}", Look.DIM),), (), "ends")]
    said = [f"{key} = {label}" for key, label in zip(keys, (low, high), strict=True)]
    lines = [line for words in said for line in wrapped(words, width, 2)]
    return [Row((Span(line, Look.DIM),), (), ("ends", i)) for i, line in enumerate(lines)]


def _listed(kind: CheckInKind, options: Sequence[str], chosen: Collection[int], width: int, at: int) -> list[Row]:
    rows: list[Row] = []
    marks = ("( )", "(•)") if kind is CheckInKind.CHOICE else ("[ ]", "[x]")
    for i, option in enumerate(options):
        on = i in chosen
        look = Look.MINE if on else Look.PLAIN
        head = f"{'▸' if i == at else ' '} {OPTION_KEYS[i]}  {marks[on]} "
        lines = wrapped(option, width - cell_len(head), OPTION_LINES) or [""]
        for n, line in enumerate(lines):
            first = Span(head if not n else " " * cell_len(head), look if n else Look.KEY, pressed(i))
            rows.append(Row((first, Span(line, look, pressed(i))), (), ("option", i, n)))
    return rows


def pressed(answer: int) -> str:
    """The action of a click on an answer."""
    return f"answer:{answer}"


def _centred(text: str, width: int) -> str:
    cells = cell_len(text)
    if cells >= width:
        return padded(text, width)
    left = (width - cells) // 2
    return f"{' ' * left}{text}{' ' * (width - cells - left)}"
