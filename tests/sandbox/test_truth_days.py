"""Days, snapshots and figures of a perfect reader: worked cases on small histories."""

from __future__ import annotations

from datetime import date

from sandbox.reading import ask, days, run, walk
from sandbox.truth_support import DAY, FIRST, MEDIA, OTHER, at, look, truth_of
from wistia_lake.sandbox.server import Site
from wistia_lake.sandbox.world import World


def test_days_are_final_and_settled_by_the_instants_of_their_looks(world):
    site = Site(world, at("2025-03-11T04:59:00"), rate_limit=None)
    run(site, FIRST)
    rows = {row["day"]: row for row in truth_of(site).rows("silver.fact_media_day") if row["media_id"] == MEDIA}
    assert rows[date(2025, 3, 9)]["is_final"]
    assert not rows[date(2025, 3, 10)]["is_final"]  # over since 04:00Z, settled at 05:00Z
    assert rows[date(2025, 3, 10)]["event_count"] > 0
    site.advance(at("2025-03-11T05:00:00"))
    run(site, FIRST)
    rows = {row["day"]: row for row in truth_of(site).rows("silver.fact_media_day") if row["media_id"] == MEDIA}
    assert rows[date(2025, 3, 10)]["is_final"]
    assert not rows[date(2025, 3, 10)]["is_settled"]
    assert not rows[date(2025, 3, 8)]["is_settled"]  # overlaps 9 March, which ended only two days ago
    assert rows[date(2025, 3, 6)]["is_settled"]


def test_a_late_row_at_three_in_the_morning_counts_for_the_day_before(site):
    run(site, FIRST)
    late = [row for row in truth_of(site).rows("silver.fact_event") if row["received_at"].hour < 4]
    assert late
    assert all(row["day"] == row["received_day"] - DAY for row in late)


def test_today_is_covered_by_todays_look_until_its_second_utc_day_begins(site):
    site.advance(at("2025-03-12T23:59:00"))
    look(site, date(2025, 3, 11))
    look(site, date(2025, 3, 12))
    walk(site, "/medias")
    counts = {row["day"]: row["event_count"] for row in truth_of(site).rows("silver.fact_media_day")}
    assert counts[date(2025, 3, 12)] > 0  # 13 March UTC had not begun
    assert date(2025, 3, 10) not in counts  # 10 March UTC was not looked at, so the New York day is not covered
    site.advance(at("2025-03-13T00:00:00"))
    look(site, date(2025, 3, 12))
    assert date(2025, 3, 12) not in {row["day"] for row in truth_of(site).rows("silver.fact_media_day")}


def test_a_slice_first_read_through_the_edge_is_never_final():
    world = World("edge", 1)
    site = Site(world, at("2025-03-12T14:00:00"), rate_limit=None)
    run(site, date(2023, 3, 12))
    rows = {row["day"]: row for row in truth_of(site).rows("silver.fact_media_day")}
    cut = [day for day in days(date(2023, 3, 11), date(2023, 3, 12)) if day in rows]
    assert cut
    assert not any(rows[day]["is_final"] for day in cut)
    assert rows[date(2023, 3, 14)]["is_final"]
    assert rows[date(2023, 3, 14)]["is_settled"]


def test_counts_are_null_where_by_date_was_not_read(site):
    site.advance(at("2025-03-12T20:00:00"))
    for day in days(date(2025, 3, 7), date(2025, 3, 9)):
        look(site, day)
    ask(site, "/stats/medias/501/by_date", start_date="2025-03-08", end_date="2025-03-08")  # by its numeric id
    rows = {(row["media_id"], row["day"]): row for row in truth_of(site).rows("silver.fact_media_day")}
    assert rows[MEDIA, date(2025, 3, 8)]["play_count"] == site.world.day_counts(MEDIA, date(2025, 3, 8), site.now)[1]
    assert rows[MEDIA, date(2025, 3, 7)]["play_count"] is None
    assert not rows[MEDIA, date(2025, 3, 7)]["is_final"]
    assert rows[OTHER, date(2025, 3, 8)]["play_count"] is None


def test_days_add_up_from_the_sessions(site):
    run(site, FIRST)
    found = truth_of(site)
    events = found.rows("silver.fact_event")
    for row in found.rows("silver.fact_media_day"):
        own = [event for event in events if (event["media_id"], event["day"]) == (row["media_id"], row["day"])]
        assert row["event_count"] == len(own)
        assert row["viewer_count"] == len({event["visitor_id"] for event in own})
        assert row["watched_ms"] == sum(event["watched_ms"] for event in own)  # 0 for a day without sessions
        assert row["completed_count"] == sum(event["percent_viewed"] >= 0.99 for event in own)
        assert row["watched_25_count"] >= row["watched_50_count"] >= row["watched_75_count"] >= row["completed_count"]
        assert row["month"] == row["day"].replace(day=1)
    assert sum(row["event_count"] for row in found.rows("silver.fact_media_day")) == len(events)


def test_snapshots_are_the_days_newest_and_change_against_the_one_before(site):
    ask(site, f"/stats/medias/{MEDIA}")
    site.advance(at("2025-03-12T22:00:00"))
    ask(site, "/stats/medias/501")
    site.advance(at("2025-03-15T01:00:00"))
    ask(site, f"/stats/medias/{MEDIA}.json")
    one, two = truth_of(site).rows("silver.fact_media_engagement")
    counters = site.world.counters(MEDIA, at("2025-03-12T22:00:00"))
    assert (one["load_count"], one["unique_play_count"]) == (counters.load_count, counters.unique_plays)
    assert one["previous_snapshot_day"] is one["load_count_change"] is None
    assert two["previous_snapshot_day"] == date(2025, 3, 12)
    assert two["play_count_change"] == two["play_count"] - one["play_count"] > 0
    assert two["unique_play_count"] == int(two["play_rate"] * two["visitor_count"] + 0.5)


def test_figures_of_28_days_are_ratios_of_sums(demo_world):
    site = Site(demo_world, at("2025-03-13T14:00:00"), rate_limit=None)
    run(site, date(2025, 1, 14))
    found = truth_of(site)
    rows = {row["media_id"]: row for row in found.rows("gold.kpi_media_28d")}
    row = rows["a6k7seed06"]
    assert (row["period_first_day"], row["period_last_day"]) == (date(2025, 2, 13), date(2025, 3, 12))
    days_ = [
        day for day in found.rows("silver.fact_media_day")
        if day["media_id"] == "a6k7seed06" and day["is_final"] and day["day"] >= row["period_first_day"]
    ]  # fmt: skip
    events = [
        event for event in found.rows("silver.fact_event")
        if event["media_id"] == "a6k7seed06" and event["day"] in {day["day"] for day in days_}
    ]  # fmt: skip
    watched = sum(event["watched_ms"] for event in events)
    assert row["watched_ms"] == watched
    assert row["watched_hours"] == watched / 3600000.0
    assert row["watched_share"] == watched / sum(event["duration_ms"] for event in events)
    assert row["viewer_count"] == len({event["visitor_id"] for event in events})
    assert row["completed_share"] == sum(event["percent_viewed"] >= 0.99 for event in events) / len(events)
    assert row["play_share"] == sum(day["play_count"] for day in days_) / sum(day["load_count"] for day in days_)
    assert row["previous_play_count"] > 0
    assert row["reported_snapshot_day"] == date(2025, 3, 13)
    unknown = rows["w6h9gfen06"]  # its length is unknown, and so is how long it was watched
    assert unknown["event_count"] > 0
    assert unknown["watched_ms"] is unknown["watched_share"] is unknown["reported_hours_watched"] is None
    assert rows["a8k7lawn08"]["previous_play_count"] is None
    assert rows["a8k7lawn08"]["previous_viewer_count"] == 0
