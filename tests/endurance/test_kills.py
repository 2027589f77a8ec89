"""kill -9, a hundred times; the short form is in tests/end_to_end."""

from pathlib import Path

import pytest

from tests.end_to_end.kills import survive


@pytest.mark.endurance
@pytest.mark.parametrize("seed", [11, 12])
async def test_nothing_that_anybody_saw_or_was_promised_is_lost_by_a_hundred_kills(seed: int, tmp_path: Path) -> None:
    assert await survive(100, seed, tmp_path) > 1_000
