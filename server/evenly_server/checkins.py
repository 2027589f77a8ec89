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

from evenly_protocol.checkins import (
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
    vector_bytes,
)
from evenly_protocol.hashing import H
from evenly_protocol.members import author_of, is_facilitator, seat_of
from evenly_protocol.relayed import (
    BLOB_BYTES,
    FINAL_CODES,
    HASH_BYTES,
    SHARE_BYTES,
    Committed,
    Masked,
    Masks,
    MaskSeen,
    Opened,
    Progress,
    Released,
    Revealed,
    Standing,
    pack,
    restorable,
    unpack,
)
from evenly_protocol.room import Room
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import TEXT_KINDS, CheckInState

from evenly_server.logs import failed

KEYS_WITHIN_S = 5.0
"""COMMIT and REVEAL."""

STEP_WITHIN_S = 10.0
"""MASK, OPEN, SHARES, RESULT; and, after a restart of the server, until everybody has said how they stand."""

ATTEMPTS = 4
"""Attempts at a stage, after which a check-in is given up."""

SILENT_S = 2.0
"""A step that takes longer than this says how many are waited for."""

SIGNATURE_BYTES = 64


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
    """The keys that stand: the epoch's number, its T, and who has them. `asked`: who was asked for theirs."""

    number: int = 0
    roster_hash: bytes = b""
    members: frozenset[bytes] = frozenset()
    asked: frozenset[bytes] = frozenset()


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


class _Attempt(NamedTuple):
    """One attempt: which check-in, which epoch's number, which stage, the how manyth, of whom (in order)."""

    check_in: CheckIn
    epoch: int
    stage: str
    k: int
    roster: list[bytes]

    def envelope(self, type: RelayType, payload: object) -> Relay:
        """An envelope of this attempt."""
        return Relay(type, 0, pack(payload), self.check_in.id, self.epoch, self.stage, self.k)

    @property
    def length(self) -> int:
        """Of a vector, bytes."""
        asked = self.check_in
        return vector_bytes(asked.kind, len(asked.options), self.stage, len(self.roster))


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
        self._standings: dict[bytes, dict[bytes, _Stood]] = {}
        self._settled: set[bytes] = set()
        self._told = (b"", 0, 0)
        self._heard = asyncio.Event()
        self._gathered = False
        self._words_wanted = False
        self._returned: set[bytes] = set()
        self._last_number = 0

    # -- what happens --------------------------------------------------------------------------------------------

    def stir(self) -> None:
        """Something has changed: who is on the call, or what is open or closing."""
        self._tell_done()
        self._standings = {id: stood for id, stood in self._standings.items() if self._is_under_way(id)}
        if self._work is None and self._has_work():
            self._work = asyncio.create_task(self._go_on(), name="check-ins")

    def _is_under_way(self, check_in: bytes) -> bool:
        found = check_in_with(self._around.room, check_in)
        return found is not None and found.state in (CheckInState.OPEN, CheckInState.CLOSING)

    def stop(self) -> None:
        """The room ends. What was closing is gone on with when it is in memory again."""
        if self._work is not None:
            self._work.cancel()

    def entered(self, member: bytes) -> None:
        """A member's connection is there, and has the room: how does it stand?"""
        for check_in in self._around.room.check_ins:
            if check_in.state in (CheckInState.OPEN, CheckInState.CLOSING):
                self._around.send(member, Relay(RelayType.ROSTER, 0, check_in=check_in.id))

    def received(self, member: bytes, relay: Relay) -> bool:
        """An envelope of a member's. Whether it was expected; one that was not is dropped."""
        if relay.type is RelayType.ROSTER:
            return self._stands(member, relay)
        if relay.type is RelayType.DONE:
            return self._is_done(member, relay.check_in)
        if relay.type is RelayType.WORDS:
            return self._compare(member)
        return self._step is not None and self._step.takes(member, relay)

    def _compare(self, member: bytes) -> bool:
        if not is_facilitator(self._around.room, seat_of(self._around.room, member)):
            return False
        self._words_wanted = True
        self.stir()
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
        if counted != self._told:
            self._told = counted
            progress = Relay(RelayType.PROGRESS, 0, pack(Progress(len(done), len(those))), current.id)
            for member in those:
                self._around.send(member, progress)
        if len(those) >= FEWEST and those <= done:
            self._around.close(CloseDueCheckIn(current.id))

    def _stands(self, member: bytes, relay: Relay) -> bool:
        standing, check_in = unpack(relay.payload, Standing), check_in_with(self._around.room, relay.check_in)
        if standing is None or check_in is None or not self._is_under_way(check_in.id):
            return False
        if member not in self._electorate():
            return False
        self._standings.setdefault(check_in.id, {})[member] = _Stood(relay.epoch, standing)
        self._heard.set()
        if standing.done:
            self._is_done(member, check_in.id)
        if standing.roster_hash != self._epoch.roster_hash or member not in self._epoch.members:
            self._returned.add(member)
        if self._step is not None and member in self._step.asks and member not in self._step.answers:
            self._around.send(member, self._step.asks[member])
        self.stir()
        return True

    # -- the work ------------------------------------------------------------------------------------------------

    def _electorate(self) -> frozenset[bytes]:
        room = self._around.room
        return frozenset(author_of(room, seat) for seat in electorate(room))

    def _has_work(self) -> bool:
        return self._closing() is not None or self._wants_epoch() or self._words_wanted

    def _closing(self) -> CheckIn | None:
        """The check-in to be closed now; the oldest, if there are more."""
        waiting = closing_check_ins(self._around.room)
        self._settled &= {c.id for c in waiting}
        return next((c for c in waiting if c.id not in self._settled), None)

    def _wants_epoch(self) -> bool:
        """Whether keys are needed, and those that stand are not those of everybody who is there."""
        needed = self._words_wanted or open_check_in(self._around.room) is not None
        return needed and self._has_others()

    def _has_others(self) -> bool:
        those = self._electorate()
        return those != self._epoch.asked or bool(self._returned & those)

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
        except Exception:
            failed("check-ins failed")
        finally:
            self._work = None

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
        """A step takes its time: those in it are told how many have done their part."""
        for member, ask in step.asks.items():
            if ask.check_in:
                progress = pack(Progress(len(step.answers), len(step.asks)))
                self._around.send(
                    member, Relay(RelayType.PROGRESS, 0, progress, ask.check_in, ask.epoch, ask.stage, ask.k)
                )

    # -- the epoch -----------------------------------------------------------------------------------------------

    async def _make_epoch(self) -> None:
        """Keys for everybody who is there and answers; whoever commits and does not reveal makes it begin again."""
        asked = self._electorate()
        self._returned -= asked
        members = set(asked)
        self._epoch = _Epoch(asked=asked)
        while len(members) > 1:
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
            revealed = [r for m, sent in sorted(reveals.items()) if (r := _revealed(m, sent)) is not None]
            if len(revealed) == len(members):
                self._stands_now(number, asked, revealed)
                return
            members = {r.ik for r in revealed}

    def _stands_now(self, number: int, asked: frozenset[bytes], revealed: list[Revealed]) -> None:
        session = self._around.room.session
        parts = [part for r in revealed for part in (r.ik, r.xk, r.nonce)]
        roster_hash = H("roster", self._around.room.id, (session.number if session else 0).to_bytes(4, "big"), *parts)
        self._epoch = _Epoch(number, roster_hash, frozenset(r.ik for r in revealed), asked)
        self._returned -= self._epoch.members
        for member in self._epoch.members:
            self._around.send(member, Relay(RelayType.ROSTER, 0, pack(revealed), epoch=number))

    async def _gather(self, check_in: CheckIn) -> None:
        """After a restart everybody says how they stand, before anything is asked of them."""
        if self._gathered or self._epoch.members:
            return
        self._gathered = True
        try:
            async with asyncio.timeout(STEP_WITHIN_S):
                while not self._electorate() <= set(self._standings.get(check_in.id, ())):
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            pass
        stood = self._standings.get(check_in.id, {})
        epochs = Counter((s.number, s.standing.roster_hash) for s in stood.values() if s.standing.roster_hash)
        for (number, roster_hash), many in epochs.most_common(1):
            members = frozenset(m for m, s in stood.items() if s.standing.roster_hash == roster_hash)
            if many >= FEWEST:
                self._epoch = _Epoch(number, roster_hash, members, self._electorate())
                self._returned -= members

    # -- the close -----------------------------------------------------------------------------------------------

    async def _close(self, check_in: CheckIn) -> None:
        await self._gather(check_in)
        stood = self._standings.pop(check_in.id, {})
        came = await self._finish_opened(check_in, stood)
        if came is None:
            if self._has_others():
                await self._make_epoch()
            came = await self._attempts(check_in, max((s.standing.highest_k for s in stood.values()), default=0))
        self._settled.add(check_in.id)
        self._around.settle(
            GiveUpCheckIn(check_in.id, came.code)
            if came.code
            else RecordResult(check_in.id, came.result, len(came.left))
        )

    async def _finish_opened(self, check_in: CheckIn, stood: Mapping[bytes, _Stood]) -> _Came | None:
        """An attempt that was opened before a restart is finished; None where there is none."""
        openings = {m: s for m, s in stood.items() if s.standing.h1 and s.standing.stage in ("N", "B")}
        if not openings:
            return None
        h1 = Counter(s.standing.h1 for s in openings.values()).most_common(1)[0][0]
        those = {m: s for m, s in openings.items() if s.standing.h1 == h1}
        number, first = next(iter(those.values()))
        roster = sorted(set(first.roster))
        attempt = _Attempt(check_in, number, first.stage, first.k, roster)
        opened = {m: s.standing.opened for m, s in those.items() if m in roster and _is_opened(s.standing.opened)}
        return await self._opened(attempt, opened)

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
            came = await self._attempt(_Attempt(check_in, self._epoch.number, stage, k, roster))
            if came.good:
                stage = "B"
                continue
            if came.result or came.code:
                return came
            roster, stage = [m for m in roster if m in came.left], first
        return _Came(code="too_few")

    async def _attempt(self, attempt: _Attempt) -> _Came:
        """One attempt: MASK of the whole roster, then OPEN."""
        ask = attempt.envelope(RelayType.ROSTER, attempt.roster)
        sent = await self._collect((RelayType.MASK,), dict.fromkeys(attempt.roster, ask), STEP_WITHIN_S)
        masks = {m: mask for m, r in sent.items() if (mask := _masked(attempt, m, r)) is not None}
        if len(masks) < len(attempt.roster):
            return _Came(code=_final(sent.values()), left=list(masks))
        asks = {m: attempt.envelope(RelayType.MASKS, shown) for m, shown in _shown(attempt, masks)}
        sent = await self._collect((RelayType.OPEN,), asks, STEP_WITHIN_S)
        opened = {m: o for m, r in sent.items() if (o := _opening(r)) is not None}
        if not opened:
            return _Came(code=_final(sent.values()), left=attempt.roster)
        return await self._opened(attempt, opened)

    async def _opened(self, attempt: _Attempt, opened: Mapping[bytes, Opened]) -> _Came:
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
            released = _released(attempt, sent, missing)
            if released is None:
                return lost
            ask = attempt.envelope(RelayType.SHARES, released)
        return await self._agreed(attempt, ask)

    async def _agreed(self, attempt: _Attempt, ask: Relay) -> _Came:
        """What more than half of the roster say came of it."""
        half = len(attempt.roster) // 2

        def said(answers: Iterable[Relay]) -> tuple[RelayType, bytes] | None:
            every = Counter((r.type, r.payload) for r in answers)
            return next((what for what, many in every.items() if many > half), None)

        sent = await self._collect(
            (RelayType.RESULT,),
            dict.fromkeys(attempt.roster, ask),
            STEP_WITHIN_S,
            enough=lambda step: said(step.answers.values()) is not None,
        )
        what = said(sent.values())
        if attempt.stage == "A":
            good = what == (RelayType.RESULT, b"")
            return _Came(good=good, left=attempt.roster)
        kind, payload = what or (RelayType.REFUSE, b"")
        if kind is RelayType.RESULT and len(payload) == attempt.length + SEALED_RESULT_OVERHEAD:
            return _Came(result=payload, left=attempt.roster)
        spoiled = (kind, payload) == (RelayType.REFUSE, b"spoiled")
        return _Came(code="spoiled" if spoiled else "lost")


# -- what members send, as far as the server looks at it ---------------------------------------------------------


def _revealed(member: bytes, relay: Relay) -> Revealed | None:
    if relay.type is not RelayType.REVEAL:
        return None
    revealed = unpack(relay.payload, Revealed)
    fits = revealed is not None and revealed.ik == member
    return revealed if fits else None


def _masked(attempt: _Attempt, member: bytes, relay: Relay) -> Masked | None:
    """A mask of the right sizes."""
    masked = unpack(relay.payload, Masked) if relay.type is RelayType.MASK else None
    if masked is None or len(masked.y) != attempt.length or len(masked.com) != HASH_BYTES:
        return None
    people, shared = len(attempt.roster), BLOB_BYTES if restorable(len(attempt.roster)) else 0
    sizes = [0 if m == member else shared for m in attempt.roster]
    if len(masked.signature) != SIGNATURE_BYTES or [len(s) for s in masked.shares] != sizes:
        return None
    return masked if len(masked.shares) == people else None


def _shown(attempt: _Attempt, masks: Mapping[bytes, Masked]) -> Iterable[tuple[bytes, Masks]]:
    """The masks as each member gets them: with the shares that are for that one."""
    every = [masks[m] for m in attempt.roster]
    summed = attempt.stage != "N"
    total = b""
    if summed:
        numbers = (int.from_bytes(m.y, "little") for m in every)
        total = (sum(numbers) % (1 << 8 * attempt.length)).to_bytes(attempt.length, "little")
    vectors = [H("y", m.y) if summed else m.y for m in every]
    hashes = [H("shares", *m.shares) for m in every]
    for i, member in enumerate(attempt.roster):
        seen = [
            MaskSeen(y, m.com, hashed, m.signature, m.shares[i])
            for y, m, hashed in zip(vectors, every, hashes, strict=True)
        ]
        yield member, Masks(seen, total)


def _opening(relay: Relay) -> Opened | None:
    opened = unpack(relay.payload, Opened) if relay.type is RelayType.OPEN else None
    return opened if opened is not None and _is_opened(opened) else None


def _is_opened(opened: Opened) -> bool:
    return len(opened.seed) == HASH_BYTES and len(opened.signature) == SIGNATURE_BYTES


def _released(attempt: _Attempt, sent: Mapping[bytes, Relay], missing: Sequence[int]) -> list[Released] | None:
    """The shares of the lowest in the roster, as many as it takes; None when they are too few."""
    found: list[Released] = []
    for place, member in enumerate(attempt.roster, start=1):
        relay = sent.get(member)
        shares = unpack(relay.payload, dict[int, bytes]) if relay and relay.type is RelayType.SHARES else None
        if shares is not None and sorted(shares) == missing and all(len(s) == SHARE_BYTES for s in shares.values()):
            found.append(Released(place, shares))
    needed = len(attempt.roster) - restorable(len(attempt.roster))
    return found[:needed] if len(found) >= needed else None


def _final(relays: Iterable[Relay]) -> str:
    """The code of a refusal that holds for everybody; empty for none. Most have opened it before: it is lost."""
    codes = [r.payload.decode(errors="replace") if r.type is RelayType.REFUSE else "" for r in relays]
    final = next((code for code in FINAL_CODES if code in codes), "")
    return final or ("lost" if codes.count("burned") * 2 > len(codes) else "")
