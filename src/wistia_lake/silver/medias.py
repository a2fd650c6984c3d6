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
from wistia_lake.silver.listed_medias import Known
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


def duration_jobs(context: Context, _partitions: list[str]) -> Iterator[Job]:
    """One job; the lists were folded before."""
    known = _shown(context)
    rows = [(media_id, *length) for media_id, media in known.items() for length in media.lengths]
    columns = {"media_id": "text", "valid_from_day": "day", "duration_ms": "number"}
    yield Job(sql_of(MEDIA_DURATION), (), {"media_lengths": relation(columns, rows)})


def _shown(context: Context) -> dict[str, Known]:
    """What the lists tell of the medias that the tables show."""
    known = context.history.listed_medias
    hidden = set(context.visibility.hidden(known))
    return {media_id: media for media_id, media in known.items() if media_id not in hidden}


def media_jobs(context: Context, _partitions: list[str]) -> Iterator[Job]:
    """One job over the lists that give some media its attributes: the newest, and what it lacks."""
    yield _media_job(context)


def _newest_lists(context: Context) -> list[Manifest]:
    """The newest lists that together hold every media ever listed, newest first."""
    missing, found = listed_ids(context.history), []
    for manifest, _, _ in reversed(context.history.media_runs):
        if not missing.isdisjoint(manifest.medias):
            found.append(manifest)
            missing -= set(manifest.medias)
    return found


def _media_job(context: Context) -> Job:
    lists = _newest_lists(context)
    order = [(one.data.batch_id, -place) for place, one in enumerate(lists) if one.data is not None]
    seen = [(media_id, media.first_seen, media.last_seen) for media_id, media in _shown(context).items()]
    titles = event_only_titles(context.history)
    for media_id in context.visibility.hidden(titles):
        del titles[media_id]
    relations = {
        "media_lists": relation({"batch_id": "text", "look_order": "number"}, order),
        "media_seen": relation({"media_id": "text", "first_seen_day": "day", "last_seen_day": "day"}, seen),
        "media_channel": _channels(context, titles),
        "event_only_media": relation({"media_id": "text", "title": "text"}, sorted(titles.items())),
    }
    bronze = context.bronze("medias", lists)
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
