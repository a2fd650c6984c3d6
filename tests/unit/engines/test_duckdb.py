"""The embedded engine: bounded memory, honest row counts, nothing left behind."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import zstandard

from wistia_lake.engines.base import BronzeInput, Job
from wistia_lake.engines.duckdb import DuckDBEngine
from wistia_lake.errors import DataError, EngineError
from wistia_lake.silver.columns import BRONZE_COLUMNS

COLUMNS = {"name": "varchar", "share": "double"}


def bronze(folder: Path, rows_of: dict[str, list[str]], columns: dict[str, str] = COLUMNS) -> BronzeInput:
    """One file for each batch."""
    files = {}
    for batch_id, lines in rows_of.items():
        files[batch_id] = folder / f"{batch_id}.ndjson.zst"
        files[batch_id].write_bytes(zstandard.compress("".join(f"{line}\n" for line in lines).encode()))
    counts = {batch_id: len(lines) for batch_id, lines in rows_of.items()}
    urls = {batch_id: path.as_uri() for batch_id, path in files.items()}
    return BronzeInput("events", columns, urls, counts, lambda ids: nullcontext([files[one] for one in ids]))


def rows(sql: str, *inputs: BronzeInput) -> list[dict[str, object]]:
    """What a query over bronze gives."""
    engine = DuckDBEngine()
    try:
        return pa.concat_tables(engine.select(Job(sql, inputs))).to_pylist()
    finally:
        engine.close()


def batch(number: int) -> str:
    """A batch id."""
    return f"00000000-0000-7000-8000-{number:012}"


def test_two_years_of_daily_files_fit_into_memory(tmp_path: Path) -> None:
    """A file a day for two years: each open file takes memory for every column, so they must not all be open at once."""
    columns = BRONZE_COLUMNS["events"]
    row = {name: "x" if kind == "varchar" else kind == "boolean" or 1 for name, kind in columns.items()}
    days = {batch(number): [json.dumps(row)] * 5 for number in range(740)}
    found = rows(
        "select count(*) as n, count(distinct batch_id) as b from bronze_events", bronze(tmp_path, days, columns)
    )
    assert found == [{"n": 3700, "b": 740}]


def test_doubles_are_read_to_the_last_bit(tmp_path: Path) -> None:
    """What JSON says is what SQL sees, also in scientific notation and with seventeen digits."""
    values = [0.43756789012345678, 2.3e-05, 1e-300, 0.1 + 0.2, 5e-324, 0.9999999999999999]
    lines = [f'{{"name": "{place}", "share": {value!r}}}' for place, value in enumerate(values)]
    found = rows("select share from bronze_events order by name", bronze(tmp_path, {batch(1): lines}))
    assert [row["share"] for row in found] == values


def test_fields_that_sql_does_not_name_are_passed_over(tmp_path: Path) -> None:
    """Bronze may hold more than tables need; a field that is missing is null."""
    found = rows("select * from bronze_events", bronze(tmp_path, {batch(1): ['{"other": 1, "name": "a"}']}))
    assert found == [{"batch_id": batch(1), "name": "a", "share": None}]


def test_a_file_of_another_form_is_damaged_data(tmp_path: Path) -> None:
    """Not JSON, not compressed, or of another type: one sentence, no traceback of the engine."""
    broken = bronze(tmp_path, {batch(1): ["not json"]})
    with pytest.raises(DataError, match="damaged"):
        rows("select 1", broken)
    with pytest.raises(DataError, match="damaged"):
        rows("select 1", bronze(tmp_path, {batch(2): ['{"name": "a", "share": "much"}']}))


def test_too_little_memory_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that does not fit is an error that may pass, with a sentence."""
    monkeypatch.setattr("wistia_lake.engines.duckdb.MEMORY_LIMIT", "4MB")
    with pytest.raises(EngineError, match="memory"):
        rows("select list(range) from range(50000000)")


def test_nothing_of_a_job_is_seen_by_another(tmp_path: Path) -> None:
    """Jobs of one engine may be read side by side, and each leaves nothing behind; what it names is its own."""
    engine = DuckDBEngine()
    try:
        first, second = (
            engine.select(Job("select name from bronze_events", (bronze(tmp_path, {batch(number): [row]}),)))
            for number, row in enumerate(('{"name": "a", "share": 1}', '{"name": "b", "share": 2}'))
        )
        assert [next(jobs).to_pylist() for jobs in (first, second)] == [[{"name": "a"}], [{"name": "b"}]]
        assert [list(jobs) for jobs in (second, first)] == [[], []]
        left = pa.concat_tables(
            engine.select(Job("select count(*) as n from duckdb_databases() where database_name like 'job%'", ()))
        )
        assert left.to_pylist() == [{"n": 1}], "only the job that asks"
        with pytest.raises(duckdb.CatalogException):
            list(engine.select(Job("select name from bronze_events", ())))
    finally:
        engine.close()


def test_every_session_is_told_what_the_first_one_was() -> None:
    """Settings belong to a session: a zone of the machine would shift days, and names of Python are no tables."""
    asked = "select current_setting('timezone') as zone, current_setting('python_enable_replacements') as names"
    engine = DuckDBEngine()
    try:
        for _ in range(2):
            assert pa.concat_tables(engine.select(Job(asked, ()))).to_pylist() == [{"zone": "UTC", "names": False}]
    finally:
        engine.close()
