"""Hands and turns: the words for asking to speak, speaking, and giving the floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from evenly_protocol.agreement import SetInvitation
from evenly_protocol.checkins import open_check_in
from evenly_protocol.floor import ChangeMode
from evenly_protocol.hands import DeferHand, LowerAllHands, LowerHand, PlaceHand, RaiseHand, SwitchQueue, WordHand
from evenly_protocol.refusals import Refusal
from evenly_protocol.rounds import ComeBackLater, SkipRound
from evenly_protocol.sealed import FieldKind
from evenly_protocol.settings import ChangeSettings
from evenly_protocol.turns import CallNext, ConfirmSpeaker, ExtendTurn, GiveFloor, Speak, finish_of
from evenly_protocol.words import FloorMode, Intent, Order

from evenly_client import phrases
from evenly_client.plain import check_ins
from evenly_client.plain.agenda import extend
from evenly_client.plain.spelling import all_meant, arguments, form, meant, spelled
from evenly_client.plain.word import WHICH_PLACE, WHICH_SEAT, Unclear, Word, hand_of, number
from evenly_client.translation import _, ngettext

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

_INTENTS = {
    "process": Intent.PROCESS,
    "question": Intent.QUESTION,
    "clarify": Intent.CLARIFY,
    "reply": Intent.REPLY,
    "speak": Intent.SPEAK,
}


async def _hand(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    if look.floor.mode is FloorMode.OPEN and not words:
        await lines.do(Speak())
        return
    default = Intent.QUESTION if look.floor.mode is FloorMode.QUESTIONS else Intent.SPEAK
    intent = _INTENTS.get(meant(words[0]), default) if words else default
    text = " ".join(words[1:] if words and meant(words[0]) in _INTENTS else words)
    if _hinted(lines, intent, text):
        return
    mine = look.my_hand(process=intent is Intent.PROCESS)
    id = lines.peer.new_id()
    if mine is None:
        raising = RaiseHand(intent, lines.peer.seal(FieldKind.WORDS, text, id))
        await lines.do(raising, _("Your hand is up."), id)
    elif text:
        wording = WordHand(mine.id, lines.peer.seal(FieldKind.WORDS, text, mine.id))
        await lines.do(wording, _("Your hand has these words."))
    else:
        lines.say(spelled(_("Your hand is up already. Type `down` to lower it.")))


def _hinted(lines: PlainLines, intent: Intent, text: str) -> bool:
    """Says once what an open question could be instead; whoever types it again asks it so."""
    from evenly_client.asking import question_hint

    hint = question_hint(lines.look, text) if intent is Intent.QUESTION else ""
    again = lines.hinted == text
    lines.hinted = "" if again else text
    if not hint or again:
        return False
    # Translators: {hint} is a sentence: what an open question could be instead
    lines.say(_("{hint} Type it again to ask it so.").format(hint=hint))
    return True


async def _down(lines: PlainLines, words: list[str]) -> None:
    if words:
        await lines.do(LowerHand(hand_of(lines, number(words, WHICH_SEAT))))
        return
    mine = lines.look.my_hand() or lines.look.my_hand(process=True)
    if mine is None:
        raise Unclear(_("Your hand is not up."))
    await lines.do(LowerHand(mine.id), _("Your hand is down."))


async def _done(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    mine = look.my_turn()
    if mine is None and look.tracks and look.floor.turns:
        mine = look.floor.turns[0]
    if mine is None:
        if lines.check_ins.open is not None:
            raise Unclear(spelled(_("It is not your turn. To be done with the check-in, type `answered`.")))
        raise Unclear(_("It is not your turn."))
    await lines.do(finish_of(mine), _("Finished."))


async def _queue(lines: PlainLines, words: list[str]) -> None:
    waiting = [f"{w.seat} {w.name}, {w.reason}" + (f", {w.words}" if w.words else "") for w in lines.look.waiting()]
    n = len(waiting)
    said = ngettext("{n} waiting: {hands}.", "{n} waiting: {hands}.", n).format(n=n, hands="; ".join(waiting))
    lines.say(said if waiting else _("Nobody is waiting."))


async def _skip(lines: PlainLines, words: list[str]) -> None:
    await lines.do(SkipRound(number(words, WHICH_SEAT) if words else 0))


async def _later(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    mine = look.my_hand()
    if look.floor.round is None and mine is not None:
        await lines.do(DeferHand(mine.id))
    else:
        await lines.do(ComeBackLater(number(words, WHICH_SEAT) if words else 0))


async def _next(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    refusal = await lines.peer.ask(CallNext(look.floor.turns[0].id if look.floor.turns else b""))
    if isinstance(refusal, Refusal) and refusal.code == "nobody_waiting":
        could = look.could_invite()
        if could:
            lines.say(_("Could invite: {seats}.").format(seats=phrases.listed([str(seat) for seat in could])))


async def _speaking(lines: PlainLines, words: list[str]) -> None:
    await lines.do(GiveFloor(number(words, WHICH_SEAT)))


async def _same(lines: PlainLines, words: list[str]) -> None:
    asked = lines.look.asked()
    if asked is None:
        raise Unclear(_("Nothing is unclear about who speaks."))
    await lines.do(ConfirmSpeaker(asked.id))


async def _more(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    minute = look.room.settings.minute_ms
    turn = look.floor.turns[0] if look.floor.turns else None
    if turn is not None and look.speaking()[0].limit:
        await lines.do(ExtendTurn(turn.id, minute))
    else:
        await extend(lines, minute)


async def _mode(lines: PlainLines, words: list[str]) -> None:
    mode = meant(words[0]) if words else ""
    if mode not in list(FloorMode):
        raise Unclear(spelled(_("Which? Type `mode` and one of: {modes}.")).format(modes=arguments(FloorMode)))
    seat = number(words[1:], WHICH_SEAT) if len(words) > 1 else 0
    await lines.do(ChangeMode(FloorMode(mode), seat))


async def _order(lines: PlainLines, words: list[str]) -> None:
    order = meant(words[0]) if words else ""
    if order not in list(Order):
        raise Unclear(spelled(_("Which? Type `order` and one of: {orders}.")).format(orders=arguments(Order)))
    await lines.do(ChangeSettings(msgspec.structs.replace(lines.look.room.settings, order=Order(order))))


async def _place(lines: PlainLines, words: list[str]) -> None:
    hand = hand_of(lines, number(words, WHICH_SEAT))
    await lines.do(PlaceHand(hand, number(words[1:], WHICH_PLACE)))


async def _lower(lines: PlainLines, words: list[str]) -> None:
    await lines.do(LowerAllHands())


async def _open(lines: PlainLines, words: list[str]) -> None:
    await lines.do(SwitchQueue(True) if all_meant(words) != ["invitation"] else SetInvitation(True))


async def _close(lines: PlainLines, words: list[str]) -> None:
    what = all_meant(words)
    if what[:1] == ["check-in"] and what[1:] in ([], ["now"]):
        await check_ins.close(lines, now=bool(what[1:]))
    elif what == ["invitation"]:
        await lines.do(SetInvitation(False))
    elif not words and open_check_in(lines.peer.room) is not None:
        raise Unclear(spelled(_("What? Type: `close check-in`, or `close queue`.")))
    else:
        await lines.do(SwitchQueue(False))


WORDS: dict[str, Word] = {
    "hand": Word("h", form("[words]"), _("ask for the floor; in free talk, say that you speak"), False, _hand),
    "down": Word("", "", _("lower your hand"), False, _down),
    "done": Word("d", "", _("you have finished"), False, _done),
    "queue": Word("q", "", _("who waits, and why there"), False, _queue),
    "skip": Word("s", "", _("in a round: you listen this time"), False, _skip),
    "later": Word("l", "", _("in a round: come back to you; else: let the next one go first"), False, _later),
    "next": Word("n", "", _("give the floor to the next"), True, _next),
    "speaking": Word("f", form("SEAT"), _("this seat is speaking now; 0 is nobody in particular"), True, _speaking),
    "same": Word("y", "", _("still the same speaker"), True, _same),
    "more": Word("+", "", _("one more minute"), True, _more),
    "mode": Word(
        "", form("MODE [SEAT]"), _("change the floor: {modes}").format(modes=arguments(FloorMode)), True, _mode
    ),
    "order": Word("", form("ORDER"), _("order the queue: {orders}").format(orders=arguments(Order)), True, _order),
    "place": Word("", form("SEAT PLACE"), _("put a hand at a place; 0 lets it go"), True, _place),
    "lower": Word("", "", _("lower all hands"), True, _lower),
    "open": Word("", form("[invitation]"), _("open the queue, or the invitation"), True, _open),
    "close": Word(
        "",
        form("[queue|invitation]"),
        _("close the queue, or the invitation"),
        True,
        _close,
        ((form("check-in [now]"), _("close the check-in: its answers are added up")),),
    ),
}
