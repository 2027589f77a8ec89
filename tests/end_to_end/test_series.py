"""A series of five members and six sessions, over the wire: a swap, a late joiner, an absence; looked at in the log."""

from __future__ import annotations

from dataclasses import dataclass, field

from evenly_protocol.actions import Action, ActionStep, ReconsiderAction
from evenly_protocol.issues import BringIssue, issues_held
from evenly_protocol.room import Entry, Room, evolve
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import SayAway, SwapHolders, to_come
from evenly_protocol.session import Session
from evenly_protocol.words import ActionState

from tests.end_to_end.stage_of_formats import MINUTE, Stage, staged
from tests.harness import NOON, encoded

COMMITTED, DOING, DONE, DROPPED = ActionState.COMMITTED, ActionState.DOING, ActionState.DONE, ActionState.DROPPED
DAY = 24 * 60 * MINUTE


@dataclass
class Promise:
    """What a test expects of an action: its history is a list of (session, by, state, how often carried over)."""

    owner: str
    session: int
    state: ActionState = COMMITTED
    carried: int = 0
    history: list[tuple[int, str, ActionState, int]] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.state in (COMMITTED, DOING)

    def becomes(self, state: ActionState, session: int) -> None:
        self.state = state
        self.history.append((session, self.owner, state, self.carried))

    def is_carried_over(self, session: int) -> None:
        self.carried += 1
        self.history.append((session, "", self.state, self.carried))


class Series:
    """Plays the sessions of a series, and keeps what every action should have become."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.promises: dict[bytes, Promise] = {}

    async def session(self, number: int) -> None:
        """The next planned session, at its time, opened by its host; a few seconds in each phase."""
        stage = self.stage
        planned = to_come(stage.room)[0]
        await stage.passes(planned.at - stage.now)
        start = await stage.start("peer-coaching", by=stage.name(planned.host))
        assert stage.session.number == number
        assert stage.session.started_at == planned.at
        assert start.planned is not None
        assert start.planned.id == planned.id
        for title, _, _ in stage.plan[1:]:
            await stage.next(title)
            await stage.passes(1_000)
            if title == "Feedback from the last issue-holder":
                await self._review(number)
            if title == "By next session I will …" and not planned.feedback:
                await self._commit(number)
        await stage.end()
        for promise in self.promises.values():
            if promise.open and promise.session < number:
                promise.is_carried_over(number)

    async def _commit(self, number: int) -> None:
        for name in [n for n in self.stage.people if n != "Fay"]:
            id = await self.stage.commits(name, f"What {name} will do after session {number}")
            self.promises[id] = Promise(name, number)
            self.promises[id].becomes(COMMITTED, number)

    async def _review(self, number: int) -> None:
        """A third is done the next time, a third the time after; the others are dropped once they were asked about."""
        for id, promise in self.promises.items():
            if not promise.open or promise.owner not in self.stage.people:
                continue
            kind = (promise.session + self.stage.seat(promise.owner)) % 3
            if kind == 0 or (kind == 1 and promise.state is DOING):
                await self._becomes(id, DONE, number)
            elif kind == 1:
                await self._becomes(id, DOING, number)
            elif promise.carried == 2:
                assert self.stage.action(id).asks_worth
                await self.stage.ask(promise.owner, ReconsiderAction(id))
                assert not self.stage.action(id).asks_worth
            elif promise.carried > 2:
                await self._becomes(id, DROPPED, number)

    async def _becomes(self, id: bytes, state: ActionState, number: int) -> None:
        promise = self.promises[id]
        await self.stage.says_of(promise.owner, id, state, f"{promise.owner} has learnt something")
        promise.becomes(state, number)

    async def brings(self, name: str) -> None:
        """A member brings the issue that the next session will be about."""
        member = self.stage.people[name]
        id = member.new_id()
        await self.stage.ask(name, BringIssue(member.seal(FieldKind.ISSUE, f"What troubles {name}", id)))


@dataclass
class Seen:
    """What the log says: the sessions as they were when they ended, and the last that was seen of each action."""

    room: Room
    sessions: list[Session] = field(default_factory=list)
    actions: dict[bytes, Action] = field(default_factory=dict)


def read(room_id: bytes, entries: list[Entry]) -> Seen:
    """Folds a room's whole history, and looks at it after every entry."""
    seen = Seen(Room(room_id))
    for entry in entries:
        evolve(seen.room, entry)
        seen.actions.update({action.id: action for action in seen.room.actions})
        session = seen.room.session
        if session is not None and not session.running and session not in seen.sessions[-1:]:
            seen.sessions.append(session)
    return seen


def steps(stage: Stage, history: list[ActionStep]) -> list[tuple[int, str, ActionState, int]]:
    return [(step.session, stage.name(step.by), step.state, step.carried) for step in history]


async def test_a_series_of_five_members_and_six_sessions() -> None:
    """Everybody holds an issue once and hosts no issue of their own; the last session has feedback alone."""
    async with staged("Fay", "Ana", "Ben", "Cleo", "Dov") as stage:
        series = Series(stage)
        await stage.plan_series("peer-coaching", first_at=NOON + 7 * DAY)
        assert [holders for holders, _, _ in stage.coming()] == [["Ana"], ["Ben"], ["Cleo"], ["Dov"], []]
        dates = [planned.at for planned in to_come(stage.room)]
        await series.brings("Ana")
        await series.session(1)

        coming = to_come(stage.room)
        await stage.ask("Ben", SwapHolders(coming[0].id, coming[2].id))
        assert [holders for holders, _, _ in stage.coming()] == [["Dov"], ["Cleo"], ["Ben"], []]
        await series.session(2)

        await stage.joins("Eve")
        coming = to_come(stage.room)
        await stage.ask("Cleo", SayAway(coming[0].id))
        await stage.plan_series("peer-coaching", first_at=coming[0].at)
        assert [holders for holders, _, _ in stage.coming()] == [["Ben"], ["Cleo"], ["Eve"], []]
        assert [planned.id for planned in to_come(stage.room)][:3] == [planned.id for planned in coming]
        assert [planned.at for planned in to_come(stage.room)] == [*dates[2:], dates[-1] + 14 * DAY]
        await stage.leaves("Cleo")
        await series.session(3)
        await stage.comes_back("Cleo")

        for number in (4, 5, 6):
            await series.session(number)
        assert stage.coming() == []
        await stage.same_everywhere()

        # What the log says, as any member can ask for it.
        seen = read(stage.group.link.room, await stage.people["Eve"].history())
        assert encoded(seen.room) == encoded(stage.room)
        assert [session.number for session in seen.sessions] == [1, 2, 3, 4, 5, 6]
        held = [stage.names(list(issues_held(session).values())) for session in seen.sessions]
        hosts = [stage.names(session.hosts) for session in seen.sessions]
        assert held == [["Ana"], ["Dov"], ["Ben"], ["Cleo"], ["Eve"], []]
        assert all(len(host) == 1 for host in hosts)
        assert all(not set(host) & set(holder) for host, holder in zip(hosts, held, strict=True))
        assert {name for (name,) in hosts} == {"Ana", "Ben", "Cleo", "Dov", "Eve"}
        assert hosts[2] != ["Cleo"]

        opened_by = [
            [
                stage.name(session.phases[v.index].holder)
                for v in session.visits
                if _activity(session, v.index) == "feedback"
            ]
            for session in seen.sessions
        ]
        assert opened_by == [[], ["Ana"], ["Dov"], ["Ben"], ["Cleo"], ["Eve"]]
        last = [plan.activity for plan in seen.sessions[-1].phases]
        assert last == ["agreement", "feedback", "commitments", "engagement", "check_out"]
        assert [planned.number for planned in seen.room.series] == [1, 2, 3, 4, 5, 6]
        assert [issue.session for issue in seen.room.issues] == [1]

        assert len(series.promises) == 4 + 4 + 4 + 5 + 5
        assert {id: steps(stage, action.history) for id, action in seen.actions.items()} == {
            id: promise.history for id, promise in series.promises.items()
        }
        assert {promise.state for promise in series.promises.values()} == {COMMITTED, DOING, DONE, DROPPED}
        assert max(promise.carried for promise in series.promises.values()) >= 3


def _activity(session: Session, index: int) -> str:
    return session.phases[index].activity
