"""Which issue was chosen most, where a check-in was about issues, and as which issue of the session it can be taken."""

from __future__ import annotations

from evenly_protocol.checkins import CheckIn
from evenly_protocol.facts import Asking
from evenly_protocol.issues import ChooseIssue, issue_with
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import decide

from evenly_client import opened, phrases
from evenly_client.checkins.chosen import free_number, most_chosen
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer
from evenly_client.text import one_line
from evenly_client.translation import _


def most_chosen_words(peer: Peer, check_in: CheckIn) -> str:
    """`Most chosen: Chris, “Two of my best people …”`; empty for nothing."""
    found = [issue for id in most_chosen(peer, check_in) if (issue := issue_with(peer.room, id)) is not None]
    named = [
        # Translators: somebody, and the issue that they brought.
        _("{name}, “{issue}”").format(name=peer.name_of(i.seat), issue=_short(opened.issue_text(peer.sealer, i)))
        for i in found
    ]
    return _("Most chosen: {issues}").format(issues=phrases.listed(named)) if named else ""


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= 60 else f"{line[:59].rstrip()}…"


def number_to_take(o: Outlook, check_in: CheckIn) -> int:
    """The number under which what was chosen most can be taken now; 0 where I cannot take it, or it is taken."""
    session, chosen = o.session, most_chosen(o.peer, check_in)
    if session is None or not chosen or any(id in session.brought.values() for id in chosen):
        return 0
    number = free_number(session)
    refused = decide(o.room, ChooseIssue(chosen[0], number), Asking(o.seat, o.now, b"", ()))
    return 0 if isinstance(refused, Refusal) else number
