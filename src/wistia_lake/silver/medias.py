"""``silver.media_duration`` and ``silver.dim_media``: folds over the media lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import msgspec
import pyarrow as pa

from wistia_lake.bronze.batch import read_rows
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.engines.base import Job
from wistia_lake.lake.tables import DIM_MEDIA, MEDIA_DURATION
from wistia_lake.silver.context import WHOLE, Context, Plan, digest, sql_of
from wistia_lake.silver.relations import channel_of, relation


class _Media(msgspec.Struct, frozen=True):
    """What channel rules look at."""

    media_id: str
    name: str | None = None
    project: str | None = None
    section: str | None = None
    tags: list[str] = []


class _Session(msgspec.Struct, frozen=True):
    """What gives a title to a media that no list ever showed."""

    media_id: str
    received_at: str
    event_id: str
    media_name: str | None = None


def plan_durations(context: Context) -> Plan:
    """Only the first day of each content matters: a list that stays the same rebuilds nothing."""
    runs = [[m.policy_version, m.content_hash, first.isoformat()] for m, first, _ in context.history.media_runs]
    return {WHOLE: digest(MEDIA_DURATION, runs)}


def plan_medias(context: Context) -> Plan:
    """Depends on the lists, on the days they were seen, on the rules, and on sessions of medias never listed."""
    runs = [
        [m.policy_version, m.content_hash, first.isoformat(), last.isoformat()]
        for m, first, last in context.history.media_runs
    ]
    orphans = {media_id: manifest.content_hash for media_id, manifest in _event_only(context).items()}
    rules = [msgspec.to_builtins(rule) for rule in context.settings.channels]
    return {WHOLE: digest(DIM_MEDIA, runs, orphans, rules)}


def _runs(context: Context) -> tuple[list[Manifest], pa.Table]:
    columns = {"batch_id": "text", "first_day": "day", "last_day": "day", "look_order": "number"}
    runs = context.history.media_runs
    rows = [(m.data.batch_id, first, last, order) for order, (m, first, last) in enumerate(runs) if m.data is not None]
    return [m for m, _, _ in runs], relation(columns, rows)


def duration_jobs(context: Context, _partitions: list[str]) -> Iterator[AbstractContextManager[Job]]:
    """One job over the distinct lists."""
    yield _duration_job(context)


@contextmanager
def _duration_job(context: Context) -> Iterator[Job]:
    manifests, runs = _runs(context)
    with context.history.bronze("medias", manifests) as bronze:
        yield Job(sql_of(MEDIA_DURATION), (bronze,), {"media_runs": runs})


def media_jobs(context: Context, _partitions: list[str]) -> Iterator[AbstractContextManager[Job]]:
    """One job over the distinct lists."""
    yield _media_job(context)


@contextmanager
def _media_job(context: Context) -> Iterator[Job]:
    manifests, runs = _runs(context)
    titles = _event_only_titles(context)
    relations = {
        "media_runs": runs,
        "media_channel": _channels(context, titles),
        "event_only_media": relation({"media_id": "text", "title": "text"}, sorted(titles.items())),
    }
    with context.history.bronze("medias", manifests) as bronze:
        yield Job(sql_of(DIM_MEDIA), (bronze,), relations)


def _listed(context: Context) -> dict[str, _Media]:
    """Every media ever listed, with the attributes of the newest list that held it."""
    newest: dict[str, _Media] = {}
    for manifest, _, _ in context.history.media_runs:
        newest |= {media.media_id: media for media in read_rows(context.history.store, manifest, _Media)}
    return newest


def _event_only(context: Context) -> dict[str, Manifest]:
    """Medias with sessions that no list ever showed, with the newest slice that holds them."""
    listed = _listed_ids(context)
    found: dict[str, Manifest] = {}
    history = context.history
    for day in history.looks["events"].all_days():
        for one in history.shown("events", day):
            for media_id in one.manifest.medias:
                if media_id not in listed and media_id not in one.excluded and one.media_id in (None, media_id):
                    found[media_id] = one.manifest
    return found


def _listed_ids(context: Context) -> set[str]:
    return {media_id for manifest, _, _ in context.history.media_runs for media_id in manifest.medias}


def _event_only_titles(context: Context) -> dict[str, str | None]:
    titles: dict[str, str | None] = {}
    for media_id, manifest in _event_only(context).items():
        sessions = [s for s in read_rows(context.history.store, manifest, _Session) if s.media_id == media_id]
        latest = max(sessions, key=lambda session: (session.received_at, session.event_id))
        titles[media_id] = latest.media_name
    return titles


def _channels(context: Context, titles: dict[str, str | None]) -> pa.Table:
    rules = context.settings.channels
    rows = [
        (
            media.media_id,
            channel_of(rules, project=media.project, section=media.section, tags=media.tags, title=media.name),
        )
        for media in _listed(context).values()
    ]
    rows += [
        (media_id, channel_of(rules, project=None, section=None, tags=(), title=title))
        for media_id, title in titles.items()
    ]
    return relation({"media_id": "text", "channel": "text"}, rows)
