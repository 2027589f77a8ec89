"""What a group has chosen for its room. Everybody sees it; facilitators change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.words import Lobby, Order, Visibility

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room


class Settings(msgspec.Struct, frozen=True, array_like=True):
    """The settings of a room.

    Attributes:
        order: how the queue is ordered.
        visibility: who sees whose counters.
        lobby: when newcomers wait to be let in.
        auto_next: the next turn begins by itself when the last is finished (rounds always do).
        facilitators_count: facilitators' talk counts, and they are owed a share.
        carry_percent: how much of a balance is carried to the next session, 0–100.
        limit_ms: the length of a turn at which its speaker is told, milliseconds; 0 is none.
        minute_ms: what one press of *one more minute* gives, milliseconds.
        facilitators_answer: facilitators take part in check-ins.
    """

    order: Order = Order.FAIR
    visibility: Visibility = Visibility.MIRROR
    lobby: Lobby = Lobby.SESSION
    auto_next: bool = False
    facilitators_count: bool = False
    carry_percent: int = 50
    limit_ms: int = 0
    minute_ms: int = 60_000
    facilitators_answer: bool = True


class ChangeSettings(Command, frozen=True):
    """Put these settings in place of those the room has."""

    settings: Settings


class SettingsChanged(Event, frozen=True):
    """The room's settings are these from now on."""

    settings: Settings


def decide_settings(room: Room, command: ChangeSettings, asking: Asking) -> list[Event] | Refusal:
    """Refuses numbers out of range: a limit is 0, or 10 s to 2 hours."""
    s = command.settings
    limit_fits = s.limit_ms == 0 or 10_000 <= s.limit_ms <= 7_200_000
    if not (0 <= s.carry_percent <= 100 and limit_fits and 1_000 <= s.minute_ms <= 600_000):
        return refuse("bad_number")
    return [SettingsChanged(s)]


def settings_changed(room: Room, event: SettingsChanged, stamp: Stamp) -> None:
    """Folds `SettingsChanged`."""
    room.settings = event.settings


DECIDE = {ChangeSettings: decide_settings}
EVOLVE = {SettingsChanged: settings_changed}
