"""Which slices are covered and which are due. Pure functions of looks and the present; nothing is stored.

The watermark of a scope is the first day, counted from ``start``, without a final look. It follows from the looks
alone, so it cannot run ahead of the data, and a look at any other day (a manual backfill) cannot move it back. A quiet
day's look has no rows but is as final as any other, so a quiet day cannot hold it either.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wistia_lake.bronze.layout import Looks
from wistia_lake.model import ACCOUNT, ONE_DAY, day_start, days_between, two_years_before

EDGE_MARGIN = timedelta(days=2)
"""Kept from the two-year edge, whose exact place at Wistia is unknown."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How much of the past a run reads again."""

    late_window_days: int
    """Days before the watermark that every run reads."""
    sweep_days: int
    """Length of the recent past that the sweep keeps fresh, today included."""
    sweep_after_days: int
    """Age in UTC days at which a look in that past is renewed."""
    settle_minutes: int = 60
    """How long a day must be over before a look at it is final."""


def watermark(looks: Looks, scope: str, start: date) -> date:
    """The first day from ``start`` on that has no final look in this scope."""
    day = start
    while has_final(looks, scope, day):
        day += ONE_DAY
    return day


def has_final(looks: Looks, scope: str, day: date) -> bool:
    """Whether a slice was ever read after its day and the settle time were over."""
    newest = looks.newest(scope, day)
    return newest is not None and newest.final


def is_hidden(day: date, now: datetime) -> bool:
    """Whether the two-year edge hides the whole UTC day: reading it could only give an empty answer."""
    return day_start(day) + ONE_DAY <= two_years_before(now)


def is_cut(day: date, now: datetime) -> bool:
    """Whether the two-year edge runs through the UTC day, so that its first hours are hidden."""
    return day_start(day) < two_years_before(now) and not is_hidden(day, now)


def is_near_edge(day: date, at: datetime) -> bool:
    """Whether a look at ``at`` may have missed sessions of the day that an earlier look had."""
    return day_start(day) < two_years_before(at) + EDGE_MARGIN


def is_closed(looks: Looks, scope: str, day: date, now: datetime) -> bool:
    """Whether a slice must never be read (again), because the answer can only be poorer than what bronze holds.

    That is a hidden day, and a day near the edge with a final look. A final look at the whole account closes the day
    for a single media too: the newer, poorer look at the media would hide the account's richer one.
    """
    if is_hidden(day, now):
        return True
    return is_near_edge(day, now) and (has_final(looks, scope, day) or has_final(looks, ACCOUNT, day))


def due_days(
    looks: Looks, scope: str, *, start: date, now: datetime, rhythm: Rhythm, unclean: Collection[str] = ()
) -> list[date]:
    """The days whose events a run at ``now`` reads, oldest first, because the oldest are the next to disappear.

    From the late window before the first unfinished day to today, and of the last ``sweep_days`` those whose last look
    began ``sweep_after_days`` or more UTC days ago (days, not hours: a run that starts a minute earlier than a week
    before must not put the sweep off). And every day whose newest look is one of the ``unclean`` batches: it left bad
    rows out, which may be mended at Wistia or understood by a newer version. And every day that the window left behind
    unread, because the run that should have read it was stopped, or failed to.
    """
    today = now.date()
    unfinished = start
    # Days that can never be read again cannot hold the window back: each run would read the whole history.
    while unfinished < today and (has_final(looks, scope, unfinished) or is_closed(looks, scope, unfinished, now)):
        unfinished += ONE_DAY
    window = unfinished - timedelta(days=rhythm.late_window_days)
    sweep = today - timedelta(days=rhythm.sweep_days - 1)
    due = set(days_between(max(start, window), today))
    for day in days_between(max(start, sweep), today):
        if day not in due and _is_stale(looks, scope, day, today, rhythm.sweep_after_days):
            due.add(day)
    # As far back as the sweep goes, and at least as far again as the late window: what it left behind lately.
    for day in days_between(max(start, min(window, sweep) - (unfinished - window)), window):
        if day not in due and _is_owed(looks, scope, day, rhythm):
            due.add(day)
    due |= set(unclean_days(looks, scope, unclean))
    return [day for day in sorted(due) if not is_closed(looks, scope, day, now)]


def unclean_days(looks: Looks, scope: str, unclean: Collection[str]) -> list[date]:
    """The days whose newest look is one of the batches that left bad rows out."""
    if not unclean:
        return []
    newest = {day: looks.newest(scope, day) for day in looks.days(scope)}
    return [day for day, look in newest.items() if look is not None and look.batch_id in unclean]


def _is_stale(looks: Looks, scope: str, day: date, today: date, after_days: int) -> bool:
    latest = max((look.began_at for look in looks.of(scope, day)), default=None)
    return latest is None or (today - latest.date()).days >= after_days


def _is_owed(looks: Looks, scope: str, day: date, rhythm: Rhythm) -> bool:
    """Whether a day with a final look was not read again when its late window ended.

    The watermark alone cannot tell: days are read side by side, so that a later day can be finished by a run that ends
    before it read this one.
    """
    final = [look.began_at for look in looks.of(scope, day) if look.final]
    if not final:
        return False
    first, last = min(final), max(final)
    # Daily runs finish a day within a day of its end. Other days are late already when they are first read.
    soon = first < day_start(day) + 2 * ONE_DAY + timedelta(minutes=rhythm.settle_minutes)
    ends = (first.date() if soon else day + ONE_DAY) + timedelta(days=rhythm.late_window_days)
    return last.date() < ends


def asked_days(looks: Looks, scope: str, first: date, last: date, *, zone: str, now: datetime) -> list[date]:
    """The UTC days that overlap the account days ``first`` to ``last``, as far as they can still be read."""
    begins = local_midnight(first, zone)
    ends = local_midnight(last + ONE_DAY, zone)
    final_day = min((ends - timedelta(microseconds=1)).date(), now.date())
    return [day for day in days_between(begins.date(), final_day) if not is_closed(looks, scope, day, now)]


def local_midnight(day: date, zone: str) -> datetime:
    """The UTC instant at which an account day begins."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def account_day(at: datetime, zone: str) -> date:
    """The account day an instant falls on."""
    return at.astimezone(ZoneInfo(zone)).date()
