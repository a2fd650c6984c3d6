"""``probe lateness`` as somebody calls it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

from .conftest import BASE, NOW, look

LOCAL = ("--base-url", BASE, "--now", NOW)
DAY = date(2025, 3, 1)


def at(days: float) -> datetime:
    """So many days after the day's begin."""
    return datetime(2025, 3, 1, 6, 30, tzinfo=UTC) + timedelta(days=days)


def _days(call, *words: str) -> dict:
    result = call("probe", "lateness", "--json", *LOCAL, *words)
    assert (result.code, result.err) == (0, "")
    return json.loads(result.out)["days"]


def test_a_lake_that_cannot_tell_yet_says_what_is_missing(call, lake):
    look(lake, date(2025, 3, 12), at(11))
    result = call("probe", "lateness", *LOCAL)
    assert result.code == 0
    assert result.out.splitlines()[0] == (
        "UTC days 2025-01-12 to 2025-03-12: 0 tell how late their sessions came (59 never read; 1 not read again yet "
        "after their late window)."
    )
    assert "Not enough data: 0 days with 0 sessions can tell" in result.out


def test_what_a_day_needs_to_tell(call, lake):
    look(lake, DAY, at(0), final=False)
    look(lake, DAY, at(1))
    assert _days(call) == {"never read": 59, "not swept yet": 1}
    look(lake, DAY, at(4))
    assert _days(call) == {"never read": 59, "not swept yet": 1}
    look(lake, DAY, at(5))
    assert _days(call) == {"never read": 59, "tells": 1}


def test_a_day_whose_rows_were_set_aside_or_cut_cannot_tell(call, lake):
    for day, more in ((0, {"quarantined_count": 1}), (1, {"cut": True}), (2, {})):
        slice_day = DAY + timedelta(days=day)
        look(lake, slice_day, at(day), final=False, **more)
        look(lake, slice_day, at(day + 1))
        look(lake, slice_day, at(day + 5.5))
    assert _days(call) == {"never read": 57, "bad rows": 1, "cut": 1, "tells": 1}


def test_a_day_that_was_first_read_more_than_a_day_after_its_end_cannot_tell(call, lake):
    look(lake, DAY, at(1.7))
    look(lake, DAY, at(7))
    look(lake, DAY + timedelta(days=1), at(3))
    look(lake, DAY + timedelta(days=1), at(8))
    assert _days(call) == {"never read": 58, "tells": 1, "read too late": 1}


def test_only_the_scopes_in_force_and_the_days_asked_for_count(call, lake, monkeypatch):
    for number in range(3):
        look(lake, DAY, at(number * 5), scope="media=abcde12345")
    assert _days(call) == {"never read": 60}
    monkeypatch.setenv("MEDIA_IDS", "abcde12345")
    assert _days(call) == {"never read": 59, "tells": 1}
    assert _days(call, "--days", "5") == {"never read": 5}


def test_no_lake_and_no_days_are_said(call, folder):
    result = call("probe", "lateness", *LOCAL)
    assert result.code == 3
    assert "There is no lake in" in result.err
    assert list(folder.iterdir()) == []
    assert call("probe", "lateness", "--days", "0").code == 2
