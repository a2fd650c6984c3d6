"""``lake.json``: what a folder must hold to be a lake, and the day from which its coverage counts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec

from wistia_lake.errors import DataError, LakeUnreadable
from wistia_lake.lake.store import Store, lake_root, open_store
from wistia_lake.model import LAYOUT_VERSION, ONE_DAY, day_start, two_years_before

MARKER_KEY = "lake.json"


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """Written once, by the first ingest."""

    layout_version: int = LAYOUT_VERSION
    created_at: datetime
    start: date
    """First UTC day of coverage unless the setting ``start`` names another."""


def existing_store(lake: str) -> Store | None:
    """The store of a lake that was begun; None if there is none there. Nothing is made."""
    root = lake_root(lake)
    if root is not None:
        return open_store(lake) if (root / MARKER_KEY).is_file() else None
    store = open_store(lake)
    try:
        store.get(MARKER_KEY)  # an answer to HEAD has no body, and cannot say that there is no such bucket
    except FileNotFoundError:
        return None
    return store


def read_marker(store: Store) -> Marker | None:
    """The lake's marker; None if nothing was ever ingested.

    Raises:
        LakeUnreadable: a newer version made the lake.
        DataError: the marker is damaged.
    """
    try:
        data = store.get(MARKER_KEY)
    except FileNotFoundError:
        return None
    try:
        marker = msgspec.json.decode(data, type=Marker)
    except msgspec.MsgspecError as exc:
        raise DataError(
            f"The file {MARKER_KEY} of the lake {store.url} is damaged ({exc}). Restore it, or delete it: the next "
            "ingest writes it anew, counting coverage from the oldest day that can be read then."
        ) from exc
    if marker.layout_version > LAYOUT_VERSION:
        raise LakeUnreadable(
            f"The lake {store.url} has layout version {marker.layout_version}; this program knows {LAYOUT_VERSION}. "
            "Install a newer wistia-lake."
        )
    return marker


def new_marker(now: datetime, oldest_media_at: datetime | None) -> Marker:
    """The marker of a lake that is begun now."""
    start = first_whole_day(now)
    if oldest_media_at is not None:
        start = max(start, oldest_media_at.astimezone(UTC).date())
    return Marker(created_at=now, start=start)


def make_marker(store: Store, now: datetime, oldest_media_at: datetime | None) -> Marker:
    """Mark the store as a lake, or return the marker that another process was first to write.

    Coverage starts at the first whole UTC day inside the two years that Wistia serves, or with the oldest media.
    """
    marker = new_marker(now, oldest_media_at)
    try:
        store.create(MARKER_KEY, msgspec.json.format(msgspec.json.encode(marker), indent=1) + b"\n")
    except FileExistsError:
        return read_marker(store) or marker
    return marker


def coverage_start(marker: Marker, setting: date | None) -> date:
    """The first UTC day that coverage and watermark count from.

    A setting that reaches beyond the two years is cut to the day through which their edge ran when the lake was made:
    older days could never be read, and would hold the watermark for ever.
    """
    if setting is None:
        return marker.start
    return max(setting, two_years_before(marker.created_at).date())


def first_whole_day(now: datetime) -> date:
    """The first UTC day that lies wholly inside the two years before ``now``."""
    edge = two_years_before(now)
    return edge.date() if day_start(edge.date()) == edge else edge.date() + ONE_DAY
