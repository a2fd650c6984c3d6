"""Export: tables as files for programs that do not read Iceberg. A file appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from wistia_lake.errors import SettingsError, UsageError
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import TABLES
from wistia_lake.reader import Lake

if TYPE_CHECKING:
    import pyarrow as pa

XLSX_ROWS = 1_048_575
"""Rows that a worksheet holds below its header."""


def table_rows(lake: Lake, table: Table) -> pa.Table:
    """All rows of a table, in the order of its key."""
    columns = ", ".join(table.column_names)
    order = ", ".join(table.key) if table.key else "all"
    return lake.sql(f"select {columns} from {table.full_name} order by {order}")


def write_whole(output: Path, write: Callable[[Path], None]) -> None:
    """Write a file beside its place and move it there, so that a reader never sees half of it.

    Raises:
        SettingsError: the place cannot be written.
    """
    try:
        with TemporaryDirectory(prefix=".wistia-lake-", dir=output.absolute().parent) as folder:
            beside = Path(folder) / output.name
            write(beside)
            os.replace(beside, output)  # noqa: PTH105  atomic on every system
    except OSError as exc:
        raise SettingsError(f"{str(output)!r} cannot be written: {exc.strerror}. Name another with --output.") from exc


def write_duckdb(lake: Lake, path: Path) -> dict[str, int]:
    """All tables as one DuckDB database, under the names they have here; returns the rows of each."""
    import duckdb

    counts = {}
    with closing(duckdb.connect(str(path))) as connection, lake.catalog() as catalog:
        connection.execute("set TimeZone = 'UTC'")
        for namespace in dict.fromkeys(table.namespace for table in TABLES):
            connection.execute(f"create schema {namespace}")
        for table in TABLES:
            connection.register("rows_of_it", catalog.input(table).dataset())
            columns = ", ".join(table.column_names)
            connection.execute(f"create table {table.full_name} as select {columns} from rows_of_it")
            connection.unregister("rows_of_it")
            found = connection.execute(f"select count(*) from {table.full_name}").fetchone()
            counts[table.full_name] = int(found[0]) if found else 0
    return counts


def write_xlsx(rows: pa.Table, name: str, path: Path) -> None:
    """One worksheet with a header; texts stay texts, whatever they begin with.

    Raises:
        UsageError: more rows than a worksheet holds.
    """
    import xlsxwriter

    if rows.num_rows > XLSX_ROWS:
        raise UsageError(
            f"{name} has {rows.num_rows:,} rows, and a worksheet holds {XLSX_ROWS:,}. Export it as csv or parquet, or "
            "write what you need with `wistia-lake query`."
        )
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False, "nan_inf_to_errors": False}  # fmt: skip
    with xlsxwriter.Workbook(str(path), options) as book:
        head = book.add_format({"bold": True})
        formats = {datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
                   date: book.add_format({"num_format": "yyyy-mm-dd"})}  # fmt: skip
        sheet = book.add_worksheet(name[:31])
        sheet.write_row(0, 0, rows.column_names, head)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, rows.num_rows, max(rows.num_columns - 1, 0))
        place = 1
        for batch in rows.to_batches(max_chunksize=10_000):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                for column, value in enumerate(row):
                    if value is not None:
                        sheet.write(place, column, _cell(value), formats.get(type(value)))
                place += 1


def _cell(value: Any) -> Any:
    """A value as a worksheet can hold it: instants in UTC without a zone, no infinite numbers."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, float) and not abs(value) < float("inf"):
        return str(value)
    return value
