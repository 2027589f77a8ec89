"""The keys: one table, from which the footer, the help and the list of commands are made.

A key may stand for several actions; the first of them that does something now is meant. `config.toml` gives an
action other keys by its name: `[keys]` `raise_hand = "f"`. No key here is one that tmux, screen readers, docker or
terminal programs take.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evenly_client.config import Config
from evenly_client.translation import pgettext


@dataclass(frozen=True)
class Action:
    """Something that can be asked for.

    Attributes:
        name: as in the configuration.
        keys: the built-in keys, as they are written for people.
        title: in the list of commands and the help.
        leads: it is for facilitators (or whoever marks who speaks).
        anywhere: it works with a text field open too.
    """

    name: str
    keys: tuple[str, ...]
    title: str
    leads: bool = False
    anywhere: bool = False


SEAT_KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "0")

ACTIONS: tuple[Action, ...] = (
    # what is asked of me comes first, so that its key means that
    Action("answer", ("ctrl+g",), pgettext("key", "Answer what is asked of me"), anywhere=True),
    Action("give_chosen", ("enter",), pgettext("key", "Give the floor to the chosen hand (arrows choose)"), leads=True),
    Action("same_speaker", ("enter",), pgettext("key", "Still the same speaker"), leads=True),
    Action("finish_turn", ("enter",), pgettext("key", "I have finished")),
    # my hand
    Action("raise_hand", ("space",), pgettext("key", "My hand up, or down")),
    Action("word_hand", ("e",), pgettext("key", "Words for my hand")),
    Action("skip_round", ("s",), pgettext("key", "Skip: I am listening in this round")),
    Action("come_later", ("l",), pgettext("key", "Come back to me later in this round")),
    Action("defer_hand", ("l",), pgettext("key", "Let the next in line go before me")),
    Action("point_of_process", ("p",), pgettext("key", "A point about how we work: goes ahead")),
    Action("reply_hand", ("r",), pgettext("key", "My hand up: a reply to this point")),
    Action("clarify_hand", ("c",), pgettext("key", "My hand up: a question to clarify")),
    # all of us
    Action("read_report", ("r",), pgettext("key", "The report of the last session, and my own record")),
    Action("hold", ("h",), pgettext("key", "Pause everything")),
    Action("resume", ("h",), pgettext("key", "Go on"), leads=True),
    Action("step_away", ("v",), pgettext("key", "Step away")),
    Action("come_back", ("v",), pgettext("key", "I am back")),
    Action("add_action", ("a",), pgettext("key", "Action: by next session I will …")),
    Action("boards", ("b",), pgettext("key", "The boards: actions, issues, exchange, series…")),
    Action("lead_check_in", ("k",), pgettext("key", "Check-in: close it, or take it back…"), leads=True),
    Action(
        "open_check_in",
        ("k",),
        pgettext("key", "Check-in: open one; nobody can tell whose answer is whose…"),
        leads=True,
    ),
    Action("check_ins", ("k",), pgettext("key", "Check-ins: what came of them…")),
    Action("how_i_stand", ("i",), pgettext("key", "How I stand: my air time")),
    Action("check_in_members", (), pgettext("key", "Check-in: who takes part…")),
    Action("listen_today", (), pgettext("key", "I am here to listen today, or no longer")),
    Action("take_chair", (), pgettext("key", "Lead the session while no facilitator is here")),
    Action("my_name", (), pgettext("key", "Change my name")),
    # facilitators: the six that matter
    Action("start_session", ("n",), pgettext("key", "Start the session"), leads=True),
    Action("next_turn", ("n",), pgettext("key", "Give the floor to the next in line"), leads=True),
    Action(
        "who_speaks",
        SEAT_KEYS,
        pgettext("key", "Say who is speaking: 1 to 8 a seat, 0 nobody in particular"),
        leads=True,
    ),
    Action("more_time", ("+", "="), pgettext("key", "One more minute (twice, where others give it)"), leads=True),
    Action("keep_end", ("-",), pgettext("key", "Keep the end where it was before the pause"), leads=True),
    Action("undo", ("u",), pgettext("key", "Take back the last step (press twice: the first says what)"), leads=True),
    Action("next_phase", (".",), pgettext("key", "The next phase (twice: the first press shows it)"), leads=True),
    Action("choose_up", ("up",), pgettext("key", "Choose the hand above"), leads=True),
    Action("choose_down", ("down",), pgettext("key", "Choose the hand below"), leads=True),
    # facilitators, behind the list
    Action("phase_time", (), pgettext("key", "More time for this phase, or less…"), leads=True),
    Action("go_to_phase", (), pgettext("key", "Go to any phase, or back to one…"), leads=True),
    Action("skip_phase", (), pgettext("key", "Leave a phase out, or take it in again…"), leads=True),
    Action("issue_holder", (), pgettext("key", "Whose issue it is…"), leads=True),
    Action("guidance", (), pgettext("key", "What this phase is for"), leads=True),
    Action("give_floor", (), pgettext("key", "Give the floor to a seat…"), leads=True),
    Action("invite", (), pgettext("key", "Ask somebody privately whether they would like to come in…"), leads=True),
    Action("guest", ("g",), pgettext("key", "Enter somebody who is on the call without a screen…"), leads=True),
    Action(
        "floor_mode", ("m",), pgettext("key", "Change how we talk: round, questions, free talk, silence…"), leads=True
    ),
    Action("switch_queue", (), pgettext("key", "Close the queue for new hands, or open it"), leads=True),
    Action("lower_all", (), pgettext("key", "Lower all hands"), leads=True),
    Action("place_hand", (), pgettext("key", "Move the chosen hand to a place in line…"), leads=True),
    Action("lower_hand", (), pgettext("key", "Lower somebody's hand…"), leads=True),
    Action("order", (), pgettext("key", "How the queue is ordered…"), leads=True),
    Action("auto_next", (), pgettext("key", "Let the next in line begin by themselves, or call them"), leads=True),
    Action("compare_words", (), pgettext("key", "Check-ins: compare three words, once…"), leads=True),
    Action("facilitators_answer", (), pgettext("key", "Let facilitators take part in check-ins, or not"), leads=True),
    Action("turn_length", (), pgettext("key", "How long a turn may be…"), leads=True),
    Action("timekeeper", (), pgettext("key", "Let somebody mark who is speaking…"), leads=True),
    Action("round_skip", (), pgettext("key", "In this round: somebody comes later, or listens…"), leads=True),
    Action("on_call", (), pgettext("key", "Say that somebody is on the call, or is not…"), leads=True),
    Action("move_time", (), pgettext("key", "Correct air time: whose was it?…")),
    Action("role", (), pgettext("key", "Change somebody's role…"), leads=True),
    Action("visitor", (), pgettext("key", "Let somebody watch this session alone, as a visitor…"), leads=True),
    Action("guest_seat", (), pgettext("key", "Give a guest seat to the member who sits in it…"), leads=True),
    Action("door", (), pgettext("key", "Let in, or not, who waits at the door"), leads=True),
    Action("invitation", (), pgettext("key", "Close the invitation, or open it"), leads=True),
    Action("lobby", (), pgettext("key", "When newcomers wait to be let in…"), leads=True),
    Action("remove_member", (), pgettext("key", "Take somebody out of the room…"), leads=True),
    Action("name_room", (), pgettext("key", "Name the room…"), leads=True),
    Action("agreement", (), pgettext("key", "Write the agreement…"), leads=True),
    Action("visibility", (), pgettext("key", "Who sees whose air time…"), leads=True),
    Action("end_session", (), pgettext("key", "End the session…"), leads=True),
    # the boards, behind the list
    Action("add_action_for", (), pgettext("key", "Action: type it for somebody, who confirms it…")),
    Action("review_actions", (), pgettext("key", "Action: how it stands, and what happened…")),
    Action("confirm_action", (), pgettext("key", "Action: confirm what was typed for me…")),
    Action("still_worth", (), pgettext("key", "Action: still worth doing? (asked of me alone)…")),
    Action("bring_issue", (), pgettext("key", "Issue: bring one…")),
    Action("choose_issue", (), pgettext("key", "Issue: choose the one for this session…"), leads=True),
    Action("keep_questions", (), pgettext("key", "Questions on my issue: keep them to me, or share them again")),
    Action("save_questions", (), pgettext("key", "Questions of the session: into my notes")),
    Action("add_ask", (), pgettext("key", "Exchange: ask for something…")),
    Action("add_offer", (), pgettext("key", "Exchange: offer something…")),
    Action("add_resource", (), pgettext("key", "Exchange: something worth reading or using…")),
    Action("add_insight", (), pgettext("key", "Exchange: an insight…")),
    Action("add_win", (), pgettext("key", "Exchange: a win…")),
    Action("ask_met", (), pgettext("key", "Exchange: an ask is met…")),
    Action("log_coaching", (), pgettext("key", "Coaching one to one: count its minutes…")),
    Action("private_note", (), pgettext("key", "A note for me alone…")),
    # the series
    Action("answer_dates", (), pgettext("key", "Series: which dates suit me…")),
    Action("say_away", (), pgettext("key", "Series: I cannot come to a session, or can after all…")),
    Action("swap_holders", (), pgettext("key", "Series: swap the issue-holders of two sessions…")),
    Action("set_topic", (), pgettext("key", "Series: topic and preparation of a session…")),
    Action("propose_dates", (), pgettext("key", "Series: ask which dates suit…")),
    Action("decide_date", (), pgettext("key", "Series: decide the date…")),
    Action("plan_series", (), pgettext("key", "Series: plan it…"), leads=True),
    Action("change_planned", (), pgettext("key", "Series: a planned session's date, host, issue-holder…"), leads=True),
    Action("call_link", (), pgettext("key", "The link to the call…"), leads=True),
    Action("hand_over", (), pgettext("key", "Hand the session over: who hosts it…"), leads=True),
    Action("deputy", (), pgettext("key", "Who leads when no facilitator is there…"), leads=True),
    Action("draw_pairs", (), pgettext("key", "Draw pairs…"), leads=True),
    Action("call_back_pairs", (), pgettext("key", "Call the pairs back"), leads=True),
    # the program
    Action("theme", (), pgettext("key", "Change the colours…")),
    Action("help", ("?",), pgettext("key", "Help")),
    Action("commands", (":", "ctrl+p"), pgettext("key", "All commands"), anywhere=True),
    Action("leave", ("ctrl+q",), pgettext("key", "Leave"), anywhere=True),
)
"""In the order in which a key is tried and the list of commands is shown."""

BY_NAME = {action.name: action for action in ACTIONS}

_WRITTEN = {
    "full_stop": ".",
    "colon": ":",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "question_mark": "?",
    "comma": ",",
    "slash": "/",
}


class Keymap:
    """The keys as this person has them."""

    def __init__(self, config: Config) -> None:
        self._keys = {action.name: config.keys_of(action.name) or action.keys for action in ACTIONS}

    def keys(self, name: str) -> tuple[str, ...]:
        """The keys of an action, as they are written."""
        return self._keys[name]

    def first(self, name: str) -> str:
        """The key that the footer names; empty where there is none."""
        return next(iter(self._keys[name]), "")

    def actions(self, key: str, character: str | None) -> Iterator[Action]:
        """The actions that a key event may mean. `key` is the terminal library's name of it."""
        names = {key, _WRITTEN.get(key, key)}
        if character is not None and character.isprintable() and character != " ":
            names.add(character)
        return (action for action in ACTIONS if names.intersection(self._keys[action.name]))

    def unknown(self, config: Config) -> list[str]:
        """Names in the configuration's `[keys]` that are no actions."""
        return [name for name in config.keys if name not in self._keys]
