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
from evenly_client.plain.spelling import argument, arguments, command, form, meant, pattern, spelled
from evenly_client.plain.word import Unclear, Word, due_day, is_number, listed, parts, sealed, seat
from evenly_client.text import one_line
from evenly_client.translation import _, ngettext, pgettext

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

LIST = "actions"

_STATES = {
    # Translators: how an action stands, in a list: “call three suppliers, by Friday 4 December, under way”
    ActionState.PROPOSED: pgettext("state of an action", "to be confirmed by its owner"),
    ActionState.DOING: pgettext("state of an action", "under way"),
    ActionState.BLOCKED: pgettext("state of an action", "blocked"),
    ActionState.DONE: pgettext("state of an action", "done"),
    ActionState.DROPPED: pgettext("state of an action", "let go"),
}
_BUDDY = re.compile(rf"\s+{pattern('buddy')}\s+(\d+)$", re.IGNORECASE)
_BY = re.compile(rf"\s+{pattern('by')}\s+(?!.*\s{pattern('by')}\s)(.+)$", re.IGNORECASE)


# -- lists -------------------------------------------------------------------------------------------------------


async def _actions(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    which = meant(words[0]) if words else ("mine" if _mine(look) else "all")
    live = [a for a in look.room.actions if a.open or a.state is ActionState.PROPOSED]
    if which == "mine":
        mine = _mine(look)
        _print(lines, mine, ngettext("{n} action of yours.", "{n} actions of yours.", len(mine)), owners=False)
    elif which == "due":
        planned = series.next_planned(look.room)
        at = max(look.now, planned.at if planned is not None else 0)
        due = [a for a in live if a.open and due_by(a, at)]
        said = ngettext("{n} action due by the next session.", "{n} actions due by the next session.", len(due))
        _print(lines, due, said)
    elif which == "all":
        closed = [a for a in look.room.actions if a not in live]
        every = [*live, *closed]
        _print(lines, every, ngettext("{n} action in all.", "{n} actions in all.", len(every)))
    else:
        raise Unclear(spelled(_("Type: `actions`, and `mine`, `due` or `…all`.")))


def _mine(look: Outlook) -> list[Action]:
    """Mine that are open, and what was typed for me."""
    return [a for a in look.room.actions if a.owner == look.seat and (a.open or a.state is ActionState.PROPOSED)]


async def _review(lines: PlainLines, words: list[str]) -> None:
    found = in_review(lines.peer.room)
    said = ngettext(
        "{n} action to look back on, owner by owner.", "{n} actions to look back on, owner by owner.", len(found)
    )
    _print(lines, found, said)


def _print(lines: PlainLines, actions: Sequence[Action], said: str, *, owners: bool = True) -> None:
    """Numbered. `said`: how many they are, with the field `n`."""
    look = lines.look
    lines.list_(LIST, [a.id for a in actions])
    lines.say(said.format(n=len(actions)))
    for index, action in enumerate(actions, 1):
        lines.say(f"{index}: {_line(look, action, owner=owners)}.")


def _line(look: Outlook, action: Action, *, owner: bool) -> str:
    said = [one_line(opened.action_text(look.peer.sealer, action)), due_words(action.due, look.now)]
    if action.state in _STATES:
        said.append(_STATES[action.state])
    if action.buddy:
        # Translators: who asks how an action goes
        said.append(_("buddy {name}").format(name=look.name(action.buddy)))
    if action.carried and (action.owner == look.seat or look.leads):
        said.append(_carried(action.carried))
    if cheers := len(action.cheers):
        said.append(ngettext("{n} cheer", "{n} cheers", cheers).format(n=cheers))
    if notes := len(action.notes):
        said.append(ngettext("{n} note", "{n} notes", notes).format(n=notes))
    return f"{look.name(action.owner)}: {', '.join(said)}" if owner else ", ".join(said)


def _carried(n: int) -> str:
    """How often an action went on to the next session."""
    if n == 2:
        return _("carried over twice")
    return ngettext("carried over once", "carried over {n} times", n).format(n=n)


def _show(lines: PlainLines, action: Action) -> None:
    look = lines.look
    lines.say(f"{_line(look, action, owner=True)}.")
    for note in action.notes:
        # Translators: what somebody has learnt from an action
        said = _("{name} learnt: {text}") if note.learnt else "{name}: {text}"
        text = one_line(opened.note_text(look.peer.sealer, note))
        lines.say(said.format(name=look.name(note.seat), text=text))


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
        if meant(first) == "for" and more:
            typed.owner = seat(lines, more)
        elif meant(first) == "buddy" and more:
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
    elif not read.unread:
        raise Unclear(str(read))


async def _commit(lines: PlainLines, words: Sequence[str]) -> None:
    typed = _typed(lines, words)
    if not typed.text:
        raise Unclear(spelled(_("Type: `action` and what you will do.")))
    look = lines.look
    # Translators: {action} is what was typed, and by when: “call three suppliers, by Friday 4 December”
    said = _("{name} is asked: {action}.") if typed.owner not in (0, look.seat) else _("Your action: {action}.")
    what = [typed.text, due_words(typed.due, look.now)]
    if typed.buddy:
        what.append(_("buddy {name}").format(name=look.name(typed.buddy)))
    await sealed(
        lines,
        FieldKind.ACTION,
        typed.text,
        lambda text: AddAction(text, typed.owner, typed.due, typed.buddy),
        said.format(name=lines.peer.name_of(typed.owner), action=", ".join(what)),
    )


# -- one of the list ---------------------------------------------------------------------------------------------


async def _done(lines: PlainLines, action: Action, words: list[str]) -> None:
    asked = spelled(_("Done. What happened, what did you learn? Type it behind `…done`."))
    await _state(lines, action, ActionState.DONE, words, _("Done.") if words else asked)


async def _doing(lines: PlainLines, action: Action, words: list[str]) -> None:
    await _state(lines, action, ActionState.DOING, words, _("It is under way."))


async def _blocked(lines: PlainLines, action: Action, words: list[str]) -> None:
    await _state(lines, action, ActionState.BLOCKED, words, spelled(_("It is blocked. Type `ask` to ask the group.")))


async def _drop(lines: PlainLines, action: Action, words: list[str]) -> None:
    await _state(lines, action, ActionState.DROPPED, words, _("It is let go."))


async def _open(lines: PlainLines, action: Action, words: list[str]) -> None:
    await _state(lines, action, ActionState.COMMITTED, words, _("It is to be done."))


async def _state(lines: PlainLines, action: Action, state: ActionState, words: list[str], said: str) -> None:
    note = " ".join(words)
    await sealed(lines, FieldKind.NOTE, note, lambda text: SetActionState(action.id, state, text), said)


async def _note(lines: PlainLines, action: Action, words: list[str]) -> None:
    if not words:
        raise Unclear(_("Type the note behind it."))
    await sealed(lines, FieldKind.NOTE, " ".join(words), lambda text: NoteAction(action.id, text), _("Noted."))


async def _cheer(lines: PlainLines, action: Action, words: list[str]) -> None:
    on = lines.peer.seat not in action.cheers
    await lines.do(CheerAction(action.id, on), _("They can see that you cheer.") if on else _("You cheer no longer."))


async def _confirm(lines: PlainLines, action: Action, words: list[str]) -> None:
    await lines.do(ConfirmAction(action.id, True), _("It is yours."))


async def _decline(lines: PlainLines, action: Action, words: list[str]) -> None:
    await lines.do(ConfirmAction(action.id, False), _("It is taken away."))


async def _worth(lines: PlainLines, action: Action, words: list[str]) -> None:
    answer = meant(words[0]) if words else ""
    if answer == "keep":
        await lines.do(ReconsiderAction(action.id), _("It stays."))
    elif answer == "drop":
        await _drop(lines, action, words[1:])
    elif answer == "help":
        # Translators: what is put on the exchange, for the whole group to read
        asked = _("Who can help: {action}").format(action=one_line(opened.action_text(lines.peer.sealer, action)))
        text = " ".join(words[1:]) or asked
        await sealed(lines, FieldKind.POST, text, lambda t: AddPost(PostKind.ASK, t), _("The group is asked."))
        await lines.do(ReconsiderAction(action.id))
    else:
        unclear = _(
            "Type: `worth keep`, `worth drop`, or `worth help` and what you ask for. To shrink it: `…words TEXT`."
        )
        raise Unclear(spelled(unclear))


async def _due(lines: PlainLines, action: Action, words: list[str]) -> None:
    due = due_day(lines.look, " ".join(words))
    # Translators: {when} is “by Friday 4 December”, or “by the next session”
    said = _("It is due {when}.").format(when=due_words(due, lines.look.now))
    await lines.do(EditAction(action.id, b"", due, action.buddy), said)


async def _buddy(lines: PlainLines, action: Action, words: list[str]) -> None:
    who = seat(lines, words, nobody=True)
    asks = _("{name} will ask how it goes.").format(name=lines.peer.name_of(who))
    await lines.do(EditAction(action.id, b"", action.due, who), asks if who else _("Nobody will ask."))


async def _words(lines: PlainLines, action: Action, words: list[str]) -> None:
    if not words:
        raise Unclear(_("Type the new words behind it."))
    text = lines.peer.seal(FieldKind.ACTION, " ".join(words), action.id)
    await lines.do(EditAction(action.id, text, action.due, action.buddy), _("It has these words."))


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
        unclear = _("Type: `action` and what you will do, for example: `action` call three suppliers `by` friday.")
        raise Unclear(spelled(unclear))
    first = meant(words[0])
    if first in ("confirm", "decline") and (len(words) == 1 or is_number(words[1:])):
        await _answer(lines, first, words[1:])
        return
    if not is_number(words):
        await _commit(lines, words)
        return
    action = action_with(lines.peer.room, listed(lines, LIST, words, "actions"))
    if action is None:
        raise Unclear(spelled(_("That action is gone. Type `actions` to read the list again.")))
    if len(words) == 1:
        _show(lines, action)
        return
    deed = _DEEDS.get(meant(words[1]))
    if deed is None:
        unclear = spelled(_("Action {n}: which? Type one of: {words}. Type `help` {command} for more."))
        raise Unclear(unclear.format(n=words[0], words=arguments(_DEEDS), command=command("action")))
    await deed(lines, action, words[2:])


async def _answer(lines: PlainLines, deed: str, words: list[str]) -> None:
    """Confirms or declines what was typed for me: the only one, or the one of this number."""
    room = lines.peer.room
    typed = [a for a in room.actions if a.owner == lines.peer.seat and a.state is ActionState.PROPOSED]
    action = action_with(room, listed(lines, LIST, words, "actions")) if words else next(iter(typed), None)
    if action is None:
        raise Unclear(_("Nothing was typed for you."))
    if not words and len(typed) > 1:
        n = len(typed)
        # Translators: of actions; {deed} is “confirm” or “decline”, as it is typed
        unclear = ngettext(
            "{n} were typed for you. Type `actions mine`, then for example: `action 1` {deed}.",
            "{n} were typed for you. Type `actions mine`, then for example: `action 1` {deed}.",
            n,
        )
        raise Unclear(spelled(unclear).format(n=n, deed=argument(deed)))
    await _DEEDS[deed](lines, action, [])


# -- what waits for me -------------------------------------------------------------------------------------------


async def _waits(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    found = waiting.waits(look)
    following = waiting.next_session_words(look)
    if look.session is None and following:
        lines.say(_("Next session: {session}.").format(session=following.replace(" · ", ", ")))
    if not found:
        lines.say(_("Nothing waits for you."))
        return
    n = len(found)
    lines.say(ngettext("1 thing waits for you.", "{n} things wait for you.", n).format(n=n))
    for wait in found:
        lines.say(f"{wait.words}{'' if wait.words.endswith(('?', '.')) else '.'}")


WORDS: dict[str, Word] = {
    "waits": Word("b", "", _("what waits for you, and when the next session is"), False, _waits),
    "actions": Word(
        "", form("[mine|due|all]"), _("actions, numbered; without a word behind it, yours"), False, _actions
    ),
    "action": Word(
        "a",
        form("TEXT [by DATE]"),
        _("commit to something, by the next session or by a date"),
        False,
        _action,
        (
            (
                form("TEXT / DATE / buddy SEAT / for SEAT"),
                _("the same, with a buddy, or typed for somebody to confirm"),
            ),
            (
                form("K"),
                spelled(_("all of action `K`; `K` is its number in `actions` or `review`, as you last read them")),
            ),
            (form("K done|doing|blocked|drop|open [WORDS]"), _("how it stands, and what happened and was learnt")),
            (form("K note WORDS"), _("a note on it")),
            (form("K cheer"), _("cheer, or no longer")),
            (form("[K] confirm|decline"), _("what was typed for you: yes, or no")),
            (
                form("K worth keep|drop|help [WORDS]"),
                spelled(_("carried over: still worth doing? `…help` asks the group")),
            ),
            (form("K words TEXT"), _("put it in other words: shrink it")),
            (form("K due DATE"), _("by another date, or: next session")),
            (form("K buddy SEAT|none"), _("who will ask how it goes")),
        ),
    ),
    "review": Word(
        "r", "", _("the actions to look back on, owner by owner, the last issue-holder first"), False, _review
    ),
}
