"""Trino, which is Athena's engine, reads what PyIceberg wrote and answers stored queries as DuckDB does, cell for cell."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from support.far_worlds import in_one_lake
from support.parity import assert_identical, side
from support.servers.seaweed import Place, Seaweed
from support.servers.trino import Trino
from support.simulation import simulation
from wistia_lake.lake.catalog import Catalog, open_catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import open_store
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import FACT_EVENT, KPI_MEDIA_28D, TABLES
from wistia_lake.model import Quiet
from wistia_lake.pipeline.build import MODELS
from wistia_lake.pipeline.check import check_lake
from wistia_lake.reader import answer, stored_queries
from wistia_lake.settings import Settings
from wistia_lake.silver.context import Model

pytestmark = pytest.mark.engines


def _own(seaweed: Seaweed, trino: Trino, patch: pytest.MonkeyPatch) -> dict[str, object]:
    """Settings of a lake in a bucket of its own, with [trino] as its user would write it."""
    for name, value in seaweed.environment.items():
        patch.setenv(name, value)
    place = seaweed.place()
    return {
        "lake": place.lake, "catalog": place.catalog, "namespace_prefix": "own_",
        "trino": {"host": "127.0.0.1", "port": trino.port, "catalog": trino.catalog(place.trino)},
    }  # fmt: skip


@pytest.fixture(scope="module")
def demo(seaweed: Seaweed, trino: Trino, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The account ``demo`` in a bucket, with a run and a check."""
    with pytest.MonkeyPatch.context() as patch:
        own = _own(seaweed, trino, patch)
        with simulation(tmp_path_factory.mktemp("demo"), "demo", **own) as sim:
            sim.settings["base_url"] = sim.sandbox.base_url + "/modern"
            sim.run()
            check_lake(sim.loaded(), clock=lambda: sim.now, reporter=Quiet())
            yield sim.loaded().settings


def _assert_same(name: str, engine: str, expected: pa.Table, by_trino: pa.Table) -> None:
    assert by_trino.schema.remove_metadata() == expected.schema.remove_metadata()
    assert_identical(name, side(engine, expected), side("trino", by_trino))


def _assert_read_whole(settings: Settings, table: Table, *, may_be_empty: bool = False) -> None:
    with open_catalog(open_store(settings.lake), settings) as catalog:
        expected = catalog.read(table)
    assert expected.num_rows > 0 or may_be_empty
    question = f"select {', '.join(table.column_names)} from {table.full_name}"
    _assert_same(table.full_name, "pyiceberg", expected, answer(settings, question, "trino", os.environ))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_trino_reads_every_table_as_pyiceberg_does(table: Table, demo: Settings):
    _assert_read_whole(demo, table)


@pytest.fixture(scope="module")
def worlds(
    seaweed: Seaweed, trino: Trino, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Settings]:
    """Random worlds in one lake of a bucket, as Spark is compared on, too."""
    with pytest.MonkeyPatch.context() as patch:
        own = _own(seaweed, trino, patch)
        account = in_one_lake(tmp_path_factory.mktemp("worlds"), request.config.getoption("--far-worlds"), **own)
        account.build()
        yield account.loaded().settings


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.table.full_name)
def test_trino_reads_every_table_of_random_worlds(model: Model, worlds: Settings):
    _assert_read_whole(worlds, model.table, may_be_empty=model.table == KPI_MEDIA_28D)


@pytest.mark.parametrize("name", stored_queries())
def test_trino_answers_every_stored_query_as_duckdb_does(name: str, demo: Settings):
    by_duckdb, by_trino = (answer(demo, name, engine, os.environ) for engine in ("duckdb", "trino"))
    assert by_duckdb.num_rows > 0
    _assert_same(name, "duckdb", by_duckdb, by_trino)
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
    _assert_same("odd values", "written", written, answer(settings, question, "trino", {}))
