"""The log: one JSON object a line, and nothing in it that people wrote."""

import json
import logging
from collections.abc import Iterator

import pytest
from evenly_server.logs import failed, log, note, set_up


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    loggers = [log, logging.getLogger("asyncio"), logging.getLogger("websockets")]
    before = [(x, list(x.handlers), x.level, x.propagate) for x in loggers]
    yield
    for x, handlers, level, propagate in before:
        x.handlers, x.propagate = handlers, propagate
        x.setLevel(level)


def lines(captured: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in captured.splitlines()]


def test_a_note_is_one_object_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info")
    note("listening", port=7447, tls=False)
    note("too quiet to be heard", logging.DEBUG)
    (line,) = lines(capsys.readouterr().err)
    assert {k: line[k] for k in ("level", "what", "port", "tls")} == {
        "level": "info",
        "what": "listening",
        "port": 7447,
        "tls": False,
    }


def test_an_error_is_named_and_placed_and_never_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info")
    try:
        raise ValueError("Wilhelmina said so")
    except ValueError:
        failed("a batch failed", room="abc")
    captured = capsys.readouterr().err
    (line,) = lines(captured)
    assert line["error"] == "ValueError"
    assert "test_an_error_is_named_and_placed_and_never_quoted" in str(line["where"])
    assert "Wilhelmina" not in captured


def test_what_other_libraries_say_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("debug")
    logging.getLogger("asyncio").error("Task exception was never retrieved: %r", "Wilhelmina")
    logging.getLogger("websockets.server").error("connection handler failed: Wilhelmina")
    captured = capsys.readouterr().err
    (line,) = lines(captured)
    assert line["what"] == "asyncio"
    assert "Wilhelmina" not in captured


def test_the_journals_own_warnings_are_structured_too(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info")
    logging.getLogger("evenly_server.journal.sqlite").warning("room %s: the snapshot is damaged", "abc")
    (line,) = lines(capsys.readouterr().err)
    assert line["what"] == "room abc: the snapshot is damaged"


def test_bytes_from_outside_are_shown_as_python_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info")
    note("odd", what_came=b"\x1b[2J")
    captured = capsys.readouterr().err
    assert "\x1b" not in captured
    assert lines(captured)[0]["what_came"] == repr(b"\x1b[2J")
