"""``status`` tells how the lake stands, from a listing, a few manifests and the catalog file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import msgspec
import pyarrow as pa
import pytest

from wistia_lake.bronze.layout import quarantine_key
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.tables import BY_NAME, OPS_RUN

from .conftest import BASE, NOW, look

LOCAL = ("--base-url", BASE, "--now", NOW)
HEAVY = ("pyiceberg", "duckdb", "pyarrow", "aiohttp", "structlog", "rich", "stamina")


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2025, 3, day, hour, tzinfo=UTC)


def _status(call, *words: str) -> dict:
    result = call("status", "--json", *LOCAL, *words)
    assert result.err == ""
    return json.loads(result.out)


def test_coverage_watermark_gaps_and_open_days(call, lake):
    for day in (1, 2, 5, 6):
        look(lake, date(2025, 3, day), at(day + 1))
    look(lake, date(2025, 3, 8), at(8), final=False)
    (scope,) = _status(call)["scopes"]
    assert scope["scope"] == "account"
    assert scope["watermark"] == "2025-03-03"
    assert (scope["first_day"], scope["last_day"]) == ("2025-03-01", "2025-03-08")
    assert scope["gaps"] == [["2025-03-03", "2025-03-04"], ["2025-03-07", "2025-03-07"]]
    assert scope["open_days"] == ["2025-03-08"]
    assert scope["cut_days"] == []


def test_a_day_that_was_cut_by_the_two_year_edge_is_named(call, lake):
    look(lake, date(2025, 3, 1), at(2), cut=True)
    look(lake, date(2025, 3, 2), at(3))
    assert _status(call)["scopes"][0]["cut_days"] == ["2025-03-01"]


def test_late_rows_are_those_of_recent_looks_after_a_final_one(call, lake):
    look(lake, date(2025, 3, 1), at(1), final=False, late_count=0)
    look(lake, date(2025, 3, 1), at(2))
    look(lake, date(2025, 3, 1), at(3), late_count=4)
    look(lake, date(2025, 3, 1), at(4), late_count=2)
    assert _status(call)["scopes"][0]["late_row_count"] == 6
    assert _status(call, "--now", "2025-04-03T00:00:00Z")["scopes"][0]["late_row_count"] == 2


def test_late_rows_that_only_the_sweep_found_are_told_apart(call, lake):
    look(lake, date(2025, 3, 1), at(2))
    assert "late rows   none found in the last 30 days\n" in call("status", *LOCAL).out
    look(lake, date(2025, 3, 1), at(5), late_count=4)
    assert "4 found in the last 30 days, none after the late window\n" in call("status", *LOCAL).out
    look(lake, date(2025, 3, 1), at(6), late_count=2)
    look(lake, date(2025, 3, 1), at(12), late_count=1)
    (scope,) = _status(call)["scopes"]
    assert (scope["late_row_count"], scope["later_row_count"]) == (7, 3)
    text = call("status", *LOCAL).out
    assert "7 found in the last 30 days, 3 of them after the late window: see wistia-lake probe lateness\n" in text


def test_days_with_bad_rows_are_named_until_they_are_clean(call, lake):
    bad = look(lake, date(2025, 3, 1), at(2))
    assert "bad rows    none\n" in call("status", *LOCAL).out
    lake.create(quarantine_key(bad.slice, bad.batch_id), b"notes")
    assert _status(call)["scopes"][0]["unclean_days"] == ["2025-03-01"]
    assert "each run reads these days again: 2025-03-01\n" in call("status", *LOCAL).out
    look(lake, date(2025, 3, 1), at(3))
    assert _status(call)["scopes"][0]["unclean_days"] == []


def test_the_newest_day_with_sessions_is_not_the_newest_day_read(call, lake):
    look(lake, date(2025, 3, 1), at(2), rows=5)
    look(lake, date(2025, 3, 2), at(3), rows=0)
    assert _status(call)["scopes"][0]["newest_received_day"] == "2025-03-01"


def test_each_scope_stands_by_itself(call, lake):
    look(lake, date(2025, 3, 1), at(2))
    look(lake, date(2025, 3, 2), at(3), scope="media=abcde12345")
    found = {scope["scope"]: scope["watermark"] for scope in _status(call)["scopes"]}
    assert found == {"account": "2025-03-02", "media=abcde12345": "2025-03-01"}


def test_freshness_is_the_newest_look_of_each_stream(call, lake):
    look(lake, date(2025, 3, 1), at(2))
    look(lake, date(2025, 3, 1), at(9, 6))
    (stream,) = _status(call)["streams"]
    assert stream == {"stream": "events", "look_count": 2, "newest_look_at": "2025-03-09T06:00:00Z"}


def _run_row(number: int) -> dict:
    row = dict.fromkeys(OPS_RUN.column_names, number)
    return row | {
        "run_id": f"run-{number}", "command": "run", "outcome": "ok", "exit_code": 0,
        "started_at": at(number), "finished_at": at(number) + timedelta(minutes=1),
    }  # fmt: skip


def _record_run(catalog: Catalog, number: int) -> None:
    row = _run_row(number)
    note = {"wistia-lake.run": msgspec.json.encode(row).decode()}
    catalog.append(OPS_RUN, pa.Table.from_pylist([row], schema=arrow_schema(OPS_RUN)), note)


def test_rows_of_tables_and_the_last_runs_come_from_the_catalog_file(call, lake):
    catalog = Catalog(lake.root)
    for number in range(1, 8):
        _record_run(catalog, number)
    found = _status(call)
    assert [run["run_id"] for run in found["runs"]] == ["run-7", "run-6", "run-5", "run-4", "run-3"]
    tables = {table["name"]: table["row_count"] for table in found["tables"]}
    assert tables == dict.fromkeys(BY_NAME) | {"ops.run": 7}
    text = call("status", *LOCAL).out
    assert "run-7  run      2025-03-07 12:00Z  ok" in text


def test_a_moved_lake_is_told_from_a_broken_one(call, lake, folder):
    _record_run(Catalog(lake.root), 1)
    shutil.move(folder / "lake", folder / "moved")
    found = _status(call, "--lake", "moved")
    assert {table["row_count"] for table in found["tables"]} == {None}
    assert "build --full" in found["notes"][0]


def test_a_damaged_catalog_is_named(call, lake, folder):
    (folder / "lake" / "catalog.db").write_bytes(b"not a database, but long enough to be read as one" * 40)
    result = call("status", *LOCAL)
    assert result.code == 3
    assert "catalog.db cannot be read" in result.err


@pytest.mark.parametrize(
    ("toml", "shown"), [("", "UTC (no zone set)"), ("zone = 'America/New_York'", "America/New_York")]
)
def test_the_zone_is_shown(call, lake, folder, toml, shown):
    (folder / "wistia-lake.toml").write_text(toml)
    result = call("status", *LOCAL)
    assert f"zone  {shown}\n" in result.out
    assert "No play sessions were read yet" in result.out


def test_status_makes_no_folder(call, folder):
    assert call("status", "--lake", "nowhere/lake").code == 3
    assert list(folder.iterdir()) == []


def test_status_and_help_import_nothing_heavy(lake, folder):
    look(lake, date(2025, 3, 1), at(2))
    _record_run(Catalog(lake.root), 1)
    script = (
        "import sys; from wistia_lake.cli.main import main\n"
        "assert main(sys.argv[1:]) == 0\n"
        f"print(sorted(set(sys.modules) & set({HEAVY!r})))"
    )
    for words in (["status"], ["--help"], ["tables", "dim_media"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *words], cwd=folder, capture_output=True, check=True, text=True
        )
        assert done.stdout.splitlines()[-1] == "[]", words
