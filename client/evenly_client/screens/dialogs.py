"""Questions that are put over the screen: choose one, write a line, the list of commands.

A dialog that could be answered by a key meant for something else takes none before 0.6 s without a key have gone by
(`Armed`, looked after by the app). In a text field letters are text, and nothing takes its focus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from evenly_client.screens.armed import Armed
from evenly_client.screens.options import Options
from evenly_client.text import clean
from evenly_client.translation import _

CHOOSE_KEYS: Final = _("↑↓ and enter choose · esc closes")
Value = TypeVar("Value")


class Field(Input):
    """A line of text; what is pasted into it is cleaned first."""

    def on_paste(self, event: events.Paste) -> None:
        """Takes the cleaned text, all lines of it as one."""
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(clean(event.text))


@dataclass(frozen=True)
class Choice(Generic[Value]):
    """One answer. `key`: a character that chooses it at once; `hint`: what stands behind it."""

    value: Value
    text: str
    hint: str = ""
    key: str = ""

    @property
    def content(self) -> Content:
        """As it is shown."""
        key = Content.styled(f" {self.key:>2}  ", "bold $accent") if self.key else Content("     ")
        hint = Content.styled(f"  {self.hint}", "$foreground 70%") if self.hint else Content("")
        return Content("").join([key, Content(self.text), hint])


class Choose(Armed[Value | None], ModalScreen[Value | None], Generic[Value]):
    """One of several; None when it is closed without an answer."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def __init__(self, title: str, choices: Sequence[Choice[Value]], *, body: str = "") -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._body = body
        self._choices = list(choices)

    def compose(self) -> ComposeResult:
        """A title, what it is about, the answers."""
        with Vertical(classes="box"):
            yield Static(self._title, classes="title", markup=False)
            if self._body:
                yield Static(self._body, classes="body", markup=False)
            yield Options(*(Option(c.content) for c in self._choices), markup=False, compact=True)
            yield Static(CHOOSE_KEYS, classes="keys", markup=False)

    def action_close(self) -> None:
        """No answer."""
        self.dismiss(None)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._choices[event.option_index].value)

    def on_key(self, event: events.Key) -> None:
        """A choice's own key chooses it."""
        for choice in self._choices:
            if choice.key and choice.key == event.character:
                event.stop()
                self.dismiss(choice.value)
                return


class Write(ModalScreen[str | None]):
    """A line of text; None when it is closed without one. `empty`: an empty line is an answer too."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def __init__(
        self, title: str, *, body: str = "", value: str = "", placeholder: str = "", empty: bool = False
    ) -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._body = body
        self._value = value
        self._placeholder = placeholder
        self._empty = empty

    def compose(self) -> ComposeResult:
        """A title, what it is about, the field."""
        with Vertical(classes="box"):
            yield Static(self._title, classes="title", markup=False)
            if self._body:
                yield Static(self._body, classes="body", markup=False)
            yield Field(self._value, placeholder=self._placeholder, compact=True, select_on_focus=False)
            keys = _("enter keeps it · esc closes")
            if self._empty:
                keys = _("enter keeps it, an empty line takes it away · esc closes")
            yield Static(keys, classes="keys", markup=False)

    def action_close(self) -> None:
        """No text."""
        self.done(None)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = clean(event.value)
        self.done(text if text or self._empty else None)

    def done(self, text: str | None) -> None:
        """Closes it with this text, or None for none."""
        self.dismiss(text)


@dataclass(frozen=True)
class Entry:
    """A line of the list of commands. `now`: it does something at this moment."""

    name: str
    text: str
    key: str
    now: bool
    argument: int = 0


class Commands(ModalScreen[Entry | None]):
    """All commands, found by any of their words; those that do something now stand first."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
    ]

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__(classes="dialog")
        self._all = sorted(entries, key=lambda entry: not entry.now)
        self._shown = self._all

    def compose(self) -> ComposeResult:
        """A field to search in, and the list."""
        with Vertical(classes="box wide"):  # no words: style classes
            yield Field(placeholder=_("what would you like to do?"), compact=True)
            yield Options(*self._options(), markup=False, compact=True)
            yield Static(_("↑↓ and enter · esc closes"), classes="keys", markup=False)

    def on_mount(self) -> None:
        """The first is chosen, and the field has the keys for good."""
        found = self.query_one(OptionList)
        found.can_focus = False
        found.highlighted = 0 if self._shown else None
        self.query_one(Field).focus()

    def _options(self) -> list[Option]:
        return [Option(_line(entry)) for entry in self._shown]

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        words = event.value.casefold().split()
        self._shown = _found(self._all, words)
        found = self.query_one(OptionList)
        found.clear_options()
        nothing = Option(_("Nothing is called that. Try another word."), disabled=True)
        found.add_options(self._options() or [nothing])
        found.highlighted = 0 if self._shown else None

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        at = self.query_one(OptionList).highlighted
        if at is not None and at < len(self._shown):
            self.dismiss(self._shown[at])

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._shown[event.option_index])

    def action_close(self) -> None:
        """Nothing."""
        self.dismiss(None)

    def action_move(self, step: int) -> None:
        """The chosen line moves; the field keeps the keys."""
        found = self.query_one(OptionList)
        if step < 0:
            found.action_cursor_up()
        else:
            found.action_cursor_down()


def _found(entries: Sequence[Entry], words: Sequence[str]) -> list[Entry]:
    """Those with all the words in what they say or are called; first what does something now, and has them as typed."""
    typed = " ".join(words)
    found = [e for e in entries if all(w in f"{e.text} {e.name}".casefold() for w in words)]
    return sorted(found, key=lambda e: (not e.now, typed not in e.text.casefold()))


def _line(entry: Entry) -> Content:
    key = Content.styled(f" {entry.key:<7}", "bold $accent")
    if entry.now:
        return Content("").join([key, Content(entry.text)])
    # Translators: {command} is the title of a command that would do nothing at present
    text = _("{command}  (not just now)").format(command=entry.text)
    return Content("").join([key, Content.styled(text, "$foreground 60%")])
