"""The Iceberg tables of a lake. They change only through :meth:`Catalog.replace` and its like."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from wistia_lake.errors import LakeUnreadable, SettingsError
from wistia_lake.lake.connection import DATABASE, Refused, reached, shared_catalog, sqlite_catalog
from wistia_lake.lake.iceberg import (
    VERSION_PROPERTY,
    between,
    differences,
    expire,
    iceberg_schema,
    inside,
    partition_day,
    properties,
)
from wistia_lake.lake.rows import TableInput, conform
from wistia_lake.lake.scan import planned
from wistia_lake.lake.store import Store, lake_root
from wistia_lake.lake.table import SCHEMA_VERSION, Table
from wistia_lake.lake.tables import BY_NAME

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog as IcebergCatalog
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import FileScanTask, Transaction
    from pyiceberg.table import Table as IcebergTable

    from wistia_lake.settings import Settings

__all__ = ["ATTEMPTS", "DATABASE", "KEPT_SNAPSHOTS", "Catalog", "Refused", "open_catalog"]

KEPT_SNAPSHOTS = 20
FOLDER = "tables"
"""Where in a lake the tables lie."""
LAKE_PROPERTY = "wistia-lake.lake"
"""In a catalog that others use too, a table says whose it is."""
FEW_PARTITIONS = 6
ATTEMPTS = 3
"""How often a refused commit is planned again."""


class Catalog:
    """The tables of one lake. Their catalog is ``shared`` (its properties or name), or SQLite in the lake's folder.

    ``lake`` is a folder or a URL; ``prefix`` stands before the namespaces' names in the catalog, never in SQL.
    """

    def __init__(self, lake: Path | str, shared: Mapping[str, str] | str | None = None, *, prefix: str = "") -> None:
        self.url = lake.as_uri() if isinstance(lake, Path) else lake.rstrip("/")
        self.root = lake_root(self.url)
        self.is_shared = bool(shared)
        self._properties = {"name": shared} if isinstance(shared, str) else dict(shared or {})
        self._prefix = prefix
        self._known: dict[str, IcebergTable] = {}
        if not self.is_shared and self.root is None:
            raise SettingsError(
                f"The tables of the lake {self.url} need a catalog that several programs can share: describe it in "
                '[catalog] of wistia-lake.toml (type = "glue", or type = "rest" and a uri). SQLite serves folders only.'
            )

    @cached_property
    def _catalog(self) -> IcebergCatalog:
        if self.is_shared:
            with reached(self.url, "opening the catalog"):
                return shared_catalog(self._properties)
        assert self.root is not None
        return sqlite_catalog(self.root)

    def close(self) -> None:
        """Close the connection to the catalog, if there is one."""
        if "_catalog" in self.__dict__:
            self._catalog.close()
            del self.__dict__["_catalog"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def identifier(self, spec: Table) -> tuple[str, str]:
        """A table's namespace and name in the catalog."""
        return f"{self._prefix}{spec.namespace}", spec.name

    def is_made(self) -> bool:
        """Whether there may be tables; asking makes nothing."""
        return self.is_shared or (self.root is not None and (self.root / DATABASE).is_file())

    def load(self, spec: Table) -> IcebergTable | None:
        """The table as it stands, or None if nothing was ever built.

        Raises:
            LakeUnreadable: the folder was moved, the table is another lake's, was changed by hand, or is newer.
        """
        from pyiceberg.exceptions import NoSuchTableError

        try:
            with reached(self.url, f"looking up {spec.full_name}"):
                table = self._catalog.load_table(self.identifier(spec))
        except NoSuchTableError:
            return None
        except FileNotFoundError as exc:
            raise self._elsewhere(spec) from exc
        if not self._is_ours(table):
            raise self._elsewhere(spec)
        version = int(table.properties.get(VERSION_PROPERTY, "0"))
        if version > SCHEMA_VERSION:
            raise LakeUnreadable(
                f"The table {spec.full_name} has schema version {version}; this program knows {SCHEMA_VERSION}. "
                "Install a newer wistia-lake."
            )
        if changed := differences(spec, table):
            raise LakeUnreadable(
                f"The table {spec.full_name} was changed by something else: {changed}. Drop it in the catalog, then "
                "rebuild it from bronze with: wistia-lake build --full"
            )
        self._known[spec.full_name] = table
        return table

    def known(self, spec: Table) -> IcebergTable | None:
        """The table as this object last loaded or left it; loaded if it never did.

        For whoever alone may write to the lake, as a build while it has the lease: it knows what it committed.
        """
        return self._known.get(spec.full_name) or self.load(spec)

    def _is_ours(self, table: IcebergTable) -> bool:
        if self.is_shared:
            return table.properties.get(LAKE_PROPERTY) == self.url
        place = lake_root(table.location())
        return place is not None and self.root is not None and place.is_relative_to(self.root)

    def _elsewhere(self, spec: Table) -> LakeUnreadable:
        if self.is_shared:
            return LakeUnreadable(
                f"The table {'.'.join(self.identifier(spec))} of the catalog is not this lake's ({self.url}), or its "
                "files are gone. Give every lake its own namespace_prefix; if the lake was moved, drop the table in "
                "the catalog and run: wistia-lake build --full"
            )
        return LakeUnreadable(
            f"The table {spec.full_name} in {self.root} points to another place: this lake's folder was moved "
            "or copied. Bronze is complete; rebuild the tables from it with: wistia-lake build --full"
        )

    def forget_if_moved(self) -> None:
        """Drop the entries of tables that lie elsewhere, so that they are made anew here; nothing else is touched.

        Only in the catalog of a folder: in a shared one they may be another lake's.
        """
        if self.is_shared:
            return
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
        schema, partition, order = iceberg_schema(spec)
        with reached(self.url, f"making {spec.full_name}"):
            with suppress(NamespaceAlreadyExistsError):
                self._catalog.create_namespace(self.identifier(spec)[0])
            made = self._known[spec.full_name] = self._catalog.create_table(
                self.identifier(spec), schema=schema, partition_spec=partition, sort_order=order,
                location=self._location(spec), properties=properties(spec) | {LAKE_PROPERTY: self.url},
            )  # fmt: skip
        return made

    def _location(self, spec: Table) -> str | None:
        """Inside the lake, unless the catalog has a warehouse of its own to place tables in."""
        if "warehouse" in self._catalog.properties:
            return None
        return f"{self.url}/{FOLDER}/{spec.namespace}/{spec.name}"

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
        rows_of: Callable[[TableInput], Iterable[pa.Table]],
        note: Mapping[str, str] | None = None,
    ) -> int | None:
        """Replace whole partitions by what ``rows_of`` makes of their data files; as :meth:`replace` else.

        Files are read from the very state that is replaced, so that a row which somebody adds meanwhile makes the
        commit refused instead of being lost.
        """
        table, where = self.ensure(spec), inside(spec, partitions)
        return self._commit(spec, table, where, rows_of(self._input(spec, table, where)), note)

    @contextmanager
    def _committing(self, spec: Table, table: IcebergTable) -> Iterator[Transaction]:
        from wistia_lake.lake.transaction import RememberingTransaction

        with reached(self.url, f"committing {spec.full_name}"), RememberingTransaction(table) as transaction:
            yield transaction

    def _commit(
        self, spec: Table, table: IcebergTable, where: BooleanExpression, rows: Iterable[pa.Table],
        note: Mapping[str, str] | None,
    ) -> int | None:  # fmt: skip
        with self._committing(spec, table) as transaction:
            if table.current_snapshot() is not None:
                transaction.delete(where, snapshot_properties=dict(note or {}))
            for group in rows:
                if group.num_rows:
                    transaction.append(conform(spec, group), snapshot_properties=dict(note or {}))
            expire(table, transaction, KEPT_SNAPSHOTS)
        snapshot = table.current_snapshot()
        return snapshot.snapshot_id if snapshot else None

    def expire(self, spec: Table) -> int:
        """Let go of all but the last snapshots, as every commit does; returns how many."""
        table = self.load(spec)
        if table is None:
            return 0
        with self._committing(spec, table) as transaction:
            return expire(table, transaction, KEPT_SNAPSHOTS)

    def append(self, spec: Table, rows: pa.Table, note: Mapping[str, str] | None = None) -> None:
        """Add rows in one commit (only ``ops.run`` and ``ops.check_result`` grow this way)."""
        table = self.ensure(spec)
        with self._committing(spec, table) as transaction:
            transaction.append(conform(spec, rows), snapshot_properties=dict(note or {}))
            expire(table, transaction, KEPT_SNAPSHOTS)

    def input(
        self, spec: Table, first: date | None = None, last: date | None = None, *, as_known: bool = False
    ) -> TableInput:
        """A table's rows now, of partitions from ``first`` to ``last`` if given; none if it was never built.

        ``as_known``: not now but as :meth:`known`.
        """
        table = self.known(spec) if as_known else self.load(spec)
        return TableInput(spec) if table is None else self._input(spec, table, between(spec, first, last), first, last)

    def input_of(self, spec: Table, partitions: Collection[date], *, as_known: bool = False) -> TableInput:
        """The rows of some partitions now, or ``as_known``.

        Many are picked from those between the first and the last: a filter that names each would be weighed for every
        file. Few are named, so that the lists of those between them stay closed.
        """
        table = self.known(spec) if as_known else self.load(spec)
        if table is None or not partitions:
            return TableInput(spec)
        first, last, wanted = min(partitions), max(partitions), set(partitions)
        where = inside(spec, sorted(wanted)) if len(wanted) <= FEW_PARTITIONS else between(spec, first, last)
        return self._input(
            spec, table, where, first, last, lambda task: partition_day(task.file.partition[0]) in wanted
        )

    def _input(
        self, spec: Table, table: IcebergTable, where: BooleanExpression, first: date | None = None,
        last: date | None = None, is_wanted: Callable[[FileScanTask], bool] = lambda _: True,
    ) -> TableInput:  # fmt: skip
        with reached(self.url, f"planning {spec.full_name}"):
            return planned(spec, table, where, first, last, is_wanted)

    def read(self, spec: Table, *, as_known: bool = False) -> pa.Table:
        """The whole table; empty with its columns if it was never built."""
        with reached(self.url, f"reading {spec.full_name}"):
            return self.input(spec, as_known=as_known).read()


def open_catalog(store: Store, settings: Settings) -> Catalog:
    """The tables of a lake, as its settings say where they are catalogued."""
    return Catalog(store.url, settings.catalog, prefix=settings.namespace_prefix)
