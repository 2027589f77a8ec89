"""The agenda on the session screen, and the lobby that stands there between sessions. Pure rows, widths in cells."""

from __future__ import annotations

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
from evenly_client.waiting import Waits

MARKS = {"done": "✓", "now": "▶", "next": "·", "later": "·", "skipped": "–"}
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
        return [_line("AGENDA", "the session is over · the room is open for whoever likes to talk", Look.PLAIN, "over")]
    room = width - LABEL - 2
    rows = [labelled("AGENDA" if not i else "", (s,), key=("agenda", i)) for i, s in enumerate(_steps(o, room, lines))]
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
    mode = phrases.MODE_WORDS[o.floor.mode]
    if mode != phase and o.floor.mode is not FloorMode.QUEUE:
        said.append(mode.lower())
    if o.floor.mode in (FloorMode.QUEUE, FloorMode.QUESTIONS):
        said.append(o.order_in_words if o.floor.queue_open else "the queue is closed for now")
    if o.session is not None and not o.session.phase.counted:
        said.append("talk is not counted")
    return " · ".join(said)


def _about(o: Outlook, room: int, hint: str) -> list[str]:
    """On the phase under way: whose issue, how it is talked where that was changed; and how late it is."""
    session = o.session
    if session is None or len(session.phases) == 1:
        return []
    said = [o.ends] if o.ends else []
    holder = session.phase.holder
    if holder:
        said.append(f"{'your' if holder == o.seat else o.name(holder) + '’s'} issue")
    plan = session.phases[session.phase_index]
    if o.floor.mode is not plan.mode:
        said.append(f"now: {phrases.MODE_WORDS[o.floor.mode].lower()}")
    if o.floor.mode in (FloorMode.QUEUE, FloorMode.QUESTIONS) and not o.floor.queue_open:
        said.append("the queue is closed for now")
    if not session.phase.counted:
        said.append("talk is not counted")
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
    if mine:
        said = f"you talk with {phrases.listed([o.name(s) for s in mine])} until {until}"
    else:
        said = f"pairs talk until {until}"
    rows = [labelled("PAIRS", (Span(said, Look.MINE if mine else Look.STRONG),), key="pair")]
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
    rows.extend(_wrapped("COMES", planned or "no session is planned yet", room, 2))
    waits = waiting.waits(o)
    for i, wait in enumerate(waits[:WAITS_SHOWN]):
        rows.extend(_wrapped("FOR YOU" if not i else "", _waits(wait), room, 1, str(i)))
    if len(waits) > WAITS_SHOWN:
        rows.append(_line("", f"and {len(waits) - WAITS_SHOWN} more", Look.DIM, "more"))
    rows.extend(_wrapped("BOARDS", f"{boards_line(o)} · {keys.first('boards')} opens", room, 1))
    link = opened.call_link(o.peer.sealer, o.room)
    if link:
        rows.extend(_wrapped("CALL", link, room, 1))
    if o.room.agreement.version:
        rows.extend(_wrapped("AGREED", _agreed(o), room, 1))
    return rows[:lines]


def review(o: Outlook, width: int) -> list[Row]:
    """After a session: how evenly the time was shared, and one's own air time."""
    totals = o.totals()
    if totals is None or o.me is None:
        return []
    lines = wrapped(phrases.evenness(totals), width - LABEL - 2, 2)
    mine = f"You: {o.my_seconds()}." if o.seat in totals.balance else ""
    lines += wrapped(mine, width - LABEL - 2, 2)
    return [labelled("REVIEW" if not i else "", (Span(line),), key=("review", i)) for i, line in enumerate(lines)]


def boards_line(o: Outlook) -> str:
    """What is on the boards, counted."""
    mine = len(waiting.mine(o))
    said = [f"{mine} action{'' if mine == 1 else 's'} of yours"]
    asks = len(open_asks(o.room))
    if asks:
        said.append(f"{asks} open ask{'' if asks == 1 else 's'}")
    issues = sum(not i.session for i in o.room.issues)
    if issues:
        said.append(f"{issues} issue{'' if issues == 1 else 's'} brought")
    return " · ".join(said)


def _waits(wait: Waits) -> str:
    return f"{wait.words}{' (only you see this)' if wait.private else ''}"


def _agreed(o: Outlook) -> str:
    """The agreement in a line: that it is there, and its first words."""
    agreed = o.room.agreement
    text = o.peer.sealer.open(FieldKind.AGREEMENT, agreed.text, agreed.author, agreed.id, lines=True)
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return f"{first} …" if first else "nothing written down yet"


def _wrapped(label: str, said: str, room: int, lines: int, key: str = "") -> list[Row]:
    return [
        labelled(label if not i else "", (Span(line),), key=("lobby", label, key, i))
        for i, line in enumerate(wrapped(said, room, lines))
    ]
