"""``silver.fact_media_day_measured``: planned and computed by month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from wistia_lake.bronze.layout import Look
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.engines.base import Job, groups_of
from wistia_lake.lake.tables_measured import FACT_MEDIA_DAY_MEASURED
from wistia_lake.model import ONE_DAY, days_between, first_of_month, last_of_month, months_between
from wistia_lake.silver.calendar import AccountCalendar
from wistia_lake.silver.context import Context, Plan, digest, sql_of
from wistia_lake.silver.relations import relation

STREAM: Final = "media_timeseries"
HALF_A_DAY: Final = timedelta(hours=12)
"""From a bucket's beginning to its middle, or nearly, where a clock change makes the day longer or shorter."""


def _looks(context: Context) -> list[tuple[int, Look, Manifest]]:
    """The looks, oldest first; of looks of one scope with the same content, the last stands for all."""
    kept: dict[tuple[str, str], tuple[int, Look, Manifest]] = {}
    for order, look in enumerate(context.history.ordered_looks(STREAM)):
        manifest = context.history.manifest(look)
        kept[look.slice.scope, manifest.content_hash] = (order, look, manifest)
    return sorted(kept.values(), key=lambda item: item[0])


def _reach(manifest: Manifest) -> tuple[date, date]:
    """First and last day that a look may tell of: a day more each way, for the zone may be another than it was then."""
    assert manifest.covers is not None
    return manifest.covers[0] - ONE_DAY, manifest.covers[1] + ONE_DAY


def _days_of(month: date) -> list[date]:
    return list(days_between(month, last_of_month(month)))


def _bounds(context: Context, day: date) -> tuple[str, str]:
    """Between which instants a bucket begins whose middle is on the day: what of the zone matters to a day."""
    calendar = context.calendar
    return calendar.begins_at(day).isoformat(), calendar.ends_at(day).isoformat()


def _beginnings(calendar: AccountCalendar, day: date) -> Iterator[tuple[date, datetime, datetime]]:
    """Between which instants a bucket begins whose middle is on the day, once for each UTC date of these instants."""
    from_at, to_at = calendar.begins_at(day) - HALF_A_DAY, calendar.ends_at(day) - HALF_A_DAY
    for begins_on in days_between(from_at.date(), (to_at - timedelta.resolution).date()):
        yield begins_on, from_at, to_at


def plan_measured_days(context: Context) -> Plan:
    """One partition for each month that a look may reach into."""
    settle = timedelta(minutes=context.settings.settle_minutes)
    inputs: dict[date, list[Any]] = {}
    for _, look, manifest in _looks(context):
        # Days that this look finds over are final; the rest of the look's instant does not matter.
        final_until = context.calendar.day_of(manifest.first_requested_at - settle)
        hidden = context.visibility.hidden_in(manifest)
        for month in months_between(*_reach(manifest)):
            final = min(final_until, first_of_month(month + 31 * ONE_DAY))
            part = [look.slice.scope, manifest.policy_version, manifest.content_hash, final.isoformat(), hidden]
            inputs.setdefault(month, []).append(part)
    return {
        month.isoformat(): digest(FACT_MEDIA_DAY_MEASURED, looks, [_bounds(context, day) for day in _days_of(month)])
        for month, looks in sorted(inputs.items())
    }


def measured_day_jobs(context: Context, partitions: list[str]) -> Iterator[Job]:
    """Months in a row, as many at a time as the engine takes."""
    looks = _looks(context)
    for months in groups_of(map(date.fromisoformat, partitions), context.engine.months_per_job):
        yield _measured_day_job(context, months, looks)


def _measured_day_job(context: Context, months: list[date], all_looks: list[tuple[int, Look, Manifest]]) -> Job:
    days, calendar = list(days_between(months[0], last_of_month(months[-1]))), context.calendar
    settle = timedelta(minutes=context.settings.settle_minutes)
    looks = [
        (order, manifest)
        for order, _, manifest in all_looks
        if _reach(manifest)[0] <= days[-1] and _reach(manifest)[1] >= days[0]
    ]
    rows = [(m.data.batch_id, order, m.first_requested_at) for order, m in looks if m.data is not None]
    bounds = [
        (begins_on, day, first_of_month(day), from_at, to_at, calendar.ends_at(day) + settle)
        for day in days
        for begins_on, from_at, to_at in _beginnings(calendar, day)
    ]
    columns = {"begins_on": "day", "day": "day", "month": "day"}
    columns |= {"from_at": "instant", "to_at": "instant", "final_at": "instant"}
    bronze = context.bronze(STREAM, [manifest for _, manifest in looks])
    return Job(
        sql_of(FACT_MEDIA_DAY_MEASURED),
        (bronze,),
        {
            "measured_days": relation(columns, bounds),
            "measured_looks": relation({"batch_id": "text", "look_order": "number", "requested_at": "instant"}, rows),
        },
    )
