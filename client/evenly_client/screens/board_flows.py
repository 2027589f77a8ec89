"""What can be done on the boards, a few questions one after another: actions, issues, questions, exchange, notes.

What was typed is never lost to a refusal: it is said why, and the dialog is there again with it. Where an item may be
named, no item means that one is chosen first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import date
from typing import Final, TypeVar

from evenly_protocol.actions import (
    Action,
    AddAction,
    CheerAction,
    ConfirmAction,
    EditAction,
    NoteAction,
    ReconsiderAction,
    SetActionState,
    action_with,
    in_review,
)
from evenly_protocol.exchange import AddPost, LogCoaching, MeetAsk, Post, TakeBackPost, open_asks, post_with
from evenly_protocol.facts import Command
from evenly_protocol.issues import (
    BringIssue,
    ChooseIssue,
    EditIssue,
    Issue,
    KeepQuestions,
    WithdrawIssue,
    issue_with,
    waiting_issues,
)
from evenly_protocol.labels import LabelItem
from evenly_protocol.refusals import Refusal
from evenly_protocol.sealed import OVERHEAD, SIZES, FieldKind
from evenly_protocol.series import (
    MILLISECONDS_A_DAY,
    AnswerDates,
    ChangePlanned,
    DecideDate,
    Planned,
    PlanSeries,
    ProposeDates,
    SayAway,
    SetTopic,
    SwapHolders,
    draft_of,
    next_planned,
)
from evenly_protocol.words import ActionState, Label, PostKind, Role

from evenly_client import due, opened, phrases
from evenly_client.notes import NoteTooLong
from evenly_client.outlook import Outlook
from evenly_client.peer import Notice, Peer, Settled, State
from evenly_client.screens import board_rows as rows
from evenly_client.screens import flows
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.hosting import BoardHost
from evenly_client.screens.keys import BY_NAME
from evenly_client.screens.looks import padded
from evenly_client.screens.series_flows import SERIES_FLOWS
from evenly_client.screens.situation import Situation
from evenly_client.sealing import TextTooLong

Item = TypeVar("Item")

BoardFlow = Callable[[BoardHost], Awaitable[None]]

ANSWERED_WITHIN_S: Final = 5.0
"""How long a flow waits for the server's answer before it takes the command for kept."""

NEXT_SESSION, ANOTHER_DAY = 0, -1
PROGRESS: Final = "progress"
"""The activity in which actions are reviewed."""

ASKS_WHAT_HAPPENED: Final = (ActionState.DONE, ActionState.DROPPED, ActionState.BLOCKED)
_ANY_TEXT: Final = bytes(SIZES[0] + OVERHEAD)
"""As long as a sealed text may be, to ask the rules before anything is typed."""


# -- asking and sending ------------------------------------------------------------------------------------------


async def sent(host: BoardHost, command: Command, id: bytes = b"") -> Refusal | None:
    """Sends a command that the rules accept. Its refusal by this device's copy of the room, or by the server."""
    refusal = host.situation().refusal(command)
    if refusal is not None:
        return refusal
    peer, id = host.peer, id or Peer.new_id()
    answer: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()

    def noticed(notice: Notice) -> None:
        if isinstance(notice, Settled) and notice.id == id and not answer.done():
            answer.set_result(notice.refusal)

    unwatch = peer.watch(noticed)
    try:
        host.do(command, id)
        if peer.state is not State.LIVE:
            return None
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            return await answer
    except TimeoutError:
        return None
    finally:
        unwatch()


async def does(host: BoardHost, command: Command, said: str = "") -> bool:
    """Sends a command, and says its refusal, or (`said`) that it is done."""
    refusal = await sent(host, command)
    if refusal is not None:
        host.say(_words(refusal))
    elif said:
        host.say(said)
    return refusal is None


def _words(refusal: Refusal) -> str:
    return f"{refusal.sentence} {refusal.next_step}"


async def typed(
    host: BoardHost,
    title: str,
    make: Callable[[str, bytes], Awaitable[Command | None]],
    *,
    body: str = "",
    value: str = "",
    placeholder: str = "",
    line: bool = False,
) -> bool:
    """A text, and the command that `make` makes of it under an id (None: back to the text). Whether it was taken."""
    trouble = ""
    while True:
        about = trouble or body
        if line and "\n" not in value:
            text = await host.write(title, body=about, value=value, placeholder=placeholder)
        else:
            text = await host.write_lines(title, body=about, value=value)
        if text is None:
            return False
        id, value, trouble = Peer.new_id(), text, ""
        try:
            command = await make(text, id)
        except TextTooLong as error:
            trouble = f"{error.title} {error.advice}"
            continue
        if command is None:
            continue
        refusal = await sent(host, command, id)
        if refusal is None:
            return True
        trouble = f"{_words(refusal)} What you typed is still here."


async def _chosen(
    host: BoardHost, title: str, found: Sequence[Item], line: Callable[[Item], tuple[str, str]], empty: str
) -> Item | None:
    """One of several; the only one at once."""
    if not found:
        host.say(empty)
        return None
    if len(found) == 1:
        return found[0]
    return await host.choose(title, [Choice(each, *line(each)) for each in found])


def _short(text: str) -> str:
    return padded(" ".join(text.split()), 46).rstrip()


def _lines(parts: Sequence[str]) -> str:
    return "\n".join(parts).strip("\n")


async def _pick(host: BoardHost, title: str, parts: Sequence[str], can: Sequence[tuple[str, str, str]]) -> str | None:
    """An item in full; `can`: what can be done with it, as name, words and key."""
    choices = [Choice(name, words, "", key) for name, words, key in can]
    return await host.choose(title, choices or [Choice("", "close", "", "")], body=_lines(parts))


# -- actions -----------------------------------------------------------------------------------------------------


async def add_action(host: BoardHost) -> None:
    """I commit to something."""
    await _commit(host, 0, "By next session I will …")


async def add_action_for(host: BoardHost) -> None:
    """Type what somebody else commits to; they confirm it."""
    o = host.situation().outlook
    others = [s for s in o.everybody if s != o.seat and host.situation().refusal(AddAction(_ANY_TEXT, s)) is None]
    owner = await flows.seat(
        host, "Whose action is it?", others, body="They are asked whether it is what they will do."
    )
    if owner is not None:
        await _commit(host, owner, f"{o.name(owner)} will …")


async def _commit(host: BoardHost, owner: int, title: str) -> None:
    o = host.situation().outlook

    async def make(text: str, id: bytes) -> Command | None:
        sealed = host.peer.seal(FieldKind.ACTION, text, id)
        day = await ask_due(host)
        return None if day is None else AddAction(sealed, owner, day, 0, issue_now(host.situation().outlook))

    if await typed(host, title, make, line=True, placeholder="what, so that you will know when it is done"):
        guest = owner in o.room.members and o.room.members[owner].is_guest
        host.say("It is on the board." if not owner or guest else f"{o.name(owner)} is asked to confirm it.")


def issue_now(o: Outlook) -> bytes:
    """The issue that is being talked about; empty for none."""
    session = o.session
    return b"" if session is None else session.brought.get(session.phase.issue, b"")


async def ask_due(host: BoardHost) -> int | None:
    """By when, as people say it: the day as on the wire (0: next session), or None."""
    o = host.situation().outlook
    today = rows.today(o)
    planned = next_planned(o.room)
    held = rows.day_of(planned.at) if planned is not None and planned.at else None
    hint = due.say_due(held, today) if held is not None else ""
    when = await host.choose(
        "By when?",
        [Choice(NEXT_SESSION, "next session", hint, "1"), Choice(ANOTHER_DAY, "another day …", "", "2")],
    )
    return await _another_day(host, today, held) if when == ANOTHER_DAY else when


async def _another_day(host: BoardHost, today: date, held: date | None) -> int | None:
    said, trouble = "", ""
    while True:
        text = await host.write(
            "By when?", body=trouble, value=said, placeholder="friday · in two weeks · 3 December · next session"
        )
        if text is None:
            return None
        found = due.parse_due(text, today, next_session=held)
        if isinstance(found, due.Due):
            return found.day
        said, trouble = text, str(found)


async def open_action(host: BoardHost, id: bytes, *, review: bool = False) -> None:
    """An action in full, and everything that can be done with it now."""
    o = host.situation().outlook
    action = action_with(o.room, id)
    if action is None:
        host.say("That action is not on the board any more.")
        return
    can = action_choices(host.situation(), action)
    wanted = await _pick(host, "Action", rows.action_details(o, action), can)
    action = action_with(host.situation().outlook.room, id)
    if wanted and action is not None:
        await _action_deeds(review=review)[wanted](host, action)


def action_choices(s: Situation, a: Action) -> list[tuple[str, str, str]]:
    """What the rules accept about an action now: name, words, key."""
    o = s.outlook
    mine = a.owner == o.seat
    can: list[tuple[str, str, str, Command]] = [
        ("yes", "yes, this is what I will do", "y", ConfirmAction(a.id, True)),
        ("no", "no, take it off the board" if mine else "take it back", "n", ConfirmAction(a.id, False)),
    ]
    if a.asks_worth and mine:
        can.append(("worth", "still worth doing? (only you are asked)", "w", ReconsiderAction(a.id)))
    states = (
        (ActionState.DONE, "it is done", "d"),
        (ActionState.DOING, "under way", "o"),
        (ActionState.BLOCKED, "blocked", "b"),
        (ActionState.DROPPED, "dropped: it is not needed any more", "x"),
        (ActionState.COMMITTED, "back to committed", "k"),
    )
    can += [(state, words, key, SetActionState(a.id, state)) for state, words, key in states if state is not a.state]
    can += [
        ("edit", "other words", "e", EditAction(a.id, _ANY_TEXT, a.due, a.buddy)),
        ("due", "by when", "u", EditAction(a.id, _ANY_TEXT, a.due, a.buddy)),
        ("buddy", "buddy: who asks how it goes", "p", EditAction(a.id, _ANY_TEXT, a.due, a.buddy)),
        ("note", "write a note", "t", NoteAction(a.id, _ANY_TEXT)),
        ("label", f"how far it may go: {rows.LABEL_WORDS[a.label]}", "l", LabelItem(a.id, _other(a.label))),
    ]
    if not mine or o.seat in a.cheers:
        cheers = o.seat in a.cheers
        can.append(("cheer", "cheer no longer" if cheers else "cheer", "c", CheerAction(a.id, not cheers)))
    return [(name, words, key) for name, words, key, command in can if s.refusal(command) is None]


def _other(label: Label) -> Label:
    return Label.ROOM if label is not Label.ROOM else Label.TAKEAWAY


def _action_deeds(*, review: bool) -> dict[str, Callable[[BoardHost, Action], Awaitable[None]]]:
    async def yes(host: BoardHost, a: Action) -> None:
        await does(host, ConfirmAction(a.id, True), "It is on the board.")

    async def no(host: BoardHost, a: Action) -> None:
        await does(host, ConfirmAction(a.id, False), "It is off the board.")

    async def cheer(host: BoardHost, a: Action) -> None:
        await does(host, CheerAction(a.id, host.situation().outlook.seat not in a.cheers))

    def state(wanted: ActionState) -> Callable[[BoardHost, Action], Awaitable[None]]:
        return lambda host, a: set_state(host, a, wanted, review=review)

    return {
        "yes": yes,
        "no": no,
        "cheer": cheer,
        "worth": worth,
        "edit": edit_action,
        "due": change_due,
        "buddy": change_buddy,
        "note": note_action,
        "label": lambda host, a: label(host, a.id, a.label),
        **{each: state(each) for each in ActionState},
    }


async def set_state(host: BoardHost, a: Action, state: ActionState, *, review: bool = False) -> None:
    """How an action stands; in a review it is asked first what happened, and what was learnt."""
    session = host.situation().outlook.session
    asks = review or (session is not None and session.phase.activity == PROGRESS)
    if not asks or state not in ASKS_WHAT_HAPPENED:
        await does(host, SetActionState(a.id, state))
        return

    async def make(text: str, id: bytes) -> Command | None:
        return SetActionState(a.id, state, host.peer.seal(FieldKind.NOTE, text, id))

    question = "What happened? What did you learn?"
    words = _short(opened.action_text(host.peer.sealer, a))
    write = await host.choose(
        question,
        [
            Choice(True, "write it down", "it stands with the action, for all", "1"),
            Choice(False, "said already, or nothing to add", "", "2"),
        ],
        body=f"{words}: {rows.STATE_WORDS[state]}.",
    )
    if write is None:
        return
    if write:
        await typed(host, question, make, body=words)
    else:
        await does(host, SetActionState(a.id, state))


async def edit_action(host: BoardHost, a: Action) -> None:
    """Put an action in other words."""
    await _reword(host, a, "The action, in other words")


async def _reword(host: BoardHost, a: Action, title: str) -> bool:
    async def make(text: str, id: bytes) -> Command | None:
        now = action_with(host.situation().outlook.room, a.id) or a
        return EditAction(a.id, host.peer.seal(FieldKind.ACTION, text, a.id), now.due, now.buddy)

    return await typed(host, title, make, value=opened.action_text(host.peer.sealer, a), line=True)


async def change_due(host: BoardHost, a: Action) -> None:
    """Another day."""
    day = await ask_due(host)
    now = action_with(host.situation().outlook.room, a.id)
    if day is not None and now is not None:
        await does(host, EditAction(a.id, b"", day, now.buddy))


async def change_buddy(host: BoardHost, a: Action) -> None:
    """Who asks how it goes."""
    s = host.situation()
    able = [n for n in s.outlook.everybody if s.refusal(EditAction(a.id, _ANY_TEXT, a.due, n)) is None]
    buddy = await flows.seat(host, "Who will ask how it goes?", able, nobody="nobody")
    now = action_with(host.situation().outlook.room, a.id)
    if buddy is not None and now is not None:
        await does(host, EditAction(a.id, b"", now.due, buddy))


async def note_action(host: BoardHost, a: Action) -> None:
    """Write a note on an action."""

    async def make(text: str, id: bytes) -> Command | None:
        return NoteAction(a.id, host.peer.seal(FieldKind.NOTE, text, id))

    await typed(host, "A note on this action", make, body=_short(opened.action_text(host.peer.sealer, a)))


async def label(host: BoardHost, item: bytes, now: Label) -> None:
    """How far an item may go."""
    wanted = await host.choose(
        "How far may it go?",
        [
            Choice(each, words, "now" if each is now else hint, str(number))
            for number, (each, words, hint) in enumerate(
                (
                    (Label.ROOM, "it stays here", "it stands in nobody's report"),
                    (Label.TAKEAWAY, "members may take it home", "in their own reports"),
                    (Label.SHAREABLE, "it may be shared", "with anybody"),
                ),
                1,
            )
        ],
    )
    if wanted is not None:
        await does(host, LabelItem(item, wanted))


def _line_of(host: BoardHost) -> Callable[[Action], tuple[str, str]]:
    o = host.situation().outlook
    return lambda a: (f"{o.name(a.owner)}: {_short(opened.action_text(o.peer.sealer, a))}", rows.STATE_WORDS[a.state])


async def review_actions(host: BoardHost) -> None:
    """Owner by owner, the last issue-holder first: how it stands, what happened, what was learnt."""
    while True:
        s = host.situation()
        found = [a for a in in_review(s.outlook.room) if s.refusal(SetActionState(a.id, a.state)) is None]
        if not found:
            host.say("No open actions from earlier sessions are yours to review.")
            return
        line = _line_of(host)
        action = await host.choose("Which action?", [Choice(a, *line(a)) for a in found], body="Not yet is fine.")
        if action is None:
            return
        await open_action(host, action.id, review=True)


def to_confirm(s: Situation) -> list[Action]:
    """What was typed for me, and waits for my yes."""
    return [a for a in s.outlook.room.actions if a.state is ActionState.PROPOSED and a.owner == s.outlook.seat]


async def confirm_action(host: BoardHost) -> None:
    """What somebody typed for me: is that what I will do?"""
    found = to_confirm(host.situation())
    action = await _chosen(host, "Which one?", found, _line_of(host), "Nothing waits for you to confirm.")
    if action is not None:
        await open_action(host, action.id)


def to_reconsider(s: Situation) -> list[Action]:
    """My actions of which I am asked whether they are still worth doing."""
    return [a for a in s.outlook.room.actions if a.asks_worth and a.owner == s.outlook.seat]


async def still_worth(host: BoardHost) -> None:
    """Still worth doing? Asked of the owner alone."""
    found = to_reconsider(host.situation())
    action = await _chosen(host, "Which one?", found, _line_of(host), "Nothing of yours asks that now.")
    if action is not None:
        await worth(host, action)


async def worth(host: BoardHost, a: Action) -> None:
    """Drop it, make it smaller, ask for help, or keep it."""
    text = opened.action_text(host.peer.sealer, a)
    wanted = await host.choose(
        "Still worth doing?",
        [
            Choice("keep", "yes, as it is", "", "1"),
            Choice("shrink", "yes, but smaller", "other words for it", "2"),
            Choice("help", "ask the group for help", "an ask on the exchange", "3"),
            Choice("drop", "let it go", "that is a fine answer", "4"),
        ],
        body=f"{text}\n\nIt was carried over {a.carried} times. Only you are asked.",
    )
    if wanted == "drop":
        await does(host, SetActionState(a.id, ActionState.DROPPED), "Let go.")
    elif wanted == "keep" or (wanted == "shrink" and await _reword(host, a, "The action, made smaller")):
        await does(host, ReconsiderAction(a.id))
    elif wanted == "help" and await _post(host, PostKind.ASK, value=f"Help wanted: {text}"):
        await does(host, ReconsiderAction(a.id), "Your ask is on the exchange.")


# -- issues ------------------------------------------------------------------------------------------------------


async def _for_whom(host: BoardHost, title: str) -> int | None:
    """0 for me; those who lead may name a guest seat, if there is one."""
    o = host.situation().outlook
    guests = [s for s in o.everybody if o.room.members[s].is_guest]
    if not o.leads or not guests:
        return 0
    mine = o.me is not None and o.me.role is not Role.OBSERVER
    who = await flows.seat(host, title, [*([o.seat] if mine else []), *guests])
    return 0 if who == o.seat else who


async def bring_issue(host: BoardHost) -> None:
    """Bring an issue."""
    seat = await _for_whom(host, "Whose issue is it?")
    if seat is None:
        return

    async def make(text: str, id: bytes) -> Command | None:
        return BringIssue(host.peer.seal(FieldKind.ISSUE, text, id), seat)

    body = "A challenge that is yours and open: what it is, why it matters, what you would like help with."
    if await typed(host, "Your issue" if not seat else "Their issue", make, body=body):
        host.say("Your issue is on the board." if not seat else "The issue is on the board.")


async def open_issue(host: BoardHost, id: bytes) -> None:
    """An issue in full, and everything that can be done with it now."""
    s = host.situation()
    issue = issue_with(s.outlook.room, id)
    if issue is None:
        host.say("That issue is not on the board any more.")
        return
    can: list[tuple[str, str, str, Command]] = [
        ("choose", "take it in this session", "c", ChooseIssue(id)),
        ("edit", "other words", "e", EditIssue(id, _ANY_TEXT)),
        ("withdraw", "take it back", "x", WithdrawIssue(id)),
        ("label", f"how far it may go: {rows.LABEL_WORDS[issue.label]}", "l", LabelItem(id, _other(issue.label))),
    ]
    offered = [(name, words, key) for name, words, key, command in can if s.refusal(command) is None]
    match await _pick(host, "Issue", rows.issue_details(s.outlook, issue), offered):
        case "choose":
            await _take(host, issue)
        case "edit":
            await _edit_issue(host, issue)
        case "withdraw":
            await _withdraw(host, issue)
        case "label":
            await label(host, id, issue.label)
        case _:
            pass


async def _edit_issue(host: BoardHost, issue: Issue) -> None:
    async def make(text: str, id: bytes) -> Command | None:
        return EditIssue(issue.id, host.peer.seal(FieldKind.ISSUE, text, issue.id))

    await typed(host, "The issue, in other words", make, value=opened.issue_text(host.peer.sealer, issue))


async def _withdraw(host: BoardHost, issue: Issue) -> None:
    sure = await host.choose(
        "Take the issue back?",
        [Choice(True, "take it back", "it is gone from the board", "y"), Choice(False, "no", "", "n")],
        body=_short(opened.issue_text(host.peer.sealer, issue)),
    )
    if sure:
        await does(host, WithdrawIssue(issue.id))


async def choose_issue(host: BoardHost) -> None:
    """Which issue is taken in this session."""
    o = host.situation().outlook
    if o.session is None:
        host.say("No session is running.")
        return
    found = waiting_issues(o.room)
    if not found:
        host.say("No issue waits. b, 2 and a bring one.")
        return
    issue = await host.choose(
        "Which issue?",
        [Choice(i, f"{o.name(i.seat)}: {_short(opened.issue_text(o.peer.sealer, i))}") for i in found],
        body="Whoever brought it holds it: they go together.",
    )
    if issue is not None:
        await _take(host, issue)


async def _take(host: BoardHost, issue: Issue) -> None:
    o = host.situation().outlook
    if o.session is None:
        return
    session = o.session
    numbers = sorted({p.issue for p in session.phases if p.issue} | {n for n in session.holders if n}) or [1]
    number: int | None = numbers[0]
    if len(numbers) > 1:
        holder = {n: session.holders.get(n, 0) for n in numbers}
        number = await host.choose(
            "As which issue of this session?",
            [Choice(n, f"issue {n}", f"now {o.name(holder[n])}" if holder[n] else "", str(n)) for n in numbers],
        )
    if number is not None:
        await does(host, ChooseIssue(issue.id, number), f"Issue {number}: {o.name(issue.seat)}.")


# -- questions ---------------------------------------------------------------------------------------------------


def held_numbers(s: Situation) -> list[int]:
    """The numbers of the issues of the running or last session whose questions are mine to keep or share."""
    session = s.outlook.room.session
    if session is None:
        return []
    numbers = sorted({q.issue for q in session.questions} | set(session.holders))
    return [n for n in numbers if rows.holder_of(session, n) == s.outlook.seat != 0]


async def keep_questions(host: BoardHost) -> None:
    """The questions about my issue: for me alone, or for all."""
    s = host.situation()
    session = s.outlook.room.session
    numbers = held_numbers(s)
    if session is None or not numbers:
        host.say("Only the issue-holder can keep the questions that were asked.")
        return
    number: int | None = numbers[0]
    if len(numbers) > 1:
        number = await host.choose("On which issue?", [Choice(n, f"issue {n}", "", str(n)) for n in numbers])
    if number is None:
        return
    kept = number in session.questions_kept
    said = "Everybody can read them again." if kept else "They are yours alone now: the others' screens hide them."
    await does(host, KeepQuestions(number, not kept), said)


async def save_questions(host: BoardHost) -> None:
    """The questions I may read, into my private notes."""
    o = host.situation().outlook
    session = o.room.session
    if session is None:
        host.say("There has been no session yet.")
        return
    parts: list[str] = []
    for number in sorted({q.issue for q in session.questions}, key=lambda n: (n == 0, n)):
        if rows.may_read(o, session, number):
            parts += ["", f"On {rows.issue_title(o, session, number)}:"]
            parts += [
                f"- {o.name(q.seat)}: {rows.question_text(o, session, q)}" for q in rows.questions_on(session, number)
            ]
    if not parts:
        host.say("There are no questions for you to read.")
        return
    day = phrases.moment(session.started_at)
    try:
        host.notes.keep("\n".join([f"Questions of session {session.number}, {day}", *parts]), host.peer.now())
    except NoteTooLong as error:
        host.say(f"{error.title} {error.advice}")
        return
    host.say("They are in your notes, on this machine alone.")


async def open_question(host: BoardHost, turn: bytes) -> None:
    """A question in full; its issue-holder keeps them all, or shares them again; mine to take into my notes."""
    s = host.situation()
    session = s.outlook.room.session
    question = next((q for q in session.questions if q.turn == turn), None) if session is not None else None
    if session is None or question is None:
        host.say("That question is not on the list any more.")
        return
    can: list[tuple[str, str, str]] = []
    keep = KeepQuestions(question.issue, question.issue not in session.questions_kept)
    if s.refusal(keep) is None:
        can.append(("keep", "keep all of them to me" if keep.keep else "let everybody read them again", "k"))
    if rows.may_read(s.outlook, session, question.issue):
        can.append(("save", "all of them into my notes", "s"))
    match await _pick(host, "Question", rows.question_details(s.outlook, session, question), can):
        case "keep":
            await does(host, keep)
        case "save":
            await save_questions(host)
        case _:
            pass


# -- the exchange ------------------------------------------------------------------------------------------------

TITLES: Final = {
    PostKind.ASK: ("I am looking for …", "What you need, and by when: an introduction, advice, a pair of eyes."),
    PostKind.OFFER: ("I can offer …", "What you would gladly give: time, a contact, something you know."),
    PostKind.RESOURCE: ("Worth reading, watching, using …", "What it is, and what it is good for. A link comes next."),
    PostKind.INSIGHT: ("What I have understood …", "Something you see differently now."),
    PostKind.WIN: ("What has gone well …", "Small ones count."),
}


def _adds(kind: PostKind) -> BoardFlow:
    async def add(host: BoardHost) -> None:
        if await _post(host, kind):
            host.say("It is on the exchange.")

    return add


async def add_post(host: BoardHost) -> None:
    """Something for the exchange: which kind?"""
    kind = await host.choose(
        "What would you like to add?",
        [Choice(kind, one, "", str(number)) for number, (kind, (one, _)) in enumerate(rows.POST_WORDS.items(), 1)],
    )
    if kind is not None:
        await _adds(kind)(host)


async def _post(host: BoardHost, kind: PostKind, *, value: str = "", reply_to: Post | None = None) -> bool:
    title, body = TITLES[kind]
    answered = b""
    if reply_to is not None:
        answered = reply_to.id
        title, body = "Your reply", _short(opened.post_text(host.peer.sealer, reply_to))
    link = ""

    async def make(text: str, id: bytes) -> Command | None:
        nonlocal link
        sealed = host.peer.seal(FieldKind.POST, text, id)
        if kind is PostKind.RESOURCE and reply_to is None:
            asked = await _ask_link(host, link, id)
            if asked is None:
                return None
            link = asked
        return AddPost(kind, sealed, host.peer.seal(FieldKind.LINK, link, id), answered)

    return await typed(host, title, make, body=body, value=value)


async def _ask_link(host: BoardHost, link: str, id: bytes) -> str | None:
    """A link, empty for none; None: closed."""
    wanted = await host.choose(
        "A link to it?", [Choice(True, "yes, type or paste it", "", "1"), Choice(False, "no link", "", "2")]
    )
    if not wanted:
        return None if wanted is None else ""
    trouble = ""
    while True:
        text = await host.write("The link", body=trouble, value=link, placeholder="https://…")
        if text is None:
            return None
        try:
            host.peer.seal(FieldKind.LINK, text, id)
        except TextTooLong as error:
            link, trouble = text, f"{error.title} {error.advice}"
            continue
        return text


async def open_post(host: BoardHost, id: bytes) -> None:
    """A post in full with its replies, and everything that can be done with it now."""
    s = host.situation()
    post = post_with(s.outlook.room, id)
    if post is None:
        host.say("That is not on the exchange any more.")
        return
    reply = AddPost(_reply_kind(post), _ANY_TEXT, b"", id)
    can: list[tuple[str, str, str, Command]] = [("reply", "reply", "r", reply)]
    if post.met_by:
        can.append(("open", "it is open again", "o", MeetAsk(id, 0)))
    else:
        met = next((MeetAsk(id, n) for n in _meeters(s, post)), MeetAsk(id, post.seat))
        can.append(("met", "it is met", "m", met))
    if not post.taken_back:
        words = f"how far it may go: {rows.LABEL_WORDS[post.label]}"
        can.append(("label", words, "l", LabelItem(id, _other(post.label))))
        can.append(("back", "take it back", "x", TakeBackPost(id)))
    offered = [(name, words, key) for name, words, key, command in can if s.refusal(command) is None]
    title = "A reply" if post.reply_to else rows.POST_WORDS[post.kind][0].capitalize()
    match await _pick(host, title, rows.post_details(s.outlook, post), offered):
        case "reply":
            await _post(host, _reply_kind(post), reply_to=post)
        case "met":
            await _meet(host, post)
        case "open":
            await does(host, MeetAsk(id, 0))
        case "label":
            await label(host, id, post.label)
        case "back":
            await _take_back(host, post)
        case _:
            pass


def _reply_kind(post: Post) -> PostKind:
    """What answers an ask is an offer."""
    return PostKind.OFFER if post.kind is PostKind.ASK else post.kind


def _meeters(s: Situation, post: Post) -> list[int]:
    return [n for n in s.outlook.everybody if s.refusal(MeetAsk(post.id, n)) is None and n != post.seat]


def to_meet(s: Situation) -> list[Post]:
    """The open asks of which I may say that they are met."""
    return [p for p in open_asks(s.outlook.room) if _meeters(s, p)]


async def ask_met(host: BoardHost) -> None:
    """An ask is met."""
    o = host.situation().outlook
    post = await _chosen(
        host,
        "Which ask is met?",
        to_meet(host.situation()),
        lambda p: (f"{o.name(p.seat)}: {_short(opened.post_text(o.peer.sealer, p))}", ""),
        "No ask is open.",
    )
    if post is not None:
        await _meet(host, post)


async def _meet(host: BoardHost, post: Post) -> None:
    body = _short(opened.post_text(host.peer.sealer, post))
    by = await flows.seat(host, "Who met it?", _meeters(host.situation(), post), body=body)
    if by is None:
        return
    introduced = await host.choose(
        "Did it make people known to each other?",
        [Choice(False, "no", "", "n"), Choice(True, "yes", "counted as an introduction, without names", "y")],
    )
    if introduced is not None:
        await does(host, MeetAsk(post.id, by, introduced), "Met.")


async def _take_back(host: BoardHost, post: Post) -> None:
    sure = await host.choose(
        "Take it back?",
        [Choice(True, "take it back", "", "y"), Choice(False, "no", "", "n")],
        body=f"{_short(opened.post_text(host.peer.sealer, post))}\n\nIt is replaced for everybody, for good.",
    )
    if sure:
        await does(host, TakeBackPost(post.id))


# -- notes -------------------------------------------------------------------------------------------------------


async def private_note(host: BoardHost) -> None:
    """A note for me alone."""
    await _write_note(host, b"", "")


async def _write_note(host: BoardHost, id: bytes, text: str) -> None:
    value, trouble = host.notes.draft(id) or text, ""
    while True:
        written = await host.write_kept(
            "A note for you alone",
            body=trouble or "It stays on this machine, sealed, and is never sent.",
            value=value,
            keep=lambda half: host.notes.keep_draft("" if half == text else half, host.peer.now(), id),
        )
        if written is None:
            return
        try:
            host.notes.keep(written, host.peer.now(), id)
        except NoteTooLong as error:
            value, trouble = written, f"{error.title} {error.advice}"
            continue
        host.say("Kept, for you alone.")
        return


async def open_note(host: BoardHost, id: bytes) -> None:
    """A note in full; it can be changed or deleted."""
    note = host.notes.note(id)
    if note is None:
        return
    half = " (half-typed)" if host.notes.draft(id) else ""
    can = [("edit", f"change it{half}", "e"), ("delete", "delete it", "x")]
    match await _pick(host, "Note", rows.note_details(host.situation().outlook, note), can):
        case "edit":
            await _write_note(host, id, note.text)
        case "delete":
            sure = await host.choose(
                "Delete the note?",
                [Choice(True, "delete it", "there is no other copy", "y"), Choice(False, "no", "", "n")],
                body=_short(note.text),
            )
            if sure:
                host.notes.delete(id)
                host.say("Deleted.")
        case _:
            pass


# -- the series --------------------------------------------------------------------------------------------------


async def open_planned(host: BoardHost, key: Hashable) -> None:
    """A planned session, or a date that is asked about, in full, and what can be done about it now."""
    s = host.situation()
    found = rows.details(s, rows.Board.SERIES, key, ())
    planned = next((p for p in s.outlook.room.series if p.id == key), None)
    able = [name for name, command in _series_commands(s, planned) if s.refusal(command) is None]
    if found:
        can = [(name, _of_series(name), str(n)) for n, name in enumerate(able, 1)]
        wanted = await _pick(host, "Series", found, can)
        if wanted:
            await SERIES_FLOWS[wanted](host)


def _of_series(name: str) -> str:
    title = BY_NAME[name].title.removeprefix("Series: ")
    return f"{title[:1].lower()}{title[1:]}" if not title.startswith("I ") else title


def _series_commands(s: Situation, planned: Planned | None) -> list[tuple[str, Command]]:
    """The flows of the series that fit a planned session (None: the dates asked about), and what each would send."""
    room = s.outlook.room
    poll = room.poll
    can: list[tuple[str, Command]] = []
    if poll is not None and (planned is None or planned.id == poll.planned):
        can += [("answer_dates", AnswerDates(poll.id, [])), ("decide_date", DecideDate(poll.id, 0))]
    if planned is None or planned.number:
        return can
    can += [
        ("say_away", SayAway(planned.id, s.outlook.seat not in planned.away)),
        ("set_topic", SetTopic(planned.id, b"")),
        ("propose_dates", ProposeDates(planned.id, [s.outlook.now + MILLISECONDS_A_DAY])),
        ("change_planned", ChangePlanned(draft_of(planned))),
    ]
    other = next((p for p in room.series if not p.number and p.id != planned.id), None)
    return [*can, ("swap_holders", SwapHolders(planned.id, other.id))] if other is not None else can


# -- the tables --------------------------------------------------------------------------------------------------

BOARD_FLOWS: dict[str, BoardFlow] = {
    "add_action": add_action,
    "add_action_for": add_action_for,
    "review_actions": review_actions,
    "confirm_action": confirm_action,
    "still_worth": still_worth,
    "bring_issue": bring_issue,
    "choose_issue": choose_issue,
    "keep_questions": keep_questions,
    "save_questions": save_questions,
    "add_ask": _adds(PostKind.ASK),
    "add_offer": _adds(PostKind.OFFER),
    "add_resource": _adds(PostKind.RESOURCE),
    "add_insight": _adds(PostKind.INSIGHT),
    "add_win": _adds(PostKind.WIN),
    "ask_met": ask_met,
    "log_coaching": SERIES_FLOWS["log_coaching"],
    "private_note": private_note,
}
"""By the action's name."""


def _may(command: Command) -> Callable[[Situation], bool]:
    return lambda s: s.refusal(command) is None


_NOW: dict[str, Callable[[Situation], bool]] = {
    "add_action": _may(AddAction(_ANY_TEXT)),
    "add_action_for": lambda s: len(s.outlook.everybody) > 1 and _may(AddAction(_ANY_TEXT))(s),
    "review_actions": lambda s: any(
        s.refusal(SetActionState(a.id, a.state)) is None for a in in_review(s.outlook.room)
    ),
    "confirm_action": lambda s: bool(to_confirm(s)) and not s.view,
    "still_worth": lambda s: bool(to_reconsider(s)) and not s.view,
    "bring_issue": _may(BringIssue(_ANY_TEXT)),
    "choose_issue": lambda s: any(s.refusal(ChooseIssue(i.id)) is None for i in waiting_issues(s.outlook.room)),
    "keep_questions": lambda s: bool(held_numbers(s)) and not s.view,
    "save_questions": lambda s: s.outlook.room.session is not None and bool(s.outlook.room.session.questions),
    "ask_met": lambda s: bool(to_meet(s)),
    "log_coaching": lambda s: any(s.refusal(LogCoaching(n, 1)) is None for n in s.outlook.everybody),
    "private_note": lambda s: not s.view,
    **{f"add_{kind}": _may(AddPost(kind, _ANY_TEXT)) for kind in PostKind},
}


def plans_now(s: Situation) -> bool:
    """Whether I may plan the series."""
    return s.refusal(PlanSeries([])) is None


def does_now(name: str, s: Situation) -> bool:
    """Whether one of `BOARD_FLOWS` does something in this situation."""
    return _NOW[name](s)
