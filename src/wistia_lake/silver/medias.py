"""``silver.media_duration`` and ``silver.dim_media``: folds over the media lists."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pyarrow as pa

from wistia_lake.bronze.manifest import Manifest
from wistia_lake.engines.base import Job
from wistia_lake.lake.tables import DIM_MEDIA, MEDIA_DURATION
from wistia_lake.silver.attributes import event_only, event_only_titles, listed, listed_ids
from wistia_lake.silver.context import WHOLE, Context, Plan, digest, sql_of
from wistia_lake.silver.relations import channel_of, relation


def plan_durations(context: Context) -> Plan:
    """Only the first day of each content matters: a list that stays the same rebuilds nothing."""
    runs = [[m.policy_version, m.content_hash, first.isoformat()] for m, first, _ in context.history.media_runs]
    return {WHOLE: digest(MEDIA_DURATION, runs, context.visibility.hidden(listed_ids(context.history)))}


def plan_medias(context: Context) -> Plan:
    """Hangs on the lists, the days they were seen, the rules, whom they hide, and sessions of medias never listed."""
    runs = [
        [m.policy_version, m.content_hash, first.isoformat(), last.isoformat()]
        for m, first, last in context.history.media_runs
    ]
    orphans = {media_id: manifest.content_hash for media_id, manifest in event_only(context.history).items()}
    hidden = context.visibility.hidden({*listed_ids(context.history), *orphans})
    rules = [msgspec.to_builtins(rule) for rule in context.settings.channels]
    return {WHOLE: digest(DIM_MEDIA, runs, orphans, rules, hidden)}


def _runs(context: Context) -> tuple[list[Manifest], pa.Table]:
    columns = {"batch_id": "text", "first_day": "day", "last_day": "day", "look_order": "number"}
    runs = context.history.media_runs
    rows = [(m.data.batch_id, first, last, order) for order, (m, first, last) in enumerate(runs) if m.data is not None]
    return [m for m, _, _ in runs], relation(columns, rows)


def duration_jobs(context: Context, _partitions: list[str]) -> Iterator[Job]:
    """One job over the distinct lists."""
    yield _duration_job(context)


def _duration_job(context: Context) -> Job:
    manifests, runs = _runs(context)
    bronze = context.bronze("medias", manifests)
    return Job(sql_of(MEDIA_DURATION), (bronze,), {"media_runs": runs})


def media_jobs(context: Context, _partitions: list[str]) -> Iterator[Job]:
    """One job over the distinct lists."""
    yield _media_job(context)


def _media_job(context: Context) -> Job:
    manifests, runs = _runs(context)
    titles = event_only_titles(context.history)
    for media_id in context.visibility.hidden(titles):
        del titles[media_id]
    relations = {
        "media_runs": runs,
        "media_channel": _channels(context, titles),
        "event_only_media": relation({"media_id": "text", "title": "text"}, sorted(titles.items())),
    }
    bronze = context.bronze("medias", manifests)
    return Job(sql_of(DIM_MEDIA), (bronze,), relations)


def _channels(context: Context, titles: dict[str, str | None]) -> pa.Table:
    rules = context.settings.channels
    rows = [
        (
            media.media_id,
            channel_of(rules, project=media.project, section=media.section, tags=media.tags, title=media.name),
        )
        for media in listed(context.history).values()
    ]
    rows += [
        (media_id, channel_of(rules, project=None, section=None, tags=(), title=title))
        for media_id, title in titles.items()
    ]
    return relation({"media_id": "text", "channel": "text"}, rows)
