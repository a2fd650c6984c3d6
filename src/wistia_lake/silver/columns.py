"""The columns of bronze lines as SQL reads them, and the words of user agents. Data only."""

from __future__ import annotations

from typing import Final

BRONZE_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "events": {
        "received_at": "varchar",
        "event_id": "varchar",
        "visitor_id": "varchar",
        "media_id": "varchar",
        "percent_viewed": "double",
        "country": "varchar",
        "region": "varchar",
        "browser": "varchar",
        "browser_major": "integer",
        "platform": "varchar",
        "mobile": "boolean",
        "conversion_type": "varchar",
        "is_identified": "boolean",
        "is_converted": "boolean",
        "embed_domain": "varchar",
        "embed_path": "varchar",
        "utm_source": "varchar",
        "utm_medium": "varchar",
        "utm_campaign": "varchar",
    },
    "medias": {
        "media_id": "varchar",
        "numeric_id": "bigint",
        "name": "varchar",
        "type": "varchar",
        "duration": "double",
        "archived": "boolean",
        "status": "varchar",
        "section": "varchar",
        "project_id": "varchar",
        "project": "varchar",
        "created": "varchar",
        "updated": "varchar",
        "url": "varchar",
        "is_deleted": "boolean",
    },
    "media_stats": {
        "media_id": "varchar",
        "load_count": "bigint",
        "play_count": "bigint",
        "play_rate": "double",
        "hours_watched": "double",
        "engagement": "double",
        "visitors": "bigint",
    },
    "media_by_date": {
        "media_id": "varchar",
        "date": "date",
        "load_count": "bigint",
        "play_count": "bigint",
    },
    "account_by_date": {
        "date": "date",
        "load_count": "bigint",
        "play_count": "bigint",
        "hours_watched": "double",
    },
    "media_engagement": {
        "media_id": "varchar",
        "snapshot_day": "date",
        "looked_at": "varchar",
        "engagement_data": "bigint[]",
        "rewatch_data": "bigint[]",
    },
    "media_timeseries": {
        "media_id": "varchar",
        "begins_at": "varchar",
        "plays": "bigint",
        "unique_plays": "bigint",
        "unique_loads": "bigint",
        "unique_visitors": "bigint",
        "played_time": "double",
        "play_rate": "double",
        "engagement_rate": "double",
    },
}
"""Per stream, the fields that tables are made from. A test holds them against the bronze rows."""

USER_AGENT_WORDS: Final[tuple[tuple[str, str, str | None], ...]] = (
    ("platform", "iOS (iPhone)", "iOS"),
    ("platform", "iOS (iPad)", "iOS"),
    ("platform", "Mac OS", "macOS"),
    ("platform", "mac", "macOS"),
    ("platform", "windows", "Windows"),
    ("platform", "Generic Linux", "Linux"),
    ("platform", "android", "Android"),
    ("browser", "Edge", "Microsoft Edge"),
    ("browser", "SamsungBrowser", "Samsung Browser"),
    ("browser", "Mi Browser", "Miui Browser"),
    ("browser", "Unknown Browser", None),
)
"""(kind, word as served, word kept or None): Wistia changed its words in 2025 and both vocabularies occur."""
