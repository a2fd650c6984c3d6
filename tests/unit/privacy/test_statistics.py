"""What is kept of answers about the account, curves and projects: only what the allow-list names, bad values never."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest

from wistia_lake.errors import DataError
from wistia_lake.privacy.rows import AccountByDateRow, MediaEngagementRow, MediaTimeseriesRow, ProjectRow
from wistia_lake.privacy.statistics import (
    decode_account_by_date,
    decode_engagement,
    decode_projects,
    decode_timeseries,
)


def day(text, **changes):
    return {"date": text, "load_count": 159, "play_count": 121, "hours_watched": 1.43} | changes


def account_days(*rows):
    return decode_account_by_date(json.dumps(rows).encode())


def test_the_days_of_the_account_are_rows_in_order_though_served_newest_first():
    assert account_days(day("2025-03-10", hours_watched=0), day("2025-03-09")).rows == [
        AccountByDateRow("2025-03-09", 159, 121, 1.43),
        AccountByDateRow("2025-03-10", 159, 121, 0.0),
    ]
    assert account_days().rows == []


def test_a_bad_or_repeated_day_of_the_account_is_told_and_the_others_stay():
    decoded = account_days(
        day("2025-03-11", viewer="Ann"), day("2025-03-11"), day("2025-03-09", load_count=1.5), day("2025-02-30")
    )
    assert [row.date for row in decoded.rows] == ["2025-03-11"]
    assert [(bad.position, bad.field) for bad in decoded.bad] == [(1, "date"), (2, "load_count"), (3, "date")]
    assert decoded.unknown_fields == {"viewer"}
    assert "Ann" not in repr(decoded)


AT = datetime(2025, 3, 12, 14, tzinfo=UTC)


def curve(body):
    return decode_engagement(json.dumps(body).encode(), media_id="abcde12345", looked_at=AT)


def test_a_curve_is_one_row_that_says_when_it_was_read():
    (row,) = curve({"engagement": 0.5, "engagement_data": [9, 4], "rewatch_data": [1, 0], "heat": "#f00"}).rows
    assert row == MediaEngagementRow("abcde12345", "2025-03-12", "2025-03-12T14:00:00Z", 0.5, [9, 4], [1, 0])


@pytest.mark.parametrize("body", [{}, {"engagement_data": None}, {"engagement_data": [], "rewatch_data": []}])
def test_no_numbers_are_a_curve_without_positions(body):
    (row,) = curve(body).rows
    assert (row.engagement_data, row.rewatch_data) == ([], [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"engagement_data": [1, 2], "rewatch_data": [1]}, "rewatch_data"),
        ({"engagement_data": [1], "rewatch_data": None}, "rewatch_data"),
        ({"engagement_data": [1.5], "rewatch_data": [0]}, "engagement_data"),
        ({"engagement_data": [1], "rewatch_data": [-1]}, "rewatch_data"),
        ({"engagement_data": [0] * 2001, "rewatch_data": [0] * 2001}, "engagement_data"),
        ({"engagement": -1}, "engagement"),
    ],
)
def test_a_bad_curve_is_described_without_its_values(body, field):
    decoded = curve(body)
    assert decoded.rows == []
    assert [bad.field for bad in decoded.bad] == [field]


def test_an_answer_that_is_no_object_is_refused():
    with pytest.raises(DataError, match="engagement"):
        decode_engagement(b"[]", media_id="abcde12345", looked_at=AT)


V1 = {"id": 7, "name": "Films", "description": "secret", "mediaCount": 3, "created": "2025-01-01T00:00:00+00:00",
      "updated": "2025-01-02T00:00:00+00:00", "hashedId": "project001", "public": True, "publicId": "secret",
      "anonymousCanUpload": True, "anonymousCanDownload": False}  # fmt: skip
MODERN = {"id": 7, "name": "Films", "description": "secret", "media_count": 3, "created": V1["created"],
          "updated": V1["updated"], "hashed_id": "project001", "public": True, "public_id": "secret",
          "anonymous_can_upload": True, "anonymous_can_download": False, "medias": {"url": "https://secret"},
          "kind": "shared", "personal_library": False, "cursor": "secret"}  # fmt: skip


@pytest.mark.parametrize("served", [V1, MODERN])
def test_a_project_keeps_what_the_list_allows_in_either_spelling(served):
    decoded = decode_projects(json.dumps([served]).encode())
    assert decoded.rows == [ProjectRow("project001", 7, "Films", 3, V1["created"], V1["updated"], True)]
    assert decoded.unknown_fields == set()
    assert decoded.dropped_fields == set(served) - {
        "id", "name", "created", "updated", "public", "hashedId", "hashed_id", "mediaCount", "media_count",
    }  # fmt: skip
    assert "secret" not in repr(decoded)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"hashedId": None}, "hashedId"), ({"created": "2025-02-30T00:00:00Z"}, "created"), ({"updated": "x"}, "updated"),
     ({"mediaCount": -1}, "mediaCount")],
)  # fmt: skip
def test_a_bad_project_is_told_and_the_others_stay(change, field):
    decoded = decode_projects(json.dumps([V1 | change, V1]).encode())
    assert [bad.field for bad in decoded.bad] == [field]
    assert len(decoded.rows) == 1


IDLE = {"timestamp": "2025-03-08 05:00:00.000Z"}
FULL = {
    "timestamp": "2025-03-09 05:00:00.000Z", "unique_loads": 9, "unique_plays": 7, "plays": 8, "unique_visitors": 6,
    "form_conversions": 1, "played_time": 7161, "play_rate": 0.5, "engagement_rate": 0.1473, "cta_impressions": 3,
    "cta_conversions": 1, "cta_conversion_rate": 0.3,
}  # fmt: skip


def buckets(*rows):
    return decode_timeseries(json.dumps(rows).encode(), media_id="abcde12345")


def test_a_measured_day_keeps_its_instant_and_measures_and_an_idle_one_its_instant_alone():
    decoded = buckets(FULL, IDLE)
    idle, full = decoded.rows
    assert msgspec.json.encode(idle) == (
        b'{"media_id":"abcde12345","begins_at":"2025-03-08T05:00:00.000Z","date":"2025-03-08"}'
    )
    assert full == MediaTimeseriesRow(
        "abcde12345", "2025-03-09T05:00:00.000Z", "2025-03-09", 8, 7, 9, 6, 7161.0, 0.5, 0.1473
    )
    assert decoded.dropped_fields == {"form_conversions", "cta_impressions", "cta_conversions", "cta_conversion_rate"}
    assert decoded.bad == []


@pytest.mark.parametrize(
    ("begins", "day"),
    [
        ("2025-03-09 10:00:00.000Z", "2025-03-09"),  # Hawaii
        ("2025-03-08 23:00:00.000Z", "2025-03-09"),  # Berlin
        ("2025-03-08 11:00:00.000Z", "2025-03-09"),  # Auckland in its summer
    ],
)
def test_how_far_was_read_is_told_by_the_accounts_day(begins, day):
    (row,) = buckets({"timestamp": begins, "plays": 1}).rows
    assert row.date == day


def test_null_measures_are_absent_ones():
    (row,) = buckets(dict.fromkeys(FULL) | IDLE).rows
    assert row == buckets(IDLE).rows[0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"timestamp": "2025-03-09T05:00:00.000Z"}, "timestamp"),
        ({"timestamp": "2025-03-09 05:00:00Z"}, "timestamp"),
        ({"timestamp": "2025-03-09 05:00:00.000"}, "timestamp"),
        ({"timestamp": "2025-03-09"}, "timestamp"),
        ({"timestamp": "2025-02-30 05:00:00.000Z"}, "timestamp"),
        ({"timestamp": "2025-03-09 24:00:00.000Z"}, "timestamp"),
        ({"timestamp": 1741496400}, "timestamp"),
        ({"plays": 1.5}, "plays"),
        ({"unique_plays": -1}, "unique_plays"),
        ({"played_time": "61"}, "played_time"),
        ({"played_time": -0.5}, "played_time"),
    ],
)
def test_a_bad_measured_day_is_described_without_its_values_and_the_others_stay(changes, field):
    decoded = buckets(IDLE, FULL | changes)
    assert len(decoded.rows) == 1
    assert [(bad.position, bad.field) for bad in decoded.bad] == [(1, field)]
    assert "2025-03-09" not in repr(decoded.bad)


def test_a_measured_day_that_comes_twice_is_told_and_an_unknown_field_named():
    decoded = buckets(FULL | {"viewer": "Ann"}, FULL)
    assert len(decoded.rows) == 1
    assert [(bad.position, bad.field, bad.found) for bad in decoded.bad] == [(1, "timestamp", "a bucket again")]
    assert decoded.unknown_fields == {"viewer"}
    assert "Ann" not in repr(decoded)
