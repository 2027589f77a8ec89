"""Makes the pictures of the documents: the program on made-up people's screens, as Textual draws it.

    python docs/pictures.py [--check] [NAME …]

Without a name all of them, into docs/pictures. `--check` writes nothing and exits with 1 if one is not what is there.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

# Whoever makes them, and wherever: settled before the program is imported.
os.environ["EVENLY_LANGUAGE"] = "en"
os.environ["LC_ALL"] = "C.UTF-8"
os.environ["TZ"] = "UTC"

import staging
from evenly_client.checkins.asking import open_command
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.peer import Peer
from evenly_protocol.actions import CheerAction
from evenly_protocol.turns import CallNext
from evenly_protocol.words import Intent
from staging import Room, Shown

HERE = Path(__file__).parent / "pictures"
BESIDE, HALF, WIDE, SMALL = (80, 16), (80, 24), (110, 22), (60, 9)
"""Windows, columns and rows: beside a call, with room for a dialog, with the people beside, the smallest layout."""

Picture = Callable[[Room], Awaitable[str]]


# -- a session of action learning: Fay leads, it is Dora's issue -------------------------------------------------

PROGRESS, ISSUE, CLARIFY, QUESTIONS, REVIEW = 1, 2, 3, 4, 8
"""Places of phases in the format."""


async def begins(room: Room) -> None:
    """The check-in round is held: everybody says a sentence."""
    await room.wait(240)
    await room.start("Fay", "action-learning", "Dora")
    await round_of(room, 25, 40, 20, 65, 35, 30)


async def round_of(room: Room, *seconds: float) -> None:
    """So many people of the round speak, each for so long."""
    for length in seconds:
        await room.wait(length)
        await room.finish()


async def questions(room: Room) -> None:
    """On to the open questions: Chris asks, Ben and Ana want to."""
    await begins(room)
    await room.go_to("Fay", PROGRESS)
    await round_of(room, 50, 85, 40, 110, 60)
    await room.go_to("Fay", ISSUE)
    await round_of(room, 280)
    for phase, asks in ((CLARIFY, ("Ana", "Emil", "Ben")), (QUESTIONS, ("Emil", "Ana"))):
        await room.go_to("Fay", phase)
        for name in asks:
            await room.raise_hand(name, intent=Intent.QUESTION)
            await room.ask("Fay", CallNext())
            await round_of(room, 15, 75)
    await room.raise_hand("Chris", "what would you lose if you waited?", Intent.QUESTION)
    await room.ask("Fay", CallNext())
    await room.wait(6)
    await room.raise_hand("Ben", "", Intent.QUESTION)
    await room.raise_hand("Ana", "", Intent.QUESTION)
    await room.wait(6)


async def session(room: Room, size: tuple[int, int] = BESIDE) -> str:
    """What a participant sees, in line for the floor."""
    await room.join("Fay", "Chris", "Ben", "Dora")
    ana = await room.screen("Ana", size)
    await room.join("Emil")
    await questions(room)
    return await ana.picture("asks: what would you lose if you waited?", "second in line", "0:12")


async def small(room: Room) -> str:
    """The same in the smallest window."""
    return await session(room, SMALL)


async def facilitator(room: Room) -> str:
    """The same on the screen of who leads, with the people beside."""
    fay = await room.screen("Fay", WIDE)
    await room.join("Chris", "Ben", "Dora", "Ana", "Emil")
    await questions(room)
    return await fay.picture("asks: what would you lose if you waited?", "PEOPLE", "0:12")


async def turn(room: Room) -> str:
    """It is the participant's turn in a round."""
    await room.join("Fay", "Chris", "Ben", "Dora")
    ana = await room.screen("Ana", BESIDE)
    await room.join("Emil")
    await begins(room)
    await room.go_to("Fay", PROGRESS)
    await round_of(room, 50, 85, 40)
    await room.wait(8)
    return await ana.picture("IT IS YOUR TURN", "0:08")


# -- before it, beside it ----------------------------------------------------------------------------------------


async def start(room: Room) -> str:
    """The facilitator starts a session: in which format?"""
    fay = await room.screen("Fay", HALF)
    await room.join("Chris", "Ben", "Dora", "Ana", "Emil")
    await fay.shows("start the session")
    await fay.press("n")
    return await fay.picture("in which format?", "Action learning")


async def asked(room: Room) -> tuple[Shown, bytes]:
    """Ana's screen, on which she is asked for an answer that nobody can tell from the others'; the check-in's id."""
    await room.join("Fay", "Chris", "Ben", "Dora")
    ana = await room.screen("Ana", HALF)
    await room.join("Emil")
    await begins(room)
    await room.go_to("Fay", REVIEW)
    id, (_, question) = Peer.new_id(), TEMPLATES["heard"]
    await room.ask("Fay", open_command(room.people["Fay"], question, id), id)
    await ana.shows("6 people take part.")
    return ana, id


async def check_in(room: Room) -> str:
    """The question, an answer chosen."""
    ana, _ = await asked(room)
    await ana.press("4")
    return await ana.picture("▸ 4 ◂")


async def result(room: Room) -> str:
    """What came of it, the same for all."""
    ana, id = await asked(room)
    await ana.press("4", "enter")
    for name, answer in {"Fay": 3, "Chris": 2, "Ben": 4, "Dora": 3, "Emil": 3}.items():
        await room.answer(name, id, answer)
    return await ana.picture("6 answered")


async def boards(room: Room) -> str:
    """Who has committed to what."""
    await room.join("Fay", "Chris", "Ben", "Dora")
    ana = await room.screen("Ana", WIDE)
    await room.join("Emil")
    mine = await room.commit("Ana", "Ask each of the four what they need", buddy="Chris")
    await room.commit("Ben", "Say no to one thing by Wednesday", buddy="Dora")
    await room.commit("Chris", "Write the letter and leave it for a night")
    await room.commit("Dora", "Hand over the Monday meeting", buddy="Ana")
    await room.ask("Chris", CheerAction(mine))
    await room.note("Chris", mine, "Shall I ring you on Friday?")
    await ana.press("b")
    return await ana.picture("1 Actions", "Hand over the Monday meeting", "Shall I ring you")


PICTURES: dict[str, Picture] = {
    "session": session,
    "small": small,
    "turn": turn,
    "facilitator": facilitator,
    "start": start,
    "check-in": check_in,
    "result": result,
    "boards": boards,
}


async def made(name: str) -> str:
    """One picture, as SVG."""
    async with staging.room() as room:
        return await PICTURES[name](room)


def main() -> None:
    """The command line."""
    os.environ.pop("NO_COLOR", None)
    staging.fix_the_clock()
    check = "--check" in sys.argv[1:]
    names = [name for name in sys.argv[1:] if not name.startswith("-")] or list(PICTURES)
    for name in names:
        svg, path = asyncio.run(made(name)), HERE / f"{name}.svg"
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(svg, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != svg:
            sys.exit(f"docs/pictures/{name}.svg is not what the program shows: run `make docs`")


if __name__ == "__main__":
    main()
