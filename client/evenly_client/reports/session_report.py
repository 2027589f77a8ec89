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
from evenly_client.translation import _, ngettext, pgettext

FIRST_LINES = {
    Label.ROOM: _("This report may hold what others said in confidence. It stays in the room."),
    Label.TAKEAWAY: _(
        "This report holds what members may take home. Of what others keep in the room, it holds nothing."
    ),
    Label.SHAREABLE: _("This report holds what its authors share with anybody, and names nobody but its reader."),
}


def session_report(allowed: Allowed, session: SessionWent, *, air_time: bool = False) -> Report:
    """The report of a session. `air_time`: everybody's air time too, where that may be had."""
    parts = _Parts(allowed, session)
    room = allowed.chronicle.room_name if allowed.titles else ""
    return Report(
        kind="session",
        title=_("{room}: session {n}").format(room=room or _("Peer session"), n=session.number),
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
            *section("trends", _("Over the sessions"), *trends(allowed.chronicle, session.number)),
            *parts.next_session(),
        ),
    )


def phase_title(allowed: Allowed, phase: PhaseWent) -> str:
    """What a phase is called; in what anybody may have, what its activity is called."""
    known = ACTIVITIES.get(phase.activity)
    return phase.title if allowed.titles or known is None else _(known.title)


def state_words(allowed: Allowed, action: ActionWent, session: int) -> str:
    """How an action stood by the time the session after this one began."""
    step = action.step_by(session)
    if step is None:
        return ""
    words = saying.STATE_WORDS[step.state]
    if step.carried and allowed.carried(action):
        # Translators: {state} is for example “under way”, {often} is “once”, “twice” or “3 times”
        return _("{state}, carried over {often}").format(state=words, often=saying.often(step.carried))
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
        what = pgettext("state of an action", "carried over") if is_carry else saying.STATE_WORDS[step.state]
        said.append(f"{what} {saying.short_day(step.at)}")
    return "\n".join(said)


def notes_of(allowed: Allowed, actions: Iterable[ActionWent], until: int | None = None) -> list[Item]:
    """What was noted on actions, until `until` (UTC milliseconds)."""
    return [
        Item(note.text, _("{name} on “{action}”").format(name=allowed.name(note.seat), action=first_line(action.text)))
        for action in actions
        for note in action.notes
        if allowed.note(action, note) and (until is None or note.at < until)
    ]


def first_line(text: str, most: int = 60) -> str:
    """The beginning of a text, to recognise it by."""
    line = text.split("\n", 1)[0]
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


ACTION_COLUMNS = (
    Column("owner", pgettext("column", "Who")),
    Column("action", pgettext("column", "What"), Unit.WORDS),
    Column("due", pgettext("column", "Due")),
    Column("state", pgettext("column", "Now")),
    Column("history", pgettext("column", "History")),
    Column("buddy", pgettext("column", "Buddy")),
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
        # Translators: {began} is for example “Friday 27 November 2026, 10:00”, {zone} “UTC+01:00”
        when = _("{began} still running ({zone}).") if s.running else _("{began} to {ended} ({zone}).")
        when = when.format(
            began=saying.day_and_time(s.started_at),
            ended=phrases.time_of_day(s.until),
            zone=saying.zone(s.started_at),
        )
        here = len([seat for seat in s.attended if not self.allowed.chronicle.watches(seat)])
        return section(
            "when",
            _("When"),
            Paragraph(when),
            Paragraph(_("The session is not over: all of this is so far.")) if s.running else None,
            Paragraph(_("About: {topic}").format(topic=s.topic)) if s.topic and self.allowed.titles else None,
            Paragraph(_("Hosted by {names}.").format(names=phrases.listed([name(h) for h in s.hosts])))
            if s.hosts and self.allowed.names_people
            else None,
            Paragraph(saying.took_part(here)),
        )

    def agenda(self) -> list[Section]:
        """The phases as they were."""
        rows = tuple(
            (
                phrases.time_of_day(p.started),
                phase_title(self.allowed, p),
                p.planned,
                p.took,
                _("yes") if p.counted else _("no"),
                self.allowed.name(p.holder) if p.holder and self.allowed.names_people else "",
            )
            for p in self.session.phases
        )
        columns = (
            Column("began", pgettext("column", "Began")),
            Column("phase", pgettext("column", "Phase"), Unit.WORDS),
            Column("planned", pgettext("column", "Planned"), Unit.MILLISECONDS),
            Column("took", pgettext("column", "Took"), Unit.MILLISECONDS),
            Column("counted", pgettext("column", "Counted")),
            Column("issue_holder", pgettext("column", "Issue-holder")),
        )
        bars = tuple(Bar(phase_title(self.allowed, p), p.took, p.planned) for p in self.session.phases)
        return section(
            "agenda",
            _("The agenda as it went"),
            Table("agenda", _("Phases"), columns, rows),
            Bars("agenda_chart", _("How long each phase took; the mark is the plan"), bars) if len(bars) > 1 else None,
        )

    def issues(self) -> list[Section]:
        """What was brought."""
        items = tuple(
            Item(issue.text, _("Issue {n}, {name}").format(n=issue.number, name=self.allowed.name(issue.holder)))
            for issue in self.session.issues
            if issue.text and self.allowed.issue(issue)
        )
        return section("issues", _("Issues"), Items("issues", "", items))

    def air_time(self, *, of_all: bool) -> list[Section]:
        """How the time was shared: the sentence, the reader's own, everybody's where that may be had."""
        s, me = self.session, self.allowed.reader.seat
        mine: Paragraph | None = None
        counted = s.totals.counted.get(me)
        if me in s.totals.balance and s.totals.enough_marked:
            words = _("You were heard for {time}: {standing}.")
            mine = Paragraph(words.format(time=phrases.spoken(counted or 0), standing=phrases.standing(s.totals, me)))
        # Translators: {often} is “once”, “twice” or “3 times”
        fixed = _("Air time was corrected {often}.").format(often=saying.often(s.corrections)) if s.corrections else ""
        table = bars = None
        if of_all and s.totals.enough_marked:
            name = self.allowed.name
            heard = {seat: s.totals.counted.get(seat, 0) for seat in sorted({*s.totals.counted, *s.totals.balance})}
            seats = sorted({*heard, *s.asked})
            rows = tuple((name(seat), heard.get(seat), s.asked.get(seat, 0)) for seat in seats)
            columns = (
                Column("member", pgettext("column", "Who")),
                Column("air_time", pgettext("column", "Air time"), Unit.MILLISECONDS),
                Column("questions", pgettext("column", "Questions"), Unit.COUNT),
            )
            table = Table("air_time", _("Everybody's air time, in seat order"), columns, rows)
            bars = Bars("air_time_chart", _("Air time"), tuple(Bar(name(seat), ms) for seat, ms in heard.items()))
        return section(
            "air_time",
            _("How the time was shared"),
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
        if mine:
            words = ngettext(
                "{n} question was asked, {mine} by you.", "{n} questions were asked, {mine} by you.", count
            )
        else:
            words = ngettext("{n} question was asked, none by you.", "{n} questions were asked, none by you.", count)
        said = words.format(n=count, mine=mine)
        kept = any(q.kept_by for q in s.questions)
        numbers = sorted({q.issue for q in s.questions})
        lists = [self._asked(number, titled=len(numbers) > 1) for number in numbers]
        hint = (
            _("An issue-holder keeps the questions about their issue: these are in their own record.") if kept else ""
        )
        return section("questions", _("Questions"), Paragraph(said), Paragraph(hint, quiet=True), *lists)

    def _asked(self, number: int, *, titled: bool) -> Items:
        words = [q for q in self.session.questions if q.issue == number and self.allowed.question(q)]
        title = _("About issue {n}").format(n=number) if titled and number else ""
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
            _("Actions"),
            self._action_table("actions_made", _("Made"), made),
            self._action_table("actions_moved", _("Done, or changed"), moved),
            self._action_table("actions_open", _("Still open from before"), others),
            Items("actions_learnt", _("What happened, and what was learnt"), tuple(notes)),
        )

    def _action_table(self, key: str, title: str, actions: list[ActionWent]) -> Table:
        rows = tuple(action_row(self.allowed, a, self.session.number) for a in sorted(actions, key=lambda a: a.owner))
        return Table(key, title, ACTION_COLUMNS, rows)

    def exchange(self) -> list[Section]:
        """What was put on the exchange, until the next session began."""
        posts = [p for p in self.allowed.chronicle.posts if p.session == self.session.number and self.allowed.post(p)]
        columns = (
            Column("kind", pgettext("column", "What")),
            Column("member", pgettext("column", "Who")),
            Column("text", pgettext("column", "In words"), Unit.WORDS),
            Column("link", pgettext("column", "Link"), Unit.LINK),
            Column("met_by", pgettext("column", "Met by")),
        )
        rows = tuple(
            (
                _("reply ({kind})").format(kind=saying.KIND_WORDS[p.kind]) if p.reply_to else saying.KIND_WORDS[p.kind],
                self.allowed.name(p.seat),
                p.text,
                p.link,
                self.allowed.name(p.met_by) if p.met_by else "",
            )
            for p in posts
        )
        return section("exchange", _("The exchange"), Table("exchange", _("Posts"), columns, rows))

    def pairs(self) -> list[Section]:
        """Who talked with whom."""
        if not self.session.pairs:
            return []
        if not self.allowed.names_people:
            n = len(self.session.pairs)
            rounds = ngettext("There was {n} round.", "There were {n} rounds.", n).format(n=n)
            return section("pairs", _("Pairs"), Paragraph(rounds))
        items = tuple(
            Item(
                "; ".join(phrases.listed([self.allowed.name(s) for s in group]) for group in groups),
                _("Round {n}").format(n=n),
            )
            for n, groups in enumerate(self.session.pairs, start=1)
        )
        return section("pairs", _("Pairs"), Items("pairs", "", items))

    def attendance(self) -> list[Section]:
        """Who was on the call, and for how long."""
        if not self.allowed.names_people:
            return []
        columns = (
            Column("member", pgettext("column", "Who")),
            Column("attended", pgettext("column", "On the call"), Unit.MILLISECONDS),
        )
        rows = tuple((self.allowed.name(seat), ms) for seat, ms in self.session.attended.items())
        return section("attendance", _("On the call"), Table("attendance", _("In seat order"), columns, rows))

    def next_session(self) -> list[Section]:
        """When it goes on; only in the report of the last session."""
        chronicle, name = self.allowed.chronicle, self.allowed.name
        planned = chronicle.next_meeting()
        if planned is None or self.session is not chronicle.sessions[-1]:
            return []
        when = _("The date is open.")
        if planned.at:
            # Translators: “Friday 27 November 2026, 10:00 (UTC+01:00).”
            when = _("{day} ({zone}).").format(day=saying.day_and_time(planned.at), zone=saying.zone(planned.at))
        people = self.allowed.names_people
        return section(
            "next",
            _("Next session"),
            Paragraph(when),
            Paragraph(_("About: {topic}").format(topic=planned.topic))
            if planned.topic and self.allowed.titles
            else None,
            Paragraph(_("Issue: {names}.").format(names=phrases.listed([name(h) for h in planned.holders])))
            if planned.holders and people
            else None,
            Paragraph(_("Feedback alone.")) if planned.feedback else None,
            Paragraph(_("Host: {name}.").format(name=name(planned.host))) if planned.host and people else None,
            Paragraph(_("Before it: {task}").format(task=planned.prework))
            if planned.prework and self.allowed.titles
            else None,
        )


def _open_at(action: ActionWent, session: int) -> bool:
    step = action.step_by(session)
    return step is not None and step.state in (ActionState.COMMITTED, ActionState.DOING, ActionState.BLOCKED)
