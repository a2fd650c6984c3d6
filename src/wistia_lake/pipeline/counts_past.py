"""What earlier looks read of medias' daily counts, and how these stand to the medias' counters.

Looks are read newest first, and no further back than until every media was met: in regular turns a week or two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import msgspec

from wistia_lake.bronze.batch import iter_rows
from wistia_lake.bronze.layout import Looks
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.bronze.watermark import account_day, local_midnight
from wistia_lake.model import ONE_DAY, Slice
from wistia_lake.pipeline.counted import FARTHEST, Counted
from wistia_lake.pipeline.ingest_work import Outlook
from wistia_lake.privacy.rows import MediaRow

_INSTANT = timedelta(microseconds=1)
WHOLE_ACCOUNT = ""
"""Stands for the account where medias are told apart by id: its rows carry none."""

Range = tuple[date, date]


class _Day(msgspec.Struct, frozen=True, gc=False):
    """What the plan needs of a row."""

    date: date
    media_id: str = WHOLE_ACCOUNT


@dataclass(frozen=True, slots=True)
class Read:
    """The last look that read a media up to the look's day, or knew that there was nothing new to read."""

    at: datetime
    unmoved: bool


@dataclass(slots=True)
class Past:
    """What recent looks at a scope read of each media."""

    last_day: dict[str, date] = field(default_factory=dict)
    swept: set[str] = field(default_factory=set)
    today: dict[str, Range] = field(default_factory=dict)
    read: dict[str, Read] = field(default_factory=dict)


def read_past(work: Outlook, slice_: Slice, created: Mapping[str, date]) -> Past:
    """What looks read of each media: those of the last ``sweep_after_days`` days, and the last regular one before."""
    past, settings = Past(), work.settings
    looks = work.looks(slice_.stream)
    oldest = slice_.day - timedelta(days=settings.sweep_after_days - 1)
    for day in list(reversed(looks.days(slice_.scope)))[:FARTHEST]:
        if day < oldest and all(media_id in past.read or born > day for media_id, born in created.items()):
            break
        for manifest in _different(work, looks, slice_.scope, day):
            _take(work, past, manifest, slice_.day, oldest)
    return past


def _different(work: Outlook, looks: Looks, scope: str, day: date) -> Iterator[Manifest]:
    """The looks of a day, newest first, without those whose medias newer ones hold, too."""
    held: set[str] | None = None
    for look in reversed(looks.of(scope, day)):
        manifest = work.manifest(look)
        assert manifest is not None
        medias = {*manifest.medias, *manifest.unmoved_medias}
        if held is None or not medias <= held:
            held = medias | (held or set())
            yield manifest


def _take(work: Outlook, past: Past, manifest: Manifest, today: date, oldest: date) -> None:
    """Add what a look tells, which is older than those that were added before."""
    settings = work.settings
    at, zone = manifest.first_requested_at, settings.zone_name
    for media_id in manifest.unmoved_medias:
        # Nothing happened, so that it is as if its days had been read: their rows would tell nothing new.
        past.read.setdefault(media_id, Read(at, unmoved=True))
        past.last_day[media_id] = max(account_day(at, zone), past.last_day.get(media_id, date.min))
    if manifest.day < oldest and manifest.medias and past.read.keys() >= set(manifest.medias):
        return  # newer looks tell all that this one could
    for media_id, (first, last) in _read_days(work, manifest).items():
        if manifest.day == today:
            earlier = past.today.get(media_id, (first, last))
            past.today[media_id] = min(first, earlier[0]), max(last, earlier[1])
        past.last_day[media_id] = max(last, past.last_day.get(media_id, last))
        if last < manifest.day - ONE_DAY:
            continue  # a look at early days that somebody asked for, from which no run may go on
        past.read.setdefault(media_id, Read(at, unmoved=False))
        if manifest.day >= oldest and first <= last - timedelta(days=settings.sweep_days - 1):
            past.swept.add(media_id)


def _read_days(work: Outlook, manifest: Manifest) -> dict[str, Range]:
    found: dict[str, Range] = {}
    for row in iter_rows(work.store, manifest, _Day):
        first, last = found.get(row.media_id, (row.date, row.date))
        found[row.media_id] = min(first, row.date), max(last, row.date)
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """How a media's daily counts stand to its counters."""

    at: datetime
    """When the counters were read."""
    is_new: bool = True
    """Whether that was after the daily counts were, which may then tell more."""
    in_step: bool = False
    """Whether the counters are what they were when the daily counts were read."""
    settled: bool = False
    """Whether they were that so long before that the daily counts tell all of it."""
    ripe: bool = False
    """Whether to read the daily counts once more, in step or not: to find days over, or settled, that were not yet."""

    @property
    def is_due(self) -> bool:
        """Whether the daily counts may tell something new."""
        return self.is_new and (self.ripe or not self.in_step)


def standings(work: Outlook, scope: str, medias: Sequence[MediaRow], past: Past) -> dict[str, Standing]:
    """How every media stands whose counters were ever read."""
    settings, counted = work.settings, Counted(work, scope, medias)
    settle, zone = timedelta(minutes=settings.settle_minutes), settings.zone_name
    late = timedelta(days=max(settings.late_window_days, 1))

    def over(at: datetime) -> date:
        """The first account day that was not over yet for a look at ``at``; days before it are final."""
        return account_day(at - settle, zone)

    def before(day: date) -> datetime:
        return local_midnight(day, zone) - _INSTANT

    today = over(work.clock())
    now = counted.as_of({media.media_id: work.clock() for media in medias})
    read = {media_id: past.read[media_id] for media_id in now if media_id in past.read}

    def same_as(limit: Callable[[datetime], datetime]) -> set[str]:
        """The medias whose counters now are those of then; ``limit`` tells then from when daily counts were read."""
        then = counted.as_of({media_id: limit(one.at) for media_id, one in read.items()})
        return {media_id for media_id, (_, row) in then.items() if row == now[media_id][1]}

    in_step, final = same_as(lambda at: at), same_as(lambda at: before(over(at)))
    settled = same_as(lambda at: before(over(at) - late + ONE_DAY)) | {id_ for id_, one in read.items() if one.unmoved}
    settles = same_as(lambda _: before(today - late + ONE_DAY))
    found = {}
    for media_id, (at, _) in now.items():
        one = read.get(media_id)
        if one is None:
            found[media_id] = Standing(at)
            continue
        ripe = media_id in settles or (media_id not in final and today > over(one.at))
        found[media_id] = Standing(
            at, at > one.at, media_id in in_step, media_id in settled, ripe and media_id not in settled
        )
    return found
