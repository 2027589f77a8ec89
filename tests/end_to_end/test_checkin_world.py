"""Check-ins with anything that can happen, in any order: who finishes has the right sum, or all are told that there is
none; nobody hangs, and nobody's answer is ever the difference of two sums.

`AnyCloses`   the server's relay as it is, members who drop out, come back, start anew and lie; in virtual time
`AnyServer`   a server that lies, with two members on its side, against honest members
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Coroutine
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import msgspec
import pytest
from evenly_client.checkins import blocks, derivations
from evenly_client.checkins.attempt import Attempt
from evenly_client.checkins.ballots import BadAnswer
from evenly_client.checkins.derivations import Context
from evenly_client.checkins.ledger import TOO_ALIKE, MemoryLedger
from evenly_client.checkins.participant import Asked, Participant, Verdict
from evenly_protocol.attendance import ComeBack, LeaveCall, StepAway
from evenly_protocol.checkins import (
    ENDINGS,
    CheckIn,
    CloseCheckIn,
    ResultRecorded,
    WithdrawCheckIn,
    electorate,
    open_check_in,
)
from evenly_protocol.relayed import Masked, Opened, pack, restorable
from evenly_protocol.session import EndSession, Hold, Resume, StartSession
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import TEXT_KINDS, CheckInKind, CheckInState, Presence
from hypothesis import Phase, seed
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.client.checkins.table import ROOM, ROOM_KEY, Table, masked_in, opening_in, released_in, shown
from tests.end_to_end.lies import LIES
from tests.end_to_end.test_checkin_attacks import Careless, Keeps, Twice
from tests.hall import OVER, Device, Hall
from tests.protocol.world import phase
from tests.virtual_time import jumping

LONGEST_S = 20 * 60
"""However it goes, everything is over after this long without anybody doing anything."""

KINDS = [CheckInKind.SCALE, CheckInKind.MULTI, CheckInKind.YESNO, CheckInKind.WORDS]
QUESTIONS = ["How was it?", "And now?"]
SENT = [RelayType.COMMIT, RelayType.REVEAL, RelayType.MASK, RelayType.OPEN, RelayType.SHARES, RelayType.RESULT]
TROUBLES = [
    "cut",
    "cut and back",
    "freezes",
    "starts anew",
    "leaves",
    "all are cut and back",
    "the server is killed",
    "the session ends",
    "somebody joins",
]
LATER = st.sampled_from([0.0, 0.005, 0.015])
"""Seconds: before it has arrived, or after."""


class AnyCloses(RuleBasedStateMachine):
    """The relay of the server, and what may become of those whom it asks."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = jumping()
        self.liars: set[int] = set()
        self.hall: Hall
        self.opened = 0

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Goes on for as long as this takes; whatever failed on the way is raised."""
        self.runner.run(work)
        errors = self.hall.loop.errors  # type: ignore[attr-defined]
        assert not errors, errors

    @initialize(people=st.integers(3, 7), liars=st.integers(0, 2), observers=st.integers(0, 1), data=st.data())
    def begins(self, people: int, liars: int, observers: int, data: st.DataObject) -> None:
        async def begin() -> None:
            self.hall = Hall(people + observers, observers=[people + 1] * observers)
            await self.hall.everybody_knows()

        self.observers = observers
        self.run_first(begin())
        self.liars = set(data.draw(st.permutations(range(2, people + 1)), "liars")[: liars if people > 4 else 0])
        kind = data.draw(st.sampled_from(KINDS), "kind")
        self.opens(kind, 0)

    def run_first(self, work: Coroutine[Any, Any, Any]) -> None:
        self.runner.run(work)

    # -- what people do --------------------------------------------------------------------------------------------

    @property
    def current(self) -> CheckIn | None:
        return open_check_in(self.hall.room)

    def device(self, number: int) -> Device:
        return self.hall.devices[number % len(self.hall.devices)]

    def does(self, command: Any, by: int = 1) -> None:
        async def give() -> None:
            self.hall.do(command, by)

        self.run(give())

    @precondition(lambda self: self.current is None and self.hall.up and self.hall.room.running is not None)
    @rule(kind=st.sampled_from(KINDS), question=st.integers(0, 1))
    def opens(self, kind: CheckInKind, question: int) -> None:
        async def open_one() -> None:
            options = ["left", "right"] if kind is CheckInKind.MULTI else []
            self.hall.try_to_open(kind, options, question=QUESTIONS[question])
            await self.hall.passes(0.2)

        self.run(open_one())

    @precondition(lambda self: self.current is not None)
    @rule(number=st.integers(0, 8), chosen=st.integers(0, 2), done=st.booleans())
    def somebody_answers(self, number: int, chosen: int, done: bool) -> None:
        async def answers() -> None:
            device, current = self.device(number), self.current
            if current is None or device.check_ins.open is None or device.check_ins.open.id != current.id:
                return
            if chosen < 2:
                device.check_ins.answer(current.id, f"word {chosen}" if current.kind in TEXT_KINDS else (chosen,))
            if done:
                device.check_ins.done(current.id)

        self.run(answers())

    @precondition(lambda self: self.current is not None)
    @rule(chosen=st.integers(0, 1))
    def everybody_answers(self, chosen: int) -> None:
        for number in range(len(self.hall.devices)):
            self.somebody_answers(number, (number + chosen) % 3, False)

    @precondition(lambda self: self.current is not None and self.hall.up)
    @rule(takes_back=st.integers(0, 5), ms=st.sampled_from([0, 10, 25, 40, 65, 90]))
    def it_closes(self, takes_back: int, ms: int) -> None:
        """And goes on for a moment: whatever happens next may happen at any step."""
        current = self.current
        assert current is not None
        self.does(CloseCheckIn(current.id) if takes_back else WithdrawCheckIn(current.id))
        self.run(self.hall.passes(ms / 1000))

    @precondition(lambda self: self.hall.up)
    @rule(number=st.integers(0, 8), at=st.sampled_from(SENT), what=st.sampled_from(TROUBLES), after_s=LATER)
    def something_happens_the_next_time_at_a_step(self, number: int, at: RelayType, what: str, after_s: float) -> None:
        """When this device has sent this, at that very step; it does as it should itself."""
        device = self.device(number)
        if device.seat in self.liars:
            return

        def once(sender: Device, honest: Relay) -> list[Relay]:
            if honest.type is at:
                sender.lie = None
                self.hall.loop.call_later(after_s, self.happens, sender, what)
            return [honest]

        device.lie = once

    def happens(self, device: Device, what: str) -> None:
        hall = self.hall
        match what:
            case "cut":
                hall.drop(device)
            case "cut and back":
                hall.drop(device)
                hall.loop.call_later(2, hall.connect, device)
            case "freezes":
                device.freeze()
            case "starts anew":
                hall.restart(device)
            case "leaves":
                hall.do(LeaveCall(), device.seat)
            case "all are cut and back":
                for n, other in enumerate(hall.devices):
                    hall.drop(other)
                    hall.loop.call_later(0.5 + n / 4, hall.connect, other)
            case "the server is killed":
                hall.kill_server()
                hall.start_server()
                for n, other in enumerate(hall.devices):
                    hall.loop.call_later(0.5 + n / 4, hall.connect, other)
            case "the session ends":
                hall.do(EndSession(hall.room.session.number if hall.room.session else 0))
            case "somebody joins":
                if len(hall.devices) < 9:
                    hall.newcomer()

    @precondition(lambda self: self.current is None and self.hall.up and self.hall.room.running is not None)
    @rule(kind=st.sampled_from(KINDS), question=st.integers(0, 1), seconds=st.sampled_from([1, 12, 45]))
    def a_whole_check_in(self, kind: CheckInKind, question: int, seconds: float) -> None:
        self.opens(kind, question)
        self.everybody_answers(question)
        if self.current is not None:
            self.it_closes(1, 0)
            self.run(self.hall.passes(seconds))

    @rule(number=st.integers(0, 8), agree=st.booleans())
    def somebody_is_asked_whether_so_few_are_enough(self, number: int, agree: bool) -> None:
        async def says() -> None:
            for device in self.hall.devices[number % 3 :]:
                for id in list(device.mine.asks_few):
                    device.check_ins.go_on(id, agree=agree)

        self.run(says())

    @rule(number=st.integers(0, 8), back_after_s=st.sampled_from([None, 0.5, 4, 30]))
    def a_line_is_cut(self, number: int, back_after_s: float | None) -> None:
        async def cut() -> None:
            self.hall.drop(self.device(number))
            if back_after_s is not None:
                self.hall.loop.call_later(back_after_s, self.hall.connect, self.device(number))

        self.run(cut())

    @rule(number=st.integers(0, 8))
    def a_line_is_back(self, number: int) -> None:
        async def connect() -> None:
            self.hall.connect(self.device(number))

        self.run(connect())

    @rule(number=st.integers(0, 8))
    def a_program_starts_anew(self, number: int) -> None:
        async def restart() -> None:
            self.hall.restart(self.device(number))

        self.run(restart())

    @rule(number=st.integers(0, 8), thaws=st.booleans())
    def a_machine_freezes_or_goes_on(self, number: int, thaws: bool) -> None:
        async def change() -> None:
            device = self.device(number)
            device.thaw() if thaws else device.freeze()

        self.run(change())

    @rule(number=st.integers(0, 8), delay=st.sampled_from([0.01, 0.2, 1.5, 6]))
    def a_line_is_slow(self, number: int, delay: float) -> None:
        self.device(number).down.delay = delay

    @precondition(lambda self: self.liars)
    @rule(which=st.integers(0, 1), lie=st.sampled_from([None, "twice what it should", *LIES]))
    def a_liar_lies(self, which: int, lie: str | None) -> None:
        device = self.hall.devices[sorted(self.liars)[which % len(self.liars)] - 1]
        device.mine.doubles = lie == "twice what it should"
        device.lie = LIES.get(lie or "")

    @rule(number=st.integers(1, 8), command=st.sampled_from([LeaveCall, StepAway, ComeBack]))
    def somebody_leaves_or_comes(self, number: int, command: Any) -> None:
        self.does(command(), self.device(number).seat)

    @precondition(lambda self: len(self.hall.devices) < 9 and self.hall.up)
    @rule()
    def somebody_joins(self) -> None:
        async def join() -> None:
            self.hall.newcomer()

        self.run(join())

    @rule(down_s=st.sampled_from([0, 0.5, 20]), apart_s=st.sampled_from([0.01, 0.3, 3]), killed=st.integers(0, 3))
    def the_server_is_killed(self, down_s: float, apart_s: float, killed: int) -> None:
        async def kill() -> None:
            self.hall.kill_server()
            await self.hall.passes(down_s)
            self.hall.start_server()
            for n, device in enumerate(self.hall.devices):
                self.hall.loop.call_later(apart_s * (n + 1), self.hall.connect, device)

        if not killed:
            self.run(kill())

    @rule(what=st.sampled_from([Hold(), Resume(), "end", "start"]))
    def the_session_goes_on_otherwise(self, what: Any) -> None:
        running = self.hall.room.running
        if what == "end":
            what = EndSession(running.number if running else 0)
        elif what == "start":
            what = StartSession([phase()])
        self.does(what)

    @rule(seconds=st.sampled_from([0.02, 0.06, 0.5, 3, 11, 40, 130]))
    def time_passes(self, seconds: float) -> None:
        self.run(self.hall.passes(seconds))

    # -- what always holds -----------------------------------------------------------------------------------------

    @property
    def honest(self) -> list[Device]:
        return [d for d in self.hall.devices if d.seat not in self.liars]

    def said_in(self, ctx: bytes, members: tuple[bytes, ...], in_words: bool) -> Any:
        """What those who were in an attempt have put into it, added up; their words, counted."""
        devices = [self.hall.device_of(member) for member in members]
        put = [d.put_in[ctx] for d in devices if d is not None]
        assert len(put) == len(members)
        return Counter(put) if in_words else sum(put)

    @invariant()
    def whoever_has_a_result_has_the_right_one(self) -> None:
        if not hasattr(self, "hall"):
            return
        for device in self.honest:
            for came in device.came:
                check_in = self.hall.check_in(came.check_in)
                in_words = check_in.kind in TEXT_KINDS
                plain = derivations.opened_result(self.hall.room_keys.room_key, ROOM_ID, came.check_in, came.sealed)
                assert plain is not None
                if in_words:
                    texts = blocks.texts(plain, len(came.members))
                    assert texts is not None
                    found: Any = Counter(text.decode() for text in texts)
                else:
                    found = int.from_bytes(plain, "little")
                assert found == self.said_in(came.ctx, came.members, in_words)

    @invariant()
    def of_a_check_in_there_is_one_electorate(self) -> None:
        if not hasattr(self, "hall"):
            return
        of: dict[bytes, set[tuple[bytes, ...]]] = {}
        for device in self.honest:
            for came in device.came:
                of.setdefault(came.check_in, set()).add(came.members)
        assert all(len(electorates) == 1 for electorates in of.values())

    @invariant()
    def nobody_opens_twice_nor_with_almost_the_same_people(self) -> None:
        if not hasattr(self, "hall"):
            return
        for device in self.honest:
            burns = [b for b in device.ledger.burns if b.stage != "A"]
            assert len({b.check_in for b in burns}) == len(burns)
            for one, other in combinations(burns, 2):
                if one.question == other.question:
                    assert not 1 <= len(one.members ^ other.members) <= TOO_ALIKE

    @invariant()
    def what_is_recorded_is_what_its_members_came_to(self) -> None:
        if not hasattr(self, "hall"):
            return
        recorded = [e for n in self.hall.world.entries for e in n.events if isinstance(e, ResultRecorded)]
        assert len({e.check_in for e in recorded}) == len(recorded)
        for event in recorded:
            those_in = [d for d in self.honest if d.verdict(event.check_in) is Verdict.IN]
            came = [(d, c) for d in self.honest for c in d.came if c.check_in == event.check_in]
            assert {c.sealed for d, c in came if d in those_in} <= {event.result}
            for members in {c.members for _, c in came}:
                liars = sum(d.key.public in members for d in self.hall.devices if d.seat in self.liars)
                if 2 * liars < len(members):
                    assert {c.sealed for _, c in came} == {event.result}
                    assert event.taking_part == len(members)
                    assert {d.key.public for d in those_in} <= set(members)

    @invariant()
    def an_end_is_said_in_words(self) -> None:
        if hasattr(self, "hall"):
            assert all(c.code in ENDINGS for c in self.hall.room.check_ins if c.state is CheckInState.GIVEN_UP)

    @invariant()
    def nobody_honest_is_told_off(self) -> None:
        if hasattr(self, "hall"):
            assert not any(d.refused for d in self.honest)

    def teardown(self) -> None:
        try:
            if hasattr(self, "hall"):
                self.ends()
        finally:
            self.runner.close()

    def ends(self) -> None:
        """Nobody does anything any more: what is under way ends all the same, and the next one goes well."""

        async def rest() -> None:
            hall = self.hall
            hall.do(Resume())
            current = open_check_in(hall.room)
            if current is not None:
                hall.do(CloseCheckIn(current.id))
            await hall.until(lambda: all(c.state in OVER for c in hall.room.check_ins), LONGEST_S)

        self.run(rest())
        for name in ("whoever_has_a_result_has_the_right_one", "what_is_recorded_is_what_its_members_came_to"):
            getattr(self, name)()
        self.of_a_check_in_there_is_one_electorate()
        self.nobody_opens_twice_nor_with_almost_the_same_people()
        self.run(self.and_all_is_well_again())

    async def and_all_is_well_again(self) -> None:
        """Whatever has been, once all tell the truth and are there a new question has its answer."""
        hall = self.hall
        for device in hall.devices:
            device.lie, device.mine.doubles, device.down.delay = None, False, 0.01
        await hall.passes(30)
        for device in hall.devices:
            device.thaw()
        hall.connect_all()
        await hall.passes(30)
        if hall.room.running is None:
            hall.do(StartSession([phase()]))
        for device in hall.devices:
            if hall.room.members[device.seat].presence is not Presence.HERE:
                hall.do(ComeBack(), device.seat)
        await hall.passes(30)
        id = hall.open(CheckInKind.FIST, question="All well again?")
        await hall.passes(30)
        hall.do(CloseCheckIn(id))
        check_in = await hall.ends(id)
        assert check_in.state is CheckInState.RECORDED, check_in.code
        assert len(electorate(hall.room)) == len(hall.devices) - self.observers
        without = [d.seat for d in hall.devices if d.verdict(id) is not Verdict.IN]
        assert check_in.taking_part == len(electorate(hall.room)), without


ROOM_ID = b"r" * 16
AnyCloses.TestCase.settings = examples(max_examples=70, stateful_step_count=30, deadline=None)
test_any_close = AnyCloses.TestCase


# -- a server that lies --------------------------------------------------------------------------------------------


class Noting(Participant):
    """A participant whose masks and seeds the test can look at: only to know what an attacker could know."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.sent: list[Attempt] = []

    def _attempted(self, relay: Relay) -> list[Relay]:
        answers = super()._attempted(relay)
        for answer in answers:
            if answer.type is RelayType.MASK and self._current is not None and self._current not in self.sent:
                self.sent.append(self._current)
        return answers


class NotingKeeps(Noting, Keeps):
    """The same, without the rule that a mask erases what is older."""


class NotingTwice(Noting, Twice):
    """The same, without the rule that there is one mask for an attempt."""


class AttackedTable(Table):
    """A table at which all but the last two are honest."""

    def __init__(self, people: int, program: type[Participant], ledger: type[MemoryLedger]) -> None:
        self.program = program
        self.honest = list(range(1, people - 1))
        super().__init__(people, [Careless() if p > people - 2 else ledger() for p in range(1, people + 1)])

    def participant(self, place: int) -> Participant:
        made = super().participant(place)
        kind = self.program if place in self.honest else NotingKeeps
        given = ROOM, ROOM_KEY, self.keys[place - 1], self.ledgers[place - 1]
        return kind(*given, session=made._session, now=made._now, random_slot=made._random_slot)


@dataclass
class Known:
    """What an attacker has of one attempt: by its hash, whose it is, the seeds and the shares that were sent to it."""

    context: Context
    places: list[int]
    masks: dict[int, Masked] = field(default_factory=dict)
    seeds: dict[int, bytes] = field(default_factory=dict)
    shares: dict[int, set[int]] = field(default_factory=dict)

    def is_open(self, dishonest: Collection[int]) -> bool:
        """Whether everybody's answers in it can be added up: every seed is here, or enough of its shares."""
        if set(self.masks) != set(self.places):
            return False
        mine = set(dishonest) & set(self.places)
        enough = len(self.places) - restorable(len(self.places))
        shared = restorable(len(self.places)) > 0
        return all(
            place in self.seeds
            or place in mine
            or (shared and len(self.shares.get(place, set()) | {self.places.index(m) for m in mine}) >= enough)
            for place in self.places
        )


EVERYBODY = frozenset(range(1, 7))
SOME = st.sampled_from([*[EVERYBODY] * 5, *(EVERYBODY - {p} for p in (1, 2, 3, 1, 2, 3)), {1, 2}, {3, 4}, {1}, {2, 5}])
"""All, or all but one, or some of the places."""

FEW = st.sampled_from([*[frozenset[int]()] * 4, *({p} for p in (1, 2, 3)), {1, 3}])
"""Nobody, one, or two."""

DEEDS = ["announces", "announces", "shows", "opens", "pretends"]


class AnyServer(RuleBasedStateMachine):
    """A server that announces, shows, withholds, repeats and mixes as it likes; two of the members are its own."""

    program: type[Participant] = Noting
    ledger: type[MemoryLedger] = MemoryLedger
    most = 6

    @initialize(people=st.integers(4, 6), in_words=st.booleans())
    def begins(self, people: int, in_words: bool) -> None:
        people = min(people, self.most)
        self.table = AttackedTable(people, self.program, self.ledger)
        self.honest, self.own = self.table.honest, [people - 1, people]
        self.asked: list[Asked] = []
        self.known: dict[bytes, Known] = {}
        self.openings: dict[tuple[bytes, int], Opened] = {}
        self.numbers: list[int] = []
        self.last_k: dict[bytes, int] = {}
        self.makes_keys(EVERYBODY)
        self.asks(0, in_words)

    # -- what the server does --------------------------------------------------------------------------------------

    @rule(
        does=st.sampled_from([*DEEDS * 3, "asks", "keys", "again", "starts anew", "says back"]),
        which=st.integers(0, 20),
        those=SOME,
        but=FEW,
        number=st.sampled_from([1, 1, 2, 3]),
    )
    def the_server_does_something(
        self, does: str, which: int, those: Collection[int], but: Collection[int], number: int
    ) -> None:
        match does:
            case "announces":
                self.announces(self.asked[which % len(self.asked)], those, but, number, older_keys=which > 15)
            case "shows" if self.known:
                self.shows_masks(self.attempt(which), those, number if which > 16 else 0)
            case "opens" if self.known:
                self.shows_openings(self.attempt(which), those, but)
            case "pretends" if self.known:
                known, one = self.attempt(which), self.honest[number % len(self.honest)]
                self.shows_masks(known, EVERYBODY - {one}, 0)
                self.shows_openings(known, EVERYBODY, {one})
            case "asks":
                self.asks(number % 2, which > 10)
            case "keys":
                self.makes_keys(those)
            case "again":
                self.is_over_and_not(self.asked[which % len(self.asked)])
            case "starts anew":
                self.starts_anew(number)
            case "says back" if self.table.seen:
                self.says_back(which, number)
            case _:
                pass

    def places(self, chosen: Collection[int]) -> list[int]:
        """A roster: those on the server's side, and some of the others."""
        return sorted({*self.own, *(p for p in self.honest if p in chosen)})

    def makes_keys(self, those: Collection[int]) -> None:
        self.table.exchange_keys(self.places(those))
        self.numbers.append(self.table.epoch)

    def asks(self, question: int, in_words: bool) -> None:
        if len(self.asked) >= 4:
            return
        kind = CheckInKind.WORDS if in_words else CheckInKind.SCALE
        self.asked.append(self.table.ask(kind, question=QUESTIONS[question].encode()))
        for place in self.table.everybody:
            self.answers(place, self.asked[-1])

    def answers(self, place: int, asked: Asked) -> None:
        member = self.table.members[place - 1]
        member.open(asked)
        with contextlib.suppress(BadAnswer):
            member.answer(asked.id, f"said by {place}" if asked.in_words else (place % 5,))
        member.close(asked.id)

    def announces(
        self, asked: Asked, those: Collection[int], but: Collection[int], k: int, *, older_keys: bool
    ) -> None:
        """An attempt, to its members but for some of them: a new one, or one as it was before."""
        places = self.places(those)
        k = self.last_k[asked.id] = max(1, self.last_k.get(asked.id, 0) + (1, 1, 0)[k - 1])
        number = self.numbers[-2 if older_keys and len(self.numbers) > 1 else -1]
        for stage in ("A", "B") if asked.in_words else ("N",):
            ask = Relay(RelayType.ROSTER, 0, pack(self.table.roster_of(places)), asked.id, number, stage, k)
            for place in places:
                if place not in but:
                    member = self.table.members[place - 1]
                    answers = member.received(ask) or member.go_on(asked.id, agree=True)
                    if answers and answers[0].type is RelayType.MASK:
                        self.has_mask(place, answers[0])

    def has_mask(self, place: int, relay: Relay) -> None:
        member = self.table.members[place - 1]
        assert isinstance(member, Noting)
        attempt = member._current
        assert attempt is not None
        places = [p for p in self.table.everybody if self.table.ik(p) in attempt.roster]
        known = self.known.setdefault(attempt.ctx, Known(attempt.context, places))
        masked = masked_in(relay)
        if place in self.honest and place in known.masks:
            assert known.masks[place] == masked, "two masks with one context"
        known.masks[place] = masked

    def attempt(self, which: int) -> Known:
        """One of the attempts, the latest the most often."""
        return list(self.known.values())[-1 - which % min(len(self.known), 1 + which % 4)]

    def tells(self, known: Known, place: int, type: RelayType, payload: object) -> Relay | None:
        context = known.context
        keys = self.table.members[place - 1]._epochs
        number = next((n for n, e in keys.items() if e.roster_hash == context.roster_hash), self.numbers[-1])
        relay = Relay(type, 0, pack(payload), context.check_in, number, context.stage, context.k)
        return self.table.send(place, relay)

    def shows_masks(self, known: Known, to: Collection[int], instead: int) -> None:
        """To some of those whose they are. `instead`: the one of this member is that of another attempt."""
        if set(known.masks) != set(known.places):
            return
        masked = [known.masks[p] for p in known.places]
        others = [k.masks[instead] for k in self.known.values() if instead in k.masks and k is not known]
        others = [m for m in others if len(m.shares) == len(known.places)]
        if others and instead in known.places:
            masked[known.places.index(instead)] = others[-1]
        for at, place in enumerate(known.places, start=1):
            if place not in to and place not in self.own:
                continue
            answer = self.tells(known, place, RelayType.MASKS, shown(masked, known.context.stage, at))
            if answer is not None and answer.type is RelayType.OPEN:
                known.seeds[place] = opening_in(answer).seed
                self.openings[known.context.hashed(), place] = opening_in(answer)
                self.was_noted_before(place, known.context)

    def was_noted_before(self, place: int, context: Context) -> None:
        if place in self.honest and self.ledger is MemoryLedger:
            k = context.k if context.stage == "A" else 0
            assert self.table.ledgers[place - 1].burned(context.check_in, context.stage, k)

    def shows_openings(self, known: Known, to: Collection[int], missing: Collection[int]) -> None:
        """Some are said to be missing, and those that there are not are."""
        ctx = known.context.hashed()
        opens = [self.openings.get((ctx, p), Opened()) if p not in missing else Opened() for p in known.places]
        for at, place in enumerate(known.places):
            answer = self.tells(known, place, RelayType.OPENS, opens) if place in to else None
            if answer is not None and answer.type is RelayType.SHARES:
                for of in released_in(answer):
                    known.shares.setdefault(known.places[of - 1], set()).add(at)

    def starts_anew(self, place: int) -> None:
        """An honest member's program ends and starts."""
        place = self.honest[place % len(self.honest)]
        self.table.members[place - 1] = self.table.participant(place)
        for asked in self.asked:
            self.answers(place, asked)

    def is_over_and_not(self, asked: Asked) -> None:
        """A check-in is given up, and is there again under its own id."""
        for place in self.table.everybody:
            self.table.members[place - 1].given_up(asked.id)
            self.table.members[place - 1].open(asked)
            self.table.members[place - 1].close(asked.id)

    def says_back(self, which: int, place: int) -> None:
        """What a member has sent is sent to another, as it is or as something else."""
        place = self.honest[place % len(self.honest)]
        for type in RelayType:
            relay = msgspec.structs.replace(self.table.seen[-1 - which % len(self.table.seen)][1], type=type)
            for answer in self.table.members[place - 1].received(relay):
                assert answer.type not in (RelayType.OPEN, RelayType.SHARES)

    # -- what always holds -----------------------------------------------------------------------------------------

    def opened(self) -> list[Known]:
        """The attempts with answers in them whose sum the server can work out."""
        return [k for k in self.known.values() if k.context.stage != "A" and k.is_open(self.own)]

    @invariant()
    def no_answer_is_the_difference_of_two_sums(self) -> None:
        """Of attempts at one check-in, and of check-ins with one question that differ by one or two."""
        if not hasattr(self, "table"):
            return
        for one, other in combinations(self.opened(), 2):
            both = set(one.places) & set(other.places) & set(self.honest)
            if len(both) <= restorable(max(len(one.places), len(other.places))):
                continue
            assert one.context.check_in != other.context.check_in, "two electorates of one check-in"
            if one.context.question_key == other.context.question_key:
                assert not 1 <= len(set(one.places) ^ set(other.places)) <= TOO_ALIKE, "asked again"


AnyServer.TestCase.settings = examples(max_examples=100, stateful_step_count=30, deadline=None)
test_any_server = AnyServer.TestCase


class WithoutErasing(AnyServer):
    """Honest members who keep older attempts."""

    program = NotingKeeps
    most = 5


class WithoutBurning(AnyServer):
    """Honest members whose disk forgets."""

    ledger = Careless


class MaskingTwice(AnyServer):
    """Honest members who send two masks for one attempt."""

    program = NotingTwice


CONTROLS = {
    WithoutErasing: "two electorates",
    WithoutBurning: "two electorates|asked again",
    MaskingTwice: "two masks",
}


@pytest.mark.parametrize("machine", CONTROLS, ids=lambda machine: machine.__name__)
def test_control_without_one_of_the_rules_such_a_server_finds_a_way(machine: type[AnyServer]) -> None:
    found = examples(max_examples=5_000, stateful_step_count=30, deadline=None, phases=[Phase.generate], database=None)
    with pytest.raises(AssertionError, match=CONTROLS[machine]):
        run_state_machine_as_test(seed(2)(machine), settings=found)


@pytest.mark.endurance
@pytest.mark.parametrize("machine", [AnyCloses, AnyServer], ids=lambda machine: machine.__name__)
def test_for_a_long_time(machine: type[RuleBasedStateMachine]) -> None:
    run_state_machine_as_test(machine, settings=examples(max_examples=3_000, stateful_step_count=40, deadline=None))
