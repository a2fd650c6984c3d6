"""The manifest: what one look saw, and where its rows lie."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from wistia_lake.errors import DataError, LakeUnreadable
from wistia_lake.model import LAYOUT_VERSION, Slice


class DataObject(msgspec.Struct, frozen=True, gc=False):
    """The rows of a look: possibly those of an earlier look with the same content."""

    key: str
    batch_id: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One committed look. Times are UTC instants, days UTC dates, ``*_count`` rows unless said otherwise."""

    layout_version: int = LAYOUT_VERSION
    policy_version: int
    batch_id: str
    stream: str
    scope: str
    day: date
    final: bool
    cut: bool = False
    """The two-year edge ran through the day when it was first read."""
    run_id: str
    api_base: str
    api_version: str
    key_fingerprint: str
    first_requested_at: datetime
    last_requested_at: datetime
    page_count: int
    row_count: int
    repeat_count: int = 0
    """Rows that the walk met more than once."""
    twin_count: int = 0
    """Rows that share their event key with another viewer's row."""
    added_count: int = 0
    """Keys that the previous look did not have."""
    removed_count: int = 0
    """Keys of the previous look that are gone."""
    late_count: int = 0
    """Keys that appeared although an earlier look was already final."""
    quarantined_count: int = 0
    medias: list[str] = []
    """Medias that have rows, ascending: what a build must know of a slice without reading it."""
    dropped_fields: list[str] = []
    unknown_fields: list[str] = []
    skipped_medias: list[str] = []
    covers: tuple[date, date] | None = None
    """First and last account day asked for, over all medias (window streams)."""
    based_on: str | None = None
    """The batch by which it was decided whom to ask (``media_engagement``: counters of ``media_stats``)."""
    unmoved_medias: list[str] = []
    """Medias that were not asked because nothing can have changed since their last look (``media_by_date``)."""
    waiting_medias: list[str] = []
    """Medias that were due and not asked, because the run had used up its requests."""
    content_hash: str
    """Of the set of rows, whatever their order."""
    data: DataObject | None = None
    """None if there are no rows."""

    @property
    def slice(self) -> Slice:
        """The slice that was looked at."""
        return Slice(self.stream, self.scope, self.day)

    def encode(self) -> bytes:
        """The manifest as JSON, indented: people read these."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


def decode_manifest(data: bytes, key: str) -> Manifest:
    """Read a manifest; LakeUnreadable if a newer version wrote it, DataError if it is damaged."""
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as exc:
        raise DataError(
            f"The manifest {key} is damaged ({exc}). Restore it, or delete it: its day is then read again."
        ) from exc
    if manifest.layout_version > LAYOUT_VERSION:
        raise LakeUnreadable(
            f"The manifest {key} has layout version {manifest.layout_version}; this program knows {LAYOUT_VERSION}. "
            "Install a newer wistia-lake."
        )
    return manifest
