"""A light hint to the asker alone, before a question is put: the reader of a table of openings for each language.

`en.toml` and `de.toml` ship; a file of the same form in the configuration's folder `hints/` adds a language or
replaces one.
Imported by the screens; imports nothing of them.
"""

from evenly_client.hints.hinting import Hint, HintsError, Kind, Rule, Rules, chosen, hint, languages, load, read

__all__ = ["Hint", "HintsError", "Kind", "Rule", "Rules", "chosen", "hint", "languages", "load", "read"]
