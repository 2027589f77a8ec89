"""Everything that can be typed, in one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from evenly_client.plain import everybody, leading
from evenly_client.plain.word import Word

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines


async def _help(lines: PlainLines, words: list[str]) -> None:
    for sentence in help_lines(leads=lines.look.leads):
        lines.say(sentence)


def help_lines(*, leads: bool) -> Iterator[str]:
    """The words, a line each."""
    for word, does in WORDS.items():
        if does.leads and not leads:
            continue
        form = f"{word} {does.after}".strip()
        yield f"{form}{f' ({does.letter})' if does.letter else ''}: {does.does}"


WORDS: dict[str, Word] = {
    **everybody.WORDS,
    "help": Word("?", "", "the words", False, _help),
    **leading.WORDS,
}
"""In the order in which `help` prints them."""
