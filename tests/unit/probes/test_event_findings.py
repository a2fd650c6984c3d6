"""Verdicts about play sessions, from answers made by hand: what the simulated account never does, too."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wistia_lake.probes.asking import Page
from wistia_lake.probes.event_findings import (
    Answered,
    Border,
    days_utc,
    findings,
    lateness,
    media_filter,
    order,
    page_size,
    refused,
    repeats,
    watermark,
)
from wistia_lake.probes.event_lines import lines_of_findings

MIDNIGHT = datetime(2025, 3, 12, tzinfo=UTC)
NOW = MIDNIGHT + timedelta(hours=14)


def row(at, key=None, visitor="1741000_v", media_id="abcde12345", **more):
    made = int(at.timestamp()) // 1000
    return {
        "received_at": f"{at:%Y-%m-%dT%H:%M:%S}.000Z", "event_key": key or f"{made}_{at.isoformat()}",
        "visitor_key": visitor, "media_id": media_id, "percent_viewed": 0.5, "conversion_data": {}, **more,
    }  # fmt: skip


def page(*rows, number=1):
    return Page(number, json.dumps(rows).encode(), list(rows), NOW)


def at(minutes):
    """An instant so many minutes after the midnight."""
    return MIDNIGHT + timedelta(minutes=minutes)


ROWS = [row(at(minutes)) for minutes in (50, 30, 10, -10, -30)]
BORDER = Border(MIDNIGHT, page(*ROWS[3:]), page(*ROWS[:3]), page(*ROWS[:3]))


def answered(**changes):
    whole = Answered(
        asked_at=NOW, per_page=100, walk=[page(*ROWS)], media_id="abcde12345", of_media=page(*ROWS),
        of_no_media=page(), large_asked=200, large=page(*ROWS), after_large=page(), border=BORDER,
    )  # fmt: skip
    return replace(whole, **changes)


def test_nothing_can_be_told_from_nothing():
    found = findings(answered(walk=[], media_id=None, of_media=None, large=page(), after_large=None, border=None))
    verdicts = {
        name: value["verdict"] for name, value in found.items() if isinstance(value, dict) and "verdict" in value
    }
    assert set(verdicts) == {"media_filter", "dates_inclusive", "days_utc", "page_size", "order", "watermark"}
    assert set(verdicts.values()) == {"cannot tell"}
    assert found["newest"]["age_seconds"] is None
    assert lines_of_findings(found | {"request_count": 3})[0].startswith("0 found")


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "yes"),
        ({"of_no_media": None}, "yes"),
        ({"of_media": page(*ROWS, row(at(5), media_id="zzzzz12345"))}, "no"),
        ({"of_no_media": page(*ROWS)}, "no"),
        ({"of_media": page()}, "cannot tell"),
    ],
)
def test_the_media_filter_is_judged_by_what_it_lets_through(changes, verdict):
    assert media_filter(answered(**changes), ROWS)["verdict"] == verdict


def test_dates_are_inclusive_if_one_day_by_itself_has_rows():
    assert findings(answered())["dates_inclusive"]["verdict"] == "yes"
    empty = replace(BORDER, after=page(), after_oldest=page())
    found = findings(answered(border=empty))
    assert found["dates_inclusive"]["verdict"] == "no"
    assert found["days_utc"]["verdict"] == "cannot tell"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([-30, -10], [10, 50], "yes"),
        ([-30, 180], [310, 400], "no"),  # the day before goes on until 05:00Z: New York
        ([-300, -130], [-100, 50], "no"),  # the day after begins at 22:00Z: Berlin
        ([-300], [300], "cannot tell"),  # too quiet at midnight to tell zones apart
        ([-10], [61], "cannot tell"),
        ([-10], [1440], "no"),
        ([-1441], [10], "no"),
    ],
)
def test_days_are_utc_if_the_change_of_day_is_at_utcs_midnight(before, after, verdict):
    newest_first = sorted(after, reverse=True)
    border = Border(
        MIDNIGHT, page(*(row(at(minutes)) for minutes in before)), page(row(at(newest_first[0]))),
        page(*(row(at(minutes)) for minutes in newest_first)),
    )  # fmt: skip
    assert days_utc(border)["verdict"] == verdict


def full(count, number=1):
    return page(*(row(at(-minutes)) for minutes in range(count)), number=number)


@pytest.mark.parametrize(
    ("changes", "verdict", "cap", "stuck_at"),
    [
        ({"per_page": 5, "walk": [full(5), full(5, 2), full(2, 3)]}, "yes", None, None),
        ({"per_page": 25, "walk": [full(10), full(10, 2)]}, "no", None, 10),
        ({"per_page": 25, "walk": [full(10)]}, "yes", None, None),
        ({"per_page": 200, "walk": [full(100), full(100, 2)]}, "yes", None, None),
        ({"large": full(100), "after_large": full(3, 2)}, "yes", 100, None),
        ({"large": full(200), "after_large": full(3, 2)}, "yes", 200, None),
        ({"large": full(50), "after_large": page()}, "yes", None, None),
    ],
)
def test_page_sizes(changes, verdict, cap, stuck_at):
    found = page_size(answered(**changes))
    assert (found["verdict"], found["cap"], found["stuck_at"]) == (verdict, cap, stuck_at)


def test_order_counts_ties_and_what_rises():
    assert order([row(at(3)), row(at(3)), row(at(1))]) == {
        "verdict": "yes",
        "by": "received_at",
        "out_of_order": 0,
        "ties": 1,
    }
    assert order([row(at(1)), row(at(3)), row(at(2))])["verdict"] == "no"
    assert order([row(at(1))])["verdict"] == "cannot tell"


def test_repeats_and_twins_are_told_apart():
    twins = [row(at(3), "k1", "v1"), row(at(2), "k1", "v2")]
    again = [row(at(1), "k2", "v2"), row(at(1), "k2", "v2"), row(at(0), "k3", "v2")]
    found = repeats([*twins, *again])
    assert (found["repeated_rows"], found["twin_keys"]) == (1, 1)
    assert (found["distinct_event_keys"], found["distinct_event_and_visitor_keys"]) == (3, 4)


def test_the_watermark_is_the_instant_on_every_row():
    assert watermark(ROWS)["field"] == "received_at"
    assert watermark([*ROWS, row(at(-60)) | {"received_at": None}])["verdict"] == "no"
    assert watermark([row(at(1)), row(at(3))])["field"] is None
    more = [one | {"seen_at": one["received_at"], "mira@example.com": one["received_at"]} for one in ROWS]
    assert watermark(more)["instants_on_every_row"] == ["(withheld name)", "received_at", "seen_at"]


def test_lateness_never_calls_a_row_later_than_it_was():
    base = int(MIDNIGHT.timestamp()) // 1000
    begins = datetime.fromtimestamp(base * 1000, UTC)
    rows = [
        row(begins + timedelta(seconds=999), f"{base}_a"),
        row(begins + timedelta(seconds=1000 + 50_000), f"{base}_b"),
        row(begins + timedelta(seconds=1000 + 90_000), f"{base}_c"),
        row(begins, "abcdef0_d"),
    ]
    assert lateness(rows) == {
        "rows": 3, "keys_without_a_time": 1, "median_seconds": 50_000, "largest_seconds": 90_000, "over_an_hour": 2,
        "over_a_day": 1, "received_on_a_later_utc_day": 1,
    }  # fmt: skip


def test_rows_that_ingest_would_set_aside_are_counted_without_their_values():
    bad = [row(at(5)) | {"percent_viewed": "mira@example.com"}, row(at(4)), {"event_key": "x"}]
    found = refused([page(*bad)])
    assert found["rows"] == 2
    assert "percent_viewed: number in 0..1 expected, string found" in found["reasons"]
    assert "mira" not in json.dumps(found)


def test_fields_are_described_without_their_values():
    rows = [row(at(5), country="US"), row(at(4), country=None), row(at(3), country="", email="mira@example.com")]
    found = findings(answered(walk=[page(*rows)]))["fields"]
    assert found["country"] == {
        "present": 3, "absent": 0, "null": 1, "blank": 1, "types": {"null": 1, "string": 2}, "least": None, "most": None,
        "decimals": 0,
    }  # fmt: skip
    assert found["user_agent_details.browser"]["absent"] == 3
    assert (found["received_at"]["least"], found["received_at"]["most"]) == (
        rows[2]["received_at"],
        rows[0]["received_at"],
    )
    assert "mira" not in json.dumps(found)


def test_every_finding_has_a_sentence():
    text = "\n".join(lines_of_findings(findings(answered()) | {"request_count": 9}))
    for part in (
        "media filter works: yes", "dates are inclusive: yes", "days are UTC: yes", "page size as asked: yes",
        "newest first by received_at: yes", "twins", "newest row: 2025-03-12T00:50:00Z, 47,400 seconds old",
        "watermark: received_at", "lateness from key to receipt", "cap: cannot tell",
    ):  # fmt: skip
        assert part in text
