"""Half-typed texts of one member in one room: each kind has its place, where it stands until it is where it belongs.

A text that was sent and is not answered yet has left its place, so that it is not sent twice; if it is refused, even
after the program was started again, it comes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from evenly_client.store import Store

DRAFT_KEPT_AFTER_S: Final = 0.5
"""How long after a key a draft is on the disk."""

_SENT: Final = "sent:"


class Drafts:
    """In the store, or without one in memory. A kind is any text: `words`, `action`, `post.ask`, `reply.` and an id."""

    def __init__(self, room: bytes, store: Store | None) -> None:
        """`room`: its id."""
        self._room = room
        self._store = store
        self._kept: dict[str, str] = {}

    def text(self, kind: str) -> str:
        """The half-typed text of a kind; empty for none."""
        return self._kept.get(kind, "") if self._store is None else self._store.draft(self._room, kind)

    def keep(self, kind: str, text: str) -> None:
        """Keeps a half-typed text; an empty one is forgotten."""
        if self._store is not None:
            self._store.keep_draft(self._room, kind, text)
        elif text:
            self._kept[kind] = text
        else:
            self._kept.pop(kind, None)

    def forget(self, *kinds: str) -> None:
        """These texts are where they belong."""
        for kind in kinds:
            self.keep(kind, "")

    def sent(self, id: bytes, text: str, *kinds: str) -> None:
        """The `text` of the first kind, and the drafts of the others, went with the command `id`."""
        parts = [(kind, self.text(kind) if i else text) for i, kind in enumerate(kinds)]
        self.keep(_SENT + id.hex(), msgspec.json.encode(parts).decode())
        self.forget(*kinds)

    def settled(self, id: bytes, *, refused: bool) -> str | None:
        """A command is done, or `refused`: then its texts are drafts again.

        The text that was refused, empty for a command without one; None: there is nothing to tell.
        """
        kept = self.text(_SENT + id.hex())
        if not kept:
            return None
        self.forget(_SENT + id.hex())
        if not refused:
            return None
        parts = msgspec.json.decode(kept, type=Sequence[tuple[str, str]])
        for kind, text in parts:
            self._put_back(kind, text)
        return parts[0][1] if parts else ""

    def _put_back(self, kind: str, text: str) -> None:
        """Before what has been typed in its place meanwhile."""
        now = self.text(kind)
        self.keep(kind, f"{text}\n{now}" if now and now != text else text)
