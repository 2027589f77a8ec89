"""Which check-ins are new on this screen, which wait for an answer, and which results have not been looked at.

It remembers in memory alone: words that are half-typed are an answer, and an answer is never written to disk.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from evenly_protocol.checkins import FEW_WITHIN_S, FEWEST, CheckIn, electorate
from evenly_protocol.members import author_of, seat_of
from evenly_protocol.words import UNDER_WAY, CheckInState

from evenly_client.checkins.ledger import Ledger, MemoryLedger
from evenly_client.checkins.stored_ledger import StoredLedger
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.checkins.verdict import Verdict
from evenly_client.checkins.wording import VERDICTS
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer
from evenly_client.store import Store
from evenly_client.translation import _

ENDED: Final = (CheckInState.RECORDED, CheckInState.GIVEN_UP)

LEFT_OUT: Final = _("Your answer is not in it, as you wished.")
TOO_LATE: Final = _("Your answer is not in it: you were asked whether so few are enough, and the time went by.")

COMPARED_IN: Final = ("agreement", "check_in")
"""The activities in which those who lead are reminded of the three words."""


@dataclass(frozen=True)
class News:
    """Something to be shown, by itself if nothing is in the way.

    Attributes:
        what: `answer`, `few` (are so few enough?), `words` (to be compared) or `ended`.
        check_in: its id; empty for words.
    """

    what: str
    check_in: bytes = b""


class Following:
    """One screen's view of the room's check-ins.

    Attributes:
        check_ins: this device's part in them.
        half_typed: words that are not sent yet, by check-in.
        went_nowhere: check-ins that ended while there were such words.
        unseen: the check-in that has ended and was not looked at; empty for none.
    """

    def __init__(self, peer: Peer, store: Store | None, clock: Callable[[], float]) -> None:
        """`store`: without one, what must outlive the program lives as long as it. `clock`: seconds."""
        room, device = peer.link.room, peer.key.public
        self._ledger: Ledger = MemoryLedger() if store is None else StoredLedger(store, room, device)
        self.check_ins = CheckIns(peer, self._ledger)
        self.half_typed: dict[bytes, str] = {}
        self.went_nowhere: set[bytes] = set()
        self.unseen = b""
        self._peer = peer
        self._clock = clock
        self._told: set[Hashable] = set()
        self._under_way: set[bytes] = set()
        self._few_since: dict[bytes, float] = {}
        self._asked_few: set[bytes] = set()
        self._declined: set[bytes] = set()

    # -- what is new ---------------------------------------------------------------------------------------------

    def news(self) -> list[News]:
        """What has not been told yet; each is told once."""
        found = [*self._to_answer(), *self._few(), *self._words(), *self._ended()]
        return [news for news in found if news is not None]

    def _once(self, key: Hashable, news: News) -> News | None:
        if key in self._told:
            return None
        self._told.add(key)
        return news

    def _to_answer(self) -> list[News | None]:
        check_in = self.check_ins.open
        return [] if check_in is None else [self._once(check_in.id, News("answer", check_in.id))]

    def _few(self) -> list[News | None]:
        asked = self.check_ins.mine.asks_few
        self._few_since = {id: self._few_since.get(id, self._clock()) for id in asked}
        self._asked_few |= asked.keys()
        return [self._once((id, people), News("few", id)) for id, people in asked.items()]

    def _words(self) -> list[News | None]:
        epoch = self.check_ins.mine.epoch
        if epoch is None or not self.check_ins.comparing:
            return []
        return [self._once(epoch.number, News("words"))]

    def _ended(self) -> list[News | None]:
        room = self._peer.room
        before, self._under_way = self._under_way, {c.id for c in room.check_ins if c.state in UNDER_WAY}
        ended = [c for c in room.check_ins if c.id in before and c.state in ENDED]
        for check_in in ended:
            self.unseen = check_in.id
            if self.half_typed.pop(check_in.id, ""):
                self.went_nowhere.add(check_in.id)
        return [News("ended", check_in.id) for check_in in ended]

    def seen(self, check_in: bytes) -> bool:
        """What came of it is on the screen. Whether that is news."""
        news = self.unseen == check_in
        if news:
            self.unseen = b""
        return news

    # -- how it stands for me ------------------------------------------------------------------------------------

    @property
    def people(self) -> int:
        """How many take part as things stand; 0 while the keys are not there, or are those of others."""
        mine = self.check_ins.mine
        return mine.people if self._peer.key.public in mine.members else 0

    @property
    def names(self) -> list[str]:
        """Who takes part as things stand, in seat order."""
        room = self._peer.room
        seats = sorted(seat_of(room, ik) for ik in self.check_ins.mine.members)
        return [self._peer.name_of(seat) if seat else _("somebody unknown") for seat in seats]

    def takes_part(self, check_in: CheckIn) -> bool:
        """Whether it is open and mine to answer."""
        mine = self.check_ins.open
        return mine is not None and mine.id == check_in.id

    def few(self, check_in: bytes) -> int:
        """How many there are where it is asked whether so few are enough, and there is still time; else 0."""
        return self.check_ins.mine.asks_few.get(check_in, 0) if self.few_left_s(check_in) > 0 else 0

    def few_left_s(self, check_in: bytes) -> float:
        """For how long the others wait for my answer to that, seconds."""
        since = self._few_since.get(check_in)
        return 0.0 if since is None else FEW_WITHIN_S - (self._clock() - since)

    def go_on(self, check_in: bytes, *, agree: bool) -> None:
        """My answer to whether so few are enough."""
        self._asked_few.discard(check_in)
        if not agree:
            self._declined.add(check_in)
        self.check_ins.go_on(check_in, agree=agree)

    def own_part(self, check_in: bytes) -> str:
        """What a recorded result is to this member, in a sentence; empty where all is as it should be."""
        verdict = self.check_ins.mine.verdicts.get(check_in, Verdict.ABSENT)
        if verdict is Verdict.NOT_IN and check_in in self._declined:
            return LEFT_OUT
        if verdict is Verdict.NOT_IN and check_in in self._asked_few:
            return TOO_LATE
        return VERDICTS[verdict]

    # -- the three words -----------------------------------------------------------------------------------------

    def to_compare(self, o: Outlook) -> bool:
        """Whether those who lead are to be reminded: the phase is for agreeing, and somebody here never compared."""
        session = o.session
        if session is None or not o.leads or session.phase.activity not in COMPARED_IN:
            return False
        here = {author_of(o.room, seat) for seat in electorate(o.room)}
        return len(here) >= FEWEST and not here <= self._ledger.compared()
