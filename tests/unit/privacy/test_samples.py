"""Samples show the form of answers and nobody in them."""

from __future__ import annotations

import json

import pytest

from wistia_lake.privacy.samples import EVENT, MEDIA, MEDIA_STATS, REDACTED, VISITOR, redact, redacted_key

KEY = "1760645_1c2d3e4f-5061-4728-93a4-b5c6d7e8f901-2b3c4d5e6-7f8091a2b3c4-d5e6"
VISITOR_ROW = {
    "visitor_key": KEY,
    "created_at": "2025-10-16T20:07:48.000Z",
    "last_active_at": "2025-10-16T20:07:48.000Z",
    "last_event_key": KEY,
    "load_count": 3,
    "play_count": 1,
    "identifying_event_key": KEY,
    "visitor_identity": {
        "name": "Mira Holt",
        "email": "mira@example.com",
        "org": {"name": "Tallow Lane Allotments", "title": "Seed buyer"},
    },
    "user_agent_details": {
        "browser": "Chrome",
        "browser_version": "131.0.6778.103",
        "platform": "Android",
        "mobile": True,
    },
}
EVENT_ROW = {
    "received_at": "2025-05-12T16:44:26.000Z", "event_key": KEY, "ip": "203.0.113.17", "country": "US",
    "region": "Example State", "city": "Exampleville", "lat": 12.3456, "lon": -12.3456, "org": "Example Broadband",
    "email": "mira@example.com", "percent_viewed": 2.3e-05,
    "embed_url": "https://Editor@www.example.com:8443/u/mira@example.com/hello?utm_source=x&wemail=mira%40example.com#t",
    "conversion_type": "Turnstile", "conversion_data": {"email": "mira@example.com", "first_name": "Mira"},
    "iframe_heatmap_url": "https://api.wistia.com/v1/stats/events/x/iframe.html?public_token=xxxxxxxxxx",
    "visitor_key": KEY, "user_agent_details": {"browser": "Chrome", "browser_version": "136", "platform": "", "mobile": False},
    "media_id": "abcde12345", "media_name": "Example", "media_url": "https://example.wistia.com/medias/abcde12345",
    "thumbnail": {"url": "http://embed.wistia.com/deliveries/0.bin"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        (KEY, "1760645_***redacted***"),
        ("a60645f_1c2d3e4f", REDACTED),
        ("1390862572596e0.8447021404281259", REDACTED),
        ("ADEF0123456789ABCDEF0123456789ABCDEF0123", REDACTED),
        ("v20150227_1c2d3e4f", REDACTED),
        ("15550100199001_1c2d3e4f", REDACTED),
        ("\u0661\u0667_x", REDACTED),
        ("", REDACTED),
        (17, REDACTED),
        (None, None),
    ],
)
def test_a_key_keeps_its_numeric_prefix_only(key, kept):
    assert redacted_key(key) == kept


def test_a_visitor_keeps_counts_times_and_user_agent():
    found = redact([VISITOR_ROW], VISITOR)
    assert found.rows == [
        VISITOR_ROW
        | {
            "visitor_key": "1760645_***redacted***",
            "last_event_key": "1760645_***redacted***",
            "identifying_event_key": "1760645_***redacted***",
            "visitor_identity": {"name": "", "email": None, "org": {"name": None, "title": None}},
        }
    ]
    assert found.personal == dict.fromkeys(("visitor_key", "last_event_key", "identifying_event_key", "visitor_identity.name", "visitor_identity.email", "visitor_identity.org.name", "visitor_identity.org.title"), 1)  # fmt: skip
    assert found.unknown == found.dropped == set()


def test_an_event_keeps_its_form():
    found = redact([EVENT_ROW], EVENT)
    expected = EVENT_ROW | {
        "event_key": "1760645_***redacted***", "visitor_key": "1760645_***redacted***", "ip": REDACTED,
        "city": REDACTED, "lat": None, "lon": None, "org": REDACTED, "email": None, "conversion_data": {},
        "iframe_heatmap_url": REDACTED, "embed_url": "https://www.example.com/u/***/hello",
    }  # fmt: skip
    del expected["thumbnail"]
    assert found.rows == [expected]
    assert list(found.rows[0]) == [name for name in EVENT_ROW if name != "thumbnail"]
    assert found.dropped == {"thumbnail"}
    assert found.personal["embed_url (query)"] == 1


def test_blanks_stay_blank_and_are_not_counted_as_personal():
    blank = EVENT_ROW | {"ip": "", "city": "", "org": "", "iframe_heatmap_url": "", "embed_url": "", "email": None}
    found = redact([blank], EVENT)
    assert all(found.rows[0][name] == "" for name in ("ip", "city", "org", "iframe_heatmap_url", "embed_url"))
    assert not found.personal.keys() & {"ip", "city", "org", "iframe_heatmap_url", "email", "embed_url (query)"}


def test_unknown_fields_are_dropped_and_named_at_every_depth():
    row = VISITOR_ROW | {
        "phone": "+1 555 010-0199",
        "mira@example.com": 1,
        "visitor_identity": {**VISITOR_ROW["visitor_identity"], "nick": "mimi"},
        "user_agent_details": {"device_id": "abc"},
    }
    found = redact([row], VISITOR)
    assert found.unknown == {"phone", "(withheld name)", "visitor_identity.nick", "user_agent_details.device_id"}
    text = json.dumps(found.rows)
    assert not any(value in text for value in ("555", "mimi", "abc", "mira"))


@pytest.mark.parametrize(
    "changes",
    [
        {"received_at": "mira@example.com"},
        {"country": {"name": "mira@example.com"}},
        {"percent_viewed": "mira@example.com"},
        {"conversion_type": "mira@example.com"},
        {"media_id": "mira@example.com"},
        {"embed_url": "mailto:mira@example.com"},
        {"embed_url": ["mira@example.com"]},
        {"user_agent_details": "mira@example.com"},
        {
            "user_agent_details": {
                "browser": "mira@example.com",
                "browser_version": "mira@example.com",
                "mobile": "mira@example.com",
            }
        },
        {"ip": ["mira@example.com"]},
        {"event_key": "mira@example.com"},
        {"visitor_key": {"key": "mira@example.com"}},
        {"conversion_data": "mira@example.com"},
    ],
)
def test_a_value_of_another_kind_is_redacted(changes):
    clean = EVENT_ROW | {"email": None, "embed_url": "", "conversion_data": {}}
    assert "mira" not in json.dumps(redact([clean | changes], EVENT).rows)


def test_a_row_that_is_no_object_is_no_row():
    found = redact(["mira@example.com", 17, None], EVENT)
    assert found.rows == []
    assert found.unknown == {"(a row that is no object)"}


def test_medias_and_statistics_keep_what_is_on_the_list():
    media = {
        "id": 5, "name": "A &amp; B", "hashed_id": "abcde12345", "created": "2023-01-26T02:19:57+00:00", "duration": 61.5,
        "project": {"id": 7, "name": "Facebook Ads", "hashed_id": "p7n2c4x8aa"}, "tags": [{"name": "lesson"}],
        "description": "call mira@example.com", "assets": [{"url": "x"}], "share_link": "y",
    }  # fmt: skip
    found = redact([media], MEDIA)
    assert found.rows == [
        {name: media[name] for name in ("id", "name", "hashed_id", "created", "duration", "project", "tags")}
    ]
    assert found.dropped == {"description", "assets", "share_link"}
    record = {
        "load_count": 110694, "play_count": 43810, "play_rate": 0.4350761882621468, "hours_watched": 2651.986969632,
        "engagement": 0.500445, "visitors": 94634,
    }  # fmt: skip
    action = {
        "type": "Turnstile",
        "action_count": 3,
        "impression_count": 9,
        "rate": 0.3,
        "text": "Call Mira",
        "url": "x",
    }
    found = redact([record | {"actions": [action]}], MEDIA_STATS)
    assert found.rows[0] == record | {
        "actions": [{name: action[name] for name in ("type", "action_count", "impression_count", "rate")}]
    }
    assert found.dropped == {"actions.text", "actions.url"}
