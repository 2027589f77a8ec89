"""The boards as rows: what each item says now, in a list and in full. Pure; widths in terminal cells.

A list is made of items that know their height before they are drawn, so that only those in sight are opened.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from evenly_protocol.actions import Action, due_by, in_review, last_held
from evenly_protocol.exchange import Post, replies
from evenly_protocol.issues import Issue, Question, waiting_issues
from evenly_protocol.series import DatePoll, Planned, next_planned, to_come
from evenly_protocol.session import Session
from evenly_protocol.words import GENERAL_TALK, ActionState, FloorMode, Label, PostKind
from rich.cells import cell_len

from evenly_client import due, opened, phrases, waiting
from evenly_client.notes import PrivateNote
from evenly_client.outlook import Outlook
from evenly_client.peer import State
from evenly_client.screens.looks import BLANK, Look, Row, Span, padded, wrapped
from evenly_client.screens.situation import Situation

MARK: Final = 3
"""Cells before an item: the mark of the chosen one."""

NARROW: Final = 66
"""A list narrower than this has a line an item, and short names."""

KEPT: Final = "(kept by the issue-holder)"


class Board(StrEnum):
    """The boards, in the order of their numbers."""

    ACTIONS = "actions"
    ISSUES = "issues"
    EXCHANGE = "exchange"
    SERIES = "series"
    QUESTIONS = "questions"
    NOTES = "notes"


STATE_WORDS: Final = {
    ActionState.PROPOSED: "to confirm",
    ActionState.COMMITTED: "committed",
    ActionState.DOING: "doing",
    ActionState.BLOCKED: "blocked",
    ActionState.DONE: "done",
    ActionState.DROPPED: "dropped",
}
"""In the order in which they stand on the board."""

LABEL_WORDS: Final = {
    Label.ROOM: "stays here",
    Label.TAKEAWAY: "may be taken home",
    Label.SHAREABLE: "may be shared",
}
POST_WORDS: Final = {
    PostKind.ASK: ("an ask", "asks"),
    PostKind.OFFER: ("an offer", "offers"),
    PostKind.RESOURCE: ("a resource", "resources"),
    PostKind.INSIGHT: ("an insight", "insights"),
    PostKind.WIN: ("a win", "wins"),
}
EMPTY: Final = {
    Board.ACTIONS: "Nobody has committed to anything here yet. a: by next session I will …",
    Board.ISSUES: "No issue has been brought yet. a brings one: a challenge that is yours, open, and matters.",
    Board.EXCHANGE: "Nothing here yet. a adds an ask, an offer, a resource, an insight or a win.",
    Board.SERIES: "No sessions are planned yet. A facilitator plans the series.",
    Board.QUESTIONS: "No question was put in words yet. Those that are stand here, for the issue-holder to think on.",
    Board.NOTES: "Notes here are yours alone: sealed on this machine, never sent. a writes one.",
}


@dataclass(frozen=True)
class Filter:
    """What of a board is shown. `what`: `all`, `mine`, `due`, `seat` (this `seat` alone), or a kind of post."""

    what: str = "all"
    seat: int = 0


class At(NamedTuple):
    """What a row of a list is about: a line of an item."""

    item: Hashable
    line: int


@dataclass(frozen=True)
class Item:
    """Something in a list: `height` lines. A heading cannot be chosen."""

    key: Hashable
    height: int
    draw: Callable[[int, bool], list[Row]]
    heading: bool = False


# -- the live session --------------------------------------------------------------------------------------------


def live(s: Situation, width: int) -> Row:
    """The running session in a line: my turn, above all. It cannot be taken for anything else."""
    o = s.outlook
    if o.peer.state not in (State.LIVE, State.CONNECTING):
        return _live("not connected: what you do is kept and sent", Look.NOTE)
    if o.session is None:
        coming = waiting.next_session_words(o)
        return _live(f"No session is running{f' · next: {coming}' if coming else ''}", Look.DIM)
    if o.held:
        return _live("Paused. Take the time you need.", Look.STRONG)
    turn = o.my_turn()
    if turn is not None and not s.view and o.floor.mode is not FloorMode.OPEN:
        said = "YOU ANSWER" if turn.answer_at is not None else "IT IS YOUR TURN"
        return Row(
            (Span(f" ▶ {said}  ", Look.BANNER), Span("esc goes back to the session", Look.BANNER)),
            (Span(" ", Look.BANNER),),
            "live",
            Look.BANNER,
        )
    mine = "" if s.view else o.me_in_words()
    now = _speaks(o)
    if mine.startswith((phrases.place(0), "next in this round")):
        return Row((Span(" ▷ YOU ARE NEXT", Look.MINE), Span(f" · {now}")), (), "live")
    where = f" · you: {mine}" if mine and not mine.startswith(("listening", "silence")) else ""
    return _live(f"{now}{where}", Look.PLAIN)


def _live(said: str, look: Look) -> Row:
    return Row((Span(f" {said}", look),), (), "live")


def _speaks(o: Outlook) -> str:
    now = o.speaking()
    if not now:
        return "silence" if o.floor.mode is FloorMode.SILENCE else "nobody speaks"
    if len(now) > 1:
        return f"{phrases.listed([w.name for w in now[:4]])} speak"
    who = now[0]
    if who.seat == GENERAL_TALK:
        return "general talk"
    verb = "answer" if who.answering else "speak"
    words = f" · {who.words}" if who.words and not who.answering else ""
    return f"{who.name} {verb}{'' if who.mine else 's'} {phrases.clock(who.elapsed)}{words}"


# -- the boards' names -------------------------------------------------------------------------------------------


def tabs(board: Board, width: int) -> Row:
    """The boards with their numbers; the one that is open is marked."""
    gap = " " if width >= 72 else ""
    spans: list[Span] = []
    for number, each in enumerate(Board, 1):
        on = each is board
        said = f"{'▸' if on else ' '}{number} {each.capitalize()}{gap}"
        spans.append(Span(said, Look.BANNER if on else Look.PLAIN, f"board:{number}"))
    return Row(tuple(spans), (), "tabs")


def board_with(number: int) -> Board:
    """The board of a number from 1."""
    return list(Board)[number - 1]


def heading(s: Situation, board: Board, shown: Filter, *, review: bool, at: str) -> Row:
    """What of the board is shown, and `at`: which part of it is in sight."""
    return Row((Span(f" {_shown(s, board, shown, review=review)}", Look.DIM),), (Span(f"{at} ", Look.DIM),), "heading")


def _shown(s: Situation, board: Board, shown: Filter, *, review: bool) -> str:
    o = s.outlook
    match board:
        case Board.ACTIONS if review:
            return "Review: what happened, what was learnt? Not yet is fine."
        case Board.ACTIONS:
            count = sum(a.open for a in o.room.actions)
            mine = sum(a.open and a.owner == o.seat for a in o.room.actions)
            said = {"all": "everybody’s", "mine": "mine", "due": "due by the next session"}.get(shown.what, "")
            return f"{said or _whose(o, shown.seat)} · {count} open, {mine} of them yours"
        case Board.ISSUES:
            return f"{len(waiting_issues(o.room))} waiting"
        case Board.EXCHANGE:
            return "everything" if shown.what == "all" else POST_WORDS[PostKind(shown.what)][1]
        case Board.SERIES:
            coming = to_come(o.room)
            held = sum(p.number > 0 for p in o.room.series)
            return f"{held} held · {len(coming)} to come"
        case Board.QUESTIONS:
            return f"session {o.room.session.number}" if o.room.session is not None else "no session yet"
        case Board.NOTES:
            return "for you alone, on this machine"


# -- the lists ---------------------------------------------------------------------------------------------------


def items(
    s: Situation, board: Board, shown: Filter, *, review: bool, notes: Sequence[PrivateNote], lines: int
) -> list[Item]:
    """Everything on a board, in order. `lines`: how many an item has, 1 or 2."""
    o = s.outlook
    match board:
        case Board.ACTIONS:
            found = _review(o, lines) if review else _actions(o, shown, lines)
        case Board.ISSUES:
            found = _issues(o, lines)
        case Board.EXCHANGE:
            found = _posts(o, shown, lines)
        case Board.SERIES:
            found = _series(o, lines)
        case Board.QUESTIONS:
            found = _questions(o, lines)
        case Board.NOTES:
            found = [_note(o, note, lines) for note in notes]
    return found or [_empty(board, shown, review=review)]


def _empty(board: Board, shown: Filter, *, review: bool) -> Item:
    said = EMPTY[board]
    if review:
        said = "No open actions from earlier sessions."
    elif shown.what != "all":
        said = "Nothing here by this filter. f changes it."
    most = 3

    def draw(width: int, chosen: bool) -> list[Row]:
        rows = [
            Row((Span(f"   {line}", Look.DIM),), (), ("empty", i))
            for i, line in enumerate(wrapped(said, width - MARK - 1, most))
        ]
        return [*rows, *[BLANK] * (most - len(rows))]

    return Item("empty", most, draw, heading=True)


def _group(title: str, found: list[Item], note: str = "") -> list[Item]:
    if not found:
        return []

    def draw(width: int, chosen: bool) -> list[Row]:
        said = (Span(f" {title}", Look.LABEL), Span(f"  {note}" if note else "", Look.DIM))
        return [Row(said, (), ("group", title))]

    return [Item(("group", title), 1, draw, heading=True), *found]


@dataclass(frozen=True)
class Told:
    """An item's words: who, what, what stands at the right of it, and a second line where there is room."""

    who: str
    mine: bool
    text: str
    right: str = ""
    second: str = ""
    indent: int = 0


def _item(key: Hashable, lines: int, told: Callable[[], Told], *, names: int = 0) -> Item:
    """`names`: the cells of the column with who; 0: as wide as there is room for."""

    def draw(width: int, chosen: bool) -> list[Row]:
        t = told()
        who = (names or (9 if width < NARROW else 13)) if t.who else 0
        mark = Span(padded(" ▸" if chosen else "", MARK + t.indent), Look.KEY)
        look = Look.STRONG if chosen else Look.PLAIN
        left = (
            mark,
            Span(padded(t.who, who - 1) + " " if who else "", Look.MINE if t.mine else look),
            Span(_one_line(t.text), look),
        )
        right = (Span(f"{t.right} ", Look.DIM),) if t.right and cell_len(t.right) < width // 2 else ()
        rows = [Row(left, right, At(key, 0))]
        if lines > 1:
            rows.append(Row((Span(" " * (MARK + t.indent + who)), Span(_one_line(t.second), Look.DIM)), (), At(key, 1)))
        return rows

    return Item(key, lines, draw)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _said(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


# -- actions -----------------------------------------------------------------------------------------------------


def shown_actions(o: Outlook, shown: Filter) -> list[Action]:
    """The actions that a filter lets through, as they were made."""
    actions = o.room.actions
    if shown.what == "mine":
        return [a for a in actions if a.owner == o.seat]
    if shown.what == "seat":
        return [a for a in actions if a.owner == shown.seat]
    if shown.what == "due":
        planned = next_planned(o.room)
        at = max(planned.at if planned is not None else 0, o.now)
        return [a for a in actions if a.open and due_by(a, at)]
    return actions


def _actions(o: Outlook, shown: Filter, lines: int) -> list[Item]:
    found: list[Item] = []
    actions = shown_actions(o, shown)
    for state, words in STATE_WORDS.items():
        there = sorted((a for a in actions if a.state is state), key=lambda a: (a.owner != o.seat, a.owner, a.at))
        found += _group(words.upper(), [_action(o, a, lines) for a in there], str(len(there)))
    return found


def _review(o: Outlook, lines: int) -> list[Item]:
    first = last_held(o.room)
    found: list[Item] = []
    due_now = in_review(o.room)
    for owner in dict.fromkeys(a.owner for a in due_now):
        there = [_action(o, a, lines, state=True) for a in due_now if a.owner == owner]
        note = "held the last issue" if owner in first else ""
        found += _group(_whose(o, owner).upper(), there, note)
    return found


def _action(o: Outlook, a: Action, lines: int, *, state: bool = False) -> Item:
    def told() -> Told:
        text = opened.action_text(o.peer.sealer, a)
        when = due_words(o, a) if a.open or a.state is ActionState.PROPOSED else ""
        second = _said(
            (
                "still worth doing?" if a.asks_worth and a.owner == o.seat else "",
                STATE_WORDS[a.state] if state else "",
                when,
                carried_words(o, a),
                f"buddy: {_me(o, a.buddy)}" if a.buddy else "",
                _count(len(a.cheers), "cheer"),
                _count(len(a.notes), "note"),
            )
        )
        right = "" if lines > 1 else (STATE_WORDS[a.state] if state else when)
        return Told(o.name(a.owner), a.owner == o.seat, text, right, second)

    return _item(a.id, lines, told)


def today(o: Outlook) -> date:
    """The day it is here, by the server's clock."""
    return day_of(o.now)


def day_of(at: int) -> date:
    """The local day of an instant (UTC milliseconds)."""
    return datetime.fromtimestamp(at / 1000).date()


def due_words(o: Outlook, a: Action) -> str:
    """When an action is due, in words; what was due before today is `not yet`, and nothing worse."""
    day = due.from_day(a.due)
    if day is None:
        return "next session"
    said = due.say_due(day, today(o))
    return f"{said} · not yet" if a.open and day < today(o) else said


def carried_words(o: Outlook, a: Action) -> str:
    """How often it was carried over; for its owner and facilitators alone."""
    if not a.carried or not (a.owner == o.seat or o.leads):
        return ""
    times = {1: "once", 2: "twice"}.get(a.carried, f"{a.carried} times")
    return f"carried over {times}"


def _count(number: int, word: str) -> str:
    return "" if not number else f"1 {word}" if number == 1 else f"{number} {word}s"


def _whose(o: Outlook, seat: int) -> str:
    name = o.name(seat)
    return "yours" if seat == o.seat else f"{name}’s"


def action_details(o: Outlook, a: Action) -> list[str]:
    """An action in full: its words, how it stands, its notes, its history."""
    sealer = o.peer.sealer
    issue = next((i for i in o.room.issues if i.id == a.issue), None) if a.issue else None
    found = [
        opened.action_text(sealer, a),
        "",
        _said((_whose(o, a.owner), STATE_WORDS[a.state], f"due: {due_words(o, a)}", carried_words(o, a))),
        f"Buddy: {_me(o, a.buddy)}" if a.buddy else "",
        f"Cheers: {_names(o, a.cheers)}" if a.cheers else "",
        f"From the issue: {_one_line(opened.issue_text(sealer, issue))}" if issue is not None else "",
        f"It {LABEL_WORDS[a.label]}." if a.label is not Label.ROOM else "",
    ]
    found = [line for i, line in enumerate(found) if line or i == 1]
    for note in a.notes:
        learnt = ", what happened" if note.learnt else ""
        found += ["", f"{o.name(note.seat)}, {_day(o, note.at)}{learnt}:", opened.note_text(sealer, note)]
    if a.history:
        found += ["", "How it went:"]
        for step in a.history:
            who = o.name(step.by) if step.by else ""
            carried = not step.by
            if carried and not (a.owner == o.seat or o.leads):
                continue
            what = "carried over" if carried else STATE_WORDS[step.state]
            session = f"session {step.session}" if step.session else ""
            found.append(f"  {_said((_day(o, step.at), session, what, who))}")
    return found


def _day(o: Outlook, at: int) -> str:
    return due.say_due(day_of(at), today(o))


# -- issues ------------------------------------------------------------------------------------------------------


def _issues(o: Outlook, lines: int) -> list[Item]:
    taken = {id: number for number, id in o.session.brought.items()} if o.session is not None else {}
    here = sorted((i for i in o.room.issues if i.id in taken), key=lambda i: taken[i.id])
    wait = [i for i in waiting_issues(o.room) if i.id not in taken]
    past = [i for i in o.room.issues if i.session and i.id not in taken][::-1]
    return [
        *_group("THIS SESSION", [_issue(o, i, lines, f"issue {taken[i.id]}") for i in here]),
        *_group("WAITING", [_issue(o, i, lines) for i in wait], str(len(wait))),
        *_group("TAKEN", [_issue(o, i, lines, f"session {i.session}") for i in past]),
    ]


def _issue(o: Outlook, issue: Issue, lines: int, where: str = "") -> Item:
    def told() -> Told:
        label = LABEL_WORDS[issue.label] if issue.label is not Label.ROOM else ""
        second = _said((where, f"brought {_day(o, issue.at)}", label))
        text = opened.issue_text(o.peer.sealer, issue)
        return Told(o.name(issue.seat), issue.seat == o.seat, text, where if lines == 1 else "", second)

    return _item(issue.id, lines, told)


def issue_details(o: Outlook, issue: Issue) -> list[str]:
    """An issue in full."""
    number = next((n for n, id in o.session.brought.items() if id == issue.id), 0) if o.session is not None else 0
    where = (
        f"issue {number} of this session" if number else f"taken in session {issue.session}" if issue.session else ""
    )
    return [
        opened.issue_text(o.peer.sealer, issue),
        "",
        _said((_whose(o, issue.seat), f"brought {_day(o, issue.at)}", where or "waits", LABEL_WORDS[issue.label])),
    ]


# -- questions ---------------------------------------------------------------------------------------------------


def holder_of(session: Session, number: int) -> int:
    """Who holds the issue of this number; 0 for nobody."""
    return session.holders.get(number, session.phase.holder if number == 0 else 0)


def may_read(o: Outlook, session: Session, number: int) -> bool:
    """Whether the questions on this issue are for me to read: kept ones are their holder's alone."""
    return number not in session.questions_kept or (o.seat != 0 and holder_of(session, number) == o.seat)


def questions_on(session: Session, number: int) -> list[Question]:
    """The questions on the issue of this number, as they were put."""
    return [q for q in session.questions if q.issue == number]


def question_text(o: Outlook, session: Session, question: Question) -> str:
    """A question's words, or that they are kept."""
    return opened.question_words(o.peer.sealer, question) if may_read(o, session, question.issue) else KEPT


def issue_title(o: Outlook, session: Session, number: int) -> str:
    """What the questions of a number are about: `issue 1, Chris’s`."""
    holder = holder_of(session, number)
    named = f"issue {number}" if number else "no issue in particular"
    return f"{named}, {_whose(o, holder)}" if holder else named


def _questions(o: Outlook, lines: int) -> list[Item]:
    session = o.room.session
    if session is None:
        return []
    found: list[Item] = []
    for number in sorted({q.issue for q in session.questions}, key=lambda n: (n == 0, n)):
        kept = number in session.questions_kept
        mine = holder_of(session, number) == o.seat
        note = ("kept by you alone" if mine else "kept by the issue-holder") if kept else ""
        asked = [_question(o, session, q) for q in questions_on(session, number)]
        found += _group(issue_title(o, session, number).upper(), asked, note)
    return found


def _question(o: Outlook, session: Session, question: Question) -> Item:
    def told() -> Told:
        text = question_text(o, session, question)
        return Told(o.name(question.seat), question.seat == o.seat, text, phrases.time_of_day(question.at))

    return _item(question.turn, 1, told)


def question_details(o: Outlook, session: Session, question: Question) -> list[str]:
    """A question in full."""
    about = f"On {issue_title(o, session, question.issue)}"
    who = f"{'asked by you' if question.seat == o.seat else f'{o.name(question.seat)} asked'}"
    return [question_text(o, session, question), "", _said((who, phrases.time_of_day(question.at))), about]


# -- the exchange ------------------------------------------------------------------------------------------------


def _posts(o: Outlook, shown: Filter, lines: int) -> list[Item]:
    found: list[Item] = []
    for kind, (_, several) in POST_WORDS.items():
        if shown.what not in ("all", kind):
            continue
        there = [p for p in o.room.posts if p.kind is kind and not p.reply_to]
        if kind is PostKind.ASK:
            unmet = [p for p in there if not p.met_by and not p.taken_back]
            others = [p for p in there if p.met_by or p.taken_back][::-1]
            note = _said((f"{len(unmet)} open", _met(sum(p.met_by > 0 for p in others))))
            ordered = [*unmet, *others]
        else:
            ordered, note = there[::-1], str(len(there))
        drawn = [item for p in ordered for item in (_post(o, p, lines), *_replies(o, p, lines))]
        found += _group(several.upper(), drawn, note)
    return found


def _met(count: int) -> str:
    return f"{count} met" if count else ""


def _replies(o: Outlook, post: Post, lines: int) -> list[Item]:
    return [_post(o, reply, 1, indent=2) for reply in replies(o.room, post.id)]


def _post(o: Outlook, post: Post, lines: int, *, indent: int = 0) -> Item:
    def told() -> Told:
        answers = len(replies(o.room, post.id))
        label = LABEL_WORDS[post.label] if post.label is not Label.ROOM else ""
        met = met_words(o, post)
        link = opened.post_link(o.peer.sealer, post)
        second = _said((met, link, _count(answers, "reply").replace("replys", "replies"), _day(o, post.at), label))
        right = "" if lines > 1 else met
        text = opened.post_text(o.peer.sealer, post)
        return Told(o.name(post.seat), post.seat == o.seat, text, right, second, indent)

    return _item(post.id, lines, told)


def met_words(o: Outlook, post: Post) -> str:
    """How an ask stands; empty for anything else."""
    if post.kind is not PostKind.ASK or post.reply_to or post.taken_back:
        return ""
    if not post.met_by:
        return "open"
    return f"met by {_me(o, post.met_by)}{', who made people known to each other' if post.introduced else ''}"


def _me(o: Outlook, seat: int) -> str:
    return "you" if seat == o.seat else o.name(seat)


def post_details(o: Outlook, post: Post) -> list[str]:
    """A post in full, with its replies."""
    sealer = o.peer.sealer
    link = opened.post_link(sealer, post)
    found = [opened.post_text(sealer, post), *([link] if link else []), ""]
    kind = "a reply" if post.reply_to else POST_WORDS[post.kind][0]
    found.append(
        _said((f"{kind}, {_whose(o, post.seat)}", _day(o, post.at), met_words(o, post), LABEL_WORDS[post.label]))
    )
    for reply in replies(o.room, post.id):
        words, its_link = opened.post_text(sealer, reply), opened.post_link(sealer, reply)
        found += ["", f"{o.name(reply.seat)}, {_day(o, reply.at)}:", words, *([its_link] if its_link else [])]
    return found


# -- the series --------------------------------------------------------------------------------------------------


def in_order(o: Outlook) -> list[Planned]:
    """All planned sessions: those held by their number, then those to come."""
    held = sorted((p for p in o.room.series if p.number), key=lambda p: p.number)
    return [*held, *to_come(o.room)]


def _series(o: Outlook, lines: int) -> list[Item]:
    found: list[Item] = []
    poll = o.room.poll
    if poll is not None:
        dates = [_date(o, poll, at) for at in poll.dates]
        silent = [seat for seat in asked_about(o) if seat not in poll.fits]
        note = f"not answered yet: {_names(o, silent)}" if silent else "all answered"
        found += _group("WHICH DATE SUITS?", dates, note)
    sessions = in_order(o)
    number = 0
    planned: list[Item] = []
    for each in sessions:
        number = each.number or number + 1
        planned.append(_planned(o, each, number, lines))
    return found + (_group("SESSIONS", planned) if found else planned)


def asked_about(o: Outlook) -> list[int]:
    """The seats that a question about dates is put to: everybody with a device."""
    return [m.seat for m in o.room.members.values() if not m.removed and not m.is_guest]


def _date(o: Outlook, poll: DatePoll, at: int) -> Item:
    def told() -> Told:
        return Told("", False, f"{phrases.moment(at)} · {_suits(o, poll, at)}")

    return _item(("date", at), 1, told)


def _suits(o: Outlook, poll: DatePoll, at: int) -> str:
    fits = [_me(o, seat) for seat, dates in sorted(poll.fits.items()) if at in dates]
    not_ = [_me(o, seat) for seat, dates in sorted(poll.fits.items()) if at not in dates]
    suits = f"suits {phrases.listed(fits)}" if fits else "suits nobody yet"
    return _said((suits, f"not {phrases.listed(not_)}" if not_ else ""))


def poll_details(o: Outlook, poll: DatePoll) -> list[str]:
    """What is asked about dates, and who has answered how."""
    found = ["Which date suits?", ""]
    for at in poll.dates:
        found.append(f"{phrases.moment(at)}: {_suits(o, poll, at)}")
    silent = [_me(o, seat) for seat in asked_about(o) if seat not in poll.fits]
    return [*found, "", f"Not answered yet: {phrases.listed(silent)}." if silent else "Everybody has answered."]


def _when(planned: Planned) -> str:
    return phrases.moment(planned.at) if planned.at else "date open"


def _planned(o: Outlook, planned: Planned, number: int, lines: int) -> Item:
    def told() -> Told:
        mark = f"{number:>2} {'✓' if planned.number else ' '}"
        topic = opened.topic(o.peer.sealer, planned)
        who = _said(
            (
                f"issue: {_names(o, planned.holders)}" if planned.holders else "",
                "feedback alone" if planned.feedback else "",
                f"host: {_me(o, planned.host)}" if planned.host else "",
            )
        )
        away = f"away: {_names(o, planned.away)}" if planned.away else ""
        mine = o.seat in (*planned.holders, planned.host)
        if lines == 1:
            return Told(mark, mine, _said((_when(planned), who, topic, away)))
        return Told(mark, mine, _said((_when(planned), topic)), "", _said((who, away)))

    return _item(planned.id, lines, told, names=5)


def _names(o: Outlook, seats: Iterable[int]) -> str:
    return phrases.listed([_me(o, seat) for seat in seats])


def planned_details(o: Outlook, planned: Planned) -> list[str]:
    """A planned session in full."""
    sealer = o.peer.sealer
    topic, prework = opened.topic(sealer, planned), opened.prework(sealer, planned)
    held = f"held as session {planned.number}" if planned.number else ""
    lines = [
        _said((_when(planned), f"{planned.minutes} minutes" if planned.minutes else "", held)),
        topic,
        "Feedback of the last issue-holder alone." if planned.feedback else "",
        f"Issue: {_names(o, planned.holders)}" if planned.holders else "",
        f"Host: {_me(o, planned.host)}" if planned.host else "",
        f"Away: {_names(o, planned.away)}" if planned.away else "",
        f"Before it: {prework}" if prework else "",
    ]
    found = [line for line in lines if line]
    poll = o.room.poll
    return [*found, "", *poll_details(o, poll)] if poll is not None and poll.planned == planned.id else found


# -- notes -------------------------------------------------------------------------------------------------------


def _note(o: Outlook, note: PrivateNote, lines: int) -> Item:
    def told() -> Told:
        first, _, rest = note.text.partition("\n")
        when = _day(o, note.changed)
        return Told("", False, first or "(empty)", when if lines == 1 else "", _said((when, _one_line(rest))))

    return _item(note.id, lines, told)


def note_details(o: Outlook, note: PrivateNote) -> list[str]:
    """A note in full."""
    changed = f"changed {_day(o, note.changed)}" if note.changed != note.created else ""
    return [note.text, "", _said((f"written {_day(o, note.created)}", changed, "yours alone"))]


# -- beside the list ---------------------------------------------------------------------------------------------


def details(s: Situation, board: Board, key: Hashable, notes: Sequence[PrivateNote]) -> list[str]:
    """The chosen item in full; nothing if there is none."""
    o = s.outlook
    room = o.room
    nothing: list[str] = []
    match board:
        case Board.ACTIONS:
            return next((action_details(o, a) for a in room.actions if a.id == key), nothing)
        case Board.ISSUES:
            return next((issue_details(o, i) for i in room.issues if i.id == key), nothing)
        case Board.EXCHANGE:
            return next((post_details(o, p) for p in room.posts if p.id == key), nothing)
        case Board.SERIES:
            if room.poll is not None and isinstance(key, tuple):
                return poll_details(o, room.poll)
            return next((planned_details(o, p) for p in room.series if p.id == key), nothing)
        case Board.QUESTIONS:
            last = room.session
            if last is None:
                return nothing
            return next((question_details(o, last, q) for q in last.questions if q.turn == key), nothing)
        case Board.NOTES:
            return next((note_details(o, n) for n in notes if n.id == key), nothing)


def beside(lines: Sequence[str], width: int, most: int) -> list[Row]:
    """Details in a column of `width` cells, at most `most` lines."""
    folded = [part for line in "\n".join(lines).split("\n") for part in (wrapped(line, width, 200) or [""])]
    rows = [Row((Span(line),), (), ("beside", i)) for i, line in enumerate(folded[:most])]
    if len(folded) > most and rows:
        rows[-1] = Row((Span("… enter opens it", Look.DIM),), (), ("beside", most))
    return rows
