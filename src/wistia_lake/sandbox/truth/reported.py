"""Truth about what Wistia itself reports: days of the account, curves of medias, measured days of medias."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from wistia_lake.sandbox.bodies import account_day
from wistia_lake.sandbox.clock import Calendar, from_seconds
from wistia_lake.sandbox.curves import engagement
from wistia_lake.sandbox.measured import bucket
from wistia_lake.sandbox.truth.looks import Looks
from wistia_lake.sandbox.truth.medias import Durations, duration_on
from wistia_lake.sandbox.world import World


def account_day_rows(world: World, looks: Looks) -> list[dict[str, Any]]:
    """silver.fact_account_day: each day as the newest answer that had a row for it said."""
    read: dict[date, datetime] = {}
    for window in sorted(looks.account_windows, key=lambda item: (item.at, item.number)):
        for offset in range((window.last - window.first).days + 1):
            read[window.first + timedelta(days=offset)] = window.at
    rows = []
    for day, at in sorted(read.items()):
        served = account_day(world, day, at)
        rows.append(
            {
                "day": day,
                "month": day.replace(day=1),
                "load_count": served["load_count"],
                "play_count": served["play_count"],
                "hours_watched": float(served["hours_watched"]),
            }
        )
    return rows


def curve_rows(world: World, looks: Looks, durations: Durations) -> list[dict[str, Any]]:
    """silver.fact_media_curve: each media as its newest answer said; no row where that had no positions."""
    rows: list[dict[str, Any]] = []
    for media_id, at in sorted(looks.curves.items()):
        media = world.media_at(media_id, at)
        assert media is not None
        served = engagement(world, media, at)
        rows += _positions(served, media_id, at.date(), duration_on(durations, media_id, at.date()))
    return rows


def _positions(served: dict[str, Any], media_id: str, day: date, length: int | None) -> Iterator[dict[str, Any]]:
    count = len(served["engagement_data"])
    for position, (seen, again) in enumerate(zip(served["engagement_data"], served["rewatch_data"], strict=True)):
        yield {
            "media_id": media_id,
            "position": position,
            "positions": count,
            "position_ms": None if length is None else math.floor(length / count + 0.5),
            "view_count": seen,
            "rewatch_count": again,
            "snapshot_day": day,
        }


def measured_rows(world: World, looks: Looks, calendar: Calendar, settle: timedelta) -> list[dict[str, Any]]:
    """silver.fact_media_day_measured: each day as the newest answer that had a bucket for it said; none if idle.

    A bucket is a day of the account. Which day of the reader's zone that is, its noon tells.
    """
    rows = []
    for media_id, windows in sorted(looks.measured_windows.items()):
        read: dict[date, datetime] = {}
        for window in sorted(windows, key=lambda item: (item.at, item.number)):
            for offset in range((window.last - window.first).days + 1):
                read[window.first + timedelta(days=offset)] = window.at
        for account_day_read, at in sorted(read.items()):
            media = world.media_at(media_id, at)
            assert media is not None
            served = bucket(world, media, account_day_read, at)
            if set(served) == {"timestamp"}:
                continue
            day = calendar.day_of_seconds(world.calendar.bounds(account_day_read)[0] + 12 * 3600)
            over = from_seconds(calendar.bounds(day)[1]) + settle
            rows.append(_measured_row(media_id, day, served, is_final=at >= over))
    return rows


def _measured_row(media_id: str, day: date, served: dict[str, Any], *, is_final: bool) -> dict[str, Any]:
    return {
        "media_id": media_id,
        "day": day,
        "month": day.replace(day=1),
        "play_count": served["plays"],
        "unique_play_count": served["unique_plays"],
        "unique_load_count": served["unique_loads"],
        "visitor_count": served["unique_visitors"],
        "played_ms": served["played_time"] * 1000,
        "play_rate": served["play_rate"],
        "engagement": served["engagement_rate"],
        "is_final": is_final,
    }
