"""The words that everybody can type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenly_protocol.attendance import ComeBack, ListenToday, StepAway, TakeChair
from evenly_protocol.corrections import CorrectAirTime
from evenly_protocol.hands import DeferHand, LowerHand, RaiseHand, WordHand
from evenly_protocol.rounds import ComeBackLater, SkipRound
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import SetName
from evenly_protocol.session import Hold, Resume
from evenly_protocol.turns import Speak, finish_of
from evenly_protocol.wire import RelayType
from evenly_protocol.words import FloorMode, Intent

from evenly_client import phrases
from evenly_client.plain.word import Unclear, Word, hand_of, number, span_and_seconds
from evenly_client.text import NAME_CELLS, clean

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
    intent = _INTENTS.get(words[0].lower(), default) if words else default
    text = " ".join(words[1:] if words and words[0].lower() in _INTENTS else words)
    mine = look.my_hand(process=intent is Intent.PROCESS)
    id = lines.peer.new_id()
    if mine is None:
        raising = RaiseHand(intent, lines.peer.seal(FieldKind.WORDS, text, id))
        await lines.do(raising, "Your hand is up.", id)
    elif text:
        wording = WordHand(mine.id, lines.peer.seal(FieldKind.WORDS, text, mine.id))
        await lines.do(wording, "Your hand has these words.")
    else:
        lines.say("Your hand is up already. Type down to lower it.")


async def _down(lines: PlainLines, words: list[str]) -> None:
    if words:
        await lines.do(LowerHand(hand_of(lines, number(words, "seat"))))
        return
    mine = lines.look.my_hand() or lines.look.my_hand(process=True)
    if mine is None:
        raise Unclear("Your hand is not up.")
    await lines.do(LowerHand(mine.id), "Your hand is down.")


async def _done(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    mine = look.my_turn()
    if mine is None and look.tracks and look.floor.turns:
        mine = look.floor.turns[0]
    if mine is None:
        raise Unclear("It is not your turn.")
    await lines.do(finish_of(mine), "Finished.")


async def _who(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    speaking = [
        f"{s.seat} {s.name}, {'answering' if s.answering else 'speaking'} {phrases.spoken(s.elapsed)}"
        + (f", asks: {s.words}" if s.words else "")
        for s in look.speaking()
    ]
    here = [f"{seat} {look.name(seat)}" for seat in look.here]
    lines.say(f"{'. '.join(speaking) or 'Nobody is marked as speaking'}. {len(here)} here: {phrases.listed(here)}.")


async def _time(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    if look.session is None:
        lines.say("No session is running.")
        return
    left = look.session.phase.ends_at - look.now
    when = f"{phrases.spoken(left)} left" if left > 0 else f"{phrases.spoken(-left)} beyond the plan"
    speaking = phrases.listed([f"seat {s.seat} speaking" for s in look.speaking()]) or "nobody speaking"
    lines.say(f"{'Paused, ' if look.held else ''}{when}, {speaking}.")


async def _me(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    lines.say(f"{look.my_seconds()}: {look.my_standing()}. {look.me_in_words()}.")


async def _queue(lines: PlainLines, words: list[str]) -> None:
    waiting = [f"{w.seat} {w.name}, {w.reason}" + (f", {w.words}" if w.words else "") for w in lines.look.waiting()]
    lines.say(f"{len(waiting)} waiting: {'; '.join(waiting)}." if waiting else "Nobody is waiting.")


async def _agenda(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    mode = phrases.MODE_WORDS[look.floor.mode]
    lines.say(f"{look.phase} {look.until}. {mode}. {look.order_in_words}." if look.session else look.phase + ".")


async def _skip(lines: PlainLines, words: list[str]) -> None:
    await lines.do(SkipRound(number(words, "seat") if words else 0))


async def _later(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    mine = look.my_hand()
    if look.floor.round is None and mine is not None:
        await lines.do(DeferHand(mine.id))
    else:
        await lines.do(ComeBackLater(number(words, "seat") if words else 0))


async def _pause(lines: PlainLines, words: list[str]) -> None:
    await lines.do(Resume() if lines.look.held and lines.look.leads else Hold())


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


async def _claim(lines: PlainLines, words: list[str]) -> None:
    index, seconds = span_and_seconds(lines, words)
    await lines.do(CorrectAirTime(index, lines.peer.seat, seconds * 1000))


async def _give(lines: PlainLines, words: list[str]) -> None:
    index, seconds = span_and_seconds(lines, words)
    await lines.do(CorrectAirTime(index, 0, seconds * 1000))


async def _spans(lines: PlainLines, words: list[str]) -> None:
    session = lines.peer.room.session
    ledger = session.ledger if session is not None else []
    first = max(0, len(ledger) - 8)
    told = [
        f"{first + i + 1}: {lines.look.name(s.seat)} {phrases.spoken(s.end - s.start)}"
        + ("" if s.sure else ", not sure")
        for i, s in enumerate(ledger[first:])
    ]
    lines.say(f"{len(ledger)} spans. The last: {'; '.join(told)}." if told else "Nothing has been marked yet.")


async def _quiet(lines: PlainLines, words: list[str]) -> None:
    lines.everything = False
    lines.say("Only what concerns you is said.")


async def _all(lines: PlainLines, words: list[str]) -> None:
    lines.everything = True
    lines.say("Everything that happens is said.")


async def _chair(lines: PlainLines, words: list[str]) -> None:
    await lines.do(TakeChair())


async def _leave(lines: PlainLines, words: list[str]) -> None:
    lines.left = True
    lines.say("You have left. Join again whenever you like.")


WORDS: dict[str, Word] = {
    "hand": Word("h", "[words]", "ask for the floor; in free talk, say that you speak", False, _hand),
    "down": Word("", "", "lower your hand", False, _down),
    "done": Word("d", "", "you have finished", False, _done),
    "who": Word("w", "", "who speaks, who is here", False, _who),
    "time": Word("t", "", "how much time is left", False, _time),
    "me": Word("m", "", "how you stand", False, _me),
    "queue": Word("q", "", "who waits, and why there", False, _queue),
    "agenda": Word("g", "", "what is going on", False, _agenda),
    "skip": Word("s", "", "in a round: you listen this time", False, _skip),
    "later": Word("l", "", "in a round: come back to you; else: let the next one go first", False, _later),
    "pause": Word("p", "", "pause everything, or go on", False, _pause),
    "away": Word("v", "", "step away, or come back", False, _away),
    "listen": Word("", "", "you are listening today, or no longer", False, _listen),
    "name": Word("", "NAME", "go by another name", False, _name),
    "not": Word("", "now", "answer to a private invitation", False, _not),
    "spans": Word("", "", "the last spans of talk", False, _spans),
    "claim": Word("", "SPAN [SECONDS]", "that was you speaking", False, _claim),
    "give": Word("", "SPAN [SECONDS]", "that was not you speaking", False, _give),
    "chair": Word("", "", "lead while no facilitator is there", False, _chair),
    "quiet": Word("", "", "say only what concerns me", False, _quiet),
    "all": Word("", "", "say everything that happens", False, _all),
    "leave": Word("x", "", "leave", False, _leave),
}
