"""Who is here, and who leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenly_protocol.attendance import ComeBack, ListenToday, SetAttending, SetDeputy, StepAway, TakeChair
from evenly_protocol.exchange import LogCoaching
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import AddGuest, RemoveMember, SetName, SetRole, SetTimekeeper, SetVisitor
from evenly_protocol.session import HandOver
from evenly_protocol.wire import RelayType
from evenly_protocol.words import Role

from evenly_client import phrases
from evenly_client.plain.word import Unclear, Word, number, seat
from evenly_client.text import NAME_CELLS, clean

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines


async def _who(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    speaking = [
        f"{s.seat} {s.name}, {'answering' if s.answering else 'speaking'} {phrases.spoken(s.elapsed)}"
        + (f", asks: {s.words}" if s.words else "")
        for s in look.speaking()
    ]
    here = [f"{seat} {look.name(seat)}" for seat in look.here]
    lines.say(f"{'. '.join(speaking) or 'Nobody is marked as speaking'}. {len(here)} here: {phrases.listed(here)}.")


async def _away(lines: PlainLines, words: list[str]) -> None:
    me = lines.look.me
    await lines.do(StepAway() if me is not None and me.attending else ComeBack())


async def _listen(lines: PlainLines, words: list[str]) -> None:
    me = lines.look.me
    on = me is None or not me.listening
    await lines.do(ListenToday(on), "You are listening today." if on else "You are no longer only listening.")


async def _name(lines: PlainLines, words: list[str]) -> None:
    name = clean(" ".join(words), cells=NAME_CELLS)
    if not name:
        raise Unclear("Type: name and how you would like to be called.")
    if lines.peer.people.taken(lines.peer.room, name, but=lines.peer.seat):
        raise Unclear("Somebody here goes by that name already. Add something to it.")
    id = lines.peer.new_id()
    await lines.do(SetName(*lines.peer.signed_name(name, id)), f"You are {name} now.", id)


async def _not(lines: PlainLines, words: list[str]) -> None:
    lines.peer.tell(RelayType.INVITE_ANSWER)
    lines.say("That is fine.")


async def _chair(lines: PlainLines, words: list[str]) -> None:
    await lines.do(TakeChair())


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
    who = number(words, "seat")
    member = lines.peer.room.members.get(who)
    await lines.do(SetAttending(who, member is None or not member.attending))


async def _timekeeper(lines: PlainLines, words: list[str]) -> None:
    await lines.do(SetTimekeeper(number(words, "seat")))


async def _role(lines: PlainLines, words: list[str]) -> None:
    wanted = words[-1].lower() if len(words) > 1 else ""
    if wanted == "visitor":
        who = seat(lines, words[:-1])
        await lines.do(SetVisitor(who), f"{lines.peer.name_of(who)} watches this session, and leaves with it.")
        return
    if wanted not in list(Role):
        raise Unclear(f"Type: role, a seat, and one of: {', '.join(Role)}, visitor.")
    who = seat(lines, words[:-1])
    await lines.do(SetRole(who, Role(wanted)), f"{lines.peer.name_of(who)} is {wanted} now.")


async def _remove(lines: PlainLines, words: list[str]) -> None:
    if len(words) < 2 or words[-1].lower() != "yes":
        raise Unclear("Type: remove, a seat, and yes. Their device is kept out for good, and the invitation closes.")
    who = seat(lines, words[:-1])
    await lines.do(RemoveMember(who), f"{lines.peer.name_of(who)} is no longer a member.")


async def _host(lines: PlainLines, words: list[str]) -> None:
    if not words:
        session = lines.look.session
        who = session.host if session is not None else 0
        lines.say(f"{lines.look.name(who)} is host." if who else "Nobody is host: the facilitator leads.")
        return
    who = seat(lines, words, nobody=True)
    await lines.do(HandOver(who), f"{lines.peer.name_of(who)} is host now." if who else "Nobody is host now.")


async def _deputy(lines: PlainLines, words: list[str]) -> None:
    if not words:
        who = lines.peer.room.deputy
        lines.say(f"{lines.look.name(who)} is deputy." if who else "Nobody is deputy.")
        return
    who = seat(lines, words, nobody=True)
    name = lines.peer.name_of(who)
    await lines.do(SetDeputy(who), f"{name} leads when no facilitator is there." if who else "Nobody is deputy now.")


async def _coaching(lines: PlainLines, words: list[str]) -> None:
    if len(words) < 2:
        raise Unclear("Type: coaching, with whom and how many minutes, for example coaching 3 45.")
    minutes = number(words[-1:], "number of minutes")
    who = seat(lines, words[:-1])
    await lines.do(LogCoaching(who, minutes), f"{minutes} minutes with {lines.peer.name_of(who)} are added.")


WORDS: dict[str, Word] = {
    "who": Word("w", "", "who speaks, who is here", False, _who),
    "away": Word("v", "", "step away, or come back", False, _away),
    "listen": Word("", "", "you are listening today, or no longer", False, _listen),
    "name": Word("", "NAME", "go by another name", False, _name),
    "not": Word("", "now", "answer to a private invitation", False, _not),
    "chair": Word("", "", "lead while no facilitator is there", False, _chair),
    "coaching": Word(
        "", "SEAT MINUTES", "you have had so much coaching one to one; only minutes are kept", False, _coaching
    ),
    "guest": Word("", "NAME", "enter somebody without a screen", True, _guest),
    "here": Word("", "SEAT", "somebody is on the call, or is not", True, _here),
    "let": Word("", "in|out NUMBER [GUEST SEAT]", "let somebody in, or not", True, _let),
    "invite": Word("", "SEAT", "ask somebody in private to come in", True, _invite),
    "timekeeper": Word("", "SEAT", "let a member mark who is speaking; 0 is nobody", True, _timekeeper),
    "role": Word("", "SEAT ROLE", "another role, or visitor: watches this session alone", True, _role),
    "remove": Word("", "SEAT yes", "take somebody out of the room", True, _remove),
    "host": Word("", "SEAT|none", "who leads this session beside the facilitators", True, _host),
    "deputy": Word("", "SEAT|none", "who leads by themselves when no facilitator is there", True, _deputy),
}
