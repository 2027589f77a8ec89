"""Anonymous check-ins: asking, answering, closing, reading results, comparing the three words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from evenly_protocol.checkins import (
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
from evenly_client.plain.spelling import all_meant, as_typed, form, meant, pattern, spelled
from evenly_client.plain.word import Unclear, Word, listed
from evenly_client.translation import _, ngettext

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

LIST = "check-ins"
ISSUES = "issues"
"""What asks about the issues that wait, beside templates and kinds."""

ANSWERS_LIKE = spelled(_("For example: `ask choice` Which day? | Monday | Friday"))
NOT_HIDDEN = _("Not hidden: who takes part, how many are done, how many abstain, and an answer that everybody gives.")
_TIME = rf"{pattern('for')}\s+(\d{{1,4}})\s*(s|secs?|m|mins?|{pattern('second', 'seconds', 'minute', 'minutes')})\s*$"
_SECONDS = re.compile(rf"\s*(?:^|[|/]|\s)\s*{_TIME}", re.IGNORECASE)
_BEHIND_A_BAR = re.compile(rf"\s*[|/]\s*{_TIME}", re.IGNORECASE)
_BAR = re.compile(r"\s*\|\s*")


# -- asking ------------------------------------------------------------------------------------------------------


def asks(words: Sequence[str], *, leads: bool) -> bool:
    """Whether what stands behind `ask` is a check-in, and not an ask for the exchange.

    Raises:
        Unclear: it would be one, but only those who lead open check-ins.
    """
    first = meant(words[0]) if words else ""
    if first in TEMPLATES or first == ISSUES:
        by_word = not _SECONDS.sub("", " ".join(words[1:])).strip()
        if by_word and not leads:
            raise Unclear(_("Those who lead ask check-ins. To ask the group for something, say it in more words."))
        return by_word
    return leads and first in list(CheckInKind)


async def ask(lines: PlainLines, words: list[str]) -> None:
    """Opens the check-in that these words ask."""
    peer, id = lines.peer, lines.peer.new_id()
    try:
        question = checked(_question(lines, words))
        command = open_command(peer, question, id)
    except BadQuestion as error:
        chosen = meant(words[0]) in (CheckInKind.CHOICE, CheckInKind.MULTI)
        like = f" {ANSWERS_LIKE}" if chosen else ""
        raise Unclear(f"{error.title} {error.advice}{like}") from None
    if lines.check_ins.would_show(question):
        raise Unclear(wording.ending_of("asked_again"))
    closes = _("It closes when everybody is done.")
    before = spelled(_("It closes when everybody is done. Type `close check-in` to close it before."))
    await lines.do(command, closes if command.seconds else before, id)


def _question(lines: PlainLines, words: Sequence[str]) -> Question:
    first, rest = meant(words[0]), " ".join(words[1:])
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
    return int(timed[1]) * (1 if meant(timed[2]).startswith("s") else 60)


async def close(lines: PlainLines, *, now: bool = False) -> None:
    """Closes the open check-in. `now`: even if so few are done that the counts could show whose answers they are."""
    check_in = _open(lines)
    early = wording.too_early(lines.check_ins.mine.progress(check_in.id))
    if early and not now and lines.look.leads:
        # Translators: {early} is a sentence: that so few are done
        unclear = spelled(_("{early} To close it all the same, type: `close check-in now`"))
        raise Unclear(unclear.format(early=early))
    await lines.do(CloseCheckIn(check_in.id))


async def _withdraw(lines: PlainLines, words: list[str]) -> None:
    if all_meant(words) not in ([], ["check-in"]):
        unclear = _("Type: `withdraw`, and the open check-in is taken back. For an issue: `issue withdraw K`.")
        raise Unclear(spelled(unclear))
    await lines.do(WithdrawCheckIn(_open(lines).id))


def _open(lines: PlainLines) -> CheckIn:
    check_in = open_check_in(lines.peer.room)
    if check_in is not None:
        return check_in
    if lines.check_ins.closing is not None:
        raise Unclear(_("The check-in is closed already: its answers are being added up."))
    raise Unclear(spelled(_("No check-in is open. Type `results` for what came of the last one.")))


# -- answering ---------------------------------------------------------------------------------------------------


def _mine(lines: PlainLines) -> CheckIn:
    """The open check-in, if I take part in it."""
    check_in = _open(lines)
    if lines.check_ins.open is None:
        raise Unclear(_("You do not take part in this check-in: those on the call do, and nobody who only watches."))
    return check_in


async def _answer(lines: PlainLines, words: list[str]) -> None:
    check_in = _mine(lines)
    if not words:
        _tell(lines, check_in)
        return
    if all_meant(words) == ["done"] and check_in.kind not in TEXT_KINDS:
        _done(lines, check_in)
        return
    if not people_in(lines.peer, lines.check_ins):
        # Translators: {ready} is the sentence that keys are being exchanged
        unclear = _("{ready} Answer when that is done: a line says so.")
        raise Unclear(unclear.format(ready=wording.before_answering(0, compared=False)))
    abstains = all_meant(words) == ["none"]
    nothing = "" if check_in.kind in TEXT_KINDS else ()
    answer = nothing if abstains else answer_typed(lines.peer, check_in, words)
    try:
        lines.check_ins.answer(check_in.id, answer)
    except BadAnswer as error:
        # Translators: {error} is a sentence: why this is no answer
        raise Unclear(spelled(_("{error} Type `answer` to read what is asked.")).format(error=error)) from None
    if abstains:
        _done(lines, check_in)
    else:
        said = _("Your answer: {answer}. You can change it until it closes.")
        if not lines.check_ins.mine.is_done(check_in.id):
            said = spelled(
                _("Your answer: {answer}. You can change it until it closes. Type `answered` when you are done.")
            )
        lines.say(said.format(answer=in_words(lines.peer, check_in, answer)))


def _tell(lines: PlainLines, check_in: CheckIn) -> None:
    """What is asked, what is hidden and what is not, how to answer, and what I have answered."""
    peer, mine = lines.peer, lines.check_ins.mine
    lines.say(question_words(peer, check_in))
    people = people_in(peer, lines.check_ins)
    lines.say(wording.before_answering(people, compared=mine.compared, at_gateway=peer.at_gateway))
    lines.say(NOT_HIDDEN)
    for line in how_to_answer(peer, check_in):
        lines.say(line)
    answer = mine.answer_of(check_in.id)
    done = mine.is_done(check_in.id)
    if answer is not None:
        said = _("Your answer: {answer}. You are done.") if done else _("Your answer: {answer}.")
        lines.say(said.format(answer=in_words(peer, check_in, answer)))
    elif done:
        lines.say(_("You abstain, and can still answer."))


async def _answered(lines: PlainLines, words: list[str]) -> None:
    _done(lines, _mine(lines))


def _done(lines: PlainLines, check_in: CheckIn) -> None:
    mine = lines.check_ins.mine
    if not people_in(lines.peer, lines.check_ins):
        raise Unclear(wording.before_answering(0, compared=False))
    lines.check_ins.done(check_in.id)
    if mine.answer_of(check_in.id) is None:
        lines.say(_("You abstain, which looks the same to everybody. You can still change it until it closes."))
    else:
        lines.say(_("You are done. You can still change it until it closes."))


async def _go(lines: PlainLines, words: list[str]) -> None:
    how = all_meant(words)
    if how not in (["on"], ["without", "me"], ["without"]):
        raise Unclear(spelled(_("Type: `go on`, or `leave out`.")))
    agree_to_few(lines, agree=how == ["on"])


def agree_to_few(lines: PlainLines, *, agree: bool) -> None:
    """Says whether my answer goes in among few."""
    asked = list(lines.check_ins.mine.asks_few)
    if not asked:
        unclear = _("Nothing is asked of you just now. To let everything go on after a pause, type `pause`.")
        raise Unclear(spelled(unclear))
    if not agree:
        lines.news.left_out.update(asked)
    for check_in in asked:
        lines.check_ins.go_on(check_in, agree=agree)
    lines.say(_("Your answer goes in.") if agree else _("Your answer is left out."))


# -- what came of it ---------------------------------------------------------------------------------------------


async def _results(lines: PlainLines, words: list[str]) -> None:
    peer = lines.peer
    if words:
        check_in = check_in_with(peer.room, listed(lines, LIST, words, "check-ins"))
    else:
        ended = (CheckInState.RECORDED, CheckInState.GIVEN_UP)
        check_in = next((c for c in reversed(peer.room.check_ins) if c.state in ended), None)
    if check_in is None:
        raise Unclear(_("There is no result yet."))
    lines.say(_came_to(lines, check_in))
    for line in came_of(peer, lines.check_ins, check_in, lines.news.left_out):
        lines.say(line)
    _tell_trend(lines, check_in)


def _came_to(lines: PlainLines, check_in: CheckIn) -> str:
    """How a check-in stands, in a sentence."""
    question = question_words(lines.peer, check_in)
    match check_in.state:
        case CheckInState.OPEN:
            done = wording.done_words(lines.check_ins.mine.progress(check_in.id))
            # Translators: {done} is “3 of 5 are done”
            said = _("Open, {done}: “{question}”") if done else _("Open: “{question}”")
            return said.format(done=done, question=question)
        case CheckInState.CLOSING:
            return _("Being added up: “{question}”").format(question=question)
        case CheckInState.GIVEN_UP:
            # Translators: {why} is a sentence
            return _("No result: “{question}” {why}").format(question=question, why=wording.ending_words(check_in))
        case CheckInState.WITHDRAWN:
            return _("Taken back: “{question}”").format(question=question)
        case CheckInState.RECORDED:
            result = result_of(lines.peer, check_in)
            if result is not None:
                return result_sentence(result)
            # Translators: {why} is a sentence: why a result cannot be read
            return _("“{question}” {why}").format(question=question, why=_unreadable(lines, check_in))


def _unreadable(lines: PlainLines, check_in: CheckIn) -> str:
    session = lines.peer.room.session
    if check_in.kind in TEXT_KINDS and session is not None and check_in.session < session.number:
        return _("What was said in words is kept until the next session begins, and then no longer.")
    return _("The result cannot be read here.")


def _tell_trend(lines: PlainLines, check_in: CheckIn) -> None:
    peer = lines.peer
    points = results.trend(peer.sealer, peer.keys.room_key, peer.link.room, peer.room.check_ins, check_in)
    if len(points) > 1:
        # Translators: in a list: “session 2 3.4 of 5”, “session 2 80 in 100 said yes”
        at = _("session {n} {figure}")
        told = [at.format(n=p.session, figure=results.figure_words(check_in.kind, p.figure)) for p in points]
        lines.say(_("Over the sessions: {figures}.").format(figures=", ".join(told)))


async def _check_ins(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    number = look.room.session.number if look.room.session is not None else 0
    asked = [c for c in look.room.check_ins if c.session == number]
    lines.list_(LIST, [c.id for c in asked])
    n = len(asked)
    lines.say(ngettext("{n} check-in in this session.", "{n} check-ins in this session.", n).format(n=n))
    for index, check_in in enumerate(asked, 1):
        lines.say(f"{index}: {_came_to(lines, check_in)}")
    if asked:
        lines.say(spelled(_("Type `results` and a number to read every answer.")))
    if look.leads:
        _offer(lines)


def _offer(lines: PlainLines) -> None:
    """What can be asked, for those who lead."""
    ready = [as_typed(f"ask {word}") for word in (*TEMPLATES, ISSUES)]
    lines.say(_("Ready to ask: {check_ins}.").format(check_ins=", ".join(ready)))
    kinds = [f"{as_typed(f'ask {kind}')}, {what}" for kind, what in wording.KINDS.items()]
    lines.say(_("Or your own question behind its kind: {kinds}.").format(kinds="; ".join(kinds)))
    like = _(
        "Answers stand behind a bar: `ask choice` Which day? | Monday | Friday. A time at the end: `| for 2 minutes`."
    )
    lines.say(spelled(like))
    closing = _("Type `close check-in` to close it, and `withdraw` to take it back. Type `words compare` once.")
    lines.say(spelled(closing))


# -- the three words ---------------------------------------------------------------------------------------------


async def _words(lines: PlainLines, words: list[str]) -> None:
    verb = " ".join(all_meant(words))
    if verb == "compare":
        _compare(lines)
        return
    epoch = lines.check_ins.mine.epoch
    if epoch is None:
        if lines.look.leads:
            unclear = _("There are no three words yet: they come with the first check-in. Type `words compare`.")
            raise Unclear(spelled(unclear))
        unclear = _(
            "There are no three words yet: they come with the first check-in. Who leads can have them compared."
        )
        raise Unclear(unclear)
    match verb:
        case "same" | "differ":
            if not lines.check_ins.words_compared(lines.news.words, match=verb == "same"):
                lines.news.words = epoch.words
                unclear = spelled(_("Others stand here now: {words}. Compare these: `words same`, or `differ`."))
                raise Unclear(unclear.format(words=" ".join(epoch.words)))
            same = _("Good: nobody stands in between, the server's owner included.")
            lines.say(same if verb == "same" else wording.WORDS_DIFFER)
        case "":
            lines.news.words = epoch.words
            # Translators: {words} are the three words, {compare} is a sentence: how to compare them
            said = _("{words}: not compared yet. {compare} Type `words same`, or `words differ`.")
            if lines.check_ins.mine.compared:
                said = _("{words}: compared, and the same. {compare} Type `words same`, or `words differ`.")
            lines.say(spelled(said).format(words=" ".join(epoch.words), compare=wording.COMPARE))
        case _:
            raise Unclear(spelled(_("Type: `words`, `words same`, or `words differ`.")))


def _compare(lines: PlainLines) -> None:
    look = lines.look
    if not look.leads:
        raise Unclear(spelled(_("Those who lead ask everybody to compare. Type `words` to read yours.")))
    if look.session is None or len(electorate(look.room)) < 2:
        raise Unclear(spelled(_("Two people or more on the call compare words, in a session. Type: `start`")))
    lines.check_ins.compare_words()
    lines.say(_("Everybody is asked to compare their three words."))


ASK_FORMS: tuple[tuple[str, str], ...] = (
    (
        form(f"{'|'.join(TEMPLATES)} [for 2 minutes]"),
        _("those who lead: ask a check-in, which nobody can trace to anybody; it may close by itself"),
    ),
    (form("scale QUESTION [| LOW | HIGH]"), _("those who lead: a number from 1 to 5, with words for its ends")),
    (form("mood|yesno|fist|words|text QUESTION"), _("those who lead: your own question, by its kind")),
    (
        form("choice|multi QUESTION | A | B [| for 2 minutes]"),
        _("those who lead: one, or several, of two to eight answers"),
    ),
    (form(ISSUES), _("those who lead: which of the issues that wait to take")),
)
"""What `ask` asks beside asks for the exchange."""

WORDS: dict[str, Word] = {
    "check-ins": Word(
        "",
        "",
        _("what was asked in this session and what came of it; for those who lead: how to ask, and to close"),
        False,
        _check_ins,
    ),
    "answer": Word(
        "k",
        form("[ANSWER]"),
        _("your answer to the check-in; without one behind it, what is asked and what is hidden"),
        False,
        _answer,
        (
            (form("none"), _("abstain, or take your answer back")),
            (form("done"), spelled(_("the same as `answered`, where no words are asked for"))),
        ),
    ),
    "answered": Word("", "", _("you are done with the check-in, whether you have answered or not"), False, _answered),
    "results": Word(
        "",
        form("[K]"),
        spelled(_("the last result, or that of number `K` in `check-ins`: every answer")),
        False,
        _results,
    ),
    "words": Word(
        "",
        "",
        _("the three words that show that nobody stands in between"),
        False,
        _words,
        (
            (form("same"), _("what was read aloud is what stands here")),
            (form("differ"), _("it is not")),
            (form("compare"), _("those who lead: ask everybody to compare")),
        ),
    ),
    "go": Word(
        "",
        form("on"),
        spelled(_("few take part now, and your answer goes in all the same; or: `leave out`")),
        False,
        _go,
    ),
    "withdraw": Word("", "", _("take the open check-in back: no answer is opened"), True, _withdraw),
}
