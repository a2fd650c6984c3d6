"""A table of the registry in Iceberg's terms: its schema, its partitions, its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from wistia_lake.lake.table import SCHEMA_VERSION, Table, Type

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table as IcebergTable
    from pyiceberg.table import Transaction
    from pyiceberg.table.sorting import SortOrder

_ICEBERG = {
    Type.STRING: "string", Type.INT: "int", Type.LONG: "long", Type.DOUBLE: "double", Type.BOOL: "boolean",
    Type.DATE: "date", Type.INSTANT: "timestamptz",
}  # fmt: skip

VERSION_PROPERTY = "wistia-lake.schema-version"
_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    "commit.manifest-merge.enabled": "true",
    # Lists of files: merged while there are few, and closed at about a hundred files. By default there may be a hundred
    # lists that each commit reads, and then one of all files that each commit writes anew.
    "commit.manifest.min-count-to-merge": "8",
    "commit.manifest.target-size-bytes": "65536",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    VERSION_PROPERTY: str(SCHEMA_VERSION),
}


def properties(spec: Table) -> dict[str, str]:
    """What a table is made with; of ids no bounds are kept for each file, they would only take room."""
    unbounded = [column.name for column in spec.columns if column.name in {"event_id", "visitor_id", "batch_id"}]
    return _PROPERTIES | {f"write.metadata.metrics.column.{name}": "counts" for name in unbounded}


@cache
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


def differences(spec: Table, table: IcebergTable) -> str | None:
    """How a table's columns and partitions differ from what was made; None if they do not."""
    schema, partition, _ = iceberg_schema(spec)
    expected = {field.name: (field.field_id, str(field.field_type)) for field in schema.fields}
    found = {field.name: (field.field_id, str(field.field_type)) for field in table.schema().fields}
    odd = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if odd:
        what = "missing" if odd[0] not in found else "not one of its columns" if odd[0] not in expected else "changed"
        return f"{odd[0]} is {what}"
    parts = [(field.name, str(field.transform)) for field in table.spec().fields]
    wanted = [(field.name, str(field.transform)) for field in partition.fields]
    return None if parts == wanted else f"it is partitioned by {parts or 'nothing'}, not by {wanted or 'nothing'}"


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


def filesystem_of(table: IcebergTable) -> FileSystem | None:
    """What opens the files of a table: None for this machine's."""
    from pyiceberg.io.pyarrow import PyArrowFileIO

    scheme, place, _ = PyArrowFileIO.parse_location(table.location())
    if scheme == "file":
        return None
    assert isinstance(table.io, PyArrowFileIO)
    return table.io.fs_by_scheme(scheme, place)


def expire(table: IcebergTable, transaction: Transaction, kept: int) -> int:
    """Keep the last snapshots only, in the same commit: metadata must not grow with history."""
    from pyiceberg.table.update.snapshot import ExpireSnapshots

    by_age = sorted(table.snapshots(), key=lambda snapshot: snapshot.sequence_number or 0)
    old = [snapshot.snapshot_id for snapshot in by_age[:-kept]]
    if old:
        ExpireSnapshots(transaction).by_ids(old).commit()
    return len(old)
