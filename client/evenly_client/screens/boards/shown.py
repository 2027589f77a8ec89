"""What of a board is shown: the boards' names, what a board lists, and the chosen item in full. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from evenly_protocol.issues import waiting_issues
from evenly_protocol.series import to_come
from evenly_protocol.words import PostKind

from evenly_client.notes import PrivateNote
from evenly_client.screens.boards import actions, exchange, issues, questions, series
from evenly_client.screens.boards import notes as private
from evenly_client.screens.boards.items import MARK, Board, Filter, Item, whose
from evenly_client.screens.looks import BLANK, Look, Row, Span, wrapped
from evenly_client.screens.situation import Situation
from evenly_client.translation import _, ngettext, pgettext

EMPTY: Final = {
    Board.ACTIONS: _("Nobody has committed to anything here yet. a: by next session I will …"),
    Board.ISSUES: _("No issue has been brought yet. a brings one: a challenge that is yours, open, and matters."),
    Board.EXCHANGE: _("Nothing here yet. a adds an ask, an offer, a resource, an insight or a win."),
    Board.SERIES: _("No sessions are planned yet. A facilitator plans the series."),
    Board.QUESTIONS: _(
        "No question was put in words yet. Those that are stand here, for the issue-holder to think on."
    ),
    Board.NOTES: _("Notes here are yours alone: sealed on this machine, never sent. a writes one."),
}

# Translators: the names of the six boards stand in one line of 80 cells: together at most 50 cells.
BOARD_WORDS: Final = {
    Board.ACTIONS: pgettext("board", "Actions"),
    Board.ISSUES: pgettext("board", "Issues"),
    Board.EXCHANGE: pgettext("board", "Exchange"),
    Board.SERIES: pgettext("board", "Series"),
    Board.QUESTIONS: pgettext("board", "Questions"),
    Board.NOTES: pgettext("board", "Notes"),
}

ACTIONS_SHOWN: Final = {
    "all": pgettext("actions", "everybody’s"),
    "mine": pgettext("actions", "mine"),
    "due": pgettext("actions", "due by the next session"),
}
"""What of the actions is shown, by `Filter.what`."""


def tabs(board: Board, width: int) -> Row:
    """The boards with their numbers; the one that is open is marked."""
    gap = " " if width >= 72 else ""
    spans: list[Span] = []
    for number, each in enumerate(Board, 1):
        on = each is board
        said = f"{'▸' if on else ' '}{number} {BOARD_WORDS[each]}{gap}"
        press = f"board:{number}"
        spans.append(Span(said, Look.BANNER if on else Look.PLAIN, press))
    return Row(tuple(spans), (), "tabs")


def board_with(number: int) -> Board:
    """The board of a number from 1."""
    return list(Board)[number - 1]


def heading(s: Situation, board: Board, shown: Filter, *, review: bool, at: str) -> Row:
    """What of the board is shown, and `at`: which part of it is in sight."""
    return Row((Span(f" {_shown(s, board, shown, review=review)}", Look.DIM),), (Span(f"{at} ", Look.DIM),), "heading")


def _shown(s: Situation, board: Board, shown: Filter, *, review: bool) -> str:
    o = s.outlook
    match board:
        case Board.ACTIONS if review:
            return _("Review: what happened, what was learnt? Not yet is fine.")
        case Board.ACTIONS:
            count = sum(a.open for a in o.room.actions)
            mine = sum(a.open and a.owner == o.seat for a in o.room.actions)
            said = ACTIONS_SHOWN.get(shown.what) or whose(o, shown.seat)
            # Translators: which actions are shown, so many of them open, so many of these yours.
            return _("{which} · {count} open, {mine} of them yours").format(which=said, count=count, mine=mine)
        case Board.ISSUES:
            n = len(waiting_issues(o.room))
            # Translators: so many issues.
            return ngettext("{n} waiting", "{n} waiting", n).format(n=n)
        case Board.EXCHANGE:
            return _("everything") if shown.what == "all" else exchange.POST_WORDS[PostKind(shown.what)].several
        case Board.SERIES:
            coming = to_come(o.room)
            held = sum(p.number > 0 for p in o.room.series)
            # Translators: so many sessions.
            return _("{held} held · {coming} to come").format(held=held, coming=len(coming))
        case Board.QUESTIONS:
            last = o.room.session
            return _("session {n}").format(n=last.number) if last is not None else _("no session yet")
        case Board.NOTES:
            return _("for you alone, on this machine")


def items(
    s: Situation, board: Board, shown: Filter, *, review: bool, notes: Sequence[PrivateNote], lines: int
) -> list[Item]:
    """Everything on a board, in order. `lines`: how many an item has, 1 or 2."""
    o = s.outlook
    match board:
        case Board.ACTIONS:
            found = actions.reviewed(o, lines) if review else actions.listed(o, shown, lines)
        case Board.ISSUES:
            found = issues.listed(o, lines)
        case Board.EXCHANGE:
            found = exchange.listed(o, shown, lines)
        case Board.SERIES:
            found = series.listed(o, lines)
        case Board.QUESTIONS:
            found = questions.listed(o, lines)
        case Board.NOTES:
            found = private.listed(o, notes, lines)
    return found or [_empty(board, shown, review=review)]


def _empty(board: Board, shown: Filter, *, review: bool) -> Item:
    said = EMPTY[board]
    if review:
        said = _("No open actions from earlier sessions.")
    elif shown.what != "all":
        said = _("Nothing here by this filter. f changes it.")
    most = 3

    def draw(width: int, chosen: bool) -> list[Row]:
        rows = [
            Row((Span(f"   {line}", Look.DIM),), (), ("empty", i))
            for i, line in enumerate(wrapped(said, width - MARK - 1, most))
        ]
        return [*rows, *[BLANK] * (most - len(rows))]

    return Item("empty", most, draw, heading=True)


def details(s: Situation, board: Board, key: Hashable, notes: Sequence[PrivateNote]) -> list[str]:
    """The chosen item in full; nothing if there is none."""
    o = s.outlook
    match board:
        case Board.ACTIONS:
            return actions.details(o, key)
        case Board.ISSUES:
            return issues.details(o, key)
        case Board.EXCHANGE:
            return exchange.details(o, key)
        case Board.SERIES:
            return series.details(o, key)
        case Board.QUESTIONS:
            return questions.details(o, key)
        case Board.NOTES:
            return private.details(o, notes, key)


def beside(lines: Sequence[str], width: int, most: int) -> list[Row]:
    """Details in a column of `width` cells, at most `most` lines."""
    folded = [part for line in "\n".join(lines).split("\n") for part in (wrapped(line, width, 200) or [""])]
    rows = [Row((Span(line),), (), ("beside", i)) for i, line in enumerate(folded[:most])]
    if len(folded) > most and rows:
        rows[-1] = Row((Span(_("… enter opens it"), Look.DIM),), (), ("beside", most))
    return rows
