"""Build: rebuild exactly the partitions whose inputs changed, tables in dependency order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from wistia_lake.bronze.layout import ROOT
from wistia_lake.bronze.lease import lease
from wistia_lake.bronze.listed import Handover
from wistia_lake.engines.base import Engine
from wistia_lake.engines.duckdb import DuckDBEngine
from wistia_lake.errors import LakeUnreadable
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
from wistia_lake.silver.context import WHOLE, Context, Model, Plan
from wistia_lake.silver.history import History
from wistia_lake.silver.registry import MODELS as SILVER

MODELS = (*SILVER, *GOLD)
ROWS_PER_GROUP = 1_000_000
_log = get_logger(__name__)


def build(
    loaded: Loaded, *, clock: Clock, reporter: Reporter, full: bool = False, handover: Handover | None = None
) -> BuildSummary:
    """Bring every table up to date with bronze; ``full`` recomputes everything.

    What an ingest of the same command knows of bronze comes by the ``handover``.

    Raises:
        LeaseHeld: another build is at work on this lake.
        LakeUnreadable: the folder holds no lake, was moved (unless ``full``), or is of a newer version.
        DataError: bronze is damaged; tables built before the damage was met keep their new state.
    """
    store = open_lake(loaded.settings.lake)
    with (
        lease(store, "build", holder=holder(), clock=clock) as held,
        open_catalog(store, loaded.settings) as catalog,
    ):
        if full:
            catalog.forget_if_moved()
        engine = DuckDBEngine()
        try:
            history = History(store, (handover or Handover()).take(store))
            builder = Builder(history, loaded.settings, catalog, engine, clock=clock, full=full, renew=held.renew)
            for place, model in enumerate(MODELS):
                reporter.step("build", place, len(MODELS))
                builder.bring_up_to_date(model)
            reporter.step("build", len(MODELS), len(MODELS))
            history.keep_manifests()
        finally:
            engine.close()
    return builder.summary


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
        self, history: History, settings: Settings, catalog: Catalog, engine: Engine, *, clock: Clock, full: bool,
        renew: Callable[[], None],
    ) -> None:  # fmt: skip
        self.summary = BuildSummary()
        self._context = Context(history, settings, catalog, engine)
        self._catalog = catalog
        self._clock = clock
        self._full = full
        self._renew = renew
        self._built: dict[str, dict[str, dict[str, Any]]] = {}
        """Rows of ``ops.built``, by table and partition."""
        for row in catalog.read(OPS_BUILT).to_pylist():
            self._built.setdefault(row["table_name"], {})[row["partition"]] = row
        self._rows_built: dict[str, pa.Table] = {}
        """The same as they are written, of tables that were not changed since."""

    def bring_up_to_date(self, model: Model) -> None:
        """Rebuild the partitions of one table whose digest differs from the recorded one."""
        name = model.table.full_name
        plan = model.plan(self._context)
        recorded = self._built.get(name, {})
        stale = sorted(key for key, value in plan.items() if self._full or _digest(recorded, key) != value)
        gone = sorted(recorded.keys() - plan.keys())
        if stale or gone:
            for wanted in [[key] for key in stale] if model.reads_itself else [stale]:
                self._rebuild(model, wanted, plan, gone)
                gone = []
            _log.info("table.built", table=name, partitions=len(stale))
        elif not plan:
            self._catalog.ensure(model.table)  # a table that has no rows yet can be asked, too
        self._context.plans[name] = plan

    def _rebuild(self, model: Model, wanted: list[str], plan: Plan, gone: list[str]) -> None:
        counts = dict.fromkeys(wanted, 0)
        for attempt in range(ATTEMPTS):
            counts = dict.fromkeys(wanted, 0)
            partitions = (
                None if model.table.partition is None else [date.fromisoformat(key) for key in [*wanted, *gone]]
            )
            try:
                snapshot = self._catalog.replace(model.table, partitions, self._rows(model, wanted, counts))
                break
            except Refused:
                if attempt == ATTEMPTS - 1:
                    raise
        self._renew()
        self._record(model.table, counts, plan, gone, snapshot)
        self.summary.partition_count += len(wanted)
        self.summary.row_count += sum(counts.values())
        self.summary.tables[model.table.full_name] = self.summary.tables.get(model.table.full_name, 0) + len(wanted)

    def _rows(self, model: Model, wanted: list[str], counts: dict[str, int]) -> Iterator[pa.Table]:
        for job in model.jobs(self._context, wanted):
            for group in self._context.engine.select(job, rows_per_group=ROWS_PER_GROUP):
                _count(model.table, group, counts)
                self._renew()
                yield group
        # Also where no rows came: the lease must be ours after the table was loaded and before it is committed, so that
        # whoever took over and committed meanwhile either makes this fail or makes the commit conflict.
        self._renew()

    def _record(self, table: Table, counts: dict[str, int], plan: Plan, gone: list[str], snapshot: int | None) -> None:
        """Written after the table's commit: a kill between the two leaves work to do, never a stale table."""
        now: datetime = self._clock()
        recorded = self._built.setdefault(table.full_name, {})
        for key in gone:
            recorded.pop(key, None)
        for key, count in counts.items():
            row = (table.full_name, key, plan[key], snapshot, count, now)
            recorded[key] = dict(zip(OPS_BUILT.column_names, row, strict=True))
        self._rows_built.pop(table.full_name, None)
        for name, rows in self._built.items():
            if name not in self._rows_built:
                ordered = [row for _, row in sorted(rows.items())]
                self._rows_built[name] = pa.Table.from_pylist(ordered, schema=arrow_schema(OPS_BUILT))
        self._catalog.replace(OPS_BUILT, None, [pa.concat_tables(rows for _, rows in sorted(self._rows_built.items()))])


def _digest(recorded: Mapping[str, Mapping[str, Any]], partition: str) -> str | None:
    row = recorded.get(partition)
    return row["input_digest"] if row is not None else None


def _count(table: Table, group: pa.Table, counts: dict[str, int]) -> None:
    """Add a group's rows to the counts of their partitions; a row outside the wanted ones is a bug."""
    if table.partition is None:
        counts[WHOLE] += group.num_rows
        return
    for entry in group[table.partition].value_counts().to_pylist():
        key = entry["values"].isoformat()
        assert key in counts, f"{table.full_name} gave rows of {key}, which was not asked for"
        counts[key] += entry["counts"]
