"""What is superseded: never a look that a table takes anything from, never an object that is still named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.cases import write_look
from wistia_lake.bronze.batch import commit_look, encode_lines, read_batch
from wistia_lake.bronze.layout import new_batch_id
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.bronze.pruning import RULES, superseded
from wistia_lake.errors import DataError
from wistia_lake.lake.store import Store, open_store
from wistia_lake.silver.columns import BRONZE_COLUMNS

BEGIN = datetime(2025, 1, 1, 12, tzinfo=UTC)
LATER = BEGIN + timedelta(days=300)


class Bronze:
    """A store in memory; every look begins an hour after the one before."""

    def __init__(self) -> None:
        self.store: Store = open_store("memory://")
        self.hours = 0

    def look(self, stream: str, day: str, rows: list[dict[str, Any]], **more: Any) -> Manifest:
        self.hours += 1
        at = (BEGIN + timedelta(hours=self.hours)).isoformat()
        return write_look(self.store, {"stream": stream, "day": day, "at": at, "rows": rows, **more})

    def gone(self, stream: str, before: datetime = LATER) -> list[str]:
        """Ids of the superseded batches."""
        return [
            look.batch_id for found in superseded(self.store, before) if found.stream == stream for look in found.looks
        ]

    def objects(self, stream: str) -> list[str]:
        return [key for found in superseded(self.store, LATER) if found.stream == stream for key in found.objects]


def sessions(*names: str) -> list[dict[str, Any]]:
    return [{"event_id": name, "received_at": "2025-01-01T10:00:00.000Z"} for name in names]


def days_of(media_id: str, *days: int) -> list[dict[str, Any]]:
    return [{"media_id": media_id, "date": f"2025-01-{day:02}"} for day in days]


COVERS = {"covers": ["2025-01-01", "2025-01-31"]}


def test_of_a_slice_only_the_look_that_counts_stays():
    bronze = Bronze()
    early = bronze.look("events", "2025-01-01", sessions("a"), final=False)
    final = bronze.look("events", "2025-01-01", sessions("a", "b"))
    late_but_open = bronze.look("events", "2025-01-01", sessions("a"), final=False)
    other_scope = bronze.look("events", "2025-01-01", sessions("a"), scope="media=media00001")
    bronze.look("events", "2025-01-02", sessions("c"))
    assert bronze.gone("events") == [early.batch_id, late_but_open.batch_id]
    assert {final.batch_id, other_scope.batch_id}.isdisjoint(bronze.gone("events"))


def test_young_looks_stay():
    bronze = Bronze()
    first = bronze.look("events", "2025-01-01", sessions("a"))
    bronze.look("events", "2025-01-01", sessions("a", "b"))
    bronze.look("events", "2025-01-01", sessions("a", "b", "c"))
    assert bronze.gone("events", before=BEGIN + timedelta(hours=2)) == [first.batch_id]
    assert bronze.gone("events", before=BEGIN) == []


def test_an_object_that_a_newer_look_names_stays():
    """Unchanged content is named again: its manifest goes, its rows do not."""
    bronze = Bronze()
    first = bronze.look("events", "2025-01-01", sessions("a"))
    again = msgspec.structs.replace(first, batch_id=new_batch_id(BEGIN + timedelta(hours=9)), data=None)
    rows = encode_lines(read_batch(bronze.store, first).splitlines())
    second = commit_look(bronze.store, again, rows, newest=first).manifest
    assert second.data == first.data
    assert bronze.gone("events") == [first.batch_id]
    assert bronze.objects("events") == []


def test_curves_of_a_scope_are_told_whole_by_its_latest_look():
    bronze = Bronze()
    first = bronze.look("media_engagement", "2025-01-01", [{"media_id": "media00001"}])
    own = bronze.look("media_engagement", "2025-01-02", [{"media_id": "media00001"}], scope="media=media00001")
    bronze.look("media_engagement", "2025-01-03", [{"media_id": "media00001"}])
    assert bronze.gone("media_engagement") == [first.batch_id]
    assert own.batch_id not in bronze.gone("media_engagement")


def test_counters_stay_of_every_day_and_of_a_media_that_only_an_earlier_look_had():
    bronze = Bronze()
    both = [{"media_id": "media00001"}, {"media_id": "media00002"}]
    bronze.look("media_stats", "2025-01-01", both)
    kept = bronze.look("media_stats", "2025-01-02", both)
    told = bronze.look("media_stats", "2025-01-02", [{"media_id": "media00001", "play_count": 1}])
    bronze.look("media_stats", "2025-01-02", [{"media_id": "media00001", "play_count": 2}])
    bronze.look("media_stats", "2025-01-03", both)
    assert bronze.gone("media_stats") == [told.batch_id]
    assert kept.batch_id not in bronze.gone("media_stats")


def test_the_counters_that_the_latest_curves_are_compared_with_stay():
    bronze = Bronze()
    media = [{"media_id": "media00001"}]
    based_on = bronze.look("media_stats", "2025-01-01", media)
    bronze.look("media_stats", "2025-01-01", [{"media_id": "media00001", "play_count": 2}])
    assert bronze.gone("media_stats") == [based_on.batch_id]
    curves = bronze.look("media_engagement", "2025-01-01", media)
    key = next(key for key in bronze.store.list("bronze/media_engagement/") if key.endswith(".json"))
    bronze.store.put(key, msgspec.structs.replace(curves, based_on=based_on.batch_id).encode())
    assert bronze.gone("media_stats") == []


def test_a_damaged_object_stops_the_decision():
    bronze = Bronze()
    bronze.look("media_by_date", "2025-01-01", days_of("media00001", 1), **COVERS)
    broken = bronze.look("media_by_date", "2025-01-02", days_of("media00001", 1, 2), **COVERS)
    assert broken.data is not None
    bronze.store.put(broken.data.key, b"not zstd")
    with pytest.raises(DataError, match="Restore it"):
        superseded(bronze.store, LATER)


WINDOWS = st.lists(
    st.dictionaries(st.sampled_from(["media00001", "media00002"]), st.sets(st.integers(1, 6), max_size=4)), max_size=8
)


@pytest.mark.parametrize("stream", ["media_by_date", "media_timeseries"])
@given(windows=WINDOWS)
def test_daily_counts_go_when_newer_looks_tell_every_day_of_them(stream: str, windows: list[dict[str, set[int]]]):
    """Against the plain reading of the rule: a look stays if and only if it is the newest to tell some media's day."""
    bronze = Bronze()
    looks = [
        (bronze.look(stream, f"2025-02-{place + 1:02}", [row for media_id, days in window.items() for row in days_of(media_id, *sorted(days))], **COVERS), window)
        for place, window in enumerate(windows)
    ]  # fmt: skip
    newest: dict[tuple[str, int], str] = {}
    for manifest, window in looks:
        newest |= {(media_id, day): manifest.batch_id for media_id, days in window.items() for day in days}
    kept = {*newest.values(), *(manifest.batch_id for manifest, _ in looks[-1:])}
    assert set(bronze.gone(stream)) == {manifest.batch_id for manifest, _ in looks} - kept


def test_rules_are_of_streams_that_tables_read():
    """Whatever has no rule is kept for ever; the lists are folded whole."""
    assert RULES.keys() <= BRONZE_COLUMNS.keys()
    assert "medias" not in RULES


def test_what_belongs_to_a_look_goes_with_it():
    bronze = Bronze()
    first = bronze.look("events", "2025-01-01", sessions("a"))
    bronze.look("events", "2025-01-01", sessions("b"))
    found = next(found for found in superseded(bronze.store, LATER) if found.stream == "events")
    assert first.data is not None
    assert found.keys[0].endswith(f"{first.batch_id}.final.json")
    assert found.keys[1:] == [first.data.key]
    assert date.fromisoformat("2025-01-01") == found.looks[0].slice.day
    assert found.byte_count == sum(len(bronze.store.get(key)) for key in found.keys)
