"""Actions: committing to something, saying how it goes, and the review."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from evenly_protocol import series
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
    due_by,
    in_review,
)
from evenly_protocol.exchange import AddPost
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import ActionState, PostKind

from evenly_client import opened, waiting
from evenly_client.due import Due, parse_due
from evenly_client.narration.boards import due_words
from evenly_client.outlook import Outlook
from evenly_client.plain.word import Unclear, Word, due_day, is_number, listed, parts, sealed, seat
from evenly_client.text import one_line

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

LIST = "actions"

_STATES = {
    ActionState.PROPOSED: "to be confirmed by its owner",
    ActionState.DOING: "under way",
    ActionState.BLOCKED: "blocked",
    ActionState.DONE: "done",
    ActionState.DROPPED: "let go",
}
_BUDDY = re.compile(r"\s+buddy\s+(\d+)$", re.IGNORECASE)
_BY = re.compile(r"\s+by\s+(?!.*\sby\s)(.+)$", re.IGNORECASE)


# -- lists -------------------------------------------------------------------------------------------------------


async def _actions(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    which = words[0].lower() if words else ("mine" if _mine(look) else "all")
    live = [a for a in look.room.actions if a.open or a.state is ActionState.PROPOSED]
    if which == "mine":
        _print(lines, _mine(look), "of yours", owners=False)
    elif which == "due":
        planned = series.next_planned(look.room)
        at = max(look.now, planned.at if planned is not None else 0)
        _print(lines, [a for a in live if a.open and due_by(a, at)], "due by the next session")
    elif which == "all":
        closed = [a for a in look.room.actions if a not in live]
        _print(lines, [*live, *closed], "in all")
    else:
        raise Unclear("Type: actions, and mine, due or all.")


def _mine(look: Outlook) -> list[Action]:
    """Mine that are open, and what was typed for me."""
    return [a for a in look.room.actions if a.owner == look.seat and (a.open or a.state is ActionState.PROPOSED)]


async def _review(lines: PlainLines, words: list[str]) -> None:
    _print(lines, in_review(lines.peer.room), "to look back on, owner by owner")


def _print(lines: PlainLines, actions: Sequence[Action], which: str, *, owners: bool = True) -> None:
    look = lines.look
    lines.list_(LIST, [a.id for a in actions])
    lines.say(f"{len(actions)} action{'' if len(actions) == 1 else 's'} {which}.")
    for index, action in enumerate(actions, 1):
        lines.say(f"{index}: {_line(look, action, owner=owners)}.")


def _line(look: Outlook, action: Action, *, owner: bool) -> str:
    said = [one_line(opened.action_text(look.peer.sealer, action)), due_words(action.due, look.now)]
    if action.state in _STATES:
        said.append(_STATES[action.state])
    if action.buddy:
        said.append(f"buddy {look.name(action.buddy)}")
    if action.carried and (action.owner == look.seat or look.leads):
        said.append(f"carried over {_times(action.carried)}")
    if action.cheers:
        said.append(f"{len(action.cheers)} cheer{'' if len(action.cheers) == 1 else 's'}")
    if action.notes:
        said.append(f"{len(action.notes)} note{'' if len(action.notes) == 1 else 's'}")
    return f"{f'{look.name(action.owner)}: ' if owner else ''}{', '.join(said)}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _show(lines: PlainLines, action: Action) -> None:
    look = lines.look
    lines.say(f"{_line(look, action, owner=True)}.")
    for note in action.notes:
        learnt = " learnt" if note.learnt else ""
        lines.say(f"{look.name(note.seat)}{learnt}: {one_line(opened.note_text(look.peer.sealer, note))}")


# -- committing --------------------------------------------------------------------------------------------------


@dataclass
class _Typed:
    """What was typed of an action: `due` a day, 0 the next session; `owner` and `buddy` seats, 0 for oneself, none."""

    text: str
    due: int = 0
    owner: int = 0
    buddy: int = 0


def _typed(lines: PlainLines, words: Sequence[str]) -> _Typed:
    said, *rest = parts(words)
    typed = _Typed(said)
    for part in rest:
        first, *more = part.split() or [""]
        if first.lower() == "for" and more:
            typed.owner = seat(lines, more)
        elif first.lower() == "buddy" and more:
            typed.buddy = seat(lines, more)
        else:
            typed.due = due_day(lines.look, part)
    if not rest:
        _read_end(lines, typed)
    return typed


def _read_end(lines: PlainLines, typed: _Typed) -> None:
    """Without a / : `by` and a date at the end, and behind it `buddy` and a number, are not of the text."""
    buddy = _BUDDY.search(typed.text)
    if buddy is not None and int(buddy[1]) in lines.look.everybody:
        typed.buddy, typed.text = int(buddy[1]), typed.text[: buddy.start()]
    by = _BY.search(typed.text)
    if by is None:
        return
    read = parse_due(by[1], date.fromtimestamp(lines.look.now / 1000))
    if isinstance(read, Due):
        typed.due, typed.text = read.day, typed.text[: by.start()]
    elif read.title != "That is no date.":
        raise Unclear(str(read))


async def _commit(lines: PlainLines, words: Sequence[str]) -> None:
    typed = _typed(lines, words)
    if not typed.text:
        raise Unclear("Type: action and what you will do.")
    look = lines.look
    whose = f"{lines.peer.name_of(typed.owner)} is asked" if typed.owner not in (0, look.seat) else "Your action"
    buddy = f", buddy {look.name(typed.buddy)}" if typed.buddy else ""
    await sealed(
        lines,
        FieldKind.ACTION,
        typed.text,
        lambda text: AddAction(text, typed.owner, typed.due, typed.buddy),
        f"{whose}: {typed.text}, {due_words(typed.due, look.now)}{buddy}.",
    )


# -- one of the list ---------------------------------------------------------------------------------------------


async def _done(lines: PlainLines, action: Action, words: list[str]) -> None:
    said = "Done." if words else "Done. What happened, what did you learn? Type it behind done."
    await _state(lines, action, ActionState.DONE, words, said)


async def _doing(lines: PlainLines, action: Action, words: list[str]) -> None:
    await _state(lines, action, ActionState.DOING, words, "It is under way.")


async def _blocked(lines: PlainLines, action: Action, words: list[str]) -> None:
    await _state(lines, action, ActionState.BLOCKED, words, "It is blocked. Type ask to ask the group.")


async def _drop(lines: PlainLines, action: Action, words: list[str]) -> None:
    await _state(lines, action, ActionState.DROPPED, words, "It is let go.")


async def _open(lines: PlainLines, action: Action, words: list[str]) -> None:
    await _state(lines, action, ActionState.COMMITTED, words, "It is to be done.")


async def _state(lines: PlainLines, action: Action, state: ActionState, words: list[str], said: str) -> None:
    note = " ".join(words)
    await sealed(lines, FieldKind.NOTE, note, lambda text: SetActionState(action.id, state, text), said)


async def _note(lines: PlainLines, action: Action, words: list[str]) -> None:
    if not words:
        raise Unclear("Type the note behind it.")
    await sealed(lines, FieldKind.NOTE, " ".join(words), lambda text: NoteAction(action.id, text), "Noted.")


async def _cheer(lines: PlainLines, action: Action, words: list[str]) -> None:
    on = lines.peer.seat not in action.cheers
    await lines.do(CheerAction(action.id, on), "They can see that you cheer." if on else "You cheer no longer.")


async def _confirm(lines: PlainLines, action: Action, words: list[str]) -> None:
    await lines.do(ConfirmAction(action.id, True), "It is yours.")


async def _decline(lines: PlainLines, action: Action, words: list[str]) -> None:
    await lines.do(ConfirmAction(action.id, False), "It is taken away.")


async def _worth(lines: PlainLines, action: Action, words: list[str]) -> None:
    answer = words[0].lower() if words else ""
    if answer == "keep":
        await lines.do(ReconsiderAction(action.id), "It stays.")
    elif answer == "drop":
        await _drop(lines, action, words[1:])
    elif answer == "help":
        text = " ".join(words[1:]) or f"Who can help: {one_line(opened.action_text(lines.peer.sealer, action))}"
        await sealed(lines, FieldKind.POST, text, lambda t: AddPost(PostKind.ASK, t), "The group is asked.")
        await lines.do(ReconsiderAction(action.id))
    else:
        raise Unclear("Type: worth keep, worth drop, or worth help and what you ask for. To shrink it: words TEXT.")


async def _due(lines: PlainLines, action: Action, words: list[str]) -> None:
    due = due_day(lines.look, " ".join(words))
    await lines.do(EditAction(action.id, b"", due, action.buddy), f"It is due {due_words(due, lines.look.now)}.")


async def _buddy(lines: PlainLines, action: Action, words: list[str]) -> None:
    who = seat(lines, words, nobody=True)
    said = f"{lines.peer.name_of(who)} will ask how it goes." if who else "Nobody will ask."
    await lines.do(EditAction(action.id, b"", action.due, who), said)


async def _words(lines: PlainLines, action: Action, words: list[str]) -> None:
    if not words:
        raise Unclear("Type the new words behind it.")
    text = lines.peer.seal(FieldKind.ACTION, " ".join(words), action.id)
    await lines.do(EditAction(action.id, text, action.due, action.buddy), "It has these words.")


_DEEDS: dict[str, Callable[[PlainLines, Action, list[str]], Awaitable[None]]] = {
    "done": _done,
    "doing": _doing,
    "blocked": _blocked,
    "drop": _drop,
    "open": _open,
    "note": _note,
    "cheer": _cheer,
    "confirm": _confirm,
    "decline": _decline,
    "worth": _worth,
    "due": _due,
    "buddy": _buddy,
    "words": _words,
}


async def _action(lines: PlainLines, words: list[str]) -> None:
    if not words:
        raise Unclear("Type: action and what you will do, for example: action call three suppliers by friday.")
    first = words[0].lower()
    if first in ("confirm", "decline") and (len(words) == 1 or is_number(words[1:])):
        await _answer(lines, first, words[1:])
        return
    if not is_number(words):
        await _commit(lines, words)
        return
    action = action_with(lines.peer.room, listed(lines, LIST, words, "actions"))
    if action is None:
        raise Unclear("That action is gone. Type actions to read the list again.")
    if len(words) == 1:
        _show(lines, action)
        return
    deed = _DEEDS.get(words[1].lower())
    if deed is None:
        raise Unclear(f"Action {words[0]}: which? Type one of: {', '.join(_DEEDS)}. Type help action for more.")
    await deed(lines, action, words[2:])


async def _answer(lines: PlainLines, deed: str, words: list[str]) -> None:
    """Confirms or declines what was typed for me: the only one, or the one of this number."""
    room = lines.peer.room
    typed = [a for a in room.actions if a.owner == lines.peer.seat and a.state is ActionState.PROPOSED]
    action = action_with(room, listed(lines, LIST, words, "actions")) if words else next(iter(typed), None)
    if action is None:
        raise Unclear("Nothing was typed for you.")
    if not words and len(typed) > 1:
        raise Unclear(f"{len(typed)} were typed for you. Type actions mine, then for example: action 1 {deed}.")
    await _DEEDS[deed](lines, action, [])


# -- what waits for me -------------------------------------------------------------------------------------------


async def _waits(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    found = waiting.waits(look)
    following = waiting.next_session_words(look)
    if look.session is None and following:
        lines.say(f"Next session: {following.replace(' · ', ', ')}.")
    if not found:
        lines.say("Nothing waits for you.")
        return
    lines.say("1 thing waits for you." if len(found) == 1 else f"{len(found)} things wait for you.")
    for wait in found:
        lines.say(f"{wait.words}{'' if wait.words.endswith(('?', '.')) else '.'}")


WORDS: dict[str, Word] = {
    "waits": Word("b", "", "what waits for you, and when the next session is", False, _waits),
    "actions": Word("", "[mine|due|all]", "actions, numbered; without a word behind it, yours", False, _actions),
    "action": Word(
        "a",
        "TEXT [by DATE]",
        "commit to something, by the next session or by a date",
        False,
        _action,
        (
            ("TEXT / DATE / buddy SEAT / for SEAT", "the same, with a buddy, or typed for somebody to confirm"),
            ("K", "all of action K; K is its number in actions or review, as you last read them"),
            ("K done|doing|blocked|drop|open [WORDS]", "how it stands, and what happened and was learnt"),
            ("K note WORDS", "a note on it"),
            ("K cheer", "cheer, or no longer"),
            ("[K] confirm|decline", "what was typed for you: yes, or no"),
            ("K worth keep|drop|help [WORDS]", "carried over: still worth doing? help asks the group"),
            ("K words TEXT", "put it in other words: shrink it"),
            ("K due DATE", "by another date, or: next session"),
            ("K buddy SEAT|none", "who will ask how it goes"),
        ),
    ),
    "review": Word("r", "", "the actions to look back on, owner by owner, the last issue-holder first", False, _review),
}
