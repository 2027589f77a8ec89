"""What a check-in about issues has chosen, and as which issue of the session it can be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenly_protocol.checkins import CheckIn
from evenly_protocol.issues import issue_with
from evenly_protocol.session import Session

from evenly_client.checkins.results import result_of

if TYPE_CHECKING:
    from evenly_client.peer import Peer


def most_chosen(peer: Peer, check_in: CheckIn) -> list[bytes]:
    """The ids of the issues that were chosen most, of those that are still there; none where nobody chose."""
    if not check_in.issues:
        return []
    result = result_of(peer.sealer, peer.keys.room_key, peer.link.room, check_in)
    if result is None or len(result.bars) != len(check_in.issues):
        return []
    most = max(bar.many for bar in result.bars)
    chosen = [id for id, bar in zip(check_in.issues, result.bars, strict=True) if most and bar.many == most]
    return [id for id in chosen if issue_with(peer.room, id) is not None]


def free_number(session: Session) -> int:
    """The first of the session's issues that none was brought for; the first of all where every one has one."""
    numbers = sorted({p.issue for p in session.phases if p.issue} | {n for n in session.holders if n}) or [1]
    return next((n for n in numbers if n not in session.brought), numbers[0])
