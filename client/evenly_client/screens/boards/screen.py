"""The boards: actions, issues, the exchange, the series, questions and my notes, over a session that goes on.

One line says how the session stands, and unmistakably when it is my turn. What happened only marks the screen; it is
painted at most 20 times a second, and of a list only what is in sight is opened. The chosen item stays chosen while
others come and go.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import ClassVar, Final, Protocol

from evenly_protocol.facts import Command
from evenly_protocol.words import FloorMode, PostKind
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from evenly_client.config import Config
from evenly_client.notes import Notes, PrivateNote
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer, State
from evenly_client.screens import parts
from evenly_client.screens.boards import shown
from evenly_client.screens.boards.action_flows import PROGRESS, add_action, add_action_for, open_action
from evenly_client.screens.boards.asking import BoardFlow
from evenly_client.screens.boards.exchange import POST_WORDS, add_post, ask_met, open_post
from evenly_client.screens.boards.flows import does_now, plans_now
from evenly_client.screens.boards.issues import bring_issue, open_issue
from evenly_client.screens.boards.items import At, Board, Filter, Item
from evenly_client.screens.boards.keys import BoardKeys, footer
from evenly_client.screens.boards.live import live
from evenly_client.screens.boards.notes import open_note, private_note
from evenly_client.screens.boards.questions import keep_questions, open_question, save_questions
from evenly_client.screens.boards.series import open_planned
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.drafts import Drafts
from evenly_client.screens.hosting import KEPT, BoardHost, notes_of
from evenly_client.screens.keys import Keymap
from evenly_client.screens.looks import BLANK, Row
from evenly_client.screens.rows import Rows
from evenly_client.screens.series.planning import plan_series
from evenly_client.screens.situation import Situation
from evenly_client.screens.watching import Watching
from evenly_client.translation import _, pgettext

BESIDE: Final = 44
"""Cells of the column with the chosen item in full, its margins included."""

MOVING: Final = frozenset({"up", "down", "pageup", "pagedown", "home", "end"})
"""Keys that may be held down."""

OF_THE_SESSION: Final = ("answer", "raise_hand", "resume", "hold")
"""What the session's own keys do here too."""


class Below(Protocol):
    """What the boards need of the session's screen below them."""

    @property
    def peer(self) -> Peer:
        """The connection."""
        ...

    @property
    def drafts(self) -> Drafts:
        """What is half-typed."""
        ...

    def situation(self) -> Situation:
        """This moment."""
        ...

    def press(self, name: str) -> None:
        """As if an action's key were pressed there."""
        ...

    def use_format(self, name: str) -> None:
        """The format that the sessions of this room have from now on, on this machine."""
        ...


class Space(Horizontal):
    """The place of the list; says when its size has changed."""

    def __init__(self, resized: Callable[[], None]) -> None:
        super().__init__(id="board")
        self._resized = resized

    def on_resize(self, event: events.Resize) -> None:
        """A line of notice has come or gone, or the terminal has another size."""
        self._resized()


class Listed(Rows):
    """The list; the wheel moves what is chosen."""

    def __init__(self, move: Callable[[int], None]) -> None:
        super().__init__([BLANK], id="list")
        self._move = move

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Down."""
        event.stop()
        self._move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Up."""
        event.stop()
        self._move(-1)


class Boards(Watching):
    """One member's view of the boards, and what they do on them."""

    CSS_PATH = "boards.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(
        self,
        below: Below,
        *,
        keys: Keymap | None = None,
        notes: Notes | None = None,
        clock: Callable[[], float] = time.monotonic,
        attention: Callable[[], list[Row]] = list,
        board: Board = Board.ACTIONS,
    ) -> None:
        """Over the session's screen `below`. `attention`: its line of what waits for an answer. `clock`: seconds.

        Without `notes` (the store's, by `notes_of`), notes are kept as long as this screen is there.
        """
        super().__init__(below.peer, notes if notes is not None else notes_of(below.peer, None), below.drafts, clock)
        self._below = below
        self._keys = keys if keys is not None else Keymap(Config())
        self._attention = attention
        self._board = board
        self._filters: dict[Board, Filter] = {}
        self._chosen: dict[Board, Hashable] = {}
        self._at: dict[Board, int] = {}
        self._top: dict[Board, int] = {}
        self._review: tuple[Hashable, bool] | None = None
        self._items: list[Item] = []
        self._listed_notes: list[PrivateNote] = []

    def compose(self) -> ComposeResult:
        """The session in two lines, the boards' names, a list with the chosen item beside it, the keys."""
        yield Rows(id="board_header")
        yield Rows([BLANK], id="live")
        yield Rows([BLANK], id="tabs")
        yield Rows([BLANK], id="heading")
        with Space(self._mark):
            yield Listed(self._move)
            yield Rows([BLANK], id="beside")
        with Vertical(id="board_bottom"):
            yield Rows(id="attention")
            yield Rows(id="status")
            yield Rows(id="keys")

    def on_mount(self) -> None:
        """My notes are read once."""
        self._read_notes()

    # -- what is so now ------------------------------------------------------------------------------------------

    @property
    def board(self) -> Board:
        """The open board."""
        return self._board

    @property
    def chosen(self) -> Hashable:
        """What the chosen item is about; None for none."""
        return self._chosen.get(self._board)

    def use_format(self, name: str) -> None:
        """The format that the sessions of this room have from now on, on this machine."""
        self._below.use_format(name)

    def situation(self) -> Situation:
        """This moment, as on the session's screen."""
        return self._below.situation()

    @property
    def _filter(self) -> Filter:
        return self._filters.get(self._board, Filter())

    def _reviewing(self, o: Outlook) -> bool:
        """Where the phase is for looking back, that is what the actions show, unless it was switched."""
        if self._board is not Board.ACTIONS:
            return False
        moment: Hashable = None if o.session is None else (o.session.number, o.session.phase_index)
        if self._review is None or self._review[0] != moment:
            self._review = (moment, o.session is not None and o.session.phase.activity == PROGRESS)
        return self._review[1]

    def _read_notes(self) -> None:
        self._listed_notes = self.notes.all()

    # -- painting ------------------------------------------------------------------------------------------------

    def paint(self, changed: set[str]) -> None:
        """Paints all of it."""
        s = self.situation()
        width = self.size.width
        self._show("board_header", parts.header(s.outlook, self.connection(), width))
        self._show("live", [live(s, width)])
        self._show("tabs", [shown.tabs(self._board, width)])
        self._show("attention", self._attention())
        self._paint_list(s, width)
        # What is chosen is known only now.
        self._show("keys", footer(self._offers(s), width))

    def _paint_list(self, s: Situation, width: int) -> None:
        wide = self.wide
        small = self.has_class("-small")
        inside = width - (BESIDE if wide else 0)
        height = self.query_one("#board").size.height
        if height < 1:
            return
        review = self._reviewing(s.outlook)
        self._items = shown.items(
            s, self._board, self._filter, review=review, notes=self._listed_notes, lines=1 if small else 2
        )
        self._keep_chosen()
        top = self._scrolled(height)
        drawn = _in_sight(self._items, top, height, inside, self.chosen)
        self._show("list", [*drawn, *[BLANK] * (height - len(drawn))])
        total = sum(item.height for item in self._items)
        last = min(top + height, total)
        # Translators: which lines of a list are in sight, of how many.
        at = _("{first}–{last} of {n}").format(first=top + 1, last=last, n=total) if total > height else ""
        self._show("heading", [shown.heading(s, self._board, self._filter, review=review, at=at)])
        if wide:
            whole = shown.details(s, self._board, self.chosen, self._listed_notes)
            beside = shown.beside(whole, BESIDE - 4, height)
            self._show("beside", [*beside, *[BLANK] * (height - len(beside))])

    def _keys_listed(self) -> list[Hashable]:
        return [item.key for item in self._items if not item.heading]

    def _keep_chosen(self) -> None:
        """The chosen item stays chosen; if it is gone, the one that stands where it stood."""
        keys = self._keys_listed()
        if not keys:
            self._chosen[self._board] = None
            return
        if self.chosen not in keys:
            at = self._at.get(self._board, 0)
            self._chosen[self._board] = keys[min(at, len(keys) - 1)]
        self._at[self._board] = keys.index(self.chosen)

    def _scrolled(self, height: int) -> int:
        """The first line in sight: as it was, unless the chosen item would not be seen whole."""
        total = sum(item.height for item in self._items)
        top = min(self._top.get(self._board, 0), max(0, total - height))
        line = 0
        for index, item in enumerate(self._items):
            if item.key == self.chosen and not item.heading:
                headed = index > 0 and self._items[index - 1].heading
                first = line - (self._items[index - 1].height if headed else 0)
                if first < top:
                    top = first
                elif line + item.height > top + height:
                    top = line + item.height - height
                break
            line += item.height
        self._top[self._board] = max(0, top)
        return self._top[self._board]

    def second(self) -> None:
        """The running clock alone, where one runs."""
        s = self.situation()
        o = s.outlook
        if self._peer.state is not State.LIVE:
            self._mark()
        elif o.session is not None and not o.held and o.floor.mode is not FloorMode.SILENCE and o.floor.turns:
            self._show("live", [live(s, self.size.width)])

    # -- what flows need of it -----------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """A sentence in the status line; the list has the other lines."""
        super().say(text)
        self._mark()

    def do(self, command: Command, id: bytes = b"") -> None:
        """Sends a command; the flows say its refusal."""
        self._peer.send(command, id)
        if self._peer.state is not State.LIVE:
            self.say(KEPT)
        self._mark()

    # -- what can be done now ------------------------------------------------------------------------------------

    def _offers(self, s: Situation) -> list[tuple[str, str]]:
        """The keys that do something now, with a word each, the most needed first."""
        found: list[tuple[str, str]] = []
        if self.chosen is not None:
            found.append(("enter", pgettext("key", "opens")))
        if self._add(s) is not None:
            found.append(("a", pgettext("key", "plan") if self._board is Board.SERIES else pgettext("key", "add")))
        match self._board:
            case Board.ACTIONS:
                if self._reviewing(s.outlook):
                    found.append(("r", pgettext("key", "everything")))
                else:
                    found += [("r", pgettext("key", "review")), ("f", pgettext("key", "filter"))]
                if does_now("add_action_for", s):
                    found.append(("t", pgettext("key", "type for somebody")))
            case Board.EXCHANGE:
                found.append(("f", pgettext("key", "filter")))
                if does_now("ask_met", s):
                    found.append(("m", pgettext("key", "met")))
            case Board.QUESTIONS:
                if does_now("keep_questions", s):
                    found.append(("k", pgettext("key", "keep or share")))
                if does_now("save_questions", s):
                    found.append(("s", pgettext("key", "into my notes")))
            case _:
                pass
        return found

    def _add(self, s: Situation) -> BoardFlow | None:
        match self._board:
            case Board.ACTIONS if does_now("add_action", s):
                return add_action
            case Board.ISSUES if does_now("bring_issue", s):
                return bring_issue
            case Board.EXCHANGE if does_now("add_ask", s):
                return add_post
            case Board.SERIES if plans_now(s):
                return plan_series
            case Board.NOTES if does_now("private_note", s):
                return private_note
            case _:
                return None

    # -- keys ----------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """The boards' keys, and those of the session that work here too. A held key is one press."""
        if not self._known(event.key, event.character):
            return
        event.stop()
        event.prevent_default()
        key, character = event.key, event.character
        if key in MOVING:
            self._pressed_key(key, character)
            return
        self.once(key, lambda: self._pressed_key(key, character))

    def _known(self, key: str, character: str | None) -> bool:
        return key in MOVING or key in _NAMED or (character or "") in _LETTERS or bool(self._of_session(key, character))

    def _of_session(self, key: str, character: str | None) -> list[str]:
        names = {action.name for action in self._keys.actions(key, character)}
        return [name for name in OF_THE_SESSION if name in names]

    def _pressed_key(self, key: str, character: str | None) -> None:
        match character if character in _LETTERS else key:
            case "up" | "down":
                self._move(1 if key == "down" else -1)
            case "pageup" | "pagedown":
                page = max(1, self.query_one("#board").size.height // 2 - 1)
                self._move(page if key == "pagedown" else -page)
            case "home" | "end":
                self._move(len(self._items) if key == "end" else -len(self._items))
            case "tab" | "shift+tab":
                boards = list(Board)
                step = 1 if key == "tab" else -1
                self.show_board(boards[(boards.index(self._board) + step) % len(boards)])
            case "1" | "2" | "3" | "4" | "5" | "6" as number:
                self.show_board(shown.board_with(int(number)))
            case "escape" | "b":
                self.dismiss(None)
            case "enter":
                self._open()
            case "?":
                self._program.push_screen(BoardKeys())
            case str() as letter if letter in _LETTERS:
                self._letter(letter)
            case _:
                self._press_below(key, character)

    def _press_below(self, key: str, character: str | None) -> None:
        s = self.situation()
        names = self._of_session(key, character)
        if "resume" in names and "hold" in names:
            names.remove("hold" if s.outlook.held else "resume")
        if names:
            self._below.press(names[0])
            self._mark()

    def _letter(self, letter: str) -> None:
        s = self.situation()
        match (letter, self._board):
            case ("a", _):
                add = self._add(s)
                if add is not None:
                    self._run(add)
            case ("f", Board.ACTIONS | Board.EXCHANGE):
                self._run(lambda _: self._ask_filter())
            case ("r", Board.ACTIONS):
                now = self._reviewing(s.outlook)
                self._review = (self._review[0] if self._review is not None else None, not now)
                self._top[self._board] = 0
            case ("t", Board.ACTIONS) if does_now("add_action_for", s):
                self._run(add_action_for)
            case ("m", Board.EXCHANGE) if does_now("ask_met", s):
                self._run(ask_met)
            case ("k", Board.QUESTIONS) if does_now("keep_questions", s):
                self._run(keep_questions)
            case ("s", Board.QUESTIONS) if does_now("save_questions", s):
                self._run(save_questions)
            case _:
                pass
        self._mark()

    def show_board(self, board: Board) -> None:
        """Opens a board."""
        self._board = board
        if board is Board.NOTES:
            self._read_notes()
        self._mark()

    def _move(self, step: int) -> None:
        keys = self._keys_listed()
        if not keys:
            return
        at = keys.index(self.chosen) if self.chosen in keys else 0
        self._chosen[self._board] = keys[max(0, min(len(keys) - 1, at + step))]
        if self.chosen == keys[0]:
            self._top[self._board] = 0
        self._mark()

    # -- opening and filtering -----------------------------------------------------------------------------------

    def _run(self, flow: BoardFlow) -> None:
        self.run_worker(self._flow(flow), group="flow", exclusive=True)

    async def _flow(self, flow: BoardFlow) -> None:
        await flow(self)
        self._read_notes()
        self._mark()

    def _open(self) -> None:
        chosen = self.chosen
        review = self._reviewing(self.situation().outlook)
        if self._board is Board.SERIES:
            self._run(lambda host: open_planned(host, chosen))
        elif isinstance(chosen, bytes):
            if self._board is Board.ACTIONS:
                self._run(lambda host: open_action(host, chosen, review=review))
            else:
                opens = _OPENS[self._board]
                self._run(lambda host: opens(host, chosen))

    async def _ask_filter(self) -> None:
        now = self._filter
        choices = self._filters_of_actions() if self._board is Board.ACTIONS else _filters_of_posts()
        wanted = await self.choose(
            _("What is shown?"),
            [
                Choice(each, words, pgettext("choice", "now") if each == now else "", key)
                for each, words, key in choices
            ],
        )
        if wanted is not None:
            self._filters[self._board] = wanted
            self._top[self._board] = 0

    def _filters_of_actions(self) -> list[tuple[Filter, str, str]]:
        o = self.situation().outlook
        owners = sorted({a.owner for a in o.room.actions if a.owner != o.seat})
        people = [(Filter("seat", n), pgettext("actions", "of {name}").format(name=o.name(n)), "") for n in owners]
        return [
            (Filter(), shown.ACTIONS_SHOWN["all"], "1"),
            (Filter("mine"), shown.ACTIONS_SHOWN["mine"], "2"),
            (Filter("due"), shown.ACTIONS_SHOWN["due"], "3"),
            *people,
        ]

    @on(Rows.Pressed)
    def _clicked(self, event: Rows.Pressed) -> None:
        event.stop()
        name, _, number = event.action.partition(":")
        if name == "board":
            self.show_board(shown.board_with(int(number)))
        elif name == "key":
            self._pressed_key(number, number)
        elif event.action == "answer":
            self._below.press("answer")
        elif isinstance(event.key, At) and event.key.item in self._keys_listed():
            again = event.key.item == self.chosen
            self._chosen[self._board] = event.key.item
            if again:
                self._open()
            self._mark()


def _filters_of_posts() -> list[tuple[Filter, str, str]]:
    kinds = [(Filter(kind), POST_WORDS[kind].several, str(number)) for number, kind in enumerate(PostKind, 2)]
    return [(Filter(), _("everything"), "1"), *kinds]


def _in_sight(items: Sequence[Item], top: int, height: int, width: int, chosen: Hashable) -> list[Row]:
    """The lines from `top` on, at most `height`; only items of which a line is seen are drawn."""
    found: list[Row] = []
    line = 0
    for item in items:
        if line >= top + height:
            break
        if line + item.height > top:
            drawn = item.draw(width, not item.heading and item.key == chosen)
            found += drawn[max(0, top - line) : top + height - line]
        line += item.height
    return found


_LETTERS: Final = frozenset("afrtmksb?123456")
_NAMED: Final = frozenset({"tab", "shift+tab", "enter", "escape"})

_OPENS: Final[dict[Board, Callable[[BoardHost, bytes], Awaitable[None]]]] = {
    Board.ISSUES: open_issue,
    Board.EXCHANGE: open_post,
    Board.QUESTIONS: open_question,
    Board.NOTES: open_note,
}
