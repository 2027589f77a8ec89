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
from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.types import CSSPathType
from textual.widgets import Static

from evenly_client.config import Config
from evenly_client.notes import Notes, PrivateNote
from evenly_client.outlook import Outlook
from evenly_client.peer import Notice, Peer, State, StateChanged
from evenly_client.screens import board_flows as bf
from evenly_client.screens import board_rows as rows
from evenly_client.screens import parts
from evenly_client.screens.board_flows import BoardFlow
from evenly_client.screens.board_rows import Board, Filter, Item
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.held import SETTLES_AFTER_S, HeldKeys, Press
from evenly_client.screens.hosting import BoardHost, Hosting, notes_of
from evenly_client.screens.keys import Keymap
from evenly_client.screens.looks import BLANK, GAP, Look, Row, Span, flowed
from evenly_client.screens.rows import Rows
from evenly_client.screens.series_flows import SERIES_FLOWS
from evenly_client.screens.situation import Situation

PAINT_EVERY_S: Final = 0.05
STATUS_LASTS_S: Final = 8.0
WIDE_FROM: Final = 100
SMALL_UP_TO: Final = 60
BESIDE: Final = 44
"""Cells of the column with the chosen item in full, its margins included."""

MOVING: Final = frozenset({"up", "down", "pageup", "pagedown", "home", "end"})
"""Keys that may be held down."""

OF_THE_SESSION: Final = ("answer", "raise_hand", "resume", "hold")
"""What the session's own keys do here too."""

KEYS: Final = (
    ("↑ ↓", "choose an item; page up, page down, home and end too"),
    ("enter", "open it: all of it, and what can be done with it"),
    ("tab", "the next board; shift+tab the one before; or 1 to 6"),
    ("a", "add something to this board; on the series: plan it"),
    ("f", "actions, exchange: what is shown"),
    ("r", "actions: the review, owner by owner"),
    ("t", "actions: type one for somebody else, to confirm"),
    ("m", "exchange: an ask is met"),
    ("k", "questions: keep those on my issue to me, or share"),
    ("s", "questions: all of them into my notes"),
    ("space h", "my hand, and the pause, as in the session"),
    ("esc b", "back to the session"),
)
"""What the help lists."""


class Below(Protocol):
    """What the boards need of the session's screen below them."""

    @property
    def peer(self) -> Peer:
        """The connection."""
        ...

    def situation(self) -> Situation:
        """This moment."""
        ...

    def press(self, name: str) -> None:
        """As if an action's key were pressed there."""
        ...


class BoardKeys(ModalScreen[None]):
    """The keys of the boards; closes with escape, `?` or enter."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["dialogs.tcss", "boards.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,enter,q", "close", "close", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(classes="dialog")

    def compose(self) -> ComposeResult:
        """A line a key."""
        with Vertical(classes="box wide"):
            yield Static("Keys on the boards", classes="title", markup=False)
            yield Static("\n".join(f" {key:<8} {words}" for key, words in KEYS), markup=False)
            yield Static("esc closes", classes="keys", markup=False)

    def action_close(self) -> None:
        """Back to the boards."""
        self.dismiss(None)


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


class Boards(Hosting):
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
        super().__init__(below.peer, notes if notes is not None else notes_of(below.peer, None))
        self._below = below
        self._keys = keys if keys is not None else Keymap(Config())
        self._clock = clock
        self._attention = attention
        self._board = board
        self._filters: dict[Board, Filter] = {}
        self._chosen: dict[Board, Hashable] = {}
        self._at: dict[Board, int] = {}
        self._top: dict[Board, int] = {}
        self._review: tuple[Hashable, bool] | None = None
        self._items: list[Item] = []
        self._listed_notes: list[PrivateNote] = []
        self._held = HeldKeys()
        self._painting: Timer | None = None
        self._status_timer: Timer | None = None
        self._state_since = clock()

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
        """Watches the peer from now on."""
        self.set_interval(1.0, self._second)
        self._unwatch = self._peer.watch(self._noticed)
        self._read_notes()
        self._mark()

    def on_unmount(self) -> None:
        """Watches no longer."""
        self._unwatch()

    def on_resize(self, event: events.Resize) -> None:
        """Wide, or small, or in between."""
        self.set_class(event.size.width >= WIDE_FROM, "-wide")
        self.set_class(event.size.width <= SMALL_UP_TO or event.size.height < 16, "-small")
        self._mark()

    # -- what is so now ------------------------------------------------------------------------------------------

    @property
    def board(self) -> Board:
        """The open board."""
        return self._board

    @property
    def chosen(self) -> Hashable:
        """What the chosen item is about; None for none."""
        return self._chosen.get(self._board)

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
            self._review = (moment, o.session is not None and o.session.phase.activity == bf.PROGRESS)
        return self._review[1]

    def _read_notes(self) -> None:
        self._listed_notes = self.notes.all()

    # -- painting ------------------------------------------------------------------------------------------------

    def _mark(self) -> None:
        if self._painting is None and self.is_mounted:
            self._painting = self.set_timer(PAINT_EVERY_S, self._paint)

    def _paint(self) -> None:
        self._painting = None
        if not self.is_running or not self.size.width:
            return
        s = self.situation()
        o = s.outlook
        width = self.size.width
        said = parts.Connection(self._peer.state, self._clock() - self._state_since, self._peer.saving)
        self._show("board_header", parts.header(o, said, width))
        self._show("live", [rows.live(s, width)])
        self._show("tabs", [rows.tabs(self._board, width)])
        self._show("attention", self._attention())
        self._paint_list(s, width)
        # What is chosen is known only now.
        self._show("keys", _footer(self._offers(s), width))

    def _paint_list(self, s: Situation, width: int) -> None:
        wide = self.has_class("-wide")
        small = self.has_class("-small")
        inside = width - (BESIDE if wide else 0)
        height = self.query_one("#board").size.height
        if height < 1:
            return
        review = self._reviewing(s.outlook)
        self._items = rows.items(
            s, self._board, self._filter, review=review, notes=self._listed_notes, lines=1 if small else 2
        )
        self._keep_chosen()
        top = self._scrolled(height)
        drawn = _in_sight(self._items, top, height, inside, self.chosen)
        self._show("list", [*drawn, *[BLANK] * (height - len(drawn))])
        total = sum(item.height for item in self._items)
        at = f"{top + 1}–{min(top + height, total)} of {total}" if total > height else ""
        self._show("heading", [rows.heading(s, self._board, self._filter, review=review, at=at)])
        if wide:
            whole = rows.details(s, self._board, self.chosen, self._listed_notes)
            shown = rows.beside(whole, BESIDE - 4, height)
            self._show("beside", [*shown, *[BLANK] * (height - len(shown))])

    def _show(self, part: str, shown: Sequence[Row]) -> None:
        self.query_one(f"#{part}", Rows).show(shown)

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

    def _second(self) -> None:
        """Once a second: the running clock alone, where one runs."""
        s = self.situation()
        o = s.outlook
        if self._peer.state is not State.LIVE:
            self._mark()
        elif o.session is not None and not o.held and o.floor.mode is not FloorMode.SILENCE and o.floor.turns:
            self._show("live", [rows.live(s, self.size.width)])

    def _noticed(self, notice: Notice) -> None:
        if isinstance(notice, StateChanged):
            self._state_since = self._clock()
        self._mark()

    # -- what flows need of it -----------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """A sentence in the status line; it goes by itself."""
        self._show("status", [Row((Span("  "), Span(text)), key="status")] if text else [])
        if self._status_timer is not None:
            self._status_timer.stop()
        self._status_timer = self.set_timer(STATUS_LASTS_S, self._unsay) if text else None
        self._mark()

    def _unsay(self) -> None:
        self.say("")

    def do(self, command: Command, id: bytes = b"") -> None:
        """Sends a command; the flows say its refusal."""
        self._peer.send(command, id)
        if self._peer.state is not State.LIVE:
            self.say("Kept: it is sent when the connection is back.")
        self._mark()

    # -- what can be done now ------------------------------------------------------------------------------------

    def _offers(self, s: Situation) -> list[tuple[str, str]]:
        """The keys that do something now, with a word each, the most needed first."""
        found: list[tuple[str, str]] = []
        if self.chosen is not None:
            found.append(("enter", "opens"))
        if self._add(s) is not None:
            found.append(("a", "plan" if self._board is Board.SERIES else "add"))
        match self._board:
            case Board.ACTIONS:
                found.append(("r", "everything" if self._reviewing(s.outlook) else "review"))
                if not self._reviewing(s.outlook):
                    found.append(("f", "filter"))
                if bf.does_now("add_action_for", s):
                    found.append(("t", "type for somebody"))
            case Board.EXCHANGE:
                found.append(("f", "filter"))
                if bf.does_now("ask_met", s):
                    found.append(("m", "met"))
            case Board.QUESTIONS:
                if bf.does_now("keep_questions", s):
                    found.append(("k", "keep or share"))
                if bf.does_now("save_questions", s):
                    found.append(("s", "into my notes"))
            case _:
                pass
        return found

    def _add(self, s: Situation) -> BoardFlow | None:
        match self._board:
            case Board.ACTIONS if bf.does_now("add_action", s):
                return bf.add_action
            case Board.ISSUES if bf.does_now("bring_issue", s):
                return bf.bring_issue
            case Board.EXCHANGE if bf.does_now("add_ask", s):
                return bf.add_post
            case Board.SERIES if bf.plans_now(s):
                return SERIES_FLOWS["plan_series"]
            case Board.NOTES if bf.does_now("private_note", s):
                return bf.private_note
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
        now = self._clock()
        match self._held.press(key, now):
            case Press.ACT:
                self._pressed_key(key, character)
            case Press.WAIT:

                def settle() -> None:
                    if self._held.settled(key, now, self._clock()) and self.is_current:
                        self._pressed_key(key, character)

                self.set_timer(SETTLES_AFTER_S, settle)
            case Press.REPEAT:
                pass

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
                self.show_board(rows.board_with(int(number)))
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
            case ("t", Board.ACTIONS) if bf.does_now("add_action_for", s):
                self._run(bf.add_action_for)
            case ("m", Board.EXCHANGE) if bf.does_now("ask_met", s):
                self._run(bf.ask_met)
            case ("k", Board.QUESTIONS) if bf.does_now("keep_questions", s):
                self._run(bf.keep_questions)
            case ("s", Board.QUESTIONS) if bf.does_now("save_questions", s):
                self._run(bf.save_questions)
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
            self._run(lambda host: bf.open_planned(host, chosen))
        elif isinstance(chosen, bytes):
            if self._board is Board.ACTIONS:
                self._run(lambda host: bf.open_action(host, chosen, review=review))
            else:
                opens = _OPENS[self._board]
                self._run(lambda host: opens(host, chosen))

    async def _ask_filter(self) -> None:
        now = self._filter
        choices = self._filters_of_actions() if self._board is Board.ACTIONS else _filters_of_posts()
        wanted = await self.choose(
            "What is shown?",
            [Choice(each, words, "now" if each == now else "", key) for each, words, key in choices],
        )
        if wanted is not None:
            self._filters[self._board] = wanted
            self._top[self._board] = 0

    def _filters_of_actions(self) -> list[tuple[Filter, str, str]]:
        o = self.situation().outlook
        owners = sorted({a.owner for a in o.room.actions if a.owner != o.seat})
        people = [(Filter("seat", n), f"of {o.name(n)}", "") for n in owners]
        return [
            (Filter(), "everybody’s", "1"),
            (Filter("mine"), "mine", "2"),
            (Filter("due"), "due by the next session", "3"),
            *people,
        ]

    @on(Rows.Pressed)
    def _clicked(self, event: Rows.Pressed) -> None:
        event.stop()
        name, _, number = event.action.partition(":")
        if name == "board":
            self.show_board(rows.board_with(int(number)))
        elif name == "key":
            self._pressed_key(number, number)
        elif event.action == "answer":
            self._below.press("answer")
        elif isinstance(event.key, rows.At) and event.key.item in self._keys_listed():
            again = event.key.item == self.chosen
            self._chosen[self._board] = event.key.item
            if again:
                self._open()
            self._mark()


def _filters_of_posts() -> list[tuple[Filter, str, str]]:
    kinds = [(Filter(kind), rows.POST_WORDS[kind][1], str(number)) for number, kind in enumerate(PostKind, 2)]
    return [(Filter(), "everything", "1"), *kinds]


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


def _footer(found: Sequence[tuple[str, str]], width: int) -> list[Row]:
    """The keys that do something; how one gets on and back always has its place."""
    tail = [_key(key, word) for key, word in (("tab", "board"), ("?", "keys"), ("esc", "session"))]
    room = width - 1 + GAP - sum(_cells(item) + GAP for item in tail)
    kept: list[tuple[Span, ...]] = []
    for item in (_key(key, word) for key, word in found):
        if _cells(item) + GAP <= room:
            kept.append(item)
            room -= _cells(item) + GAP
    return flowed([*kept, *tail], width, 1) or [BLANK]


def _cells(item: tuple[Span, ...]) -> int:
    return sum(cell_len(span.text) for span in item)


def _key(key: str, word: str) -> tuple[Span, ...]:
    return (Span(key, Look.KEY, f"key:{key}"), Span(f" {word}", Look.PLAIN, f"key:{key}"))


_LETTERS: Final = frozenset("afrtmksb?123456")
_NAMED: Final = frozenset({"tab", "shift+tab", "enter", "escape"})

_OPENS: Final[dict[Board, Callable[[BoardHost, bytes], Awaitable[None]]]] = {
    Board.ISSUES: bf.open_issue,
    Board.EXCHANGE: bf.open_post,
    Board.QUESTIONS: bf.open_question,
    Board.NOTES: bf.open_note,
}
