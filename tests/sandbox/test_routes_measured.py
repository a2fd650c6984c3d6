"""Measured days of medias, as the modern API's analytics answer them."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from sandbox.reading import AUTHORIZATION, days
from wistia_lake.sandbox.scenario import Options
from wistia_lake.sandbox.server import TOKEN_WITHOUT_STATS, Site
from wistia_lake.sandbox.world import World

MEDIA, OTHER = "t1nyaaaa01", "t1nybbbb02"
DAYS = {"granularity": "daily", "start_date": "2025-03-04", "end_date": "2025-03-13"}
ACTIVE = [
    "timestamp", "unique_loads", "unique_plays", "plays", "unique_visitors", "form_conversions", "played_time",
    "play_rate", "engagement_rate", "cta_impressions", "cta_conversions", "cta_conversion_rate",
]  # fmt: skip


def ask(site, path=f"/modern/analytics/medias/{MEDIA}/timeseries", authorization=AUTHORIZATION, **query):
    answer, _ = site.handle(path, {name: [str(value)] for name, value in query.items()}, authorization)
    return answer


def buckets(site, media_id=MEDIA, **changes):
    answer = ask(site, f"/modern/analytics/medias/{media_id}/timeseries", **(DAYS | changes))
    assert answer.status == 200, answer
    return json.loads(answer.body)


def by_date(site, media_id=MEDIA, first="2025-03-04", last="2025-03-12"):
    answer = ask(site, f"/modern/stats/medias/{media_id}/by_date", start_date=first, end_date=last)
    return json.loads(answer.body)


def test_buckets_begin_at_local_midnight_over_a_clock_change_and_the_end_is_exclusive(site):
    found = [bucket["timestamp"] for bucket in buckets(site, end_date="2025-03-11")]
    assert found[0] == "2025-03-04 05:00:00.000Z"
    assert found[-2:] == ["2025-03-09 05:00:00.000Z", "2025-03-10 04:00:00.000Z"]
    assert len(found) == 7


def test_no_bucket_after_today_and_none_for_an_empty_range(site):
    assert buckets(site, end_date="2025-04-01")[-1]["timestamp"] == "2025-03-12 04:00:00.000Z"
    assert buckets(site, start_date="2025-03-13", end_date="2025-04-01") == []
    assert buckets(site, start_date="2025-03-05", end_date="2025-03-05") == []


def test_a_day_without_activity_holds_its_timestamp_and_nothing_else(site):
    found = buckets(site)
    counted = by_date(site)
    assert [list(bucket) for bucket in found] == [ACTIVE if row["load_count"] else ["timestamp"] for row in counted]
    assert list(found[0]) == ["timestamp"]


def test_plays_are_about_fourteen_percent_under_those_of_by_date_and_never_above(demo_world):
    site = Site(demo_world, rate_limit=None)
    medias = [media.hashed_id for media in demo_world.present_medias(site.now)]
    window = {"start_date": "2025-02-20", "end_date": "2025-03-01"}
    measured = counted = 0
    for media_id in medias:
        pairs = zip(buckets(site, media_id, **window), by_date(site, media_id, "2025-02-20", "2025-02-28"), strict=True)
        for bucket, row in pairs:
            assert bucket.get("plays", 0) <= row["play_count"]
            assert bucket.get("unique_plays", 0) <= bucket.get("plays", 0)
            assert bucket.get("unique_plays", 0) <= bucket.get("unique_visitors", 0) <= bucket.get("unique_loads", 0)
            assert bucket.get("unique_loads", 0) <= row["load_count"]
            measured, counted = measured + bucket.get("plays", 0), counted + row["play_count"]
    assert counted > 5_000
    assert 0.83 < measured / counted < 0.89


def test_played_time_is_that_of_sessions_and_rates_are_shares(site):
    """Without bots, every play that left a session is measured; parts that are seen again count again."""
    world = World("tiny", site.world.seed, Options(bot_share=0.0, twin_share=0.0))
    whole, length = Site(world, rate_limit=None), world.medias[MEDIA].length
    for bucket, day in zip(buckets(whole)[1:-1], days(date(2025, 3, 5), date(2025, 3, 11)), strict=True):
        seconds = whole.now.timestamp()
        held = {s.event_key: s for rows in world.local_day_sessions(MEDIA, day).values() for s in rows}
        watched = sum(session.percent_at(seconds) * length for session in held.values())
        assert bucket["plays"] == len(held)
        assert bucket["unique_plays"] == len({session.visitor.key for session in held.values()})
        assert isinstance(bucket["played_time"], int)
        assert watched - 1 < bucket["played_time"] < watched * 1.3
        assert bucket["engagement_rate"] == pytest.approx(bucket["played_time"] / bucket["plays"] / length, abs=0.001)
        assert bucket["play_rate"] == round(bucket["unique_plays"] / bucket["unique_visitors"], 4)


def test_today_grows_with_the_simulated_time(site):
    before = buckets(site)[-1]
    site.advance(site.now + timedelta(hours=9))
    after = buckets(site)[-1]
    assert after["plays"] > before["plays"]
    assert after["played_time"] > before["played_time"]


def test_who_is_a_bot_changes_nothing_else(tiny):
    few, many = (Site(World("tiny", 5, Options(bot_share=share)), rate_limit=None) for share in (0.0, 0.5))
    assert sum(b.get("plays", 0) for b in buckets(few)) > 1.5 * sum(b.get("plays", 0) for b in buckets(many))
    for path, query in (
        ("/modern/stats/events", {"start_date": "2025-03-10", "end_date": "2025-03-10", "per_page": 100}),
        (f"/modern/stats/medias/{MEDIA}", {}),
        (f"/modern/stats/medias/{MEDIA}/by_date", {"start_date": "2025-03-05", "end_date": "2025-03-12"}),
        ("/v1/stats/visitors", {"per_page": 100}),
    ):
        assert ask(few, path, **query).body == ask(many, path, **query).body


@pytest.mark.parametrize(
    "changes",
    [
        {"start_date": ""},
        {"end_date": ""},
        {"granularity": ""},
        {"granularity": "hourly"},
        {"start_date": "2025-02-30"},
        {"start_date": "03/04/2025"},
        {"start_date": "2025-03-13", "end_date": "2025-03-12"},
        {"start_date": "2023-03-12", "end_date": "2025-03-13"},
    ],
)
def test_bad_parameters_are_refused(site, changes):
    answer = ask(site, **(DAYS | changes))
    assert answer.status == 400
    assert json.loads(answer.body)["error"] == "Bad request"


@pytest.mark.parametrize(("first", "end"), [("2023-03-13", "2025-03-13"), ("2024-02-29", "2026-03-01")])
def test_two_years_are_not_too_many(site, first, end):
    assert ask(site, **(DAYS | {"start_date": first, "end_date": end})).status == 200


def test_it_is_there_for_hashed_ids_of_medias_that_exist_and_by_the_modern_api_only(site):
    assert ask(site, f"/v1/analytics/medias/{MEDIA}/timeseries", **DAYS).status == 404
    for media_id in ("501", "nosuchid00"):
        assert ask(site, f"/modern/analytics/medias/{media_id}/timeseries", **DAYS).status == 404
    site.world.delete(OTHER, site.now)
    assert ask(site, f"/modern/analytics/medias/{OTHER}/timeseries", **DAYS).status == 404


def test_a_plan_or_a_token_may_not_have_it():
    plan = Site(World("tiny", 1, Options(analytics=False)), rate_limit=None)
    assert ask(plan, **DAYS).status == 403
    refused = ask(Site(World("tiny"), rate_limit=None), authorization=f"Bearer {TOKEN_WITHOUT_STATS}", **DAYS)
    assert (refused.status, json.loads(refused.body)["code"]) == (401, "unauthorized_scope")
