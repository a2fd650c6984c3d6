"""What bronze holds, as a build sees it: the looks that count, their manifests, and the objects behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from wistia_lake.bronze.layout import Look
from wistia_lake.bronze.listed import Listed
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.bronze.remembered import Manifests
from wistia_lake.engines.base import BronzeInput
from wistia_lake.errors import DataError
from wistia_lake.lake.store import Store
from wistia_lake.model import ACCOUNT, scope_media
from wistia_lake.silver.columns import BRONZE_COLUMNS
from wistia_lake.silver.listed_medias import Known, fold


@dataclass(frozen=True, slots=True)
class Shown:
    """A look that counts for some medias of its slice."""

    look: Look
    manifest: Manifest
    media_id: str | None
    """The one media it counts for, or None: every media but ``excluded``."""
    excluded: tuple[str, ...] = ()
    """Medias for which a newer look of their own scope counts."""

    @property
    def fingerprint(self) -> list[object]:
        """What the rows it gives depend on, and nothing else: not when it was made, nor by which run."""
        return [self.manifest.policy_version, self.manifest.content_hash, self.media_id, list(self.excluded)]


class History:
    """Bronze of one lake at the moment a build began."""

    def __init__(self, store: Store, listed: Listed | None = None) -> None:
        """``listed`` is what the command knows already."""
        self.store = store
        listed = listed if listed is not None else Listed(store)
        self.looks = {stream: listed.looks(stream) for stream in BRONZE_COLUMNS}
        self._listed = listed
        self._manifests = Manifests(store, listed)
        self._shown: dict[tuple[str, date], list[Shown]] = {}
        self._ordered: dict[str, list[Look]] = {}

    def manifest(self, look: Look) -> Manifest:
        """The look's manifest, read once."""
        return self._manifests.of(look)

    def keep_manifests(self) -> None:
        """Spare the next build the reading of what this one has read; only who holds the lease of a build may."""
        self._manifests.keep(BRONZE_COLUMNS)

    def shown(self, stream: str, day: date) -> list[Shown]:
        """The looks that count for a day: the account's newest, and each media's own where that is newer.

        A newer account look that the two-year edge cut does not replace a media's own final, whole one. Found once: a
        day is asked for by its neighbours, its account days and its month.
        """
        if (stream, day) not in self._shown:
            self._shown[stream, day] = self._find_shown(stream, day)
        return self._shown[stream, day]

    def _find_shown(self, stream: str, day: date) -> list[Shown]:
        looks = self.looks[stream]
        account = looks.newest(ACCOUNT, day)
        own = {}
        for scope in looks.scopes:
            media_id, look = scope_media(scope), looks.newest(scope, day)
            if media_id is None or look is None:
                continue
            if account is None or look > account or self._keeps_hidden_rows(look, account):
                own[media_id] = look
        result = [Shown(look, self.manifest(look), media_id) for media_id, look in sorted(own.items())]
        if account is not None:
            result.insert(0, Shown(account, self.manifest(account), None, tuple(sorted(own))))
        return result

    def _keeps_hidden_rows(self, look: Look, newer: Look) -> bool:
        return look.final and self.manifest(newer).cut and not self.manifest(look).cut

    @cached_property
    def media_runs(self) -> list[tuple[Manifest, date, date]]:
        """Media lists in a row that had the same content: (manifest, first day, last day), oldest first."""
        runs: list[tuple[Manifest, date, date]] = []
        for look in self.ordered_looks("medias"):
            manifest, day = self.manifest(look), look.slice.day
            if runs and runs[-1][0].content_hash == manifest.content_hash:
                runs[-1] = (runs[-1][0], runs[-1][1], day)
            else:
                runs.append((manifest, day, day))
        return runs

    @cached_property
    def listed_medias(self) -> dict[str, Known]:
        """What all media lists together tell of each media; only who holds the lease of a build may ask."""
        return fold(self.store, self.media_runs)

    def ordered_looks(self, stream: str) -> list[Look]:
        """Every look of a stream, oldest first."""
        if stream not in self._ordered:
            self._ordered[stream] = sorted(self.looks[stream], key=lambda look: (look.batch_id, look.slice.scope))
        return self._ordered[stream]

    def bronze(self, stream: str, manifests: Iterable[Manifest]) -> BronzeInput:
        """The data objects of some manifests as an engine's input; empty looks have none."""
        objects = {manifest.data.batch_id: manifest for manifest in manifests if manifest.data is not None}
        keys = {batch_id: one.data.key for batch_id, one in objects.items() if one.data is not None}
        for manifest in objects.values():
            assert manifest.data is not None
            if not self._listed.holds(manifest.data.key):
                raise DataError(
                    f"The manifest of {manifest.slice} names {manifest.data.key}, which is missing. No table was "
                    "changed. Restore the object, or delete the manifest: the slice is then read again while Wistia "
                    "still serves it."
                )

        def fetch(batch_ids: Sequence[str]) -> AbstractContextManager[Sequence[Path]]:
            return self.store.local_paths([keys[batch_id] for batch_id in batch_ids])

        return BronzeInput(
            stream,
            BRONZE_COLUMNS[stream],
            {batch_id: self.store.url_of(key) for batch_id, key in keys.items()},
            {batch_id: manifest.row_count for batch_id, manifest in objects.items()},
            fetch,
        )
