"""What a page and its gateway say to each other: bytes of the terminal as binary messages, these few as text (JSON)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

MESSAGE_AT_MOST: Final = 16 * 1024
"""Bytes of a message from a page; it cuts what is pasted."""

Cells = Annotated[int, msgspec.Meta(ge=1, le=1000)]
Secret = Annotated[str, msgspec.Meta(max_length=64)]


class Enter(msgspec.Struct, tag="enter", tag_field="do", forbid_unknown_fields=True):
    """First message: somebody has an entry, a terminal of this size, and wants the screen or plain lines."""

    token: Secret
    columns: Cells
    rows: Cells
    plain: bool = False


class Return(msgspec.Struct, tag="return", tag_field="do", forbid_unknown_fields=True):
    """First message: a browser that was here comes back with its key."""

    key: Secret
    columns: Cells
    rows: Cells
    plain: bool = False


class Size(msgspec.Struct, tag="size", tag_field="do", forbid_unknown_fields=True):
    """The terminal has changed its size."""

    columns: Cells
    rows: Cells


class Leave(msgspec.Struct, tag="leave", tag_field="do", forbid_unknown_fields=True):
    """Its visitor leaves: the client is to end."""


class Forget(msgspec.Struct, tag="forget", tag_field="do", forbid_unknown_fields=True):
    """The key of this browser is to be none any more."""

    key: Secret


class Welcome(msgspec.Struct, tag="welcome", tag_field="say"):
    """Somebody is in; `key` is what their browser comes back with, empty where it has it already."""

    key: str = ""


class Here(msgspec.Struct, tag="here", tag_field="say"):
    """The line is alive: said regularly, as a page is not told of pings."""


class End(msgspec.Struct, tag="over", tag_field="say"):
    """It is over, or does not begin: `why` for the page, `sentence` for its reader. The connection closes."""

    why: str
    sentence: str


FromPage = Enter | Return | Size | Leave | Forget
FromGateway = Welcome | Here | End

decode = msgspec.json.Decoder(FromPage).decode
"""A text message of a page. Raises msgspec.DecodeError (and ValidationError, which is one) for anything else."""


def encode(message: FromGateway) -> str:
    """The text message that says it."""
    return msgspec.json.encode(message).decode()
