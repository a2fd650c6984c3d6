"""The same table from two engines: every cell of every row, and what lies on disk."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq

from wistia_lake.lake.catalog import LAKE_PROPERTY, Catalog
from wistia_lake.lake.table import Table


@dataclass(frozen=True)
class Side:
    """What one engine gave: its rows as Python writes them, in which doubles count to the last bit, sorted."""

    engine: str
    rows: list[str]
    columns: int

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the rows in order."""
        found = sha256()
        for row in self.rows:
            found.update(row.encode())
        return found.hexdigest()

    def __str__(self) -> str:
        return f"{self.engine}: {len(self.rows)} rows, {len(self.rows) * self.columns} cells, sha256 {self.digest}"


def side(engine: str, rows: pa.Table) -> Side:
    """All rows, sorted by all their cells."""
    plain = zip(*(column.to_pylist() for column in rows.columns), strict=True)
    return Side(engine, sorted(map(repr, plain)), rows.num_columns)


def assert_identical(name: str, *sides: Side) -> None:
    """Print a line for each engine; fail with rows that only one of them has, or has more often."""
    differences = [_only_one_has(sides[0].rows, other.rows) for other in sides[1:]]
    for one in sides:
        print(f"{name}  {one}")
    print(f"{name}  {sum(map(len, differences))} differences")
    assert all(one.digest == sides[0].digest for one in sides), [found[:3] for found in differences]


def _only_one_has(some: list[str], others: list[str]) -> list[str]:
    if some == others:
        return []
    here, there = Counter(some), Counter(others)
    return sorted(((here - there) + (there - here)).elements())


def on_disk(catalog: Catalog, table: Table) -> tuple[object, ...]:
    """Schema, partitioning, sort order and what the files say: column, type, whether optional, field id."""
    loaded = catalog.load(table)
    assert loaded is not None
    properties = {name: value for name, value in loaded.properties.items() if name != LAKE_PROPERTY}
    files = {tuple(_described(path)) for path in _files(catalog, table)}
    return (
        str(loaded.schema()), str(loaded.spec()), str(loaded.sort_order()), properties,
        files,
    )  # fmt: skip


def _files(catalog: Catalog, table: Table) -> tuple[str, ...]:
    files = catalog.input(table).local_files
    assert files is not None
    return files


def _described(path: str) -> list[tuple[str, str, bool, bytes]]:
    schema = pq.read_schema(path)
    ids = [(field.metadata or {}).get(b"PARQUET:field_id", b"none") for field in schema]
    return [(field.name, str(field.type), field.nullable, number) for field, number in zip(schema, ids, strict=True)]


def _comparable(row: dict[str, object]) -> list[tuple[bool, object]]:
    return [(value is not None, value) for value in row.values()]


def assert_sorted_in_files(catalog: Catalog, table: Table) -> int:
    """Within each file rows lie in the table's order; returns how many files have more than one row."""
    several = 0
    for path in _files(catalog, table):
        rows = pq.read_table(path, partitioning=None).select(list(table.sort)).to_pylist()
        keys = [_comparable(row) for row in rows]
        assert keys == sorted(keys), path
        several += len(rows) > 1
    return several
