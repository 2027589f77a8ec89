"""The lines of the list of commands: those of my role, and whether each does something now."""

from __future__ import annotations

from evenly_client.screens import deeds
from evenly_client.screens.deeds import Deed
from evenly_client.screens.dialogs import Entry
from evenly_client.screens.keys import ACTIONS, BY_NAME, Action, Keymap
from evenly_client.screens.situation import Situation

UNLISTED = ("commands", "answer", "choose_up", "choose_down", "who_speaks")


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
    o = s.outlook
    match action.name:
        case "switch_queue":
            return "Close the queue for new hands" if o.floor.queue_open else "Open the queue"
        case "invitation":
            return "Close the invitation" if o.room.invitation_open else "Open the invitation"
        case "listen_today":
            on = o.me is not None and o.me.listening
            return "I am listening no longer" if on else "I am here to listen today"
        case "auto_next":
            on = o.room.settings.auto_next
            return "Let me call the next in line each time" if on else "Let the next in line begin by themselves"
        case "facilitators_answer":
            on = o.room.settings.facilitators_answer
            return "Leave facilitators out of check-ins" if on else "Let facilitators take part in check-ins"
        case _:
            return action.title
