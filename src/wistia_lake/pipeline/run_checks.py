"""Check the finished tables: all of them, or after a run those partitions that no good run has checked yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from wistia_lake.checks.basic import CheckResult, check_tables
from wistia_lake.engines.duckdb import DuckDBEngine
from wistia_lake.lake.catalog import Catalog, open_catalog
from wistia_lake.lake.state import RUN_NOTE
from wistia_lake.lake.tables import OPS_BUILT, OPS_RUN
from wistia_lake.model import parse_instant
from wistia_lake.pipeline.build import open_lake
from wistia_lake.settings import Loaded

"""Property of each ``ops.run`` snapshot: its row as JSON, so that ``status`` need not open a data file."""
_CHECKED = {"ok", "ApiGone"}
"""Outcomes of runs that found nothing wrong with the tables."""


def check(loaded: Loaded, *, only_new: bool = False) -> list[CheckResult]:
    """The basic checks of every table that was built.

    With ``only_new`` of the partitions built since the last good run began: what it costs does not grow with history,
    a run that was killed before its checks is made good by the next one, and what failed stays failed.
    """
    engine = DuckDBEngine()
    try:
        with open_catalog(open_lake(loaded.settings.lake), loaded.settings) as catalog:
            since = _last_good_run(catalog) if only_new else None
            return check_tables(catalog, engine, None if since is None else _built_since(catalog, since))
    finally:
        engine.close()


def _last_good_run(catalog: Catalog) -> datetime | None:
    """When the newest run that ended with sound tables began; None if none of the last ones did."""
    good = (
        parse_instant(row["started_at"])
        for row in _runs(catalog)
        if row["command"] != "ingest" and row["outcome"] in _CHECKED
    )
    return max(good, default=None)


def _runs(catalog: Catalog) -> Iterator[dict[str, Any]]:
    table = catalog.load(OPS_RUN)
    for snapshot in table.snapshots() if table is not None else []:
        note = snapshot.summary[RUN_NOTE] if snapshot.summary is not None else None
        if note is not None:
            yield msgspec.json.decode(note)


def _built_since(catalog: Catalog, since: datetime) -> dict[str, list[str]]:
    """Table to its partitions built at an instant or later."""
    found: dict[str, list[str]] = {}
    for row in catalog.read(OPS_BUILT).select(["table_name", "partition", "built_at"]).to_pylist():
        if row["built_at"] >= since:
            found.setdefault(row["table_name"], []).append(row["partition"])
    return found
