"""Truth about gold.kpi_media_28d."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
_ATTRIBUTES = ("title", "channel", "project")


def _sum(rows: Sequence[Row], name: str) -> int | None:
    """The sum of what is known; null if nothing is."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None


def ratio(above: int | None, below: int | None) -> float | None:
    """A ratio of sums; unknown where either is, and where there is nothing to divide by."""
    return None if above is None or not below else above / below


def kpi_rows(
    dim: Sequence[Row], events: Sequence[Row], days: Sequence[Row], snapshots: Sequence[Row]
) -> list[dict[str, Any]]:
    """gold.kpi_media_28d from the true rows of the tables that it reads."""
    final = [row for row in days if row["is_final"]]
    if not final:
        return []
    last = max(row["day"] for row in final)
    newest = {row["media_id"]: row for row in snapshots}  # sorted by day: the last one stays
    medias = {row["media_id"]: row for row in dim}
    by_media: dict[str, list[Row]] = defaultdict(list)
    for row in final:
        if row["day"] > last - timedelta(days=56):
            by_media[row["media_id"]].append(row)
    sessions: dict[tuple[str, date], list[Row]] = defaultdict(list)
    for row in events:
        sessions[row["media_id"], row["day"]].append(row)
    return [
        _row(
            medias.get(media_id) or dict.fromkeys(_ATTRIBUTES) | {"media_id": media_id},
            by_media[media_id],
            sessions,
            newest.get(media_id),
            last,
        )
        for media_id in sorted(by_media)
    ]


def _row(
    media: Row, days: Sequence[Row], sessions: dict[tuple[str, date], list[Row]], snapshot: Row | None, last: date
) -> dict[str, Any]:
    first = last - timedelta(days=27)
    now = [row for row in days if row["day"] >= first]
    before = [row for row in days if row["day"] < first]
    plays, events = _sum(now, "play_count"), _sum(now, "event_count")
    seen = [row for day in now for row in sessions[day["media_id"], day["day"]]]
    seen_before = [row for day in before for row in sessions[day["media_id"], day["day"]]]
    watched = _watched(now, seen)
    return {
        "media_id": media["media_id"],
        "title": media["title"],
        "channel": media["channel"],
        "project": media["project"],
        "period_first_day": first,
        "period_last_day": last,
        "final_day_count": len(now),
        "load_count": _sum(now, "load_count"),
        "play_count": plays,
        "event_count": events,
        "viewer_count": len({row["visitor_id"] for row in seen}),
        "watched_ms": watched,
        "watched_hours": None if watched is None else watched / 3600000.0,
        "play_share": ratio(plays, _sum(now, "load_count")),
        "watched_share": ratio(watched, _sum(seen, "duration_ms")),
        "completed_share": ratio(_sum(now, "completed_count"), events),
        "mobile_share": ratio(_sum(now, "mobile_event_count"), events),
        "converted_share": ratio(_sum(now, "converted_event_count"), events),
        "previous_play_count": _sum(before, "play_count"),
        "previous_event_count": _sum(before, "event_count"),
        "previous_viewer_count": len({row["visitor_id"] for row in seen_before}),
        "previous_watched_ms": _watched(before, seen_before),
        "reported_hours_watched": reported_hours(plays, snapshot),
        "reported_snapshot_day": snapshot["snapshot_day"] if snapshot else None,
    }


def _watched(days: Sequence[Row], seen: Sequence[Row]) -> int | None:
    """Measured watch time; unknown if the period has sessions but none whose length is known."""
    if seen and all(row["watched_ms"] is None for row in seen):
        return None
    return _sum(days, "watched_ms")


def reported_hours(plays: int | None, snapshot: Row | None) -> float | None:
    """Wistia's derived hours for some plays, by a snapshot of the media."""
    if plays is None or snapshot is None or snapshot["duration_ms"] is None:
        return None
    hours: float = plays * (snapshot["engagement"] * (snapshot["duration_ms"] / 1000.0) / 3600.0)
    return hours
