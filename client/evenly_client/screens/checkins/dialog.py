"""A check-in over the screen, as it stands: the question and its keys, the wait, the result, in one place.

It follows the room by itself. Whenever another question stands there than before, keys that were meant for the one
before do nothing (`Armed`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from evenly_protocol.checkins import CheckIn, check_in_with
from evenly_protocol.words import TEXT_KINDS, CheckInKind
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.types import CSSPathType

from evenly_client.checkins import results
from evenly_client.checkins.ballots import BadAnswer
from evenly_client.checkins.chosen import most_chosen
from evenly_client.outlook import Outlook
from evenly_client.peer import Notice, Peer
from evenly_client.screens.armed import Armed
from evenly_client.screens.checkins import asked, issues
from evenly_client.screens.checkins.answer_left import left
from evenly_client.screens.checkins.field import AnswerField
from evenly_client.screens.checkins.following import Following
from evenly_client.screens.checkins.saying import GETTING_READY, Reading, Saying, Stage, lines, stage_of
from evenly_client.screens.looks import BLANK, Look, Row, Span, flowed
from evenly_client.screens.rows import Rows
from evenly_client.screens.watching import PAINT_EVERY_S
from evenly_client.text import clean, one_line
from evenly_client.translation import _, pgettext

LOW_UP_TO: Final = 20
WIDEST: Final = 80
EDGES: Final = 7
"""Cells of a line of the box that are no text: its border, its margins, the bar of what scrolls."""

DONE: Final = _("Done.")
ABSTAINED: Final = _("You abstain: nobody can tell.")
UNTIL_CLOSED: Final = _("It can be changed until it closes.")
YOUR_WORDS: Final = _("Your answer:")

STEPS: Final = {"up": -1, "left": -1, "down": 1, "right": 1}


class CheckInDialog(Armed[str], ModalScreen[str]):
    """One check-in; closes with a sentence that is to be said, empty for none."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs.tcss", "checkins.tcss"]
    AUTO_FOCUS: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", pgettext("key", "close"), show=False, priority=True),
        Binding("tab", "people", pgettext("key", "who takes part"), show=False, priority=True),
        Binding("pagedown", "scroll(1)", pgettext("key", "down"), show=False, priority=True),
        Binding("pageup", "scroll(-1)", pgettext("key", "up"), show=False, priority=True),
    ]

    def __init__(
        self,
        peer: Peer,
        following: Following,
        check_in: bytes,
        *,
        take_issue: Callable[[Sequence[bytes]], None],
        asked_for: bool = False,
    ) -> None:
        """`take_issue`: is given the issues that were chosen most, when one is to be taken. `asked_for`: by a key."""
        super().__init__(classes="dialog")
        self._peer = peer
        self._following = following
        self._mine = following.check_ins.mine
        self._saying = Saying(peer, following)
        self._id = check_in
        self._take_issue = take_issue
        self._asked_for = asked_for
        self._at = -1
        self._people = False
        self._own = False
        self._unsent = False
        self._trouble = ""
        self._stage: Stage | None = None
        self._painting: Timer | None = None

    def compose(self) -> ComposeResult:
        """What scrolls, and the keys."""
        with Vertical(classes="box asked"):  # no words: classes
            yield Rows([BLANK], id="head")
            with VerticalScroll(classes="whole", can_focus=False):
                yield Rows([BLANK], id="said")
                yield Rows(id="answers")
                yield AnswerField(compact=True, soft_wrap=True, id="field")
                yield Rows(id="left")
            yield Rows([BLANK], id="keys")

    # -- what is so now ------------------------------------------------------------------------------------------

    @property
    def check_in(self) -> bytes:
        """Which one it is."""
        return self._id

    @property
    def ended(self) -> bool:
        """Nothing is asked here any more."""
        return self._stage is not None and self._stage.is_end

    @property
    def _now(self) -> CheckIn | None:
        return check_in_with(self._peer.room, self._id)

    @property
    def _asked(self) -> CheckIn | None:
        """The check-in while it is to be answered here; None before and after."""
        return self._now if self._stage is Stage.ASKED else None

    @property
    def _in_words(self) -> bool:
        check_in = self._now
        return check_in is not None and check_in.kind in TEXT_KINDS

    @property
    def _chosen(self) -> tuple[int, ...]:
        answer = self._mine.answer_of(self._id)
        return answer if isinstance(answer, tuple) else ()

    @property
    def _typed(self) -> str:
        return self.query_one(AnswerField).text

    # -- following -----------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Follows the room from now on."""
        self._unwatch = self._peer.watch(self._noticed)
        self.set_interval(1.0, self._mark)
        self._paint()

    def on_unmount(self) -> None:
        """Follows no longer."""
        self._unwatch()

    def on_resize(self, event: events.Resize) -> None:
        """The lines are broken anew."""
        self.set_class(event.size.height <= LOW_UP_TO, "-low")
        self._paint()

    def _noticed(self, notice: Notice) -> None:
        self._mark()

    def _mark(self) -> None:
        if self._painting is None:
            self._painting = self.set_timer(PAINT_EVERY_S, self._paint)

    def _paint(self) -> None:
        self._painting = None
        check_in = self._now
        if not self.is_running or not self.size.width or check_in is None:
            return
        stage = stage_of(self._following, check_in)
        if stage is not self._stage:
            self._begin(stage)
        width = self._width
        reading = Reading(width, self.has_class("-low"), self._people, self._own, self._unsent)
        asks = stage is Stage.ASKED and not self._people
        self._show("head", [self._saying.head(check_in, stage)])
        self._show("said", list(self._saying.said(check_in, stage, reading)) or [BLANK])
        self._show("answers", self._answers(check_in, width) if asks else [])
        self.query_one(AnswerField).display = asks and self._in_words
        self._show("left", self._left(check_in, width) if asks else [])
        self._show("keys", flowed(self._keys(check_in, stage), width, 2))
        self._fit()

    def _begin(self, stage: Stage) -> None:
        """Another question stands there than before."""
        before, self._stage = self._stage, stage
        self.armed = self._asked_for and before is None and self._in_words
        self._people = False
        if stage is Stage.ASKED and self._in_words:
            self._open_field()
        elif before is Stage.ASKED:
            self._unsent = self._id in self._following.half_typed or self._id in self._following.went_nowhere
            self.set_focus(None)
        if stage.is_end and self._following.seen(self._id):
            self._peer.check_in_moved()

    def _open_field(self) -> None:
        answer, check_in, field = self._mine.answer_of(self._id), self._now, self.query_one(AnswerField)
        field.set_class(check_in is not None and check_in.kind is CheckInKind.WORDS, "-one-line")
        field.text = self._following.half_typed.get(self._id, answer if isinstance(answer, str) else "")
        field.move_cursor(field.document.end)
        field.display = True
        field.focus()

    @property
    def _width(self) -> int:
        whole = self.size.width if self.has_class("-low") else self.size.width * 96 // 100
        return min(WIDEST, whole) - EDGES

    def _fit(self) -> None:
        """The keys stay in sight, however much there is to read."""
        low = self.has_class("-low")
        room = self.size.height if low else self.size.height * 96 // 100
        keys = len(self.query_one("#keys", Rows).rows) + (0 if low else 1)
        self.query_one(VerticalScroll).styles.max_height = max(3, room - 2 - 1 - keys)

    def _show(self, part: str, rows: Sequence[Row]) -> None:
        self.query_one(f"#{part}", Rows).show(rows)

    def _answers(self, check_in: CheckIn, width: int) -> list[Row]:
        if self._in_words:
            return lines(YOUR_WORDS, Look.DIM, width, 1)
        options = [one_line(o) for o in results.options_of(self._peer.sealer, check_in)]
        at = self._at if check_in.kind is CheckInKind.MULTI else -1
        return asked.answers(check_in.kind, options, self._chosen, width, at=at)

    def _left(self, check_in: CheckIn, width: int) -> list[Row]:
        """What is left in the field, or what is wrong."""
        if self._trouble or not self._in_words:
            return lines(self._trouble, Look.NOTE, width, 2)
        counted = left(check_in.kind, self._typed)
        return lines(counted.words, Look.DIM if counted.fits else Look.STRONG, width, 2)

    # -- the keys ------------------------------------------------------------------------------------------------

    def _keys(self, check_in: CheckIn, stage: Stage) -> list[tuple[Span, ...]]:
        if self._people:
            return [_key("esc", pgettext("key", "back"), "close")]
        match stage:
            case Stage.ASKED:
                return self._keys_of_answers(check_in)
            case Stage.FEW:
                return [
                    _key("y", pgettext("key", "yes, let it go in"), "few:y"),
                    _key("n", pgettext("key", "no, leave it out"), "few:n"),
                ]
            case Stage.WATCHED | Stage.CLOSING:
                return [_key("esc", pgettext("key", "closes"), "close")]
            case _:
                return self._keys_of_end(check_in)

    def _keys_of_answers(self, check_in: CheckIn) -> list[tuple[Span, ...]]:
        keys = asked.keys_of(check_in.kind, len(check_in.options))
        found: list[tuple[Span, ...]] = []
        if keys:
            named = " ".join(keys) if len(keys) < 3 else f"{keys[0]}…{keys[-1]}"
            many = check_in.kind is CheckInKind.MULTI
            found.append(_key(named, pgettext("key", "choose any") if many else pgettext("key", "choose")))
        given = bool(clean(self._typed)) if self._in_words else bool(self._chosen)
        done = pgettext("key", "done") if given else pgettext("key", "done: you abstain")
        found.append(_key("enter", done, "done"))
        found.append(_key("tab" if self._in_words else "w", pgettext("key", "who takes part"), "people"))
        found.append(_key("esc", pgettext("key", "later"), "close"))
        return found

    def _keys_of_end(self, check_in: CheckIn) -> list[tuple[Span, ...]]:
        found: list[tuple[Span, ...]] = []
        number = issues.number_to_take(Outlook(self._peer), check_in)
        if number:
            found.append(_key("y", pgettext("key", "take it as issue {n}").format(n=number), "take"))
        if self._saying.own(self._id) and not self._own:
            found.append(_key("o", pgettext("key", "what it came to here"), "own"))
        found.append(_key("enter", pgettext("key", "closes"), "close"))
        if self.query_one(VerticalScroll).max_scroll_y > 0:
            found.append(_key("↑↓", pgettext("key", "scroll")))
        return found

    def on_key(self, event: events.Key) -> None:
        """The keys of what stands there; in the field, letters are text."""
        if self._asked is not None and self._in_words and not self._people:
            return
        event.stop()
        event.prevent_default()
        self._press(event.key, event.character or "")
        self._mark()

    def _press(self, key: str, character: str) -> None:
        check_in = self._asked
        if self._people:
            if key == "enter" or character == "w":
                self.action_people()
        elif check_in is not None:
            self._answer_key(check_in, key, character)
        elif self._stage is Stage.FEW and character in ("y", "n"):
            self._following.go_on(self._id, agree=character == "y")
        elif self.ended:
            self._end_key(key, character)

    def _answer_key(self, check_in: CheckIn, key: str, character: str) -> None:
        keys = asked.keys_of(check_in.kind, len(check_in.options))
        if character and character in keys:
            self._choose(check_in, keys.index(character))
        elif key in STEPS:
            self._move(check_in, STEPS[key], len(keys))
        elif key == "space" and self._at >= 0:
            self._choose(check_in, self._at)
        elif key == "enter" or character == "d":
            self._finish(check_in)
        elif character == "w":
            self.action_people()

    def _end_key(self, key: str, character: str) -> None:
        if key == "enter":
            self.dismiss("")
        elif character == "o":
            self._own = True
        elif character == "y":
            self._take()
        elif key in ("up", "down"):
            self.query_one(VerticalScroll).scroll_relative(y=STEPS[key], animate=False)
        elif key == "space":
            self.action_scroll(1)

    # -- answering -----------------------------------------------------------------------------------------------

    def _choose(self, check_in: CheckIn, answer: int) -> None:
        """Chooses an answer, or takes it back where it is chosen already."""
        now = set(self._chosen)
        self._at = answer
        if check_in.kind is CheckInKind.MULTI:
            self._give(tuple(sorted(now ^ {answer})))
        else:
            self._give(() if answer in now else (answer,))

    def _move(self, check_in: CheckIn, step: int, count: int) -> None:
        """The next answer, or the one before: chosen at once where only one can be."""
        several = check_in.kind is CheckInKind.MULTI
        at = self._at if several or not self._chosen else self._chosen[0]
        self._at = max(0, min(count - 1, at + step)) if at >= 0 else (0 if step > 0 else count - 1)
        if not several:
            self._give((self._at,))

    def _give(self, answer: tuple[int, ...] | str) -> bool:
        """Gives an answer; none goes before it is known among how many."""
        if not self._following.people:
            self._trouble = GETTING_READY
            return False
        try:
            self._following.check_ins.answer(self._id, answer)
        except BadAnswer as error:
            self._trouble = str(error)
            return False
        self._trouble = ""
        return True

    def _finish(self, check_in: CheckIn) -> None:
        """I have answered, or abstain."""
        given = bool(self._chosen)
        if self._in_words:
            text = clean(self._typed)
            if not self._give(text):
                self._mark()
                return
            self._following.half_typed.pop(self._id, None)
            given = bool(text)
        self._following.check_ins.done(self._id)
        self.dismiss(f"{DONE if given else ABSTAINED} {UNTIL_CLOSED}")

    @on(AnswerField.Submitted)
    def _submitted(self, event: AnswerField.Submitted) -> None:
        event.stop()
        check_in = self._asked
        if check_in is not None:
            self._finish(check_in)

    @on(AnswerField.Changed)
    def _changed(self, event: AnswerField.Changed) -> None:
        event.stop()
        if self._asked is None:
            return
        self._trouble = ""
        if event.text_area.text != (self._mine.answer_of(self._id) or ""):
            self._following.half_typed[self._id] = event.text_area.text
        else:
            self._following.half_typed.pop(self._id, None)
        self._mark()

    # -- actions -------------------------------------------------------------------------------------------------

    def _take(self) -> None:
        check_in = self._now
        if check_in is not None and issues.number_to_take(Outlook(self._peer), check_in):
            self.dismiss("")
            self._take_issue(most_chosen(self._peer, check_in))

    def action_close(self) -> None:
        """Later; or back from the names."""
        if self._people:
            self.action_people()
        else:
            self.dismiss("")

    def action_people(self) -> None:
        """Who takes part, or back to the question."""
        if self._asked is None:
            return
        self._people = not self._people
        if self._in_words:
            self.set_focus(None if self._people else self.query_one(AnswerField))
        self._paint()

    def action_scroll(self, pages: int) -> None:
        """A page up or down."""
        part = self.query_one(VerticalScroll)
        part.scroll_relative(y=pages * max(1, part.size.height - 1), animate=False)

    @on(Rows.Pressed)
    def _clicked(self, event: Rows.Pressed) -> None:
        event.stop()
        name, _, which = event.action.partition(":")
        check_in = self._asked
        match name:
            case "answer" if check_in is not None:
                self._choose(check_in, int(which))
            case "done" if check_in is not None:
                self._finish(check_in)
            case "few" if self._stage is Stage.FEW:
                self._following.go_on(self._id, agree=which == "y")
            case "people":
                self.action_people()
            case "own":
                self._own = True
            case "take":
                self._take()
            case "close":
                self.action_close()
            case _:
                pass
        self._mark()


def _key(key: str, words: str, press: str = "") -> tuple[Span, ...]:
    return (Span(key, Look.KEY, press), Span(f" {words}", Look.PLAIN, press))
