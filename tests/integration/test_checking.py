"""After a run what is new is checked; nothing that is wrong is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from support.cases import write_look
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.marker import make_marker
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables import FACT_EVENT
from wistia_lake.model import Quiet
from wistia_lake.pipeline.build import build
from wistia_lake.pipeline.run import run_build
from wistia_lake.pipeline.run_checks import check
from wistia_lake.settings import Loaded, Settings

NOW = datetime.fromisoformat("2025-02-20T14:00:00Z")


class Lake:
    """A lake whose clock goes on by an hour with every command."""

    def __init__(self, folder: Path) -> None:
        self.loaded = Loaded(Settings(lake=str(folder / "lake")), folder)
        self.root, self.hours = folder / "lake", 0

    def clock(self) -> datetime:
        return NOW + timedelta(hours=self.hours)

    def look(self, stream: str, day: str, **row: Any) -> None:
        self.hours += 1
        at = self.clock().isoformat()
        write_look(open_store(str(self.root)), {"stream": stream, "day": day, "at": at, "rows": [row]})

    def event(self, day: int, name: str) -> None:
        self.look("events", f"2025-02-{day:02}", event_id=name, received_at=f"2025-02-{day:02}T12:00:00.000Z")

    def run(self, *, full: bool = False) -> int:
        """Exit code of a build that checks."""
        self.hours += 1
        return run_build(self.loaded, clock=self.clock, reporter=Quiet(), full=full).exit_code

    def break_row(self, name: str) -> None:
        """Somebody writes a row that no build would."""
        with Catalog(self.root) as catalog:
            rows = [row for row in catalog.read(FACT_EVENT).to_pylist() if row["event_id"] == name]
            rows[0]["percent_viewed"] = 7.0
            catalog.replace(
                FACT_EVENT, [rows[0]["received_day"]], [pa.Table.from_pylist(rows, arrow_schema(FACT_EVENT))]
            )

    @property
    def bad(self) -> list[str]:
        return [f"{one.table}: {one.check}" for one in check(self.loaded) if not one.passed]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Twelve days with a session each, built and found good."""
    lake = Lake(tmp_path)
    make_marker(open_store(str(lake.root)), NOW, NOW)
    lake.look("medias", "2025-02-01", duration=100.0)
    for day in range(1, 13):
        lake.event(day, f"e{day}")
    assert lake.run() == 0
    return lake


WRONG = ["silver.fact_event: percent_viewed is in 0..1"]


def test_a_run_checks_what_it_built_and_check_checks_all(lake: Lake) -> None:
    lake.event(12, "e12 again")
    assert lake.run() == 0
    lake.break_row("e2")
    lake.event(11, "e11 again")
    assert lake.run() == 0, "nothing near the 2nd was built"
    assert lake.bad == WRONG


def test_what_failed_stays_failed_until_it_is_mended(lake: Lake) -> None:
    lake.event(12, "e12 again")
    assert lake.run() == 0
    lake.break_row("e8")
    lake.event(12, "e12 once more")
    assert lake.run() == 6, "near what was built, which begins with the 10th"
    assert [lake.run(), lake.run()] == [6, 6], "nothing was built, and nothing was mended"
    assert lake.run(full=True) == 0
    assert lake.run() == 0
    assert lake.bad == []


def test_a_run_that_was_killed_before_its_checks_is_made_good(lake: Lake) -> None:
    lake.event(12, "e12 again")
    lake.hours += 1
    build(lake.loaded, clock=lake.clock, reporter=Quiet())
    lake.break_row("e12 again")
    assert lake.run() == 6


def test_a_session_that_is_in_two_days_is_found(lake: Lake) -> None:
    """Keys are unique over days, not only inside one."""
    lake.event(8, "e8 again")
    lake.hours += 1
    build(lake.loaded, clock=lake.clock, reporter=Quiet())
    with Catalog(lake.root) as catalog:
        rows = [row for row in catalog.read(FACT_EVENT).to_pylist() if row["event_id"] in {"e5", "e4"}]
        rows[1] |= {"event_id": "e6", "visitor_id": "viewer of e6"}
        day = rows[1]["received_day"]
        catalog.replace(FACT_EVENT, [day], [pa.Table.from_pylist(rows[1:], arrow_schema(FACT_EVENT))])
    assert lake.run() == 6
