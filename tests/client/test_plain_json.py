"""JSON lines: every command can be given, every event is told, nested values by name or as on the wire."""

from __future__ import annotations

import json
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from evenly_client.peer import Happened, Peer
from evenly_client.plain.json_lines import BadLine, command_of, line_of
from evenly_protocol.facts import Command, Event, wire_name
from evenly_protocol.room import EVENTS, MEMBER_COMMANDS, Entry
from evenly_protocol.series import Draft, PlanSeries, ProposeDates

from tests.harness import make_room, serving


def sample(hint: Any) -> Any:
    """Some value of a type."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint(**{name: sample(inner) for name, inner in get_type_hints(hint).items()})
    if isinstance(hint, type) and issubclass(hint, str):
        return next(iter(hint)) if hasattr(hint, "__members__") else "text"
    if hint in (int, bool, bytes):
        return {int: 3, bool: True, bytes: b"\0\xffsealed"}[hint]
    origin, inner = getattr(hint, "__origin__", None), get_args(hint)
    if origin is list:
        return [sample(inner[0])]
    if origin is dict:
        return {sample(inner[0]): sample(inner[1])}
    if inner:
        return sample(inner[0])
    raise AssertionError(hint)


@pytest.mark.parametrize("kind", MEMBER_COMMANDS, ids=lambda k: k.__name__)
def test_every_command_can_be_given_by_its_fields(kind: type[Command]) -> None:
    """As its fields stand in docs/protocol.md."""
    command = sample(kind)
    fields = {name: msgspec.to_builtins(getattr(command, name)) for name in kind.__struct_fields__}
    assert command_of(json.dumps({"command": wire_name(kind.__name__), **fields})) == command


def test_what_is_inside_a_command_can_be_given_by_name() -> None:
    """Missing values are those of an empty one."""
    line = '{"command": "plan_series", "sessions": [{"id": "MDEyMzQ1Njc4OWFiY2RlZg==", "holders": [2]}]}'
    assert command_of(line) == PlanSeries([Draft(b"0123456789abcdef", holders=[2])])
    for bad in ('[{"holders": [2]}]', '[{"id": "MDEy", "what": 1}]', '[{"id": 7}]', "7"):
        with pytest.raises(BadLine):
            command_of(f'{{"command": "plan_series", "sessions": {bad}}}')


@pytest.mark.parametrize("kind", EVENTS, ids=lambda k: k.__name__)
async def test_every_event_is_told_by_its_fields(kind: type[Event]) -> None:
    """In one line of JSON."""
    from evenly_client.links import Link
    from evenly_client.sealing import DeviceKey

    peer = Peer(Link("127.0.0.1", 1, bytes(16), bytes(16)), DeviceKey.generate(), "Ana")
    line = line_of(peer, Happened(Entry(1, bytes(16), 5, 1, 1, [sample(kind)])))
    assert line is not None
    (told,) = json.loads(line)["events"]
    assert told["event"] == wire_name(kind.__name__)
    assert set(told) == {"event", *kind.__struct_fields__}


async def test_the_series_by_json_on_a_server() -> None:
    """Planned and asked about, without a screen."""
    async with serving() as server, make_room(server, 2) as group:
        ana = group.leader
        id = "MDEyMzQ1Njc4OWFiY2RlZg=="
        assert await ana.ask(command_of(f'{{"command": "plan_series", "sessions": [["{id}"]]}}')) is None
        soon = ana.now() + 86_400_000
        asked = command_of(f'{{"command": "propose_dates", "planned": "{id}", "dates": [{soon}]}}')
        assert asked == ProposeDates(b"0123456789abcdef", [soon])
        assert await ana.ask(asked) is None
        assert ana.room.poll is not None
