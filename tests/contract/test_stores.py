"""What every store promises, whatever is behind it: a folder, memory, a bucket of S3."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from wistia_lake.lake.store import Store

KEYS = ["bronze/events/scope=account/day=2025-03-11/a.ndjson.zst", "bronze/events/scope=media=x/b.json", "locks/c.json"]


def test_an_object_is_what_was_written_last(store: Store) -> None:
    assert not store.exists("a")
    store.put("a", b"one")
    store.put("a", b"two")
    assert store.get("a") == b"two"
    assert store.exists("a")
    store.delete("a")
    store.delete("a")
    assert not store.exists("a")
    with pytest.raises(FileNotFoundError):
        store.get("a")


def test_a_listing_names_what_lies_below_and_nothing_else(store: Store) -> None:
    for key in KEYS:
        store.put(key, key.encode())
    assert sorted(store.list("bronze/")) == sorted(KEYS[:2])
    assert list(store.list("bronze/events/scope=account/")) == KEYS[:1]
    assert list(store.list("nothing/")) == []
    (entry,) = store.entries("locks/")
    assert (entry.key, entry.size) == (KEYS[2], len(KEYS[2]))


def test_a_listing_has_no_end_at_a_thousand(store: Store) -> None:
    keys = [f"many/{number:05}" for number in range(1203)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: store.put(key, b""), keys))
    assert sorted(store.list("many/")) == keys


def test_of_many_who_create_at_once_one_wins(store: Store) -> None:
    def create(number: int) -> bool:
        try:
            store.create("locks/build/1.json", str(number).encode())
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        won = [number for number, created in enumerate(pool.map(create, range(16))) if created]
    assert len(won) == 1
    assert store.get("locks/build/1.json") == str(won[0]).encode()
    with pytest.raises(FileExistsError):
        store.create("locks/build/1.json", b"late")


def test_a_big_object_comes_back_whole(store: Store) -> None:
    """Larger than a part of a multipart upload, which S3 asks for above 5 GB and which is quicker long before."""
    body = bytes(range(256)) * 50_000
    store.put("big", body)
    store.create("big too", body)
    assert store.get("big") == body == store.get("big too")


def test_objects_are_handed_over_as_files_of_the_same_names(store: Store) -> None:
    for key in KEYS[:2]:
        store.put(key, key.encode())
    with store.local_paths(KEYS[:2]) as paths:
        assert [path.name for path in paths] == ["a.ndjson.zst", "b.json"]
        assert [path.read_bytes() for path in paths] == [key.encode() for key in KEYS[:2]]
    assert store.get(KEYS[0]) == KEYS[0].encode(), "copies go, objects stay"


def test_other_programs_find_an_object_by_its_url(store: Store) -> None:
    url = store.url_of(KEYS[0])
    assert store.key_of(url) == KEYS[0]
    assert store.key_of(f"{url}/../../elsewhere".replace(store.url, "s3://another")) is None
