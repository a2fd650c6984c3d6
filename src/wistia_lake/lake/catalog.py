"""The Iceberg catalog of a lake: SQLite in the lake's folder. Tables change only through :meth:`Catalog.replace`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from wistia_lake.errors import LakeUnreadable, SettingsError, TryAgain
from wistia_lake.lake.iceberg import between, iceberg_schema, inside, local_path, partition_day
from wistia_lake.lake.table import SCHEMA_VERSION, Table, Type
from wistia_lake.lake.tables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import Table as IcebergTable
    from pyiceberg.table import Transaction

DATABASE = "catalog.db"
KEPT_SNAPSHOTS = 20
VERSION_PROPERTY = "wistia-lake.schema-version"
_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    "commit.manifest-merge.enabled": "true",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    VERSION_PROPERTY: str(SCHEMA_VERSION),
}
ATTEMPTS = 3
"""How often a refused commit is planned again."""


class Refused(TryAgain):
    """Another writer changed the same partitions first; the caller plans again."""


class Catalog:
    """The tables of one lake folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def _catalog(self) -> SqlCatalog:
        from pyiceberg.catalog.sql import SqlCatalog

        self.root.mkdir(parents=True, exist_ok=True)
        uri = f"sqlite:///{(self.root / DATABASE).as_posix()}"
        return SqlCatalog("lake", uri=uri, warehouse=f"{self.root.as_uri()}/tables")

    def close(self) -> None:
        """Close the connection to the catalog's database, if there is one."""
        if "_catalog" in self.__dict__:
            self._catalog.engine.dispose()
            del self.__dict__["_catalog"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self, spec: Table) -> IcebergTable | None:
        """The table as it stands, or None if nothing was ever built.

        Raises:
            LakeUnreadable: the folder was moved, or a newer version wrote the table.
        """
        from pyiceberg.exceptions import NoSuchTableError

        try:
            table = self._catalog.load_table((spec.namespace, spec.name))
        except NoSuchTableError:
            return None
        except FileNotFoundError as exc:
            raise self._moved(spec) from exc
        if not local_path(table.location()).is_relative_to(self.root):
            raise self._moved(spec)
        version = int(table.properties.get(VERSION_PROPERTY, "0"))
        if version > SCHEMA_VERSION:
            raise LakeUnreadable(
                f"The table {spec.full_name} has schema version {version}; this program knows {SCHEMA_VERSION}. "
                "Install a newer wistia-lake."
            )
        return table

    def _moved(self, spec: Table) -> LakeUnreadable:
        return LakeUnreadable(
            f"The table {spec.full_name} in {self.root} points to another place: this lake's folder was moved "
            "or copied. "
            "Bronze is complete; rebuild the tables from it with: wistia-lake build --full"
        )

    def forget_if_moved(self) -> None:
        """Drop the entries of tables that lie elsewhere, so that they are made anew here; nothing else is touched."""
        for namespace in self._catalog.list_namespaces():
            for identifier in self._catalog.list_tables(namespace):
                spec = BY_NAME.get(".".join(identifier))
                try:
                    if spec is not None:
                        self.load(spec)
                except LakeUnreadable:
                    self._catalog.drop_table(identifier)

    def ensure(self, spec: Table) -> IcebergTable:
        """The table, made if it does not exist."""
        from pyiceberg.exceptions import NamespaceAlreadyExistsError

        found = self.load(spec)
        if found is not None:
            return found
        with suppress(NamespaceAlreadyExistsError):
            self._catalog.create_namespace(spec.namespace)
        bounds_off = {
            f"write.metadata.metrics.column.{column.name}": "counts"
            for column in spec.columns
            if column.name in {"event_id", "visitor_id", "batch_id"}
        }
        schema, partition, order = iceberg_schema(spec)
        return self._catalog.create_table(
            (spec.namespace, spec.name), schema=schema, partition_spec=partition, sort_order=order,
            properties=_PROPERTIES | bounds_off,
        )  # fmt: skip

    def replace(
        self,
        spec: Table,
        partitions: Sequence[date] | None,
        rows: Iterable[pa.Table],
        note: Mapping[str, str] | None = None,
    ) -> int | None:
        """Replace whole partitions (None: the whole table) in one commit; an empty result empties them.

        Returns the snapshot's id, None if the table never held anything and still does not.

        Raises:
            Refused: another writer changed the same partitions meanwhile; nothing was written.
        """
        return self._commit(spec, self.ensure(spec), inside(spec, partitions), rows, note)

    def rewrite(
        self,
        spec: Table,
        partitions: Sequence[date] | None,
        rows_of: Callable[[Sequence[Path]], Iterable[pa.Table]],
        note: Mapping[str, str] | None = None,
    ) -> int | None:
        """Replace whole partitions by what ``rows_of`` makes of their data files; as :meth:`replace` else.

        Files are read from the very state that is replaced, so that a row which somebody adds meanwhile makes the
        commit refused instead of being lost.
        """
        table, where = self.ensure(spec), inside(spec, partitions)
        return self._commit(spec, table, where, rows_of(_files_of(table, where)), note)

    def _commit(
        self, spec: Table, table: IcebergTable, where: BooleanExpression, rows: Iterable[pa.Table],
        note: Mapping[str, str] | None,
    ) -> int | None:  # fmt: skip
        with _commit_errors(spec), table.transaction() as transaction:
            if table.current_snapshot() is not None:
                transaction.delete(where, snapshot_properties=dict(note or {}))
            for group in rows:
                if group.num_rows:
                    transaction.append(conform(spec, group), snapshot_properties=dict(note or {}))
            _expire(table, transaction)
        snapshot = table.current_snapshot()
        return snapshot.snapshot_id if snapshot else None

    def expire(self, spec: Table) -> int:
        """Let go of all but the last snapshots, as every commit does; returns how many."""
        table = self.load(spec)
        if table is None:
            return 0
        with _commit_errors(spec), table.transaction() as transaction:
            return _expire(table, transaction)

    def append(self, spec: Table, rows: pa.Table, note: Mapping[str, str] | None = None) -> None:
        """Add rows in one commit (only ``ops.run`` and ``ops.check_result`` grow this way)."""
        table = self.ensure(spec)
        with _commit_errors(spec), table.transaction() as transaction:
            transaction.append(conform(spec, rows), snapshot_properties=dict(note or {}))
            _expire(table, transaction)

    def files(self, spec: Table, first: date | None = None, last: date | None = None) -> list[Path]:
        """The data files of a table now, of partitions from ``first`` to ``last`` if given."""
        table = self.load(spec)
        return [] if table is None else sorted(_files_of(table, between(spec, first, last)))

    def files_in(self, spec: Table, partitions: Collection[date]) -> list[Path]:
        """The data files of some partitions now.

        Picked from those between the first and the last: a filter that names each would be weighed for every file.
        """
        table = self.load(spec)
        if table is None or not partitions:
            return []
        wanted = set(partitions)
        tasks = table.scan(row_filter=between(spec, min(wanted), max(wanted))).plan_files()
        return sorted(
            local_path(task.file.file_path) for task in tasks if partition_day(task.file.partition[0]) in wanted
        )

    def read(self, spec: Table) -> pa.Table:
        """The whole table; empty with its columns if it was never built."""
        import pyarrow.parquet as pq

        schema = arrow_schema(spec)
        parts = [pq.read_table(path, schema=schema, partitioning=None) for path in self.files(spec)]
        return _concat(parts, schema)


def _files_of(table: IcebergTable, where: BooleanExpression) -> list[Path]:
    return [local_path(task.file.file_path) for task in table.scan(row_filter=where).plan_files()]


def _concat(parts: list[pa.Table], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    return pa.concat_tables(parts) if parts else schema.empty_table()


def arrow_schema(spec: Table) -> pa.Schema:
    """The Arrow schema of a table: instants in microseconds, UTC."""
    import pyarrow as pa

    types = {
        Type.STRING: pa.string(), Type.INT: pa.int32(), Type.LONG: pa.int64(), Type.DOUBLE: pa.float64(),
        Type.BOOL: pa.bool_(), Type.DATE: pa.date32(), Type.INSTANT: pa.timestamp("us", tz="UTC"),
    }  # fmt: skip
    return pa.schema([pa.field(column.name, types[column.type]) for column in spec.columns])


def conform(spec: Table, rows: pa.Table) -> pa.Table:
    """Rows in the table's column order and types; a missing or differently named column is a bug."""
    assert tuple(rows.column_names) == spec.column_names, (rows.column_names, spec.column_names)
    return rows.cast(arrow_schema(spec))


@contextmanager
def _commit_errors(spec: Table) -> Iterator[None]:
    """A race lost becomes Refused; the hint that a delete found nothing is no news here."""
    from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException, ValidationException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Delete operation did not match any records")
            yield
    except (CommitFailedException, ValidationException) as exc:
        raise Refused(
            f"Another writer changed {spec.full_name} at the same time: {exc}. Run the command again."
        ) from exc
    except (SQLAlchemyError, CommitStateUnknownException) as exc:
        raise SettingsError(
            f"The catalog could not commit {spec.full_name}: {exc}. Check the disk and the permissions of {DATABASE}, "
            "then run the command again; readers still see the last state."
        ) from exc


def _expire(table: IcebergTable, transaction: Transaction) -> int:
    """Keep the last snapshots only, in the same commit: metadata must not grow with history."""
    from pyiceberg.table.update.snapshot import ExpireSnapshots

    by_age = sorted(table.snapshots(), key=lambda snapshot: snapshot.sequence_number or 0)
    old = [snapshot.snapshot_id for snapshot in by_age[:-KEPT_SNAPSHOTS]]
    if old:
        ExpireSnapshots(transaction).by_ids(old).commit()
    return len(old)
