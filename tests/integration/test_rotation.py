"""In a big scope only medias that may have moved are asked for statistics, and nothing is lost by it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from math import ceil
from pathlib import Path

import pytest

from support.simulation import FACTS, Simulation, simulation
from wistia_lake.lake.tables import BY_NAME
from wistia_lake.model import Quiet
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.sandbox.catalog_library import library

DAY = timedelta(days=1)
TODAY = date(2025, 3, 12)
A, B, C = "aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"


def medias_asked(paths: list[str]) -> dict[str, list[str]]:
    """The medias that were asked, by stream, in the order of asking."""
    asked: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        parts = path.split("/")
        if parts[-3:-1] == ["stats", "medias"]:
            asked["stats"].append(parts[-1])
        elif parts[-1] in ("by_date", "engagement") and parts[-3] == "medias":
            asked[parts[-1]].append(parts[-2])
    return asked


# --- a simulated library, day after day ------------------------------------------------------------------------------


def daily(account: Simulation, *, build: bool = True) -> dict[str, list[str]]:
    """One run, or ingest alone; whom it asked."""
    before = len(account.sandbox.requests())
    if build:
        account.run()
    else:
        assert ingest(account.loaded(), clock=lambda: account.now, reporter=Quiet()).problems == []
    return medias_asked([line["path"] for line in account.sandbox.requests()[before:]])


def watched(account: Simulation) -> set[str]:
    """The medias with sessions of the late window, as they are served now."""
    world, today = account.sandbox.world, account.now.date()
    days = [today - back * DAY for back in range(4)]
    return {media_id for media_id in world.medias if any(world.visible(media_id, day, account.now) for day in days)}


@pytest.mark.slow
def test_idle_medias_take_turns_and_the_tables_are_the_truth(tmp_path: Path) -> None:
    """Two rounds of daily runs over sixty medias, of which a dozen are watched on a day."""
    with simulation(tmp_path, library(60, plays=12.0), rotate_above=0) as account:
        sweep = account.loaded().settings.sweep_after_days
        asked = daily(account)
        assert [len(asked[stream]) for stream in ("stats", "by_date", "engagement")] == [60, 60, 60]
        last = dict.fromkeys(asked["stats"], account.now.date())
        for day in range(1, 2 * sweep + 1):
            account.at(account.now + DAY)
            asked, moved = daily(account, build=day % 5 == 0), watched(account)
            assert moved <= set(asked["stats"])
            assert len(set(asked["stats"]) - moved) <= ceil((60 - len(moved)) / sweep) + 6
            assert set(asked["engagement"]) <= set(asked["stats"])
            last |= dict.fromkeys(asked["stats"], account.now.date())
            assert max((account.now.date() - at).days for at in last.values()) < sweep
        account.build()
        account.assert_truth()
        assert_full_is_incremental(account)


def assert_full_is_incremental(account: Simulation) -> None:
    before = {name: account.rows(name) for name in FACTS}
    account.build(full=True)
    for name in FACTS:
        by_key = [(column, "ascending") for column in BY_NAME[name].key]
        assert account.rows(name).sort_by(by_key).equals(before[name].sort_by(by_key)), name
