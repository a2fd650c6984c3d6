"""One look on a real store: what is written when, and what a reader refuses to believe."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
import zstandard

from wistia_lake.bronze.batch import (
    Committed,
    Note,
    commit_look,
    encode_lines,
    list_looks,
    read_batch,
    read_manifest,
    read_rows,
)
from wistia_lake.bronze.layout import data_key, new_batch_id, quarantine_key
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.errors import DataError, LakeUnreadable, StoreError
from wistia_lake.lake.store import Store
from wistia_lake.model import Slice

NOW = datetime(2025, 3, 12, 14, tzinfo=UTC)
SLICE = Slice("events", "account", date(2025, 3, 11))
LINES = [b'{"n":1}', b'{"n":2}', b'{"n":3}']


def draft(at: datetime = NOW, *, final: bool = True, policy_version: int = 1) -> Manifest:
    return Manifest(
        policy_version=policy_version, batch_id=new_batch_id(at), stream=SLICE.stream, scope=SLICE.scope, day=SLICE.day,
        final=final, run_id="r", api_base="http://127.0.0.1", api_version="v1", key_fingerprint="f" * 16,
        first_requested_at=at, last_requested_at=at, page_count=1, row_count=0, content_hash="",
    )  # fmt: skip


def look(store: Store, lines: list[bytes], at: datetime = NOW, newest: Manifest | None = None, **more) -> Committed:
    return commit_look(store, draft(at, **more), encode_lines(lines), newest=newest)


def test_rows_come_back_as_they_were_written(store: Store) -> None:
    committed = look(store, LINES)
    (found,) = list_looks(store, "events")
    manifest = read_manifest(store, found)
    assert manifest == committed.manifest
    assert manifest.row_count == 3
    assert read_batch(store, manifest) == b"".join(line + b"\n" for line in LINES)
    assert read_rows(store, manifest, dict) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_equal_content_is_written_once_and_named_by_both_looks(store: Store) -> None:
    first = look(store, LINES)
    second = look(store, LINES, NOW + timedelta(hours=1), first.manifest, final=False)
    third = look(store, list(reversed(LINES)), NOW + timedelta(hours=2), second.manifest)
    assert (first.wrote_data, second.wrote_data, third.wrote_data) == (True, False, False)
    assert first.manifest.data == second.manifest.data == third.manifest.data
    assert second.manifest.data is not None
    assert second.manifest.data.batch_id == first.manifest.batch_id
    assert len([key for key in store.list("bronze/") if key.endswith(".zst")]) == 1


def test_equal_rows_under_another_policy_are_written_again(store: Store) -> None:
    first = look(store, LINES)
    assert look(store, LINES, NOW + timedelta(hours=1), first.manifest, policy_version=2).wrote_data


def test_a_deleted_object_is_written_again_by_the_next_look(store: Store) -> None:
    first = look(store, LINES)
    assert first.manifest.data is not None
    store.delete(first.manifest.data.key)
    again = look(store, LINES, NOW + timedelta(hours=1), first.manifest)
    assert again.wrote_data
    assert read_batch(store, again.manifest).count(b"\n") == 3


def test_a_quiet_day_is_a_look_without_data(store: Store) -> None:
    empty = look(store, [])
    assert (empty.manifest.row_count, empty.manifest.data, empty.wrote_data) == (0, None, False)
    assert read_batch(store, empty.manifest) == b""
    assert list_looks(store, "events").newest("account", SLICE.day) is not None
    after = look(store, LINES, NOW + timedelta(hours=1), empty.manifest)
    assert after.wrote_data


def test_content_hash_ignores_the_order_and_nothing_else() -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    lines = [f'{{"n":{rng.randrange(50)}}}'.encode() for _ in range(5000)]
    shuffled = rng.sample(lines, len(lines))
    whole = encode_lines(lines).content_hash
    assert encode_lines(shuffled).content_hash == whole
    assert encode_lines(lines[1:]).content_hash != whole
    assert encode_lines([*lines, lines[0]]).content_hash != whole
    assert encode_lines([*lines[1:], b'{"n":51}']).content_hash != whole


def test_killed_between_data_and_manifest_there_is_no_look(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest is the commit: what lies there without one is nobody's."""
    create = store.create

    def killed(key: str, data: bytes) -> None:
        if key.endswith(".json"):
            raise KeyboardInterrupt
        create(key, data)

    monkeypatch.setattr(store, "create", killed)
    with pytest.raises(KeyboardInterrupt):
        look(store, LINES)
    assert [key for key in store.list("bronze/") if key.endswith(".zst")], "the test did not get as far as the data"
    assert list(list_looks(store, "events")) == []
    monkeypatch.undo()
    assert look(store, LINES).wrote_data


def test_notes_lie_beside_bronze_before_the_look_exists(store: Store) -> None:
    note = Note(stream="events", scope="account", day="2025-03-11", page=2, position=7, field="percent_viewed",
                expected="number in 0..1", found="string")  # fmt: skip
    manifest = draft()
    committed = commit_look(store, manifest, encode_lines(LINES), notes=[note])
    assert committed.manifest.quarantined_count == 1
    body = store.get(quarantine_key(SLICE, manifest.batch_id))
    lines = zstandard.ZstdDecompressor().stream_reader(body).read()
    assert msgspec.json.decode(lines, type=Note) == note


def test_objects_of_several_frames_are_read_to_the_end(store: Store) -> None:
    """A reader that stops after the first frame loses rows without an error."""
    manifest = look(store, LINES).manifest
    assert manifest.data is not None
    frames = b"".join(zstandard.ZstdCompressor().compress(line + b"\n") for line in LINES)
    store.put(manifest.data.key, frames)
    data = msgspec.structs.replace(manifest.data, sha256=__import__("hashlib").sha256(frames).hexdigest())
    assert read_batch(store, msgspec.structs.replace(manifest, data=data)).count(b"\n") == 3


def test_damaged_looks_name_the_object_and_what_to_do(store: Store) -> None:
    manifest = look(store, LINES).manifest
    assert manifest.data is not None
    key, body = manifest.data.key, store.get(manifest.data.key)
    with pytest.raises(
        DataError, match=rf"{key} has 3 rows, its manifest says 4.*wistia-lake ingest --from 2025-03-11"
    ):
        read_batch(store, msgspec.structs.replace(manifest, row_count=4))
    store.put(key, body[:-1])
    with pytest.raises(DataError, match=f"{key} is not what was written"):
        read_batch(store, manifest)
    store.delete(key)
    with pytest.raises(DataError, match=f"{key} is missing.*delete the manifest in bronze/events/scope=account/"):
        read_batch(store, manifest)


def test_damaged_and_newer_manifests_are_told_apart(store: Store) -> None:
    look(store, LINES)
    (found,) = list_looks(store, "events")
    text = store.get(found.manifest_key)
    store.put(found.manifest_key, text.replace(b'"layout_version": 1', b'"layout_version": 99'))
    with pytest.raises(LakeUnreadable, match="layout version 99"):
        read_manifest(store, found)
    store.put(found.manifest_key, text[:100])
    with pytest.raises(DataError, match=found.manifest_key):
        read_manifest(store, found)


def test_a_manifest_is_never_replaced(store: Store) -> None:
    manifest = draft()
    commit_look(store, manifest, encode_lines(LINES))
    with pytest.raises(StoreError, match="same time"):
        commit_look(store, manifest, encode_lines(LINES[:1]))
    commit_look(store, manifest, encode_lines(LINES))  # a repeated request finds its own object
    assert data_key(SLICE, manifest.batch_id) in set(store.list("bronze/"))
