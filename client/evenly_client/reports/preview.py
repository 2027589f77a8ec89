"""The session report as it can be shown on the screen when a session is over."""

from __future__ import annotations

from evenly_protocol.words import Label

from evenly_client.reports import lines
from evenly_client.reports.allowed import Allowed, Reader
from evenly_client.reports.chronicle import Chronicle
from evenly_client.reports.session_report import session_report


def preview(
    chronicle: Chronicle, seat: int, *, number: int | None = None, made_for: Label = Label.ROOM, air_time: bool = False
) -> list[str]:
    """The lines of the report that the member of `seat` may have of session `number` (None: of the last one).

    Each line is plain text of any width, without a line end; the screen wraps it. Empty: there was no such session, or
    it is not for this reader. `air_time`: everybody's air time too, where that may be had.
    """
    allowed = Allowed(chronicle, Reader(seat, made_for))
    session = chronicle.session(number) if number is not None else (chronicle.sessions or (None,))[-1]
    if session is None or not allowed.session(session):
        return []
    return lines.render(session_report(allowed, session, air_time=air_time))
