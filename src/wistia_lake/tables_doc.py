"""What every table and column means, written from the registry: for the terminal, ``--json`` and ``docs/tables.md``."""

from __future__ import annotations

from wistia_lake.lake.table import Column, Table
from wistia_lake.lake.tables import BY_NAME, TABLES

_INTRO = """\
# Tables

Written by `make docs` from `src/wistia_lake/lake/tables.py`; edit that file instead. `wistia-lake tables NAME` shows
the same on the command line.

All tables are Apache Iceberg, format version 2. Names and types are the same on every engine. Every column is optional
in Iceberg itself; those marked *required* are checked after every build. Days are days in the account's zone unless
they are called UTC dates; `*_at` are UTC instants; `*_ms` are integer milliseconds; shares and rates are fractions from
0 to 1. Unknown is null, never 0. Ids of sessions and viewers are pseudonyms: see [privacy](privacy.md).

Every table about medias holds those that the rules `include` and `exclude` show (without rules: all), see
[settings](settings.md). `silver.fact_account_day` is the whole account, whatever the rules show.
"""


def find_table(name: str) -> Table | None:
    """A table by its full name, or by its last part alone."""
    if name in BY_NAME:
        return BY_NAME[name]
    return next((table for table in TABLES if table.name == name), None)


def as_values(table: Table) -> dict[str, object]:
    """Everything about a table, for JSON."""
    return {
        "name": table.full_name,
        "grain": table.grain,
        "key": list(table.key),
        "partition": table.partition,
        "sort": list(table.sort),
        "reads": list(table.reads),
        "references": [{"column": c, "table": t, "to": r} for c, t, r in table.references],
        "columns": [_column_values(column) for column in table.columns],
    }


def _column_values(column: Column) -> dict[str, object]:
    return {
        "name": column.name,
        "type": str(column.type),
        "required": column.required,
        "unit": column.unit,
        "meaning": column.meaning,
        "source": column.source,
        "bounds": list(column.bounds) if column.bounds else None,
    }


def as_text(table: Table) -> str:
    """A table for the terminal: one column a paragraph."""
    lines = [f"{table.full_name}: {table.grain}", f"key: {', '.join(table.key)}"]
    if table.partition:
        lines.append(f"partition: {table.partition}")
    lines += [f"computed from: {', '.join(table.reads)}", ""]
    width = max(len(column.name) for column in table.columns)
    for column in table.columns:
        kind = f"{column.type}, required" if column.required else str(column.type)
        lines.append(f"{column.name:{width}}  {kind}{f', {column.unit}' if column.unit else ''}")
        lines.append(f"{'':{width}}  {column.meaning}")
        if column.source:
            lines.append(f"{'':{width}}  from {column.source}")
    return "\n".join(lines)


def as_markdown() -> str:
    """The whole page ``docs/tables.md``."""
    overview = ["| table | grain |", "|---|---|"]
    overview += [f"| [`{table.full_name}`](#{_anchor(table)}) | {_cell(table.grain)} |" for table in TABLES]
    return "\n".join([_INTRO, *overview, "", *(_section(table) for table in TABLES)]).rstrip() + "\n"


def _anchor(table: Table) -> str:
    return table.full_name.replace(".", "")


def _section(table: Table) -> str:
    facts = [f"- key: {_names(table.key)}"]
    if table.partition:
        facts.append(f"- partition: {_names((table.partition,))}")
    if table.sort:
        facts.append(f"- sorted by: {_names(table.sort)}")
    facts.append(f"- computed from: {_names(table.reads)}")
    facts += [f"- every `{column}` is found in `{other}.{to}`" for column, other, to in table.references]
    rows = ["| column | type | unit | meaning | source |", "|---|---|---|---|---|"]
    for column in table.columns:
        kind = f"{column.type}, required" if column.required else str(column.type)
        cells = (f"`{column.name}`", kind, column.unit, column.meaning, column.source)
        rows.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    return "\n".join([f"## {table.full_name}", "", _sentence(table.grain), "", *facts, "", *rows, ""])


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;").replace("*", r"\*") if "`" not in text else text
