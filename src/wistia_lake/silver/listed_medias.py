"""What all media lists together tell of each media, folded list by list.

    cache/medias.zst

The list changes on most days and every one since the first counts: a media is there since the first list that held it,
and each change of its length is a fact. So the fold over all lists but the newest is remembered, and a build reads two
lists instead of all. A copy for speed, never the truth: it counts only if it was made of exactly the lists that bronze
begins with, and is made anew otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from math import floor
from typing import Final

import msgspec

from wistia_lake.bronze.batch import iter_rows
from wistia_lake.bronze.cache import CACHE, keep, recall
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.lake.store import Store

KEY: Final = f"{CACHE}/medias.zst"
_FORM: Final = 1

Run = tuple[Manifest, date, date]
"""Lists in a row that had the same content, with the first and the last day on which it was read."""


class Known(msgspec.Struct, array_like=True):
    """What the lists tell of one media."""

    first_seen: date | None = None
    last_seen: date | None = None
    """First and last day of a list that held it and did not say that it was deleted."""
    lengths: list[tuple[date, int]] = []
    """Each change of its length in milliseconds, by the first day whose list showed it."""


class _Row(msgspec.Struct, frozen=True, gc=False):
    """What the fold needs of a row."""

    media_id: str
    duration: float | None = None
    is_deleted: bool = False


class _File(msgspec.Struct, array_like=True):
    """The remembered fold."""

    form: int
    run_count: int
    chain: str
    """Over the runs that were folded."""
    medias: dict[str, Known]


def fold(store: Store, runs: Sequence[Run]) -> dict[str, Known]:
    """What all lists tell, oldest first; what was folded before is taken from the cache, which is then brought up to
    date. Only who holds the lease of a build may call it.

    Raises:
        DataError: a list is missing or damaged.
    """
    chains = _chains(runs)
    done, medias = _remembered(store, chains)
    # The newest list may be read again tomorrow and then have another last day, so that it is folded anew every time.
    for run in runs[done:-1]:
        _add(store, run, medias)
    if len(runs) > 1 and done < len(runs) - 1:
        keep(store, KEY, _File(_FORM, len(runs) - 1, chains[-2], medias))
    for run in runs[-1:]:
        _add(store, run, medias)
    return medias


def _chains(runs: Sequence[Run]) -> list[str]:
    """For each run a digest of it and all before it."""
    chain, found = "", []
    for manifest, first, last in runs:
        text = f"{chain} {manifest.content_hash} {first} {last}"
        chain = blake2b(text.encode(), digest_size=16).hexdigest()
        found.append(chain)
    return found


def _add(store: Store, run: Run, medias: dict[str, Known]) -> None:
    """Take in the next list."""
    manifest, first, last = run
    for row in iter_rows(store, manifest, _Row):
        known = medias.setdefault(row.media_id, Known())
        if row.is_deleted:
            continue
        known.first_seen = first if known.first_seen is None else known.first_seen
        known.last_seen = last
        length = floor(row.duration * 1000 + 0.5) if row.duration is not None else 0
        if length > 0:
            _lengthen(known.lengths, first, length)


def _lengthen(lengths: list[tuple[date, int]], day: date, length: int) -> None:
    """Of lists that were first read on the same day the last one counts."""
    if lengths and lengths[-1][0] == day:
        lengths.pop()
    if not lengths or lengths[-1][1] != length:
        lengths.append((day, length))


def _remembered(store: Store, chains: Sequence[str]) -> tuple[int, dict[str, Known]]:
    """How many runs were folded before, of all but the newest, and what came of it."""
    found = recall(store, KEY, _File)
    if found is None:
        return 0, {}
    known = found.form == _FORM and 0 < found.run_count < len(chains) and chains[found.run_count - 1] == found.chain
    return (found.run_count, found.medias) if known else (0, {})
