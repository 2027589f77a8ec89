"""The words that facilitators can type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenly_protocol.agenda import ExtendPhase, PhasePlan
from evenly_protocol.agreement import SetInvitation
from evenly_protocol.attendance import SetAttending
from evenly_protocol.corrections import CorrectAirTime
from evenly_protocol.floor import ChangeMode
from evenly_protocol.hands import LowerAllHands, PlaceHand, SwitchQueue
from evenly_protocol.refusals import Refusal
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import AddGuest, SetTimekeeper
from evenly_protocol.session import EndSession, StartSession
from evenly_protocol.settings import ChangeSettings
from evenly_protocol.turns import CallNext, ConfirmSpeaker, ExtendTurn, GiveFloor
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.wire import RelayType
from evenly_protocol.words import FloorMode, Order

from evenly_client import narration, phrases
from evenly_client.plain.word import Unclear, Word, hand_of, number, span_and_seconds

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines


async def _start(lines: PlainLines, words: list[str]) -> None:
    minutes = number(words, "number of minutes") if words else 60
    await lines.do(StartSession([PhasePlan("talk", b"", minutes, FloorMode.QUEUE)]))


async def _end(lines: PlainLines, words: list[str]) -> None:
    session = lines.look.session
    if session is None:
        raise Unclear("No session is running.")
    if words != ["yes"]:
        raise Unclear("Type: end yes. It ends the session for everybody.")
    await lines.do(EndSession(session.number))


async def _next(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    refusal = await lines.peer.ask(CallNext(look.floor.turns[0].id if look.floor.turns else b""))
    if isinstance(refusal, Refusal) and refusal.code == "nobody_waiting":
        could = look.could_invite()
        if could:
            lines.say(f"Could invite: {phrases.listed([str(seat) for seat in could])}.")


async def _speaking(lines: PlainLines, words: list[str]) -> None:
    await lines.do(GiveFloor(number(words, "seat")))


async def _same(lines: PlainLines, words: list[str]) -> None:
    asked = lines.look.asked()
    if asked is None:
        raise Unclear("Nothing is unclear about who speaks.")
    await lines.do(ConfirmSpeaker(asked.id))


async def _more(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    minute = look.room.settings.minute_ms
    turn = look.floor.turns[0] if look.floor.turns else None
    if turn is not None and look.speaking()[0].limit:
        await lines.do(ExtendTurn(turn.id, minute))
    else:
        await lines.do(ExtendPhase(minute))


async def _mode(lines: PlainLines, words: list[str]) -> None:
    if not words or words[0] not in list(FloorMode):
        raise Unclear(f"Which? Type mode and one of: {', '.join(FloorMode)}.")
    seat = number(words[1:], "seat") if len(words) > 1 else 0
    await lines.do(ChangeMode(FloorMode(words[0]), seat))


async def _order(lines: PlainLines, words: list[str]) -> None:
    if not words or words[0] not in list(Order):
        raise Unclear(f"Which? Type order and one of: {', '.join(Order)}.")
    import msgspec

    await lines.do(ChangeSettings(msgspec.structs.replace(lines.look.room.settings, order=Order(words[0]))))


async def _place(lines: PlainLines, words: list[str]) -> None:
    hand = hand_of(lines, number(words, "seat"))
    await lines.do(PlaceHand(hand, number(words[1:], "place")))


async def _undo(lines: PlainLines, words: list[str]) -> None:
    step = last_step(lines.peer.room, lines.peer.seat)
    if step is None:
        raise Unclear("There is nothing to undo.")
    if words != ["yes"]:
        raise Unclear(f"That takes back: {narration.QUIET_WORDS.get(step.what, step.what)}. Type: undo yes")
    await lines.do(Undo(step.id))


async def _guest(lines: PlainLines, words: list[str]) -> None:
    if not words:
        raise Unclear("Type: guest and the name.")
    id = lines.peer.new_id()
    await lines.do(AddGuest(lines.peer.seal(FieldKind.NAME, " ".join(words), id)), "They are in the list.", id)


async def _let(lines: PlainLines, words: list[str]) -> None:
    yes = bool(words) and words[0] == "in"
    index = number(words[1:] if words and words[0] in ("in", "out") else words, "one")
    if not 1 <= index <= len(lines.peer.waiting):
        raise Unclear("Nobody with that number is waiting.")
    guest = number(words[2:], "guest seat") if len(words) > 2 else 0
    lines.peer.answer_knock(lines.peer.waiting[index - 1], admit=yes, guest=guest)


async def _invite(lines: PlainLines, words: list[str]) -> None:
    lines.peer.tell(RelayType.INVITE, number(words, "seat"))
    lines.say("They are asked, and nobody else sees it.")


async def _here(lines: PlainLines, words: list[str]) -> None:
    seat = number(words, "seat")
    member = lines.peer.room.members.get(seat)
    await lines.do(SetAttending(seat, member is None or not member.attending))


async def _open(lines: PlainLines, words: list[str]) -> None:
    await lines.do(SwitchQueue(True) if words != ["invitation"] else SetInvitation(True))


async def _close(lines: PlainLines, words: list[str]) -> None:
    await lines.do(SwitchQueue(False) if words != ["invitation"] else SetInvitation(False))


async def _lower(lines: PlainLines, words: list[str]) -> None:
    await lines.do(LowerAllHands())


async def _timekeeper(lines: PlainLines, words: list[str]) -> None:
    await lines.do(SetTimekeeper(number(words, "seat")))


async def _move(lines: PlainLines, words: list[str]) -> None:
    index, seconds = span_and_seconds(lines, [*words[:1], *words[2:]])
    await lines.do(CorrectAirTime(index, number(words[1:], "seat"), seconds * 1000))


async def _even(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    totals = look.totals()
    if totals is None:
        lines.say("No session yet.")
        return
    lines.say(phrases.evenness(totals))
    told = [f"{seat} {name} {phrases.spoken(ms)}" for seat, name, ms in look.counters()]
    if told and totals.enough_marked:
        lines.say(f"{'; '.join(told)}.")


WORDS: dict[str, Word] = {
    "start": Word("", "[MINUTES]", "start a session", True, _start),
    "next": Word("n", "", "give the floor to the next", True, _next),
    "speaking": Word("f", "SEAT", "this seat is speaking now; 0 is nobody in particular", True, _speaking),
    "same": Word("y", "", "still the same speaker", True, _same),
    "more": Word("+", "", "one more minute", True, _more),
    "mode": Word("", "MODE [SEAT]", f"change the floor: {', '.join(FloorMode)}", True, _mode),
    "order": Word("", "ORDER", f"order the queue: {', '.join(Order)}", True, _order),
    "place": Word("", "SEAT PLACE", "put a hand at a place; 0 lets it go", True, _place),
    "lower": Word("", "", "lower all hands", True, _lower),
    "open": Word("", "[invitation]", "open the queue, or the invitation", True, _open),
    "close": Word("", "[invitation]", "close the queue, or the invitation", True, _close),
    "guest": Word("", "NAME", "enter somebody without a screen", True, _guest),
    "here": Word("", "SEAT", "somebody is on the call, or is not", True, _here),
    "let": Word("", "in|out NUMBER [GUEST SEAT]", "let somebody in, or not", True, _let),
    "invite": Word("", "SEAT", "ask somebody in private to come in", True, _invite),
    "timekeeper": Word("", "SEAT", "let a member mark who is speaking; 0 is nobody", True, _timekeeper),
    "move": Word("", "SPAN SEAT [SECONDS]", "move air time", True, _move),
    "even": Word("", "", "how evenly the time was shared", True, _even),
    "undo": Word("u", "", "take the last step back", True, _undo),
    "end": Word("", "yes", "end the session", True, _end),
}
