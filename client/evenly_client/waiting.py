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
from evenly_client.translation import _, ngettext

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
    said = [phrases.moment(planned.at) if planned.at else _("the date is open")]
    topic = opened.topic(o.peer.sealer, planned)
    if topic:
        said.append(topic)
    if planned.holders:
        said.append(_("issue: {names}").format(names=phrases.listed([o.name(s) for s in planned.holders])))
    elif planned.feedback:
        said.append(_("feedback alone"))
    if planned.host:
        said.append(_("host: {name}").format(name=o.name(planned.host)))
    return " · ".join(said)


def _dates(o: Outlook) -> list[Waits]:
    poll = o.room.poll
    if poll is None or o.seat in poll.fits:
        return []
    dates = phrases.either([phrases.moment(d) for d in poll.dates])
    return [Waits("dates", _("Which date suits you: {dates}?").format(dates=dates), id=poll.id)]


def _confirm(o: Outlook) -> list[Waits]:
    typed = [a for a in o.room.actions if a.owner == o.seat and a.state is ActionState.PROPOSED]
    words = _("Typed for you: “{action}”. Is that what you will do?")
    return [Waits("confirm", words.format(action=_short(o, a)), id=a.id) for a in typed]


def _worth(o: Outlook) -> list[Waits]:
    if o.session is not None and o.session.closed_at is None:
        return []
    return [Waits("worth", _worth_words(o, a), True, a.id) for a in mine(o) if a.asks_worth]


def _worth_words(o: Outlook, action: Action) -> str:
    n = action.carried
    words = ngettext(
        "Carried over {n} time, still worth doing? “{action}”",
        "Carried over {n} times, still worth doing? “{action}”",
        n,
    )
    return words.format(n=n, action=_short(o, action))


def _next_session(o: Outlook) -> list[Waits]:
    planned = series.next_planned(o.room)
    if planned is None or o.session is not None:
        return []
    # Translators: {when} is in these three “Friday 27 November 10:00” or “at the next session”
    when = phrases.moment(planned.at) if planned.at else _("at the next session")
    result: list[Waits] = []
    if o.seat in planned.holders and not any(i.seat == o.seat for i in waiting_issues(o.room)):
        result.append(Waits("issue", _("You hold the issue, {when}: bring it").format(when=when), id=planned.id))
    if o.seat == planned.host:
        result.append(Waits("host", _("You host the session, {when}").format(when=when), id=planned.id))
    prework = opened.prework(o.peer.sealer, planned)
    if prework:
        words = _("Before the session, {when}: {task}")
        result.append(Waits("prework", words.format(when=when, task=prework.splitlines()[0][:WORDS_SHOWN])))
    return result


def _due(o: Outlook) -> list[Waits]:
    planned: Planned | None = series.next_planned(o.room)
    at = planned.at if planned is not None and planned.at else o.now
    count = sum(due_by(a, max(at, o.now)) for a in mine(o))
    if not count:
        return []
    words = ngettext(
        "{n} of your actions is due by the next session", "{n} of your actions are due by the next session", count
    )
    return [Waits("due", words.format(n=count))]


def _buddy(o: Outlook) -> list[Waits]:
    owners = sorted({a.owner for a in o.room.actions if a.buddy == o.seat and a.open})
    if not owners:
        return []
    names = phrases.listed([o.name(s) for s in owners])
    return [Waits("buddy", _("You are buddy of {names}: ask how it goes").format(names=names))]


def _asks(o: Outlook) -> list[Waits]:
    count = sum(p.seat != o.seat for p in exchange.open_asks(o.room))
    if not count:
        return []
    words = ngettext("{n} open ask on the exchange", "{n} open asks on the exchange", count)
    return [Waits("asks", words.format(n=count))]


def _short(o: Outlook, action: Action) -> str:
    text = opened.action_text(o.peer.sealer, action).replace("\n", " ")
    return text if len(text) <= WORDS_SHOWN else f"{text[: WORDS_SHOWN - 1]}…"
