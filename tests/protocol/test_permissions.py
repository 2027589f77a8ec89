"""Who may do what, and when."""

from __future__ import annotations

import pytest
from evenly_protocol.attendance import LeaveCall, TakeChair
from evenly_protocol.facts import Command
from evenly_protocol.permissions import RULES, Who, allowed
from evenly_protocol.refusals import REFUSALS, Refusal, refuse
from evenly_protocol.room import COMMANDS
from evenly_protocol.seats import SetTimekeeper
from evenly_protocol.series import Draft, PlanSeries
from evenly_protocol.session import Hold, StartSession

from .world import MINUTE, World

FACILITATOR, PARTICIPANT, TIMEKEEPER, OBSERVER = 1, 2, 3, 4


MAY = {
    Who.SERVER: {0},
    Who.STANDING: {FACILITATOR},
    Who.FACILITATOR: {FACILITATOR},
    Who.OPENER: {FACILITATOR},
    Who.TRACKER: {FACILITATOR, TIMEKEEPER},
    Who.SPEAKER: {FACILITATOR, PARTICIPANT, TIMEKEEPER},
    Who.ANYONE: {FACILITATOR, PARTICIPANT, TIMEKEEPER, OBSERVER},
}


def refusal(w: World, kind: type[Command], by: int) -> str:
    command = kind(*[0] * len(kind.__struct_fields__))
    found = allowed(w.room, command, by)
    return found.code if found else ""


def a_session() -> World:
    w = World(4, observers=[OBSERVER])
    w.must(SetTimekeeper(TIMEKEEPER))
    return w


def test_every_command_has_a_rule() -> None:
    assert set(RULES) == set(COMMANDS)


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_command_is_for_those_whom_its_rule_names(kind: type[Command]) -> None:
    w = a_session()
    guest = w.guest()
    may = {seat for seat in (0, 1, 2, 3, 4, guest, 99) if not refusal(w, kind, seat)}
    assert may == MAY[RULES[kind].who]


@pytest.mark.parametrize("kind", COMMANDS)
def test_between_sessions_only_what_is_of_the_room_goes(kind: type[Command]) -> None:
    w = World(2, None)
    by = 0 if RULES[kind].who is Who.SERVER else 1
    assert refusal(w, kind, by) == ("no_session" if RULES[kind].in_session else "")


@pytest.mark.parametrize("kind", COMMANDS)
def test_in_a_hold_nothing_goes_that_moves_the_floor(kind: type[Command]) -> None:
    w = World(2)
    w.must(Hold(), 2)
    by = 0 if RULES[kind].who is Who.SERVER else 1
    assert refusal(w, kind, by) == ("" if RULES[kind].in_hold else "on_hold")


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("Hold", Who.ANYONE),
        ("Resume", Who.FACILITATOR),
        ("CallNext", Who.FACILITATOR),
        ("CallHand", Who.FACILITATOR),
        ("GiveFloor", Who.TRACKER),
        ("ChangeMode", Who.FACILITATOR),
        ("SwitchQueue", Who.FACILITATOR),
        ("PlaceHand", Who.FACILITATOR),
        ("RaiseHand", Who.SPEAKER),
        ("Speak", Who.SPEAKER),
        ("ListenToday", Who.ANYONE),
        ("AddGuest", Who.FACILITATOR),
        ("SetTimekeeper", Who.FACILITATOR),
        ("ExtendTurn", Who.FACILITATOR),
        ("RemoveMember", Who.STANDING),
        ("Admit", Who.SERVER),
        ("StartPhase", Who.FACILITATOR),
        ("ExtendPhase", Who.FACILITATOR),
        ("LeaveOpen", Who.FACILITATOR),
        ("SetDeputy", Who.STANDING),
        ("PlanSeries", Who.STANDING),
        ("ChangePlanned", Who.STANDING),
        ("SwapHolders", Who.SPEAKER),
        ("AddAction", Who.SPEAKER),
        ("CheerAction", Who.ANYONE),
        ("EndPairs", Who.SERVER),
    ],
)
def test_the_rules_of_the_documents(name: str, who: Who) -> None:
    assert next(rule.who for kind, rule in RULES.items() if kind.__name__ == name) is who


def test_whoever_takes_the_chair_leads() -> None:
    w = World(3)
    w.must(LeaveCall(), 1)
    w.later(5 * MINUTE)
    assert refusal(w, SetTimekeeper, 2) == "not_allowed"
    w.must(TakeChair(), 2)
    assert refusal(w, SetTimekeeper, 2) == ""


def test_whoever_takes_the_chair_changes_nothing_that_lasts() -> None:
    w = World(3)
    w.must(LeaveCall(), 1)
    w.later(5 * MINUTE)
    w.must(TakeChair(), 2)
    assert {refusal(w, kind, 2) for kind, rule in RULES.items() if rule.who is Who.STANDING} == {"not_allowed"}


def test_whoever_has_the_chair_leads_the_session_like_a_facilitator() -> None:
    w = World(3)
    w.must(LeaveCall(), 1)
    w.later(5 * MINUTE)
    w.must(TakeChair(), 2)
    may = {kind for kind in RULES if not refusal(w, kind, 2)}
    assert may == {kind for kind, rule in RULES.items() if rule.who not in (Who.SERVER, Who.STANDING)}


def test_the_host_of_the_next_planned_session_opens_it() -> None:
    w = World(4, None, observers=[OBSERVER])
    w.must(PlanSeries([Draft(b"1" * 16, host=PARTICIPANT), Draft(b"2" * 16, host=TIMEKEEPER)]))
    assert [refusal(w, StartSession, seat) for seat in (1, 2, 3, 4)] == ["", "", "not_allowed", "not_allowed"]


def test_a_removed_member_may_do_nothing() -> None:
    from evenly_protocol.seats import RemoveMember

    w = World(3)
    w.must(RemoveMember(3))
    assert all(refusal(w, kind, 3) == "not_allowed" for kind in COMMANDS)


def test_every_refusal_has_a_sentence_and_a_next_step() -> None:
    for code in REFUSALS:
        refused = refuse(code)
        assert refused.sentence.endswith(".")
        assert refused.next_step.endswith(".")
    assert Refusal("of a newer server").next_step == "Update Evenly."
    with pytest.raises(KeyError):
        refuse("unheard_of")
