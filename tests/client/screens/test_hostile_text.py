"""Names and words that mean harm: markup, escape sequences, text that runs backwards, piles of accents."""

import asyncio
import re
import unicodedata

import pytest
from evenly_client import sealing
from evenly_client.peer import Peer
from evenly_client.screens.stage import StageApp
from evenly_protocol.agreement import NameRoom, SetAgreement
from evenly_protocol.checkins import OpenCheckIn
from evenly_protocol.hands import RaiseHand
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import AddGuest
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import CallNext
from evenly_protocol.wire import Purpose
from evenly_protocol.words import CheckInKind, Intent, Lobby

from .checkins_room import LEARNT, asked, knows_all, others
from .stage_hand import WITHIN_S, Room, Screen, in_a_room

HOSTILE = (
    "[/]",
    "[@click=app.quit]x[/]",
    "[bold red]$accent",
    "\x1b]52;c;aGk=\x07\x1b[2J",
    "\x9b31mred",
    "\u202egnp.exe\u2066",
    "Z" + "\u0301\u0316\u0334" * 12,
    "家族👩‍👩‍👧‍👦" * 3,
)


def seal_as_it_is(monkeypatch: pytest.MonkeyPatch, peer: Peer, kind: FieldKind, text: str, id: bytes) -> bytes:
    """What another member's program could send: sealed without being cleaned."""
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "clean", lambda text, **_: text)
        return peer.seal(kind, text, id)


def is_harmless(text: str) -> bool:
    allowed = {"\n", "\u200d"}
    return not [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") and c not in allowed]


def harmless(screen: Screen) -> None:
    assert is_harmless(screen.text), ascii(screen.text)
    widths = {sum(segment.cell_length for segment in s) for s in screen.app.screen._compositor.render_strips()}
    assert widths == {screen.app.size.width}


@pytest.mark.parametrize("size", [(120, 35), (60, 20)])
@in_a_room
async def test_hostile_names_and_words_are_text(room: Room, size, monkeypatch) -> None:
    for name in HOSTILE:
        id = Peer.new_id()
        sealed = seal_as_it_is(monkeypatch, room.fay, FieldKind.NAME, name, id)
        assert await room.fay.ask(AddGuest(sealed), id) is None
    id = Peer.new_id()
    await room.fay.ask(NameRoom(seal_as_it_is(monkeypatch, room.fay, FieldKind.ROOM, "[/]\x1b[31mx\u202e", id)), id)
    chris = await room.joins("Chris")
    await room.fay.stop()
    room.fay = Peer(room.link, room.fay.key, "Fay")
    screen = await room.screen(room.fay, size)
    await room.starts()
    for words in (HOSTILE[3] + "w" * 60, "[@click=app.quit]" * 5):
        id = Peer.new_id()
        sealed = seal_as_it_is(monkeypatch, chris, FieldKind.WORDS, words, id)
        assert await chris.ask(RaiseHand(Intent.SPEAK, sealed), id) is None
        await screen.peer.until(lambda r: len(r.floor.hands) == 1)
        await screen.offers("n next")
        await screen.pilot.pause(0.1)
        harmless(screen)
        await screen.peer.ask(CallNext(screen.peer.room.floor.turns[0].id if screen.peer.room.floor.turns else b""))
        await screen.shows("Chris")
        harmless(screen)
    for seat in range(2, 9):
        await screen.press(str(seat))
        await screen.until(lambda seat=seat: screen.peer.room.floor.turns[0].seat == seat)
        await screen.pilot.pause(0.1)
        harmless(screen)
    await screen.press(":")
    await screen.type("whose was it")
    await screen.press("enter")
    await screen.shows("Which stretch of talk?")
    harmless(screen)
    await screen.press("enter")
    await screen.shows("How much of it?")
    await screen.press("0")
    await screen.shows("Whose was it?")
    harmless(screen)
    assert screen.app.is_running


@in_a_room
async def test_a_hostile_agreement_and_a_hostile_knock(room: Room, monkeypatch) -> None:
    id = Peer.new_id()
    text = "\n".join(HOSTILE)
    await room.fay.ask(SetAgreement(seal_as_it_is(monkeypatch, room.fay, FieldKind.AGREEMENT, text, id)), id)
    screen = await room.screen("Ana", live=False)
    await screen.shows("What we agree together", "[@click=app.quit]x[/]")
    harmless(screen)
    await room.fay.ask(ChangeSettings(Settings(lobby=Lobby.ALWAYS)))
    knocking = room.peer("[/]\x1b[31m\u202e")
    monkeypatch.setattr(knocking, "signed_name", _signed_as_it_is(monkeypatch, knocking))
    await room.exits.enter_async_context(knocking)
    await room.fay.until(lambda _: bool(room.fay.waiting))
    await room.fay.stop()
    screen = await room.screen(Peer(room.link, room.fay.key, "Fay"))
    await screen.shows("waits to be let in")
    await screen.press("ctrl+g")
    await screen.shows("do not let in")
    harmless(screen)


def _signed_as_it_is(monkeypatch: pytest.MonkeyPatch, peer: Peer):
    cleaned = peer.signed_name

    def signed(name: str, object_id: bytes) -> tuple[bytes, bytes]:
        with monkeypatch.context() as patch:
            patch.setattr(sealing, "clean", lambda text, **_: text)
            return cleaned(name, object_id)

    return signed


def _hostile_check_in(monkeypatch: pytest.MonkeyPatch, peer: Peer, kind: CheckInKind, options: int) -> OpenCheckIn:
    """Question and answers sealed as they are, under the id b"c" * 16."""
    question = seal_as_it_is(monkeypatch, peer, FieldKind.QUESTION, "".join(HOSTILE), HOSTILE_ID)
    sealed = [seal_as_it_is(monkeypatch, peer, FieldKind.OPTION, o, HOSTILE_ID) for o in HOSTILE[:options]]
    return OpenCheckIn(kind, question, sealed)


HOSTILE_ID = b"c" * 16


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
@in_a_room
async def test_a_hostile_question_with_hostile_answers_is_text(room: Room, size, monkeypatch) -> None:
    """While it is asked, in the line, in the result and in the list of results."""
    screen = await room.screen("Ana", size)
    group = await others(room, 3)
    command = _hostile_check_in(monkeypatch, room.fay, CheckInKind.MULTI, 8)
    assert await room.fay.ask(command, HOSTILE_ID) is None
    group.check_in = HOSTILE_ID
    await asked(screen)
    await screen.shows("[/]", "[@click=app.quit]x[/]")
    harmless(screen)
    await screen.press("1", "2", "8", "pagedown")
    await screen.pilot.pause(0.1)
    harmless(screen)
    await screen.press("enter")
    await group.answer((0,), (1, 4), (2, 3, 5))
    await screen.shows("4 answered")
    harmless(screen)
    await screen.press("enter", "k")
    await screen.shows("Check-ins: which one?")
    harmless(screen)
    assert screen.app.is_running


@pytest.mark.parametrize(("kind", "most"), [(CheckInKind.WORDS, 66), (CheckInKind.TEXT, 610)])
@in_a_room
async def test_hostile_answers_in_words_are_text(room: Room, kind, most, monkeypatch) -> None:
    """Another member's program sends them without cleaning them."""
    screen = await room.screen("Ana")
    group = await others(room, 6)
    assert await room.fay.ask(_hostile_check_in(monkeypatch, room.fay, kind, 0), HOSTILE_ID) is None
    group.check_in = HOSTILE_ID
    await knows_all(screen, 7)
    await asked(screen)
    for peer, part, text in zip(group.peers, group.parts, HOSTILE, strict=False):
        await peer.until(lambda _, part=part: part.mine.people == 7)
        part.mine.answer(HOSTILE_ID, text.encode()[:most].decode(errors="ignore"))
        part.done(HOSTILE_ID)
    await screen.press("escape", "e")
    await group.closes()
    await screen.shows("has a result")
    harmless(screen)
    await screen.press("ctrl+g")
    await screen.shows("6 answered, 1 abstained", "[@click=app.quit]x[/]")
    harmless(screen)


@in_a_room
async def test_what_is_pasted_into_an_answer_is_cleaned(room: Room) -> None:
    from textual.events import Paste

    screen = await room.screen("Ana")
    group = await others(room, 3)
    await group.opens(LEARNT, screen)
    await asked(screen)
    screen.app.screen.query_one("#field").post_message(Paste("one\x1b]52;c;aGk=\x07\ntwo\u202e"))
    await screen.shows("two")
    harmless(screen)


@in_a_room
async def test_what_is_pasted_into_a_text_is_cleaned(room: Room) -> None:
    from textual.events import Paste

    screen = await room.screen("Ana")
    await room.starts()
    await screen.offers("hand with words")
    await screen.press("e")
    screen.session.query_one("Field").post_message(Paste("one\x1b]52;c;aGk=\x07\ntwo\u202e"))
    await screen.shows("two")
    harmless(screen)


@in_a_room
async def test_the_stage_shows_who_speaks_and_no_figures(room: Room, monkeypatch) -> None:
    chris = await room.joins("Chris")
    id = Peer.new_id()
    await room.fay.ask(AddGuest(seal_as_it_is(monkeypatch, room.fay, FieldKind.NAME, HOSTILE[1], id)), id)
    from evenly_client.config import Config

    app = StageApp(Peer(room.link, chris.key, "Chris", purpose=Purpose.STAGE), Config(motion=False))
    pilot = await room.exits.enter_async_context(app.run_test(size=(80, 24)))
    await room.starts()
    await room.raises(chris, "secret words")
    await room.fay.ask(CallNext())

    def text() -> str:
        return "\n".join("".join(s.text for s in strip) for strip in app.screen._compositor.render_strips())

    async with asyncio.timeout(WITHIN_S):
        while "Chris" not in text():
            await pilot.pause(0.02)
    assert "secret" not in text()
    assert not re.search(r"\b\d:\d\d\b", text())
    assert is_harmless(text())
