"""The power is cut under the server's disk while members write: nothing that anybody saw, or was promised, is lost."""

from pathlib import Path

import pytest

from tests.end_to_end.kills import survive
from tests.endurance.figures import long, seed
from tests.endurance.loop_disk import LoopDisk


async def test_nothing_is_lost_by_three_power_cuts(tmp_path: Path) -> None:
    with LoopDisk(tmp_path) as disk:
        assert await survive(3, seed(1), tmp_path, disk) > 20


@pytest.mark.endurance
async def test_nothing_is_lost_by_a_hundred_power_cuts(tmp_path: Path) -> None:
    cuts = long(100)
    with LoopDisk(tmp_path, mebibytes=256) as disk:
        entries = await survive(cuts, seed(), tmp_path, disk)
    print(f"{cuts} power cuts, {entries} entries: 0 lost, 0 twice")
