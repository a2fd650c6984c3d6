"""However many months an engine computes at a time, as Spark does all of them: the tables are the same."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.past import Past
from support.simulation import Simulation, utc
from wistia_lake.engines.duckdb import DuckDBEngine
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables_measured import KPI_MEDIA_DAY
from wistia_lake.sandbox.harness import Sandbox

NOW = utc("2025-03-12 14:00")
DAYS = 45


@pytest.mark.slow
def test_all_months_at_once_are_each_month_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox("tiny", now=NOW) as sandbox:
        account = Simulation(sandbox, tmp_path)
        Past(open_store(str(account.lake)), sandbox, DAYS, NOW).write()
        account.build()
        rows = account.rows(KPI_MEDIA_DAY.full_name).to_pylist()
        shown = {row["month"]: row["reported_snapshot_day"] for row in rows}
        assert len(shown) >= 3, "one month tells nothing"
        assert len(set(shown.values())) == len(shown), "each month shows its own snapshots"
        monkeypatch.setattr(DuckDBEngine, "months_per_job", sys.maxsize)
        account.assert_full_build_changes_nothing()
