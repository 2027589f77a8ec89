"""The session screen: it watches the peer, paints the parts that changed, and turns keys into commands.

What happened only marks parts as changed; they are painted together, at most 20 times a second. Once a second the
running clock is painted, and nothing else; in silence and in a pause no figure moves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import ClassVar, Final, TypeVar, cast

from evenly_protocol import hands, pairs, turns
from evenly_protocol.facts import Command
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import Entry as RoomEntry
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message

from evenly_client import phrases, usual_format
from evenly_client.hear_from import HearFrom
from evenly_client.outlook import Outlook
from evenly_client.peer import Entered, Happened, Notice, Peer, Settled, State, Told
from evenly_client.screens import agenda_flows, deeds, flows, room_flows
from evenly_client.screens.answering import answer
from evenly_client.screens.attention import Waiting, asked, rows
from evenly_client.screens.boards.flows import BOARD_FLOWS
from evenly_client.screens.checkins import leading as check_ins
from evenly_client.screens.checkins.following import Following
from evenly_client.screens.checkins.line import NOTHING, line
from evenly_client.screens.checkins.over import Over
from evenly_client.screens.chosen import ChosenHand
from evenly_client.screens.cues import Cues
from evenly_client.screens.deeds import Deed
from evenly_client.screens.dialogs import Choice, Commands
from evenly_client.screens.drafts import Drafts
from evenly_client.screens.heard import heard
from evenly_client.screens.help import Help
from evenly_client.screens.hosting import KEPT, Hosting, notes_of
from evenly_client.screens.keys import BY_NAME, SEAT_KEYS, Action, Keymap
from evenly_client.screens.listing import entries
from evenly_client.screens.looks import Row, padded
from evenly_client.screens.on_the_way import OnTheWay
from evenly_client.screens.painting import (
    AGENDA,
    ALL,
    ATTENTION,
    FOOTER,
    ME,
    NEXT,
    PEOPLE,
    SPEAKING,
    Place,
    moved_by_time,
    painted,
)
from evenly_client.screens.pauses import Pauses
from evenly_client.screens.rows import Rows
from evenly_client.screens.series.flows import SERIES_FLOWS
from evenly_client.screens.situation import Situation
from evenly_client.screens.terminal import Terminal
from evenly_client.screens.turn_begun import TurnBegun
from evenly_client.screens.twice_pressed import TwicePressed
from evenly_client.screens.watching import Watching
from evenly_client.screens.writing import Writing, commits_in, put
from evenly_client.store import Store
from evenly_client.text import one_line
from evenly_client.translation import _

DEAD_AT_FIRST_S: Final = 1.5

FLOWS: Final[dict[str, Callable[[SessionScreen], Awaitable[None]]]] = {
    **agenda_flows.FLOWS,
    **cast("dict[str, Callable[[SessionScreen], Awaitable[None]]]", flows.FLOWS | room_flows.FLOWS | SERIES_FLOWS),
    **BOARD_FLOWS,
    **cast("dict[str, Callable[[SessionScreen], Awaitable[None]]]", check_ins.FLOWS),
}
"""The actions that ask something first."""

QUOTED_CELLS: Final = 30
"""How much of a text is quoted that was not taken."""

ABOVE_PEOPLE: Final = 2
"""Lines: the header, and an empty one."""

REPEATING: Final = frozenset({"up", "down"})
"""Keys that may be held down."""

Value = TypeVar("Value")


class SessionScreen(Watching):
    """One member's view of the session, and their keys."""

    CSS_PATH = "session.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""
    PARTS: ClassVar[frozenset[str]] = ALL

    class Leaving(Message):
        """The member leaves; `attending`: they were on the call."""

    class Themed(Message):
        """Another theme was chosen."""

        def __init__(self, theme: str) -> None:
            self.theme = theme
            super().__init__()

    class AgreementWanted(Message):
        """The member wants to read the agreement now."""

    def __init__(
        self,
        peer: Peer,
        keys: Keymap,
        terminal: Terminal,
        clock: Callable[[], float],
        *,
        store: Store | None = None,
        status: str = "",
        view: bool = False,
        themes: Sequence[str] = (),
    ) -> None:
        super().__init__(peer, notes_of(peer, store), Drafts(peer.link.room, store), clock)
        self._keys = keys
        self._connection_status = status
        self._view = view
        self._themes = themes
        self._chosen = ChosenHand(clock)
        self._twice = TwicePressed(self, keys, clock)
        self._pauses = Pauses(clock)
        self._store = store
        self._committing = b""
        self.following = None if view else Following(peer, store, clock)
        self._turn = TurnBegun(clock)
        self._on_the_way = OnTheWay()
        self._waiting = Waiting()
        self._cues = Cues(terminal)
        self._hear_from = HearFrom()
        self._writing = Writing(self.drafts)
        self._seconds = 0
        self._heard = ""
        """What is said of what has happened, once it is painted."""
        self._over = None if self.following is None else self._over_screens(self.following)

    def _over_screens(self, following: Following) -> Over:
        return Over(
            self._peer,
            following,
            lambda: self._program,
            typing=lambda: self.typing,
            say=self._say_there,
            take=lambda issues: self._run(check_ins.take_chosen(self, issues)),
        )

    @property
    def agreement_waits(self) -> bool:
        """The agreement is to be answered, and a text field is open."""
        return self._waiting.agreement

    @agreement_waits.setter
    def agreement_waits(self, waits: bool) -> None:
        self._waiting.agreement = waits
        self._mark(ATTENTION, FOOTER)

    # -- composing -----------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The parts, in their fixed order."""
        yield Rows(id="header")
        with Horizontal(id="middle"):
            with Vertical(id="main"):
                yield Rows(id=SPEAKING)
                yield Rows(id=ME)
                yield Rows(id=NEXT)
                yield Rows(id=AGENDA)
            with VerticalScroll(id="side", can_focus=False):
                yield Rows(id=PEOPLE)
        with Vertical(id="bottom"):
            yield Rows(id=ATTENTION)
            yield Rows(id="status")
            yield self._writing
            yield Rows(id=FOOTER)

    # -- what is so now ------------------------------------------------------------------------------------------

    @property
    def typing(self) -> bool:
        """The text field is open."""
        return self._writing.typing

    def situation(self) -> Situation:
        """This moment."""
        outlook = Outlook(self._peer)
        return Situation(
            outlook,
            view=self._view,
            typing=self.typing,
            writes=self._writing.what,
            just_begun=self._just_begun(outlook),
            chosen=self._chosen.now(lambda hand: hands.hand_with(outlook.floor, hand) is not None),
            pause_ms=self._pauses.asked_ms if outlook.session is not None and not outlook.held and outlook.leads else 0,
            rising=self._on_the_way.rising(),
            lowering=self._on_the_way.lowering(outlook),
            asked=bool(self._asked(outlook)),
            people_in_check_ins=0 if self.following is None else self.following.people,
            to_compare=self.following is not None and self.following.to_compare(outlook),
        )

    def _just_begun(self, o: Outlook) -> bool:
        """My turn has only just begun: the key that finishes it is dead."""
        if self._turn.is_another(o):
            self.set_timer(DEAD_AT_FIRST_S + 0.02, lambda: self._mark(ME, FOOTER))
        return self._turn.lasts_s < DEAD_AT_FIRST_S

    # -- painting ------------------------------------------------------------------------------------------------

    def paint(self, changed: set[str]) -> None:
        """Paints the parts that have changed."""
        if self._heard:
            self.say(self._heard)
        s = self.situation()
        place = Place(self.size.width, self.size.height, self.wide)
        said = self.connection(self._connection_status)
        for part, shown in painted(changed, s, self._keys, place, said, lambda: self._attention(s)):
            self._show(part, shown)
        self._fit_side()
        if not self._view:
            self._cues.give(s.outlook)

    def _fit_side(self) -> None:
        """The people end above the bottom, if they would go on behind it; for the status line nothing gives way.

        What gives way is laid out and painted anew as a whole, with the whole screen's cost for a line that goes by.
        """
        if not self.wide:
            return
        lines = {part: len(self.query_one(f"#{part}", Rows).rows) for part in (PEOPLE, ATTENTION, FOOTER)}
        below = lines[ATTENTION] + lines[FOOTER] + self.typing
        behind = lines[PEOPLE] > self.size.height - ABOVE_PEOPLE - below
        self.query_one("#side").styles.margin = (0, 0, below if behind else 0, 0)

    def second(self) -> None:
        """The running clock alone; every few seconds what grows with it."""
        self._seconds += 1
        moved = set(moved_by_time(Outlook(self._peer), self._seconds))
        if self.following is not None and self.following.check_ins.mine.asks_few:
            moved.add(ATTENTION)
        if moved:
            self._mark(*moved)

    def say(self, text: str) -> None:
        """A sentence in the status line, in place of what was to be said there; it goes by itself."""
        if text:
            self._heard = ""
        super().say(text)

    # -- what is asked of me -------------------------------------------------------------------------------------

    def _asked(self, o: Outlook) -> str:
        """What ctrl+g would answer, by name; empty for nothing."""
        self._waiting.pause_ms = self._pauses.asked_ms
        self._waiting.check_in = NOTHING if self.following is None else line(self.following, o, self._keys)
        return asked(o, self._waiting, typing=self.typing, view=self._view)

    def _attention(self, s: Situation) -> list[Row]:
        lost_s = self.state_lasts_s if self._peer.state in (State.LOST, State.CONNECTING) else None
        return rows(s, self._waiting, self._keys, lost_s)

    async def _answer(self) -> None:
        what = self._asked(Outlook(self._peer))
        if what == "agreement":
            self.post_message(self.AgreementWanted())
        elif what and what == self._waiting.check_in.what:
            self._answer_check_in(self._waiting.check_in.check_in)
        else:
            await answer(self, what, self._waiting, self._pauses)
        self._mark()

    def _answer_check_in(self, check_in: bytes) -> None:
        if self._over is None:
            return
        if check_in:
            self._over.show(check_in)
        else:
            self._over.show_words()

    def show_check_in(self, check_in: bytes) -> None:
        """Puts a check-in over the screen."""
        if self._over is not None:
            self._over.show(check_in)

    # -- what happens --------------------------------------------------------------------------------------------

    def noticed(self, notice: Notice) -> None:
        """What the peer has told."""
        match notice:
            case Entered() if self._peer.set_back:
                self.say(phrases.set_back(self._peer.set_back))
            case Happened(entry):
                self._happened(entry)
            case Settled(id, refusal):
                self._settled(id, refusal)
            case Told():
                said = self._waiting.told(notice, Outlook(self._peer))
                if said:
                    self.say(said)
            case _:
                pass
        self._follow()

    def on_screen_resume(self) -> None:
        """What stood before this screen is gone: a check-in may come over it."""
        self._follow()

    def _follow(self) -> None:
        if self._over is not None:
            self._over.follow()

    def _happened(self, entry: RoomEntry) -> None:
        o = Outlook(self._peer)
        self._pauses.happened(entry, leads=o.leads)
        self._commitments(o)
        if any(isinstance(e, pairs.PairsEnded) for e in entry.events) and not self._view:
            self._waiting.introduce = not o.observes
            self._cues.back()
        self._heard = heard(o, entry, self._hear_from, view=self._view) or self._heard

    def _settled(self, id: bytes, refusal: Refusal | None) -> None:
        """A command of mine is done or refused; a text that was refused is a draft again."""
        mine = self._on_the_way.settled(id)
        text = self.drafts.settled(id, refused=refusal is not None)
        if refusal is None or (not mine and text is None):
            return
        why = flows.say_refusal(self.situation(), refusal.code)
        if text:
            kept = _("“{text}” was not taken, and is kept.")
            why = f"{kept.format(text=padded(one_line(text), QUOTED_CELLS).rstrip())} {why}"
        self._say_there(why)

    def _say_there(self, text: str) -> None:
        """Says it where the member looks: on the boards, or on this screen."""
        shown = (screen for screen in reversed(self._program.screen_stack) if isinstance(screen, Hosting))
        next(shown, self).say(text)

    def _commitments(self, o: Outlook) -> None:
        """When my turn begins where everybody commits to something, the line for it opens: once a turn."""
        turn = commits_in(o)
        if turn and turn != self._committing and not self.typing and not self._view and self.is_current:
            self._committing = turn
            self._writing.open_action(o.seat, "")

    # -- keys ----------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """A key means the first of its actions that does something now."""
        if event.key == "escape":
            event.stop()
            self._escape()
            return
        actions = [a for a in self._keys.actions(event.key, event.character) if a.anywhere or not self.typing]
        if not actions:
            return
        event.stop()
        event.prevent_default()
        if event.key in REPEATING:
            self._press(actions, event.key, event.character)
            return
        key, character = event.key, event.character
        self.once(key, lambda: self._press(actions, key, character))

    def _press(self, actions: Sequence[Action], key: str, character: str | None) -> None:
        s = self.situation()
        refusal: Refusal | None = None
        for action in actions:
            offered = deeds.offer(action.name, s)
            if isinstance(offered, Deed):
                self.act(action.name, offered, number=_number(key, character))
                return
            refusal = refusal or offered
        if refusal is not None:
            self.say(flows.say_refusal(s, refusal.code))

    def press(self, name: str) -> None:
        """As if an action's key were pressed."""
        self._press([BY_NAME[name]], "", None)

    def _escape(self) -> None:
        if self.typing:
            self._close_field()
        elif self.situation().chosen:
            self._chosen.forget()
            self._mark(NEXT, FOOTER)
        else:
            self._twice.forget()
            self.say("")

    def act(self, name: str, deed: Deed, number: int | None = None) -> None:
        """Does what was asked for. `number`: a seat key's."""
        own = self._own.get(name)
        if own is not None:
            own(self, deed, number)
        elif name in FLOWS:
            self._run(FLOWS[name](self))
        elif deed.command is not None:
            self.do(deed.command)
        if name == "keep_end":
            self._pauses.settled()
        if name in ("give_chosen", "next_turn"):
            self._chosen.forget()
        self._mark()

    def _run(self, flow: Awaitable[None]) -> None:
        """Asks something; what was asked before is left."""
        self.run_worker(flow, group="flow", exclusive=True)

    def do(self, command: Command, id: bytes = b"") -> None:
        """Sends a command; its refusal is said in the status line."""
        id = self._peer.send(command, id)
        self._on_the_way.sent(id, command)
        if self._peer.state is not State.LIVE:
            self.say(KEPT)
        self._mark()

    def _who_speaks(self, deed: Deed, number: int | None) -> None:
        if number is None:
            self._run(flows.give_floor(self))
            return
        command = turns.GiveFloor(number)
        refusal = self.situation().refusal(command)
        if refusal is not None:
            self.say(flows.say_refusal(self.situation(), refusal.code))
        else:
            self.do(command)

    def _choose_by(self, step: int) -> None:
        self._chosen.move(step, [w.hand.id for w in Outlook(self._peer).waiting() if w.hand is not None])
        self._mark(NEXT, FOOTER)

    def _how_i_stand(self, deed: Deed, number: int | None) -> None:
        o = Outlook(self._peer)
        words, seconds = o.my_standing(), o.my_seconds()
        self.say(words if words == seconds else f"{words} · {seconds}")

    def _next_phase(self, deed: Deed, number: int | None) -> None:
        if self._twice.next_phase():
            self._run(agenda_flows.next_phase(self))

    def _add_action(self, deed: Deed, number: int | None) -> None:
        self._writing.open_action(self._peer.seat, "")
        self._mark(FOOTER, ATTENTION)

    def _read_report(self, deed: Deed, number: int | None) -> None:
        from evenly_client.screens.report_view import ReportView

        self._program.push_screen(ReportView(self._peer, self.notes, None if self._peer.at_gateway else Path.cwd()))

    def _boards(self, deed: Deed, number: int | None) -> None:
        from evenly_client.screens.boards.screen import Boards

        self._program.push_screen(
            Boards(
                self,
                keys=self._keys,
                notes=self.notes,
                clock=self._clock,
                attention=lambda: self._attention(self.situation()),
            )
        )

    def _help(self, deed: Deed, number: int | None) -> None:
        self._program.push_screen(Help(self._keys, leads=Outlook(self._peer).tracks))

    async def _leaving(self) -> None:
        o = Outlook(self._peer)
        if o.session is not None and o.leads and not self._view and not await agenda_flows.leave(self):
            return
        self._writing.keep_draft()
        self.post_message(self.Leaving())

    async def _ask_command(self) -> None:
        chosen = await self._program.push_screen_wait(Commands(entries(self.situation(), self._keys)))
        if chosen is None:
            return
        offered = deeds.offer(chosen.name, self.situation())
        if isinstance(offered, Deed):
            # A flow asks in a worker of its own: this one is at its end.
            self.call_later(self.act, chosen.name, offered, chosen.argument or None)
        elif offered is not None:
            self.say(flows.say_refusal(self.situation(), offered.code))
        else:
            self.say(_("That does not do anything just now."))

    async def _ask_theme(self) -> None:
        theme = await self.choose(_("Which colours?"), [Choice(name, name) for name in self._themes])
        if theme is not None:
            self.post_message(self.Themed(theme))

    # -- words ---------------------------------------------------------------------------------------------------

    def _write_words(self, deed: Deed, number: int | None) -> None:
        o = Outlook(self._peer)
        turn = o.my_turn()
        hand = o.my_hand() or (turn.hand if turn is not None else None)
        self._writing.open(hand.id if hand is not None else self._on_the_way.rising(), o.words_of(hand))
        self._mark(FOOTER, ATTENTION)

    @on(Writing.Written)
    def _written(self, event: Writing.Written) -> None:
        event.stop()
        if put(self, self._writing, event.text):
            self._writing.empty()
            self._close_field()

    def _close_field(self) -> None:
        self._writing.close()
        self._mark()

    def on_its_way(self, id: bytes) -> bool:
        """Whether the server has not answered this command yet."""
        return id in self._on_the_way

    @property
    def format_used(self) -> str:
        """The name of the format that was used last in this room."""
        return usual_format.of(self._store, self._peer.link.room).name

    def use_format(self, name: str) -> None:
        """The format that the sessions of this room have from now on, on this machine."""
        if self._store is not None:
            usual_format.keep(self._store, self._peer.link.room, name)

    # -- the mouse -----------------------------------------------------------------------------------

    @on(Rows.Pressed)
    def _pressed(self, event: Rows.Pressed) -> None:
        event.stop()
        if self.typing and event.action != "answer":
            return
        s = self.situation()
        if event.action in BY_NAME:
            offered = deeds.offer(event.action, s)
            if isinstance(offered, Deed):
                self.act(event.action, offered)
            return
        match event.key:
            case bytes() as hand if s.outlook.leads:
                self._chosen.choose(hand)
                self._mark(NEXT, FOOTER)
            case ("seat", int() as seat) if s.outlook.leads and not self._view:
                self._run(flows.at_seat(self, seat))
            case _:
                pass

    _own: ClassVar[dict[str, Callable[[SessionScreen, Deed, int | None], None]]] = {
        "answer": lambda self, deed, number: self._run(self._answer()),
        "who_speaks": _who_speaks,
        "undo": lambda self, deed, number: self._twice.undo(deed.command),
        "choose_up": lambda self, deed, number: self._choose_by(-1),
        "choose_down": lambda self, deed, number: self._choose_by(1),
        "how_i_stand": _how_i_stand,
        "next_phase": _next_phase,
        "more_time": lambda self, deed, number: self._twice.more_time(deed.command),
        "guidance": lambda self, deed, number: self.say(Outlook(self._peer).guidance),
        "add_action": _add_action,
        "boards": _boards,
        "read_report": _read_report,
        "help": _help,
        "leave": lambda self, deed, number: self._run(self._leaving()),
        "commands": lambda self, deed, number: self._run(self._ask_command()),
        "theme": lambda self, deed, number: self._run(self._ask_theme()),
        "word_hand": _write_words,
    }


def _number(key: str, character: str | None) -> int | None:
    return int(key) if key in SEAT_KEYS else None
