"""Rows as CSV, JSON, Parquet and text."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wistia_lake.cli.output import write_rows


def _written(rows: pa.Table, format_: str, folder: Path) -> bytes:
    path = folder / "out"
    write_rows(rows, format_, path)
    return path.read_bytes()


ROWS = pa.table(
    {
        "text": pa.array(["a", "", None, 'say "hi", twice\nthen go']),
        "flag": pa.array([True, False, None, True]),
        "day": pa.array([date(2025, 3, 9), None, date(2024, 2, 29), date(2025, 1, 1)]),
        "at": pa.array(
            [datetime(2025, 3, 9, 7, 0, 0, 1000, tzinfo=UTC), None, datetime(2025, 1, 1, tzinfo=UTC), None],
            pa.timestamp("us", tz="UTC"),
        ),
        "share": pa.array([0.1, 1e-7, None, 1.0]),
        "count": pa.array([1, -5, None, 2**62]),
        "sum": pa.array([Decimal(3), None, Decimal(-1), Decimal(2**70)], pa.decimal128(38, 0)),
    }
)


def test_csv_is_rfc_4180_with_our_words_for_values(tmp_path):
    assert _written(ROWS, "csv", tmp_path).decode() == (
        "text,flag,day,at,share,count,sum\n"
        "a,true,2025-03-09,2025-03-09T07:00:00.001000Z,0.1,1,3\n"
        '"",false,,,1e-07,-5,\n'
        ",,2024-02-29,2025-01-01T00:00:00Z,,,-1\n"
        '"say ""hi"", twice\nthen go",true,2025-01-01,,1.0,4611686018427387904,1180591620717411303424\n'
    )


def test_an_empty_result_still_has_its_header(tmp_path):
    assert _written(ROWS.slice(0, 0), "csv", tmp_path) == b"text,flag,day,at,share,count,sum\n"
    assert json.loads(_written(ROWS.slice(0, 0), "json", tmp_path))["rows"] == []
    assert _written(ROWS.slice(0, 0), "table", tmp_path).endswith(b"(0 rows)\n")


# csv splits lines at a bare carriage return only inside quotes, as we write it; a lone surrogate is no text
@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.floats(allow_nan=False)), max_size=20))
def test_any_text_and_double_survives_csv(tmp_path_factory, cells):
    rows = pa.table(
        {"text": pa.array([t for t, _ in cells], pa.string()), "x": pa.array([x for _, x in cells], pa.float64())}
    )
    written = _written(rows, "csv", tmp_path_factory.mktemp("csv")).decode()
    _, *body = csv.reader(io.StringIO(written, newline=""))
    assert [(text, float(x)) for text, x in body] == cells


def test_json_is_one_object_with_columns_and_rows(tmp_path):
    found = json.loads(_written(ROWS.slice(0, 1), "json", tmp_path))
    assert found == {
        "columns": ["text", "flag", "day", "at", "share", "count", "sum"],
        "row_count": 1,
        "rows": [
            {
                "text": "a",
                "flag": True,
                "day": "2025-03-09",
                "at": "2025-03-09T07:00:00.001000Z",
                "share": 0.1,
                "count": 1,
                "sum": 3,
            }
        ],
    }


def test_json_keeps_both_of_two_columns_with_one_name(tmp_path):
    rows = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])
    assert json.loads(_written(rows, "json", tmp_path))["rows"] == [{"x": 1, "x_2": 2}]


def test_json_has_no_nan(tmp_path):
    assert json.loads(_written(pa.table({"x": [math.nan, math.inf]}), "json", tmp_path))["rows"] == [
        {"x": None},
        {"x": None},
    ]


def test_parquet_holds_the_same_rows(tmp_path):
    (tmp_path / "p").mkdir()
    _written(ROWS, "parquet", tmp_path / "p")
    assert pq.read_table(tmp_path / "p" / "out").equals(ROWS)


def test_a_table_aligns_what_a_terminal_shows(tmp_path):
    rows = pa.table({"title": ["café", "日本", "a\nb"], "plays": [7, 1200, None]})
    assert _written(rows, "table", tmp_path).decode() == (
        "title  plays\n-----  -----\ncafé       7\n日本    1200\na b\n(3 rows)\n"
    )


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    with pytest.raises(click.UsageError, match="cannot be written"):
        write_rows(ROWS, "csv", tmp_path / "no" / "folder.csv")
    (tmp_path / "folder").mkdir()
    with pytest.raises(click.UsageError, match="cannot be written"):
        write_rows(ROWS, "csv", tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
