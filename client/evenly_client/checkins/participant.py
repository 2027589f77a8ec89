"""One device in a room's check-ins: what it answers to each of the server's envelopes. No I/O but the ledger's.

The server only moves envelopes. Whatever it says is checked here, and what does not hold is refused with a code; the
rules are those of anonymity.md, "Close". An answer is in this process's memory alone until the check-in closes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from evenly_protocol.checkins import FEW, FEWEST, MOST_IN_TEXT, vector_bytes
from evenly_protocol.relayed import (
    Committed,
    Masks,
    Opened,
    Progress,
    Released,
    Revealed,
    Standing,
    pack,
    unpack,
)
from evenly_protocol.wire import Relay, RelayType

from evenly_client.checkins import ballots, blocks, derivations
from evenly_client.checkins.asked import Answer, Asked
from evenly_client.checkins.attempt import Attempt, AttemptRefused
from evenly_client.checkins.ballots import BadAnswer
from evenly_client.checkins.derivations import Context
from evenly_client.checkins.epoch import Epoch, EpochRefused, Handshake
from evenly_client.checkins.ledger import AskedAgain, Burned, Electorate, Ledger, LedgerFailed, asked_again
from evenly_client.checkins.verdict import Verdict
from evenly_client.sealing import DeviceKey
from evenly_client.translation import _

SESSIONS_BELOW: Final = 2**32
"""The number of a session has four bytes; a room that says otherwise has no check-ins."""

HIGHEST_K: Final = 2**32 - 1
"""The number of an attempt has four bytes."""


class _Reserved(NamedTuple):
    """A slot in a stage `A`: of which attempt, which slot, and the slots that came of it; empty before that."""

    context: Context
    slot: int
    occupancy: bytes = b""


class _CheckIn:
    """What this machine knows of one check-in until it is settled.

    Attributes:
        asked: what is asked.
        answer, done: what the member has said so far.
        shown: who took part, by device key, when the member answered; empty where that was not known.
        closing: the room says that answers are being added up.
        highest_k, wrote_k: of the attempts that a mask was sent for, and of those of a stage `B`.
        epoch: the number of the epoch of the last of them.
        held: a roster that waits for the member's word; `agreed`: the few that the member has agreed to.
        reserved: the slot of the last stage `A`.
        opened: the `N` or `B` that was opened.
        result: the sealed result as computed here.
        progress, closing_progress: what the server has told last.
        most, least: how many were in the largest roster and in the last.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.answer: Answer = "" if asked.in_words else ()
        self.done = False
        self.shown: frozenset[bytes] = frozenset()
        self.closing = False
        self.highest_k = 0
        self.wrote_k = 0
        self.epoch = 0
        self.held: Relay | None = None
        self.agreed: frozenset[bytes] = frozenset()
        self.reserved: _Reserved | None = None
        self.opened: Attempt | None = None
        self.result = b""
        self.progress: Progress | None = None
        self.closing_progress: Progress | None = None
        self.most = 0
        self.least = 0

    @property
    def said(self) -> bool:
        """Whether there is an answer."""
        return bool(self.answer)


class Participant:
    """One device in one room.

    Attributes:
        epoch: the keys that stand now; None before there are any.
        asks_few: how many there are now where the member is asked whether so few are enough, by check-in.
        verdicts: what came of check-ins, by id.
        own_results: the sealed results computed here that differ from the recorded ones, or were not recorded.
    """

    def __init__(
        self,
        room: bytes,
        room_key: bytes,
        device: DeviceKey,
        ledger: Ledger,
        *,
        session: Callable[[], int],
        now: Callable[[], int],
        belongs: Callable[[bytes], bool] = lambda member: True,
        random_slot: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        """`session`: the number of the room's session; `now`: this machine's own clock, UTC milliseconds.

        `belongs`: whether a device key is that of somebody in the room who may take part.
        """
        self.epoch: Epoch | None = None
        self.asks_few: dict[bytes, int] = {}
        self.verdicts: dict[bytes, Verdict] = {}
        self.own_results: dict[bytes, bytes] = {}
        self._room, self._room_key, self._device, self._ledger = room, room_key, device, ledger
        self._session, self._now, self._belongs, self._random_slot = session, now, belongs, random_slot
        self._check_ins: dict[bytes, _CheckIn] = {}
        self._over: set[bytes] = set()
        self._handshake: Handshake | None = None
        self._epochs: dict[int, Epoch] = {}
        self._last_epoch = 0
        self._current: Attempt | None = None

    # -- what the member does ------------------------------------------------------------------------------------

    def open(self, asked: Asked) -> None:
        """A check-in is open, in which this member may take part. One that was settled is never open again."""
        if asked.id not in self._over and 0 <= asked.session < SESSIONS_BELOW:
            self._check_ins.setdefault(asked.id, _CheckIn(asked))

    def answer(self, check_in: bytes, answer: Answer) -> None:
        """The member's answer, in place of an earlier one; it can be changed until the close.

        Raises:
            BadAnswer: the question has no such answer, or it is closed.
        """
        c = self._check_ins.get(check_in)
        if c is None or c.closing:
            raise BadAnswer(_("No answer can be given any more."))
        if isinstance(answer, str) is not c.asked.in_words:
            raise BadAnswer(_("There is no such answer."))
        if isinstance(answer, str):
            too_long = blocks.too_long(c.asked.kind, answer)
            if too_long:
                raise BadAnswer(too_long)
        else:
            ballots.ballot(c.asked.kind, c.asked.answers, answer)
        c.answer, c.shown = answer, frozenset(self.members)

    def answer_of(self, check_in: bytes) -> Answer | None:
        """What the member has answered so far; None where nothing."""
        c = self._check_ins.get(check_in)
        return c.answer if c is not None and c.said else None

    def done(self, check_in: bytes) -> list[Relay]:
        """The member is done with it: has answered, or abstains."""
        c = self._check_ins.get(check_in)
        if c is None or c.closing:
            return []
        if not c.done and not c.said:
            c.shown = frozenset(self.members)
        c.done = True
        return [Relay(RelayType.DONE, 0, check_in=check_in)]

    def is_done(self, check_in: bytes) -> bool:
        """Whether the member has said so."""
        c = self._check_ins.get(check_in)
        return c is not None and c.done

    def go_on(self, check_in: bytes, *, agree: bool) -> list[Relay]:
        """The member's answer to whether so few are enough."""
        c = self._check_ins.get(check_in)
        self.asks_few.pop(check_in, None)
        if c is None or c.held is None:
            return []
        held, c.held = c.held, None
        if not agree:
            return [_refusal(held, "declined")]
        c.agreed = frozenset(unpack(held.payload, list[bytes]) or ())
        return self._attempted(held)

    def words_match(self, words: Sequence[str]) -> bool:
        """The member has heard these three words read aloud. Whether they stand here: other keys may since."""
        if self.epoch is None or tuple(words) != self.epoch.words:
            return False
        with suppress(LedgerFailed):
            self._ledger.note_compared(self.epoch.keys)
        return True

    def words_differ(self, words: Sequence[str]) -> list[Relay]:
        """These three words are not what was read aloud: with these keys nothing is answered any more.

        The server is told that there are none here: others are made when they are needed, with other words.
        """
        if self.epoch is None or tuple(words) != self.epoch.words:
            return []
        self.epoch, self._current = None, None
        self._epochs.clear()
        return [self._standing(b"")]

    # -- what can be seen ----------------------------------------------------------------------------------------

    @property
    def people(self) -> int:
        """How many take part as things stand; 0 while there are no keys of this session."""
        return len(self.members)

    @property
    def members(self) -> list[bytes]:
        """Who takes part as things stand, by device key; nobody while there are no keys of this session."""
        return list(self.epoch.keys) if self.epoch is not None and self.epoch.session == self._session() else []

    @property
    def compared(self) -> bool:
        """Whether every key of the epoch was in one whose words matched."""
        try:
            return self.epoch is not None and self._ledger.compared() >= set(self.epoch.keys)
        except LedgerFailed:
            return False

    def progress(self, check_in: bytes) -> Progress | None:
        """How many are done, or, once it closes, how many have sent what is waited for; None where not known."""
        c = self._check_ins.get(check_in)
        if c is None:
            return None
        return c.closing_progress if c.closing else c.progress

    def left_out(self, check_in: bytes) -> int:
        """Without how many it is being closed, who were there when the close began."""
        c = self._check_ins.get(check_in)
        return c.most - c.least if c is not None else 0

    def _standing(self, check_in: bytes) -> Relay:
        """What this client says when the server asks how it stands, after a reconnect of either; if nothing is known
        here of the check-in, or there is none: which keys it has."""
        c = self._check_ins.get(check_in)
        epoch = self.epoch if c is None or c.opened is None else self._epochs.get(c.epoch)
        roster_hash = epoch.roster_hash if epoch is not None else b""
        standing = Standing(roster_hash) if c is None else Standing(roster_hash, c.highest_k, c.done)
        if c is not None and c.opened is not None:
            at = c.opened.context
            standing = Standing(
                at.roster_hash, c.highest_k, c.done, at.stage, at.k, c.opened.h1, c.opened.roster, c.opened.opening()
            )
        number = epoch.number if epoch is not None else 0
        return Relay(RelayType.ROSTER, 0, pack(standing), check_in, number)

    # -- what becomes of it --------------------------------------------------------------------------------------

    def close(self, check_in: bytes) -> None:
        """The room says that answers are being added up."""
        c = self._check_ins.get(check_in)
        if c is not None:
            c.closing = True

    def recorded(self, check_in: bytes, sealed: bytes) -> None:
        """The room has this result; an empty one where it was in words and is not shown any more."""
        at = None if self._current is None else self._current.context
        sent = at is not None and at.check_in == check_in and at.stage != "A"
        c = self._forget(check_in)
        if c is None:
            self.verdicts.setdefault(check_in, Verdict.ABSENT)
        elif (c.opened is None and sent) or not sealed:
            self.verdicts[check_in] = Verdict.UNKNOWN
        elif c.opened is None:
            self.verdicts[check_in] = Verdict.NOT_IN if c.said else Verdict.ABSENT
        elif c.result and c.result != sealed:
            self.verdicts[check_in] = Verdict.DIFFERS
            self.own_results[check_in] = c.result
        elif c.result:
            self.verdicts[check_in] = Verdict.IN
        else:
            # Opened, and not computed here: what it is, this machine cannot know.
            same = c.opened.h1[:12] == sealed[1:13]
            self.verdicts[check_in] = Verdict.UNKNOWN if same else Verdict.NOT_IN

    def given_up(self, check_in: bytes) -> None:
        """The room has no result and never will. One that was computed here is kept here."""
        c = self._forget(check_in)
        if c is not None and c.result:
            self.own_results[check_in] = c.result

    def _forget(self, check_in: bytes) -> _CheckIn | None:
        self._over.add(check_in)
        c = self._check_ins.pop(check_in, None)
        self.asks_few.pop(check_in, None)
        if self._current is not None and self._current.context.check_in == check_in:
            self._current = None
        self._drop_old_epochs()
        return c

    # -- envelopes -----------------------------------------------------------------------------------------------

    def received(self, relay: Relay) -> list[Relay]:
        """What this client answers to an envelope of the server's."""
        match relay.type:
            case RelayType.COMMIT:
                return self._commit(relay)
            case RelayType.REVEAL:
                return self._reveal(relay)
            case RelayType.ROSTER if not relay.payload:
                return [self._standing(relay.check_in)]
            case RelayType.ROSTER if not relay.check_in:
                return self._stands(relay)
            case RelayType.ROSTER:
                return self._attempted(relay)
            case RelayType.MASKS:
                return self._masks(relay)
            case RelayType.OPENS:
                return self._opens(relay)
            case RelayType.SHARES:
                return self._shares(relay)
            case RelayType.PROGRESS:
                return self._progressed(relay)
            case _:
                return []

    def _progressed(self, relay: Relay) -> list[Relay]:
        c, progress = self._check_ins.get(relay.check_in), unpack(relay.payload, Progress)
        if c is not None and progress is not None:
            if relay.stage:
                c.closing_progress = progress
            else:
                c.progress = progress
        return []

    # -- the epoch -----------------------------------------------------------------------------------------------

    def _commit(self, relay: Relay) -> list[Relay]:
        if relay.epoch > self._last_epoch and 0 <= self._session() < SESSIONS_BELOW:
            self._last_epoch = relay.epoch
            self._handshake = Handshake(self._room, self._room_key, self._device, relay.epoch, self._session())
        if self._handshake is None or self._handshake.number != relay.epoch:
            return []
        return [Relay(RelayType.COMMIT, 0, self._handshake.commitment(), epoch=relay.epoch)]

    def _reveal(self, relay: Relay) -> list[Relay]:
        handshake, committed = self._handshake, unpack(relay.payload, list[Committed])
        if handshake is None or handshake.number != relay.epoch or committed is None:
            return []
        try:
            return [Relay(RelayType.REVEAL, 0, pack(handshake.reveal(committed)), epoch=relay.epoch)]
        except EpochRefused:
            self._handshake = None
            return []

    def _stands(self, relay: Relay) -> list[Relay]:
        handshake, revealed = self._handshake, unpack(relay.payload, list[Revealed])
        if handshake is None or handshake.number != relay.epoch or revealed is None:
            return []
        self._handshake = None
        try:
            epoch = handshake.standing(revealed)
        except EpochRefused:
            return []
        if not all(map(self._belongs, epoch.keys)):
            return []
        self.epoch = self._epochs[epoch.number] = epoch
        for c in self._check_ins.values():
            if (c.said or c.done) and not c.shown:
                # Answered before there were keys: these are the first that the member can have seen.
                c.shown = frozenset(self.members)
        self._drop_old_epochs()
        return []

    def _drop_old_epochs(self) -> None:
        needed = {c.epoch for c in self._check_ins.values() if c.highest_k}
        if self.epoch is not None:
            needed.add(self.epoch.number)
        self._epochs = {number: epoch for number, epoch in self._epochs.items() if number in needed}

    # -- MASK ----------------------------------------------------------------------------------------------------

    def _attempted(self, relay: Relay) -> list[Relay]:
        c, roster = self._check_ins.get(relay.check_in), unpack(relay.payload, list[bytes])
        epoch = self._epochs.get(relay.epoch)
        if c is None or roster is None or epoch is None:
            return [_refusal(relay, "stale")]
        if self._is_current(relay) and self._current is not None and self._current.roster == roster:
            return [_reply(relay, RelayType.MASK, pack(self._current.masked))]
        c.closing_progress = c.held = None
        self.asks_few.pop(c.asked.id, None)
        try:
            code = self._why_not(c, relay, roster, epoch)
        except LedgerFailed:
            code = "bad_step"
        if code:
            return [_refusal(relay, code)]
        c.most, c.least = max(c.most, len(roster)), len(roster)
        if self._are_few(c, roster):
            c.held = relay
            self.asks_few[c.asked.id] = len(roster)
            return []
        context = self._context(c, relay, roster, epoch)
        x = self._vector(c, context)
        if x is None:
            return [_refusal(relay, "bad_step")]
        # An attempt that was never opened can never be opened from here on: only one may.
        self._current = None
        c.highest_k, c.epoch = relay.k, epoch.number
        if relay.stage == "B":
            c.wrote_k = relay.k
        else:
            c.reserved = None
        self._current = Attempt(context, self._device, self._room_key, epoch.roots, x)
        if relay.stage == "A":
            c.reserved = _Reserved(context, _slot_of(x))
        self._drop_old_epochs()
        return [_reply(relay, RelayType.MASK, pack(self._current.masked))]

    def _why_not(self, c: _CheckIn, relay: Relay, roster: list[bytes], epoch: Epoch) -> str:
        """The code with which an attempt is refused; empty for none."""
        if not c.closing or relay.stage not in (("A", "B") if c.asked.in_words else ("N",)):
            return "bad_step"
        if epoch.session != c.asked.session or roster != sorted(set(roster)) or not set(roster) <= set(epoch.keys):
            return "other_key"
        if self._device.public not in roster:
            return "not_in_roster"
        if len(roster) < FEWEST:
            return "too_few"
        if c.asked.in_words and len(roster) > MOST_IN_TEXT:
            return "too_many"
        if not self._is_newer(c, relay, roster):
            return "stale"
        if self._ledger.burned(c.asked.id, "B" if c.asked.in_words else "N"):
            return "burned"
        shown = c.shown or frozenset(epoch.keys)
        still = shown.intersection(roster)
        if len(still) < FEWEST or 3 * len(still) < 2 * len(shown):
            return "shrunk"
        if self.asked_again(c.asked, roster):
            return "asked_again"
        return ""

    def _is_newer(self, c: _CheckIn, relay: Relay, roster: list[bytes]) -> bool:
        """Whether there was no such attempt before; a `B` is the one that follows the `A` of its number, once.

        Two masks with one context would show the difference between what they hide, if one of them were opened.
        """
        if relay.stage != "B":
            return c.highest_k < relay.k <= HIGHEST_K
        if c.reserved is None or not c.reserved.occupancy or relay.k == c.wrote_k:
            return False
        context, epoch = c.reserved.context, self._epochs.get(relay.epoch)
        same_keys = epoch is not None and epoch.roster_hash == context.roster_hash
        return same_keys and context.k == relay.k and [ik for ik, _ in context.roster] == roster

    def _are_few(self, c: _CheckIn, roster: Sequence[bytes]) -> bool:
        """Whether the member is to be asked if so few are enough: of five or more who were shown 3 or 4 are left."""
        agreed = bool(c.agreed) and c.agreed <= frozenset(roster)
        return len(c.shown) >= FEW > len(c.shown.intersection(roster)) and not agreed

    def asked_again(self, asked: Asked, members: Sequence[bytes]) -> bool:
        """Whether opening this with these members could show one person's answer, by what was opened before."""
        return asked_again(self._ledger, self._guard_key(asked), asked.session, members, self._now())

    def _guard_key(self, asked: Asked) -> bytes:
        """By what the ledger knows a question: as people read it, so that bytes nobody sees make no other of it."""
        question, options = asked.as_read
        return derivations.question_key(self._room_key, asked.kind.value, question, options)

    def _question_key(self, asked: Asked) -> bytes:
        return derivations.question_key(self._room_key, asked.kind.value, asked.question, asked.options)

    def _context(self, c: _CheckIn, relay: Relay, roster: list[bytes], epoch: Epoch) -> Context:
        bind = b""
        if relay.stage == "B" and c.reserved is not None:
            bind = derivations.binding(c.reserved.occupancy)
        return Context(
            self._room,
            c.asked.session,
            epoch.roster_hash,
            c.asked.id,
            self._question_key(c.asked),
            relay.stage,
            relay.k,
            vector_bytes(c.asked.kind, len(c.asked.options), relay.stage, len(roster)),
            bind,
            tuple((ik, epoch.keys[ik]) for ik in roster),
        )

    def _vector(self, c: _CheckIn, context: Context) -> int | None:
        """What this member adds to the sum; None where it has no part in it."""
        if context.stage == "N":
            chosen = () if isinstance(c.answer, str) else c.answer
            return ballots.ballot(c.asked.kind, c.asked.answers, chosen)
        if context.stage == "A":
            return blocks.reserving(self._random_slot(context.length))
        if c.reserved is None:
            return None
        taken = blocks.taken(c.reserved.occupancy, len(context.roster))
        if taken is None or c.reserved.slot not in taken:
            return None
        text = c.answer.encode() if isinstance(c.answer, str) else b""
        block = blocks.sealed_block(self._ballot_key(context), c.asked.kind, text)
        return derivations.number(block) << 8 * len(block) * taken.index(c.reserved.slot)

    def _ballot_key(self, context: Context) -> bytes:
        return derivations.ballot_key(self._room_key, context.bind)

    # -- OPEN ----------------------------------------------------------------------------------------------------

    def _is_current(self, relay: Relay) -> bool:
        current = self._current
        return current is not None and self._is(current, relay)

    def _is(self, attempt: Attempt, relay: Relay) -> bool:
        at, epoch = attempt.context, self._epochs.get(relay.epoch)
        same = (at.check_in, at.stage, at.k) == (relay.check_in, relay.stage, relay.k)
        return same and epoch is not None and epoch.roster_hash == at.roster_hash

    def _masks(self, relay: Relay) -> list[Relay]:
        c, masks = self._check_ins.get(relay.check_in), unpack(relay.payload, Masks)
        if c is None or masks is None:
            return [_refusal(relay, "bad_step")]
        if c.opened is not None and self._is(c.opened, relay):
            return self._opened_before(c.opened, relay, masks)
        attempt = self._current
        if attempt is None or not self._is(attempt, relay):
            return [_refusal(relay, "bad_step")]
        if attempt.h1:
            return self._opened_before(attempt, relay, masks)
        try:
            attempt.check_masks(masks)
        except AttemptRefused:
            self._current = None
            return [_refusal(relay, "bad_step")]
        code = self._burn(c, attempt)
        if code:
            self._current = None
            return [_refusal(relay, code)]
        if attempt.context.stage != "A":
            c.opened, self._current = attempt, None
        return [_reply(relay, RelayType.OPEN, pack(attempt.opening()))]

    def _opened_before(self, attempt: Attempt, relay: Relay, masks: Masks) -> list[Relay]:
        """The same masks again are answered as before; others of this attempt never are."""
        try:
            attempt.check_masks(masks)
        except AttemptRefused:
            return [_refusal(relay, "bad_step")]
        return [_reply(relay, RelayType.OPEN, pack(attempt.opening()))]

    def _burn(self, c: _CheckIn, attempt: Attempt) -> str:
        """Writes down that this attempt is opened. The code of a refusal where it must not be; empty for done."""
        context = attempt.context
        try:
            if self.asked_again(c.asked, attempt.roster):
                return "asked_again"
            if context.stage == "A":
                self._ledger.burn(context.check_in, "A", context.k)
            else:
                electorate = Electorate(context.session, self._now(), frozenset(attempt.roster))
                self._ledger.burn(context.check_in, context.stage, 0, self._guard_key(c.asked), electorate)
        except Burned:
            return "burned"
        except AskedAgain:
            return "asked_again"
        except LedgerFailed:
            return "bad_step"
        return ""

    # -- RECOVER, result -----------------------------------------------------------------------------------------

    def _opened(self, relay: Relay) -> tuple[_CheckIn, Attempt] | None:
        """The attempt of this envelope, if this client has opened it."""
        c = self._check_ins.get(relay.check_in)
        if c is None:
            return None
        for attempt in (c.opened, self._current):
            if attempt is not None and attempt.h1 and self._is(attempt, relay):
                return c, attempt
        return None

    def _opens(self, relay: Relay) -> list[Relay]:
        mine, opens = self._opened(relay), unpack(relay.payload, list[Opened])
        if mine is None or opens is None:
            return [_refusal(relay, "bad_step")]
        c, attempt = mine
        try:
            missing = attempt.check_opens(opens)
        except AttemptRefused:
            return [_refusal(relay, "bad_step")]
        if not missing:
            return self._result(c, attempt, relay)
        if attempt.place in missing:
            return []
        return [_reply(relay, RelayType.SHARES, pack(attempt.release(missing)))]

    def _shares(self, relay: Relay) -> list[Relay]:
        mine, released = self._opened(relay), unpack(relay.payload, list[Released])
        if mine is None or released is None:
            return [_refusal(relay, "bad_step")]
        c, attempt = mine
        try:
            if attempt.total is None:
                attempt.restore(released)
        except AttemptRefused:
            return [_refusal(relay, "bad_step")]
        return self._result(c, attempt, relay)

    def _result(self, c: _CheckIn, attempt: Attempt, relay: Relay) -> list[Relay]:
        if attempt.total is None:
            return [_refusal(relay, "bad_step")]
        context, length = attempt.context, attempt.context.length
        vector = derivations.vector(attempt.total, length)
        if context.stage == "A":
            if c.reserved is None or blocks.taken(vector, attempt.people) is None:
                return [_refusal(relay, "collision")]
            c.reserved = _Reserved(context, c.reserved.slot, vector)
            return [_reply(relay, RelayType.RESULT)]
        canonical = self._canonical(c, attempt, vector)
        if canonical is None:
            return [_refusal(relay, "spoiled")]
        c.result = derivations.sealed_result(
            self._room_key, self._room, context.check_in, attempt.h1, canonical, length
        )
        return [_reply(relay, RelayType.RESULT, c.result)]

    def _canonical(self, c: _CheckIn, attempt: Attempt, vector: bytes) -> bytes | None:
        """The result as it is sealed; None when it cannot be one."""
        if attempt.context.stage == "N":
            possible = ballots.possible(c.asked.kind, ballots.counts(vector), attempt.people)
            return vector if possible else None
        key = self._ballot_key(attempt.context)
        texts = [blocks.opened_block(key, block) for block in blocks.blocks(vector, c.asked.kind)]
        if c.reserved is None:
            return None
        taken = blocks.taken(c.reserved.occupancy, attempt.people)
        mine = c.answer.encode() if isinstance(c.answer, str) else b""
        if taken is None or texts[taken.index(c.reserved.slot)] != mine:
            return None
        found = [text for text in texts if text is not None]
        return blocks.canonical(found) if len(found) == attempt.people else None


def _slot_of(reserving: int) -> int:
    return (reserving.bit_length() - 1) // 8


def _reply(relay: Relay, type: RelayType, payload: bytes = b"") -> Relay:
    return Relay(type, 0, payload, relay.check_in, relay.epoch, relay.stage, relay.k)


def _refusal(relay: Relay, code: str) -> Relay:
    return _reply(relay, RelayType.REFUSE, code.encode())
