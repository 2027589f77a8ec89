"""The Prometheus text is complete, correct in form, and names nobody."""

import dataclasses
import re

from evenly_server.metrics import TABLE, Metrics


def test_every_field_has_a_row_and_every_row_a_field() -> None:
    assert [row.name for row in TABLE] == [field.name for field in dataclasses.fields(Metrics)]


def test_counters_end_in_total_and_gauges_do_not() -> None:
    for name, kind, _ in TABLE:
        assert (kind == "counter") == name.endswith("_total"), name
        assert kind in ("counter", "gauge")


def test_the_text_shows_help_type_and_value_of_each() -> None:
    metrics = Metrics(rooms=3, bytes_out_total=2**40)
    text = metrics.exposition()
    assert text.startswith("# HELP evenly_rooms Rooms in memory.\n# TYPE evenly_rooms gauge\nevenly_rooms 3\n")
    assert "\nevenly_bytes_out_total 1099511627776\n" in text
    assert text.endswith("\n")
    assert len(text.splitlines()) == 3 * len(TABLE)


def test_every_line_is_of_the_format_and_none_has_a_label() -> None:
    line = re.compile(r"# HELP evenly_[a-z_]+ [^\\]+|# TYPE evenly_[a-z_]+ (counter|gauge)|evenly_[a-z_]+ \d+")
    for text in Metrics().exposition().splitlines():
        assert line.fullmatch(text), text
