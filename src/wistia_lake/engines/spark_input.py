"""What a job reads, as Spark's DataFrames: bronze, the small relations, tables at a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import pyarrow as pa

from wistia_lake.engines.base import BronzeInput
from wistia_lake.errors import DataError
from wistia_lake.lake.rows import TableInput
from wistia_lake.lake.table import Table, Type

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

TYPES: Final[Mapping[str, str]] = {
    Type.STRING: "string", Type.INT: "int", Type.LONG: "bigint", Type.DOUBLE: "double", Type.BOOL: "boolean",
    Type.DATE: "date", Type.INSTANT: "timestamp", "bigint[]": "array<bigint>",
}  # fmt: skip
"""DuckDB's words for types, and Spark's."""
_BATCH_ID_LENGTH = 36


def bronze_frame(session: SparkSession, bronze: BronzeInput, s3: str) -> DataFrame:
    """The rows of bronze and their ``batch_id``; what is not the JSON it should be is an error, not null."""
    from pyspark.sql import functions as f

    columns = ", ".join(f"`{name}` {TYPES[kind]}" for name, kind in bronze.columns.items())
    if not bronze.files:
        return session.createDataFrame([], f"batch_id string, {columns}")
    found = _read(session, columns, [place_of(where, s3) for where in bronze.files.values()])
    if bronze.hidden:
        found = found.where(f.col("media_id").isNull() | ~f.col("media_id").isin(list(bronze.hidden)))
    return found


def _read(session: SparkSession, columns: str, places: list[str]) -> DataFrame:
    from pyspark.sql import functions as f

    lines = session.read.schema(columns).option("mode", "FAILFAST").json(places)
    return lines.select(f.substring(f.col("_metadata.file_name"), 1, _BATCH_ID_LENGTH).alias("batch_id"), "*")


def check_counts(session: SparkSession, inputs: Iterable[BronzeInput], s3: str) -> None:
    """Hold the rows of every object against its manifest; reads each object once, whatever the number of jobs."""
    by_stream: dict[str, tuple[BronzeInput, dict[str, str], dict[str, int]]] = {}
    for bronze in inputs:
        _, files, promised = by_stream.setdefault(bronze.stream, (bronze, {}, {}))
        files.update(bronze.files)
        promised.update(bronze.row_counts)
    for bronze, files, promised in by_stream.values():
        if not files:
            continue
        columns = ", ".join(f"`{name}` {TYPES[kind]}" for name, kind in bronze.columns.items())
        read = _read(session, columns, [place_of(where, s3) for where in files.values()])
        found = {row["batch_id"]: row["count"] for row in read.groupBy("batch_id").count().collect()}
        for batch_id, expected in promised.items():
            count = found.get(batch_id, 0)
            if count != expected:
                raise DataError(
                    f"Bronze data of stream {bronze.stream} is damaged ({batch_id}): {count} rows were read, its "
                    f"manifest promises {expected}. No table was changed. Restore the object, or delete its manifest: "
                    "the slice is then read again while Wistia still serves it."
                )


def place_of(where: str, s3: str) -> str:
    """A file as Hadoop's file systems name it: not percent-encoded, buckets by the cluster's own scheme."""
    if where.startswith("s3://"):
        return f"{s3}://{where.removeprefix('s3://')}"
    path = unquote(where.removeprefix("file://"))
    # Hadoop takes a path for a pattern.
    return "file://" + "".join(f"\\{letter}" if letter in "\\[]{}*?" else letter for letter in path)


def relation_frame(session: SparkSession, relation: pa.Table) -> DataFrame:
    """A small relation; every worker gets all of it, so that the large side of a join stays where it is."""
    columns = ", ".join(f"`{field.name}` {_spark_type(field.type)}" for field in relation.schema)
    # Rows as Python objects go through a Python worker, which takes seconds to start; Spark 3.5 knows no other way.
    takes_arrow = not session.version.startswith("3.")
    rows = relation if takes_arrow else [tuple(row.values()) for row in relation.to_pylist()]
    return session.createDataFrame(rows, columns).hint("broadcast")


def _spark_type(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "timestamp"
    return {pa.string(): "string", pa.date32(): "date", pa.bool_(): "boolean", pa.int64(): "bigint"}[kind]


def table_frame(session: SparkSession, name: str, wanted: TableInput) -> DataFrame:
    """A table as it stood at the snapshot, of the wanted partitions only."""
    spec = wanted.table
    if wanted.snapshot_id is None:
        return no_rows(session, spec)
    limits = []
    if spec.partition is not None and wanted.first is not None:
        limits.append(f"`{spec.partition}` >= date'{wanted.first}'")
    if spec.partition is not None and wanted.last is not None:
        limits.append(f"`{spec.partition}` <= date'{wanted.last}'")
    where = f" where {' and '.join(limits)}" if limits else ""
    listed = ", ".join(f"`{column}`" for column in spec.column_names)
    return session.sql(f"select {listed} from {name} version as of {wanted.snapshot_id}{where}")


def no_rows(session: SparkSession, spec: Table) -> DataFrame:
    """The columns of a table without a row, all of which may be null.

    What is united with it may be null too. Without it Spark writes files in which a column that happens to have no
    nulls must have none, and the tables' columns are optional, whoever wrote them. It is not plainly empty: such a part
    would be optimised away, and what it says with it.
    """
    columns = [f"cast(null as {TYPES[column.type]}) as `{column.name}`" for column in spec.columns]
    return session.range(1).where("id > 0").selectExpr(*columns)
