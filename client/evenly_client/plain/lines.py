"""A member's session in lines: what is said by itself, and what becomes of a line that is typed."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable

from evenly_protocol.facts import Command
from evenly_protocol.sealed import FieldKind
from evenly_protocol.wire import RelayType

from evenly_client import narration, phrases
from evenly_client.hear_from import HearFrom
from evenly_client.outlook import Outlook
from evenly_client.peer import Entered, Happened, LobbyChanged, Notice, Peer, Settled, State, StateChanged, Told
from evenly_client.plain.vocabulary import WORDS
from evenly_client.plain.word import Unclear
from evenly_client.sealing import TextTooLong

Say = Callable[[str], None]

NOT_IN_YET = (State.CONNECTING, State.LOBBY, State.AGREEMENT)
ANSWER_WITHIN_S = 5.0
"""How long the next line waits for the answer to the one before, seconds."""


class PlainLines:
    """One member's session in lines. `say` is given each line to print; `heard` each line typed."""

    def __init__(self, peer: Peer, say: Say, *, everything: bool = False) -> None:
        self.peer = peer
        self._say = say
        self.everything = everything
        self.left = False
        self._told_turn = b""
        self._told_next = b""
        self._told_unsure = b""
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
                for sentence in narration.sentences(self.peer, notice.entry, everything=self.everything):
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
                self._cue(look)
            return
        asked = look.asked()
        if asked is not None and asked.id != self._told_unsure:
            self._told_unsure = asked.id
            self._say("Still the same speaker? Type same, or speaking and a seat; 0 is nobody in particular.")
        waiting = look.waiting()
        if waiting and waiting[0].mine:
            key = waiting[0].hand.id if waiting[0].hand is not None else look.session.id
            if self._told_next != key:
                self._told_next = key
                self._say("You are next.")

    def _cue(self, look: Outlook) -> None:
        """Before the limit of my turn, a line to me alone; nothing is cut off."""
        mine = next((s for s in look.speaking() if s.mine and s.limit), None)
        if mine is None:
            return
        left = phrases.cue_before(mine.limit)
        wait = max(0, mine.limit - left - mine.elapsed) / 1000
        asyncio.get_running_loop().call_later(wait, self._say_cue, mine.turn.id, left)

    def _say_cue(self, turn: bytes, left: int) -> None:
        look = Outlook(self.peer)
        if not look.held and any(s.mine and s.turn.id == turn for s in look.speaking()):
            self._say(f"About {phrases.spoken(left)} left.")

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
