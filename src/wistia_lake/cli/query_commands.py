"""``query`` and ``tables``: the questions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wistia_lake.cli.options import Invocation, command
from wistia_lake.cli.output import FORMATS, print_json, text_table, write_rows

if TYPE_CHECKING:
    from wistia_lake.lake.table import Table


@command()
@click.argument("question", metavar="SQL|NAME")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="How to print the rows. [default: table, or json with --json]",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of stdout.")
@click.option(
    "--engine", type=click.Choice(("duckdb", "trino", "athena")), default="duckdb", show_default=True,
    help="Which engine answers. Trino and Athena read a lake whose catalog they share; settings: [trino], [athena].",
)  # fmt: skip
def query(invocation: Invocation, question: str, format_: str | None, output: Path | None, engine: str) -> None:
    """Answer SQL, or a stored query by its name.

    The question is one statement that reads, in the engine's dialect, over the tables that `wistia-lake tables` lists;
    or the name of a stored query: `sanity` shows at a glance whether the numbers make sense, `runs` what the last runs
    did and how they ended. A query cannot write, attach databases, read files or reach the network.
    """
    from wistia_lake.reader import answer

    invocation.start_logging()
    if format_ is None:
        format_ = "json" if invocation.as_json else "table"
    if format_ == "parquet" and output is None and invocation.as_json:
        raise click.UsageError("--json and --format parquet exclude each other.")
    write_rows(answer(invocation.load().settings, question, engine, os.environ), format_, output)


@command()
@click.argument("name", required=False)
@click.option("--ddl", type=click.Choice(("athena", "trino")), help="Print statements of this lake's tables instead.")
def tables(invocation: Invocation, name: str | None, ddl: str | None) -> None:
    """List the tables, or explain every column of one.

    With --ddl athena they are told as Glue holds them; with --ddl trino as calls that register their last state with a
    Trino whose catalog is not the lake's. Nothing of that is needed where the catalog is shared.
    """
    from wistia_lake.lake.tables import TABLES
    from wistia_lake.tables_doc import as_text, as_values

    if ddl is not None:
        _print_ddl(invocation, name, ddl)
        return
    if name is None:
        if invocation.as_json:
            print_json({"tables": [as_values(table) for table in TABLES]})
        else:
            print(text_table(("table", "grain"), [(table.full_name, table.grain) for table in TABLES]))
        return
    table = _named(name)
    if invocation.as_json:
        print_json(as_values(table))
    else:
        print(as_text(table))


def _named(name: str) -> Table:
    from wistia_lake.lake.tables import TABLES
    from wistia_lake.tables_doc import find_table

    table = find_table(name)
    if table is None:
        known = ", ".join(table.full_name for table in TABLES)
        raise click.UsageError(f"There is no table {name!r}; there are {known}.")
    return table


def _print_ddl(invocation: Invocation, name: str | None, ddl: str) -> None:
    from wistia_lake.lake.ddl import ATHENA_NOTE, athena_table, trino_registration
    from wistia_lake.lake.tables import TABLES
    from wistia_lake.reader import lake_of

    written = athena_table if ddl == "athena" else trino_registration
    with lake_of(invocation.load().settings).catalog() as catalog:
        texts = [written(table, catalog) for table in ([_named(name)] if name is not None else TABLES)]
    if invocation.as_json:
        print_json({"statements": texts})
        return
    print("\n\n".join([ATHENA_NOTE, *texts] if ddl == "athena" else texts))
