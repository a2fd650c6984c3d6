"""What keeps the tables small: fewer files for the same rows, and none that no kept snapshot needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.iceberg import partition_day
from wistia_lake.lake.rows import TableInput
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

        def rows_of(rows: TableInput) -> Iterator[pa.Table]:
            return _sorted_rows(spec, rows)

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


def _sorted_rows(spec: Table, found: TableInput) -> Iterator[pa.Table]:
    rows = found.read()
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
    So are tables that a shared catalog placed outside the lake: they are its to tidy up.
    The folders are listed before the references are read, so that a commit in between can only add references.
    """
    folders = [folder for spec in TABLES if (folder := _folder(store, catalog, spec)) is not None]
    listed = [entry for folder in folders for entry in store.entries(folder) if entry.key.endswith(_ENDINGS)]
    needed = {key for spec in TABLES for key in _needed_keys(store, catalog, spec)}
    spare = [entry for entry in listed if entry.key not in needed]
    return Unreferenced(
        [entry for entry in spare if entry.written_at < written_before],
        [entry for entry in spare if entry.written_at >= written_before],
    )


def _folder(store: Store, catalog: Catalog, spec: Table) -> str | None:
    table = catalog.load(spec)
    key = store.key_of(table.location()) if table is not None else None
    return f"{key}/" if key is not None else None


def _needed_keys(store: Store, catalog: Catalog, spec: Table) -> Iterator[str]:
    table = catalog.load(spec)
    for location in _needed_locations(table) if table is not None else ():
        key = store.key_of(location)
        if key is not None:
            yield key


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
