"""Write and read one look: rows first, notes on bad rows next, the manifest last.

A look exists once its manifest does. A process that dies before that leaves an object nobody names, never a look.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import msgspec
import zstandard

from wistia_lake.bronze.layout import (
    Look,
    Looks,
    batch_of,
    data_key,
    quarantine_key,
    quarantine_prefix,
    stream_prefix,
)
from wistia_lake.bronze.manifest import DataObject, Manifest, decode_manifest
from wistia_lake.errors import DataError, StoreError
from wistia_lake.lake.store import Store
from wistia_lake.model import Slice

T = TypeVar("T")
_LEVEL = 1
_LINES_AT_A_TIME = 2000
_BLOCK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Encoded:
    """Rows as one compressed object, with what a manifest says about them."""

    body: bytes
    row_count: int
    content_hash: str
    sha256: str


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row was set aside: where it stood and what kind of thing it was, never a value of it."""

    stream: str
    scope: str
    day: str
    page: int
    """Page of the walk, counted from 1."""
    position: int
    """Row of the page, counted from 0."""
    field: str
    expected: str
    found: str
    event_id: str | None = None
    visitor_id: str | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """A committed look, and whether it brought a data object of its own."""

    manifest: Manifest
    wrote_data: bool


def encode_lines(lines: Iterable[bytes]) -> Encoded:
    """Compress rows, each one JSON line without its line end, into one zstd frame, in the order given.

    The caller sorts them, so that equal rows give equal bytes. The content hash is a sum over the lines' hashes, so it
    is the same whatever the order.
    """
    compressor = zstandard.ZstdCompressor(level=_LEVEL).compressobj()
    body = io.BytesIO()
    total, count = 0, 0
    remaining = iter(lines)
    while chunk := list(islice(remaining, _LINES_AT_A_TIME)):
        for line in chunk:
            total += int.from_bytes(hashlib.blake2b(line, digest_size=16).digest(), "big")
        count += len(chunk)
        body.write(compressor.compress(b"\n".join(chunk) + b"\n"))
    body.write(compressor.flush())
    data = body.getvalue()
    return Encoded(data, count, f"{total % (1 << 128):032x}-{count}", hashlib.sha256(data).hexdigest())


def commit_look(
    store: Store, manifest: Manifest, rows: Encoded, *, notes: Sequence[Note] = (), newest: Manifest | None = None
) -> Committed:
    """Write a look: data, notes, then the manifest, which is the commit.

    ``newest`` is the newest look so far at the slice or, for snapshots, at the same scope on any day. If its rows were
    the same under the same privacy policy, no data is written and the manifest names the earlier object, whose
    ``batch_id`` stays its own.
    """
    data, wrote = None, False
    if rows.row_count:
        data = _earlier_object(store, manifest, rows, newest)
        if data is None:
            key = data_key(manifest.slice, manifest.batch_id)
            _create(store, key, rows.body)
            data, wrote = DataObject(key, manifest.batch_id, len(rows.body), rows.sha256), True
    if notes:
        body = encode_lines(msgspec.json.encode(note) for note in notes).body
        _create(store, quarantine_key(manifest.slice, manifest.batch_id), body)
    complete = msgspec.structs.replace(
        manifest, row_count=rows.row_count, content_hash=rows.content_hash, quarantined_count=len(notes), data=data
    )
    _create(store, Look(complete.final, complete.batch_id, complete.slice).manifest_key, complete.encode())
    return Committed(complete, wrote)


def _earlier_object(store: Store, manifest: Manifest, rows: Encoded, newest: Manifest | None) -> DataObject | None:
    if newest is None or newest.data is None:
        return None
    same = newest.content_hash == rows.content_hash and newest.policy_version == manifest.policy_version
    # An object that somebody deleted is written again: reading the slice once more is how such damage is repaired.
    return newest.data if same and store.exists(newest.data.key) else None


def _create(store: Store, key: str, body: bytes) -> None:
    try:
        store.create(key, body)
    except FileExistsError as exc:
        # A store that repeats a request whose answer was lost finds its own object.
        if store.get(key) != body:
            raise StoreError(f"Another process wrote {key} at the same time; run again.") from exc


def list_looks(store: Store, stream: str) -> Looks:
    """Every committed look of a stream: one listing, nothing is read."""
    return Looks(stream, store.list(stream_prefix(stream)))


def list_unclean(store: Store, stream: str) -> frozenset[str]:
    """The ids of a stream's batches that left bad rows out: one listing, and of nothing where all is well."""
    return frozenset(map(batch_of, store.list(quarantine_prefix(stream))))


def read_manifest(store: Store, look: Look) -> Manifest:
    """The manifest of a look.

    Raises:
        DataError: the manifest is damaged, or was deleted since it was listed.
        LakeUnreadable: a newer version wrote it.
    """
    try:
        data = store.get(look.manifest_key)
    except FileNotFoundError as exc:
        raise DataError(f"The manifest {look.manifest_key} has disappeared. {_repair(look.slice)}") from exc
    return decode_manifest(data, look.manifest_key)


def read_blocks(store: Store, manifest: Manifest) -> Iterator[bytes]:
    """The rows of a look as JSON lines, in blocks of whole lines, checked against the manifest.

    The number of rows is known after the last block: do nothing final with the rows before that.

    Raises:
        DataError: the data object is missing, damaged, or has another number of rows than the manifest says.
    """
    data = manifest.data
    if data is None:
        return
    try:
        body = store.get(data.key)
    except FileNotFoundError as exc:
        raise _damaged(manifest, "is missing, but a manifest names it") from exc
    if hashlib.sha256(body).hexdigest() != data.sha256:
        raise _damaged(manifest, "is not what was written: its SHA-256 differs")
    # An object may consist of several frames; without the flag a reader may stop after the first without a word.
    reader = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True)
    count, rest = 0, b""
    try:
        while block := reader.read(_BLOCK_BYTES):
            whole, end, rest = (rest + block).rpartition(b"\n")
            count += whole.count(b"\n") + len(end)
            yield whole + end
    except zstandard.ZstdError as exc:
        raise _damaged(manifest, f"cannot be decompressed ({exc})") from exc
    if count != manifest.row_count or rest:
        raise _damaged(manifest, f"has {count} rows, its manifest says {manifest.row_count}")


def read_batch(store: Store, manifest: Manifest) -> bytes:
    """All rows of a look as JSON lines; errors as in :func:`read_blocks`."""
    return b"".join(read_blocks(store, manifest))


def iter_rows(store: Store, manifest: Manifest, row_type: type[T]) -> Iterator[T]:
    """The rows of a look, one after the other, as values of ``row_type``; fields it does not name are passed over."""
    decoder = msgspec.json.Decoder(row_type)
    for block in read_blocks(store, manifest):
        try:
            yield from decoder.decode_lines(block)
        except msgspec.MsgspecError as exc:
            raise _damaged(manifest, f"holds a row of another form ({exc})") from exc


def read_rows(store: Store, manifest: Manifest, row_type: type[T]) -> list[T]:
    """All rows of a look as values of ``row_type``."""
    return list(iter_rows(store, manifest, row_type))


def _damaged(manifest: Manifest, what: str) -> DataError:
    key = manifest.data.key if manifest.data is not None else manifest.batch_id
    return DataError(f"The data object {key} {what}. {_repair(manifest.slice)}")


def _repair(slice_: Slice) -> str:
    """What to do about a damaged look."""
    folder = f"bronze/{slice_.stream}/scope={slice_.scope}/day={slice_.day}/"
    return (
        f"Restore it from a copy of the lake, or delete the manifest in {folder} that names it and run "
        f"`wistia-lake ingest --from {slice_.day} --to {slice_.day}`, which reads the day again."
    )
