"""Truth about what Wistia itself reports by day of the account."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from wistia_lake.sandbox.bodies import account_day
from wistia_lake.sandbox.truth.looks import Looks
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
