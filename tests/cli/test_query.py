"""``query`` and ``tables``: data on stdout, and nothing but reading."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from wistia_lake.lake.catalog import Catalog, arrow_schema
from wistia_lake.lake.tables import DIM_MEDIA


@pytest.fixture
def medias(lake):
    """A lake whose media list holds one media."""
    row = dict.fromkeys(DIM_MEDIA.column_names) | {
        "media_id": "abcde12345",
        "title": "Café",
        "channel": "Other",
        "is_deleted": False,
    }
    Catalog(lake.root).replace(DIM_MEDIA, None, [pa.Table.from_pylist([row], schema=arrow_schema(DIM_MEDIA))])
    return lake


def _state(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_question_in_sql(call, medias):
    result = call("query", "select title, channel from silver.dim_media", "--format", "csv")
    assert (result.code, result.out, result.err) == (0, "title,channel\nCafé,Other\n", "")


def test_json_and_a_file(call, medias, folder):
    assert json.loads(call("query", "select title from silver.dim_media", "--json").out)["rows"] == [{"title": "Café"}]
    result = call("query", "select title from silver.dim_media", "--format", "csv", "--output", "titles.csv")
    assert (result.code, result.out) == (0, "")
    assert (folder / "titles.csv").read_text(encoding="utf-8") == "title\nCafé\n"


def test_a_stored_query_by_its_name(call, medias):
    result = call("query", "sanity", "--format", "csv")
    assert result.out.startswith("section,name,value\n")
    assert result.code == 0


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("selekt 1", "not valid SQL"),
        ("select no_such_column from silver.dim_media", "no_such_column"),
        ("select * from silver.no_such_table", "no_such_table"),
        ("sanityy", "There is no stored query 'sanityy'; known are"),
        ("select 1; select 2", "one SELECT"),
        ("create table x as select 1 as a", "one SELECT"),
        ("drop view silver.dim_media", "one SELECT"),
        ("insert into silver.dim_media select * from silver.dim_media", "one SELECT"),
        ("attach 'other.db'", "one SELECT"),
        ("copy (select 1) to 'stolen.csv'", "one SELECT"),
        ("install httpfs", "one SELECT"),
        ("set enable_external_access = true", "one SELECT"),
        ("select * from read_csv('/etc/passwd')", "cannot be run"),
        ("select * from read_text('catalog.db')", "cannot be run"),
        ("from 'lake/catalog.db'", "cannot be run"),
        ("select * from read_parquet('https://example.com/x.parquet')", "cannot be run"),
    ],
)
def test_what_a_question_may_not_do(call, medias, folder, question, sentence):
    before = _state(folder)
    result = call("query", question)
    assert (result.code, result.out) == (2, "")
    assert sentence in result.err
    assert result.err.count("\n") == 1
    assert _state(folder) == before


def test_a_lake_without_tables_says_what_to_do(call, lake):
    result = call("query", "select 1 as x")
    assert result.code == 3
    assert "wistia-lake run" in result.err


def test_tables_are_listed_and_explained(call):
    assert "silver.fact_event" in call("tables").out
    text = call("tables", "fact_event").out
    assert "percent_viewed   double, required, fraction 0..1" in text
    assert json.loads(call("tables", "silver.fact_event", "--json").out)["partition"] == "received_day"
    assert len(json.loads(call("tables", "--json").out)["tables"]) == len(call("tables").out.splitlines()) - 2
