"""The session report: the agenda as it went, how the time was shared, questions, check-ins, actions, what is next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evenly_protocol.activities import ACTIVITIES
from evenly_protocol.words import ActionState, Label

from evenly_client import phrases
from evenly_client.reports import saying
from evenly_client.reports.allowed import Allowed
from evenly_client.reports.check_in_section import check_in_section
from evenly_client.reports.chronicle import ActionWent, Asked, PhaseWent, SessionWent
from evenly_client.reports.report import (
    Bar,
    Bars,
    Column,
    Item,
    Items,
    Paragraph,
    Report,
    Section,
    Table,
    Unit,
    section,
)
from evenly_client.reports.trends import trends

FIRST_LINES = {
    Label.ROOM: "This report may hold what others said in confidence. It stays in the room.",
    Label.TAKEAWAY: "This report holds what members may take home. Of what others keep in the room, it holds nothing.",
    Label.SHAREABLE: "This report holds what its authors share with anybody, and names nobody but its reader.",
}


def session_report(allowed: Allowed, session: SessionWent, *, air_time: bool = False) -> Report:
    """The report of a session. `air_time`: everybody's air time too, where that may be had."""
    parts = _Parts(allowed, session)
    room = allowed.chronicle.room_name if allowed.titles else ""
    return Report(
        kind="session",
        title=f"{room or 'Peer session'}: session {session.number}",
        first_line=FIRST_LINES[allowed.reader.made_for],
        sections=(
            *parts.when(),
            *parts.agenda(),
            *parts.issues(),
            *parts.air_time(of_all=air_time and allowed.air_time_of_all(session)),
            *parts.questions(),
            *check_in_section(allowed, session),
            *parts.actions(),
            *parts.exchange(),
            *parts.pairs(),
            *parts.attendance(),
            *section("trends", "Over the sessions", *trends(allowed.chronicle, session.number)),
            *parts.next_session(),
        ),
    )


def phase_title(allowed: Allowed, phase: PhaseWent) -> str:
    """What a phase is called; in what anybody may have, what its activity is called."""
    known = ACTIVITIES.get(phase.activity)
    return phase.title if allowed.titles or known is None else known.title


def state_words(allowed: Allowed, action: ActionWent, session: int) -> str:
    """How an action stood by the time the session after this one began."""
    step = action.step_by(session)
    if step is None:
        return ""
    words = saying.STATE_WORDS[step.state]
    if step.carried and allowed.carried(action):
        words += f", carried over {saying.often(step.carried)}"
    return words


def history_words(allowed: Allowed, action: ActionWent, session: int) -> str:
    """An action's steps, the oldest first, a line each: `open 2026-11-13`, `done 2026-11-27`."""
    said: list[str] = []
    for before, step in zip((None, *action.steps), action.steps, strict=False):
        if step.session > session:
            break
        is_carry = before is not None and step.carried > before.carried and step.state is before.state
        if is_carry and not allowed.carried(action):
            continue
        said.append(f"{'carried over' if is_carry else saying.STATE_WORDS[step.state]} {saying.short_day(step.at)}")
    return "\n".join(said)


def notes_of(allowed: Allowed, actions: Iterable[ActionWent], until: int | None = None) -> list[Item]:
    """What was noted on actions, until `until` (UTC milliseconds)."""
    return [
        Item(note.text, f"{allowed.name(note.seat)} on “{first_line(action.text)}”")
        for action in actions
        for note in action.notes
        if allowed.note(action, note) and (until is None or note.at < until)
    ]


def first_line(text: str, most: int = 60) -> str:
    """The beginning of a text, to recognise it by."""
    line = text.split("\n", 1)[0]
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


ACTION_COLUMNS = (
    Column("owner", "Who"),
    Column("action", "What", Unit.WORDS),
    Column("due", "Due"),
    Column("state", "Now"),
    Column("history", "History"),
    Column("buddy", "Buddy"),
)


def action_row(allowed: Allowed, action: ActionWent, session: int) -> tuple[str, ...]:
    """An action under `ACTION_COLUMNS`."""
    return (
        allowed.name(action.owner),
        action.text,
        saying.due(action.due),
        state_words(allowed, action, session),
        history_words(allowed, action, session),
        allowed.name(action.buddy) if action.buddy else "",
    )


@dataclass(frozen=True)
class _Parts:
    """The sections, each by itself."""

    allowed: Allowed
    session: SessionWent

    def when(self) -> list[Section]:
        """When it was, and who led it."""
        s, name = self.session, self.allowed.name
        end = "still running" if s.running else f"to {phrases.time_of_day(s.until)}"
        when = f"{saying.day_and_time(s.started_at)} {end} ({saying.zone(s.started_at)})."
        here = len([seat for seat in s.attended if not self.allowed.chronicle.watches(seat)])
        return section(
            "when",
            "When",
            Paragraph(when),
            Paragraph("The session is not over: all of this is so far.") if s.running else None,
            Paragraph(f"About: {s.topic}") if s.topic and self.allowed.titles else None,
            Paragraph(f"Hosted by {phrases.listed([name(h) for h in s.hosts])}.")
            if s.hosts and self.allowed.names_people
            else None,
            Paragraph(f"{phrases.people(here)} took part."),
        )

    def agenda(self) -> list[Section]:
        """The phases as they were."""
        rows = tuple(
            (
                phrases.time_of_day(p.started),
                phase_title(self.allowed, p),
                p.planned,
                p.took,
                "yes" if p.counted else "no",
                self.allowed.name(p.holder) if p.holder and self.allowed.names_people else "",
            )
            for p in self.session.phases
        )
        columns = (
            Column("began", "Began"),
            Column("phase", "Phase", Unit.WORDS),
            Column("planned", "Planned", Unit.MILLISECONDS),
            Column("took", "Took", Unit.MILLISECONDS),
            Column("counted", "Counted"),
            Column("issue_holder", "Issue-holder"),
        )
        bars = tuple(Bar(phase_title(self.allowed, p), p.took, p.planned) for p in self.session.phases)
        return section(
            "agenda",
            "The agenda as it went",
            Table("agenda", "Phases", columns, rows),
            Bars("agenda_chart", "How long each phase took; the mark is the plan", bars) if len(bars) > 1 else None,
        )

    def issues(self) -> list[Section]:
        """What was brought."""
        items = tuple(
            Item(issue.text, f"Issue {issue.number}, {self.allowed.name(issue.holder)}")
            for issue in self.session.issues
            if issue.text and self.allowed.issue(issue)
        )
        return section("issues", "Issues", Items("issues", "", items))

    def air_time(self, *, of_all: bool) -> list[Section]:
        """How the time was shared: the sentence, the reader's own, everybody's where that may be had."""
        s, me = self.session, self.allowed.reader.seat
        mine: Paragraph | None = None
        counted = s.totals.counted.get(me)
        if me in s.totals.balance and s.totals.enough_marked:
            mine = Paragraph(f"You were heard for {phrases.spoken(counted or 0)}: {phrases.standing(s.totals, me)}.")
        fixed = f"Air time was corrected {saying.often(s.corrections)}." if s.corrections else ""
        table = bars = None
        if of_all and s.totals.enough_marked:
            name = self.allowed.name
            heard = {seat: s.totals.counted.get(seat, 0) for seat in sorted({*s.totals.counted, *s.totals.balance})}
            seats = sorted({*heard, *s.asked})
            rows = tuple((name(seat), heard.get(seat), s.asked.get(seat, 0)) for seat in seats)
            columns = (
                Column("member", "Who"),
                Column("air_time", "Air time", Unit.MILLISECONDS),
                Column("questions", "Questions", Unit.COUNT),
            )
            table = Table("air_time", "Everybody's air time, in seat order", columns, rows)
            bars = Bars("air_time_chart", "Air time", tuple(Bar(name(seat), ms) for seat, ms in heard.items()))
        return section(
            "air_time",
            "How the time was shared",
            Paragraph(phrases.evenness(s.totals)),
            mine,
            Paragraph(fixed, quiet=True),
            table,
            bars,
        )

    def questions(self) -> list[Section]:
        """How many questions were asked, and in which words."""
        s = self.session
        count, mine = sum(s.asked.values()), s.asked.get(self.allowed.reader.seat, 0)
        if not count:
            return []
        said = f"{saying.times(count, 'question')} {'was' if count == 1 else 'were'} asked, {mine or 'none'} by you."
        kept = any(q.kept_by for q in s.questions)
        numbers = sorted({q.issue for q in s.questions})
        lists = [self._asked(number, titled=len(numbers) > 1) for number in numbers]
        hint = "An issue-holder keeps the questions about their issue: these are in their own record." if kept else ""
        return section("questions", "Questions", Paragraph(said), Paragraph(hint, quiet=True), *lists)

    def _asked(self, number: int, *, titled: bool) -> Items:
        words = [q for q in self.session.questions if q.issue == number and self.allowed.question(q)]
        title = f"About issue {number}" if titled and number else ""
        return Items(f"questions_{number}", title, tuple(Item(q.words, self._by(q)) for q in words))

    def _by(self, question: Asked) -> str:
        return self.allowed.name(question.seat)

    def actions(self) -> list[Section]:
        """What was made in it, what became of what was there, what was learnt. Until the next session began."""
        n = self.session.number
        there = [a for a in self.allowed.chronicle.actions if a.step_by(n) is not None and self.allowed.action(a)]
        made = [a for a in there if a.session == n]
        moved = [a for a in there if a.session < n and any(st.session == n and st.by for st in a.steps)]
        others = [a for a in there if a.session < n and a not in moved and _open_at(a, n)]
        following = self.allowed.chronicle.session(n + 1)
        until = None if following is None else following.started_at
        notes = notes_of(self.allowed, [*made, *moved, *others], until)
        return section(
            "actions",
            "Actions",
            self._action_table("actions_made", "Made", made),
            self._action_table("actions_moved", "Done, or changed", moved),
            self._action_table("actions_open", "Still open from before", others),
            Items("actions_learnt", "What happened, and what was learnt", tuple(notes)),
        )

    def _action_table(self, key: str, title: str, actions: list[ActionWent]) -> Table:
        rows = tuple(action_row(self.allowed, a, self.session.number) for a in sorted(actions, key=lambda a: a.owner))
        return Table(key, title, ACTION_COLUMNS, rows)

    def exchange(self) -> list[Section]:
        """What was put on the exchange, until the next session began."""
        posts = [p for p in self.allowed.chronicle.posts if p.session == self.session.number and self.allowed.post(p)]
        columns = (
            Column("kind", "What"),
            Column("member", "Who"),
            Column("text", "In words", Unit.WORDS),
            Column("link", "Link", Unit.LINK),
            Column("met_by", "Met by"),
        )
        rows = tuple(
            (
                f"reply ({saying.KIND_WORDS[p.kind]})" if p.reply_to else saying.KIND_WORDS[p.kind],
                self.allowed.name(p.seat),
                p.text,
                p.link,
                self.allowed.name(p.met_by) if p.met_by else "",
            )
            for p in posts
        )
        return section("exchange", "The exchange", Table("exchange", "Posts", columns, rows))

    def pairs(self) -> list[Section]:
        """Who talked with whom."""
        if not self.session.pairs:
            return []
        if not self.allowed.names_people:
            rounds = saying.times(len(self.session.pairs), "round")
            return section("pairs", "Pairs", Paragraph(f"There {'was' if rounds[0] == '1' else 'were'} {rounds}."))
        items = tuple(
            Item("; ".join(phrases.listed([self.allowed.name(s) for s in group]) for group in groups), f"Round {n}")
            for n, groups in enumerate(self.session.pairs, start=1)
        )
        return section("pairs", "Pairs", Items("pairs", "", items))

    def attendance(self) -> list[Section]:
        """Who was on the call, and for how long."""
        if not self.allowed.names_people:
            return []
        columns = (Column("member", "Who"), Column("attended", "On the call", Unit.MILLISECONDS))
        rows = tuple((self.allowed.name(seat), ms) for seat, ms in self.session.attended.items())
        return section("attendance", "On the call", Table("attendance", "In seat order", columns, rows))

    def next_session(self) -> list[Section]:
        """When it goes on; only in the report of the last session."""
        chronicle, name = self.allowed.chronicle, self.allowed.name
        planned = chronicle.next_meeting()
        if planned is None or self.session is not chronicle.sessions[-1]:
            return []
        when = saying.day_and_time(planned.at) if planned.at else "The date is open"
        people = self.allowed.names_people
        return section(
            "next",
            "Next session",
            Paragraph(f"{when}{f' ({saying.zone(planned.at)})' if planned.at else ''}."),
            Paragraph(f"About: {planned.topic}") if planned.topic and self.allowed.titles else None,
            Paragraph(f"Issue: {phrases.listed([name(h) for h in planned.holders])}.")
            if planned.holders and people
            else None,
            Paragraph("Feedback alone.") if planned.feedback else None,
            Paragraph(f"Host: {name(planned.host)}.") if planned.host and people else None,
            Paragraph(f"Before it: {planned.prework}") if planned.prework and self.allowed.titles else None,
        )


def _open_at(action: ActionWent, session: int) -> bool:
    step = action.step_by(session)
    return step is not None and step.state in (ActionState.COMMITTED, ActionState.DOING, ActionState.BLOCKED)
