"""Maintenance makes a lake smaller and changes no cell, no coverage and no later run."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from support.simulation import FACTS, ONE_DAY, Simulation, simulation
from support.upkeep import cells, contents, unequal
from wistia_lake.bronze.batch import list_looks
from wistia_lake.bronze.lease import lease
from wistia_lake.bronze.pruning import RULES
from wistia_lake.bronze.watermark import watermark
from wistia_lake.errors import LakeUnreadable, LeaseHeld, UsageError
from wistia_lake.lake.catalog import KEPT_SNAPSHOTS, Catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables import BY_NAME, OPS_BUILT, OPS_RUN, TABLES
from wistia_lake.lake.upkeep import MANY_FILES, compact, scattered
from wistia_lake.model import Quiet
from wistia_lake.pipeline import maintain as module
from wistia_lake.pipeline.maintain import MaintainSummary, maintain
from wistia_lake.settings import Loaded, Settings
from wistia_lake.status import lake_status

pytestmark = [pytest.mark.slow, pytest.mark.long]
RUNS = 8


def kept_small(account: Simulation, **options: object) -> MaintainSummary:
    """``wistia-lake maintain`` four days after everything was written, by the clock of the disk."""
    clock = lambda: datetime.now(UTC) + timedelta(hours=96)  # noqa: E731
    return maintain(account.loaded(), clock=clock, reporter=Quiet(), **options)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """Eight days with a run each, and one table with as many commits as some weeks make."""
    with simulation(tmp_path_factory.mktemp("grown"), "tiny", now="2025-03-07 14:00") as account:
        for _ in range(RUNS):
            account.run()
            account.at(account.now + ONE_DAY)
        with account.catalog as catalog:
            for _ in range(KEPT_SNAPSHOTS):
                catalog.replace(OPS_BUILT, None, [catalog.read(OPS_BUILT)])
        yield account


@pytest.fixture
def account(grown: Simulation, tmp_path: Path) -> Iterator[Simulation]:
    """The grown lake at its own place, with everything as it was: tests of one module do not meet."""
    shutil.copytree(grown.folder, tmp_path / "kept")
    yield grown
    shutil.rmtree(grown.folder)
    shutil.copytree(tmp_path / "kept", grown.folder)


def test_a_dry_run_tells_what_would_be_done_and_changes_nothing(account: Simulation) -> None:
    before = contents(account.folder, locks=True)
    told = kept_small(account, dry_run=True, prune_days=30)
    assert contents(account.folder, locks=True) == before
    done = kept_small(account, prune_days=30)
    assert [(one.table, one.files_before) for one in told.compacted] == [("ops.run", RUNS)]
    assert told.compacted == done.compacted
    assert (told.removed_file_count, told.removed_byte_count) == (done.removed_file_count, done.removed_byte_count)
    assert told.removed_file_count > 10


def test_the_lake_shrinks_and_no_cell_changes(account: Simulation) -> None:
    """Nothing is built afterwards either; the next day's run is as it would have been."""
    before, size = cells(account.lake), len(contents(account.lake))
    kept_small(account)
    assert unequal(before, cells(account.lake)) == []
    assert len(contents(account.lake)) < size
    assert len(account.catalog.input(OPS_RUN).files) == 1
    assert account.build().partition_count == 0
    kept_small(account)
    again = kept_small(account)
    assert (again.compacted, again.expired_snapshot_count, again.removed_file_count) == ([], 0, 0)
    account.run()
    account.assert_truth()


def test_every_kept_snapshot_can_still_be_read(account: Simulation) -> None:
    kept_small(account)
    for spec in TABLES:
        table = account.catalog.load(spec)
        if spec.full_name == "ops.check_result":
            continue  # begins with the first check
        assert table is not None
        assert len(table.snapshots()) <= KEPT_SNAPSHOTS + 2
        for snapshot in table.snapshots():
            rows = table.scan(snapshot_id=snapshot.snapshot_id).to_arrow()
            assert snapshot.summary is not None
            assert rows.num_rows == int(snapshot.summary["total-records"] or 0)


def test_status_shows_the_last_runs_after_a_compaction(account: Simulation) -> None:
    before = lake_status(account.loaded(), lambda: account.now).runs
    kept_small(account)
    assert lake_status(account.loaded(), lambda: account.now).runs == before != ()


def test_only_old_files_of_known_tables_are_removed(account: Simulation) -> None:
    """Young files may belong to a commit under way; whatever is not a table's file is not ours."""
    kept_small(account)
    kept_small(account)
    data, metadata = account.lake / "tables/silver/fact_event/data", account.lake / "tables/silver/fact_event/metadata"
    old = [data / "received_day=2025-03-08/lost.parquet", metadata / "lost-m0.avro", metadata / "9-x.metadata.json"]
    foreign = [data / "notes.txt", account.lake / "tables/silver/other/data/x.parquet", account.lake / "bronze/x.avro"]
    young = data / "received_day=2025-03-08/young.parquet"
    for path in (*old, *foreign, young):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 10)
    stamp = time.time() + 96 * 3600 - 71 * 3600
    os.utime(young, (stamp, stamp))
    before = contents(account.lake)
    done = kept_small(account)
    gone = {path.relative_to(account.lake).as_posix() for path in old}
    assert contents(account.lake) == {key: value for key, value in before.items() if key not in gone}
    assert (done.removed_file_count, done.removed_byte_count, done.young_file_count) == (3, 30, 1)


def test_without_its_catalog_no_table_is_touched(account: Simulation) -> None:
    """A catalog that was lost may come back from a copy; until then its files are all there is."""
    (account.lake / "catalog.db").rename(account.folder / "catalog.db")
    before = contents(account.lake)
    assert kept_small(account).removed_file_count == 0
    assert contents(account.lake) == before


def test_a_moved_lake_is_refused(account: Simulation, tmp_path: Path) -> None:
    shutil.copytree(account.lake, tmp_path / "lake")
    before = contents(tmp_path / "lake")
    with pytest.raises(LakeUnreadable, match="moved or copied"):
        maintain(Loaded(Settings(lake=str(tmp_path / "lake")), tmp_path), clock=lambda: account.now, reporter=Quiet())
    assert contents(tmp_path / "lake") == before


def test_it_yields_to_a_build_and_with_pruning_to_an_ingest(account: Simulation) -> None:
    store, clock = open_store(str(account.lake)), lambda: datetime.now(UTC) + timedelta(hours=96)
    before = contents(account.lake)
    with lease(store, "build", holder="somebody", clock=clock), pytest.raises(LeaseHeld, match="build is at work"):
        kept_small(account)
    with lease(store, "ingest", holder="somebody", clock=clock):
        with pytest.raises(LeaseHeld, match="ingest is at work"):
            kept_small(account, prune_days=30)
        assert contents(account.lake) == before
        kept_small(account)


@pytest.mark.parametrize("options", [{"older_than_hours": 0}, {"prune_days": 29}])
def test_ages_that_would_take_what_is_in_use_are_refused(account: Simulation, options: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="or more"):
        kept_small(account, **options)


def run_row(run_id: str) -> pa.Table:
    row = {field.name: 0 if pa.types.is_integer(field.type) else None for field in arrow_schema(OPS_RUN)}
    return pa.Table.from_pylist([row | {"run_id": run_id}], arrow_schema(OPS_RUN))


def test_a_run_that_ends_during_a_compaction_keeps_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``ops.run`` grows without a lease: the compaction is refused and done again with the new row."""
    mine, other = Catalog(tmp_path), Catalog(tmp_path)
    for number in range(MANY_FILES):
        mine.append(OPS_RUN, run_row(f"r{number}"))
    calls = []

    def disturbed(catalog: Catalog, spec: object, found: object) -> None:
        if not calls:
            calls.append(found)
            table_rows = catalog.read(OPS_RUN)

            def rows_of(_: object) -> Iterator[pa.Table]:
                other.append(OPS_RUN, run_row("meanwhile"))
                yield table_rows

            catalog.rewrite(OPS_RUN, None, rows_of)
        compact(catalog, spec, found)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "compact", disturbed)
    module._compact(mine, OPS_RUN, scattered(mine, OPS_RUN))
    ids = sorted(Catalog(tmp_path).read(OPS_RUN)["run_id"].to_pylist())
    assert ids == ["meanwhile", "r0", "r1", "r2", "r3"]
    assert len(Catalog(tmp_path).input(OPS_RUN).files) == 1


# --- bronze ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """Four days with two runs each, then one run six weeks later: everything of the four days can be superseded."""
    with simulation(tmp_path_factory.mktemp("paused"), "tiny", now="2025-03-07 08:00") as account:
        account.settings["base_url"] = f"{account.sandbox.base_url}/modern"  # it has every stream
        for _ in range(4):
            account.run()
            account.at(account.now + timedelta(hours=12)).run()
            account.at(account.now + timedelta(hours=12))
        account.at(account.now + timedelta(days=42)).run()
        account.at(account.now + timedelta(hours=1))
        yield account


def pruned(account: Simulation) -> dict[str, int]:
    done = maintain(account.loaded(), clock=lambda: account.now, reporter=Quiet(), prune_days=30)
    return {one.stream: one.look_count for one in done.pruned}


def coverage(account: Simulation) -> dict[str, date]:
    looks = list_looks(open_store(str(account.lake)), "events")
    return {scope: watermark(looks, scope, date(2025, 3, 3)) for scope in looks.scopes}


def requests_of_a_run(account: Simulation, lake: Path) -> list[tuple[str, str]]:
    """What the next run on this lake asks for."""
    before = len(account.sandbox.requests())
    Simulation(account.sandbox, lake).run()
    return sorted((one["path"], str(one["query"])) for one in account.sandbox.requests()[before:])


def test_pruned_bronze_gives_the_same_tables_and_the_same_next_run(paused: Simulation, tmp_path: Path) -> None:
    """Of every stream that has a rule something goes; a full build, the watermark and the next run do not notice."""
    before, covered = {name: paused.rows(name) for name in FACTS}, coverage(paused)
    size = len(contents(paused.lake / "bronze"))
    assert pruned(paused).keys() == RULES.keys()
    assert len(contents(paused.lake / "bronze")) < 0.8 * size
    assert coverage(paused) == covered
    paused.build()
    paused.assert_truth()
    paused.build(full=True)
    for name in FACTS:
        key = [(column, "ascending") for column in BY_NAME[name].key]
        assert paused.rows(name).sort_by(key).equals(before[name].sort_by(key)), name
    assert pruned(paused) == {}
    paused.at(paused.now + ONE_DAY).run()
    paused.assert_truth()


def test_the_next_run_asks_for_the_same(tmp_path: Path) -> None:
    with simulation(tmp_path / "one", "tiny", now="2025-03-07 08:00") as account:
        (tmp_path / "one").mkdir(exist_ok=True)
        for days in (1, 1, 42, 1):
            account.run()
            account.at(account.now + days * ONE_DAY)
        shutil.copytree(tmp_path / "one", tmp_path / "two")
        Catalog(tmp_path / "two/lake").forget_if_moved()
        assert pruned(account)
        account.at(account.now + ONE_DAY)
        assert requests_of_a_run(account, tmp_path / "one") == requests_of_a_run(account, tmp_path / "two")
