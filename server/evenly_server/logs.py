"""Structured logs: one JSON object a line: marks, numbers and codes, nothing that people wrote."""

from __future__ import annotations

import json
import logging
import sys
import time

log = logging.getLogger("evenly_server")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            # What other libraries say may quote what came from outside.
            "what": record.getMessage() if record.name.startswith(log.name) else record.name,
            **(fields if isinstance(fields, dict) else {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            # The kind of error and where, never its text: that may quote what came from outside.
            line["error"] = record.exc_info[0].__name__
            traceback = record.exc_info[2]
            while traceback is not None and traceback.tb_next is not None:
                traceback = traceback.tb_next
            if traceback is not None:
                line["where"] = f"{traceback.tb_frame.f_code.co_qualname}:{traceback.tb_lineno}"
        return json.dumps(line, default=repr)


def note(what: str, level: int = logging.INFO, **fields: object) -> None:
    """Writes a line. Fields are marks, numbers and codes: never text, names or full addresses."""
    log.log(level, what, extra={"fields": fields})


def failed(what: str, **fields: object) -> None:
    """Writes a line about the exception being handled: its kind and its place."""
    log.error(what, exc_info=True, extra={"fields": fields})


def set_up(level: str) -> None:
    """Sends the log to standard error, from this level on."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_Lines())
    log.handlers = [lines]
    log.setLevel(level.upper())
    log.propagate = False
    asyncio_log = logging.getLogger("asyncio")
    asyncio_log.handlers, asyncio_log.propagate = [lines], False
    # The library's own lines name addresses and quote what came from outside.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
