"""The server keeps order without reading: a whole session, and not a word of it in anything the server has or says.

Check-ins of every kind are in it. What is searched: the journal with its write-ahead log, the log, the traffic in both
directions with its masks taken off, and the memory of the server's process. Searched for: every word, and every key
that the members' machines have made, down to those of single pads.
"""

import asyncio
import base64
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from evenly_client import opened
from evenly_client.checkins import blocks, derivations
from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.participant import Answer
from evenly_client.checkins.taking_part import CheckIns, asked_of
from evenly_client.peer import Peer, State
from evenly_client.sealing import DeviceKey
from evenly_protocol import base32
from evenly_protocol.actions import AddAction, SetActionState
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.agreement import NameRoom, SetAgreement, SetCallLink
from evenly_protocol.attendance import LeaveCall
from evenly_protocol.checkins import CheckIn, CloseCheckIn, OpenCheckIn, WithdrawCheckIn, check_in_with
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
from evenly_protocol.words import TEXT_KINDS, ActionState, CheckInKind, CheckInState, FloorMode, Intent, Lobby, PostKind

from tests.end_to_end.overheard import Recorder, by_shape, found, memory_of, shapes_of_bytes
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


@dataclass(frozen=True)
class Asked:
    """A check-in of the session: what it asks, and what each member answers."""

    kind: CheckInKind
    question: str
    answers: tuple[Answer, ...]
    options: tuple[str, ...] = ()


CHECK_INS = (
    Asked(
        CheckInKind.SCALE,
        "How fluffy is the soufflé?",
        ((0,), (4,), (), (4,)),
        ("utterly collapsed", "magnificently risen"),
    ),
    Asked(CheckInKind.MOOD, "How does the walrus find you?", ((1,), (3,), (3,), (4,))),
    Asked(CheckInKind.YESNO, "Shall we adopt the ostrich?", ((0,), (1,), (0,), ())),
    Asked(
        CheckInKind.CHOICE,
        "Which cheese shall preside?",
        ((2,), (2,), (1,), (6,)),
        (
            *("Wensleydale", "Gorgonzola", "Stracciatella", "Manchego de oveja"),
            *("сулугуни", "Cambozola", "Appenzeller", "Roquefort"),
        ),
    ),
    Asked(
        CheckInKind.MULTI,
        "Which instruments are out of tune?",
        ((0, 1, 2, 3, 4), (1, 2, 4, 6), (0, 2, 4, 5, 7), ()),
        (
            *("harpsichord", "glockenspiel", "contrabassoon", "hurdy-gurdy"),
            *("vuvuzela", "sousaphone", "theremin", "балалайки"),
        ),
    ),
    Asked(CheckInKind.FIST, "Does the labyrinth need a signpost?", ((5,), (2,), (5,), (0,))),
    Asked(
        CheckInKind.WORDS,
        "Say it in three words, troubadour!",
        ("bumbling gratitude", "ηλιοβασίλεμα", "🦔🦔🦔 hedgehoggery", ""),
    ),
    Asked(
        CheckInKind.TEXT,
        "What have you never told the lighthouse?",
        ("I burnt the croquembouche.", "Ich fürchte das Käsefondue.", "", "Моя черепаха играет на балалайке"),
    ),
)
WITHDRAWN = Asked(
    CheckInKind.TEXT,
    "Who borrowed the trebuchet?",
    ("It was the apothecary.", "Not this bassoonist!", "The kleptomaniac raccoon", "Ask the archduchess."),
)
GIVEN_UP = Asked(
    CheckInKind.WORDS,
    "What of the unfinished cathedral?",
    ("gargoyle shortage", "flying buttresses", "mortar misgivings", "gloomy stonemason"),
)

PLANTED = "clumsily careless cormorant"
"""A question that somebody's program forgets to seal."""

SECRETS = (*NAMES, RENAMED, GUEST, ROOM_NAME, AGREEMENT, PHASE, QUESTION, HAND, *ON_THE_BOARDS.values())
TYPED = tuple(
    text
    for asked in (*CHECK_INS, WITHDRAWN, GIVEN_UP)
    for text in (asked.question, *asked.options, *(answer for answer in asked.answers if isinstance(answer, str)))
    if text
)
PARTS = ("Vyšehrad", "marmalade", "aardvark", "jackdaws", "whispered", "croquembouche", "черепаха", "hedgehoggery")
WORDS = (*SECRETS, *TYPED, *PARTS)

TELLING_BYTES = 28
"""A result of fewer bytes could stand somewhere by chance."""

PLACES = ("the database", "its write-ahead log", "the log", "what members sent", "what the server sent", "its memory")


@dataclass(repr=False)
class Seen:
    """What can be seen of a session.

    Attributes:
        places: all that the server has, says and is told, by place; the memory is None where it cannot be read.
        readable: what the members' own machines can show.
        keys: what the members' machines have made and nobody else may have: what it is, by its bytes.
        results: the results of check-ins as their seals keep them.
        relayed: what members' machines sent for the server to move: seeds and masked vectors.
        known: what a server has to know: ids of check-ins, device keys.
        check_ins: those of the room, in the end.
        compared: who has compared words.
    """

    places: dict[str, bytes | None] = field(default_factory=dict)
    readable: list[str] = field(default_factory=list)
    keys: dict[bytes, str] = field(default_factory=dict)
    results: dict[bytes, str] = field(default_factory=dict)
    relayed: set[bytes] = field(default_factory=set)
    known: set[bytes] = field(default_factory=set)
    check_ins: list[CheckIn] = field(default_factory=list)
    compared: list[bool] = field(default_factory=list)

    def keep_keys(self, patch: pytest.MonkeyPatch) -> None:
        """Writes down every key that is derived for check-ins from now on, and what goes to the server with them."""
        expand, pair_root = derivations.expand, derivations.pair_root
        hash_of_vector, seed_commitment = derivations.hash_of_vector, derivations.seed_commitment

        def expanding(key: bytes, info: bytes) -> bytes:
            derived = expand(key, info)
            self.keys[derived] = f"the key of {info[:8]!r}"
            return derived

        def rooting(mine: Any, theirs: bytes, roster: bytes, room_key: bytes) -> bytes:
            root = pair_root(mine, theirs, roster, room_key)
            self.keys |= {root: "a pair's root", mine.private_bytes_raw(): "a private key of an epoch"}
            return root

        def hashing(y: bytes) -> bytes:
            self.relayed.add(y)
            return hash_of_vector(y)

        def committing(ctx: bytes, seed: bytes) -> bytes:
            self.relayed.add(seed)
            return seed_commitment(ctx, seed)

        patch.setattr(derivations, "hash_of_vector", hashing)
        patch.setattr(derivations, "seed_commitment", committing)
        patch.setattr(derivations, "expand", expanding)
        patch.setattr(derivations, "pair_root", rooting)

    def keep_member(self, member: Member) -> None:
        """Writes down the keys that a member has from the start."""
        secret = member.link.secret
        self.known.add(member.key.public)
        self.keys |= {
            secret: "the room's secret",
            base32.encode(secret).encode(): "the room's secret, as in the link",
            member.link.invite_text().split("#")[1].encode(): "the room's secret, as in the link",
            member.keys.room_key: "K_room",
            member.keys.text_key: "the text key",
            member.key.to_bytes(): "a device's private key",
        }

    def secrets(self, place: str) -> dict[bytes, str]:
        """All that must not be in a place, by every shape that it may have."""
        results = self.results
        if place == "its memory":
            # A few small numbers in a row stand in the memory of any program.
            results = {result: what for result, what in results.items() if len(result) >= TELLING_BYTES}
        shapes = by_shape(WORDS)
        for key, what in (self.keys | results).items():
            shapes |= dict.fromkeys(shapes_of_bytes(key), what)
        return shapes

    def found(self, wanted: dict[bytes, str], place: str) -> set[str]:
        """What of this stands in a place."""
        kept = self.places[place]
        if kept is None:
            pytest.skip("there is no /proc here")
        return found(wanted, kept)


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


class Players:
    """The members of the session, who take part in its check-ins."""

    def __init__(self, members: list[Member], did: Did, seen: Seen) -> None:
        self.members = members
        self.leader = members[0]
        self.parts = [CheckIns(member, MemoryLedger()) for member in members]
        self._did = did
        self._seen = seen

    async def ask(self, asked: Asked) -> bytes:
        """The leader asks, everybody has keys and has answered. The check-in's id."""
        id, leader = Member.new_id(), self.leader
        question = leader.seal(FieldKind.QUESTION, asked.question, id)
        options = [leader.seal(FieldKind.OPTION, option, id) for option in asked.options]
        await self._did(leader, OpenCheckIn(asked.kind, question, options), id)
        self._seen.known.add(id)
        for member, part, answer in zip(self.members, self.parts, asked.answers, strict=True):
            await member.until(lambda room, part=part: part.open is not None and part.mine.people == 4)  # type: ignore[misc]
            if answer:
                part.answer(id, answer)
            self._seen.readable.append(str(part.mine.answer_of(id)))
        shown = asked_of(leader, self.check_in(id))
        assert shown is not None
        self._seen.readable.extend(text.decode() for text in (shown.question, *shown.options))
        return id

    def check_in(self, id: bytes) -> CheckIn:
        found = check_in_with(self.leader.room, id)
        assert found is not None
        return found

    async def over(self, id: bytes, state: CheckInState) -> None:
        """Waits until a check-in is over, and came to this."""
        running = (CheckInState.OPEN, CheckInState.CLOSING)
        for member in self.members:
            await member.until(lambda room: (c := check_in_with(room, id)) is not None and c.state not in running)
        assert self.check_in(id).state is state, self.check_in(id).code

    async def hold(self, asked: Asked) -> None:
        """A check-in from its question to its result."""
        id = await self.ask(asked)
        for part in self.parts:
            part.done(id)
        await self.over(id, CheckInState.RECORDED)
        leader = self.leader
        result = derivations.opened_result(leader.keys.room_key, leader.room.id, id, self.check_in(id).result)
        assert result is not None
        if asked.kind in TEXT_KINDS:
            texts = blocks.texts(result, 4)
            assert texts is not None
            assert sorted(text.decode() for text in texts) == sorted(map(str, asked.answers))
            self._seen.readable.extend(text.decode() for text in texts)
        self._seen.results[result] = f"the result of {asked.kind}"

    async def compare(self) -> None:
        """The leader reads the three words aloud; everybody has the same."""
        self.parts[0].compare_words()
        for member, part in zip(self.members, self.parts, strict=True):
            await member.until(lambda room, part=part: part.comparing)  # type: ignore[misc]
        aloud = self.parts[0].mine.epoch
        assert aloud is not None
        for part in self.parts:
            assert part.words_compared(aloud.words, match=True)
            self._seen.compared.append(part.mine.compared)

    async def plant(self) -> None:
        """A question that is not sealed, of a length that a sealed one may have."""
        id = Member.new_id()
        await self._did(self.leader, OpenCheckIn(CheckInKind.YESNO, PLANTED.encode().ljust(29 + 64)), id)
        await self._did(self.leader, WithdrawCheckIn(id))

    async def hold_all(self) -> None:
        """Check-ins of all kinds; words are compared, one is withdrawn, and for one too few are left."""
        await self.plant()
        for asked in CHECK_INS:
            await self.hold(asked)
            if asked is CHECK_INS[0]:
                await self.compare()
        id = await self.ask(WITHDRAWN)
        await self._did(self.leader, WithdrawCheckIn(id))
        await self.over(id, CheckInState.WITHDRAWN)
        id = await self.ask(GIVEN_UP)
        for member in self.members[2:]:
            await self._did(member, LeaveCall())
        await self._did(self.leader, CloseCheckIn(id))
        await self.over(id, CheckInState.GIVEN_UP)
        assert self.check_in(id).code == "too_few"


async def play(recorder: Recorder, server: Server, seen: Seen) -> None:
    """A small session in which everything that can be said is said."""
    link = replace(server.new_link(), port=recorder.port)
    shown = seen.readable
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
        for member in members:
            seen.keep_member(member)
        players = Players(members, did, seen)
        await players.hold_all()
        assert server.process is not None
        seen.places["its memory"] = memory_of(server.process.pid)
        seen.check_ins = list(leader.room.check_ins)
        members[2].cut()
        await members[2].until(lambda room: members[2].state is State.LOST)
        await members[2].entered()


def in_the_clear_names(member: Peer) -> str:
    return "\n".join(member.name_of(seat) for seat in member.room.members)


def rows_of(journal: Path) -> bytes:
    """Everything in the tables of a journal: in its file a long value may lie in pieces."""
    with contextlib.closing(sqlite3.connect(journal)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        values = [value for table in tables for row in db.execute(f"SELECT * FROM {table}") for value in row]
    return b"\0".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


async def played(folder: Path, seen: Seen) -> None:
    """Plays the session, with a server process whose every line is recorded, and looks at all that it leaves."""
    recorder, journal = Recorder(), folder / "rooms.db"
    async with recorder.listening():
        name = f"127.0.0.1:{recorder.port}"
        async with Server(journal, "--log", "debug", "--name", name, "--no-pace") as server:
            recorder.server_port = server.port
            await play(recorder, server, seen)
            # As it is while it runs; then again once all is written down.
            seen.places["its write-ahead log"] = (folder / "rooms.db-wal").read_bytes()
            running = journal.read_bytes()
            await server.stop()
            seen.places["the database"] = running + journal.read_bytes() + rows_of(journal)
            with server.log.open("a") as log:
                log.write(PLANTED)
            seen.places["the log"] = server.log.read_bytes()
        await eventually(lambda: recorder.quiet)
    seen.places |= {"what members sent": recorder.sent(), "what the server sent": recorder.received()}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    seen = Seen()
    with pytest.MonkeyPatch.context() as patch:
        seen.keep_keys(patch)
        asyncio.run(played(tmp_path_factory.mktemp("blackbox"), seen))
    return seen


def test_check_ins_of_every_kind_were_held_one_was_given_up_and_words_were_compared(seen: Seen) -> None:
    states = [check_in.state for check_in in seen.check_ins]
    kinds = {check_in.kind for check_in in seen.check_ins if check_in.state is CheckInState.RECORDED}
    assert kinds == set(CheckInKind)
    assert states.count(CheckInState.GIVEN_UP) == 1
    assert states.count(CheckInState.WITHDRAWN) == 2
    assert seen.compared == [True] * 4


@pytest.mark.parametrize("place", PLACES)
def test_no_word_no_result_and_no_key_of_a_session_is_anywhere_with_the_server(seen: Seen, place: str) -> None:
    assert seen.found(seen.secrets(place), place) == set()


@pytest.mark.parametrize("place", PLACES)
def test_the_same_search_finds_what_was_left_in_the_clear(seen: Seen, place: str) -> None:
    assert seen.found(by_shape([PLANTED]), place) == {PLANTED}


@pytest.mark.parametrize("place", ["the database", "what members sent", "what the server sent", "its memory"])
def test_the_same_search_finds_what_the_server_has_to_know(seen: Seen, place: str) -> None:
    known = {shape: id.hex() for id in seen.known for shape in shapes_of_bytes(id)}
    assert seen.found(known, place) == set(known.values())


@pytest.mark.parametrize("place", ["the database", "its write-ahead log", "the log"])
def test_what_members_sent_to_add_up_their_answers_is_written_down_nowhere(seen: Seen, place: str) -> None:
    """Of its memory this cannot be said: freed bytes stay there until others take their place."""
    relayed = {shape: part.hex() for part in seen.relayed for shape in shapes_of_bytes(part)}
    assert seen.found(relayed, place) == set()
    assert seen.found(relayed, "what members sent") == set(relayed.values())


def test_the_same_search_finds_every_word_in_what_a_members_own_machine_can_show(seen: Seen) -> None:
    readable = "\n".join(seen.readable)
    for disguise in (
        readable.encode(),
        readable.encode("utf-16-le"),
        readable.encode("utf-16-be"),
        readable.encode("utf-32-le"),
        base64.b64encode(readable.encode()),
        base64.urlsafe_b64encode(b"x" + readable.encode()),
        base64.b64encode(b"xy" + readable.encode()),
        readable.encode().hex().encode(),
    ):
        assert found(by_shape(WORDS), b"\x07" + disguise) == set(WORDS)


def test_the_same_search_finds_every_key(seen: Seen) -> None:
    assert len(seen.keys) > 200
    wanted = {shape: key.hex() for key in seen.keys for shape in shapes_of_bytes(key)}
    every = b"\x07" + b"\0".join(seen.keys)
    assert found(wanted, every) == {key.hex() for key in seen.keys}
