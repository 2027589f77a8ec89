"""Issues, actions and the exchange: who, and what kind of thing; the words only of what was typed for this member."""

from __future__ import annotations

from datetime import date

from evenly_protocol import actions, exchange, issues
from evenly_protocol.words import ActionState, PostKind

from evenly_client import opened
from evenly_client.due import from_day, say_due
from evenly_client.narration.telling import Sentences, Telling
from evenly_client.text import one_line
from evenly_client.translation import _

_POSTED = {
    PostKind.ASK: _("{name} asks for something on the exchange."),
    PostKind.OFFER: _("{name} offers something on the exchange."),
    PostKind.RESOURCE: _("{name} shares a resource on the exchange."),
    PostKind.INSIGHT: _("{name} shares an insight on the exchange."),
    PostKind.WIN: _("{name} shares a win on the exchange."),
}
_CHANGED = _("An action of {name}'s is changed.")
_STANDS = {
    ActionState.COMMITTED: _("An action of {name}'s is to be done."),
    ActionState.DOING: _("An action of {name}'s is under way."),
    ActionState.BLOCKED: _("An action of {name}'s is blocked."),
    ActionState.DONE: _("An action of {name}'s is done."),
    ActionState.DROPPED: _("An action of {name}'s is let go."),
}


def due_words(due: int, now: int) -> str:
    """By when: `by Friday 4 December`, `by the next session`. `due` is a day as on the wire, `now` milliseconds."""
    day = from_day(due)
    if day is None:
        return _("by the next session")
    # Translators: by when an action is to be done: {day} is “Friday 4 December”, “tomorrow”, “4 December 2028”
    return _("by {day}").format(day=say_due(day, date.fromtimestamp(now / 1000)))


def typed_for(t: Telling, event: actions.ActionAdded) -> bool:
    """Whether an action was typed for this member, who is to confirm it."""
    return event.owner == t.me and event.state is ActionState.PROPOSED


def _action_added(t: Telling, event: actions.ActionAdded) -> str:
    due = due_words(event.due, t.entry.at)
    if typed_for(t, event):
        action = actions.action_with(t.room, t.entry.id)
        text = one_line(opened.action_text(t.sealer, action)) if action is not None else ""
        # Translators: {when} is “by Friday 4 December” or “by the next session”
        said = _("{name} has typed an action for you: “{action}”, {when}. Is that what you will do?")
        return said.format(name=t.name(t.entry.by), action=text, when=due)
    if t.entry.by != event.owner:
        said = _("{name} has typed an action for {owner}.")
        return said.format(name=t.name(t.entry.by), owner=t.name(event.owner))
    return _("{name} commits to an action, {when}.").format(name=t.name(event.owner), when=due)


def declined(t: Telling, event: actions.ActionRemoved) -> bool:
    """Whether somebody would rather not do what this member typed for them."""
    gone = t.peer.declined.get(event.action)
    return gone is not None and t.entry.by != t.me == gone.typed_by


def _action_removed(t: Telling, event: actions.ActionRemoved) -> str:
    """Told to whoever typed it, or to whom it was typed for; nobody else asks why."""
    gone = t.peer.declined.get(event.action)
    if gone is None or t.me not in (gone.typed_by, gone.owner) or t.entry.by == t.me:
        return ""
    text = one_line(opened.action_text(t.sealer, gone))
    if t.me == gone.owner:
        said = _("{name} has taken back what was typed for you: “{action}”.")
        return said.format(name=t.name(t.entry.by), action=text)
    said = _("{name} would rather not: the action “{action}” is gone.")
    return said.format(name=t.name(gone.owner), action=text)


def _action(t: Telling, action: bytes, said: str) -> str:
    """`said` of an action, with its owner's name as the field `name`."""
    found = actions.action_with(t.room, action)
    return said.format(name=t.name(found.owner)) if found is not None else ""


def _cheered(t: Telling, event: actions.ActionCheered) -> str:
    found = actions.action_with(t.room, event.action)
    if found is None or not event.on:
        return ""
    if found.owner == t.me:
        return _("{name} cheers you.").format(name=t.name(event.seat))
    # Translators: {owner} is whose action is cheered
    return _("{name} cheers {owner}.").format(name=t.name(event.seat), owner=t.name(found.owner))


def answers_me(t: Telling, event: exchange.PostAdded) -> bool:
    """Whether somebody answers what this member put on the exchange."""
    answered = exchange.post_with(t.room, event.reply_to) if event.reply_to else None
    return answered is not None and answered.seat == t.me != event.seat


def _post_added(t: Telling, event: exchange.PostAdded) -> str:
    answered = exchange.post_with(t.room, event.reply_to) if event.reply_to else None
    if answered is None:
        return _POSTED[event.kind].format(name=t.name(event.seat))
    if answered.seat == t.me:
        return _("{name} answers you on the exchange.").format(name=t.name(event.seat))
    return _("{name} answers {other} on the exchange.").format(name=t.name(event.seat), other=t.name(answered.seat))


def _taken_back(t: Telling, event: exchange.PostTakenBack) -> str:
    post = exchange.post_with(t.room, event.post)
    return _("{name} has taken a text back.").format(name=t.name(post.seat)) if post is not None else ""


def _met(t: Telling, event: exchange.AskMet) -> str:
    post = exchange.post_with(t.room, event.post)
    if post is None:
        return ""
    if not event.by:
        return _("What {name} asks for is open again.").format(name=t.name(post.seat))
    said = _("What {name} asks for is met, by {helper}.")
    if event.introduced:
        said = _("What {name} asks for is met, by {helper} by making people known to each other.")
    return said.format(name=t.name(post.seat), helper=t.name(event.by))


def _edited(t: Telling, event: issues.IssueEdited) -> str:
    issue = issues.issue_with(t.room, event.issue)
    return _("{name} has put the issue in other words.").format(name=t.name(issue.seat)) if issue is not None else ""


def _chosen(t: Telling, event: issues.IssueChosen) -> str:
    issue = issues.issue_with(t.room, event.issue)
    if issue is None:
        return ""
    if issue.seat == t.me:
        return _("Issue {n} of this session is yours.").format(n=event.number)
    return _("Issue {n} of this session is {name}'s.").format(n=event.number, name=t.name(issue.seat))


def _kept(t: Telling, event: issues.QuestionsKept) -> str:
    if event.keep:
        return _("The issue-holder keeps the questions that were asked.")
    return _("The issue-holder shares the questions that were asked.")


SENTENCES: Sentences = {
    issues.IssueBrought: lambda t, e: _("{name} has brought an issue.").format(name=t.name(e.seat)),
    issues.IssueEdited: _edited,
    issues.IssueWithdrawn: lambda t, e: _("An issue was taken back."),
    issues.IssueChosen: _chosen,
    issues.QuestionsKept: _kept,
    actions.ActionAdded: _action_added,
    actions.ActionEdited: lambda t, e: _action(t, e.action, _CHANGED),
    actions.ActionStateSet: lambda t, e: _action(t, e.action, _STANDS.get(e.state, _CHANGED)),
    actions.ActionRemoved: _action_removed,
    actions.ActionNoted: lambda t, e: _action(t, e.action, _("An action of {name}'s has a note.")),
    actions.ActionCheered: _cheered,
    exchange.PostAdded: _post_added,
    exchange.PostTakenBack: _taken_back,
    exchange.AskMet: _met,
}
