"""Keys: the table, held keys, and that what the footer offers is what the rules would accept."""

import pytest
from evenly_client.config import Config
from evenly_client.screens import deeds
from evenly_client.screens.held import FIRST_REPEAT_WITHIN_S, HeldKeys, Press
from evenly_client.screens.keys import ACTIONS, BY_NAME, Keymap

TAKEN = ("ctrl+a", "ctrl+b", "ctrl+s", "ctrl+z", "ctrl+c", "ctrl+d", "f1", "f10")


def test_every_action_has_a_name_of_its_own_and_an_offer() -> None:
    assert len(BY_NAME) == len(ACTIONS)
    assert set(deeds._OFFERS) == set(BY_NAME)


def test_no_key_is_one_that_terminals_take() -> None:
    for action in ACTIONS:
        assert not [key for key in action.keys if key in TAKEN or key.startswith(("alt", "meta"))]


def test_space_is_my_hand_and_nothing_else() -> None:
    assert [a.name for a in ACTIONS if "space" in a.keys] == ["raise_hand"]


def test_keys_can_be_given_to_an_action_in_the_configuration() -> None:
    keys = Keymap(Config(keys={"raise_hand": "f", "finish_turn": ["enter", "d"]}))
    assert [a.name for a in keys.actions("f", "f")] == ["raise_hand"]
    assert [a.name for a in keys.actions("space", " ")] == []
    assert [a.name for a in keys.actions("d", "d")] == ["finish_turn"]
    assert keys.first("raise_hand") == "f"


def test_a_name_that_is_no_action_is_found() -> None:
    config = Config(keys={"rais_hand": "f"})
    assert Keymap(config).unknown(config) == ["rais_hand"]


@pytest.mark.parametrize(
    ("key", "character", "action"),
    [
        *(("full_stop", ".", "next_phase"), ("plus", "+", "more_time"), ("equals_sign", "=", "more_time")),
        *(("question_mark", "?", "help"), ("colon", ":", "commands"), ("0", "0", "who_speaks")),
    ],
)
def test_keys_are_known_by_what_stands_on_them(key: str, character: str, action: str) -> None:
    assert action in [a.name for a in Keymap(Config()).actions(key, character)]


def presses(times: list[float]) -> int:
    """How many presses these key events are, a waiting press counting once it has settled."""
    held, count = HeldKeys(), 0
    waiting: float | None = None
    for at in [*times, float("inf")]:
        if waiting is not None and at - waiting > 0.12 and held.settled("space", waiting, waiting + 0.12):
            count += 1
        waiting = None
        if at == float("inf"):
            break
        match held.press("space", at):
            case Press.ACT:
                count += 1
            case Press.WAIT:
                waiting = at
            case Press.REPEAT:
                pass
    return count


@pytest.mark.parametrize("delay", [0.2, 0.25, 0.4, 0.5, 0.66, 0.85])
def test_a_held_key_is_one_press_however_late_the_terminal_begins_to_repeat(delay: float) -> None:
    assert presses([0.0, *(delay + n * 0.033 for n in range(60))]) == 1


def test_two_presses_are_two() -> None:
    assert presses([0.0, 0.6]) == 2
    assert presses([0.0, FIRST_REPEAT_WITHIN_S + 0.1]) == 2
    assert presses([0.0, 2.0, 4.0]) == 3
