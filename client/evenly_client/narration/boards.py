"""Issues, actions and the exchange: who, and what kind of thing; the words only of what was typed for this member."""

from __future__ import annotations

from datetime import date

from evenly_protocol import actions, exchange, issues
from evenly_protocol.words import ActionState, PostKind

from evenly_client import opened
from evenly_client.due import from_day, say_due
from evenly_client.narration.telling import Sentences, Telling
from evenly_client.text import one_line

KIND_WORDS = {
    PostKind.ASK: "asks for something",
    PostKind.OFFER: "offers something",
    PostKind.RESOURCE: "shares a resource",
    PostKind.INSIGHT: "shares an insight",
    PostKind.WIN: "shares a win",
}
STATE_WORDS = {
    ActionState.COMMITTED: "is to be done",
    ActionState.DOING: "is under way",
    ActionState.BLOCKED: "is blocked",
    ActionState.DONE: "is done",
    ActionState.DROPPED: "is let go",
}


def due_words(due: int, now: int) -> str:
    """By when: `by Friday 4 December`, `by the next session`. `due` is a day as on the wire, `now` milliseconds."""
    day = from_day(due)
    return "by the next session" if day is None else f"by {say_due(day, date.fromtimestamp(now / 1000))}"


def typed_for(t: Telling, event: actions.ActionAdded) -> bool:
    """Whether an action was typed for this member, who is to confirm it."""
    return event.owner == t.me and event.state is ActionState.PROPOSED


def _action_added(t: Telling, event: actions.ActionAdded) -> str:
    due = due_words(event.due, t.entry.at)
    if typed_for(t, event):
        action = actions.action_with(t.room, t.entry.id)
        text = one_line(opened.action_text(t.sealer, action)) if action is not None else ""
        return f"{t.name(t.entry.by)} has typed an action for you: “{text}”, {due}. Is that what you will do?"
    if t.entry.by != event.owner:
        return f"{t.name(t.entry.by)} has typed an action for {t.name(event.owner)}."
    return f"{t.name(event.owner)} commits to an action, {due}."


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
        return f"{t.name(t.entry.by)} has taken back what was typed for you: “{text}”."
    return f"{t.name(gone.owner)} would rather not: the action “{text}” is gone."


def _action(t: Telling, action: bytes, what: str) -> str:
    found = actions.action_with(t.room, action)
    return f"An action of {t.name(found.owner)}'s {what}." if found is not None else ""


def _cheered(t: Telling, event: actions.ActionCheered) -> str:
    found = actions.action_with(t.room, event.action)
    if found is None or not event.on:
        return ""
    return f"{t.name(event.seat)} cheers {'you' if found.owner == t.me else t.name(found.owner)}."


def answers_me(t: Telling, event: exchange.PostAdded) -> bool:
    """Whether somebody answers what this member put on the exchange."""
    answered = exchange.post_with(t.room, event.reply_to) if event.reply_to else None
    return answered is not None and answered.seat == t.me != event.seat


def _post_added(t: Telling, event: exchange.PostAdded) -> str:
    answered = exchange.post_with(t.room, event.reply_to) if event.reply_to else None
    if answered is None:
        return f"{t.name(event.seat)} {KIND_WORDS[event.kind]} on the exchange."
    whom = "you" if answered.seat == t.me else t.name(answered.seat)
    return f"{t.name(event.seat)} answers {whom} on the exchange."


def _taken_back(t: Telling, event: exchange.PostTakenBack) -> str:
    post = exchange.post_with(t.room, event.post)
    return f"{t.name(post.seat)} has taken a text back." if post is not None else ""


def _met(t: Telling, event: exchange.AskMet) -> str:
    post = exchange.post_with(t.room, event.post)
    if post is None:
        return ""
    if not event.by:
        return f"What {t.name(post.seat)} asks for is open again."
    how = " by making people known to each other" if event.introduced else ""
    return f"What {t.name(post.seat)} asks for is met, by {t.name(event.by)}{how}."


def _edited(t: Telling, event: issues.IssueEdited) -> str:
    issue = issues.issue_with(t.room, event.issue)
    return f"{t.name(issue.seat)} has put the issue in other words." if issue is not None else ""


def _chosen(t: Telling, event: issues.IssueChosen) -> str:
    issue = issues.issue_with(t.room, event.issue)
    if issue is None:
        return ""
    whose = "yours" if issue.seat == t.me else f"{t.name(issue.seat)}'s"
    return f"Issue {event.number} of this session is {whose}."


def _kept(t: Telling, event: issues.QuestionsKept) -> str:
    if event.keep:
        return "The issue-holder keeps the questions that were asked."
    return "The issue-holder shares the questions that were asked."


SENTENCES: Sentences = {
    issues.IssueBrought: lambda t, e: f"{t.name(e.seat)} has brought an issue.",
    issues.IssueEdited: _edited,
    issues.IssueWithdrawn: lambda t, e: "An issue was taken back.",
    issues.IssueChosen: _chosen,
    issues.QuestionsKept: _kept,
    actions.ActionAdded: _action_added,
    actions.ActionEdited: lambda t, e: _action(t, e.action, "is changed"),
    actions.ActionStateSet: lambda t, e: _action(t, e.action, STATE_WORDS.get(e.state, "is changed")),
    actions.ActionRemoved: _action_removed,
    actions.ActionNoted: lambda t, e: _action(t, e.action, "has a note"),
    actions.ActionCheered: _cheered,
    exchange.PostAdded: _post_added,
    exchange.PostTakenBack: _taken_back,
    exchange.AskMet: _met,
}
