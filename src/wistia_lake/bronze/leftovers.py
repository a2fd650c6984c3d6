"""What killed processes left in a lake: objects that belong to no look and to nobody's work. Nothing else is found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from wistia_lake.bronze.batch import read_manifest
from wistia_lake.bronze.cache import CACHE
from wistia_lake.bronze.layout import QUARANTINE, ROOT, Look, parse_manifest_key, parse_rows_key
from wistia_lake.bronze.lease import Lease, lease
from wistia_lake.lake.store import Entry, Store
from wistia_lake.model import Clock

LEFT_FOR: Final = timedelta(hours=24)
LEASES: Final = ("ingest", "build")
CUT_OFF = "an object whose writing was cut off"
UNNAMED = "rows or notes that no manifest names"
DEAD_LEASE = "the lease of a process that died"


@dataclass(frozen=True, slots=True)
class Leftover:
    """One object, and what it is."""

    what: str
    entry: Entry


def leftovers(store: Store, clock: Clock) -> list[Leftover]:
    """Every leftover older than a day, by key.

    Raises:
        DataError: a manifest is damaged, so that it is not known what it names.
    """
    before = clock() - LEFT_FOR
    found = [Leftover(CUT_OFF, entry) for entry in store.cut_off((ROOT, QUARANTINE, "locks", CACHE))]
    found += [Leftover(UNNAMED, entry) for entry in _unnamed(store, before)]
    dead = {key for name in LEASES if (key := Lease(store, name, holder="", clock=clock, ttl=LEFT_FOR).died())}
    found += [Leftover(DEAD_LEASE, entry) for entry in store.entries("locks/") if entry.key in dead]
    return sorted((one for one in found if one.entry.written_at < before), key=lambda one: one.entry.key)


def _unnamed(store: Store, before: datetime) -> Iterator[Entry]:
    """Rows and notes whose own look does not exist, and whose rows no other look names either."""
    looks: dict[tuple[str, str], list[Look]] = defaultdict(list)
    rows: list[Entry] = []
    for prefix in (ROOT, QUARANTINE):
        for entry in store.entries(f"{prefix}/"):
            look = parse_manifest_key(entry.key)
            if look is not None:
                looks[look.slice.stream, look.slice.scope].append(look)
            elif entry.written_at < before:
                rows.append(entry)
    committed = {look.batch_id for ones in looks.values() for look in ones}
    named: dict[tuple[str, str], set[str]] = {}
    for entry in rows:
        parsed = parse_rows_key(entry.key)
        if parsed is None or parsed[1] in committed:
            continue
        # A look with the same content names the rows of an earlier one of its stream and scope.
        place = parsed[0].stream, parsed[0].scope
        if place not in named:
            manifests = (read_manifest(store, look) for look in looks[place])
            named[place] = {manifest.data.key for manifest in manifests if manifest.data is not None}
        if entry.key not in named[place]:
            yield entry


def clean(store: Store, clock: Clock, holder: str) -> list[Leftover]:
    """Remove every leftover while nobody else can be at work; a dead lease gives way to one that was given back.

    Raises:
        LeaseHeld: an ingest or a build is at work; nothing was removed.
    """
    before = leftovers(store, clock)
    if not before:
        return []
    with lease(store, LEASES[0], holder=holder, clock=clock), lease(store, LEASES[1], holder=holder, clock=clock):
        # Taken anew under the leases: what a process that has just ended wrote may be complete by now.
        found = [one for one in leftovers(store, clock) if one.what != DEAD_LEASE]
        for one in found:
            if one.what == CUT_OFF:
                store.remove_cut_off(one.entry)
            else:
                store.delete(one.entry.key)
    return [*(one for one in before if one.what == DEAD_LEASE), *found]
