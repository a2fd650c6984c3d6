"""``gold.kpi_media_day``: planned and computed by month, so that a daily run rewrites no month that is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from wistia_lake.engines.base import Job, groups_of
from wistia_lake.lake.tables import DIM_MEDIA, FACT_MEDIA_DAY, FACT_MEDIA_ENGAGEMENT
from wistia_lake.lake.tables_measured import FACT_MEDIA_DAY_MEASURED, KPI_MEDIA_DAY
from wistia_lake.model import ONE_DAY, day_start, first_of_month
from wistia_lake.silver.context import Context, Plan, digest, sql_of
from wistia_lake.silver.relations import relation


def _snapshot_month(context: Context, month: date) -> date | None:
    """The month whose snapshots give the derived hours: its own, else the first later one that has any, else the last.

    The newest of all would be as true, but would rewrite the whole history with every daily snapshot.
    """
    months = sorted(map(date.fromisoformat, context.plans[FACT_MEDIA_ENGAGEMENT.full_name]))
    return next((one for one in months if one >= month), months[-1] if months else None)


def _titles(context: Context) -> list[tuple[datetime | None, list[Any]]]:
    """What the days show of each media, with when it was made."""
    wanted = context.rows(DIM_MEDIA).select(["media_id", "title", "channel", "created_at"])
    rows = wanted.sort_by([("media_id", "ascending")]).to_pylist()
    return [(row["created_at"], [row["media_id"], row["title"], row["channel"]]) for row in rows]


def plan_media_day(context: Context) -> Plan:
    """A month hangs on its days, on one month of snapshots, and on the titles of medias that existed by its end."""
    counted = context.plans[FACT_MEDIA_DAY.full_name]
    measured = context.plans[FACT_MEDIA_DAY_MEASURED.full_name]
    titles, plan = _titles(context), {}
    for key in sorted({*counted, *measured}):
        month = date.fromisoformat(key)
        # A day late, because the month's last day ends in some zone hours after it ended in UTC.
        over = day_start(first_of_month(month + 31 * ONE_DAY) + ONE_DAY)
        snapshots = _snapshot_month(context, month)
        plan[key] = digest(
            KPI_MEDIA_DAY,
            counted.get(key),
            measured.get(key),
            context.plans[FACT_MEDIA_ENGAGEMENT.full_name][snapshots.isoformat()] if snapshots else None,
            [title for made, title in titles if made is None or made < over],
        )
    return plan


def media_day_jobs(context: Context, partitions: list[str]) -> Iterator[Job]:
    """Months in a row, as many at a time as the engine takes."""
    for months in groups_of(map(date.fromisoformat, partitions), context.engine.months_per_job):
        yield _media_day_job(context, months)


def _media_day_job(context: Context, months: list[date]) -> Job:
    shown = {month: _snapshot_month(context, month) for month in months}
    named = [month for month in shown.values() if month is not None] or [date.max.replace(day=1)]
    tables = {
        DIM_MEDIA.full_name: context.table(DIM_MEDIA),
        FACT_MEDIA_DAY.full_name: context.table(FACT_MEDIA_DAY, months[0], months[-1]),
        FACT_MEDIA_DAY_MEASURED.full_name: context.table(FACT_MEDIA_DAY_MEASURED, months[0], months[-1]),
        FACT_MEDIA_ENGAGEMENT.full_name: context.table(FACT_MEDIA_ENGAGEMENT, min(named), max(named)),
    }
    months_shown = relation({"month": "day", "snapshot_month": "day"}, shown.items())
    return Job(sql_of(KPI_MEDIA_DAY), (), {"shown_snapshots": months_shown}, tables)
