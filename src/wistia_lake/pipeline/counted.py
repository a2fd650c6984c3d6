"""What earlier looks at the lifetime counters (``media_stats``) tell of single medias.

In rotation a look holds some medias of a scope only, so that what is known of one is spread over looks. They are read
newest first, and no further back than the question needs: in regular turns that is two or three weeks, whatever the
lake's age. Nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from wistia_lake.bronze.batch import iter_rows
from wistia_lake.bronze.layout import Look
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.pipeline.ingest_medias import created_at
from wistia_lake.pipeline.ingest_work import Outlook
from wistia_lake.privacy.rows import MediaRow, MediaStatsRow

STATS = "media_stats"
FARTHEST = 120
"""Looks that are gone through at most. A media that is in none of them counts as never read: that costs requests."""


class Counted:
    """The looks at one scope's counters, as they stood when this was made."""

    def __init__(self, outlook: Outlook, scope: str, medias: Sequence[MediaRow]) -> None:
        self._outlook = outlook
        self._born = {media.media_id: birthday(media) for media in medias}
        of_scope = [look for look in outlook.looks(STATS) if look.slice.scope == scope]
        self._looks = sorted(of_scope, key=lambda look: look.batch_id, reverse=True)[:FARTHEST]
        self._manifests: dict[str, Manifest] = {}
        self._rows: dict[str, dict[str, MediaStatsRow]] = {}

    def asked_on(self) -> dict[str, date]:
        """The UTC day on which each media was last asked, whether it was there or not."""
        found: dict[str, date] = {}
        missing = set(self._born)
        for look in self._looks:
            missing = {media_id for media_id in missing if self._born[media_id] <= look.slice.day}
            if not missing:
                break
            manifest = self._manifest(look)
            here = missing.intersection([*manifest.medias, *manifest.skipped_medias])
            found |= dict.fromkeys(here, look.slice.day)
            missing -= here
        return found

    def as_of(self, limits: Mapping[str, datetime]) -> dict[str, tuple[datetime, MediaStatsRow]]:
        """Each media's counters by the newest look that was over by the media's limit, and when it was over."""
        found: dict[str, tuple[datetime, MediaStatsRow]] = {}
        missing = dict(limits)
        for look in self._looks:
            missing = {id_: limit for id_, limit in missing.items() if self._born.get(id_, date.min) <= look.slice.day}
            if not missing:
                break
            manifest = self._manifest(look)
            over = manifest.last_requested_at
            here = [media_id for media_id in manifest.medias if media_id in missing and over <= missing[media_id]]
            if here:
                rows = self._rows_of(manifest)
                found |= {media_id: (over, rows[media_id]) for media_id in here}
                missing = {media_id: limit for media_id, limit in missing.items() if media_id not in found}
        return found

    def since(self, batch_id: str) -> tuple[datetime | None, set[str]]:
        """When a look was over (None if it is not known), and the medias whose counters newer looks hold."""
        found: set[str] = set()
        for look in self._looks:
            manifest = self._manifest(look)
            if look.batch_id <= batch_id:
                return (manifest.last_requested_at if look.batch_id == batch_id else None), found
            found.update(manifest.medias)
        return None, found

    def _manifest(self, look: Look) -> Manifest:
        if look.batch_id not in self._manifests:
            manifest = self._outlook.manifest(look)
            assert manifest is not None
            self._manifests[look.batch_id] = manifest
        return self._manifests[look.batch_id]

    def _rows_of(self, manifest: Manifest) -> dict[str, MediaStatsRow]:
        # Looks that saw the same share an object.
        key = manifest.content_hash
        if key not in self._rows:
            rows = iter_rows(self._outlook.store, manifest, MediaStatsRow)
            self._rows[key] = {row.media_id: row for row in rows}
        return self._rows[key]


def birthday(media: MediaRow) -> date:
    """The UTC day before which no look can have found a media."""
    return date.min if media.created is None else created_at(media).astimezone(UTC).date()
