"""Anonymous check-ins: asking, answering, closing, reading results, comparing the three words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from evenly_protocol.checkins import (
    ENDINGS,
    CheckIn,
    CloseCheckIn,
    WithdrawCheckIn,
    check_in_with,
    electorate,
    open_check_in,
)
from evenly_protocol.words import TEXT_KINDS, CheckInKind, CheckInState

from evenly_client.checkins import results, wording
from evenly_client.checkins.asking import about_issues, open_command
from evenly_client.checkins.ballots import BadAnswer
from evenly_client.checkins.question import BadQuestion, Question, checked
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.narration.check_ins import question_words, result_of, result_sentence
from evenly_client.plain.answering import answer_typed, how_to_answer, in_words
from evenly_client.plain.check_in_news import came_of, people_in
from evenly_client.plain.word import Unclear, Word, listed

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

LIST = "check-ins"
ISSUES = "issues"
"""What asks about the issues that wait, beside templates and kinds."""

ANSWERS_LIKE = "For example: ask choice Which day? | Monday | Friday"
NOT_HIDDEN = "Not hidden: who takes part, how many are done, how many abstain, and an answer that everybody gives."
_SECONDS = re.compile(r"\s*(?:^|[|/]|\s)\s*for\s+(\d{1,4})\s*(s|secs?|seconds?|m|mins?|minutes?)\s*$", re.IGNORECASE)
_BEHIND_A_BAR = re.compile(r"\s*[|/]\s*for\s+(\d{1,4})\s*(s|secs?|seconds?|m|mins?|minutes?)\s*$", re.IGNORECASE)
_BAR = re.compile(r"\s*\|\s*")


# -- asking ------------------------------------------------------------------------------------------------------


def asks(words: Sequence[str], *, leads: bool) -> bool:
    """Whether what stands behind `ask` is a check-in, and not an ask for the exchange.

    Raises:
        Unclear: it would be one, but only those who lead open check-ins.
    """
    first = words[0].lower() if words else ""
    if first in TEMPLATES or first == ISSUES:
        by_word = not _SECONDS.sub("", " ".join(words[1:])).strip()
        if by_word and not leads:
            raise Unclear("Those who lead ask check-ins. To ask the group for something, say it in more words.")
        return by_word
    return leads and first in list(CheckInKind)


async def ask(lines: PlainLines, words: list[str]) -> None:
    """Opens the check-in that these words ask."""
    peer, id = lines.peer, lines.peer.new_id()
    try:
        question = checked(_question(lines, words))
        command = open_command(peer, question, id)
    except BadQuestion as error:
        like = f" {ANSWERS_LIKE}" if CheckInKind.CHOICE in words[:1] or CheckInKind.MULTI in words[:1] else ""
        raise Unclear(f"{error.title} {error.advice}{like}") from None
    if lines.check_ins.would_show(question):
        raise Unclear(" ".join(ENDINGS["asked_again"]))
    closes = "" if command.seconds else " Type close check-in to close it before."
    await lines.do(command, f"It closes when everybody is done.{closes}", id)


def _question(lines: PlainLines, words: Sequence[str]) -> Question:
    first, rest = words[0].lower(), " ".join(words[1:])
    by_word = first in TEMPLATES or first == ISSUES
    timed = (_SECONDS if by_word else _BEHIND_A_BAR).search(rest)
    if timed is not None:
        rest = rest[: timed.start()]
    question = _by_word(lines, first) if by_word else _written(CheckInKind(first), rest)
    return replace(question, seconds=_in_seconds(timed)) if timed is not None else question


def _by_word(lines: PlainLines, word: str) -> Question:
    return about_issues(lines.peer) if word == ISSUES else TEMPLATES[word][1]


def _written(kind: CheckInKind, text: str) -> Question:
    asked, *options = _BAR.split(text.strip())
    return Question(kind, asked, tuple(option for option in options if option))


def _in_seconds(timed: re.Match[str]) -> int:
    return int(timed[1]) * (1 if timed[2].lower().startswith("s") else 60)


async def close(lines: PlainLines, *, now: bool = False) -> None:
    """Closes the open check-in. `now`: even if so few are done that the counts could show whose answers they are."""
    check_in = _open(lines)
    early = wording.too_early(lines.check_ins.mine.progress(check_in.id))
    if early and not now and lines.look.leads:
        raise Unclear(f"{early} To close it all the same, type: close check-in now")
    await lines.do(CloseCheckIn(check_in.id))


async def _withdraw(lines: PlainLines, words: list[str]) -> None:
    if words not in ([], ["check-in"]):
        raise Unclear("Type: withdraw, and the open check-in is taken back. For an issue: issue withdraw K.")
    await lines.do(WithdrawCheckIn(_open(lines).id))


def _open(lines: PlainLines) -> CheckIn:
    check_in = open_check_in(lines.peer.room)
    if check_in is not None:
        return check_in
    if lines.check_ins.closing is not None:
        raise Unclear("The check-in is closed already: its answers are being added up.")
    raise Unclear("No check-in is open. Type results for what came of the last one.")


# -- answering ---------------------------------------------------------------------------------------------------


def _mine(lines: PlainLines) -> CheckIn:
    """The open check-in, if I take part in it."""
    check_in = _open(lines)
    if lines.check_ins.open is None:
        raise Unclear("You do not take part in this check-in: those on the call do, and nobody who only watches.")
    return check_in


async def _answer(lines: PlainLines, words: list[str]) -> None:
    check_in = _mine(lines)
    if not words:
        _tell(lines, check_in)
        return
    if words == ["done"] and check_in.kind not in TEXT_KINDS:
        _done(lines, check_in)
        return
    if not people_in(lines.peer, lines.check_ins):
        raise Unclear(f"{wording.before_answering(0, compared=False)} Answer when that is done: a line says so.")
    abstains = [word.lower() for word in words] == ["none"]
    nothing = "" if check_in.kind in TEXT_KINDS else ()
    answer = nothing if abstains else answer_typed(lines.peer, check_in, words)
    try:
        lines.check_ins.answer(check_in.id, answer)
    except BadAnswer as error:
        raise Unclear(f"{error} Type answer to read what is asked.") from None
    if abstains:
        _done(lines, check_in)
    else:
        done = "" if lines.check_ins.mine.is_done(check_in.id) else " Type answered when you are done."
        lines.say(f"Your answer: {in_words(lines.peer, check_in, answer)}. You can change it until it closes.{done}")


def _tell(lines: PlainLines, check_in: CheckIn) -> None:
    """What is asked, what is hidden and what is not, how to answer, and what I have answered."""
    peer, mine = lines.peer, lines.check_ins.mine
    lines.say(question_words(peer, check_in))
    lines.say(wording.before_answering(people_in(peer, lines.check_ins), compared=mine.compared))
    lines.say(NOT_HIDDEN)
    for line in how_to_answer(peer, check_in):
        lines.say(line)
    answer = mine.answer_of(check_in.id)
    done = mine.is_done(check_in.id)
    if answer is not None:
        lines.say(f"Your answer: {in_words(peer, check_in, answer)}.{' You are done.' if done else ''}")
    elif done:
        lines.say("You abstain, and can still answer.")


async def _answered(lines: PlainLines, words: list[str]) -> None:
    _done(lines, _mine(lines))


def _done(lines: PlainLines, check_in: CheckIn) -> None:
    mine = lines.check_ins.mine
    if not people_in(lines.peer, lines.check_ins):
        raise Unclear(wording.before_answering(0, compared=False))
    lines.check_ins.done(check_in.id)
    how = "You abstain, which looks the same to everybody" if mine.answer_of(check_in.id) is None else "You are done"
    lines.say(f"{how}. You can still change it until it closes.")


async def _go(lines: PlainLines, words: list[str]) -> None:
    if words not in (["on"], ["without", "me"], ["without"]):
        raise Unclear("Type: go on, or leave out.")
    agree_to_few(lines, agree=words == ["on"])


def agree_to_few(lines: PlainLines, *, agree: bool) -> None:
    """Says whether my answer goes in among few."""
    asked = list(lines.check_ins.mine.asks_few)
    if not asked:
        raise Unclear("Nothing is asked of you just now. To let everything go on after a pause, type pause.")
    if not agree:
        lines.news.left_out.update(asked)
    for check_in in asked:
        lines.check_ins.go_on(check_in, agree=agree)
    lines.say("Your answer goes in." if agree else "Your answer is left out.")


# -- what came of it ---------------------------------------------------------------------------------------------


async def _results(lines: PlainLines, words: list[str]) -> None:
    peer = lines.peer
    if words:
        check_in = check_in_with(peer.room, listed(lines, LIST, words, "check-ins"))
    else:
        ended = (CheckInState.RECORDED, CheckInState.GIVEN_UP)
        check_in = next((c for c in reversed(peer.room.check_ins) if c.state in ended), None)
    if check_in is None:
        raise Unclear("There is no result yet.")
    lines.say(_came_to(lines, check_in))
    for line in came_of(peer, lines.check_ins, check_in, lines.news.left_out):
        lines.say(line)
    _tell_trend(lines, check_in)


def _came_to(lines: PlainLines, check_in: CheckIn) -> str:
    """How a check-in stands, in a sentence."""
    match check_in.state:
        case CheckInState.OPEN:
            done = wording.done_words(lines.check_ins.mine.progress(check_in.id))
            return f"Open{f', {done}' if done else ''}: “{question_words(lines.peer, check_in)}”"
        case CheckInState.CLOSING:
            return f"Being added up: “{question_words(lines.peer, check_in)}”"
        case CheckInState.GIVEN_UP:
            return f"No result: “{question_words(lines.peer, check_in)}” {wording.ending_words(check_in)}"
        case CheckInState.WITHDRAWN:
            return f"Taken back: “{question_words(lines.peer, check_in)}”"
        case CheckInState.RECORDED:
            result = result_of(lines.peer, check_in)
            if result is not None:
                return result_sentence(result)
            return f"“{question_words(lines.peer, check_in)}” {_unreadable(lines, check_in)}"


def _unreadable(lines: PlainLines, check_in: CheckIn) -> str:
    session = lines.peer.room.session
    if check_in.kind in TEXT_KINDS and session is not None and check_in.session < session.number:
        return "What was said in words is kept until the next session begins, and then no longer."
    return "The result cannot be read here."


def _tell_trend(lines: PlainLines, check_in: CheckIn) -> None:
    peer = lines.peer
    points = results.trend(peer.sealer, peer.keys.room_key, peer.link.room, peer.room.check_ins, check_in)
    if len(points) > 1:
        told = [f"session {p.session} {results.figure_words(check_in.kind, p.figure)}" for p in points]
        lines.say(f"Over the sessions: {', '.join(told)}.")


async def _check_ins(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    number = look.room.session.number if look.room.session is not None else 0
    asked = [c for c in look.room.check_ins if c.session == number]
    lines.list_(LIST, [c.id for c in asked])
    count = f"{len(asked)} check-in{'' if len(asked) == 1 else 's'}"
    lines.say(f"{count} in this session.")
    for index, check_in in enumerate(asked, 1):
        lines.say(f"{index}: {_came_to(lines, check_in)}")
    if asked:
        lines.say("Type results and a number to read every answer.")
    if look.leads:
        _offer(lines)


def _offer(lines: PlainLines) -> None:
    """What can be asked, for those who lead."""
    lines.say(f"Ready to ask: {', '.join(f'ask {word}' for word in (*TEMPLATES, ISSUES))}.")
    kinds = "; ".join(f"ask {kind}, {what}" for kind, what in wording.KINDS.items())
    lines.say(f"Or your own question behind its kind: {kinds}.")
    lines.say(
        "Answers stand behind a bar: ask choice Which day? | Monday | Friday. A time at the end: | for 2 minutes."
    )
    lines.say("Type close check-in to close it, and withdraw to take it back. Type words compare once.")


# -- the three words ---------------------------------------------------------------------------------------------


async def _words(lines: PlainLines, words: list[str]) -> None:
    verb = " ".join(words).lower()
    if verb == "compare":
        _compare(lines)
        return
    epoch = lines.check_ins.mine.epoch
    if epoch is None:
        leads = "Type words compare" if lines.look.leads else "Who leads can have them compared"
        raise Unclear(f"There are no three words yet: they come with the first check-in. {leads}.")
    match verb:
        case "same" | "differ":
            if not lines.check_ins.words_compared(lines.news.words, match=verb == "same"):
                lines.news.words = epoch.words
                raise Unclear(f"Others stand here now: {' '.join(epoch.words)}. Compare these: words same, or differ.")
            same = "Good: nobody stands in between, the server's owner included."
            lines.say(same if verb == "same" else wording.WORDS_DIFFER)
        case "":
            lines.news.words = epoch.words
            compared = "compared, and the same" if lines.check_ins.mine.compared else "not compared yet"
            lines.say(f"{' '.join(epoch.words)}: {compared}. {wording.COMPARE} Type words same, or words differ.")
        case _:
            raise Unclear("Type: words, words same, or words differ.")


def _compare(lines: PlainLines) -> None:
    look = lines.look
    if not look.leads:
        raise Unclear("Those who lead ask everybody to compare. Type words to read yours.")
    if look.session is None or len(electorate(look.room)) < 2:
        raise Unclear("Two people or more on the call compare words, in a session. Type: start")
    lines.check_ins.compare_words()
    lines.say("Everybody is asked to compare their three words.")


ASK_FORMS: tuple[tuple[str, str], ...] = (
    (
        f"{'|'.join(TEMPLATES)} [for 2 minutes]",
        "those who lead: ask a check-in, which nobody can trace to anybody; it may close by itself",
    ),
    ("scale QUESTION [| LOW | HIGH]", "those who lead: a number from 1 to 5, with words for its ends"),
    ("mood|yesno|fist|words|text QUESTION", "those who lead: your own question, by its kind"),
    ("choice|multi QUESTION | A | B [| for 2 minutes]", "those who lead: one, or several, of two to eight answers"),
    (ISSUES, "those who lead: which of the issues that wait to take"),
)
"""What `ask` asks beside asks for the exchange."""

WORDS: dict[str, Word] = {
    "check-ins": Word(
        "",
        "",
        "what was asked in this session and what came of it; for those who lead: how to ask, and to close",
        False,
        _check_ins,
    ),
    "answer": Word(
        "k",
        "[ANSWER]",
        "your answer to the check-in; without one behind it, what is asked and what is hidden",
        False,
        _answer,
        (("none", "abstain, or take your answer back"), ("done", "the same as answered, where no words are asked for")),
    ),
    "answered": Word("", "", "you are done with the check-in, whether you have answered or not", False, _answered),
    "results": Word("", "[K]", "the last result, or that of number K in check-ins: every answer", False, _results),
    "words": Word(
        "",
        "",
        "the three words that show that nobody stands in between",
        False,
        _words,
        (
            ("same", "what was read aloud is what stands here"),
            ("differ", "it is not"),
            ("compare", "those who lead: ask everybody to compare"),
        ),
    ),
    "go": Word("", "on", "few take part now, and your answer goes in all the same; or: leave out", False, _go),
    "withdraw": Word("", "", "take the open check-in back: no answer is opened", True, _withdraw),
}
