"""Build: rebuild exactly the partitions whose inputs changed, tables in dependency order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from wistia_lake.bronze.cache import forget
from wistia_lake.bronze.layout import ROOT
from wistia_lake.bronze.lease import lease
from wistia_lake.bronze.listed import Handover
from wistia_lake.engines.base import Engine
from wistia_lake.engines.duckdb import DuckDBEngine
from wistia_lake.errors import LakeUnreadable, LeaseHeld, SettingsError
from wistia_lake.gold.registry import MODELS as GOLD
from wistia_lake.lake.catalog import ATTEMPTS, Catalog, Refused, open_catalog
from wistia_lake.lake.marker import existing_store
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import Store, lake_root, open_store
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import OPS_BUILT
from wistia_lake.log import get_logger
from wistia_lake.model import Clock, Reporter
from wistia_lake.pipeline.ingest_setup import holder
from wistia_lake.pipeline.summary import BuildSummary
from wistia_lake.settings import Loaded, Settings
from wistia_lake.silver.context import Context, Model, Plan
from wistia_lake.silver.history import History
from wistia_lake.silver.registry import MODELS as SILVER

MODELS = (*SILVER, *GOLD)
RECORDED_EVERY = timedelta(minutes=1)
"""A build that is killed repeats little more of its work than that; a commit for each table would be a third of it."""
_log = get_logger(__name__)


def build(
    loaded: Loaded, *, clock: Clock, reporter: Reporter, full: bool = False, engine: Engine | None = None,
    handover: Handover | None = None,
) -> BuildSummary:  # fmt: skip
    """Bring every table up to date with bronze; ``full`` recomputes everything.

    ``engine``: one that is open already and stays open; otherwise the one that the settings name. What an ingest of the
    same command knows of bronze comes by the ``handover``.

    Raises:
        LeaseHeld: another build is at work on this lake.
        LakeUnreadable: the folder holds no lake, was moved (unless ``full``), or is of a newer version.
        DataError: bronze is damaged; tables built before the damage was met keep their new state.
    """
    settings, store = loaded.settings, open_lake(loaded.settings.lake)
    summary, forced = BuildSummary(), {model.table.full_name for model in MODELS if full}
    bronze = handover if handover is not None else Handover()
    opened = engine if engine is not None else open_engine(settings)
    try:
        for attempt in range(ATTEMPTS):
            with (
                lease(store, "build", holder=holder(), clock=clock) as held,
                open_catalog(store, settings) as catalog,
            ):
                if full:
                    catalog.forget_if_moved()
                    forget(store)
                opened.begin(catalog, [model.table for model in MODELS])
                history = History(store, bronze.take(store))
                builder = Builder(history, settings, catalog, opened, clock=clock, renew=held.renew)
                try:
                    builder.bring_all_up_to_date(forced, summary, reporter)
                    history.keep_manifests()
                    return summary
                except Refused:
                    # What others committed may be newer than the bronze that this build knows: all is planned again.
                    if attempt == ATTEMPTS - 1:
                        raise
                    bronze = Handover()
                    _log.info("build.planned_again")
    finally:
        if engine is None:
            opened.close()
    raise AssertionError("the last attempt returns or raises")


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings name.

    Raises:
        SettingsError: it cannot work on this lake, or something that it needs is missing.
    """
    if settings.engine == "duckdb":
        return DuckDBEngine()
    if settings.catalog is None:
        raise SettingsError(
            f"The tables of the lake {settings.lake} are listed in a SQLite file in its folder, which Spark cannot "
            "share. Describe a Glue or REST catalog in [catalog] of wistia-lake.toml, or use --engine duckdb."
        )
    from wistia_lake.engines.spark import SparkEngine

    return SparkEngine.open(settings.spark_catalog, settings.spark_s3)


def open_lake(lake: str) -> Store:
    """The store of a lake that exists; nothing is made.

    Raises:
        LakeUnreadable: nothing was ever ingested there.
    """
    root = lake_root(lake)
    store = existing_store(lake) if root is None else open_store(lake) if (root / ROOT).is_dir() else None
    if store is None:
        raise LakeUnreadable(
            f"There is no lake in {root or lake}. Fill it with `wistia-lake run`, or name another with --lake."
        )
    return store


class Builder:
    """One build: a context of its own, and the record of what was built from what."""

    def __init__(
        self, history: History, settings: Settings, catalog: Catalog, engine: Engine, *, clock: Clock,
        renew: Callable[[], None],
    ) -> None:  # fmt: skip
        self._context = Context(history, settings, catalog, engine)
        self._catalog = catalog
        self._clock = clock
        self._renew = renew
        self._built: dict[str, dict[str, dict[str, Any]]] = {}
        """Rows of ``ops.built``, by table and partition."""
        for row in catalog.read(OPS_BUILT).to_pylist():
            self._built.setdefault(row["table_name"], {})[row["partition"]] = row
        self._rows_built: dict[str, pa.Table] = {}
        """The same as they are written, of tables that were not changed since."""
        self._recorded_at = clock()
        self._is_recorded = True

    def bring_all_up_to_date(self, forced: set[str], summary: BuildSummary, reporter: Reporter) -> None:
        """Every table, in dependency order; the ``forced`` ones whole, and each of them is crossed out then."""
        try:
            for place, model in enumerate(MODELS):
                reporter.step("build", place, len(MODELS))
                self._bring_up_to_date(model, summary, full=model.table.full_name in forced)
                forced.discard(model.table.full_name)
        except (Refused, LeaseHeld):
            self._is_recorded = True  # by others, who were at work meanwhile: what this one knows is older
            raise
        finally:
            if not self._is_recorded:
                self._renew()
                self._write_record()
        reporter.step("build", len(MODELS), len(MODELS))

    def _bring_up_to_date(self, model: Model, summary: BuildSummary, *, full: bool) -> None:
        """Rebuild the partitions of one table whose digest differs from the recorded one."""
        name = model.table.full_name
        plan = model.plan(self._context)
        recorded = self._built.get(name, {})
        stale = sorted(key for key, value in plan.items() if full or _digest(recorded, key) != value)
        gone = sorted(recorded.keys() - plan.keys())
        if stale or gone:
            for wanted in [[key] for key in stale] if model.reads_itself else [stale]:
                counts = self._rebuild(model, wanted, plan, gone)
                summary.add(name, len(wanted), sum(counts.values()))
                gone = []
            _log.info("table.built", table=name, partitions=len(stale))
        elif not plan:
            self._catalog.ensure(model.table)  # a table that has no rows yet can be asked, too
        self._context.plans[name] = plan

    def _rebuild(self, model: Model, wanted: list[str], plan: Plan, gone: list[str]) -> dict[str, int]:
        """Commit the wanted partitions, emptying those that are gone; the rows of each."""
        jobs = model.jobs(self._context, wanted)
        written = self._context.engine.replace(self._catalog, model.table, [*wanted, *gone], jobs, self._renew)
        self._renew()
        counts = {key: written.row_counts[key] for key in wanted}
        self._record(model.table, counts, plan, gone, written.snapshot_id)
        return counts

    def _record(self, table: Table, counts: dict[str, int], plan: Plan, gone: list[str], snapshot: int | None) -> None:
        """Noted after the table's commit: a kill between the two leaves work to do, never a stale table."""
        now: datetime = self._clock()
        recorded = self._built.setdefault(table.full_name, {})
        for key in gone:
            recorded.pop(key, None)
        for key, count in counts.items():
            row = (table.full_name, key, plan[key], snapshot, count, now)
            recorded[key] = dict(zip(OPS_BUILT.column_names, row, strict=True))
        self._rows_built.pop(table.full_name, None)
        self._is_recorded = False
        if now - self._recorded_at >= RECORDED_EVERY:
            self._write_record()

    def _write_record(self) -> None:
        for name, rows in self._built.items():
            if name not in self._rows_built:
                ordered = [row for _, row in sorted(rows.items())]
                self._rows_built[name] = pa.Table.from_pylist(ordered, schema=arrow_schema(OPS_BUILT))
        self._catalog.replace(OPS_BUILT, None, [pa.concat_tables(rows for _, rows in sorted(self._rows_built.items()))])
        self._recorded_at, self._is_recorded = self._clock(), True


def _digest(recorded: Mapping[str, Mapping[str, Any]], partition: str) -> str | None:
    row = recorded.get(partition)
    return row["input_digest"] if row is not None else None
