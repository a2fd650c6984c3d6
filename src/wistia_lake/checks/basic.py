"""Basic checks, made from the table registry: unique keys, required columns, bounds, references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from wistia_lake.engines.base import Engine, Job
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.rows import TableInput
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import BY_NAME, TABLES
from wistia_lake.model import ONE_DAY


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check and what it found; 0 bad rows is a pass."""

    table: str
    check: str
    bad_rows: int

    @property
    def passed(self) -> bool:
        """Whether no row broke the promise."""
        return self.bad_rows == 0


def _row_conditions(table: Table) -> Iterator[tuple[str, str]]:
    """(name, condition of a bad row) for every promise that a single row can break."""
    for column in table.columns:
        name = column.name
        if column.required:
            yield f"{name} is not null", f"{name} is null"
        if column.bounds is not None:
            low, high = column.bounds
            yield (
                f"{name} is in {low:g}..{high:g}",
                f"{name} < {low!r} or {name} > {high!r} or isnan(cast({name} as double))",
            )


def _query(table: Table) -> tuple[list[str], str]:
    """(names of checks, a query of one row that counts bad rows in their order); one scan answers all row checks."""
    name, key = table.full_name, ", ".join(table.key)
    conditions = list(_row_conditions(table))
    counts = ", ".join(f"count(case when {condition} then 1 end)" for _, condition in conditions)
    repeated = f"select count(*) as n from {name} group by {key} having count(*) > 1"
    checks = [check for check, _ in conditions] + [f"key ({key}) is unique"]
    parts = [f"select {counts} from {name}", f"select cast(coalesce(sum(n - 1), 0) as bigint) from ({repeated})"]
    for column, other, other_column in table.references:
        joined = f"{name} as t left join {other} as o on o.{other_column} = t.{column}"
        checks.append(f"{column} is found in {other}")
        parts.append(f"select count(*) from {joined} where t.{column} is not null and o.{other_column} is null")
    return checks, "select * from " + " cross join ".join(f"({part}) as part_{n}" for n, part in enumerate(parts))


def check_tables(
    catalog: Catalog, engine: Engine, only: Mapping[str, Iterable[str]] | None = None
) -> list[CheckResult]:
    """Run every check of every table that was built; with ``only`` of these partitions of these tables.

    Partitions come with their neighbours of two days: a session that moved from day to day must not be in both.
    """
    made = [table for table in TABLES if _is_needed(table, only) and catalog.load(table) is not None]
    whole = {table.full_name: catalog.input(table, as_known=True) for table in made}
    results: list[CheckResult] = []
    for name in whole if only is None else [table.full_name for table in TABLES if table.full_name in only]:
        needed = {name, *(other for _, other, _ in BY_NAME[name].references)}
        tables = {one: whole.get(one, TableInput(BY_NAME[one])) for one in needed}
        if only is not None:
            tables[name] = _near(catalog, BY_NAME[name], only[name])
        checks, query = _query(BY_NAME[name])
        for rows in engine.select(Job(query, tables=tables), rows_per_group=1):
            counts = [column[0].as_py() for column in rows.columns]
            results += [CheckResult(name, *pair) for pair in zip(checks, counts, strict=True)]
    return results


def _is_needed(table: Table, only: Mapping[str, Iterable[str]] | None) -> bool:
    """Whether all rows of a table are looked up: it is checked whole, or others refer to it."""
    return only is None or any(table.full_name == to for name in only for _, to, _ in BY_NAME[name].references)


def _near(catalog: Catalog, table: Table, partitions: Iterable[str]) -> TableInput:
    if table.partition is None:
        return catalog.input(table)
    days = {date.fromisoformat(key) + offset * ONE_DAY for key in partitions for offset in range(-2, 3)}
    return catalog.input_of(table, days)
