"""The lines of the list of commands: those of my role, and whether each does something now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from evenly_client.outlook import Outlook
from evenly_client.screens import deeds
from evenly_client.screens.deeds import Deed
from evenly_client.screens.dialogs import Entry
from evenly_client.screens.keys import ACTIONS, BY_NAME, Action, Keymap
from evenly_client.screens.situation import Situation
from evenly_client.translation import pgettext

UNLISTED = ("commands", "answer", "choose_up", "choose_down", "who_speaks")

SWITCHES: Final[dict[str, tuple[Callable[[Outlook], bool], str, str]]] = {
    "switch_queue": (
        lambda o: o.floor.queue_open,
        pgettext("key", "Close the queue for new hands"),
        pgettext("key", "Open the queue"),
    ),
    "invitation": (
        lambda o: o.room.invitation_open,
        pgettext("key", "Close the invitation"),
        pgettext("key", "Open the invitation"),
    ),
    "listen_today": (
        lambda o: o.me is not None and o.me.listening,
        pgettext("key", "I am listening no longer"),
        pgettext("key", "I am here to listen today"),
    ),
    "auto_next": (
        lambda o: o.room.settings.auto_next,
        pgettext("key", "Let me call the next in line each time"),
        pgettext("key", "Let the next in line begin by themselves"),
    ),
    "facilitators_answer": (
        lambda o: o.room.settings.facilitators_answer,
        pgettext("key", "Leave facilitators out of check-ins"),
        pgettext("key", "Let facilitators take part in check-ins"),
    ),
}
"""What is on or off: whether it is on, and what the action would do then, and else."""


def entries(s: Situation, keys: Keymap) -> list[Entry]:
    """The list in this situation, what is for those who lead first."""
    leads = s.outlook.tracks and not s.view
    found: list[Entry] = []
    for action in ACTIONS:
        if action.name in UNLISTED or (action.leads and not leads):
            continue
        now = isinstance(deeds.offer(action.name, s), Deed)
        if now or not s.view:
            found.append(Entry(action.name, _title(action, s), keys.first(action.name), now))
    return sorted(found, key=lambda entry: not BY_NAME[entry.name].leads)


def _title(action: Action, s: Situation) -> str:
    """What it would do now, where that depends."""
    if action.name not in SWITCHES:
        return action.title
    is_on, turns_off, turns_on = SWITCHES[action.name]
    return turns_off if is_on(s.outlook) else turns_on
