"""Which sessions a perfect reader holds: worked cases on small histories."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sandbox.reading import ask, days, run, walk
from sandbox.truth_support import FIRST, MEDIA, OTHER, at, held, hidden, ids, look, truth_of
from wistia_lake.sandbox.scenario import Options
from wistia_lake.sandbox.server import Site
from wistia_lake.sandbox.truth import COLUMNS
from wistia_lake.sandbox.world import World


def test_one_run_holds_every_row_that_it_read(site):
    rows = run(site, FIRST)
    found = truth_of(site).rows("silver.fact_event")
    assert held(found) == ids(rows)
    assert len(found) == len(rows)


def test_a_day_that_nobody_looked_at_is_not_held(site):
    look(site, date(2025, 3, 8))
    assert {row["received_day"] for row in truth_of(site).rows("silver.fact_event")} == {date(2025, 3, 8)}
    assert truth_of(site).rows("silver.dim_media")[0]["first_seen_day"] is None


def test_the_newest_complete_look_decides():
    site = Site(World("demo"), at("2025-03-11T01:00:00"), rate_limit=None)
    early = look(site, date(2025, 3, 10))
    later = look(site, date(2025, 3, 10), "2025-03-14T12:00:00")
    assert ids(early) < ids(later)
    assert held(truth_of(site).rows("silver.fact_event")) == ids(later)


def test_an_incomplete_walk_does_not_count():
    site = Site(World("demo"), at("2025-03-11T01:00:00"), rate_limit=None)
    early = look(site, date(2025, 3, 10))
    site.advance(at("2025-03-14T12:00:00"))
    assert ask(site, "/stats/events", start_date="2025-03-10", end_date="2025-03-10", page=1).rows == 100
    assert held(truth_of(site).rows("silver.fact_event")) == ids(early)


def test_a_full_last_page_is_complete_only_with_the_empty_one_behind_it(site):
    day = date(2025, 3, 8)
    size = ask(site, "/stats/events", start_date=day, end_date=day, per_page=100).rows
    site._requests.clear()
    half = next(number for number in range(size - 1, 0, -1) if size % number == 0)
    for page in range(1, size // half + 1):
        ask(site, "/stats/events", start_date=day, end_date=day, per_page=half, page=page)
    assert truth_of(site).rows("silver.fact_event") == []
    ask(site, "/stats/events", start_date=day, end_date=day, per_page=half, page=size // half + 1)
    assert truth_of(site).rows("silver.fact_event") == [], "read once it may be a lie"
    ask(site, "/stats/events", start_date=day, end_date=day, per_page=half, page=size // half + 1)
    assert len(truth_of(site).rows("silver.fact_event")) == size


def test_other_requests_are_no_looks(site):
    ask(site, "/stats/events", start_date="2025-03-08", end_date="2025-03-09", page=5)
    ask(site, "/stats/events", start_date="2025-03-08", end_date="2025-03-08", visitor_key="x")
    ask(site, "/stats/events", page=9)
    ask(site, "/medias", name="x")
    site.handle("/v1/stats/events", {"start_date": ["2025-03-08"], "end_date": ["2025-03-08"]}, "Bearer wrong")
    for table in COLUMNS:
        assert truth_of(site).rows(table) == []


def test_a_walk_that_time_moved_through_holds_what_its_pages_held():
    site = Site(World("demo"), at("2025-03-13T14:00:00"), rate_limit=None)
    rows = walk(
        site, "/stats/events", between=lambda: site.advance(site.now + timedelta(minutes=7)),
        start_date="2025-03-13", end_date="2025-03-13",
    )  # fmt: skip
    last = {(row["event_key"], row["visitor_key"]): row for row in rows}  # of a repeated row the later request counts
    assert len(last) < len(rows)
    found = truth_of(site).rows("silver.fact_event")
    assert held(found) == ids(last.values())
    shares = {hidden(row["event_key"], b"event"): row["percent_viewed"] for row in last.values()}
    assert {row["event_id"]: row["percent_viewed"] for row in found if not row["is_twin"]}.items() <= shares.items()


def test_a_scope_of_one_media_covers_only_that_media(site):
    site.advance(at("2025-03-12T20:00:00"))
    run(site, FIRST, media_ids=[MEDIA])
    found = truth_of(site)
    assert {row["media_id"] for row in found.rows("silver.fact_event")} == {MEDIA}
    other = [row for row in found.rows("silver.fact_media_day") if row["media_id"] == OTHER]
    assert other
    assert all(row["event_count"] is None and row["play_count"] is not None for row in other)
    look(site, date(2025, 3, 8))  # widened again for one day: newest look counts, whatever its scope
    assert {row["media_id"] for row in truth_of(site).rows("silver.fact_event")} == {MEDIA, OTHER}


def test_a_session_that_moves_over_midnight_is_held_once():
    print("seed 5")
    world = World("tiny", 5, Options(received_at="last"))
    crossing = next(
        session
        for day in days(date(2025, 3, 6), date(2025, 3, 18))
        for found in world.local_day_sessions(MEDIA, day).values()
        for session in found
        if len(session.days()) > 1 and session.visible_at < session.days()[1] * 86_400
    )
    midnight = datetime.fromtimestamp(crossing.days()[1] * 86_400, UTC)
    before, after = (midnight - timedelta(seconds=1)).date(), midnight.date()
    site = Site(world, midnight - timedelta(seconds=1), rate_limit=None)
    first = look(site, before)
    assert hidden(crossing.event_key, b"event") in {pair[0] for pair in ids(first)}
    site.advance(midnight + timedelta(minutes=20))
    look(site, after)  # the day before is not read again: its look still shows the session
    found = [row for row in truth_of(site).rows("silver.fact_event") if row["received_day"] == after]
    assert hidden(crossing.event_key, b"event") in {row["event_id"] for row in found}
    keys = [(row["event_id"], row["visitor_id"]) for row in truth_of(site).rows("silver.fact_event")]
    assert len(keys) == len(set(keys))


def test_twins_are_both_kept_and_one_is_marked(demo_world):
    site = Site(demo_world, at("2025-03-13T14:00:00"), rate_limit=None)
    for day in days(date(2025, 2, 21), date(2025, 2, 24)):
        look(site, day)
    by_event = {}
    for row in truth_of(site).rows("silver.fact_event"):
        by_event.setdefault(row["event_id"], []).append(row)
    pairs = [rows for rows in by_event.values() if len(rows) > 1]
    assert pairs
    for rows in pairs:
        assert sorted(row["is_twin"] for row in rows) == [False, True]
        best = next(row for row in rows if not row["is_twin"])
        assert best["percent_viewed"] == max(row["percent_viewed"] for row in rows)


def test_a_walk_whose_last_page_changed_between_two_readings_is_void():
    site = Site(World("demo"), at("2025-03-13T14:00:00"), rate_limit=None)
    day = {"start_date": "2025-03-13", "end_date": "2025-03-13"}
    for page in (1, 2, 3, 3):
        ask(site, "/stats/events", page=page, **day)
    held_before = held(truth_of(site).rows("silver.fact_event"))
    assert held_before
    site._requests.clear()
    for page in (1, 2, 3):
        ask(site, "/stats/events", page=page, **day)
    site.advance(site.now + timedelta(minutes=30))  # newcomers push rows onto the last page
    ask(site, "/stats/events", page=3, **day)
    assert truth_of(site).rows("silver.fact_event") == []
    rows = look(site, date(2025, 3, 13))
    assert held_before < held(truth_of(site).rows("silver.fact_event")) == ids(rows)
