"""The colours: Evenly's own themes, and which one is used.

In `evenly-dark` and `evenly-light` every text is 4.5:1 or more on its ground (WCAG 2.2, 1.4.3), in `evenly-contrast`
7:1 (1.4.6). `evenly-ansi` has the terminal's own two colours alone, whatever they are, and tells apart by weight.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from rich.console import Console
from textual.theme import Theme

DEFAULT: Final = "evenly-dark"
OF_FEW_COLOURS: Final = "evenly-ansi"
"""For terminals of 16 colours or fewer: which these are is the terminal's to say, so that none can be relied upon."""

_OWN: Final = "ansi_default"
_DRAWN: Final = (
    *("surface", "panel", "border", "border-blurred", "ansi-background", "ansi-foreground"),
    *("scrollbar", "scrollbar-hover", "scrollbar-active", "scrollbar-background"),
)
"""What Textual would give colours in an ANSI theme, or let what lies below be seen through."""

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
        variables={"text-disabled": "#a4a8af"},
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
        variables={"text-disabled": "#55585c"},
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
        variables={"text-muted": "#ffffff", "text-disabled": "#c0c0c0", "border": "#ffffff"},
    ),
    Theme(
        name=OF_FEW_COLOURS,
        ansi=True,
        primary=_OWN,
        foreground=_OWN,
        background=_OWN,
        surface=_OWN,
        panel=_OWN,
        dark=True,
        variables=dict.fromkeys(_DRAWN, _OWN),
    ),
)

ANSI_CSS: Final = """
.dialog:ansi { background: transparent; }
Input:ansi > .input--cursor { color: $foreground; background: $background; text-style: reverse; }
"""  # no words: a stylesheet
"""For `App.CSS`: a dialog lets be seen what it lies over, and where a letter would go is in reverse video."""


def chosen(wanted: str | None, known: Collection[str], *, no_color: bool, few_colours: bool) -> str:
    """The theme to use. With NO_COLOR the `ansi` themes would show black on black, so another is used.

    `wanted`: the one that somebody chose; `few_colours`: the terminal has 16 or fewer.
    """
    if wanted is None or wanted not in known:
        return OF_FEW_COLOURS if few_colours and not no_color else DEFAULT
    if no_color and "ansi" in wanted:
        return DEFAULT
    return wanted


def has_few_colours(console: Console) -> bool:
    """Whether the terminal has 16 colours or fewer, by what rich makes of TERM and COLORTERM."""
    return console.color_system not in ("256", "truecolor")


def offered(known: Collection[str], *, no_color: bool) -> list[str]:
    """The themes to choose from, Evenly's own first."""
    own = [theme.name for theme in THEMES if not (no_color and theme.ansi)]
    return [*own, *sorted(name for name in known if name not in own and not (no_color and "ansi" in name))]
