"""What happened in a room, from its log: folded once, entry by entry, into plain data.

A room keeps of earlier sessions only totals, and its boards forget what was settled long ago; the log has it all. So
the fold here keeps hold of each session, action, issue and post while the same `evolve` as everywhere changes them.
What was taken back, withdrawn or not confirmed is not in a chronicle, whatever the log has of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from evenly_protocol import actions, agenda, airtime, attendance, exchange, issues, members, seats, series
from evenly_protocol.actions import Action, ActionStep
from evenly_protocol.airtime import Totals
from evenly_protocol.exchange import Post
from evenly_protocol.facts import Event
from evenly_protocol.issues import Issue
from evenly_protocol.pairs import PairsSet
from evenly_protocol.room import Entry, Room, evolve
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import GuestSeatGiven, TimekeeperSet
from evenly_protocol.series import Planned
from evenly_protocol.session import Session, SessionEnded, SessionStarted
from evenly_protocol.settings import SettingsChanged
from evenly_protocol.taking_back import TurnTakenBack
from evenly_protocol.turns import TurnBegan
from evenly_protocol.words import MILLISECONDS_A_MINUTE, ActionState, Intent, Label, PostKind, Role, Visibility

from evenly_client import agenda_words, opened
from evenly_client.history import Progress
from evenly_client.people import People
from evenly_client.reports.attended import Attended
from evenly_client.reports.check_ins import CheckInsNoted, CheckInWent
from evenly_client.sealing import RoomKeys, Sealer
from evenly_client.text import one_line
from evenly_client.translation import _

TOLD_EVERY: Final = 500
"""Entries between two reports of progress."""

ROOM_NAME_CELLS: Final = 40


@dataclass(frozen=True, slots=True)
class PhaseWent:
    """A phase as it went. All times in milliseconds.

    Attributes:
        title: what it was called; people's own words where the format has them.
        activity: its kind, a key of `ACTIVITIES`.
        started, ended: UTC milliseconds; `ended` of one still under way is the moment of the report.
        planned: as the plan had it.
        took: without pauses.
        counted: whether talk in it counted at its end.
        holder: the seat of its issue-holder; 0 for none.
    """

    title: str
    activity: str
    started: int
    ended: int
    planned: int
    took: int
    counted: bool
    holder: int


@dataclass(frozen=True, slots=True)
class IssueHeld:
    """An issue that a session came to; `text` is empty where none was written down."""

    number: int
    holder: int
    text: str
    label: Label


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was put in words. `issue`: its number, 0 for none; `kept_by`: the seat that keeps it, or 0."""

    seat: int
    words: str
    issue: int
    holder: int
    at: int
    kept_by: int


@dataclass(frozen=True, slots=True)
class SessionWent:
    """A session as it went. Moments are UTC milliseconds, lengths milliseconds.

    Attributes:
        number: 1, 2, 3… in the room.
        started_at: when it began.
        until: when it was over, or the moment of the report.
        running: it is not over; everything here is so far.
        topic: what it was planned to be about; empty for nothing said.
        hosts: the seats that led it as hosts, in order.
        phases: in the order in which they were.
        issues: that it came to, by number.
        attended: by seat, how long they were on the call while it ran.
        totals: what the ledger adds up to.
        asked: questions put, by seat, with words or without.
        questions: those with words, in order.
        check_ins: that nobody took back, the first first.
        pairs: who talked with whom, by round.
        corrections: how often air time was moved, and stayed so.
        led: seats that led it: facilitators on the call, hosts, whoever took the chair.
        timekeepers: seats that marked who was speaking.
        open_air_time: everybody saw everybody's air time at its end, by the group's choice.
    """

    number: int
    started_at: int
    until: int
    running: bool
    topic: str
    hosts: tuple[int, ...]
    phases: tuple[PhaseWent, ...]
    issues: tuple[IssueHeld, ...]
    attended: Mapping[int, int]
    totals: Totals
    asked: Mapping[int, int]
    questions: tuple[Asked, ...]
    check_ins: tuple[CheckInWent, ...]
    pairs: tuple[tuple[tuple[int, ...], ...], ...]
    corrections: int
    led: frozenset[int]
    timekeepers: frozenset[int]
    open_air_time: bool


@dataclass(frozen=True, slots=True)
class NoteWritten:
    """A note on an action; `learnt`: it answers what happened and what was learnt. `at`: UTC milliseconds."""

    seat: int
    text: str
    at: int
    learnt: bool


@dataclass(frozen=True, slots=True)
class ActionWent:
    """An action with its whole history, on the board still or not.

    `due`: days since 1970-01-01, 0 is the next session; `at`, `changed_at`: UTC milliseconds; `session`: the number of
    the session it was made in or after; `changed`: grows with every change.
    """

    id: bytes
    owner: int
    text: str
    label: Label
    due: int
    buddy: int
    session: int
    at: int
    steps: tuple[ActionStep, ...]
    notes: tuple[NoteWritten, ...]
    changed: int
    changed_at: int

    def step_by(self, session: int) -> ActionStep | None:
        """How it stood when the session after this one began; None before it was made."""
        return next((s for s in reversed(self.steps) if s.session <= session), None)

    @property
    def state(self) -> ActionState:
        """How it stands."""
        return self.steps[-1].state

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in (ActionState.COMMITTED, ActionState.DOING, ActionState.BLOCKED)


@dataclass(frozen=True, slots=True)
class PostWent:
    """Something that stands or stood on the exchange and was not taken back. `at`: UTC milliseconds."""

    id: bytes
    seat: int
    kind: PostKind
    text: str
    link: str
    label: Label
    at: int
    session: int
    reply_to: bytes
    met_by: int
    introduced: bool


@dataclass(frozen=True, slots=True)
class Coached:
    """Minutes of coaching that `by` has noted down, with `seat`. `at`: UTC milliseconds."""

    by: int
    seat: int
    minutes: int
    at: int


@dataclass(frozen=True, slots=True)
class MeetingPlanned:
    """A planned session, for the calendar and for what comes next.

    `sequence` grows with every change, through being left out and put back too; `cancelled`: it is planned no more.
    """

    id: bytes
    at: int
    minutes: int
    number: int
    holders: tuple[int, ...]
    host: int
    feedback: bool
    topic: str
    prework: str
    sequence: int
    changed_at: int
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Chronicle:
    """Everything that a report can be made of.

    Attributes:
        room: as it stands.
        room_name: empty for none.
        until: the moment that it tells of, UTC milliseconds.
        names: by seat; a seat that became another's has that one's.
        sessions: the first first, the one that runs included.
        actions, posts, coached: the oldest first.
        meetings: planned sessions; those that are planned no more come last.
        series_changes: grows with every change of the series; `series_changed_at`: the last, UTC milliseconds.
        call_link: where the group meets; empty for nothing said.
        introductions: people made known to each other through asks that were met.
        coaching_minutes: minutes of coaching one to one.
    """

    room: Room = field(repr=False)
    room_name: str
    until: int
    names: Mapping[int, str]
    sessions: tuple[SessionWent, ...]
    actions: tuple[ActionWent, ...]
    posts: tuple[PostWent, ...]
    coached: tuple[Coached, ...]
    meetings: tuple[MeetingPlanned, ...]
    series_changes: int
    series_changed_at: int
    call_link: str
    introductions: int = 0
    coaching_minutes: int = 0

    def name(self, seat: int) -> str:
        """What a seat is called."""
        return self.names.get(seat, _("seat {n}").format(n=seat))

    def watches(self, seat: int) -> bool:
        """Whether a seat is an observer's."""
        member = self.room.members.get(seat)
        return member is not None and member.role is Role.OBSERVER

    def session(self, number: int) -> SessionWent | None:
        """The session of this number."""
        return next((s for s in self.sessions if s.number == number), None)

    def next_meeting(self) -> MeetingPlanned | None:
        """The planned session that comes next; dated ones first."""
        coming = [m for m in self.meetings if not m.number and not m.cancelled]
        return min(coming, key=lambda m: (not m.at, m.at), default=None)


class _Noted:
    """What is noted of a session beside what it holds itself."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.attended = Attended()
        self.counted: dict[int, bool] = {}
        self.question_turns: dict[bytes, int] = {}
        self.kept_by: dict[int, int] = {}
        self.pairs: dict[int, list[list[int]]] = {}
        self.led: set[int] = set()
        self.timekeepers: set[int] = set()
        self.open_air_time = False


_PRESENCE: Final = frozenset(
    {
        SessionStarted,
        *attendance.EVOLVE,
        *seats.EVOLVE,
    }
)
_PHASES: Final = frozenset({SessionStarted, *agenda.EVOLVE})


class Folding:
    """The fold. Give it the entries in order with `take`, then ask for the `chronicle`."""

    def __init__(self, room: bytes) -> None:
        self.room = Room(room)
        self._sessions: list[_Noted] = []
        self._actions: dict[bytes, Action] = {}
        self._action_changed: dict[bytes, int] = {}
        self._posts: dict[bytes, Post] = {}
        self._issues: dict[bytes, Issue] = {}
        self._check_ins = CheckInsNoted()
        self._coached: list[Coached] = []
        self._one_person: dict[int, int] = {}
        self._gone: dict[bytes, tuple[Planned, int]] = {}
        self._sequence_before: Counter[bytes] = Counter()
        self._planned: list[Planned] = []

    def take(self, entry: Entry) -> None:
        """Folds an entry in."""
        evolve(self.room, entry)
        session = self.room.session
        if session is not None and (not self._sessions or self._sessions[-1].session is not session):
            self._sessions.append(_Noted(session))
        for event in entry.events:
            self._note_board(event, entry)
            self._check_ins.note(self.room, event)
            if self._sessions:
                self._note_session(self._sessions[-1], event, entry)
        if self._sessions:
            self._look_at(self._sessions[-1], {type(e) for e in entry.events}, entry.at)

    # -- what is noted entry by entry ----------------------------------------------------------------------------

    def _look_at(self, noted: _Noted, kinds: set[type[Event]], at: int) -> None:
        session = noted.session
        if kinds & _PHASES:
            noted.counted[session.phase.visit] = session.phase.counted
        if not session.running:
            if SessionEnded in kinds:
                noted.attended.note((), at)
                noted.open_air_time = self.room.settings.visibility is Visibility.OPEN
            return
        if kinds & _PRESENCE:
            here = [m.seat for m in members.attending(self.room)]
            noted.attended.note(here, at)
            roles = self.room.members
            noted.led |= {s for s in here if roles[s].role is Role.FACILITATOR} | ({self.room.chair} - {0})
        if kinds & {SessionStarted, SettingsChanged}:
            noted.open_air_time = self.room.settings.visibility is Visibility.OPEN

    def _note_board(self, event: Event, entry: Entry) -> None:
        match event:
            case actions.ActionAdded():
                self._actions[entry.id] = self.room.actions[-1]
                self._action_changed[entry.id] = entry.at
            case actions.ActionRemoved():
                self._actions.pop(event.action, None)
            case actions.ActionEdited() | actions.ActionStateSet():
                self._action_changed[event.action] = entry.at
            case exchange.PostAdded():
                self._posts[entry.id] = self._post(event, entry)
            case exchange.PostTakenBack():
                self._posts.pop(event.post, None)
            case exchange.CoachingLogged():
                self._coached.append(Coached(entry.by, event.seat, event.minutes, entry.at))
            case issues.IssueBrought():
                self._issues[entry.id] = self.room.issues[-1]
            case issues.IssueWithdrawn():
                self._issues.pop(event.issue, None)
            case series.SeriesPlanned():
                self._note_series(entry)
            case GuestSeatGiven():
                self._one_person[event.seat] = event.guest
                for noted in self._sessions:
                    noted.attended.same_person(event.seat, event.guest)
            case _:
                pass

    def _post(self, event: exchange.PostAdded, entry: Entry) -> Post:
        last = self.room.posts[-1] if self.room.posts else None
        if last is not None and last.id == entry.id:
            return last
        # A full board has no place for the reply to what has just left it.
        number = 0 if self.room.session is None else self.room.session.number
        text, link, author = event.text, event.link, event.author
        return Post(entry.id, event.seat, event.kind, text, author, entry.at, number, link, event.reply_to)

    def _note_session(self, noted: _Noted, event: Event, entry: Entry) -> None:
        match event:
            case TurnBegan() if event.intent is Intent.QUESTION:
                noted.question_turns[entry.id] = event.seat
            case TurnTakenBack():
                noted.question_turns.pop(event.turn, None)
            case issues.QuestionsKept():
                noted.kept_by[event.number] = entry.by if event.keep else 0
            case PairsSet() if noted.session.pairs is not None:
                noted.pairs[noted.session.pairs.number] = noted.session.pairs.groups
            case TimekeeperSet() if event.seat and noted.session.running:
                noted.timekeepers.add(event.seat)
            case _:
                pass

    def _note_series(self, entry: Entry) -> None:
        there = {p.id for p in self.room.series}
        for planned in self._planned:
            if planned.id not in there:
                self._gone[planned.id] = (planned, entry.at)
                self._sequence_before[planned.id] += planned.changed + 1
        for id in there:
            self._gone.pop(id, None)
        self._planned = list(self.room.series)

    # -- what it comes to ----------------------------------------------------------------------------------------

    def chronicle(self, keys: RoomKeys, now: int | None = None) -> Chronicle:
        """What happened until `now` (UTC milliseconds; None: until the last entry), opened with the room's keys."""
        room, until, sealer = self.room, max(now or 0, self.room.at), Sealer(keys, self.room.id)
        people = People(sealer)
        names = {seat: people.name(room, self._person(seat)) for seat in room.members}
        topics = {p.number: opened.topic(sealer, p) for p in room.series if p.number}
        meetings = tuple(self._meetings(sealer))
        check_ins = self._check_ins.by_session(keys, sealer, room.id, self._brought(sealer, names))
        sessions = (
            self._session_went(n, sealer, until, topics, check_ins.get(n.session.number, ()))
            for n in self._sessions
            if n.session.phases
        )
        return Chronicle(
            room=room,
            room_name=_room_name(sealer, room),
            until=until,
            names=names,
            sessions=tuple(sessions),
            actions=tuple(
                self._action_went(a, sealer) for a in self._actions.values() if a.state is not ActionState.PROPOSED
            ),
            posts=tuple(self._post_went(p, sealer) for p in self._posts.values() if not p.taken_back),
            coached=tuple(Coached(self._person(c.by), self._person(c.seat), c.minutes, c.at) for c in self._coached),
            meetings=meetings,
            series_changes=self._sequence_before.total() + sum(p.changed for p in room.series),
            series_changed_at=max((m.changed_at for m in meetings), default=0),
            call_link=opened.call_link(sealer, room),
            introductions=room.introductions,
            coaching_minutes=room.coaching_minutes,
        )

    def _person(self, seat: int) -> int:
        """The seat of the person who once had this one."""
        return self._one_person.get(seat, seat)

    def _people(self, seats: Sequence[int]) -> tuple[int, ...]:
        return tuple(dict.fromkeys(self._person(s) for s in seats))

    def _session_went(
        self,
        noted: _Noted,
        sealer: Sealer,
        now: int,
        topics: Mapping[int, str],
        check_ins: tuple[CheckInWent, ...],
    ) -> SessionWent:
        session = noted.session
        until = session.over_at or now
        asked: Counter[int] = Counter(self._person(s) for s in noted.question_turns.values())
        return SessionWent(
            number=session.number,
            started_at=session.started_at,
            until=until,
            running=session.over_at is None,
            topic=topics.get(session.number, ""),
            hosts=self._people(session.hosts),
            phases=tuple(self._phases(noted, sealer, until)),
            issues=tuple(self._issues_held(session, sealer)),
            attended=noted.attended.between(session.started_at, until),
            totals=self._totals(session, now),
            asked=dict(sorted(asked.items())),
            questions=tuple(self._questions(noted, sealer)),
            check_ins=check_ins,
            pairs=tuple(tuple(self._people(g) for g in noted.pairs[n]) for n in sorted(noted.pairs)),
            corrections=sum(not c.undone for c in session.corrections),
            led=frozenset(self._people([*noted.led, *session.hosts])),
            timekeepers=frozenset(self._people(list(noted.timekeepers))),
            open_air_time=noted.open_air_time,
        )

    def _totals(self, session: Session, now: int) -> Totals:
        sums = airtime.totals(session, now)
        counted: defaultdict[int, int] = defaultdict(int)
        for seat, ms in sums.counted.items():
            counted[self._person(seat)] += ms
        return sums._replace(counted=dict(sorted(counted.items())))

    def _phases(self, noted: _Noted, sealer: Sealer, until: int) -> list[PhaseWent]:
        session = noted.session
        visits = list(session.visits)
        if session.over_at is None:
            phase = session.phase
            held = phase.held_ms
            if session.held_since is not None:
                held += max(0, until - max(session.held_since, phase.started))
            visits.append(agenda.Visit(session.phase_index, phase.started, until, held))
        result: list[PhaseWent] = []
        for number, visit in enumerate(visits, start=1):
            if visit.index >= len(session.phases) or (session.closed_at is not None and visit.started >= until):
                continue
            plan = session.phases[visit.index]
            result.append(
                PhaseWent(
                    title=agenda_words.title_of(sealer, session, visit.index),
                    activity=plan.activity,
                    started=visit.started,
                    ended=visit.ended,
                    planned=plan.minutes * MILLISECONDS_A_MINUTE,
                    took=visit.ended - visit.started - visit.held_ms,
                    counted=noted.counted.get(number, plan.counted),
                    holder=self._person(agenda.holder_of(session, plan)),
                )
            )
        return result

    def _issues_held(self, session: Session, sealer: Sealer) -> list[IssueHeld]:
        result: list[IssueHeld] = []
        for number, seat in issues.issues_held(session).items():
            issue = self._issues.get(session.brought.get(number, b""))
            text = "" if issue is None else opened.issue_text(sealer, issue)
            label = Label.ROOM if issue is None else issue.label
            result.append(IssueHeld(number, self._person(seat), text, label))
        return result

    def _brought(self, sealer: Sealer, names: Mapping[int, str]) -> dict[bytes, str]:
        """Issues that nobody withdrew, as options of a check-in are told."""
        return {
            id: f"{names.get(self._person(issue.seat), '')}: {one_line(opened.issue_text(sealer, issue))}"
            for id, issue in self._issues.items()
        }

    def _questions(self, noted: _Noted, sealer: Sealer) -> list[Asked]:
        session = noted.session
        return [
            Asked(
                self._person(q.seat),
                opened.question_words(sealer, q),
                q.issue,
                self._person(session.holders.get(q.issue, 0)),
                q.at,
                self._person(noted.kept_by.get(q.issue, 0)) if q.issue in session.questions_kept else 0,
            )
            for q in session.questions
            if q.turn in noted.question_turns
        ]

    def _action_went(self, action: Action, sealer: Sealer) -> ActionWent:
        notes = (NoteWritten(self._person(n.seat), opened.note_text(sealer, n), n.at, n.learnt) for n in action.notes)
        return ActionWent(
            id=action.id,
            owner=self._person(action.owner),
            text=opened.action_text(sealer, action),
            label=action.label,
            due=action.due,
            buddy=self._person(action.buddy),
            session=action.session,
            at=action.at,
            steps=tuple(s for s in action.history if s.state is not ActionState.PROPOSED),
            notes=tuple(notes),
            changed=action.changed,
            changed_at=max(self._action_changed[action.id], action.history[-1].at),
        )

    def _post_went(self, post: Post, sealer: Sealer) -> PostWent:
        return PostWent(
            id=post.id,
            seat=self._person(post.seat),
            kind=post.kind,
            text=opened.post_text(sealer, post),
            link=opened.post_link(sealer, post),
            label=post.label,
            at=post.at,
            session=post.session,
            reply_to=post.reply_to,
            met_by=self._person(post.met_by),
            introduced=post.introduced,
        )

    def _meetings(self, sealer: Sealer) -> list[MeetingPlanned]:
        there = [self._meeting(p, sealer, p.changed_at, cancelled=False) for p in self.room.series]
        return there + [self._meeting(p, sealer, at, cancelled=True) for p, at in self._gone.values()]

    def _meeting(self, planned: Planned, sealer: Sealer, at: int, *, cancelled: bool) -> MeetingPlanned:
        return MeetingPlanned(
            id=planned.id,
            at=planned.at,
            minutes=planned.minutes,
            number=planned.number,
            holders=self._people(planned.holders),
            host=self._person(planned.host),
            feedback=planned.feedback,
            topic=opened.topic(sealer, planned),
            prework=opened.prework(sealer, planned),
            sequence=self._sequence_before[planned.id] + (0 if cancelled else planned.changed),
            changed_at=at,
            cancelled=cancelled,
        )


def _room_name(sealer: Sealer, room: Room) -> str:
    if not room.name:
        return ""
    return sealer.open(FieldKind.ROOM, room.name, room.name_author, room.name_id, cells=ROOM_NAME_CELLS)


def chronicle(
    room: bytes,
    entries: Sequence[Entry],
    keys: RoomKeys,
    *,
    now: int | None = None,
    progress: Progress | None = None,
) -> Chronicle:
    """What happened in a room (its id, 16 bytes; its keys open it) by all its entries, the oldest first, until `now`
    (UTC milliseconds; None: until the last entry). The time that it takes grows with their number; `progress` is told
    how many are done.
    """
    folding = Folding(room)
    for done, entry in enumerate(entries, start=1):
        folding.take(entry)
        if progress is not None and (done % TOLD_EVERY == 0 or done == len(entries)):
            progress(done, len(entries))
    return folding.chronicle(keys, now)
