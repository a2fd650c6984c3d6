"""``silver.fact_event``: planned by UTC day, computed in groups of days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from wistia_lake.engines.base import Job
from wistia_lake.lake.tables import FACT_EVENT
from wistia_lake.model import ONE_DAY
from wistia_lake.silver import relations
from wistia_lake.silver.context import Context, Plan, digest, sql_of


def _neighbours(day: date) -> list[date]:
    """The slices that decide on a day's rows: a key may move a day on, and a twin's place may hang on such a move."""
    return [day - ONE_DAY, day, day + ONE_DAY, day + 2 * ONE_DAY]


def plan_events(context: Context) -> Plan:
    """One partition for each UTC day that was looked at."""
    history, plan = context.history, {}
    words = relations.user_agent_words().to_pylist()
    for day in history.looks["events"].all_days():
        shown = [history.shown("events", other) for other in _neighbours(day)]
        near = [[one.fingerprint for one in ones] for ones in shown]
        hidden = context.visibility.hidden_in(*(one.manifest for ones in shown for one in ones))
        medias = sorted({media_id for one in history.shown("events", day) for media_id in one.manifest.medias})
        durations = [(media_id, context.duration_on(media_id, day)) for media_id in medias]
        parts = [
            (account_day.isoformat(), begins.isoformat()) for account_day, begins, _ in context.calendar.parts(day)
        ]
        plan[day.isoformat()] = digest(FACT_EVENT, near, hidden, durations, parts, words)
    return plan


def event_jobs(context: Context, partitions: list[str]) -> Iterator[Job]:
    """Groups of days, each with its neighbours."""
    group: list[date] = []
    weight, engine = 0, context.engine
    for day in sorted(map(date.fromisoformat, partitions)):
        rows = sum(one.manifest.row_count for one in context.history.shown("events", day))
        if group and (weight + rows > engine.rows_per_job or len(group) == engine.days_per_job):
            yield _event_job(context, group)
            group, weight = [], 0
        group.append(day)
        weight += rows
    if group:
        yield _event_job(context, group)


def _event_job(context: Context, days: list[date]) -> Job:
    needed = sorted({other for day in days for other in _neighbours(day)})
    shown = {day: context.history.shown("events", day) for day in needed}
    bronze = context.bronze("events", [one.manifest for ones in shown.values() for one in ones])
    return Job(
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
