"""Instants and days: the account's calendar, the two-year edge, texts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = date(1970, 1, 1)
DAY = 86_400


def parse_instant(text: str) -> datetime:
    """An aware instant from its text; raises ValueError without a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return at.astimezone(UTC)


def instant_text(at: datetime) -> str:
    """An instant as ``…Z``."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def from_seconds(seconds: float) -> datetime:
    """The UTC instant of unix seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def utc_day(number: int) -> date:
    """The date of a day counted since 1970."""
    return EPOCH + timedelta(days=number)


def day_number(day: date) -> int:
    """A date as days since 1970."""
    return (day - EPOCH).days


def two_years_before(now: datetime) -> datetime:
    """The same wall time two years earlier; 29 February goes to the 28th."""
    try:
        return now.replace(year=now.year - 2)
    except ValueError:
        return now.replace(year=now.year - 2, day=28)


class Calendar:
    """The days of one zone."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.bounds = lru_cache(maxsize=4096)(self._bounds)

    def _bounds(self, day: date) -> tuple[int, int]:
        """First second of a local day and of the next, in unix seconds."""
        return self._midnight(day), self._midnight(day + timedelta(days=1))

    def _midnight(self, day: date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def day_of(self, at: datetime) -> date:
        """The local date of an instant."""
        return at.astimezone(self.zone).date()

    def day_of_seconds(self, seconds: float) -> date:
        """The local date of unix seconds."""
        return datetime.fromtimestamp(seconds, self.zone).date()
