"""Hypothesis strategies for anything that crosses the wire, from its types; by name where only some values matter."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import strategies as st

INTS = st.integers(-3, 12) | st.integers(-(2**40), 2**40)
LEAVES: dict[type, st.SearchStrategy[Any]] = {
    int: INTS,
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
    str: st.text(max_size=12),
    type(None): st.none(),
}


def of_type(kind: Any, named: Mapping[str, Any] = {}) -> st.SearchStrategy[Any]:
    """Values of this type; fields with a name in `named` come from there, by type where that differs."""
    if kind in LEAVES:
        return LEAVES[kind]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(list(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return struct(kind, named)
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return st.lists(of_type(inside[0], named), max_size=4)
    if origin is dict:
        return st.dictionaries(of_type(inside[0], named), of_type(inside[1], named), max_size=4)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([of_type(part, named) for part in inside])
    raise TypeError(kind)


def struct(kind: type[msgspec.Struct], named: Mapping[str, Any] = {}) -> st.SearchStrategy[Any]:
    """Values of this struct."""
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{name: _field(name, hints[name], named) for name in kind.__struct_fields__})


def _field(name: str, kind: Any, named: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if name in named and isinstance(named[name], dict):
        found = named[name].get(kind)
        if found is not None:
            return found
        return st.lists(named[name][bytes], max_size=4) if kind == list[bytes] else of_type(kind, named)
    if name in named and kind in LEAVES:
        return named[name]
    if name in named and kind == list[bytes]:
        return st.lists(named[name], max_size=4)
    return of_type(kind, named)
