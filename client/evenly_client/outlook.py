"""What one member sees of the room now: who speaks, where I stand, who is next, what is asked of me.

Pure: it looks at a peer's replica and says it in words, for the screen and for plain lines alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from evenly_protocol import agenda, airtime, queue, series, turns
from evenly_protocol.airtime import Totals
from evenly_protocol.attendance import chair_is_free
from evenly_protocol.hands import Hand
from evenly_protocol.members import attending, is_facilitator, tracks
from evenly_protocol.sealed import FieldKind
from evenly_protocol.turns import Turn
from evenly_protocol.words import GENERAL_TALK, FloorMode, Intent, Order, Role, Source, Visibility

from evenly_client import agenda_words, opened, phrases
from evenly_client.peer import Peer, State
from evenly_client.sealing import UNREADABLE
from evenly_client.translation import _


@dataclass(frozen=True)
class Speaking:
    """Somebody who has the floor. Times in milliseconds; `limit` 0 is none; `since`: when it stood at 0."""

    turn: Turn
    seat: int
    name: str
    words: str
    answering: bool
    elapsed: int
    limit: int
    mine: bool

    @property
    def over(self) -> bool:
        """Whether it has run past its limit; for its speaker and the facilitators alone."""
        return bool(self.limit) and self.elapsed > self.limit


@dataclass(frozen=True)
class Waiting:
    """A hand in the queue, or a seat still to come in a round (`hand` None)."""

    seat: int
    name: str
    reason: str
    words: str
    hand: Hand | None
    mine: bool


class Stand(Enum):
    """Where a member stands, as far as screens make a difference."""

    NEXT = auto()
    LISTENS = auto()
    OTHER = auto()


def _waits_at(index: int) -> Stand:
    return Stand.NEXT if index == 0 else Stand.OTHER


class Outlook:
    """Everything shown is asked of this, at one moment (`now`, UTC milliseconds of the server's clock)."""

    def __init__(self, peer: Peer, now: int | None = None) -> None:
        self.peer = peer
        self.room = peer.room
        self.seat = peer.seat
        self.now = peer.now() if now is None else now
        self.session = self.room.running
        self.floor = self.room.floor
        self.me = self.room.members.get(peer.seat)
        self._totals: Totals | None = None
        self._waiting: tuple[int, list[Waiting]] = (-1, [])

    # -- who I am ------------------------------------------------------------------------------------------------

    @property
    def leads(self) -> bool:
        """I am a facilitator, the host, or in the chair."""
        return is_facilitator(self.room, self.seat)

    @property
    def may_start(self) -> bool:
        """I lead, or the next planned session is mine to host."""
        planned = series.next_planned(self.room)
        return self.leads or (planned is not None and planned.host == self.seat)

    @property
    def tracks(self) -> bool:
        """I mark who is speaking."""
        return tracks(self.room, self.seat)

    @property
    def observes(self) -> bool:
        """I only watch."""
        return self.me is None or self.me.role is Role.OBSERVER

    @property
    def sees_counters(self) -> bool:
        """I may see everybody's counters: facilitators and the timekeeper, and all where the group chose so."""
        return self.tracks or self.room.settings.visibility is Visibility.OPEN

    @property
    def chair_is_free(self) -> bool:
        """No facilitator has been here for 5 minutes: I could take the chair."""
        return not self.observes and not self.leads and chair_is_free(self.room, self.now)

    # -- the session ---------------------------------------------------------------------------------------------

    @property
    def room_name(self) -> str:
        """The room's name, or a stand-in."""
        room = self.room
        if not room.name:
            return _("Peer session")
        return self.peer.sealer.open(FieldKind.ROOM, room.name, room.name_author, room.name_id, cells=40)

    @property
    def phase(self) -> str:
        """What is going on, in a few words."""
        session = self.session
        if session is None:
            return _("No session is running")
        plan = session.phases[session.phase_index]
        if plan.activity == "talk" and not plan.title and self.floor.mode is not FloorMode.QUEUE:
            return phrases.MODE_WORDS[self.floor.mode]
        return agenda_words.title_of(self.peer.sealer, session, session.phase_index)

    @property
    def guidance(self) -> str:
        """A line or two on the phase, for those who lead; empty between sessions and where there is no agenda."""
        session = self.session
        if session is None or not self.leads or len(session.phases) < 2:
            return ""
        return opened.guidance(self.peer.sealer, session, session.phases[session.phase_index])

    @property
    def agenda(self) -> list[agenda_words.Step]:
        """The session's phases in order; empty between sessions."""
        return [] if self.session is None else agenda_words.steps(self.peer.sealer, self.session, self.now)

    @property
    def behind(self) -> str:
        """How far behind or ahead the session is, for those who lead; empty when it is on time."""
        if self.session is None or not self.leads:
            return ""
        return agenda_words.behind_words(self.session, self.now)

    @property
    def ends(self) -> str:
        """When the session ends as things stand: `session ends 12:30`; empty where the phase is the last."""
        session = self.session
        if session is None or self.held or agenda.next_phase(session) is None:
            return ""
        return _("session ends {time}").format(time=phrases.time_of_day(agenda.projected_end(session, self.now)))

    @property
    def pair(self) -> list[int]:
        """Those I am to talk with now, in pairs; empty for nobody."""
        pairs = None if self.session is None else self.session.pairs
        if pairs is None or pairs.over:
            return []
        mine = next((g for g in pairs.groups if self.seat in g), None) or []
        return [seat for seat in mine if seat != self.seat]

    @property
    def held(self) -> bool:
        """Everything is paused."""
        return self.session is not None and self.session.held_since is not None

    @property
    def until(self) -> str:
        """When the phase ends by the clock: `until 11:05`, `back at 11:25`; empty between sessions and in a pause."""
        if self.session is None or self.held or self.session.closed_at is not None:
            return ""
        words = _("back at {time}") if self.session.phase.activity == "break" else _("until {time}")
        return words.format(time=phrases.time_of_day(self.session.phase.ends_at))

    @property
    def here(self) -> list[int]:
        """The seats on the call; between sessions, those connected."""
        if self.session is None:
            return [s for s in self.peer.connected if s in self.room.members]
        return [m.seat for m in attending(self.room)]

    @property
    def everybody(self) -> list[int]:
        """All seats of the room in seat order."""
        return [m.seat for m in self.room.members.values() if not m.removed]

    # -- the floor -----------------------------------------------------------------------------------------------

    def speaking(self) -> list[Speaking]:
        """Who has the floor: one, none, or in `open` several."""
        return [self._speaking(turn) for turn in self.floor.turns]

    def _speaking(self, turn: Turn) -> Speaking:
        answering = turn.answer_at is not None
        seat = turns.answered_by(self.room, turn) if answering else turn.seat
        began = turn.answer_at if turn.answer_at is not None else turn.began
        until = self.session.held_since if self.session and self.session.held_since is not None else self.now
        held = 0 if answering else turn.held_ms
        return Speaking(
            turn=turn,
            seat=seat,
            name=self.name(seat),
            words=self.words_of(turn.hand),
            answering=answering,
            elapsed=max(0, until - began - held),
            limit=turns.limit_of(self.room, turn),
            mine=seat == self.seat,
        )

    def waiting(self) -> list[Waiting]:
        """Who comes next, the first first: the hands in the queue's order, or a round's seats.

        In a round only points about how we work go between; all other hands wait until it ends.
        """
        if self._waiting[0] != self.room.seq:
            self._waiting = self.room.seq, self._in_line()
        return self._waiting[1]

    def _in_line(self) -> list[Waiting]:
        result: list[Waiting] = []
        current = self.floor.round
        figures = self.sees_counters
        for where in queue.ordered(self.room, self.now):
            hand = where.hand
            if current is not None and hand.intent is not Intent.PROCESS:
                continue
            why = phrases.reason(where, figures=figures)
            member = self.room.members.get(hand.seat)
            if member is not None and not member.attending:
                why = _("away · {reason}").format(reason=why)
            result.append(
                Waiting(hand.seat, self.name(hand.seat), why, self.words_of(hand), hand, hand.seat == self.seat)
            )
        for seat in current.pending if current is not None else ():
            why = _("comes back later") if current is not None and seat in current.later else _("in this round")
            result.append(Waiting(seat, self.name(seat), why, "", None, seat == self.seat))
        return result

    def my_hand(self, *, process: bool = False) -> Hand | None:
        """My raised hand (or my point of process)."""
        mine = (h for h in self.floor.hands if h.seat == self.seat)
        return next((h for h in mine if (h.intent is Intent.PROCESS) == process), None)

    def my_turn(self) -> Turn | None:
        """The turn that I would finish."""
        return turns.may_finish(self.room, self.seat)

    def me_in_words(self) -> str:
        """Where I stand: the sentence of my own line."""
        return self._stand()[1]

    @property
    def up_next(self) -> bool:
        """The next turn is mine, in the queue or in a round."""
        return self._stand()[0] is Stand.NEXT

    @property
    def listens(self) -> bool:
        """I am in the session, and neither speak nor wait for a turn."""
        return self._stand()[0] is Stand.LISTENS

    def _stand(self) -> tuple[Stand, str]:
        """Where I stand, and how it is said."""
        if self.peer.state is State.LOBBY:
            return Stand.OTHER, _("waiting: a facilitator has been asked to let you in")
        if self.me is None:
            return Stand.OTHER, _("not in the room")
        if self.session is None:
            if self.room.session is not None:
                return Stand.OTHER, _("the session has ended")
            return Stand.OTHER, _("you can start the session") if self.may_start else _("the session has not begun")
        if self.held:
            return Stand.OTHER, _("Paused. Take the time you need.")
        if self.me.role is Role.OBSERVER:
            return Stand.OTHER, _("you are watching")
        if not self.me.attending:
            return Stand.OTHER, _("you are away")
        mine = self.my_turn()
        if mine is not None:
            return Stand.OTHER, _("you answer") if mine.answer_at is not None else _("it is your turn")
        current = self.floor.round
        if current is not None:
            return self._in_round(current.pending, current.heard, current.listening)
        for index, waiting in enumerate(self.waiting()):
            if waiting.mine:
                mode = self.floor.mode
                if mode in (FloorMode.SOLO, FloorMode.SILENCE, FloorMode.OPEN):
                    return Stand.OTHER, _("your hand is up, and waits")
                return _waits_at(index), f"{phrases.place(index)} · {waiting.reason}"
        return Stand.LISTENS, self._listening()

    def _listening(self) -> str:
        if self.floor.mode is FloorMode.OPEN:
            return _("listening · space when you speak")
        if self.me is not None and self.me.listening:
            return _("listening today")
        if self.floor.mode is FloorMode.SILENCE:
            return _("silence")
        if not self.floor.queue_open:
            return _("listening · the queue is closed for now")
        return _("listening · space asks for the floor")

    def _in_round(self, pending: list[int], heard: list[int], listening: list[int]) -> tuple[Stand, str]:
        if self.seat in pending:
            index = pending.index(self.seat)
            return _waits_at(index), phrases.place_in_round(index)
        if self.seat in listening:
            return Stand.LISTENS, _("listening this time")
        done = self.seat in heard
        return Stand.OTHER, _("you have had your turn in this round") if done else _("not in this round")

    def could_invite(self) -> list[int]:
        """The seats with the most room left; for facilitators."""
        return airtime.could_invite(self.room, self.now)

    def asked(self) -> Turn | None:
        """The turn of which nobody has said for too long whose it is; for those who track."""
        if not self.tracks or self.held:
            return None
        return next((t for t in self.floor.turns if t.unsure_since is not None or t.source is Source.UNMARKED), None)

    # -- air time ------------------------------------------------------------------------------------------------

    def totals(self) -> Totals | None:
        """The session's air time until now (or of the last session), added up once."""
        if self.room.session is None:
            return None
        if self._totals is None:
            self._totals = airtime.totals(self.room.session, self.now)
        return self._totals

    def my_standing(self) -> str:
        """How I stand, in words."""
        totals = self.totals()
        return _("no session yet") if totals is None else phrases.standing(totals, self.seat)

    def my_seconds(self) -> str:
        """How I stand, in figures: my air time, and an equal share."""
        totals = self.totals()
        balance = None if totals is None else totals.balance.get(self.seat)
        if totals is None or balance is None:
            return self.my_standing()
        counted = totals.counted.get(self.seat, 0)
        if not totals.enough_marked:
            words = _("{time} marked as yours · not enough was marked to say more")
            return words.format(time=phrases.clock(counted))
        words = _("{time} spoken · an equal share is {share}")
        return words.format(time=phrases.clock(counted), share=phrases.clock(counted - balance))

    def counted(self) -> dict[int, int]:
        """Counted milliseconds by seat, in seat order, never by how much; empty for those who may not see it."""
        totals = self.totals() if self.sees_counters else None
        return {} if totals is None else {seat: totals.counted.get(seat, 0) for seat in totals.balance}

    def counters(self) -> list[tuple[int, str, int]]:
        """(seat, name, counted milliseconds); see `counted`."""
        return [(seat, self.name(seat), ms) for seat, ms in self.counted().items()]

    # -- names and words -----------------------------------------------------------------------------------------

    def name(self, seat: int) -> str:
        """A name as this member reads it: `You` for oneself."""
        if seat == self.seat and seat != GENERAL_TALK:
            # Translators: stands where a name stands, also within a list of names
            return _("You")
        return self.peer.name_of(seat)

    def words_of(self, hand: Hand | None) -> str:
        """The words of a hand, opened; empty for none."""
        if hand is None or not hand.words:
            return ""
        member = self.room.members.get(hand.seat)
        if member is None:
            return UNREADABLE
        return self.peer.sealer.open(FieldKind.WORDS, hand.words, member.ik, hand.id)

    @property
    def order_in_words(self) -> str:
        """How the queue is ordered."""
        return phrases.ORDER_WORDS[Order(self.room.settings.order)]
