"""What can be done with actions: typed for oneself or another, confirmed, reviewed, kept or let go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final

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
from evenly_protocol.facts import Command
from evenly_protocol.labels import LabelItem
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import next_planned
from evenly_protocol.words import ActionState, PostKind

from evenly_client import due, opened
from evenly_client.outlook import Outlook
from evenly_client.screens import flows
from evenly_client.screens.boards import actions as rows
from evenly_client.screens.boards.asking import ANY_TEXT, does, how_far, one_of, other_label, pick, short, typed
from evenly_client.screens.boards.exchange import write_post
from evenly_client.screens.boards.items import LABEL_WORDS, day_of, today
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.hosting import BoardHost
from evenly_client.screens.situation import Situation

NEXT_SESSION, ANOTHER_DAY = 0, -1
PROGRESS: Final = "progress"
"""The activity in which actions are reviewed."""

ASKS_WHAT_HAPPENED: Final = (ActionState.DONE, ActionState.DROPPED, ActionState.BLOCKED)


async def add_action(host: BoardHost) -> None:
    """I commit to something."""
    await _commit(host, 0, "By next session I will …")


async def add_action_for(host: BoardHost) -> None:
    """Type what somebody else commits to; they confirm it."""
    o = host.situation().outlook
    others = [s for s in o.everybody if s != o.seat and host.situation().refusal(AddAction(ANY_TEXT, s)) is None]
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

    guest = owner in o.room.members and o.room.members[owner].is_guest
    await typed(
        host,
        title,
        make,
        draft=f"action.{owner}" if owner else "action",
        said="It is on the board." if not owner or guest else f"{o.name(owner)} is asked to confirm it.",
        placeholder="what, so that you will know when it is done",
        line=True,
    )


def issue_now(o: Outlook) -> bytes:
    """The issue that is being talked about; empty for none."""
    session = o.session
    return b"" if session is None else session.brought.get(session.phase.issue, b"")


async def ask_due(host: BoardHost) -> int | None:
    """By when, as people say it: the day as on the wire (0: next session), or None."""
    o = host.situation().outlook
    here = today(o)
    planned = next_planned(o.room)
    held = day_of(planned.at) if planned is not None and planned.at else None
    hint = due.say_due(held, here) if held is not None else ""
    when = await host.choose(
        "By when?",
        [Choice(NEXT_SESSION, "next session", hint, "1"), Choice(ANOTHER_DAY, "another day …", "", "2")],
    )
    return await _another_day(host, here, held) if when == ANOTHER_DAY else when


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
    wanted = await pick(host, "Action", rows.action_details(o, action), can)
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
        ("edit", "other words", "e", EditAction(a.id, ANY_TEXT, a.due, a.buddy)),
        ("due", "by when", "u", EditAction(a.id, ANY_TEXT, a.due, a.buddy)),
        ("buddy", "buddy: who asks how it goes", "p", EditAction(a.id, ANY_TEXT, a.due, a.buddy)),
        ("note", "write a note", "t", NoteAction(a.id, ANY_TEXT)),
        ("label", f"how far it may go: {LABEL_WORDS[a.label]}", "l", LabelItem(a.id, other_label(a.label))),
    ]
    if not mine or o.seat in a.cheers:
        cheers = o.seat in a.cheers
        can.append(("cheer", "cheer no longer" if cheers else "cheer", "c", CheerAction(a.id, not cheers)))
    return [(name, words, key) for name, words, key, command in can if s.refusal(command) is None]


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
        "label": lambda host, a: how_far(host, a.id, a.label),
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
    words = short(opened.action_text(host.peer.sealer, a))
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
        await typed(host, question, make, draft=f"learnt.{a.id.hex()}", body=words)
    else:
        await does(host, SetActionState(a.id, state))


async def edit_action(host: BoardHost, a: Action) -> None:
    """Put an action in other words."""
    await _reword(host, a, "The action, in other words")


async def _reword(host: BoardHost, a: Action, title: str) -> bool:
    async def make(text: str, id: bytes) -> Command | None:
        now = action_with(host.situation().outlook.room, a.id) or a
        return EditAction(a.id, host.peer.seal(FieldKind.ACTION, text, a.id), now.due, now.buddy)

    text = opened.action_text(host.peer.sealer, a)
    return await typed(host, title, make, draft=f"reworded.{a.id.hex()}", value=text, line=True)


async def change_due(host: BoardHost, a: Action) -> None:
    """Another day."""
    day = await ask_due(host)
    now = action_with(host.situation().outlook.room, a.id)
    if day is not None and now is not None:
        await does(host, EditAction(a.id, b"", day, now.buddy))


async def change_buddy(host: BoardHost, a: Action) -> None:
    """Who asks how it goes."""
    s = host.situation()
    able = [n for n in s.outlook.everybody if s.refusal(EditAction(a.id, ANY_TEXT, a.due, n)) is None]
    buddy = await flows.seat(host, "Who will ask how it goes?", able, nobody="nobody")
    now = action_with(host.situation().outlook.room, a.id)
    if buddy is not None and now is not None:
        await does(host, EditAction(a.id, b"", now.due, buddy))


async def note_action(host: BoardHost, a: Action) -> None:
    """Write a note on an action."""

    async def make(text: str, id: bytes) -> Command | None:
        return NoteAction(a.id, host.peer.seal(FieldKind.NOTE, text, id))

    text = short(opened.action_text(host.peer.sealer, a))
    await typed(host, "A note on this action", make, draft=f"note.{a.id.hex()}", body=text)


def _line_of(host: BoardHost) -> Callable[[Action], tuple[str, str]]:
    o = host.situation().outlook
    return lambda a: (f"{o.name(a.owner)}: {short(opened.action_text(o.peer.sealer, a))}", rows.STATE_WORDS[a.state])


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
    action = await one_of(host, "Which one?", found, _line_of(host), "Nothing waits for you to confirm.")
    if action is not None:
        await open_action(host, action.id)


def to_reconsider(s: Situation) -> list[Action]:
    """My actions of which I am asked whether they are still worth doing."""
    return [a for a in s.outlook.room.actions if a.asks_worth and a.owner == s.outlook.seat]


async def still_worth(host: BoardHost) -> None:
    """Still worth doing? Asked of the owner alone."""
    found = to_reconsider(host.situation())
    action = await one_of(host, "Which one?", found, _line_of(host), "Nothing of yours asks that now.")
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
    elif wanted == "help" and await write_post(host, PostKind.ASK, f"help.{a.id.hex()}", value=f"Help wanted: {text}"):
        await does(host, ReconsiderAction(a.id), "Your ask is on the exchange.")
