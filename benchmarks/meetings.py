"""Real meetings as turns: RTTM files read strictly, times as decimals.

A line: `SPEAKER <meeting> 1 <start s> <duration s> <NA> <NA> <speaker> <NA> <NA>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

LONGEST_S = 24 * 3600


class Malformed(ValueError):
    """A file that is no RTTM: file, line, and what is wrong."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path}:{line}: {what}")


@dataclass(frozen=True)
class Utterance:
    """One span of speech; milliseconds from the start of the recording."""

    start: int
    end: int
    speaker: str


@dataclass(frozen=True)
class Meeting:
    """A meeting: its name, its people in order of first speech, its spans in the file's order."""

    name: str
    people: tuple[str, ...]
    spans: tuple[Utterance, ...]

    @property
    def spoken(self) -> dict[str, int]:
        """The sum of the spans of each, milliseconds, as the file has them."""
        sums = dict.fromkeys(self.people, 0)
        for span in self.spans:
            sums[span.speaker] += span.end - span.start
        return sums


def read_folder(folder: Path) -> list[Meeting]:
    """All `*.rttm` of a folder, by name.

    Raises:
        Malformed: a file has a line that is no span.
        FileNotFoundError: there is none.
    """
    paths = sorted(folder.glob("*.rttm"))
    if not paths:
        raise FileNotFoundError(f"{folder}: no .rttm files there")
    return [read(path) for path in paths]


def read(path: Path) -> Meeting:
    """One meeting.

    Raises:
        Malformed: a line is no span, or the file has none.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Malformed(path, 1, "not UTF-8") from None
    spans = [_span(path, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not spans:
        raise Malformed(path, 1, "no spans")
    people = tuple(dict.fromkeys(s.speaker for s in sorted(spans, key=lambda s: s.start)))
    return Meeting(path.stem, people, tuple(spans))


def _span(path: Path, number: int, line: str) -> Utterance:
    fields = line.split()
    if len(fields) < 9 or fields[0] != "SPEAKER":
        raise Malformed(path, number, "not a SPEAKER line of nine fields or more")
    start, length = (_milliseconds(path, number, text) for text in fields[3:5])
    if length == 0:
        raise Malformed(path, number, "a span of no length")
    return Utterance(start, start + length, fields[7])


def _milliseconds(path: Path, number: int, text: str) -> int:
    try:
        seconds = Decimal(text)
    except InvalidOperation:
        raise Malformed(path, number, f"{text!r} is no number of seconds") from None
    if not seconds.is_finite() or not 0 <= seconds <= LONGEST_S:
        raise Malformed(path, number, f"{text!r} is out of range")
    ms = seconds * 1000
    if ms != ms.to_integral_value() or bool(ms) != bool(seconds):
        raise Malformed(path, number, f"{text!r} is finer than a millisecond")
    return int(ms)


def union(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same time, each moment once, in order."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def one_at_a_time(meeting: Meeting) -> list[Utterance]:
    """The meeting as turns of one speaker at a time.

    Spans by start, ties in the file's order; a turn runs from the start of a speaker's first span to the earlier of
    the end of their last consecutive span and the start of the next speaker's turn.
    """
    ordered = sorted(meeting.spans, key=lambda s: s.start)
    turns: list[Utterance] = []
    for span in ordered:
        if turns and turns[-1].speaker == span.speaker:
            turns[-1] = Utterance(turns[-1].start, max(turns[-1].end, span.end), span.speaker)
        else:
            turns.append(span)
    cut = [
        Utterance(turn.start, min(turn.end, following.start), turn.speaker)
        for turn, following in zip(turns, [*turns[1:], turns[-1]], strict=True)
    ]
    cut[-1] = turns[-1]
    return [turn for turn in cut if turn.end > turn.start]
