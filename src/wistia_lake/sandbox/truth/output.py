"""Truth as an Arrow table, a Parquet file or CSV text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wistia_lake.sandbox.clock import instant_text
from wistia_lake.sandbox.truth.columns import COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa


def arrow(table: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """The rows as an Arrow table with the table's exact columns and types."""
    import pyarrow as pa

    kinds: dict[str, Any] = {
        "string": pa.string(), "int": pa.int32(), "long": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(),
        "date": pa.date32(), "instant": pa.timestamp("us", tz="UTC"),
    }  # fmt: skip
    schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS[table]])
    return pa.Table.from_pylist(list(rows), schema=schema)


def write_parquet(table: str, rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the rows as a Parquet file."""
    import pyarrow.parquet as pq

    pq.write_table(arrow(table, rows), path, compression="zstd")


def csv_text(table: str, rows: Sequence[dict[str, Any]]) -> str:
    """RFC 4180 with LF, a header, nothing for null, ISO dates, instants with Z, shortest round-trip doubles."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [name for name, _ in COLUMNS[table]]
    writer.writerow(names)
    writer.writerows([_text(row[name]) for name in names] for row in rows)
    return out.getvalue()


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value)
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
    return str(value)
