"""Account days in every zone there is."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wistia_lake.silver.calendar import AccountCalendar

ZONES = sorted(zone for zone in available_timezones() if zone not in {"localtime", "posixrules"})


@given(st.sampled_from(ZONES), st.dates(date(2015, 1, 1), date(2027, 12, 31)))
def test_a_day_begins_at_its_first_instant(zone: str, day: date) -> None:
    """The instant belongs to the day, the microsecond before it does not; at most two UTC days overlap."""
    calendar = AccountCalendar(zone)
    begins = calendar.begins_at(day)
    assert calendar.day_of(begins) == day
    assert calendar.day_of(begins - timedelta(microseconds=1)) < day
    assert 1 <= len(calendar.utc_days(day)) <= 2
    for utc_day in calendar.utc_days(day):
        assert day in calendar.account_days(utc_day)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2025, 3, 9), 23),
        ("America/New_York", date(2025, 11, 2), 25),
        ("Africa/Cairo", date(2025, 4, 25), 23),
        ("Australia/Lord_Howe", date(2025, 4, 6), 24.5),
        ("UTC", date(2025, 3, 9), 24),
    ],
)
def test_days_of_other_lengths(zone: str, day: date, hours: float) -> None:
    """Clock changes, one of them at midnight, one of half an hour."""
    calendar = AccountCalendar(zone)
    assert (calendar.ends_at(day) - calendar.begins_at(day)) == timedelta(hours=hours)
    assert calendar.begins_at(day).astimezone(ZoneInfo(zone)).date() == day
