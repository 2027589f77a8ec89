"""A long list of rows: what is out of sight is not made, and stands there as it is when it is scrolled to."""

from __future__ import annotations

from collections.abc import Callable

from evenly_client.screens.looks import Made, Row, Span
from evenly_client.screens.rows import Rows
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll

LINES = 10
ROWS = 300


class Listing(App[None]):
    """A list in a part of the screen that scrolls."""

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Rows()

    def lines(self) -> list[str]:
        """What stands on the screen."""
        strips = self.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).strip() for strip in strips]


def numbered(word: str, made: list[int]) -> Made:
    """Rows that say a word and their number; `made` gets the numbers of those that are made."""

    def row(at: int) -> Row:
        made.append(at)
        return Row((Span(f"{word} {at}"),))

    return Made(ROWS, row)


def said(first: int, word: Callable[[int], str]) -> list[str]:
    return [f"{word(at)} {at}" for at in range(first, first + LINES)]


async def test_only_rows_in_sight_are_made() -> None:
    app = Listing()
    async with app.run_test(size=(30, LINES)) as pilot:
        first: list[int] = []
        app.query_one(Rows).show(numbered("one", first))
        await pilot.pause()
        assert [line.split("  ")[0] for line in app.lines()] == said(0, lambda at: "one")
        second: list[int] = []
        app.query_one(Rows).show(numbered("two", second))
        await pilot.pause()
        assert [line.split("  ")[0] for line in app.lines()] == said(0, lambda at: "two")
        assert set(first) == set(second) == set(range(LINES))


async def test_a_row_that_changed_out_of_sight_is_seen_when_it_is_scrolled_to() -> None:
    app = Listing()
    async with app.run_test(size=(30, LINES)) as pilot:
        scroll, rows = app.query_one(VerticalScroll), app.query_one(Rows)
        for word, at in (("one", 0), ("one", 100), ("two", 0), ("two", 100), ("three", 95), ("four", 100), ("four", 0)):
            rows.show(numbered(word, []))
            await pilot.pause()
            scroll.scroll_to(y=at, animate=False)
            await pilot.pause()
            assert [line.split("  ")[0] for line in app.lines()] == said(at, lambda _, word=word: word)


def test_made_rows_are_made_once() -> None:
    made: list[int] = []
    rows = numbered("one", made)
    assert rows[3] is rows[3]
    assert [row.text for row in rows[1:3]] == ["one 1", "one 2"]
    assert len(list(rows)) == len(rows) == ROWS
    assert sorted(made) == list(range(ROWS))
