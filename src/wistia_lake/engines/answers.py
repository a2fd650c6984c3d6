"""Rows that the client of an engine returned, as the Arrow table that DuckDB would have returned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP = 10_000
"""Rows held as Python values at a time."""
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def arrow_rows(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> pa.Table:
    """A table of ``columns`` (name, type by its name in the engine's dialect) and ``rows``."""
    import pyarrow as pa

    schema = pa.schema([pa.field(name or f"column{place}", _arrow(kind)) for place, (name, kind) in enumerate(columns)])
    batches = [_batch(group, schema) for group in _groups(rows)]
    return pa.Table.from_batches(batches, schema=schema)


def _groups(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    left = iter(rows)
    while group := list(islice(left, _GROUP)):
        yield group


def _batch(rows: list[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    columns = zip(*rows, strict=True)
    arrays = [
        pa.array(map(_as_text, values) if pa.types.is_string(field.type) else values, field.type)
        for field, values in zip(schema, columns, strict=True)
    ]
    return pa.record_batch(arrays, schema=schema)


def _as_text(value: Any) -> str | None:
    """A value without a column type of its own here (a list, a row, a time of day) is told as text."""
    return value if value is None or isinstance(value, str) else str(value)


def _arrow(kind: str) -> pa.DataType:
    import pyarrow as pa

    name = kind.lower()
    if (decimal := _DECIMAL.fullmatch(name)) is not None:
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    if name.startswith("timestamp"):
        return pa.timestamp("us", tz="UTC" if name.endswith("with time zone") else None)
    return {
        "boolean": pa.bool_(), "tinyint": pa.int8(), "smallint": pa.int16(), "integer": pa.int32(), "int": pa.int32(),
        "bigint": pa.int64(), "real": pa.float32(), "float": pa.float32(), "double": pa.float64(),
        "date": pa.date32(), "varbinary": pa.binary(),
    }.get(name, pa.string())  # fmt: skip
