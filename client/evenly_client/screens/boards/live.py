"""The running session in one line over the boards: my turn, above all. Pure; widths in terminal cells."""

from __future__ import annotations

from evenly_protocol.words import GENERAL_TALK, FloorMode

from evenly_client import phrases, waiting
from evenly_client.outlook import Outlook
from evenly_client.peer import State
from evenly_client.screens.looks import Look, Row, Span
from evenly_client.screens.situation import Situation
from evenly_client.translation import _


def live(s: Situation, width: int) -> Row:
    """The running session in a line: my turn, above all. It cannot be taken for anything else."""
    o = s.outlook
    if o.peer.state not in (State.LIVE, State.CONNECTING):
        return _live(_("not connected: what you do is kept and sent"), Look.NOTE)
    if o.session is None:
        coming = waiting.next_session_words(o)
        if coming:
            return _live(_("No session is running · next: {coming}").format(coming=coming), Look.DIM)
        return _live(_("No session is running"), Look.DIM)
    if o.held:
        return _live(_("Paused. Take the time you need."), Look.STRONG)
    turn = o.my_turn()
    if turn is not None and not s.view and o.floor.mode is not FloorMode.OPEN:
        said = _("YOU ANSWER") if turn.answer_at is not None else _("IT IS YOUR TURN")
        return Row(
            (Span(f" ▶ {said}  ", Look.BANNER), Span(_("esc goes back to the session"), Look.BANNER)),
            (Span(" ", Look.BANNER),),
            "live",
            Look.BANNER,
        )
    now = _speaks(o)
    if s.view:
        return _live(now, Look.PLAIN)
    if o.up_next:
        said = _("YOU ARE NEXT")
        return Row((Span(f" ▷ {said}", Look.MINE), Span(f" · {now}")), (), "live")
    if o.listens:
        return _live(now, Look.PLAIN)
    return _live(_("{speaks} · you: {me}").format(speaks=now, me=o.me_in_words()), Look.PLAIN)


def _live(said: str, look: Look) -> Row:
    return Row((Span(f" {said}", look),), (), "live")


def _speaks(o: Outlook) -> str:
    now = o.speaking()
    if not now:
        return _("silence") if o.floor.mode is FloorMode.SILENCE else _("nobody speaks")
    if len(now) > 1:
        return _("{names} speak").format(names=phrases.listed([w.name for w in now[:4]]))
    who = now[0]
    if who.seat == GENERAL_TALK:
        return _("general talk")
    # Translators: without an s, {name} is “you”.
    if who.answering:
        said = _("{name} answer {time}") if who.mine else _("{name} answers {time}")
    else:
        said = _("{name} speak {time}") if who.mine else _("{name} speaks {time}")
    words = f" · {who.words}" if who.words and not who.answering else ""
    return said.format(name=who.name, time=phrases.clock(who.elapsed)) + words
