"""Writes tools/evenly.1, the manual page, from what docs/commands.md is made of.

    python tools/man_page.py [--check]

`--check` writes nothing and exits with 1 if the file is not what would be written. docutils knows the page's format.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from pathlib import Path

from docutils.core import publish_string
from myst_parser.parsers.docutils_ import Parser

HERE = Path(__file__).parent
PAGE = HERE / "evenly.1"
sys.path.insert(0, str(HERE.parent / "docs"))

from commands_page import commands  # noqa: E402 (it lies beside the documents)

HEAD = """\
# Synopsis

`evenly COMMAND [OPTIONS]`

# Description

Live peer sessions from the terminal, beside a video call: everyone is heard evenly. `evenly demo` shows a whole session
on this machine; `evenly open NAME` makes a room, and `evenly join` enters one.

"""
FOOT = """
# Environment

`EVENLY_HOME`
: The folder of all that is kept; by default the system's place for an application's data.

`EVENLY_CONFIG`
: The file of settings, config.toml.

`EVENLY_LANGUAGE`, `EVENLY_THEME`, `EVENLY_SERVER`, `EVENLY_PROFILE`
: As `language`, `theme`, `server` and `profile` in that file.

`NO_COLOR`
: Without colours.

# Exit status

0; 1 when something went wrong, and a sentence on standard error says what; 2 for wrong usage.
"""


def page() -> str:
    """The whole page as roff."""
    text = commands()
    text = text[text.index("\n## ") :]
    # Commands are the page's sections; in a terminal a command is typed, not followed.
    text = re.sub(r"^#(#+) ", r"\1 ", text, flags=re.MULTILINE)
    text = re.sub(r"\[([^\]]+)\]\(#[^)]+\)", r"\1", text)
    made = publish_string(
        HEAD + text.strip() + "\n" + FOOT,
        parser=Parser(),
        writer="manpage",
        settings_overrides={
            "myst_enable_extensions": ["deflist"],
            "doctitle_xform": False,
            "output_encoding": "unicode",
            "report_level": 3,
            "halt_level": 3,
            "myst_suppress_warnings": ["myst.header"],
        },
    )
    macros, _, rest = str(made).partition('.TH "" "" "" ""')
    body = rest[rest.index(".SH Synopsis") :]
    return (
        f'{macros}.TH EVENLY 1 "" "Evenly {version("evenly")}" "Evenly"\n'
        f".SH Name\nevenly \\- live peer sessions from the terminal\n{_without_blank_lines(body)}"
    )


def _without_blank_lines(roff: str) -> str:
    return re.sub(r"\n{2,}", "\n", roff)


def main() -> None:
    """The command line."""
    made = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(made)
    elif not PAGE.exists() or PAGE.read_text() != made:
        sys.exit("tools/evenly.1 is not what the code says: run `python tools/man_page.py`")


if __name__ == "__main__":
    main()
