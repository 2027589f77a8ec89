"""Issues and the questions asked about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenly_protocol.issues import BringIssue, ChooseIssue, EditIssue, KeepQuestions, WithdrawIssue, waiting_issues
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import Session

from evenly_client import opened, phrases
from evenly_client.plain.word import Unclear, Word, is_number, listed, number, sealed, text_and_seat
from evenly_client.text import one_line

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

LIST = "issues"


async def _issues(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    waiting = waiting_issues(look.room)
    lines.list_(LIST, [i.id for i in waiting])
    if not waiting:
        lines.say("No issues are waiting. Type: issue and what is on your mind.")
        return
    taken = {id: n for n, id in look.session.brought.items()} if look.session is not None else {}
    lines.say(f"{len(waiting)} issue{' is' if len(waiting) == 1 else 's are'} waiting.")
    for index, issue in enumerate(waiting, 1):
        here = f", issue {taken[issue.id]} of this session" if issue.id in taken else ""
        lines.say(f"{index}: {look.name(issue.seat)}: {one_line(opened.issue_text(look.peer.sealer, issue))}{here}")


async def _issue(lines: PlainLines, words: list[str]) -> None:
    if not words:
        raise Unclear("Type: issue and your issue in a sentence or two. Type issues for those that wait.")
    verb, rest = words[0].lower(), words[1:]
    if verb == "choose" and is_number(rest):
        nth = number(rest[1:], "issue of the session") if rest[1:] else 1
        await lines.do(ChooseIssue(listed(lines, LIST, rest, "issues"), nth), f"It is issue {nth} of this session.")
    elif verb == "withdraw" and is_number(rest):
        await lines.do(WithdrawIssue(listed(lines, LIST, rest, "issues")), "Your issue is taken back.")
    elif verb == "edit" and is_number(rest):
        issue = listed(lines, LIST, rest, "issues")
        if not rest[1:]:
            raise Unclear("Type: issue edit, its number and the new words.")
        text = lines.peer.seal(FieldKind.ISSUE, " ".join(rest[1:]), issue)
        await lines.do(EditIssue(issue, text), "Your issue has these words.")
    elif is_number(words):
        raise Unclear("Type: issue choose, edit or withdraw, and then the number.")
    else:
        text, whose = text_and_seat(lines, words)
        await sealed(lines, FieldKind.ISSUE, text, lambda t: BringIssue(t, whose), "Your issue is brought.")


# -- questions ---------------------------------------------------------------------------------------------------


async def _questions(lines: PlainLines, words: list[str]) -> None:
    session = lines.peer.room.session
    if session is None:
        raise Unclear("There has been no session yet.")
    if not words:
        _list_questions(lines, session)
        return
    verb = words[0].lower()
    if verb not in ("keep", "share"):
        raise Unclear("Type: questions, questions keep, or questions share.")
    issue = number(words[1:], "issue") if len(words) > 1 else _mine(lines, session)
    said = "The questions are yours alone." if verb == "keep" else "The questions are everybody's."
    await lines.do(KeepQuestions(issue, verb == "keep"), said)


def _mine(lines: PlainLines, session: Session) -> int:
    mine = [n for n, seat in sorted(session.holders.items()) if seat == lines.peer.seat]
    if not mine and session.phase.holder != lines.peer.seat:
        raise Unclear("You hold no issue in this session: its holder keeps or shares the questions.")
    return session.phase.issue if session.phase.issue in mine else next(iter(mine), 0)


def _list_questions(lines: PlainLines, session: Session) -> None:
    look = lines.look
    kept = [n for n in session.questions_kept if _holder(session, n) != look.seat]
    shown = [q for q in session.questions if q.issue not in kept]
    withheld = len(session.questions) - len(shown)
    several = len({q.issue for q in session.questions}) > 1
    count = f"{len(shown)} question{'' if len(shown) == 1 else 's'}"
    whose = phrases.listed([look.name(_holder(session, n)) for n in kept if _holder(session, n)])
    theirs = f", {withheld} more kept by {whose or 'the issue-holder'}" if withheld else ""
    lines.say(f"{count}{theirs}.")
    for index, question in enumerate(shown, 1):
        about = f"issue {question.issue}, " if several and question.issue else ""
        words = opened.question_words(look.peer.sealer, question)
        lines.say(f"{index}: {about}{look.name(question.seat)}: {words}")


def _holder(session: Session, issue: int) -> int:
    return session.holders.get(issue, session.phase.holder if not issue else 0)


WORDS: dict[str, Word] = {
    "issues": Word("", "", "the issues that wait", False, _issues),
    "issue": Word(
        "i",
        "TEXT",
        "bring an issue",
        False,
        _issue,
        (
            ("TEXT / for SEAT", "bring it for a guest seat"),
            ("edit K TEXT", "put it in other words; K is its number in issues"),
            ("withdraw K", "take it back"),
            ("choose K [N]", "those who lead: take it as issue N of this session"),
        ),
    ),
    "questions": Word(
        "",
        "",
        "the questions that were asked in words",
        False,
        _questions,
        (
            ("keep [ISSUE]", "the issue-holder: they are yours alone"),
            ("share [ISSUE]", "the issue-holder: they are everybody's"),
        ),
    ),
}
