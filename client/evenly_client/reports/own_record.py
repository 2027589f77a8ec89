"""A member's own record: what they learnt of the content, and of the process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evenly_protocol.words import Label, PostKind

from evenly_client.reports import saying
from evenly_client.reports.allowed import Allowed
from evenly_client.reports.check_in_section import NOBODYS, asked_before, trend_table
from evenly_client.reports.chronicle import ActionWent, PostWent, SessionWent
from evenly_client.reports.report import Column, Item, Items, Paragraph, Report, Section, Table, Unit, section
from evenly_client.reports.session_report import ACTION_COLUMNS, action_row, notes_of
from evenly_client.reports.trends import check_in_trend

FIRST_LINES = {
    Label.ROOM: "Your own record: your own words, what others let you take home, and what you were asked about "
    "your issues in confidence. Keep it to yourself.",
    Label.TAKEAWAY: "Your own record: your own words, and of others' only what they let you take home.",
    Label.SHAREABLE: "Your own record: your own words, and of others' only what they share with anybody.",
}


@dataclass(frozen=True, slots=True)
class MyNote:
    """A private note, opened on this machine. `at`: UTC milliseconds."""

    text: str
    at: int


def own_record(allowed: Allowed, notes: Sequence[MyNote] = ()) -> Report:
    """The record of the reader, whose seat `allowed.reader` has. `notes`: their private notes, the oldest first."""
    chronicle, me = allowed.chronicle, allowed.reader.seat
    parts = _Own(allowed, me, [s for s in chronicle.sessions if s.attended.get(me) or me in s.totals.counted])
    return Report(
        kind="own",
        title=f"My record: {chronicle.room_name if allowed.titles and chronicle.room_name else 'peer sessions'}",
        first_line=FIRST_LINES[allowed.reader.made_for],
        sections=(
            *parts.in_short(),
            *parts.insights(),
            *parts.actions(),
            *parts.notes(notes if allowed.private_notes else ()),
            *parts.issues(),
            *parts.sessions(),
            *parts.check_ins(),
            *parts.coaching(),
        ),
    )


@dataclass(frozen=True)
class _Own:
    allowed: Allowed
    me: int
    attended: list[SessionWent]

    def in_short(self) -> list[Section]:
        """The figures of the process."""
        chronicle, me = self.allowed.chronicle, self.me
        mine = [a for a in chronicle.actions if a.owner == me]
        coached = [c.minutes * 60_000 for c in chronicle.coached if me in (c.by, c.seat)]
        columns = (Column("what", "What", Unit.WORDS), Column("times", "How often", Unit.COUNT))
        rows = (
            ("Sessions attended", len(self.attended)),
            ("Issues held", sum(i.holder == me for s in chronicle.sessions for i in s.issues)),
            ("Sessions hosted", sum(me in s.hosts for s in chronicle.sessions)),
            ("Sessions led as facilitator, host or in the chair", sum(me in s.led for s in chronicle.sessions)),
            ("Sessions as timekeeper", sum(me in s.timekeepers for s in chronicle.sessions)),
            ("Questions asked", sum(s.asked.get(me, 0) for s in chronicle.sessions)),
            ("Actions committed to", len(mine)),
            ("Actions done", sum(a.state == "done" for a in mine)),
        )
        spent = saying.hours(sum(s.attended.get(me, 0) for s in self.attended))
        coaching = f" Coaching one to one: {saying.hours(sum(coached))}." if coached else ""
        return section(
            "in_short", "In short", Paragraph(f"On the call: {spent}.{coaching}"), Table("in_short", "", columns, rows)
        )

    def insights(self) -> list[Section]:
        """What I found out, and what others let me take home."""
        posts = [p for p in self.allowed.chronicle.posts if self.allowed.post(p)]
        mine = [p for p in posts if p.seat == self.me and p.kind in (PostKind.INSIGHT, PostKind.WIN)]
        theirs = [p for p in posts if p.seat != self.me and p.kind in (PostKind.INSIGHT, PostKind.RESOURCE)]
        given = [p for p in posts if p.seat == self.me and p not in mine]
        return section(
            "insights",
            "Insights",
            Items("my_insights", "Mine", tuple(self._posts(mine))),
            Items("insights_taken", "From others", tuple(self._posts(theirs))),
            Items("my_posts", "What I asked, offered and gave", tuple(self._posts(given))),
        )

    def _posts(self, posts: Iterable[PostWent]) -> Iterable[Item]:
        for post in posts:
            by = "" if post.seat == self.me else f"{self.allowed.name(post.seat)}, "
            text = f"{post.text}\n{post.link}" if post.link else post.text
            yield Item(text, f"{by}{saying.KIND_WORDS[post.kind]}, {saying.short_day(post.at)}")

    def actions(self) -> list[Section]:
        """What I committed to, what became of it, what I learnt."""
        last = max((s.number for s in self.allowed.chronicle.sessions), default=0)
        mine: list[ActionWent] = [a for a in self.allowed.chronicle.actions if a.owner == self.me]
        rows = tuple(action_row(self.allowed, a, last)[1:] for a in mine)
        return section(
            "actions",
            "Actions",
            Table("actions", "What I committed to", ACTION_COLUMNS[1:], rows),
            Items("actions_learnt", "What happened, and what was learnt", tuple(notes_of(self.allowed, mine))),
        )

    def notes(self, notes: Sequence[MyNote]) -> list[Section]:
        """What nobody else has."""
        items = tuple(Item(n.text, saying.short_day(n.at)) for n in notes)
        return section("notes", "My notes", Items("notes", "", items))

    def issues(self) -> list[Section]:
        """The issues that I held, and what I was asked."""
        held: list[Item] = []
        asked: list[Item] = []
        for session in self.allowed.chronicle.sessions:
            when = f"session {session.number}, {saying.short_day(session.started_at)}"
            held += [Item(i.text or "(not written down)", when) for i in session.issues if i.holder == self.me]
            asked += [
                Item(q.words, when)
                for q in session.questions
                if self.me in (q.holder, q.kept_by) and self.allowed.question(q)
            ]
        return section(
            "issues",
            "Issues I held",
            Items("issues", "", tuple(held)),
            Items("questions", "What I was asked about them", tuple(asked)),
        )

    def sessions(self) -> list[Section]:
        """One row for each session that I attended."""
        me = self.me
        columns = (
            Column("session", "Session", Unit.COUNT),
            Column("date", "Date"),
            Column("attended", "On the call", Unit.MILLISECONDS),
            Column("air_time", "Air time", Unit.MILLISECONDS),
            Column("questions", "Questions", Unit.COUNT),
            Column("roles", "As"),
        )
        rows = tuple(
            (
                s.number,
                saying.short_day(s.started_at),
                s.attended.get(me, 0),
                s.totals.counted.get(me) if s.totals.enough_marked else None,
                s.asked.get(me, 0),
                ", ".join(self._roles(s)),
            )
            for s in self.attended
        )
        return section("sessions", "Sessions", Table("sessions", "", columns, rows))

    def _roles(self, session: SessionWent) -> Iterable[str]:
        if any(i.holder == self.me for i in session.issues):
            yield "issue-holder"
        if self.me in session.hosts:
            yield "host"
        elif self.me in session.led:
            yield "facilitator"
        if self.me in session.timekeepers:
            yield "timekeeper"

    def check_ins(self) -> list[Section]:
        """What the group's check-ins came to over the sessions that I attended: my answers, nobody can tell apart."""
        questions = asked_before(self.allowed, self.attended)
        trends = [
            check_in_trend(by_session, f"check_in_trend_{n}", asked[1])
            for n, (asked, by_session) in enumerate(questions.items(), start=1)
        ]
        said = f"The group's answers in your sessions; yours cannot be told apart. {NOBODYS}"
        return section(
            "check_ins",
            "How the group answered",
            Paragraph(said if any(trends) else "", quiet=True),
            *trends,
            sheets=(trend_table(questions),),
        )

    def coaching(self) -> list[Section]:
        """Coaching one to one, as either noted it down."""
        columns = (
            Column("date", "Date"),
            Column("with", "With"),
            Column("minutes", "Minutes", Unit.COUNT),
            Column("noted_by", "Noted down by"),
        )
        rows = tuple(
            (
                saying.short_day(c.at),
                self.allowed.name(c.seat if c.by == self.me else c.by),
                c.minutes,
                "me" if c.by == self.me else "them",
            )
            for c in self.allowed.chronicle.coached
            if self.me in (c.by, c.seat)
        )
        return section("coaching", "Coaching one to one", Table("coaching", "", columns, rows))
