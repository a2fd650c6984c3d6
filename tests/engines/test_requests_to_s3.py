"""What a daily run asks of a bucket, counted by the S3 server itself: no more after 730 days than after 30."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from support.past import ONE_DAY, Past
from support.servers.seaweed import Seaweed
from support.simulation import Simulation, utc
from wistia_lake.lake.store import open_store
from wistia_lake.sandbox.harness import Sandbox

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.long]
NOW = utc("2025-03-12 14:00")
RUNS = 4
"""The last one is counted: the first checks every partition, the second reads what the sweep does."""
ALLOWED = 1.10


def test_a_daily_run_sends_no_more_requests_after_730_days_than_after_30(
    seaweed: Seaweed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of two times 28 days opens as many files from the 57th day on; keys are listed a thousand at a time."""
    for name, value in seaweed.environment.items():
        monkeypatch.setenv(name, value)
    few, enough, many = (_of_the_fourth_run(tmp_path / str(days), days, seaweed) for days in (30, 60, 730))
    assert few["GET"] > 100, "most requests are not counted"
    assert few["PUT"] > 100, "most requests are not counted"
    assert many.total() <= ALLOWED * few.total(), f"{few}\n{many}"
    for kind in ("GET", "PUT"):
        assert many[kind] <= (ALLOWED + 1) / 2 * enough[kind], f"{enough}\n{many}"


def _of_the_fourth_run(folder: Path, days: int, seaweed: Seaweed) -> Counter[str]:
    """What was sent to the place of a lake whose history has so many days."""
    folder.mkdir()
    place = seaweed.place()
    with Sandbox("tiny", now=NOW) as sandbox:
        account = Simulation(sandbox, folder, url=place.lake, shared=place.catalog)
        Past(open_store(place.lake), sandbox, days, NOW).write()
        account.build()
        for number in range(RUNS):
            before = seaweed.requests(place)
            account.at(NOW + number * ONE_DAY).run()
        found = seaweed.requests(place) - before
    print(f"\nafter {days} days: {found.total()} requests, {dict(sorted(found.items()))}")
    return found
