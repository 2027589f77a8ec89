"""What is taken for the link to a call."""

from __future__ import annotations

import pytest
from evenly_client.call_links import NotALink, checked


@pytest.mark.parametrize(
    "text",
    ["https://meet.example.org/our-set", " meet.example.org ", "meet.example.org:8443/a?b=c", "sip:ana@example.org"],
)
def test_an_address_is_a_link(text: str) -> None:
    assert checked(text) == text.strip()


@pytest.mark.parametrize("text", ["", "not a link", "ana", "https://", "https://a b", ". .", "a..b"])
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(NotALink, match="is no link"):
        checked(text)
