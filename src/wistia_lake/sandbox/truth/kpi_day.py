"""Truth about gold.kpi_media_day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from wistia_lake.sandbox.truth.kpi import ratio, reported_hours

Row = dict[str, Any]


def kpi_day_rows(
    dim: Sequence[Row], days: Sequence[Row], measured: Sequence[Row], snapshots: Sequence[Row]
) -> list[Row]:
    """gold.kpi_media_day from the true rows of the tables that it reads: every day that either of them has."""
    counted = {(row["media_id"], row["day"]): row for row in days}
    by_wistia = {(row["media_id"], row["day"]): row for row in measured}
    medias = {row["media_id"]: row for row in dim}
    newest: dict[date, dict[str, Row]] = defaultdict(dict)
    for row in sorted(snapshots, key=lambda row: row["snapshot_day"]):
        newest[row["month"]][row["media_id"]] = row
    return [
        _row(key, counted.get(key, {}), by_wistia.get(key, {}), medias.get(key[0], {}), _snapshot(newest, *key))
        for key in sorted({*counted, *by_wistia})
    ]


def _snapshot(newest: Mapping[date, Mapping[str, Row]], media_id: str, day: date) -> Row | None:
    """The media's newest one of the day's month. A month without any looks at the next that has some, or the last."""
    months = [month for month in sorted(newest) if month >= day.replace(day=1)] or sorted(newest)[-1:]
    return newest[months[0]].get(media_id) if months else None


def _row(key: tuple[str, date], counted: Row, measured: Row, media: Row, snapshot: Row | None) -> Row:
    watched, played = counted.get("watched_ms"), measured.get("played_ms")
    return {
        "media_id": key[0],
        "day": key[1],
        "month": key[1].replace(day=1),
        "title": media.get("title"),
        "channel": media.get("channel"),
        "load_count": counted.get("load_count"),
        "play_count": counted.get("play_count"),
        "event_count": counted.get("event_count"),
        "viewer_count": counted.get("viewer_count"),
        "measured_play_count": measured.get("play_count"),
        "play_share": ratio(counted.get("play_count"), counted.get("load_count")),
        "watched_ms": watched,
        "watched_hours": None if watched is None else watched / 3600000.0,
        "played_ms": played,
        "played_hours": None if played is None else played / 3600000.0,
        "reported_hours_watched": reported_hours(counted.get("play_count"), snapshot),
        "reported_snapshot_day": snapshot["snapshot_day"] if snapshot else None,
        "is_final": counted.get("is_final", False),
        "is_settled": counted.get("is_settled", False),
        "is_measured_final": measured.get("is_final", False),
    }
