"""Labels: whoever an item belongs to says how far it may go."""

from __future__ import annotations

from evenly_protocol.actions import AddAction
from evenly_protocol.exchange import AddPost
from evenly_protocol.issues import BringIssue
from evenly_protocol.labels import LabelItem, item_with
from evenly_protocol.words import Label, PostKind

from .world import World, code

LONG, SHORT = b"t" * 285, b"a" * 61


def test_what_nobody_labelled_stays_here_and_its_owner_may_let_it_go() -> None:
    w = World(3, None)
    for command in (AddAction(SHORT), AddPost(PostKind.WIN, LONG), BringIssue(LONG)):
        w.must(command, 2)
        item = w.entries[-1].id
        found = item_with(w.room, item)
        assert found is not None
        assert found.label is Label.ROOM
        assert code(w.do(LabelItem(item, Label.SHAREABLE), 1)) == "not_yours"
        w.must(LabelItem(item, Label.SHAREABLE), 2)
        assert found.label is Label.SHAREABLE
        assert w.do(LabelItem(item, Label.SHAREABLE), 2) == []
    assert code(w.do(LabelItem(b"?" * 16, Label.TAKEAWAY), 2)) == "no_such_item"


def test_a_facilitator_labels_what_a_guest_seat_has() -> None:
    w = World(3, None)
    w.must(AddPost(PostKind.OFFER, LONG, seat=w.guest()))
    item = w.entries[-1].id
    assert code(w.do(LabelItem(item, Label.TAKEAWAY), 2)) == "not_yours"
    w.must(LabelItem(item, Label.TAKEAWAY))
