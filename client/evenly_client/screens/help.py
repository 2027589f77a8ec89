"""The help: made of the table of keys, and a few sentences."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from evenly_client.checkins.wording import PROMISE
from evenly_client.screens.keys import ACTIONS, Action, Keymap
from evenly_client.translation import _

SENTENCES: Final = (
    _("Evenly keeps the order of speaking, so that nobody has to ask for room. Ignore it, and the session goes on."),
    _("The queue puts whoever has been heard least first; each place says why it is where it is."),
    _("In free talk the same key says that you are speaking, or have stopped; several may at once."),
    _(
        "Your own air time is for you (i). Facilitators and whoever marks the speaker see everybody's, in seat order,"
        " never sorted by it. That is a courtesy of the screen: the log on each machine holds the turns. A group can"
        " choose that everybody sees everybody's."
    ),
    _("A pause (h) stops everything for everybody; who pressed it is neither shown nor recorded."),
    _("If the connection goes, what you do is kept and sent when it is back. A half-typed text is kept too."),
    # Translators: {promise} is a sentence or two on who sees what of an answer
    _("Check-ins (k, ctrl+g): {promise}").format(promise=PROMISE),
    _(
        "What a check-in does not hide: a result in which all say the same; much among three or four; your style in"
        " words of your own; who was there, and how many abstained. And nobody can help it if several put their"
        " answers together, if a program was changed or a screen is shared, or if the words were never compared."
    ),
    _('Keys can be changed in config.toml: [keys] and a line like raise_hand = "f".'),
)


class Help(ModalScreen[None]):
    """Closes with escape, `?` or enter."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,enter,q", "close", show=False),
        Binding("space,pagedown", "scroll(1)", show=False),
        Binding("up", "line(-1)", show=False),
        Binding("down", "line(1)", show=False),
    ]

    def __init__(self, keys: Keymap, *, leads: bool) -> None:
        super().__init__(classes="dialog")
        self._keys = keys
        self._leads = leads

    def compose(self) -> ComposeResult:
        """One long text that can be scrolled."""
        with Vertical(classes="box wide"):  # no words: style classes
            with VerticalScroll(classes="scroll", can_focus=False):
                yield Static(help_text(self._keys, leads=self._leads), markup=False)
            yield Static(_("↑↓ scroll · esc closes"), classes="keys", markup=False)

    def action_close(self) -> None:
        """Back to the session."""
        self.dismiss(None)

    def action_scroll(self, pages: int) -> None:
        """A page further."""
        self.query_one(VerticalScroll).scroll_page_down(animate=False)

    def action_line(self, lines: int) -> None:
        """A line up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def help_text(keys: Keymap, *, leads: bool) -> Content:
    """The keys of everybody, those of facilitators (first, for them), and the sentences."""
    mine = _table(_("Keys for everybody"), [a for a in ACTIONS if not a.leads], keys)
    leading = _table(_("Keys for whoever leads"), [a for a in ACTIONS if a.leads], keys)
    parts = [leading, mine] if leads else [mine, leading]
    sentences = Content("\n\n").join([Content(sentence) for sentence in SENTENCES])
    listed = Content(_("Everything else is behind : (all commands), in words."))
    return Content("\n\n").join([*parts, listed, sentences])


def _table(title: str, actions: list[Action], keys: Keymap) -> Content:
    lines = [Content.styled(title, "bold")]
    for action in actions:
        names = keys.keys(action.name)
        if not names:
            continue
        written = "1…8 0" if action.name == "who_speaks" and names[:1] == ("1",) else " ".join(names)
        lines.append(Content("").join([Content.styled(f"  {written:<10}", "bold $accent"), Content(action.title)]))
    return Content("\n").join(lines)
