"""How what can be typed is spelled in the reader's language, and what a typed word means.

The program knows every word by its English one, which works in every language. A catalogue may have another for it,
which then works too, and is what help and sentences show. In a sentence, what can be typed stands in backticks, in
English in every catalogue: ``Type `dates none`.`` is shown as it is typed, without the backticks.

Words are matched without regard to capitals, composed as Unicode's form C.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from evenly_client.translation import pgettext

COMMANDS: Final[dict[str, str]] = {
    # Translators: what people type in plain lines, in the context “command”: one word each, without a space, no two
    # alike, and none the English word or the single letter of another. English words work in every language.
    "hand": pgettext("command", "hand"),
    "down": pgettext("command", "down"),
    "done": pgettext("command", "done"),
    "queue": pgettext("command", "queue"),
    "skip": pgettext("command", "skip"),
    "later": pgettext("command", "later"),
    "next": pgettext("command", "next"),
    "speaking": pgettext("command", "speaking"),
    "same": pgettext("command", "same"),
    "more": pgettext("command", "more"),
    "mode": pgettext("command", "mode"),
    "order": pgettext("command", "order"),
    "place": pgettext("command", "place"),
    "lower": pgettext("command", "lower"),
    # Translators: “open”, “open invitation”: imperative
    "open": pgettext("command", "open"),
    # Translators: “close queue”, “close invitation”, “close check-in”: imperative
    "close": pgettext("command", "close"),
    "who": pgettext("command", "who"),
    "away": pgettext("command", "away"),
    "listen": pgettext("command", "listen"),
    "name": pgettext("command", "name"),
    # Translators: “not now”
    "not": pgettext("command", "not"),
    "chair": pgettext("command", "chair"),
    "coaching": pgettext("command", "coaching"),
    "guest": pgettext("command", "guest"),
    "here": pgettext("command", "here"),
    # Translators: “let in 2”, “let out 2”
    "let": pgettext("command", "let"),
    "invite": pgettext("command", "invite"),
    "timekeeper": pgettext("command", "timekeeper"),
    "role": pgettext("command", "role"),
    "remove": pgettext("command", "remove"),
    "host": pgettext("command", "host"),
    "deputy": pgettext("command", "deputy"),
    "time": pgettext("command", "time"),
    "agenda": pgettext("command", "agenda"),
    "pause": pgettext("command", "pause"),
    "start": pgettext("command", "start"),
    "phase": pgettext("command", "phase"),
    # Translators: whose issue it is: the issue-holder
    "holder": pgettext("command", "holder"),
    "end": pgettext("command", "end"),
    "check-ins": pgettext("command", "check-ins"),
    "answer": pgettext("command", "answer"),
    "answered": pgettext("command", "answered"),
    "results": pgettext("command", "results"),
    "words": pgettext("command", "words"),
    # Translators: “go on”
    "go": pgettext("command", "go"),
    "withdraw": pgettext("command", "withdraw"),
    "issues": pgettext("command", "issues"),
    "issue": pgettext("command", "issue"),
    "questions": pgettext("command", "questions"),
    "waits": pgettext("command", "waits"),
    "actions": pgettext("command", "actions"),
    "action": pgettext("command", "action"),
    "review": pgettext("command", "review"),
    "exchange": pgettext("command", "exchange"),
    "ask": pgettext("command", "ask"),
    "offer": pgettext("command", "offer"),
    "resource": pgettext("command", "resource"),
    "insight": pgettext("command", "insight"),
    "win": pgettext("command", "win"),
    "reply": pgettext("command", "reply"),
    "met": pgettext("command", "met"),
    # Translators: “take back 3”
    "take": pgettext("command", "take"),
    "series": pgettext("command", "series"),
    "topic": pgettext("command", "topic"),
    "dates": pgettext("command", "dates"),
    "decide": pgettext("command", "decide"),
    "pairs": pgettext("command", "pairs"),
    "me": pgettext("command", "me"),
    "spans": pgettext("command", "spans"),
    "claim": pgettext("command", "claim"),
    "give": pgettext("command", "give"),
    "move": pgettext("command", "move"),
    "even": pgettext("command", "even"),
    "call": pgettext("command", "call"),
    "label": pgettext("command", "label"),
    "note": pgettext("command", "note"),
    "notes": pgettext("command", "notes"),
    "quiet": pgettext("command", "quiet"),
    "all": pgettext("command", "all"),
    "undo": pgettext("command", "undo"),
    "leave": pgettext("command", "leave"),
    "help": pgettext("command", "help"),
}
"""The first word of a line, by its English one."""

ARGUMENTS: Final[dict[str, str]] = {
    # Translators: what people type behind a command, in the context “argument”: one word each, without a space, no
    # two alike, and none the English word of another.
    "yes": pgettext("argument", "yes"),
    "no": pgettext("argument", "no"),
    # Translators: “dates none”, “answer none”, “call none”
    "none": pgettext("argument", "none"),
    # Translators: “host nobody”
    "nobody": pgettext("argument", "nobody"),
    "me": pgettext("argument", "me"),
    "all": pgettext("argument", "all"),
    "now": pgettext("argument", "now"),
    "talk": pgettext("argument", "talk"),
    # Translators: “let in 2”
    "in": pgettext("argument", "in"),
    # Translators: “let out 2”, “leave out”
    "out": pgettext("argument", "out"),
    # Translators: “go on”
    "on": pgettext("argument", "on"),
    "without": pgettext("argument", "without"),
    # Translators: “phase back”, “pairs back”, “take back 3”
    "back": pgettext("argument", "back"),
    # Translators: “phase next”
    "next": pgettext("argument", "next"),
    "later": pgettext("argument", "later"),
    "skip": pgettext("argument", "skip"),
    # Translators: “phase take 5”: the phases to come give five minutes
    "take": pgettext("argument", "take"),
    # Translators: “phase counted yes”: whether talk counts
    "counted": pgettext("argument", "counted"),
    # Translators: “start beside”: start a session beside the one that is planned
    "beside": pgettext("argument", "beside"),
    "invitation": pgettext("argument", "invitation"),
    "check-in": pgettext("argument", "check-in"),
    # Translators: the ways in which the floor is given: “mode round”; “open” is also how an action or a date stands
    "queue": pgettext("argument", "queue"),
    "round": pgettext("argument", "round"),
    "solo": pgettext("argument", "solo"),
    "questions": pgettext("argument", "questions"),
    "open": pgettext("argument", "open"),
    "silence": pgettext("argument", "silence"),
    # Translators: how the queue is ordered: “order fair”
    "fair": pgettext("argument", "fair"),
    "arrival": pgettext("argument", "arrival"),
    "manual": pgettext("argument", "manual"),
    # Translators: why a hand is up: “hand question …”
    "process": pgettext("argument", "process"),
    "question": pgettext("argument", "question"),
    "clarify": pgettext("argument", "clarify"),
    "reply": pgettext("argument", "reply"),
    "speak": pgettext("argument", "speak"),
    "facilitator": pgettext("argument", "facilitator"),
    "participant": pgettext("argument", "participant"),
    "observer": pgettext("argument", "observer"),
    "visitor": pgettext("argument", "visitor"),
    # Translators: how far something may go: “label 2 takeaway”
    "room": pgettext("argument", "room"),
    "takeaway": pgettext("argument", "takeaway"),
    "shareable": pgettext("argument", "shareable"),
    "action": pgettext("argument", "action"),
    "post": pgettext("argument", "post"),
    "issue": pgettext("argument", "issue"),
    "issues": pgettext("argument", "issues"),
    "mine": pgettext("argument", "mine"),
    "due": pgettext("argument", "due"),
    # Translators: what is done with an action: “action 2 done”
    "done": pgettext("argument", "done"),
    "doing": pgettext("argument", "doing"),
    "blocked": pgettext("argument", "blocked"),
    "drop": pgettext("argument", "drop"),
    "note": pgettext("argument", "note"),
    "cheer": pgettext("argument", "cheer"),
    "confirm": pgettext("argument", "confirm"),
    "decline": pgettext("argument", "decline"),
    "worth": pgettext("argument", "worth"),
    # Translators: “action 2 worth keep”, “questions keep”
    "keep": pgettext("argument", "keep"),
    # Translators: “action 2 worth help”
    "help": pgettext("argument", "help"),
    "buddy": pgettext("argument", "buddy"),
    # Translators: “action 2 words TEXT”, “ask words QUESTION”
    "words": pgettext("argument", "words"),
    # Translators: “action TEXT by DATE”: stands before a date
    "by": pgettext("argument", "by"),
    # Translators: “action TEXT / for SEAT”, “ask pace for 2 minutes”
    "for": pgettext("argument", "for"),
    "second": pgettext("argument", "second"),
    "seconds": pgettext("argument", "seconds"),
    "minute": pgettext("argument", "minute"),
    "minutes": pgettext("argument", "minutes"),
    "edit": pgettext("argument", "edit"),
    "delete": pgettext("argument", "delete"),
    "withdraw": pgettext("argument", "withdraw"),
    "choose": pgettext("argument", "choose"),
    "share": pgettext("argument", "share"),
    "same": pgettext("argument", "same"),
    "differ": pgettext("argument", "differ"),
    "compare": pgettext("argument", "compare"),
    # Translators: what a check-in asks for: “ask scale QUESTION”
    "scale": pgettext("argument", "scale"),
    "mood": pgettext("argument", "mood"),
    "yesno": pgettext("argument", "yesno"),
    "choice": pgettext("argument", "choice"),
    "multi": pgettext("argument", "multi"),
    "fist": pgettext("argument", "fist"),
    "text": pgettext("argument", "text"),
    # Translators: check-ins that can be asked by a word: “ask energy”
    "energy": pgettext("argument", "energy"),
    "trust": pgettext("argument", "trust"),
    "focus": pgettext("argument", "focus"),
    "clarity": pgettext("argument", "clarity"),
    "heard": pgettext("argument", "heard"),
    "pace": pgettext("argument", "pace"),
    "willing": pgettext("argument", "willing"),
    "one-word": pgettext("argument", "one-word"),
    # Translators: what stands on the exchange: “exchange asks”
    "ask": pgettext("argument", "ask"),
    "offer": pgettext("argument", "offer"),
    "resource": pgettext("argument", "resource"),
    "insight": pgettext("argument", "insight"),
    "win": pgettext("argument", "win"),
    "asks": pgettext("argument", "asks"),
    "offers": pgettext("argument", "offers"),
    "resources": pgettext("argument", "resources"),
    "insights": pgettext("argument", "insights"),
    "wins": pgettext("argument", "wins"),
    # Translators: “met 2 SEAT introduced”: an ask is met by making people known to each other
    "introduced": pgettext("argument", "introduced"),
    # Translators: “series plan every 14 days from DATE TIME”
    "plan": pgettext("argument", "plan"),
    "every": pgettext("argument", "every"),
    "days": pgettext("argument", "days"),
    "from": pgettext("argument", "from"),
    "swap": pgettext("argument", "swap"),
    "away": pgettext("argument", "away"),
    "date": pgettext("argument", "date"),
    "host": pgettext("argument", "host"),
    "holder": pgettext("argument", "holder"),
}
"""The words that can stand behind a command, by the English one."""

TOPICS: Final[dict[str, str]] = {
    # Translators: the topics of help in plain lines: one word each, and none the word of a command of another meaning
    "speaking": pgettext("topic", "speaking"),
    "people": pgettext("topic", "people"),
    "session": pgettext("topic", "session"),
    "check-ins": pgettext("topic", "check-ins"),
    "issues": pgettext("topic", "issues"),
    "actions": pgettext("topic", "actions"),
    "exchange": pgettext("topic", "exchange"),
    "series": pgettext("topic", "series"),
    "pairs": pgettext("topic", "pairs"),
    "airtime": pgettext("topic", "airtime"),
    "room": pgettext("topic", "room"),
}
"""What help is ordered by, by the English word."""

PLACEHOLDERS: Final[dict[str, str]] = {
    # Translators: the context “placeholder”: in help it stands, in capitals, for what is to be typed there
    "ANSWER": pgettext("placeholder", "ANSWER"),
    "DATE": pgettext("placeholder", "DATE"),
    "DAYS": pgettext("placeholder", "DAYS"),
    "FORMAT": pgettext("placeholder", "FORMAT"),
    # Translators: “GUEST SEAT”
    "GUEST": pgettext("placeholder", "GUEST"),
    "HIGH": pgettext("placeholder", "HIGH"),
    "ISSUE": pgettext("placeholder", "ISSUE"),
    "LINK": pgettext("placeholder", "LINK"),
    "LOW": pgettext("placeholder", "LOW"),
    "MINUTES": pgettext("placeholder", "MINUTES"),
    "MODE": pgettext("placeholder", "MODE"),
    "NAME": pgettext("placeholder", "NAME"),
    "NUMBER": pgettext("placeholder", "NUMBER"),
    "ORDER": pgettext("placeholder", "ORDER"),
    # Translators: a place in the queue
    "PLACE": pgettext("placeholder", "PLACE"),
    "QUESTION": pgettext("placeholder", "QUESTION"),
    "ROLE": pgettext("placeholder", "ROLE"),
    # Translators: the number of a member
    "SEAT": pgettext("placeholder", "SEAT"),
    "SECONDS": pgettext("placeholder", "SECONDS"),
    # Translators: the number of a stretch of talk
    "SPAN": pgettext("placeholder", "SPAN"),
    "TEXT": pgettext("placeholder", "TEXT"),
    "TIME": pgettext("placeholder", "TIME"),
    "TOPIC": pgettext("placeholder", "TOPIC"),
    "WORD": pgettext("placeholder", "WORD"),
    "WORDS": pgettext("placeholder", "WORDS"),
}

NOBODY: Final = ("none", "nobody")


# -- what is typed -----------------------------------------------------------------------------------------------


def key(word: str) -> str:
    """A word as it is matched: two that are typed for the same have the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).casefold())


_MEANT: Final = {key(typed): word for word, typed in ARGUMENTS.items()} | {word: word for word in ARGUMENTS}


def meant(typed: str) -> str:
    """The English word that a word behind a command stands for; any other word as it is matched."""
    return _MEANT.get(key(typed), key(typed))


def all_meant(typed: Iterable[str]) -> list[str]:
    """The same of each word."""
    return [meant(word) for word in typed]


def pattern(*words: str) -> str:
    """A regular expression for any of these arguments, in English or translated; to be matched without capitals."""
    either = set(words) | {ARGUMENTS[word] for word in words}
    return f"(?:{'|'.join(sorted(map(re.escape, either), key=len, reverse=True))})"


# -- what is shown -----------------------------------------------------------------------------------------------

_TYPED: Final = re.compile("`([^`]*)`")
_WORD: Final = re.compile(r"(?<![{\w])[A-Za-z]+(?:-[A-Za-z]+)*")
_MORE_BEFORE: Final = "…"
"""What is typed in a sentence begins with this where a command stands before it that is not said."""


def command(word: str) -> str:
    """A command as it is typed in the reader's language."""
    return COMMANDS[word]


def argument(word: str) -> str:
    """An argument as it is typed in the reader's language."""
    return ARGUMENTS.get(word, word)


def arguments(words: Iterable[str], between: str = ", ") -> str:
    """Several, `a, b, c`."""
    return between.join(map(argument, words))


def form(after: str) -> str:
    """What can stand behind a command, `K done|doing [WORDS]`, in the reader's language."""
    return _WORD.sub(lambda found: PLACEHOLDERS.get(found[0]) or argument(found[0]), after)


def as_typed(typed: str) -> str:
    """A line that can be typed, `dates none`, in the reader's language; `…words TEXT` is the end of one."""
    first, space, rest = typed.removeprefix(_MORE_BEFORE).partition(" ")
    if first in COMMANDS and not typed.startswith(_MORE_BEFORE):
        return f"{COMMANDS[first]}{space}{form(rest)}"
    return form(typed.removeprefix(_MORE_BEFORE))


def spelled(sentence: str) -> str:
    """A sentence in which what can be typed stands as it is typed, and not in backticks. Fields stay fields."""
    return _TYPED.sub(lambda found: as_typed(found[1]), sentence)
