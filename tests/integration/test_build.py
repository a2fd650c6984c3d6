"""A build touches what changed and nothing else; damage stops it before a table changes."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from pyiceberg.table import Table as IcebergTable

from support.cases import write_look
from wistia_lake.bronze.lease import lease
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.checks.basic import check_tables
from wistia_lake.engines.base import Written
from wistia_lake.engines.duckdb import DuckDBEngine
from wistia_lake.errors import DataError, LakeUnreadable, LeaseHeld, SettingsError
from wistia_lake.lake.catalog import Catalog, Refused
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import open_store
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import BY_NAME, FACT_EVENT, KPI_MEDIA_28D
from wistia_lake.model import Quiet
from wistia_lake.pipeline.build import build
from wistia_lake.pipeline.run_checks import check
from wistia_lake.pipeline.summary import BuildSummary
from wistia_lake.settings import ChannelRule, Loaded, Settings

NOW = datetime.fromisoformat("2025-02-20T14:00:00Z")


class Lake:
    """A lake whose looks are written by hand."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(lake=str(folder / "lake"), zone="America/New_York")
        self.store = open_store(self.settings.lake)
        self.root = folder / "lake"
        self.looks = 0
        self.now, self.passing = NOW, timedelta()
        """The present, and how much later it is each time that somebody looks at the clock."""

    def _clock(self) -> datetime:
        self.now += self.passing
        return self.now

    def events(self, day: str, *names: str, **row: Any) -> Manifest:
        """A final look at one UTC day with sessions at noon."""
        rows = [{"event_id": name, "received_at": f"{day}T12:00:00.000Z", **row} for name in names]
        return self._look("events", day, rows)

    def _look(self, stream: str, day: str, rows: list[dict[str, Any]], **more: Any) -> Manifest:
        self.looks += 1
        at = (NOW + timedelta(seconds=self.looks)).isoformat()
        return write_look(self.store, {"stream": stream, "day": day, "at": at, "rows": rows, **more})

    def medias(self, day: str, **row: Any) -> Manifest:
        """A list of one media."""
        return self._look("medias", day, [row])

    def build(self, *, full: bool = False, **changed: Any) -> BuildSummary:
        """One build."""
        settings = msgspec.structs.replace(self.settings, **changed)
        loaded = Loaded(settings, self.root.parent)
        return build(loaded, clock=self._clock, reporter=Quiet(), full=full)

    def rows(self, table: str) -> pa.Table:
        """A table as it stands."""
        return Catalog(self.root).read(BY_NAME[table])


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Ten days with a session each, built."""
    lake = Lake(tmp_path)
    lake.medias("2025-02-01", duration=100.0)
    for number in range(1, 11):
        lake.events(f"2025-02-{number:02}", f"e{number}")
    lake.build()
    return lake


def test_nothing_new_builds_nothing(lake: Lake) -> None:
    """A second build finds every digest unchanged."""
    assert lake.build().partition_count == 0


def test_a_look_with_the_same_content_builds_nothing(lake: Lake) -> None:
    """A later look that saw the same rows changes no digest."""
    lake.events("2025-02-05", "e5")
    assert lake.build().tables == {}


def test_a_changed_slice_touches_its_neighbours_and_its_month(lake: Lake) -> None:
    """A new session rebuilds its day, those whose keys and twins may hang on it, and one month; no 28-day KPI: no
    final day."""
    lake.events("2025-02-05", "e5", "new")
    assert lake.build().tables == {"silver.fact_event": 4, "silver.fact_media_day": 1, "gold.kpi_media_day": 1}
    assert lake.rows("silver.fact_event").num_rows == 11


def test_a_build_asks_its_catalog_before_it_writes_a_table_and_not_each_time_it_reads_it(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the cloud each question is a request; what a build committed itself it knows."""
    asked: Counter[str] = Counter()
    load = Catalog.load

    def counted(self: Catalog, spec: Table) -> IcebergTable | None:
        asked[spec.full_name] += 1
        return load(self, spec)

    monkeypatch.setattr(Catalog, "load", counted)
    lake.medias("2025-02-20", duration=80.0)
    lake.events("2025-02-18", "e9")
    assert lake.build().tables.keys() >= {"silver.dim_media", "silver.fact_event", "gold.kpi_media_day"}
    # Once to read what was built, once before it is replaced.
    assert asked.pop("ops.built") == 2
    assert set(asked.values()) == {1}


def test_another_zone_rebuilds_days(lake: Lake) -> None:
    """A changed zone changes every account day, and no media."""
    built = lake.build(zone="Asia/Tokyo").tables
    assert built["silver.fact_event"] == 10
    assert "silver.dim_media" not in built


def test_changed_rules_rebuild_only_medias_and_kpis(lake: Lake) -> None:
    """Channel rules decide what silver.dim_media shows; events do not hang on them."""
    built = lake.build(channels=(ChannelRule(channel="Films", title="a*"),)).tables
    assert set(built) == {"silver.dim_media", "gold.kpi_media_28d", "gold.kpi_media_day"}
    assert lake.rows("silver.dim_media")["channel"].to_pylist() == ["Films"]


def test_a_changed_length_touches_only_the_days_from_then_on(lake: Lake) -> None:
    """A new length is valid from its day; earlier days keep theirs."""
    lake.medias("2025-02-08", duration=120.0)
    assert lake.build().tables["silver.fact_event"] == 3
    lengths = lake.rows("silver.fact_event").sort_by("received_day")["duration_ms"].to_pylist()
    assert lengths == [100_000] * 7 + [120_000] * 3


def test_a_kill_between_commit_and_record_leaves_work_not_staleness(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the record of what was built is lost, the partitions are built again and hold the same rows."""
    before = lake.rows("silver.fact_event")
    catalog = Catalog(lake.root)
    catalog.replace(BY_NAME["ops.built"], None, [])
    assert lake.build().tables["silver.fact_event"] == 10
    assert lake.rows("silver.fact_event").sort_by("event_id").equals(before.sort_by("event_id"))


def test_a_long_build_is_recorded_on_its_way(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick one once, at its end: a commit for each table would cost more than the tables."""
    commits, replace = [], Catalog.replace

    def noting(catalog: Catalog, spec: Table, *more: Any) -> int | None:
        commits.append(spec.full_name)
        return replace(catalog, spec, *more)

    monkeypatch.setattr(Catalog, "replace", noting)
    lake.build(full=True)
    assert commits.count("ops.built") == 1
    assert commits[-1] == "ops.built"
    quick, commits[:] = list(commits), []
    lake.passing = timedelta(seconds=25)
    lake.build(full=True)
    assert 2 <= commits.count("ops.built") < len(set(quick)), commits
    assert [name for name in commits if name != "ops.built"] == [name for name in quick if name != "ops.built"]
    assert commits[-1] == "ops.built"
    assert lake.build().partition_count == 0


def test_damaged_data_stops_the_build_before_a_table_changes(lake: Lake) -> None:
    """Fewer rows than the manifest promises: named, and readers keep the last state."""
    manifest = lake.events("2025-02-05", "e5", "new")
    assert manifest.data is not None
    other = lake.events("2025-02-06", "e6", "x", "y")
    assert other.data is not None
    shutil.copy(lake.root / other.data.key, lake.root / manifest.data.key)
    with pytest.raises(DataError, match="3 rows were read, its manifest promises 2"):
        lake.build()
    (lake.root / manifest.data.key).write_bytes(b"not zstd")
    with pytest.raises(DataError, match="damaged"):
        lake.build()
    (lake.root / manifest.data.key).unlink()
    with pytest.raises(DataError, match=r"missing.*No table was changed"):
        lake.build()
    assert lake.rows("silver.fact_event").num_rows == 10


def test_what_was_built_before_the_damage_was_met_is_recorded(lake: Lake) -> None:
    """So that no check takes the newer rows for wrong ones, and the next build goes on from there."""
    lake.events("2025-02-05", "e5", "new")
    stats = lake._look("media_stats", "2025-02-06", [{"media_id": "media00001", "play_count": 1}])
    assert stats.data is not None
    path = lake.root / stats.data.key
    whole = path.read_bytes()
    path.write_bytes(b"not zstd")
    with pytest.raises(DataError, match="damaged"):
        lake.build()
    built = {(row["table_name"], row["partition"]): row["row_count"] for row in lake.rows("ops.built").to_pylist()}
    assert built["silver.fact_event", "2025-02-05"] == 2
    path.write_bytes(whole)
    assert lake.build().tables.keys().isdisjoint({"silver.fact_event", "silver.media_duration"})


def test_a_moved_lake_is_rebuilt_from_bronze(lake: Lake, tmp_path: Path) -> None:
    """A copied folder says so; build --full makes the tables anew there and leaves the old ones alone."""
    shutil.copytree(lake.root, tmp_path / "elsewhere")
    moved = Lake(tmp_path / "elsewhere" / "..")
    moved.settings = msgspec.structs.replace(moved.settings, lake=str(tmp_path / "elsewhere"))
    moved.root = tmp_path / "elsewhere"
    with pytest.raises(LakeUnreadable, match="build --full"):
        moved.build()
    moved.build(full=True)
    assert moved.rows("silver.fact_event").num_rows == 10
    assert moved.build().partition_count == 0


def test_one_build_at_a_time(lake: Lake) -> None:
    """The second build ends with a sentence and changes nothing."""
    with lease(lake.store, "build", holder="another", clock=lambda: NOW), pytest.raises(LeaseHeld, match="another"):
        lake.build()


@pytest.mark.parametrize(
    ("column", "value", "check"),
    [
        ("event_id", "e1", "key (event_id, visitor_id) is unique"),
        ("media_id", None, "media_id is not null"),
        ("percent_viewed", 1.7, "percent_viewed is in 0..1"),
        ("percent_viewed", float("nan"), "percent_viewed is in 0..1"),
        ("watched_ms", -1, "watched_ms is in"),
    ],
)
def test_checks_find_a_planted_row(lake: Lake, column: str, value: object, check: str) -> None:
    """One bad cell in one partition is found, in a lake where every check passed before."""
    catalog, engine = Catalog(lake.root), DuckDBEngine()
    try:
        assert [result for result in check_tables(catalog, engine) if not result.passed] == []
        rows = catalog.read(FACT_EVENT).to_pylist()
        victim = next(row for row in rows if row["event_id"] == "e5")
        victim[column] = value
        if column == "event_id":
            victim["visitor_id"] = "viewer of e1"
        catalog.replace(
            FACT_EVENT, [victim["received_day"]], [pa.Table.from_pylist([victim], arrow_schema(FACT_EVENT))]
        )
        bad = [result for result in check_tables(catalog, engine) if not result.passed]
        assert [(result.table, result.bad_rows) for result in bad] == [("silver.fact_event", 1)]
        assert bad[0].check.startswith(check)
    finally:
        engine.close()


def test_checks_find_a_media_without_a_row(lake: Lake) -> None:
    """A KPI row whose media is unknown breaks a reference."""
    catalog, engine = Catalog(lake.root), DuckDBEngine()
    try:
        row = dict.fromkeys(KPI_MEDIA_28D.column_names)
        row |= {"media_id": "nowhere000", "period_first_day": NOW.date(), "period_last_day": NOW.date()}
        row |= {"final_day_count": 0, "viewer_count": 0, "previous_viewer_count": 0}
        catalog.replace(KPI_MEDIA_28D, None, [pa.Table.from_pylist([row], arrow_schema(KPI_MEDIA_28D))])
        bad = [result for result in check_tables(catalog, engine) if not result.passed]
        assert [result.check for result in bad] == ["media_id is found in silver.dim_media"]
    finally:
        engine.close()


def test_a_folder_without_a_lake_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    """Build and check make nothing where nothing was ever ingested."""
    loaded = Loaded(Settings(lake=str(tmp_path / "nowhere")), tmp_path)
    with pytest.raises(LakeUnreadable, match="wistia-lake run"):
        build(loaded, clock=lambda: NOW, reporter=Quiet())
    with pytest.raises(LakeUnreadable, match="wistia-lake run"):
        check(loaded)
    assert list(tmp_path.iterdir()) == []


class _Overtaken(DuckDBEngine):
    """Somebody commits a newer look and its tables while the first build of sessions is about to commit."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile = [meanwhile]

    def replace(self, catalog: Catalog, table: Table, *more: Any) -> Written:
        """As it should be, but for the first time that sessions are written."""
        if table == FACT_EVENT and self._meanwhile:
            self._meanwhile.pop()()
            raise Refused("Another writer was first.")
        return super().replace(catalog, table, *more)


def test_a_refused_build_reads_bronze_anew(lake: Lake) -> None:
    """What was committed meanwhile may be newer than what the build knew: it must not come again with the old."""
    lake.events("2025-02-05", "e5", "known")
    engine = _Overtaken(lambda: lake.events("2025-02-05", "e5", "known", "newer"))
    try:
        built = build(Loaded(lake.settings, lake.root.parent), clock=lambda: NOW, reporter=Quiet(), engine=engine)
    finally:
        engine.close()
    assert built.tables["silver.fact_event"] == 4
    assert lake.rows("silver.fact_event").num_rows == 12
    assert lake.build().partition_count == 0


def test_a_full_build_that_is_refused_computes_nothing_twice(lake: Lake) -> None:
    """What it had computed before it was refused is kept, the rest is computed."""
    engine = _Overtaken(lambda: None)
    try:
        loaded = Loaded(lake.settings, lake.root.parent)
        built = build(loaded, clock=lambda: NOW, reporter=Quiet(), engine=engine, full=True)
    finally:
        engine.close()
    assert built.tables["silver.media_duration"] == 1
    assert built.tables["silver.fact_event"] == 10


def test_a_build_that_is_refused_again_and_again_gives_up(lake: Lake) -> None:
    """Three times, then somebody must look."""

    class _Refusing(DuckDBEngine):
        tries = 0

        def replace(self, *_: Any) -> Written:
            self.tries += 1
            raise Refused("Another writer was first.")

    engine = _Refusing()
    lake.events("2025-02-05", "e5", "new")
    with pytest.raises(Refused):
        build(Loaded(lake.settings, lake.root.parent), clock=lambda: NOW, reporter=Quiet(), engine=engine)
    engine.close()
    assert engine.tries == 3


def test_spark_is_refused_for_a_lake_on_one_machine(lake: Lake) -> None:
    """Its catalog is a file that a cluster cannot share; nothing is touched."""
    with pytest.raises(SettingsError, match=r"SQLite.*duckdb"):
        lake.build(engine="spark")
