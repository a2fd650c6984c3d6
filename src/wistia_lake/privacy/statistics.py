"""The allow-lists of the account's days, of curves, of measured days and of projects, beside those in ``policy``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from wistia_lake.model import instant_text
from wistia_lake.privacy.policy import days, exists, kept
from wistia_lake.privacy.reading import BadRow, Decoded, Reader, bad
from wistia_lake.privacy.rows import AccountByDateRow, MediaEngagementRow, MediaTimeseriesRow, ProjectRow
from wistia_lake.privacy.served import ByDateServed, EngagementServed, ListedProjectServed, TimeseriesServed

_ACCOUNT_BY_DATE = Reader(ByDateServed, "GET /stats/account/by_date")
_ENGAGEMENT = Reader(EngagementServed, "GET /stats/medias/{media_id}/engagement")
_TIMESERIES = Reader(TimeseriesServed, "GET /analytics/medias/{media_id}/timeseries")
_PROJECTS = Reader(ListedProjectServed, "GET /projects")

INTO_THE_DAY: Final = timedelta(hours=13)
"""So long after a day began in a zone from UTC-10 to UTC+13, the UTC date is that day."""


def decode_account_by_date(body: bytes) -> Decoded[AccountByDateRow]:
    """The good days of the answer, ascending; bad ones, and repeated ones, are described."""

    def row(day: ByDateServed) -> AccountByDateRow:
        return AccountByDateRow(day.date, day.load_count, day.play_count, day.hours_watched)

    return days(_ACCOUNT_BY_DATE.page(body), row)


def decode_engagement(body: bytes, *, media_id: str, looked_at: datetime) -> Decoded[MediaEngagementRow]:
    """The curve of one media: one row, or one bad row. Absent numbers mean the same as none."""

    def fault(position: int, curve: EngagementServed) -> BadRow | None:
        if len(curve.engagement_data or ()) == len(curve.rewatch_data or ()):
            return None
        return BadRow(position, "rewatch_data", "as many numbers as engagement_data", "another number of them")

    def row(curve: EngagementServed) -> MediaEngagementRow:
        day, at = looked_at.date().isoformat(), instant_text(looked_at)
        seen, again = curve.engagement_data or [], curve.rewatch_data or []
        return MediaEngagementRow(media_id, day, at, curve.engagement, seen, again)

    return kept(_ENGAGEMENT.single(body), row, fault)


def decode_timeseries(body: bytes, *, media_id: str) -> Decoded[MediaTimeseriesRow]:
    """The good buckets of the answer, ascending; bad ones, and repeated ones, are described."""
    seen: set[str] = set()

    def fault(position: int, bucket: TimeseriesServed) -> BadRow | None:
        if bucket.timestamp in seen:
            return BadRow(position, "timestamp", "each bucket once", "a bucket again")
        seen.add(bucket.timestamp)
        return None if exists(_with_t(bucket.timestamp)) else bad(position, TimeseriesServed, "timestamp")

    def row(bucket: TimeseriesServed) -> MediaTimeseriesRow:
        begins_at = _with_t(bucket.timestamp)
        return MediaTimeseriesRow(
            media_id,
            begins_at,
            (datetime.fromisoformat(begins_at) + INTO_THE_DAY).date().isoformat(),
            bucket.plays,
            bucket.unique_plays,
            bucket.unique_loads,
            bucket.unique_visitors,
            bucket.played_time,
            bucket.play_rate,
            bucket.engagement_rate,
        )

    decoded = kept(_TIMESERIES.page(body), row, fault)
    ascending = sorted(decoded.rows, key=lambda one: one.begins_at)
    return Decoded(ascending, decoded.bad, decoded.unknown_fields, decoded.dropped_fields)


def _with_t(instant: str) -> str:
    return instant.replace(" ", "T")


def decode_projects(body: bytes) -> Decoded[ProjectRow]:
    """Projects of a page of ``/projects`` or ``/folders``, names as served."""

    def fault(position: int, project: ListedProjectServed) -> BadRow | None:
        if not (project.hashedId or project.hashed_id):
            return BadRow(position, "hashedId", "text", "null")
        if not exists(project.created):
            return bad(position, ListedProjectServed, "created")
        return None if exists(project.updated) else bad(position, ListedProjectServed, "updated")

    def row(project: ListedProjectServed) -> ProjectRow:
        count = project.media_count if project.mediaCount is None else project.mediaCount
        return ProjectRow(
            project.hashedId or project.hashed_id or "",
            project.id,
            project.name,
            count,
            project.created,
            project.updated,
            project.public,
        )

    return kept(_PROJECTS.page(body), row, fault)
