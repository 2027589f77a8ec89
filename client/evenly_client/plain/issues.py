"""Issues and the questions asked about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenly_protocol.issues import BringIssue, ChooseIssue, EditIssue, KeepQuestions, WithdrawIssue, waiting_issues
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import Session

from evenly_client import opened, phrases
from evenly_client.plain.spelling import form, meant, spelled
from evenly_client.plain.word import (
    WHICH_ISSUE,
    WHICH_ISSUE_OF_SESSION,
    Unclear,
    Word,
    is_number,
    listed,
    number,
    sealed,
    text_and_seat,
)
from evenly_client.text import one_line
from evenly_client.translation import _, ngettext

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

LIST = "issues"


async def _issues(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    waiting = waiting_issues(look.room)
    lines.list_(LIST, [i.id for i in waiting])
    if not waiting:
        lines.say(spelled(_("No issues are waiting. Type: `issue` and what is on your mind.")))
        return
    taken = {id: n for n, id in look.session.brought.items()} if look.session is not None else {}
    n = len(waiting)
    lines.say(ngettext("{n} issue is waiting.", "{n} issues are waiting.", n).format(n=n))
    for index, issue in enumerate(waiting, 1):
        said = f"{index}: {look.name(issue.seat)}: {one_line(opened.issue_text(look.peer.sealer, issue))}"
        if issue.id in taken:
            # Translators: {issue} is a line with somebody's name and words
            said = _("{issue}, issue {n} of this session").format(issue=said, n=taken[issue.id])
        lines.say(said)


async def _issue(lines: PlainLines, words: list[str]) -> None:
    if not words:
        unclear = _("Type: `issue` and your issue in a sentence or two. Type `issues` for those that wait.")
        raise Unclear(spelled(unclear))
    verb, rest = meant(words[0]), words[1:]
    if verb == "choose" and is_number(rest):
        n = number(rest[1:], WHICH_ISSUE_OF_SESSION) if rest[1:] else 1
        said = _("It is issue {n} of this session.").format(n=n)
        await lines.do(ChooseIssue(listed(lines, LIST, rest, "issues"), n), said)
    elif verb == "withdraw" and is_number(rest):
        await lines.do(WithdrawIssue(listed(lines, LIST, rest, "issues")), _("Your issue is taken back."))
    elif verb == "edit" and is_number(rest):
        issue = listed(lines, LIST, rest, "issues")
        if not rest[1:]:
            raise Unclear(spelled(_("Type: `issue edit`, its number and the new words.")))
        text = lines.peer.seal(FieldKind.ISSUE, " ".join(rest[1:]), issue)
        await lines.do(EditIssue(issue, text), _("Your issue has these words."))
    elif is_number(words):
        raise Unclear(spelled(_("Type: `issue choose`, `…edit` or `…withdraw`, and then the number.")))
    else:
        text, whose = text_and_seat(lines, words)
        await sealed(lines, FieldKind.ISSUE, text, lambda t: BringIssue(t, whose), _("Your issue is brought."))


# -- questions ---------------------------------------------------------------------------------------------------


async def _questions(lines: PlainLines, words: list[str]) -> None:
    session = lines.peer.room.session
    if session is None:
        raise Unclear(_("There has been no session yet."))
    if not words:
        _list_questions(lines, session)
        return
    verb = meant(words[0])
    if verb not in ("keep", "share"):
        raise Unclear(spelled(_("Type: `questions`, `questions keep`, or `questions share`.")))
    issue = number(words[1:], WHICH_ISSUE) if len(words) > 1 else _mine(lines, session)
    said = _("The questions are yours alone.") if verb == "keep" else _("The questions are everybody's.")
    await lines.do(KeepQuestions(issue, verb == "keep"), said)


def _mine(lines: PlainLines, session: Session) -> int:
    mine = [n for n, seat in sorted(session.holders.items()) if seat == lines.peer.seat]
    if not mine and session.phase.holder != lines.peer.seat:
        raise Unclear(_("You hold no issue in this session: its holder keeps or shares the questions."))
    return session.phase.issue if session.phase.issue in mine else next(iter(mine), 0)


def _list_questions(lines: PlainLines, session: Session) -> None:
    look = lines.look
    kept = [n for n in session.questions_kept if _holder(session, n) != look.seat]
    shown = [q for q in session.questions if q.issue not in kept]
    withheld = len(session.questions) - len(shown)
    several = len({q.issue for q in session.questions}) > 1
    whose = phrases.listed([look.name(_holder(session, n)) for n in kept if _holder(session, n)])
    n = len(shown)
    if withheld:
        said = ngettext("{n} question, {more} more kept by {names}.", "{n} questions, {more} more kept by {names}.", n)
        # Translators: in “3 questions, 2 more kept by the issue-holder”
        lines.say(said.format(n=n, more=withheld, names=whose or _("the issue-holder")))
    else:
        lines.say(ngettext("{n} question.", "{n} questions.", n).format(n=n))
    for index, question in enumerate(shown, 1):
        about = several and question.issue
        # Translators: {n} is the number in a list, {issue} that of an issue: “2: issue 1, Ana: What if you waited?”
        said = _("{n}: issue {issue}, {name}: {question}") if about else "{n}: {name}: {question}"
        words = opened.question_words(look.peer.sealer, question)
        lines.say(said.format(n=index, issue=question.issue, name=look.name(question.seat), question=words))


def _holder(session: Session, issue: int) -> int:
    return session.holders.get(issue, session.phase.holder if not issue else 0)


WORDS: dict[str, Word] = {
    "issues": Word("", "", _("the issues that wait"), False, _issues),
    "issue": Word(
        "i",
        form("TEXT"),
        _("bring an issue"),
        False,
        _issue,
        (
            (form("TEXT / for SEAT"), _("bring it for a guest seat")),
            (form("edit K TEXT"), spelled(_("put it in other words; `K` is its number in `issues`"))),
            (form("withdraw K"), _("take it back")),
            (form("choose K [N]"), _("those who lead: take it as issue N of this session")),
        ),
    ),
    "questions": Word(
        "",
        "",
        _("the questions that were asked in words"),
        False,
        _questions,
        (
            (form("keep [ISSUE]"), _("the issue-holder: they are yours alone")),
            (form("share [ISSUE]"), _("the issue-holder: they are everybody's")),
        ),
    ),
}
