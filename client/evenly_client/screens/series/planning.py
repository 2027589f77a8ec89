"""The series is planned and changed: its sessions, hosts, issue-holders and topics, and who cannot come."""

from __future__ import annotations

from typing import Final

import msgspec
from evenly_protocol import series
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import ChangePlanned, Draft, PlanSeries, SayAway, SetTopic, SwapHolders, draft_of

from evenly_client import opened, phrases, starting
from evenly_client.formats import library
from evenly_client.formats.planning import issues_in
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.flows import Host, seat
from evenly_client.screens.series.asking import KEYS, give, may_lead, moment, number, one_planned, text_for
from evenly_client.series_words import draft_words, drafts_table, of_session, planned_words, when
from evenly_client.translation import _, ngettext

EVERY: Final = (
    (7, _("every week")),
    (14, _("every two weeks")),
    (21, _("every three weeks")),
    (28, _("every four weeks")),
)


async def plan_series(host: Host) -> None:
    """Plan a session for each issue-holder and one for feedback: proposed as a table, then confirmed."""
    names = library.names()
    name = await host.choose(
        _("Plan the series: in which format?"),
        [Choice(n, library.find(n).title, "", KEYS[i] if i < len(KEYS) else "") for i, n in enumerate(names)],
    )
    if name is None:
        return
    dated = await host.choose(
        _("Shall the sessions have dates?"),
        [Choice(True, _("yes, from a first date on"), "", "y"), Choice(False, _("no, leave them open"), "", "n")],
        body=_("Each can be changed later, and the group can be asked which dates suit."),
    )
    if dated is None:
        return
    first_at, days = 0, series.DAYS_BETWEEN
    if dated:
        at = await moment(host, _("When is the first?"))
        if at is None:
            return
        first_at = at
        every = await host.choose(
            _("How far apart?"),
            [
                *(Choice(n, words, _days(n), str(i)) for i, (n, words) in enumerate(EVERY, 1)),
                Choice(0, _("another number of days"), "", "0"),
            ],
        )
        if every is None:
            return
        days = every or await number(host, _("Every how many days?"), least=1, most=365, value="14") or 0
        if not days:
            return
    o = host.situation().outlook
    form, sessions = library.find(name), 0
    if not issues_in(form):
        usual = str(len(series.to_come(o.room)) or starting.PLAIN_DATES)
        sessions = await number(host, _("How many sessions?"), least=1, most=series.PLANNED_AT_MOST, value=usual) or 0
        if not sessions:
            return
    drafts = starting.series_of(o.room, form, first_at=first_at, every_days=days, sessions=sessions)
    sure = await host.choose(
        ngettext("Plan this {n} session?", "Plan these {n} sessions?", len(drafts)).format(n=len(drafts)),
        [Choice(True, _("plan them"), "", "y"), Choice(False, _("no"), _("nothing changes"), "n")],
        body="\n".join(drafts_table(o, drafts)),
    )
    if sure and give(host, PlanSeries(drafts)):
        host.use_format(name)


def _days(n: int) -> str:
    return ngettext("{n} day", "{n} days", n).format(n=n)


async def change_planned(host: Host) -> None:
    """Another date, host or issue-holder for one planned session."""
    planned = await one_planned(host, _("Change which session?"))
    if planned is None:
        return
    o = host.situation().outlook
    what = await host.choose(
        _("Change what?"),
        [
            Choice("date", _("its date"), when(planned.at), "1"),
            Choice("host", _("its host"), o.name(planned.host) if planned.host else _("whoever facilitates"), "2"),
            Choice("holder", _("whose issue it is"), phrases.listed([o.name(s) for s in planned.holders]), "3"),
        ],
        body=planned_words(o, planned),
    )
    draft = draft_of(planned)
    changed: Draft | None = None
    if what == "date":
        at = await moment(host, _("When is it?"))
        changed = None if at is None else msgspec.structs.replace(draft, at=at)
    elif what == "host":
        free = [s for s in may_lead(host) if s not in planned.holders]
        who = await seat(host, _("Who hosts it?"), free, nobody=_("whoever facilitates"))
        changed = None if who is None else msgspec.structs.replace(draft, host=who)
    elif what == "holder":
        able = [s for s in series.rotating(o.room) if s != planned.host]
        who = await seat(host, _("Whose issue is it?"), able, nobody=_("nobody's"))
        if who is not None:
            holders = [who] if who else []
            changed = msgspec.structs.replace(draft, holders=holders, feedback=planned.feedback and not who)
    if changed is not None and give(host, ChangePlanned(changed)):
        host.say(_("Planned: {session}.").format(session=draft_words(o, changed)))


async def swap_holders(host: Host) -> None:
    """The issue-holders of two planned sessions change places."""
    one = await one_planned(host, _("Swap the issue-holder of which session?"))
    if one is None:
        return
    o = host.situation().outlook
    others = [p for p in series.to_come(o.room) if p.id != one.id]
    if not others:
        host.say(_("There is no other session to swap with."))
        return
    other = await host.choose(
        _("With which?"),
        [Choice(p, planned_words(o, p), "", KEYS[i] if i < len(KEYS) else "") for i, p in enumerate(others)],
        body=planned_words(o, one),
    )
    if other is not None:
        give(host, SwapHolders(one.id, other.id))


async def set_topic(host: Host) -> None:
    """What a planned session is about, if anything in particular, and what to do before it."""
    planned = await one_planned(host, _("Which session?"))
    if planned is None:
        return
    topic, prework = opened.topic(host.peer.sealer, planned), opened.prework(host.peer.sealer, planned)
    id = planned.id
    sealed: dict[str, bytes] = {}

    def seal_topic(text: str) -> None:
        sealed["topic"] = host.peer.seal(FieldKind.TITLE, text, id)

    def seal_prework(text: str) -> None:
        sealed["prework"] = host.peer.seal(FieldKind.NOTE, text, id)

    if not await text_for(host, _("What is it about?"), seal_topic, value=topic, body=of_session(planned), empty=True):
        return
    wanted = await host.choose(
        _("Something to read or do before it?"),
        [Choice(True, _("write it"), "", "y"), Choice(False, _("nothing"), "", "n")],
        body=prework,
    )
    title = _("To prepare")
    if wanted is None or (wanted and not await text_for(host, title, seal_prework, value=prework, several=True)):
        host.say(_("Nothing was changed."))
        return
    give(host, SetTopic(id, sealed["topic"], sealed.get("prework", b"")))


async def say_away(host: Host) -> None:
    """I cannot come to a planned session, or can after all."""
    planned = await one_planned(host, _("Which session?"))
    if planned is None:
        return
    away = host.peer.seat not in planned.away
    sure = await host.choose(
        _("You cannot come?") if away else _("You can come after all?"),
        [Choice(True, _("yes"), _("the others see it"), "y"), Choice(False, _("no"), "", "n")],
        body=of_session(planned),
    )
    if sure:
        give(host, SayAway(planned.id, away))
