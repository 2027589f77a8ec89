"""Visitors and their clients, in real terminals with real limits; stand-ins are the clients, and once the real one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from evenly_client.gateway.limits import MIB, Limits
from evenly_client.gateway.visits import CLIENT, Code, Refused, Visit, Visits
from evenly_client.links import Link
from evenly_client.store import Store, profile_directory

from tests.client.gateway.looking import CLIENTS, LINK, Looker, gateway, identity, told_by
from tests.harness import eventually, make_room, serving, soon

ANYTHING = "xterm-256color"


@pytest.fixture(autouse=True)
def _standing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CLIENTS))


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Callable[..., Visits]]:
    """Opens gateways, with these limits; they are closed at the end."""
    async with contextlib.AsyncExitStack() as stack:

        def opened(**limits: object) -> Visits:
            visits = gateway(tmp_path, Limits(**limits))  # pyright: ignore[reportArgumentType]
            stack.push_async_callback(visits.close)
            return visits

        yield opened


async def looked_at(visits: Visits, number: int = 0, term: str = ANYTHING) -> tuple[Visit, Looker]:
    """A visitor who looks at their client."""
    visit, looker = await visits.of(identity(number), term=term), Looker()
    await visit.attach(looker, 90, 25)
    await looker.sees(f"90x25 pid {visit.pid}")
    return visit, looker


def exists(pid: int) -> bool:
    """Whether there is still such a process."""
    return Path(f"/proc/{pid}").exists()


# Looking, typing, coming back


async def test_a_visit_is_painted_typed_into_and_resized(opened: Callable[..., Visits]) -> None:
    """The client has the visitor's window; what is typed reaches it; a new size makes it paint."""
    visit, looker = await looked_at(opened())
    await visit.type(b"good morn")
    await looker.sees("typed [good morn]")
    visit.resize(60, 20)
    await looker.sees("60x20", "typed [good morn]")


async def test_whoever_comes_back_finds_it_as_it_was_left(opened: Callable[..., Visits]) -> None:
    """The same process, the half-typed text, painted anew though the window is as before, in the same modes."""
    visits = opened()
    visit, first = await looked_at(visits)
    await visit.type(b'show b"much was said since " * 1000\rhalf a tho')
    await first.sees("[half a tho]")
    visit.detach(first)
    again = await visits.of(identity(0), term=ANYTHING)
    assert again is visit
    second = Looker()
    await again.attach(second, 90, 25)
    await second.sees(f"90x25 pid {visit.pid}", "[half a tho]")
    for mode in (b"\x1b[?1049h", b"\x1b[?1000h", b"\x1b[?25l"):
        assert mode in second.raw
    assert second.raw.startswith(b"\x1b[?1049h")


async def test_what_happens_while_nobody_looks_is_not_shown_later(
    opened: Callable[..., Visits], tmp_path: Path
) -> None:
    """It is read, so that the client goes on, and thrown away: whoever comes sees how it stands."""
    visits = opened()
    visit, first = await looked_at(visits)
    visit.detach(first)
    await visit.type(b'show b"news " * 20000 + b"\\x1b[H\\x1b[2J"\rtell\rlater')
    await told_by(identity(0), tmp_path)
    # A terminal holds some of it until it is read: what is not read before somebody looks is shown to them.
    await eventually(lambda: visit._tail.endswith(b"typed [later]"))
    await visit.type(b"!")
    second = Looker()
    await visit.attach(second, 90, 25)
    await second.sees("[later!]")
    assert b"news" not in second.raw


async def test_lines_are_shown_again(opened: Callable[..., Visits]) -> None:
    """Where no screen is painted, the last lines are what there is to see: such as a question that waits."""
    visits = opened()
    visit, first = await looked_at(visits)
    await visit.type(b'show b"\\x1b[?1049l\\x1b[?1000l\\r\\nWhat is your name? "\r')
    await first.sees("What is your name?")
    visit.detach(first)
    second = Looker()
    await visit.attach(second, 90, 25)
    assert b"What is your name? " in second.raw


async def test_the_same_person_arriving_again_takes_over(opened: Callable[..., Visits]) -> None:
    """The earlier one is told, gets their terminal back and sees no more; the client goes on."""
    visits = opened()
    visit, first = await looked_at(visits)
    second = Looker()
    await (await visits.of(identity(0), term=ANYTHING)).attach(second, 90, 25)
    why = await soon(first.told)
    assert why.code is Code.ELSEWHERE
    assert b"\x1b[?1049l" in why.undone
    assert b"\x1b[?1000l" in why.undone
    had = len(first.raw)
    await visit.type(b"here")
    await second.sees("[here]", str(visit.pid))
    assert len(first.raw) == had


async def test_two_at_once_start_one_client(opened: Callable[..., Visits]) -> None:
    """Two tabs of one person."""
    visits = opened()
    one, other = await asyncio.gather(*[visits.of(identity(0), term=ANYTHING) for _ in range(2)])
    assert one is other


async def test_another_kind_of_client_ends_the_first(opened: Callable[..., Visits]) -> None:
    """Lines instead of the screen: a device is not in the room twice."""
    visits = opened()
    visit, looker = await looked_at(visits)
    lines = await visits.of(identity(0), plain=True, term=ANYTHING)
    assert (await soon(looker.told)).code is Code.ELSEWHERE
    assert not exists(visit.pid)
    second = Looker()
    await lines.attach(second, 90, 25)
    await second.sees("plain")


async def test_lines_without_a_terminal_go_through_pipes(opened: Callable[..., Visits]) -> None:
    """Nothing is echoed, and the end of the input is one."""
    visits = opened()
    visit, looker = await visits.of(identity(0), plain=True, term=None), Looker()
    await visit.attach(looker)
    await visit.type(b"who")
    await looker.sees("0x0", "typed [who]")
    visit.end_input()
    await looker.sees("the input has ended")
    assert (await soon(looker.told)).status == 0


# Who ends, and how


async def test_a_client_that_ends_says_with_what(opened: Callable[..., Visits]) -> None:
    """Its exit status is passed on, and a new one may be had."""
    visits = opened()
    visit, looker = await looked_at(visits)
    await visit.type(b"exit 3\r")
    why = await soon(looker.told)
    assert (why.code, why.status) == (Code.ENDED, 3)
    await soon(visit.gone)
    again, _ = await looked_at(visits)
    assert again.pid != visit.pid


async def test_nobody_looks_for_too_long(opened: Callable[..., Visits]) -> None:
    """The client is ended; its place is free."""
    visits = opened(detached_seconds=0.05, visitors=1)
    visit, looker = await looked_at(visits)
    visit.detach(looker)
    await soon(visit.gone)
    assert not exists(visit.pid)
    assert visits.running == 0
    await looked_at(visits, 1)


async def test_whoever_comes_back_in_time_may_stay(opened: Callable[..., Visits]) -> None:
    """The time away does not add up."""
    visits = opened(detached_seconds=0.3)
    visit, looker = await looked_at(visits)
    visit.detach(looker)
    second = Looker()
    await visit.attach(second, 90, 25)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.6):
            await asyncio.shield(visit.gone)
    visit.detach(second)
    await soon(visit.gone)


async def test_nobody_types_for_too_long(opened: Callable[..., Visits]) -> None:
    """Whoever only looks is told why it ends."""
    _, looker = await looked_at(opened(idle_seconds=1.0))
    assert (await soon(looker.told)).code is Code.IDLE


async def test_one_that_does_not_want_to_end_is_killed(
    opened: Callable[..., Visits], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked first."""
    monkeypatch.setattr("evenly_client.gateway.hosted.KILLED_AFTER_S", 0.2)
    visit, looker = await looked_at(opened())
    await visit.type(b"stubborn\r")
    await eventually(lambda: b"stubborn now" in looker.raw)
    visit.end(Code.STOPPING)
    await soon(visit.gone)
    assert not exists(visit.pid)


async def test_a_killed_client_tells_its_visitor_and_harms_no_other(opened: Callable[..., Visits]) -> None:
    """kill -9: one sentence, the terminal given back; the neighbour types on."""
    visits = opened()
    visit, looker = await looked_at(visits)
    other, neighbour = await looked_at(visits, 1)
    os.kill(visit.pid, signal.SIGKILL)
    why = await soon(looker.told)
    assert (why.code, why.status) == (Code.FAILED, 128 + signal.SIGKILL)
    assert why.sentence
    assert b"\x1b[?1049l" in why.undone
    await other.type(b"still here")
    await neighbour.sees("[still here]", str(other.pid))
    assert not neighbour.told.done()


async def test_when_the_gateway_ends_everybody_is_told(opened: Callable[..., Visits]) -> None:
    """And no process is left."""
    visits = opened()
    one, first = await looked_at(visits)
    two, second = await looked_at(visits, 1)
    await soon(visits.close())
    assert [(await soon(looker.told)).code for looker in (first, second)] == [Code.STOPPING] * 2
    assert not exists(one.pid)
    assert not exists(two.pid)
    with pytest.raises(Refused):
        await visits.of(identity(2), term=ANYTHING)


# What a client may use


async def test_a_client_that_wants_all_memory_ends_by_its_limit(opened: Callable[..., Visits]) -> None:
    """Long before the computer feels it; its visitor is told, and may come again."""
    visits = opened(memory_bytes=96 * MIB)
    visit, looker = await looked_at(visits)
    await visit.type(b"hog\r")
    assert (await soon(looker.told)).status != 0
    assert b"MemoryError" in looker.raw
    await looked_at(visits)


async def test_a_client_that_computes_for_ever_ends_by_its_limit(opened: Callable[..., Visits]) -> None:
    """A second of processor time here."""
    visit, looker = await looked_at(opened(cpu_seconds=1))
    await visit.type(b"spin\r")
    why = await soon(looker.told)
    assert why.code is Code.FAILED


async def test_every_limit_holds_in_the_process(opened: Callable[..., Visits]) -> None:
    """As the system itself says; it can gain no rights, leads its own session and stands behind the rest."""
    visit, _ = await looked_at(opened(memory_bytes=200 * MIB, cpu_seconds=77, open_files=50, file_bytes=5 * MIB))
    limits = Path(f"/proc/{visit.pid}/limits").read_text()
    for name, value in (("data size", 200 * MIB), ("cpu time", 77), ("open files", 50), ("file size", 5 * MIB)):
        assert re.search(rf"Max {name} +{value} +{value} ", limits), limits
    assert re.search(r"Max core file size +0 +0 ", limits)
    assert "NoNewPrivs:\t1" in Path(f"/proc/{visit.pid}/status").read_text()
    fields = Path(f"/proc/{visit.pid}/stat").read_text().rpartition(")")[2].split()
    assert int(fields[3]) == visit.pid, "its own session"
    assert int(fields[4]) != 0, "with a terminal of its own"
    assert int(fields[16]) >= 5, "nice"


async def test_a_client_holds_nothing_of_the_gateways(
    opened: Callable[..., Visits], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of its environment what is listed, of its files the terminal alone; its folder is closed to others."""
    monkeypatch.setenv("A_SECRET_OF_THE_GATEWAY", "s3cret")
    monkeypatch.setenv("EVENLY_SERVER", "elsewhere.example.org")
    visits = opened()
    await looked_at(visits)
    visit, _ = await looked_at(visits, 1, term="\x1b]2;xterm; rm -rf /")
    await visit.type(b"tell\r")
    named, holds = await told_by(identity(1), tmp_path)
    assert named.keys() <= {
        *("EVENLY_HOME", "HOME", "TERM", "PYTHONUTF8", "PYTHONPATH", "TEXTUAL_DRIVER", "PROMPT_TOOLKIT_NO_CPR", "TZ"),
        *("LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE", "EVENLY_LANGUAGE", "EVENLY_CATALOGUES", "LD_LIBRARY_PATH"),
    }
    assert named["TERM"] == ANYTHING
    home = Path(named["EVENLY_HOME"])
    assert home.name == identity(1)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert len(set(holds)) == 1, "its terminal, and no other's"
    assert holds[0].startswith("/dev/pts/")


@pytest.mark.parametrize("term", ["screen", "tmux-256color", "xterm-kitty", "linux", "vt100", "rxvt-unicode-256color"])
async def test_kinds_of_terminals_are_passed_on(opened: Callable[..., Visits], term: str) -> None:
    """Those that there are."""
    _, looker = await looked_at(opened(), term=term)
    await looker.sees(f"term {term} ")


async def test_windows_of_any_size_are_clamped(opened: Callable[..., Visits]) -> None:
    """A window of a million columns, or of none, is one that a client can paint."""
    visit, looker = await looked_at(opened())
    visit.resize(1_000_000, 1_000_000)
    await looker.sees("300x100")
    visit.resize(0, -5)
    await looker.sees("20x5")


# Who does not read


async def test_a_visitor_who_does_not_read_makes_the_client_wait(opened: Callable[..., Visits]) -> None:
    """What is said and not read stays with the client; nothing is kept meanwhile, and others go on."""
    visits = opened()
    visit, looker = await looked_at(visits)
    other, neighbour = await looked_at(visits, 1)
    looker.reads.clear()
    before = len(looker.raw)
    await visit.type(b"flood\r")
    # The write that waits may be a last painting of its screen, before the flood.
    await eventually(lambda: len(looker.raw) > before)
    had = len(looker.raw)
    await other.type(b"free")
    await neighbour.sees("[free]")
    assert len(looker.raw) == had, "one write that waits, and no second one"
    # Somebody else looks: the one who did not read is let go of, and it goes on.
    second = Looker()
    await visit.attach(second, 90, 25)
    assert (await soon(looker.told)).code is Code.ELSEWHERE
    await eventually(lambda: len(second.raw) > 100_000)
    # Nobody looks any more: it is read as fast as it talks, and leaves the others their turn.
    visit.detach(second)
    await other.type(b"dom")
    await neighbour.sees("[freedom]")


async def test_a_client_that_does_not_read_makes_its_visitor_wait(opened: Callable[..., Visits]) -> None:
    """What is typed is taken as far as a terminal holds it, and then no more."""
    visits = opened()
    visit, looker = await looked_at(visits)
    await visit.type(b"sleep\r")
    typing = asyncio.create_task(visit.type(b"y" * 5 * MIB))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await asyncio.shield(typing)
    visit.end(Code.STOPPING)
    await soon(typing)
    assert (await soon(looker.told)).code is Code.STOPPING


async def test_two_who_type_to_a_client_that_does_not_read_are_both_heard(opened: Callable[..., Visits]) -> None:
    """The first one goes while it waits; the second one's words arrive all the same."""
    visits = opened()
    visit, looker = await looked_at(visits)
    looker.reads.clear()
    await visit.type(b"flood 256\r")
    first = asyncio.create_task(visit.type(b"y\r" * 100_000))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await asyncio.shield(first)
    second = asyncio.create_task(visit.type(b"z\r" * 50_000 + b"after all"))
    await asyncio.sleep(0)
    first.cancel()
    looker.reads.set()
    await soon(second)
    await looker.sees("[after all]")


# Who is let in


async def test_no_more_than_there_is_room_for(opened: Callable[..., Visits]) -> None:
    """The third is refused in a sentence; who is here may come back; a place that was left is free."""
    visits = opened(visitors=2)
    visit, _ = await looked_at(visits, 0)
    await looked_at(visits, 1)
    with pytest.raises(Refused) as no:
        await visits.of(identity(2), term=ANYTHING)
    assert no.value.code == "full"
    assert await visits.of(identity(0), term=ANYTHING) is visit
    visit.end(Code.STOPPING)
    await soon(visit.gone)
    await looked_at(visits, 2)


async def test_clients_are_not_started_over_and_over(opened: Callable[..., Visits]) -> None:
    """One that ends at once is not started again for ever."""
    visits = opened(starts_a_minute=2)
    for _ in range(2):
        visit, looker = await looked_at(visits)
        await visit.type(b"exit 0\r")
        await soon(looker.told)
        await soon(visit.gone)
    with pytest.raises(Refused) as no:
        await visits.of(identity(0), term=ANYTHING)
    assert no.value.code == "fast"
    await looked_at(visits, 1)


async def test_not_everybody_there_is_gets_a_folder(opened: Callable[..., Visits]) -> None:
    """Keys cost nothing: new ones are refused beyond a number, known ones are not."""
    visits = opened(known=1)
    await looked_at(visits)
    with pytest.raises(Refused):
        await visits.of(identity(1), term=ANYTHING)
    assert await visits.of(identity(0), term=ANYTHING)


async def test_strangers_are_forgotten_when_they_leave(opened: Callable[..., Visits]) -> None:
    """Keys that were never let in fill no list, nor do those that a killed gateway has left; members are kept."""
    visits = opened(known=2)
    for number in range(3):
        visit, looker = await looked_at(visits, number)
        if number == 1:
            let_in(visits, number)
        await visit.type(b"exit 0\r")
        await soon(visit.gone)
        assert looker.told.done()
    assert [identity(number) in visits.known for number in range(3)] == [False, True, False]
    assert set(visits._visitors) == {identity(1)}
    visits.known.welcome(identity(4))
    visits.known.forget_strangers()
    assert len(visits.known) == 1


async def test_strangers_from_one_address_leave_places_to_others(opened: Callable[..., Visits]) -> None:
    """So many may wait from one address, and so many in all; once one is let in, the next may come."""
    visits = opened(visitors=8, strangers_of_one=2)

    async def comes(number: int, address: str | None) -> str:
        try:
            await visits.of(identity(number), term=ANYTHING, address=address)
        except Refused as no:
            return no.code
        return "in"

    assert [await comes(number, "192.0.2.1") for number in range(3)] == ["in", "in", "waiting"]
    assert [await comes(number, "192.0.2.2") for number in (3, 4)] == ["in", "in"]
    assert await comes(5, "192.0.2.3") == "waiting", "half of all places"
    assert await comes(5, None) == "in", "with an entry"
    let_in(visits, 0)
    assert await comes(2, "192.0.2.1") == "in"
    assert await comes(1, "192.0.2.1") == "in", "who is here already"
    assert await comes(6, "192.0.2.1") == "waiting"
    assert identity(6) not in visits._visitors


async def test_when_there_are_no_more_processes_a_visitor_is_told(
    opened: Callable[..., Visits], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or no terminals, or no room on the disk; and nothing is left of the try."""

    def none_left() -> tuple[int, int]:
        raise OSError

    visits = opened()
    with monkeypatch.context() as patched:
        patched.setattr(os, "openpty", none_left)
        with pytest.raises(Refused) as no:
            await visits.of(identity(0), term=ANYTHING, address="192.0.2.1")
    assert no.value.code == "full"
    assert (visits.running, len(visits.known)) == (0, 0)
    await looked_at(visits)


def let_in(visits: Visits, number: int) -> None:
    """Leaves what a client keeps that was let into the room."""
    home = visits.known.folder_of(identity(number))
    with Store(profile_directory(environment={"EVENLY_HOME": str(home)})) as store:
        store.remember_room(Link.parse(LINK), 0)


@pytest.mark.parametrize(
    "name", ["", "ssh-", "web-../../../etc", "ssh-" + "A" * 20, "tty-" + "a" * 20, "ssh-" + "a" * 80]
)
async def test_an_identity_is_nothing_but_one(opened: Callable[..., Visits], name: str) -> None:
    """It becomes the name of a folder."""
    with pytest.raises(Refused) as no:
        await opened().of(name, term=ANYTHING)
    assert no.value.code == "unknown"


# The client itself


async def test_textual_paints_all_in_a_window_of_the_same_size(tmp_path: Path) -> None:
    """Though nothing has moved: by the driver that the gateway names."""
    visits = gateway(tmp_path, client="still")
    try:
        visit, first = await visits.of(identity(0), term=ANYTHING), Looker(80, 24)
        await visit.attach(first, 80, 24)
        await first.sees("still waters")
        for _ in range(2):
            again = Looker(80, 24)
            await visit.attach(again, 80, 24)
            await again.sees("still waters")
    finally:
        await soon(visits.close())


async def test_where_files_lie_on_the_gateways_computer_is_not_said(tmp_path: Path) -> None:
    """What goes wrong names a visitor's files from their own folder on."""
    visits = gateway(tmp_path, client=CLIENT)
    try:
        (visits.known.welcome(identity(0)) / "profiles").write_text("no folder")
        visit, looker = await visits.of(identity(0), plain=True, term=None), Looker()
        await visit.attach(looker)
        assert (await soon(looker.told)).status == 1
        assert b"cannot use its files in ~/profiles/default" in looker.raw
        assert str(tmp_path).encode() not in looker.raw
    finally:
        await soon(visits.close())


async def test_the_real_client_runs_in_a_visit(tmp_path: Path) -> None:
    """What it means is said first, a name is asked, and it waits in the lobby; whoever comes back sees that anew."""
    async with serving() as server, make_room(server, 1, session=True) as group:
        visits = gateway(tmp_path, link=group.link.invite_text(), client=CLIENT)
        try:
            visit, first = await visits.of(identity(0), term=ANYTHING), Looker(80, 24)
            await visit.attach(first, 80, 24)
            await first.sees("This runs on the gateway", "Your name in the room:")
            await visit.type(b"Zoe\r")
            await first.sees("Nobody sees this.", "esc")
            await visit.type(b"\x1b")
            await first.sees("Waiting to be let in")
            visit.detach(first)
            second = Looker(80, 24)
            await visit.attach(second, 80, 24)
            await second.sees("Waiting to be let in")
            for mode in (b"\x1b[?1049h", b"\x1b[?1006h", b"\x1b[?2004h", b"\x1b[?25l", b"\x1b[>25u"):
                assert mode in second.raw
            assert b"2048" not in first.raw, "the size is not asked of this terminal: the next may be another"
        finally:
            await soon(visits.close())
