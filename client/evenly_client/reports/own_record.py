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
from evenly_client.translation import _, pgettext

FIRST_LINES = {
    Label.ROOM: _(
        "Your own record: your own words, what others let you take home, and what you were asked about "
        "your issues in confidence. Keep it to yourself."
    ),
    Label.TAKEAWAY: _("Your own record: your own words, and of others' only what they let you take home."),
    Label.SHAREABLE: _("Your own record: your own words, and of others' only what they share with anybody."),
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
    room = chronicle.room_name if allowed.titles else ""
    return Report(
        kind="own",
        title=_("My record: {room}").format(room=room) if room else _("My record: peer sessions"),
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
        columns = (
            Column("what", pgettext("column", "What"), Unit.WORDS),
            Column("times", pgettext("column", "How often"), Unit.COUNT),
        )
        rows = (
            (_("Sessions attended"), len(self.attended)),
            (_("Issues held"), sum(i.holder == me for s in chronicle.sessions for i in s.issues)),
            (_("Sessions hosted"), sum(me in s.hosts for s in chronicle.sessions)),
            (_("Sessions led as facilitator, host or in the chair"), sum(me in s.led for s in chronicle.sessions)),
            (_("Sessions as timekeeper"), sum(me in s.timekeepers for s in chronicle.sessions)),
            (_("Questions asked"), sum(s.asked.get(me, 0) for s in chronicle.sessions)),
            (_("Actions committed to"), len(mine)),
            (_("Actions done"), sum(a.state == "done" for a in mine)),
        )
        spent = saying.hours(sum(s.attended.get(me, 0) for s in self.attended))
        said = [_("On the call: {time}.").format(time=spent)]
        if coached:
            said.append(_("Coaching one to one: {time}.").format(time=saying.hours(sum(coached))))
        return section(
            "in_short",
            _("In short"),
            Paragraph(" ".join(said)),
            Table("in_short", "", columns, rows),
        )

    def insights(self) -> list[Section]:
        """What I found out, and what others let me take home."""
        posts = [p for p in self.allowed.chronicle.posts if self.allowed.post(p)]
        mine = [p for p in posts if p.seat == self.me and p.kind in (PostKind.INSIGHT, PostKind.WIN)]
        theirs = [p for p in posts if p.seat != self.me and p.kind in (PostKind.INSIGHT, PostKind.RESOURCE)]
        given = [p for p in posts if p.seat == self.me and p not in mine]
        return section(
            "insights",
            _("Insights"),
            Items("my_insights", _("Mine"), tuple(self._posts(mine))),
            Items("insights_taken", _("From others"), tuple(self._posts(theirs))),
            Items("my_posts", _("What I asked, offered and gave"), tuple(self._posts(given))),
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
            _("Actions"),
            Table("actions", _("What I committed to"), ACTION_COLUMNS[1:], rows),
            Items("actions_learnt", _("What happened, and what was learnt"), tuple(notes_of(self.allowed, mine))),
        )

    def notes(self, notes: Sequence[MyNote]) -> list[Section]:
        """What nobody else has."""
        items = tuple(Item(n.text, saying.short_day(n.at)) for n in notes)
        return section("notes", _("My notes"), Items("notes", "", items))

    def issues(self) -> list[Section]:
        """The issues that I held, and what I was asked."""
        held: list[Item] = []
        asked: list[Item] = []
        for session in self.allowed.chronicle.sessions:
            when = _("session {n}, {day}").format(n=session.number, day=saying.short_day(session.started_at))
            held += [Item(i.text or _("(not written down)"), when) for i in session.issues if i.holder == self.me]
            asked += [
                Item(q.words, when)
                for q in session.questions
                if self.me in (q.holder, q.kept_by) and self.allowed.question(q)
            ]
        return section(
            "issues",
            _("Issues I held"),
            Items("issues", "", tuple(held)),
            Items("questions", _("What I was asked about them"), tuple(asked)),
        )

    def sessions(self) -> list[Section]:
        """One row for each session that I attended."""
        me = self.me
        columns = (
            Column("session", pgettext("column", "Session"), Unit.COUNT),
            Column("date", pgettext("column", "Date")),
            Column("attended", pgettext("column", "On the call"), Unit.MILLISECONDS),
            Column("air_time", pgettext("column", "Air time"), Unit.MILLISECONDS),
            Column("questions", pgettext("column", "Questions"), Unit.COUNT),
            Column("roles", pgettext("column", "As")),
        )
        rows = tuple(
            (
                s.number,
                saying.sortable_day(s.started_at),
                s.attended.get(me, 0),
                s.totals.counted.get(me) if s.totals.enough_marked else None,
                s.asked.get(me, 0),
                ", ".join(self._roles(s)),
            )
            for s in self.attended
        )
        return section("sessions", _("Sessions"), Table("sessions", "", columns, rows))

    def _roles(self, session: SessionWent) -> Iterable[str]:
        if any(i.holder == self.me for i in session.issues):
            yield pgettext("role in a session", "issue-holder")
        if self.me in session.hosts:
            yield pgettext("role in a session", "host")
        elif self.me in session.led:
            yield pgettext("role in a session", "facilitator")
        if self.me in session.timekeepers:
            yield pgettext("role in a session", "timekeeper")

    def check_ins(self) -> list[Section]:
        """What the group's check-ins came to over the sessions that I attended: my answers, nobody can tell apart."""
        questions = asked_before(self.allowed, self.attended)
        trends = [
            check_in_trend(by_session, f"check_in_trend_{n}", asked[1])
            for n, (asked, by_session) in enumerate(questions.items(), start=1)
        ]
        apart = _("The group's answers in your sessions; yours cannot be told apart.")
        return section(
            "check_ins",
            _("How the group answered"),
            Paragraph(f"{apart} {NOBODYS}" if any(trends) else "", quiet=True),
            *trends,
            sheets=(trend_table(questions),),
        )

    def coaching(self) -> list[Section]:
        """Coaching one to one, as either noted it down."""
        columns = (
            Column("date", pgettext("column", "Date")),
            Column("with", pgettext("column", "With")),
            Column("minutes", pgettext("column", "Minutes"), Unit.COUNT),
            Column("noted_by", pgettext("column", "Noted down by")),
        )
        rows = tuple(
            (
                saying.sortable_day(c.at),
                self.allowed.name(c.seat if c.by == self.me else c.by),
                c.minutes,
                pgettext("who noted it down", "me") if c.by == self.me else pgettext("who noted it down", "them"),
            )
            for c in self.allowed.chronicle.coached
            if self.me in (c.by, c.seat)
        )
        return section("coaching", _("Coaching one to one"), Table("coaching", "", columns, rows))
