"""What each action would do now: a command for the room, something on this screen, or why it cannot.

The rules are asked with this device's copy of the room, the same code that the server decides with; so a key is
offered exactly when it would be accepted. `None` is an action that does not come into question at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from evenly_protocol import (
    agenda,
    agreement,
    attendance,
    checkins,
    floor,
    hands,
    rounds,
    series,
    session,
    settings,
    turns,
    undo,
)
from evenly_protocol.facts import Command
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.words import GENERAL_TALK, CheckInState, FloorMode, Intent, Source

from evenly_client import narration
from evenly_client.screens.situation import Situation
from evenly_client.translation import _, pgettext


@dataclass(frozen=True)
class Deed:
    """Something that a key does now. `word`: for the footer, empty where it is not shown there.

    Without a command it is the screen's own: a dialog, a text field, a sentence. `short`: the word where there is
    little room, if another.
    """

    word: str = ""
    command: Command | None = None
    short: str = ""


Offer = Deed | Refusal | None

ON_BOARDS = (
    "add_action_for",
    "review_actions",
    "confirm_action",
    "still_worth",
    "bring_issue",
    "choose_issue",
    "keep_questions",
    "save_questions",
    "add_ask",
    "add_offer",
    "add_resource",
    "add_insight",
    "add_win",
    "ask_met",
    "log_coaching",
    "private_note",
)
"""The actions of the boards: whether they do something now is known there."""


def offer(name: str, s: Situation) -> Offer:
    """What an action would do in this situation."""
    if s.view and name not in ("help", "commands", "leave", "theme"):
        return None
    return _OFFERS[name](s)


def _checked(s: Situation, command: Command, word: str = "") -> Offer:
    return s.refusal(command) or Deed(word, command)


def _asked(s: Situation, command: Command, word: str = "") -> Offer:
    """As `_checked`, for what opens a dialog that makes the real command."""
    return s.refusal(command) or Deed(word)


def _leading(s: Situation, word: str = "") -> Offer:
    return Deed(word) if s.outlook.leads else None


# -- mine --------------------------------------------------------------------------------------------------------


def _answer(s: Situation) -> Offer:
    return Deed(pgettext("key", "answer")) if s.asked else None


def _finish(s: Situation) -> Offer:
    turn = s.outlook.my_turn()
    if turn is None or s.just_begun or s.outlook.floor.mode is FloorMode.OPEN:
        return None
    asking = turn.intent is Intent.QUESTION and turn.answer_at is None
    return _checked(s, turns.Finish(turn.id, asking), pgettext("key", "finish"))


def plain_intent(s: Situation) -> Intent:
    """What a hand is for when nothing else is said."""
    return Intent.QUESTION if s.outlook.floor.mode is FloorMode.QUESTIONS else Intent.SPEAK


def my_hand(s: Situation) -> bytes:
    """The id of my hand: raised, or on its way up; empty for none."""
    hand = s.outlook.my_hand()
    return s.rising if hand is None or s.lowering else hand.id


def _hand(s: Situation) -> Offer:
    o = s.outlook
    if o.session is None or o.observes:
        return None
    if o.floor.mode is FloorMode.OPEN:
        mine = o.my_turn()
        if mine is None:
            return _checked(s, turns.Speak(), pgettext("key", "I speak"))
        return _checked(s, turns.Finish(mine.id), pgettext("key", "I have stopped"))
    if my_hand(s):
        return Deed(pgettext("key", "hand down"), hands.LowerHand(my_hand(s)))
    if s.lowering:
        return Deed(pgettext("key", "hand"), hands.RaiseHand(plain_intent(s)))
    return _checked(s, hands.RaiseHand(plain_intent(s)), pgettext("key", "hand"))


def _words(s: Situation) -> Offer:
    o = s.outlook
    if o.session is None or o.observes:
        return None
    turn = o.my_turn()
    if o.floor.mode is FloorMode.OPEN and not my_hand(s):
        return None
    if my_hand(s) or (turn is not None and turn.hand is not None and turn.answer_at is None):
        return Deed(pgettext("key", "words"))
    return _asked(s, hands.RaiseHand(plain_intent(s)), pgettext("key", "hand with words"))


def _intent(intent: Intent) -> Callable[[Situation], Offer]:
    def offered(s: Situation) -> Offer:
        o = s.outlook
        if o.session is None or o.observes or o.floor.mode in (FloorMode.OPEN, FloorMode.QUESTIONS):
            return None
        return _checked(s, hands.RaiseHand(intent))

    return offered


def _process(s: Situation) -> Offer:
    o = s.outlook
    if o.session is None or o.observes:
        return None
    mine = o.my_hand(process=True)
    if mine is not None:
        return Deed(pgettext("key", "withdraw the point"), hands.LowerHand(mine.id))
    return _checked(s, hands.RaiseHand(Intent.PROCESS), pgettext("key", "how we work"))


def _skip(s: Situation) -> Offer:
    if s.outlook.floor.round is None or s.outlook.observes:
        return None
    return _checked(s, rounds.SkipRound(), pgettext("key", "skip"))


def _later(s: Situation) -> Offer:
    if s.outlook.floor.round is None or s.outlook.observes:
        return None
    return _checked(s, rounds.ComeBackLater(), pgettext("key", "later"))


def _defer(s: Situation) -> Offer:
    o = s.outlook
    mine = o.my_hand()
    if mine is None or o.floor.round is not None:
        return None
    return _checked(s, hands.DeferHand(mine.id), pgettext("key", "later"))


def _hold(s: Situation) -> Offer:
    if s.outlook.session is None or s.outlook.held:
        return None
    return _checked(s, session.Hold(), pgettext("key", "pause"))


def _resume(s: Situation) -> Offer:
    if not s.outlook.held:
        return None
    return _checked(s, session.Resume(), pgettext("key", "go on"))


def _away(s: Situation) -> Offer:
    me = s.outlook.me
    if s.outlook.session is None or me is None or not me.attending:
        return None
    return _checked(s, attendance.StepAway(), pgettext("key", "away"))


def _back(s: Situation) -> Offer:
    me = s.outlook.me
    if s.outlook.session is None or me is None or me.attending:
        return None
    return _checked(s, attendance.ComeBack(), pgettext("key", "I am back"))


def _standing(s: Situation) -> Offer:
    return Deed(pgettext("key", "my time")) if s.outlook.room.session is not None and not s.outlook.observes else None


def _listen(s: Situation) -> Offer:
    me = s.outlook.me
    return None if me is None else _checked(s, attendance.ListenToday(not me.listening))


def _chair(s: Situation) -> Offer:
    return _checked(s, attendance.TakeChair()) if s.outlook.chair_is_free else None


def _my_name(s: Situation) -> Offer:
    return Deed() if s.outlook.me is not None else None


# -- leading -----------------------------------------------------------------------------------------------------


def _start(s: Situation) -> Offer:
    o = s.outlook
    if o.me is None or (o.session is not None and o.session.closed_at is None):
        return None
    return Deed(pgettext("key", "start the session")) if o.may_start else None


def running(s: Situation) -> bytes:
    """The id of the turn that giving the floor would end; empty for none."""
    turns_now = s.outlook.floor.turns
    return turns_now[0].id if turns_now else b""


def _next(s: Situation) -> Offer:
    if s.outlook.session is None or not s.outlook.leads:
        return None
    return _checked(s, turns.CallNext(running(s)), pgettext("key", "next"))


def _give_chosen(s: Situation) -> Offer:
    if not s.chosen or not s.outlook.leads:
        return None
    return _checked(s, turns.CallHand(s.chosen, running(s)), pgettext("key", "give the floor"))


def _same(s: Situation) -> Offer:
    turn = s.outlook.asked()
    if turn is None:
        return None
    if turn.source is Source.UNMARKED:
        return _checked(s, turns.GiveFloor(turn.seat))
    return _checked(s, turns.ConfirmSpeaker(turn.id), pgettext("key", "same speaker"))


def _who(s: Situation) -> Offer:
    if s.outlook.session is None or not s.outlook.tracks:
        return None
    return _asked(s, turns.GiveFloor(GENERAL_TALK), pgettext("key", "who speaks"))


def _more(s: Situation) -> Offer:
    o = s.outlook
    if o.session is None or not o.leads:
        return None
    minute = o.room.settings.minute_ms
    limited = next((t for t in o.floor.turns if turns.limit_of(o.room, t)), None)
    if limited is not None:
        return _checked(s, turns.ExtendTurn(limited.id, minute), pgettext("key", "a minute for the turn"))
    if o.session.closed_at is not None:
        return None
    return _checked(s, agenda.ExtendPhase(minute), pgettext("key", "minute"))


def _keep_end(s: Situation) -> Offer:
    if not s.pause_ms or not s.outlook.leads:
        return None
    take = agenda.TakeFromLater(s.pause_ms, move_end=True)
    if s.refusal(take) is None:
        return Deed(pgettext("key", "keep the end"), take)
    return _checked(s, agenda.ExtendPhase(-s.pause_ms), pgettext("key", "keep the end"))


def _undo(s: Situation) -> Offer:
    step = None if s.outlook.me is None else undo.last_step(s.outlook.room, s.outlook.seat)
    if step is None:
        return Refusal("nothing_to_undo") if s.outlook.tracks and s.outlook.session is not None else None
    return _checked(s, undo.Undo(step.id), pgettext("key", "undo"))


def undo_words(s: Situation) -> str:
    """What an undo would take back; empty for nothing."""
    step = undo.last_step(s.outlook.room, s.outlook.seat)
    return "" if step is None else narration.QUIET_WORDS.get(step.what, _("the last step"))


def _in_session(word: str = "") -> Callable[[Situation], Offer]:
    return lambda s: _leading(s, word) if s.outlook.session is not None else None


def _phase(s: Situation) -> Offer:
    session = s.outlook.session
    if session is None or session.closed_at is not None or not s.outlook.leads:
        return None
    if s.outlook.held:
        return refuse("on_hold")
    if agenda.next_phase(session) is not None:
        return Deed(pgettext("key", "next phase"))
    return Deed(pgettext("key", "end the session") if len(session.phases) > 1 else "")


def _with_agenda(s: Situation) -> Offer:
    session = s.outlook.session
    return _leading(s) if session is not None and len(session.phases) > 1 and session.closed_at is None else None


def _phase_time(s: Situation) -> Offer:
    session = s.outlook.session
    return _leading(s) if session is not None and session.closed_at is None else None


def _boards(s: Situation) -> Offer:
    return Deed(pgettext("key", "boards")) if s.outlook.me is not None and s.outlook.room.seq else None


def _report(s: Situation) -> Offer:
    o = s.outlook
    over = o.room.session is not None and (o.session is None or o.session.closed_at is not None)
    return Deed(pgettext("key", "report")) if over and o.me is not None else None


def _speaker(word: str = "") -> Callable[[Situation], Offer]:
    """For whoever may have the floor: everybody but observers."""
    return lambda s: None if s.outlook.observes else Deed(word)


def _choose(s: Situation) -> Offer:
    if s.outlook.session is None or not s.outlook.leads:
        return None
    return Deed() if s.outlook.floor.hands else None


def _with_hands(s: Situation) -> Offer:
    return _leading(s) if s.outlook.floor.hands and s.outlook.session is not None else None


def _give_floor(s: Situation) -> Offer:
    if s.outlook.session is None or not s.outlook.tracks:
        return None
    return _asked(s, turns.GiveFloor(GENERAL_TALK))


def _mode(s: Situation) -> Offer:
    if s.outlook.session is None or not s.outlook.leads:
        return None
    return _asked(s, floor.ChangeMode(FloorMode.QUEUE))


def _queue(s: Situation) -> Offer:
    if s.outlook.session is None or not s.outlook.leads:
        return None
    return _checked(s, hands.SwitchQueue(not s.outlook.floor.queue_open))


def _lower_all(s: Situation) -> Offer:
    return _checked(s, hands.LowerAllHands()) if isinstance(_with_hands(s), Deed) else None


def _round_other(s: Situation) -> Offer:
    current = s.outlook.floor.round
    return _leading(s) if current is not None and current.pending else None


def _move_time(s: Situation) -> Offer:
    last = s.outlook.room.session
    return Deed() if last is not None and last.ledger and not s.outlook.observes else None


def _guest_seat(s: Situation) -> Offer:
    guests = any(m.is_guest for m in s.outlook.room.members.values())
    return _leading(s) if guests else None


def _door(s: Situation) -> Offer:
    return _leading(s) if s.outlook.peer.waiting else None


def _invitation(s: Situation) -> Offer:
    if not s.outlook.leads:
        return None
    return _checked(s, agreement.SetInvitation(not s.outlook.room.invitation_open))


def _auto_next(s: Situation) -> Offer:
    if not s.outlook.leads:
        return None
    now = s.outlook.room.settings
    return _checked(s, settings.ChangeSettings(msgspec.structs.replace(now, auto_next=not now.auto_next)))


def _lead_check_in(s: Situation) -> Offer:
    open_now = checkins.open_check_in(s.outlook.room)
    return None if open_now is None else _asked(s, checkins.WithdrawCheckIn(open_now.id), pgettext("key", "check-in"))


def _open_check_in(s: Situation) -> Offer:
    """A check-in; with too few for one, the round that is offered in its place."""
    # What is asked is known there, and needs this table itself.
    from evenly_client.screens.checkins.opening import may_open, named_round

    if s.outlook.session is None or not s.outlook.leads or not s.live:
        return None
    refusal = may_open(s)
    if refusal is not None and refusal.code == "too_few":
        return _asked(s, named_round(s))
    return refusal or Deed()


def _check_ins(s: Situation) -> Offer:
    ended = (CheckInState.RECORDED, CheckInState.GIVEN_UP)
    return Deed() if s.outlook.me is not None and any(c.state in ended for c in s.outlook.room.check_ins) else None


def _check_in_members(s: Situation) -> Offer:
    return Deed() if s.people_in_check_ins else None


def _compare_words(s: Situation) -> Offer:
    enough = len(checkins.electorate(s.outlook.room)) > 1
    return _leading(s) if s.outlook.session is not None and s.live and enough else None


def _facilitators_answer(s: Situation) -> Offer:
    if not s.outlook.leads:
        return None
    now = s.outlook.room.settings
    other = msgspec.structs.replace(now, facilitators_answer=not now.facilitators_answer)
    return _checked(s, settings.ChangeSettings(other))


def _remove(s: Situation) -> Offer:
    return _leading(s) if len(s.outlook.everybody) > 1 else None


def _on_boards(name: str) -> Callable[[Situation], Offer]:
    def offered(s: Situation) -> Offer:
        # Only the list of commands asks: nothing of the boards is needed before.
        from evenly_client.screens.boards.flows import does_now

        return Deed() if s.outlook.me is not None and does_now(name, s) else None

    return offered


def _planned(s: Situation) -> Offer:
    return Deed() if s.outlook.me is not None and series.to_come(s.outlook.room) else None


def _plans(s: Situation) -> Offer:
    return _leading(s) if s.refusal(series.PlanSeries([])) is None else None


def _dates_asked(s: Situation) -> Offer:
    return Deed() if s.outlook.room.poll is not None and s.outlook.me is not None else None


def _hosts_next(s: Situation) -> Offer:
    """For facilitators and the host of a session to come."""
    coming = series.to_come(s.outlook.room)
    return Deed() if coming and (s.outlook.leads or any(p.host == s.outlook.seat for p in coming)) else None


def _call_back(s: Situation) -> Offer:
    session = s.outlook.session
    return None if session is None or session.pairs is None or session.pairs.over else _leading(s)


def _always(word: str = "", short: str = "") -> Callable[[Situation], Offer]:
    return lambda s: Deed(word, short=short)


_OFFERS: dict[str, Callable[[Situation], Offer]] = {
    "answer": _answer,
    "give_chosen": _give_chosen,
    "same_speaker": _same,
    "finish_turn": _finish,
    "raise_hand": _hand,
    "word_hand": _words,
    "skip_round": _skip,
    "come_later": _later,
    "defer_hand": _defer,
    "point_of_process": _process,
    "reply_hand": _intent(Intent.REPLY),
    "clarify_hand": _intent(Intent.CLARIFY),
    "hold": _hold,
    "resume": _resume,
    "step_away": _away,
    "come_back": _back,
    "lead_check_in": _lead_check_in,
    "open_check_in": _open_check_in,
    "check_ins": _check_ins,
    "check_in_members": _check_in_members,
    "compare_words": _compare_words,
    "facilitators_answer": _facilitators_answer,
    "how_i_stand": _standing,
    "listen_today": _listen,
    "take_chair": _chair,
    "my_name": _my_name,
    "start_session": _start,
    "next_turn": _next,
    "who_speaks": _who,
    "more_time": _more,
    "keep_end": _keep_end,
    "undo": _undo,
    "next_phase": _phase,
    "phase_time": _phase_time,
    "go_to_phase": _with_agenda,
    "skip_phase": _with_agenda,
    "issue_holder": _in_session(),
    "guidance": lambda s: _leading(s) if s.outlook.guidance else None,
    "boards": _boards,
    "read_report": _report,
    "add_action": _speaker(),
    "choose_up": _choose,
    "choose_down": _choose,
    "give_floor": _give_floor,
    "invite": _in_session(),
    "guest": lambda s: _leading(s),
    "floor_mode": _mode,
    "switch_queue": _queue,
    "lower_all": _lower_all,
    "place_hand": _with_hands,
    "lower_hand": _with_hands,
    "order": lambda s: _leading(s),
    "auto_next": _auto_next,
    "turn_length": lambda s: _leading(s),
    "timekeeper": _in_session(),
    "round_skip": _round_other,
    "on_call": _in_session(),
    "move_time": _move_time,
    "role": lambda s: _leading(s),
    "visitor": _remove,
    "guest_seat": _guest_seat,
    "door": _door,
    "invitation": _invitation,
    "lobby": lambda s: _leading(s),
    "remove_member": _remove,
    "name_room": lambda s: _leading(s),
    "agreement": lambda s: _leading(s),
    "visibility": lambda s: _leading(s),
    "end_session": _in_session(),
    **{name: _on_boards(name) for name in ON_BOARDS},
    "answer_dates": _dates_asked,
    "say_away": _planned,
    "swap_holders": _planned,
    "set_topic": _hosts_next,
    "propose_dates": _hosts_next,
    "decide_date": lambda s: _hosts_next(s) if s.outlook.room.poll is not None else None,
    "plan_series": _plans,
    "change_planned": lambda s: _plans(s) if series.to_come(s.outlook.room) else None,
    "call_link": lambda s: _leading(s),
    "hand_over": _in_session(),
    "deputy": lambda s: _leading(s),
    "draw_pairs": _in_session(),
    "call_back_pairs": _call_back,
    "theme": _always(),
    "help": _always(pgettext("key", "help")),
    "commands": _always(
        pgettext("key", "all commands"),
        # Translators: short for “all commands”, at most 5 cells
        pgettext("key", "all"),
    ),
    "leave": _always(pgettext("key", "leave")),
}
