"""A daily run asks the store for no more after 730 days than after 30: nothing lists or reads the history again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
import zstandard

from support.cases import write_look
from support.counted import Calls, counted
from support.past import ONE_DAY, Past
from support.simulation import Simulation, utc
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables import FACT_EVENT, MEDIA_DURATION
from wistia_lake.model import Quiet
from wistia_lake.pipeline.build import build
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.settings import Loaded, Settings
from wistia_lake.silver import listed_medias

NOW = utc("2025-03-12 14:00")
FEW, MANY = 30, 730
DAYS = 3
"""Of daily runs before the one that is counted: the first checks every partition, the second reads what the sweep does."""
ALLOWED = 1.10


def lake_of(folder: Path, sandbox: Sandbox, days: int) -> Simulation:
    """A lake with a history of its own, built."""
    folder.mkdir()
    account = Simulation(sandbox, folder)
    Past(open_store(str(account.lake)), sandbox, days, NOW).write()
    account.build()
    return account


@pytest.mark.long
def test_lists_of_files_stay_few_and_short_whatever_the_number_of_commits(tmp_path: Path) -> None:
    """A daily run replaces the newest days and a few older ones; readers open the last two months."""
    schema, first, opened = arrow_schema(FACT_EVENT), date(2023, 3, 1), []
    with Catalog(tmp_path) as catalog:
        for number in range(60):
            today = first + number * ONE_DAY
            back = (0, 1, 2, 3, 4, *((10, 17, 24) if number % 7 == 0 else ()))
            days = [{"received_day": today - days * ONE_DAY} for days in back]
            with counted() as commit:
                catalog.replace(FACT_EVENT, [one["received_day"] for one in days], [rows(days, schema)])
            with counted() as reader:
                catalog.input(FACT_EVENT, today - 57 * ONE_DAY, today)
            opened.append((commit.of("GET"), commit.of("PUT"), reader.of("GET")))
        files = catalog.input(FACT_EVENT).files
    assert len(files) == len(set(files)) > 60
    late = opened[40:]
    assert max(gets for gets, _, _ in late) <= 20, opened
    assert max(puts for _, puts, _ in late) <= 20, opened
    assert max(gets for _, _, gets in late) <= 12, opened


def rows(days: list[dict[str, date]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([dict.fromkeys(schema.names) | one for one in days], schema=schema)


def test_a_build_asks_for_no_object_that_a_listing_showed(tmp_path: Path) -> None:
    """A bucket bills every question, and a history of two years has thousands of objects."""
    store = open_store(str(tmp_path / "lake"))
    for day in range(1, 29):
        at = f"2025-03-01T00:{day:02}:00Z"
        row = {"event_id": f"e{day}", "received_at": f"2025-02-{day:02}T12:00:00.000Z"}
        write_look(store, {"stream": "events", "day": f"2025-02-{day:02}", "at": at, "rows": [row]})
    loaded = Loaded(Settings(lake=str(tmp_path / "lake")), tmp_path, None, None)
    with counted() as first:
        build(loaded, clock=lambda: NOW, reporter=Quiet(), full=True)
    assert first["GET bronze file"] >= 28, first.told()
    assert first["HEAD object"] == 0, first.told()


def test_a_full_build_believes_no_cache(tmp_path: Path) -> None:
    """An incremental one does, if it was made of the lists that bronze holds: that is what it is for."""
    lake = tmp_path / "lake"
    store = open_store(str(lake))
    for day, length in enumerate((10.0, 11.0, 12.0), start=1):
        at = f"2025-02-{day:02}T14:00:00Z"
        write_look(store, {"stream": "medias", "day": at[:10], "at": at, "rows": [{"duration": length}]})
    loaded = Loaded(Settings(lake=str(lake)), tmp_path, None, None)
    build(loaded, clock=lambda: NOW, reporter=Quiet())
    form, count, chain, medias = msgspec.msgpack.decode(zstandard.decompress(store.get(listed_medias.KEY)))
    assert medias == {"media00001": ["2025-02-01", "2025-02-02", [["2025-02-01", 10000], ["2025-02-02", 11000]]]}
    medias["media00001"][2][0][1] = 99
    store.put(listed_medias.KEY, zstandard.compress(msgspec.msgpack.encode([form, count, chain, medias])))
    at = "2025-02-04T14:00:00Z"
    write_look(store, {"stream": "medias", "day": at[:10], "at": at, "rows": [{"duration": 13.0}]})
    build(loaded, clock=lambda: NOW, reporter=Quiet())
    assert lengths(lake) == [99, 11000, 12000, 13000]
    build(loaded, clock=lambda: NOW, reporter=Quiet(), full=True)
    assert lengths(lake) == [10000, 11000, 12000, 13000]


def lengths(lake: Path) -> list[int]:
    with Catalog(lake) as catalog:
        return catalog.read(MEDIA_DURATION).sort_by("valid_from_day")["duration_ms"].to_pylist()


@pytest.mark.long
def test_a_daily_run_makes_as_many_calls_after_730_days_as_after_30(tmp_path: Path) -> None:
    with Sandbox("tiny", now=NOW) as sandbox:
        lakes = {days: lake_of(tmp_path / str(days), sandbox, days) for days in (FEW, MANY)}
        found: dict[int, Calls] = {}
        for number in range(DAYS + 1):
            sandbox.advance(NOW + number * ONE_DAY)
            for days, account in lakes.items():
                with counted() as calls:
                    account.run()
                found[days] = calls
    for days, calls in found.items():
        print(f"after {days} days: {calls.told()}")
    few, many = found[FEW], found[MANY]
    assert few.of("GET") > 100, "most calls are not counted"
    assert few.of("PUT") > 100, "most calls are not counted"
    assert many.total() <= ALLOWED * few.total(), f"{few.told()}\n{many.told()}"
    for verb in ("GET", "PUT"):
        assert many.of(verb) <= ALLOWED * few.of(verb), f"{few.told()}\n{many.told()}"
    # A bucket lists a thousand keys at a time, and every stream is listed once.
    keys = sum(1 for _ in open_store(str(lakes[MANY].lake)).list("bronze/"))
    assert many.of("LIST") <= few.of("LIST") + keys / 1000 + 2, f"{few.told()}\n{many.told()}"
