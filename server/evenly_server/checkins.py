"""The relay of a room's check-ins: announces, collects, passes on. It keeps nothing and can read nothing of it.

    epoch      COMMIT ▸ REVEAL ▸ ROSTER              keys for those who are there
    close      ROSTER ▸ MASK ▸ MASKS ▸ OPEN ▸ OPENS (▸ SHARES ▸ SHARES) ▸ RESULT

Each step asks every member of a roster for one envelope and waits for it no longer than its limit, in real time.
What the steps mean, and why a server that does otherwise learns nothing, is anonymity.md's; the members' machines check
it. Nothing here is journaled but the sealed result, once more than half of the roster sent the same bytes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import msgspec
from evenly_protocol.checkins import (
    FEW,
    FEW_WITHIN_S,
    FEWEST,
    SEALED_RESULT_OVERHEAD,
    CheckIn,
    CloseDueCheckIn,
    GiveUpCheckIn,
    RecordResult,
    check_in_with,
    closing_check_ins,
    electorate,
    open_check_in,
)
from evenly_protocol.hashing import H
from evenly_protocol.members import attending, author_of, is_facilitator, seat_of
from evenly_protocol.relayed import (
    HASH_BYTES,
    Committed,
    Opened,
    Progress,
    Revealed,
    Standing,
    pack,
    restorable,
    unpack,
)
from evenly_protocol.room import Room
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import TEXT_KINDS, UNDER_WAY, CheckInState

from evenly_server.checkin_attempt import (
    Attempt,
    final_code,
    is_opened,
    masked_in,
    opening_in,
    released_in,
    shown_to_each,
)
from evenly_server.logs import failed
from evenly_server.signatures import verify

KEYS_WITHIN_S = 5.0
"""COMMIT and REVEAL."""

STEP_WITHIN_S = 10.0
"""MASK, OPEN, SHARES, RESULT; and, after a restart of the server, until everybody has said how they stand."""

ATTEMPTS = 4
"""Attempts at a stage, after which a check-in is given up."""

SILENT_S = 2.0
"""A step that takes longer than this says how many are waited for."""

LONGEST_AHEAD_MS = 24 * 60 * 60 * 1000
"""Numbers of epochs are this server's clock; one that a member names is believed up to so far ahead of it."""

HIGHEST_K_BELIEVED = 2**32 - 1_000
"""A member that has seen a higher number of an attempt is not believed: the number has four bytes."""


class Around(Protocol):
    """What the relay is given by its room."""

    @property
    def room(self) -> Room:
        """The room as it stands on disk."""
        ...

    def send(self, member: bytes, relay: Relay) -> None:
        """Hands an envelope to a device's connection, if there is one."""
        ...

    def close(self, command: CloseDueCheckIn) -> None:
        """Everybody is done."""
        ...

    def settle(self, command: RecordResult | GiveUpCheckIn) -> None:
        """Journals a result, or that there is none; tried again until it is on disk."""
        ...


@dataclass
class _Epoch:
    """The keys that stand: the epoch's number, its T, who has them, and the session that they are of.

    `asked`: who was asked for theirs.
    """

    number: int = 0
    roster_hash: bytes = b""
    members: frozenset[bytes] = frozenset()
    asked: frozenset[bytes] = frozenset()
    session: int = 0


class _Step:
    """One envelope of each of these members is being waited for. `asks`: what each was sent."""

    def __init__(
        self, types: Sequence[RelayType], asks: Mapping[bytes, Relay], enough: Callable[[_Step], bool]
    ) -> None:
        self.types = types
        self.asks = asks
        self.answers: dict[bytes, Relay] = {}
        self.complete = asyncio.Event()
        self._enough = enough

    def takes(self, member: bytes, relay: Relay) -> bool:
        """Whether this is the envelope that this member owes; it is kept then."""
        ask = self.asks.get(member)
        if ask is None or member in self.answers or relay.type not in (*self.types, RelayType.REFUSE):
            return False
        asked = (ask.check_in, ask.epoch, ask.stage, ask.k)
        if asked != (relay.check_in, relay.epoch, relay.stage, relay.k):
            return False
        self.answers[member] = relay
        if len(self.answers) == len(self.asks) or self._enough(self):
            self.complete.set()
        return True


class _Came(NamedTuple):
    """What came of an attempt.

    Attributes:
        result: the sealed result; of a stage `A` that went well: empty, with `good` set.
        code: why the check-in is given up; empty for not.
        left: who can go on with another attempt, where this one came to nothing.
    """

    result: bytes = b""
    good: bool = False
    code: str = ""
    left: Sequence[bytes] = ()


class _Stood(NamedTuple):
    """How a client said it stands, and the number that it has for its epoch."""

    number: int
    standing: Standing


_Claim = tuple[int, str, int, bytes, tuple[bytes, ...]]
"""An attempt that was opened: the number of its epoch, stage, k, h1, roster."""


class CheckInRelay:
    """The check-ins of one room. `stir` after whatever may concern them."""

    def __init__(self, around: Around, now: Callable[[], int]) -> None:
        """`now`: UTC milliseconds, for the numbers of epochs alone."""
        self._around = around
        self._now = now
        self._epoch = _Epoch()
        self._step: _Step | None = None
        self._work: asyncio.Task[None] | None = None
        self._done: dict[bytes, set[bytes]] = {}
        self._before = frozenset(c.id for c in closing_check_ins(around.room))
        self._standings: dict[bytes, dict[bytes, _Stood]] = {}
        self._to_close: list[bytes] = []
        self._settled: set[bytes] = set()
        self._told = (b"", 0, 0)
        self._most: dict[bytes, int] = {}
        self._stopped = False
        self._heard = asyncio.Event()
        self._words_wanted = False
        self._returned: set[bytes] = set()
        self._late: set[bytes] = set()
        self._last_number = 0

    # -- what happens --------------------------------------------------------------------------------------------

    def stir(self) -> None:
        """Something has changed, is on disk, and was told: who is on the call, or what is open or closing."""
        self._to_close = [c.id for c in closing_check_ins(self._around.room)]
        self._settled.intersection_update(self._to_close)
        self._go()

    def _go(self) -> None:
        if self._stopped:
            return
        self._tell_done()
        self._standings = {id: stood for id, stood in self._standings.items() if self._is_under_way(id)}
        if self._work is None and self._has_work():
            self._work = asyncio.create_task(self._go_on(), name="check-ins")

    def _is_under_way(self, check_in: bytes) -> bool:
        found = check_in_with(self._around.room, check_in)
        return found is not None and found.state in UNDER_WAY

    def stop(self) -> None:
        """The room ends. What was closing is gone on with when it is in memory again."""
        self._stopped = True
        if self._work is not None:
            self._work.cancel()

    def entered(self, member: bytes) -> None:
        """A member's connection is there, and has the room: how does it stand? Between check-ins: has it its keys?"""
        under_way = [c.id for c in self._around.room.check_ins if c.state in UNDER_WAY]
        for check_in in under_way or [b""] * bool(self._epoch.members):
            self._around.send(member, Relay(RelayType.ROSTER, 0, check_in=check_in))

    def takes(self, member: bytes, relay: Relay) -> bool:
        """An envelope that is waited for: the step's under way, or a member's first DONE. Whether it is."""
        if relay.type is RelayType.DONE:
            done = self._done.get(relay.check_in)
            return (done is None or member not in done) and self._is_done(member, relay.check_in)
        if self._step is None or not self._step.takes(member, relay):
            return False
        if relay.type is RelayType.REVEAL:
            self._returned.discard(member)
        return True

    def received(self, member: bytes, relay: Relay) -> bool:
        """Any other envelope of a member's. Whether it means anything; what comes too late is dropped in silence."""
        match relay.type:
            case RelayType.ROSTER:
                return self._stands(member, relay)
            case RelayType.WORDS:
                return self._compare(member)
            case RelayType.DONE if self._is_done(member, relay.check_in):
                return True
            case RelayType.COMMIT:
                self._commits_late(member, relay)
            case _:
                pass
        if relay.check_in:
            return check_in_with(self._around.room, relay.check_in) is not None
        return 0 < relay.epoch <= self._last_number

    def _commits_late(self, member: bytes, relay: Relay) -> None:
        """Whoever was left out of an epoch, and is there after all, gets one more chance."""
        left_out = relay.epoch > self._epoch.number or member not in self._epoch.members
        if self._epoch.number <= relay.epoch <= self._last_number and left_out and member not in self._late:
            self._late.add(member)
            self._returned.add(member)
            self._go()

    def _compare(self, member: bytes) -> bool:
        if not is_facilitator(self._around.room, seat_of(self._around.room, member)):
            return False
        self._words_wanted = True
        self._go()
        return True

    def _is_done(self, member: bytes, check_in: bytes) -> bool:
        current = open_check_in(self._around.room)
        if current is None or current.id != check_in or member not in self._electorate():
            return False
        self._done.setdefault(check_in, set()).add(member)
        self._tell_done()
        return True

    def _tell_done(self) -> None:
        """How many are done, to everybody; the last one closes it."""
        current = open_check_in(self._around.room)
        self._done = {} if current is None else {current.id: self._done.get(current.id, set())}
        if current is None:
            return
        those = self._electorate()
        done = self._done[current.id] & those
        counted = (current.id, len(done), len(those))
        if current.id != self._told[0] and not those <= self._epoch.members:
            # A new one: whoever had no keys in time so far has another chance.
            self._epoch.asked = frozenset()
            self._late.clear()
        if counted != self._told:
            self._told = counted
            for member in self._audience():
                self._around.send(member, self._progress())
        if len(those) >= FEWEST and those <= done:
            self._around.close(CloseDueCheckIn(current.id))

    def _progress(self) -> Relay:
        """How many are done, as it was told last."""
        check_in, done, of = self._told
        return Relay(RelayType.PROGRESS, 0, pack(Progress(done, of)), check_in)

    def _stands(self, member: bytes, relay: Relay) -> bool:
        """A client that has come back says how it stands."""
        standing = unpack(relay.payload, Standing)
        if standing is None:
            return False
        if relay.epoch <= self._now() + LONGEST_AHEAD_MS:
            self._last_number = max(self._last_number, relay.epoch)
        if standing.roster_hash != self._epoch.roster_hash or member not in self._epoch.members:
            self._returned.add(member)
        if member in self._electorate():
            self._stands_in(relay.check_in, member, _Stood(relay.epoch, standing))
        if self._step is not None and member in self._step.asks and member not in self._step.answers:
            self._around.send(member, self._step.asks[member])
        self._go()
        return True

    def _stands_in(self, check_in: bytes, member: bytes, stood: _Stood) -> None:
        if check_in in self._before and self._is_under_way(check_in):
            self._standings.setdefault(check_in, {})[member] = stood
            self._heard.set()
        if stood.standing.done:
            self._is_done(member, check_in)
        elif check_in in self._done:
            # Its program was started anew: what it had answered is gone.
            self._done[check_in].discard(member)
        if check_in and check_in == self._told[0]:
            self._around.send(member, self._progress())

    # -- the work ------------------------------------------------------------------------------------------------

    def _electorate(self) -> frozenset[bytes]:
        room = self._around.room
        return frozenset(author_of(room, seat) for seat in electorate(room))

    def _has_work(self) -> bool:
        return self._closing() is not None or self._wants_epoch() or self._words_wanted

    def _closing(self) -> CheckIn | None:
        """The check-in to be closed now; the oldest, if there are more. Its members have been told that it is."""
        waiting = (check_in_with(self._around.room, id) for id in self._to_close if id not in self._settled)
        return next((c for c in waiting if c is not None and c.state is CheckInState.CLOSING), None)

    def _wants_epoch(self) -> bool:
        """Whether keys are needed, and those that stand are not those of everybody who is there."""
        needed = self._words_wanted or open_check_in(self._around.room) is not None
        return needed and self._has_others()

    def _has_others(self) -> bool:
        those = self._electorate()
        other = (self._epoch.asked, self._epoch.session) != (those, self._session())
        return other or bool(self._returned & those)

    def _session(self) -> int:
        """The number of the room's session; 0 before the first."""
        session = self._around.room.session
        return session.number if session is not None else 0

    async def _go_on(self) -> None:
        try:
            while self._has_work():
                closing = self._closing()
                if closing is not None:
                    await self._close(closing)
                    continue
                if self._wants_epoch():
                    await self._make_epoch()
                    continue
                self._words_wanted = False
                for member in self._epoch.members:
                    self._around.send(member, Relay(RelayType.WORDS, 0, epoch=self._epoch.number))
            self._work = None
        except Exception:
            failed("check-ins failed")
            self._work = None
            # Nothing closes for ever because of a mistake of ours: it is tried again, a while later.
            asyncio.get_running_loop().call_later(STEP_WITHIN_S, self._go)

    def _audience(self) -> Iterable[bytes]:
        """Everybody on the call with a screen, whoever only watches included."""
        return (member.ik for member in attending(self._around.room) if member.ik)

    async def _collect(
        self,
        types: Sequence[RelayType],
        asks: Mapping[bytes, Relay],
        within_s: float,
        enough: Callable[[_Step], bool] = lambda step: False,
    ) -> dict[bytes, Relay]:
        """Sends each member its envelope, and what came back within so many seconds, refusals included."""
        step = self._step = _Step(types, asks, enough)
        for member, ask in asks.items():
            self._around.send(member, ask)
        try:
            if not await self._is_complete(step, min(SILENT_S, within_s)):
                self._tell_waiting(step)
                await self._is_complete(step, within_s - SILENT_S)
        finally:
            self._step = None
        return step.answers

    async def _is_complete(self, step: _Step, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await step.complete.wait()
        except TimeoutError:
            return False
        return True

    def _tell_waiting(self, step: _Step) -> None:
        """A step of a close takes its time: everybody is told how many have done their part."""
        ask = next(iter(step.asks.values()))
        if ask.check_in:
            waiting = pack(Progress(len(step.answers), len(step.asks)))
            for member in self._audience():
                self._around.send(member, msgspec.structs.replace(ask, type=RelayType.PROGRESS, payload=waiting))

    # -- the epoch -----------------------------------------------------------------------------------------------

    async def _make_epoch(self) -> None:
        """Keys for everybody who is there and answers; whoever commits and does not reveal makes it begin again.

        Where nothing comes of it, the keys that stood still do.
        """
        asked = self._epoch.asked = self._electorate()
        self._epoch.session = self._session()
        self._returned -= asked
        members = set(asked)
        while len(members) > 1:
            session = self._session()
            number = self._last_number = max(self._last_number + 1, self._now())
            commits = await self._collect(
                (RelayType.COMMIT,), {m: Relay(RelayType.COMMIT, 0, epoch=number) for m in members}, KEYS_WITHIN_S
            )
            committed = [Committed(m, r.payload) for m, r in sorted(commits.items()) if len(r.payload) == HASH_BYTES]
            members = {c.ik for c in committed}
            if len(members) < 2:
                return
            ask = Relay(RelayType.REVEAL, 0, pack(committed), epoch=number)
            reveals = await self._collect((RelayType.REVEAL,), dict.fromkeys(members, ask), KEYS_WITHIN_S)
            revealed = [r for c in committed if (r := self._revealed(c, reveals.get(c.ik), session)) is not None]
            if len(revealed) == len(members):
                self._stands_now(number, session, asked, revealed)
                self._late -= members
                return
            members = {r.ik for r in revealed}

    def _revealed(self, committed: Committed, relay: Relay | None, session: int) -> Revealed | None:
        """A key that is the one committed to, and signed by its member: another would make all the others refuse."""
        revealed = unpack(relay.payload, Revealed) if relay and relay.type is RelayType.REVEAL else None
        if revealed is None or revealed.ik != committed.ik:
            return None
        room, number = self._around.room.id, session.to_bytes(4, "big")
        if H("commit", room, number, revealed.ik, revealed.xk, revealed.nonce) != committed.commitment:
            return None
        signed = verify(revealed.ik, revealed.signature, H("xk", room, number, revealed.xk))
        return revealed if signed else None

    def _stands_now(self, number: int, session: int, asked: frozenset[bytes], revealed: list[Revealed]) -> None:
        parts = [part for r in revealed for part in (r.ik, r.xk, r.nonce)]
        roster_hash = H("roster", self._around.room.id, session.to_bytes(4, "big"), *parts)
        self._epoch = _Epoch(number, roster_hash, frozenset(r.ik for r in revealed), asked, session)
        current = open_check_in(self._around.room)
        if current is not None:
            self._most = {current.id: max(self._most.get(current.id, 0), len(revealed))}
        for member in self._epoch.members:
            self._around.send(member, Relay(RelayType.ROSTER, 0, pack(revealed), epoch=number))

    async def _gather(self, check_in: CheckIn) -> Mapping[bytes, _Stood]:
        """How everybody stands in a check-in that was closing already when this server was started; else nobody."""
        if check_in.id not in self._before:
            return {}
        try:
            async with asyncio.timeout(STEP_WITHIN_S):
                while not self._electorate() <= set(self._standings.get(check_in.id, ())):
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            pass
        stood = self._standings.pop(check_in.id, {})
        if not self._epoch.members:
            self._adopt_epoch(stood, check_in.session)
        return stood

    def _adopt_epoch(self, stood: Mapping[bytes, _Stood], session: int) -> None:
        """The keys that most of them have still stand."""
        epochs = Counter((s.number, s.standing.roster_hash) for s in stood.values() if s.standing.roster_hash)
        for (number, roster_hash), many in epochs.most_common(1):
            members = frozenset(m for m, s in stood.items() if s.standing.roster_hash == roster_hash)
            if many >= FEWEST:
                self._epoch = _Epoch(number, roster_hash, members, self._electorate(), session)
                self._returned -= members

    # -- the close -----------------------------------------------------------------------------------------------

    async def _close(self, check_in: CheckIn) -> None:
        try:
            came = await self._closed(check_in)
        except Exception:
            failed("a check-in could not be closed")
            came = _Came(code="lost")
        self._settled.add(check_in.id)
        self._around.settle(
            GiveUpCheckIn(check_in.id, came.code)
            if came.code
            else RecordResult(check_in.id, came.result, len(came.left))
        )

    async def _closed(self, check_in: CheckIn) -> _Came:
        stood = await self._gather(check_in)
        came = await self._finish_opened(check_in, stood)
        if came is not None:
            return came
        # Keys of another session would not be used for it; those that stand still may.
        if self._has_others() and self._session() == check_in.session:
            await self._make_epoch()
        seen = (s.standing.highest_k for s in stood.values() if s.standing.highest_k <= HIGHEST_K_BELIEVED)
        return await self._attempts(check_in, max(seen, default=0))

    async def _finish_opened(self, check_in: CheckIn, stood: Mapping[bytes, _Stood]) -> _Came | None:
        """An attempt that was opened before a restart is finished; None where there is none, or too few say so."""
        claims = Counter(claim for m, s in stood.items() if (claim := self._claim(check_in, m, s)) is not None)
        for (number, stage, k, h1, roster), many in claims.most_common(1):
            if many < len(roster) - restorable(len(roster)):
                return None
            attempt = Attempt(check_in, number, stage, k, list(roster))
            claim = (number, stage, k, h1, roster)
            opened = {m: s.standing.opened for m, s in stood.items() if self._claim(check_in, m, s) == claim}
            return await self._opened(attempt, opened)
        return None

    def _claim(self, check_in: CheckIn, member: bytes, stood: _Stood) -> _Claim | None:
        """The attempt that a member says it has opened, if there can have been such a one."""
        number, standing = stood
        roster = tuple(standing.roster)
        people, here = len(roster), len(self._electorate())
        if not standing.h1 or standing.stage != ("B" if check_in.kind in TEXT_KINDS else "N"):
            return None
        if list(roster) != sorted(set(roster)) or member not in roster or not is_opened(standing.opened):
            return None
        # So few have never closed it: no honest client opens for less than two thirds of those it was answered among.
        if people < FEWEST or 3 * people < 2 * here or not 0 < standing.k <= standing.highest_k <= HIGHEST_K_BELIEVED:
            return None
        return number, standing.stage, standing.k, standing.h1, roster

    async def _attempts(self, check_in: CheckIn, k: int) -> _Came:
        """Attempts with those who are there, until one comes to something."""
        first = "A" if check_in.kind in TEXT_KINDS else "N"
        roster, stage = sorted(self._epoch.members & self._electorate()), first
        tries: Counter[str] = Counter()
        while len(roster) >= FEWEST:
            if tries[stage] >= ATTEMPTS:
                return _Came(code="nothing_opened")
            tries[stage] += 1
            k += stage != "B"
            came = await self._attempt(Attempt(check_in, self._epoch.number, stage, k, roster))
            if came.good:
                stage = "B"
                continue
            if came.result or came.code:
                return came
            roster, stage = [m for m in roster if m in came.left], first
        return _Came(code="too_few")

    async def _attempt(self, attempt: Attempt) -> _Came:
        """One attempt: MASK of the whole roster, then OPEN."""
        ask = attempt.envelope(RelayType.ROSTER, attempt.roster)
        # Whoever answered among five or more is asked whether three or four are enough.
        asked_few = len(attempt.roster) < FEW <= self._most.get(attempt.check_in.id, len(self._epoch.members))
        within_s = FEW_WITHIN_S if asked_few else STEP_WITHIN_S
        sent = await self._collect((RelayType.MASK,), dict.fromkeys(attempt.roster, ask), within_s)
        masks = {m: mask for m, r in sent.items() if (mask := masked_in(attempt, m, r)) is not None}
        if len(masks) < len(attempt.roster):
            return _Came(code=final_code(sent.values(), len(masks)), left=list(masks))
        asks = {m: attempt.envelope(RelayType.MASKS, shown) for m, shown in shown_to_each(attempt, masks)}
        sent = await self._collect((RelayType.OPEN,), asks, STEP_WITHIN_S)
        opened = {m: o for m, r in sent.items() if (o := opening_in(r)) is not None}
        if not opened:
            return _Came(code=final_code(sent.values(), len(attempt.roster)), left=attempt.roster)
        return await self._opened(attempt, opened)

    async def _opened(self, attempt: Attempt, opened: Mapping[bytes, Opened]) -> _Came:
        """The seeds are passed on; those missing are restored from shares, if they are few enough."""
        roster, people = attempt.roster, len(attempt.roster)
        missing = [place for place, m in enumerate(roster, start=1) if m not in opened]
        lost = _Came(left=list(opened)) if attempt.stage == "A" else _Came(code="lost")
        if people < FEWEST or len(missing) > restorable(people):
            return lost
        ask = attempt.envelope(RelayType.OPENS, [opened.get(m, Opened()) for m in roster])
        if missing:
            for place in missing:
                self._around.send(roster[place - 1], ask)
            sent = await self._collect((RelayType.SHARES,), dict.fromkeys(opened, ask), STEP_WITHIN_S)
            released = released_in(attempt, sent, missing)
            if released is None:
                return lost
            ask = attempt.envelope(RelayType.SHARES, released)
        return await self._agreed(attempt, ask)

    async def _agreed(self, attempt: Attempt, ask: Relay) -> _Came:
        """What more than half of the roster say came of it."""
        half = len(attempt.roster) // 2

        def said(answers: Iterable[Relay]) -> tuple[RelayType, bytes] | None:
            every = Counter((r.type, r.payload) for r in answers)
            return next((what for what, many in every.items() if many > half), None)

        sent = await self._collect(
            (RelayType.RESULT,),
            dict.fromkeys(attempt.roster, ask),
            STEP_WITHIN_S,
            # Whoever has not seen the slots of `A` cannot write: there everybody is waited for.
            enough=lambda step: attempt.stage != "A" and said(step.answers.values()) is not None,
        )
        what = said(sent.values())
        if attempt.stage == "A":
            agree = [m for m in attempt.roster if m in sent and (sent[m].type, sent[m].payload) == what]
            good = what == (RelayType.RESULT, b"") and len(agree) == len(attempt.roster)
            return _Came(good=good, left=agree or attempt.roster)
        kind, payload = what or (RelayType.REFUSE, b"")
        if kind is RelayType.RESULT and len(payload) == attempt.length + SEALED_RESULT_OVERHEAD:
            return _Came(result=payload, left=attempt.roster)
        spoiled = (kind, payload) == (RelayType.REFUSE, b"spoiled")
        return _Came(code="spoiled" if spoiled else "lost")
