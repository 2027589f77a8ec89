"""`evenly open --on`: the room is on its server before anybody is invited into it. Through pipes, on a real server."""

from __future__ import annotations

from pathlib import Path

from evenly_client.commands import opening
from evenly_client.links import Server
from evenly_client.local_server import LocalServer
from evenly_client.store import Store

from tests.client.piped import Piped
from tests.harness import serving


async def test_who_may_not_make_a_room_gets_no_invitation(tmp_path: Path) -> None:
    """The server's key is wrong; with the right one the room is made, and nobody needs to say it again."""
    server = await LocalServer.start(("--port", "0", "--journal", str(tmp_path / "evenly.db"), "--log", "error"))
    try:
        typed = ("open", "Set", "--on", f"127.0.0.1:{server.port}", "--my-name", "Fay")
        refused = await Piped.run(tmp_path / "Fay", *typed, "--key", "wrong")
        assert await refused.ends() == 1
        assert "may not be made here. Ask whoever runs the server for its key." in refused.said[0]
        assert len(refused.said) == 1
        key = (tmp_path / "evenly.key").read_text().strip()
        for given in (("--key", key), ()):
            made = await Piped.run(tmp_path / "Fay", *typed, *given)
            await made.says("^evenly://")
            await made.says("You are in Set, seat 1.")
            assert await made.ends() == 0
    finally:
        await server.stop()


async def test_where_no_server_answers_nobody_is_invited(tmp_path: Path) -> None:
    """It is said which, and what is in the way; it does not go on trying."""
    for on in ("127.0.0.1:1", "127.0.0.1:1,127.0.0.1:2"):
        asked = await Piped.run(tmp_path, "open", "Set", "--on", on, "--my-name", "Fay")
        assert await asked.ends() == 1
        assert asked.said == [f"evenly: {on}: Nobody answers there: is the server running?"]


async def test_of_several_servers_one_that_answers_makes_the_room_and_the_invitation_names_all(tmp_path: Path) -> None:
    """And the same room is found again by any of them."""
    async with serving() as local:
        for on in (f"127.0.0.1:1,localhost:{local.port}", f"localhost:{local.port}"):
            made = await Piped.run(tmp_path / "Fay", "open", "Set", "--on", on, "--my-name", "Fay")
            await made.says(f"^evenly://{on}/")
            await made.says("You are in Set, seat 1.")
            assert await made.ends() == 0


def test_rooms_of_one_name_at_two_servers_are_both_found_again_after_both_were_named(tmp_path: Path) -> None:
    one, other = Server("a.example", 7447), Server("b.example", 7447)
    with Store(tmp_path) as store:
        first, second = (opening._link_of(store, "Set", [server], None) for server in (one, other))
        assert opening._link_of(store, "Set", [one, other], None) == first.on(one, other)
        assert opening._link_of(store, "set", [other], None) == second
