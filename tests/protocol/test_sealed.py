"""Which lengths a sealed text may have."""

from __future__ import annotations

import pytest
from evenly_protocol.sealed import LARGEST, OVERHEAD, SIZES, FieldKind, allowed_length, padded_size
from hypothesis import given
from hypothesis import strategies as st

KINDS = st.sampled_from(list(FieldKind))


@pytest.mark.parametrize(
    ("kind", "largest"),
    [
        ("name", 128),
        ("room", 128),
        ("title", 128),
        ("option", 128),
        ("question", 1024),
        ("words", 512),
        ("action", 512),
        ("guidance", 512),
        ("link", 512),
        ("issue", 2048),
        ("post", 2048),
        ("note", 2048),
        ("agreement", 4096),
    ],
)
def test_a_field_may_be_as_large_as_the_document_says(kind: str, largest: int) -> None:
    """The table of anonymity.md, section 1, by the names that stand in the seal."""
    assert LARGEST[FieldKind(kind)] == largest
    assert allowed_length(FieldKind(kind), 29 + largest)
    assert not allowed_length(FieldKind(kind), 29 + 2 * largest)


def test_every_kind_has_a_largest_size() -> None:
    """A kind without one could not be checked by the server."""
    assert set(LARGEST) == set(FieldKind)
    assert set(LARGEST.values()) <= set(SIZES)


@given(KINDS, st.integers(-1, 5000))
def test_only_padded_sizes_are_let_in(kind: FieldKind, length: int) -> None:
    """A length says no more than which of eight sizes it is."""
    allowed = length - OVERHEAD in (32, 64, 128, 256, 512, 1024, 2048, 4096)
    assert allowed_length(kind, length) == (allowed and length - OVERHEAD <= LARGEST[kind])


@given(KINDS, st.integers(0, 5000))
def test_a_text_is_padded_to_the_next_size_that_holds_it(kind: FieldKind, text_bytes: int) -> None:
    """The next one up, its two length bytes included; none when the kind's largest is too small."""
    size = padded_size(kind, text_bytes)
    if text_bytes + 2 > LARGEST[kind]:
        assert size is None
        return
    assert size is not None
    assert allowed_length(kind, OVERHEAD + size)
    assert size >= text_bytes + 2
    assert size == 32 or size // 2 < text_bytes + 2
