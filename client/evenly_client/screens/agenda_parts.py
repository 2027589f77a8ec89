"""The agenda on the session screen, and the lobby that stands there between sessions. Pure rows, widths in cells."""

from __future__ import annotations

from typing import Final

from evenly_protocol.exchange import open_asks
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import FloorMode
from rich.cells import cell_len

from evenly_client import opened, phrases, waiting
from evenly_client.agenda_words import Step
from evenly_client.outlook import Outlook
from evenly_client.screens.keys import Keymap
from evenly_client.screens.looks import BLANK, LABEL, Look, Row, Span, labelled, wrapped
from evenly_client.screens.situation import Situation
from evenly_client.translation import _, ngettext, pgettext
from evenly_client.waiting import Waits

MARKS = {"done": "✓", "now": "▶", "next": "·", "later": "·", "skipped": "–"}
# Translators: the name of a part of the screen, at most 8 cells
LABEL_AGENDA: Final = pgettext("label", "AGENDA")
# Translators: the name of a part of the screen: what comes next; at most 8 cells
LABEL_COMES: Final = pgettext("label", "COMES")
# Translators: the name of a part of the screen, at most 8 cells
LABEL_FOR_YOU: Final = pgettext("label", "FOR YOU")
# Translators: the name of a part of the screen, at most 8 cells
LABEL_BOARDS: Final = pgettext("label", "BOARDS")
# Translators: the name of a part of the screen: the video call's link; at most 8 cells
LABEL_CALL: Final = pgettext("label", "CALL")
# Translators: the name of a part of the screen: what the group agreed; at most 8 cells
LABEL_AGREED: Final = pgettext("label", "AGREED")
# Translators: the name of a part of the screen, at most 8 cells
LABEL_REVIEW: Final = pgettext("label", "REVIEW")

WAITS_SHOWN = 4
GUIDANCE_LINES = 2


def agenda(o: Outlook, width: int, *, lines: int, hint: str = "") -> list[Row]:
    """The phase under way, what is to come, and, to those who lead, how late it is and what the phase is for.

    `lines`: how many lines there are for the phases. `hint`: what is to be thought of in this phase.
    """
    session = o.session
    if session is None:
        return []
    if session.closed_at is not None:
        over = _("the session is over · the room is open for whoever likes to talk")
        return [_line(LABEL_AGENDA, over, Look.PLAIN, "over")]
    room = width - LABEL - 2
    rows = [
        labelled(LABEL_AGENDA if not i else "", (s,), key=("agenda", i)) for i, s in enumerate(_steps(o, room, lines))
    ]
    rows.extend(_line("", line, Look.DIM, ("about", i)) for i, line in enumerate(_about(o, room, hint)))
    return rows


def _line(label: str, said: str, look: Look, key: object) -> Row:
    return labelled(label, (Span(said, look),), key=("line", key))


def _steps(o: Outlook, room: int, lines: int) -> list[Span]:
    """The phases in lines: what is done gives way first, then what is far ahead."""
    steps = o.agenda
    if len(steps) == 1:
        return [Span(_alone(o))]
    now = next((i for i, step in enumerate(steps) if step.state == "now"), 0)
    first = now
    packed = _packed([_step(o, step) for step in steps[first:]], room)
    while first and len(earlier := _packed([_step(o, step) for step in steps[first - 1 :]], room)) <= lines:
        first, packed = first - 1, earlier
    if len(packed) > lines:
        packed = packed[:lines]
        packed[-1] = f"{packed[-1][: room - 2].rstrip()} …"
    return [Span(line) for line in packed]


def _packed(items: list[str], room: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        if lines and cell_len(lines[-1]) + 2 + cell_len(item) <= room:
            lines[-1] = f"{lines[-1]}  {item}"
        else:
            lines.append(item)
    return lines


def _step(o: Outlook, step: Step) -> str:
    mark = MARKS[step.state]
    if step.state == "now":
        return f"{mark} {step.title} {o.until}".rstrip()
    if step.state in ("done", "skipped"):
        return f"{mark} {step.title}"
    return f"{mark} {step.title} {-(-step.ms // 60_000)}"


def _alone(o: Outlook) -> str:
    """A session of one phase: how it is talked, and in which order."""
    phase = o.phase
    said = [f"▶ {phase}", o.until] if o.until else [f"▶ {phase}"]
    if phrases.MODE_WORDS[o.floor.mode] != phase and o.floor.mode is not FloorMode.QUEUE:
        said.append(phrases.mode_amid(o.floor.mode))
    if o.floor.mode in (FloorMode.QUEUE, FloorMode.QUESTIONS):
        said.append(o.order_in_words if o.floor.queue_open else _("the queue is closed for now"))
    if o.session is not None and not o.session.phase.counted:
        said.append(_("talk is not counted"))
    return " · ".join(said)


def _about(o: Outlook, room: int, hint: str) -> list[str]:
    """On the phase under way: whose issue, how it is talked where that was changed; and how late it is."""
    session = o.session
    if session is None or len(session.phases) == 1:
        return []
    said = [o.ends] if o.ends else []
    holder = session.phase.holder
    if holder:
        whose = _("your issue") if holder == o.seat else _("{name}’s issue")
        said.append(whose.format(name=o.name(holder)))
    plan = session.phases[session.phase_index]
    if o.floor.mode is not plan.mode:
        # Translators: {mode} is how we talk: free talk, silence
        said.append(_("now: {mode}").format(mode=phrases.mode_amid(o.floor.mode)))
    if o.floor.mode in (FloorMode.QUEUE, FloorMode.QUESTIONS) and not o.floor.queue_open:
        said.append(_("the queue is closed for now"))
    if not session.phase.counted:
        said.append(_("talk is not counted"))
    if o.behind:
        said.append(o.behind)
    lines = [" · ".join(said)] if said else []
    return lines + wrapped(o.guidance, room, GUIDANCE_LINES) + wrapped(hint, room, 1)


# -- in pairs ----------------------------------------------------------------------------------------------------


def pair_rows(o: Outlook, width: int) -> list[Row]:
    """With whom I talk now, until when, and what to begin with; empty where no pairs talk."""
    session = o.session
    pairs = None if session is None else session.pairs
    if pairs is None or pairs.over:
        return []
    until = phrases.time_of_day(pairs.ends_at)
    mine = o.pair
    said = _("you talk with {names} until {time}") if mine else _("pairs talk until {time}")
    said = said.format(names=phrases.listed([o.name(s) for s in mine]), time=until)
    # Translators: the name of a part of the screen, at most 8 cells
    rows = [labelled(pgettext("label", "PAIRS"), (Span(said, Look.MINE if mine else Look.STRONG),), key="pair")]
    opener = opened.opener(o.peer.sealer, pairs)
    rows.extend(
        _line("", line, Look.NOTE, ("opener", i)) for i, line in enumerate(wrapped(opener, width - LABEL - 2, 2))
    )
    if o.leads and not mine:
        groups = "   ".join(phrases.listed([o.name(s) for s in group]) for group in pairs.groups)
        rows.extend(_line("", line, Look.DIM, ("group", i)) for i, line in enumerate(wrapped(groups, width - LABEL, 4)))
    return rows


# -- between sessions --------------------------------------------------------------------------------------------


def lobby(s: Situation, keys: Keymap, width: int, *, lines: int) -> list[Row]:
    """Between sessions: what comes next, what waits for me, what stands on the boards, what we agreed."""
    o = s.outlook
    if o.session is not None or o.me is None:
        return []
    room = width - LABEL - 2
    rows = review(o, width)
    rows += [BLANK] if rows else []
    planned = waiting.next_session_words(o)
    rows.extend(_wrapped(LABEL_COMES, planned or _("no session is planned yet"), room, 2))
    waits = waiting.waits(o)
    for i, wait in enumerate(waits[:WAITS_SHOWN]):
        rows.extend(_wrapped(LABEL_FOR_YOU if not i else "", _waits(wait), room, 1, str(i)))
    if len(waits) > WAITS_SHOWN:
        n = len(waits) - WAITS_SHOWN
        rows.append(_line("", ngettext("and {n} more", "and {n} more", n).format(n=n), Look.DIM, "more"))
    opens = _("{key} opens").format(key=keys.first("boards"))
    rows.extend(_wrapped(LABEL_BOARDS, f"{boards_line(o)} · {opens}", room, 1))
    link = opened.call_link(o.peer.sealer, o.room)
    if link:
        rows.extend(_wrapped(LABEL_CALL, link, room, 1))
    if o.room.agreement.version:
        rows.extend(_wrapped(LABEL_AGREED, _agreed(o), room, 1))
    return rows[:lines]


def review(o: Outlook, width: int) -> list[Row]:
    """After a session: how evenly the time was shared, and one's own air time."""
    totals = o.totals()
    if totals is None or o.me is None:
        return []
    lines = wrapped(phrases.evenness(totals), width - LABEL - 2, 2)
    if o.seat in totals.balance:
        # Translators: {standing} is, for example: 12:40 spoken · an equal share is 11:00
        lines += wrapped(_("You: {standing}.").format(standing=o.my_seconds()), width - LABEL - 2, 2)
    return [labelled(LABEL_REVIEW if not i else "", (Span(line),), key=("review", i)) for i, line in enumerate(lines)]


def boards_line(o: Outlook) -> str:
    """What is on the boards, counted."""
    mine = len(waiting.mine(o))
    said = [ngettext("{n} action of yours", "{n} actions of yours", mine).format(n=mine)]
    asks = len(open_asks(o.room))
    if asks:
        said.append(ngettext("{n} open ask", "{n} open asks", asks).format(n=asks))
    issues = sum(not i.session for i in o.room.issues)
    if issues:
        said.append(ngettext("{n} issue brought", "{n} issues brought", issues).format(n=issues))
    return " · ".join(said)


def _waits(wait: Waits) -> str:
    return _("{sentence} (only you see this)").format(sentence=wait.words) if wait.private else wait.words


def _agreed(o: Outlook) -> str:
    """The agreement in a line: that it is there, and its first words."""
    agreed = o.room.agreement
    text = o.peer.sealer.open(FieldKind.AGREEMENT, agreed.text, agreed.author, agreed.id, lines=True)
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return f"{first} …" if first else _("nothing written down yet")


def _wrapped(label: str, said: str, room: int, lines: int, key: str = "") -> list[Row]:
    return [
        labelled(label if not i else "", (Span(line),), key=("lobby", label, key, i))
        for i, line in enumerate(wrapped(said, room, lines))
    ]
