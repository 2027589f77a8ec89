"""The gateway's page in a real browser, with real client processes behind it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from evenly_client.gateway import page_words
from evenly_client.gateway.entries import Entries
from evenly_client.gateway.limits import Limits
from evenly_client.gateway.visits import Visits
from evenly_client.gateway.web import Web
from textual.content import Content

from tests.client.gateway.browser import DESKTOP, PHONE, Person, browsing
from tests.client.gateway.painter import MEASURED

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = Path(page_words.__file__).parent / "page"
HERE = Path(__file__).parents[3]
WINDOW = r"window ([1-9]\d*x\d+)\."
"""What a client paints of its window, in cells; before it has heard of the visitor's it has none, 0x0."""


class Gateway:
    """A gateway for browsers, whose clients are painters."""

    def __init__(self, home: Path) -> None:
        self.home = home / "gateway" / "room"
        self.home.mkdir(parents=True)
        self.port = 0

    async def start(self) -> None:
        """Starts, on the port that it had."""
        self.entries = Entries(self.home)
        self.visits = Visits("evenly://nowhere", self.home, Limits(), client="tests.client.gateway.painter")
        self.web = Web(self.visits, self.entries)
        self.port = await self.web.serve("127.0.0.1", self.port)

    async def stop(self) -> None:
        """Stops in order."""
        await self.visits.close()
        await self.web.close()

    def cut(self) -> None:
        """Cuts every connection, without a word."""
        self.web.cut()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def entry(self) -> str:
        """What is handed out to a visitor."""
        return f"{self.origin}/#{self.entries.new()}"


@pytest.fixture(scope="module", autouse=True)
def _painters() -> Iterator[None]:
    """The processes of clients find this folder's modules."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE))
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests; each has its own visitors in it."""
    async with browsing() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def gate(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that runs."""
    made = Gateway(tmp_path)
    await made.start()
    yield made
    await made.stop()


async def test_an_entry_opens_a_terminal_and_nothing_leaves_the_gateway(gate: Gateway, browser: Browser) -> None:
    """What it means comes first; then it paints, and typing arrives. The token is not in the address any more."""
    async with Person(browser, **DESKTOP) as person:
        entry = gate.entry()
        token = entry.partition("#")[2]
        await person.page.goto(entry)
        await person.page.get_by_text("could read what you type").first.wait_for()
        assert person.page.url == f"{gate.origin}/"
        assert not gate.visits.running
        await person.page.click("#go")
        await person.sees(r"process \d+\.")
        await person.page.keyboard.type("hé中😀")
        await person.sees(re.escape(f"typed {'hé中😀'.encode()!r}."))
        assert await person.page.title() == "Painter"
        assert all(address.startswith((gate.origin, gate.origin.replace("http", "ws"))) for address in person.requested)
        assert not any(token in address for address in person.requested)
        assert not person.complaints
        assert not await person.context.cookies()
        stored = await person.page.evaluate("JSON.stringify([localStorage, sessionStorage])")
        assert token not in stored
        assert await person.page.evaluate("history.length") == 2  # the empty tab, and this


async def test_a_reload_comes_back_to_the_same_client(gate: Gateway, browser: Browser) -> None:
    """Without being asked again in this tab; another tab is asked, takes over, and may be taken over from."""
    async with Person(browser, **DESKTOP) as person:
        await person.enter(gate.entry())
        process = await person.sees(r"process (\d+)\.")
        await person.page.reload()
        assert await person.sees(r"process (\d+)\.") == process
        other = await person.tab()
        await other.goto(gate.origin)
        await other.get_by_text("could read what you type").first.wait_for()
        await other.click("#go")
        assert await person.sees(r"process (\d+)\.", other) == process
        await person.is_told("It goes on there.")
        await person.page.get_by_role("button", name="Go on here").click()
        assert await person.sees(r"process (\d+)\.") == process
        await person.is_told("It goes on there.", other)
        assert not person.complaints


async def test_a_used_entry_says_so(gate: Gateway, browser: Browser) -> None:
    """To somebody else it opens nothing; to who has used it, it is a way back in."""
    entry = gate.entry()
    async with Person(browser, **DESKTOP) as person, Person(browser, **DESKTOP) as stranger:
        await person.enter(entry)
        process = await person.sees(r"process (\d+)\.")
        await stranger.enter(entry)
        await stranger.is_told("This entry has been used")
        assert await stranger.page.locator("button:visible").count() == 0
        await person.page.goto("about:blank")
        await person.page.goto(entry)
        await person.is_told("has been here before")
        await person.page.get_by_role("button", name="Go on as before").click()
        assert await person.sees(r"process (\d+)\.") == process


async def test_a_second_entry_in_one_browser_may_be_somebody_new(gate: Gateway, browser: Browser) -> None:
    """Two who share a computer do not take each other's place unasked."""
    async with Person(browser, **DESKTOP) as person:
        await person.enter(gate.entry())
        process = await person.sees(r"process (\d+)\.")
        await person.page.goto("about:blank")
        await person.page.goto(gate.entry())
        await person.page.get_by_role("button", name="Enter as somebody new").click()
        assert await person.sees(r"process (\d+)\.") != process
        assert gate.visits.running == 2


async def test_a_key_that_is_none_any_more_gives_way_to_an_entry(gate: Gateway, browser: Browser) -> None:
    """Whoever came with both, and chose the old way, is told so and comes in by the new one."""
    async with Person(browser, **DESKTOP) as person:
        await person.enter(gate.entry())
        process = await person.sees(r"process (\d+)\.")
        (identity,) = (path.name for path in (gate.home / "visitors").iterdir())
        gate.entries.forget(identity)
        await person.page.goto("about:blank")
        await person.page.goto(gate.entry())
        await person.page.get_by_role("button", name="Go on as before").click()
        await person.is_told("This entry has been used")
        await person.page.get_by_role("button", name="Try again").click()
        assert await person.sees(r"process (\d+)\.") != process


async def test_a_lost_connection_comes_back_to_the_same_client(gate: Gateway, browser: Browser) -> None:
    """The page says so over the terminal, tries again by itself, and what was typed before is there."""
    async with Person(browser, **DESKTOP) as person:
        await person.enter(gate.entry())
        process = await person.sees(r"process (\d+)\.")
        await person.page.keyboard.type("before")
        await person.sees("typed b'before'")
        # It may be back before anybody looks: what the page says meanwhile is noted by the page.
        await person.page.evaluate(
            "new MutationObserver(() => { document.body.dataset.noted = document.getElementById('note').textContent"
            " || document.body.dataset.noted; })"
            ".observe(document.getElementById('note'), { childList: true })"
        )
        gate.cut()
        await person.page.locator("body[data-noted='Connection lost, trying again…']").wait_for()
        await person.page.locator("#note").wait_for(state="hidden")
        assert await person.sees(r"process (\d+)\.") == process
        await person.page.keyboard.type(" after")
        await person.sees("typed b'before after'")


async def test_a_gateway_that_was_started_again_has_its_visitors_back(gate: Gateway, browser: Browser) -> None:
    """Cut off first, as by a kill: nobody presses anything, and the new client is the same visitor's."""
    async with Person(browser, **DESKTOP) as person:
        await person.enter(gate.entry())
        process = await person.sees(r"process (\d+)\.")
        gate.cut()
        await gate.stop()
        await gate.start()
        await person.sees(rf"process (?!{process}\.)\d+\.")
        assert len(list((gate.home / "visitors").iterdir())) == 1


async def test_whoever_leaves_may_come_back_in_or_be_forgotten(gate: Gateway, browser: Browser) -> None:
    """ctrl+q and the control that says it end the client. A browser that is forgotten has no way in."""
    async with Person(browser, **DESKTOP) as person:
        await person.enter(gate.entry())
        await person.sees("process")
        await person.page.keyboard.press("Control+q")
        await person.is_told("This has ended for you here.")
        await person.page.get_by_role("button", name="Come back in").click()
        await person.sees("process")
        await person.page.get_by_role("button", name="Leave").click()
        await person.page.get_by_role("button", name="Forget me in this browser").click()
        await person.is_told("This browser is forgotten.")
        await person.page.reload()
        await person.is_told("To come in you need an entry")
        assert await person.page.locator("button:visible").count() == 0
        assert (
            await person.page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('evenly.key'))") == []
        )


async def test_a_stopped_gateway_says_so(gate: Gateway, browser: Browser) -> None:
    """Whoever looks is told that it stops, and may try again."""
    async with Person(browser, **DESKTOP) as person:
        await person.enter(gate.entry())
        await person.sees("process")
        await gate.stop()
        await person.is_told("The gateway is being stopped.")
        await gate.start()
        await person.page.get_by_role("button", name="Try again").click()
        await person.sees("process")


async def test_keys_that_browsers_take_are_the_terminals(gate: Gateway, browser: Browser) -> None:
    """ctrl+p does not print and ctrl+g does not search; F6 leads out of the terminal, for who has no mouse."""
    async with Person(browser, **DESKTOP) as person:
        await person.enter(gate.entry())
        await person.sees("process")
        for key in ("Control+p", "Control+g", "Control+f", "Control+s", "Tab", "ArrowUp", "Escape"):
            await person.page.keyboard.press(key)
        await person.sees(re.escape(r"typed b'\x10\x07\x06\x13\t\x1b[A\x1b'"))
        await person.page.keyboard.press("F6")
        assert await person.page.evaluate("document.activeElement.id") == "leave"


async def test_a_long_paste_arrives_whole(gate: Gateway, browser: Browser) -> None:
    """It is cut into messages that the gateway takes."""
    async with Person(browser, **DESKTOP) as person:
        await person.enter(gate.entry())
        await person.sees("process")
        await person.page.evaluate(
            """() => {
                const data = new DataTransfer();
                data.setData("text/plain", "x".repeat(40_000) + "the end");
                const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
                document.activeElement.dispatchEvent(paste);
            }"""
        )
        await person.sees(r"the end\\x1b\[201~'\.")
        assert gate.visits.running == 1


async def test_a_phone_in_portrait_has_room_and_keys(gate: Gateway, browser: Browser) -> None:
    """At least 50 columns, keys that a finger meets, each of them with a name, and each sends what it says."""
    async with Person(browser, **PHONE) as person:
        await person.enter(gate.entry())
        columns, rows = (await person.sees(WINDOW)).split("x")
        assert int(columns) >= 50
        assert int(rows) >= 30
        for key in ("Hand", "Finish", "Answer"):
            await person.page.get_by_role("button", name=key, exact=True).tap()
        await person.sees(re.escape(r"typed b' \r\x07'"))
        await person.page.get_by_role("button", name="More keys").tap()
        assert await person.sees(rf"window ({columns}x(?!{rows})\d+)\.")
        for key in ("7", "Up", "Left", "Escape", "Backspace"):
            await person.page.get_by_role("button", name=key, exact=True).tap()
        await person.sees(re.escape(r"typed b' \r\x077\x1b[A\x1b[D\x1b\x7f'"))
        shown = await person.page.locator("#keys button:visible").all()
        assert len(shown) > 15
        for key in shown:
            box = await key.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44
            assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
            assert await key.get_attribute("aria-label") or (await key.inner_text()).strip()
        await person.page.get_by_role("button", name="Leave").tap()
        await person.is_told("This has ended for you here.")
        assert not person.complaints


async def test_the_keyboard_of_a_phone_comes_by_its_key(gate: Gateway, browser: Browser) -> None:
    """A finger on the terminal does not bring it; once it covers the page's lower part, the terminal is smaller."""
    async with Person(browser, **PHONE) as person:
        await person.enter(gate.entry())
        window = await person.sees(WINDOW)
        mode = "document.querySelector('.xterm-helper-textarea').inputMode"
        await person.page.locator("#screen").tap()
        assert await person.page.evaluate(mode) == "none"
        keyboard = person.page.get_by_role("button", name="Keyboard")
        await keyboard.tap()
        assert await person.page.evaluate(mode) == "text"
        assert await keyboard.get_attribute("aria-pressed") == "true"
        assert await person.page.evaluate("document.activeElement.className") == "xterm-helper-textarea"
        await person.page.set_viewport_size({"width": 390, "height": 500})
        columns, rows = window.split("x")
        smaller = await person.sees(rf"window ({columns}x(?!{rows})\d+)\.")
        assert int(smaller.split("x")[1]) < int(rows)
        box = await keyboard.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 500


async def test_plain_lines_are_text_that_a_screen_reader_finds(gate: Gateway, browser: Browser) -> None:
    """Chosen on the first page, and kept for the next time."""
    async with Person(browser, **DESKTOP) as person:
        await person.page.goto(gate.entry())
        await person.page.get_by_label("Lines of text").check()
        await person.page.click("#go")
        await person.sees(r"plain True\.")
        await person.page.locator(".xterm-accessibility").get_by_role("listitem").get_by_text("plain True.").wait_for()
        await person.page.reload()
        await person.sees(r"plain True\.")
        # Where lines are typed, ctrl+q is no way out: the control is.
        await person.page.keyboard.press("Control+q")
        await person.sees(re.escape(r"typed b'\x11'."))
        await person.page.get_by_role("button", name="Leave").click()
        await person.is_told("This has ended for you here.")


async def test_what_a_client_sends_can_draw_and_nothing_else(gate: Gateway, browser: Browser) -> None:
    """No clipboard, no window, no markup; a link opens after a question, a script that pretends to be one never."""
    async with Person(browser, **DESKTOP, permissions=["clipboard-read", "clipboard-write"]) as person:
        asked: list[str] = []

        async def answer(dialog: Any) -> None:
            asked.append(dialog.message)
            await dialog.dismiss()

        person.page.on("dialog", answer)
        await person.enter(gate.entry())
        window = await person.sees(WINDOW)
        await person.page.evaluate("navigator.clipboard.writeText('mine')")
        await person.page.keyboard.press("Control+x")
        await person.sees("<script>alert")
        await person.page.keyboard.type("x")
        # What was asked of the terminal was not answered: what arrives is what was typed.
        await person.sees(r"typed b'x'\.")
        assert await person.sees(WINDOW) == window
        assert await person.page.evaluate("navigator.clipboard.readText()") == "mine"
        assert await person.page.locator("img").count() == 0
        await person.page.keyboard.press("Control+x")
        for text in ("click here", "or here"):
            await person.page.locator(".xterm-rows").get_by_text(text).first.click(force=True)
        assert asked == ["Open https://evil.example/ in a new tab?"]
        assert len(person.context.pages) == 1
        assert not any("evil" in address for address in person.requested)
        assert not person.complaints


async def test_the_terminal_counts_cells_as_textual_does(gate: Gateway, browser: Browser) -> None:
    """Emoji, joined ones and those of two code points, wide letters, combining marks: columns stay straight."""
    async with Person(browser, **DESKTOP) as person:
        await person.enter(gate.entry())
        await person.sees("process")
        await person.page.keyboard.press("Control+o")
        cells = await person.sees(r"cells (\[.*\])\.")
        assert cells == str([Content(text).cell_length for text in MEASURED])


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_the_page_follows_the_colours_of_its_computer(gate: Gateway, browser: Browser, scheme: Any) -> None:
    """What is around the terminal on every side has the colour of the client's screen."""
    async with Person(browser, **DESKTOP, color_scheme=scheme) as person:
        await person.enter(gate.entry())
        await person.sees("process")
        around = await person.page.evaluate("getComputedStyle(document.querySelector('#session')).backgroundColor")
        assert around == "rgb(20, 40, 80)"
        page = await person.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert page == {"dark": "rgb(11, 12, 14)", "light": "rgb(246, 246, 244)"}[scheme]


async def test_the_words_that_the_page_uses_are_those_that_it_is_given() -> None:
    """None is missing, and none is there for nothing."""
    used = set(re.findall(r"\bw\.(\w+)", (PAGE / "index.html").read_text(encoding="utf-8")))
    used |= set(re.findall(r"\bwords\.(\w+)", (PAGE / "page.js").read_text(encoding="utf-8")))
    assert used == set(page_words.page_words())
