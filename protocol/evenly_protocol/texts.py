"""Sentences for people in the tables of the rules: marked here, translated where they are shown.

The name is the field's (GNU gettext manual, "Special cases of translatable strings").
"""

from __future__ import annotations


def N_(text: str) -> str:
    """The text itself, which the catalogues are to hold: whoever shows it looks it up."""
    return text
