"""What waits for me in a room: what was asked of me, what is due, what comes next. In the order in which it matters."""

from __future__ import annotations

from dataclasses import dataclass

from evenly_protocol import exchange, series
from evenly_protocol.actions import Action, due_by
from evenly_protocol.issues import waiting_issues
from evenly_protocol.series import Planned
from evenly_protocol.words import ActionState

from evenly_client import opened, phrases
from evenly_client.outlook import Outlook

WORDS_SHOWN = 40


@dataclass(frozen=True)
class Waits:
    """Something that waits for me.

    Attributes:
        what: `dates`, `confirm`, `worth`, `issue`, `host`, `due`, `buddy` or `asks`.
        words: in a sentence, without its full stop.
        private: seen by me alone, and not to be shown on a screen that is shared.
        id: the object that it is about; empty for several, or none.
    """

    what: str
    words: str
    private: bool = False
    id: bytes = b""


def waits(o: Outlook) -> list[Waits]:
    """Everything that waits for this member now."""
    if o.me is None or o.observes:
        return []
    return [*_dates(o), *_confirm(o), *_worth(o), *_next_session(o), *_due(o), *_buddy(o), *_asks(o)]


def mine(o: Outlook) -> list[Action]:
    """My open actions, the oldest first."""
    return [a for a in o.room.actions if a.owner == o.seat and a.open]


def next_session_words(o: Outlook) -> str:
    """When the next session is, and who brings the issue; empty when none is planned."""
    planned = series.next_planned(o.room)
    if planned is None:
        return ""
    said = [phrases.moment(planned.at) if planned.at else "the date is open"]
    topic = opened.topic(o.peer.sealer, planned)
    if topic:
        said.append(topic)
    if planned.holders:
        said.append(f"issue: {phrases.listed([o.name(s) for s in planned.holders])}")
    elif planned.feedback:
        said.append("feedback alone")
    if planned.host:
        said.append(f"host: {o.name(planned.host)}")
    return " · ".join(said)


def _dates(o: Outlook) -> list[Waits]:
    poll = o.room.poll
    if poll is None or o.seat in poll.fits:
        return []
    dates = phrases.listed([phrases.moment(d) for d in poll.dates], "or")
    return [Waits("dates", f"Which date suits you: {dates}?", id=poll.id)]


def _confirm(o: Outlook) -> list[Waits]:
    typed = [a for a in o.room.actions if a.owner == o.seat and a.state is ActionState.PROPOSED]
    return [Waits("confirm", f"Typed for you: “{_short(o, a)}”. Is that what you will do?", id=a.id) for a in typed]


def _worth(o: Outlook) -> list[Waits]:
    if o.session is not None and o.session.closed_at is None:
        return []
    return [
        Waits("worth", f"Carried over {a.carried} times, still worth doing? “{_short(o, a)}”", True, a.id)
        for a in mine(o)
        if a.asks_worth
    ]


def _next_session(o: Outlook) -> list[Waits]:
    planned = series.next_planned(o.room)
    if planned is None or o.session is not None:
        return []
    when = phrases.moment(planned.at) if planned.at else "at the next session"
    result: list[Waits] = []
    if o.seat in planned.holders and not any(i.seat == o.seat for i in waiting_issues(o.room)):
        result.append(Waits("issue", f"You hold the issue, {when}: bring it", id=planned.id))
    if o.seat == planned.host:
        result.append(Waits("host", f"You host the session, {when}", id=planned.id))
    prework = opened.prework(o.peer.sealer, planned)
    if prework:
        result.append(Waits("prework", f"Before the session, {when}: {prework.splitlines()[0][:WORDS_SHOWN]}"))
    return result


def _due(o: Outlook) -> list[Waits]:
    planned: Planned | None = series.next_planned(o.room)
    at = planned.at if planned is not None and planned.at else o.now
    count = sum(due_by(a, max(at, o.now)) for a in mine(o))
    if not count:
        return []
    return [Waits("due", f"{count} of your actions {'is' if count == 1 else 'are'} due by the next session")]


def _buddy(o: Outlook) -> list[Waits]:
    owners = sorted({a.owner for a in o.room.actions if a.buddy == o.seat and a.open})
    if not owners:
        return []
    return [Waits("buddy", f"You are buddy of {phrases.listed([o.name(s) for s in owners])}: ask how it goes")]


def _asks(o: Outlook) -> list[Waits]:
    count = sum(p.seat != o.seat for p in exchange.open_asks(o.room))
    return [Waits("asks", f"{count} open ask{'' if count == 1 else 's'} on the exchange")] if count else []


def _short(o: Outlook, action: Action) -> str:
    text = opened.action_text(o.peer.sealer, action).replace("\n", " ")
    return text if len(text) <= WORDS_SHOWN else f"{text[: WORDS_SHOWN - 1]}…"
