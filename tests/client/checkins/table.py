"""Members around a table, and a server by hand between them: honest where a test does not have it otherwise.

devices, epochs, attempts     one layer at a time, for what holds of each
Table                         whole participants; every envelope goes through the test's hands
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence

from evenly_client.checkins import derivations
from evenly_client.checkins.attempt import Attempt
from evenly_client.checkins.derivations import Context
from evenly_client.checkins.epoch import Epoch, Handshake
from evenly_client.checkins.ledger import Ledger, MemoryLedger
from evenly_client.checkins.participant import Asked, Participant
from evenly_client.sealing import DeviceKey
from evenly_protocol.checkins import vector_bytes
from evenly_protocol.relayed import Committed, Masked, Masks, MaskSeen, Opened, Released, Revealed, pack, unpack
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import CheckInKind

ROOM, ROOM_KEY, CHECK_IN, SESSION = b"R" * 16, b"K" * 32, b"C" * 16, 3
NOON = 1_790_000_000_000


def devices(people: int) -> list[DeviceKey]:
    """Device keys in the order of their public halves; always the same ones."""
    return sorted((DeviceKey.from_bytes(bytes([i + 1]) * 32) for i in range(people)), key=lambda key: key.public)


def handshakes(keys: Sequence[DeviceKey], *, room_key: bytes = ROOM_KEY) -> list[Handshake]:
    """A handshake of each, with fresh keys."""
    return [Handshake(ROOM, room_key, key, 1, SESSION) for key in keys]


def committed(keys: Sequence[DeviceKey], shaking: Sequence[Handshake]) -> list[Committed]:
    """Everybody's commitment, as the server passes them on."""
    return [Committed(key.public, shake.commitment()) for key, shake in zip(keys, shaking, strict=True)]


def epochs(keys: Sequence[DeviceKey]) -> list[Epoch]:
    """An epoch as each of these has it."""
    shaking = handshakes(keys)
    commitments = committed(keys, shaking)
    revealed = [shake.reveal(commitments) for shake in shaking]
    return [shake.standing(revealed) for shake in shaking]


def context(epoch: Epoch, *, stage: str = "N", k: int = 1, length: int = 24, bind: bytes = b"") -> Context:
    """What an attempt of the whole epoch is bound to."""
    roster = tuple(epoch.keys.items())
    return Context(ROOM, epoch.session, epoch.roster_hash, CHECK_IN, b"q" * 32, stage, k, length, bind, roster)


def attempts(
    keys: Sequence[DeviceKey],
    standing: Sequence[Epoch],
    xs: Sequence[int],
    *,
    seeds: Sequence[int | None] | None = None,
    coefficients: Sequence[int] | None = None,
    **bound: object,
) -> list[Attempt]:
    """An attempt of each, with these vectors; `bound`: as for `context`."""
    return [
        Attempt(
            context(epoch, **bound),  # type: ignore[arg-type]
            key,
            ROOM_KEY,
            epoch.roots,
            x,
            seed=seed,
            coefficients=coefficients,
        )
        for key, epoch, x, seed in zip(keys, standing, xs, seeds or [None] * len(keys), strict=True)
    ]


def shown(masked: Sequence[Masked], stage: str, place: int) -> Masks:
    """Everybody's masks as an honest server shows them to the member in this place."""
    summed = stage != "N"
    length = len(masked[0].y)
    total = derivations.vector(sum(derivations.number(m.y) for m in masked), length) if summed else b""
    return Masks(
        [
            MaskSeen(
                derivations.hash_of_vector(m.y) if summed else m.y,
                m.com,
                derivations.hash_of_shares(m.shares),
                m.signature,
                m.shares[place - 1],
            )
            for m in masked
        ],
        total,
    )


def show_masks(those: Sequence[Attempt]) -> None:
    """Everybody is shown everybody's masks."""
    for attempt in those:
        attempt.check_masks(shown([a.masked for a in those], attempt.context.stage, attempt.place))


def opened(those: Sequence[Attempt], missing: Collection[int] = ()) -> list[Opened]:
    """Everybody's opening, but for the members in these places."""
    return [Opened() if a.place in missing else a.opening() for a in those]


def finish(those: Sequence[Attempt], missing: Collection[int] = ()) -> None:
    """Masks, openings and, where some are missing, shares: until everybody who is there has the total."""
    show_masks(those)
    opens = opened(those, missing)
    there = [a for a in those if a.place not in missing]
    for attempt in there:
        assert attempt.check_opens(opens) == sorted(missing)
    if missing:
        released = [Released(a.place, a.release(sorted(missing))) for a in there]
        for attempt in there:
            attempt.restore(released)


class Table:
    """Participants, each with its ledger, and what the server saw of them.

    Attributes:
        keys: their device keys, in order.
        members: the participants, in the order of their keys.
        ledgers: theirs.
        clock: this machine's, UTC milliseconds, for all of them.
        session: the number of the room's session.
        epoch: the number of the last epoch.
        slots: those that members draw next, one after the other; then they are random again.
        seen: (place, envelope) of all that members sent, in the order in which it came.
    """

    def __init__(self, people: int, ledgers: Sequence[Ledger] = ()) -> None:
        self.keys = devices(people)
        self.ledgers: list[Ledger] = list(ledgers) or [MemoryLedger() for _ in range(people)]
        self.clock = NOON
        self.session = SESSION
        self.seen: list[tuple[int, Relay]] = []
        self.epoch = 0
        self.slots: list[int] = []
        self.members = [self.participant(place) for place in range(1, people + 1)]
        self._check_ins = 0

    def participant(self, place: int) -> Participant:
        """A new participant for the device in this place: as after a restart of its program."""
        return Participant(
            ROOM,
            ROOM_KEY,
            self.keys[place - 1],
            self.ledgers[place - 1],
            session=lambda: self.session,
            now=lambda: self.clock,
            random_slot=lambda size: self.slots.pop(0) if self.slots else secrets.randbelow(size),
        )

    def ik(self, place: int) -> bytes:
        """The device key of the member in this place."""
        return self.keys[place - 1].public

    def roster_of(self, places: Iterable[int]) -> list[bytes]:
        """The device keys of the members in these places."""
        return [self.ik(place) for place in places]

    @property
    def everybody(self) -> list[int]:
        """All places."""
        return list(range(1, len(self.members) + 1))

    def send(self, place: int, relay: Relay) -> Relay | None:
        """Hands a member an envelope; what it answers."""
        answers = self.members[place - 1].received(relay)
        self.seen.extend((place, answer) for answer in answers)
        assert len(answers) <= 1
        return answers[0] if answers else None

    # -- keys ----------------------------------------------------------------------------------------------------

    def exchange_keys(self, places: Sequence[int] = ()) -> list[Revealed]:
        """An epoch of the members in these places, or of all."""
        self.epoch += 1
        those = list(places) or self.everybody
        commitments: list[Committed] = []
        for place in those:
            answer = self.send(place, Relay(RelayType.COMMIT, 0, epoch=self.epoch))
            assert answer is not None
            commitments.append(Committed(self.ik(place), answer.payload))
        revealed: list[Revealed] = []
        for place in those:
            answer = self.send(place, Relay(RelayType.REVEAL, 0, pack(commitments), epoch=self.epoch))
            assert answer is not None
            shown = unpack(answer.payload, Revealed)
            assert shown is not None
            revealed.append(shown)
        for place in those:
            self.send(place, Relay(RelayType.ROSTER, 0, pack(revealed), epoch=self.epoch))
        return revealed

    # -- a check-in ----------------------------------------------------------------------------------------------

    def ask(
        self, kind: CheckInKind = CheckInKind.SCALE, options: Sequence[bytes] = (), *, question: bytes = b"How?"
    ) -> Asked:
        """Opens a check-in for everybody."""
        self._check_ins += 1
        asked = Asked(self._check_ins.to_bytes(16, "big"), kind, self.session, question, tuple(options))
        for member in self.members:
            member.open(asked)
        return asked

    def close(self, asked: Asked) -> None:
        """The room says that answers are being added up."""
        for member in self.members:
            member.close(asked.id)

    def envelope(self, asked: Asked, type: RelayType, payload: object, stage: str = "", k: int = 1) -> Relay:
        """An envelope of an attempt of this check-in, in the epoch that stands."""
        return Relay(type, 0, pack(payload), asked.id, self.epoch, stage or first_stage(asked), k)

    def roster(self, asked: Asked, places: Sequence[int] = (), stage: str = "", k: int = 1) -> dict[int, Relay]:
        """An attempt of the members in these places, or of all, is announced to them. What each answers."""
        those = list(places) or self.everybody
        envelope = self.envelope(asked, RelayType.ROSTER, self.roster_of(those), stage, k)
        return {p: answer for p in those if (answer := self.send(p, envelope)) is not None}

    def masks(self, asked: Asked, masks: dict[int, Relay]) -> dict[int, Relay]:
        """These masks are shown to those they are of. What each answers."""
        first = next(iter(masks.values()))
        masked = [masked_in(relay) for relay in masks.values()]
        answers: dict[int, Relay] = {}
        for i, place in enumerate(masks, start=1):
            envelope = self.envelope(asked, RelayType.MASKS, shown(masked, first.stage, i), first.stage, first.k)
            answer = self.send(place, envelope)
            if answer is not None:
                answers[place] = answer
        return answers

    def opens(self, asked: Asked, opens: dict[int, Relay], missing: Collection[int] = ()) -> dict[int, Relay]:
        """These openings are passed on, but for those of the members in these places. What each answers, if it does."""
        first = next(iter(opens.values()))
        sent = [Opened() if p in missing else opening_in(r) for p, r in opens.items()]
        envelope = self.envelope(asked, RelayType.OPENS, sent, first.stage, first.k)
        return {p: answer for p in opens if (answer := self.send(p, envelope)) is not None}

    def shares(self, asked: Asked, shares: dict[int, Relay], roster: Sequence[int]) -> dict[int, Relay]:
        """The released shares are passed on to the whole roster. What each answers."""
        first = next(iter(shares.values()))
        released = [Released(list(roster).index(p) + 1, released_in(r)) for p, r in shares.items()]
        envelope = self.envelope(asked, RelayType.SHARES, released, first.stage, first.k)
        return {p: answer for p in roster if (answer := self.send(p, envelope)) is not None}

    def attempt(self, asked: Asked, places: Sequence[int] = (), stage: str = "", k: int = 1) -> dict[int, Relay]:
        """A whole attempt in which nobody is missing. What each answers in the end."""
        return self.opens(asked, self.masks(asked, self.roster(asked, places, stage, k)))

    def result(self, asked: Asked, places: Sequence[int] = (), k: int = 1) -> bytes:
        """Closes it, and the sealed result on which all agree; every stage."""
        self.close(asked)
        if asked.in_words:
            assert {said(r) for r in self.attempt(asked, places, "A", k).values()} == {"result"}
        ended = self.attempt(asked, places, "B" if asked.in_words else "N", k)
        assert {r.type for r in ended.values()} == {RelayType.RESULT}
        (sealed,) = {r.payload for r in ended.values()}
        return sealed

    def record(self, asked: Asked, sealed: bytes) -> None:
        """The room has this result."""
        for member in self.members:
            member.recorded(asked.id, sealed)


def closing(people: int = 5, kind: CheckInKind = CheckInKind.SCALE) -> tuple[Table, Asked]:
    """Members who have exchanged keys, and a check-in of theirs that closes."""
    at = Table(people)
    at.exchange_keys()
    asked = at.ask(kind)
    at.close(asked)
    return at, asked


def codes(answers: dict[int, Relay]) -> set[str]:
    """What several answers come to."""
    return {said(answer) for answer in answers.values()}


def first_stage(asked: Asked) -> str:
    """The stage with which its close begins."""
    return "A" if asked.in_words else "N"


def said(relay: Relay | None) -> str:
    """What an answer comes to: the code of a refusal, otherwise the type; empty for no answer."""
    if relay is None:
        return ""
    return relay.payload.decode() if relay.type is RelayType.REFUSE else relay.type.value


def masked_in(relay: Relay) -> Masked:
    """The mask that an envelope carries."""
    masked = unpack(relay.payload, Masked)
    assert relay.type is RelayType.MASK, said(relay)
    assert masked is not None
    return masked


def opening_in(relay: Relay) -> Opened:
    """The opening that an envelope carries."""
    opening = unpack(relay.payload, Opened)
    assert relay.type is RelayType.OPEN, said(relay)
    assert opening is not None
    return opening


def released_in(relay: Relay) -> dict[int, bytes]:
    """The shares that an envelope carries."""
    shares = unpack(relay.payload, dict[int, bytes])
    assert relay.type is RelayType.SHARES, said(relay)
    assert shares is not None
    return shares


def plain(asked: Asked, sealed: bytes) -> bytes:
    """What a sealed result says, with the zeros behind it."""
    opened = derivations.opened_result(ROOM_KEY, ROOM, asked.id, sealed)
    assert opened is not None
    return opened


def length_of(asked: Asked, people: int, stage: str = "") -> int:
    """The length of a vector of this check-in, bytes."""
    return vector_bytes(asked.kind, len(asked.options), stage or first_stage(asked), people)
