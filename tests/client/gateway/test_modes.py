"""What a client has set in its terminal is known, and can be set again in another one and undone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from evenly_client.gateway.modes import UNFINISHED_AT_MOST, Modes
from hypothesis import given
from hypothesis import strategies as st

TEXTUAL = (
    b"\x1b[?1049h\x1b[?1000h\x1b[?1003h\x1b[?1015h\x1b[?1006h\x1b[?25l\x1b[?1004h"
    b"\x1b[>25u\x1b[?2026$p\x1b[?2004h\x1b[?7l"
)
"""What Textual's driver says when it starts."""


def after(*said: bytes) -> Modes:
    modes = Modes()
    for data in said:
        modes.follow(data)
    return modes


def test_a_fresh_terminal_needs_nothing() -> None:
    """Nothing was said, or text alone: there is nothing to restore and nothing to undo."""
    for said in (b"", b"hello \x1b[1mworld\x1b[m\r\n"):
        assert (after(said).restored(), after(said).undone()) == (b"", b"")


def test_what_was_set_is_set_again() -> None:
    """The other screen first, then the rest, then the keyboard."""
    restored = after(TEXTUAL).restored()
    assert restored.startswith(b"\x1b[?1049h")
    assert restored.endswith(b"\x1b[>25u")
    for sequence in (b"\x1b[?1003h", b"\x1b[?1006h", b"\x1b[?25l", b"\x1b[?2004h", b"\x1b[?7l", b"\x1b[?1004h"):
        assert restored.count(sequence) == 1


def test_a_terminal_that_is_restored_stands_where_the_first_stood() -> None:
    """Followed again, what is restored gives the same."""
    modes = after(TEXTUAL)
    assert after(modes.restored()).restored() == modes.restored()
    assert modes.other_screen


def test_what_is_undone_is_as_it_was_found() -> None:
    """A terminal that gets all of it and then the undoing needs nothing any more."""
    modes = after(TEXTUAL, b"\x1b[22;2t\x1b]2;Evenly\x07")
    undone = after(TEXTUAL, modes.undone())
    assert undone.restored() == b""
    assert not undone.other_screen
    assert modes.undone().index(b"\x1b[?25h") < modes.undone().index(b"\x1b[?1049l")


def test_a_client_that_undoes_its_own_leaves_nothing() -> None:
    """As Textual does when it ends."""
    ends = b"\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
    assert after(TEXTUAL, ends).restored() == b""


def test_several_modes_in_one_sequence() -> None:
    """`CSI ? 1000 ; 1006 h` sets both."""
    assert after(b"\x1b[?1000;1006h").restored() == b"\x1b[?1000h\x1b[?1006h"


def test_the_title_is_kept() -> None:
    """It says whose turn it is; given back, it is nobody's."""
    said = b"\x1b[22;2t\x1b]2;Evenly: your turn\x07"
    assert b"\x1b]2;Evenly: your turn\x07" in after(said).restored()
    assert after(said, b"\x1b[23;2t").restored() == b""


@pytest.mark.parametrize("tail", [b"\x1b", b"\x1b[", b"\x1b[38;2;1", b"\x1b]2;Even", b"\xf0\x9f", b"\xc3"])
def test_a_sequence_is_taken_up_where_it_was_cut(tail: bytes) -> None:
    """Whoever comes in the middle of a sequence or a character gets its beginning first."""
    assert after(b"text" + tail).restored() == tail
    assert after(b"\x1b[?1000h" + tail).restored() == b"\x1b[?1000h" + tail


def test_what_has_no_end_is_not_kept() -> None:
    """A sequence that goes on for ever takes no memory."""
    modes = after(b"\x1b]0;", *[b"x" * 1000] * 50)
    assert len(modes.restored()) <= UNFINISHED_AT_MOST


@given(st.lists(st.integers(0, len(TEXTUAL)), max_size=8))
def test_it_may_be_cut_anywhere(cuts: list[int]) -> None:
    """However the bytes arrive, they mean the same."""
    edges = [0, *sorted(cuts), len(TEXTUAL)]
    pieces = [TEXTUAL[a:b] for a, b in pairwise(edges)]
    assert after(*pieces).restored() == after(TEXTUAL).restored()


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_nothing_that_is_said_upsets_it(pieces: list[bytes]) -> None:
    """Any bytes; what comes out stays small."""
    modes = after(*pieces)
    assert len(modes.restored()) < UNFINISHED_AT_MOST + 2000
    modes.undone()
