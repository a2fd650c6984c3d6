"""A table of the registry in Iceberg's terms: its schema, its partitions, its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from wistia_lake.lake.table import Table, Type

if TYPE_CHECKING:
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table.sorting import SortOrder

_ICEBERG = {
    Type.STRING: "string", Type.INT: "int", Type.LONG: "long", Type.DOUBLE: "double", Type.BOOL: "boolean",
    Type.DATE: "date", Type.INSTANT: "timestamptz",
}  # fmt: skip


def iceberg_schema(spec: Table) -> tuple[Schema, PartitionSpec, SortOrder]:
    """Schema, partitioning and sort order; every column is optional, field ids follow the order of columns."""
    from pyiceberg import partitioning, schema, types
    from pyiceberg.table import sorting
    from pyiceberg.transforms import IdentityTransform

    fields = [
        types.NestedField(
            field_id=number, name=column.name, field_type=_ICEBERG[column.type], required=False, doc=column.meaning
        )
        for number, column in enumerate(spec.columns, start=1)
    ]
    ids = {field.name: field.field_id for field in fields}
    partition = partitioning.PartitionSpec()
    if spec.partition is not None:
        partition = partitioning.PartitionSpec(
            partitioning.PartitionField(
                source_id=ids[spec.partition], field_id=1000, transform=IdentityTransform(), name=spec.partition
            )
        )
    order = sorting.SortOrder(
        *(sorting.SortField(source_id=ids[name], transform=IdentityTransform()) for name in spec.sort)
    )
    return schema.Schema(*fields), partition, order


def inside(spec: Table, partitions: Sequence[date] | None) -> BooleanExpression:
    """What is in these partitions; everything if None."""
    from pyiceberg.expressions import AlwaysTrue, In, Reference
    from pyiceberg.expressions.literals import literal

    if partitions is None:
        return AlwaysTrue()
    assert spec.partition is not None
    return In(term=Reference(name=spec.partition), values={literal(day.isoformat()) for day in partitions})


def between(spec: Table, first: date | None, last: date | None) -> BooleanExpression:
    """What is in the partitions from ``first`` to ``last``, both included; None is no limit."""
    from pyiceberg.expressions import AlwaysTrue, And, GreaterThanOrEqual, LessThanOrEqual, Reference
    from pyiceberg.expressions.literals import literal

    where: BooleanExpression = AlwaysTrue()
    if spec.partition is not None:
        term = Reference(name=spec.partition)
        if first is not None:
            where = And(where, GreaterThanOrEqual(term=term, value=literal(first.isoformat())))
        if last is not None:
            where = And(where, LessThanOrEqual(term=term, value=literal(last.isoformat())))
    return where


def local_path(location: str) -> Path:
    """The file that a location in table metadata means."""
    return Path(url2pathname(unquote(urlsplit(location).path))) if location.startswith("file:") else Path(location)


def partition_day(value: object) -> date | None:
    """A partition value as metadata holds it: a date, or the days since 1970."""
    if value is None or isinstance(value, date):
        return value
    assert isinstance(value, int)
    return date.fromordinal(date(1970, 1, 1).toordinal() + value)
