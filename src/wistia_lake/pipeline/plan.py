"""What the next run, or a backfill, would fetch: by the very functions that decide it in ingest.

It asks the API a little to know it: for the media list, which says how many statistics there are, and, where a day was
never read to its end, for single pages of its sessions, of which only the number of rows is used. Nothing is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from math import ceil, log
from statistics import NormalDist

from wistia_lake.bronze.layout import Looks
from wistia_lake.bronze.watermark import has_final
from wistia_lake.lake.marker import coverage_start, existing_store, first_whole_day, new_marker, read_marker
from wistia_lake.lake.store import Store, open_store
from wistia_lake.model import ACCOUNT, ONE_DAY, Clock, Slice, scope_media
from wistia_lake.pipeline import (
    ingest_account,
    ingest_counts,
    ingest_engagement,
    ingest_events,
    ingest_measured,
    ingest_medias,
    ingest_projects,
)
from wistia_lake.pipeline.expecting import Expected, expected
from wistia_lake.pipeline.ingest_setup import asked_range
from wistia_lake.pipeline.ingest_work import Outlook
from wistia_lake.privacy.pages import row_count
from wistia_lake.privacy.rows import MediaRow
from wistia_lake.settings import Loaded
from wistia_lake.wistia.access import required_token
from wistia_lake.wistia.endpoints import EVENTS, PER_PAGE
from wistia_lake.wistia.opening import open_client

COUNTED_STRETCHES = 8
"""Stretches of unread days whose sessions are counted, over all scopes (one a scope at least)."""
SESSION_BYTES, STATS_BYTES, DAY_BYTES = 1_000, 150, 90
"""What a session, a media's counters and a day's counts take as JSON, unless pages that were read say it better."""
CURVE_BYTES, PROJECTS_BYTES, MEASURED_BYTES = 2_500, 3_000, 280
"""What a curve of a few minutes, a page of projects, and a measured day with activity take."""
SPREAD = 0.4
"""How much busy days differ from quiet ones inside a stretch, as the deviation of the logarithm."""


@dataclass(slots=True)
class StreamPlan:
    """What one stream would take."""

    stream: str
    slice_count: int = 0
    request_count: int = 0
    byte_count: int = 0
    """Of the answers' JSON, before compression."""


@dataclass(slots=True)
class Plan:
    """What a run would take, and what it took to know that."""

    streams: list[StreamPlan]
    requests_per_minute: int
    first_day: date | None
    """First and last UTC day of sessions that would be read."""
    last_day: date | None
    counted_days: int
    """Days never read to their end, whose sessions were counted by single pages."""
    asked_count: int
    """Requests that this plan made."""
    request_count: int = field(init=False)
    byte_count: int = field(init=False)
    minutes: float = field(init=False)
    """At the configured rate."""

    def __post_init__(self) -> None:
        self.request_count = sum(one.request_count for one in self.streams)
        self.byte_count = sum(one.byte_count for one in self.streams)
        self.minutes = self.request_count / self.requests_per_minute


def plan(
    loaded: Loaded, *, clock: Clock, first: date | None = None, last: date | None = None, missing_only: bool = False
) -> Plan:
    """What ``ingest`` would fetch with the same arguments.

    Raises:
        SettingsError, UsageError, LakeUnreadable, ApiRejected, ApiExhausted: as ingest would.
    """
    return asyncio.run(_plan(loaded, clock, first, last, missing_only))


async def _plan(loaded: Loaded, clock: Clock, first: date | None, last: date | None, missing_only: bool) -> Plan:
    settings = loaded.settings
    token = required_token(loaded)
    store = _store(settings.lake)
    marker = read_marker(store)
    start = first_whole_day(clock()) if marker is None else coverage_start(marker, settings.start)
    asked = asked_range(settings, first, last, clock(), settings.start or start, missing_only=missing_only)
    client = open_client(settings, token, clock)
    outlook = Outlook(settings, store, client, clock, asked)
    async with client:
        listed = await ingest_medias.look(outlook, outlook.looks(ingest_medias.STREAM))
        medias = ingest_medias.existing(listed.rows)
        lists = StreamPlan(ingest_medias.STREAM, 1, client.stats.requests, client.stats.bytes)
        if marker is None:
            marker = new_marker(listed.first_requested_at, ingest_medias.oldest(listed.rows))
        start = coverage_start(marker, settings.start)
        looks = outlook.looks(ingest_events.STREAM)
        of_account = list(_account(outlook, medias, start))
        room = _left(settings.max_requests, lists, *of_account)
        # Each day takes two requests at least, so that more days need not be looked at.
        due = ingest_events.plan(outlook, looks, start)[: None if room is None else (room + 1) // 2]
        counted = await _count(outlook, looks, due)
        slices = ingest_events.within(outlook, looks, due, room, counted.full_pages)
        sessions = _sessions(outlook, looks, slices, counted)
        of_medias = _statistics(outlook, medias, start, _left(room, sessions))
        measured = await _measured(outlook, medias, start, of_medias[1], _left(room, sessions, *of_medias))
    return Plan(
        [lists, sessions, *of_medias, *measured, *of_account],
        settings.requests_per_minute,
        min((one.day for one in slices), default=None),
        max((one.day for one in slices), default=None),
        len(counted.rows),
        client.stats.requests,
    )


def _store(lake: str) -> Store:
    """The lake's store; an empty one if there is no lake, because planning makes none."""
    return existing_store(lake) or open_store("memory://")


def _sessions(outlook: Outlook, looks: Looks, slices: Sequence[Slice], counted: _Counted) -> StreamPlan:
    requests, _ = ingest_events.estimate(outlook, looks, slices, counted.full_pages)
    known = [ingest_events.known_count(outlook, looks, one) or 0 for one in slices if one not in counted.rows]
    rows = sum(known) + sum(counted.rows.values())
    return StreamPlan(ingest_events.STREAM, len(slices), requests, round(rows * counted.bytes_per_row))


def _left(room: int | None, *used: StreamPlan) -> int | None:
    """What streams leave of a run's requests; None: there is no limit."""
    return None if room is None else max(0, room - sum(one.request_count for one in used))


def _statistics(
    outlook: Outlook, medias: Sequence[MediaRow], start: date, room: int | None
) -> tuple[StreamPlan, StreamPlan, StreamPlan]:
    """The streams that ask media by media; scopes share the requests that are left in their order."""
    stats, counts = StreamPlan(ingest_counts.STATS), StreamPlan(ingest_counts.BY_DATE)
    curves = StreamPlan(ingest_engagement.STREAM)
    found = Expected(0, 0, 0, 0)
    for scope in outlook.scopes:
        left = None if room is None else max(0, room - found.stats - found.by_date - found.curves)
        one = expected(outlook, scope, medias, start, left)
        stats.slice_count += one.stats > 0
        counts.slice_count += one.by_date > 0
        curves.slice_count += one.curves > 0
        found = Expected(
            found.stats + one.stats, found.by_date + one.by_date, found.curves + one.curves, found.days + one.days
        )
    stats.request_count, counts.request_count = round(found.stats), round(found.by_date)
    curves.request_count = round(found.curves)
    stats.byte_count, counts.byte_count = STATS_BYTES * stats.request_count, round(DAY_BYTES * found.days)
    curves.byte_count = CURVE_BYTES * curves.request_count
    return stats, counts, curves


def _account(outlook: Outlook, medias: Sequence[MediaRow], start: date) -> Iterator[StreamPlan]:
    projects = ingest_projects.expected(outlook)
    yield StreamPlan(ingest_projects.STREAM, 1, projects, PROJECTS_BYTES * projects)
    slice_ = Slice(ingest_account.STREAM, ACCOUNT, outlook.clock().date())
    days = ingest_counts.plan_account_range(outlook, slice_, medias, start)
    if days is None:
        yield StreamPlan(ingest_account.STREAM)
    else:
        yield StreamPlan(ingest_account.STREAM, 1, 1, DAY_BYTES * ((days[1] - days[0]).days + 1))


async def _measured(
    outlook: Outlook, medias: Sequence[MediaRow], start: date, counts: StreamPlan, room: int | None
) -> list[StreamPlan]:
    """What only the modern API has; where requests are spared, as many medias as are asked for daily counts."""
    if outlook.client.api_version == "v1":
        return []
    found = await ingest_measured.expected(outlook, medias, start, counts.request_count)
    requests = found.request_count if room is None else min(found.request_count, room)
    size = MEASURED_BYTES * found.day_count * requests // max(found.request_count, 1)
    return [StreamPlan(ingest_measured.STREAM, found.slice_count, requests, size)]


@dataclass(slots=True)
class _Counted:
    """Sessions of slices that were never read to their end."""

    rows: dict[Slice, float] = field(default_factory=dict)
    full_pages: dict[Slice, float] = field(default_factory=dict)
    seen_rows: int = 0
    seen_bytes: int = 0

    @property
    def bytes_per_row(self) -> float:
        return self.seen_bytes / self.seen_rows if self.seen_rows else SESSION_BYTES


async def _count(outlook: Outlook, looks: Looks, slices: Sequence[Slice]) -> _Counted:
    """Count the sessions of a few stretches of unread days, and spread each over its days."""
    counted = _Counted()
    for scope in outlook.scopes:
        unread = [one.day for one in slices if one.scope == scope and not has_final(looks, scope, one.day)]
        longest = ceil(len(unread) / max(1, COUNTED_STRETCHES // len(outlook.scopes)))
        for days in _stretches(unread, longest):
            total = await _row_count(outlook, scope, days[0], days[-1], counted)
            mean = total / len(days)
            for day in days:
                slice_ = Slice(ingest_events.STREAM, scope, day)
                counted.rows[slice_] = mean
                counted.full_pages[slice_] = total // PER_PAGE if len(days) == 1 else expected_full_pages(mean)
    return counted


def _stretches(days: Sequence[date], longest: int) -> Iterator[list[date]]:
    """Neighbouring days together, at most ``longest`` of them."""
    stretch = list(days[:1])
    for before, day in pairwise(days):
        if day - before > ONE_DAY or len(stretch) == longest:
            yield stretch
            stretch = []
        stretch.append(day)
    if stretch:
        yield stretch


def expected_full_pages(mean: float) -> float:
    """Full pages that a day has on average, if days have ``mean`` rows on average and differ as busy days do.

    Dividing the mean would be wrong: a day's last page counts whatever it holds, and quiet days have no full page.
    """
    if mean > 20 * PER_PAGE:
        return mean / PER_PAGE - 0.5
    if mean < 1:
        return 0.0
    rows = NormalDist(log(mean) - SPREAD**2 / 2, SPREAD)
    return sum(1 - rows.cdf(log(PER_PAGE * pages)) for pages in range(1, 101))


async def _row_count(outlook: Outlook, scope: str, first: date, last: date, counted: _Counted) -> int:
    """Rows that the API has for some days: pages twice as far each time, then halfway until the last one is found."""
    params: dict[str, str | int] = {"start_date": first.isoformat(), "end_date": last.isoformat(), "per_page": PER_PAGE}
    media_id = scope_media(scope)
    if media_id is not None:
        params["media_id"] = media_id
    full, empty = 0, 0  # the last page known to be full, the first known to be empty (0: none yet)
    page = 1
    while empty - full != 1:
        answer = await outlook.client.get(EVENTS, params={**params, "page": page})
        rows = row_count(answer.body)
        counted.seen_rows += rows
        counted.seen_bytes += len(answer.body) if rows else 0
        if 0 < rows < PER_PAGE:
            return (page - 1) * PER_PAGE + rows
        full, empty = (page, empty) if rows else (full, page)
        page = (full + empty) // 2 if empty else 2 * page
    return full * PER_PAGE
