"""The endpoints that are read, as plain data: to read another one, add a line here.

Paths are relative to the base URL, which ends in ``/v1``. Permissions are named as in Wistia's OpenAPI files and as the
account's owner sees them when making a token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

DETAILED_STATS: Final = "Read detailed stats"
ALL_MEDIA_DATA: Final = "Read all folder and media data"

PER_PAGE: Final = 100
"""Wistia's most; larger values are cut silently. Always sent: documents differ on the default (10 or 100)."""

_PLACE = re.compile(r"\{(\w+)\}")
_SHOWN_VALUES: Final = frozenset({"media_id"})
_SHOWN_PARAMS: Final = ("media_id", "start_date", "end_date", "page")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing that can be asked of the API."""

    name: str
    path: str
    """Template; ``{media_id}`` and the like are filled in and percent-escaped."""
    paged: bool
    """Whether it takes ``page`` and ``per_page`` and answers with a bare array."""
    permission: str | None
    """What a token needs; None if any token will do."""

    def filled(self, values: dict[str, str]) -> str:
        """The path with its values, percent-escaped."""
        return _PLACE.sub(lambda place: quote(values[place[1]], safe=""), self.path)

    def label(self, values: dict[str, str]) -> str:
        """The path for messages: media ids are shown, keys of visitors and events are not."""
        return _PLACE.sub(lambda place: values[place[1]] if place[1] in _SHOWN_VALUES else place[0], self.path)


def shown(params: dict[str, str]) -> str:
    """The parameters that may stand in a message, as `` (start_date 2025-03-12, page 3)``; "" if there are none."""
    parts = [f"{name} {params[name]}" for name in _SHOWN_PARAMS if name in params]
    return f" ({', '.join(parts)})" if parts else ""


MEDIAS: Final = Endpoint("medias", "/medias", True, ALL_MEDIA_DATA)
MEDIA: Final = Endpoint("media", "/medias/{media_id}", False, ALL_MEDIA_DATA)
ACCOUNT: Final = Endpoint("account", "/account", False, None)
TOKEN: Final = Endpoint("token", "/token", False, None)
STATS_ACCOUNT: Final = Endpoint("stats_account", "/stats/account", False, DETAILED_STATS)
MEDIA_STATS: Final = Endpoint("media_stats", "/stats/medias/{media_id}", False, DETAILED_STATS)
MEDIA_BY_DATE: Final = Endpoint("media_by_date", "/stats/medias/{media_id}/by_date", False, DETAILED_STATS)
ACCOUNT_BY_DATE: Final = Endpoint("account_by_date", "/stats/account/by_date", False, DETAILED_STATS)
MEDIA_ENGAGEMENT: Final = Endpoint("media_engagement", "/stats/medias/{media_id}/engagement", False, DETAILED_STATS)
MEDIA_TIMESERIES: Final = Endpoint("media_timeseries", "/analytics/medias/{media_id}/timeseries", False, DETAILED_STATS)
"""Of the modern API only."""
EVENTS: Final = Endpoint("events", "/stats/events", True, DETAILED_STATS)
EVENT: Final = Endpoint("event", "/stats/events/{event_key}", False, DETAILED_STATS)
PROJECTS: Final = Endpoint("projects", "/projects", True, ALL_MEDIA_DATA)
FOLDERS: Final = Endpoint("folders", "/folders", True, ALL_MEDIA_DATA)
"""What the modern API calls projects."""
VISITORS: Final = Endpoint("visitors", "/stats/visitors", True, DETAILED_STATS)
"""Probed, never ingested."""

ENDPOINTS: Final[dict[str, Endpoint]] = {
    endpoint.name: endpoint
    for endpoint in (
        MEDIAS, MEDIA, ACCOUNT, TOKEN, STATS_ACCOUNT, MEDIA_STATS, MEDIA_BY_DATE, EVENTS, EVENT,
        VISITORS, ACCOUNT_BY_DATE, MEDIA_ENGAGEMENT, PROJECTS, FOLDERS, MEDIA_TIMESERIES,
    )
}  # fmt: skip
"""All endpoints by name."""
