"""The words of the gateway's page, in the gateway's language: put into index.html, and handed to page.js as JSON."""

from __future__ import annotations

from evenly_client.gateway.sentence import GATEWAY_SENTENCE
from evenly_client.translation import _


def page_words() -> dict[str, str]:
    """Each place of the page by its name, with what stands there."""
    return {
        "sentence": GATEWAY_SENTENCE,
        "lines": _("Lines of text instead of a screen (for screen readers)"),
        "go_on": _("Go on"),
        "as_new": _("Enter as somebody new"),
        "as_before": _("Go on as before"),
        "been_here": _("Somebody has been here before in this browser."),
        "forget": _("Forget me in this browser"),
        "forgotten": _("This browser is forgotten. To come in again, ask for a new entry."),
        "no_entry": _("To come in you need an entry: a link that whoever runs this gateway sends to you."),
        "no_script": _("This page needs JavaScript: it shows a terminal."),
        "entering": _("One moment…"),
        "lost": _("Connection lost, trying again…"),
        "come_back": _("Come back in"),
        "go_on_here": _("Go on here"),
        "try_again": _("Try again"),
        "terminal": _("Evenly. Press F6 to get out of the terminal."),
        "too_much": _("Too much text to read aloud. Go through it line by line."),
        "key_bar": _("Keys"),
        "hand": _("Hand"),
        "finish": _("Finish"),
        "answer": _("Answer"),
        "more": _("More keys"),
        "keyboard": _("Keyboard"),
        "leave": _("Leave"),
        "escape": _("Escape"),
        "tab": _("Tab"),
        "up": _("Up"),
        "down": _("Down"),
        "left": _("Left"),
        "right": _("Right"),
        "backspace": _("Backspace"),
        "open_link": _("Open {address} in a new tab?"),
    }
