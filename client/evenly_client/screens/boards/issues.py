"""The issues: as rows, one in full, and what can be done with them: brought, worded, taken, taken back."""

from __future__ import annotations

from collections.abc import Hashable

from evenly_protocol.facts import Command
from evenly_protocol.issues import BringIssue, ChooseIssue, EditIssue, Issue, WithdrawIssue, issue_with, waiting_issues
from evenly_protocol.labels import LabelItem
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import Label, Role

from evenly_client import opened
from evenly_client.outlook import Outlook
from evenly_client.screens import flows
from evenly_client.screens.boards.asking import ANY_TEXT, does, how_far, other_label, pick, short, typed
from evenly_client.screens.boards.items import (
    LABEL_WORDS,
    Item,
    Told,
    day_words,
    group,
    how_far_words,
    item_of,
    joined,
    whose,
)
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.hosting import BoardHost
from evenly_client.translation import _, pgettext


def listed(o: Outlook, lines: int) -> list[Item]:
    taken = {id: number for number, id in o.session.brought.items()} if o.session is not None else {}
    here = sorted((i for i in o.room.issues if i.id in taken), key=lambda i: taken[i.id])
    wait = [i for i in waiting_issues(o.room) if i.id not in taken]
    past = [i for i in o.room.issues if i.session and i.id not in taken][::-1]
    return [
        *group(_("THIS SESSION"), [_issue(o, i, lines, _("issue {n}").format(n=taken[i.id])) for i in here]),
        *group(pgettext("issues", "WAITING"), [_issue(o, i, lines) for i in wait], str(len(wait))),
        *group(pgettext("issues", "TAKEN"), [_issue(o, i, lines, _("session {n}").format(n=i.session)) for i in past]),
    ]


def _issue(o: Outlook, issue: Issue, lines: int, where: str = "") -> Item:
    def told() -> Told:
        label = LABEL_WORDS[issue.label] if issue.label is not Label.ROOM else ""
        second = joined((where, _brought(o, issue), label))
        text = opened.issue_text(o.peer.sealer, issue)
        return Told(o.name(issue.seat), issue.seat == o.seat, text, where if lines == 1 else "", second)

    return item_of(issue.id, lines, told)


def _brought(o: Outlook, issue: Issue) -> str:
    return _("brought {day}").format(day=day_words(o, issue.at))


def _where(o: Outlook, issue: Issue) -> str:
    number = next((n for n, id in o.session.brought.items() if id == issue.id), 0) if o.session is not None else 0
    if number:
        return _("issue {n} of this session").format(n=number)
    if issue.session:
        return _("taken in session {n}").format(n=issue.session)
    return pgettext("issue", "waits")


def issue_details(o: Outlook, issue: Issue) -> list[str]:
    """An issue in full."""
    return [
        opened.issue_text(o.peer.sealer, issue),
        "",
        joined((whose(o, issue.seat), _brought(o, issue), _where(o, issue), LABEL_WORDS[issue.label])),
    ]


def details(o: Outlook, key: Hashable) -> list[str]:
    """The issue of this id in full; nothing if it is gone."""
    nothing: list[str] = []
    return next((issue_details(o, a) for a in o.room.issues if a.id == key), nothing)


async def _for_whom(host: BoardHost, title: str) -> int | None:
    """0 for me; those who lead may name a guest seat, if there is one."""
    o = host.situation().outlook
    guests = [s for s in o.everybody if o.room.members[s].is_guest]
    if not o.leads or not guests:
        return 0
    mine = o.me is not None and o.me.role is not Role.OBSERVER
    who = await flows.seat(host, title, [*([o.seat] if mine else []), *guests])
    return 0 if who == o.seat else who


async def bring_issue(host: BoardHost) -> None:
    """Bring an issue."""
    seat = await _for_whom(host, _("Whose issue is it?"))
    if seat is None:
        return

    async def make(text: str, id: bytes) -> Command | None:
        return BringIssue(host.peer.seal(FieldKind.ISSUE, text, id), seat)

    body = _("A challenge that is yours and open: what it is, why it matters, what you would like help with.")
    title, said = (
        (_("Their issue"), _("The issue is on the board."))
        if seat
        else (_("Your issue"), _("Your issue is on the board."))
    )
    await typed(host, title, make, draft=f"issue.{seat}" if seat else "issue", said=said, body=body)


async def open_issue(host: BoardHost, id: bytes) -> None:
    """An issue in full, and everything that can be done with it now."""
    s = host.situation()
    issue = issue_with(s.outlook.room, id)
    if issue is None:
        host.say(_("That issue is not on the board any more."))
        return
    can: list[tuple[str, str, str, Command]] = [
        ("choose", _("take it in this session"), "c", ChooseIssue(id)),
        ("edit", _("other words"), "e", EditIssue(id, ANY_TEXT)),
        ("withdraw", _("take it back"), "x", WithdrawIssue(id)),
        ("label", how_far_words(issue.label), "l", LabelItem(id, other_label(issue.label))),
    ]
    offered = [(name, words, key) for name, words, key, command in can if s.refusal(command) is None]
    match await pick(host, _("Issue"), issue_details(s.outlook, issue), offered):
        case "choose":
            await _take(host, issue)
        case "edit":
            await _edit_issue(host, issue)
        case "withdraw":
            await _withdraw(host, issue)
        case "label":
            await how_far(host, id, issue.label)
        case _:
            pass


async def _edit_issue(host: BoardHost, issue: Issue) -> None:
    async def make(text: str, id: bytes) -> Command | None:
        return EditIssue(issue.id, host.peer.seal(FieldKind.ISSUE, text, issue.id))

    text = opened.issue_text(host.peer.sealer, issue)
    await typed(host, _("The issue, in other words"), make, draft=f"reworded.{issue.id.hex()}", value=text)


async def _withdraw(host: BoardHost, issue: Issue) -> None:
    sure = await host.choose(
        _("Take the issue back?"),
        [Choice(True, _("take it back"), _("it is gone from the board"), "y"), Choice(False, _("no"), "", "n")],
        body=short(opened.issue_text(host.peer.sealer, issue)),
    )
    if sure:
        await does(host, WithdrawIssue(issue.id))


async def choose_issue(host: BoardHost) -> None:
    """Which issue is taken in this session."""
    o = host.situation().outlook
    if o.session is None:
        host.say(_("No session is running."))
        return
    found = waiting_issues(o.room)
    if not found:
        host.say(_("No issue waits. b, 2 and a bring one."))
        return
    issue = await host.choose(
        _("Which issue?"),
        [Choice(i, f"{o.name(i.seat)}: {short(opened.issue_text(o.peer.sealer, i))}") for i in found],
        body=_("Whoever brought it holds it: they go together."),
    )
    if issue is not None:
        await _take(host, issue)


async def _take(host: BoardHost, issue: Issue) -> None:
    o = host.situation().outlook
    if o.session is None:
        return
    session = o.session
    numbers = sorted({p.issue for p in session.phases if p.issue} | {n for n in session.holders if n}) or [1]
    number: int | None = numbers[0]
    if len(numbers) > 1:
        holder = {n: session.holders.get(n, 0) for n in numbers}
        number = await host.choose(
            _("As which issue of this session?"),
            [Choice(n, _("issue {n}").format(n=n), _held_by(o, holder[n]), str(n)) for n in numbers],
        )
    if number is not None:
        await take(host, issue, number)


def _held_by(o: Outlook, seat: int) -> str:
    # Translators: who holds that issue now.
    return _("now {name}").format(name=o.name(seat)) if seat else ""


async def take(host: BoardHost, issue: Issue, number: int) -> None:
    """Takes it as the session's issue of this number."""
    name = host.situation().outlook.name(issue.seat)
    await does(host, ChooseIssue(issue.id, number), _("Issue {n}: {name}.").format(n=number, name=name))
