"""How people who are invited get the program, and what they type for it: a file that goes along, or an address.

Two kinds of file: evenly.pyz runs as it is, with nothing but Python; a wheel is installed into a folder beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from evenly_client.errors import UserError
from evenly_client.translation import _
from evenly_client.transport import is_loopback

ONE_FILE: Final = "evenly.pyz"
"""What `make dist` builds to be handed out."""

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@&'()*+,;=%\[\]-]+")
"""What needs no more than double quotes in every shell."""
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\.(pyz|whl)")


class System(Enum):
    """Whose lines they are."""

    POSIX = "posix"
    WINDOWS = "windows"


@dataclass(frozen=True)
class ProgramSource:
    """Where the program comes from.

    Attributes:
        file: the file's name, once it is there.
        address: where it is fetched; None: it goes along with the invitation.
    """

    file: str = ONE_FILE
    address: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """What somebody means: an address, or the name of a file (its folder does not matter).

        Raises:
            UserError: it is neither evenly.pyz nor a wheel, or nobody should fetch a program from there.
        """
        text = text.strip()
        address = text if "://" in text else None
        path = unquote(urlsplit(text).path) if address else text.replace("\\", "/")
        file = path.rpartition("/")[2]
        if _FILE.fullmatch(file) is None or (address and not _ADDRESS.fullmatch(address)):
            raise UserError(
                _("{text} is no file or address of the program.").format(text=repr(text[:80])),
                _("It ends in .pyz or .whl: what `make dist` builds."),
            )
        if address and urlsplit(address).scheme == "http" and not is_loopback(urlsplit(address).hostname or ""):
            raise UserError(
                _("A program that comes over http may be another one when it arrives."),
                _("Give an address that begins with https://."),
            )
        return cls(file, address)

    def __str__(self) -> str:
        """What `parse` reads."""
        return self.address or self.file

    def lines(self, command: str, system: System) -> list[str]:
        """What is typed, line by line, from a terminal to the question for the link; `command`: `join` or `plain`."""
        if self.file.endswith(".pyz"):
            python = "py" if system is System.WINDOWS else "python3"
            return [*self._fetching(system), f"{python} {self.file} {command}"]
        if system is System.WINDOWS:
            what = f'"{self.address}"' if self.address else self.file
            return [
                "py -m venv evenly",  # no words: typed
                rf"evenly\Scripts\pip install {what}",  # no words: typed
                rf"evenly\Scripts\evenly {command}",  # no words: typed
            ]
        what = f'"{self.address}"' if self.address else f"./{self.file}"
        steps = ("python3 -m venv evenly", f"evenly/bin/pip install {what}", f"evenly/bin/evenly {command}")  # no words
        return [" && ".join(steps)]

    def _fetching(self, system: System) -> list[str]:
        if self.address is None:
            return []
        curl = "curl.exe" if system is System.WINDOWS else "curl"
        return [f'{curl} -fLo {self.file} "{self.address}"']  # no words: typed
