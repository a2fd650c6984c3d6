"""Keys of bronze objects, and the index of looks that a listing of them gives.

    bronze/<stream>/scope=<account|media=id>/day=YYYY-MM-DD/<batch_id>.ndjson.zst
    bronze/<stream>/scope=<account|media=id>/day=YYYY-MM-DD/<batch_id>.final.json   (or .open.json)

The manifest is written last, and only if its key is free: it is the commit. Finality stands in the key, so that
coverage and watermark need a listing and no reads. Batch ids are UUIDv7: their order is the order of the looks.
"""

from __future__ import annotations

import re
import secrets
from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from uuid import UUID

from wistia_lake.model import Slice

ROOT = "bronze"
QUARANTINE = "quarantine"
_FOLDER = re.compile(
    r"bronze/(?P<stream>[a-z_]+)/scope=(?P<scope>account|media=[a-z0-9]{10})/day=(?P<day>\d{4}-\d\d-\d\d)"
)
_MANIFEST = re.compile(r"([0-9a-f-]{36})\.(final|open)\.json")
_ROWS = re.compile(
    r"(?:bronze|quarantine)/(?P<stream>[a-z_]+)/scope=(?P<scope>account|media=[a-z0-9]{10})/"
    r"day=(?P<day>\d{4}-\d\d-\d\d)/(?P<batch_id>[0-9a-f-]{36})\.ndjson\.zst"
)


@dataclass(frozen=True, order=True, slots=True)
class Look:
    """One committed look at a slice. The order is 'newest last': final after open, then by time of first request."""

    final: bool
    batch_id: str
    slice: Slice

    @property
    def manifest_key(self) -> str:
        """Where the look's manifest lies."""
        return f"{_folder(ROOT, self.slice)}/{self.batch_id}.{'final' if self.final else 'open'}.json"

    @property
    def began_at(self) -> datetime:
        """When the first page was requested, in whole milliseconds."""
        return batch_time(self.batch_id)


def _folder(root: str, slice_: Slice) -> str:
    return f"{root}/{slice_.stream}/scope={slice_.scope}/day={slice_.day.isoformat()}"


def data_key(slice_: Slice, batch_id: str) -> str:
    """Where a batch's rows lie."""
    return f"{_folder(ROOT, slice_)}/{batch_id}.ndjson.zst"


def quarantine_key(slice_: Slice, batch_id: str) -> str:
    """Where the notes on a batch's bad rows lie."""
    return f"{_folder(QUARANTINE, slice_)}/{batch_id}.ndjson.zst"


def quarantine_prefix(stream: str) -> str:
    """What all keys of notes on a stream's bad rows begin with."""
    return f"{QUARANTINE}/{stream}/"


def batch_of(key: str) -> str:
    """The batch that a data object or notes belong to."""
    return key.rsplit("/", 1)[-1].split(".", 1)[0]


def stream_prefix(stream: str) -> str:
    """What all keys of a stream begin with."""
    return f"{ROOT}/{stream}/"


def parse_manifest_key(key: str) -> Look | None:
    """The look whose manifest a key names; None for any other object."""
    folder, _, name = key.rpartition("/")
    match = _MANIFEST.fullmatch(name)
    slice_ = _slice_in(folder) if match is not None else None
    return Look(match[2] == "final", match[1], slice_) if match is not None and slice_ is not None else None


@lru_cache(maxsize=1 << 16)
def _slice_in(folder: str) -> Slice | None:
    """The slice whose looks lie in a folder. Most slices were looked at several times, and share it."""
    match = _FOLDER.fullmatch(folder)
    return None if match is None else Slice(match["stream"], match["scope"], date.fromisoformat(match["day"]))


def parse_rows_key(key: str) -> tuple[Slice, str] | None:
    """The slice and batch whose rows or notes a key names; None for any other object."""
    match = _ROWS.fullmatch(key)
    if match is None:
        return None
    return Slice(match["stream"], match["scope"], date.fromisoformat(match["day"])), match["batch_id"]


def batch_time(batch_id: str) -> datetime:
    """The instant in a UUIDv7, in whole milliseconds."""
    return datetime.fromtimestamp((UUID(batch_id).int >> 80) / 1000, tz=UTC)


def new_batch_id(at: datetime, after: str | None = None) -> str:
    """A UUIDv7 for the instant ``at``; later than ``after`` if that one bears the same millisecond.

    A simulated clock stands still, so two looks at one slice can share an instant: the second must still be newer.
    """
    random = int.from_bytes(secrets.token_bytes(10))
    version, variant = 0x7 << 76, 0b10 << 62
    tail = version | (random >> 68 << 64) & (0xFFF << 64) | variant | random & ((1 << 62) - 1)
    fresh = str(UUID(int=int(at.timestamp() * 1000) << 80 | tail))
    if after is not None and batch_time(after) == batch_time(fresh) and after >= fresh:
        return str(UUID(int=UUID(after).int + 1))
    return fresh


class Looks:
    """Every committed look of one stream, by scope and day."""

    def __init__(self, stream: str, keys: Iterable[str]) -> None:
        self.stream = stream
        self._found: dict[str, dict[date, list[Look]]] = {}
        for key in keys:
            look = parse_manifest_key(key)
            if look is not None and look.slice.stream == stream:
                self.add(look)

    def add(self, look: Look) -> None:
        """One more look."""
        insort(self._found.setdefault(look.slice.scope, {}).setdefault(look.slice.day, []), look)

    def __iter__(self) -> Iterator[Look]:
        for days in self._found.values():
            for looks in days.values():
                yield from looks

    @property
    def scopes(self) -> list[str]:
        """Every scope that was ever looked at."""
        return sorted(self._found)

    def days(self, scope: str) -> list[date]:
        """Every day of a scope that has a look."""
        return sorted(self._found.get(scope, {}))

    def of(self, scope: str, day: date) -> list[Look]:
        """The looks at one slice, newest last."""
        return self._found.get(scope, {}).get(day, [])

    def newest(self, scope: str, day: date) -> Look | None:
        """The look that counts for a slice."""
        looks = self.of(scope, day)
        return looks[-1] if looks else None

    def latest(self, scope: str) -> Look | None:
        """The look of a scope that began last, on whatever day: what an unchanged snapshot is compared with."""
        looks = (look for days in self._found.get(scope, {}).values() for look in days)
        return max(looks, key=lambda look: look.batch_id, default=None)

    def all_days(self) -> list[date]:
        """Every day that has a look in any scope."""
        return sorted({day for days in self._found.values() for day in days})
