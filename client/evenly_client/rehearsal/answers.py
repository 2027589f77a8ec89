"""How a rehearsal member takes part in check-ins: answers a little after the question, sometimes thinks again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from evenly_protocol.checkins import CheckIn, check_in_with
from evenly_protocol.words import CheckInKind, CheckInState

from evenly_client.checkins.asked import Answer
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.peer import CheckInMoved, Notice, Peer
from evenly_client.rehearsal import texts

if TYPE_CHECKING:
    from evenly_client.rehearsal.member import RehearsalMember
    from evenly_client.rehearsal.passing import Deed

ABSTAINS: Final = 0.06
THINKS_AGAIN: Final = 0.2
"""How likely."""

SPREAD: Final = 0.2
"""How far an answer lies from what the member leans to, as a part of the whole scale."""


class Answers:
    """A member's part in check-ins."""

    def __init__(self, member: RehearsalMember) -> None:
        self._member = member
        self._asked = b""
        self._comparing = False

    def comes_in(self, peer: Peer, part: CheckIns) -> None:
        """The member is in the room: whoever is asked whether so few are enough agrees, while time stands still."""

        def agree(notice: Notice) -> None:
            if isinstance(notice, CheckInMoved):
                for check_in in list(part.mine.asks_few):
                    part.go_on(check_in, agree=True)

        peer.watch(agree)

    def look(self, part: CheckIns) -> None:
        """A check-in may have been opened, or the three words are to be compared."""
        check_in = part.open
        if check_in is not None and check_in.id != self._asked:
            self._asked = check_in.id
            asked = check_in.id
            self._soon(3 + self._member.temperament.wish_every / 15, lambda: self._answer(asked))
        if part.comparing and not self._comparing:
            self._soon(4, self._compare)
        self._comparing = part.comparing

    async def _answer(self, check_in: bytes) -> None:
        """Answers, or abstains; perhaps another answer follows."""
        asked, part = self._still_open(check_in)
        if asked is None or part is None:
            return
        if self._member.draw.random() >= ABSTAINS:
            part.answer(check_in, self._drawn(asked))
            if self._member.draw.random() < THINKS_AGAIN:
                self._soon(4, lambda: self._think_again(check_in))
                return
        self._soon(2, lambda: self._done(check_in))

    async def _think_again(self, check_in: bytes) -> None:
        asked, part = self._still_open(check_in)
        if asked is not None and part is not None:
            part.answer(check_in, self._drawn(asked))
            self._soon(2, lambda: self._done(check_in))

    async def _done(self, check_in: bytes) -> None:
        asked, part = self._still_open(check_in)
        if asked is not None and part is not None:
            part.done(check_in)

    async def _compare(self) -> None:
        part = self._member.check_ins
        if part is not None and part.comparing and part.mine.epoch is not None:
            part.words_compared(part.mine.epoch.words, match=self._member.rehearsal.same_words())

    def _still_open(self, check_in: bytes) -> tuple[CheckIn | None, CheckIns | None]:
        peer, part = self._member.peer, self._member.check_ins
        found = None if peer is None else check_in_with(peer.room, check_in)
        return (None if found is None or found.state is not CheckInState.OPEN else found), part

    # -- what is answered ----------------------------------------------------------------------------------------

    def _drawn(self, asked: CheckIn) -> Answer:
        """An answer of the kind that is asked for."""
        draw = self._member.draw
        match asked.kind:
            case CheckInKind.SCALE | CheckInKind.MOOD:
                return (self._leaning(5),)
            case CheckInKind.FIST:
                return (self._leaning(6),)
            case CheckInKind.YESNO:
                return (0 if draw.random() < self._member.temperament.leans else 1,)
            case CheckInKind.CHOICE:
                return (draw.randrange(len(asked.options)),)
            case CheckInKind.MULTI:
                return tuple(sorted(draw.sample(range(len(asked.options)), draw.randint(1, len(asked.options) - 1))))
            case CheckInKind.WORDS:
                return draw.choice(texts.IN_A_WORD)
            case CheckInKind.TEXT:
                return self._member.rehearsal.decks.take(texts.IN_A_SENTENCE)

    def _leaning(self, answers: int) -> int:
        """One of so many answers from low to high, near what the member leans to."""
        at = self._member.draw.gauss(self._member.temperament.leans, SPREAD) * (answers - 1)
        return min(answers - 1, max(0, round(at)))

    def _soon(self, seconds: float, do: Deed) -> None:
        """About so many seconds from now."""
        self._member.rehearsal.plan(seconds * self._member.draw.uniform(0.6, 1.4), do)
