"""One lake, two engines in turn: each goes on where the other stopped, and neither overwrites what is newer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.simulation import ONE_DAY, Simulation, simulation
from support.spark import engine_for, share, spark_build
from wistia_lake.engines import spark as engine_module
from wistia_lake.engines.spark import SparkEngine
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import FACT_EVENT
from wistia_lake.model import Quiet
from wistia_lake.pipeline.build import build
from wistia_lake.pipeline.ingest import ingest

pytestmark = pytest.mark.engines


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Simulation]:
    """The account ``tiny`` on a Monday, in a lake whose catalog both engines share, built by DuckDB."""
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as account:
        share(account)
        account.run()
        yield account


def _ingest(account: Simulation) -> None:
    ingest(account.loaded(), clock=lambda: account.now, reporter=Quiet())


def test_engines_take_turns_on_one_lake(account: Simulation) -> None:
    """DuckDB on Monday, Spark on Tuesday, DuckDB on Wednesday: the truth every day, and incremental equals full."""
    account.at(account.now + ONE_DAY)
    _ingest(account)
    days = len(set(account.rows("silver.fact_event")["received_day"].to_pylist()))
    tuesday = spark_build(account)
    assert 0 < tuesday.tables["silver.fact_event"] < days
    account.assert_truth()
    assert account.build().partition_count == 0
    account.at(account.now + ONE_DAY).run()
    account.assert_truth()
    assert spark_build(account).partition_count == 0
    account.assert_full_build_changes_nothing(lambda: spark_build(account, full=True))
    account.assert_full_build_changes_nothing()


@pytest.mark.long
def test_a_partition_that_is_gone_is_emptied_by_spark_too(account: Simulation) -> None:
    """Rules that hide every media leave no row, rules that show them again bring all back."""
    account.rules = '[[exclude]]\ntitle = "*"'
    spark_build(account)
    assert account.rows("silver.fact_event").num_rows == account.rows("gold.kpi_media_28d").num_rows == 0
    account.assert_truth()
    account.rules = ""
    spark_build(account)
    assert account.rows("silver.fact_event").num_rows > 0
    account.assert_truth()


class _Held(SparkEngine):
    """Spark whose first commit of sessions waits until something else has happened."""

    refused = 0

    def hold(self, meanwhile: Callable[[], object]) -> None:
        """Do this between the plan and the commit."""
        self._meanwhile = [meanwhile]

    def _overwrite(self, table: Table, *more: Any) -> None:
        if table == FACT_EVENT and self._meanwhile:
            self._meanwhile.pop()()
        super()._overwrite(table, *more)

    def begin(self, catalog: Catalog, tables: Any) -> None:
        self.refused += 1
        super().begin(catalog, tables)


def test_spark_cannot_overwrite_what_is_newer_with_what_it_read_before(
    account: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backfill read its inputs and stood still for longer than its lease; meanwhile a day passed, more was ingested
    and DuckDB committed the same partitions. Spark's commit is refused, all is planned again, and the truth stands."""
    monkeypatch.setattr(engine_module, "SECONDS_BETWEEN_BEATS", 3600)
    spark, seen = engine_for(account), []
    held = _Held(spark._session, spark._catalog)

    def meanwhile() -> None:
        account.at(account.now + ONE_DAY)
        _ingest(account)
        seen.append(account.build().tables["silver.fact_event"])
        seen.append(account.snapshots()["silver.fact_event"])

    held.hold(meanwhile)
    build(account.loaded(), clock=lambda: account.now, reporter=Quiet(), full=True, engine=held)
    assert seen[0] > 0
    assert held.refused == 2
    account.assert_truth()
    assert account.build().partition_count == 0


@pytest.mark.long
def test_a_commit_of_others_elsewhere_is_no_reason_to_refuse(
    account: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other partitions may change while Spark computes: only what it read counts."""
    monkeypatch.setattr(engine_module, "SECONDS_BETWEEN_BEATS", 3600)
    spark = engine_for(account)
    held = _Held(spark._session, spark._catalog)
    days = sorted(set(account.rows("silver.fact_event")["received_day"].to_pylist()))
    rows = account.rows("silver.fact_event").to_pylist()
    account.at(account.now + ONE_DAY)
    _ingest(account)

    def meanwhile() -> None:
        with account.catalog as catalog:
            table = catalog.load(FACT_EVENT)
            assert table is not None
            first = account.rows("silver.fact_event")
            catalog.replace(FACT_EVENT, [days[0]], [first.filter(_is_on(first, days[0]))])

    held.hold(meanwhile)
    built = build(account.loaded(), clock=lambda: account.now, reporter=Quiet(), engine=held)
    assert held.refused == 1
    assert built.tables["silver.fact_event"] < len(days)
    assert account.rows("silver.fact_event").num_rows > len(rows)
    account.assert_truth()


def _is_on(rows: Any, day: Any) -> Any:
    import pyarrow.compute as pc

    return pc.equal(rows["received_day"], day)
