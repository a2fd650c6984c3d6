"""Streams ``media_stats`` (lifetime counters) and ``media_by_date`` (daily counts of account days).

How far back a media's daily counts are read is decided media by media, from what bronze holds (the account's own are
one more such series):

- never read: from its creation, because by_date has no two-year edge;
- else from ``late_window_days`` before today, or further back after a pause: each day is read until that many days
  after it, and once when it is over;
- and from ``sweep_days`` back, if no look of the last ``sweep_after_days`` UTC days reached that far;
- and no less than an earlier look of the same UTC day, so that a repeated run sees the same and writes nothing.

Where requests are spared (see ``rotation``), a media is asked only if its counters are not what they were when its
daily counts were last read; and once more when the day on which they moved is over, and when ``late_window_days`` have
passed since, because daily counts may follow the counters late. Medias of which all is known are noted in the look
(``unmoved_medias``), as if their days had been read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from wistia_lake.bronze.watermark import account_day
from wistia_lake.model import ONE_DAY, Slice
from wistia_lake.pipeline.counted import STATS, Counted
from wistia_lake.pipeline.counts_past import WHOLE_ACCOUNT, Past, Range, read_past, standings
from wistia_lake.pipeline.ingest_fan import Carried, Question, fan_out, medias_of, packed_rows
from wistia_lake.pipeline.ingest_medias import created_at
from wistia_lake.pipeline.ingest_work import Outlook, Work
from wistia_lake.pipeline.rotation import Due, Why, due_medias, spares
from wistia_lake.privacy.policy import decode_by_date, decode_media_stats
from wistia_lake.privacy.rows import MediaRow
from wistia_lake.wistia.endpoints import MEDIA_BY_DATE, MEDIA_STATS

__all__ = ["BY_DATE", "STATS"]

BY_DATE = "media_by_date"


async def read_stats(work: Work, scope: str, medias: Sequence[MediaRow]) -> None:
    """One snapshot of the lifetime counters of a scope's medias."""
    chosen, listed = plan_stats(work, scope, medias), medias_of(scope, medias)
    slice_ = Slice(STATS, scope, work.clock().date())
    count = affordable(chosen, work.room())
    work.put_off(due.media_id for due in chosen[count:])
    # What an earlier look of the day tells of other medias stays in the newest one, which then tells all of the day.
    earlier = work.manifest(work.looks(STATS).newest(scope, slice_.day)) if count < len(listed) else None
    lines = {} if earlier is None else dict(packed_rows(work, earlier))
    carried = Carried(lines, None, len(listed), of_day=slice_.day)
    question = Question(
        MEDIA_STATS, lambda _: {}, lambda answer, media: decode_media_stats(answer.body, media_id=media)
    )
    await fan_out(work, slice_, [due.media_id for due in chosen[:count]], question, carried=carried)


def plan_stats(work: Outlook, scope: str, medias: Sequence[MediaRow]) -> list[Due]:
    """The medias whose lifetime counters are read, in the order of asking."""
    listed = medias_of(scope, medias)
    missing_only = work.asked is not None and work.asked.missing_only
    if missing_only or spares(work.settings, listed):
        return due_medias(work, scope, listed, Counted(work, scope, listed))
    return [Due(Why.NEW, date.min, media.media_id) for media in listed]


def affordable(chosen: Sequence[Due], room: int | None) -> int:
    """How many of the first medias can be asked with ``room`` requests; None is enough for all.

    Counters alone are of little use: one that moved, or is new, needs its daily counts and its curve, too.
    """
    if room is None:
        return len(chosen)
    spent = 0
    for place, due in enumerate(chosen):
        spent += 1 if due.why is Why.IDLE else 3
        if spent > room:
            return place
    return len(chosen)


async def read_by_date(work: Work, scope: str, medias: Sequence[MediaRow], start: date) -> None:
    """One look at the daily counts of a scope's medias."""
    slice_ = Slice(BY_DATE, scope, work.clock().date())
    listed = medias_of(scope, medias)
    chosen = plan_counts(work, slice_, listed, start)
    ranges = chosen.ranges
    if not ranges:
        return

    def params(media_id: str) -> dict[str, str | int]:
        first, last = ranges[media_id]
        return {"start_date": first.isoformat(), "end_date": last.isoformat()}

    question = Question(MEDIA_BY_DATE, params, lambda answer, media: decode_by_date(answer.body, media_id=media))
    covers = min(first for first, _ in ranges.values()), max(last for _, last in ranges.values())
    await fan_out(work, slice_, list(ranges), question, covers, Carried({}, None, len(listed)), chosen.unmoved)


@dataclass(slots=True)
class Chosen:
    """Whom to ask for which days, and who need not be asked."""

    ranges: dict[str, Range]
    unmoved: list[str] = field(default_factory=list)


def plan_counts(work: Outlook, slice_: Slice, medias: Sequence[MediaRow], start: date) -> Chosen:
    """First and last account day to ask for, of each media that may have something new; ``medias`` are the scope's."""
    created = creation_days(work, medias, start)
    past = read_past(work, slice_, created)
    by_hand = work.asked is not None and not work.asked.missing_only
    if by_hand or not spares(work.settings, medias):
        return Chosen(_ranges(work, created, past))
    moved, unmoved = [], []
    for media_id, one in sorted(standings(work, slice_.scope, medias, past).items(), key=lambda item: item[1].at):
        if one.is_due:
            moved.append(media_id)
        elif one.is_new and one.settled:
            unmoved.append(media_id)
    return Chosen(_ranges(work, {media_id: created[media_id] for media_id in moved}, past), unmoved)


def plan_ranges(work: Outlook, slice_: Slice, medias: Sequence[MediaRow], start: date) -> dict[str, Range]:
    """First and last account day to ask for, of each media."""
    created = creation_days(work, medias, start)
    return _ranges(work, created, read_past(work, slice_, created))


def plan_account_range(work: Outlook, slice_: Slice, medias: Sequence[MediaRow], start: date) -> Range | None:
    """First and last day to ask for of the whole account, if any: as for a media that is as old as the oldest."""
    created = {WHOLE_ACCOUNT: min(creation_days(work, medias, start).values(), default=start)}
    return _ranges(work, created, read_past(work, slice_, created)).get(WHOLE_ACCOUNT)


def _ranges(work: Outlook, created: Mapping[str, date], past: Past) -> dict[str, Range]:
    settings = work.settings
    today = account_day(work.clock(), settings.zone_name)
    window = today - timedelta(days=settings.late_window_days)
    sweep = today - timedelta(days=settings.sweep_days - 1)
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


def creation_days(work: Outlook, medias: Sequence[MediaRow], start: date) -> dict[str, date]:
    """The account day on which each media was made, or ``start`` where that is not known."""
    zone = work.settings.zone_name
    return {media.media_id: _creation_day(media, zone, start) for media in medias}


def _creation_day(media: MediaRow, zone: str, start: date) -> date:
    # A day early: the zone setting need not be the account's, and a day too many costs nothing.
    return start if media.created is None else account_day(created_at(media), zone) - ONE_DAY
