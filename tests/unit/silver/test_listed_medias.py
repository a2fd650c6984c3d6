"""What all media lists tell, folded list by list and remembered, is what they tell when all are read."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from math import floor
from typing import Any

import msgspec
import pytest
import zstandard

from support.cases import write_look
from support.counted import counted
from wistia_lake.bronze.batch import read_rows
from wistia_lake.bronze.cache import forget
from wistia_lake.bronze.layout import stream_prefix
from wistia_lake.errors import DataError
from wistia_lake.lake.store import Store, open_store
from wistia_lake.silver.history import History
from wistia_lake.silver.listed_medias import KEY, Known, fold

FIRST = datetime(2025, 1, 1, 9, tzinfo=UTC)


@pytest.fixture
def store() -> Store:
    with counted():  # so that the store counts
        return open_store("memory://")


def write(store: Store, hours: int, rows: list[dict[str, Any]]) -> None:
    at = FIRST + timedelta(hours=hours)
    write_look(store, {"stream": "medias", "day": at.date().isoformat(), "at": at.isoformat(), "rows": rows})


def drawn_lists(seed: int, count: int) -> list[tuple[int, list[dict[str, Any]]]]:
    """Lists of several a day to one in days: medias come, go, are deleted, and change their lengths, also back."""
    draw = random.Random(seed)
    hours, lists = 0, []
    for _ in range(count):
        hours += draw.choice((1, 5, 24, 24, 24, 100))
        rows = [
            {"media_id": f"media{number:05}", "duration": draw.choice((None, 0.0, 10.0, 10.0, 10.0004, 11.0)),
             "is_deleted": draw.random() < 0.2}
            for number in range(4) if draw.random() < 0.8
        ]  # fmt: skip
        lists.append((hours, rows if draw.random() < 0.8 or not lists else lists[-1][1]))
    return lists


def told(store: Store) -> dict[str, Known]:
    """The same by its definition, from every list at once."""
    rows = [
        (row, first, last, place)
        for place, (manifest, first, last) in enumerate(History(store).media_runs)
        for row in read_rows(store, manifest, dict[str, Any])
    ]
    found = {}
    for media_id in {row["media_id"] for row, *_ in rows}:
        here = [one for one in rows if one[0]["media_id"] == media_id and not one[0]["is_deleted"]]
        by_day: dict[date, int] = {}
        for row, first, _, _ in sorted(here, key=lambda one: one[3]):
            length = floor((row["duration"] or 0) * 1000 + 0.5)
            if length > 0:
                by_day[first] = length
        days = sorted(by_day)
        changes = [day for place, day in enumerate(days) if place == 0 or by_day[days[place - 1]] != by_day[day]]
        found[media_id] = Known(
            min((first for _, first, _, _ in here), default=None),
            max((last for _, _, last, _ in here), default=None),
            [(day, by_day[day]) for day in changes],
        )
    return found


def folded(store: Store) -> tuple[dict[str, Known], int]:
    """What a build gets, and how many objects it reads for it beside manifests."""
    runs = History(store).media_runs
    calls = store._backend._calls
    before = calls["GET object"]
    return fold(store, runs), calls["GET object"] - before


@pytest.mark.parametrize("seed", range(20))
def test_remembered_or_not_every_list_counts(store: Store, seed: int) -> None:
    for hours, rows in drawn_lists(seed, 25):
        write(store, hours, rows)
        assert folded(store)[0] == told(store)
    forget(store)
    assert folded(store)[0] == told(store)


def test_a_build_reads_two_lists_however_many_there_are(store: Store) -> None:
    for day in range(40):
        write(store, 24 * day, [{"duration": 10.0 + day}])
        found, read = folded(store)
        assert read <= 1 + 2
    assert len(found["media00001"].lengths) == 40
    assert folded(store)[1] == 1 + 1


def _another_form(store: Store, data: bytes) -> bytes:
    return zstandard.compress(msgspec.msgpack.encode([99, *msgspec.msgpack.decode(zstandard.decompress(data))[1:]]))


def _more_runs_than_there_are(store: Store, data: bytes) -> bytes:
    form, _, chain, medias = msgspec.msgpack.decode(zstandard.decompress(data))
    return zstandard.compress(msgspec.msgpack.encode([form, 1000, chain, medias]))


@pytest.mark.parametrize(
    "harm",
    [
        lambda store, data: b"",
        lambda store, data: data[:-3],
        lambda store, data: data[:30] + bytes([data[30] ^ 1]) + data[31:],
        lambda store, data: zstandard.compress(b"\xc1"),
        _another_form,
        _more_runs_than_there_are,
    ],
    ids=["empty", "cut", "a bit", "no msgpack", "another form", "more runs"],
)  # fmt: skip
def test_harm_to_the_cache_changes_nothing(store: Store, harm: Callable[[Store, bytes], bytes]) -> None:
    for hours, rows in drawn_lists(3, 12):
        write(store, hours, rows)
    folded(store)
    store.put(KEY, harm(store, store.get(KEY)))
    assert folded(store)[0] == told(store)
    assert folded(store)[1] == 1 + 1


def test_an_older_cache_is_gone_on_from(store: Store) -> None:
    lists = drawn_lists(5, 20)
    for hours, rows in lists[:10]:
        write(store, hours, rows)
    folded(store)
    older = store.get(KEY)
    for hours, rows in lists[10:]:
        write(store, hours, rows)
        folded(store)
    store.put(KEY, older)
    assert folded(store)[0] == told(store)


def test_a_list_that_is_gone_is_taken_out_again(store: Store) -> None:
    for day in range(6):
        write(store, 24 * day, [{"duration": 10.0 + day}])
    folded(store)
    keys = sorted(key for key in store.list(stream_prefix("medias")) if key.endswith("json"))
    store.delete(keys[2])
    for day in (6, 7):  # as many lists as were folded, and one more
        write(store, 24 * day, [{"duration": 10.0 + day}])
    found, _ = folded(store)
    assert found == told(store)
    assert [length // 1000 for _, length in found["media00001"].lengths] == [10, 11, 13, 14, 15, 16, 17]


def test_a_damaged_list_that_must_be_read_is_an_error(store: Store) -> None:
    for day in range(3):
        write(store, 24 * day, [{"duration": 10.0 + day}])
    keys = sorted(key for key in store.list(stream_prefix("medias")) if key.endswith("zst"))
    store.put(keys[1], b"something else")
    with pytest.raises(DataError, match="SHA-256"):
        folded(store)
