"""A room with something on every board, and the boards open over a member's session screen."""

from datetime import datetime

from evenly_client.notes import Notes
from evenly_client.peer import Peer
from evenly_client.screens.boards.screen import Boards
from evenly_client.screens.hosting import notes_of
from evenly_protocol.actions import AddAction, CheerAction, NoteAction
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.exchange import AddPost, MeetAsk
from evenly_protocol.facts import Command
from evenly_protocol.issues import BringIssue
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import Draft, PlanSeries, ProposeDates, SetTopic
from evenly_protocol.session import StartSession
from evenly_protocol.words import FloorMode, PostKind

from .stage_hand import Room, Screen

DAY_MS = 86_400_000
LATER = int(datetime(2040, 1, 2, 10).timestamp() * 1000)
"""Monday 2 January 2040 at ten, wherever the tests run."""


async def asks(peer: Peer, command: Command, id: bytes = b"") -> bytes:
    id = id or Peer.new_id()
    refusal = await peer.ask(command, id)
    assert refusal is None, refusal
    return id


async def commits(peer: Peer, text: str, *, owner: int = 0, due: int = 0, buddy: int = 0) -> bytes:
    id = Peer.new_id()
    return await asks(peer, AddAction(peer.seal(FieldKind.ACTION, text, id), owner, due, buddy), id)


async def posts(peer: Peer, kind: PostKind, text: str, *, link: str = "", to: bytes = b"") -> bytes:
    id = Peer.new_id()
    sealed = peer.seal(FieldKind.POST, text, id)
    return await asks(peer, AddPost(kind, sealed, peer.seal(FieldKind.LINK, link, id), to), id)


async def brings(peer: Peer, text: str) -> bytes:
    id = Peer.new_id()
    return await asks(peer, BringIssue(peer.seal(FieldKind.ISSUE, text, id)), id)


async def starts(room: Room, *phases: PhasePlan) -> None:
    await asks(room.fay, StartSession(list(phases) or [PhasePlan("talk", b"", 60, FloorMode.QUEUE)]))


async def filled(room: Room, chris: Peer, ana: Peer) -> dict[str, bytes]:
    """Something on every board; by Fay (1), Chris and Ana."""
    ids: dict[str, bytes] = {}
    ids["mine"] = await commits(ana, "Talk with the plant manager about the night shift", buddy=chris.seat)
    ids["chris"] = await commits(chris, "Write down what I would stop doing")
    ids["typed"] = await commits(chris, "Ask Kim for the figures", owner=ana.seat)
    await asks(chris, CheerAction(ids["mine"]))
    note = Peer.new_id()
    await asks(chris, NoteAction(ids["mine"], chris.seal(FieldKind.NOTE, "How did it go?", note)), note)
    ids["issue"] = await brings(chris, "Two of my best people want the same job.\nI have to choose by May.")
    ids["ask"] = await posts(ana, PostKind.ASK, "Somebody who has moved a team to four days")
    ids["reply"] = await posts(chris, PostKind.OFFER, "My cousin has: I can introduce you", to=ids["ask"])
    ids["met"] = await posts(chris, PostKind.ASK, "A good book on delegating")
    await asks(room.fay, MeetAsk(ids["met"], room.fay.seat))
    ids["offer"] = await posts(chris, PostKind.OFFER, "An hour on pricing, any Friday")
    ids["resource"] = await posts(
        room.fay, PostKind.RESOURCE, "The talk on listening", link="https://example.org/listen"
    )
    ids["win"] = await posts(ana, PostKind.WIN, "The contract is signed 🎉 日本")
    ids["first"], ids["second"] = Peer.new_id(), Peer.new_id()
    drafts = [
        Draft(ids["first"], LATER, [chris.seat], room.fay.seat, 90),
        Draft(ids["second"], 0, [], ana.seat, 0, True),
    ]
    await asks(room.fay, PlanSeries(drafts))
    topic = room.fay.seal(FieldKind.TITLE, "Delegating", ids["first"])
    await asks(room.fay, SetTopic(ids["first"], topic))
    await asks(room.fay, ProposeDates(ids["second"], [LATER + 14 * DAY_MS, LATER + 15 * DAY_MS]))
    return ids


async def boards(screen: Screen, notes: Notes | None = None) -> Boards:
    """The boards over a session screen that is there."""
    shown = Boards(screen.session, clock=screen.clock, notes=notes or notes_of(screen.peer, None))
    screen.session.call_later(screen.app.push_screen, shown)
    await screen.shows("1 Actions")
    await screen.until(lambda: shown.query_one("#list").rows, "the list")
    return shown
