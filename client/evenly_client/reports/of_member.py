"""The two reports that a member reads on the screen when a session is over: the session's, and their own record."""

from __future__ import annotations

from collections.abc import Sequence

from evenly_client.reports.allowed import Allowed, Reader
from evenly_client.reports.chronicle import Chronicle
from evenly_client.reports.own_record import MyNote, own_record
from evenly_client.reports.report import Report
from evenly_client.reports.session_report import session_report


def last_session(told: Chronicle, seat: int) -> Report | None:
    """The report of the last session of which the member of this seat may have one; None where there is none."""
    allowed = Allowed(told, Reader(seat))
    last = next((s for s in reversed(told.sessions) if allowed.session(s)), None)
    return None if last is None else session_report(allowed, last)


def record(told: Chronicle, seat: int, notes: Sequence[MyNote]) -> Report:
    """The member's own record, with their private notes."""
    return own_record(Allowed(told, Reader(seat, own_record=True)), notes)
