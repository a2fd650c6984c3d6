"""``cache/`` in a lake: copies for speed, never the truth. What is absent, damaged or of another form is made anew."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
import zstandard

from wistia_lake.errors import StoreError
from wistia_lake.lake.store import Store
from wistia_lake.log import get_logger

CACHE: Final = "cache"
_LEVEL: Final = 3
_log = get_logger(__name__)

T = TypeVar("T", bound=msgspec.Struct)


def recall(store: Store, key: str, type_: type[T]) -> T | None:
    """What was kept under a key; None if there is nothing of use."""
    try:
        return msgspec.msgpack.decode(zstandard.decompress(store.get(key)), type=type_)
    except FileNotFoundError:
        return None
    except (zstandard.ZstdError, msgspec.MsgspecError):
        _log.warning("cache.damaged", key=key)
        return None


def keep(store: Store, key: str, value: msgspec.Struct) -> None:
    """Keep something for the next build. Where that fails it has more to read, which is no reason to fail."""
    body = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(msgspec.msgpack.encode(value))
    try:
        store.put(key, body)
    except StoreError as exc:
        _log.warning("cache.not_written", key=key, error=str(exc))


def forget(store: Store) -> None:
    """Remove everything that was kept: what is computed in full is computed from bronze alone."""
    for key in list(store.list(f"{CACHE}/")):
        store.delete(key)
