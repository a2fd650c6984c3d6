"""Which looks no table needs any more, and what goes with them.

Each stream has the rule that silver reads it with. A look is superseded if newer looks give everything that a table
takes from it; the newest look of a slice, or of a scope where silver reads the newest, never is. So coverage, watermark
and every row of a full build stay as they are. A stream without a rule here is kept whole.

A superseded look goes as a whole, manifest first: a manifest without its data would mean damage. A data object goes
only if no manifest that stays names it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import msgspec

from wistia_lake.bronze.batch import iter_rows, read_manifest
from wistia_lake.bronze.layout import Look, Looks, quarantine_key, stream_prefix
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.lake.store import Store

_EPOCH = date(1970, 1, 1)
"""Counts of plays are younger."""


@dataclass(slots=True)
class Superseded:
    """What can go of one stream."""

    stream: str
    looks: list[Look] = field(default_factory=list)
    """Oldest first."""
    objects: list[str] = field(default_factory=list)
    """Keys of data and notes that nothing names once the looks are gone."""
    byte_count: int = 0

    @property
    def keys(self) -> list[str]:
        """Everything to delete, in this order: a look ends with its manifest, as it began."""
        return [*(look.manifest_key for look in self.looks), *self.objects]


class _Bronze:
    """One stream, with the manifests that were read so far."""

    def __init__(self, store: Store, stream: str) -> None:
        self.store = store
        self.sizes = {entry.key: entry.size for entry in store.entries(stream_prefix(stream))}
        self.looks = Looks(stream, self.sizes)
        self._manifests: dict[str, Manifest] = {}

    def manifest(self, look: Look) -> Manifest:
        """The look's manifest, read once."""
        if look.batch_id not in self._manifests:
            self._manifests[look.batch_id] = read_manifest(self.store, look)
        return self._manifests[look.batch_id]

    def newest_first(self) -> list[Look]:
        """Every look in the order in which silver prefers them."""
        return sorted(self.looks, key=lambda look: (look.batch_id, look.slice.scope), reverse=True)


def _older_looks_at_slices(bronze: _Bronze) -> Iterator[Look]:
    """Silver shows the newest look of a slice and scope."""
    looks = bronze.looks
    for scope in looks.scopes:
        for day in looks.days(scope):
            yield from looks.of(scope, day)[:-1]


def _older_looks_of_scopes(bronze: _Bronze) -> Iterator[Look]:
    """Silver reads the latest look of a scope, which carries forward what it did not ask anew."""
    latest = {look.batch_id for scope in bronze.looks.scopes if (look := bronze.looks.latest(scope)) is not None}
    yield from (look for look in bronze.looks if look.batch_id not in latest)


def _snapshots_told_again(bronze: _Bronze) -> Iterator[Look]:
    """Silver takes a media's snapshot of a day from the day's latest look that had it."""
    told: dict[date, set[str]] = defaultdict(set)
    for look in bronze.newest_first():
        medias = bronze.manifest(look).medias
        if told[look.slice.day].issuperset(medias):
            yield look
        told[look.slice.day].update(medias)


class _Day(msgspec.Struct, frozen=True, gc=False):
    """Which account day of which media a row tells of; the account's own rows name no media.

    A bucket of ``media_timeseries`` has one such date, too, whatever day the tables make of it.
    """

    date: date
    media_id: str = ""


def _windows_read_again(bronze: _Bronze) -> Iterator[Look]:
    """Silver takes each account day of each media from the latest look that had a row of it."""
    told: dict[str, int] = {}
    for look in bronze.newest_first():
        days: dict[str, int] = {}
        for row in iter_rows(bronze.store, bronze.manifest(look), _Day):
            days[row.media_id] = days.get(row.media_id, 0) | 1 << max((row.date - _EPOCH).days, 0)
        if all(bits & ~told.get(media_id, 0) == 0 for media_id, bits in days.items()):
            yield look
        for media_id, bits in days.items():
            told[media_id] = told.get(media_id, 0) | bits


Rule = Callable[[_Bronze], Iterable[Look]]
RULES: Final[dict[str, Rule]] = {
    "events": _older_looks_at_slices,
    "media_engagement": _older_looks_of_scopes,
    "media_stats": _snapshots_told_again,
    "media_by_date": _windows_read_again,
    "account_by_date": _windows_read_again,
    "media_timeseries": _windows_read_again,
}
"""Per stream, the looks that silver takes nothing from. Lists of medias and projects are small and folded whole."""


def superseded(store: Store, before: datetime) -> list[Superseded]:
    """What can go of each stream: superseded looks that began before an instant; nothing is deleted yet.

    Raises:
        DataError: a manifest or an object that the decision hangs on is damaged.
    """
    bronzes = {stream: _Bronze(store, stream) for stream in RULES}
    kept = _based_on(bronzes.values())
    found = []
    for stream, bronze in bronzes.items():
        latest = {look.batch_id for scope in bronze.looks.scopes if (look := bronze.looks.latest(scope)) is not None}
        looks = [
            look
            for look in RULES[stream](bronze)
            if look.began_at < before and look.batch_id not in latest and look.batch_id not in kept
        ]
        found.append(_with_objects(bronze, sorted(looks, key=lambda look: look.batch_id)))
    return found


def _based_on(bronzes: Iterable[_Bronze]) -> set[str]:
    """Batches that the latest look of some scope was based on: the next one is compared with them."""
    latest = [(bronze, bronze.looks.latest(scope)) for bronze in bronzes for scope in bronze.looks.scopes]
    named = (bronze.manifest(look).based_on for bronze, look in latest if look is not None)
    return {batch_id for batch_id in named if batch_id is not None}


def _with_objects(bronze: _Bronze, looks: list[Look]) -> Superseded:
    found = Superseded(bronze.looks.stream, looks)
    gone = {look.batch_id for look in looks}
    scopes = {look.slice.scope for look in looks}
    # Unchanged content is named again, never across scopes.
    named = {
        manifest.data.key
        for look in bronze.looks
        if look.slice.scope in scopes and look.batch_id not in gone and (manifest := bronze.manifest(look)).data
    }
    data = {manifest.data.key for look in looks if (manifest := bronze.manifest(look)).data}
    found.objects = sorted(data & bronze.sizes.keys() - named)
    found.byte_count = sum(bronze.sizes[key] for key in found.keys)
    notes = [quarantine_key(look.slice, look.batch_id) for look in looks if bronze.manifest(look).quarantined_count]
    found.objects += notes
    return found
