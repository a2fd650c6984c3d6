"""Apache Spark, for what outgrows one machine: reads bronze where it lies, writes tables through the lake's catalog."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import pyarrow as pa

from wistia_lake.engines.base import Job, Written, partition_days
from wistia_lake.engines.dialect import SPARK, render
from wistia_lake.engines.spark_commit import commit_of, row_counts
from wistia_lake.engines.spark_input import (
    TYPES,
    bronze_frame,
    check_counts,
    no_rows,
    relation_frame,
    table_frame,
)
from wistia_lake.engines.spark_session import in_our_terms, meaning, open_session
from wistia_lake.errors import EngineError, SettingsError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from wistia_lake.lake.catalog import Catalog
    from wistia_lake.lake.table import Table

TOKEN = "wistia-lake.commit"  # noqa: S105  a mark in a snapshot's summary, no secret
"""By this property of a snapshot a commit is recognised as one's own."""
SECONDS_BETWEEN_BEATS = 30


class SparkEngine:
    """One session; a table is one Spark job and one commit, however many days it takes in."""

    rows_per_job = sys.maxsize
    days_per_job = sys.maxsize
    months_per_job = sys.maxsize

    def __init__(self, session: SparkSession, catalog: str, s3: str = "s3a") -> None:
        self._session = session
        self._catalog = catalog
        self._s3 = s3
        self._since: dict[str, int | None] = {}
        self._names: dict[str, str] = {}
        self._views = 0
        self._own = uuid4().hex[:8]

    @classmethod
    def open(cls, catalog: str, s3: str = "s3a") -> Self:
        """The engine on the Spark that Spark's own configuration names."""
        return cls(open_session(catalog), catalog, s3)

    def close(self) -> None:
        """Nothing: the session belongs to the process, and may serve it on."""

    def begin(self, catalog: Catalog, tables: Sequence[Table]) -> None:
        """Remember the snapshots that stand now: a commit is refused if others changed its partitions since then."""
        for table in tables:
            loaded = catalog.ensure(table)
            snapshot = loaded.current_snapshot()
            self._since[table.full_name] = snapshot.snapshot_id if snapshot is not None else None
            self._names[table.full_name] = ".".join((self._catalog, *loaded.name()))
            self._check_same(table, loaded.location())

    def _check_same(self, table: Table, location: str) -> None:
        """Spark and this program must mean the same table by a name."""
        name = self._names[table.full_name]
        with meaning(f"find {table.full_name}"):
            found = None
            if self._session.catalog.tableExists(name):
                self._session.catalog.refreshTable(name)
                described = self._session.sql(f"describe table extended {name}").collect()
                found = next(row["data_type"] for row in described if row["col_name"] == "Location")
        if found is None or _plain(found) != _plain(location):
            there = "is missing" if found is None else f"is at {found}"
            raise SettingsError(
                f"Spark's catalog {self._catalog!r} is not the lake's: {table.full_name} is at {location} here, and "
                f"{there} there. Compare spark.sql.catalog.{self._catalog}.* with the lake's settings."
            )

    def select(self, job: Job, *, rows_per_group: int) -> Iterator[pa.Table]:
        """See :class:`~wistia_lake.engines.base.Engine`; for a few rows, as all come at once."""
        with in_our_terms(self._session), self._own_views() as views, meaning("answer a question"):
            check_counts(self._session, job.bronze, self._s3)
            frame = self._frame(job, views, in_order=True)
            rows = [row.asDict() for row in frame.collect()]
            names = frame.columns
        found = pa.Table.from_pylist(rows) if rows else pa.table({name: pa.array([]) for name in names})
        for first in range(0, found.num_rows, rows_per_group):
            yield found.slice(first, rows_per_group)

    def replace(
        self, catalog: Catalog, table: Table, partitions: Sequence[str], jobs: Iterable[Job], beat: Callable[[], None]
    ) -> Written:
        """See :class:`~wistia_lake.engines.base.Engine`."""
        token = uuid4().hex
        with ExitStack() as stack:
            stack.enter_context(in_our_terms(self._session))
            views = stack.enter_context(self._own_views())
            opened = list(jobs)
            with meaning(f"read what {table.full_name} is made of"):
                inputs = [bronze for job in opened for bronze in job.bronze]
                _while_beating(lambda: check_counts(self._session, inputs, self._s3), beat)
                frame = self._all_rows(table, opened, views)
            beat()
            problem = None
            try:
                with meaning(f"compute {table.full_name}"):
                    _while_beating(lambda: self._overwrite(table, partitions, frame, token), beat)
            except EngineError as exc:
                problem = exc
        loaded = catalog.ensure(table)
        snapshot = commit_of(loaded, TOKEN, token)
        if snapshot is None:
            # Only now it is sure: an answer can be lost on its way though the commit was made.
            raise problem if problem is not None else AssertionError(f"{table.full_name}: no trace of Spark's commit")
        counts = row_counts(loaded, table, snapshot, partitions)
        self._since[table.full_name] = snapshot.snapshot_id
        catalog.expire(table)
        return Written(snapshot.snapshot_id, counts)

    def _overwrite(self, table: Table, partitions: Sequence[str], frame: DataFrame, token: str) -> None:
        """One commit of whole partitions, refused if they changed since the inputs were chosen."""
        from pyspark.sql import functions as f

        name, days = self._names[table.full_name], partition_days(table, partitions)
        self._session.catalog.refreshTable(name)
        writer = (
            frame.writeTo(name)
            .option("isolation-level", "serializable")
            .option("distribution-mode", "hash")
            .option(f"snapshot-property.{TOKEN}", token)
        )
        since = self._since[table.full_name]
        if since is not None:
            writer = writer.option("validate-from-snapshot-id", str(since))
        writer.overwrite(f.lit(True) if days is None else f.col(str(table.partition)).isin(days))

    def _all_rows(self, table: Table, jobs: Sequence[Job], views: list[str]) -> DataFrame:
        """The rows of all jobs in the table's columns and types; none if there are no jobs."""
        casts = [f"cast(`{column.name}` as {TYPES[column.type]}) as `{column.name}`" for column in table.columns]
        result = no_rows(self._session, table)
        for job in jobs:
            result = result.unionAll(self._frame(job, views, in_order=False).selectExpr(*casts))
        return result

    def _frame(self, job: Job, views: list[str], *, in_order: bool) -> DataFrame:
        names = {bronze.view: bronze_frame(self._session, bronze, self._s3) for bronze in job.bronze}
        names |= {name: relation_frame(self._session, relation) for name, relation in job.relations.items()}
        for name, wanted in job.tables.items():
            if wanted.snapshot_id is not None:
                self._session.catalog.refreshTable(self._names[name])
            names[name] = table_frame(self._session, self._names[name], wanted)
        called = {}
        for name, frame in names.items():
            # A name of its own for every job: over Spark Connect views are looked up when rows are computed.
            self._views += 1
            called[name] = f"wistia_lake_{self._own}_{self._views}_{name.replace('.', '_')}"
            frame.createOrReplaceTempView(called[name])
            views.append(called[name])
        return self._session.sql(render(job.sql, SPARK, called, in_order=in_order))

    @contextmanager
    def _own_views(self) -> Iterator[list[str]]:
        """The names of temporary views that go when the block ends."""
        views: list[str] = []
        try:
            yield views
        finally:
            for view in views:
                self._session.catalog.dropTempView(view)


def _while_beating(work: Callable[[], None], beat: Callable[[], None]) -> None:
    """Do something long, and show meanwhile that it goes on.

    If the beat fails, the work is waited for: its commit is refused should others have changed the same partitions.
    """
    with ThreadPoolExecutor(1, "spark") as pool:
        future = pool.submit(work)
        while not wait([future], timeout=SECONDS_BETWEEN_BEATS).done:
            beat()
        future.result()


def _plain(location: str) -> str:
    """A location in the one form of its many."""
    scheme, _, path = location.partition(":")
    return f"{scheme.replace('s3a', 's3')}:/{path.strip('/')}"
