"""A report as one HTML file that holds all that it needs: no script, nothing from elsewhere, for the screen and paper.

The template escapes every text (Jinja2, autoescape). Should anything get through all the same, the file forbids
browsers to run or to fetch it: its Content-Security-Policy allows the one style sheet in it, by its hash, and nothing
else.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING

from evenly_client.reports import charts
from evenly_client.reports.report import Answers, Bars, Block, Heading, Items, Paragraph, Report, Table, Trend
from evenly_client.reports.shown import shown
from evenly_client.translation import language

if TYPE_CHECKING:
    from jinja2 import Template


def render(report: Report) -> str:
    """The whole file."""
    template, style = _templates()
    return template.render(
        report=report,
        language=language().replace("_", "-"),
        style=style,
        policy=policy(style),
        width=charts.WIDTH,
        height=charts.HEIGHT,
        kind_of=_kind_of,
        shown=shown,
        draw_bars=charts.bars,
        draw_answers=charts.answers,
        draw_trend=charts.trend,
    )


def policy(style: str) -> str:
    """What the file allows browsers: this style sheet."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"  # no words: CSP


@cache
def _templates() -> tuple[Template, str]:
    # A cold start does not wait for it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("evenly_client.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    source = environment.get_template("style.css").render()
    return environment.get_template("report.html.jinja"), source


def _kind_of(block: Block) -> str:
    match block:
        case Paragraph():
            return "paragraph"
        case Heading():
            return "heading"
        case Table():
            return "table"
        case Items():
            return "items"
        case Answers():
            return "answers"
        case Bars():
            return "bars"
        case Trend():
            return "trend"
