"""The truth as tables, files and text; its registry; its speed."""

from __future__ import annotations

import time
from datetime import date

import pytest

from sandbox.reading import run
from sandbox.truth_support import DAY, FIRST, KEY, truth_of
from wistia_lake.sandbox.compare import compare
from wistia_lake.sandbox.main import truth_rows
from wistia_lake.sandbox.server import Site
from wistia_lake.sandbox.truth import COLUMNS, KEYS, Truth, truth
from wistia_lake.sandbox.truth.output import arrow, csv_text, write_parquet
from wistia_lake.sandbox.world import World


def test_every_table_has_its_columns_in_order_and_one_cell_changed_is_found(site, tmp_path):
    import pyarrow.parquet as pq

    run(site, FIRST)
    found = truth_of(site)
    for table, columns in COLUMNS.items():
        rows = found.rows(table)
        assert rows, table
        assert all(list(row) == [name for name, _ in columns] for row in rows)
        write_parquet(table, rows, tmp_path / "truth.parquet")
        back = pq.read_table(tmp_path / "truth.parquet")
        assert not compare(rows, back, KEYS[table])
        assert back.schema == arrow(table, rows).schema
        column = next(name for name, kind in columns if kind in {"long", "double"} and rows[0][name] is not None)
        changed = [rows[0] | {column: rows[0][column] + 1}, *rows[1:]]
        differences = compare(rows, changed, KEYS[table])
        assert (differences.count, differences.first[0].column) == (1, column)


def test_the_registry_of_tables_says_the_same(site):
    """The declarations here and in the lake are two; they must agree."""
    from wistia_lake.lake.tables import BY_NAME

    kinds = {"varchar": "string", "integer": "int", "bigint": "long", "timestamptz": "instant"}
    for table, columns in COLUMNS.items():
        declared = [(column.name, kinds.get(column.type, column.type)) for column in BY_NAME[table].columns]
        assert list(columns) == declared
        assert KEYS[table] == BY_NAME[table].key


def test_csv_is_plain(site):
    run(site, FIRST)
    rows = truth_of(site).rows("silver.dim_media")
    lines = csv_text("silver.dim_media", rows).split("\n")
    assert lines[0].startswith("media_id,numeric_id,title,")
    assert lines[1].startswith("t1nyaaaa01,501,")
    assert ",false,false,2025-03-04T15:20:11Z," in lines[1]
    assert '"Workshop tour, part&nbsp;1"' in lines[2]
    assert lines[-1] == ""


def test_the_command_lines_form_reads_the_log_and_the_scenarios_own_settings(tmp_path):
    log = tmp_path / "looks.ndjson"
    with log.open("w") as stream:
        site = Site(World("tiny", 2), rate_limit=None, log=stream)
        run(site, FIRST)
    for table in COLUMNS:
        expected = truth_of(site).rows(table)
        assert truth_rows(table=table, looks=log, pseudonym_key=KEY, scenario="tiny", seed=2) == expected
    with pytest.raises(KeyError, match="no truth about"):
        truth("silver.nope", world=site.world, looks=[], zone="UTC", pseudonym_key=KEY)


@pytest.mark.long
def test_the_truth_about_demo_takes_less_than_ten_seconds():
    site = Site(World("demo"), rate_limit=None)
    run(site, date(2024, 11, 14))
    for _ in range(2):
        site.advance(site.now + DAY)
        run(site, site.now.date() - 4 * DAY)
    used = time.process_time()
    found = Truth(world=World("demo"), looks=site.requests(), zone="America/New_York", pseudonym_key=KEY)
    assert all(found.rows(table) for table in COLUMNS)
    used = time.process_time() - used
    print(f"{used:.1f} s")
    assert used < 10
