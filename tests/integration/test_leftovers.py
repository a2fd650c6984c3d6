"""``doctor --clean`` removes what killed processes left more than a day ago, and nothing else."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from support.cases import write_look
from support.upkeep import contents, date_files
from wistia_lake.bronze.batch import commit_look, encode_lines, read_batch
from wistia_lake.bronze.layout import Look, data_key, new_batch_id, quarantine_key
from wistia_lake.bronze.lease import Lease, Record, lease
from wistia_lake.bronze.leftovers import CUT_OFF, DEAD_LEASE, UNNAMED, clean, leftovers
from wistia_lake.errors import DataError, LeaseHeld
from wistia_lake.lake.store import Store, open_store
from wistia_lake.model import Slice

NOW = datetime(2025, 3, 12, 14, tzinfo=UTC)
SLICE = Slice("events", "account", date(2025, 3, 10))


def clock() -> datetime:
    return NOW


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Looks of two streams, one of which names the rows of another; all files two days old."""
    store = open_store(str(tmp_path / "lake"))
    rows = [{"event_id": "e1", "received_at": "2025-03-10T12:00:00.000Z"}]
    first = write_look(store, {"stream": "events", "day": "2025-03-10", "at": "2025-03-11T06:00:00Z", "rows": rows})
    write_look(store, {"stream": "medias", "day": "2025-03-10", "at": "2025-03-11T06:00:00Z", "rows": [{}]})
    again = msgspec.structs.replace(first, batch_id=new_batch_id(NOW), data=None)
    second = commit_look(store, again, encode_lines(read_batch(store, first).splitlines()), newest=first).manifest
    assert second.data == first.data
    # What pruning leaves: the older look is gone, its rows are named by the newer one.
    store.delete(Look(True, first.batch_id, first.slice).manifest_key)
    with lease(store, "ingest", holder="somebody", clock=clock):
        pass
    (tmp_path / "lake/tables/silver/fact_event/data").mkdir(parents=True)
    (tmp_path / "lake/tables/silver/fact_event/data/x.parquet").write_bytes(b"x")
    (tmp_path / "lake/bronze/notes about this lake.txt").write_bytes(b"x")
    date_files(tmp_path / "lake", NOW - timedelta(days=2))
    return tmp_path / "lake"


def plant(lake: Path, age: timedelta) -> dict[str, str]:
    """One leftover of each kind with this age; key to what it is."""
    batch_id = new_batch_id(NOW - age)
    kinds = {
        data_key(SLICE, batch_id): UNNAMED,
        quarantine_key(SLICE, batch_id): UNNAMED,
        f"{data_key(SLICE, batch_id)}#1": CUT_OFF,
        f"{Look(True, batch_id, SLICE).manifest_key}#12": CUT_OFF,
        "locks/build/00000007.json": DEAD_LEASE,
    }
    died = Record(holder="gone", since=NOW - age, expires_at=NOW - age + timedelta(minutes=10))
    for key, what in kinds.items():
        (lake / key).parent.mkdir(parents=True, exist_ok=True)
        (lake / key).write_bytes(msgspec.json.encode(died) if what == DEAD_LEASE else b"left")
        os.utime(lake / key, ((NOW - age).timestamp(),) * 2)
    return kinds


def found(store: Store) -> dict[str, str]:
    return {one.entry.key: one.what for one in leftovers(store, clock)}


def test_each_kind_is_found_and_removed_and_everything_else_stays_byte_for_byte(lake: Path) -> None:
    before, locks = contents(lake), contents(lake / "locks/ingest")
    store = open_store(str(lake))
    assert found(store) == {}
    assert clean(store, clock, "doctor") == []
    assert contents(lake / "locks") == {f"ingest/{name}": value for name, value in locks.items()}
    planted = plant(lake, timedelta(hours=25))
    assert found(store) == planted
    assert {one.entry.key: one.what for one in clean(store, clock, "doctor")} == planted
    assert contents(lake) == before
    assert found(store) == {}


def test_fresh_ones_stay(lake: Path) -> None:
    plant(lake, timedelta(hours=23))
    before, store = contents(lake, locks=True), open_store(str(lake))
    assert found(store) == {}
    assert clean(store, clock, "doctor") == []
    assert contents(lake, locks=True) == before


@pytest.mark.parametrize("name", ["ingest", "build"])
def test_nothing_is_removed_while_somebody_is_at_work(lake: Path, name: str) -> None:
    plant(lake, timedelta(hours=25))
    (lake / "locks/build/00000007.json").unlink()
    before, store = contents(lake), open_store(str(lake))
    with lease(store, name, holder="somebody", clock=clock), pytest.raises(LeaseHeld, match="somebody"):
        clean(store, clock, "doctor")
    assert contents(lake) == before
    assert found(store)


def test_after_a_dead_lease_the_next_generation_goes_on(lake: Path) -> None:
    """Generations never start again, or a process that wakes up late could take itself for the holder."""
    plant(lake, timedelta(hours=25))
    store = open_store(str(lake))
    clean(store, clock, "doctor")
    held = Lease(store, "build", holder="next", clock=clock, ttl=timedelta(minutes=10))
    held.take()
    assert held.generation > 8


def test_a_damaged_manifest_leaves_everything_as_it_is(lake: Path) -> None:
    """Nobody knows what it names."""
    plant(lake, timedelta(hours=25))
    manifest = next((lake / "bronze/events").rglob("*.final.json"))
    manifest.write_bytes(b"{")
    before = contents(lake)
    with pytest.raises(DataError, match="damaged"):
        clean(open_store(str(lake)), clock, "doctor")
    assert contents(lake) == before
