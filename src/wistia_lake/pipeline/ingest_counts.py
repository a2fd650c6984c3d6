"""Streams ``media_stats`` (lifetime counters) and ``media_by_date`` (daily counts of account days).

How far back a media's daily counts are read is decided media by media, from the rows that bronze holds (the account's
own are one more such series):

- never read: from its creation, because by_date has no two-year edge;
- else from ``late_window_days`` before today, or further back after a pause: each day is read until that many days
  after it, and once when it is over;
- and from ``sweep_days`` back, if no look of the last ``sweep_after_days`` UTC days reached that far;
- and no less than an earlier look of the same UTC day, so that a repeated run sees the same and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import msgspec

from wistia_lake.bronze.batch import iter_rows
from wistia_lake.bronze.layout import Looks
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.bronze.watermark import account_day
from wistia_lake.model import ONE_DAY, Slice
from wistia_lake.pipeline.ingest_fan import Question, fan_out, medias_of
from wistia_lake.pipeline.ingest_medias import created_at
from wistia_lake.pipeline.ingest_work import Outlook, Work
from wistia_lake.privacy.policy import decode_by_date, decode_media_stats
from wistia_lake.privacy.rows import MediaRow
from wistia_lake.wistia.endpoints import MEDIA_BY_DATE, MEDIA_STATS

STATS = "media_stats"
BY_DATE = "media_by_date"
_ACCOUNT = ""
"""Stands for the account where medias are told apart by id: its rows carry none."""

Range = tuple[date, date]


async def read_stats(work: Work, scope: str, medias: Sequence[MediaRow]) -> None:
    """One snapshot of the lifetime counters of a scope's medias."""
    chosen = plan_stats(work, scope, medias)
    if not chosen:
        return
    question = Question(MEDIA_STATS, lambda _: {}, lambda body, media_id: decode_media_stats(body, media_id=media_id))
    slice_ = Slice(STATS, scope, work.clock().date())
    await fan_out(work, slice_, chosen, question)


def plan_stats(work: Outlook, scope: str, medias: Sequence[MediaRow]) -> list[str]:
    """The medias whose lifetime counters are read: all of the scope, but once a day if only gaps are to be filled."""
    if work.asked is not None and work.asked.missing_only:
        looks = work.looks(STATS)
        if looks.newest(scope, work.clock().date()) is not None:
            return []
    return [media.media_id for media in medias_of(scope, medias)]


async def read_by_date(work: Work, scope: str, medias: Sequence[MediaRow], start: date) -> None:
    """One look at the daily counts of a scope's medias."""
    slice_ = Slice(BY_DATE, scope, work.clock().date())
    ranges = plan_ranges(work, slice_, medias_of(scope, medias), start)
    if not ranges:
        return

    def params(media_id: str) -> dict[str, str | int]:
        first, last = ranges[media_id]
        return {"start_date": first.isoformat(), "end_date": last.isoformat()}

    question = Question(MEDIA_BY_DATE, params, lambda body, media_id: decode_by_date(body, media_id=media_id))
    covers = min(first for first, _ in ranges.values()), max(last for _, last in ranges.values())
    await fan_out(work, slice_, list(ranges), question, covers)


class _Day(msgspec.Struct, frozen=True, gc=False):
    """What the plan needs of a row."""

    date: date
    media_id: str = _ACCOUNT


@dataclass(slots=True)
class _Past:
    """What recent looks at a scope read of each media."""

    last_day: dict[str, date] = field(default_factory=dict)
    swept: set[str] = field(default_factory=set)
    today: dict[str, Range] = field(default_factory=dict)


def plan_ranges(work: Outlook, slice_: Slice, medias: Sequence[MediaRow], start: date) -> dict[str, Range]:
    """First and last account day to ask for, of each media."""
    zone = work.settings.zone_name
    return _ranges(work, slice_, {media.media_id: _creation_day(media, zone, start) for media in medias})


def plan_account_range(work: Outlook, slice_: Slice, medias: Sequence[MediaRow], start: date) -> Range | None:
    """First and last day to ask for of the whole account, if any: as for a media that is as old as the oldest."""
    zone = work.settings.zone_name
    oldest = min((_creation_day(media, zone, start) for media in medias), default=start)
    return _ranges(work, slice_, {_ACCOUNT: oldest}).get(_ACCOUNT)


def _ranges(work: Outlook, slice_: Slice, created: Mapping[str, date]) -> dict[str, Range]:
    settings = work.settings
    today = account_day(work.clock(), settings.zone_name)
    window = today - timedelta(days=settings.late_window_days)
    sweep = today - timedelta(days=settings.sweep_days - 1)
    past = _past(work, slice_, sweep_days=settings.sweep_days)
    ranges: dict[str, Range] = {}
    for media_id, creation_day in created.items():
        if media_id not in past.last_day:
            first, last = min(window, sweep, creation_day), today
            if work.asked is not None:
                first = min(first, work.asked.first)
        elif work.asked is not None:
            first, last = work.asked.first, work.asked.last
        else:
            unsettled = past.last_day[media_id] - timedelta(days=max(settings.late_window_days - 1, 0))
            first, last = min(window, unsettled), today
            if media_id not in past.swept:
                first = min(first, sweep)
        earlier = past.today.get(media_id, (first, last))
        ranges[media_id] = min(first, earlier[0]), max(last, earlier[1])
    # One look holds all medias of the scope, so that it is left out as a whole or not at all.
    missing_only = work.asked is not None and work.asked.missing_only
    return {} if missing_only and ranges == past.today else ranges


def _creation_day(media: MediaRow, zone: str, start: date) -> date:
    # A day early: the zone setting need not be the account's, and a day too many costs nothing.
    return start if media.created is None else account_day(created_at(media), zone) - ONE_DAY


def _past(work: Outlook, slice_: Slice, *, sweep_days: int) -> _Past:
    """What the looks of the last ``sweep_after_days`` days, or else the last look before them, read of each media."""
    past = _Past()
    looks = work.looks(slice_.stream)
    oldest = slice_.day - timedelta(days=work.settings.sweep_after_days - 1)
    for manifest in _recent(work, looks, slice_, oldest):
        for media_id, (first, last) in _read_days(work, manifest).items():
            if manifest.day == slice_.day:
                past.today[media_id] = first, last
            past.last_day[media_id] = max(last, past.last_day.get(media_id, last))
            reached = first <= last - timedelta(days=sweep_days - 1)
            if reached and manifest.day >= oldest and last >= manifest.day - ONE_DAY:
                past.swept.add(media_id)
    return past


def _recent(work: Outlook, looks: Looks, slice_: Slice, oldest: date) -> Iterator[Manifest]:
    """Newest looks by day, latest day first, until one is a regular look from before ``oldest``.

    A look at early days that somebody asked for does not count as regular, or the next run would start there.
    """
    for day in reversed(looks.days(slice_.scope)):
        manifest = work.manifest(looks.newest(slice_.scope, day))
        assert manifest is not None
        yield manifest
        is_regular = manifest.covers is not None and manifest.covers[1] >= day - ONE_DAY
        if day < oldest and is_regular:
            return


def _read_days(work: Outlook, manifest: Manifest) -> dict[str, Range]:
    found: dict[str, Range] = {}
    for row in iter_rows(work.store, manifest, _Day):
        first, last = found.get(row.media_id, (row.date, row.date))
        found[row.media_id] = min(first, row.date), max(last, row.date)
    return found
