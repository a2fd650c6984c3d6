"""Search files for private values, in what the files mean and not only in their bytes.

Every file is searched as it stands and once more decoded: zstd frames, every column and statistic of Parquet, the
blocks of Avro manifests, every cell of SQLite, gzip.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
import zstandard

_AVRO, _PARQUET, _SQLITE, _ZSTD, _GZIP = b"Obj\x01", b"PAR1", b"SQLite format 3\x00", b"\x28\xb5\x2f\xfd", b"\x1f\x8b"


@dataclass
class Search:
    """What was searched and what was found."""

    files: int = 0
    size: int = 0
    """Bytes searched, decoded ones included."""
    decoded: dict[str, int] = field(default_factory=dict)
    """Files by kind of decoding."""
    found: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.decoded.items()))
        return f"searched {self.files} files, {self.size:,} bytes ({kinds})"


def search(folders: list[Path], private: Mapping[str, set[str]], extra: Mapping[str, bytes] = {}) -> Search:
    """Look for every private value in every file below the folders, and in ``extra`` texts."""
    result = Search()
    needles = {value.encode(): f"{kind} {value!r}" for kind, values in private.items() for value in values}
    needles |= {json.dumps(text.decode())[1:-1].encode(): name for text, name in needles.items()}
    texts = [(str(path), path) for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    for name, path in texts:
        result.files += 1
        for kind, content in decoded(path):
            result.decoded[kind] = result.decoded.get(kind, 0) + 1
            _look(result, f"{name} ({kind})", content, needles)
    for name, content in extra.items():
        _look(result, name, content, needles)
    return result


def _look(result: Search, name: str, content: bytes, needles: Mapping[bytes, str]) -> None:
    result.size += len(content)
    result.found += [f"{what} in {name}" for text, what in needles.items() if text in content]


def decoded(path: Path) -> Iterator[tuple[str, bytes]]:
    """The file as it stands, and as what it means."""
    raw = path.read_bytes()
    yield "raw", raw
    if raw.startswith(_ZSTD):
        yield "zstd", zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True).read()
    elif raw.startswith(_GZIP):
        yield "gzip", gzip.decompress(raw)
    elif raw.startswith(_PARQUET):
        yield "parquet", _parquet(path)
    elif raw.startswith(_AVRO):
        yield "avro", _avro(raw)
    elif raw.startswith(_SQLITE):
        yield "sqlite", _sqlite(path)


def _parquet(path: Path) -> bytes:
    """Every cell, every statistic, every piece of metadata."""
    file = pq.ParquetFile(path)
    metadata = file.metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = [group.column(place) for group in groups for place in range(group.num_columns)]
    statistics = [
        (c.statistics.min, c.statistics.max) for c in columns if c.statistics is not None and c.statistics.has_min_max
    ]
    cells = [list(row.values()) for row in file.read().to_pylist()]
    return "\n".join(map(str, [metadata.metadata, file.schema_arrow.metadata, statistics, cells])).encode()


def _avro(raw: bytes) -> bytes:
    """The header, and every block after the header inflated: a block is found by trying each offset after a marker."""
    marker = raw[-16:]
    parts = raw.split(marker)
    inflated = [parts[0]]
    for block in parts[1:]:
        for offset in range(min(len(block), 24)):
            try:
                inflated.append(zlib.decompress(block[offset:], -zlib.MAX_WBITS))
                break
            except zlib.error:
                continue
        else:
            inflated.append(block)
    return b"\n".join(inflated)


def _sqlite(path: Path) -> bytes:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        names = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        cells = [row for name in names for row in connection.execute(f'select * from "{name}"')]
    finally:
        connection.close()
    return "\n".join(map(str, cells)).encode()
