"""Rows of tables: their Arrow types, and where an engine finds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wistia_lake.lake.iceberg import local_path
from wistia_lake.lake.table import Table, Type

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.dataset import Dataset
    from pyarrow.fs import FileSystem


def arrow_schema(spec: Table) -> pa.Schema:
    """The Arrow schema of a table: instants in microseconds, UTC."""
    import pyarrow as pa

    types = {
        Type.STRING: pa.string(), Type.INT: pa.int32(), Type.LONG: pa.int64(), Type.DOUBLE: pa.float64(),
        Type.BOOL: pa.bool_(), Type.DATE: pa.date32(), Type.INSTANT: pa.timestamp("us", tz="UTC"),
    }  # fmt: skip
    return pa.schema([pa.field(column.name, types[column.type]) for column in spec.columns])


def conform(spec: Table, rows: pa.Table) -> pa.Table:
    """Rows in the table's column order and types; a missing or differently named column is a bug."""
    assert tuple(rows.column_names) == spec.column_names, (rows.column_names, spec.column_names)
    return rows.cast(arrow_schema(spec))


@dataclass(frozen=True, slots=True)
class TableInput:
    """A table, or some of its partitions, in one committed state."""

    table: Table
    files: tuple[str, ...] = ()
    """Data files, as the table's metadata names them, in order."""
    filesystem: FileSystem | None = None
    """What opens them; None: they are files of this machine."""
    snapshot_id: int | None = None
    """The state; None: nothing was ever committed."""
    first: date | None = None
    """First of the partitions meant; None: no limit."""
    last: date | None = None
    sizes: tuple[int, ...] = ()
    """Bytes of each file, as the metadata says: a bucket need not be asked for them."""

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return arrow_schema(self.table)

    @property
    def local_files(self) -> tuple[str, ...] | None:
        """The files as paths of this machine; None if they are elsewhere."""
        return None if self.filesystem is not None else tuple(local_path(file).as_posix() for file in self.files)

    def dataset(self) -> Dataset:
        """The rows, read when they are asked for."""
        import pyarrow.dataset as ds

        if not self.files:
            return ds.dataset(self.schema.empty_table())
        paths = self.local_files
        if paths is None:
            parquet, sizes = ds.ParquetFileFormat(), zip(self.files, self.sizes, strict=True)
            files = [parquet.make_fragment(_within(file), self.filesystem, file_size=size) for file, size in sizes]
            return ds.FileSystemDataset(files, self.schema, parquet, self.filesystem)
        # No partitioning is guessed from the paths: what a row says of itself is in its file.
        return ds.dataset(list(paths), format="parquet", schema=self.schema, partitioning=None)

    def read(self) -> pa.Table:
        """The rows; files one after the other, so that their order is kept."""
        return self.dataset().to_table()


def _within(location: str) -> str:
    """A location as file systems of Arrow want it: without its scheme."""
    parts = urlsplit(location)
    return f"{parts.netloc}{parts.path}"
