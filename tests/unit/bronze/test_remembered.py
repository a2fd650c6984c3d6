"""The cache of manifests is a copy and never the truth: whatever becomes of it, a build reads what bronze holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import zstandard

from support.counted import Calls, counted
from wistia_lake.bronze import remembered
from wistia_lake.bronze.batch import commit_look, encode_lines
from wistia_lake.bronze.layout import Look, data_key, new_batch_id
from wistia_lake.bronze.lease import lease
from wistia_lake.bronze.leftovers import CUT_OFF, leftovers
from wistia_lake.bronze.listed import Handover, Listed
from wistia_lake.bronze.manifest import DataObject, Manifest
from wistia_lake.bronze.remembered import KEY, Manifests
from wistia_lake.errors import DataError
from wistia_lake.lake.store import Store, open_store

NOW = datetime(2025, 3, 12, 14, tzinfo=UTC)
DAYS = 20


def write(store: Store, number: int, **more: object) -> Look:
    """A look that names other medias every third day."""
    at = NOW + timedelta(days=number)
    values: dict[str, object] = {
        "policy_version": 1, "batch_id": new_batch_id(at), "stream": "events", "scope": "account",
        "day": date(2025, 3, 1) + timedelta(days=number), "final": True, "run_id": "r",
        "api_base": "http://127.0.0.1", "api_version": "v1", "key_fingerprint": "f" * 16, "first_requested_at": at,
        "last_requested_at": at, "page_count": 1, "row_count": 0, "content_hash": "",
        "medias": [f"media{number // 3:05}", "media99999"], "unmoved_medias": ["media88888"] * (number % 2),
        "covers": (date(2025, 3, 1), date(2025, 3, 2)),
    }  # fmt: skip
    manifest = Manifest(**{**values, **more})  # type: ignore[arg-type]
    made = commit_look(store, manifest, encode_lines([b'{"n":%d}' % number])).manifest
    return Look(made.final, made.batch_id, made.slice)


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with counted():  # so that the store counts
        yield open_store(str(tmp_path / "lake") if request.param == "folder" else "memory://")


@pytest.fixture
def looks(store: Store) -> list[Look]:
    return [write(store, number) for number in range(DAYS)]


def truth(store: Store) -> dict[str, Manifest]:
    """What the objects themselves say."""
    return {
        key: msgspec.json.decode(store.get(key), type=Manifest) for key in store.list("bronze/") if key.endswith("json")
    }


def read(store: Store) -> tuple[dict[str, Manifest], int]:
    """Every manifest as a build gets it, which then keeps them; and how many objects it had to get for it."""
    listed = Listed(store)
    manifests = Manifests(store, listed)
    calls: Calls = store._backend._calls
    before = calls["GET object"]
    found = {look.manifest_key: manifests.of(look) for look in listed.looks("events")}
    got = calls["GET object"] - before
    manifests.keep(["events"])
    return found, got


def test_the_second_build_reads_one_object_and_gets_the_same(store: Store, looks: list[Look]) -> None:
    first, got = read(store)
    assert got == DAYS + 1
    second, got = read(store)
    assert got == 1
    assert first == second == truth(store)


def test_only_new_looks_are_read(store: Store, looks: list[Look]) -> None:
    read(store)
    write(store, DAYS)
    write(store, DAYS + 1)
    found, got = read(store)
    assert got == 1 + 2
    assert found == truth(store)
    assert read(store)[1] == 1


def test_nothing_is_written_where_nothing_changed(store: Store, looks: list[Look]) -> None:
    read(store)
    calls: Calls = store._backend._calls
    before = calls["PUT object"]
    read(store)
    assert calls["PUT object"] == before


def test_a_look_that_was_deleted_is_forgotten(store: Store, looks: list[Look]) -> None:
    read(store)
    store.delete(looks[3].manifest_key)
    found, got = read(store)
    assert got == 1
    assert looks[3].manifest_key not in found
    assert looks[3].manifest_key.encode() not in zstandard.decompress(store.get(KEY))


def _older(store: Store, data: bytes) -> bytes:
    store.put(KEY, data)
    write(store, DAYS)
    read(store)
    return data


def _of_another_form(store: Store, data: bytes) -> bytes:
    file = msgspec.msgpack.decode(zstandard.decompress(data))
    return zstandard.compress(msgspec.msgpack.encode(["0-of-long-ago", *file[1:]]))


def _with_lists_cut(store: Store, data: bytes) -> bytes:
    form, medias, lists, entries = msgspec.msgpack.decode(zstandard.decompress(data))
    return zstandard.compress(msgspec.msgpack.encode([form, medias, lists[:1], entries]))


def _with_medias_cut(store: Store, data: bytes) -> bytes:
    form, medias, lists, entries = msgspec.msgpack.decode(zstandard.decompress(data))
    return zstandard.compress(msgspec.msgpack.encode([form, medias[:1], lists, entries]))


def _entries_swapped(store: Store, data: bytes) -> bytes:
    form, medias, lists, entries = msgspec.msgpack.decode(zstandard.decompress(data))
    keys = sorted(entries)
    mixed = {key: [*entries[key][:3], entries[other][3]] for key, other in zip(keys, reversed(keys), strict=True)}
    return zstandard.compress(msgspec.msgpack.encode([form, medias, lists, mixed]))


@pytest.mark.parametrize(
    "harm",
    [
        lambda store, data: b"",
        lambda store, data: data[: len(data) // 2],
        lambda store, data: data[:-1],
        lambda store, data: data[:60] + bytes([data[60] ^ 1]) + data[61:],
        lambda store, data: b"not a frame at all",
        lambda store, data: zstandard.compress(b"not msgpack \xc1"),
        lambda store, data: zstandard.compress(msgspec.msgpack.encode({"form": 1})),
        _older,
        _of_another_form,
        _with_lists_cut,
        _with_medias_cut,
        _entries_swapped,
    ],
    ids=[
        "empty", "half", "last byte", "a bit", "no zstd", "no msgpack", "another shape", "older", "another form",
        "lists cut", "medias cut", "entries swapped",
    ],
)  # fmt: skip
def test_harm_to_the_cache_changes_no_manifest(
    store: Store, looks: list[Look], harm: Callable[[Store, bytes], bytes]
) -> None:
    read(store)
    store.put(KEY, harm(store, store.get(KEY)))
    assert read(store)[0] == truth(store)
    again, got = read(store)
    assert again == truth(store)
    assert got == 1


def test_a_deleted_cache_is_made_anew(store: Store, looks: list[Look]) -> None:
    read(store)
    store.delete(KEY)
    found, got = read(store)
    assert (found, got) == (truth(store), DAYS + 1)
    assert read(store)[1] == 1


def test_a_version_that_knows_other_fields_of_a_manifest_reads_them_itself(
    store: Store, looks: list[Look], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that an older version made lacks what it did not know, though the object has it."""

    class Later(Manifest, frozen=True, kw_only=True):
        something_new: int = 0

    read(store)
    monkeypatch.setattr(remembered, "Manifest", Later)
    assert read(store)[1] == DAYS + 1


def test_a_manifest_that_somebody_damaged_is_not_hidden_by_the_cache(store: Store, looks: list[Look]) -> None:
    read(store)
    data = store.get(looks[5].manifest_key)
    store.put(looks[5].manifest_key, data[:-20])
    with pytest.raises(DataError, match="damaged"):
        read(store)


def test_a_manifest_of_the_same_size_that_was_written_later_is_read(tmp_path: Path) -> None:
    with counted():
        store = open_store(str(tmp_path))
    look = write(store, 0)
    read(store)
    path = tmp_path / look.manifest_key
    path.write_bytes(path.read_bytes().replace(b'"run_id": "r"', b'"run_id": "s"'))
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 1))
    assert read(store)[0][look.manifest_key].run_id == "s"


def test_what_a_killed_write_of_the_cache_left_is_found(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put(KEY, b"whole")
    (tmp_path / f"{KEY}#1").write_bytes(b"cut off")
    os.utime(tmp_path / f"{KEY}#1", (0, 0))
    found = leftovers(store, lambda: NOW)
    assert [(one.what, one.entry.key) for one in found] == [(CUT_OFF, f"{KEY}#1")]


# --- listings that are shared ----------------------------------------------------------------------------------------


def test_a_stream_is_listed_once_and_what_is_committed_is_added(store: Store, looks: list[Look]) -> None:
    listed = Listed(store)
    calls: Calls = store._backend._calls
    assert listed.looks("events").newest("account", looks[0].slice.day) == looks[0]
    before = calls["LIST objects"]
    later = write(
        store, 0, first_requested_at=NOW + timedelta(hours=1), batch_id=new_batch_id(NOW + timedelta(hours=1))
    )
    listed.add(later)
    assert listed.looks("events").newest("account", looks[0].slice.day) == later
    assert listed.looks("events").of("account", looks[0].slice.day) == [looks[0], later]
    new_day = write(store, DAYS)
    listed.add(new_day)
    assert new_day.slice.day in listed.looks("events").days("account")
    assert calls["LIST objects"] == before
    assert set(listed.looks("events")) == set(Listed(store).looks("events"))


def test_only_objects_that_nothing_told_of_are_asked_for(store: Store, looks: list[Look]) -> None:
    """What the listing showed or this command wrote is there; another is, if the store says so."""
    listed = Listed(store)
    calls: Calls = store._backend._calls
    first, written, unknown = (data_key(look.slice, look.batch_id) for look in looks[:3])
    listed.looks("events")
    assert listed.holds(first)
    assert calls["HEAD object"] == 0

    listed = Listed(store)
    listed.add(looks[0], DataObject(written, "", 0, ""))
    assert listed.holds(written)
    assert calls["HEAD object"] == 0
    assert listed.holds(unknown)
    assert not listed.holds(f"{unknown}x")
    assert calls["HEAD object"] == 2


def test_what_was_added_before_the_listing_is_not_there_twice(store: Store) -> None:
    listed = Listed(store)
    look = write(store, 0)
    listed.add(look)
    assert list(listed.looks("events")) == [look]


def test_what_an_ingest_knew_is_handed_on_unless_somebody_else_was_there(store: Store, looks: list[Look]) -> None:
    handover = Handover()
    with lease(store, "ingest", holder="a", clock=lambda: NOW) as held:
        listed = Listed(store)
        listed.looks("events")
        held.renew()
        handover.give(listed, held)
    assert handover.take(store) is listed
    with lease(store, "build", holder="b", clock=lambda: NOW):
        assert handover.take(store) is listed
    with lease(store, "ingest", holder="c", clock=lambda: NOW):
        other = write(store, DAYS)
    fresh = handover.take(store)
    assert fresh is not listed
    assert other in set(fresh.looks("events"))


def test_without_an_ingest_bronze_is_listed(store: Store, looks: list[Look]) -> None:
    assert set(Handover().take(store).looks("events")) == set(looks)
