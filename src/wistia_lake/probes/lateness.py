"""How late play sessions appear: what the looks at a day say about each session, and what follows for the late window.

A session appeared after the last look that did not have it and before the first look that had it, so its lateness (from
its ``received_at`` to its appearance) is known within bounds, never exactly. Everything here keeps the bounds apart:
whatever the true lateness is, each percentile lies between the percentile of the lower and that of the upper bounds.

Pure: no IO, no clock.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Final

import msgspec

MINUTE: Final = timedelta(minutes=1)
ANSWER: Final = timedelta(minutes=1)
"""The longest that an answer may take: a row of it may have appeared so long after it was asked for."""
SHARES: Final = (0.5, 0.9, 0.99, 0.999, 1.0)
TOLERATED: Final = 0.001
"""The share of sessions that a recommended window leaves to the sweep."""
SMALLEST: Final = 1
"""Never recommended less: another day costs a few requests a run, and late sessions come in clusters."""
LEAST_DAYS: Final = 14
LEAST_SESSIONS: Final = 1000
"""Below either, a share of one in a thousand means nothing."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """What is needed of a session."""

    received_at: str
    event_id: str
    visitor_id: str

    @property
    def bits(self) -> int:
        """64 bits of its key, half of each pseudonym's."""
        return int(self.event_id[:8] + self.visitor_id[:8], 16)


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a day: when it was read, and how many UTC days after the day's first final look that was."""

    began_at: datetime
    ended_at: datetime
    days_after: int
    """0 also for the looks up to the first final one."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """A session and the looks between which it appeared."""

    bits: int
    received_at: datetime
    found_by: Seen
    missed_by: Seen | None
    """The last look before; None if the day's first look had it."""

    @property
    def at_least(self) -> int:
        """Whole minutes of lateness, rounded down."""
        return max(0, floor((self.missed_by.began_at - self.received_at) / MINUTE)) if self.missed_by else 0

    @property
    def at_most(self) -> int:
        """Whole minutes of lateness, rounded up."""
        return max(0, ceil((self.found_by.ended_at + ANSWER - self.received_at) / MINUTE))

    @property
    def window_at_least(self) -> int:
        """Days of late window without which no daily run would have found it; 0 if the first final look had it."""
        if self.found_by.days_after == 0:
            return 0
        return min(self.found_by.days_after, 1 + (self.missed_by.days_after if self.missed_by else 0))

    @property
    def window_at_most(self) -> int:
        """Days of late window with which a daily run surely finds it."""
        return self.found_by.days_after


class Keys:
    """A set of keys in eight bytes each."""

    def __init__(self) -> None:
        self._sorted = array("Q")

    def __contains__(self, bits: int) -> bool:
        place = bisect_left(self._sorted, bits)
        return place < len(self._sorted) and self._sorted[place] == bits

    def add(self, new: array[int]) -> None:
        """Take over keys that are not in it."""
        if new:
            self._sorted = array("Q", sorted([*self._sorted, *new]))


def appearances(looks: Iterable[tuple[Seen, Iterable[Row]]], known: Keys, before: Keys) -> Iterator[Appearance]:
    """Every session of a day, once, from the day's looks in the order in which they were made.

    A look without rows that no earlier look had may come without rows. ``known`` gets the day's keys; a session whose
    key is in ``before``, the keys of the day before, has only moved over midnight while it ran.
    """
    missed_by: Seen | None = None
    for seen, rows in looks:
        new = array("Q")
        for row in rows:
            bits = row.bits
            if bits in known:
                continue
            new.append(bits)
            if bits not in before:
                yield Appearance(bits, datetime.fromisoformat(row.received_at), seen, missed_by)
        known.add(new)
        missed_by = seen


@dataclass(slots=True)
class Tally:
    """All appearances as counts by minute and by day: as small for a million sessions as for a thousand."""

    at_least: Counter[int] = field(default_factory=Counter)
    at_most: Counter[int] = field(default_factory=Counter)
    window_at_least: Counter[int] = field(default_factory=Counter)
    window_at_most: Counter[int] = field(default_factory=Counter)

    def add(self, one: Appearance) -> None:
        """Count one session."""
        self.at_least[one.at_least] += 1
        self.at_most[one.at_most] += 1
        self.window_at_least[one.window_at_least] += 1
        self.window_at_most[one.window_at_most] += 1

    @property
    def session_count(self) -> int:
        """Sessions counted."""
        return self.at_most.total()


class Percentile(msgspec.Struct, frozen=True):
    """So many of the sessions were there after so many minutes: a bound on either side."""

    share: float
    at_least_minutes: int
    at_most_minutes: int


def percentiles(tally: Tally) -> list[Percentile]:
    """Bounds of each percentile; empty without sessions."""
    if not tally.session_count:
        return []
    return [Percentile(share, quantile(tally.at_least, share), quantile(tally.at_most, share)) for share in SHARES]


def quantile(counts: Counter[int], share: float) -> int:
    """The smallest value below or at which lie at least ``share`` of all."""
    # Rounded first, because 0.999 * 1000 is a little more than 999.
    wanted, reached = ceil(round(share * counts.total(), 6)), 0
    for value in sorted(counts):
        reached += counts[value]
        if reached >= wanted:
            return value
    raise ValueError("no percentile of nothing")


class Recommendation(msgspec.Struct, frozen=True):
    """A late window in days, None where the looks cannot tell, and what it rests on."""

    late_window_days: int | None
    at_least_days: int | None
    """No smaller window would do; below ``late_window_days`` only the sweep's looks decide, which lie days apart."""
    evidence: str


def recommend(tally: Tally, *, told_days: int, window: int) -> Recommendation:
    """The smallest window that leaves at most one session in a thousand to the sweep."""
    count = tally.session_count
    if told_days < LEAST_DAYS or count < LEAST_SESSIONS:
        return Recommendation(
            None, None,
            f"Not enough data: {told_days} days with {count:,} sessions can tell; needed are {LEAST_DAYS} days and "
            f"{LEAST_SESSIONS:,} sessions.",
        )  # fmt: skip
    days = max(SMALLEST, quantile(tally.window_at_most, 1 - TOLERATED))
    left = sum(n for value, n in tally.window_at_most.items() if value > days)
    now = "as it is" if days == window else f"now {window}"
    found = f"all but {left:,}" if left else "all"
    evidence = (
        f"Recommended: late_window_days = {days} ({now}). Of {count:,} sessions of {told_days} days {found} were found "
        f"within {days} {'day' if days == 1 else 'days'} after the first final look at their day."
    )
    least = max(SMALLEST, quantile(tally.window_at_least, 1 - TOLERATED))
    if least < days:
        evidence += f" {least} may be enough: between the looks lay more than a day, so that it is not known."
    return Recommendation(days, least, evidence)


def later_than(tally: Tally, window: int) -> int:
    """Sessions that no daily run with this window had found: the sweep, or a look by hand, did."""
    return sum(count for days, count in tally.window_at_most.items() if days > window)
