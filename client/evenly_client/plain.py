"""The whole session as lines of text: a full client, for screen readers, pipes and people who like lines.

By itself it says only: you are next, your turn, what everybody does has changed, paused. Everything else when
asked, in one sentence, the figure first. No glyphs, bars or redraws. Source: experience.md, "Plain lines".
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from evenly_protocol.corrections import CorrectAirTime
from evenly_protocol.facts import Command
from evenly_protocol.floor import ChangeMode
from evenly_protocol.hands import DeferHand, LowerAllHands, LowerHand, PlaceHand, RaiseHand, SwitchQueue, WordHand
from evenly_protocol.members import (
    AddGuest,
    ComeBack,
    ListenToday,
    SetAttending,
    SetInvitation,
    SetName,
    SetTimekeeper,
    StepAway,
    TakeChair,
)
from evenly_protocol.refusals import Refusal
from evenly_protocol.rounds import ComeBackLater, SkipRound
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import EndSession, ExtendPhase, Hold, PhasePlan, Resume, StartSession
from evenly_protocol.settings import ChangeSettings
from evenly_protocol.turns import CallNext, ConfirmSpeaker, ExtendTurn, GiveFloor, Speak, finish_of
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.wire import RelayType
from evenly_protocol.words import FloorMode, Intent, Order

from evenly_client import narration, phrases
from evenly_client.hear_from import HearFrom
from evenly_client.outlook import Outlook
from evenly_client.peer import Entered, Happened, LobbyChanged, Notice, Peer, Settled, State, StateChanged, Told
from evenly_client.sealing import TextTooLong
from evenly_client.text import NAME_CELLS, clean

Say = Callable[[str], None]

NOT_IN_YET = (State.CONNECTING, State.LOBBY, State.AGREEMENT)
ANSWER_WITHIN_S = 5.0
"""How long the next line waits for the answer to the one before, seconds."""


class Unclear(Exception):
    """A line that is not understood: what was meant to stand there."""


@dataclass(frozen=True)
class Word:
    """A word that can be typed: its one-letter form, what stands behind it, and what it does."""

    letter: str
    after: str
    does: str
    leads: bool
    run: Callable[[PlainLines, list[str]], Awaitable[None]]


class PlainLines:
    """One member's session in lines. `say` is given each line to print; `heard` each line typed."""

    def __init__(self, peer: Peer, say: Say, *, everything: bool = False) -> None:
        self.peer = peer
        self._say = say
        self.everything = everything
        self.left = False
        self._told_turn = b""
        self._told_next = b""
        self._lost = False
        self._hear_from = HearFrom()
        peer.watch(self._notice)

    # -- by itself -----------------------------------------------------------------------------------------------

    def _notice(self, notice: Notice) -> None:
        match notice:
            case StateChanged():
                self._state(notice.state)
            case Entered():
                pass
            case Happened():
                told = self.everything or narration.phase_changed(notice.entry)
                if told or self._pause(notice):
                    for sentence in narration.sentences(self.peer, notice.entry):
                        self._say(sentence)
                self._about_me()
            case LobbyChanged():
                if self.peer.waiting:
                    names = [self.peer.people.knocking(self.peer.room, k) for k in self.peer.waiting]
                    self._say(f"{len(names)} waiting to be let in: {phrases.listed(names)}. Type: let in 1")
            case Told():
                self._told(notice)
            case Settled():
                if notice.refusal is not None:
                    self._say(f"{notice.refusal.sentence} {notice.refusal.next_step}")
            case _:
                pass

    def _pause(self, notice: Happened) -> bool:
        return any(type(e).__name__ in ("HoldBegan", "HoldEnded") for e in notice.entry.events)

    def _state(self, state: State) -> None:
        match state:
            case State.LIVE if self._lost:
                self._lost = False
                self._say("Connected again. Nothing is lost.")
            case State.LIVE:
                here = len(self.peer.connected) or 1
                self._say(f"You are in {Outlook(self.peer).room_name}, seat {self.peer.seat}, {here} connected.")
                self._say("Type help for the words, who, queue or time to ask.")
                if self.peer.people.taken(self.peer.room, self.peer.name, but=self.peer.seat):
                    self._say("Somebody else here goes by your name. Type name and another, if you like.")
                self._about_me()
            case State.LOST if not self._lost:
                self._lost = True
                self._say(f"Not connected. {self.peer.trouble} What you do is kept and sent.")
            case State.LOBBY:
                self._say("A facilitator has been asked to let you in.")
            case State.AGREEMENT:
                self._show_agreement()
            case State.ENDED:
                self._say(self.peer.trouble)
                self.left = True
            case _:
                pass

    def _show_agreement(self) -> None:
        asked = self.peer.agreement
        if asked is None:
            return
        self._say("What this group agrees together:")
        text = self.peer.sealer.open(FieldKind.AGREEMENT, asked.text, asked.author, asked.id, lines=True)
        for line in text.splitlines():
            self._say(line)
        self._say("Type yes, or talk if you would like to talk about it: only the facilitator is told.")

    def _told(self, notice: Told) -> None:
        name = self.peer.name_of(notice.seat)
        match notice.type:
            case RelayType.INVITE:
                self._say("Would you like to come in? Type hand, or not now. Nobody else sees this.")
            case RelayType.INVITE_ANSWER:
                self._say(f"{name} says: not now.")
            case RelayType.AGREEMENT_TALK:
                self._say(f"{name} would like to talk about the agreement.")
            case _:
                pass

    def _about_me(self) -> None:
        """You are next, your turn: once each. And, now and then, who to hear from."""
        look = Outlook(self.peer)
        if look.session is None or look.held:
            return
        line = self._hear_from.line(look)
        if line is not None:
            self._say(line)
        mine = look.my_turn()
        if mine is not None:
            key = mine.id + (b"a" if mine.answer_at is not None else b"")
            if self._told_turn != key:
                self._told_turn = key
                answer = mine.answer_at is not None
                self._say("You answer. Type done when you have finished." if answer else "Your turn. Type done after.")
            return
        waiting = look.waiting()
        if waiting and waiting[0].mine:
            key = waiting[0].hand.id if waiting[0].hand is not None else look.session.id
            if self._told_next != key:
                self._told_next = key
                self._say("You are next.")

    # -- when asked ----------------------------------------------------------------------------------------------

    async def heard(self, line: str) -> None:
        """Does what a typed line says. A line that is not understood changes nothing."""
        try:
            parts = shlex.split(line)
        except ValueError:
            parts = line.split()
        if not parts:
            return
        try:
            await self._run(parts)
        except Unclear as unclear:
            self._say(str(unclear))
        except TextTooLong as error:
            self._say(str(error))

    async def _run(self, parts: list[str]) -> None:
        first, rest = parts[0].lower(), parts[1:]
        if self.peer.state is State.AGREEMENT and first in ("yes", "y", "talk"):
            await self.peer.answer_agreement(talk=first == "talk")
            return
        for word, does in WORDS.items():
            if first in (word, does.letter):
                if self.peer.state in NOT_IN_YET and word not in ("help", "leave"):
                    raise Unclear("You are not in the room yet.")
                await does.run(self, rest)
                return
        raise Unclear(f"I do not know {parts[0][:40]!r}. Type help for the words.")

    async def do(self, command: Command, said: str = "", id: bytes = b"") -> None:
        """Asks for something and says that it is done; a refusal is said when it comes.

        What is asked while there is no connection is kept, and nobody waits for it.
        """
        if self.peer.state is not State.LIVE:
            self.peer.send(command, id)
            self._say("Not connected: it is kept, and sent as soon as that is possible.")
            return
        asked = asyncio.ensure_future(self.peer.ask(command, id))
        done, _ = await asyncio.wait({asked}, timeout=ANSWER_WITHIN_S)
        if done and asked.exception() is None and asked.result() is None and said:
            self._say(said)

    def say(self, line: str) -> None:
        """Prints a line."""
        self._say(line)

    @property
    def look(self) -> Outlook:
        """The room now."""
        return Outlook(self.peer)


def _number(words: list[str], what: str) -> int:
    if words and words[0].isascii() and words[0].isdigit() and len(words[0]) <= 4:
        return int(words[0])
    raise Unclear(f"Which {what}? Type its number, for example 3.")


def _hand_of(lines: PlainLines, seat: int) -> bytes:
    for hand in lines.look.floor.hands:
        if hand.seat == seat:
            return hand.id
    raise Unclear(f"Seat {seat} has no hand up.")


# -- everybody's words -------------------------------------------------------------------------------------------

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
        await lines.do(LowerHand(_hand_of(lines, _number(words, "seat"))))
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
    await lines.do(SkipRound(_number(words, "seat") if words else 0))


async def _later(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    mine = look.my_hand()
    if look.floor.round is None and mine is not None:
        await lines.do(DeferHand(mine.id))
    else:
        await lines.do(ComeBackLater(_number(words, "seat") if words else 0))


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
    index, seconds = _span(lines, words)
    await lines.do(CorrectAirTime(index, lines.peer.seat, seconds * 1000))


async def _give(lines: PlainLines, words: list[str]) -> None:
    index, seconds = _span(lines, words)
    await lines.do(CorrectAirTime(index, 0, seconds * 1000))


def _span(lines: PlainLines, words: list[str]) -> tuple[int, int]:
    """The span that a line names (as `spans` numbers them), and how many of its last seconds; 0 is all."""
    session = lines.peer.room.session
    number = _number(words, "span")
    if session is None or not 1 <= number <= len(session.ledger):
        raise Unclear("There is no such span. Type spans to see them.")
    return number - 1, _number(words[1:], "number of seconds") if len(words) > 1 else 0


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


async def _help(lines: PlainLines, words: list[str]) -> None:
    for sentence in help_lines(leads=lines.look.leads):
        lines.say(sentence)


def help_lines(*, leads: bool) -> Iterator[str]:
    """The words, a line each."""
    for word, does in WORDS.items():
        if does.leads and not leads:
            continue
        form = f"{word} {does.after}".strip()
        yield f"{form}{f' ({does.letter})' if does.letter else ''}: {does.does}"


# -- the facilitator's words -------------------------------------------------------------------------------------


async def _start(lines: PlainLines, words: list[str]) -> None:
    minutes = _number(words, "number of minutes") if words else 60
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
    await lines.do(GiveFloor(_number(words, "seat")))


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
    seat = _number(words[1:], "seat") if len(words) > 1 else 0
    await lines.do(ChangeMode(FloorMode(words[0]), seat))


async def _order(lines: PlainLines, words: list[str]) -> None:
    if not words or words[0] not in list(Order):
        raise Unclear(f"Which? Type order and one of: {', '.join(Order)}.")
    import msgspec

    await lines.do(ChangeSettings(msgspec.structs.replace(lines.look.room.settings, order=Order(words[0]))))


async def _place(lines: PlainLines, words: list[str]) -> None:
    hand = _hand_of(lines, _number(words, "seat"))
    await lines.do(PlaceHand(hand, _number(words[1:], "place")))


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
    index = _number(words[1:] if words and words[0] in ("in", "out") else words, "one")
    if not 1 <= index <= len(lines.peer.waiting):
        raise Unclear("Nobody with that number is waiting.")
    guest = _number(words[2:], "guest seat") if len(words) > 2 else 0
    lines.peer.answer_knock(lines.peer.waiting[index - 1], admit=yes, guest=guest)


async def _invite(lines: PlainLines, words: list[str]) -> None:
    lines.peer.tell(RelayType.INVITE, _number(words, "seat"))
    lines.say("They are asked, and nobody else sees it.")


async def _here(lines: PlainLines, words: list[str]) -> None:
    seat = _number(words, "seat")
    member = lines.peer.room.members.get(seat)
    await lines.do(SetAttending(seat, member is None or not member.attending))


async def _open(lines: PlainLines, words: list[str]) -> None:
    await lines.do(SwitchQueue(True) if words != ["invitation"] else SetInvitation(True))


async def _close(lines: PlainLines, words: list[str]) -> None:
    await lines.do(SwitchQueue(False) if words != ["invitation"] else SetInvitation(False))


async def _lower(lines: PlainLines, words: list[str]) -> None:
    await lines.do(LowerAllHands())


async def _timekeeper(lines: PlainLines, words: list[str]) -> None:
    await lines.do(SetTimekeeper(_number(words, "seat")))


async def _move(lines: PlainLines, words: list[str]) -> None:
    session = lines.peer.room.session
    number = _number(words, "span")
    if session is None or not 1 <= number <= len(session.ledger):
        raise Unclear("There is no such span. Type spans to see them.")
    seat = _number(words[1:], "seat")
    seconds = _number(words[2:], "number of seconds") if len(words) > 2 else 0
    await lines.do(CorrectAirTime(number - 1, seat, seconds * 1000))


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
    "help": Word("?", "", "the words", False, _help),
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
"""Everything that can be typed. `help` prints this table."""
