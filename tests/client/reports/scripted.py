"""Rooms with real names and words in them, decided and folded as the server does; and one that is told in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from evenly_client.checkins import ballots, blocks, derivations
from evenly_client.checkins.asking import CHOOSE_ISSUE
from evenly_client.checkins.derivations import sealed_result
from evenly_client.checkins.question import Question
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.history import Progress
from evenly_client.links import Link
from evenly_client.reports.allowed import Allowed, Reader
from evenly_client.reports.chronicle import Chronicle, chronicle
from evenly_client.sealing import DeviceKey, RoomKeys, Sealer
from evenly_protocol.actions import AddAction, EditAction, NoteAction, SetActionState
from evenly_protocol.agenda import CountPhase, PhasePlan, StartPhase
from evenly_protocol.agreement import NameRoom, SetCallLink
from evenly_protocol.attendance import ComeBack, LeaveCall, StepAway
from evenly_protocol.checkins import (
    CloseCheckIn,
    GiveUpCheckIn,
    OpenCheckIn,
    RecordResult,
    WithdrawCheckIn,
    counters,
    vector_bytes,
)
from evenly_protocol.corrections import CorrectAirTime
from evenly_protocol.exchange import AddPost, LogCoaching, MeetAsk, TakeBackPost
from evenly_protocol.facts import Command
from evenly_protocol.hands import RaiseHand
from evenly_protocol.hashing import profile_message
from evenly_protocol.issues import BringIssue, KeepQuestions
from evenly_protocol.labels import LabelItem
from evenly_protocol.pairs import SetPairs
from evenly_protocol.room import Asking, decide
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import AddGuest, Admit, SetRole, SetTimekeeper
from evenly_protocol.series import Draft, PlanSeries, SetTopic
from evenly_protocol.session import EndSession, HandOver, Hold, Resume, StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import CallNext
from evenly_protocol.words import (
    TEXT_KINDS,
    ActionState,
    CheckInKind,
    FloorMode,
    Intent,
    Label,
    Lobby,
    PostKind,
    Role,
    Visibility,
)

from tests.protocol.world import MINUTE, World

FRIDAY = 1_795_770_000_000
"""Friday 27 November 2026, 10:00 in Berlin, UTC milliseconds."""

DAY = 86_400_000
SECRET = b"s" * 16


class Group(World):
    """A world whose members have keys, names and words."""

    def __init__(self, *names: str, at: int = FRIDAY, visibility: Visibility = Visibility.MIRROR) -> None:
        super().__init__(0, None)
        self.at = at
        self.link = Link("localhost", 7447, self.room.id, SECRET)
        self.keys = RoomKeys.from_secret(SECRET)
        self.sealer = Sealer(self.keys, self.room.id)
        for name in names:
            self.enter(name)
        self.must(ChangeSettings(Settings(lobby=Lobby.OFF, visibility=visibility)))

    # -- people --------------------------------------------------------------------------------------------------

    @staticmethod
    def key(seat: int) -> DeviceKey:
        """The device key of whoever joined as this seat."""
        return DeviceKey.from_bytes(seat.to_bytes(32, "big"))

    def enter(self, name: str) -> int:
        """Somebody joins by this name; their seat."""
        seat = len(self.room.members) + 1
        key, id = self.key(seat), self.new_id()
        sealed = self.sealer.seal(FieldKind.NAME, name, key.public, id)
        signature = key.sign(profile_message(self.room.id, sealed))
        self.do(Admit(key.public, sealed, id, signature), by=0)
        return seat

    def enter_guest(self, name: str) -> int:
        """The facilitator enters somebody without a screen; their seat."""
        self.say(FieldKind.NAME, name, AddGuest)
        return len(self.room.members)

    # -- words ---------------------------------------------------------------------------------------------------

    def say(
        self, kind: FieldKind, text: str, make: Callable[[bytes], Command], by: int = 1, about: bytes = b""
    ) -> bytes:
        """Gives a command with a text in it, sealed as belonging to `about` (or to what the command makes). Its id."""
        id = self.new_id()
        author = self.room.members[by].ik
        sealed = self.sealer.seal(kind, text, author, about or id)
        outcome = decide(self.room, make(sealed), Asking(by, self.at, id))
        assert isinstance(outcome, list), (text, outcome)
        self.tell(outcome, by=by, name=id)
        return id

    def action(self, owner: int, text: str, due: int = 0, buddy: int = 0, issue: bytes = b"", by: int = 0) -> bytes:
        """Somebody commits to something."""
        return self.say(FieldKind.ACTION, text, lambda t: AddAction(t, owner, due, buddy, issue), by or owner)

    def reword(self, action: bytes, by: int, text: str) -> None:
        """Puts an action in other words."""
        self.say(FieldKind.ACTION, text, lambda t: EditAction(action, t, 0, 0), by, about=action)

    def note(self, action: bytes, by: int, text: str) -> None:
        """Writes a note on an action."""
        self.say(FieldKind.NOTE, text, lambda t: NoteAction(action, t), by)

    def becomes(self, action: bytes, owner: int, state: ActionState, learnt: str = "") -> None:
        """An action stands so; what was learnt."""
        if learnt:
            self.say(FieldKind.NOTE, learnt, lambda t: SetActionState(action, state, t), owner)
        else:
            self.must(SetActionState(action, state), owner)

    def post(self, kind: PostKind, by: int, text: str, link: str = "", reply_to: bytes = b"") -> bytes:
        """Somebody puts something on the exchange."""
        id, author = self.new_id(), self.room.members[by].ik
        sealed = self.sealer.seal(FieldKind.POST, text, author, id)
        address = self.sealer.seal(FieldKind.LINK, link, author, id) if link else b""
        outcome = decide(self.room, AddPost(kind, sealed, address, reply_to), Asking(by, self.at, id))
        assert isinstance(outcome, list), outcome
        self.tell(outcome, by=by, name=id)
        return id

    def issue(self, by: int, text: str) -> bytes:
        """Somebody brings an issue."""
        return self.say(FieldKind.ISSUE, text, BringIssue, by)

    def labelled(self, item: bytes, by: int, label: Label) -> bytes:
        """Its owner says how far an item may go."""
        self.must(LabelItem(item, label), by)
        return item

    def ask(self, by: int, words: str, seconds: int = 20, answered: int = 60) -> None:
        """A question with words, asked and answered."""
        self.say(FieldKind.WORDS, words, lambda t: RaiseHand(Intent.QUESTION, t), by)
        self.must(CallNext(self.turn.id if self.floor.turns else b""))
        self.later(seconds * 1000)
        if self.floor.turns and self.turn.answer_at is None:
            self.finish()
        self.later(answered * 1000)

    # -- sessions ------------------------------------------------------------------------------------------------

    def begin(
        self,
        *plan: PhasePlan,
        titles: dict[int, str] | None = None,
        asks: dict[int, Question] | None = None,
        planned: bytes = b"",
        host: int = 0,
    ) -> None:
        """Everybody but the observers, who come later, is connected. `asks`: the check-ins of phases, from 0."""
        id, author = self.new_id(), self.room.members[1].ik
        phases = [
            PhasePlan(
                p.activity,
                self.sealer.seal(FieldKind.TITLE, titles[n], author, id) if titles and n in titles else b"",
                *(p.minutes, p.mode, p.counted, p.holder, p.with_facilitators),
                issue=p.issue,
                check_in=asks[n].sealed(lambda kind, text: self.sealer.seal(kind, text, author, id))
                if asks and n in asks
                else None,
            )
            for n, p in enumerate(plan)
        ]
        here = [m.seat for m in self.room.members.values() if m.ik and m.role is not Role.OBSERVER]
        outcome = decide(self.room, StartSession(phases, host, planned), Asking(1, self.at, id, here))
        assert isinstance(outcome, list), outcome
        self.tell(outcome, by=1, name=id)

    def phase(self, index: int) -> None:
        """The next phase begins."""
        self.must(StartPhase(index, self.session.phase.visit))

    def talk(self, *turns: tuple[int, float]) -> None:
        """Seats speak for so many minutes each."""
        for seat, minutes in turns:
            self.give(seat)
            self.later(int(minutes * MINUTE))

    # -- check-ins -----------------------------------------------------------------------------------------------

    def open_check_in(self, question: Question) -> bytes:
        """The facilitator asks; its id."""
        id, author = self.new_id(), self.room.members[1].ik
        planned = question.sealed(lambda kind, text: self.sealer.seal(kind, text, author, id))
        command = OpenCheckIn(planned.kind, planned.question, planned.options, 0, list(question.issues))
        outcome = decide(self.room, command, Asking(1, self.at, id))
        assert isinstance(outcome, list), outcome
        self.tell(outcome, by=1, name=id)
        return id

    def record(self, check_in: bytes, question: Question, *answers: int | tuple[int, ...] | str | None) -> None:
        """An open check-in is closed with these answers, as members' machines add them up. None: an abstention."""
        self.must(CloseCheckIn(check_in))
        result = sealed_result(self.keys.room_key, self.room.id, check_in, check_in * 2, *_canonical(question, answers))
        self.must(RecordResult(check_in, result, len(answers)), by=0)

    def check_in(self, question: Question, *answers: int | tuple[int, ...] | str | None) -> bytes:
        """Asked, answered, closed; its id."""
        id = self.open_check_in(question)
        self.record(id, question, *answers)
        return id

    # -- what comes of it ----------------------------------------------------------------------------------------

    def told(self, progress: Progress | None = None) -> Chronicle:
        """The chronicle, to the moment."""
        return chronicle(self.room.id, self.entries, self.keys, now=self.at, progress=progress)

    def for_(self, seat: int, made_for: Label = Label.ROOM, *, own: bool = False) -> Allowed:
        """What a member may have."""
        return Allowed(self.told(), Reader(seat, made_for, own))


def _canonical(question: Question, answers: Iterable[int | tuple[int, ...] | str | None]) -> tuple[bytes, int]:
    """A result as it is sealed, and how long it is."""
    kind, options, every = question.kind, len(question.options), list(answers)
    if kind in TEXT_KINDS:
        texts = [answer.encode() if isinstance(answer, str) else b"" for answer in every]
        return blocks.canonical(texts), vector_bytes(kind, options, "B", len(every))
    length = vector_bytes(kind, options, "N", len(every))
    chosen = [() if a is None else (a,) if isinstance(a, int) else tuple(map(int, a)) for a in every]
    total = sum(ballots.ballot(kind, counters(kind, options), each) for each in chosen)
    return derivations.vector(total, length), length


ANA, BEN, CLEO, DOV, OLA, GUEL = 1, 2, 3, 4, 5, 6

CHECK_IN = PhasePlan("check_in", b"", 10, FloorMode.ROUND, with_facilitators=True)
FEEDBACK = PhasePlan("feedback", b"", 10, FloorMode.SOLO, holder=BEN)
QUESTIONS = PhasePlan("questions", b"", 15, FloorMode.QUESTIONS, issue=1)
TALK = PhasePlan("talk", b"", 20, FloorMode.QUEUE)
NETWORKING = PhasePlan("networking", b"", 10, FloorMode.OPEN, counted=False)
ACTIONS = PhasePlan("actions", b"", 10, FloorMode.QUEUE)

HEARD, ONE_WORD = TEMPLATES["heard"][1], TEMPLATES["one-word"][1]
ENERGY, PACE = TEMPLATES["energy"][1], TEMPLATES["pace"][1]
LEAVES = Question(CheckInKind.TEXT, "What do you take with you?")
CAMERAS = Question(CheckInKind.YESNO, "Cameras on next time?")
SNACKS = Question(CheckInKind.MULTI, "What shall we bring?", ("apples", "nuts", "nothing"))


def peer_set(visibility: Visibility = Visibility.OPEN) -> Group:
    """Ana facilitates; Ben, Cleo, Dov; Ola observes; Gül has no screen. Two sessions, a third one planned."""
    g = Group("Ana", "Ben", "Cleo", "Dov", "Ola", visibility=visibility)
    g.say(FieldKind.ROOM, "Peer set 3", NameRoom)
    g.say(FieldKind.LINK, "https://call.example.org/set-3", SetCallLink)
    g.must(SetRole(OLA, Role.OBSERVER))
    _plan(g)
    _first_session(g)
    g.later(FRIDAY + 14 * DAY - g.at)
    _second_session(g)
    g.later(2 * 3_600_000)
    g.must(LogCoaching(BEN, 45), CLEO)
    return g


@cache
def peer_set_told() -> Chronicle:
    """The chronicle of the open room. Not to be changed."""
    return peer_set().told()


def _plan(g: Group) -> None:
    dates = [FRIDAY + n * 14 * DAY for n in range(4)]
    drafts = [
        Draft(b"plan-1-of-series", dates[0], [BEN], CLEO, 90),
        Draft(b"plan-2-of-series", dates[1], [CLEO], DOV, 90),
        Draft(b"plan-3-of-series", dates[2], [DOV], BEN, 90),
        Draft(b"plan-4-of-series", dates[3], [], ANA, 60, True),
    ]
    g.must(PlanSeries(drafts))
    g.say(
        FieldKind.TITLE,
        "Saying no",
        lambda t: SetTopic(b"plan-3-of-series", t, _prework(g)),
        about=b"plan-3-of-series",
    )
    g.must(PlanSeries(drafts[:3]))


def _prework(g: Group) -> bytes:
    return g.sealer.seal(
        FieldKind.NOTE, "Read chapter 3.\nBring one *no* of yours.", g.room.members[ANA].ik, b"plan-3-of-series"
    )


def _first_session(g: Group) -> None:
    g.issue(BEN, "My team waits for me to decide.\nHow do I stop deciding everything?")
    g.begin(
        TALK,
        PhasePlan("issue", b"", 5, FloorMode.QUEUE, holder=BEN, issue=1),
        PhasePlan("questions", b"", 15, FloorMode.QUESTIONS, holder=BEN, issue=1),
        ACTIONS,
        titles={0: "Hello | <b>all</b>"},
        planned=b"plan-1-of-series",
        host=CLEO,
    )
    g.enter_guest("Gül")
    g.must(ComeBack(), OLA)
    g.talk((ANA, 1), (BEN, 3.5), (CLEO, 2), (DOV, 3.5), (GUEL, 2.5), (DOV, 2.5))
    g.phase(1)
    g.talk((BEN, 3.5))
    g.must(SetTimekeeper(DOV))
    g.phase(2)
    g.ask(CLEO, "What would you lose if you waited?")
    g.ask(DOV, "Who decides when you are ill?")
    g.must(Hold(), BEN)
    g.later(2 * MINUTE)
    g.must(Resume())
    g.ask(CLEO, "What do *they* say? [see](http://x.example)", 25, 90)
    g.must(StepAway(), DOV)
    g.later(MINUTE)
    g.must(ComeBack(), DOV)
    g.must(KeepQuestions(1, True), BEN)
    g.phase(3)
    g.must(CountPhase(False))
    g.labelled(g.action(BEN, "Let the team choose the next tool"), BEN, Label.TAKEAWAY)
    g.action(DOV, '=HYPERLINK("http://x.example") to the minutes', due=20_800, buddy=ANA)
    g.action(CLEO, "Ask Ben how it went", buddy=BEN)
    g.action(ANA, "Book a room for everybody", due=20_795)
    g.labelled(g.post(PostKind.INSIGHT, CLEO, "Waiting is a decision too."), CLEO, Label.SHAREABLE)
    ask = g.post(PostKind.ASK, DOV, "Who knows a good book on delegation?")
    g.post(PostKind.OFFER, ANA, "I can lend you one.", reply_to=ask)
    g.must(MeetAsk(ask, ANA, True), DOV)
    gone = g.post(PostKind.WIN, BEN, "TAKEN BACK: what I should not have said")
    g.later(MINUTE)
    g.must(TakeBackPost(gone), BEN)
    g.must(LeaveCall(), OLA)
    g.later(4 * MINUTE)
    g.must(CorrectAirTime(0, GUEL, 30_000))
    g.check_in(HEARD, 1, 3, 3, None)
    g.check_in(ONE_WORD, "relieved", "tired but *clear*", "Relieved", "")
    g.must(WithdrawCheckIn(g.open_check_in(Question(CheckInKind.YESNO, "WITHDRAWN: shall we stop?"))))
    g.must(EndSession(1))


def _second_session(g: Group) -> None:
    decided, _, _, dropped = (a.id for a in g.room.actions)
    g.issue(CLEO, "I was asked to lead, and I am not sure that I want to.")
    g.begin(
        FEEDBACK,
        PhasePlan("questions", b"", 15, FloorMode.QUESTIONS, holder=CLEO, issue=1),
        TALK,
        NETWORKING,
        ACTIONS,
        planned=b"plan-2-of-series",
        host=DOV,
    )
    g.later(8 * MINUTE)
    g.phase(1)
    g.ask(BEN, "What would make it worth it?", 20, 120)
    g.ask(DOV, "What are you afraid of losing?", 20, 100)
    g.phase(2)
    g.talk((BEN, 3.5), (GUEL, 3.5), (DOV, 3), (CLEO, 2), (BEN, 2), (GUEL, 2.5))
    g.phase(3)
    g.must(SetPairs([[ANA, BEN], [CLEO, DOV]], 5))
    g.later(5 * MINUTE)
    g.must(SetPairs([[ANA, CLEO], [BEN, DOV]], 5))
    g.later(6 * MINUTE)
    g.phase(4)
    g.becomes(decided, BEN, ActionState.DONE, "They chose in ten minutes.\nI learnt that I was the queue.")
    g.note(decided, ANA, "He looked relieved.")
    g.becomes(dropped, ANA, ActionState.DROPPED)
    g.action(CLEO, "Talk to two people who lead", due=20_805, buddy=BEN)
    g.action(BEN, "Write down what I no longer decide")
    g.labelled(
        g.post(PostKind.RESOURCE, DOV, "On asking", link="https://books.example/asking?a=1|2"), DOV, Label.TAKEAWAY
    )
    g.post(PostKind.INSIGHT, BEN, "Deciding is not leading.")
    g.talk((CLEO, 2), (BEN, 1))
    g.must(HandOver(ANA))
    g.check_in(HEARD, 3, 4, 4, 2)
    g.check_in(LEAVES, "I can say no | now.", "<b>Less</b> alone.", "=1+1 is what I owe.", "")
    lost = g.open_check_in(Question(CheckInKind.YESNO, "Same time next month?"))
    g.must(CloseCheckIn(lost))
    g.must(GiveUpCheckIn(lost, "lost"), by=0)
    g.must(EndSession(2))


def small(*, sessions: int = 1, names: Iterable[str] = ("Ana", "Ben", "Cleo")) -> Group:
    """A room with sessions in which everybody speaks for two and a half minutes."""
    g = Group(*names)
    for _ in range(sessions):
        g.begin(TALK)
        g.talk(*((seat, 2.5) for seat in g.room.members))
        g.end()
        g.later(DAY)
    return g


def seven() -> Group:
    """Seven people, three sessions, each with check-ins; nobody says much."""
    g = Group("Ana", "Ben", "Cleo", "Dov", "Eva", "Finn", "Gül")
    answers: list[tuple[int | None, ...]] = [(0, 1, 2, 2, 3, 1, None), (4, 3, 3), (3, 3, 4, 2, 4, 4, 3)]
    g.issue(BEN, "BEN'S ISSUE stays in the room")
    g.issue(CLEO, "CLEO'S ISSUE stays in the room")
    for energy in answers:
        g.begin(TALK)
        g.talk(*((seat, 2.5) for seat in g.room.members))
        g.check_in(ENERGY, *energy)
        g.check_in(CAMERAS, *(int(n >= len(energy) // 2) for n in range(len(energy))))
        if energy is answers[-1]:
            _more_questions(g)
        g.end()
        g.later(DAY)
    return g


def _more_questions(g: Group) -> None:
    g.check_in(PACE, 0, 1, 1, 1, 2, 1, None)
    g.check_in(SNACKS, (0, 1), (1,), (2,), (0,), (1,), (0, 1), None)
    issues = tuple(issue.id for issue in g.room.issues)
    which = Question(CheckInKind.MULTI, CHOOSE_ISSUE, ("Ben: BEN'S ISSUE", "Cleo: CLEO'S ISSUE"), issues=issues)
    g.check_in(which, *((n % 2,) for n in range(7)))
    g.check_in(ONE_WORD, "light", "light", "awake", "Light", "", "", "curious")


@cache
def seven_told() -> Chronicle:
    """The chronicle of the seven. Not to be changed."""
    return seven().told()
