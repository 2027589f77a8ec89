"""What those who lead do about an open check-in, the three words, and looking at results again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from evenly_protocol.checkins import CheckIn, CloseCheckIn, WithdrawCheckIn, open_check_in
from evenly_protocol.issues import issue_with
from evenly_protocol.relayed import Progress

from evenly_client import opened, phrases
from evenly_client.checkins import wording
from evenly_client.checkins.chosen import free_number
from evenly_client.narration import check_ins as told
from evenly_client.screens.boards.asking import does, short
from evenly_client.screens.boards.issues import take
from evenly_client.screens.checkins.following import ENDED
from evenly_client.screens.checkins.host import CheckInHost
from evenly_client.screens.checkins.opening import open_check_in as ask
from evenly_client.screens.dialogs import Choice
from evenly_client.translation import _, ngettext, pgettext

Flow = Callable[[CheckInHost], Awaitable[None]]


async def lead_check_in(host: CheckInHost) -> None:
    """Close the open check-in, or take it back."""
    s = host.situation()
    check_in = open_check_in(s.outlook.room)
    if check_in is None:
        return
    can = [
        ("close", _("close it: the answers are added up"), "c", CloseCheckIn(check_in.id)),
        ("withdraw", _("take it back: no answer is opened"), "x", WithdrawCheckIn(check_in.id)),
    ]
    choices = [Choice(name, words, "", key) for name, words, key, command in can if s.refusal(command) is None]
    choices.append(Choice("people", _("who takes part"), "", "w"))
    early = wording.too_early(_progress(host, check_in))
    body = told.question_words(host.peer, check_in) + (f"\n\n{early}" if early else "")
    what = await host.choose(_title(host, check_in), choices, body=body)
    match what:
        case "close":
            await does(host, CloseCheckIn(check_in.id))
        case "withdraw":
            await does(host, WithdrawCheckIn(check_in.id))
        case "people":
            await check_in_members(host)
        case _:
            pass


def _title(host: CheckInHost, check_in: CheckIn) -> str:
    done = wording.done_words(_progress(host, check_in))
    return _("The check-in is open: {done}").format(done=done) if done else _("The check-in is open")


def _progress(host: CheckInHost, check_in: CheckIn) -> Progress | None:
    return None if host.following is None else host.following.check_ins.mine.progress(check_in.id)


async def check_in_members(host: CheckInHost) -> None:
    """Who takes part in check-ins, by name."""
    names = [] if host.following is None else host.following.names
    if not names:
        host.say(_("That is known once a check-in is open."))
    else:
        n = len(names)
        title = ngettext("{n} person takes part", "{n} people take part", n).format(n=n)
        await host.choose(title, [Choice(True, pgettext("key", "close"))], body=phrases.listed(names))


async def compare_words(host: CheckInHost) -> None:
    """Everybody is asked to compare the three words."""
    if host.following is not None:
        host.following.check_ins.compare_words()
        host.say(_("Everybody who takes part is shown three words: one of you reads them aloud."))


async def look_back(host: CheckInHost) -> None:
    """What came of the check-ins of this room, the last first."""
    ended = [c for c in reversed(host.situation().outlook.room.check_ins) if c.state in ENDED]
    id = await host.choose(_("Check-ins: which one?"), [Choice(c.id, *_listed(host, c)) for c in ended])
    if id is not None:
        host.show_check_in(id)


def _listed(host: CheckInHost, check_in: CheckIn) -> tuple[str, str]:
    """Its session and question, and what came of it."""
    result = told.result_of(host.peer, check_in)
    came = told.figure_in_words(result) if result is not None else _no_result(check_in)
    session = _("session {n}").format(n=check_in.session)
    return f"{session}  {short(told.question_words(host.peer, check_in))}", came


def _no_result(check_in: CheckIn) -> str:
    return pgettext("result", "unreadable") if check_in.result else _("no result")


async def take_chosen(host: CheckInHost, chosen: Sequence[bytes]) -> None:
    """Takes an issue that was chosen most; which one, where several were."""
    o = host.situation().outlook
    found = [issue for id in chosen if (issue := issue_with(o.room, id)) is not None]
    if o.session is None or not found:
        return
    issue = found[0]
    if len(found) > 1:
        named = [
            Choice(i, f"{o.name(i.seat)}: {short(opened.issue_text(o.peer.sealer, i))}", "", str(n))
            for n, i in enumerate(found, 1)
        ]
        picked = await host.choose(_("Chosen equally often: which one?"), named)
        if picked is None:
            return
        issue = picked
    await take(host, issue, free_number(o.session))


FLOWS: dict[str, Flow] = {
    "lead_check_in": lead_check_in,
    "open_check_in": ask,
    "check_ins": look_back,
    "check_in_members": check_in_members,
    "compare_words": compare_words,
}
"""The actions that ask something first."""
