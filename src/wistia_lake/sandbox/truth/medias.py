"""Truth about medias: their attributes, channel, length over time, lifetime counters."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from wistia_lake.sandbox.bodies import hours_watched
from wistia_lake.sandbox.scenario import ChannelRule, Media, Project
from wistia_lake.sandbox.truth.looks import Looks, listed
from wistia_lake.sandbox.world import World

Durations = Mapping[str, list[tuple[date, int]]]


def whole_ms(seconds: float) -> int:
    """Seconds as milliseconds, halves up."""
    return math.floor(seconds * 1000 + 0.5)


def media_durations(world: World, looks: Looks) -> Durations:
    """Per media, the first day of each known length; lists with an unknown length add nothing."""
    by_day: dict[str, dict[date, int]] = defaultdict(dict)
    for walk in looks.media_lists():  # of several lists on one day, the last one that knew the length counts
        for media_id, media in listed(world, walk).items():
            if media.known_seconds is not None:
                by_day[media_id][walk.at.date()] = whole_ms(media.known_seconds)
    found: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for media_id, lengths in by_day.items():
        for day, length in sorted(lengths.items()):
            if not found[media_id] or found[media_id][-1][1] != length:
                found[media_id].append((day, length))
    return found


def duration_on(durations: Durations, media_id: str, day: date) -> int | None:
    """The length valid on a day, else the earliest later one."""
    history = durations.get(media_id) or []
    valid = [length for since, length in history if since <= day]
    if valid:
        return valid[-1]
    return history[0][1] if history else None


def media_duration_rows(durations: Durations) -> list[dict[str, Any]]:
    """silver.media_duration."""
    return [
        {"media_id": media_id, "valid_from_day": since, "duration_ms": length}
        for media_id in sorted(durations)
        for since, length in durations[media_id]
    ]


def channel_of(rules: Sequence[ChannelRule], values: Mapping[str, Sequence[str | None]]) -> str:
    """The channel of the first rule whose pattern fits a whole value, in any case of letters."""
    for rule in rules:
        for value in values.get(rule.field, ()):
            if value is not None and fnmatchcase(value.lower(), rule.pattern.lower()):
                return rule.channel
    return "Other"


class _Seen:
    """What the looks say about one media."""

    def __init__(self) -> None:
        self.state: Media | None = None
        self.days: list[date] = []
        self.list_days: list[date] = []
        self.deleted = False


def _history(world: World, looks: Looks) -> dict[str, _Seen]:
    seen: dict[str, _Seen] = defaultdict(_Seen)
    walks = looks.media_lists()
    for place, walk in enumerate(walks):
        held, day = listed(world, walk), walk.at.date()
        until = walks[place + 1].number if place + 1 < len(walks) else math.inf
        shown = {media: status for number, media, status in looks.shows if walk.number < number < until}
        for media_id in {*held, *seen, *(media for media, status in shown.items() if status == 200)}:
            note = seen[media_id]
            if media_id in held:
                note.state, note.deleted = held[media_id], False
                note.list_days.append(day)
                note.days.append(day)
            elif shown.get(media_id) == 200:
                note.state, note.deleted = world.media_at(media_id, walk.at), False
                note.days.append(day)
            elif shown.get(media_id) == 404:
                note.deleted = True
    return {media_id: note for media_id, note in seen.items() if note.state is not None}


def dim_media_rows(
    world: World, looks: Looks, rules: Sequence[ChannelRule], titles: Mapping[str, str]
) -> list[dict[str, Any]]:
    """silver.dim_media. ``titles`` are the names that the latest session of each media carried."""
    seen = _history(world, looks)
    rows = []
    for media_id in sorted({*seen, *titles}):
        if media_id in seen:
            rows.append(_listed_row(world, seen[media_id], rules))
        else:
            title = titles[media_id]
            row: dict[str, Any] = dict.fromkeys(_DIM_COLUMNS)
            row |= {"media_id": media_id, "title": title, "is_deleted": False}
            rows.append(row | {"channel": channel_of(rules, {"title": [title]})})
    return rows


def media_values(world: World, looks: Looks, titles: Mapping[str, str]) -> dict[str, dict[str, list[str | None]]]:
    """What rules may look at, per media: of the newest list that held it, else the title that its sessions carried."""
    found: dict[str, dict[str, list[str | None]]] = {media_id: {"title": [title]} for media_id, title in titles.items()}
    for media_id, note in _history(world, looks).items():
        assert note.state is not None
        found[media_id] = _values(world, note.state)
    return found


def _project(world: World, media: Media) -> Project | None:
    return next((item for item in world.scenario.projects if item.hashed_id == media.project), None)


def _values(world: World, media: Media) -> dict[str, list[str | None]]:
    project = _project(world, media)
    return {
        "project": [project.name if project else None],
        "section": [media.section or None],
        "title": [media.title],
        "tag": list(media.tags) if media.tags_in_list else [],
    }


_DIM_COLUMNS = (
    "media_id", "numeric_id", "title", "url", "channel", "type", "duration_ms", "project_id", "project", "section",
    "status", "is_archived", "is_deleted", "created_at", "updated_at", "first_seen_day", "last_seen_day",
)  # fmt: skip


def _listed_row(world: World, note: _Seen, rules: Sequence[ChannelRule]) -> dict[str, Any]:
    media = note.state
    assert media is not None
    project = _project(world, media)
    return {
        "media_id": media.hashed_id,
        "numeric_id": media.id,
        "title": media.title,
        "url": f"{world.scenario.account.url}/medias/{media.hashed_id}",
        "channel": channel_of(rules, _values(world, media)),
        "type": media.type,
        "duration_ms": None if media.known_seconds is None else whole_ms(media.known_seconds),
        "project_id": project.hashed_id if project else None,
        "project": project.name if project else None,
        "section": media.section or None,
        "status": media.status,
        "is_archived": media.archived,
        "is_deleted": note.deleted,
        "created_at": media.created,
        "updated_at": media.updated_at,
        "first_seen_day": note.list_days[0] if note.list_days else None,
        "last_seen_day": note.days[-1],
    }


_CHANGING = ("load_count", "play_count", "visitor_count", "unique_play_count")


def engagement_rows(world: World, looks: Looks, durations: Durations) -> list[dict[str, Any]]:
    """silver.fact_media_engagement: the last answer of each UTC day."""
    last = {(one.media_id, one.day): one.at for one in sorted(looks.stats)}
    rows, before = [], dict[str, dict[str, Any]]()
    for media_id, day in sorted(last):
        at, previous = last[media_id, day], before.get(media_id)
        media, counters = world.media_at(media_id, at), world.counters(media_id, at)
        assert media is not None
        row: dict[str, Any] = {
            "media_id": media_id,
            "snapshot_day": day,
            "month": day.replace(day=1),
            "load_count": counters.load_count,
            "play_count": counters.play_count,
            "visitor_count": counters.visitors,
            "unique_play_count": counters.unique_plays,
            "play_rate": counters.play_rate,
            "engagement": counters.engagement,
            "hours_watched": hours_watched(counters.play_count, counters.engagement, media.known_seconds),
            "duration_ms": duration_on(durations, media_id, day),
            "previous_snapshot_day": previous["snapshot_day"] if previous else None,
        }
        row |= {f"{name}_change": row[name] - previous[name] if previous else None for name in _CHANGING}
        rows.append(row)
        before[media_id] = row
    return rows
