"""`--json`: what happens as JSON lines, and commands as JSON lines likewise. For scripts.

Out: {"entered": …}, {"entry": …, "events": [{"event": "hand_raised", …}]}, {"settled": …, "refused": …}.
In: {"command": "raise_hand", "intent": "speak"}; bytes are base64. Field names are those of docs/protocol.md.
"""

from __future__ import annotations

import json
from typing import Any, cast

import msgspec
from evenly_protocol.facts import Command, wire_name
from evenly_protocol.room import MEMBER_COMMANDS

from evenly_client.peer import Entered, Happened, Notice, Peer, Settled, StateChanged

_COMMANDS: dict[str, type[Command]] = {wire_name(c.__name__): c for c in MEMBER_COMMANDS}


class BadLine(ValueError):
    """A line that is no command: why not."""


def line_of(peer: Peer, notice: Notice) -> str | None:
    """A notice as a line of JSON; None for what is not told."""
    match notice:
        case StateChanged():
            return _json({"state": notice.state.value, "seat": peer.seat})
        case Entered():
            return _json({"entered": peer.room.seq, "seat": peer.seat})
        case Happened():
            entry = notice.entry
            events = [{"event": wire_name(type(e).__name__), **_fields(e)} for e in entry.events]
            return _json({"entry": entry.seq, "at": entry.at, "by": entry.by, "events": events})
        case Settled():
            return _json({"settled": _text(notice.id), "refused": notice.refusal.code if notice.refusal else None})
        case _:
            return None


def command_of(line: str) -> Command:
    """The command in a line.

    Raises:
        BadLine: it is not one.
    """
    try:
        given = cast("object", json.loads(line))
    except (ValueError, RecursionError):
        raise BadLine("not a line of JSON") from None
    if not isinstance(given, dict):
        raise BadLine("not a JSON object")
    fields = cast("dict[str, Any]", given)
    name = fields.pop("command", None)
    kind = _COMMANDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadLine("unknown command")
    known = {f.name: f for f in msgspec.structs.fields(kind)}
    unknown = set(fields) - set(known)
    if unknown:
        raise BadLine(f"unknown field {sorted(unknown)[0]!r}")
    values: list[Any] = [name]
    for field in known.values():
        if field.name in fields:
            values.append(fields[field.name])
        elif field.default is not msgspec.NODEFAULT:
            values.append(msgspec.to_builtins(field.default))
        else:
            raise BadLine(f"{field.name} is missing")
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise BadLine(str(error)) from None


def _fields(event: object) -> dict[str, Any]:
    names = [f.name for f in msgspec.structs.fields(type(event))] if isinstance(event, msgspec.Struct) else []
    values: list[Any] = msgspec.to_builtins(event)
    return dict(zip(names, values[1:], strict=True))


def _text(value: bytes) -> str:
    return cast("str", msgspec.to_builtins(value))


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
