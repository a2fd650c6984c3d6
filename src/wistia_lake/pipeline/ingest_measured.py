"""Stream ``media_timeseries``: medias' days as Wistia measures them. The modern API only has it; one request per media.

Medias and days that are asked for are found as those of ``media_by_date`` are (see ``ingest_counts``), by this stream's
own looks; at most two years of days. Not every plan offers it. So one media is asked before all the others are: a
refusal costs one request, is said once in a run, and is no error, because everything else can be read without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from wistia_lake.errors import ApiGone, ApiRejected
from wistia_lake.model import ONE_DAY, Slice, day_start, two_years_before
from wistia_lake.pipeline.counts_past import Range
from wistia_lake.pipeline.ingest_counts import Chosen, plan_counts, plan_ranges
from wistia_lake.pipeline.ingest_fan import Carried, Question, fan_out, medias_of
from wistia_lake.pipeline.ingest_work import Outlook, Work
from wistia_lake.pipeline.parallel import in_parallel
from wistia_lake.pipeline.rotation import spares
from wistia_lake.privacy.rows import MediaRow
from wistia_lake.privacy.statistics import decode_timeseries
from wistia_lake.wistia.client import Answer
from wistia_lake.wistia.endpoints import MEDIA_TIMESERIES
from wistia_lake.wistia.statuses import means_not_offered

STREAM = "media_timeseries"
PILOTS = 3
"""Medias that are asked one after the other while they answer 404: one alone may only have been deleted."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A slice that is read: of each media the first and last account day, in the order of asking."""

    slice: Slice
    ranges: Mapping[str, Range]
    unmoved: Sequence[str]
    """Medias that need not be asked."""
    listed: Sequence[MediaRow]
    """The scope's medias, asked or not."""

    @property
    def covers(self) -> Range:
        """First and last account day over all medias."""
        return min(first for first, _ in self.ranges.values()), max(last for _, last in self.ranges.values())


@dataclass(frozen=True, slots=True)
class Expected:
    """What a look at every scope will take."""

    slice_count: int = 0
    request_count: int = 0
    day_count: int = 0


def plan(outlook: Outlook, medias: Sequence[MediaRow], start: date, *, everyone: bool = False) -> list[Planned]:
    """The slices that are read now; none by v1. ``everyone``: as if every media might have moved."""
    if outlook.client.api_version == "v1":
        return []
    today = outlook.clock().date()
    planned = []
    for scope in outlook.scopes:
        slice_, listed = Slice(STREAM, scope, today), medias_of(scope, medias)
        if everyone:
            chosen = Chosen(plan_ranges(outlook, slice_, listed, start))
        else:
            chosen = plan_counts(outlook, slice_, listed, start)
        ranges = {media_id: _clipped(days) for media_id, days in chosen.ranges.items()}
        one = Planned(slice_, ranges, chosen.unmoved, listed)
        if ranges and not _is_held(outlook, one):
            planned.append(one)
    return planned


def _clipped(days: Range) -> Range:
    """At most two years, less a day: whether the API counts to the day is unknown."""
    first, last = days
    return max(first, two_years_before(day_start(last + ONE_DAY)).date() + ONE_DAY), last


def _is_held(outlook: Outlook, planned: Planned) -> bool:
    """Whether a backfill has read all of it today: what was cut off at two years must not be asked for again."""
    if outlook.asked is None or not outlook.asked.missing_only:
        return False
    manifest = outlook.manifest(outlook.looks(STREAM).newest(planned.slice.scope, planned.slice.day))
    return manifest is not None and manifest.covers == planned.covers and set(manifest.medias) >= planned.ranges.keys()


async def read(work: Work, medias: Sequence[MediaRow], start: date) -> None:
    """One look at the measured days of every scope's medias."""
    planned = plan(work, medias, start)
    if not planned:
        return
    if work.room() == 0:
        work.put_off(media_id for one in planned for media_id in one.ranges)
        return
    try:
        answered = await _pilot(work, planned)
    except (ApiGone, ApiRejected) as exc:
        work.not_offered(STREAM, "silver.fact_media_day_measured gets no new days", exc)
        return

    async def look(one: Planned) -> None:
        question = Question(
            MEDIA_TIMESERIES,
            lambda media_id: _params(one.ranges[media_id]),
            lambda answer, media_id: decode_timeseries(answer.body, media_id=media_id),
            answered,
        )
        carried = Carried({}, None, len(one.listed))
        reading = fan_out(work, one.slice, list(one.ranges), question, one.covers, carried, one.unmoved)
        await work.attempt(reading, f"{STREAM} {one.slice.scope}")

    await in_parallel(map(look, planned), work.settings.slices_in_flight)


def _params(days: Range) -> dict[str, str | int]:
    """The end is exclusive, unlike everywhere else in the API."""
    first, last = days
    return {"granularity": "daily", "start_date": first.isoformat(), "end_date": (last + ONE_DAY).isoformat()}


async def _pilot(outlook: Outlook, planned: Sequence[Planned]) -> dict[str, Answer]:
    """The first answer, by media. ApiGone if the medias that were tried answered 404, and there is no other."""
    every = ((media_id, days) for one in planned for media_id, days in one.ranges.items())
    gone: ApiGone | None = None
    for media_id, days in islice(every, PILOTS):
        try:
            answer = await outlook.client.get(MEDIA_TIMESERIES, params=_params(days), media_id=media_id)
        except ApiGone as exc:
            gone = exc
        else:
            return {media_id: answer}
    assert gone is not None
    raise gone


def least(outlook: Outlook, medias: Sequence[MediaRow]) -> int:
    """How many requests a look will need at least: one, if it was never offered so far."""
    if outlook.client.api_version == "v1":
        return 0
    scopes = outlook.looks(STREAM).scopes
    listed = [medias_of(scope, medias) for scope in outlook.scopes if scope in scopes]
    return max(1, sum(len(of_scope) for of_scope in listed if not spares(outlook.settings, of_scope)))


async def expected(outlook: Outlook, medias: Sequence[MediaRow], start: date, moved: int) -> Expected:
    """What a look will take. One media is asked, to know whether the API offers it.

    Where requests are spared, nobody knows yet who will have ``moved``, only how many: of those that were read before.
    """
    planned = plan(outlook, medias, start, everyone=True)
    if not planned:
        return Expected()
    try:
        await _pilot(outlook, planned)
    except (ApiGone, ApiRejected) as exc:
        if not means_not_offered(exc):
            raise
        tried = min(PILOTS, sum(len(one.ranges) for one in planned)) if isinstance(exc, ApiGone) else 1
        return Expected(0, tried)
    slices = requests = days = 0
    known = outlook.looks(STREAM).scopes
    for one in planned:
        asked, their_days = len(one.ranges), sum((last - first).days + 1 for first, last in one.ranges.values())
        if spares(outlook.settings, one.listed) and one.slice.scope in known:
            asked, all_asked = min(moved, asked), asked
            moved, their_days = moved - asked, their_days * asked // all_asked
        slices, requests, days = slices + (asked > 0), requests + asked, days + their_days
    return Expected(slices, requests, days)
