"""DuckDB, the embedded engine: reads bronze and data files directly, needs no extension."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from wistia_lake.engines.base import WHOLE, BronzeInput, Job, Written, partition_days
from wistia_lake.errors import DataError, EngineError
from wistia_lake.lake.rows import TableInput

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from wistia_lake.lake.catalog import Catalog
    from wistia_lake.lake.table import Table

ROWS_PER_GROUP = 1_000_000
MEMORY_LIMIT = "400MB"
"""Keeps a build under its budget of 600 MB; larger sorts go to the temporary folder."""
FILES_AT_ONCE = 64
"""Every file that is open for reading takes some megabytes; a history has a file a day."""


def connect(**config: str) -> DuckDBPyConnection:
    """A database in memory: UTC, no downloads of extensions, no Python variable found by its name."""
    return _ready(duckdb.connect(config={"autoinstall_known_extensions": "false", **config}))


def _ready(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    """What every session must be told for itself."""
    connection.execute("set timezone = 'UTC'")
    connection.execute("set python_enable_replacements = false")
    connection.execute("set enable_progress_bar = false")
    return connection


class DuckDBEngine:
    """A session and a database of its own for every job, so that nothing of one is seen by another.

    They are in one instance of DuckDB: to start one takes longer than most jobs of a daily run.
    """

    rows_per_job = 400_000
    """Bounds memory whatever the history."""
    days_per_job = 60
    """Files of one job share a list in the table's metadata, which is written anew when one of them goes."""
    months_per_job = 1

    def __init__(self) -> None:
        self._spill = tempfile.TemporaryDirectory(prefix="wistia-lake-duckdb-")
        self._numbers = count()

    @cached_property
    def _instance(self) -> DuckDBPyConnection:
        return connect(memory_limit=MEMORY_LIMIT, temp_directory=self._spill.name)

    def close(self) -> None:
        """Stop the instance and remove the spill folder."""
        if "_instance" in self.__dict__:
            self._instance.close()
            del self.__dict__["_instance"]
        self._spill.cleanup()

    @contextmanager
    def _database(self) -> Iterator[DuckDBPyConnection]:
        """A session in an empty database, which ends with it."""
        name = f"job_{next(self._numbers)}"
        with closing(_ready(self._instance.cursor())) as session:
            session.execute(f"attach ':memory:' as {name}")
            session.execute(f"use {name}")
            try:
                yield session
            finally:
                session.execute("use memory")
                session.execute(f"detach {name}")

    def begin(self, catalog: Catalog, tables: Sequence[Table]) -> None:
        """Nothing: the table is loaded before the lease is asked for a last time, see :meth:`replace`."""

    def replace(
        self, catalog: Catalog, table: Table, partitions: Sequence[str], jobs: Iterable[Job], beat: Callable[[], None]
    ) -> Written:
        """See :class:`~wistia_lake.engines.base.Engine`."""
        counts = dict.fromkeys(partitions, 0)

        def rows() -> Iterator[pa.Table]:
            for job in jobs:
                for group in self.select(job):
                    _count(table, group, counts)
                    beat()
                    yield group
            # Also where no rows came: the lease must be ours after the table was loaded and before it is committed, so
            # that whoever took over and committed meanwhile either makes this fail or makes the commit conflict.
            beat()

        return Written(catalog.replace(table, partition_days(table, partitions), rows()), counts)

    def select(self, job: Job, *, rows_per_group: int = ROWS_PER_GROUP) -> Iterator[pa.Table]:
        """See :class:`~wistia_lake.engines.base.Engine`."""
        with self._database() as connection:
            try:
                for name, relation in job.relations.items():
                    connection.register(name, relation)
                for bronze in job.bronze:
                    _load_bronze(connection, bronze)
                for name, table in job.tables.items():
                    _view(connection, name, table)
                for batch in connection.execute(job.sql).to_arrow_reader(rows_per_group):
                    yield pa.Table.from_batches([batch])
            except duckdb.OutOfMemoryException as exc:
                raise EngineError(
                    f"DuckDB had too little memory or temporary disk for a job: {exc}. No table was changed by "
                    f"it; free space in {tempfile.gettempdir()} and try again."
                ) from exc


def _load_bronze(connection: DuckDBPyConnection, bronze: BronzeInput) -> None:
    """Parse the files once into a table, then hold the manifests' row counts against it."""
    columns = ", ".join(f"{name} {kind}" for name, kind in bronze.columns.items())
    connection.execute(f"create table {bronze.view} (batch_id varchar, {columns})")
    if not bronze.files:
        return
    declared = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in bronze.columns.items()) + "}"
    selected = ", ".join(bronze.columns)
    insert = (
        f"insert into {bronze.view} select left(parse_filename(filename), 36), {selected} from read_json($files, "
        f"format = 'newline_delimited', compression = 'zstd', columns = {declared}, filename = true)"
    )
    batches = list(bronze.files)
    try:
        for place in range(0, len(batches), FILES_AT_ONCE):
            with bronze.fetch(batches[place : place + FILES_AT_ONCE]) as paths:
                connection.execute(insert, {"files": [path.as_posix() for path in paths]})
    except (duckdb.IOException, FileNotFoundError) as exc:
        raise DataError(_broken("one of " + ", ".join(sorted(bronze.files)[:3]), bronze, str(exc))) from exc
    except (duckdb.InvalidInputException, duckdb.ConversionException) as exc:
        raise DataError(
            _broken("one of " + ", ".join(sorted(bronze.files)[:3]), bronze, "it is not the JSON it should be")
        ) from exc
    found = dict(connection.execute(f"select batch_id, count(*) from {bronze.view} group by batch_id").fetchall())
    for batch_id in bronze.files:
        if found.get(batch_id, 0) != bronze.row_counts[batch_id]:
            raise DataError(
                _broken(
                    batch_id,
                    bronze,
                    f"{found.get(batch_id, 0)} rows were read, its manifest promises {bronze.row_counts[batch_id]}",
                )
            )

    if bronze.hidden:
        hidden = {"hidden": list(bronze.hidden)}
        connection.execute(f"delete from {bronze.view} where list_contains($hidden, media_id)", hidden)


def _broken(what: str, bronze: BronzeInput, why: str) -> str:
    return (
        f"Bronze data of stream {bronze.stream} is damaged ({what}): {why}. No table was changed. Restore the object, "
        "or delete its manifest: the slice is then read again while Wistia still serves it."
    )


def _view(connection: DuckDBPyConnection, name: str, table: TableInput) -> None:
    """A view ``namespace.table`` over a table's rows, with its columns even when there are no files.

    Files of this machine are read by DuckDB itself; others through the file system that the catalog gave, so that no
    extension is needed.
    """
    connection.execute(f"create schema if not exists {name.partition('.')[0]}")
    paths = table.local_files
    if not table.files or paths is None:
        connection.register(f"rows_of_{name.replace('.', '_')}", table.dataset())
        connection.execute(f"create view {name} as select * from rows_of_{name.replace('.', '_')}")
        return
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    connection.execute(f"create view {name} as select * from read_parquet([{listed}], hive_partitioning = false)")


def _count(table: Table, group: pa.Table, counts: dict[str, int]) -> None:
    """Add a group's rows to the counts of their partitions; a row outside the wanted ones is a bug."""
    if table.partition is None:
        counts[WHOLE] += group.num_rows
        return
    for entry in group[table.partition].value_counts().to_pylist():
        key = entry["values"].isoformat()
        assert key in counts, f"{table.full_name} gave rows of {key}, which was not asked for"
        counts[key] += entry["counts"]
