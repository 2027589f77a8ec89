"""Nothing half-typed is lost: left, refused, or sent without a connection and refused later."""

import contextlib
from pathlib import Path

from evenly_client.screens.boards.screen import Boards
from evenly_client.screens.drafts import Drafts
from evenly_client.screens.kept_text import WriteKept, WriteLinesKept
from evenly_client.store import Store
from evenly_protocol.actions import ConfirmAction
from evenly_protocol.refusals import Refusal
from evenly_protocol.words import ActionState
from textual.widgets import Input, TextArea

from .boards_room import asks, boards, commits
from .stage_hand import Room, Screen, Server, in_a_room, opened

ROOM = b"r" * 16
SENT = b"i" * 16


async def on_boards(room: Room, store: Store | None = None) -> tuple[Screen, Boards]:
    screen = await room.screen("Ana", store=store)
    return screen, await boards(screen)


async def leaves_line(screen: Screen) -> None:
    assert isinstance(screen.app.screen, WriteKept)
    await screen.press("escape")
    await screen.until(lambda: not isinstance(screen.app.screen, WriteKept), "closed")


def test_a_refused_text_comes_back_even_to_another_start(tmp_path: Path) -> None:
    """With what belongs to it, and before what was typed meanwhile; what was taken does not."""
    with Store(tmp_path) as store:
        drafts = Drafts(ROOM, store)
        drafts.keep("post.resource.link", "https://example.org")
        drafts.sent(SENT, "a talk", "post.resource", "post.resource.link")
        assert not drafts.text("post.resource")
        assert not drafts.text("post.resource.link")
        again = Drafts(ROOM, store)
        again.keep("post.resource", "another")
        assert again.settled(SENT, refused=True) == "a talk"
        assert again.text("post.resource") == "a talk\nanother"
        assert again.text("post.resource.link") == "https://example.org"
        assert again.settled(SENT, refused=True) is None
        again.sent(SENT, "third", "post.resource")
        assert again.settled(SENT, refused=False) is None
        assert not again.text("post.resource")


def test_a_command_without_a_text_is_told_of_too() -> None:
    """Its refusal has nobody else to say it."""
    drafts = Drafts(ROOM, None)
    drafts.sent(SENT, "")
    assert drafts.settled(SENT, refused=True) == ""
    assert drafts.settled(b"other", refused=True) is None


async def test_what_is_left_half_typed_stands_there_the_next_time(server: Server, tmp_path: Path) -> None:
    """An action, an issue and a post, each in its own place; gone once it is taken."""
    async with contextlib.AsyncExitStack() as exits:
        store = exits.enter_context(Store(tmp_path / "profile"))
        room = await exits.enter_async_context(opened(server))
        screen, _ = await on_boards(room, store)
        await screen.press("a")
        await screen.shows("esc closes, nothing is lost")
        await screen.type("talk with")
        await leaves_line(screen)
        await screen.press("2", "a")
        await screen.shows("Your issue")
        await screen.type("my best people")
        await screen.press("escape")
        await screen.shows_not("Your issue")
        await screen.press("3", "a", "1")
        await screen.shows("I am looking for")
        await screen.type("a book")
        await screen.press("escape")
        await screen.shows_not("I am looking for")
        kept = [store.draft(room.link.room, kind) for kind in ("action", "issue", "post.ask")]
        assert kept == ["talk with", "my best people", "a book"]
        await screen.press("2", "a")
        await screen.until(lambda: isinstance(screen.app.screen, WriteLinesKept), "the issue again")
        assert screen.app.screen.query_one(TextArea).text == "my best people"
        await screen.press("ctrl+g")
        await screen.shows("Your issue is on the board.")
        assert not store.draft(room.link.room, "issue")
        await screen.press("1", "a")
        await screen.until(lambda: isinstance(screen.app.screen, WriteKept), "the action again")
        assert screen.app.screen.query_one(Input).value == "talk with"


@in_a_room
async def test_other_words_that_were_left_are_not_those_of_another_action(room: Room) -> None:
    """A draft belongs to what it is for; words as they were leave none."""
    screen = await room.screen("Ana")
    await commits(screen.peer, "First")
    await commits(screen.peer, "Second")
    await boards(screen)
    await screen.shows("First", "Second")
    await screen.press("enter", "e")
    await screen.shows("in other words")
    await leaves_line(screen)
    await screen.press("enter", "e")
    await screen.shows("in other words")
    await screen.type(", but smaller")
    await leaves_line(screen)
    await screen.press("down", "enter", "e")
    await screen.until(lambda: isinstance(screen.app.screen, WriteKept), "the other")
    assert screen.app.screen.query_one(Input).value == "Second"
    await leaves_line(screen)
    await screen.press("up", "enter", "e")
    await screen.until(lambda: isinstance(screen.app.screen, WriteKept), "the first again")
    assert screen.app.screen.query_one(Input).value == "First, but smaller"


async def test_what_is_refused_when_the_connection_is_back_is_a_draft_again(own_server, tmp_path) -> None:
    """It was kept to be sent; then it is said which text it was, and it stands there again."""
    with Store(tmp_path / "profile") as store:
        async with opened(own_server) as room:
            chris = await room.joins("Chris")
            screen = await room.screen("Ana", store=store)
            id = await commits(chris, "Ask Kim", owner=screen.peer.seat)
            shown = await boards(screen)
            await screen.shows("Ask Kim")
            await screen.press("enter", "t")
            await screen.shows("A note on this action")
            screen.app.screen.query_one(TextArea).text = "half a page of thought"
            await asks(chris, ConfirmAction(id, False))
            # This screen has not heard of it: the note still fits its copy of the room.
            own_server.kill()
            await screen.until(lambda: screen.peer.state.name != "LIVE", "not connected")
            screen.peer.room.actions.append(screen.peer.declined[id])
            await screen.press("ctrl+g")
            await screen.shows("Kept: it is sent when the connection is back.")
            kind = f"note.{id.hex()}"
            assert not store.draft(room.link.room, kind)
            screen.peer.room.actions.clear()
            own_server.start()
            await screen.shows("“half a page of thought” was not taken, and is kept. There is no such")
            assert store.draft(room.link.room, kind) == "half a page of thought"
            assert screen.app.screen is shown


async def test_what_is_taken_when_the_connection_is_back_is_no_draft(own_server, tmp_path) -> None:
    with Store(tmp_path / "profile") as store:
        async with opened(own_server) as room:
            screen, _ = await on_boards(room, store)
            own_server.kill()
            await screen.until(lambda: screen.peer.state.name != "LIVE", "not connected")
            await screen.press("a")
            await screen.type("talk")
            await screen.press("enter", "1")
            await screen.shows("Kept: it is sent when the connection is back.")
            assert "It is on the board." not in screen.text
            own_server.start()
            await screen.peer.until(lambda r: bool(r.actions))
            assert screen.peer.room.actions[0].state is ActionState.COMMITTED
            kept = store._database.execute("SELECT count(*) FROM draft").fetchone()
            await screen.until(lambda: kept == (0,), "no draft")


@in_a_room
async def test_words_for_a_hand_that_were_refused_are_a_draft_again(room: Room) -> None:
    """On the session's screen as on the boards."""
    screen = await room.screen("Ana")
    id = b"w" * 16
    screen.session.drafts.sent(id, "what would you lose?", "words")
    screen.session._settled(id, Refusal("no_such_hand"))
    await screen.shows("“what would you lose?” was not taken, and is kept.")
    assert screen.session.drafts.text("words") == "what would you lose?"
