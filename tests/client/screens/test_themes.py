"""The four themes: what they paint, as frames (frames/paint_*.txt), and that everything in them can be read."""

import pytest
from evenly_client.config import Config
from evenly_client.screens import themes
from evenly_client.screens.app import EvenlyApp
from evenly_client.screens.looks import Look
from evenly_client.screens.rows import LOOKS, LOOKS_WITHOUT_COLOURS
from evenly_protocol.turns import CallNext
from textual.geometry import Region
from textual.style import Style
from textual.widgets import Input

from .checkins_room import ENERGY, asked, dialog, others
from .paint import OWN, contrast, is_painted, paint_of, runs, says
from .stage_hand import Screen, in_a_room

LEAST = {"evenly-dark": 4.5, "evenly-light": 4.5, "evenly-contrast": 7.0}
"""The contrast that WCAG 2.2 asks for: 1.4.3 (AA), and 1.4.6 (AAA) for high contrast."""


def least_of_colours(screen: Screen, within: Region | None) -> float:
    """The least contrast of what is painted there; frames are no text."""
    found = [
        (contrast(paint.text, paint.ground), text) for row in runs(screen, within) for paint, text in row if says(text)
    ]
    least, _text = min(found)
    return least


def has_no_colours(screen: Screen, within: Region | None) -> bool:
    return all(paint.text == paint.ground == OWN for row in runs(screen, within) for paint, _ in row)


async def in_each_theme(screen: Screen, what: str, within: Region | None = None) -> None:
    for name in [theme.name for theme in themes.THEMES]:
        screen.app.theme = name
        await is_painted(screen, f"paint_{what}_{name.removeprefix('evenly-')}", within)
        if name in LEAST:
            assert least_of_colours(screen, within) >= LEAST[name], name
        else:
            assert has_no_colours(screen, within)


@in_a_room
async def test_a_session_in_each_theme(room) -> None:
    """Who speaks, the banner of my turn, the queue with its words, the people, the keys."""
    screen = await room.screen("Ana", (110, 24))
    ben, cleo = await room.joins("Ben"), await room.joins("Cleo")
    await room.starts()
    await screen.offers("space hand")
    await screen.press("space")
    await screen.shows("next in line")
    await room.fay.ask(CallNext())
    await screen.offers("enter finish")
    await room.raises(ben, "the plan")
    await room.raises(cleo)
    await screen.shows("the plan", "Cleo")
    screen.session.say("")
    await in_each_theme(screen, "session")


@in_a_room
async def test_a_dialog_in_each_theme(room) -> None:
    """A field with its hint, the chosen line, those that do nothing now, the keys."""
    screen = await room.screen("Ana", (80, 20))
    await screen.offers("? help")
    await screen.press(":")
    await screen.shows("what would you like to do?")
    screen.app.screen.query_one(Input).cursor_blink = False
    await in_each_theme(screen, "dialog", screen.app.screen.query_one(".box").region)


@in_a_room
async def test_a_question_in_each_theme(room) -> None:
    """The promise, the question, the chosen answer among the others, the keys."""
    screen = await room.screen("Ana")
    group = await others(room, 5)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("2")
    await screen.shows("▸ 2 ◂")
    await in_each_theme(screen, "question", dialog(screen).query_one(".box").region)


@pytest.mark.parametrize("name", LEAST)
def test_every_look_can_be_read_on_every_ground(name: str) -> None:
    variables = next(theme for theme in themes.THEMES if theme.name == name).to_color_system().generate()
    for ground in ("$background", "$surface", "$panel"):
        for look in Look:
            style = Style.parse(f"on {ground}", variables) + Style.parse(LOOKS[look], variables)
            paint = paint_of(style.rich_style)
            assert contrast(paint.text, paint.ground) >= LEAST[name], (look, ground, paint)


def test_without_colours_every_look_is_the_terminals_own() -> None:
    """So it can be read on dark and on light terminals; the banner is the two exchanged."""
    for look in Look:
        paint = paint_of(Style.parse(LOOKS_WITHOUT_COLOURS[look], {}).rich_style)
        assert (paint.text, paint.ground) == (OWN, OWN)
        assert "d" not in paint.attributes
    assert "r" in paint_of(Style.parse(LOOKS_WITHOUT_COLOURS[Look.BANNER], {}).rich_style).attributes


@pytest.mark.parametrize(
    ("term", "colorterm", "theme"),
    [
        ("screen", "", "evenly-ansi"),
        ("linux", "", "evenly-ansi"),
        ("vt100", "", "evenly-ansi"),
        ("ansi", "", "evenly-ansi"),
        ("xterm", "", "evenly-ansi"),
        ("screen", "truecolor", "evenly-dark"),
        ("screen-256color", "", "evenly-dark"),
        ("xterm-256color", "", "evenly-dark"),
    ],
)
def test_a_terminal_of_16_colours_has_the_theme_without(monkeypatch, term: str, colorterm: str, theme: str) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLORTERM", colorterm)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert EvenlyApp(lambda: None, Config()).theme == theme
    assert EvenlyApp(lambda: None, Config(theme="evenly-light")).theme == "evenly-light"


def test_with_no_color_no_ansi_theme_is_taken_or_offered(monkeypatch) -> None:
    """Textual would paint them black on black."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "linux")
    monkeypatch.delenv("COLORTERM", raising=False)
    app = EvenlyApp(lambda: None, Config(theme="evenly-ansi"))
    assert app.theme == "evenly-dark"
    assert not [name for name in themes.offered(app.available_themes, no_color=True) if "ansi" in name]


def test_all_four_are_offered_first() -> None:
    app = EvenlyApp(lambda: None, Config())
    own = ["evenly-dark", "evenly-light", "evenly-contrast", "evenly-ansi"]
    assert themes.offered(app.available_themes, no_color=False)[:4] == own
