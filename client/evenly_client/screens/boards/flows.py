"""Everything that can be done on the boards, in one table, and whether it does something now."""

from __future__ import annotations

from collections.abc import Callable

from evenly_protocol.actions import AddAction, SetActionState, in_review
from evenly_protocol.exchange import AddPost, LogCoaching
from evenly_protocol.facts import Command
from evenly_protocol.issues import BringIssue, ChooseIssue, waiting_issues
from evenly_protocol.series import PlanSeries
from evenly_protocol.words import PostKind

from evenly_client.screens.boards.action_flows import (
    add_action,
    add_action_for,
    confirm_action,
    review_actions,
    still_worth,
    to_confirm,
    to_reconsider,
)
from evenly_client.screens.boards.asking import ANY_TEXT, BoardFlow
from evenly_client.screens.boards.exchange import adds, ask_met, to_meet
from evenly_client.screens.boards.issues import bring_issue, choose_issue
from evenly_client.screens.boards.notes import private_note
from evenly_client.screens.boards.questions import held_numbers, keep_questions, save_questions
from evenly_client.screens.series.flows import SERIES_FLOWS
from evenly_client.screens.situation import Situation

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
    "add_ask": adds(PostKind.ASK),
    "add_offer": adds(PostKind.OFFER),
    "add_resource": adds(PostKind.RESOURCE),
    "add_insight": adds(PostKind.INSIGHT),
    "add_win": adds(PostKind.WIN),
    "ask_met": ask_met,
    "log_coaching": SERIES_FLOWS["log_coaching"],
    "private_note": private_note,
}
"""By the action's name."""


def _may(command: Command) -> Callable[[Situation], bool]:
    return lambda s: s.refusal(command) is None


_NOW: dict[str, Callable[[Situation], bool]] = {
    "add_action": _may(AddAction(ANY_TEXT)),
    "add_action_for": lambda s: len(s.outlook.everybody) > 1 and _may(AddAction(ANY_TEXT))(s),
    "review_actions": lambda s: any(
        s.refusal(SetActionState(a.id, a.state)) is None for a in in_review(s.outlook.room)
    ),
    "confirm_action": lambda s: bool(to_confirm(s)) and not s.view,
    "still_worth": lambda s: bool(to_reconsider(s)) and not s.view,
    "bring_issue": _may(BringIssue(ANY_TEXT)),
    "choose_issue": lambda s: any(s.refusal(ChooseIssue(i.id)) is None for i in waiting_issues(s.outlook.room)),
    "keep_questions": lambda s: bool(held_numbers(s)) and not s.view,
    "save_questions": lambda s: s.outlook.room.session is not None and bool(s.outlook.room.session.questions),
    "ask_met": lambda s: bool(to_meet(s)),
    "log_coaching": lambda s: any(s.refusal(LogCoaching(n, 1)) is None for n in s.outlook.everybody),
    "private_note": lambda s: not s.view,
    **{f"add_{kind}": _may(AddPost(kind, ANY_TEXT)) for kind in PostKind},
}


def plans_now(s: Situation) -> bool:
    """Whether I may plan the series."""
    return s.refusal(PlanSeries([])) is None


def does_now(name: str, s: Situation) -> bool:
    """Whether one of `BOARD_FLOWS` does something in this situation."""
    return _NOW[name](s)
