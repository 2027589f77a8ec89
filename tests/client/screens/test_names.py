"""Names in columns."""

import pytest
from evenly_client.screens.names import padded_name


@pytest.mark.parametrize(
    ("shown", "cells", "seen"),
    [
        ("Ben", 6, "Ben   "),
        ("Bartholomew", 6, "Barth…"),
        ("Ben (gateway)", 16, "Ben (gateway)   "),
        ("Bartholomew (gateway)", 16, "Barth… (gateway)"),
        ("Bartholomew (gateway)", 13, "Ba… (gateway)"),
        ("Bartholomew (gateway)", 10, "Bartholom…"),
    ],
)
def test_a_name_that_is_cut_still_says_that_it_comes_through_a_gateway(shown: str, cells: int, seen: str) -> None:
    """As long as something of the name is left to be read."""
    assert padded_name(shown, cells) == seen
