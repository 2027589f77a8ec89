"""A room's actor: exactly once, in order, nothing seen that is not on disk; and catching up, whatever was missed."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256

import msgspec
import pytest
from evenly_client.peer import Entered, Notice, PresenceChanged, State, TurnedAway
from evenly_client.sealing import DeviceKey
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.agreement import NameRoom
from evenly_protocol.attendance import ListeningSet, ListenToday, MemberLeft
from evenly_protocol.facts import Event
from evenly_protocol.hands import LowerHand, RaiseHand
from evenly_protocol.room import AnyCommand, Entry, Room, RoomCreated, evolve
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import AddGuest, Admit, GiveGuestSeat, MemberJoined
from evenly_protocol.session import EndSession, StartSession
from evenly_protocol.turns import GiveFloor, TurnUnsure
from evenly_protocol.wire import (
    Accepted,
    Chunk,
    Events,
    History,
    Ping,
    Pong,
    PresenceFrame,
    Purpose,
    Refused,
    encode_entry,
    read_entry,
)
from evenly_protocol.wire import Entries as Page
from evenly_protocol.words import SERVER, FloorMode, Intent, Role
from evenly_server import actor as actor_module
from evenly_server.actor import LOST_AFTER_MS, SNAPSHOT_EVERY, TAIL_AT_MOST, RoomActor, create
from evenly_server.clock import FedClock
from evenly_server.journal.interface import JournalDamaged, Outcome, Snapshot
from evenly_server.journal.memory import MemoryJournal
from evenly_server.journal.sqlite import SqliteJournal
from websockets.asyncio.client import connect

from tests.harness import (
    NOON,
    Group,
    Local,
    Member,
    Wire,
    encoded,
    eventually,
    folded,
    make_room,
    serving,
    soon,
    wire,
)
from tests.server.faulty import FaultyJournal

HAND = RaiseHand(Intent.SPEAK)


@pytest.fixture
def journal() -> FaultyJournal:
    return FaultyJournal()


@pytest.fixture
async def server(journal: FaultyJournal) -> AsyncIterator[Local]:
    async with serving(journal, paced=False) as local:
        yield local


def actor_of(server: Local, group: Group) -> RoomActor:
    (found,) = (a for a in server.process.rooms.all() if a.room.id == group.link.room)
    return found


async def replicas_agree(server: Local, group: Group) -> None:
    """Every replica, and the server's room, is what the journal folded from scratch makes."""
    await group.caught_up()
    truth = encoded(folded(group.link.room, await server.entries(group.link.room)))
    assert encoded(actor_of(server, group).room) == truth
    for member in group.members:
        assert encoded(member.room) == truth, member.name


async def much_happens(leader: Member) -> None:
    """An entry of some 5 KiB, and one that makes way for the next."""
    plan = PhasePlan("talk", bytes(157), 10, FloorMode.QUEUE)
    assert await leader.ask(StartSession([plan] * 30)) is None
    assert leader.room.session is not None
    assert await leader.ask(EndSession(leader.room.session.number)) is None


# -- exactly once ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("received", [True, False], ids=["received", "perhaps not"])
async def test_commands_under_way_when_the_connection_is_cut_are_each_done_once_in_order(
    received: bool, server: Local, journal: FaultyJournal
) -> None:
    async with make_room(server, 2, session=True) as group:
        member = group.others[0]
        journal.gate.clear()
        ids = [member.send(ListenToday(on=number % 2 == 0)) for number in range(15)]
        if received:
            tried = journal.tried
            await eventually(lambda: journal.tried > tried)
        member.cut()
        await member.until(lambda room: member.state is State.LOST)
        ids += [member.send(ListenToday(on=number % 2 == 1)) for number in range(5)]
        journal.gate.set()
        await member.until(lambda room: not member.unsent)
        assert [e.id for e in await server.entries(group.link.room) if e.by == 2] == ids
        assert [e.counter for e in await server.entries(group.link.room) if e.by == 2] == list(range(1, 21))
        await replicas_agree(server, group)


async def test_an_answer_that_was_lost_is_given_again(server: Local) -> None:
    """A hundred commands, all journaled, the last sixty-four remembered by name: all are answered as accepted."""
    async with make_room(server, 1) as group, wire(group.link) as member:
        await member.enter()
        ids = [await member.command(n, ListenToday(on=n % 2 == 1)) for n in range(1, 101)]
        await group.leader.until(lambda room: room.seq >= 103)
        async with wire(group.link, member.key) as again:
            await again.enter(counter=1)
            for number, id in enumerate(ids, 1):
                await again.command(number, ListenToday(on=number % 2 == 1), id)
            assert [(await again.next(Accepted)).id for _ in ids] == ids
        assert [e.id for e in await server.entries(group.link.room) if e.by == 2] == ids


async def test_a_refusal_is_not_kept_and_the_same_command_may_succeed_later(server: Local) -> None:
    async with make_room(server, 1, session=True) as group, wire(group.link) as member:
        await member.enter()
        refused = await member.command(1, LowerHand(bytes(16)))
        assert await member.next(Refused) == Refused(refused, "no_such_hand")
        await member.command(1, HAND, refused)
        await group.leader.until(lambda room: [h.id for h in room.floor.hands] == [refused])


async def test_what_was_refused_is_not_done_after_something_later_was(server: Local) -> None:
    """The refusal was lost, the member went on: raising again now would undo what they did since."""
    async with make_room(server, 1, session=True) as group, wire(group.link) as member:
        await member.enter()
        first = await member.command(1, HAND)
        await member.next(Events)
        second = await member.command(2, HAND)
        assert await member.next(Refused) == Refused(second, "hand_up")
        await member.command(3, LowerHand(first))
        await member.command(2, HAND, second)
        assert await member.next(Refused) == Refused(second, "overtaken")
        assert group.leader.room.floor.hands == []


async def test_nothing_is_sent_or_acknowledged_before_it_is_on_disk(server: Local, journal: FaultyJournal) -> None:
    async with make_room(server, 2, session=True) as group, wire(group.link, group.others[0].key) as member:
        await member.enter()
        await member.next(PresenceFrame)
        seq = group.leader.room.seq
        journal.gate.clear()
        await member.command(1, HAND)
        await member.command(2, HAND)
        await member.send(Ping(1))
        assert isinstance(await member.frame(), Pong)
        await group.leader.until(lambda room: True)
        assert group.leader.room.seq == seq
        journal.gate.set()
        assert isinstance(await member.frame(), Events)
        assert isinstance(await member.frame(), Refused)


async def test_what_arrives_during_a_write_is_written_together_and_sent_as_one_message(
    server: Local, journal: FaultyJournal
) -> None:
    async with make_room(server, 4, session=True) as group, wire(group.link, group.leader.key) as leader:
        await leader.enter()
        await leader.next(PresenceFrame)
        journal.gate.clear()
        group.others[0].send(HAND)
        tried = journal.tried
        await eventually(lambda: journal.tried > tried)
        for member in group.others[1:]:
            member.send(HAND)
        busy = actor_of(server, group)
        await eventually(lambda: len(busy._inbox) == 2)
        journal.gate.set()
        sizes = [len((await leader.next(Events)).entries) for _ in range(2)]
        assert sizes == [1, 2]


# -- catching up -------------------------------------------------------------------------------------------------


async def test_who_missed_little_is_sent_the_entries_they_lack(server: Local) -> None:
    async with make_room(server, 2) as group:
        member = group.others[0]
        notices: list[Notice] = []
        member.watch(notices.append)
        member.cut()
        for _ in range(3):
            await much_happens(group.leader)
        await replicas_agree(server, group)
        assert not any(isinstance(n, Entered) for n in notices)


async def test_who_missed_more_than_is_kept_is_sent_a_snapshot(server: Local) -> None:
    async with make_room(server, 2, session=True) as group:
        member = group.others[0]
        notices: list[Notice] = []
        member.watch(notices.append)
        for number in range(TAIL_AT_MOST + 5):
            group.leader.send(ListenToday(on=number % 2 == 0))
            if number == 0:
                member.cut()
        await group.leader.until(lambda room: not group.leader.unsent)
        member.reconnect_now()
        await replicas_agree(server, group)
        # It may have come back in time for a part; a line that holds nothing of the tail is sent a snapshot.
        async with wire(group.link, DeviceKey.generate()) as newcomer:
            first = await newcomer.enter()
            assert first.chunks == 1
        old = (await server.entries(group.link.room))[3]
        async with wire(group.link, member.key) as back:
            assert (await back.enter(seq=old.seq, last=old.id)).chunks == 1
        recent = (await server.entries(group.link.room))[-10]
        async with wire(group.link, member.key) as back:
            assert (await back.enter(seq=recent.seq, last=recent.id)).chunks == 0
            assert [e.seq for e in (await back.next(Events)).entries] == list(range(recent.seq + 1, recent.seq + 10))


async def test_who_holds_entries_that_this_server_never_wrote_is_sent_a_snapshot(server: Local) -> None:
    """A server that was restored from a backup may have gone another way since."""
    async with make_room(server, 1) as group, wire(group.link, group.leader.key) as back:
        entries = await server.entries(group.link.room)
        assert (await back.enter(seq=entries[-1].seq, last=bytes(16))).chunks == 1
        async with wire(group.link, group.leader.key) as ahead:
            assert (await ahead.enter(seq=entries[-1].seq + 7, last=bytes(16))).chunks == 1


async def test_a_peer_ahead_of_a_restored_server_ends_up_with_the_servers_room() -> None:
    journal = MemoryJournal()
    async with serving(journal) as server, make_room(server, 2) as group:
        before = list(journal._records[group.link.room])
        await much_happens(group.leader)
        await group.caught_up()
        actor = actor_of(server, group)
        del server.process.rooms._actors[group.link.room]
        actor.stop()
        journal._records[group.link.room] = before
        journal._snapshots.clear()
        for member in group.members:
            member.cut()
        for member in group.members:
            await member.until(lambda room: room.seq == len(before))
        await group.leader.until(lambda room: group.leader.state is State.LIVE)
        await replicas_agree(server, group)


BIG_ROOM_MEMBERS = 100


async def write_big_room(journal: MemoryJournal, link_room: bytes, token: bytes, first: Event) -> None:
    """A room of some 500 KiB: a hundred members, each of whom has given 64 commands."""
    entries = [Entry(1, secrets.token_bytes(16), NOON, SERVER, 0, [RoomCreated(sha256(token).digest())])]

    def add(event: Event, by: int = SERVER, counter: int = 0) -> None:
        entries.append(Entry(len(entries) + 1, secrets.token_bytes(16), NOON, by, counter, [event]))

    add(first)
    name = secrets.token_bytes(4096)
    for seat in range(2, BIG_ROOM_MEMBERS + 1):
        add(MemberJoined(seat, secrets.token_bytes(32), Role.PARTICIPANT, name, bytes(16), bytes(64)))
    for counter in range(1, 65):
        for seat in range(2, BIG_ROOM_MEMBERS + 1):
            add(ListeningSet(seat, counter % 2 == 0), seat, counter)
    assert await journal.append(link_room, 0, [encode_entry(e) for e in entries]) is Outcome.OK


async def big_room(server: Local, journal: MemoryJournal) -> Member:
    """Its facilitator, not started yet."""
    leader = Member(server.new_link(), DeviceKey.generate(), "Ana")
    name_id = Member.new_id()
    name, signature = leader.signed_name("Ana", name_id)
    first = MemberJoined(1, leader.key.public, Role.FACILITATOR, name, name_id, signature)
    await write_big_room(journal, leader.link.room, leader.keys.invite_token, first)
    return leader


def slow_socket(port: int) -> socket.socket:
    """A client's socket that takes little at a time."""
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", port))
    slow.setblocking(False)
    return slow


async def slow_line(server: Local, member: Member) -> Wire:
    """A connection that reads only when it is asked to, and of which the kernel keeps little on either side."""
    before = set(server.process._lines)
    opened = await connect(
        f"ws://{member.link.server_name}/",
        sock=slow_socket(server.port),
        compression=None,
        ping_interval=None,
        max_size=None,
        max_queue=1,
    )
    slow = Wire(opened, member.link, DeviceKey.generate())
    await eventually(lambda: set(server.process._lines) - before)
    (line,) = set(server.process._lines) - before
    line.socket.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return slow


async def test_events_that_happen_while_a_snapshot_leaves_follow_it_and_nothing_is_missing(
    server: Local, journal: FaultyJournal
) -> None:
    leader = await big_room(server, journal)
    async with leader:
        await leader.entered()
        slow = await slow_line(server, leader)
        async with slow.socket:
            welcome = await slow.enter()
            assert welcome.chunks >= 3
            (line,) = (x for x in server.process._lines if x.ik == slow.key.public)
            for number in range(20):
                assert await leader.ask(ListenToday(on=number % 2 == 0)) is None
            assert line.behind, "the snapshot left too fast for this test to show anything"
            body = b"".join([(await slow.next(Chunk)).body for _ in range(welcome.chunks)])
            replica = msgspec.msgpack.decode(body, type=Room)
            assert replica.seq == welcome.seq
            entries: list[Entry] = []
            while len(entries) < 20:
                entries += (await slow.next(Events)).entries
            for entry in entries:
                assert entry.seq == replica.seq + 1
                evolve(replica, entry)
            assert encoded(replica) == encoded(leader.room)
            assert (await slow.next(PresenceFrame)).connected == sorted([1, welcome.seat])
            assert await leader.ask(ListenToday(on=True)) is None
            assert len((await slow.next(Events)).entries) == 1


async def test_a_snapshot_in_many_chunks_makes_an_equal_replica_and_tells_who_is_there(
    server: Local, journal: FaultyJournal
) -> None:
    leader = await big_room(server, journal)
    async with leader, Member(leader.link, DeviceKey.generate(), "Ben") as newcomer:
        await leader.entered()
        await newcomer.entered()
        await newcomer.until(lambda room: newcomer.connected == [1, newcomer.seat])
        await replicas_agree(server, Group(leader.link, [leader, newcomer]))


async def test_who_takes_too_long_over_a_snapshot_is_cut(server: Local, journal: FaultyJournal) -> None:
    leader = await big_room(server, journal)
    async with leader:
        await leader.entered()
        slow = await slow_line(server, leader)
        await slow.enter()
        (line,) = (x for x in server.process._lines if x.ik == slow.key.public)
        while not line.socket.transport.is_closing():
            await much_happens(leader)
        await eventually(lambda: line not in server.process._lines)
        slow.socket.transport.abort()


async def test_a_member_who_reads_too_slowly_is_cut_and_catches_up(server: Local) -> None:
    async with make_room(server, 2) as group:
        member = group.others[0]
        (line,) = (x for x in server.process._lines if x.ik == member.key.public)
        line.socket.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        assert member._socket is not None
        frozen = member._socket
        frozen.transport.pause_reading()
        server.process._count()
        before = server.process.metrics.slow_cut_total
        while server.process._fanout.cut == before:
            await much_happens(group.leader)
        frozen.transport.resume_reading()
        await replicas_agree(server, group)


async def test_history_comes_in_pages_and_ends(server: Local) -> None:
    async with make_room(server, 1) as group, wire(group.link, group.leader.key) as reader:
        for _ in range(30):
            await much_happens(group.leader)
        await reader.enter()
        entries: list[Entry] = []
        more = True
        while more:
            await reader.send(History(entries[-1].seq if entries else 0))
            page = await reader.next(Page)
            assert page.entries
            entries += [read_entry(raw)[0] for raw in page.entries]
            more = page.more
        assert entries == await server.entries(group.link.room)
        await reader.send(History(entries[-1].seq))
        assert await reader.next(Page) == Page([], False)


# -- a journal that cannot write ---------------------------------------------------------------------------------


async def test_while_nothing_can_be_saved_commands_are_kept_and_done_by_themselves_afterwards(
    server: Local, journal: FaultyJournal
) -> None:
    async with make_room(server, 3, session=True) as group:
        before = encoded(actor_of(server, group).room)
        stored = await server.entries(group.link.room)
        journal.ends = [Outcome.READ_ONLY]
        asked = [asyncio.create_task(member.ask(HAND)) for member in group.members]
        for member in group.members:
            await member.until(lambda room, member=member: member.saving)  # type: ignore[misc]
        assert encoded(actor_of(server, group).room) == before
        assert await server.entries(group.link.room) == stored
        assert not any(task.done() for task in asked)
        assert all(member.state is State.LIVE for member in group.members)
        async with wire(group.link, group.leader.key) as _:
            pass
        journal.ends = [None]
        assert await soon(asyncio.gather(*asked)) == [None] * 3
        for member in group.members:
            await member.until(lambda room, member=member: not member.saving)  # type: ignore[misc]
        await replicas_agree(server, group)
        assert sorted(h.seat for h in group.leader.room.floor.hands) == [1, 2, 3]
        assert len(await server.entries(group.link.room)) == len(stored) + 3


async def test_who_joins_while_nothing_can_be_saved_is_told_so(server: Local, journal: FaultyJournal) -> None:
    async with make_room(server, 2) as group:
        journal.ends = [Outcome.READ_ONLY]
        group.leader.send(ListenToday(on=True))
        await group.leader.until(lambda room: group.leader.saving)
        async with wire(group.link, group.others[0].key) as back:
            assert (await back.enter()).read_only
        async with wire(group.link) as newcomer:
            await newcomer.prove()
            assert await newcomer.bye() == "unavailable"
        async with wire(server.new_link()) as founder:
            await founder.prove(Purpose.CREATE)
            assert await founder.bye() == "unavailable"
        journal.ends = [None]
        await group.leader.until(lambda room: not group.leader.saving)


async def test_a_command_that_could_not_be_saved_keeps_its_place_before_those_that_follow(
    server: Local, journal: FaultyJournal
) -> None:
    async with make_room(server, 1) as group, wire(group.link) as member:
        await member.enter()
        journal.ends = [Outcome.READ_ONLY, None]
        journal.gate.clear()
        tried = journal.tried
        first = await member.command(1, ListenToday(on=True))
        await eventually(lambda: journal.tried > tried)
        second = await member.command(2, ListenToday(on=False))
        busy = actor_of(server, group)
        await eventually(lambda: busy._inbox)
        journal.gate.set()
        assert await member.next(Refused) == Refused(first, "read_only")
        assert await member.next(Refused) == Refused(second, "command_gap")
        await member.command(1, ListenToday(on=True), first)
        await member.command(2, ListenToday(on=False), second)
        await group.leader.until(lambda room: room.seq >= 5)
        assert [e.id for e in await server.entries(group.link.room) if e.by == 2] == [first, second]


async def test_a_write_that_ended_nobody_knows_how_is_looked_up_and_not_done_twice(
    server: Local, journal: FaultyJournal
) -> None:
    async with make_room(server, 2, session=True) as group:
        journal.ends = [Outcome.UNKNOWN, None]
        id = Member.new_id()
        assert await group.leader.ask(HAND, id) is None
        await group.others[0].until(lambda room: [h.id for h in room.floor.hands] == [id])
        assert sum(e.id == id for e in await server.entries(group.link.room)) == 1
        assert await group.leader.ask(LowerHand(id)) is None
        await replicas_agree(server, group)


async def test_a_writer_that_fails_unforeseen_costs_a_reconnect_and_nothing_else(
    server: Local, journal: FaultyJournal
) -> None:
    async with make_room(server, 2, session=True) as group:
        journal.ends = [RuntimeError("unforeseen"), None]
        assert await group.others[0].ask(HAND) is None
        await group.leader.until(lambda room: group.leader.state is State.LIVE)
        await replicas_agree(server, group)
        assert len(group.leader.room.floor.hands) == 1


async def test_a_room_whose_record_breaks_is_set_apart_and_the_others_go_on(
    server: Local, journal: FaultyJournal
) -> None:
    async with make_room(server, 2, session=True) as broken, make_room(server, 2, session=True) as sound:
        journal.ends = [JournalDamaged(broken.link.room, 4, "a test says so"), None]
        journal.damaged = True
        broken.leader.send(HAND)
        for member in broken.members:
            with pytest.raises(TurnedAway) as ended:
                await member.until(lambda room: False)
            assert ended.value.code == "damaged"
        async with wire(broken.link, broken.leader.key) as back:
            await back.prove()
            assert await back.bye() == "damaged"
        journal.damaged = False
        assert await sound.others[0].ask(HAND) is None
        await replicas_agree(server, sound)
        async with wire(broken.link, broken.leader.key) as back:  # it was the disk's trouble, and it has passed
            await back.enter()


async def test_a_full_disk_makes_the_room_wait_and_recover(tmp_path: object) -> None:
    """The real thing: SQLite that may not grow."""
    journal = await SqliteJournal.open(f"{tmp_path}/rooms.db")
    async with serving(journal, paced=False) as server, make_room(server, 2) as group:
        (pages,) = journal._writer.execute("PRAGMA page_count").fetchone()
        journal._writer.execute(f"PRAGMA max_page_count = {pages + 2}")
        ids = [group.leader.send(NameRoom(secrets.token_bytes(157))) for _ in range(60)]
        await group.others[0].until(lambda room: group.others[0].saving)
        assert group.leader.unsent
        journal._writer.execute("PRAGMA max_page_count = 1073741823")
        await group.leader.until(lambda room: not group.leader.unsent)
        await group.others[0].until(lambda room: not group.others[0].saving)
        assert [e.id for e in await server.entries(group.link.room) if e.by == 1][-60:] == ids
        await replicas_agree(server, group)


async def test_what_the_server_does_by_itself_is_tried_again_until_it_is_saved(journal: FaultyJournal) -> None:
    async with serving(journal, FedClock(NOON)) as server, make_room(server, 2, session=True) as group:
        await group.others[0].stop()
        await group.leader.until(lambda room: group.leader.connected == [1])
        journal.ends = [Outcome.READ_ONLY]
        await server.advance(LOST_AFTER_MS + 3_000)
        assert group.leader.room.members[2].attending
        tried = journal.tried
        assert 2 <= tried < 50
        journal.ends = [None]
        await server.advance(1_000)
        await group.leader.until(lambda room: not room.members[2].attending)
        left = [e for e in await server.entries(group.link.room) if e.events == [MemberLeft(2)]]
        assert len(left) == 1


async def test_a_timer_that_cannot_be_saved_is_tried_once_a_second_and_not_without_end(journal: FaultyJournal) -> None:
    async with serving(journal, FedClock(NOON)) as server, make_room(server, 2, session=True) as group:
        assert await group.leader.ask(GiveFloor(2)) is None
        due = NOON + 4 * 60_000
        journal.ends = [Outcome.READ_ONLY]
        await server.advance(4 * 60_000 + 10_000)
        assert journal.tried < 40
        journal.ends = [None]
        await server.advance(1_000)
        await group.leader.until(lambda room: room.floor.turns[0].unsure_since is not None)
        (entry,) = (
            e for e in await server.entries(group.link.room) if any(isinstance(x, TurnUnsure) for x in e.events)
        )
        assert (entry.at, entry.by) == (due, SERVER)


async def test_a_room_cannot_be_made_while_nothing_can_be_saved_and_the_founder_tries_again(
    server: Local, journal: FaultyJournal
) -> None:
    journal.ends = [Outcome.READ_ONLY, None]
    async with Member(server.new_link(), DeviceKey.generate(), "Ana", create_key="") as founder:
        await founder.entered()
        assert founder.seat == 1


# -- mistakes ----------------------------------------------------------------------------------------------------


async def test_a_command_that_the_rules_choke_on_is_refused_alone(
    server: Local, journal: FaultyJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with make_room(server, 3, session=True) as group:
        real = actor_module.decide

        def decide(room: Room, command: AnyCommand, asking: object) -> object:
            if isinstance(command, NameRoom):
                raise KeyError("a mistake in a rule")
            return real(room, command, asking)  # type: ignore[arg-type]

        monkeypatch.setattr(actor_module, "decide", decide)
        journal.gate.clear()
        tried = journal.tried
        group.others[0].send(HAND)
        await eventually(lambda: journal.tried > tried)
        choked = asyncio.create_task(group.leader.ask(NameRoom(bytes(61))))
        beside = asyncio.create_task(group.others[1].ask(HAND))
        busy = actor_of(server, group)
        await eventually(lambda: len(busy._inbox) == 2)
        journal.gate.set()
        refusal = await soon(choked)
        assert refusal is not None
        assert refusal.code == "malformed"
        assert await soon(beside) is None
        await replicas_agree(server, group)


async def test_a_room_that_cannot_be_told_of_an_entry_is_read_anew(
    server: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with make_room(server, 2, session=True) as group:
        broken = actor_of(server, group)

        def send_events(entries: object) -> None:
            raise ValueError("a mistake after the journal")

        monkeypatch.setattr(broken, "_send_events", send_events)
        assert await group.others[0].ask(HAND) is None
        await group.leader.until(lambda room: len(room.floor.hands) == 1)
        assert actor_of(server, group) is not broken
        await replicas_agree(server, group)


# -- coming and going --------------------------------------------------------------------------------------------


async def test_who_is_gone_before_they_are_let_in_is_not_there(server: Local, journal: FaultyJournal) -> None:
    async with make_room(server, 2) as group:
        await group.others[0].stop()
        await group.leader.until(lambda room: group.leader.connected == [1])
        journal.gate.clear()
        tried = journal.tried
        group.leader.send(ListenToday(on=True))
        await eventually(lambda: journal.tried > tried)
        busy = actor_of(server, group)
        async with wire(group.link, group.others[0].key) as hasty:
            await hasty.prove()
            await eventually(lambda: busy._entering)
        await eventually(lambda: server.process.metrics.connections == 1)
        journal.gate.set()
        await group.leader.until(lambda room: not group.leader.unsent)
        await soon(busy.idle())
        assert list(busy._lines) == [1]
        assert group.leader.connected == [1]


async def test_a_member_who_is_given_a_guest_seat_goes_on_in_it(server: Local) -> None:
    async with make_room(server, 2, session=True) as group, wire(group.link, group.others[0].key) as looking:
        await looking.enter(Purpose.VIEW)
        guest = group.leader.seal(FieldKind.NAME, "Gus", bytes(16))
        assert await group.leader.ask(AddGuest(guest)) is None
        member = group.others[0]
        asked = [asyncio.create_task(group.leader.ask(GiveGuestSeat(3, 2))), asyncio.create_task(member.ask(HAND))]
        assert await soon(asyncio.gather(*asked)) == [None, None]
        await member.until(lambda room: member.seat == 3)
        await group.leader.until(lambda room: group.leader.connected == [1, 3])
        await group.leader.until(lambda room: [h.seat for h in room.floor.hands] == [3])
        assert await member.ask(RaiseHand(Intent.PROCESS)) is None
        await replicas_agree(server, group)


async def test_presence_is_told_once_for_all_who_come_together(server: Local, journal: FaultyJournal) -> None:
    async with make_room(server, 5) as group:
        for member in group.others:
            await member.stop()
        await group.leader.until(lambda room: group.leader.connected == [1])
        told: list[Notice] = []
        group.leader.watch(told.append)
        journal.gate.clear()
        tried = journal.tried
        group.leader.send(ListenToday(on=True))
        await eventually(lambda: journal.tried > tried)
        busy = actor_of(server, group)
        lines = [wire(group.link, member.key) for member in group.others]
        opened = [await line.__aenter__() for line in lines]
        for line in opened:
            await line.prove()
        await eventually(lambda: len(busy._entering) == 4)
        journal.gate.set()
        await group.leader.until(lambda room: len(group.leader.connected) == 5)
        assert sum(isinstance(n, PresenceChanged) for n in told) == 1
        for line in lines:
            await line.__aexit__(None, None, None)


async def test_stopping_decides_and_saves_what_is_waiting(journal: FaultyJournal) -> None:
    async with serving(journal, paced=False) as server:
        async with make_room(server, 1) as group, wire(group.link) as member:
            await member.enter()
            journal.gate.clear()
            tried = journal.tried
            ids = [await member.command(n, ListenToday(on=n % 2 == 1)) for n in range(1, 11)]
            await eventually(lambda: journal.tried > tried)
            stopping = asyncio.create_task(server.process.stop())
            await member.rest()
            assert not stopping.done()
            journal.gate.set()
            await soon(stopping)
            stored = [e.id for e in await server.entries(group.link.room) if e.by == 2]
            assert stored == ids[: len(stored)]
            assert len(stored) >= 8
            await group.leader.stop()
        snapshot = await journal.load_snapshot(group.link.room)
        assert snapshot is not None
        assert snapshot.seq == await journal.head(group.link.room)


async def test_an_actor_that_has_ended_answers_at_once(server: Local) -> None:
    async with make_room(server, 1) as group:
        ended = actor_of(server, group)
        del server.process.rooms._actors[group.link.room]
        await soon(ended.stop())
        refusal = await soon(ended.ask(ListenToday(on=True)))
        assert refusal is not None
        assert refusal.code == "read_only"


# -- snapshots and time ------------------------------------------------------------------------------------------


async def test_a_snapshot_is_written_now_and_then_and_the_room_comes_back_from_it(
    server: Local, journal: FaultyJournal
) -> None:
    async with make_room(server, 1) as group:
        for number in range(SNAPSHOT_EVERY + 20):
            group.leader.send(ListenToday(on=number % 2 == 0))
        await group.leader.until(lambda room: not group.leader.unsent)
        await eventually(lambda: group.link.room in journal._snapshots)
        snapshot = journal._snapshots[group.link.room]
        assert snapshot.seq >= SNAPSHOT_EVERY
        loaded = await RoomActor.load(group.link.room, server.process._tools)
        assert loaded is not None
        assert encoded(loaded.room) == encoded(folded(group.link.room, await server.entries(group.link.room)))
        await soon(loaded.stop())


async def test_a_snapshot_of_another_version_is_not_read(server: Local, journal: FaultyJournal) -> None:
    async with make_room(server, 1) as group:
        records = await journal.read(group.link.room, 0)
        for body in (msgspec.msgpack.encode((999, group.leader.room)), b"\xc1", b""):
            await journal.save_snapshot(group.link.room, Snapshot(1, records[0].hash, body))
            loaded = await RoomActor.load(group.link.room, server.process._tools)
            assert loaded is not None
            assert encoded(loaded.room) == encoded(group.leader.room)
            await soon(loaded.stop())


async def test_what_was_due_is_decided_at_its_own_moment_before_what_comes_later() -> None:
    async with serving(clock=FedClock(NOON)) as server, make_room(server, 2, session=True) as group:
        assert await group.leader.ask(GiveFloor(2)) is None
        clock = server.process.clock
        assert isinstance(clock, FedClock)
        clock._now = NOON + 10 * 60_000  # ten minutes passed and no alarm rang, as on a machine that slept
        assert await group.leader.ask(HAND) is None
        unsure, hand = (await server.entries(group.link.room))[-2:]
        assert (unsure.at, unsure.by, type(unsure.events[0])) == (NOON + 4 * 60_000, SERVER, TurnUnsure)
        assert (hand.at, hand.by) == (NOON + 10 * 60_000, 1)


async def test_time_in_a_room_never_goes_back() -> None:
    journal = MemoryJournal()
    async with serving(journal, FedClock(NOON)) as server, make_room(server, 1) as group:
        assert await group.leader.ask(ListenToday(on=True)) is None
        await group.leader.stop()
        link, key = group.link, group.leader.key
    async with (
        serving(journal, FedClock(NOON - 60_000)) as server,
        Member(replace(link, port=server.port), key, "Ana") as leader,
    ):
        await leader.entered()
        assert await leader.ask(ListenToday(on=False)) is None
        assert [e.at for e in await server.entries(link.room)][-1] == NOON


async def test_making_a_room_twice_at_once_makes_one(server: Local) -> None:
    tools = server.process._tools
    admit = Admit(bytes(32), bytes(61), bytes(16), bytes(64))
    room = secrets.token_bytes(16)
    outcomes = await asyncio.gather(*(create(room, bytes(32), admit, tools) for _ in range(2)))
    assert sorted(o.value for o in outcomes) == ["conflict", "ok"]
