"""kill -9, in short; the long form is in tests/endurance."""

from pathlib import Path

from tests.end_to_end.kills import survive


async def test_nothing_that_anybody_saw_or_was_promised_is_lost_by_twenty_kills(tmp_path: Path) -> None:
    assert await survive(20, seed=1, directory=tmp_path) > 200
