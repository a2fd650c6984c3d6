"""How many requests the statistics of a scope will take: exact where all are asked, else from what happened lately.

Which medias moved is known only when the sessions and counters of today are read. Until then it is expected that as
many are watched as in as many days before, and that of the others as many moved as when some last had their turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from wistia_lake.model import ONE_DAY, Slice
from wistia_lake.pipeline import ingest_counts, ingest_engagement
from wistia_lake.pipeline.counted import STATS, Counted
from wistia_lake.pipeline.counts_past import read_past, standings
from wistia_lake.pipeline.ingest_fan import medias_of
from wistia_lake.pipeline.ingest_work import Outlook
from wistia_lake.pipeline.rotation import Due, Why, spares, watched_on
from wistia_lake.privacy.rows import MediaRow

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Expected:
    """Requests of the three streams that ask media by media, and the account days that are asked for."""

    stats: float
    by_date: float
    curves: float
    days: float


@dataclass(frozen=True, slots=True)
class _Shares:
    """How many of the medias that are asked have moved: of those with sessions, and of the others."""

    watched: float
    idle: float


@dataclass(frozen=True, slots=True)
class _Asked:
    """How many medias will be asked for their counters, by what makes them due."""

    moved: float
    new: float
    idle: float

    def within(self, room: float | None) -> _Asked:
        """As many of them as ``room`` requests are enough for; see ``ingest_counts.affordable``."""
        if room is None:
            return self
        moved = min(self.moved, room // 3)
        new = min(self.new, (room - 3 * moved) // 3)
        idle = min(self.idle, room - 3 * moved - 3 * new) if moved + new == self.moved + self.new else 0
        return _Asked(moved, new, idle)


def least(outlook: Outlook, scope: str, medias: Sequence[MediaRow]) -> tuple[int, int]:
    """How many medias of a scope are asked at least, and how many requests that takes at least."""
    listed = medias_of(scope, medias)
    chosen = ingest_counts.plan_stats(outlook, scope, medias)
    never = sum(due.why is Why.NEW for due in chosen)
    if spares(outlook.settings, listed):
        return len(chosen), len(chosen) + 2 * never
    curves = 0 if scope in outlook.looks(ingest_engagement.STREAM).scopes else len(listed)
    return len(listed), 2 * len(listed) + curves


def expected(outlook: Outlook, scope: str, medias: Sequence[MediaRow], start: date, room: float | None) -> Expected:
    """What a scope will take of ``room`` requests; None: all that it needs."""
    listed = medias_of(scope, medias)
    chosen = ingest_counts.plan_stats(outlook, scope, medias)
    slice_ = Slice(ingest_counts.BY_DATE, scope, outlook.clock().date())
    ranges = ingest_counts.plan_counts(outlook, slice_, listed, start).ranges
    days = float(sum((last - first).days + 1 for first, last in ranges.values()))
    shares = _shares(outlook, scope, listed, chosen)
    if not spares(outlook.settings, listed):
        return Expected(
            len(chosen), len(ranges), _curves(outlook, scope, listed, _Asked(0, 0, len(listed)), shares), days
        )
    asked = _asked(outlook, scope, listed, chosen).within(room)
    stats = asked.moved + asked.new + asked.idle
    by_date: float = len(ranges)
    if outlook.asked is None or outlook.asked.missing_only:
        waiting = len(ranges.keys() - {due.media_id for due in chosen})
        moved, idle = _again(outlook, slice_, listed, chosen, shares)
        by_date = waiting + asked.new + asked.moved * moved + asked.idle * idle
        days += outlook.settings.sweep_days * max(0.0, by_date - len(ranges))
    curves = _curves(outlook, scope, listed, asked, shares)
    if room is not None:
        by_date = min(by_date, max(0, room - stats))
        curves = min(curves, max(0, room - stats - by_date))
    return Expected(stats, by_date, curves, days)


def _asked(outlook: Outlook, scope: str, listed: Sequence[MediaRow], chosen: Sequence[Due]) -> _Asked:
    """The medias that are due by what is known, and those that the sessions of today will add."""
    why = Counter(due.why for due in chosen)
    known, today = outlook.looks("events").days(scope), outlook.clock().date()
    others = len(listed) - why[Why.NEW] - why[Why.MOVED]
    if not known or not others:
        return _Asked(why[Why.MOVED], why[Why.NEW], why[Why.IDLE])
    last = min(known[-1], today)
    begins = min(today - timedelta(days=outlook.settings.late_window_days), last)
    watched = watched_on(outlook, scope, last - (today - begins), last)
    usual = sum(media.media_id in watched for media in listed)
    more = min(max(0, usual - why[Why.MOVED]), others)
    return _Asked(why[Why.MOVED] + more, why[Why.NEW], why[Why.IDLE] * (1 - more / others))


def _again(
    outlook: Outlook, slice_: Slice, listed: Sequence[MediaRow], chosen: Sequence[Due], shares: _Shares
) -> tuple[float, float]:
    """The share that will be asked for daily counts: of the medias with sessions, and of the idle ones."""
    created = ingest_counts.creation_days(outlook, listed, slice_.day)
    known = standings(outlook, slice_.scope, listed, read_past(outlook, slice_, created))

    def share(why: Why, moved: float) -> float:
        of_kind = [known[due.media_id] for due in chosen if due.why is why and due.media_id in known]
        return moved + (1 - moved) * sum(one.ripe for one in of_kind) / max(len(of_kind), 1)

    return share(Why.MOVED, shares.watched), share(Why.IDLE, shares.idle)


def _curves(outlook: Outlook, scope: str, listed: Sequence[MediaRow], asked: _Asked, shares: _Shares) -> float:
    """Curves to be asked for: those never read, those that had to wait, and those of medias that will have moved."""
    looks = outlook.looks(ingest_engagement.STREAM)
    if looks.newest(scope, outlook.clock().date()) is not None:
        return 0
    last = outlook.manifest(looks.latest(scope))
    if last is None:
        return len(listed) if not spares(outlook.settings, listed) else asked.moved + asked.new + asked.idle
    again = len({*last.skipped_medias, *last.waiting_medias})
    return again + asked.new + asked.moved * shares.watched + asked.idle * shares.idle


def _shares(outlook: Outlook, scope: str, listed: Sequence[MediaRow], chosen: Sequence[Due]) -> _Shares:
    """By the newest look at the counters; if it cannot tell, those moved that had sessions of late, and nobody else.

    The longer ago a media was asked, the likelier it is that it has moved since.
    """
    manifest = outlook.manifest(outlook.looks(STATS).latest(scope))
    if manifest is None:
        return _Shares(1.0, 1.0)
    counted = Counted(outlook, scope, listed)
    now = counted.as_of(dict.fromkeys(manifest.medias, manifest.last_requested_at))
    before = counted.as_of(dict.fromkeys(manifest.medias, manifest.first_requested_at - _INSTANT))
    today, late = outlook.clock().date(), timedelta(days=outlook.settings.late_window_days)
    watched = watched_on(outlook, scope, manifest.day - late, manifest.day)
    lately = sum(day >= manifest.day - ONE_DAY for day in watched.values()) / max(len(watched), 1)
    spared = spares(outlook.settings, listed)
    if not spared:
        watched = {}  # all are asked alike, so that no kinds are told apart

    def share(of_watched: bool, why: Why, unknown: float) -> float:
        names = [name for name in before.keys() & now.keys() if (name in watched) == of_watched]
        ages = [(today - due.asked_on).days for due in chosen if due.why is why]
        if not names:
            return unknown if any(ages) or not ages else 0.0
        moved = sum(before[name][1] != now[name][1] for name in names) / len(names)
        days = sum((now[name][0] - before[name][0]) / ONE_DAY for name in names) / len(names)
        times = (sum(ages) / len(ages)) / days if ages and days else 1.0
        return float(1 - (1 - moved) ** times)

    return _Shares(share(True, Why.MOVED, lately), share(False, Why.IDLE, 0.0 if spared else 1.0))
