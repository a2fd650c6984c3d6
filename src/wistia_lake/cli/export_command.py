"""``export``: tables as files for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wistia_lake.cli.options import Invocation, command

if TYPE_CHECKING:
    from wistia_lake.reader import Lake

FORMATS = ("csv", "parquet", "xlsx")
_FILE = click.Path(dir_okay=False, path_type=Path)


@command()
@click.argument("table", required=False)
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Kind of file.")
@click.option("--output", type=_FILE, help="File to write. [default: the table's name and format]")
@click.option("--duckdb", "database", type=_FILE, help="Write all tables to this DuckDB file instead.")
def export(
    invocation: Invocation, table: str | None, format_: str | None, output: Path | None, database: Path | None
) -> None:
    """Write a table to a CSV, Parquet or Excel file, or all tables to a DuckDB file.

    For programs that do not read Apache Iceberg: spreadsheets take --format csv or xlsx; DBeaver, Metabase and other BI
    tools open the file of --duckdb. Without --format the end of --output decides. An existing file is replaced, as a
    whole or not at all. Rows are pseudonymous, not anonymous: treat the file as you treat the lake.
    """
    if (table is None) == (database is None):
        raise click.UsageError("Name one table to export, or --duckdb FILE for all of them.")
    if database is not None and (format_ is not None or output is not None):
        raise click.UsageError("--duckdb writes its own kind of file; leave --format and --output out.")
    from wistia_lake.cli.output import print_json
    from wistia_lake.reader import lake_of

    invocation.start_logging()
    lake = lake_of(invocation.load().settings)
    if database is not None:
        path, counts = database, _export_all(lake, database)
    else:
        assert table is not None
        path, counts = _export_one(lake, table, format_, output)
    if invocation.as_json:
        print_json({"file": str(path), "rows": counts})
    else:
        print(f"{path}: {', '.join(f'{name} {count:,} rows' for name, count in counts.items())}")


def _export_all(lake: Lake, path: Path) -> dict[str, int]:
    from wistia_lake.pipeline.export import write_duckdb, write_whole

    counts: dict[str, int] = {}
    write_whole(path, lambda beside: counts.update(write_duckdb(lake, beside)))
    return counts


def _export_one(lake: Lake, name: str, format_: str | None, output: Path | None) -> tuple[Path, dict[str, int]]:
    from wistia_lake.cli.output import write_rows
    from wistia_lake.lake.tables import TABLES
    from wistia_lake.pipeline.export import table_rows, write_whole, write_xlsx
    from wistia_lake.tables_doc import find_table

    table = find_table(name)
    if table is None:
        known = ", ".join(table.full_name for table in TABLES)
        raise click.UsageError(f"There is no table {name!r}; there are {known}.")
    format_ = format_ or (output.suffix.removeprefix(".").lower() if output is not None else "csv")
    if format_ not in FORMATS:
        raise click.UsageError(f"{str(output)!r} does not say what to write; add --format {', '.join(FORMATS)}.")
    path = output if output is not None else Path(f"{table.full_name}.{format_}")
    rows = table_rows(lake, table)
    if format_ == "xlsx":
        write_whole(path, lambda beside: write_xlsx(rows, table.full_name, beside))
    else:
        write_rows(rows, format_, path)
    return path, {table.full_name: rows.num_rows}
