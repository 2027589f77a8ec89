"""kill -9, a thousand times; the short form is in tests/end_to_end."""

from pathlib import Path

import pytest

from tests.end_to_end.kills import survive
from tests.endurance.figures import long, seed


@pytest.mark.endurance
async def test_nothing_that_anybody_saw_or_was_promised_is_lost_by_a_thousand_kills(tmp_path: Path) -> None:
    kills, first = long(1_000), seed()
    entries = 0
    for part in range(0, kills, 100):
        directory = tmp_path / str(part)
        directory.mkdir()
        entries += await survive(min(100, kills - part), first + part, directory)
    print(f"{kills} kills, {entries} entries: 0 lost, 0 twice")
