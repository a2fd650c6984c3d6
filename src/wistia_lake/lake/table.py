"""What a table is: its grain, key, partition and columns, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SCHEMA_VERSION = 1


class Type(StrEnum):
    """Column types, by the names they have in DuckDB; one Iceberg type each."""

    STRING = "varchar"
    INT = "integer"
    LONG = "bigint"
    DOUBLE = "double"
    BOOL = "boolean"
    DATE = "date"
    INSTANT = "timestamptz"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it means, in which unit, and which part of which source it comes from."""

    name: str
    type: Type
    meaning: str
    unit: str = ""
    source: str = ""
    required: bool = False
    """Checked after every build; Iceberg itself holds every column as optional."""
    bounds: tuple[float, float] | None = None
    """Smallest and largest value allowed, both included."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its grain, key, partition column and columns."""

    namespace: str
    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    partition: str | None = None
    sort: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    """Bronze streams and tables that it is computed from, for the documentation and the build order."""
    references: tuple[tuple[str, str, str], ...] = ()
    """(column, table, column): each value must be found there."""

    @property
    def full_name(self) -> str:
        """Namespace and name, as SQL writes it."""
        return f"{self.namespace}.{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)
