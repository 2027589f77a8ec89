"""What the status line says by itself of what happens: nothing of what I did, and in calm moments very little."""

from __future__ import annotations

from evenly_protocol.agenda import PhaseExtended
from evenly_protocol.room import Entry

from evenly_client import narration
from evenly_client.hear_from import HearFrom
from evenly_client.outlook import Outlook


def heard(o: Outlook, entry: Entry, hear_from: HearFrom, *, view: bool) -> str:
    """A sentence for this member; empty for nothing. `hear_from`: whom those who lead might invite, told to them."""
    quiet = o.held or narration.calm(o.floor.mode)
    by_me = entry.by == o.seat
    shortened = any(isinstance(e, PhaseExtended) and e.ms < 0 for e in entry.events)
    if (by_me or shortened) and not o.leads:
        return ""
    if quiet and not by_me and not narration.told_by_itself(o.peer, entry):
        return ""
    private = None if quiet or view else hear_from.line(o)
    return private if private is not None else " ".join(narration.sentences(o.peer, entry))
