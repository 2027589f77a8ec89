"""Who leads, and where the call is."""

from __future__ import annotations

from evenly_protocol.agreement import SetCallLink
from evenly_protocol.attendance import SetDeputy
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import HandOver

from evenly_client import call_links, opened
from evenly_client.peer import Peer
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.flows import Host, seat
from evenly_client.screens.series.asking import give, may_lead, text_for
from evenly_client.translation import _


async def call_link(host: Host) -> None:
    """Keep the link to the call, for everybody here."""
    o = host.situation().outlook
    now = opened.call_link(host.peer.sealer, o.room)
    if now:
        wanted = await host.choose(
            _("The link to the call"),
            [Choice(True, _("another link"), "", "1"), Choice(False, _("take it away"), "", "2")],
            body=now,
        )
        if wanted is None:
            return
        if not wanted:
            give(host, SetCallLink(b""))
            return

    def keep(link: str) -> None:
        id = Peer.new_id()
        give(host, SetCallLink(host.peer.seal(FieldKind.LINK, call_links.checked(link), id)), id)

    await text_for(host, _("The link to the call"), keep, value=now, body=_("Only members can read it."))


async def hand_over(host: Host) -> None:
    """Who leads this session beside the standing facilitators."""
    o = host.situation().outlook
    if o.session is None:
        host.say(_("No session is running."))
        return
    now = o.session.host
    who = await seat(
        host,
        _("Who hosts this session?"),
        may_lead(host),
        nobody=_("nobody: the facilitator leads"),
        body=_("Now: {name}. The host leads until the end of the session.").format(
            name=o.name(now) if now else _("nobody")
        ),
    )
    if who is not None:
        give(host, HandOver(who))


async def deputy(host: Host) -> None:
    """Who leads by themselves when no facilitator is there."""
    o = host.situation().outlook
    who = await seat(
        host,
        _("Who leads when no facilitator is there?"),
        [s for s in may_lead(host) if s != o.seat],
        nobody=_("nobody by themselves"),
        body=_("A minute after the last facilitator has gone they lead, until one is back. Everybody is told."),
    )
    if who is not None:
        give(host, SetDeputy(who))
