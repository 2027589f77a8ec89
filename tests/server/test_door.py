"""The door: who is let in, who is not, and that nothing sent to it harms the room or those in it."""

import contextlib
import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from evenly_client.links import Link
from evenly_client.peer import Notice, State, Told, TurnedAway
from evenly_client.sealing import DeviceKey
from evenly_protocol import agenda, agreement, attendance, hands, seats, session, settings, turns
from evenly_protocol.agreement import AnswerAgreement, NameRoom, SetAgreement, SetInvitation
from evenly_protocol.attendance import ListenToday
from evenly_protocol.hands import RaiseHand
from evenly_protocol.room import OUTCOMES_KEPT
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import AddGuest, RemoveMember
from evenly_protocol.session import Hold, Resume, StartSession
from evenly_protocol.wire import (
    MESSAGE_AT_MOST,
    RELAY_AT_MOST,
    Accepted,
    AgreementFirst,
    AnswerKnock,
    ByeFrame,
    Challenge,
    CommandFrame,
    Entries,
    Events,
    Frame,
    Hello,
    History,
    Knock,
    Lobby,
    Ping,
    Pong,
    PresenceFrame,
    Proof,
    Purpose,
    Refused,
    Relay,
    RelayType,
    Waiting,
    Welcome,
    encode,
)
from evenly_protocol.words import FloorMode, Intent, Order, Role
from evenly_protocol.words import Lobby as LobbySetting
from evenly_server.clock import FedClock
from evenly_server.door import FAILED_FROM_ONE_ADDRESS, FAILED_IN_ALL, Failures, network_of
from evenly_server.journal.sqlite import SqliteJournal
from evenly_server.serve import ServeError
from websockets.exceptions import ConnectionClosed

from tests.harness import NOON, Group, Local, Member, eventually, make_room, phase, serving, soon, wire

HAND = RaiseHand(Intent.SPEAK)


def hello(link_room: bytes = bytes(16), ik: bytes = bytes(32), nonce: bytes = bytes(32), major: int = 1) -> Hello:
    return Hello(major, 0, link_room, ik, nonce)


async def room_is_unharmed(group: Group) -> None:
    """Everybody is still connected, and what the leader does reaches them all."""
    assert all(member.state is State.LIVE for member in group.members)
    assert await group.leader.ask(AddGuest(group.leader.seal(FieldKind.NAME, "Gus", bytes(16)))) is None
    await group.caught_up()


# -- first frames ------------------------------------------------------------------------------------------------

FIRST_MESSAGES: dict[str, tuple[str | bytes, str]] = {
    "text": ("hello", "malformed"),
    "nothing": (b"", "malformed"),
    "garbage": (b"\xc1\xff\x00 not msgpack", "malformed"),
    "a number": (msgpack.packb(7), "malformed"),
    "a frame without its array": (msgpack.packb(["ping", 1]), "malformed"),
    "an unknown frame": (msgpack.packb([["sesame"]]), "malformed"),
    "a frame without fields": (msgpack.packb([["hello"]]), "malformed"),
    "a deep nest": (b"\x91" * 10_000, "malformed"),
    "text that is not UTF-8": (msgpack.packb([["hello", b"\xff"]]).replace(b"\xc4\x01\xff", b"\xa1\xff"), "malformed"),
    "a proof before its challenge": (encode([Proof(bytes(64), "x:1")]), "malformed"),
    "a ping": (encode([Ping(1)]), "malformed"),
    "a command": (encode([CommandFrame(bytes(16), 1, HAND)]), "malformed"),
    "nine frames": (encode([Ping(1)] * 9), "malformed"),
    "a room id of 15 bytes": (encode([hello(bytes(15))]), "malformed"),
    "a key of 31 bytes": (encode([hello(ik=bytes(31))]), "malformed"),
    "a short nonce": (encode([hello(nonce=b"")]), "malformed"),
    "the last major version": (encode([hello(major=0)]), "version"),
    "the next major version": (encode([hello(major=2)]), "version"),
    "a hello longer than 16 KiB": (encode([hello(bytes(MESSAGE_AT_MOST))]), "malformed"),
}


@pytest.mark.parametrize("message", FIRST_MESSAGES)
async def test_a_first_message_that_is_no_hello_ends_the_connection_with_its_code(message: str, local: Local) -> None:
    sent, code = FIRST_MESSAGES[message]
    async with make_room(local, 1) as group:
        async with wire(group.link) as stranger:
            await stranger.socket.send(sent)
            assert await stranger.bye() == code
        await eventually(lambda: local.process.metrics.connections == 1)
        await room_is_unharmed(group)


async def test_a_message_longer_than_anything_allowed_ends_the_connection(local: Local) -> None:
    async with make_room(local, 1) as group:
        async with wire(group.link) as stranger:
            await stranger.socket.send(bytes(RELAY_AT_MOST + 2048))
            with pytest.raises(ConnectionClosed):
                await stranger.frame()
            assert stranger.socket.close_code == 1009
        await room_is_unharmed(group)


async def test_two_hellos_are_one_too_many(local: Local) -> None:
    async with make_room(local, 1) as group, wire(group.link) as stranger:
        await stranger.greet()
        await stranger.send(hello())
        assert await stranger.bye() == "malformed"


@pytest.mark.parametrize("greeted", [False, True], ids=["says nothing", "never proves it"])
async def test_who_takes_too_long_is_told_late(greeted: bool) -> None:
    async with serving(handshake_s=0.1) as server, wire(server.new_link()) as stranger:
        if greeted:
            await stranger.greet()
        assert await stranger.bye() == "late"


async def test_the_time_limit_ends_with_the_proof(fed: Local) -> None:
    async with (
        serving(handshake_s=0.3) as server,
        make_room(server, 1, lobby=LobbySetting.ALWAYS) as group,
        wire(group.link) as newcomer,
    ):
        await newcomer.prove()
        await newcomer.next(Waiting)
        async with wire(server.new_link()) as stranger:  # its 0.3 s begin after the newcomer's
            assert await stranger.bye() == "late"
        await newcomer.send(Ping(5))
        assert (await newcomer.next(Pong)).sent == 5


# -- who is let in -----------------------------------------------------------------------------------------------


async def test_whatever_the_reason_those_who_are_not_let_in_get_the_same_bytes(fed: Local) -> None:
    """An unknown room, a wrong token, a wrong signature: nobody can find out which rooms exist."""
    async with make_room(fed, 2) as group:
        removed = group.others[0]
        seen: dict[str, tuple[list[bytes], int | None]] = {}

        async def try_to_enter(
            why: str,
            link: Link = group.link,
            key: DeviceKey | None = None,
            purpose: Purpose = Purpose.MEMBER,
            **changes: Any,
        ) -> None:
            async with wire(link, key) as stranger:
                await stranger.prove(purpose, **changes)
                assert await stranger.bye() == "refused", why
                seen[why] = (stranger.messages[1:], stranger.socket.close_code)

        await try_to_enter("unknown room", fed.new_link())
        await try_to_enter("wrong token", token=secrets.token_bytes(32))
        await try_to_enter("no token", token=b"")
        await try_to_enter("wrong signature", signature=secrets.token_bytes(64))
        await try_to_enter("a member's key, wrong signature", key=removed.key, signature=bytes(64))
        await try_to_enter("unsigned name", name_signature=bytes(64))
        await try_to_enter("a name of no allowed size", name=bytes(62))
        await try_to_enter("looking without a seat", purpose=Purpose.VIEW)
        await fed.advance(60_000)  # so many failures make one wait
        assert await group.leader.ask(SetInvitation(False)) is None
        await try_to_enter("closed invitation")
        assert await group.leader.ask(RemoveMember(removed.seat)) is None
        assert await group.leader.ask(SetInvitation(True)) is None
        await try_to_enter("removed device", key=removed.key)
        assert len({(tuple(messages), code) for messages, code in seen.values()}) == 1, seen
        assert fed.process.metrics.door_failed_total == len(seen)
        async with wire(group.link) as newcomer:
            assert (await newcomer.enter()).seat == 3


async def test_a_proof_for_another_server_name_is_told_so(local: Local) -> None:
    async with make_room(local, 1) as group, wire(group.link) as stranger:
        await stranger.prove(server_name="peers.example.org:7447")
        assert await stranger.bye() == "name"


async def test_a_server_goes_by_the_names_it_was_given() -> None:
    async with serving(names=["Peers.Example.org", "other.example.org:443"]) as server, make_room(server, 1) as group:
        for name in (f"peers.example.org:{server.port}", "other.example.org:443", f"localhost:{server.port}"):
            async with wire(group.link) as newcomer:
                await newcomer.enter(server_name=name)


async def test_a_name_in_another_script_is_the_one_that_links_have() -> None:
    async with serving(names=["Bücher.example"]) as server, make_room(server, 1) as group, wire(group.link) as newcomer:
        await newcomer.enter(server_name=f"xn--bcher-kva.example:{server.port}")


async def test_what_cannot_be_a_name_is_refused_at_the_start() -> None:
    with pytest.raises(ServeError, match=r"a\.\.b is no name of a server"):
        async with serving(names=["a..b"]):
            pass


async def test_a_proof_that_was_overheard_is_of_no_use(local: Local) -> None:
    async with make_room(local, 1) as group, wire(group.link, group.leader.key) as honest:
        await honest.enter()
        assert honest.proof is not None
        async with wire(group.link, group.leader.key) as thief:
            await thief.greet()
            await thief.send(honest.proof)
            assert await thief.bye() == "refused"


async def test_the_eleventh_failed_try_within_a_minute_is_told_to_wait(fed: Local) -> None:
    async with make_room(fed, 1) as group:
        for _ in range(FAILED_FROM_ONE_ADDRESS):
            async with wire(fed.new_link()) as stranger:
                await stranger.prove()
                assert await stranger.bye() == "refused"
        async with wire(group.link) as honest:
            assert await honest.bye() == "too_fast"
        await fed.advance(60_000)
        async with wire(group.link) as honest:
            await honest.enter()


async def test_tries_at_the_same_time_are_counted_like_tries_in_a_row(fed: Local) -> None:
    async with make_room(fed, 1), contextlib.AsyncExitStack() as stack:
        tries = FAILED_FROM_ONE_ADDRESS + 3
        strangers = [await stack.enter_async_context(wire(fed.new_link())) for _ in range(tries)]
        greetings = [await stranger.greet() for stranger in strangers]
        codes: list[str] = []
        for stranger, greeting in zip(strangers, greetings, strict=True):
            await stranger.prove_it(*greeting)
            codes.append(await stranger.bye())
        assert codes == ["refused"] * FAILED_FROM_ONE_ADDRESS + ["too_fast"] * 3


def test_an_ipv6_neighbourhood_is_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")


def test_fifty_failures_in_a_second_are_too_many_for_everybody() -> None:
    clock = FedClock(NOON)
    failures = Failures(clock.now)
    for number in range(FAILED_IN_ALL):
        assert not failures.too_many("192.0.2.250")
        failures.note(f"192.0.2.{number}")
    assert failures.too_many("192.0.2.250")
    clock.step(NOON + 1_000)
    assert not failures.too_many("192.0.2.250")


def test_failures_are_forgotten_in_time_and_in_memory() -> None:
    clock = FedClock(NOON)
    failures = Failures(clock.now)
    for number in range(12_000):
        clock.step(clock.now() + 10)
        failures.note(f"10.{number // 65536}.{number // 256 % 256}.{number % 256}")
    assert len(failures._by_address) < 10_500


# -- limits ------------------------------------------------------------------------------------------------------


async def test_one_connection_too_many_of_an_address_is_told_full_and_may_come_when_one_has_left() -> None:
    async with serving(limit_of_one=2) as server, make_room(server, 1) as group:
        async with wire(group.link) as second, wire(group.link) as third:
            await second.greet()
            assert await third.bye() == "full"
        await eventually(lambda: server.process.metrics.connections == 1)
        async with wire(group.link) as fourth:
            await fourth.enter()


async def test_one_connection_too_many_in_all_is_told_full() -> None:
    async with serving(limit_in_all=1) as server, make_room(server, 1) as group, wire(group.link) as second:
        assert await second.bye() == "full"
        await room_is_unharmed(group)


# -- making rooms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "key", "given", "made"),
    [
        ("anyone", "", "", True),
        ("anyone", "", "whatever", True),
        ("key", "sesame", "sesame", True),
        ("key", "sesame", "Sesame", False),
        ("key", "sesame", "", False),
        ("key", "", "", False),
        ("nobody", "sesame", "sesame", False),
    ],
)
async def test_rooms_are_made_by_those_who_may(who: str, key: str, given: str, made: bool) -> None:
    async with serving() as server:
        door = server.process._door
        assert door is not None
        door._creating = door._creating._replace(who=who, key=key)
        link = server.new_link()
        async with wire(link) as founder:
            await founder.prove(Purpose.CREATE, key=given)
            if not made:
                assert await founder.bye() == "exists"
                assert await server.entries(link.room) == []
                return
            while (frame := await founder.frame()) is not None and not isinstance(frame, PresenceFrame):
                assert not isinstance(frame, ByeFrame)
            assert len(await server.entries(link.room)) == 2


async def test_a_room_that_exists_cannot_be_made_again(local: Local) -> None:
    async with make_room(local, 1) as group:
        before = await local.entries(group.link.room)
        async with wire(group.link) as second:
            await second.prove(Purpose.CREATE)
            assert await second.bye() == "exists"
        assert await local.entries(group.link.room) == before


async def test_who_made_a_room_and_lost_the_connection_before_knowing_makes_it_again_and_is_in(local: Local) -> None:
    link = local.new_link()
    async with wire(link) as founder:
        await founder.enter(Purpose.CREATE)
        async with wire(link, founder.key) as again:
            assert (await again.enter(Purpose.CREATE)).seat == 1
    assert len(await local.entries(link.room)) == 2


# -- in the room -------------------------------------------------------------------------------------------------

MALFORMED: dict[str, Callable[[bytes], str | bytes]] = {
    "text": lambda id: "raise_hand",
    "garbage": lambda id: b"\xc1",
    "an unknown command": lambda id: msgpack.packb([["command", id, 1, ["open_sesame"]]]),
    "a command of the server's": lambda id: msgpack.packb([["command", id, 1, ["notice_lost", 1]]]),
    "letting oneself in": lambda id: msgpack.packb([["command", id, 1, ["admit", b"", b"", b"", b"", 0]]]),
    "a word for a number": lambda id: msgpack.packb([["command", id, 1, ["give_floor", "one"]]]),
    "an intent that does not exist": lambda id: msgpack.packb([["command", id, 1, ["raise_hand", "shout"]]]),
    "a counter that is a fraction": lambda id: msgpack.packb([["command", id, 1.5, ["hold"]]]),
    "a field left out": lambda id: msgpack.packb([["command", id, 1, ["give_floor"]]]),
    "nothing where the body goes": lambda id: msgpack.packb([["command", id, 1, None]]),
    "longer than 16 KiB": lambda id: encode([CommandFrame(id, 1, NameRoom(bytes(MESSAGE_AT_MOST)))]),
    "nine commands at once": lambda id: encode([CommandFrame(id, 1, HAND)] * 9),
    "an id of 15 bytes": lambda id: encode([CommandFrame(id[:15], 1, HAND)]),
    "a deep nest": lambda id: b"\x91" * 10_000,
}
NAMED: dict[str, Callable[[bytes], bytes]] = {
    "text": lambda id: b"",
    "garbage": lambda id: b"",
    "longer than 16 KiB": lambda id: b"",
    "nine commands at once": lambda id: b"",
    "an id of 15 bytes": lambda id: id[:15],
    "a deep nest": lambda id: b"",
}
"""The ids by which the refusals go; where nothing is said, the command's own."""


@pytest.mark.parametrize("what", MALFORMED)
async def test_a_malformed_command_is_refused_by_its_id_and_harms_nothing(what: str, local: Local) -> None:
    async with make_room(local, 2, session=True) as group, wire(group.link, group.others[0].key) as member:
        await group.others[0].stop()
        await member.enter()
        id = secrets.token_bytes(16)
        before = await local.entries(group.link.room)
        await member.socket.send(MALFORMED[what](id))
        refused = await member.next(Refused)
        assert refused.code == "malformed"
        assert refused.id == NAMED.get(what, lambda id: id)(id)
        assert await local.entries(group.link.room) == before
        await member.command(1, HAND)
        await member.next(Events)
        assert len(await local.entries(group.link.room)) == len(before) + 1
        assert group.leader.state is State.LIVE


async def test_the_tenth_unreadable_message_ends_the_connection(local: Local) -> None:
    async with make_room(local, 1) as group, wire(group.link, DeviceKey.generate()) as member:
        await member.enter()
        for _ in range(9):
            await member.socket.send(b"\xc1")
            await member.next(Refused)
        await member.socket.send(b"\xc1")
        assert await member.bye() == "malformed"
        await room_is_unharmed(group)


@pytest.mark.parametrize("frame", [hello(), Proof(bytes(64), "x:1")], ids=["hello", "proof"])
async def test_a_handshake_in_the_room_ends_the_connection(frame: Frame, local: Local) -> None:
    async with make_room(local, 1) as group, wire(group.link) as member:
        await member.enter()
        await member.send(frame)
        assert await member.bye() == "malformed"


@pytest.mark.parametrize("after", [-(2**63), -1, 2**63 - 1, 2**64 - 1])
async def test_history_may_be_asked_for_from_anywhere(after: int, tmp_path: Path) -> None:
    journal = await SqliteJournal.open(tmp_path / "rooms.db")  # whose integers end at 2⁶³
    async with serving(journal) as server, make_room(server, 1) as group, wire(group.link) as member:
        await member.enter()
        await member.send(History(after), Ping(1))
        page = await member.next(Entries)
        assert len(page.entries) == (0 if after > 0 else 4)
        await member.next(Pong)
        await room_is_unharmed(group)


@pytest.mark.parametrize("number", [-(2**63), -1, 0, 2**31, 2**63 - 1, 2**64 - 1])
async def test_no_number_in_any_frame_harms_the_room(number: int) -> None:
    """Counters, seats and quantities at the edges of what MessagePack can say."""
    async with serving(paced=False) as local, make_room(local, 2, session=True) as group:
        bodies = [
            seats.SetRole(number, Role.PARTICIPANT),
            seats.GiveGuestSeat(number, number),
            seats.RemoveMember(number),
            attendance.SetAttending(number, True),
            seats.SetTimekeeper(number),
            agreement.AnswerAgreement(number),
            session.StartSession([agenda.PhasePlan("a", b"", number, FloorMode.QUEUE, holder=number)], number),
            session.EndSession(number),
            agenda.ExtendPhase(number),
            agenda.SetIssueHolder(number),
            hands.RaiseHand(Intent.SPEAK, seat=number),
            hands.PlaceHand(bytes(16), number),
            turns.GiveFloor(number),
            turns.ExtendTurn(bytes(16), number),
            settings.ChangeSettings(settings.Settings(Order.FAIR, carry_percent=number)),
            settings.ChangeSettings(settings.Settings(limit_ms=number)),
        ]
        for counter in (number, 1):
            async with wire(group.link, group.leader.key) as leader:
                await leader.enter(counter=counter, seq=number)
                for body in bodies:
                    await leader.command(counter, body)
                    await leader.send(Ping(1))
                    while not isinstance(frame := await leader.frame(), Pong):
                        assert not isinstance(frame, ByeFrame), (body, frame)
                await leader.send(AnswerKnock(b"", True, number), Relay(RelayType.INVITE, number), Ping(number))
                await leader.next(Pong)
        assert group.others[0].state is State.LIVE


async def test_a_command_out_of_role_is_refused(local: Local) -> None:
    async with make_room(local, 2, session=True) as group:
        refusal = await group.others[0].ask(NameRoom(bytes(61)))
        assert refusal is not None
        assert refusal.code == "not_allowed"


async def test_a_gap_in_the_counter_is_refused_until_it_is_filled(local: Local) -> None:
    async with make_room(local, 1, session=True) as group, wire(group.link) as member:
        await member.enter()
        early = await member.command(2, RaiseHand(Intent.PROCESS))
        assert await member.next(Refused) == Refused(early, "command_gap")
        zero = await member.command(0, HAND)
        assert await member.next(Refused) == Refused(zero, "command_gap")
        first = await member.command(1, HAND)
        again = await member.command(2, RaiseHand(Intent.PROCESS), early)
        await group.leader.until(lambda room: len(room.floor.hands) == 2)
        entries = [e for e in await local.entries(group.link.room) if e.by == 2]
        assert [(e.id, e.counter) for e in entries] == [(first, 1), (again, 2)]


async def test_the_same_command_twice_is_done_once_and_accepted_twice(local: Local) -> None:
    async with make_room(local, 1, session=True) as group, wire(group.link) as member:
        await member.enter()
        id = await member.command(1, HAND)
        await member.command(1, HAND, id)
        assert await member.next(Accepted) == Accepted(id)
        await member.command(1, HAND, id)
        assert await member.next(Accepted) == Accepted(id)
        assert sum(entry.id == id for entry in await local.entries(group.link.room)) == 1


async def test_a_device_that_lost_its_counters_goes_on_above_those_the_room_has_seen(local: Local) -> None:
    async with make_room(local, 2, session=True) as group:
        old = group.others[0]
        hand = Member.new_id()
        assert await old.ask(HAND, hand) is None
        await old.stop()
        async with Member(group.link, old.key, "Ben") as anew:
            await anew.entered()
            assert await anew.ask(RaiseHand(Intent.PROCESS)) is None


async def test_more_than_a_burst_of_commands_is_refused_for_now(fed: Local) -> None:
    async with make_room(fed, 1, session=True) as group, wire(group.link) as member:
        await member.enter()
        for counter in range(1, 21):
            await member.command(counter, RaiseHand(Intent.SPEAK))
        late = await member.command(21, HAND)
        frames = [await member.next(Refused) for _ in range(20)]
        assert Counter(frame.code for frame in frames) == {"hand_up": 19, "too_fast": 1}
        await fed.advance(200)
        await member.command(21, HAND, late)
        assert await member.next(Refused) == Refused(late, "hand_up")


async def test_a_peer_sends_again_what_was_too_fast_and_all_of_it_arrives_in_order(local: Local) -> None:
    async with make_room(local, 2, session=True) as group:
        ids = [group.others[0].send(ListenToday(on=number % 2 == 0)) for number in range(27)]
        await group.others[0].until(lambda room: not group.others[0].unsent)
        assert local.process.metrics.commands_total < 100  # it does not send all of it every time
        assert [e.id for e in await local.entries(group.link.room) if e.by == 2] == ids


# -- one device, several connections -----------------------------------------------------------------------------


async def test_a_second_connection_of_a_key_takes_over(local: Local) -> None:
    async with make_room(local, 2) as group, wire(group.link, group.others[0].key) as second:
        await second.enter()
        with pytest.raises(TurnedAway) as ended:
            await group.others[0].until(lambda room: False)
        assert ended.value.code == "elsewhere"
        assert group.others[0].state is State.ENDED
        await second.next(PresenceFrame)
        await room_is_unharmed(Group(group.link, [group.leader]))
        assert group.leader.connected == [1, 2]


@pytest.mark.parametrize("purpose", [Purpose.VIEW, Purpose.STAGE])
async def test_who_only_looks_is_not_counted_takes_nothing_over_and_changes_nothing(
    purpose: Purpose, local: Local
) -> None:
    async with (
        make_room(local, 1, session=True, lobby=LobbySetting.ALWAYS) as group,
        wire(group.link, group.leader.key) as looking,
        wire(group.link) as knocking,
    ):
        await looking.enter(purpose)
        await knocking.prove()
        await group.leader.until(lambda room: len(group.leader.waiting) == 1)
        before = await local.entries(group.link.room)
        for frame in (
            CommandFrame(secrets.token_bytes(16), 1, HAND),
            AnswerKnock(knocking.key.public, True),
            Relay(RelayType.INVITE, 1),
        ):
            await looking.send(frame)
            assert (await looking.next(Refused)).code == "not_allowed"
        assert len(group.leader.waiting) == 1
        assert await local.entries(group.link.room) == before
        assert await group.leader.ask(HAND) is None
        assert len((await looking.next(Events)).entries) == 1
        assert group.leader.connected == [1]


async def test_who_only_looks_goes_with_the_member_who_is_removed(local: Local) -> None:
    async with make_room(local, 2) as group, wire(group.link, group.others[0].key) as looking:
        await looking.enter(Purpose.VIEW)
        assert await group.leader.ask(RemoveMember(2)) is None
        assert await looking.bye() == "removed"
        with pytest.raises(TurnedAway) as ended:
            await group.others[0].until(lambda room: False)
        assert ended.value.code == "removed"


# -- the lobby ---------------------------------------------------------------------------------------------------


async def test_a_newcomer_waits_until_a_facilitator_lets_them_in_on_the_same_connection(local: Local) -> None:
    async with make_room(local, 2, lobby=LobbySetting.ALWAYS) as group, wire(group.link) as newcomer:
        await newcomer.prove()
        await newcomer.next(Waiting)
        await newcomer.send(Ping(3))
        await newcomer.next(Pong)
        await group.leader.until(lambda room: bool(group.leader.waiting))
        assert group.leader.people.knocking(group.leader.room, group.leader.waiting[0]) == "Wil"
        assert group.others[0].waiting == []
        group.leader.answer_knock(group.leader.waiting[0], admit=True)
        frames = [await newcomer.frame(), await newcomer.frame()]
        assert [type(f).__name__ for f in frames] == ["Welcome", "Chunk"]
        await group.leader.until(lambda room: not group.leader.waiting and 3 in room.members)
        await newcomer.command(1, ListenToday(on=True))
        await newcomer.next(Events)


async def test_who_knocks_waits_even_where_newcomers_walk_in(local: Local) -> None:
    """A gateway's visitor is let in by somebody; once a member, they walk in like every other."""
    async with make_room(local, 1, lobby=LobbySetting.OFF) as group:
        async with wire(group.link) as visitor:
            await visitor.prove(knocks=True)
            await visitor.next(Waiting)
            await group.leader.until(lambda room: bool(group.leader.waiting))
            group.leader.answer_knock(group.leader.waiting[0], admit=True)
            await visitor.next(Welcome)
        async with wire(group.link, visitor.key) as again:
            await again.prove(knocks=True)
            await again.next(Welcome)


async def test_a_newcomer_who_is_not_let_in_is_told_so_and_leaves_no_trace(local: Local) -> None:
    async with make_room(local, 1, lobby=LobbySetting.ALWAYS) as group, wire(group.link) as newcomer:
        before = await local.entries(group.link.room)
        await newcomer.prove()
        await group.leader.until(lambda room: bool(group.leader.waiting))
        group.leader.answer_knock(group.leader.waiting[0], admit=False)
        assert await newcomer.bye() == "denied"
        await group.leader.until(lambda room: not group.leader.waiting)
        assert await local.entries(group.link.room) == before


async def test_a_newcomer_may_take_over_a_guest_seat(local: Local) -> None:
    async with make_room(local, 1, lobby=LobbySetting.ALWAYS) as group, wire(group.link) as newcomer:
        await room_is_unharmed(group)  # adds a guest, seat 2
        await newcomer.prove()
        await group.leader.until(lambda room: bool(group.leader.waiting))
        group.leader.answer_knock(group.leader.waiting[0], admit=True, guest=2)
        assert (await newcomer.next(Welcome)).seat == 2
        assert sorted(group.leader.room.members) == [1, 2]


async def test_a_knock_ends_with_its_connection(local: Local) -> None:
    async with make_room(local, 1, lobby=LobbySetting.ALWAYS) as group:
        async with wire(group.link) as newcomer:
            await newcomer.prove()
            await group.leader.until(lambda room: bool(group.leader.waiting))
            knock = group.leader.waiting[0]
        await group.leader.until(lambda room: not group.leader.waiting)
        group.leader.answer_knock(knock, admit=True)
        await room_is_unharmed(group)
        assert sorted(group.leader.room.members) == [1, 2]  # the guest, nobody else


async def test_knocking_twice_with_one_device_is_one_knock_and_the_first_connection_ends(local: Local) -> None:
    async with make_room(local, 1, lobby=LobbySetting.ALWAYS) as group, wire(group.link) as first:
        await first.prove()
        await group.leader.until(lambda room: bool(group.leader.waiting))
        async with wire(group.link, first.key) as second:
            await second.prove()
            assert await first.bye() == "elsewhere"
            await second.send(Ping(1))
            await second.next(Pong)
            async with wire(group.link, group.leader.key) as leader:
                await leader.enter()
                assert len((await leader.next(Lobby)).waiting) == 1
                await leader.send(AnswerKnock(first.key.public, True))
                while not isinstance(await second.frame(), PresenceFrame):
                    pass


async def test_only_facilitators_let_people_in(local: Local) -> None:
    async with make_room(local, 2, lobby=LobbySetting.ALWAYS) as group, wire(group.link) as newcomer:
        await newcomer.prove()
        await group.leader.until(lambda room: bool(group.leader.waiting))
        group.others[0].answer_knock(Knock(newcomer.key.public, b"", b"", b""), admit=True)
        await room_is_unharmed(group)
        assert len(group.leader.waiting) == 1


async def test_the_lobby_is_left_open_or_closed_by_setting(local: Local) -> None:
    """`session`: only while one runs."""
    async with make_room(local, 1, lobby=LobbySetting.SESSION) as group:
        async with wire(group.link) as between:
            await between.enter()
        assert await group.leader.ask(StartSession([phase()])) is None
        async with wire(group.link) as during:
            await during.prove()
            await during.next(Waiting)


# -- the agreement -----------------------------------------------------------------------------------------------


async def agreement_for(group: Group, text: str = "What is said here stays here.") -> None:
    id = Member.new_id()
    sealed = group.leader.seal(FieldKind.AGREEMENT, text, id)
    assert await group.leader.ask(SetAgreement(sealed), id) is None


async def test_before_the_agreement_is_answered_nothing_else_is_sent(local: Local) -> None:
    async with make_room(local, 2) as group, wire(group.link) as newcomer:
        await agreement_for(group)
        await newcomer.prove()
        agreement = await newcomer.next(AgreementFirst)
        assert group.leader.sealer.open(FieldKind.AGREEMENT, agreement.text, agreement.author, agreement.id).startswith(
            "What is said"
        )
        await room_is_unharmed(group)  # something happens in the room meanwhile
        for counter, body in ((1, HAND), (1, ListenToday(on=True))):
            await newcomer.command(counter, body)
        await newcomer.send(History(0))
        await newcomer.send(Relay(RelayType.INVITE, 1))
        await newcomer.send(AnswerKnock(b"", True))
        await newcomer.send(Relay(RelayType.AGREEMENT_TALK, 0))
        await newcomer.send(Ping(9))
        while not isinstance(frame := await newcomer.frame(), Pong):
            assert isinstance(frame, Refused)
            assert frame.code == "not_allowed"
        tags = {frame[0] for message in newcomer.messages for frame in msgpack.unpackb(message)}
        assert tags == {"challenge", "agreement_first", "refused", "pong"}
        await newcomer.command(0, AnswerAgreement(agreement.version))
        tags_after = [type(await newcomer.frame()).__name__ for _ in range(2)]
        assert tags_after == ["Welcome", "Chunk"]
        await group.leader.until(lambda room: room.members[3].agreed == agreement.version)


async def test_a_wish_to_talk_about_the_agreement_reaches_the_facilitators_alone(local: Local) -> None:
    async with make_room(local, 2) as group:
        await agreement_for(group)
        told: dict[int, list[Notice]] = {1: [], 2: []}
        for member in group.members:
            member.watch(told[member.seat].append)
        async with Member(group.link, DeviceKey.generate(), "Wil") as newcomer:
            await newcomer.until(lambda room: newcomer.state is State.AGREEMENT)
            await soon(newcomer.answer_agreement(talk=True))
            await newcomer.entered()
        await group.caught_up()
        assert [n.seat for n in told[1] if isinstance(n, Told)] == [3]
        assert not [n for n in told[2] if isinstance(n, Told)]


async def test_an_agreement_that_changes_while_it_is_read_is_shown_again(local: Local) -> None:
    async with make_room(local, 1) as group:
        await agreement_for(group)
        async with Member(group.link, DeviceKey.generate(), "Wil") as newcomer:
            await newcomer.until(lambda room: newcomer.agreement is not None)
            await agreement_for(group, "Another one.")
            await soon(newcomer.answer_agreement())
            await newcomer.until(lambda room: newcomer.agreement is not None and newcomer.agreement.version == 2)
            await soon(newcomer.answer_agreement())
            await newcomer.entered()
            assert newcomer.room.members[2].agreed == 2


async def test_who_has_not_answered_the_agreement_cannot_look_past_it(local: Local) -> None:
    async with make_room(local, 1) as group, wire(group.link) as newcomer:
        await agreement_for(group)
        await newcomer.prove()
        await newcomer.next(AgreementFirst)
        async with wire(group.link, newcomer.key) as looking:
            await looking.prove(Purpose.VIEW)
            assert await looking.bye() == "refused"


async def test_who_is_removed_while_reading_the_agreement_does_not_come_in(local: Local) -> None:
    async with make_room(local, 1) as group, wire(group.link) as newcomer:
        await agreement_for(group)
        await newcomer.prove()
        await newcomer.next(AgreementFirst)
        assert await group.leader.ask(RemoveMember(2)) is None
        assert await newcomer.bye() == "removed"


# -- private words, and the hold ---------------------------------------------------------------------------------


async def test_an_invitation_to_come_in_reaches_its_seat_alone_and_leaves_no_trace(local: Local) -> None:
    async with make_room(local, 3, session=True) as group:
        told: dict[int, list[Notice]] = {member.seat: [] for member in group.members}
        for member in group.members:
            member.watch(told[member.seat].append)
        before = await local.entries(group.link.room)
        group.leader.tell(RelayType.INVITE, 2)
        await group.others[0].until(lambda room: any(isinstance(n, Told) for n in told[2]))
        group.others[0].tell(RelayType.INVITE_ANSWER, 1, b"not now")
        await group.leader.until(lambda room: any(isinstance(n, Told) for n in told[1]))
        group.others[0].tell(RelayType.INVITE, 3)  # not a facilitator's
        group.others[0].tell(RelayType.COMMIT, 0)  # not a private word
        assert await local.entries(group.link.room) == before
        await room_is_unharmed(group)
        words = {seat: [n for n in notices if isinstance(n, Told)] for seat, notices in told.items()}
        assert {seat: len(found) for seat, found in words.items()} == {1: 1, 2: 1, 3: 0}


async def test_nothing_anywhere_says_who_pressed_hold(local: Local, caplog: pytest.LogCaptureFixture) -> None:
    async with make_room(local, 3, session=True) as group, wire(group.link, group.others[0].key) as looking:
        await looking.enter(Purpose.VIEW)
        caplog.set_level("DEBUG")
        before = group.leader.room.seen.copy()
        assert await group.others[1].ask(Hold()) is None
        await group.leader.until(lambda room: room.running is not None and room.running.held_since is not None)
        entry = (await local.entries(group.link.room))[-1]
        assert (entry.by, entry.counter) == (0, 0)
        seen = group.leader.room.seen
        assert {ik: seen[ik].highest for ik in before} == {ik: s.highest for ik, s in before.items()}
        assert set(seen) - set(before) == {b""}
        assert not any(entry.id in s.recent for ik, s in seen.items() if ik)
        frames = (await looking.next(Events)).entries[-1]
        assert (frames.by, frames.counter) == (0, 0)
        assert "3" not in [r.getMessage() for r in caplog.records]
        assert not [r for r in caplog.records if r.name.startswith("evenly_server")]


async def test_hold_sent_twice_after_a_reconnect_holds_once(local: Local) -> None:
    async with make_room(local, 1, session=True) as group, wire(group.link) as member:
        await member.enter()
        id = await member.command(0, Hold())
        await member.next(Events)
        await member.command(0, Hold(), id)
        assert await member.next(Accepted) == Accepted(id)
        assert sum(e.id == id for e in await local.entries(group.link.room)) == 1


async def test_a_hold_whose_answer_was_lost_holds_once_however_many_came_since(local: Local) -> None:
    async with make_room(local, 2, session=True) as group:
        member = group.others[0]
        held = member.send(Hold())
        await group.leader.until(lambda room: room.running is not None and room.running.held_since is not None)
        await member.until(lambda _: not member.unsent)
        for _ in range(OUTCOMES_KEPT + 1):
            assert await group.leader.ask(Resume()) is None
            assert await group.leader.ask(Hold()) is None
        assert await group.leader.ask(Resume()) is None
        async with wire(group.link, member.key) as again:
            await again.enter()
            await again.send(CommandFrame(held, 0, Hold(b"")))
            assert await again.next(Accepted) == Accepted(held)
        assert sum(entry.id == held for entry in await local.entries(group.link.room)) == 1


async def test_the_challenge_is_never_the_same(local: Local) -> None:
    nonces: set[bytes] = set()
    for _ in range(5):
        async with wire(local.new_link()) as stranger:
            await stranger.send(hello())
            nonces.add((await stranger.next(Challenge)).nonce)
    assert len(nonces) == 5
