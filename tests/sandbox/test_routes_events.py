"""The contract of /stats/events: fields, order, types, nulls, laws, against recorded answers of the real API."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest

from sandbox.reading import days, fetch, utc_day

EVENT_FIELDS = [
    "received_at", "event_key", "ip", "country", "region", "city", "lat", "lon", "org", "email", "percent_viewed",
    "embed_url", "conversion_type", "conversion_data", "iframe_heatmap_url", "visitor_key", "user_agent_details",
    "media_id", "media_name", "media_url", "thumbnail",
]  # fmt: skip
EVENT_KEY = re.compile(
    r"\d{7}_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}-[0-9a-f]{9}-[0-9a-f]{12}-[0-9a-f]{4}"
)
MEDIA = "t1nyaaaa01"


def events(sandbox, **query):
    rows, page = [], 0
    while True:
        page += 1
        found = fetch(sandbox, "/v1/stats/events", page=page, per_page=100, **query).json
        rows += found
        if len(found) < 100:
            return rows


# -- events -------------------------------------------------------------------------------------------------------


def test_event_rows_have_the_observed_fields_in_order(demo):
    rows = events(demo, start_date="2025-02-20", end_date="2025-02-22")
    assert len(rows) > 2000
    for row in rows:
        assert list(row) == [name for name in EVENT_FIELDS if name in row]
        assert set(EVENT_FIELDS) - set(row) <= {"thumbnail"}
        assert re.fullmatch(r"2025-02-2[012]T\d\d:\d\d:\d\d\.000Z", row["received_at"])
        assert EVENT_KEY.fullmatch(row["event_key"])
        assert len(row["event_key"]) == len(row["visitor_key"]) == 72
        assert isinstance(row["percent_viewed"], float)
        assert 0.0 <= row["percent_viewed"] <= 1.0
        assert isinstance(row["lat"], float)
        assert isinstance(row["lon"], float)
        assert row["email"] is None or isinstance(row["email"], str)
        assert isinstance(row["conversion_type"], (str, int))
        assert set(row["conversion_data"]) in (set(), {"email", "first_name", "last_name", "is_new_lead"})
        assert row["event_key"] in row["iframe_heatmap_url"]
        assert list(row["user_agent_details"]) == ["browser", "browser_version", "platform", "mobile"]
        assert isinstance(row["user_agent_details"]["mobile"], bool)
        assert row["media_url"].endswith("/medias/" + row["media_id"])
        assert all(isinstance(row[name], str) for name in ("country", "region", "city", "org", "embed_url"))
        if "thumbnail" in row:
            assert list(row["thumbnail"]) == ["url", "width", "height", "fileSize", "contentType", "type"]


def test_event_rows_are_dirty_in_the_observed_ways(demo):
    rows = events(demo, start_date="2025-01-01", end_date="2025-02-22")
    agents = [row["user_agent_details"] for row in rows]
    for name in ("region", "city", "org", "embed_url"):
        assert any(row[name] == "" for row in rows), name
    assert {"mac", "windows", "android", "iOS", "iOS (iPhone)", "Mac OS", "macOS", "Generic Linux"} <= {
        agent["platform"] for agent in agents
    }
    assert {"Unknown Browser", "SamsungBrowser", "Samsung Browser", "Edge", "Microsoft Edge", "Mi Browser"} <= {
        agent["browser"] for agent in agents
    }
    assert {"0", "15.6,2", "AppleWebKit/605", "362.1.0.16.239"} <= {agent["browser_version"] for agent in agents}
    assert any("thumbnail" not in row for row in rows)
    assert any(row["conversion_type"] == 0 and isinstance(row["conversion_type"], int) for row in rows)
    assert any(row["conversion_data"] for row in rows)
    assert any(row["email"] for row in rows)
    assert any(row["email"] == "" for row in rows)
    assert any(not row["region"].isascii() for row in rows)
    assert any(":" in row["ip"] for row in rows)
    assert any((row["lat"], row["lon"]) == (37.751, -97.822) for row in rows)
    assert any(not row["visitor_key"][:7].isdecimal() for row in rows)
    assert any(row["visitor_key"][22] != "4" for row in rows)
    for part in ("utm_source=", "fbclid=", "gclid=", "wemail=", "/u/", "#player"):
        assert any(part in row["embed_url"] for row in rows), part
    documented = re.compile(r"192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+|2001:db8:[0-9a-f:]+")
    assert all(documented.fullmatch(row["ip"]) for row in rows)


def test_percent_viewed_has_the_observed_mix(demo):
    page = fetch(demo, "/v1/stats/events", start_date="2025-02-22", end_date="2025-02-22").body
    rows = events(demo, start_date="2025-01-01", end_date="2025-02-22")
    seen = [row["percent_viewed"] for row in rows]
    assert 0.05 < seen.count(0.0) / len(seen) < 0.10
    assert 0.16 < seen.count(1.0) / len(seen) < 0.22
    assert any(0 < value < 0.001 for value in seen)
    assert any("e-" in repr(value) for value in seen)
    assert any(len(repr(value)) >= 19 for value in seen)
    assert b'"percent_viewed":1.0,' in page  # a float on the wire, also when whole


def test_event_keys_tell_the_time_and_visitors_return(demo):
    rows = events(demo, start_date="2025-02-01", end_date="2025-02-20")
    ages = [datetime.fromisoformat(row["received_at"]).timestamp() // 1000 - int(row["event_key"][:7]) for row in rows]
    assert sum(age in {0, 1} for age in ages) > 0.99 * len(rows)
    assert any(age > 20 for age in ages)  # received hours after its key was made
    assert all(0 <= age < 90 for age in ages)
    addresses = {}
    for row in rows:
        addresses.setdefault(row["visitor_key"], set()).add(row["ip"])
    assert any(len(found) > 1 for found in addresses.values())
    assert 0.8 < len(addresses) / len(rows) < 0.95


def test_events_are_newest_first_in_a_total_order_with_ties(demo):
    rows = events(demo, start_date="2025-02-22", end_date="2025-02-23")
    stamps = [row["received_at"] for row in rows]
    assert stamps == sorted(stamps, reverse=True)
    assert len(set(stamps)) < len(stamps)
    again = events(demo, start_date="2025-02-22", end_date="2025-02-23")
    assert rows == again
    assert len({(row["event_key"], row["visitor_key"]) for row in rows}) == len(rows)


def test_event_days_are_utc_and_inclusive(tiny):
    one = events(tiny, start_date="2025-03-08", end_date="2025-03-08")
    two = events(tiny, start_date="2025-03-09", end_date="2025-03-09")
    both = events(tiny, start_date="2025-03-08", end_date="2025-03-09")
    assert {utc_day(row) for row in one} == {date(2025, 3, 8)}
    assert both == two + one
    hours = {row["received_at"][11:13] for row in both}
    assert {"00", "01", "02", "23"} <= hours  # days in New York would have left these out or split them
    whole = events(tiny)
    assert len(whole) == sum(
        len(events(tiny, start_date=day, end_date=day)) for day in days(date(2025, 3, 4), date(2025, 3, 12))
    )


def test_events_can_be_filtered_by_media_and_visitor(tiny):
    whole = events(tiny)
    assert events(tiny, media_id=MEDIA) == [row for row in whole if row["media_id"] == MEDIA]
    visitor = whole[5]["visitor_key"]
    assert events(tiny, visitor_key=visitor) == [row for row in whole if row["visitor_key"] == visitor]
    assert fetch(tiny, "/v1/stats/events", media_id="nosuchmedi").json == []


def test_too_large_pages_are_cut_in_silence_and_the_end_is_an_empty_array(tiny):
    whole = events(tiny)
    assert len(whole) > 200
    for size in ("500", "101", "100"):
        assert fetch(tiny, "/v1/stats/events", per_page=size).json == whole[:100]
    assert fetch(tiny, "/v1/stats/events").json == whole[:100]
    assert fetch(tiny, "/v1/stats/events", page=0, per_page=7).json == whole[:7]
    assert fetch(tiny, "/v1/stats/events", page=3, per_page=7).json == whole[14:21]
    past = fetch(tiny, "/v1/stats/events", page=999)
    assert (past.status, past.body) == (200, b"[]")


@pytest.mark.parametrize(
    "query",
    [{"start_date": "yesterday"}, {"end_date": "2025-02-30"}, {"page": "two"}, {"per_page": "1.5"}],
)
def test_invalid_parameters_answer_422_with_a_reason(tiny, query):
    reply = fetch(tiny, "/v1/stats/events", **query)
    assert reply.status == 422
    assert list(reply.json) == ["error"]
    assert next(iter(query)) in reply.json["error"]


def test_a_date_with_a_time_part_is_accepted_and_finds_nothing(tiny):
    assert fetch(tiny, "/v1/stats/events", start_date="2025-03-08T00:00:00Z").json == []


def test_one_event_by_its_key(tiny):
    row = events(tiny)[3]
    assert fetch(tiny, f"/v1/stats/events/{row['event_key']}.json").json == row
    missing = fetch(tiny, "/v1/stats/events/1741563_nothing")
    assert missing.status == 404
    assert "error" in missing.json
