"""A member's part in the check-ins of a room: a `Participant` tied to a `Peer`.

    check_ins = CheckIns(peer, MemoryLedger())
    check_ins.answer(check_in.id, (3,))
    check_ins.done(check_in.id)

Whatever has to be sent at the close goes by itself, wherever the member is looking. Watchers of the peer are told
`CheckInMoved`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from evenly_protocol import checkins
from evenly_protocol.agenda import PhaseTakenBack
from evenly_protocol.checkins import OPTIONS, CheckIn, closing_check_ins, electorate, open_check_in
from evenly_protocol.members import author_of, seat_of
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import SessionStarted
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import UNDER_WAY, CheckInState, Role

from evenly_client.checkins.asked import Answer, Asked
from evenly_client.checkins.ledger import Ledger, LedgerFailed
from evenly_client.checkins.participant import Participant
from evenly_client.checkins.question import Question
from evenly_client.peer import Entered, Happened, Notice, Peer, Relayed, State, StateChanged
from evenly_client.text import clean


def wall_clock() -> int:
    """This machine's own clock, UTC milliseconds: a server must not say how long ago something was."""
    return int(time.time() * 1000)


def asked_of(peer: Peer, check_in: CheckIn) -> Asked | None:
    """A check-in's question and answers as they stand inside their seals; None where that is no question."""

    def opened(kind: FieldKind, sealed: bytes) -> bytes | None:
        return peer.sealer.open_bytes(kind, sealed, check_in.author, check_in.sealed_to)

    if len(check_in.options) not in OPTIONS.get(check_in.kind, (0,)):
        return None
    question = opened(FieldKind.QUESTION, check_in.question)
    options = [opened(FieldKind.OPTION, option) for option in check_in.options]
    readable = [option for option in options if option is not None]
    if question is None or len(readable) < len(options):
        return None
    return Asked(check_in.id, check_in.kind, check_in.session, question, tuple(readable))


CONCERNS = frozenset({*checkins.EVOLVE, PhaseTakenBack, SessionStarted})
"""Events after which a check-in may stand differently."""


class CheckIns:
    """One device's part in the check-ins of its peer's room.

    Attributes:
        mine: what this device knows and has answered.
        comparing: the three words are to be compared now.
    """

    def __init__(self, peer: Peer, ledger: Ledger, *, now: Callable[[], int] = wall_clock) -> None:
        """Takes part from now on, until `stop`. `now`: this machine's own clock, UTC milliseconds."""
        self.comparing = False
        self._peer = peer
        self.mine = Participant(
            peer.link.room,
            peer.keys.room_key,
            peer.key,
            ledger,
            session=lambda: peer.room.session.number if peer.room.session is not None else 0,
            now=now,
            belongs=self._belongs,
        )
        self._looked_at: dict[bytes, CheckInState] = {}
        self._asked: dict[bytes, Asked] = {}
        self.stop = peer.watch(self._noticed)
        if peer.state is State.LIVE:
            self._look()

    # -- what the member does ------------------------------------------------------------------------------------

    def answer(self, check_in: bytes, answer: Answer) -> None:
        """My answer; it can be changed until the close. Words are cleaned like every text.

        Raises:
            BadAnswer: the question has no such answer, or it is closed.
        """
        self.mine.answer(check_in, clean(answer) if isinstance(answer, str) else answer)
        self._peer.check_in_moved()

    def done(self, check_in: bytes) -> None:
        """I have answered, or abstain; nobody can tell which."""
        self._send(self.mine.done(check_in))

    def go_on(self, check_in: bytes, *, agree: bool) -> None:
        """My answer to whether so few are enough."""
        self._send(self.mine.go_on(check_in, agree=agree))

    def compare_words(self) -> None:
        """Asks everybody to compare the three words; for who leads."""
        self._peer.relay(Relay(RelayType.WORDS, 0))

    def words_compared(self, words: Sequence[str], *, match: bool) -> bool:
        """These words were read here; what was read aloud is the same, or is not: then these keys are used no more.

        Whether they still stand here: with other keys since there are others, which have to be compared anew.
        """
        stand = self.mine.epoch is not None and tuple(words) == self.mine.epoch.words
        if stand and match:
            self.mine.words_match(words)
        elif stand:
            self._peer.relay(*self.mine.words_differ(words))
        self.comparing = self.comparing and not stand
        self._peer.check_in_moved()
        return stand

    # -- what happens --------------------------------------------------------------------------------------------

    def _noticed(self, notice: Notice) -> None:
        match notice:
            case Relayed(envelope):
                self._received(envelope)
            case StateChanged() | Entered():
                self._look()
            case Happened(entry) if any(type(event) in CONCERNS for event in entry.events):
                self._look()
            case _:
                pass

    def _received(self, envelope: Relay) -> None:
        if envelope.type is RelayType.COMMIT and not self._belongs(self._peer.key.public):
            return
        if envelope.type is RelayType.WORDS:
            epoch = self.mine.epoch
            self.comparing = epoch is not None and epoch.number == envelope.epoch
        self._send(self.mine.received(envelope))

    def _belongs(self, member: bytes) -> bool:
        """Whether a device key is that of a member who may take part: nobody made up, and nobody who only watches."""
        room = self._peer.room
        found = room.members.get(seat_of(room, member))
        if found is None or found.role is Role.OBSERVER:
            return False
        return found.role is not Role.FACILITATOR or room.settings.facilitators_answer

    def _send(self, envelopes: list[Relay]) -> None:
        self._peer.relay(*envelopes)
        self._peer.check_in_moved()

    def _look(self) -> None:
        """What the room says of check-ins now, told to the participant."""
        room = self._peer.room
        for check_in in room.check_ins:
            if check_in.state in UNDER_WAY and self._is_another(check_in):
                self.mine.given_up(check_in.id)
            if self._looked_at.get(check_in.id) is not check_in.state:
                self._looked_at[check_in.id] = check_in.state
                self._tell(check_in)
        for gone in self._asked.keys() - {c.id for c in room.check_ins}:
            del self._asked[gone]
            self.mine.given_up(gone)

    def _is_another(self, check_in: CheckIn) -> bool:
        """Whether another question stands under this id than when it was opened: then it is not answered."""
        asked = self._asked.get(check_in.id)
        return asked is not None and asked != asked_of(self._peer, check_in)

    def _tell(self, check_in: CheckIn) -> None:
        mine = self.mine
        match check_in.state:
            case CheckInState.OPEN | CheckInState.CLOSING:
                asked = asked_of(self._peer, check_in)
                if asked is not None:
                    self._asked.setdefault(check_in.id, asked)
                    mine.open(asked)
                if check_in.state is CheckInState.CLOSING:
                    mine.close(check_in.id)
            case CheckInState.RECORDED:
                mine.recorded(check_in.id, check_in.result)
                self._asked.pop(check_in.id, None)
            case CheckInState.GIVEN_UP | CheckInState.WITHDRAWN:
                mine.given_up(check_in.id)
                self._asked.pop(check_in.id, None)

    def would_show(self, question: Question) -> bool:
        """Whether asking this now, of those who are here, could show one person's answer: the close would refuse it."""
        room = self._peer.room
        members = [author_of(room, seat) for seat in electorate(room)]
        number = room.session.number if room.session is not None else 0
        options = tuple(option.encode() for option in question.options)
        try:
            return self.mine.asked_again(Asked(b"", question.kind, number, question.text.encode(), options), members)
        except LedgerFailed:
            return False

    # -- what can be seen ----------------------------------------------------------------------------------------

    @property
    def open(self) -> CheckIn | None:
        """The check-in that can be answered now, if I take part."""
        check_in = open_check_in(self._peer.room)
        return check_in if check_in is not None and self._peer.seat in electorate(self._peer.room) else None

    @property
    def closing(self) -> CheckIn | None:
        """The check-in whose answers are being added up."""
        return next(iter(closing_check_ins(self._peer.room)), None)
