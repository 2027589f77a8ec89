"""The server keeps order without reading: a whole session, and not a word of it in anything the server has or says."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path

from evenly_client import opened
from evenly_client.peer import Peer, State
from evenly_client.sealing import DeviceKey
from evenly_protocol.actions import AddAction, SetActionState
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.agreement import NameRoom, SetAgreement, SetCallLink
from evenly_protocol.exchange import AddPost
from evenly_protocol.hands import RaiseHand, WordHand
from evenly_protocol.issues import BringIssue
from evenly_protocol.pairs import SetPairs
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import AddGuest, SetName
from evenly_protocol.series import Draft, PlanSeries, SetTopic
from evenly_protocol.session import Hold, Resume, StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import CallNext, Finish
from evenly_protocol.wire import RelayType
from evenly_protocol.words import ActionState, FloorMode, Intent, Lobby, PostKind

from tests.harness import Member, Server, eventually, soon

Did = Callable[..., Awaitable[None]]

NAMES = ("Wilhelmina", "Þórgunnur", "Xiǎolóngbāo", "Zbigniew")
RENAMED = "Zbyszek-Kuba"
GUEST = "Gwendolyn"
ROOM_NAME = "Quokka Quartet"
AGREEMENT = "Whatever is whispered in Vyšehrad stays in Vyšehrad."
PHASE = "Juggling jackdaws"
QUESTION = "How did the marmalade scandal begin?"
HAND = "perspicacious aardvark"
ON_THE_BOARDS = {
    FieldKind.GUIDANCE: "Beware of the bashful barracuda.",
    FieldKind.ACTION: "repaint the zeppelin by Thursday",
    FieldKind.NOTE: "The gondola was rather wobbly.",
    FieldKind.ISSUE: "My chinchilla farm is losing money",
    FieldKind.POST: "Who knows a trustworthy falconer?",
    FieldKind.LINK: "https://hippopotamus.example.org/pond",
    FieldKind.TITLE: "Topic of the thimblerig",
    FieldKind.QUESTION: "What would a mongoose do?",
}
"""What is written on the boards, over the series and for the pairs."""

SECRETS = (*NAMES, RENAMED, GUEST, ROOM_NAME, AGREEMENT, PHASE, QUESTION, HAND, *ON_THE_BOARDS.values())
WORDS = (*SECRETS, "Vyšehrad", "marmalade", "aardvark", "jackdaws", "Quokka", "whispered")


class Recorder:
    """Passes bytes on between members and the server, and keeps them all."""

    def __init__(self) -> None:
        self.seen = bytearray()
        self.port = 0
        self.server_port = 0
        self._pumps: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for pump in list(self._pumps):
                pump.cancel()
            await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.server_port)
        for source, sink in ((reader, back), (there, writer)):
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                self.seen += data
                sink.write(data)
        except ConnectionError:
            pass
        finally:
            sink.close()


def shapes_of(word: str) -> Iterable[bytes]:
    """A word as it may stand in bytes: in several encodings, as base64 at each of its three offsets, as hex."""
    for text in {word, word.lower(), word.upper()}:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            plain = text.encode(encoding)
            yield plain
            yield plain.hex().encode()
            yield plain.hex().upper().encode()
            for offset in range(3):
                # Of base64, only the characters that depend on the word alone.
                inside = slice((0, 2, 3)[offset], (offset + len(plain)) * 8 // 6)
                whole = base64.b64encode(bytes(offset) + plain)[inside]
                yield whole
                yield whole.translate(bytes.maketrans(b"+/", b"-_"))
        with contextlib.suppress(UnicodeEncodeError):
            yield text.encode("latin-1")


def words_in(haystack: bytes) -> set[str]:
    """Which of the words stand in these bytes, in any shape."""
    return {word for word in WORDS if any(len(shape) >= 6 and shape in haystack for shape in shapes_of(word))}


def in_the_clear(member: Peer) -> str:
    """What a member's own machine can show: the same room, opened."""
    room = member.room
    read = [member.name_of(seat) for seat in room.members]

    def open_text(kind: FieldKind, sealed: bytes, author: bytes, id: bytes) -> str:
        return member.sealer.open(kind, sealed, author, id)

    read.append(open_text(FieldKind.ROOM, room.name, room.name_author, room.name_id))
    read.append(open_text(FieldKind.AGREEMENT, room.agreement.text, room.agreement.author, room.agreement.id))
    assert room.session is not None
    session = room.session
    read.append(open_text(FieldKind.TITLE, session.phases[0].title, session.author, session.id))
    for hand in room.floor.hands:
        author = room.members[hand.seat].ik
        read.append(open_text(FieldKind.QUESTION, hand.words, author, hand.id))
    return "\n".join(read)


def boards_in_the_clear(member: Peer) -> str:
    """What a member's own machine can show of the boards, the series and the pairs."""
    room, sealer = member.room, member.sealer
    session = room.session
    assert session is not None
    assert session.pairs is not None
    (action,), (issue,), (post,) = room.actions, room.issues, room.posts
    return "\n".join(
        [
            opened.guidance(sealer, session, session.phases[0]),
            opened.action_text(sealer, action),
            opened.note_text(sealer, action.notes[0]),
            opened.issue_text(sealer, issue),
            opened.post_text(sealer, post),
            opened.post_link(sealer, post),
            opened.topic(sealer, room.series[0]),
            opened.prework(sealer, room.series[0]),
            opened.opener(sealer, session.pairs),
            opened.call_link(sealer, room),
        ]
    )


async def write_on_boards(leader: Member, member: Member, did: Did) -> None:
    """Every kind of text that there is between the turns, once."""

    def texts(kind: FieldKind, id: bytes) -> bytes:
        return leader.seal(kind, ON_THE_BOARDS[kind], id)

    def new() -> bytes:
        return Member.new_id()

    action, issue, post, note, call, pairs, planned = (new() for _ in range(7))
    await did(leader, AddAction(texts(FieldKind.ACTION, action)), action)
    await did(leader, SetActionState(action, ActionState.DOING, texts(FieldKind.NOTE, note)), note)
    await did(leader, BringIssue(texts(FieldKind.ISSUE, issue)), issue)
    post_link = texts(FieldKind.LINK, post)
    await did(leader, AddPost(PostKind.ASK, texts(FieldKind.POST, post), post_link), post)
    await did(leader, SetCallLink(texts(FieldKind.LINK, call)), call)
    await did(leader, PlanSeries([Draft(planned)]))
    await did(leader, SetTopic(planned, texts(FieldKind.TITLE, planned), texts(FieldKind.NOTE, planned)))
    await did(leader, SetPairs([[leader.seat, member.seat]], 5, texts(FieldKind.QUESTION, pairs)), pairs)


async def play(recorder: Recorder, server: Server) -> str:
    """A small session in which everything that can be said is said. What its members can read of it."""
    link = replace(server.new_link(), port=recorder.port)
    shown: list[str] = []
    async with contextlib.AsyncExitStack() as stack:
        members = [
            await stack.enter_async_context(
                Member(link, DeviceKey.generate(), name, create_key="" if name == NAMES[0] else None)
            )
            for name in NAMES[:1]
        ]
        leader = members[0]
        await leader.entered()

        async def did(member: Member, command: object, id: bytes = b"") -> None:
            refusal = await member.ask(command, id)  # type: ignore[arg-type]
            assert refusal is None, (command, refusal)

        id = Member.new_id()
        await did(leader, NameRoom(leader.seal(FieldKind.ROOM, ROOM_NAME, id)), id)
        id = Member.new_id()
        await did(leader, SetAgreement(leader.seal(FieldKind.AGREEMENT, AGREEMENT, id)), id)
        await did(leader, ChangeSettings(Settings(lobby=Lobby.ALWAYS)))
        for name in NAMES[1:]:
            member = await stack.enter_async_context(Member(link, DeviceKey.generate(), name))
            members.append(member)
            await leader.until(lambda room: bool(leader.waiting))
            leader.answer_knock(leader.waiting[0], admit=True)
            await member.until(lambda room, member=member: member.state is State.AGREEMENT)  # type: ignore[misc]
            await soon(member.answer_agreement(talk=True))
            await member.entered()
            await leader.until(lambda room: not leader.waiting)
        shown.append(in_the_clear_names(members[1]))
        id = Member.new_id()
        await did(members[3], SetName(*members[3].signed_name(RENAMED, id)), id)
        id = Member.new_id()
        await did(leader, AddGuest(leader.seal(FieldKind.NAME, GUEST, id)), id)
        id = Member.new_id()
        title = leader.seal(FieldKind.TITLE, PHASE, id)
        guidance = leader.seal(FieldKind.GUIDANCE, ON_THE_BOARDS[FieldKind.GUIDANCE], id)
        await did(leader, StartSession([PhasePlan("talk", title, 60, FloorMode.QUEUE, guidance=guidance)]), id)
        id = Member.new_id()
        question = members[1].seal(FieldKind.QUESTION, QUESTION, id)
        await did(members[1], RaiseHand(Intent.SPEAK, question), id)
        id = Member.new_id()
        await did(members[2], RaiseHand(Intent.SPEAK), id)
        await did(members[2], WordHand(id, members[2].seal(FieldKind.QUESTION, HAND, id)))
        leader.tell(RelayType.INVITE, 4)
        await members[1].caught_up(leader)
        await members[1].caught_up(members[2])
        shown.append(in_the_clear(members[1]))
        await did(leader, CallNext())
        await did(members[1], Hold())
        await did(leader, Resume())
        await did(leader, Finish(leader.room.floor.turns[0].id))
        await write_on_boards(leader, members[1], did)
        await members[1].caught_up(leader)
        shown.append(boards_in_the_clear(members[1]))
        members[2].cut()
        await members[2].until(lambda room: members[2].state is State.LOST)
        await members[2].entered()
    return "\n".join(shown)


def in_the_clear_names(member: Peer) -> str:
    return "\n".join(member.name_of(seat) for seat in member.room.members)


async def test_no_word_of_a_session_is_in_the_journal_the_log_or_the_traffic(tmp_path: Path) -> None:
    recorder = Recorder()
    async with recorder.listening():
        name = f"127.0.0.1:{recorder.port}"
        async with Server(tmp_path / "rooms.db", "--log", "debug", "--name", name) as server:
            recorder.server_port = server.port
            readable = await play(recorder, server)
            # As it is while it runs, write-ahead log included; then again once all is written down.
            kept = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
            assert (tmp_path / "rooms.db-wal").stat().st_size > 0
            await server.stop()
            kept += b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
        await eventually(lambda: not recorder._pumps)
    assert len(recorder.seen) > 10_000
    assert words_in(bytes(recorder.seen)) == set()
    assert words_in(kept) == set()
    # The same search finds every one of them in what a member's own machine can show, in all its shapes.
    assert words_in(readable.encode()) == set(WORDS)
    for disguise in (
        readable.encode("utf-16-le"),
        readable.encode("utf-16-be"),
        base64.b64encode(readable.encode()),
        base64.urlsafe_b64encode(b"x" + readable.encode()),
        base64.b64encode(b"xy" + readable.encode()),
        readable.encode().hex().encode(),
    ):
        assert words_in(b"\x07" + disguise) == set(WORDS)
