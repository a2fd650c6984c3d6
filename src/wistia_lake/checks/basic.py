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


def _checks(table: Table) -> Iterator[tuple[str, str]]:
    """(name, a query that counts bad rows) for every promise that the registry makes of a table."""
    name, key = table.full_name, ", ".join(table.key)
    yield (
        f"key ({key}) is unique",
        f"select coalesce(sum(n - 1), 0) as bad from (select count(*) as n from {name} group by {key}) where n > 1",
    )
    for column in table.columns:
        if column.required:
            yield f"{column.name} is not null", f"select count(*) as bad from {name} where {column.name} is null"
        if column.bounds is not None:
            low, high = column.bounds
            outside = f"{column.name} < {low!r} or {column.name} > {high!r} or isnan(cast({column.name} as double))"
            yield f"{column.name} is in {low:g}..{high:g}", f"select count(*) as bad from {name} where {outside}"
    for column_name, other, other_column in table.references:
        found = f"{name} as t left join {other} as o on o.{other_column} = t.{column_name}"
        lost = f"t.{column_name} is not null and o.{other_column} is null"
        yield f"{column_name} is found in {other}", f"select count(*) as bad from {found} where {lost}"


def check_tables(catalog: Catalog, engine: Engine) -> list[CheckResult]:
    """Run every check of every table that was built."""
    results: list[CheckResult] = []
    for table in TABLES:
        if catalog.load(table) is None:
            continue
        needed = {table.full_name: table} | {other: BY_NAME[other] for _, other, _ in table.references}
        tables = {name: (tuple(catalog.files(spec)), arrow_schema(spec)) for name, spec in needed.items()}
        checks = list(_checks(table))
        counts = " union all ".join(
            f"select {place} as place, cast(bad as bigint) as bad from ({query})"
            for place, (_, query) in enumerate(checks)
        )
        for rows in engine.select(Job(f"{counts} order by place", tables=tables), rows_per_group=10_000):
            results += [CheckResult(table.full_name, checks[row["place"]][0], row["bad"]) for row in rows.to_pylist()]
    return results
