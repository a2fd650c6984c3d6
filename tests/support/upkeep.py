"""What tests of maintenance share: ages of files, everything that a lake holds, and tables as they stand."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from support.simulation import sorted_tables
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.tables import TABLES

EVERY = tuple(table.full_name for table in TABLES)


def date_files(root: Path, at: datetime, since: float = 0.0) -> float:
    """Give every file last written after ``since`` the time ``at``: simulated time does not reach the disk by itself.

    Returns what to pass as ``since`` the next time.
    """
    stamp = at.timestamp()
    for path in root.rglob("*"):
        if path.is_file() and path.stat().st_mtime > max(since, stamp):
            os.utime(path, (stamp, stamp))
    return stamp


def contents(root: Path, *, locks: bool = False) -> dict[str, str]:
    """Every file below a folder with the hash of its bytes; leases only if asked for."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and (locks or path.relative_to(root).parts[0] != "locks")
    }


def cells(lake: Path) -> dict[str, pa.Table]:
    """Every row of every table, in the order of its key."""
    with Catalog(lake) as catalog:
        return sorted_tables(catalog, EVERY)


def unequal(before: dict[str, pa.Table], after: dict[str, pa.Table]) -> list[str]:
    """The tables that differ in any cell."""
    return [name for name in before if not before[name].equals(after[name])]
