"""The actions as rows: by how they stand, or in review owner by owner; and one in full. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from evenly_protocol.actions import Action, due_by, in_review, last_held
from evenly_protocol.series import next_planned
from evenly_protocol.words import ActionState, Label

from evenly_client import due, opened
from evenly_client.outlook import Outlook
from evenly_client.screens.boards.items import (
    Filter,
    Item,
    Told,
    called,
    day_words,
    group,
    item_of,
    joined,
    names_of,
    today,
    whose,
)
from evenly_client.text import one_line
from evenly_client.translation import _, ngettext, pgettext

STATE_WORDS: Final = {
    ActionState.PROPOSED: pgettext("state of an action", "to confirm"),
    ActionState.COMMITTED: pgettext("state of an action", "committed"),
    ActionState.DOING: pgettext("state of an action", "doing"),
    ActionState.BLOCKED: pgettext("state of an action", "blocked"),
    ActionState.DONE: pgettext("state of an action", "done"),
    ActionState.DROPPED: pgettext("state of an action", "dropped"),
}
"""In the order in which they stand on the board."""

_LABEL_SENTENCES: Final = {
    Label.TAKEAWAY: _("It may be taken home."),
    Label.SHAREABLE: _("It may be shared."),
}


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


def listed(o: Outlook, shown: Filter, lines: int) -> list[Item]:
    found: list[Item] = []
    actions = shown_actions(o, shown)
    for state, words in STATE_WORDS.items():
        there = sorted((a for a in actions if a.state is state), key=lambda a: (a.owner != o.seat, a.owner, a.at))
        found += group(words.upper(), [_action(o, a, lines) for a in there], str(len(there)))
    return found


def reviewed(o: Outlook, lines: int) -> list[Item]:
    first = last_held(o.room)
    found: list[Item] = []
    due_now = in_review(o.room)
    for owner in dict.fromkeys(a.owner for a in due_now):
        there = [_action(o, a, lines, state=True) for a in due_now if a.owner == owner]
        note = _("held the last issue") if owner in first else ""
        found += group(whose(o, owner).upper(), there, note)
    return found


def _action(o: Outlook, a: Action, lines: int, *, state: bool = False) -> Item:
    def told() -> Told:
        text = opened.action_text(o.peer.sealer, a)
        when = due_words(o, a) if a.open or a.state is ActionState.PROPOSED else ""
        second = joined(
            (
                _("still worth doing?") if a.asks_worth and a.owner == o.seat else "",
                STATE_WORDS[a.state] if state else "",
                when,
                carried_words(o, a),
                _("buddy: {name}").format(name=called(o, a.buddy)) if a.buddy else "",
                _cheers(len(a.cheers)),
                _notes(len(a.notes)),
            )
        )
        right = "" if lines > 1 else (STATE_WORDS[a.state] if state else when)
        return Told(o.name(a.owner), a.owner == o.seat, text, right, second)

    return item_of(a.id, lines, told)


def _cheers(n: int) -> str:
    """`2 cheers`; nothing for none."""
    return ngettext("{n} cheer", "{n} cheers", n).format(n=n) if n else ""


def _notes(n: int) -> str:
    """`2 notes`; nothing for none."""
    return ngettext("{n} note", "{n} notes", n).format(n=n) if n else ""


def due_words(o: Outlook, a: Action) -> str:
    """When an action is due, in words; what was due before today is `not yet`, and nothing worse."""
    day = due.from_day(a.due)
    if day is None:
        return _("next session")
    said = due.say_due(day, today(o))
    # Translators: when it was to be done, and that it is not done yet; no reproach.
    return _("{day} · not yet").format(day=said) if a.open and day < today(o) else said


def carried_words(o: Outlook, a: Action) -> str:
    """How often it was carried over; for its owner and facilitators alone."""
    if not a.carried or not (a.owner == o.seat or o.leads):
        return ""
    if a.carried == 1:
        return _("carried over once")
    if a.carried == 2:
        return _("carried over twice")
    return ngettext("carried over {n} time", "carried over {n} times", a.carried).format(n=a.carried)


def action_details(o: Outlook, a: Action) -> list[str]:
    """An action in full: its words, how it stands, its notes, its history."""
    sealer = o.peer.sealer
    issue = next((i for i in o.room.issues if i.id == a.issue), None) if a.issue else None
    by_when = _("due: {day}").format(day=due_words(o, a))
    found = [
        opened.action_text(sealer, a),
        "",
        joined((whose(o, a.owner), STATE_WORDS[a.state], by_when, carried_words(o, a))),
        _("Buddy: {name}").format(name=called(o, a.buddy)) if a.buddy else "",
        _("Cheers: {names}").format(names=names_of(o, a.cheers)) if a.cheers else "",
        "" if issue is None else _("From the issue: {issue}").format(issue=one_line(opened.issue_text(sealer, issue))),
        _LABEL_SENTENCES.get(a.label, ""),
    ]
    found = [line for i, line in enumerate(found) if line or i == 1]
    for note in a.notes:
        heading = _("{name}, {day}, what happened:") if note.learnt else _("{name}, {day}:")
        heading = heading.format(name=o.name(note.seat), day=day_words(o, note.at))
        found += ["", heading, opened.note_text(sealer, note)]
    if a.history:
        found += ["", _("How it went:")]
        for step in a.history:
            who = o.name(step.by) if step.by else ""
            carried = not step.by
            if carried and not (a.owner == o.seat or o.leads):
                continue
            what = _("carried over") if carried else STATE_WORDS[step.state]
            session = _("session {n}").format(n=step.session) if step.session else ""
            found.append(f"  {joined((day_words(o, step.at), session, what, who))}")
    return found


def details(o: Outlook, key: Hashable) -> list[str]:
    """The action of this id in full; nothing if it is gone."""
    nothing: list[str] = []
    return next((action_details(o, a) for a in o.room.actions if a.id == key), nothing)
