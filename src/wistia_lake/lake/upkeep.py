"""What keeps the tables small: fewer files for the same rows, and none that no kept snapshot needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wistia_lake.lake.catalog import Catalog, arrow_schema
from wistia_lake.lake.iceberg import local_path, partition_day
from wistia_lake.lake.store import Entry, Store
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.manifest import ManifestFile
    from pyiceberg.table import Table as IcebergTable

MANY_FILES = 4
"""From so many data files on a partition is rewritten, if its rows fit into fewer: two or three are not worth it."""
ROWS_PER_FILE = 1_000_000
FOLDER = "tables"
_ENDINGS = (".parquet", ".avro", ".metadata.json")
COMPACTED = {"wistia-lake.maintain": "compacted"}
"""Property of the snapshots of a compaction."""


@dataclass(slots=True)
class Scattered:
    """The partitions of one table that lie in more files than their rows need."""

    partitions: dict[date | None, int] = field(default_factory=dict)
    """Each with its rows; None for a table without partitions."""
    file_count: int = 0
    byte_count: int = 0
    needed_count: int = 0
    """Files after a rewrite."""


def scattered(catalog: Catalog, spec: Table) -> Scattered:
    """What a rewrite would change; nothing is opened but metadata."""
    found = Scattered()
    table = catalog.load(spec)
    if table is None:
        return found
    by_partition: dict[date | None, list[tuple[int, int]]] = defaultdict(list)
    for task in table.scan().plan_files():
        file = task.file
        value = file.partition[0] if spec.partition is not None else None
        by_partition[partition_day(value)].append((file.record_count, file.file_size_in_bytes))
    for partition, files in by_partition.items():
        rows = sum(count for count, _ in files)
        needed = -(-rows // ROWS_PER_FILE)
        if len(files) >= MANY_FILES and needed < len(files):
            found.partitions[partition] = rows
            found.file_count += len(files)
            found.byte_count += sum(size for _, size in files)
            found.needed_count += needed
    return found


def compact(catalog: Catalog, spec: Table, found: Scattered) -> None:
    """Rewrite the scattered partitions, in groups that fit into memory; the same rows, in the table's order.

    Raises:
        Refused: another writer changed a partition meanwhile; what it wrote stands.
    """
    for group in _groups(found.partitions):
        partitions = [day for day in group if day is not None]

        def rows_of(files: Sequence[Path]) -> Iterator[pa.Table]:
            return _sorted_rows(spec, files)

        catalog.rewrite(spec, partitions if spec.partition is not None else None, rows_of, COMPACTED)


def _groups(partitions: Mapping[date | None, int]) -> Iterator[list[date | None]]:
    """Partitions together as long as their rows fit into one file's worth."""
    group: list[date | None] = []
    weight = 0
    for day, rows in sorted(partitions.items(), key=lambda item: item[0] or date.min):
        if group and weight + rows > ROWS_PER_FILE:
            yield group
            group, weight = [], 0
        group.append(day)
        weight += rows
    if group:
        yield group


def _sorted_rows(spec: Table, files: Sequence[Path]) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = arrow_schema(spec)
    rows = pa.concat_tables([pq.read_table(path, schema=schema, partitioning=None) for path in files])
    order = dict.fromkeys((*spec.sort, *spec.key))
    rows = rows.sort_by([(name, "ascending") for name in order])
    for first in range(0, rows.num_rows, ROWS_PER_FILE):
        yield rows.slice(first, ROWS_PER_FILE)


@dataclass(frozen=True, slots=True)
class Unreferenced:
    """Files below the tables' folders that no kept snapshot needs."""

    old: list[Entry]
    """Those that may go."""
    young: list[Entry]
    """Those that stay for now: a commit under way may be about to name them, a reader may still have them open."""


def unreferenced(store: Store, catalog: Catalog, written_before: datetime) -> Unreferenced:
    """Files of the catalog's tables that neither a kept snapshot nor the metadata behind it names.

    Folders of tables that the catalog does not know are left alone: if the catalog was lost, they may be all there is.
    The folders are listed before the references are read, so that a commit in between can only add references.
    """
    known = [spec for spec in TABLES if catalog.load(spec) is not None]
    listed = [entry for spec in known for entry in store.entries(_folder(spec)) if entry.key.endswith(_ENDINGS)]
    needed = {key for spec in known for key in _needed_keys(store, catalog, spec)}
    spare = [entry for entry in listed if entry.key not in needed]
    return Unreferenced(
        [entry for entry in spare if entry.written_at < written_before],
        [entry for entry in spare if entry.written_at >= written_before],
    )


def _folder(spec: Table) -> str:
    return f"{FOLDER}/{spec.namespace}/{spec.name}/"


def _needed_keys(store: Store, catalog: Catalog, spec: Table) -> Iterator[str]:
    table = catalog.load(spec)
    assert table is not None
    assert store.root is not None
    for location in _needed_locations(table):
        path = local_path(location)
        if path.is_relative_to(store.root):
            yield path.relative_to(store.root).as_posix()


def _needed_locations(table: IcebergTable) -> Iterable[str]:
    """Everything that reading any kept snapshot takes, and the metadata files that a reader may have just looked up."""
    yield table.metadata_location
    yield from (entry.metadata_file for entry in table.metadata.metadata_log)
    manifests: dict[str, ManifestFile] = {}
    for snapshot in table.metadata.snapshots:
        yield snapshot.manifest_list
        manifests |= {manifest.manifest_path: manifest for manifest in snapshot.manifests(table.io)}
    for path, manifest in manifests.items():
        yield path
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
            yield entry.data_file.file_path
