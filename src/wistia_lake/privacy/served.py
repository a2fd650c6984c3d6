"""What Wistia is known to serve, endpoint by endpoint: the allow-lists.

Each struct names every known field of one JSON object and forbids others, so that a field nobody decided about is
noticed. A field typed ``Raw`` is *dropped*: msgspec steps over it without making a value of it. The description of a
type is what a quarantine line says was expected. Absent and null mean the same, unless a field is required.

Fields are those of Wistia's OpenAPI files (v1 to 2026) and of recorded v1 answers; ``attributes`` and ``share_link``
appeared without notice, which is why unknown fields are reported instead of trusted.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Raw

ABSENT = Raw()
"""Default of dropped fields: tells "was not there" from any value."""

Key = Annotated[str, Meta(min_length=1, description="non-empty text")]
MediaId = Annotated[str, Meta(pattern=r"^[a-z0-9]{10}\Z", description="ten lower-case letters or digits")]
Fraction = Annotated[float, Meta(ge=0, le=1, description="number in 0..1")]
# Upper bounds are far above anything that happens. They are here because a table cannot hold, sum or multiply just any
# number: one absurd row must be set aside when it is read, not break every build that comes after.
Measure = Annotated[float, Meta(ge=0, le=1e12, description="number in 0..10^12")]
Seconds = Annotated[float, Meta(ge=0, le=1e8, description="number in 0..10^8")]
Rate = Annotated[float, Meta(ge=0, le=1000, description="number in 0..1000")]
Count = Annotated[int, Meta(ge=0, le=10**12, description="whole number in 0..10^12")]
"""Whole numbers must be served as such: ``3.0`` is a change of type at Wistia that somebody should see."""
Curve = Annotated[list[Count], Meta(max_length=2000, description="array of whole numbers in 0..10^12")]
"""At most 1000 by Wistia's documents, which leave open how the end is rounded; far more is a change to be seen."""
NumericId = Annotated[int, Meta(ge=0, le=2**63 - 1, description="whole number of at least 0")]
_DATE = "(?:19[7-9]|2[01][0-9])[0-9]-[0-9]{2}-[0-9]{2}"
"""Of the years 1970 to 2199: no calendar ends a day away from them."""
Instant = Annotated[
    str,
    Meta(
        pattern=rf"^{_DATE}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]{{1,9}})?(Z|[+-][0-9]{{2}}:[0-9]{{2}})\Z",
        description="instant",
    ),
]
UtcInstant = Annotated[
    str,
    Meta(
        pattern=rf"^{_DATE}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]{{1,9}})?(Z|\+00:00)\Z",
        description="UTC instant",
    ),
]
SpacedInstant = Annotated[
    str,
    Meta(
        pattern=rf"^{_DATE} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}\.[0-9]{{3}}Z\Z",
        description="UTC instant with a space",
    ),
]
"""As ``/analytics`` writes it; the rest of the API writes a ``T``."""
Day = Annotated[str, Meta(pattern=rf"^{_DATE}\Z", description="day such as 2025-03-12")]


class UserAgentServed(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """``user_agent_details`` of an event."""

    browser: str | None = None
    browser_version: str | int | None = None
    platform: str | None = None
    mobile: bool | None = None


CONVERSION_FIELDS = frozenset({"email", "first_name", "last_name", "is_new_lead"})
"""Known keys of ``conversion_data``, which is read as a mapping: only whether it is filled counts."""


class EventServed(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One row of ``/stats/events``."""

    received_at: UtcInstant
    event_key: Key
    visitor_key: Key
    media_id: MediaId
    percent_viewed: Fraction
    media_name: str | None = None
    country: str | None = None
    region: str | None = None
    email: str | None = None
    embed_url: str | None = None
    conversion_type: str | int | None = None
    conversion_data: dict[str, Raw] | None = None
    user_agent_details: UserAgentServed | None = None
    ip: Raw = ABSENT
    city: Raw = ABSENT
    lat: Raw = ABSENT
    lon: Raw = ABSENT
    org: Raw = ABSENT
    iframe_heatmap_url: Raw = ABSENT
    media_url: Raw = ABSENT
    thumbnail: Raw = ABSENT
    attributes: Raw = ABSENT


class ProjectServed(msgspec.Struct, forbid_unknown_fields=True):
    """``project`` of a media; recorded answers say ``hashed_id``, Wistia's v1 OpenAPI file ``hashedId``."""

    name: str | None = None
    hashed_id: str | None = None
    hashedId: str | None = None  # noqa: N815  Wistia's spelling
    id: Raw = ABSENT


class TagServed(msgspec.Struct, forbid_unknown_fields=True):
    """One of ``tags`` of a media."""

    name: str


class MediaServed(msgspec.Struct, forbid_unknown_fields=True):
    """One row of ``/medias``, or ``/medias/{id}``. List rows may lack what the single answer has."""

    hashed_id: MediaId
    id: NumericId | None = None
    name: str | None = None
    type: str | None = None
    archived: bool | None = None
    created: Instant | None = None
    updated: Instant | None = None
    duration: Seconds | None = None
    status: str | None = None
    section: str | None = None
    project: ProjectServed | None = None
    folder: ProjectServed | None = None
    """What the modern API calls a project."""
    tags: list[TagServed] | None = None
    description: Raw = ABSENT
    progress: Raw = ABSENT
    thumbnail: Raw = ABSENT
    assets: Raw = ABSENT
    subfolder: Raw = ABSENT
    cursor: Raw = ABSENT
    embedCode: Raw = ABSENT  # noqa: N815  Wistia's spelling
    protected: Raw = ABSENT
    share_link: Raw = ABSENT


class MediaStatsServed(msgspec.Struct, forbid_unknown_fields=True):
    """``/stats/medias/{id}``: cumulative counters at the time of the request."""

    load_count: Count
    play_count: Count
    visitors: Count
    play_rate: Rate | None = None
    hours_watched: Measure | None = None
    engagement: Measure | None = None
    actions: Raw = ABSENT


class ByDateServed(msgspec.Struct, forbid_unknown_fields=True):
    """One row of ``/stats/medias/{id}/by_date`` or ``/stats/account/by_date``."""

    date: Day
    load_count: Count
    play_count: Count
    hours_watched: Measure | None = None


class EngagementServed(msgspec.Struct, forbid_unknown_fields=True):
    """``/stats/medias/{id}/engagement``: one number a second, or 1000 for what is longer."""

    engagement: Measure | None = None
    engagement_data: Curve | None = None
    rewatch_data: Curve | None = None


class TimeseriesServed(msgspec.Struct, forbid_unknown_fields=True):
    """One bucket of ``/analytics/medias/{id}/timeseries``; without activity it has its timestamp alone."""

    timestamp: SpacedInstant
    unique_loads: Count | None = None
    unique_plays: Count | None = None
    plays: Count | None = None
    unique_visitors: Count | None = None
    played_time: Measure | None = None
    """Seconds."""
    play_rate: Rate | None = None
    engagement_rate: Measure | None = None
    form_conversions: Raw = ABSENT
    cta_impressions: Raw = ABSENT
    cta_conversions: Raw = ABSENT
    cta_conversion_rate: Raw = ABSENT


class ListedProjectServed(msgspec.Struct, forbid_unknown_fields=True):
    """One row of ``/projects``, or of ``/folders``, as the modern API calls and spells them."""

    id: NumericId | None = None
    name: str | None = None
    created: Instant | None = None
    updated: Instant | None = None
    public: bool | None = None
    hashedId: str | None = None  # noqa: N815  Wistia's spelling
    hashed_id: str | None = None
    mediaCount: Count | None = None  # noqa: N815  Wistia's spelling
    media_count: Count | None = None
    description: Raw = ABSENT
    publicId: Raw = ABSENT  # noqa: N815  Wistia's spelling
    public_id: Raw = ABSENT
    anonymousCanUpload: Raw = ABSENT  # noqa: N815  Wistia's spelling
    anonymous_can_upload: Raw = ABSENT
    anonymousCanDownload: Raw = ABSENT  # noqa: N815  Wistia's spelling
    anonymous_can_download: Raw = ABSENT
    medias: Raw = ABSENT
    kind: Raw = ABSENT
    personal_library: Raw = ABSENT
    cursor: Raw = ABSENT


class AccountServed(msgspec.Struct, forbid_unknown_fields=True):
    """``/account``."""

    url: str | None = None
    name: str | None = None
    id: Raw = ABSENT
    mediaCount: Raw = ABSENT  # noqa: N815  Wistia's spelling
    videoLimit: Raw = ABSENT  # noqa: N815  Wistia's spelling
    projectCount: Raw = ABSENT  # noqa: N815  Wistia's spelling
    channelCount: Raw = ABSENT  # noqa: N815  Wistia's spelling
    media_count: Raw = ABSENT
    video_limit: Raw = ABSENT
    folder_count: Raw = ABSENT
    channel_count: Raw = ABSENT
