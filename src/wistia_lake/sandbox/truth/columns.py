"""Names, kinds and keys of the tables, declared a second time: a shared list could be wrong on both sides."""

from __future__ import annotations

_DIM_MEDIA = """
media_id string, numeric_id long, title string, url string, channel string, type string, duration_ms long,
project_id string, project string, section string, status string, is_archived boolean, is_deleted boolean,
created_at instant, updated_at instant, first_seen_day date, last_seen_day date
"""
_MEDIA_DURATION = "media_id string, valid_from_day date, duration_ms long"
_FACT_EVENT = """
event_id string, visitor_id string, is_twin boolean, media_id string, received_at instant, received_day date,
day date, percent_viewed double, duration_ms long, watched_ms long, country string, region string,
embed_domain string, embed_path string, utm_source string, utm_medium string, utm_campaign string,
is_identified boolean, is_converted boolean, conversion_type string, browser string, browser_major int,
platform string, is_mobile boolean, batch_id string
"""
_FACT_MEDIA_DAY = """
media_id string, day date, month date, load_count long, play_count long, event_count long, viewer_count long,
watched_ms long, watched_25_count long, watched_50_count long, watched_75_count long, completed_count long,
mobile_event_count long, converted_event_count long, is_final boolean, is_settled boolean
"""
_FACT_MEDIA_ENGAGEMENT = """
media_id string, snapshot_day date, month date, load_count long, play_count long, visitor_count long,
unique_play_count long, play_rate double, engagement double, hours_watched double, duration_ms long,
previous_snapshot_day date, load_count_change long, play_count_change long, visitor_count_change long,
unique_play_count_change long
"""
_FACT_ACCOUNT_DAY = "day date, month date, load_count long, play_count long, hours_watched double"
_FACT_MEDIA_CURVE = """
media_id string, position int, positions int, position_ms long, view_count long, rewatch_count long, snapshot_day date
"""
_FACT_MEDIA_DAY_MEASURED = """
media_id string, day date, month date, play_count long, unique_play_count long, unique_load_count long,
visitor_count long, played_ms long, play_rate double, engagement double, is_final boolean
"""
_KPI_MEDIA_28D = """
media_id string, title string, channel string, project string, period_first_day date, period_last_day date,
final_day_count long, load_count long, play_count long, event_count long, viewer_count long, watched_ms long,
watched_hours double, play_share double, watched_share double, completed_share double, mobile_share double,
converted_share double, previous_play_count long, previous_event_count long, previous_viewer_count long,
previous_watched_ms long, reported_hours_watched double, reported_snapshot_day date
"""
_KPI_MEDIA_DAY = """
media_id string, day date, month date, title string, channel string, load_count long, play_count long,
event_count long, viewer_count long, measured_play_count long, play_share double, watched_ms long, watched_hours double,
played_ms long, played_hours double, reported_hours_watched double, reported_snapshot_day date, is_final boolean,
is_settled boolean, is_measured_final boolean
"""


def _columns(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [part.split() for part in text.split(",")]
    return tuple((name, kind) for name, kind in pairs)


COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "silver.media_duration": _columns(_MEDIA_DURATION),
    "silver.fact_event": _columns(_FACT_EVENT),
    "silver.dim_media": _columns(_DIM_MEDIA),
    "silver.fact_media_day": _columns(_FACT_MEDIA_DAY),
    "silver.fact_media_engagement": _columns(_FACT_MEDIA_ENGAGEMENT),
    "silver.fact_account_day": _columns(_FACT_ACCOUNT_DAY),
    "silver.fact_media_curve": _columns(_FACT_MEDIA_CURVE),
    "silver.fact_media_day_measured": _columns(_FACT_MEDIA_DAY_MEASURED),
    "gold.kpi_media_28d": _columns(_KPI_MEDIA_28D),
    "gold.kpi_media_day": _columns(_KPI_MEDIA_DAY),
}
"""Columns of every table in order: name and kind."""

KEYS: dict[str, tuple[str, ...]] = {
    "silver.media_duration": ("media_id", "valid_from_day"),
    "silver.fact_event": ("event_id", "visitor_id"),
    "silver.dim_media": ("media_id",),
    "silver.fact_media_day": ("media_id", "day"),
    "silver.fact_media_engagement": ("media_id", "snapshot_day"),
    "silver.fact_account_day": ("day",),
    "silver.fact_media_curve": ("media_id", "position"),
    "silver.fact_media_day_measured": ("media_id", "day"),
    "gold.kpi_media_28d": ("media_id",),
    "gold.kpi_media_day": ("media_id", "day"),
}
"""The columns that tell rows apart."""
