"""What can go wrong for a user, and how it is said: what happened, why, what to do next; never a traceback.

    UserError              something a user can mend; `title` says what happened, `advice` what to do
    ├── FileRefused        (whole_file.py)       a file cannot be written where it should be
    ├── ArchiveRefused     (archive.py)          a file is no whole archive of one room, or of another room
    ├── HistoryUnreadable  (history.py)          what a server sends as a room's record is none
    └── NoSuchTable        (reports/csv.py)      the report has no table of that name
    LinkError              (links.py)            a link that is none
    StoreError             (store.py)            what this machine keeps cannot be used
    ├── NewerStore                               a newer version has written it
    └── CounterTaken                             two programs have used the same counter
    ConfigError            (config.py)           the config file says something that it cannot
    FormatError            (formats/table.py)    a format's file says something that it cannot
    HintsError             (hints/hinting.py)    the file of hints says something that it cannot
    TextTooLong            (sealing.py)          a text that does not fit
    NoteTooLong            (notes.py)            a private note that does not fit
    TurnedAway             (peer.py)             the server does not let this device in
    WrongServer            (transport.py)        a server's certificate is not the one of the link
    Refused                (gateway/visits.py)   a gateway does not let its visitor in; told to the visitor
    ServerNotStarted       (local_server.py)     a server on this machine did not come up
    Unclear                (plain/word.py)       a typed line that is not understood; said in the lines
    BadLine                (plain/json_lines.py) a line of JSON that is no command; said in the lines

All carry a title and advice, or say both as their text.
"""

from __future__ import annotations

import sys
import traceback

from evenly_client.translation import _


class UserError(Exception):
    """Something that a user can mend."""

    def __init__(self, title: str, advice: str) -> None:
        super().__init__(f"{title} {advice}")
        self.title, self.advice = title, advice


def explained(error: Exception) -> int:
    """Says an error in a line or two on standard error. The exit status."""
    if _ours(error):
        print(f"evenly: {error}", file=sys.stderr)  # no words: the program and what the error says
        return 1
    # Translators: an error that the program did not foresee
    print(_("evenly: Something unexpected happened ({kind}).").format(kind=type(error).__name__), file=sys.stderr)
    print(_("Please report it with what stands in {path}.").format(path=_kept(error)), file=sys.stderr)
    return 1


def _ours(error: Exception) -> bool:
    return type(error).__module__.startswith("evenly_client") and bool(str(error))


def _kept(error: Exception) -> str:
    """Writes the traceback to a file, for a report; its name."""
    import tempfile

    with tempfile.NamedTemporaryFile("w", prefix="evenly-", suffix=".txt", delete=False) as out:
        traceback.print_exception(error, file=out)
    return out.name
