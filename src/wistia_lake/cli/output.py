"""Rows as text: an aligned table for people, CSV and JSON for programs, Parquet for other engines."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("table", "csv", "json", "parquet")
_GROUP = 10_000
"""Rows turned into Python values at a time."""


def write_rows(rows: pa.Table, format_: str, output: Path | None) -> None:
    """Write a result to a file, whole or not at all, or to stdout."""
    if output is None:
        if format_ == "parquet" and sys.stdout.isatty():
            raise click.UsageError("Parquet is not for a terminal; name a file with --output.")
        sys.stdout.flush()
        _WRITERS[format_](rows, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    try:
        _write_file(rows, format_, output)
    except OSError as exc:
        raise click.UsageError(f"{str(output)!r} cannot be written: {exc.strerror}.") from exc


def _write_file(rows: pa.Table, format_: str, output: Path) -> None:
    file = NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}.", delete=False)  # noqa: SIM115  closed below
    try:
        with file:
            _WRITERS[format_](rows, cast("BinaryIO", file))
        os.replace(file.name, output)  # noqa: PTH105  atomic on every system
    except BaseException:
        Path(file.name).unlink(missing_ok=True)
        raise


def json_bytes(value: Any) -> bytes:
    """A value as JSON: instants with Z, exact integers, NaN and infinity as null."""
    import msgspec

    return msgspec.json.Encoder(decimal_format="number").encode(value)


def print_json(value: Any) -> None:
    """One JSON object on stdout."""
    print(json_bytes(value).decode())


def text_table(names: Sequence[str], rows: Sequence[Sequence[Any]], *, numbers: frozenset[int] = frozenset()) -> str:
    """Columns aligned by the width that a terminal shows; the ``numbers`` to the right. Null is empty."""
    from rich.cells import cell_len

    cells = [list(names), *([_plain(value) for value in row] for row in rows)]
    widths = [max(cell_len(row[column]) for row in cells) for column in range(len(names))]

    def line(row: list[str]) -> str:
        padded = []
        for column, text in enumerate(row):
            space = " " * (widths[column] - cell_len(text))
            padded.append(space + text if column in numbers else text + space)
        return "  ".join(padded).rstrip()

    return "\n".join([line(cells[0]), "  ".join("-" * width for width in widths), *(line(row) for row in cells[1:])])


def _write_table(rows: pa.Table, out: BinaryIO) -> None:
    import pyarrow.types as kinds

    tests = (kinds.is_integer, kinds.is_floating, kinds.is_decimal)
    numbers = frozenset(n for n, field in enumerate(rows.schema) if any(test(field.type) for test in tests))
    body = [list(row) for row in _values(rows)]
    count = f"({rows.num_rows:,} {'row' if rows.num_rows == 1 else 'rows'})"
    out.write(f"{text_table(rows.column_names, body, numbers=numbers)}\n{count}\n".encode())


def _write_csv(rows: pa.Table, out: BinaryIO) -> None:
    out.write((",".join(_csv_cell(name) for name in rows.column_names) + "\n").encode())
    for row in _values(rows):
        line = ",".join(_csv_cell(value) for value in row)
        # A single null is an empty line, which readers skip; quotes would make it an empty text. The line stays.
        out.write((line + "\n").encode())


def _write_json(rows: pa.Table, out: BinaryIO) -> None:
    names = _distinct(rows.column_names)
    body = [dict(zip(names, map(_json_value, row), strict=True)) for row in _values(rows)]
    out.write(json_bytes({"columns": names, "row_count": rows.num_rows, "rows": body}) + b"\n")


def _write_parquet(rows: pa.Table, out: BinaryIO) -> None:
    import pyarrow.parquet as pq

    pq.write_table(rows, out, compression="zstd")


_WRITERS: dict[str, Callable[[pa.Table, BinaryIO], None]] = {
    "table": _write_table,
    "csv": _write_csv,
    "json": _write_json,
    "parquet": _write_parquet,
}


def _values(rows: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in rows.to_batches(max_chunksize=_GROUP):
        # strict would fail on a result without columns, which has rows all the same
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=False)


def _distinct(names: Sequence[str]) -> list[str]:
    """Names as object keys: a repeated one gets a number, because JSON would keep its last value only."""
    result: list[str] = []
    for name in names:
        candidate, number = name, 2
        while candidate in result:
            candidate, number = f"{name}_{number}", number + 1
        result.append(candidate)
    return result


def _plain(value: Any) -> str:
    """One value on one line."""
    return _text(value).replace("\r", " ").replace("\n", " ")


def _csv_cell(value: Any) -> str:
    """RFC 4180: null is nothing, an empty text is two quotes, so that the two stay apart."""
    text = _text(value)
    if value == "" or any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case list() | dict():
            return json_bytes(value).decode()
    return str(value)  # repr of a float is the shortest text that reads back as the same double


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _json_value(value: Any) -> Any:
    return _instant(value) if isinstance(value, datetime) else value
