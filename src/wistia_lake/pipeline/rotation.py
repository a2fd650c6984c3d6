"""Whom a run asks for lifetime counters, and in which order.

In a small scope it is every media. In one with more than ``rotate_above`` medias the sessions are read first, because
they tell who moved, and the counters are then asked of

1. medias that moved: they have sessions of the last ``late_window_days`` or since they were last asked, or their row of
   the list was edited since;
2. medias that were never asked;
3. of the idle others those whose turn it is: each has its place in a round of ``sweep_after_days`` days. One that was
   missed, because there was no run that day or its requests were used up, is due until it is asked.

What moves without a session, as when a page loads a media that nobody plays, is seen ``sweep_after_days`` late at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from zlib import crc32

from wistia_lake.model import days_between
from wistia_lake.pipeline.counted import Counted
from wistia_lake.pipeline.ingest_work import Outlook
from wistia_lake.privacy.rows import MediaRow
from wistia_lake.settings import Settings

_EVENTS = "events"


class Why(IntEnum):
    """What makes a media due; the order is that in which a run with few requests asks."""

    MOVED = 0
    NEW = 1
    IDLE = 2


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A media that is to be asked. The order is that of asking: in each kind, who waited longest comes first."""

    why: Why
    asked_on: date
    media_id: str


def rotates(settings: Settings, medias: Sequence[MediaRow]) -> bool:
    """Whether the idle medias of a scope that holds these take turns."""
    return len(medias) > settings.rotate_above


def spares(settings: Settings, medias: Sequence[MediaRow]) -> bool:
    """Whether a scope's medias are asked only for what may have changed."""
    return rotates(settings, medias) or settings.max_requests is not None


def due_medias(outlook: Outlook, scope: str, medias: Sequence[MediaRow], counted: Counted) -> list[Due]:
    """The medias of a scope whose lifetime counters are to be read, in the order of asking."""
    settings, today = outlook.settings, outlook.clock().date()
    everyone = not rotates(settings, medias)
    missing_only = outlook.asked is not None and outlook.asked.missing_only
    window = today - timedelta(days=settings.late_window_days)
    asked_on = counted.asked_on()
    watched = watched_on(outlook, scope, min(window, today - timedelta(days=settings.sweep_after_days)), today)
    due = []
    for media in medias:
        media_id, last = media.media_id, asked_on.get(media.media_id)
        if last is None:
            due.append(Due(Why.NEW, date.min, media_id))
        elif missing_only and last == today:
            continue
        elif watched.get(media_id, date.min) >= min(window, last) or _edited_since(media, last):
            due.append(Due(Why.MOVED, last, media_id))
        elif everyone or (last < today and has_turn(settings, media_id, last, today)):
            due.append(Due(Why.IDLE, last, media_id))
    return sorted(due)


def has_turn(settings: Settings, media_id: str, last: date, today: date) -> bool:
    """Whether an idle media is asked today: on its place in the round, or because that was missed."""
    length = settings.sweep_after_days
    return (today - last).days > length or (today.toordinal() - crc32(media_id.encode())) % length == 0


def watched_on(outlook: Outlook, scope: str, first: date, last: date) -> dict[str, date]:
    """The last UTC day of each media's sessions, as the newest looks at the days from ``first`` on tell."""
    looks, found = outlook.looks(_EVENTS), dict[str, date]()
    for day in days_between(first, last):
        manifest = outlook.manifest(looks.newest(scope, day))
        if manifest is not None:
            found |= dict.fromkeys(manifest.medias, day)
    return found


def _edited_since(media: MediaRow, last: date) -> bool:
    # The day itself may have been before or after the edit.
    return media.updated is not None and datetime.fromisoformat(media.updated).astimezone(UTC).date() >= last
