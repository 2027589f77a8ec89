"""A recorded check-in in plain data: of every kind, over the sessions, and of bytes that are none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from evenly_client.checkins import ballots, blocks, derivations, results
from evenly_client.checkins.results import Bar, TrendPoint, figure_of, figure_words, labels, result_of, sparkline, trend
from evenly_client.sealing import UNREADABLE, RoomKeys, Sealer
from evenly_protocol.checkins import CheckIn, counters, vector_bytes
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import TEXT_KINDS, CheckInKind, CheckInState

ROOM, AUTHOR, NOON = b"R" * 16, b"A" * 32, 1_790_000_000_000
KEYS = RoomKeys.from_secret(bytes(16))
SEALER = Sealer(KEYS, ROOM)
H1 = b"1" * 32
SCALE, WORDS, TEXT, MULTI = CheckInKind.SCALE, CheckInKind.WORDS, CheckInKind.TEXT, CheckInKind.MULTI


def recorded(
    kind: CheckInKind,
    plain: bytes,
    people: int,
    *,
    question: str = "How?",
    options: Sequence[str] = (),
    session: int = 1,
    number: int = 1,
    length: int = 0,
) -> CheckIn:
    """A check-in that was recorded with this result."""
    id = bytes([number]) * 16
    length = length or vector_bytes(kind, len(options), "B" if kind in TEXT_KINDS else "N", people)
    return CheckIn(
        id,
        kind,
        SEALER.seal(FieldKind.QUESTION, question, AUTHOR, id),
        [SEALER.seal(FieldKind.OPTION, option, AUTHOR, id) for option in options],
        AUTHOR,
        id,
        NOON + number,
        session,
        state=CheckInState.RECORDED,
        result=derivations.sealed_result(KEYS.room_key, ROOM, id, H1, plain, length),
        taking_part=people,
    )


def numbers(kind: CheckInKind, *chosen: tuple[int, ...], options: Sequence[str] = (), **more: object) -> CheckIn:
    """A check-in with these answers in numbers."""
    total = sum(ballots.ballot(kind, counters(kind, len(options)), answer) for answer in chosen)
    plain = total.to_bytes(vector_bytes(kind, len(options), "N", len(chosen)), "little")
    return recorded(kind, plain, len(chosen), options=options, **more)  # type: ignore[arg-type]


def texts(kind: CheckInKind, *said: bytes, **more: object) -> CheckIn:
    """A check-in with these answers in words."""
    return recorded(kind, blocks.canonical(said), len(said), **more)  # type: ignore[arg-type]


def read(check_in: CheckIn, sealed: bytes = b"") -> results.Result:
    """Its result, which there is."""
    result = result_of(SEALER, KEYS.room_key, ROOM, check_in, sealed)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("check_in", "bars", "abstained", "figure"),
    [
        (numbers(SCALE, (0,), (4,), (4,), ()), [("1", 1), ("2", 0), ("3", 0), ("4", 0), ("5", 2)], 1, 11 / 3),
        (
            numbers(SCALE, (2,), (2,), (3,), options=["none", "plenty"]),
            [("1 none", 0), ("2", 0), ("3", 2), ("4", 1), ("5 plenty", 0)],
            0,
            10 / 3,
        ),
        (
            numbers(CheckInKind.MOOD, (0,), (1,), (2,), (3,), (4,)),
            [("very low", 1), ("low", 1), ("so-so", 1), ("good", 1), ("very good", 1)],
            0,
            3.0,
        ),
        (numbers(CheckInKind.YESNO, (0,), (0,), (1,), (), ()), [("yes", 2), ("no", 1)], 2, 200 / 3),
        (
            numbers(CheckInKind.FIST, (0,), (5,), (5,)),
            [("0", 1), ("1", 0), ("2", 0), ("3", 0), ("4", 0), ("5", 2)],
            0,
            10 / 3,
        ),
        (numbers(CheckInKind.CHOICE, (1,), (1,), (), options=["a", "b"]), [("a", 0), ("b", 2)], 1, None),
        (numbers(MULTI, (0, 1), (1,), (), options=["a", "b"]), [("a", 1), ("b", 2)], 1, None),
        (numbers(SCALE, (), (), ()), [("1", 0), ("2", 0), ("3", 0), ("4", 0), ("5", 0)], 3, None),
    ],
    ids=lambda value: value.kind if isinstance(value, CheckIn) else "",
)
def test_every_numeric_kind(
    check_in: CheckIn, bars: list[tuple[str, int]], abstained: int, figure: float | None
) -> None:
    """Each answer in words and how many gave it; who abstained; the figure, where there is one."""
    result = read(check_in)
    assert [(bar.label, bar.many) for bar in result.bars] == bars
    assert (result.question, result.kind, result.people) == ("How?", check_in.kind, check_in.taking_part)
    assert result.abstained == abstained
    assert result.figure == pytest.approx(figure)
    assert (result.words, result.texts) == ((), ())


def test_words_stand_by_how_often_they_came() -> None:
    """Upper and lower case are one; the same often in the order of the alphabet; abstentions are counted."""
    result = read(texts(WORDS, b"Tired", b"hopeful", b"", b"tired", b"awake", b"TIRED"))
    assert result.words == (Bar("tired", 3), Bar("awake", 1), Bar("hopeful", 1))
    assert (result.people, result.abstained, result.bars, result.texts) == (6, 1, (), ())


def test_texts_stand_in_an_order_that_is_nobodys() -> None:
    """Not that of the slots; on one machine always the same."""
    said = [b"%d" % i for i in range(9)]
    check_in = texts(TEXT, *said, b"")
    result = read(check_in)
    assert sorted(result.texts) == sorted(text.decode() for text in said)
    assert result.texts != tuple(text.decode() for text in said)
    assert read(check_in) == result
    assert (result.people, result.abstained) == (10, 1)


def test_what_others_wrote_is_shown_as_text() -> None:
    """Cleaned; bytes that are no text say so."""
    result = read(texts(TEXT, b"\x1b[2Jbold", b"[b]plain[/b]", b"\xff\xfe", "a\u202eb".encode()))
    assert sorted(result.texts) == sorted(["[2Jbold", "[b]plain[/b]", UNREADABLE, "ab"])
    assert read(texts(WORDS, b"\xff", b"\xfe", b"")).words == (Bar(UNREADABLE, 2),)


def test_a_result_of_ones_own_is_read_like_a_recorded_one() -> None:
    """In its place; and of a check-in that has none, how many took part is in the counts."""
    check_in, other = numbers(SCALE, (0,), (0,), (0,)), numbers(SCALE, (4,), (4,), (4,))
    assert [bar.many for bar in read(check_in, other.result).bars] == [0, 0, 0, 0, 3]
    for made in (numbers(SCALE, (0,), (), (1,)), texts(WORDS, b"a", b"", b"c")):
        sealed, made.result, made.taking_part = made.result, b"", 0
        assert (read(made, sealed).people, read(made, sealed).abstained) == (3, 1)
    several = numbers(MULTI, (0, 1), (1,), (), options=["a", "b"])
    sealed, several.result, several.taking_part = several.result, b"", 0
    assert read(several, sealed).people == 3


@pytest.mark.parametrize(
    ("kind", "plain", "length"),
    [
        (SCALE, b"", 0),
        (SCALE, bytes(4), 4),
        (SCALE, bytes(20), 20),
        (SCALE, bytes(23), 23),
        (SCALE, bytes(28), 28),
        (WORDS, b"\0\1a\0\1b", 6),
        (WORDS, b"\xff" * 288, 288),
        (TEXT, b"", 0),
        (TEXT, b"\0\1a\0\1b\0\1c\0\1d", 1920),
    ],
)
def test_bytes_that_are_no_result_of_its_kind_are_none(kind: CheckInKind, plain: bytes, length: int) -> None:
    """Though they were sealed with the room's key: nothing is shown, and nothing breaks."""
    check_in = recorded(kind, plain, 3, length=length or 288)
    check_in.result = derivations.sealed_result(KEYS.room_key, ROOM, check_in.id, H1, plain, length)
    assert result_of(SEALER, KEYS.room_key, ROOM, check_in) is None


def test_what_does_not_open_is_none() -> None:
    """Another room's, another check-in's, cut off, changed, or not there."""
    check_in, other = numbers(SCALE, (0,), (0,), (0,)), numbers(SCALE, (0,), (0,), (0,), number=2)
    for sealed in (other.result, check_in.result[:-1], b"\1" + check_in.result[1:], b"junk"):
        assert result_of(SEALER, KEYS.room_key, ROOM, check_in, sealed) is None
    assert result_of(SEALER, b"k" * 32, ROOM, check_in) is None
    check_in.result = b""
    assert result_of(SEALER, KEYS.room_key, ROOM, check_in) is None


def test_a_question_that_does_not_open_says_so_beside_its_result() -> None:
    """The counts are there all the same."""
    check_in = numbers(CheckInKind.CHOICE, (0,), (0,), (1,), options=["a", "b"])
    check_in.question, check_in.options[0] = bytes(61), b""
    result = read(check_in)
    assert result.question == UNREADABLE
    assert result.bars == (Bar(UNREADABLE, 2), Bar("b", 1))


def test_moods_have_faces_where_they_may_be_shown() -> None:
    """In words without."""
    assert labels(CheckInKind.MOOD, [], faces=True)[0] == "☹☹ very low"
    assert labels(CheckInKind.MOOD, [])[4] == "very good"
    assert labels(WORDS, []) == labels(TEXT, []) == []


@pytest.mark.parametrize(
    ("kind", "answers", "figure"),
    [
        (SCALE, (0, 0, 0, 0, 3), 5.0),
        (SCALE, (3, 0, 0, 0, 0), 1.0),
        (CheckInKind.FIST, (2, 0, 0, 0, 0, 0), 0.0),
        (CheckInKind.FIST, (1, 0, 0, 0, 0, 1), 2.5),
        (CheckInKind.YESNO, (0, 4), 0.0),
        (CheckInKind.YESNO, (4, 1), 80.0),
        (CheckInKind.CHOICE, (4, 1), None),
        (MULTI, (4, 1), None),
        (SCALE, (0, 0, 0, 0, 0), None),
        (CheckInKind.YESNO, (0, 0), None),
    ],
)
def test_figures(kind: CheckInKind, answers: tuple[int, ...], figure: float | None) -> None:
    """The mean, or the yes in 100; none where nobody answered or there is nothing to measure."""
    assert figure_of(kind, answers) == figure


def test_figures_are_said_in_words() -> None:
    assert figure_words(SCALE, 3.44) == "3.4 of 5"
    assert figure_words(CheckInKind.FIST, 0.0) == "0.0 of 5"
    assert figure_words(CheckInKind.YESNO, 66.7) == "67 in 100 said yes"


@pytest.mark.parametrize(
    ("kind", "figures", "row"),
    [
        (SCALE, [1.0, 3.0, 5.0], "▁▅█"),
        (CheckInKind.FIST, [0.0, 5.0], "▁█"),
        (CheckInKind.YESNO, [0.0, 50.0, 100.0], "▁▅█"),
        (CheckInKind.MOOD, [], ""),
    ],
)
def test_a_trend_as_a_row_of_little_bars(kind: CheckInKind, figures: list[float], row: str) -> None:
    """From the least that the kind can be to the most: two sessions alike look alike."""
    assert sparkline(kind, figures) == row


def test_a_question_keeps_a_trend_over_the_sessions() -> None:
    """The last time in each session counts; other questions, kinds and options do not, nor what came to nothing."""
    like = numbers(SCALE, (4,), (4,), (4,), session=3, number=1)
    given_up = numbers(SCALE, (0,), (0,), (0,), session=5, number=6)
    given_up.state = CheckInState.GIVEN_UP
    check_ins = [
        like,
        numbers(SCALE, (0,), (0,), (0,), session=2, number=2),
        numbers(SCALE, (1,), (1,), (1,), (), session=2, number=3),
        numbers(SCALE, (2,), (2,), (2,), session=4, number=4, question="How else?"),
        numbers(SCALE, (2,), (2,), (2,), session=4, number=5, options=["low", "high"]),
        numbers(CheckInKind.MOOD, (2,), (2,), (2,), session=4, number=7),
        numbers(SCALE, (), (), (), session=6, number=8),
        given_up,
    ]
    points = trend(SEALER, KEYS.room_key, ROOM, check_ins, like)
    assert points == [TrendPoint(2, NOON + 3, 2.0, 4), TrendPoint(3, NOON + 1, 5.0, 3)]


def test_nothing_to_measure_has_no_trend() -> None:
    """Words and choices."""
    for check_in in (texts(WORDS, b"a", b"b", b"c"), numbers(CheckInKind.CHOICE, (0,), (0,), (0,), options=["a", "b"])):
        assert trend(SEALER, KEYS.room_key, ROOM, [check_in], check_in) == []
