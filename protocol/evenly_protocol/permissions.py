"""Who may do what, and when. One table; printed into docs/protocol.md."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from evenly_protocol import (
    actions,
    agenda,
    agreement,
    attendance,
    checkins,
    corrections,
    exchange,
    floor,
    hands,
    issues,
    labels,
    pairs,
    rounds,
    seats,
    series,
    session,
    settings,
    turns,
    undo,
)
from evenly_protocol.facts import Command
from evenly_protocol.members import is_facilitator, tracks
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.words import SERVER, Role

if TYPE_CHECKING:
    from evenly_protocol.room import Room


class Who(StrEnum):
    """Who a rule speaks of. Whoever has only taken the chair leads the session, and changes nothing that lasts."""

    SERVER = "server"
    STANDING = "facilitator by role, or host"
    FACILITATOR = "facilitator"
    OPENER = "facilitator, or host of the next planned session"
    TRACKER = "facilitator or timekeeper"
    SPEAKER = "facilitator or participant"
    ANYONE = "anyone"


class Rule(NamedTuple):
    """Who may give a command; whether it needs a running session, and whether it goes during a hold."""

    who: Who
    in_session: bool = True
    in_hold: bool = True


RULES: dict[type[Command], Rule] = {
    # the room
    settings.ChangeSettings: Rule(Who.FACILITATOR, in_session=False),
    agreement.NameRoom: Rule(Who.STANDING, in_session=False),
    agreement.SetAgreement: Rule(Who.STANDING, in_session=False),
    agreement.AnswerAgreement: Rule(Who.ANYONE, in_session=False),
    agreement.SetInvitation: Rule(Who.STANDING, in_session=False),
    agreement.SetCallLink: Rule(Who.FACILITATOR, in_session=False),
    seats.SetName: Rule(Who.ANYONE, in_session=False),
    seats.SetRole: Rule(Who.STANDING, in_session=False),
    seats.SetVisitor: Rule(Who.STANDING, in_session=False),
    seats.AddGuest: Rule(Who.FACILITATOR, in_session=False),
    seats.GiveGuestSeat: Rule(Who.STANDING, in_session=False),
    seats.RemoveMember: Rule(Who.STANDING, in_session=False),
    # being on the call
    attendance.SetAttending: Rule(Who.FACILITATOR),
    attendance.StepAway: Rule(Who.ANYONE),
    attendance.ComeBack: Rule(Who.ANYONE),
    attendance.LeaveCall: Rule(Who.ANYONE),
    attendance.ListenToday: Rule(Who.ANYONE, in_session=False),
    attendance.TakeChair: Rule(Who.SPEAKER),
    attendance.SetDeputy: Rule(Who.STANDING, in_session=False),
    seats.SetTimekeeper: Rule(Who.FACILITATOR),
    # the session
    session.StartSession: Rule(Who.OPENER, in_session=False),
    session.EndSession: Rule(Who.FACILITATOR),
    session.Hold: Rule(Who.ANYONE),
    session.Resume: Rule(Who.FACILITATOR),
    session.HandOver: Rule(Who.FACILITATOR),
    agenda.StartPhase: Rule(Who.FACILITATOR, in_hold=False),
    agenda.ExtendPhase: Rule(Who.FACILITATOR),
    agenda.TakeFromLater: Rule(Who.FACILITATOR),
    agenda.SkipPhase: Rule(Who.FACILITATOR),
    agenda.CountPhase: Rule(Who.FACILITATOR),
    agenda.SetIssueHolder: Rule(Who.FACILITATOR),
    agenda.LeaveOpen: Rule(Who.FACILITATOR, in_hold=False),
    floor.ChangeMode: Rule(Who.FACILITATOR, in_hold=False),
    # hands
    hands.RaiseHand: Rule(Who.SPEAKER),
    hands.WordHand: Rule(Who.SPEAKER),
    hands.LowerHand: Rule(Who.SPEAKER),
    hands.DeferHand: Rule(Who.SPEAKER),
    hands.LowerAllHands: Rule(Who.FACILITATOR),
    hands.PlaceHand: Rule(Who.FACILITATOR),
    hands.SwitchQueue: Rule(Who.FACILITATOR),
    # turns
    turns.CallNext: Rule(Who.FACILITATOR, in_hold=False),
    turns.CallHand: Rule(Who.FACILITATOR, in_hold=False),
    turns.GiveFloor: Rule(Who.TRACKER, in_hold=False),
    turns.Finish: Rule(Who.ANYONE, in_hold=False),
    turns.Speak: Rule(Who.SPEAKER, in_hold=False),
    turns.ConfirmSpeaker: Rule(Who.ANYONE, in_hold=False),
    turns.ExtendTurn: Rule(Who.FACILITATOR),
    rounds.SkipRound: Rule(Who.SPEAKER, in_hold=False),
    rounds.ComeBackLater: Rule(Who.SPEAKER, in_hold=False),
    # issues and pairs
    issues.BringIssue: Rule(Who.SPEAKER, in_session=False),
    issues.EditIssue: Rule(Who.SPEAKER, in_session=False),
    issues.WithdrawIssue: Rule(Who.SPEAKER, in_session=False),
    issues.ChooseIssue: Rule(Who.FACILITATOR),
    issues.KeepQuestions: Rule(Who.ANYONE, in_session=False),
    pairs.SetPairs: Rule(Who.FACILITATOR, in_hold=False),
    pairs.CallBack: Rule(Who.FACILITATOR),
    # check-ins
    checkins.OpenCheckIn: Rule(Who.FACILITATOR, in_hold=False),
    checkins.CloseCheckIn: Rule(Who.FACILITATOR, in_session=False, in_hold=False),
    checkins.WithdrawCheckIn: Rule(Who.FACILITATOR, in_session=False),
    # the boards
    actions.AddAction: Rule(Who.SPEAKER, in_session=False),
    actions.ConfirmAction: Rule(Who.SPEAKER, in_session=False),
    actions.EditAction: Rule(Who.SPEAKER, in_session=False),
    actions.SetActionState: Rule(Who.SPEAKER, in_session=False),
    actions.NoteAction: Rule(Who.SPEAKER, in_session=False),
    actions.CheerAction: Rule(Who.ANYONE, in_session=False),
    actions.ReconsiderAction: Rule(Who.SPEAKER, in_session=False),
    exchange.AddPost: Rule(Who.SPEAKER, in_session=False),
    exchange.TakeBackPost: Rule(Who.ANYONE, in_session=False),
    exchange.MeetAsk: Rule(Who.SPEAKER, in_session=False),
    exchange.LogCoaching: Rule(Who.SPEAKER, in_session=False),
    labels.LabelItem: Rule(Who.ANYONE, in_session=False),
    # the series
    series.PlanSeries: Rule(Who.STANDING, in_session=False),
    series.ChangePlanned: Rule(Who.STANDING, in_session=False),
    series.SwapHolders: Rule(Who.SPEAKER, in_session=False),
    series.SetTopic: Rule(Who.SPEAKER, in_session=False),
    series.SayAway: Rule(Who.ANYONE, in_session=False),
    series.ProposeDates: Rule(Who.SPEAKER, in_session=False),
    series.AnswerDates: Rule(Who.ANYONE, in_session=False),
    series.DecideDate: Rule(Who.SPEAKER, in_session=False),
    # the ledger
    corrections.CorrectAirTime: Rule(Who.ANYONE, in_session=False),
    undo.Undo: Rule(Who.ANYONE, in_session=False, in_hold=False),
    # the server by itself
    seats.Admit: Rule(Who.SERVER, in_session=False),
    attendance.NoticeConnected: Rule(Who.SERVER, in_session=False),
    attendance.NoticeLost: Rule(Who.SERVER, in_session=False),
    session.NoticeGap: Rule(Who.SERVER),
    session.EndDeserted: Rule(Who.SERVER),
    attendance.LetDeputyLead: Rule(Who.SERVER),
    pairs.EndPairs: Rule(Who.SERVER, in_hold=False),
    checkins.CloseDueCheckIn: Rule(Who.SERVER, in_session=False, in_hold=False),
    checkins.RecordResult: Rule(Who.SERVER, in_session=False),
    checkins.GiveUpCheckIn: Rule(Who.SERVER, in_session=False),
    turns.PassToAnswer: Rule(Who.SERVER, in_hold=False),
    turns.MarkUnsure: Rule(Who.SERVER, in_hold=False),
    turns.MarkUnmarked: Rule(Who.SERVER, in_hold=False),
}


def allowed(room: Room, command: Command, by: int) -> Refusal | None:
    """The refusal by role or moment, or None when the command may be decided."""
    rule = RULES[type(command)]
    if not _is(room, by, rule.who):
        return refuse("not_allowed")
    running = room.running
    if rule.in_session and running is None:
        return refuse("no_session")
    if not rule.in_hold and running is not None and running.held_since is not None:
        return refuse("on_hold")
    return None


def _is(room: Room, seat: int, who: Who) -> bool:
    if who is Who.SERVER or seat == SERVER:
        return who is Who.SERVER and seat == SERVER
    member = room.members.get(seat)
    if member is None or member.removed or member.is_guest:
        return False
    match who:
        case Who.STANDING:
            return is_facilitator(room, seat) and (room.chair != seat or member.role is Role.FACILITATOR)
        case Who.FACILITATOR:
            return is_facilitator(room, seat)
        case Who.OPENER:
            planned = series.next_planned(room)
            return is_facilitator(room, seat) or (planned is not None and planned.host == seat)
        case Who.TRACKER:
            return tracks(room, seat)
        case Who.SPEAKER:
            return member.role is not Role.OBSERVER
        case Who.ANYONE:
            return True
