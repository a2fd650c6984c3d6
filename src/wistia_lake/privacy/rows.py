"""The lines of bronze: one struct per stream, whose fields are everything that is ever written of that stream.

Field order is the order in the JSON line. Values are as served unless a field says otherwise: cleaning is the work of
the tables, because a rule there can be changed and applied again.
"""

from __future__ import annotations

import msgspec


class EventRow(msgspec.Struct, frozen=True, gc=False):
    """One play session, from ``/stats/events``."""

    received_at: str
    """UTC instant as served, such as ``2025-05-12T16:44:26.000Z``."""
    event_id: str
    """Pseudonym of ``event_key``."""
    visitor_id: str
    """Pseudonym of ``visitor_key``."""
    media_id: str
    media_name: str | None
    percent_viewed: float
    """Fraction 0..1."""
    country: str | None
    region: str | None
    browser: str | None
    browser_version: str | None
    browser_major: int | None
    platform: str | None
    mobile: bool | None
    conversion_type: str
    is_identified: bool
    """Whether ``email`` was filled."""
    is_converted: bool
    """Whether ``conversion_type`` was neither empty nor 0, or ``conversion_data`` was filled."""
    is_new_lead: bool | None
    embed_domain: str | None
    embed_path: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None


class MediaRow(msgspec.Struct, frozen=True):
    """One media of a whole list, from ``/medias``; ``url`` and ``is_deleted`` are the reader's to set."""

    media_id: str
    numeric_id: int | None
    name: str | None
    type: str | None
    duration: float | None
    """Seconds; None if not known yet or not a thing with a duration."""
    archived: bool | None
    status: str | None
    section: str | None
    project_id: str | None
    """Hashed id of the project."""
    project: str | None
    created: str | None
    updated: str | None
    tags: list[str]
    url: str | None = None
    is_deleted: bool = False


class MediaStatsRow(msgspec.Struct, frozen=True, gc=False):
    """Lifetime counters of one media, from ``/stats/medias/{id}``. When they were read stands in the manifest, so that
    counters which did not move are the same rows.
    """

    media_id: str
    load_count: int
    play_count: int
    play_rate: float | None
    hours_watched: float | None
    engagement: float | None
    visitors: int


class MediaByDateRow(msgspec.Struct, frozen=True, gc=False):
    """One media on one day of the account's zone, from ``/stats/medias/{id}/by_date``; zero rows are kept: they say
    that the day was read.
    """

    media_id: str
    date: str
    load_count: int
    play_count: int
    hours_watched: float | None
    """Derived from lifetime averages: past days change with them."""


class AccountByDateRow(msgspec.Struct, frozen=True, gc=False):
    """The whole account on one day of its zone, from ``/stats/account/by_date``; zero rows are kept here, too."""

    date: str
    load_count: int
    play_count: int
    hours_watched: float | None
    """Derived from lifetime averages: past days change with them."""


class MediaEngagementRow(msgspec.Struct, frozen=True, gc=False):
    """How one media is watched, from ``/stats/medias/{id}/engagement``: lifetime, no viewer told apart.

    A media that did not move since is not asked again; its row is carried forward, so it says itself when it was read.
    """

    media_id: str
    snapshot_day: str
    """UTC day of the look that read it."""
    looked_at: str
    """When that look began, as a UTC instant."""
    engagement: float | None
    engagement_data: list[int]
    """Per position, how often it was seen."""
    rewatch_data: list[int]
    """Per position, how often it was seen again."""


class MediaTimeseriesRow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One media on one day of the account as Wistia measures it, from ``/analytics/medias/{id}/timeseries``.

    Days without activity have a row without measures: it says that the day was read and that nothing was there.
    """

    media_id: str
    begins_at: str
    """The UTC instant at which the day begins in the account's zone: which day that is, the tables say."""
    date: str
    """UTC date thirteen hours later: the account's day from Hawaii to New Zealand. Tells how far was read, no more."""
    plays: int | None = None
    unique_plays: int | None = None
    unique_loads: int | None = None
    unique_visitors: int | None = None
    played_time: float | None = None
    """Seconds."""
    play_rate: float | None = None
    engagement_rate: float | None = None


class ProjectRow(msgspec.Struct, frozen=True):
    """One project (folder) of a whole list, from ``/projects`` or ``/folders``."""

    project_id: str
    """Hashed id."""
    numeric_id: int | None
    name: str | None
    media_count: int | None
    created: str | None
    updated: str | None
    is_public: bool | None


class AccountRow(msgspec.Struct, frozen=True, gc=False):
    """The account, from ``/account``."""

    url: str | None
    name: str | None


Row = (
    EventRow
    | MediaRow
    | MediaStatsRow
    | MediaByDateRow
    | AccountByDateRow
    | MediaEngagementRow
    | MediaTimeseriesRow
    | ProjectRow
    | AccountRow
)


def encode_lines(rows: list[EventRow] | list[MediaRow] | list[MediaStatsRow] | list[MediaByDateRow]) -> bytes:
    """Rows as newline-delimited JSON, each line ended."""
    return _ENCODER.encode_lines(rows)


_ENCODER = msgspec.json.Encoder()
