"""Starting and ending a session, and moving through its agenda, where a key alone would not do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from evenly_protocol import agenda, session
from evenly_protocol.agenda import (
    ExtendPhase,
    LeaveOpen,
    PhasePlan,
    SetIssueHolder,
    SkipPhase,
    StartPhase,
    TakeFromLater,
)
from evenly_protocol.facts import Command
from evenly_protocol.issues import waiting_issues
from evenly_protocol.refusals import Refusal
from evenly_protocol.words import MILLISECONDS_A_MINUTE, FloorMode, Role

from evenly_client import agenda_words, opened, phrases, starting
from evenly_client.formats import library
from evenly_client.formats.shape import Format
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer
from evenly_client.screens import flows
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.flows import say_refusal, seat
from evenly_client.translation import _, ngettext, pgettext

OPEN_LENGTHS = (30, 45, 60, 90, 120, 180)
MINUTES_OFFERED = (1, 5, 10, -1, -5)
KEYS = "123456789"


class Host(flows.Host, Protocol):
    """What these need of the screen."""

    @property
    def format_used(self) -> str:
        """The name of the format that was used last in this room."""
        ...


async def start(host: Host) -> None:
    """Start a session: in which format; then what it would be, and whose issue."""
    form = await _format(host)
    if form is None:
        return
    if form.name == "open":
        await _start_open(host, form)
        return
    o = host.situation().outlook
    start = starting.prepared(o.room, form, by=o.seat)
    while True:
        if not await _name_holders(host, start):
            return
        title = ngettext("Start: {format}, 1 minute?", "Start: {format}, {n} minutes?", start.minutes)
        how = await host.choose(
            title.format(format=form.title, n=start.minutes), _ways(start), body="\n".join(_summary(o, start))
        )
        if how != "beside":
            break
        start = starting.prepared(o.room, form, by=o.seat, as_planned=False)
    if how == "start":
        host.use_format(form.name)
        id = Peer.new_id()
        host.do(starting.command(host.peer, start, id), id)


def _ways(start: starting.Start) -> list[Choice[str]]:
    """Start it, or not; or as a session beside the series, where it would be the planned one."""
    ways = [Choice("start", pgettext("choice", "start"), "", "y"), Choice("no", _("not yet"), "", "n")]
    if start.planned is not None:
        ways.insert(1, Choice("beside", _("another session: the planned one stays to come"), "", "o"))
    return ways


async def _name_holders(host: Host, start: starting.Start) -> bool:
    """Asks whose the issues are that nobody is planned for. False: the dialog was left."""
    for number in sorted({p.issue for p in start.phases if p.issue} - set(start.holders)):
        holder = await _issue_holder(host, number, start)
        if holder is None:
            return False
        if holder:
            start.holders[number] = holder
    return True


async def _format(host: Host) -> Format | None:
    """Which format: those on this machine, the one used last first."""
    known = [entry for entry in library.entries() if entry.format is not None]
    last = host.format_used
    known.sort(key=lambda entry: entry.name != last)
    choices = [
        Choice(entry.format, entry.format.title, _minutes(entry.format, last=entry.name == last))
        for entry in known
        if entry.format is not None
    ]
    keyed = [Choice(c.value, c.text, c.hint, str(i) if i < 10 else "") for i, c in enumerate(choices, 1)]
    return await host.choose(_("Start a session: in which format?"), keyed)


def _minutes(form: Format, *, last: bool) -> str:
    said = _("{n} min · used last") if last else _("{n} min")
    return said.format(n=form.minutes)


async def _start_open(host: Host, form: Format) -> None:
    minutes = await host.choose(
        _("Start the session: how long?"),
        [
            Choice(m, ngettext("1 minute", "{n} minutes", m).format(n=m), "", str(i))
            for i, m in enumerate(OPEN_LENGTHS, 1)
        ],
        body=_("You can move its end at any time with +."),
    )
    if minutes is not None:
        host.use_format(form.name)
        host.do(session.StartSession([PhasePlan("talk", b"", minutes, FloorMode.QUEUE)]))


async def _issue_holder(host: Host, number: int, start: starting.Start) -> int | None:
    """Who holds an issue that nobody is planned for: 0 is decided later, None leaves the dialog."""
    o = host.situation().outlook
    several = max(p.issue for p in start.phases) > 1
    return await _holder(
        host,
        _("Who holds the issue number {n}?").format(n=number) if several else _("Who holds the issue?"),
        [s for s in o.everybody if s not in start.holders.values() and s != start.host],
        _("decide later"),
    )


async def _holder(host: Host, title: str, seats: list[int], nobody: str) -> int | None:
    """Somebody whose issue it is; those who have brought one first, with its first words."""
    o = host.situation().outlook
    brought = {i.seat: opened.issue_text(o.peer.sealer, i) for i in waiting_issues(o.room)}
    seats = [s for s in seats if o.room.members[s].role is not Role.OBSERVER]
    seats.sort(key=lambda s: (s not in brought, s))
    choices = [Choice(s, o.name(s), _first_line(brought.get(s, "")), str(s) if s < 10 else "") for s in seats]
    return await host.choose(title, [*choices, Choice(0, nobody, "", "0")])


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return phrases.quoted(line[:50] + "…" * (len(line) > 50)) if line else ""


def _summary(o: Outlook, start: starting.Start) -> list[str]:
    """What would start, for whoever starts it."""
    said: list[str] = []
    if start.planned is not None and start.planned.at:
        # Translators: {moment} is a day and a time: Friday 27 November 10:00
        said.append(_("The session planned for {moment}.").format(moment=phrases.moment(start.planned.at)))
    elif start.planned is not None:
        said.append(_("The session planned."))
    if start.feedback_by and any(p.activity == "feedback" for p in start.phases):
        mine = start.feedback_by == o.seat
        opens = _("It opens with feedback from you.") if mine else _("It opens with feedback from {name}.")
        said.append(opens.format(name=o.name(start.feedback_by)))
    for number, holder in sorted(start.holders.items()):
        issue = _("Issue {n}: {name}.") if len(start.holders) > 1 else _("Issue: {name}.")
        said.append(issue.format(n=number, name=o.name(holder)))
    if start.host:
        said.append(_("Host: {name}.").format(name=o.name(start.host)))
    line = " · ".join(f"{p.title} {p.minutes}" for p in start.phases)
    return [*said, line]


# -- moving on ---------------------------------------------------------------------------------------------------


def what_comes(o: Outlook) -> str:
    """The next phase in words; empty after the last."""
    running = o.session
    following = None if running is None else agenda.next_phase(running)
    if running is None or following is None:
        return ""
    step = next(s for s in o.agenda if s.index == following)
    until = phrases.time_of_day(o.now + step.ms)
    said = [
        # Translators: {time} is a time of day: 11:05
        _("{phase}, {length}, until {time}").format(phase=step.title, length=phrases.spoken(step.ms), time=until)
    ]
    if step.holder == o.seat:
        said.append(_("You hold the issue"))
    elif step.holder:
        said.append(_("{name} holds the issue").format(name=o.name(step.holder)))
    return " · ".join(said)


async def next_phase(host: Host) -> None:
    """Go on to the next phase; after the last the session ends."""
    running = host.situation().outlook.session
    if running is None:
        return
    following = agenda.next_phase(running)
    if following is None:
        await end(host)
    else:
        await _begin(host, following)


async def _begin(host: Host, index: int) -> None:
    """Begin a phase; asks who has the floor in it where that is not known, or they are not here."""
    s = host.situation()
    running = s.outlook.session
    if running is None:
        return
    command = StartPhase(index, running.phase.visit)
    refusal = s.refusal(command)
    if isinstance(refusal, Refusal) and refusal.code in ("nobody_named", "not_here"):
        await _with_speaker(host, index, refusal)
    elif refusal is not None:
        host.say(say_refusal(s, refusal.code))
    else:
        host.do(command)


async def _with_speaker(host: Host, index: int, why: Refusal) -> None:
    o = host.situation().outlook
    running = o.session
    if running is None:
        return
    plan = running.phases[index]
    title = _("{phase}: who has the floor?").format(phase=agenda_words.title_of(o.peer.sealer, running, index))
    body = "" if why.code == "nobody_named" else _("Whoever was to have it is not on the call.")
    who = await seat(host, title, [s for s in o.here if o.room.members[s].role is not Role.OBSERVER], body=body)
    if who is None:
        return
    if plan.issue:
        host.do(SetIssueHolder(who, plan.issue))
    host.do(StartPhase(index, running.phase.visit, who))


async def go_to_phase(host: Host) -> None:
    """Start any phase: a later one, or one that has been."""
    o = host.situation().outlook
    if o.session is None:
        return
    here = o.session.phase_index
    index = await host.choose(
        _("Go to which phase?"),
        [
            Choice(step.index, step.title, _how(o, step), str(i) if i < 10 else "")
            for i, step in enumerate(o.agenda, 1)
            if step.index != here
        ],
        body=_("What is after it in the agenda comes after it again."),
    )
    if index is not None:
        await _begin(host, index)


def _how(o: Outlook, step: agenda_words.Step) -> str:
    running = o.session
    if step.state in ("done", "skipped") and running is not None:
        left = phrases.spoken(agenda.remaining(running, step.index))
        was = _("was here · would have {length}") if step.state == "done" else _("left out · would have {length}")
        return was.format(length=left)
    length = phrases.spoken(step.ms)
    return _("{length} · next").format(length=length) if step.state == "next" else length


async def skip_phase(host: Host) -> None:
    """Leave a phase to come out, or take it in again."""
    o = host.situation().outlook
    running = o.session
    if running is None:
        return
    ahead = [step for step in o.agenda if step.index > running.phase_index]
    index = await host.choose(
        _("Leave out which phase?"),
        [
            Choice(step.index, step.title, _("take it in again") if step.state == "skipped" else "", KEYS[i : i + 1])
            for i, step in enumerate(ahead)
        ],
    )
    if index is not None:
        host.do(SkipPhase(index, index not in running.skipped))


async def phase_time(host: Host) -> None:
    """Give the phase under way more time, or less; what it does to the others is shown before."""
    o = host.situation().outlook
    running = o.session
    if running is None or running.closed_at is not None:
        return
    choices: list[Choice[Command]] = []
    for minutes in MINUTES_OFFERED:
        ms = minutes * MILLISECONDS_A_MINUTE
        for later in (True, False):
            shown = ripple(o, ms, from_later=later)
            if shown is not None:
                choices.append(Choice(ExtendPhase(ms, later), _signed(minutes), shown.words))
    late = agenda.behind(running, o.now) // MILLISECONDS_A_MINUTE * MILLISECONDS_A_MINUTE
    if late > 0 and agenda.given(running, late)[1]:
        give = _("the phases to come give {length}").format(length=phrases.spoken(late))
        choices.append(Choice(TakeFromLater(late), _("catch up"), give, "c"))
    chosen = await host.choose(_("{phase}: more time, or less?").format(phase=o.phase), choices)
    if chosen is not None:
        host.do(chosen)


def _signed(minutes: int) -> str:
    """So many minutes more or less: `+5 minutes`, `−1 minute`."""
    n = f"{minutes:+d}".replace("-", "−")
    # Translators: {n} has a sign: +1, −1, +5
    return ngettext("{n} minute", "{n} minutes", abs(minutes)).format(n=n)


def ripple(o: Outlook, ms: int, *, from_later: bool) -> agenda_words.Ripple | None:
    """What an extension would do; None where it cannot be, or is no choice of its own."""
    running = o.session
    if running is None or running.phase.minutes * MILLISECONDS_A_MINUTE + running.phase.extra_ms + ms < 0:
        return None
    shown = agenda_words.ripple(o.peer.sealer, running, o.now, ms, from_later=from_later)
    return None if from_later and not shown.changes else shown


def one_more(o: Outlook) -> tuple[ExtendPhase, str]:
    """One more minute as a key gives it: from the phases to come where they can, and what that does, in words."""
    ms = o.room.settings.minute_ms
    shown = ripple(o, ms, from_later=True)
    if shown is not None:
        return ExtendPhase(ms, True), shown.words
    end = ripple(o, ms, from_later=False)
    return ExtendPhase(ms), "" if end is None else end.words


async def issue_holder(host: Host) -> None:
    """Whose issue it is."""
    o = host.situation().outlook
    running = o.session
    if running is None:
        return
    numbers = sorted({p.issue for p in running.phases if p.issue})
    number = running.phase.issue or (numbers[0] if len(numbers) == 1 else 0)
    if not number and numbers:
        choices = [Choice(n, _("issue {n}").format(n=n), "", str(n)) for n in numbers]
        chosen = await host.choose(_("Which issue?"), choices)
        if chosen is None:
            return
        number = chosen
    who = await _holder(host, _("Whose issue is it?"), o.everybody, _("nobody’s in particular"))
    if who is not None:
        host.do(SetIssueHolder(who, number))


async def end(host: Host) -> None:
    """End the session, confirmed; the room can be left open for informal talk."""
    o = host.situation().outlook
    running = o.session
    if running is None:
        return
    number = running.number
    choices = [
        Choice("end", _("end it"), _("hands are lowered, air time stays"), "y"),
        Choice("open", _("end it, and leave the room open"), _("informal talk, not counted"), "o"),
        Choice("no", _("go on"), "", "n"),
    ]
    if running.closed_at is not None:
        choices = [choices[0], choices[2]]
    n = len(agenda.to_come(running))
    body = ngettext("1 phase is still to come.", "{n} phases are still to come.", n).format(n=n) if n else ""
    how = await host.choose(_("End session {number} for everybody?").format(number=number), choices, body=body)
    if how == "end":
        host.do(session.EndSession(number))
    elif how == "open":
        host.do(LeaveOpen(running.phase.visit))


async def leave(host: flows.Host) -> bool:
    """Whether somebody who leads really leaves while the session runs."""
    sure = await host.choose(
        _("Leave while the session runs?"),
        [Choice(True, _("leave: the session goes on without you"), "", "y"), Choice(False, _("stay"), "", "n")],
        # Translators: “end the session” is what is typed to find the command “End the session…”
        body=_("To end it for everybody: stay, then : and “end the session”."),
    )
    return bool(sure)


FLOWS: dict[str, Callable[[Host], Awaitable[None]]] = {
    "start_session": start,
    "go_to_phase": go_to_phase,
    "skip_phase": skip_phase,
    "phase_time": phase_time,
    "issue_holder": issue_holder,
    "end_session": end,
}
"""The actions that ask something first."""
