"""The questions of the running or last session: as rows, one in full; kept by their holder, taken into my notes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from evenly_protocol.issues import KeepQuestions, Question
from evenly_protocol.session import Session

from evenly_client import opened, phrases
from evenly_client.notes import NoteTooLong
from evenly_client.outlook import Outlook
from evenly_client.screens.boards.asking import does, pick
from evenly_client.screens.boards.items import Item, Told, group, item_of, joined, whose
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.hosting import BoardHost
from evenly_client.screens.situation import Situation
from evenly_client.translation import _

KEPT: Final = _("(kept by the issue-holder)")


def holder_of(session: Session, number: int) -> int:
    """Who holds the issue of this number; 0 for nobody."""
    return session.holders.get(number, session.phase.holder if number == 0 else 0)


def may_read(o: Outlook, session: Session, number: int) -> bool:
    """Whether the questions on this issue are for me to read: kept ones are their holder's alone."""
    return number not in session.questions_kept or (o.seat != 0 and holder_of(session, number) == o.seat)


def questions_on(session: Session, number: int) -> list[Question]:
    """The questions on the issue of this number, as they were put."""
    return [q for q in session.questions if q.issue == number]


def question_text(o: Outlook, session: Session, question: Question) -> str:
    """A question's words, or that they are kept."""
    return opened.question_words(o.peer.sealer, question) if may_read(o, session, question.issue) else KEPT


def issue_title(o: Outlook, session: Session, number: int) -> str:
    """What the questions of a number are about: `issue 1, Chris’s`."""
    holder = holder_of(session, number)
    if holder and number:
        return _("issue {n}, {whose}").format(n=number, whose=whose(o, holder))
    if holder:
        return _("no issue in particular, {whose}").format(whose=whose(o, holder))
    return _("issue {n}").format(n=number) if number else _("no issue in particular")


def _on_issue(o: Outlook, session: Session, number: int) -> str:
    """What a question was about: `On issue 1, Chris’s`."""
    holder = holder_of(session, number)
    if holder and number:
        return _("On issue {n}, {whose}").format(n=number, whose=whose(o, holder))
    if holder:
        return _("On no issue in particular, {whose}").format(whose=whose(o, holder))
    return _("On issue {n}").format(n=number) if number else _("On no issue in particular")


def listed(o: Outlook, lines: int) -> list[Item]:
    session = o.room.session
    if session is None:
        return []
    found: list[Item] = []
    for number in sorted({q.issue for q in session.questions}, key=lambda n: (n == 0, n)):
        kept = number in session.questions_kept
        mine = holder_of(session, number) == o.seat
        note = (_("kept by you alone") if mine else _("kept by the issue-holder")) if kept else ""
        asked = [_question(o, session, q) for q in questions_on(session, number)]
        found += group(issue_title(o, session, number).upper(), asked, note)
    return found


def _question(o: Outlook, session: Session, question: Question) -> Item:
    def told() -> Told:
        text = question_text(o, session, question)
        return Told(o.name(question.seat), question.seat == o.seat, text, phrases.time_of_day(question.at))

    return item_of(question.turn, 1, told)


def question_details(o: Outlook, session: Session, question: Question) -> list[str]:
    """A question in full."""
    about = _on_issue(o, session, question.issue)
    mine = question.seat == o.seat
    who = _("asked by you") if mine else _("{name} asked").format(name=o.name(question.seat))
    return [question_text(o, session, question), "", joined((who, phrases.time_of_day(question.at))), about]


def details(o: Outlook, key: Hashable) -> list[str]:
    """The question put in this turn in full; nothing if it is not on the list."""
    nothing: list[str] = []
    last = o.room.session
    return (
        nothing
        if last is None
        else next((question_details(o, last, q) for q in last.questions if q.turn == key), nothing)
    )


def held_numbers(s: Situation) -> list[int]:
    """The numbers of the issues of the running or last session whose questions are mine to keep or share."""
    session = s.outlook.room.session
    if session is None:
        return []
    numbers = sorted({q.issue for q in session.questions} | set(session.holders))
    return [n for n in numbers if holder_of(session, n) == s.outlook.seat != 0]


async def keep_questions(host: BoardHost) -> None:
    """The questions about my issue: for me alone, or for all."""
    s = host.situation()
    session = s.outlook.room.session
    numbers = held_numbers(s)
    if session is None or not numbers:
        host.say(_("Only the issue-holder can keep the questions that were asked."))
        return
    number: int | None = numbers[0]
    if len(numbers) > 1:
        choices = [Choice(n, _("issue {n}").format(n=n), "", str(n)) for n in numbers]
        number = await host.choose(_("On which issue?"), choices)
    if number is None:
        return
    kept = number in session.questions_kept
    hidden = _("They are yours alone now: the others' screens hide them.")
    said = _("Everybody can read them again.") if kept else hidden
    await does(host, KeepQuestions(number, not kept), said)


async def save_questions(host: BoardHost) -> None:
    """The questions I may read, into my private notes."""
    o = host.situation().outlook
    session = o.room.session
    if session is None:
        host.say(_("There has been no session yet."))
        return
    parts: list[str] = []
    for number in sorted({q.issue for q in session.questions}, key=lambda n: (n == 0, n)):
        if may_read(o, session, number):
            parts += ["", f"{_on_issue(o, session, number)}:"]
            parts += [f"- {o.name(q.seat)}: {question_text(o, session, q)}" for q in questions_on(session, number)]
    if not parts:
        host.say(_("There are no questions for you to read."))
        return
    day = phrases.moment(session.started_at)
    title = _("Questions of session {n}, {day}").format(n=session.number, day=day)
    try:
        host.notes.keep("\n".join([title, *parts]), host.peer.now())
    except NoteTooLong as error:
        host.say(f"{error.title} {error.advice}")
        return
    host.say(_("They are in your notes, on this machine alone."))


async def open_question(host: BoardHost, turn: bytes) -> None:
    """A question in full; its issue-holder keeps them all, or shares them again; mine to take into my notes."""
    s = host.situation()
    session = s.outlook.room.session
    question = next((q for q in session.questions if q.turn == turn), None) if session is not None else None
    if session is None or question is None:
        host.say(_("That question is not on the list any more."))
        return
    can: list[tuple[str, str, str]] = []
    keep = KeepQuestions(question.issue, question.issue not in session.questions_kept)
    if s.refusal(keep) is None:
        can.append(("keep", _("keep all of them to me") if keep.keep else _("let everybody read them again"), "k"))
    if may_read(s.outlook, session, question.issue):
        can.append(("save", _("all of them into my notes"), "s"))
    match await pick(host, _("Question"), question_details(s.outlook, session, question), can):
        case "keep":
            await does(host, keep)
        case "save":
            await save_questions(host)
        case _:
            pass
