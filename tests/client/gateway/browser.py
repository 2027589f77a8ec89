"""A real browser for tests: Chromium without a window, driven by Playwright; and a person's pages in it."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

PATIENCE_MS = 30_000
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
)


def chromium() -> str:
    """Where Chromium is; the test is skipped where there is none, or nothing to drive it."""
    pytest.importorskip("playwright", reason="Playwright is not installed")
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return found or pytest.skip(f"none of {', '.join(_NAMES)} is in PATH")


@contextlib.asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A browser that runs until the block is left."""
    path = chromium()
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_QUIET)
        try:
            yield browser
        finally:
            await browser.close()


class Person:
    """Somebody with a browser of their own (`kind`: DESKTOP or PHONE), and what it noted.

    Attributes:
        page: the tab that they look at.
        requested: every address that was asked for.
        complaints: what the browser complained of, on the console or as an error.
    """

    def __init__(self, browser: Browser, **kind: Any) -> None:
        self._browser = browser
        self._kind = kind
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self.page: Page

    async def __aenter__(self) -> Person:
        self.context = await self._browser.new_context(**self._kind)
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = await self.tab()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.context.close()

    async def tab(self) -> Page:
        """One more tab."""
        page = await self.context.new_page()
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("websocket", lambda line: self.requested.append(line.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text))
        return page

    async def enter(self, address: str) -> None:
        """Opens an entry and goes on."""
        await self.page.goto(address)
        await self.page.click("#go")

    async def sees(self, pattern: str, page: Page | None = None) -> str:
        """Waits for this on the terminal; what the pattern's first group has matched, or all of it."""
        rows = (page or self.page).locator(".xterm-rows > div")
        row = rows.filter(has_text=re.compile(pattern)).first
        try:
            await row.wait_for()
        except Exception:
            shown = "\n".join(text.replace("\xa0", " ").rstrip() for text in await rows.all_text_contents())
            raise AssertionError(f"{pattern!r} never came; the terminal shows:\n{shown}") from None
        found = re.search(pattern, await _text(row))
        assert found is not None
        return found[1] if found.groups() else found[0]

    async def is_told(self, text: str, page: Page | None = None) -> None:
        """Waits until the page's door says this."""
        await (page or self.page).locator("#told").get_by_text(text).wait_for()


async def _text(row: Locator) -> str:
    return (await row.text_content() or "").replace("\xa0", " ")
