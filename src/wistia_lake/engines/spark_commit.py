"""What Spark's commit left behind, as the table's own metadata tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from wistia_lake.engines.base import WHOLE
from wistia_lake.lake.iceberg import between, partition_day
from wistia_lake.lake.table import Table

if TYPE_CHECKING:
    from pyiceberg.table import Table as IcebergTable
    from pyiceberg.table.snapshots import Snapshot


def commit_of(table: IcebergTable, key: str, value: str) -> Snapshot | None:
    """The snapshot whose summary has this property; None if there is none."""
    for snapshot in reversed(table.metadata.snapshots):
        if snapshot.summary is not None and snapshot.summary.additional_properties.get(key) == value:
            return snapshot
    return None


def row_counts(table: IcebergTable, spec: Table, snapshot: Snapshot, partitions: Sequence[str]) -> dict[str, int]:
    """Rows by partition as the files of a snapshot say; rows written anywhere else are a bug."""
    counts = dict.fromkeys(partitions, 0)
    days = [date.fromisoformat(key) for key in partitions if spec.partition is not None]
    where = between(spec, min(days), max(days)) if days else between(spec, None, None)
    for task in table.scan(row_filter=where, snapshot_id=snapshot.snapshot_id).plan_files():
        key = WHOLE if spec.partition is None else str(partition_day(task.file.partition[0]))
        if key in counts:
            counts[key] += task.file.record_count
    summary = snapshot.summary.additional_properties if snapshot.summary is not None else {}
    added = int(summary.get("added-records", "0"))
    assert added == sum(counts.values()), f"{spec.full_name} got {added} rows, {counts} of which were asked for"
    return counts
