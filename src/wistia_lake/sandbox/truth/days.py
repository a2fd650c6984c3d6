"""Truth about media x account day: counts, coverage, finality."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from wistia_lake.sandbox.clock import DAY, Calendar, from_seconds, two_years_before, utc_day
from wistia_lake.sandbox.truth.looks import EventWalk, Looks
from wistia_lake.sandbox.world import World

_SHARES = (("watched_25_count", 0.25), ("watched_50_count", 0.5), ("watched_75_count", 0.75), ("completed_count", 0.99))
_EVENT_COUNTS = (
    "event_count", "viewer_count", "watched_ms", *(name for name, _ in _SHARES),
    "mobile_event_count", "converted_event_count",
)  # fmt: skip


def counts_of(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The measures of one media's day from its sessions."""
    known = [row["watched_ms"] for row in events if row["watched_ms"] is not None]
    counts: dict[str, Any] = {
        "event_count": len(events),
        "viewer_count": len({row["visitor_id"] for row in events}),
        # Nobody watched a day without sessions; how long sessions of unknown length ran is unknown.
        "watched_ms": sum(known) if known or not events else None,
    }
    for name, share in _SHARES:
        counts[name] = sum(row["percent_viewed"] >= share for row in events)
    counts["mobile_event_count"] = sum(row["is_mobile"] for row in events)
    counts["converted_event_count"] = sum(row["is_converted"] for row in events)
    return counts


@dataclass(frozen=True)
class Days:
    """The account's days as the looks cover them."""

    world: World
    looks: Looks
    calendar: Calendar
    settle: timedelta
    late_window: timedelta

    def rows(self, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """silver.fact_media_day from the rows of silver.fact_event."""
        by_day: dict[tuple[str, date], list[dict[str, Any]]] = defaultdict(list)
        for row in events:
            by_day[row["media_id"], row["day"]].append(row)
        keys = {*by_day, *((media, day) for media, days in self._read.items() for day in days)}
        made = (self._row(media_id, day, by_day.get((media_id, day), [])) for media_id, day in sorted(keys))
        return [row for row in made if row is not None]

    def _row(self, media_id: str, day: date, events: list[dict[str, Any]]) -> dict[str, Any] | None:
        loads = plays = None
        read = self._read.get(media_id, {}).get(day)
        if read is not None:
            loads, plays = self.world.day_counts(media_id, day, read)
        covered = self._covered(media_id, day)
        counts = counts_of(events) if covered else dict.fromkeys(_EVENT_COUNTS)
        if not (loads or plays or counts["event_count"]):
            return None
        final = self._final(media_id, day, read)
        return {
            "media_id": media_id,
            "day": day,
            "month": day.replace(day=1),
            "load_count": loads,
            "play_count": plays,
            **counts,
            "is_final": final,
            "is_settled": final and self._late_window_passed(media_id, day),
        }

    @cached_property
    def _read(self) -> dict[str, dict[date, datetime]]:
        """Per media and account day, the instant of the newest by_date answer that had a row for it."""
        found: dict[str, dict[date, datetime]] = defaultdict(dict)
        for media_id, windows in self.looks.windows.items():
            for window in sorted(windows, key=lambda item: (item.at, item.number)):
                for offset in range((window.last - window.first).days + 1):
                    found[media_id][window.first + timedelta(days=offset)] = window.at
        return found

    def _overlapping(self, media_id: str, day: date) -> list[tuple[int, EventWalk | None]]:
        """The UTC days that overlap an account day, each with the look that decides it."""
        start, end = self.calendar.bounds(day)
        numbers = range(start // DAY, (end - 1) // DAY + 1)
        return [(number, self.looks.deciding(media_id, utc_day(number))) for number in numbers]

    def _covered(self, media_id: str, day: date) -> bool:
        before: EventWalk | None = None
        for number, walk in self._overlapping(media_id, day):
            not_begun = before is not None and before.at < from_seconds(number * DAY)
            if walk is None and not not_begun:
                return False
            before = walk
        return True

    def _final(self, media_id: str, day: date, read: datetime | None) -> bool:
        over = from_seconds(self.calendar.bounds(day)[1]) + self.settle
        if read is None or read < over:
            return False
        walks = [walk for _, walk in self._overlapping(media_id, day)]
        return all(walk is not None and walk.at >= over and not self._cut(walk) for walk in walks)

    def _cut(self, walk: EventWalk) -> bool:
        """Whether the slice was first read while the two-year edge ran through it or had passed it."""
        first = self.looks.first(walk)
        start = datetime(walk.day.year, walk.day.month, walk.day.day, tzinfo=first.at.tzinfo)
        return two_years_before(first.at) > start

    def _late_window_passed(self, media_id: str, day: date) -> bool:
        return all(
            walk is not None and walk.at >= from_seconds((number + 1) * DAY) + self.late_window
            for number, walk in self._overlapping(media_id, day)
        )
