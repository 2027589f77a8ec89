"""The words on screen in the reader's language: gettext catalogues, English being the text of the program itself.

    from evenly_client.translation import _, ngettext
    _("Nobody is waiting.")
    ngettext("{n} person", "{n} people", n).format(n=n)

The language is settled by the first word that is asked for, and stays for as long as the process runs; so `_` may stand
in tables at module level too. It is the first of these that says something: `EVENLY_LANGUAGE`, `language` in the config
file, `LANGUAGE`, `LC_ALL`, `LC_MESSAGES`, `LANG` (as gettext itself orders the last four). A language without a
catalogue is English, and so is `C`. `EVENLY_CATALOGUES` names a folder that is looked in first: for whoever translates.

The catalogues are `languages/<language>/LC_MESSAGES/evenly.po`; what is read is the .mo made of each by the build.
Source of the rules for plurals and contexts: the GNU gettext manual, "Preparing Program Sources".
"""

from __future__ import annotations

import gettext as _gettext
import os
import sys
from functools import cache
from pathlib import Path
from typing import Final

from evenly_protocol.texts import N_

__all__ = ["ENGLISH", "N_", "_", "language", "ngettext", "pgettext"]

DOMAIN: Final = "evenly"
ENGLISH: Final = "en"
HERE: Final = Path(__file__).parent / "languages"

_FROM_THE_SYSTEM = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def _(text: str) -> str:
    """The text in the reader's language."""
    # Of no text, gettext would say the catalogue's header.
    return _catalogue().gettext(text) if text else ""


def ngettext(one: str, many: str, n: int) -> str:
    """The form of a text that goes with `n`."""
    return _catalogue().ngettext(one, many, n)


def pgettext(context: str, text: str) -> str:
    """The text where it stands in `context`: for a short word that means two things."""
    return _catalogue().pgettext(context, text)


@cache
def language() -> str:
    """The language that words are in: a code such as `en`, `de` or `pt_BR`; only such as there is a catalogue for."""
    return next((code for code in _wanted() if code == ENGLISH or _file(code) is not None), ENGLISH)


@cache
def _catalogue() -> _gettext.NullTranslations:
    path = _file(language())
    if path is None:
        return _gettext.NullTranslations()
    with path.open("rb") as file:
        return _gettext.GNUTranslations(file)


def _file(code: str) -> Path | None:
    """The compiled catalogue of a language, None if there is none."""
    named = os.environ.get("EVENLY_CATALOGUES")
    places = [Path(named), HERE] if named else [HERE]
    paths = (place / code / "LC_MESSAGES" / f"{DOMAIN}.mo" for place in places)
    return next((path for path in paths if path.is_file()), None)


def _wanted() -> list[str]:
    """The languages asked for, the first choice first, each followed by itself without its country."""
    asked = [os.environ.get("EVENLY_LANGUAGE") or _configured() or _of_the_system()]
    codes: list[str] = []
    for name in asked[0].split(":"):
        code = name.partition(".")[0].partition("@")[0].replace("-", "_")
        # A name from outside becomes part of a path: letters and digits alone.
        if code.replace("_", "").isalnum():
            codes += [code, code.partition("_")[0]]
    return codes


def _configured() -> str:
    """What the config file says."""
    from evenly_client.config import language_named

    return language_named()


def _of_the_system() -> str:
    said = next((value for name in _FROM_THE_SYSTEM if (value := os.environ.get(name))), "")
    if said or sys.platform == "linux":
        return said
    import locale

    return locale.getlocale()[0] or ""
