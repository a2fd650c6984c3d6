"""``query`` and ``tables``: data on stdout, and nothing but reading."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.tables import DIM_MEDIA, OPS_RUN


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


def test_the_last_runs_are_a_stored_query(call, account, monkeypatch):
    assert call("run").code == 0
    assert call("build", "--now", "2025-03-12T14:01:00Z").code == 0
    monkeypatch.setenv("WISTIA_API_TOKEN", "wrong")
    assert call("backfill", "--from", "2025-03-05", "--now", "2025-03-12T14:02:00Z").code == 3
    rows = json.loads(call("query", "runs", "--json").out)["rows"]
    assert [(row["command"], row["outcome"], row["exit_code"]) for row in rows] == [
        ("backfill", "ApiRejected", 3), ("build", "ok", 0), ("run", "ok", 0),
    ]  # fmt: skip
    assert [row["request_count"] > 0 for row in rows] == [True, False, True]
    assert rows[2]["row_count"] > 0
    assert {row["minutes"] for row in rows} == {0.0}
    same = call("query", "select command, outcome from ops.run order by started_at desc", "--format", "csv").out
    assert same == "command,outcome\nbackfill,ApiRejected\nbuild,ok\nrun,ok\n"


def test_minutes_of_a_run_are_from_its_beginning_to_its_end(call, lake):
    began = datetime(2025, 3, 12, 14, tzinfo=UTC)
    rows = [
        dict.fromkeys(OPS_RUN.column_names, 1)
        | {"run_id": f"run-{n:02}", "command": "run", "outcome": "ok", "started_at": began + timedelta(hours=n),
           "finished_at": began + timedelta(hours=n, seconds=90 * n)}
        for n in range(25)
    ]  # fmt: skip
    Catalog(lake.root).append(OPS_RUN, pa.Table.from_pylist(rows, schema=arrow_schema(OPS_RUN)), {})
    found = json.loads(call("query", "runs", "--json").out)["rows"]
    assert [row["run_id"] for row in found] == [f"run-{n:02}" for n in range(24, 4, -1)]
    assert [row["minutes"] for row in found[-2:]] == [9.0, 7.5]


def test_statements_for_athena_need_a_lake_in_s3(call, medias):
    result = call("tables", "--ddl", "athena")
    assert (result.code, result.out) == (3, "")
    assert "Athena reads lakes in S3" in result.err


def test_statements_for_trino_name_the_last_state_of_each_table(call, medias):
    result = call("tables", "dim_media", "--ddl", "trino")
    assert result.code == 0
    assert result.out.startswith("CALL system.register_table(schema_name => 'silver', table_name => 'dim_media', ")
    assert json.loads(call("tables", "dim_media", "--ddl", "trino", "--json").out) == {
        "statements": [result.out.rstrip("\n")]
    }
    unbuilt = call("tables", "--ddl", "trino")
    assert (unbuilt.code, unbuilt.out) == (3, "")
    assert "was never built" in unbuilt.err
    assert call("tables", "nothing", "--ddl", "trino").code == 2
