"""The comparison finds what differs, and nothing else."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa

from wistia_lake.sandbox.compare import compare

ROWS = [
    {"id": "a", "day": date(2025, 3, 1), "share": 0.1 + 0.2, "count": 3, "flag": True, "batch_id": "one"},
    {"id": "b", "day": date(2025, 3, 1), "share": None, "count": 0, "flag": False, "batch_id": "two"},
    {"id": "c", "day": date(2025, 3, 2), "share": 0.0, "count": 5, "flag": None, "batch_id": "two"},
]
KEY = ("id",)


def changed(place, **cells):
    return [row | cells if number == place else row for number, row in enumerate(ROWS)]


def test_equal_rows_do_not_differ_in_any_order():
    found = compare(ROWS, list(reversed(ROWS)), KEY)
    assert not found
    assert (found.expected, found.found, found.count) == (3, 3, 0)
    assert str(found) == "3 expected, 3 found, 0 missing, 0 extra, 0 repeated, 0 cells differ"
    assert not compare(ROWS, pa.Table.from_pylist(ROWS), KEY)
    assert not compare([], [], KEY)


def test_one_changed_cell_is_found_with_key_and_column():
    found = compare(ROWS, changed(1, count=1), KEY)
    assert (found.differing, found.count) == (1, 1)
    assert str(found.first[0]) == "(b) count: expected 0, found 1"


def test_missing_extra_and_repeated_rows_are_told_apart():
    found = compare(ROWS, [*ROWS[:2], ROWS[0], ROWS[2] | {"id": "d"}], KEY)
    assert (found.missing, found.extra, found.repeated, found.differing) == (1, 1, 1, 0)
    assert (found.expected, found.found) == (3, 4)
    assert [(item.key, item.column) for item in found.first] == [
        (("c",), "missing"), (("d",), "extra"), (("a",), "repeated"),
    ]  # fmt: skip


def test_doubles_are_compared_bit_for_bit():
    assert compare(ROWS, changed(0, share=0.3), KEY).differing == 1
    assert compare(ROWS, changed(0, share=math.nextafter(0.1 + 0.2, 1)), KEY).differing == 1
    assert compare(ROWS, changed(2, share=-0.0), KEY).differing == 1


def test_null_zero_false_and_whole_doubles_are_four_things():
    assert compare(ROWS, changed(1, share=0.0), KEY).differing == 1
    assert compare(ROWS, changed(1, count=False), KEY).differing == 1
    assert compare(ROWS, changed(1, count=0.0), KEY).differing == 1
    assert compare(ROWS, changed(2, flag=False), KEY).differing == 1


def test_the_batch_is_not_compared_and_a_lacking_column_is():
    assert not compare(ROWS, changed(0, batch_id="other"), KEY)
    bare = [{name: value for name, value in row.items() if name != "batch_id"} for row in ROWS]
    assert not compare(ROWS, bare, KEY)
    lacking = [{name: value for name, value in row.items() if name != "flag"} for row in ROWS]
    assert compare(ROWS, lacking, KEY).differing == 3


def test_instants_are_equal_in_any_zone_but_not_without_one():
    at = datetime(2025, 3, 9, 5, tzinfo=UTC)
    elsewhere = at.astimezone(timezone(timedelta(hours=-5)))
    assert not compare([{"id": 1, "at": at}], [{"id": 1, "at": elsewhere}], KEY)
    assert compare([{"id": 1, "at": at}], [{"id": 1, "at": at.replace(tzinfo=None)}], KEY)


def test_only_the_first_differences_are_shown_and_all_are_counted():
    many = [{"id": number, "x": 0} for number in range(50)]
    found = compare(many, [row | {"x": 1} for row in many], KEY, shown=4)
    assert (found.differing, len(found.first)) == (50, 4)
