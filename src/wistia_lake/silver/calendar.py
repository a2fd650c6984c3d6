"""Days of the account's zone, computed once in Python and given to every engine as small relations.

Engines differ silently in zones and weekdays, so no SQL of ours computes one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wistia_lake.model import ONE_DAY, day_start, days_between


class AccountCalendar:
    """Account days and the UTC days that they overlap (never more than two)."""

    def __init__(self, zone_name: str) -> None:
        self.zone_name = zone_name
        self._zone = ZoneInfo(zone_name)
        self._begins: dict[date, datetime] = {}

    def begins_at(self, day: date) -> datetime:
        """The UTC instant at which an account day begins.

        Where a clock change skips midnight this is the change itself, where midnight occurs twice the first one:
        Python's reading of such times with ``fold=0``, tested for every zone.
        """
        if day not in self._begins:  # a plan asks for each day of the history several times
            self._begins[day] = datetime.combine(day, time.min, tzinfo=self._zone).astimezone(UTC)
        return self._begins[day]

    def ends_at(self, day: date) -> datetime:
        """The UTC instant at which an account day ends."""
        return self.begins_at(day + ONE_DAY)

    def day_of(self, at: datetime) -> date:
        """The account day of an instant."""
        return at.astimezone(self._zone).date()

    def utc_days(self, day: date) -> list[date]:
        """The UTC days that an account day overlaps."""
        last_moment = self.ends_at(day) - timedelta(microseconds=1)
        return list(days_between(self.begins_at(day).date(), last_moment.date()))

    def account_days(self, utc_day: date) -> list[date]:
        """The account days that a UTC day overlaps."""
        last_moment = day_start(utc_day + ONE_DAY) - timedelta(microseconds=1)
        return list(days_between(self.day_of(day_start(utc_day)), self.day_of(last_moment)))

    def parts(self, utc_day: date) -> list[tuple[date, datetime, datetime]]:
        """(account day, begins, ends) for every account day that a UTC day overlaps."""
        return [(day, self.begins_at(day), self.ends_at(day)) for day in self.account_days(utc_day)]
