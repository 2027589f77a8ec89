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
from evenly_client.plain.spelling import arguments, form, meant, spelled
from evenly_client.plain.word import (
    HOW_MANY_MINUTES,
    WHICH_GUEST_SEAT,
    WHICH_ONE,
    WHICH_SEAT,
    Unclear,
    Word,
    number,
    seat,
)
from evenly_client.text import NAME_CELLS, clean
from evenly_client.translation import _, ngettext

if TYPE_CHECKING:
    from evenly_client.outlook import Speaking
    from evenly_client.plain.lines import PlainLines


async def _who(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    here = [f"{seat} {look.name(seat)}" for seat in look.here]
    n = len(here)
    lines.say(
        # Translators: {speaking} is who speaks, “2 Ana, speaking 40 seconds”; {names} those on the call
        ngettext("{speaking}. {n} here: {names}.", "{speaking}. {n} here: {names}.", n).format(
            speaking=". ".join(map(_speaking_words, look.speaking())) or _("Nobody is marked as speaking"),
            n=n,
            names=phrases.listed(here),
        )
    )


def _speaking_words(s: Speaking) -> str:
    # Translators: “2 Ana, answering 40 seconds”
    said = _("{seat} {name}, answering {time}") if s.answering else _("{seat} {name}, speaking {time}")
    told = said.format(seat=s.seat, name=s.name, time=phrases.spoken(s.elapsed))
    # Translators: {speaking} is “2 Ana, speaking 40 seconds”
    return _("{speaking}, asks: {words}").format(speaking=told, words=s.words) if s.words else told


async def _away(lines: PlainLines, words: list[str]) -> None:
    me = lines.look.me
    await lines.do(StepAway() if me is not None and me.attending else ComeBack())


async def _listen(lines: PlainLines, words: list[str]) -> None:
    me = lines.look.me
    on = me is None or not me.listening
    said = _("You are listening today.") if on else _("You are no longer only listening.")
    await lines.do(ListenToday(on), said)


async def _name(lines: PlainLines, words: list[str]) -> None:
    name = clean(" ".join(words), cells=NAME_CELLS)
    if not name:
        raise Unclear(spelled(_("Type: `name` and how you would like to be called.")))
    if lines.peer.people.taken(lines.peer.room, name, but=lines.peer.seat):
        raise Unclear(_("Somebody here goes by that name already. Add something to it."))
    id = lines.peer.new_id()
    await lines.do(SetName(*lines.peer.signed_name(name, id)), _("You are {name} now.").format(name=name), id)


async def _not(lines: PlainLines, words: list[str]) -> None:
    lines.peer.tell(RelayType.INVITE_ANSWER)
    lines.say(_("That is fine."))


async def _chair(lines: PlainLines, words: list[str]) -> None:
    await lines.do(TakeChair())


async def _guest(lines: PlainLines, words: list[str]) -> None:
    if not words:
        raise Unclear(spelled(_("Type: `guest` and the name.")))
    id = lines.peer.new_id()
    await lines.do(AddGuest(lines.peer.seal(FieldKind.NAME, " ".join(words), id)), _("They are in the list."), id)


async def _let(lines: PlainLines, words: list[str]) -> None:
    how = meant(words[0]) if words else ""
    index = number(words[1:] if how in ("in", "out") else words, WHICH_ONE)
    if not 1 <= index <= len(lines.peer.waiting):
        raise Unclear(_("Nobody with that number is waiting."))
    guest = number(words[2:], WHICH_GUEST_SEAT) if len(words) > 2 else 0
    lines.peer.answer_knock(lines.peer.waiting[index - 1], admit=how == "in", guest=guest)


async def _invite(lines: PlainLines, words: list[str]) -> None:
    lines.peer.tell(RelayType.INVITE, number(words, WHICH_SEAT))
    lines.say(_("They are asked, and nobody else sees it."))


async def _here(lines: PlainLines, words: list[str]) -> None:
    who = number(words, WHICH_SEAT)
    member = lines.peer.room.members.get(who)
    await lines.do(SetAttending(who, member is None or not member.attending))


async def _timekeeper(lines: PlainLines, words: list[str]) -> None:
    await lines.do(SetTimekeeper(number(words, WHICH_SEAT)))


async def _role(lines: PlainLines, words: list[str]) -> None:
    wanted = meant(words[-1]) if len(words) > 1 else ""
    if wanted == "visitor":
        who = seat(lines, words[:-1])
        said = _("{name} watches this session, and leaves with it.")
        await lines.do(SetVisitor(who), said.format(name=lines.peer.name_of(who)))
        return
    if wanted not in list(Role):
        unclear = spelled(_("Type: `role`, a seat, and one of: {roles}."))
        raise Unclear(unclear.format(roles=arguments([*Role, "visitor"])))
    who, role = seat(lines, words[:-1]), Role(wanted)
    said = _("{name} is {role} now.").format(name=lines.peer.name_of(who), role=phrases.ROLE_WORDS[role])
    await lines.do(SetRole(who, role), said)


async def _remove(lines: PlainLines, words: list[str]) -> None:
    if len(words) < 2 or meant(words[-1]) != "yes":
        unclear = _("Type: `remove`, a seat, and `yes`. Their device is kept out for good, and the invitation closes.")
        raise Unclear(spelled(unclear))
    who = seat(lines, words[:-1])
    await lines.do(RemoveMember(who), _("{name} is no longer a member.").format(name=lines.peer.name_of(who)))


async def _host(lines: PlainLines, words: list[str]) -> None:
    if not words:
        session = lines.look.session
        who = session.host if session is not None else 0
        nobody = _("Nobody is host: the facilitator leads.")
        lines.say(_("{name} is host.").format(name=lines.look.name(who)) if who else nobody)
        return
    who = seat(lines, words, nobody=True)
    said = _("{name} is host now.").format(name=lines.peer.name_of(who)) if who else _("Nobody is host now.")
    await lines.do(HandOver(who), said)


async def _deputy(lines: PlainLines, words: list[str]) -> None:
    if not words:
        who = lines.peer.room.deputy
        lines.say(_("{name} is deputy.").format(name=lines.look.name(who)) if who else _("Nobody is deputy."))
        return
    who = seat(lines, words, nobody=True)
    leads = _("{name} leads when no facilitator is there.").format(name=lines.peer.name_of(who))
    await lines.do(SetDeputy(who), leads if who else _("Nobody is deputy now."))


async def _coaching(lines: PlainLines, words: list[str]) -> None:
    if len(words) < 2:
        unclear = _("Type: `coaching`, with whom and how many minutes, for example `coaching 3 45`.")
        raise Unclear(spelled(unclear))
    n = number(words[-1:], HOW_MANY_MINUTES)
    who = seat(lines, words[:-1])
    said = ngettext("{n} minutes with {name} are added.", "{n} minutes with {name} are added.", n)
    await lines.do(LogCoaching(who, n), said.format(n=n, name=lines.peer.name_of(who)))


WORDS: dict[str, Word] = {
    "who": Word("w", "", _("who speaks, who is here"), False, _who),
    "away": Word("v", "", _("step away, or come back"), False, _away),
    "listen": Word("", "", _("you are listening today, or no longer"), False, _listen),
    "name": Word("", form("NAME"), _("go by another name"), False, _name),
    "not": Word("", form("now"), _("answer to a private invitation"), False, _not),
    "chair": Word("", "", _("lead while no facilitator is there"), False, _chair),
    "coaching": Word(
        "", form("SEAT MINUTES"), _("you have had so much coaching one to one; only minutes are kept"), False, _coaching
    ),
    "guest": Word("", form("NAME"), _("enter somebody without a screen"), True, _guest),
    "here": Word("", form("SEAT"), _("somebody is on the call, or is not"), True, _here),
    "let": Word("", form("in|out NUMBER [GUEST SEAT]"), _("let somebody in, or not"), True, _let),
    "invite": Word("", form("SEAT"), _("ask somebody in private to come in"), True, _invite),
    "timekeeper": Word("", form("SEAT"), _("let a member mark who is speaking; 0 is nobody"), True, _timekeeper),
    "role": Word(
        "", form("SEAT ROLE"), spelled(_("another role, or `visitor`: watches this session alone")), True, _role
    ),
    "remove": Word("", form("SEAT yes"), _("take somebody out of the room"), True, _remove),
    "host": Word("", form("SEAT|none"), _("who leads this session beside the facilitators"), True, _host),
    "deputy": Word("", form("SEAT|none"), _("who leads by themselves when no facilitator is there"), True, _deputy),
}
