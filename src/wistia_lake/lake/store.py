"""One object store under the lake: a folder, memory, or (with the same calls) a bucket of S3."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from wistia_lake.errors import SettingsError
from wistia_lake.lake import s3

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_DOWNLOADS = 8
"""Objects that are fetched at the same time."""
_STAGED = re.compile(r"#\d+$")
"""Ending of the file that a folder's store writes first and then renames to the object's name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One object as a listing shows it."""

    key: str
    size: int
    written_at: datetime
    """When it was last written, by the store's clock."""


class Store:
    """Bytes by key. Every write is atomic; ``create`` fails if the key exists.

    ``root`` is the folder behind a ``file://`` store, or None: engines then read through temporary copies.
    """

    def __init__(self, backend: ObjectStore, url: str, root: Path | None) -> None:
        self._backend = backend
        self.url = url
        self.root = root

    def __repr__(self) -> str:
        return f"Store({self.url!r})"

    def list(self, prefix: str) -> Iterator[str]:
        """Every key below ``prefix``, in no particular order."""
        with _named(f"listing {prefix}", self.url):
            for chunk in self._backend.list(prefix):
                for item in chunk:
                    yield item["path"]

    def entries(self, prefix: str) -> Iterator[Entry]:
        """Every object below ``prefix`` with its size and age, in no particular order."""
        with _named(f"listing {prefix}", self.url):
            for chunk in self._backend.list(prefix):
                for item in chunk:
                    yield Entry(item["path"], item["size"], item["last_modified"])

    def cut_off(self, folders: Sequence[str]) -> Iterator[Entry]:
        """What writes that never finished left in these folders: files beside the object, which no listing shows."""
        if self.root is None:
            return
        for path in (found for folder in folders for found in (self.root / folder).rglob("*#*")):
            if _STAGED.search(path.name) and path.is_file():
                status = path.stat()
                written_at = datetime.fromtimestamp(status.st_mtime, tz=UTC)
                yield Entry(path.relative_to(self.root).as_posix(), status.st_size, written_at)

    def remove_cut_off(self, entry: Entry) -> None:
        """Remove what :meth:`cut_off` found."""
        assert self.root is not None
        assert _STAGED.search(entry.key)
        with _named(f"deleting {entry.key}", self.url):
            (self.root / entry.key).unlink(missing_ok=True)

    def get(self, key: str) -> bytes:
        """The object's bytes; FileNotFoundError if there is none."""
        with _named(f"reading {key}", self.url):
            return self._backend.get(key).bytes().to_bytes()

    def exists(self, key: str) -> bool:
        """Whether the key holds an object."""
        try:
            with _named(f"looking for {key}", self.url):
                self._backend.head(key)
        except FileNotFoundError:
            return False
        return True

    def create(self, key: str, data: bytes) -> None:
        """Write a new object; FileExistsError if the key is taken."""
        from obstore.exceptions import AlreadyExistsError

        try:
            with _named(f"writing {key}", self.url):
                self._backend.put(key, data, mode="create")
        except AlreadyExistsError as exc:
            raise FileExistsError(key) from exc

    def put(self, key: str, data: bytes) -> None:
        """Write an object, replacing what the key holds."""
        with _named(f"writing {key}", self.url):
            self._backend.put(key, data)

    def delete(self, key: str) -> None:
        """Remove the object if it is there."""
        try:
            with _named(f"deleting {key}", self.url):
                self._backend.delete(key)
        except FileNotFoundError:
            return

    @contextmanager
    def local_paths(self, keys: Sequence[str]) -> Iterator[Sequence[Path]]:
        """The objects as local files of the same names, in the order of ``keys``; copies are removed afterwards.

        FileNotFoundError if one is missing; of a folder the files are named unseen.
        """
        if self.root is not None:
            yield [self.root / key for key in keys]
            return
        from concurrent.futures import ThreadPoolExecutor
        from tempfile import TemporaryDirectory

        with TemporaryDirectory(prefix="wistia-lake-") as folder, ThreadPoolExecutor(_DOWNLOADS) as pool:
            paths = [Path(folder) / key.rsplit("/", 1)[-1] for key in keys]
            list(pool.map(lambda key, path: path.write_bytes(self.get(key)), keys, paths))
            yield paths

    def url_of(self, key: str) -> str:
        """Where an object lies, as other programs name it."""
        return (self.root / key).as_uri() if self.root is not None else f"{self.url}/{key}"

    def key_of(self, url: str) -> str | None:
        """The key of what another program names so; None if that is outside this store."""
        if self.root is not None:
            path = lake_root(url)
            inside = path is not None and path.is_relative_to(self.root)
            return path.relative_to(self.root).as_posix() if path is not None and inside else None
        return url.removeprefix(f"{self.url}/") if url.startswith(f"{self.url}/") else None


@contextmanager
def _named(action: str, url: str) -> Iterator[None]:
    """Give the store's own errors the words of this project; 'not found' and 'exists' pass through."""
    from obstore.exceptions import AlreadyExistsError, BaseError

    try:
        yield
    except FileNotFoundError as exc:
        if "NoSuchBucket" in str(exc):
            raise s3.explained(action, url, exc) from exc
        raise
    except AlreadyExistsError:
        raise
    except (BaseError, OSError) as exc:
        raise s3.explained(action, url, exc) from exc


def lake_root(lake: str) -> Path | None:
    """The folder a lake setting means (a path or a ``file://`` URL), or None for another kind of store."""
    if lake.startswith("file://"):
        return Path(url2pathname(unquote(urlsplit(lake).path)))
    return None if "://" in lake else Path(lake).absolute()


def lake_name(lake: str) -> str:
    """The last part of a lake's place: what may be told of it in a chat, where a whole path would say too much."""
    root = lake_root(lake)
    return (root.name if root is not None else urlsplit(lake).path.rstrip("/").rpartition("/")[2]) or "lake"


def open_store(lake: str) -> Store:
    """Open the store of a lake: a path, ``file://``, ``s3://`` or ``memory://``. Nothing is asked yet of a bucket."""
    from obstore.store import LocalStore, MemoryStore

    if lake.startswith("memory://"):
        return Store(MemoryStore(), lake, None)
    if lake.startswith(s3.SCHEME):
        return Store(s3.open_s3(lake), lake.rstrip("/"), None)
    root = lake_root(lake)
    if root is None:
        raise SettingsError(
            f"The lake {lake!r} is of a kind this version cannot open; use a folder, such as ./lake, or "
            "s3://bucket/prefix."
        )
    if root.exists() and not root.is_dir():
        raise SettingsError(f"The lake {str(root)!r} is a file; name a folder with --lake or WISTIA_LAKE.")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise SettingsError(
            f"The lake folder {str(root)!r} cannot be made: {exc.strerror}. Choose another with --lake."
        ) from exc
    if not os.access(root, os.R_OK | os.X_OK):
        raise SettingsError(f"The lake folder {str(root)!r} cannot be read; check its permissions.")
    return Store(LocalStore(str(root)), root.as_uri(), root)
