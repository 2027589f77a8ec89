"""`--json`: what happens as JSON lines, and commands as JSON lines likewise. For scripts.

Out: {"entered": …}, {"entry": …, "events": [{"event": "hand_raised", …}]}, {"settled": …, "refused": …}.
In: {"command": "raise_hand", "intent": "speak"}; bytes are base64. Field names are those of docs/protocol.md.
What is in a field (a planned session, a phase) is a list of its values as on the wire, or an object by name.
Check-ins are answered on this machine: what that takes, both ways, is in json_check_ins.py.
"""

from __future__ import annotations

import json
from typing import Any, cast, get_args, get_type_hints

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
        raise BadLine("not a line of JSON") from None  # no words: for scripts
    if not isinstance(given, dict):
        raise BadLine("not a JSON object")  # no words: for scripts
    fields = cast("dict[str, Any]", given)
    name = fields.pop("command", None)
    kind = _COMMANDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadLine("unknown command")  # no words: for scripts
    try:
        return msgspec.convert([name, *_values(kind, fields)], kind)
    except msgspec.ValidationError as error:
        raise BadLine(str(error)) from None


def _values(kind: type[msgspec.Struct], given: dict[str, Any]) -> list[Any]:
    """The values of a struct's fields in order, defaults filled in."""
    known = {f.name: f for f in msgspec.structs.fields(kind)}
    unknown = set(given) - set(known)
    if unknown:
        raise BadLine(f"unknown field {sorted(unknown)[0]!r}")  # no words: for scripts
    hints = get_type_hints(kind)
    values: list[Any] = []
    for field in known.values():
        if field.name in given:
            values.append(_inside(hints[field.name], given[field.name]))
        elif field.default is not msgspec.NODEFAULT:
            values.append(msgspec.to_builtins(field.default))
        elif field.default_factory is not msgspec.NODEFAULT:
            values.append(msgspec.to_builtins(field.default_factory()))
        else:
            raise BadLine(f"{field.name} is missing")  # no words: for scripts
    return values


def _inside(hint: Any, value: Any) -> Any:
    """An object, or a list of objects, as the lists that structs are on the wire."""
    if isinstance(value, list):
        inner = next(iter(get_args(hint)), None)
        return [_inside(inner, part) for part in cast("list[Any]", value)]
    if isinstance(value, dict) and isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _values(hint, cast("dict[str, Any]", value))
    return cast("object", value)


def _fields(event: object) -> dict[str, Any]:
    names = [f.name for f in msgspec.structs.fields(type(event))] if isinstance(event, msgspec.Struct) else []
    values: list[Any] = msgspec.to_builtins(event)
    return dict(zip(names, values[1:], strict=True))


def _text(value: bytes) -> str:
    return cast("str", msgspec.to_builtins(value))


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
