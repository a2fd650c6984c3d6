"""Fourteen ways in which the numbers of such a pipeline are known to go wrong, and that they do not happen here.

One account with a title that a channel might be guessed from, a conversion, a busy day; read on three days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from math import isclose
from pathlib import Path
from typing import Any

import pytest

from support.simulation import ONE_DAY, Simulation, simulation, utc
from wistia_lake.privacy.pseudonym import Pseudonymizer
from wistia_lake.sandbox.catalog_tiny import TINY
from wistia_lake.sandbox.scenario import Burst, Traffic
from wistia_lake.sandbox.world import World

pytestmark = pytest.mark.slow
NOW = utc("2025-03-10 14:00")
BUSY_DAY = date(2025, 3, 8)
TITLE = "Our YouTube and Facebook ads, explained"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """Three daily runs, the last one twice; no channel rules."""
    busy = replace(TINY.medias[0], title=TITLE, traffic=Traffic(40, bursts=(Burst(BUSY_DAY, 230.0, 0.1),)))
    world = World(replace(TINY, medias=(busy, *TINY.medias[1:]), toml='zone = "America/New_York"\n'))
    with simulation(tmp_path_factory.mktemp("account"), world, now=NOW) as simulated:
        for days in range(3):
            simulated.at(NOW + days * ONE_DAY).run()
        simulated.run()
        yield simulated


def _rows(account: Simulation, table: str) -> list[dict[str, Any]]:
    return account.rows(table).to_pylist()


def _truth_by_date(account: Simulation, media_id: str, day: date) -> tuple[int, int]:
    return account.sandbox.world.day_counts(media_id, day, account.now)


def test_1_visitors_are_not_taken_for_visitors_of_one_media(account: Simulation) -> None:
    """That list is the account's whatever is asked, so no run asks for it."""
    assert not [line for line in account.sandbox.requests() if "visitors" in line["path"]]


def test_2_a_session_that_is_read_on_many_days_counts_once(account: Simulation) -> None:
    """Every slice of the window was read by each run; each key is there once."""
    looks = Counter(
        line["query"]["start_date"] for line in account.sandbox.requests() if line["path"].endswith("/stats/events")
    )
    assert looks[BUSY_DAY.isoformat()] > 2
    keys = Counter((row["event_id"], row["visitor_id"]) for row in _rows(account, "silver.fact_event"))
    assert set(keys.values()) == {1}


def test_3_lifetime_counters_are_not_added_up(account: Simulation) -> None:
    """Their changes are: from the first snapshot to the last they lead from one counter to the other."""
    for media_id in account.sandbox.world.medias:
        snapshots = [row for row in _rows(account, "silver.fact_media_engagement") if row["media_id"] == media_id]
        snapshots.sort(key=lambda row: row["snapshot_day"])
        assert len(snapshots) == 3
        moved = sum(row["play_count_change"] for row in snapshots[1:])
        assert snapshots[0]["play_count"] + moved == snapshots[-1]["play_count"]
        kpi = next(row for row in _rows(account, "gold.kpi_media_28d") if row["media_id"] == media_id)
        assert kpi["play_count"] <= snapshots[-1]["play_count"] < sum(row["play_count"] for row in snapshots)


def test_4_daily_counts_are_not_repeated_for_each_viewer(account: Simulation) -> None:
    """One row for a media and day; its plays are Wistia's, not a multiple of its viewers."""
    rows = [row for row in _rows(account, "silver.fact_media_day") if row["play_count"] is not None]
    assert max(row["viewer_count"] or 0 for row in rows) > 1000
    for row in rows:
        assert (row["load_count"], row["play_count"]) == _truth_by_date(account, row["media_id"], row["day"])


def test_5_ratios_are_ratios_of_sums_not_averages_of_ratios(account: Simulation) -> None:
    """A quiet day weighs as much as its plays, no more."""
    days = [row for row in _rows(account, "silver.fact_media_day") if row["is_final"]]
    for kpi in _rows(account, "gold.kpi_media_28d"):
        own = [row for row in days if row["media_id"] == kpi["media_id"] and row["load_count"]]
        ratio = sum(row["play_count"] for row in own) / sum(row["load_count"] for row in own)
        average = sum(row["play_count"] / row["load_count"] for row in own) / len(own)
        assert isclose(kpi["play_share"], ratio, rel_tol=1e-12)
        assert not isclose(average, ratio, rel_tol=1e-4)


def test_6_building_one_day_leaves_the_others(account: Simulation) -> None:
    """A run of a single day replaces that day's partition and no other."""
    before = Counter(row["received_day"] for row in _rows(account, "silver.fact_event"))
    assert len(before) > 4
    account.run(BUSY_DAY, BUSY_DAY)
    assert Counter(row["received_day"] for row in _rows(account, "silver.fact_event")) == before


def test_7_no_number_of_pages_is_the_last(account: Simulation) -> None:
    """A day of more than fifty pages is read to its end."""
    pages = {
        line["query"].get("page")
        for line in account.sandbox.requests()
        if line["path"].endswith("/stats/events") and line["query"]["start_date"] == BUSY_DAY.isoformat()
    }
    assert len(pages) > 50
    account.assert_truth(["silver.fact_event"])


def test_8_two_runs_of_a_day_do_not_write_over_each_other(account: Simulation) -> None:
    """Every object has a name of its own; each look has its manifest."""
    manifests = sorted((account.lake / "bronze" / "events").rglob(f"day={BUSY_DAY}/*.json"))
    assert len(manifests) >= 3
    assert len({path.name.split(".")[0] for path in manifests}) == len(manifests)


def test_9_a_day_that_is_not_over_is_not_final(account: Simulation) -> None:
    """Today's rows are there and say that they are provisional."""
    today = [row for row in _rows(account, "silver.fact_media_day") if row["day"] == account.today]
    assert today
    assert not any(row["is_final"] or row["is_settled"] for row in today)
    assert all(kpi["period_last_day"] < account.today for kpi in _rows(account, "gold.kpi_media_28d"))


def test_10_percent_viewed_is_a_share(account: Simulation) -> None:
    """0 to 1, never 0 to 100; a session cannot be watched for longer than its media."""
    rows = _rows(account, "silver.fact_event")
    assert max(row["percent_viewed"] for row in rows) == 1.0
    assert all(0 <= row["percent_viewed"] <= 1 for row in rows)
    assert all(row["watched_ms"] <= row["duration_ms"] for row in rows if row["duration_ms"])


def test_11_no_session_has_a_time_that_wistia_did_not_give(account: Simulation) -> None:
    """Each ``received_at`` is a served one; a row without it is refused (see the tests of the allow-list)."""
    world, pseudonyms = account.sandbox.world, Pseudonymizer(bytes.fromhex("0b" * 32))
    served = {
        (pseudonyms.event(session.event_key), pseudonyms.visitor(session.visitor.key)): session
        for media_id in world.medias
        for offset in range(-1, 8)
        for session in world.visible(media_id, date(2025, 3, 5) + offset * ONE_DAY, account.now)
    }
    for row in _rows(account, "silver.fact_event"):
        session = served[row["event_id"], row["visitor_id"]]
        assert row["received_at"].timestamp() == session.received_at(account.now.timestamp())


def test_12_sessions_with_a_conversion_are_sessions(account: Simulation) -> None:
    """They are counted with the others, and apart."""
    rows = _rows(account, "silver.fact_event")
    assert any(row["is_converted"] for row in rows)
    for day in _rows(account, "silver.fact_media_day"):
        own = [row for row in rows if (row["media_id"], row["day"]) == (day["media_id"], day["day"])]
        if day["event_count"] is not None:
            assert day["event_count"] == len(own)
            assert day["converted_event_count"] == sum(row["is_converted"] for row in own)


def test_13_a_channel_is_never_guessed(account: Simulation) -> None:
    """Without a rule it is Other, whatever the title says."""
    medias = {row["title"]: row["channel"] for row in _rows(account, "silver.dim_media")}
    assert medias[TITLE] == "Other"
    assert set(medias.values()) == {"Other"}


def test_14_nothing_is_asked_that_the_api_does_not_have(account: Simulation) -> None:
    """There are no visitors of a media, and nothing else that was asked answered 404."""
    assert [line["path"] for line in account.sandbox.requests() if line["status"] != 200] == []


def test_all_of_it_is_the_truth(account: Simulation, tmp_path: Path) -> None:
    """After all this the tables are the truth, cell for cell."""
    account.at(account.now + timedelta(minutes=1)).run()
    account.assert_truth()
