"""Basic checks, made from the table registry: unique keys, required columns, bounds, references."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wistia_lake.engines.base import Engine, Job
from wistia_lake.lake.catalog import Catalog, arrow_schema
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import BY_NAME, TABLES


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


def _queries(table: Table) -> Iterator[tuple[list[str], str]]:
    """(names of checks, a query of one row that counts bad rows in their order); one scan answers all row checks."""
    name, key = table.full_name, ", ".join(table.key)
    conditions = list(_row_conditions(table))
    counts = ", ".join(f"count(case when {condition} then 1 end)" for _, condition in conditions)
    yield [check for check, _ in conditions], f"select {counts} from {name}"
    repeated = f"select count(*) as n from {name} group by {key} having count(*) > 1"
    yield [f"key ({key}) is unique"], f"select cast(coalesce(sum(n - 1), 0) as bigint) from ({repeated})"
    for column, other, other_column in table.references:
        joined = f"{name} as t left join {other} as o on o.{other_column} = t.{column}"
        lost = f"t.{column} is not null and o.{other_column} is null"
        yield [f"{column} is found in {other}"], f"select count(*) from {joined} where {lost}"


def check_tables(catalog: Catalog, engine: Engine) -> list[CheckResult]:
    """Run every check of every table that was built."""
    files = {table.full_name: tuple(catalog.files(table)) for table in TABLES if catalog.load(table) is not None}
    results: list[CheckResult] = []
    for name in files:
        needed = {name, *(other for _, other, _ in BY_NAME[name].references)}
        tables = {one: (files.get(one, ()), arrow_schema(BY_NAME[one])) for one in needed}
        for checks, query in _queries(BY_NAME[name]):
            for rows in engine.select(Job(query, tables=tables), rows_per_group=1):
                counts = [column[0].as_py() for column in rows.columns]
                results += [CheckResult(name, *pair) for pair in zip(checks, counts, strict=True)]
    return results
