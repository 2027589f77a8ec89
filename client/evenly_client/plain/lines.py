"""A member's session in lines: what is said by itself, and what becomes of a line that is typed."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from evenly_protocol.actions import ActionAdded
from evenly_protocol.facts import Command
from evenly_protocol.room import Entry
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import DatesProposed, Draft
from evenly_protocol.wire import RelayType
from evenly_protocol.words import ActionState, FloorMode

from evenly_client import narration, phrases, waiting
from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.stored_ledger import StoredLedger
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.hear_from import HearFrom
from evenly_client.outlook import Outlook
from evenly_client.peer import (
    CheckInMoved,
    Entered,
    Happened,
    LobbyChanged,
    Notice,
    Peer,
    Settled,
    State,
    StateChanged,
    Told,
)
from evenly_client.plain.check_in_news import CheckInNews
from evenly_client.plain.series import HOW_TO_ANSWER_DATES
from evenly_client.plain.spelling import meant, spelled
from evenly_client.plain.vocabulary import WORDS, word_typed
from evenly_client.plain.word import Unclear
from evenly_client.sealing import TextTooLong
from evenly_client.translation import _, ngettext

if TYPE_CHECKING:
    from evenly_client.formats.shape import Format
    from evenly_client.notes import Notes
    from evenly_client.store import Store

Say = Callable[[str], None]

NOT_IN_YET = (State.CONNECTING, State.LOBBY, State.AGREEMENT)
COMMITTING = ("actions", "commitments")
"""The phases in whose round everybody says what they will do."""

ANSWER_WITHIN_S = 5.0
"""How long the next line waits for the answer to the one before, seconds."""


def check_ins_of(peer: Peer, store: Store | None) -> CheckIns:
    """This device's part in the room's check-ins; with a store, what it has opened is remembered there."""
    ledger = MemoryLedger() if store is None else StoredLedger(store, peer.link.room, peer.key.public)
    return CheckIns(peer, ledger)


class PlainLines:
    """One member's session in lines. `say` is given each line to print; `heard` each line typed.

    Attributes:
        check_ins: this member's part in check-ins.
        news: what is said of them.
        everything: whether all that happens is said.
        left: the member has left.
        lists: by name, the ids of each list in the order in which it was last printed.
        last_list: the name of the list that was printed last.
        proposal: the series that was proposed and not yet put in place.
        hinted: the question that a hint was said about.
    """

    def __init__(self, peer: Peer, say: Say, *, everything: bool = False, store: Store | None = None) -> None:
        self.peer = peer
        self.check_ins = check_ins_of(peer, store)
        self._say = say
        self._store = store
        self.everything = everything
        self.left = False
        self.lists: dict[str, list[bytes]] = {}
        self.news = CheckInNews(peer, self.check_ins, say, self.lists)
        self.last_list = ""
        self.proposal: list[Draft] = []
        self.hinted = ""
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
            case Entered() | CheckInMoved():
                self.news.moved()
            case Happened():
                self.news.happening(notice.entry)
                for sentence in narration.sentences(self.peer, notice.entry, everything=self.everything):
                    self._say(sentence)
                self._asked_of_me(notice.entry)
                self.news.happened(notice.entry)
                self._about_me()
                self.news.moved()
            case LobbyChanged():
                if self.peer.waiting:
                    names = [self.peer.people.knocking(self.peer.room, k) for k in self.peer.waiting]
                    n = len(names)
                    said = ngettext(
                        "{n} waiting to be let in: {names}. Type: `let in 1`",
                        "{n} waiting to be let in: {names}. Type: `let in 1`",
                        n,
                    )
                    self._say(spelled(said).format(n=n, names=phrases.listed(names)))
            case Told():
                self._told(notice)
            case Settled():
                if notice.refusal is not None:
                    self._say(phrases.refusal_words(notice.refusal))
            case _:
                pass

    def _state(self, state: State) -> None:
        match state:
            case State.LIVE if self._lost:
                self._lost = False
                lost = self.peer.set_back
                self._say(phrases.set_back(lost) if lost else _("Connected again. Nothing is lost."))
            case State.LIVE:
                entered = _("You are in {room}, seat {seat}.")
                self._say(entered.format(room=Outlook(self.peer).room_name, seat=self.peer.seat))
                self._say(spelled(_("Type `help` for the words, `who`, `queue` or `time` to ask.")))
                self._say_what_waits()
                if self.peer.people.taken(self.peer.room, self.peer.name, but=self.peer.seat):
                    self._say(spelled(_("Somebody else here goes by your name. Type `name` and another, if you like.")))
                self._about_me()
            case State.LOST if not self._lost:
                self._lost = True
                # Translators: {trouble} is a sentence that says why
                lost = _("Not connected. {trouble} What you do is kept and sent.")
                self._say(lost.format(trouble=self.peer.trouble))
            case State.LOBBY:
                self._say(_("A facilitator has been asked to let you in."))
            case State.AGREEMENT:
                self._show_agreement()
            case State.ENDED:
                self._say(self.peer.trouble)
                self.left = True
            case _:
                pass

    def _say_what_waits(self) -> None:
        n = len(waiting.waits(self.look))
        if n and self.look.session is None:
            said = ngettext("{n} thing waits for you. Type `waits`.", "{n} things wait for you. Type `waits`.", n)
            self._say(spelled(said).format(n=n))

    def _asked_of_me(self, entry: Entry) -> None:
        """What to type where an entry asks something of me."""
        for event in entry.events:
            match event:
                case ActionAdded(owner=owner, state=ActionState.PROPOSED) if owner == self.peer.seat:
                    self._say(spelled(_("Type: `action confirm`, or `action decline`.")))
                case DatesProposed():
                    if self.peer.room.poll is not None:
                        self.lists["dates"] = [self.peer.room.poll.id]
                    self._say(HOW_TO_ANSWER_DATES)
                case _:
                    pass

    def _show_agreement(self) -> None:
        asked = self.peer.agreement
        if asked is None:
            return
        self._say(_("What this group agrees together:"))
        text = self.peer.sealer.open(FieldKind.AGREEMENT, asked.text, asked.author, asked.id, lines=True)
        for line in text.splitlines():
            self._say(line)
        said = _("Type `yes`, or `talk` if you would like to talk about it: only the facilitator is told.")
        self._say(spelled(said))

    def _told(self, notice: Told) -> None:
        name = self.peer.name_of(notice.seat)
        match notice.type:
            case RelayType.INVITE:
                self._say(spelled(_("Would you like to come in? Type `hand`, or `not now`. Nobody else sees this.")))
            case RelayType.INVITE_ANSWER:
                self._say(_("{name} says: not now.").format(name=name))
            case RelayType.AGREEMENT_TALK:
                self._say(_("{name} would like to talk about the agreement.").format(name=name))
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
                answer = _("You answer. Type `done` when you have finished.")
                self._say(spelled(_("Your turn. Type `done` after.") if mine.answer_at is None else answer))
                if look.session.phase.activity in COMMITTING and look.floor.mode is FloorMode.ROUND:
                    self._say(spelled(_("Type `action` and what you will do by the next session.")))
                self._cue(look)
            return
        asked = look.asked()
        if asked is not None and asked.id != self._told_unsure:
            self._told_unsure = asked.id
            said = _("Still the same speaker? Type `same`, or `speaking` and a seat; 0 is nobody in particular.")
            self._say(spelled(said))
        waiting = look.waiting()
        if waiting and waiting[0].mine:
            key = waiting[0].hand.id if waiting[0].hand is not None else look.session.id
            if self._told_next != key:
                self._told_next = key
                self._say(_("You are next."))

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
            self._say(_("About {time} left.").format(time=phrases.spoken(left)))

    # -- when asked ----------------------------------------------------------------------------------------------

    async def heard(self, line: str) -> None:
        """Does what a typed line says. A line that is not understood changes nothing."""
        parts = words_of(line)
        if not parts:
            return
        try:
            await self._run(parts)
        except Unclear as unclear:
            self._say(str(unclear))
        except TextTooLong as error:
            self._say(str(error))

    async def _run(self, parts: list[str]) -> None:
        first, rest = parts[0], parts[1:]
        if self.peer.state is State.AGREEMENT and (answer := meant(first)) in ("yes", "y", "talk"):
            await self.peer.answer_agreement(talk=answer == "talk")
            return
        word = word_typed(first)
        if self.peer.state in NOT_IN_YET and word not in ("help", "leave"):
            raise Unclear(_("You are not in the room yet."))
        await WORDS[word].run(self, rest)

    async def do(self, command: Command, said: str = "", id: bytes = b"") -> None:
        """Asks for something and says that it is done; a refusal is said when it comes.

        What is asked while there is no connection is kept, and nobody waits for it.
        """
        if self.peer.state is not State.LIVE:
            self.peer.send(command, id)
            self._say(_("Not connected: it is kept, and sent as soon as that is possible."))
            return
        asked = asyncio.ensure_future(self.peer.ask(command, id))
        done = (await asyncio.wait({asked}, timeout=ANSWER_WITHIN_S))[0]
        if done and asked.exception() is None and asked.result() is None and said:
            self._say(said)

    def say(self, line: str) -> None:
        """Prints a line."""
        self._say(line)

    def list_(self, name: str, ids: Sequence[bytes]) -> None:
        """Remembers a list as it is printed: its numbers, from 1, mean these until it is printed again."""
        self.lists[name] = list(ids)
        self.last_list = name

    @cached_property
    def notes(self) -> Notes:
        """My private notes on this machine; without a store, for as long as this runs."""
        from evenly_client.notes import MemoryShelf, Notes

        shelf = self._store if self._store is not None else MemoryShelf()
        return Notes(self.peer.key, self.peer.link.room, shelf)

    def usual_format(self) -> Format:
        """The format that the room's sessions have unless another is named."""
        from evenly_client import usual_format

        return usual_format.of(self._store, self.peer.link.room)

    @property
    def look(self) -> Outlook:
        """The room now."""
        return Outlook(self.peer)


def words_of(line: str) -> list[str]:
    """The words of a typed line. Quotation marks around all that stands behind the first word are left out."""
    first, *behind = unicodedata.normalize("NFC", line).split(maxsplit=1) or [""]
    rest = behind[0].strip() if behind else ""
    if len(rest) > 1 and rest[0] == rest[-1] == '"' and '"' not in rest[1:-1]:
        rest = rest[1:-1]
    return [first, *rest.split()] if first else []
