"""Labels: how far an item may go in reports. Whoever wrote it decides; what nobody labelled stays here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from evenly_protocol.actions import Action, action_with
from evenly_protocol.exchange import Post, post_with
from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.issues import Issue, issue_with
from evenly_protocol.members import is_facilitator, somebody
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.words import Label

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room


class LabelItem(Command, frozen=True):
    """Say how far one's own action, post or issue may go; a facilitator says it for a guest seat."""

    item: bytes
    label: Label


class ItemLabelled(Event, frozen=True):
    """An item may go this far."""

    item: bytes
    label: Label


def item_with(room: Room, item: bytes) -> Action | Post | Issue | None:
    """The action, post or issue with this id."""
    return action_with(room, item) or post_with(room, item) or issue_with(room, item)


def owner_of(item: Action | Post | Issue) -> int:
    """The seat whose item it is."""
    return item.owner if isinstance(item, Action) else item.seat


def _label(room: Room, command: LabelItem, asking: Asking) -> list[Event] | Refusal:
    item = item_with(room, command.item)
    if item is None:
        return refuse("no_such_item")
    owner = somebody(room, owner_of(item))
    guests = owner is not None and owner.is_guest and is_facilitator(room, asking.by)
    if owner_of(item) != asking.by and not guests:
        return refuse("not_yours")
    return [] if item.label is command.label else [ItemLabelled(command.item, command.label)]


def _labelled(room: Room, event: ItemLabelled, stamp: Stamp) -> None:
    item = item_with(room, event.item)
    if item is not None:
        item.label = event.label


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {LabelItem: _label}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {ItemLabelled: _labelled}
