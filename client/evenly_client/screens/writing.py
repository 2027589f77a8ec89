"""The line in which words for a hand, or an action, are typed: its draft is kept, and nothing takes its focus."""

from __future__ import annotations

from typing import Final, Protocol

from evenly_protocol import hands
from evenly_protocol.actions import AddAction
from evenly_protocol.refusals import Refusal
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import FloorMode
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from evenly_client.asking import question_hint
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer, State
from evenly_client.screens import deeds, flows
from evenly_client.screens.dialogs import Field
from evenly_client.screens.drafts import DRAFT_KEPT_AFTER_S, Drafts
from evenly_client.sealing import TextTooLong
from evenly_client.translation import _, pgettext

ACTION: Final = "action"
WORDS: Final = "words"
"""What is typed, and the kinds of its drafts."""

COMMITTING: Final = ("actions", "commitments")
"""The activities in which everybody says what they will do."""


class Writing(Horizontal):
    """The field, shown while something is typed.

    Attributes:
        typing: it is open.
        what: `words` for a hand, or an `action`.
        into: the hand that the words are for; empty for a new one.
        owner: whose action it is.
        hinted: the words that a hint was given on.
    """

    class Written(Message):
        """Enter was pressed."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    def __init__(self, drafts: Drafts) -> None:
        super().__init__(id="writing")
        self.typing = False
        self.what = WORDS
        self.into = b""
        self.owner = 0
        self.hinted = ""
        self._drafts = drafts
        self._draft_timer: Timer | None = None
        self._label = Static(markup=False)
        self._field = Field(compact=True, select_on_focus=False)
        self._field.can_focus = False

    def compose(self) -> ComposeResult:
        """What it is, and the field."""
        yield self._label
        yield self._field

    def on_unmount(self) -> None:
        """A half-typed text is kept."""
        self.keep_draft()

    def open(self, into: bytes, words: str) -> None:
        """Takes the keys. The draft stands there, or else the `words` that the hand has."""
        self.into = into
        # Translators: the name of a part of the screen, at most 8 cells
        self._take(WORDS, pgettext("label", "WORDS"), _("what is it about? (optional)"), words)

    def open_action(self, owner: int, whose: str) -> None:
        """Takes the keys for something that a seat will do; `whose`: a name, empty for oneself."""
        self.owner = owner
        # Translators: the name of a part of the screen, at most 8 cells
        self._take(ACTION, whose[:8] or pgettext("label", "I WILL"), _("by next session I will …"), "")

    def _take(self, what: str, label: str, placeholder: str, words: str) -> None:
        self.what = what
        self._label.update(f"  {label}")
        self._field.placeholder = placeholder
        # What has come back may have several lines.
        text = " ".join(self._drafts.text(what).splitlines()) or words
        self._field.value = text
        self._field.cursor_position = len(text)
        self.display = self.typing = True
        self._field.can_focus = True
        self._field.focus()

    def close(self) -> None:
        """Gives the keys back; what was typed is kept."""
        self.keep_draft()
        self.display = self.typing = False
        self._field.can_focus = False
        self.screen.set_focus(None)

    def empty(self) -> None:
        """The words are where they should be: the draft is not needed any more."""
        self._field.value = ""
        self.keep_draft()

    def keep_draft(self) -> None:
        """Keeps what stands in the open field."""
        if self._draft_timer is not None:
            self._draft_timer.stop()
        self._draft_timer = None
        if not self.typing:
            return
        self._drafts.keep(self.what, self._field.value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._draft_timer is None and self.typing:
            self._draft_timer = self.set_timer(DRAFT_KEPT_AFTER_S, self.keep_draft)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Written(event.value.strip()))


class Host(flows.Host, Protocol):
    """What giving words to a hand needs of the screen."""

    @property
    def drafts(self) -> Drafts:
        """What is half-typed."""
        ...

    def on_its_way(self, id: bytes) -> bool:
        """Whether the server has not answered this command yet."""
        ...


def commits_in(o: Outlook) -> bytes:
    """The id of my turn in a phase in which everybody says what they will do; empty for none."""
    mine = o.my_turn()
    if o.session is None or mine is None or o.floor.mode is FloorMode.OPEN:
        return b""
    return mine.id if o.session.phase.activity in COMMITTING else b""


def put(host: Host, writing: Writing, text: str) -> bool:
    """Puts what was typed where it should be. False: it stays in the field; a question may be given a hint first."""
    if writing.what == ACTION:
        return not text or commit(host, text, writing.owner)  # an empty line: nothing to keep
    hint = question_hint(host.situation().outlook, text)
    if hint and text != writing.hinted:
        writing.hinted = text
        as_it_is = _("enter asks it as it is")
        host.say(f"{hint} · {as_it_is}")
        return False
    if hint:
        host.say("")  # asked as it is: the hint has been read
    return give_words(host, text, writing.into)


def give_words(host: Host, text: str, into: bytes) -> bool:
    """Gives the words to the hand `into`, or raises one with them if it is not up. False: they stay in the field."""
    s = host.situation()
    id = Peer.new_id()
    try:
        words = host.peer.seal(FieldKind.WORDS, text, into or id)
    except TextTooLong:
        host.say(_("That is too long for a hand: a sentence or two."))
        return False
    floor = s.outlook.floor
    still = into and (
        hands.hand_with(floor, into) is not None
        or any(t.hand is not None and t.hand.id == into for t in floor.turns)
        or host.on_its_way(into)
    )
    if still:
        host.do(hands.WordHand(into, words), id)
        host.drafts.sent(id, text, WORDS)
        return True
    refusal = s.refusal(hands.RaiseHand(deeds.plain_intent(s), words))
    if refusal is not None:
        host.say(_refused(refusal))
        return False
    words = host.peer.seal(FieldKind.WORDS, text, id)
    host.do(hands.RaiseHand(deeds.plain_intent(s), words), id)
    host.drafts.sent(id, text, WORDS)
    return True


def commit(host: Host, text: str, owner: int) -> bool:
    """Keeps an action for the next session; one typed for another waits for them to confirm. False: it stays here."""
    id = Peer.new_id()
    o = host.situation().outlook
    try:
        sealed = host.peer.seal(FieldKind.ACTION, text, id)
    except TextTooLong as error:
        host.say(f"{error.title} {error.advice}")
        return False
    mine = owner == o.seat
    command = AddAction(sealed, owner, buddy=0 if mine else o.seat)
    refusal = host.situation().refusal(command)
    if refusal is not None:
        host.say(_refused(refusal))
        return False
    host.do(command, id)
    host.drafts.sent(id, text, ACTION)
    if host.peer.state is State.LIVE:
        asked = _("{name} is asked whether that is it.").format(name=o.name(owner))
        host.say(_("It is on the board, due next session.") if mine else asked)
    return True


def _refused(refusal: Refusal) -> str:
    kept = _("Your words are kept here.")
    return f"{_(refusal.sentence)} {kept}"
