"""The gold models. A KPI is an entry here, a table in ``lake/tables.py`` and a ``.sql`` beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from wistia_lake.engines.base import Job
from wistia_lake.gold import media_day
from wistia_lake.lake.tables import DIM_MEDIA, FACT_EVENT, FACT_MEDIA_DAY, FACT_MEDIA_ENGAGEMENT, KPI_MEDIA_28D
from wistia_lake.lake.tables_measured import KPI_MEDIA_DAY
from wistia_lake.model import ONE_DAY, days_between
from wistia_lake.silver.context import WHOLE, Context, Model, Plan, digest, sql_of
from wistia_lake.silver.engagement import newest_snapshots
from wistia_lake.silver.relations import relation

PERIOD = timedelta(days=28)
NEWEST_MONTHS = 3
_LAST_FINAL = "select max(day) as day from silver.fact_media_day where is_final"


def _last_final_day(context: Context) -> date | None:
    """The latest day that is final for any media: all periods end there. Looked for in the newest months first."""
    months = sorted(map(date.fromisoformat, context.plans[FACT_MEDIA_DAY.full_name]))
    for some in (months[-NEWEST_MONTHS:], months[:-NEWEST_MONTHS]):
        job = Job(_LAST_FINAL, tables={FACT_MEDIA_DAY.full_name: context.table_in(FACT_MEDIA_DAY, some)})
        for rows in context.engine.select(job, rows_per_group=1) if some else ():
            day: date | None = rows["day"][0].as_py()
            if day is not None:
                return day
    return None


def _active(context: Context, first: date, last: date) -> set[str]:
    """The medias that can have rows between two account days, by the looks that tell of them; or some more."""
    history, found = context.history, set[str]()
    for day in days_between(first - ONE_DAY, last + ONE_DAY):
        found.update(media_id for one in history.shown("events", day) for media_id in one.manifest.medias)
    for look in history.ordered_looks("media_by_date"):
        manifest = history.manifest(look)
        if manifest.covers is not None and manifest.covers[0] <= last and manifest.covers[1] >= first:
            found.update(manifest.medias)
    return found


def _touches(context: Context, table: str, first: date, last: date) -> dict[str, str]:
    """The planned partitions of a table between two days, with their digests."""
    return {key: value for key, value in context.plans[table].items() if first <= date.fromisoformat(key) <= last}


def plan_media_28d(context: Context) -> Plan:
    """Hangs on 56 days of events and daily counts, on the newest snapshots and on titles; not on older history."""
    last = _last_final_day(context)
    parts: list[object] = [
        context.plans[DIM_MEDIA.full_name],
        list(context.plans[FACT_MEDIA_ENGAGEMENT.full_name].values())[-1:],
    ]
    if last is not None:
        first = last - 2 * PERIOD + ONE_DAY
        parts += [
            last.isoformat(),
            _touches(context, FACT_EVENT.full_name, first - ONE_DAY, last + ONE_DAY),
            _touches(context, FACT_MEDIA_DAY.full_name, first.replace(day=1), last),
        ]
    return {WHOLE: digest(KPI_MEDIA_28D, *parts)}


def media_28d_jobs(context: Context, _partitions: list[str]) -> Iterator[Job]:
    """One job."""
    yield _media_28d_job(context)


def _media_28d_job(context: Context) -> Job:
    last = _last_final_day(context)
    columns = {"first_day": "day", "last_day": "day", "previous_first_day": "day", "previous_last_day": "day"}
    period = []
    if last is not None:
        first = last - PERIOD + ONE_DAY
        period = [(first, last, first - PERIOD, first - ONE_DAY)]
    oldest = last - 2 * PERIOD if last is not None else None
    active = _active(context, oldest, last) if last is not None and oldest is not None else ()
    tables = {
        DIM_MEDIA.full_name: context.table(DIM_MEDIA),
        FACT_EVENT.full_name: context.table(FACT_EVENT, oldest, last + ONE_DAY if last else None),
        FACT_MEDIA_DAY.full_name: context.table(FACT_MEDIA_DAY, oldest.replace(day=1) if oldest else None),
        FACT_MEDIA_ENGAGEMENT.full_name: context.table_in(FACT_MEDIA_ENGAGEMENT, newest_snapshots(context, active)),
    }
    return Job(sql_of(KPI_MEDIA_28D), (), {"period": relation(columns, period)}, tables)


MODELS: Final = (
    Model(KPI_MEDIA_28D, plan_media_28d, media_28d_jobs),
    Model(KPI_MEDIA_DAY, media_day.plan_media_day, media_day.media_day_jobs),
)
