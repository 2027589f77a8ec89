"""The colours: Evenly's own themes, one of high contrast among them, and which one is used."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from textual.theme import Theme

DEFAULT: Final = "evenly-dark"

THEMES: Final = (
    Theme(
        name="evenly-dark",
        primary="#7fb4ca",
        secondary="#a3be8c",
        accent="#e6c384",
        foreground="#dcdfe4",
        background="#15181e",
        surface="#1b1f27",
        panel="#262b35",
        success="#a3be8c",
        warning="#e6c384",
        error="#e6c384",
        dark=True,
    ),
    Theme(
        name="evenly-light",
        primary="#1f5f7a",
        secondary="#3d6b2f",
        accent="#7a4b00",
        foreground="#1c1f24",
        background="#fbfaf7",
        surface="#f1efe9",
        panel="#e4e1d8",
        success="#3d6b2f",
        warning="#7a4b00",
        error="#7a4b00",
        dark=False,
    ),
    Theme(
        name="evenly-contrast",
        primary="#ffffff",
        secondary="#ffffff",
        accent="#ffff00",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        success="#ffffff",
        warning="#ffff00",
        error="#ffff00",
        dark=True,
        luminosity_spread=0,
        text_alpha=1.0,
        variables={"text-muted": "#ffffff", "text-disabled": "#ffffff", "border": "#ffffff"},
    ),
)
"""Every pair of text and ground in `evenly-contrast` is 19:1 or more (WCAG 2.2, 1.4.6 asks for 7:1)."""


def chosen(wanted: str | None, known: Collection[str], *, no_color: bool) -> str:
    """The theme to use. With NO_COLOR the `ansi` themes would show black on black, so another is used."""
    if wanted is None or wanted not in known:
        return DEFAULT
    if no_color and "ansi" in wanted:
        return DEFAULT
    return wanted


def offered(known: Collection[str], *, no_color: bool) -> list[str]:
    """The themes to choose from, Evenly's own first."""
    own = [theme.name for theme in THEMES]
    return [*own, *sorted(name for name in known if name not in own and not (no_color and "ansi" in name))]
