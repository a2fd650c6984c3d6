"""Wistia's numbers against each other: where days begin, daily counts and counters, lifetime laws."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support.checked import MEDIA, MONDAY, ONE_DAY, OTHER, Checked
from wistia_lake.checks.findings import State

DAY_BOUNDARIES = "day-boundaries"


def _days_of(lake: Checked, zone: str, days: int = 30, a_day: int = 40) -> None:
    """Plays per day of ``zone``; sessions fall on the days of the lake's own zone."""
    random, true, own = Random(7), ZoneInfo(zone), ZoneInfo(lake.settings.zone_name)
    for number in range(days):
        day = MONDAY + number * ONE_DAY
        begins = datetime.combine(day, time(), tzinfo=true).astimezone(UTC)
        plays = round(a_day * random.uniform(0.6, 1.4))
        lake.day(day, plays, plays)
        for _ in range(plays):
            if random.random() < 0.985:
                at = begins + timedelta(seconds=int(86_399 * random.random()))
                lake.event(at, at.astimezone(own).date())
    lake.looked_until(MONDAY + days * ONE_DAY)


@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Asia/Kolkata", "Pacific/Auckland"])
def test_days_of_the_right_zone_fit(tmp_path, zone):
    lake = Checked(tmp_path, zone=zone)
    _days_of(lake, zone)
    assert lake.check(DAY_BOUNDARIES).state is State.OK


@pytest.mark.parametrize(
    ("configured", "true", "says"),
    [
        (None, "America/New_York", "begin 5 hours later than in zone UTC (none is set)"),
        ("America/New_York", "UTC", "begin 5 hours earlier than in zone America/New_York"),
        ("America/Los_Angeles", "America/New_York", "begin 3 hours earlier than in zone America/Los_Angeles"),
        ("Europe/Berlin", "Asia/Kolkata", "hours earlier than in zone Europe/Berlin"),
    ],
)
def test_a_shifted_zone_is_found_with_its_direction(tmp_path, configured, true, says):
    lake = Checked(tmp_path, zone=configured)
    _days_of(lake, true)
    found = lake.check(DAY_BOUNDARIES)
    assert found.state is State.WARN
    assert says in found.findings[0].message
    assert "probe time-zone" in found.check.remedy


def test_a_fit_that_is_better_by_chance_is_no_other_zone(lake: Checked) -> None:
    """One session of a play before midnight is received after it: days that begin an hour later would fit better."""
    for number in range(20):
        day = MONDAY + number * ONE_DAY
        lake.day(day, 20, 21 if number == 10 else 20)
        noon = datetime.combine(day, time(17), tzinfo=UTC)
        for place in range(19 if number == 9 else 20):
            lake.event(noon + timedelta(minutes=place), day)
    lake.event(datetime(2025, 1, 16, 5, 3, tzinfo=UTC), MONDAY + 10 * ONE_DAY)
    lake.looked_until(MONDAY + 19 * ONE_DAY)
    assert lake.check(DAY_BOUNDARIES).state is State.OK


@pytest.mark.parametrize(("days", "a_day"), [(6, 60), (30, 5), (0, 0)])
def test_where_days_begin_is_unknown_with_little_traffic(tmp_path, days, a_day):
    lake = Checked(tmp_path, zone="UTC")
    _days_of(lake, "America/New_York", days, a_day)
    assert lake.check(DAY_BOUNDARIES).state is State.UNKNOWN


def _counted(lake: Checked, *media_ids: str, days: int = 30, plays: int = 10) -> None:
    """Daily counts with counters that agree, read at noon of each day, in a lake read on the day after."""
    for media_id in media_ids or (MEDIA,):
        for number in range(days):
            day = MONDAY + number * ONE_DAY
            lake.day(day, plays, None, media_id)
            lake.snapshot(day, 5000 + number * plays + plays // 2, media_id)
    last = MONDAY + days * ONE_DAY
    lake.now = datetime.combine(last, time(12), tzinfo=UTC)
    _count_look(lake, last, lake.now, str(MONDAY), str(last))


def _count_look(lake: Checked, day: date, at: datetime, *covers: str, **more: Any) -> None:
    rows = [{"media_id": media_id, "date": covers[0]} for media_id in lake.medias]
    lake.look("media_by_date", day=day, at=at, **{"covers": [*covers], "rows": rows, **more})


def test_daily_counts_that_add_up_to_the_counters_are_ok(lake: Checked) -> None:
    _counted(lake)
    found = lake.check("plays-and-counters")
    assert (found.state, found.compared) == (State.OK, "1 medias, loads and plays")


@pytest.mark.parametrize("change", [-200, 100])
def test_counters_that_moved_otherwise_are_found(lake: Checked, change: int) -> None:
    _counted(lake, MEDIA, OTHER)
    for row in lake.snapshots:
        if row["media_id"] == OTHER and row["snapshot_day"] > MONDAY + 20 * ONE_DAY:
            row["play_count"] += change
    found = lake.check("plays-and-counters")
    assert (found.state, found.finding_count) == (State.WARN, 1)
    assert found.findings[0].media_id == OTHER
    assert "lifetime count of plays" in found.findings[0].message


def test_days_that_were_not_read_are_not_held_against_counters(lake: Checked) -> None:
    """Counts of the middle days are missing because nobody asked for them: only what follows the gap is compared."""
    _counted(lake, days=34)
    lake.days = [row for row in lake.days if not 8 <= (row["day"] - MONDAY).days < 18]
    (lake.catalog.root / "bronze").rename(lake.catalog.root / "old")
    _count_look(lake, MONDAY + 9 * ONE_DAY, datetime(2025, 1, 15, 12, tzinfo=UTC), "2025-01-06", "2025-01-13")
    _count_look(lake, MONDAY + 34 * ONE_DAY, lake.now, "2025-01-24", "2025-02-09")
    found = lake.check("plays-and-counters")
    assert (found.state, found.compared) == (State.OK, "1 medias, loads and plays")
    lake.days = [row for row in lake.days if not 21 <= (row["day"] - MONDAY).days < 28]
    assert lake.check("plays-and-counters").state is State.WARN


def test_a_media_that_waits_for_its_daily_counts_is_not_compared(lake: Checked) -> None:
    """The newest look could not ask for it any more; one that it left out because it had not moved is compared."""
    _counted(lake)
    for row in lake.days[20:]:
        row["play_count"] = 0
    assert lake.check("plays-and-counters").state is State.WARN
    later = lake.now + timedelta(hours=1)
    _count_look(lake, later.date(), later, str(MONDAY), str(later.date()), rows=[])
    assert lake.check("plays-and-counters").state is State.UNKNOWN
    _count_look(lake, later.date(), later + ONE_DAY, str(MONDAY), str(later.date()), rows=[], unmoved=[MEDIA])
    assert lake.check("plays-and-counters").state is State.WARN


def test_a_few_snapshots_are_not_compared(lake: Checked) -> None:
    _counted(lake, days=6)
    assert lake.check("plays-and-counters").state is State.UNKNOWN


def _snapshot(lake: Checked, **columns: object) -> None:
    lake.media(duration_ms=435_456, last_seen_day=MONDAY)
    recorded = {
        "play_rate": 0.4350761882621468, "hours_watched": 2651.986969632, "engagement": 0.500445,
        "visitor_count": 94634, "duration_ms": 435_456,
    }  # fmt: skip
    lake.snapshot(MONDAY, 43810, **{**recorded, **columns})


def test_the_lifetime_laws_hold_for_a_recorded_answer(lake: Checked) -> None:
    _snapshot(lake)
    assert lake.check("lifetime-laws").state is State.OK


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [("hours_watched", 2700.0, "hours watched are served"), ("play_rate", 0.44, "no whole number of players")],
)
def test_each_lifetime_law_that_breaks_is_found(lake: Checked, column: str, value: float, says: str) -> None:
    _snapshot(lake, **{column: value})
    found = lake.check("lifetime-laws")
    assert (found.state, found.finding_count) == (State.WARN, 1)
    assert found.findings[0].media_id == MEDIA
    assert says in found.findings[0].message


def test_only_the_newest_snapshot_and_a_length_of_that_day_are_judged(lake: Checked) -> None:
    lake.snapshot(MONDAY - ONE_DAY, 40_000, play_rate=0.333, visitor_count=100)
    _snapshot(lake, duration_ms=100_000)
    assert lake.check("lifetime-laws").state is State.OK
    lake.snapshots[-1]["duration_ms"] = lake.medias[MEDIA]["duration_ms"] = 100_000
    assert lake.check("lifetime-laws").state is State.WARN
    lake.medias[MEDIA]["last_seen_day"] = MONDAY - ONE_DAY
    assert lake.check("lifetime-laws").state is State.OK
