"""Markdown, HTML, CSV and JSON: whatever people wrote stays text in each of them."""

from __future__ import annotations

import base64
import csv as standard_csv
import hashlib
import io
import json as standard_json
import re
from html.parser import HTMLParser

import pytest
from evenly_client.reports import charts, csv, html, json, lines, markdown
from evenly_client.reports.csv import NoSuchTable
from evenly_client.reports.report import (
    Answer,
    Answers,
    Bar,
    Bars,
    Column,
    Heading,
    Item,
    Items,
    Paragraph,
    Point,
    Report,
    Section,
    Table,
    Trend,
    Unit,
)
from evenly_client.text import clean
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

HOSTILE = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            [
                *"\\`*_{}[]()#+-.!|<>~&:@=$^/'\"\n 1a0é漢",
                *("http://a.example", "www.a.example", "a@b.example", "<script>", "</style>", "](x)", "![x](y)", "---"),
                *("\n\n", "    ", "```", "1. ", "&lt;", "&#42;", "<!--", "]]>", "{{ 7 }}", "{% x %}", "\t=1+1"),
            ]
        ),
        max_size=14,
    ).map("".join),
).map(lambda text: clean(text, lines=True))


def report_of(text: str) -> Report:
    """A report with this text wherever a text can stand."""
    table = Table(
        "t",
        text,
        (Column("a", text), Column("b", "B", Unit.WORDS), Column("c", "C", Unit.LINK), Column("n", "N", Unit.COUNT)),
        ((text, text, text, 1), ("plain", "plain", "plain", None)),
    )
    blocks = (
        Paragraph(text),
        Paragraph(text, quiet=True),
        Heading(text),
        Answers((Answer(text, 2), Answer("plain", 0)), 3),
        table,
        Items("i", text, (Item(text, text), Item("plain"))),
        Bars("b", text, (Bar(text, 5, 7), Bar("plain", 0))),
        Trend("r", text, Unit.COUNT, (Point(text, 1), Point("2", None), Point("3", 4))),
    )
    return Report("session", text, text, (Section("s", text, blocks),))


ANSWERS = (Answers((Answer("yes", 3), Answer("no", 0)), 4),)
MEANS = Trend("m", "Mean", Unit.TENTHS, (Point("1", 10), Point("2", 30), Point("3", 50)), 50, 10)


# -- Markdown ----------------------------------------------------------------------------------------------------


STRUCTURE = {
    *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    *("table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close"),
    *("tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close"),
}
INLINE = {"text", "text_special", "softbreak", "hardbreak", "strong_open", "strong_close", "em_open", "em_close"}
INLINE |= {"code_inline"}


def parsed(text: str) -> list[Token]:
    """As GitHub's: tables, strikethrough, addresses that become links by themselves."""
    return MarkdownIt("gfm-like").parse(text)


def shape(tokens: list[Token]) -> list[tuple[str, str]]:
    """The blocks, without the words."""
    return [(t.type, t.tag) for t in tokens if t.type != "inline"]


@given(HOSTILE.filter(bool))
def test_a_text_forms_nothing_in_markdown(text: str) -> None:
    """The blocks are those of a plain word; inside them are words, and our own emphasis and code."""
    tokens = parsed(markdown.render(report_of(text)))
    assert shape(tokens) == shape(parsed(markdown.render(report_of("word"))))
    for token in tokens:
        assert token.type in STRUCTURE
        for child in token.children or ():
            assert child.type in INLINE, child
    strong = [c.type for t in tokens for c in t.children or () if c.type in ("strong_open", "em_open")]
    assert strong == ["strong_open", "em_open"]


@given(HOSTILE.filter(bool))
def test_a_text_reads_in_markdown_as_it_was_written(text: str) -> None:
    """What a reader sees are its words, whatever was escaped."""
    tokens = parsed(f"- {'x'}\n\n{markdown.escaped(text)}\n")
    seen = "".join(c.content for c in tokens[-2].children or ())
    assert seen == " ".join(text.split())


@pytest.mark.parametrize("text", ["`", "``", "a`b``c", "`a`", "x|y", "a"])
def test_an_address_is_code_whatever_is_in_it(text: str) -> None:
    """With a fence longer than any in it; a table's edge is written as an address writes it."""
    tokens = parsed(f"| a |\n| --- |\n| {markdown.code(text)} |\n")
    code = [c for t in tokens for c in t.children or () if c.type == "code_inline"]
    assert [c.content for c in code] == [text.replace("|", "%7C")]


@pytest.mark.parametrize("text", ["Do we need C #", "One ## two ##", "#", "# #", "a#"])
def test_a_heading_in_markdown_keeps_its_last_characters(text: str) -> None:
    """Marks at its end are the question's, not the heading's."""
    report = Report("session", "t", "f", (Section("s", "S", (Heading(text),)),))
    seen = ["".join(c.content for c in t.children or ()) for t in parsed(markdown.render(report)) if t.children]
    assert seen[-1] == text


def test_answers_in_markdown_are_a_small_table() -> None:
    """Under the question."""
    report = Report("session", "t", "f", (Section("s", "S", (Heading("Why?"), *ANSWERS)),))
    assert markdown.render(report).endswith(
        "### Why?\n\n| Answer | How many |\n| --- | --: |\n| yes | 3 |\n| no | 0 |\n"
    )


def test_a_trend_in_markdown_begins_at_the_least_that_its_figure_can_be() -> None:
    """A mean from 1 to 5 is not half way up at 2.5; it has a decimal."""
    report = Report("session", "t", "f", (Section("s", "S", (MEANS,)),))
    assert "Mean: ▁▅█ (1.0, 3.0, 5.0)" in markdown.render(report)


def test_a_trend_in_markdown_has_its_figures() -> None:
    """And a gap where there is none."""
    trend = Trend("k", "Shared", Unit.OF_100, (Point("1", 0), Point("2", None), Point("3", 100)), 100)
    report = Report("session", "t", "f", (Section("s", "S", (trend,)),))
    assert "Shared: ▁·█ (0, –, 100)" in markdown.render(report)


# -- HTML --------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Elements, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.style = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.words.append(data)


ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "p", "h1", "h2", "h3", "div"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "ul", "li", "figure", "figcaption", "span"),
    *("svg", "rect", "line", "polyline", "circle", "text"),
}
ATTRIBUTES = {
    *("lang", "charset", "content", "name", "http-equiv", "class", "id", "dir", "scope", "role", "aria-label"),
    *("aria-hidden", "viewbox", "preserveaspectratio", "width", "height", "x", "y", "x1", "x2", "y1", "y2"),
    *("cx", "cy", "r", "points", "text-anchor"),
}


@given(HOSTILE.filter(bool))
def test_a_text_forms_nothing_in_html(text: str) -> None:
    """The elements are those of a plain word, every one closed; the text is there to read."""
    page, plain = Page(html.render(report_of(text))), Page(html.render(report_of("word")))
    assert page.open == []
    assert [e for e, _ in page.elements] == [e for e, _ in plain.elements]
    assert [sorted(a) for _, a in page.elements] == [sorted(a) for _, a in plain.elements]
    assert text in page.words
    assert page.style == plain.style


def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    """A closed set of elements and attributes; a policy that allows its own style alone, by its hash."""
    text = html.render(report_of("word"))
    page = Page(text)
    assert {e for e, _ in page.elements} <= ELEMENTS
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    policies = [a["content"] for e, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]
    assert not re.search(r"url\(|@import|https?:|//", text.replace("<!doctype html>", ""))
    assert "prefers-color-scheme: dark" in page.style
    assert "@media print" in page.style


def test_bars_are_to_one_scale() -> None:
    """The longest, planned or real, is the whole width."""
    drawn = charts.bars(Bars("k", "t", (Bar("a", 60_000, 120_000), Bar("b", 30_000), Bar("c", 0, 0))))
    assert [(b.length, b.planned, b.words) for b in drawn] == [
        (50, 100, "1 min of 2 min"),
        (25, None, "30 seconds"),
        (0, 0, "0 min of 0 min"),
    ]


def test_a_trend_is_drawn_within_its_frame_and_breaks_where_nothing_is_known() -> None:
    """From left to right, higher is more; labels only as many as there is room for."""
    values = [10, 20, None, 40, 100]
    drawn = charts.trend(Trend("k", "t", Unit.OF_100, tuple(Point(str(n), v) for n, v in enumerate(values)), 100))
    assert len(drawn.lines) == 2
    xs, ys = [d.x for d in drawn.dots], [d.y for d in drawn.dots]
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True)
    assert 0 < min(xs) <= max(xs) < charts.WIDTH
    assert 0 < min(ys) <= max(ys) <= drawn.base < charts.HEIGHT
    assert "session 2: not known" in drawn.words
    many = charts.trend(Trend("k", "t", Unit.COUNT, tuple(Point(str(n), 0) for n in range(200))))
    assert len(many.labels) <= 17


def test_a_bar_of_answers_is_as_long_as_its_part_of_those_who_took_part() -> None:
    """Everybody's is the whole length; of several answers each, more is not drawn over the edge."""
    assert [(b.length, b.words) for b in charts.answers(ANSWERS[0])] == [(75.0, "3"), (0.0, "0")]
    assert [b.length for b in charts.answers(Answers((Answer("a", 6), Answer("b", 3)), 3))] == [100.0, 50.0]
    assert charts.answers(Answers((), 0)) == []


def test_a_chart_of_means_is_drawn_from_the_least_to_the_most() -> None:
    """On the line at 1, at the top at 5; said with its decimal."""
    drawn = charts.trend(MEANS)
    assert drawn.dots[0].y == drawn.base
    assert drawn.dots[1].y == (drawn.base + drawn.dots[2].y) / 2
    assert [d.value for d in drawn.dots] == ["1.0", "3.0", "5.0"]
    assert drawn.words == "Mean; session 1: 1.0, session 2: 3.0, session 3: 5.0"


# -- CSV ---------------------------------------------------------------------------------------------------------


def rows(text: str) -> list[list[str]]:
    return list(standard_csv.reader(io.StringIO(text, newline="")))


@given(HOSTILE)
def test_no_cell_of_csv_is_a_formula(text: str) -> None:
    """And each reads as it was written, an apostrophe before it at most."""
    made = rows(csv.render(report_of(text), "t"))
    assert made[0] == ["a", "b", "c", "n"]
    for cell in made[1][:3]:
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        assert cell in (text, f"'{text}")
    assert made[2] == ["plain", "plain", "plain", ""]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", " =1", "＝1", "＋1", "－1", "＠x", "'=1"])
def test_what_a_spreadsheet_would_reckon_is_prefixed(text: str) -> None:
    """A figure of ours is not: it is no text."""
    assert csv.guarded(text) == f"'{text}"
    assert csv.guarded("2026-11-27") == "2026-11-27"


def test_all_tables_are_one_below_the_other_with_their_names_in_front() -> None:
    """A blank line between; lengths in minutes; a table is asked for by its key."""
    one = Table("one", "", (Column("took", "T", Unit.MILLISECONDS), Column("n", "N", Unit.COUNT)), ((90_000, -3),))
    two = Table("two", "", (Column("at", "A", Unit.INSTANT),), ((1_795_770_000_000,),))
    report = Report("session", "t", "f", (Section("s", "S", (one, two)),))
    assert csv.render(report) == "table,took,n\r\none,1.5,-3\r\n\r\ntable,at\r\ntwo,2026-11-27 10:00\r\n"
    assert csv.render(report, "one") == "took,n\r\n1.5,-3\r\n"
    with pytest.raises(NoSuchTable, match="It has: one, two"):
        csv.render(report, "three")


def test_a_section_arranged_for_reading_has_sheets_for_spreadsheets_and_scripts() -> None:
    """Its blocks are in neither; a figure with a decimal is one there too."""
    columns = (Column("answer", "Answer", Unit.WORDS), Column("figure", "Figure", Unit.TENTHS))
    sheet = Table("answers", "", columns, (("yes", 34), ("no", None)))
    report = Report("session", "t", "f", (Section("s", "S", (Heading("Why?"), *ANSWERS, MEANS), (sheet,)),))
    assert csv.render(report) == "table,answer,figure\r\nanswers,yes,3.4\r\nanswers,no,\r\n"
    told = standard_json.loads(json.render(report))["sections"]["s"]
    assert told == {
        "title": "S",
        "tables": {"answers": [{"answer": "yes", "figure": 3.4}, {"answer": "no", "figure": None}]},
    }
    assert "Why?" in markdown.render(report)


def test_a_trend_of_means_without_a_table_has_its_decimals_in_csv_and_json() -> None:
    """Not tenths."""
    report = Report("session", "t", "f", (Section("s", "S", (MEANS,)),))
    assert "trends,m,2,3.0\r\n" in csv.render(report)
    assert {"session": "2", "value": 3.0} in standard_json.loads(json.render(report))["sections"]["s"]["trends"]["m"]


# -- JSON and lines ----------------------------------------------------------------------------------------------


@given(HOSTILE)
def test_json_holds_the_text_as_it_is(text: str) -> None:
    """Under keys that are stable."""
    told = standard_json.loads(json.render(report_of(text)))
    assert list(told) == ["version", "report", "title", "first_line", "sections"]
    section = told["sections"]["s"]
    assert section["paragraphs"] == [text, text]
    assert section["tables"]["t"][0] == {"a": text, "b": text, "c": text, "n": 1}
    assert section["lists"]["i"][0] == {"text": text, "about": text}
    assert section["trends"]["r"][1] == {"session": "2", "value": None}


def test_units_are_in_the_keys_of_json() -> None:
    """Milliseconds and moments."""
    table = Table("t", "", (Column("took", "", Unit.MILLISECONDS), Column("was", "", Unit.INSTANT)), ((5, 6),))
    told = standard_json.loads(json.render(Report("own", "", "", (Section("s", "", (table,)),))))
    assert told["sections"]["s"]["tables"]["t"] == [{"took_ms": 5, "was_at": 6}]


@given(HOSTILE)
def test_lines_are_lines(text: str) -> None:
    """No line has a line end in it."""
    assert all("\n" not in line for line in lines.render(report_of(text)))


def test_answers_are_lines_under_their_question() -> None:
    """An empty line before it."""
    report = Report("session", "t", "f", (Section("s", "S", (Heading("Why?"), *ANSWERS, MEANS)),))
    assert lines.render(report)[-6:] == ["S", "", "Why?", "  yes: 3", "  no: 0", "Mean: 1.0, 3.0, 5.0"]
