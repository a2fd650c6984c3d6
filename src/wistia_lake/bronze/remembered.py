"""Manifests as they were read before: a build needs those of the whole history, which is a request for each.

    cache/manifests.zst

A copy for speed, never the truth. Which looks exist comes from the listing alone, and an entry counts only for an
object of the same key, size and time. Absent, damaged, or of a version that knows other manifests, it is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final

import msgspec

from wistia_lake.bronze.batch import read_manifest
from wistia_lake.bronze.cache import CACHE, keep, recall
from wistia_lake.bronze.layout import Look
from wistia_lake.bronze.listed import Listed, Stamp
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.lake.store import Store
from wistia_lake.log import get_logger
from wistia_lake.model import LAYOUT_VERSION

KEY: Final = f"{CACHE}/manifests.zst"
_VERSION: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LISTS: Final = ("medias", "skipped_medias", "unmoved_medias", "waiting_medias")
"""Fields that hold medias: most looks at a stream name the same hundreds."""

_log = get_logger(__name__)


class _Entry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One manifest, without its lists of medias."""

    size: int
    written_us: int
    lists: tuple[int, int, int, int]
    """Places in the file's ``lists`` of what stands in the fields ``_LISTS``."""
    rest: msgspec.Raw


class _File(msgspec.Struct, array_like=True):
    """The whole cache."""

    form: str
    medias: list[str] = []
    lists: list[list[int]] = []
    """Each list of medias once, by places in ``medias``."""
    entries: dict[str, _Entry] = {}
    """By manifest key."""


def _form() -> str:
    """What the cache must have been written with: a manifest's fields read by another version may be fewer or more."""
    fields = ",".join(Manifest.__struct_fields__)
    return f"{_VERSION}-{LAYOUT_VERSION}-{blake2b(fields.encode(), digest_size=8).hexdigest()}"


_decode_rest = msgspec.msgpack.Decoder(Manifest).decode


class Manifests:
    """The manifests of the looks that a listing shows, each read once, and most of them by somebody before."""

    def __init__(self, store: Store, listed: Listed) -> None:
        self._store, self._listed = store, listed
        self._known: dict[str, Manifest] = {}
        self._cached: _File | None = None
        self._lists: list[list[str]] = []
        self._new: dict[str, tuple[Manifest, Stamp]] = {}

    def of(self, look: Look) -> Manifest:
        """The look's manifest.

        Raises:
            DataError: it is damaged, or was deleted since it was listed.
            LakeUnreadable: a newer version wrote it.
        """
        key = look.manifest_key
        found = self._known.get(key)
        if found is None:
            stamp = self._listed.stamp(look)
            found = self._from_cache(key, look, stamp) if stamp is not None else None
            if found is None:
                found = read_manifest(self._store, look)
                if stamp is not None:
                    self._new[key] = found, stamp
            self._known[key] = found
        return found

    def _from_cache(self, key: str, look: Look, stamp: Stamp) -> Manifest | None:
        entry = self._open().entries.get(key)
        if entry is None or (entry.size, entry.written_us) != _plain(stamp):
            return None
        try:
            manifest = _decode_rest(entry.rest)
            for name, place in zip(_LISTS, entry.lists, strict=True):
                # Nobody has seen the manifest yet, and a copy for each list would cost more than reading it.
                msgspec.structs.force_setattr(manifest, name, self._lists[place])
        except (msgspec.MsgspecError, IndexError):
            return None
        return manifest if manifest.batch_id == look.batch_id else None

    def _open(self) -> _File:
        """The cache, read when it is first asked; empty if it is of no use."""
        if self._cached is None:
            self._cached, self._lists = _File(_form()), []
            found = recall(self._store, KEY, _File)
            if found is not None and found.form == _form():
                try:
                    self._lists = [[found.medias[place] for place in places] for places in found.lists]
                    self._cached = found
                except IndexError:
                    _log.warning("cache.damaged", key=KEY)
        return self._cached

    def keep(self, streams: Iterable[str]) -> None:
        """Write the cache if the next build would have more to read than this one; looks that are gone go.

        Only who holds the lease of a build may call it.
        """
        cached = self._open().entries
        keys = {look.manifest_key for stream in streams for look in self._listed.looks(stream)}
        kept = {key: entry for key, entry in cached.items() if key in keys and key not in self._new}
        if not self._new and len(kept) == len(cached):
            return
        keep(self._store, KEY, _packed(kept, self._lists, self._new))


def _plain(stamp: Stamp) -> tuple[int, int]:
    size, written_at = stamp
    return size, (written_at - _EPOCH) // _MICROSECOND


def _packed(kept: dict[str, _Entry], lists: list[list[str]], new: dict[str, tuple[Manifest, Stamp]]) -> _File:
    """A cache of entries of an earlier one, whose ``lists`` they point to, and of manifests that were read since."""
    medias: dict[str, int] = {}
    places: dict[tuple[str, ...], int] = {}

    def place(named: list[str]) -> int:
        return places.setdefault(tuple(named), len(places))

    moved: dict[int, int] = {}
    entries: dict[str, _Entry] = {}
    for key, entry in kept.items():
        for old in entry.lists:
            if old not in moved:
                moved[old] = place(lists[old])
        first, second, third, fourth = (moved[old] for old in entry.lists)
        entries[key] = _Entry(entry.size, entry.written_us, (first, second, third, fourth), entry.rest)
    for key, (manifest, stamp) in new.items():
        rest = msgspec.Raw(msgspec.msgpack.encode(msgspec.structs.replace(manifest, **dict.fromkeys(_LISTS, ()))))
        size, written_us = _plain(stamp)
        found = [place(getattr(manifest, name)) for name in _LISTS]
        entries[key] = _Entry(size, written_us, (found[0], found[1], found[2], found[3]), rest)
    coded = [[medias.setdefault(one, len(medias)) for one in named] for named in places]
    return _File(_form(), list(medias), coded, entries)
