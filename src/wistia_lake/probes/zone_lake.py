"""What a lake's bronze knows of the same plays from both sides: sessions, and daily counts of medias."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

from wistia_lake.bronze.batch import iter_rows, list_looks, read_manifest
from wistia_lake.bronze.layout import Look, Looks
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.lake.store import Store
from wistia_lake.model import ACCOUNT, ONE_DAY, media_scope
from wistia_lake.probes.zone_score import Counts

DAYS: Final = 60
"""How far back is looked, from the newest session's day."""
MOST_MEDIAS: Final = 25
"""The busiest of them; the others add little."""
MOST_ROWS: Final = 500_000
"""Of sessions, and as many of daily counts: half a second. A larger account has fewer days, or asks the API."""
LAST_MIDNIGHT: Final = time(12, tzinfo=UTC)
"""A day has ended in every zone at this time of the next UTC day."""

Plays = dict[str, dict[date, int]]


class _Session(msgspec.Struct, frozen=True, gc=False):
    event_id: str
    media_id: str
    received_at: datetime


class _Day(msgspec.Struct, frozen=True, gc=False):
    media_id: str
    date: date
    play_count: int


def ended_everywhere(day: date) -> datetime:
    """The instant at which a day is over whatever the zone."""
    return datetime.combine(day + ONE_DAY, LAST_MIDNIGHT)


def counts_of_lake(store: Store, *, days: int = DAYS, most_rows: int = MOST_ROWS) -> Counts | None:
    """The newest days that are complete on both sides; None if there are none.

    Sessions around a day in any zone lie in its own UTC day and the two beside it, so these must be final.
    """
    events = list_looks(store, "events")
    scopes = _scopes(events)
    chosen = _chosen_looks(store, events, scopes, days, most_rows)
    covered = {scope: {look.slice.day for look, _ in found} for scope, found in chosen.items()}
    days_read = set().union(*covered.values()) if covered else set()
    if not days_read:
        return None
    plays = _plays(store, scopes, min(days_read), max(days_read), most_rows)
    complete: Plays = {}
    for media_id, by_day in plays.items():
        known = covered.get(ACCOUNT, set()) | covered.get(media_scope(media_id), set())
        kept = {day: count for day, count in by_day.items() if {day - ONE_DAY, day, day + ONE_DAY} <= known}
        if any(kept.values()):
            complete[media_id] = kept
    busiest = sorted(complete, key=lambda media_id: (-sum(complete[media_id].values()), media_id))[:MOST_MEDIAS]
    if not busiest:
        return None
    wanted = {day for media_id in busiest for day in complete[media_id]}
    sessions = _sessions(store, chosen, set(busiest))
    return Counts(min(wanted), max(wanted), {media_id: complete[media_id] for media_id in busiest}, sessions)


def _scopes(looks: Looks) -> list[str]:
    """The account, and of single medias those that were read longest: each costs a manifest a day."""
    return sorted(looks.scopes, key=lambda scope: (scope != ACCOUNT, -len(looks.days(scope)), scope))[: MOST_MEDIAS + 1]


def _chosen_looks(
    store: Store, looks: Looks, scopes: list[str], days: int, most_rows: int
) -> dict[str, list[tuple[Look, Manifest]]]:
    """Final looks of the newest days by scope, as many as the budget of rows allows."""
    chosen: dict[str, list[tuple[Look, Manifest]]] = defaultdict(list)
    all_days, rows = looks.all_days(), 0
    for day in reversed([day for day in all_days if day >= all_days[-1] - timedelta(days=days)]):
        for scope in scopes:
            look = looks.newest(scope, day)
            if look is None or not look.final:
                continue
            manifest = read_manifest(store, look)
            if not manifest.cut:
                rows += manifest.row_count
                chosen[scope].append((look, manifest))
        if rows > most_rows:
            break
    return chosen


def _plays(store: Store, scopes: list[str], first: date, last: date, most_rows: int) -> Plays:
    """Plays by media and day, by the newest look that was made after the day had ended everywhere."""
    found: Plays = defaultdict(dict)
    rows = 0
    for manifest in _looks_at_plays(store, scopes, first, last):
        for row in iter_rows(store, manifest, _Day):
            if first <= row.date <= last and manifest.first_requested_at >= ended_everywhere(row.date):
                found[row.media_id].setdefault(row.date, row.play_count)
        rows += manifest.row_count
        if rows > most_rows:
            break
    return found


def _looks_at_plays(store: Store, scopes: list[str], first: date, last: date) -> Iterator[Manifest]:
    """Looks that may hold days of a stretch, newest first."""
    for look in sorted(list_looks(store, "media_by_date"), key=lambda look: look.batch_id, reverse=True):
        if look.slice.day < first:
            return
        if look.slice.scope not in scopes:
            continue
        manifest = read_manifest(store, look)
        if manifest.covers is not None and manifest.covers[0] <= last and manifest.covers[1] >= first:
            yield manifest


def _sessions(store: Store, chosen: dict[str, list[tuple[Look, Manifest]]], medias: set[str]) -> dict[str, list[int]]:
    """When sessions were received, by media; of the rows of one event, the first that is met."""
    found: dict[str, list[int]] = {media_id: [] for media_id in medias}
    met: set[str] = set()
    for _, manifest in [one for looks in chosen.values() for one in looks]:
        for row in iter_rows(store, manifest, _Session):
            if row.media_id in medias and row.event_id not in met:
                met.add(row.event_id)
                found[row.media_id].append(int(row.received_at.timestamp()))
    return {media_id: sorted(instants) for media_id, instants in found.items()}
