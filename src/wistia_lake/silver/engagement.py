"""``silver.fact_media_engagement``: planned and computed by month, each month after the one before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from wistia_lake.bronze.layout import Look
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.engines.base import Job
from wistia_lake.lake.tables import FACT_MEDIA_ENGAGEMENT
from wistia_lake.model import ONE_DAY, Slice, first_of_month
from wistia_lake.silver import relations
from wistia_lake.silver.context import Context, Plan, digest, sql_of

_Looks = list[tuple[int, Look, Manifest]]


def _stat_looks(context: Context, months: Iterable[date] | None = None) -> dict[date, _Looks]:
    """The looks of some months, or of all, oldest first.

    Of looks at one slice with the same content, the last stands for all.
    """
    wanted = None if months is None else set(months)
    kept: dict[date, dict[tuple[Slice, str], tuple[int, Look, Manifest]]] = {}
    for order, look in enumerate(context.history.ordered_looks("media_stats")):
        month = first_of_month(look.slice.day)
        if wanted is None or month in wanted:
            manifest = context.history.manifest(look)
            kept.setdefault(month, {})[look.slice, manifest.content_hash] = (order, look, manifest)
    return {month: sorted(looks.values(), key=lambda item: item[0]) for month, looks in sorted(kept.items())}


def newest_snapshots(context: Context, medias: Iterable[str], before: date | None = None) -> list[date]:
    """The months, of all or those before one, that hold the newest snapshot of some of these medias.

    Mostly the last one or two. All months hold no more than these that is asked for, but are more to read every day.
    """
    missing, found = set(medias), []
    for month, looks in reversed(_stat_looks(context).items()):
        if before is None or month < before:
            here = missing.intersection(media_id for _, _, manifest in looks for media_id in manifest.medias)
            if here:
                found.append(month)
                missing -= here
    return found


def plan_engagement(context: Context) -> Plan:
    """One partition a month; each hangs on the one before, whose last snapshots it is compared with."""
    plan: Plan = {}
    before = ""
    for month, looks in _stat_looks(context).items():
        medias = sorted({media_id for _, _, manifest in looks for media_id in manifest.medias})
        durations = {media_id: context.durations[media_id] for media_id in medias if media_id in context.durations}
        content = [
            [look.slice.scope, look.slice.day.isoformat(), m.policy_version, m.content_hash] for _, look, m in looks
        ]
        hidden = context.visibility.hidden_in(*(manifest for _, _, manifest in looks))
        before = plan[month.isoformat()] = digest(
            FACT_MEDIA_ENGAGEMENT, content, hidden, _until(durations, month), before
        )
    return plan


def _until(durations: dict[str, list[tuple[date, int]]], month: date) -> dict[str, list[Any]]:
    """The lengths that can matter to a month: those valid by its end, or else the first."""
    end = month + 31 * ONE_DAY
    return {
        media_id: [entry for entry in known if entry[0] < end] or known[:1] for media_id, known in durations.items()
    }


def engagement_jobs(context: Context, partitions: list[str]) -> Iterator[Job]:
    """One job a month, in order."""
    for month, looks in _stat_looks(context, map(date.fromisoformat, partitions)).items():
        yield _engagement_job(context, month, looks)


def _engagement_job(context: Context, month: date, looks: _Looks) -> Job:
    columns = {"batch_id": "text", "snapshot_day": "day", "month": "day", "look_order": "number"}
    rows = [(m.data.batch_id, look.slice.day, month, order) for order, look, m in looks if m.data is not None]
    earlier = newest_snapshots(context, {media_id for _, _, m in looks for media_id in m.medias}, before=month)
    bronze = context.bronze("media_stats", [manifest for _, _, manifest in looks])
    return Job(
        sql_of(FACT_MEDIA_ENGAGEMENT),
        (bronze,),
        {
            "stat_looks": relations.relation(columns, rows),
            "duration_spans": relations.duration_spans(context.durations),
        },
        {FACT_MEDIA_ENGAGEMENT.full_name: context.table_in(FACT_MEDIA_ENGAGEMENT, earlier)},
    )
