"""What a rehearsal member writes: issues, actions and what became of them, and posts on the exchange."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

from evenly_protocol import exchange
from evenly_protocol.actions import (
    Action,
    AddAction,
    CheerAction,
    ConfirmAction,
    NoteAction,
    ReconsiderAction,
    SetActionState,
)
from evenly_protocol.exchange import AddPost, MeetAsk
from evenly_protocol.issues import BringIssue, waiting_issues
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import Session
from evenly_protocol.words import ActionState, PostKind, Role

from evenly_client.peer import Peer
from evenly_client.rehearsal import texts

if TYPE_CHECKING:
    from evenly_client.rehearsal.member import RehearsalMember

COMMITS: Final = ("actions", "commitments")
"""Activities in which members say what they will do."""

POSTS_IN: Final[dict[str, tuple[PostKind, ...]]] = {
    "resources": (PostKind.OFFER, PostKind.RESOURCE, PostKind.ASK),
    "help_wanted": (PostKind.ASK, PostKind.OFFER, PostKind.RESOURCE),
    "discussion": (PostKind.RESOURCE,),
    "wins": (PostKind.WIN,),
    "reflection": (PostKind.INSIGHT,),
    "check_out": (PostKind.INSIGHT,),
}
"""What goes on the exchange, by activity."""

BUDDY: Final = 0.7
TYPES_FOR_ANOTHER: Final = 0.15
LETS_GO: Final = 0.3
"""How likely: an action has a buddy; somebody types one for another; one carried over twice is dropped."""


class Boards:
    """A member's hand on the boards."""

    def __init__(self, member: RehearsalMember) -> None:
        self._member = member
        self._confirming: set[bytes] = set()
        self._pairs = b""

    def look(self, peer: Peer) -> None:
        """What was typed for this member is confirmed; after a talk in pairs there may be an offer."""
        for action in peer.room.actions:
            mine = action.owner == peer.seat and action.state is ActionState.PROPOSED
            if mine and action.id not in self._confirming:
                self._confirming.add(action.id)
                self._soon(4, 12, lambda id=action.id: self._confirm(id))
        session = peer.room.running
        pairs = None if session is None else session.pairs
        if pairs is not None and pairs.over and pairs.id != self._pairs:
            self._pairs = pairs.id
            if any(peer.seat in group for group in pairs.groups) and self._likely(self._member.temperament.shares / 2):
                self._soon(3, 25, lambda: self.post(PostKind.OFFER))

    def phase_begins(self, peer: Peer, session: Session) -> None:
        """Plans what this phase asks of a member, somewhere in the course of it."""
        activity, ms = session.phase.activity, session.phase.ends_at - session.phase.started
        if peer.room.members[peer.seat].role is Role.OBSERVER:
            return
        if activity == "progress" or (activity == "feedback" and session.phase.holder == peer.seat):
            self._within(ms, self.review)
        if activity in COMMITS and self._likely(TYPES_FOR_ANOTHER):
            self._within(ms, self._type_for_another, earliest=0.7)
        if activity in ("commitments", "actions", "progress", "check_out") and self._likely(0.5):
            self._within(ms, self._cheer)
        for kind in POSTS_IN.get(activity, ()):
            if self._likely(self._member.temperament.shares / (2 if activity != "wins" else 1)):
                self._within(ms, lambda kind=kind: self.post(kind))
        if activity in ("resources", "help_wanted", "networking"):
            self._within(ms, self.answer_an_ask, earliest=0.5)

    def speaks(self, peer: Peer, session: Session) -> None:
        """The member has the floor: what it says it will do, it types."""
        if session.phase.activity in COMMITS:
            self._soon(2, 6, self.commit)

    # -- deeds ---------------------------------------------------------------------------------------------------

    async def bring_issue(self) -> None:
        """Brings an issue, unless one of its own waits already."""
        peer = self._member.peer
        if peer is None or any(i.seat == peer.seat for i in waiting_issues(peer.room)):
            return
        id = self._member.new_id()
        text = self._take(texts.ISSUES)
        await self._member.ask(BringIssue(peer.seal(FieldKind.ISSUE, text, id)), id)

    async def commit(self) -> None:
        """By next session I will …"""
        peer = self._member.peer
        if peer is not None:
            await self._add_action(peer, 0)

    async def review(self) -> None:
        """What happened, and what was learnt, of each action that is open; some are not done."""
        peer = self._member.peer
        number = 0 if peer is None or peer.room.session is None else peer.room.session.number
        running = peer is not None and peer.room.running is not None
        for action in self._mine():
            if action.session < number or not running:
                await self._review_one(action)

    async def reconsider(self) -> None:
        """What was carried over twice is let go, or still worth doing."""
        for action in self._mine():
            if not action.asks_worth:
                continue
            if self._likely(LETS_GO):
                await self._member.ask(SetActionState(action.id, ActionState.DROPPED))
            else:
                await self._member.ask(ReconsiderAction(action.id))

    async def ask_how_it_goes(self) -> None:
        """A buddy writes a line."""
        peer = self._member.peer
        if peer is None:
            return
        action = next((a for a in peer.room.actions if a.buddy == peer.seat and a.open), None)
        if action is not None:
            id = self._member.new_id()
            note = peer.seal(FieldKind.NOTE, self._take(texts.BUDDY_NOTES), id)
            await self._member.ask(NoteAction(action.id, note), id)

    async def post(self, kind: PostKind) -> None:
        """Something on the exchange."""
        peer = self._member.peer
        if peer is None:
            return
        id = self._member.new_id()
        text = self._take(texts.POSTS[kind])
        link = peer.seal(FieldKind.LINK, texts.LINKS[text], id) if text in texts.LINKS else b""
        await self._member.ask(AddPost(kind, peer.seal(FieldKind.POST, text, id), link), id)

    async def answer_an_ask(self) -> None:
        """Somebody else's open ask gets a reply, and is met by it."""
        peer = self._member.peer
        if peer is None:
            return
        answered = {p.reply_to for p in peer.room.posts if p.reply_to}
        asks = [p for p in exchange.open_asks(peer.room) if p.seat != peer.seat and p.id not in answered]
        if not asks or not self._likely(self._member.temperament.shares):
            return
        id = self._member.new_id()
        reply = peer.seal(FieldKind.POST, self._take(texts.REPLIES), id)
        if await self._member.ask(AddPost(PostKind.OFFER, reply, reply_to=asks[0].id), id) is None:
            await self._member.ask(MeetAsk(asks[0].id, peer.seat, introduced=self._likely(0.3)))

    async def _review_one(self, action: Action) -> None:
        peer, keeps = self._member.peer, self._member.temperament.keeps
        if peer is None:
            return
        state = ActionState.DONE if self._likely(keeps) else ActionState.DOING
        if state is ActionState.DOING and self._likely(0.2):
            state = ActionState.BLOCKED
        id = self._member.new_id()
        note = peer.seal(FieldKind.NOTE, self._take(texts.NOTES[state]), id)
        await self._member.ask(SetActionState(action.id, state, note), id)

    async def _add_action(self, peer: Peer, owner: int) -> None:
        session = peer.room.running
        others = [
            m.seat
            for m in peer.room.members.values()
            if m.attending and m.role is Role.PARTICIPANT and m.seat not in (owner or peer.seat, 0)
        ]
        buddy = self._member.draw.choice(others) if others and self._likely(BUDDY) else 0
        issue = b"" if session is None or owner else _brought_by(session, peer.seat)
        id = self._member.new_id()
        text = peer.seal(FieldKind.ACTION, self._take(texts.ACTIONS), id)
        await self._member.ask(AddAction(text, owner=owner, buddy=buddy, issue=issue), id)

    async def _type_for_another(self) -> None:
        """For somebody who has said what they will do and not typed it."""
        peer = self._member.peer
        session = None if peer is None else peer.room.running
        if peer is None or session is None:
            return
        have = {a.owner for a in peer.room.actions if a.session == session.number}
        without = [
            m.seat
            for m in peer.room.members.values()
            if m.attending and m.role is Role.PARTICIPANT and m.seat not in have and m.seat != peer.seat
        ]
        if without:
            await self._add_action(peer, without[0])

    async def _confirm(self, action: bytes) -> None:
        await self._member.ask(ConfirmAction(action, yes=True))

    async def _cheer(self) -> None:
        peer = self._member.peer
        if peer is None:
            return
        theirs = [a for a in peer.room.actions if a.owner != peer.seat and peer.seat not in a.cheers]
        if theirs:
            await self._member.ask(CheerAction(theirs[-1].id))

    # -- means ---------------------------------------------------------------------------------------------------

    def _mine(self) -> list[Action]:
        peer = self._member.peer
        return [] if peer is None else [a for a in peer.room.actions if a.owner == peer.seat and a.open]

    def _take(self, deck: Sequence[str]) -> str:
        return self._member.rehearsal.decks.take(deck)

    def _likely(self, likely: float) -> bool:
        return self._member.draw.random() < likely

    def _soon(self, least: float, most: float, do: Callable[[], Awaitable[None]]) -> None:
        self._member.rehearsal.plan(self._member.draw.uniform(least, most), do)

    def _within(self, ms: int, do: Callable[[], Awaitable[None]], *, earliest: float = 0.1) -> None:
        seconds = ms / 1000
        self._soon(seconds * earliest, seconds * 0.9, do)


def _brought_by(session: Session, seat: int) -> bytes:
    """The issue of this seat that the session is about; empty for none."""
    numbers = [number for number, holder in session.holders.items() if holder == seat]
    return next((session.brought[number] for number in numbers if number in session.brought), b"")
