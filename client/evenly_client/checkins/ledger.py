"""What a member's machine remembers of check-ins, so that no answer can be opened twice: on disk before anything is.

*Burned*: attempts that this client has opened. *Electorates*: who was in those that carried answers, so that the same
question is not opened again with one or two people more or fewer. *Compared*: device keys of epochs whose words
matched. Source: anonymity.md, "Close".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

DAY_MS = 24 * 60 * 60 * 1000
"""In another session, the same question is free of an earlier electorate after this long."""

TOO_ALIKE = 2
"""Electorates that differ by one or so many people could show one person's answer."""


class LedgerFailed(Exception):
    """The ledger cannot be read or written just now: so nothing is opened."""


class CannotBurn(LedgerFailed):
    """It must not, or could not, be written down that an attempt is about to be opened."""


class Burned(CannotBurn):
    """This client has opened that already."""


class AskedAgain(CannotBurn):
    """This client has opened the question with too similar an electorate, in another window perhaps: `asked_again`."""


@dataclass(frozen=True)
class Electorate:
    """Whose answers were opened together: `members` by device key, `at` in UTC milliseconds by this machine's clock."""

    session: int
    at: int
    members: frozenset[bytes]


class Ledger(Protocol):
    """The ledger of one device in one room. Everything raises `LedgerFailed` where it cannot be read or written."""

    def burned(self, check_in: bytes, stage: str, k: int = 0) -> bool:
        """Whether this client has opened this attempt; for `N` and `B`: any attempt of this check-in (k is 0)."""
        ...

    def burn(
        self, check_in: bytes, stage: str, k: int, question: bytes = b"", electorate: Electorate | None = None
    ) -> None:
        """This attempt is about to be opened; with the electorate of the question with this key. On disk on return.

        Raises:
            CannotBurn: it has been opened before, by another window perhaps; the electorate is too similar to an
                earlier one; or the disk does not take it.
        """
        ...

    def electorates(self, question: bytes) -> list[Electorate]:
        """Those with whom a question (its qk) was opened."""
        ...

    def compared(self) -> frozenset[bytes]:
        """The device keys that were in an epoch whose words matched."""
        ...

    def note_compared(self, members: Iterable[bytes]) -> None:
        """The words of an epoch of these members matched."""
        ...


def asked_again(ledger: Ledger, question: bytes, session: int, members: Iterable[bytes], now: int) -> bool:
    """Whether opening a question now, with these members, could show one person's answer by what changed since."""
    those = frozenset(members)
    return any(
        (e.session == session or now - e.at < DAY_MS) and 1 <= len(e.members ^ those) <= TOO_ALIKE
        for e in ledger.electorates(question)
    )


def refuse_again(ledger: Ledger, question: bytes, electorate: Electorate | None) -> None:
    """For ledgers, in the step in which they burn: no other window comes in between.

    Raises:
        AskedAgain: the question must not be opened with this electorate.
    """
    if electorate is not None and asked_again(ledger, question, electorate.session, electorate.members, electorate.at):
        raise AskedAgain


class MemoryLedger:
    """A ledger that lives as long as the process: for bots and rehearsals."""

    def __init__(self) -> None:
        self._burned: set[tuple[bytes, str, int]] = set()
        self._electorates: dict[bytes, list[Electorate]] = {}
        self._compared: frozenset[bytes] = frozenset()

    def burned(self, check_in: bytes, stage: str, k: int = 0) -> bool:
        """See `Ledger`."""
        return (check_in, stage, k) in self._burned

    def burn(
        self, check_in: bytes, stage: str, k: int, question: bytes = b"", electorate: Electorate | None = None
    ) -> None:
        """See `Ledger`."""
        if self.burned(check_in, stage, k):
            raise Burned
        refuse_again(self, question, electorate)
        self._burned.add((check_in, stage, k))
        if electorate is not None:
            self._electorates.setdefault(question, []).append(electorate)

    def electorates(self, question: bytes) -> list[Electorate]:
        """See `Ledger`."""
        return self._electorates.get(question, [])

    def compared(self) -> frozenset[bytes]:
        """See `Ledger`."""
        return self._compared

    def note_compared(self, members: Iterable[bytes]) -> None:
        """See `Ledger`."""
        self._compared |= frozenset(members)
