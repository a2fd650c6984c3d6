"""``silver.fact_media_day``: planned and computed by month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from wistia_lake.bronze.layout import Look
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.engines.base import Job, groups_of
from wistia_lake.lake.tables import FACT_EVENT, FACT_MEDIA_DAY
from wistia_lake.model import ONE_DAY, days_between, first_of_month, last_of_month, months_between
from wistia_lake.silver import relations
from wistia_lake.silver.context import Context, Plan, digest, sql_of


def _by_date_looks(context: Context) -> list[tuple[int, Look, Manifest]]:
    """The looks at daily counts, oldest first; of looks of one scope with the same content, the last stands for all."""
    kept: dict[tuple[str, str], tuple[int, Look, Manifest]] = {}
    for order, look in enumerate(context.history.ordered_looks("media_by_date")):
        manifest = context.history.manifest(look)
        kept[look.slice.scope, manifest.content_hash] = (order, look, manifest)
    return sorted(kept.values(), key=lambda item: item[0])


def plan_media_days(context: Context) -> Plan:
    """One partition for each month with a covered account day or a daily count."""
    settle = timedelta(minutes=context.settings.settle_minutes)
    inputs: dict[date, list[Any]] = {}
    for _, look, manifest in _by_date_looks(context):
        assert manifest.covers is not None
        # Days that this look finds over are final; the rest of the look's instant does not matter.
        final_until = context.calendar.day_of(manifest.first_requested_at - settle)
        for month in months_between(*manifest.covers):
            final = min(final_until, (month + 31 * ONE_DAY).replace(day=1))
            hidden = context.visibility.hidden_in(manifest)
            inputs.setdefault(month, []).append([look.slice.scope, manifest.content_hash, final.isoformat(), hidden])
    seen: dict[date, list[tuple[str, relations.Flags]]] = {}
    for key, value in context.plans[FACT_EVENT.full_name].items():
        for day in context.calendar.account_days(date.fromisoformat(key)):
            if day not in seen:
                flags = relations.event_day_flags(context.history, context.settings, context.calendar, day)
                seen[day] = sorted((media_id or "", values) for media_id, values in flags.items())
            inputs.setdefault(first_of_month(day), []).append([key, value, day.isoformat(), seen[day]])
    return {month.isoformat(): digest(FACT_MEDIA_DAY, parts) for month, parts in sorted(inputs.items())}


def media_day_jobs(context: Context, partitions: list[str]) -> Iterator[Job]:
    """Months in a row, as many at a time as the engine takes."""
    looks = _by_date_looks(context)
    for months in groups_of(map(date.fromisoformat, partitions), context.engine.months_per_job):
        yield _media_day_job(context, months, looks)


def _media_day_job(context: Context, months: list[date], all_looks: list[tuple[int, Look, Manifest]]) -> Job:
    first, last = months[0], last_of_month(months[-1])
    days = list(days_between(first, last))
    looks = [
        item
        for item in all_looks
        if item[2].covers is not None and item[2].covers[0] <= last and item[2].covers[1] >= first
    ]
    flags = {day: relations.event_day_flags(context.history, context.settings, context.calendar, day) for day in days}
    columns = {"batch_id": "text", "look_order": "number", "requested_at": "instant"}
    rows = [(m.data.batch_id, order, m.first_requested_at) for order, _, m in looks if m.data is not None]
    settle = timedelta(minutes=context.settings.settle_minutes)
    bronze = context.bronze("media_by_date", [manifest for _, _, manifest in looks])
    return Job(
        sql_of(FACT_MEDIA_DAY),
        (bronze,),
        {
            "account_days": relations.account_days(context.calendar, days, settle),
            "by_date_looks": relations.relation(columns, rows),
            "event_days": relations.event_days(flags),
        },
        {FACT_EVENT.full_name: context.table(FACT_EVENT, first - ONE_DAY, last + ONE_DAY)},
    )
