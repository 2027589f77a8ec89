"""`evenly open --on`: the room is on its server before anybody is invited into it. Through pipes, on a real server."""

from __future__ import annotations

from pathlib import Path

from evenly_client.local_server import LocalServer

from tests.client.piped import Piped


async def test_who_may_not_make_a_room_gets_no_invitation(tmp_path: Path) -> None:
    """The server's key is wrong; with the right one the room is made, and nobody needs to say it again."""
    server = await LocalServer.start(("--port", "0", "--journal", str(tmp_path / "evenly.db"), "--log", "error"))
    try:
        opening = ("open", "Set", "--on", f"127.0.0.1:{server.port}", "--my-name", "Fay")
        refused = await Piped.run(tmp_path / "Fay", *opening, "--key", "wrong")
        assert await refused.ends() == 1
        assert "may not be made here. Ask whoever runs the server for its key." in refused.said[0]
        assert len(refused.said) == 1
        key = (tmp_path / "evenly.key").read_text().strip()
        for given in (("--key", key), ()):
            made = await Piped.run(tmp_path / "Fay", *opening, *given)
            await made.says("^evenly://")
            await made.says("You are in Set, seat 1.")
            assert await made.ends() == 0
    finally:
        await server.stop()


async def test_where_no_server_answers_nobody_is_invited(tmp_path: Path) -> None:
    """It is said which, and what is in the way; it does not go on trying."""
    opening = await Piped.run(tmp_path, "open", "Set", "--on", "127.0.0.1:1", "--my-name", "Fay")
    assert await opening.ends() == 1
    assert opening.said == ["evenly: 127.0.0.1:1: Nobody answers there: is the server running?"]
