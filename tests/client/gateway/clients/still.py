"""Stands in for a visitor's client: a screen of Textual's on which nothing ever moves."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class Still(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("still waters")


if __name__ == "__main__":
    Still().run()
