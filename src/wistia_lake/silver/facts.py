"""``silver.fact_event``, ``fact_media_day`` and ``fact_media_engagement``: planned by partition, computed in groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from typing import Any

from wistia_lake.bronze.layout import Look
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.engines.base import Job
from wistia_lake.lake.tables import FACT_EVENT, FACT_MEDIA_DAY, FACT_MEDIA_ENGAGEMENT
from wistia_lake.model import ONE_DAY, Slice, days_between, first_of_month
from wistia_lake.silver import relations
from wistia_lake.silver.context import Context, Plan, digest, sql_of

ROWS_PER_JOB = 400_000
"""Rows of bronze that one job parses: bounds memory whatever the history; one larger day is a job of its own."""


# --- fact_event ------------------------------------------------------------------------------------------------------


def _neighbours(day: date) -> list[date]:
    """The slices that decide on a day's rows: a key may move a day on, and a twin's place may hang on such a move."""
    return [day - ONE_DAY, day, day + ONE_DAY, day + 2 * ONE_DAY]


def plan_events(context: Context) -> Plan:
    """One partition for each UTC day that was looked at."""
    history, plan = context.history, {}
    words = relations.user_agent_words().to_pylist()
    for day in history.looks["events"].all_days():
        near = [[one.fingerprint for one in history.shown("events", other)] for other in _neighbours(day)]
        medias = sorted({media_id for one in history.shown("events", day) for media_id in one.manifest.medias})
        durations = [(media_id, context.duration_on(media_id, day)) for media_id in medias]
        parts = [
            (account_day.isoformat(), begins.isoformat()) for account_day, begins, _ in context.calendar.parts(day)
        ]
        plan[day.isoformat()] = digest(FACT_EVENT, near, durations, parts, words)
    return plan


def event_jobs(context: Context, partitions: list[str]) -> Iterator[AbstractContextManager[Job]]:
    """Groups of days, each with its neighbours."""
    group: list[date] = []
    weight = 0
    for day in sorted(map(date.fromisoformat, partitions)):
        rows = sum(one.manifest.row_count for one in context.history.shown("events", day))
        if group and weight + rows > ROWS_PER_JOB:
            yield _event_job(context, group)
            group, weight = [], 0
        group.append(day)
        weight += rows
    if group:
        yield _event_job(context, group)


@contextmanager
def _event_job(context: Context, days: list[date]) -> Iterator[Job]:
    needed = sorted({other for day in days for other in _neighbours(day)})
    shown = {day: context.history.shown("events", day) for day in needed}
    with context.history.bronze("events", [one.manifest for ones in shown.values() for one in ones]) as bronze:
        yield Job(
            sql_of(FACT_EVENT),
            (bronze,),
            {
                "wanted_days": relations.wanted_days(days),
                "event_sources": relations.event_sources(shown),
                "event_exclusions": relations.event_exclusions(shown),
                "day_parts": relations.day_parts(context.calendar, days),
                "duration_spans": relations.duration_spans(context.durations),
                "user_agent_words": relations.user_agent_words(),
            },
        )


# --- fact_media_day --------------------------------------------------------------------------------------------------


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
        for month in sorted({first_of_month(day) for day in days_between(*manifest.covers)}):
            final = min(final_until, (month + 31 * ONE_DAY).replace(day=1))
            inputs.setdefault(month, []).append([look.slice.scope, manifest.content_hash, final.isoformat()])
    events = context.plans[FACT_EVENT.full_name]
    for utc_day in map(date.fromisoformat, events):
        for day in context.calendar.account_days(utc_day):
            flags = relations.event_day_flags(context.history, context.settings, context.calendar, day)
            seen = sorted((media_id or "", values) for media_id, values in flags.items())
            inputs.setdefault(first_of_month(day), []).append(
                [utc_day.isoformat(), events[utc_day.isoformat()], day.isoformat(), seen]
            )
    return {month.isoformat(): digest(FACT_MEDIA_DAY, parts) for month, parts in sorted(inputs.items())}


def media_day_jobs(context: Context, partitions: list[str]) -> Iterator[AbstractContextManager[Job]]:
    """One job a month."""
    looks = _by_date_looks(context)
    for month in sorted(map(date.fromisoformat, partitions)):
        yield _media_day_job(context, month, looks)


@contextmanager
def _media_day_job(context: Context, month: date, all_looks: list[tuple[int, Look, Manifest]]) -> Iterator[Job]:
    last = (month + 31 * ONE_DAY).replace(day=1) - ONE_DAY
    days = list(days_between(month, last))
    looks = [
        item
        for item in all_looks
        if item[2].covers is not None and item[2].covers[0] <= last and item[2].covers[1] >= month
    ]
    flags = {day: relations.event_day_flags(context.history, context.settings, context.calendar, day) for day in days}
    columns = {"batch_id": "text", "look_order": "number", "requested_at": "instant"}
    rows = [(m.data.batch_id, order, m.first_requested_at) for order, _, m in looks if m.data is not None]
    settle = timedelta(minutes=context.settings.settle_minutes)
    with context.history.bronze("media_by_date", [manifest for _, _, manifest in looks]) as bronze:
        yield Job(
            sql_of(FACT_MEDIA_DAY),
            (bronze,),
            {
                "account_days": relations.account_days(context.calendar, days, settle),
                "by_date_looks": relations.relation(columns, rows),
                "event_days": relations.event_days(flags),
            },
            {FACT_EVENT.full_name: context.table(FACT_EVENT, month - ONE_DAY, last + ONE_DAY)},
        )


# --- fact_media_engagement -------------------------------------------------------------------------------------------


def _stat_looks(context: Context, month: date) -> list[tuple[int, Look, Manifest]]:
    """The looks of a month, oldest first; of looks at one slice with the same content, the last stands for all."""
    kept: dict[tuple[Slice, str], tuple[int, Look, Manifest]] = {}
    for order, look in enumerate(context.history.ordered_looks("media_stats")):
        if first_of_month(look.slice.day) == month:
            manifest = context.history.manifest(look)
            kept[look.slice, manifest.content_hash] = (order, look, manifest)
    return sorted(kept.values(), key=lambda item: item[0])


def plan_engagement(context: Context) -> Plan:
    """One partition a month; each hangs on the one before, whose last snapshots it is compared with."""
    plan: Plan = {}
    before = ""
    for month in sorted({first_of_month(day) for day in context.history.looks["media_stats"].all_days()}):
        looks = _stat_looks(context, month)
        medias = sorted({media_id for _, _, manifest in looks for media_id in manifest.medias})
        durations = {media_id: context.durations[media_id] for media_id in medias if media_id in context.durations}
        content = [
            [look.slice.scope, look.slice.day.isoformat(), m.policy_version, m.content_hash] for _, look, m in looks
        ]
        before = plan[month.isoformat()] = digest(FACT_MEDIA_ENGAGEMENT, content, _until(durations, month), before)
    return plan


def _until(durations: dict[str, list[tuple[date, int]]], month: date) -> dict[str, list[Any]]:
    """The lengths that can matter to a month: those valid by its end, or else the first."""
    end = month + 31 * ONE_DAY
    return {
        media_id: [entry for entry in known if entry[0] < end] or known[:1] for media_id, known in durations.items()
    }


def engagement_jobs(context: Context, partitions: list[str]) -> Iterator[AbstractContextManager[Job]]:
    """One job a month, in order."""
    for month in sorted(map(date.fromisoformat, partitions)):
        yield _engagement_job(context, month)


@contextmanager
def _engagement_job(context: Context, month: date) -> Iterator[Job]:
    looks = _stat_looks(context, month)
    columns = {"batch_id": "text", "snapshot_day": "day", "month": "day", "look_order": "number"}
    rows = [(m.data.batch_id, look.slice.day, month, order) for order, look, m in looks if m.data is not None]
    with context.history.bronze("media_stats", [manifest for _, _, manifest in looks]) as bronze:
        yield Job(
            sql_of(FACT_MEDIA_ENGAGEMENT),
            (bronze,),
            {
                "stat_looks": relations.relation(columns, rows),
                "duration_spans": relations.duration_spans(context.durations),
            },
            {FACT_MEDIA_ENGAGEMENT.full_name: context.table(FACT_MEDIA_ENGAGEMENT, None, month - ONE_DAY)},
        )
