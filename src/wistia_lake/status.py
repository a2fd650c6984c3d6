"""How the lake stands, from a listing, a few manifests and the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from wistia_lake.bronze.batch import list_unclean
from wistia_lake.bronze.layout import ROOT, Look, Looks, parse_manifest_key
from wistia_lake.bronze.manifest import Manifest, decode_manifest
from wistia_lake.bronze.watermark import unclean_days, watermark
from wistia_lake.errors import LakeUnreadable
from wistia_lake.lake.marker import coverage_start, existing_store, read_marker
from wistia_lake.lake.state import TableStatus, state_of
from wistia_lake.lake.store import Store, lake_root
from wistia_lake.model import Clock, days_between
from wistia_lake.settings import Loaded

RECENT = timedelta(days=30)
_EDGE_DAYS = 3
"""Only the first days of a scope can have met the two-year edge."""


@dataclass(frozen=True, slots=True)
class ScopeStatus:
    """Coverage of the play sessions of one scope. Days are UTC days."""

    scope: str
    watermark: date
    first_day: date
    last_day: date
    gaps: tuple[tuple[date, date], ...]
    """First and last day of every stretch between first_day and last_day that was never read."""
    open_days: tuple[date, ...]
    cut_days: tuple[date, ...]
    unclean_days: tuple[date, ...]
    """Days whose newest look left bad rows out; each run reads them again."""
    late_row_count: int
    """Sessions that looks of the last 30 days found in days that had a final look before."""
    later_row_count: int
    """Of these, sessions of days whose late window had passed: what only the sweep found."""
    newest_received_day: date | None
    """Latest day with sessions; None if the last 30 covered days have none."""


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """Freshness of one stream."""

    stream: str
    look_count: int
    newest_look_at: datetime


@dataclass(frozen=True, slots=True)
class LakeStatus:
    """Everything ``wistia-lake status`` shows."""

    lake: str
    zone: str
    zone_is_set: bool
    start: date
    scopes: tuple[ScopeStatus, ...]
    streams: tuple[StreamStatus, ...]
    tables: tuple[TableStatus, ...]
    runs: tuple[dict[str, Any], ...]
    """The last runs' rows of ``ops.run``, newest first."""
    notes: tuple[str, ...]


def lake_status(loaded: Loaded, clock: Clock) -> LakeStatus:
    """Look at a lake without changing anything, not even making its folder.

    Raises:
        LakeUnreadable: there is no lake, or a newer version made it.
    """
    settings = loaded.settings
    place = lake_root(settings.lake) or settings.lake
    store = existing_store(settings.lake)
    marker = read_marker(store) if store is not None else None
    if store is None or marker is None:
        raise LakeUnreadable(
            f"There is no lake in {str(place)!r}. `wistia-lake run` makes one there; if yours is elsewhere, name it "
            "with --lake or WISTIA_LAKE."
        )
    start = coverage_start(marker, settings.start)
    by_stream = _looks_by_stream(store)
    events = by_stream.get("events", Looks("events", ()))
    unclean = list_unclean(store, "events")
    found = state_of(store, settings)
    return LakeStatus(
        lake=str(place),
        zone=settings.zone_name,
        zone_is_set=settings.zone is not None,
        start=start,
        scopes=tuple(
            _scope_status(
                store, events, scope, start=start, now=clock(), unclean=unclean, window=settings.late_window_days
            )
            for scope in events.scopes
        ),
        streams=tuple(_stream_status(looks) for _, looks in sorted(by_stream.items())),
        tables=found.tables,
        runs=found.runs,
        notes=found.notes,
    )


def _looks_by_stream(store: Store) -> dict[str, Looks]:
    keys: dict[str, list[str]] = {}
    for key in store.list(f"{ROOT}/"):
        look = parse_manifest_key(key)
        if look is not None:
            keys.setdefault(look.slice.stream, []).append(key)
    return {stream: Looks(stream, of_stream) for stream, of_stream in keys.items()}


def _stream_status(looks: Looks) -> StreamStatus:
    began = [look.began_at for look in looks]
    return StreamStatus(looks.stream, len(began), max(began))


def _scope_status(
    store: Store, looks: Looks, scope: str, *, start: date, now: datetime, unclean: frozenset[str], window: int
) -> ScopeStatus:
    days = looks.days(scope)
    late = [
        (days_after, _read(store, look).late_count) for days_after, look in _may_be_late(looks, scope, now - RECENT)
    ]
    newest = {day: look for day in days if (look := looks.newest(scope, day)) is not None}
    return ScopeStatus(
        scope=scope,
        watermark=watermark(looks, scope, start),
        first_day=days[0],
        last_day=days[-1],
        gaps=tuple(_stretches(day for day in days_between(days[0], days[-1]) if day not in newest)),
        open_days=tuple(day for day in days if not newest[day].final),
        cut_days=tuple(
            day for day in days[:_EDGE_DAYS] if any(_read(store, look).cut for look in looks.of(scope, day))
        ),
        unclean_days=tuple(unclean_days(looks, scope, unclean)),
        late_row_count=sum(count for _, count in late),
        later_row_count=sum(count for days_after, count in late if days_after > window),
        newest_received_day=next(
            (day for day in reversed(days[-RECENT.days :]) if _read(store, newest[day]).row_count), None
        ),
    )


def _may_be_late(looks: Looks, scope: str, since: datetime) -> Iterator[tuple[int, Look]]:
    """Recent looks at days that had a final look before, and how many days before: only these met a late session."""
    for day in looks.days(scope):
        final: Look | None = None
        for look in sorted(looks.of(scope, day), key=lambda look: look.batch_id):
            if final is not None and look.began_at >= since:
                yield (look.began_at.date() - final.began_at.date()).days, look
            if final is None and look.final:
                final = look


def _read(store: Store, look: Look) -> Manifest:
    return decode_manifest(store.get(look.manifest_key), look.manifest_key)


def _stretches(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Neighbouring days as first and last."""
    first = last = None
    for day in days:
        if first is not None and last is not None and (day - last).days > 1:
            yield first, last
            first = day
        first, last = first or day, day
    if first is not None and last is not None:
        yield first, last
