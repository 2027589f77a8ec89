"""The link to the call: what people paste there is a link, or is refused in words."""

from __future__ import annotations

import re
from typing import Final

from evenly_client.translation import _

_LINK: Final = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:(?://)?[^\s/]\S*|[^\s/.]+(?:\.[^\s/.]+)+(?:[/:?#]\S*)?)", re.IGNORECASE
)
"""A scheme and something behind it, or a host's name with a dot in it, perhaps with a path."""


class NotALink(ValueError):
    """A text that is no link. `title` says so; `advice` says what to do."""

    code: Final = "not-a-link"

    def __init__(self, text: str) -> None:
        self.title = _("“{text}” is no link.").format(text=text[:40])
        self.advice = _("Paste the call's whole address, like https://meet.example.org/our-set.")
        super().__init__(f"{self.title} {self.advice}")


def checked(text: str) -> str:
    """The link without blanks around it.

    Raises:
        NotALink: it is none.
    """
    link = text.strip()
    if not _LINK.fullmatch(link):
        raise NotALink(link)
    return link
