"""The line above the keys: what waits for an answer, or how the connection stands. Nothing in it takes the focus."""

from __future__ import annotations

from dataclasses import dataclass, field

from evenly_protocol.wire import RelayType
from evenly_protocol.words import GENERAL_TALK, FloorMode

from evenly_client import narration, phrases
from evenly_client.outlook import Outlook
from evenly_client.peer import Told
from evenly_client.screens.checkins.line import NOTHING, Line
from evenly_client.screens.keys import Keymap
from evenly_client.screens.looks import Look, Row, Span
from evenly_client.screens.situation import Situation
from evenly_client.translation import _, ngettext
from evenly_client.waiting import waits as waits_for

FIRST = ("few", "check_in")
"""What a group waits for: it stands before everything else."""

LOST_AFTER_S = 5.0
"""A connection that is back by then is only said to be reconnecting."""


@dataclass
class Waiting:
    """What was asked of me and is not answered.

    Attributes:
        invited: a facilitator asks privately whether I would like to come in.
        agreement: the agreement has changed while I am typing.
        talks: the seats that would like to talk about the agreement; for facilitators.
        introduce: pairs have talked: did somebody offer to introduce anyone?
        pause_ms: how long the pause took that facilitators are asked about; 0 for none.
        check_in: what is to be said of check-ins.
    """

    invited: bool = False
    agreement: bool = False
    talks: list[int] = field(default_factory=list[int])
    pause_ms: int = 0
    introduce: bool = False
    check_in: Line = NOTHING

    def told(self, told: Told, o: Outlook) -> str:
        """Somebody asks for something, or answers; a sentence where it is to be said at once."""
        if told.type is RelayType.INVITE:
            self.invited = True
        elif told.type is RelayType.INVITE_ANSWER and o.leads:
            return _("{name}: not now.").format(name=o.name(told.seat))
        elif told.type is RelayType.AGREEMENT_TALK and o.leads and told.seat not in self.talks:
            self.talks.append(told.seat)
        return ""


def asked(o: Outlook, waiting: Waiting, *, typing: bool, view: bool) -> str:
    """What ctrl+g would answer, by name; empty for nothing."""
    if waiting.agreement:
        return "agreement"
    if view or o.me is None:
        return ""
    if waiting.check_in.what == "few":
        return "few"
    if waiting.invited and o.session is not None:
        return "invited"
    if waiting.check_in.what in ("check_in", "words"):
        return waiting.check_in.what
    if typing and o.asked() is not None:
        return "speaker"
    if typing and waiting.pause_ms and o.leads:
        return "pause"
    if o.leads and o.peer.waiting:
        return "door"
    if waiting.talks:
        return "talk"
    if waiting.introduce and not o.held:
        return "introduce"
    if waiting.check_in.what == "result":
        return "result"
    calm = o.session is not None and (o.held or narration.calm(o.floor.mode))
    now: tuple[str, ...] = () if calm else ("confirm", "dates", "worth")
    if calm and not o.held and o.floor.mode is FloorMode.ROUND and o.my_turn() is None:
        now = ("confirm",)  # actions are typed for others in a round: it is asked while everybody remembers
    waits = [w for w in waits_for(o) if w.what in now]
    return waits[0].what if waits else waiting.check_in.what


def rows(s: Situation, waiting: Waiting, keys: Keymap, lost_s: float | None) -> list[Row]:
    """One line, or none. `lost_s`: for how long there has been no connection; None while there is one."""
    o = s.outlook
    said = [] if lost_s is None or not o.room.seq else [_lost(o, lost_s)]
    if not s.typing and not s.view:
        turn = o.asked()
        if turn is not None:
            said.append(_who_is_it(turn.seat))
        elif s.pause_ms:
            said.append(
                # Translators: {length} is a length of time: 2 min 10
                _("the pause took {length}: the end moves with it · press {key} to keep the end").format(
                    length=phrases.spoken(s.pause_ms), key=keys.first("keep_end")
                )
            )
    name = asked(o, waiting, typing=s.typing, view=s.view)
    question = _question(o, waiting, name, keys.first("answer"))
    if question:
        said.insert(0 if name in FIRST else len(said), question)
    if waiting.check_in.text and waiting.check_in.text not in said:
        said.append(waiting.check_in.text)
    if o.chair_is_free and not s.view:
        # Translators: : opens the list of commands; “lead” finds “Lead the session while no facilitator is here” in it
        said.append(_("No facilitator has been here for 5 minutes · : and “lead” if you would"))
    if not said:
        return []
    n = len(said) - 1
    more = (Span(ngettext("+{n} more", "+{n} more", n).format(n=n) + "  ", Look.DIM),) if n else ()
    what = Span(said[0], Look.NOTE, "answer")  # no words: the action's name
    return [Row((Span("  ! ", Look.KEY), what), more, "attention")]


def _lost(o: Outlook, lost_s: float) -> str:
    if lost_s < LOST_AFTER_S:
        return _("Reconnecting: what you do is kept and sent.")
    lost = _("Not connected: what you do is kept and sent.")
    return f"{lost} {o.peer.trouble}".strip()


def _question(o: Outlook, waiting: Waiting, name: str, key: str) -> str:
    if name and name == waiting.check_in.what:
        return waiting.check_in.text
    match name:
        case "agreement":
            said = _("The agreement has changed · {key} to read it")
        case "invited":
            said = _("Would you like to come in? · {key} to answer (only you see this)")
        case "door":
            n = len(o.peer.waiting)
            said = ngettext(
                "1 person waits to be let in · {key} to answer", "{n} people wait to be let in · {key} to answer", n
            )
            return said.format(n=n, key=key)
        case "talk":
            names = [o.name(seat) for seat in waiting.talks]
            said = ngettext(
                "{names} would like to talk about the agreement · {key} noted",
                "{names} would like to talk about the agreement · {key} noted",
                len(names),
            )
            return said.format(names=phrases.listed(names), key=key)
        case "introduce":
            said = _("Anyone you offered to introduce? · {key} saves an offer")
        case "confirm":
            said = _("An action was typed for you · {key} to confirm it, or not")
        case "dates":
            said = _("Which date suits you? · {key} to answer")
        case "worth":
            said = _("Carried over twice: still worth doing? · {key} (only you see this)")
        case "speaker":
            said = _("Still the same speaker? · {key} to answer")
        case "pause":
            said = _("the pause took {length}: the end moves with it · {key} to answer")
            return said.format(length=phrases.spoken(waiting.pause_ms), key=key)
        case _:
            return ""
    return said.format(key=key)


def _who_is_it(seat: int) -> str:
    if seat == GENERAL_TALK:
        return _("Who is speaking? 1–8 who · 0 nobody in particular")
    return _("Still the same speaker? enter yes · 1–8 who · 0 nobody in particular")
