"""Reading ``Retry-After``, and the registry of endpoints."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wistia_lake.wistia.endpoints import ENDPOINTS, EVENT, EVENTS, shown
from wistia_lake.wistia.statuses import parse_retry_after

NOW = datetime(2025, 3, 12, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 12 ", 12.0),
        ("1.5", 1.5),
        ("Wed, 12 Mar 2025 14:01:00 GMT", 60.0),
        ("Wed, 12 Mar 2025 15:01:00 +0100", 60.0),
        ("Wed, 12 Mar 2025 14:01:00 -0000", 60.0),
        ("Wed, 12 Mar 2025 13:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("²", None),
        (".", None),
        ("Wed, 99 Mar 2025 14:01:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    assert parse_retry_after(text, NOW) == seconds


def test_every_endpoint_is_registered_under_its_name():
    assert set(ENDPOINTS) == {
        "medias", "media", "account", "token", "stats_account", "media_stats", "media_by_date", "events", "event",
        "visitors", "account_by_date", "media_engagement", "projects", "folders", "media_timeseries",
    }  # fmt: skip
    assert all(endpoint.name == name for name, endpoint in ENDPOINTS.items())
    assert {name for name, endpoint in ENDPOINTS.items() if endpoint.paged} == {
        "medias", "events", "visitors", "projects", "folders",
    }  # fmt: skip


def test_messages_show_no_key_of_a_viewer():
    assert EVENT.label({"event_key": "raw"}) == "/stats/events/{event_key}"
    assert shown({"visitor_key": "raw", "page": "2", "per_page": "100"}) == " (page 2)"
    assert shown({"visitor_key": "raw"}) == ""
    assert EVENTS.label({}) == "/stats/events"
