"""The session screen: it watches the peer, paints the parts that changed, and turns keys into commands.

What happened only marks parts as changed; they are painted together, at most 20 times a second. Once a second the
running clock is painted, and nothing else; in silence and in a pause no figure moves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Final, TypeVar, cast

from evenly_protocol import hands, pairs, turns, undo
from evenly_protocol.agenda import ExtendPhase, PhaseExtended
from evenly_protocol.facts import Command
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import Entry as RoomEntry
from evenly_protocol.wire import RelayType
from evenly_protocol.words import FloorMode
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.timer import Timer

from evenly_client import narration, usual_format
from evenly_client.asking import question_hint
from evenly_client.hear_from import HearFrom
from evenly_client.outlook import Outlook
from evenly_client.peer import Happened, Notice, Peer, Settled, State, StateChanged, Told
from evenly_client.screens import agenda_flows, agenda_parts, deeds, flows, parts, room_flows
from evenly_client.screens.attention import Waiting, asked, rows
from evenly_client.screens.board_flows import BOARD_FLOWS
from evenly_client.screens.cues import Cues
from evenly_client.screens.deeds import Deed
from evenly_client.screens.dialogs import Choice, Commands
from evenly_client.screens.held import SETTLES_AFTER_S, HeldKeys, Press
from evenly_client.screens.help import Help
from evenly_client.screens.hosting import Hosting, notes_of
from evenly_client.screens.keys import BY_NAME, SEAT_KEYS, Action, Keymap
from evenly_client.screens.listing import entries
from evenly_client.screens.looks import Row, Span, wrapped
from evenly_client.screens.on_the_way import OnTheWay
from evenly_client.screens.pauses import Pauses
from evenly_client.screens.rows import Rows
from evenly_client.screens.series_flows import SERIES_FLOWS
from evenly_client.screens.situation import Situation
from evenly_client.screens.terminal import Terminal
from evenly_client.screens.twice import Twice
from evenly_client.screens.writing import Writing, commit, give_words
from evenly_client.store import Store

PAINT_EVERY_S: Final = 0.05
DEAD_AT_FIRST_S: Final = 1.5
STATUS_LASTS_S: Final = 8.0
STATUS_LINES: Final = 2
CHOSEN_LASTS_S: Final = 20.0
PEOPLE_EVERY_S: Final = 5
WIDE_FROM: Final = 100
SMALL_UP_TO: Final = 60

HEADER, SPEAKING, ME, NEXT, AGENDA, PEOPLE, ATTENTION, FOOTER = (
    "header",
    "speaking",
    "me",
    "next",
    "agenda",
    "people",
    "attention",
    "footer",
)
ALL: Final = frozenset({HEADER, SPEAKING, ME, NEXT, AGENDA, PEOPLE, ATTENTION, FOOTER})

FLOWS: Final[dict[str, Callable[[SessionScreen], Awaitable[None]]]] = {
    **agenda_flows.FLOWS,
    **cast("dict[str, Callable[[SessionScreen], Awaitable[None]]]", flows.FLOWS | room_flows.FLOWS | SERIES_FLOWS),
    **BOARD_FLOWS,
}
"""The actions that ask something first."""

COMMITTING: Final = ("actions", "commitments")
"""The activities in which everybody says what they will do."""

REPEATING: Final = frozenset({"up", "down"})
"""Keys that may be held down."""

Value = TypeVar("Value")


class SessionScreen(Hosting):
    """One member's view of the session, and their keys."""

    CSS_PATH = "session.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

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
        super().__init__(peer, notes_of(peer, store))
        self._keys = keys
        self._clock = clock
        self._connection_status = status
        self._view = view
        self._themes = themes
        self._changed: set[str] = set()
        self._painting: Timer | None = None
        self._held = HeldKeys()
        self._chosen = b""
        self._chosen_at = 0.0
        self._twice = Twice(clock)
        self._pauses = Pauses(clock)
        self._store = store
        self._hinted = ""
        self._committing = b""
        self._status = ""
        self._status_timer: Timer | None = None
        self._turn_seen: tuple[bytes, bool] = (b"", False)
        self._turn_since = 0.0
        self._on_the_way = OnTheWay()
        self._state_since = clock()
        self._waiting = Waiting()
        self._cues = Cues(terminal)
        self._hear_from = HearFrom()
        self._writing = Writing(peer.link.room, store)
        self._seconds = 0

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

    def on_mount(self) -> None:
        """Watches the peer from now on."""
        self.set_interval(1.0, self._second)
        self._unwatch = self._peer.watch(self._noticed)
        self._mark(*ALL)

    def on_unmount(self) -> None:
        """Watches no longer."""
        self._unwatch()

    def on_resize(self, event: events.Resize) -> None:
        """Wide, or small, or in between."""
        self.set_class(event.size.width >= WIDE_FROM, "-wide")
        self.set_class(event.size.width <= SMALL_UP_TO or event.size.height < 16, "-small")
        self._mark(*ALL)

    # -- what is so now ------------------------------------------------------------------------------------------

    @property
    def typing(self) -> bool:
        """The text field is open."""
        return self._writing.typing

    def situation(self) -> Situation:
        """This moment."""
        outlook = Outlook(self._peer)
        if self._chosen and (
            hands.hand_with(outlook.floor, self._chosen) is None or self._clock() - self._chosen_at > CHOSEN_LASTS_S
        ):
            self._chosen = b""
        return Situation(
            outlook,
            view=self._view,
            typing=self.typing,
            writes=self._writing.what,
            just_begun=self._turn_just_begun(outlook),
            chosen=self._chosen,
            pause_ms=self._pauses.asked_ms if outlook.session is not None and not outlook.held and outlook.leads else 0,
            rising=self._on_the_way.rising(),
            lowering=self._on_the_way.lowering(outlook),
            asked=bool(self._asked(outlook)),
        )

    def _turn_just_begun(self, outlook: Outlook) -> bool:
        mine = outlook.my_turn()
        seen = (mine.id, mine.answer_at is not None) if mine is not None else (b"", False)
        if seen != self._turn_seen:
            self._turn_seen, self._turn_since = seen, self._clock()
            if mine is not None:
                self.set_timer(DEAD_AT_FIRST_S + 0.02, lambda: self._mark(ME, FOOTER))
        return mine is not None and self._clock() - self._turn_since < DEAD_AT_FIRST_S

    # -- painting ------------------------------------------------------------------------------------------------

    def _mark(self, *changed: str) -> None:
        self._changed.update(changed)
        if self._painting is None and self.is_mounted:
            self._painting = self.set_timer(PAINT_EVERY_S, self._paint)

    def _paint(self) -> None:
        self._painting = None
        changed, self._changed = self._changed, set()
        if not self.is_running or not self.size.width:
            return
        s = self.situation()
        o = s.outlook
        width = self.size.width
        wide = self.has_class("-wide")
        main = width - (42 if wide else 0)
        tall = self.size.height
        if HEADER in changed:
            since = self._clock() - self._state_since
            said = parts.Connection(self._peer.state, since, self._peer.saving, self._connection_status)
            self._show(HEADER, parts.header(o, said, width))
        if SPEAKING in changed:
            self._show(SPEAKING, parts.speaking(s, main, most_words=2 if tall < 30 else 4))
        if ME in changed:
            self._show(ME, parts.me(s, self._keys, main))
        if NEXT in changed:
            pairs = agenda_parts.pair_rows(o, main)
            self._show(NEXT, pairs or parts.next_up(s, main, max(2, min(12, tall - 22))))
        if AGENDA in changed and o.session is None:
            self._show(AGENDA, agenda_parts.lobby(s, self._keys, main, lines=max(3, tall - 11)))
        elif AGENDA in changed:
            self._show(AGENDA, agenda_parts.agenda(o, main, lines=max(2, min(8, tall - 20))))
        if PEOPLE in changed and wide:
            self._show(PEOPLE, parts.people(o, 38))
        if ATTENTION in changed:
            self._show(ATTENTION, self._attention(s))
        if FOOTER in changed:
            self._show(FOOTER, parts.footer(s, self._keys, width))
        if not self._view:
            self._cues.give(o)

    def _show(self, part: str, rows: list[Row]) -> None:
        self.query_one(f"#{part}", Rows).show(rows)

    def _second(self) -> None:
        """Once a second: the running clock alone; every few seconds what grows with it."""
        self._seconds += 1
        if self._peer.state is not State.LIVE:
            self._mark(HEADER, ATTENTION)
        o = Outlook(self._peer)
        if o.session is None or o.held or o.floor.mode is FloorMode.SILENCE:
            return
        if o.floor.turns:
            self._mark(SPEAKING)
            mine = o.my_turn()
            if mine is not None and turns.limit_of(o.room, mine):
                self._mark(ME)
            if self._seconds % PEOPLE_EVERY_S == 0:
                self._mark(NEXT, ME, PEOPLE)
        elif o.room.unled_since is not None and self._seconds % PEOPLE_EVERY_S == 0:
            self._mark(ATTENTION)

    def say(self, text: str) -> None:
        """A sentence in the status line; it goes by itself."""
        self._status = text
        lines = wrapped(text, max(10, self.size.width - 4), STATUS_LINES)
        self._show("status", [Row((Span("  "), Span(line)), key=("status", i)) for i, line in enumerate(lines)])
        if self._status_timer is not None:
            self._status_timer.stop()
        self._status_timer = self.set_timer(STATUS_LASTS_S, self._unsay) if text else None

    def _unsay(self) -> None:
        self.say("")

    # -- what is asked of me -------------------------------------------------------------------------------------

    def _asked(self, o: Outlook) -> str:
        """What ctrl+g would answer, by name; empty for nothing."""
        self._waiting.pause_ms = self._pauses.asked_ms
        return asked(o, self._waiting, typing=self.typing, view=self._view)

    def _attention(self, s: Situation) -> list[Row]:
        lost_s = self._clock() - self._state_since if self._peer.state in (State.LOST, State.CONNECTING) else None
        return rows(s, self._waiting, self._keys, lost_s)

    async def _answer(self) -> None:
        match self._asked(Outlook(self._peer)):
            case "agreement":
                self.post_message(self.AgreementWanted())
            case "invited":
                self._waiting.invited = False
                await flows.answer_invite(self)
            case "door":
                await flows.door(self)
            case "talk":
                self._waiting.talks.clear()
            case "introduce":
                self._waiting.introduce = False
                await flows.introduce(self)
            case "confirm":
                await BOARD_FLOWS["confirm_action"](self)
            case "dates":
                await SERIES_FLOWS["answer_dates"](self)
            case "worth":
                await BOARD_FLOWS["still_worth"](self)
            case "speaker":
                await flows.same_speaker(self)
            case "pause":
                keep = await self.choose(
                    "The pause moved the end. Where do its minutes come from?",
                    [Choice(False, "later: the end moves with it", "", "1"), Choice(True, "keep the end", "", "2")],
                )
                if keep:
                    self.do(ExtendPhase(-self._pauses.asked_ms))
                self._pauses.settled()
            case _:
                pass
        self._mark(*ALL)

    # -- what happens --------------------------------------------------------------------------------------------

    def _noticed(self, notice: Notice) -> None:
        match notice:
            case Happened(entry):
                self._happened(entry)
            case StateChanged():
                self._state_since = self._clock()
            case Settled(id, refusal):
                if self._on_the_way.settled(id) and refusal is not None:
                    self.say(flows.say_refusal(self.situation(), refusal.code))
            case Told():
                self._told(notice)
            case _:
                pass
        self._mark(*ALL)

    def _happened(self, entry: RoomEntry) -> None:
        o = Outlook(self._peer)
        self._pauses.happened(entry, leads=o.leads)
        self._commitments(o)
        if any(isinstance(e, pairs.PairsEnded) for e in entry.events) and not self._view:
            self._waiting.introduce = not o.observes
            self._cues.back()
        quiet = o.held or narration.calm(o.floor.mode)
        mine = entry.by == self._peer.seat and not o.leads
        shortened = any(isinstance(e, PhaseExtended) and e.ms < 0 for e in entry.events)
        if (
            mine
            or (shortened and not o.leads)
            or (quiet and not narration.told_by_itself(self._peer, entry) and entry.by != self._peer.seat)
        ):
            return
        private = None if quiet or self._view else self._hear_from.line(o)
        if private is not None:
            self.say(private)
            return
        said = " ".join(narration.sentences(self._peer, entry))
        if said:
            self.say(said)

    def _commitments(self, o: Outlook) -> None:
        """When my turn begins where everybody commits to something, the line for it opens: once a turn."""
        mine = o.my_turn()
        if o.session is None or mine is None or mine.id == self._committing or self.typing or self._view:
            return
        if o.session.phase.activity in COMMITTING and o.floor.mode is not FloorMode.OPEN and self.is_current:
            self._committing = mine.id
            self._writing.open_action(o.seat, "")

    def _told(self, told: Told) -> None:
        o = Outlook(self._peer)
        if told.type is RelayType.INVITE:
            self._waiting.invited = True
        elif told.type is RelayType.INVITE_ANSWER and o.leads:
            self.say(f"{o.name(told.seat)}: not now.")
        elif told.type is RelayType.AGREEMENT_TALK and o.leads and told.seat not in self._waiting.talks:
            self._waiting.talks.append(told.seat)

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
        now = self._clock()
        match self._held.press(event.key, now):
            case Press.ACT:
                self._press(actions, event.key, event.character)
            case Press.WAIT:
                key, character = event.key, event.character

                def settle() -> None:
                    if self._held.settled(key, now, self._clock()):
                        self._press(actions, key, character)

                self.set_timer(SETTLES_AFTER_S, settle)
            case Press.REPEAT:
                pass

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
        elif self._chosen:
            self._chosen = b""
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
            self.run_worker(FLOWS[name](self), group="flow", exclusive=True)
        elif deed.command is not None:
            self.do(deed.command)
        if name == "keep_end":
            self._pauses.settled()
        if name in ("give_chosen", "next_turn"):
            self._chosen = b""
        self._mark(*ALL)

    def do(self, command: Command, id: bytes = b"") -> None:
        """Sends a command; its refusal is said in the status line."""
        id = self._peer.send(command, id)
        self._on_the_way.sent(id, command)
        if self._peer.state is not State.LIVE:
            self.say("Kept: it is sent when the connection is back.")
        self._mark(*ALL)

    def _who_speaks(self, deed: Deed, number: int | None) -> None:
        if number is None:
            self.run_worker(flows.give_floor(self), group="flow", exclusive=True)
            return
        command = turns.GiveFloor(number)
        refusal = self.situation().refusal(command)
        if refusal is not None:
            self.say(flows.say_refusal(self.situation(), refusal.code))
        else:
            self.do(command)

    def _undo(self, deed: Deed, number: int | None) -> None:
        command = deed.command
        if not isinstance(command, undo.Undo):
            return
        if self._twice.again(command.step):
            self._twice.forget()
            self.do(command)
            return
        key = self._keys.first("undo") or "again"
        self.say(f"{key} again takes back: {deeds.undo_words(self.situation())}")

    def _choose_by(self, step: int) -> None:
        waiting = [w.hand.id for w in Outlook(self._peer).waiting() if w.hand is not None]
        if not waiting:
            return
        at = waiting.index(self._chosen) + step if self._chosen in waiting else (0 if step > 0 else len(waiting) - 1)
        self._chosen = waiting[max(0, min(len(waiting) - 1, at))]
        self._chosen_at = self._clock()
        self._mark(NEXT, FOOTER)

    def _how_i_stand(self, deed: Deed, number: int | None) -> None:
        o = Outlook(self._peer)
        words, seconds = o.my_standing(), o.my_seconds()
        self.say(words if words == seconds else f"{words} · {seconds}")

    def _next_phase(self, deed: Deed, number: int | None) -> None:
        o = Outlook(self._peer)
        if o.session is None:
            return
        comes = agenda_flows.what_comes(o)
        if self._twice.again(("phase", o.session.phase.visit)):
            self._twice.forget()
            self.run_worker(agenda_flows.next_phase(self), group="flow", exclusive=True)
        elif comes:
            self.say(f"{self._keys.first('next_phase')} again begins: {comes}")
        else:
            self.say(f"That was the last phase · {self._keys.first('next_phase')} again ends the session")

    def _more_time(self, deed: Deed, number: int | None) -> None:
        """A minute at once where it takes nothing from anybody; else the first press says what it takes."""
        o = Outlook(self._peer)
        if isinstance(deed.command, turns.ExtendTurn) or o.session is None or len(o.agenda) == 1:
            if deed.command is not None:
                self.do(deed.command)
            return
        command, words = agenda_flows.one_more(o)
        if self._twice.again(("more", o.session.phase.visit)):
            self.do(command)
        else:
            self.say(f"{self._keys.first('more_time')} again for one more minute: {words}")

    def _guidance(self, deed: Deed, number: int | None) -> None:
        self.say(Outlook(self._peer).guidance)

    def _add_action(self, deed: Deed, number: int | None) -> None:
        self._writing.open_action(self._peer.seat, "")
        self._mark(FOOTER, ATTENTION)

    def _boards(self, deed: Deed, number: int | None) -> None:
        from evenly_client.screens.boards import Boards

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

    def _leave(self, deed: Deed, number: int | None) -> None:
        self.run_worker(self._leaving(), group="flow", exclusive=True)

    async def _leaving(self) -> None:
        o = Outlook(self._peer)
        if o.session is not None and o.leads and not self._view:
            sure = await self.choose(
                "Leave while the session runs?",
                [
                    Choice(True, "leave: the session goes on without you", "", "y"),
                    Choice(False, "stay", "", "n"),
                ],
                body="To end it for everybody: stay, then : and “end the session”.",
            )
            if not sure:
                return
        self._writing.keep_draft()
        self.post_message(self.Leaving())

    def _commands(self, deed: Deed, number: int | None) -> None:
        self.run_worker(self._ask_command(), group="flow", exclusive=True)

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
            self.say("That does not do anything just now.")

    def _theme(self, deed: Deed, number: int | None) -> None:
        self.run_worker(self._ask_theme(), group="flow", exclusive=True)

    async def _ask_theme(self) -> None:
        theme = await self.choose("Which colours?", [Choice(name, name) for name in self._themes])
        if theme is not None:
            self.post_message(self.Themed(theme))

    def _start_answer(self, deed: Deed, number: int | None) -> None:
        self.run_worker(self._answer(), group="flow", exclusive=True)

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
        if self._kept(event.text):
            self._writing.empty()
            self._close_field()

    def _kept(self, text: str) -> bool:
        """Whether what was typed is where it should be."""
        if self._writing.what == "action":
            return bool(text) and commit(self, text, self._writing.owner)
        hint = question_hint(Outlook(self._peer), text)
        if hint and text != self._hinted:
            self._hinted = text
            self.say(f"{hint} · enter asks it as it is")
            return False
        return give_words(self, text, self._writing.into)

    def _close_field(self) -> None:
        self._writing.close()
        self._mark(*ALL)

    def on_its_way(self, id: bytes) -> bool:
        """Whether the server has not answered this command yet."""
        return id in self._on_the_way

    @property
    def format_used(self) -> str:
        """The name of the format that was used last in this room."""
        return usual_format.of(self._store, self._peer.link.room).name

    @format_used.setter
    def format_used(self, name: str) -> None:
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
                self._chosen, self._chosen_at = hand, self._clock()
                self._mark(NEXT, FOOTER)
            case ("seat", int() as seat) if s.outlook.leads and not self._view:
                self.run_worker(flows.at_seat(self, seat), group="flow", exclusive=True)
            case _:
                pass

    _own: ClassVar[dict[str, Callable[[SessionScreen, Deed, int | None], None]]] = {
        "answer": _start_answer,
        "who_speaks": _who_speaks,
        "undo": _undo,
        "choose_up": lambda self, deed, number: self._choose_by(-1),
        "choose_down": lambda self, deed, number: self._choose_by(1),
        "how_i_stand": _how_i_stand,
        "next_phase": _next_phase,
        "more_time": _more_time,
        "guidance": _guidance,
        "add_action": _add_action,
        "boards": _boards,
        "help": _help,
        "leave": _leave,
        "commands": _commands,
        "theme": _theme,
        "word_hand": _write_words,
    }


def _number(key: str, character: str | None) -> int | None:
    return int(key) if key in SEAT_KEYS else None
