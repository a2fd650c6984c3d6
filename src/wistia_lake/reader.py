"""Read a lake with SQL: ``wistia_lake.open("lake").sql("select …")`` gives a ``pyarrow.Table``.

DuckDB's connection can only read the lake's own tables: it opens no file, attaches nothing, and reaches no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, cast

from wistia_lake.engines.questions import LakeNames
from wistia_lake.errors import DataError, LakeUnreadable, UsageError
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.marker import existing_store
from wistia_lake.lake.store import lake_root
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import BY_NAME, TABLES

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from wistia_lake.engines.athena import AthenaReader
    from wistia_lake.engines.trino import TrinoReader
    from wistia_lake.settings import Settings


class Lake:
    """A lake opened for reading. Every query sees the last committed state of each table."""

    def __init__(
        self, place: Path | str, catalog: Mapping[str, str] | str | None = None, namespace_prefix: str = ""
    ) -> None:
        self.place = place
        self._catalog, self._prefix = catalog, namespace_prefix

    def __repr__(self) -> str:
        return f"Lake({str(self.place)!r})"

    def catalog(self) -> Catalog:
        """The lake's tables; close it after use."""
        return Catalog(self.place, self._catalog, prefix=self._prefix)

    def sql(self, query: str) -> pa.Table:
        """The rows of one SELECT over ``silver``, ``gold`` and ``ops`` tables, in DuckDB's dialect.

        Raises:
            UsageError: the text is not one SELECT, or is wrong SQL.
        """
        import duckdb

        from wistia_lake.engines.duckdb import connect

        with closing(connect()) as connection, self.catalog() as catalog:
            _check_is_select(connection, query)
            for table in _mentioned(query):
                _register(connection, catalog, table)
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
            try:
                return cast("pa.Table", connection.execute(query).to_arrow_table())
            except duckdb.OutOfMemoryException as exc:
                raise DataError(f"The query needs more memory than there is: {exc}") from exc
            except duckdb.Error as exc:
                raise UsageError(f"The query cannot be run: {exc}") from exc


def _register(connection: DuckDBPyConnection, catalog: Catalog, table: Table) -> None:
    name = table.full_name.replace(".", "_")
    connection.register(f"rows_of_{name}", catalog.input(table).dataset())
    connection.execute(f"create schema if not exists {table.namespace}")
    connection.execute(f"create view {table.full_name} as select * from rows_of_{name}")


def open(  # noqa: A001  the package's one verb for readers
    lake: str | Path, *, catalog: Mapping[str, str] | str | None = None, namespace_prefix: str = ""
) -> Lake:
    """Open a lake: a folder (a path or a ``file://`` URL), or ``s3://bucket/prefix`` with its catalog.

    ``catalog`` and ``namespace_prefix`` are what the settings of these names say.

    Raises:
        LakeUnreadable: there is no lake, or nothing was built in it yet.
        SettingsError: the lake is not in a folder and no catalog is named.
    """
    root = lake_root(str(lake))
    opened = Lake(root or str(lake), catalog, namespace_prefix)
    with opened.catalog() as found:
        if not found.is_made() or (root is None and existing_store(str(lake)) is None):
            raise LakeUnreadable(
                f"There are no tables in {root or lake}. Fill it with `wistia-lake run`, or name another lake with "
                "--lake."
            )
    return opened


def lake_of(settings: Settings) -> Lake:
    """The lake that the settings name; errors as for :func:`open`."""
    return open(settings.lake, catalog=settings.catalog, namespace_prefix=settings.namespace_prefix)


def answer(settings: Settings, question: str, engine: str, environ: Mapping[str, str]) -> pa.Table:
    """The rows of one SELECT in the dialect of an engine (duckdb, trino, athena), or of a stored query.

    Trino and Athena are asked for the tables by their own way to the catalog: the lake itself is not opened.
    """
    text = query_text(question)
    if engine == "duckdb":
        return lake_of(settings).sql(text)
    reader = _reader(settings, engine, environ)
    return reader.stored(text) if text != question else reader.sql(text)


def _reader(settings: Settings, engine: str, environ: Mapping[str, str]) -> TrinoReader | AthenaReader:
    from wistia_lake.engines.athena import AthenaReader
    from wistia_lake.engines.trino import TrinoReader

    lake = LakeNames(frozenset(BY_NAME), settings.namespace_prefix)
    if engine == "trino":
        return TrinoReader(settings.trino, lake, environ)
    return AthenaReader(settings.athena, lake)


def stored_queries() -> list[str]:
    """The names that ``query`` knows."""
    return sorted(
        item.name.removesuffix(".sql") for item in files("wistia_lake.queries").iterdir() if item.name.endswith(".sql")
    )


def query_text(text_or_name: str) -> str:
    """The SQL of a stored query, or the text itself."""
    if text_or_name in stored_queries():
        return files("wistia_lake.queries").joinpath(f"{text_or_name}.sql").read_text(encoding="utf-8")
    if len(text_or_name.split()) == 1:
        raise UsageError(
            f"There is no stored query {text_or_name!r}; known are: {', '.join(stored_queries())}. Or write a SELECT."
        )
    return text_or_name


def _check_is_select(connection: DuckDBPyConnection, query: str) -> None:
    import duckdb

    try:
        statements = connection.extract_statements(query)
    except duckdb.Error as exc:
        raise UsageError(f"The query is not valid SQL: {exc}") from exc
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("A query must be one SELECT: the lake can be read here, not changed.")


def _mentioned(query: str) -> list[Table]:
    """The tables whose names stand in the text: a cheap test that may name one too many, never one too few."""
    text = query.lower()
    return [table for table in TABLES if table.name in text]
