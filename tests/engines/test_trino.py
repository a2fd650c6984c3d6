"""Trino, which is Athena's engine, reads what PyIceberg wrote and answers stored queries as DuckDB does, cell for cell."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256

import pyarrow as pa
import pytest

from support.servers.seaweed import Place, Seaweed
from support.servers.trino import Trino
from support.simulation import simulation
from wistia_lake.lake.catalog import Catalog, open_catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import open_store
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import FACT_EVENT, TABLES
from wistia_lake.model import Quiet
from wistia_lake.pipeline.check import check_lake
from wistia_lake.reader import answer, stored_queries
from wistia_lake.settings import Settings

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def demo(seaweed: Seaweed, trino: Trino, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The account ``demo`` in a bucket, with two runs and a check, and [trino] as its user would write it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in seaweed.environment.items():
            patch.setenv(name, value)
        place = seaweed.place()
        own = {"lake": place.lake, "catalog": place.catalog, "namespace_prefix": "demo_"}
        own["trino"] = {"host": "127.0.0.1", "port": trino.port, "catalog": trino.catalog(place.trino)}
        with simulation(tmp_path_factory.mktemp("demo"), "demo", **own) as sim:
            sim.settings["base_url"] = sim.sandbox.base_url + "/modern"
            sim.run()
            check_lake(sim.loaded(), clock=lambda: sim.now, reporter=Quiet())
            yield sim.loaded().settings


@dataclass(frozen=True)
class Answer:
    """What one engine answered."""

    engine: str
    rows: pa.Table

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """Every row, sorted by all its cells; ``repr`` tells doubles apart to the last bit."""
        return sorted(tuple(map(repr, row.values())) for row in self.rows.to_pylist())

    def __str__(self) -> str:
        digest = sha256(repr(self.cells).encode()).hexdigest()
        return f"{self.engine}: {self.rows.num_rows} rows, {self.rows.num_rows * self.rows.num_columns} cells, {digest}"


def _assert_same(name: str, expected: Answer, found: Answer) -> None:
    different = set(expected.cells) ^ set(found.cells)
    print(f"\n{name}  {expected}\n{name}  {found}\n{name}  {len(different)} differences")
    assert found.rows.schema.remove_metadata() == expected.rows.schema.remove_metadata()
    assert not different, sorted(different)[:4]
    assert found.cells == expected.cells


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_trino_reads_every_table_as_pyiceberg_does(table: Table, demo: Settings):
    with open_catalog(open_store(demo.lake), demo) as catalog:
        expected = Answer("pyiceberg", catalog.read(table))
    question = f"select {', '.join(table.column_names)} from {table.full_name}"
    assert expected.rows.num_rows > 0
    _assert_same(table.full_name, expected, Answer("trino", answer(demo, question, "trino", os.environ)))


@pytest.mark.parametrize("name", stored_queries())
def test_trino_answers_every_stored_query_as_duckdb_does(name: str, demo: Settings):
    by_duckdb, by_trino = (answer(demo, name, engine, os.environ) for engine in ("duckdb", "trino"))
    assert by_duckdb.num_rows > 0
    _assert_same(name, Answer("duckdb", by_duckdb), Answer("trino", by_trino))
    assert by_trino.to_pylist() == by_duckdb.to_pylist()  # in the same order


ODD = {
    "percent_viewed": [float("nan"), float("inf"), -0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2],
    "duration_ms": [2**63 - 1, -(2**63), 2**53 + 1, 0],
    "browser_major": [2**31 - 1, -(2**31)],
    "received_at": [
        datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2025, 3, 9, 2, 30, 0, 1, UTC),
    ],
    "day": [date(1, 1, 1), date(1582, 10, 10), date(1969, 12, 31), date(9999, 12, 31)],
    "region": ["", " ", "it's \"quoted\"", "line\nbreak", "\x00", "\U0001f3ac\u0301", "null", "ä" * 10_000],
}  # fmt: skip


def test_odd_values_are_read_as_they_were_written(place: Place, trino: Trino):
    """Cell by cell in the order of writing, which ``event_id`` tells."""
    size = max(map(len, ODD.values()))
    rows = [
        dict.fromkeys(FACT_EVENT.column_names)
        | {"event_id": f"{number:02}", "received_day": date(2025, 3, 9), "is_twin": number % 2 == 0}
        | {name: values[number] for name, values in ODD.items() if number < len(values)}
        for number in range(size)
    ]
    written = pa.Table.from_pylist(rows, schema=arrow_schema(FACT_EVENT))
    with Catalog(place.lake, place.pyiceberg) as catalog:
        catalog.replace(FACT_EVENT, [date(2025, 3, 9)], [written])
    settings = Settings(trino={"host": "127.0.0.1", "port": trino.port, "catalog": trino.catalog(place.trino)})
    question = f"select {', '.join(FACT_EVENT.column_names)} from silver.fact_event order by event_id"
    _assert_same("odd values", Answer("written", written), Answer("trino", answer(settings, question, "trino", {})))
