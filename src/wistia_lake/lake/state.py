"""The last committed state of every table, at a glance."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from wistia_lake.errors import LakeUnreadable
from wistia_lake.lake.catalog import Catalog, open_catalog
from wistia_lake.lake.connection import DATABASE
from wistia_lake.lake.store import Store, lake_root
from wistia_lake.lake.tables import TABLES
from wistia_lake.settings import Settings

RUN_NOTE = "wistia-lake.run"
"""Key in the snapshot summaries of ``ops.run`` under which the run's row stands as JSON."""
SHOWN_RUNS = 5


@dataclass(frozen=True, slots=True)
class TableStatus:
    """One table as last committed; ``row_count`` None if it was never built or cannot be found."""

    name: str
    row_count: int | None
    committed_at: datetime | None


class _Snapshot(msgspec.Struct, rename="kebab"):
    snapshot_id: int
    timestamp_ms: int
    summary: dict[str, str] = {}


class _Metadata(msgspec.Struct, rename="kebab"):
    """The part of Iceberg's table metadata that is needed here."""

    current_snapshot_id: int | None = None
    snapshots: list[_Snapshot] = []

    @property
    def current(self) -> _Snapshot | None:
        return next((one for one in self.snapshots if one.snapshot_id == self.current_snapshot_id), None)


@dataclass(frozen=True, slots=True)
class State:
    """Every table, the last runs, and what could not be read."""

    tables: tuple[TableStatus, ...]
    runs: tuple[dict[str, Any], ...]
    """The last runs' rows of ``ops.run``, newest first."""
    notes: tuple[str, ...] = ()


def state_of(store: Store, settings: Settings) -> State:
    """The tables as last committed.

    A folder's own catalog is a SQLite file that names JSON files: both are read without a table library, whose import
    would take longer than everything else. A shared catalog is asked.
    """
    if store.root is not None and not settings.catalog:
        return _in_folder(store.root)
    with open_catalog(store, settings) as catalog:
        return _in_catalog(catalog)


def _in_catalog(catalog: Catalog) -> State:
    statuses, runs = [], []
    for table in TABLES:
        loaded = catalog.load(table)
        snapshot = loaded.current_snapshot() if loaded is not None else None
        current = None
        if snapshot is not None:
            summary = snapshot.summary.additional_properties if snapshot.summary is not None else {}
            current = _Snapshot(snapshot.snapshot_id, snapshot.timestamp_ms, summary)
        statuses.append(_table_status(table.full_name, current, is_built=loaded is not None))
        if table.full_name == "ops.run" and loaded is not None:
            summaries = [one.summary.additional_properties for one in loaded.snapshots() if one.summary is not None]
            runs = [msgspec.json.decode(summary[RUN_NOTE]) for summary in summaries if RUN_NOTE in summary]
    return State(tuple(statuses), _newest_first(runs))


def _newest_first(runs: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple(sorted(runs, key=lambda run: str(run.get("run_id")), reverse=True)[:SHOWN_RUNS])


def _in_folder(root: Path) -> State:
    locations = _locations(root / DATABASE)
    statuses, runs, lost = [], [], []
    for table in TABLES:
        location = locations.get(table.full_name)
        metadata = _metadata(location, root) if location is not None else _Metadata()
        if metadata is None:
            lost.append(table.full_name)
        current = metadata.current if metadata is not None else None
        statuses.append(_table_status(table.full_name, current, is_built=location is not None and metadata is not None))
        if table.full_name == "ops.run" and metadata is not None:
            runs = [msgspec.json.decode(one.summary[RUN_NOTE]) for one in metadata.snapshots if RUN_NOTE in one.summary]
    notes: tuple[str, ...] = (_moved(lost),) if lost else ()
    return State(tuple(statuses), _newest_first(runs), notes)


def _moved(tables: list[str]) -> str:
    return (
        f"The catalog points outside this folder for {', '.join(tables)}: the lake was moved or copied. Bronze is "
        "complete; rebuild the tables from it with: wistia-lake build --full"
    )


def _table_status(name: str, current: _Snapshot | None, *, is_built: bool) -> TableStatus:
    if current is None:
        return TableStatus(name, 0 if is_built else None, None)
    count = current.summary.get("total-records")
    committed_at = datetime.fromtimestamp(current.timestamp_ms / 1000, tz=UTC)
    return TableStatus(name, int(count) if count is not None else None, committed_at)


def _locations(database: Path) -> dict[str, str]:
    """Where each table's current metadata lies, by full table name."""
    if not database.is_file():
        return {}
    # Not mode=ro: after a kill SQLite must be allowed to roll back what the killed process left half done.
    uri = f"file:{quote(database.as_posix())}?mode=rw"
    try:
        connection = sqlite3.connect(uri, uri=True, timeout=5)
        try:
            rows = connection.execute("select table_namespace, table_name, metadata_location from iceberg_tables")
            return {f"{namespace}.{name}": location for namespace, name, location in rows if location}
        finally:
            connection.close()
    except sqlite3.DatabaseError as exc:
        if "no such table" in str(exc):
            return {}
        raise LakeUnreadable(
            f"The catalog {database} cannot be read: {exc}. Check its permissions; if it is damaged, move it away and "
            "rebuild the tables with: wistia-lake build --full"
        ) from exc


def _metadata(location: str, root: Path) -> _Metadata | None:
    """The table's metadata; None if it is not inside this lake."""
    path = lake_root(location)
    if path is None or not path.is_relative_to(root) or not path.is_file():
        return None
    return msgspec.json.decode(path.read_bytes(), type=_Metadata)
