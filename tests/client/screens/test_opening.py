"""The first frame: it is there before anything heavy is imported, takes no key, and lets one leave at once."""

import asyncio
import subprocess
import sys

import pytest
from evenly_client.config import Config
from evenly_client.links import Link
from evenly_client.peer import Peer
from evenly_client.screens.app import EvenlyApp
from evenly_client.screens.opening import Opening
from evenly_client.sealing import DeviceKey
from evenly_client.store import Store, StoreError

from .stage_hand import WITHIN_S, Room, Screen, in_a_room, opened

HEAVY = ("evenly_client.peer", "evenly_client.screens.session", "websockets", "cryptography", "evenly_protocol.wire")


@pytest.mark.parametrize("name", ["evenly_client.screens.app", "evenly_client.commands.enter", "evenly_client.cli"])
def test_nothing_that_seals_or_speaks_to_servers_is_imported_before_the_first_frame(name: str) -> None:
    program = f"import sys, {name}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert name in done.stdout.split()
    assert not set(HEAVY) & set(done.stdout.split())


def shown(app: EvenlyApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


class OpeningAlone(EvenlyApp):
    """As long as the rest is being imported."""

    async def _hand_over(self) -> None:
        pass


def never() -> Peer:
    raise AssertionError


async def test_ctrl_q_leaves_before_there_is_a_connection() -> None:
    app = OpeningAlone(never, Config(motion=False), room="Peer set 3")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Peer set 3" in shown(app)
        assert "connecting ○" in shown(app)
        await pilot.press("space", "enter")
        async with asyncio.timeout(WITHIN_S):
            while "Keys work once you are in the room." not in shown(app):
                await pilot.pause(0.01)
        await pilot.press("ctrl+q")
    assert app.return_code == 0
    assert app.failure is None


async def test_what_keeps_it_from_beginning_is_handed_on() -> None:
    def damaged() -> Peer:
        raise StoreError("The device key is damaged.", "Put a copy back.")

    app = EvenlyApp(damaged, Config(motion=False))
    async with app.run_test(size=(80, 24)) as pilot:
        async with asyncio.timeout(WITHIN_S):
            while app.failure is None:
                await pilot.pause(0.01)
    assert isinstance(app.failure, StoreError)
    assert app.return_code == 1


async def test_a_server_that_cannot_be_reached_is_said_and_tried_again(own_server) -> None:
    async with opened(own_server) as room:
        own_server.kill()
        screen = await room.screen("Ana", live=False)
        await screen.shows("not connected ○", "Nobody answers there", "ctrl+q leave")
        await screen.press("space")
        await screen.shows("Keys work once you are in the room.")
        own_server.start()
        await screen.until(lambda: screen.app.screen is screen.session)
        await screen.shows("2 of 2 here ●")


@in_a_room
async def test_the_opening_looks_like_the_session_to_come(room: Room) -> None:
    nowhere = Peer(Link("127.0.0.1", 1, bytes(16), bytes(16)), DeviceKey.generate(), "Ana")
    screen: Screen = await room.screen(nowhere, live=False)
    await screen.until(lambda: isinstance(screen.app.screen, Opening) and "Trying again" in screen.text)
    await screen.press("x")
    await screen.is_frame("opening")


@in_a_room
async def test_the_theme_that_was_chosen_is_there_from_the_first_frame(room: Room, tmp_path) -> None:
    with Store(tmp_path / "profile") as store:
        store.keep_setting("theme", "evenly-contrast")
        screen = await room.screen("Ana", store=store, live=False)
        assert screen.app.theme == "evenly-contrast"


def test_a_mistake_of_the_program_prints_nothing_that_is_in_memory(monkeypatch) -> None:
    """It is kept to be told in two lines once the screen is gone; the library's own trace shows locals."""
    app = EvenlyApp(lambda: None, Config())
    monkeypatch.setattr(app, "_close_messages_no_wait", lambda: None)
    error = ZeroDivisionError("secret words")
    app._exception = error
    app._fatal_error()
    assert app.failure is error
    assert not app._exit_renderables
