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
from evenly_client.plain.spelling import TOPICS as TOPICS_TYPED
from evenly_client.plain.spelling import command, form, key, meant, spelled
from evenly_client.plain.word import Unclear, Word
from evenly_client.translation import _

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines


async def _help(lines: PlainLines, words: list[str]) -> None:
    leads = lines.look.leads
    if not words:
        for line in topic_lines(leads=leads):
            lines.say(line)
        return
    topic = topic_typed(words[0])
    if meant(words[0]) == "all":
        told = [line for word in WORDS for line in word_lines(word, leads=leads)]
    elif topic is not None:
        told = [line for word in TOPICS[topic] for line in word_lines(word, leads=leads)]
    else:
        told = list(word_lines(word_typed(words[0]), leads=True))
    for line in told:
        lines.say(line)


def topic_typed(typed: str) -> str | None:
    """The topic of this name, in English or as it is spelled in the reader's language; None for none."""
    return next((topic for topic, spelling in TOPICS_TYPED.items() if key(typed) in (topic, key(spelling))), None)


def word_typed(typed: str) -> str:
    """The word of `WORDS` that was typed: in English, as it is spelled in the reader's language, or by its letter.

    Raises:
        Unclear: there is no such word.
    """
    word = _TYPED.get(key(typed))
    if word is None:
        unknown = spelled(_("I do not know {typed}. Type `help` for the words."))
        raise Unclear(unknown.format(typed=repr(typed[:40])))
    return word


def topic_lines(*, leads: bool) -> Iterator[str]:
    """The words by topic, a line each."""
    for topic, words in TOPICS.items():
        shown = [_with_letter(command(w), d.letter) for w, d in words.items() if leads or not d.leads]
        if shown:
            yield f"{TOPICS_TYPED[topic]}: {', '.join(shown)}."
    yield spelled(_("Type `help` and a topic or a word for more; a letter in brackets is short for its word."))


def word_lines(word: str, *, leads: bool) -> Iterator[str]:
    """What can be typed with a word, a line each; nothing of what only those who lead can do, unless `leads`."""
    does = WORDS[word]
    if does.leads and not leads:
        return
    typed = command(word)
    yield f"{_with_letter(f'{typed} {does.after}'.strip(), does.letter)}: {does.does}"
    for after, what in does.forms:
        yield f"{typed} {after}: {what}"


def _with_letter(typed: str, letter: str) -> str:
    return f"{typed} ({letter})" if letter else typed


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
    "room": {**room.WORDS, "help": Word("?", form("[TOPIC|WORD|all]"), _("the words"), False, _help)},
}
"""What `help` prints, in this order. A topic that is also a word is asked for as the topic."""

WORDS: dict[str, Word] = {word: does for words in TOPICS.values() for word, does in words.items()}
"""Every word."""

_TYPED = {key(command(word)): word for word in WORDS} | {
    typed: word for word, does in WORDS.items() for typed in (word, does.letter) if typed
}
"""What can be typed for which word, as it is matched."""
