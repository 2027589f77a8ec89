"""Everything that can be typed, in one table, by topic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from evenly_client.plain import (
    actions,
    agenda,
    airtime,
    check_ins,
    exchange,
    floor,
    issues,
    pairs,
    people,
    room,
    series,
)
from evenly_client.plain.word import Unclear, Word

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines


async def _help(lines: PlainLines, words: list[str]) -> None:
    leads = lines.look.leads
    if not words:
        for line in topic_lines(leads=leads):
            lines.say(line)
        return
    asked = words[0].lower()
    if asked == "all":
        told = [line for word in WORDS for line in word_lines(word, leads=leads)]
    elif asked in TOPICS:
        told = [line for word in TOPICS[asked] for line in word_lines(word, leads=leads)]
    else:
        named = next((word for word, does in WORDS.items() if asked in (word, does.letter)), None)
        if named is None:
            raise Unclear(f"I do not know {words[0][:40]!r}. Type help for the words.")
        told = list(word_lines(named, leads=True))
    for line in told:
        lines.say(line)


def topic_lines(*, leads: bool) -> Iterator[str]:
    """The words by topic, a line each."""
    for topic, words in TOPICS.items():
        shown = [f"{w} ({d.letter})" if d.letter else w for w, d in words.items() if leads or not d.leads]
        if shown:
            yield f"{topic}: {', '.join(shown)}."
    yield "Type help and a topic or a word for more; a letter in brackets is short for its word."


def word_lines(word: str, *, leads: bool) -> Iterator[str]:
    """What can be typed with a word, a line each; nothing of what only those who lead can do, unless `leads`."""
    does = WORDS[word]
    if does.leads and not leads:
        return
    form = f"{word} {does.after}".strip()
    yield f"{form}{f' ({does.letter})' if does.letter else ''}: {does.does}"
    for after, what in does.forms:
        yield f"{word} {after}: {what}"


TOPICS: dict[str, dict[str, Word]] = {
    "speaking": floor.WORDS,
    "people": people.WORDS,
    "session": agenda.WORDS,
    "check-ins": check_ins.WORDS,
    "issues": issues.WORDS,
    "actions": actions.WORDS,
    "exchange": exchange.WORDS,
    "series": series.WORDS,
    "pairs": pairs.WORDS,
    "airtime": airtime.WORDS,
    "room": {**room.WORDS, "help": Word("?", "[TOPIC|WORD|all]", "the words", False, _help)},
}
"""What `help` prints, in this order. A topic that is also a word is asked for as the topic."""

WORDS: dict[str, Word] = {word: does for words in TOPICS.values() for word, does in words.items()}
"""Every word."""
