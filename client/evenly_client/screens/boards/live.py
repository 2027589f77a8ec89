"""The running session in one line over the boards: my turn, above all. Pure; widths in terminal cells."""

from __future__ import annotations

from evenly_protocol.words import GENERAL_TALK, FloorMode

from evenly_client import phrases, waiting
from evenly_client.outlook import Outlook
from evenly_client.peer import State
from evenly_client.screens.looks import Look, Row, Span
from evenly_client.screens.situation import Situation


def live(s: Situation, width: int) -> Row:
    """The running session in a line: my turn, above all. It cannot be taken for anything else."""
    o = s.outlook
    if o.peer.state not in (State.LIVE, State.CONNECTING):
        return _live("not connected: what you do is kept and sent", Look.NOTE)
    if o.session is None:
        coming = waiting.next_session_words(o)
        return _live(f"No session is running{f' · next: {coming}' if coming else ''}", Look.DIM)
    if o.held:
        return _live("Paused. Take the time you need.", Look.STRONG)
    turn = o.my_turn()
    if turn is not None and not s.view and o.floor.mode is not FloorMode.OPEN:
        said = "YOU ANSWER" if turn.answer_at is not None else "IT IS YOUR TURN"
        return Row(
            (Span(f" ▶ {said}  ", Look.BANNER), Span("esc goes back to the session", Look.BANNER)),
            (Span(" ", Look.BANNER),),
            "live",
            Look.BANNER,
        )
    mine = "" if s.view else o.me_in_words()
    now = _speaks(o)
    if mine.startswith((phrases.place(0), "next in this round")):
        return Row((Span(" ▷ YOU ARE NEXT", Look.MINE), Span(f" · {now}")), (), "live")
    where = f" · you: {mine}" if mine and not mine.startswith(("listening", "silence")) else ""
    return _live(f"{now}{where}", Look.PLAIN)


def _live(said: str, look: Look) -> Row:
    return Row((Span(f" {said}", look),), (), "live")


def _speaks(o: Outlook) -> str:
    now = o.speaking()
    if not now:
        return "silence" if o.floor.mode is FloorMode.SILENCE else "nobody speaks"
    if len(now) > 1:
        return f"{phrases.listed([w.name for w in now[:4]])} speak"
    who = now[0]
    if who.seat == GENERAL_TALK:
        return "general talk"
    verb = "answer" if who.answering else "speak"
    words = f" · {who.words}" if who.words and not who.answering else ""
    return f"{who.name} {verb}{'' if who.mine else 's'} {phrases.clock(who.elapsed)}{words}"
