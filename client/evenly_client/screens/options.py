"""A list of answers, the chosen one in reverse video: then its key and its hint stay as legible as in the others."""

from __future__ import annotations

from textual.style import Style
from textual.widgets import OptionList

_CHOSEN = "option-list--option-highlighted"


class Options(OptionList):
    """An `OptionList` that reads on every theme, on those without colours too.

    (Textual takes bold, italic and the like of an option from a stylesheet, but not reverse.)
    """

    def get_visual_style(self, *component_classes: str, partial: bool = False) -> Style:
        """As the stylesheet says; exchanged for the chosen one."""
        style = super().get_visual_style(*component_classes, partial=partial)
        return style + Style(reverse=True) if _CHOSEN in component_classes else style
