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
from evenly_client.screens.boards.items import day_of, how_far_words, today
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.hosting import BoardHost
from evenly_client.screens.situation import Situation
from evenly_client.translation import _, ngettext, pgettext

NEXT_SESSION, ANOTHER_DAY = 0, -1
PROGRESS: Final = "progress"
"""The activity in which actions are reviewed."""

ASKS_WHAT_HAPPENED: Final = (ActionState.DONE, ActionState.DROPPED, ActionState.BLOCKED)


async def add_action(host: BoardHost) -> None:
    """I commit to something."""
    await _commit(host, 0, _("By next session I will …"))


async def add_action_for(host: BoardHost) -> None:
    """Type what somebody else commits to; they confirm it."""
    o = host.situation().outlook
    others = [s for s in o.everybody if s != o.seat and host.situation().refusal(AddAction(ANY_TEXT, s)) is None]
    owner = await flows.seat(
        host, _("Whose action is it?"), others, body=_("They are asked whether it is what they will do.")
    )
    if owner is not None:
        await _commit(host, owner, _("{name} will …").format(name=o.name(owner)))


async def _commit(host: BoardHost, owner: int, title: str) -> None:
    o = host.situation().outlook

    async def make(text: str, id: bytes) -> Command | None:
        sealed = host.peer.seal(FieldKind.ACTION, text, id)
        day = await ask_due(host)
        return None if day is None else AddAction(sealed, owner, day, 0, issue_now(host.situation().outlook))

    on_board, asked = _("It is on the board."), _("{name} is asked to confirm it.").format(name=o.name(owner))
    guest = owner in o.room.members and o.room.members[owner].is_guest
    await typed(
        host,
        title,
        make,
        draft=f"action.{owner}" if owner else "action",
        said=on_board if not owner or guest else asked,
        placeholder=_("what, so that you will know when it is done"),
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
        _("By when?"),
        [Choice(NEXT_SESSION, _("next session"), hint, "1"), Choice(ANOTHER_DAY, _("another day …"), "", "2")],
    )
    return await _another_day(host, here, held) if when == ANOTHER_DAY else when


async def _another_day(host: BoardHost, today: date, held: date | None) -> int | None:
    said, trouble = "", ""
    # Translators: examples of what can be typed here, as Evenly reads days in your language.
    example = _("friday · in two weeks · 3 December · next session")
    while True:
        text = await host.write(_("By when?"), body=trouble, value=said, placeholder=example)
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
        host.say(_("That action is not on the board any more."))
        return
    can = action_choices(host.situation(), action)
    wanted = await pick(host, _("Action"), rows.action_details(o, action), can)
    action = action_with(host.situation().outlook.room, id)
    if wanted and action is not None:
        await _action_deeds(review=review)[wanted](host, action)


def action_choices(s: Situation, a: Action) -> list[tuple[str, str, str]]:
    """What the rules accept about an action now: name, words, key."""
    o = s.outlook
    mine = a.owner == o.seat
    can: list[tuple[str, str, str, Command]] = [
        ("yes", _("yes, this is what I will do"), "y", ConfirmAction(a.id, True)),
        ("no", _("no, take it off the board") if mine else _("take it back"), "n", ConfirmAction(a.id, False)),
    ]
    if a.asks_worth and mine:
        can.append(("worth", _("still worth doing? (only you are asked)"), "w", ReconsiderAction(a.id)))
    states = (
        (ActionState.DONE, _("it is done"), "d"),
        (ActionState.DOING, _("under way"), "o"),
        (ActionState.BLOCKED, rows.STATE_WORDS[ActionState.BLOCKED], "b"),
        (ActionState.DROPPED, _("dropped: it is not needed any more"), "x"),
        (ActionState.COMMITTED, _("back to committed"), "k"),
    )
    can += [(state, words, key, SetActionState(a.id, state)) for state, words, key in states if state is not a.state]
    can += [
        ("edit", _("other words"), "e", EditAction(a.id, ANY_TEXT, a.due, a.buddy)),
        ("due", _("by when"), "u", EditAction(a.id, ANY_TEXT, a.due, a.buddy)),
        ("buddy", _("buddy: who asks how it goes"), "p", EditAction(a.id, ANY_TEXT, a.due, a.buddy)),
        ("note", _("write a note"), "t", NoteAction(a.id, ANY_TEXT)),
        ("label", how_far_words(a.label), "l", LabelItem(a.id, other_label(a.label))),
    ]
    if not mine or o.seat in a.cheers:
        cheers = o.seat in a.cheers
        words = _("cheer no longer") if cheers else pgettext("deed", "cheer")
        can.append(("cheer", words, "c", CheerAction(a.id, not cheers)))
    return [(name, words, key) for name, words, key, command in can if s.refusal(command) is None]


def _action_deeds(*, review: bool) -> dict[str, Callable[[BoardHost, Action], Awaitable[None]]]:
    async def yes(host: BoardHost, a: Action) -> None:
        await does(host, ConfirmAction(a.id, True), _("It is on the board."))

    async def no(host: BoardHost, a: Action) -> None:
        await does(host, ConfirmAction(a.id, False), _("It is off the board."))

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

    question = _("What happened? What did you learn?")
    words = short(opened.action_text(host.peer.sealer, a))
    write = await host.choose(
        question,
        [
            Choice(True, _("write it down"), _("it stands with the action, for all"), "1"),
            Choice(False, _("said already, or nothing to add"), "", "2"),
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
    await _reword(host, a, _("The action, in other words"))


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
    buddy = await flows.seat(host, _("Who will ask how it goes?"), able, nobody=_("nobody"))
    now = action_with(host.situation().outlook.room, a.id)
    if buddy is not None and now is not None:
        await does(host, EditAction(a.id, b"", now.due, buddy))


async def note_action(host: BoardHost, a: Action) -> None:
    """Write a note on an action."""

    async def make(text: str, id: bytes) -> Command | None:
        return NoteAction(a.id, host.peer.seal(FieldKind.NOTE, text, id))

    text = short(opened.action_text(host.peer.sealer, a))
    await typed(host, _("A note on this action"), make, draft=f"note.{a.id.hex()}", body=text)


def _line_of(host: BoardHost) -> Callable[[Action], tuple[str, str]]:
    o = host.situation().outlook
    return lambda a: (f"{o.name(a.owner)}: {short(opened.action_text(o.peer.sealer, a))}", rows.STATE_WORDS[a.state])


async def review_actions(host: BoardHost) -> None:
    """Owner by owner, the last issue-holder first: how it stands, what happened, what was learnt."""
    while True:
        s = host.situation()
        found = [a for a in in_review(s.outlook.room) if s.refusal(SetActionState(a.id, a.state)) is None]
        if not found:
            host.say(_("No open actions from earlier sessions are yours to review."))
            return
        line = _line_of(host)
        action = await host.choose(_("Which action?"), [Choice(a, *line(a)) for a in found], body=_("Not yet is fine."))
        if action is None:
            return
        await open_action(host, action.id, review=True)


def to_confirm(s: Situation) -> list[Action]:
    """What was typed for me, and waits for my yes."""
    return [a for a in s.outlook.room.actions if a.state is ActionState.PROPOSED and a.owner == s.outlook.seat]


async def confirm_action(host: BoardHost) -> None:
    """What somebody typed for me: is that what I will do?"""
    found = to_confirm(host.situation())
    action = await one_of(host, _("Which one?"), found, _line_of(host), _("Nothing waits for you to confirm."))
    if action is not None:
        await open_action(host, action.id)


def to_reconsider(s: Situation) -> list[Action]:
    """My actions of which I am asked whether they are still worth doing."""
    return [a for a in s.outlook.room.actions if a.asks_worth and a.owner == s.outlook.seat]


async def still_worth(host: BoardHost) -> None:
    """Still worth doing? Asked of the owner alone."""
    found = to_reconsider(host.situation())
    action = await one_of(host, _("Which one?"), found, _line_of(host), _("Nothing of yours asks that now."))
    if action is not None:
        await worth(host, action)


async def worth(host: BoardHost, a: Action) -> None:
    """Drop it, make it smaller, ask for help, or keep it."""
    text = opened.action_text(host.peer.sealer, a)
    help = _("Help wanted: {action}").format(action=text)
    often = ngettext(
        "It was carried over {n} time. Only you are asked.",
        "It was carried over {n} times. Only you are asked.",
        a.carried,
    ).format(n=a.carried)
    wanted = await host.choose(
        _("Still worth doing?"),
        [
            Choice("keep", _("yes, as it is"), "", "1"),
            Choice("shrink", _("yes, but smaller"), _("other words for it"), "2"),
            Choice("help", _("ask the group for help"), _("an ask on the exchange"), "3"),
            Choice("drop", _("let it go"), _("that is a fine answer"), "4"),
        ],
        body=f"{text}\n\n{often}",
    )
    if wanted == "drop":
        await does(host, SetActionState(a.id, ActionState.DROPPED), _("Let go."))
    elif wanted == "keep" or (wanted == "shrink" and await _reword(host, a, _("The action, made smaller"))):
        await does(host, ReconsiderAction(a.id))
    elif wanted == "help" and await write_post(host, PostKind.ASK, f"help.{a.id.hex()}", value=help):
        await does(host, ReconsiderAction(a.id), _("Your ask is on the exchange."))
