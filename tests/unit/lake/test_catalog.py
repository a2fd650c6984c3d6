"""Tables change in one commit, whole partitions at a time; races are refused; metadata does not grow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from wistia_lake.errors import LakeUnreadable
from wistia_lake.lake.catalog import KEPT_SNAPSHOTS, Catalog, Refused
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.tables import FACT_EVENT, MEDIA_DURATION, TABLES

DAYS = [date(2025, 3, number) for number in range(1, 6)]


def events(day: date, *names: str) -> pa.Table:
    """Rows of one day, all other columns null."""
    schema = arrow_schema(FACT_EVENT)
    columns = {field.name: pa.nulls(len(names), field.type) for field in schema}
    columns["event_id"] = pa.array(names, pa.string())
    columns["received_day"] = pa.array([day] * len(names), pa.date32())
    return pa.table(columns, schema=schema)


def names(catalog: Catalog) -> list[str]:
    """The event ids of the table."""
    return sorted(catalog.read(FACT_EVENT)["event_id"].to_pylist())


def test_only_named_partitions_are_replaced_and_emptied(tmp_path: Path) -> None:
    """A partition that is named and gets no rows is emptied; one that is not named keeps its rows."""
    catalog = Catalog(tmp_path)
    catalog.replace(FACT_EVENT, DAYS[:3], [events(DAYS[0], "a"), events(DAYS[1], "b"), events(DAYS[2], "c")])
    catalog.replace(FACT_EVENT, DAYS[1:3], [events(DAYS[2], "d", "e")])
    assert names(catalog) == ["a", "d", "e"]
    assert len(catalog.input(FACT_EVENT, DAYS[1], DAYS[2]).files) == 1


def test_files_of_some_partitions_are_those_and_no_others(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    catalog.replace(FACT_EVENT, DAYS, [events(day, "a") for day in DAYS])
    found = catalog.input_of(FACT_EVENT, [DAYS[3], DAYS[0]]).files
    assert sorted(path.split("/")[-2] for path in found) == [f"received_day={day}" for day in (DAYS[0], DAYS[3])]
    assert catalog.input_of(FACT_EVENT, []).files == ()
    assert len(catalog.input(FACT_EVENT, DAYS[1], DAYS[3]).files) == 3


def test_a_failure_between_groups_changes_nothing(tmp_path: Path) -> None:
    """Readers see the last committed state when rows fail to come in the middle of a commit."""
    catalog = Catalog(tmp_path)
    catalog.replace(FACT_EVENT, DAYS[:1], [events(DAYS[0], "a")])

    def broken() -> Iterator[pa.Table]:
        yield events(DAYS[0], "b")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        catalog.replace(FACT_EVENT, DAYS[:1], broken())
    assert names(Catalog(tmp_path)) == ["a"]


def test_a_race_on_the_same_partition_is_refused(tmp_path: Path) -> None:
    """Two writers of one day: the second is told to plan again, and nothing is lost or doubled."""
    first, second = Catalog(tmp_path), Catalog(tmp_path)
    first.replace(FACT_EVENT, DAYS[:1], [events(DAYS[0], "a")])

    def rows() -> Iterator[pa.Table]:
        first.replace(FACT_EVENT, DAYS[:1], [events(DAYS[0], "winner")])
        yield events(DAYS[0], "loser")

    with pytest.raises(Refused, match=r"silver\.fact_event"):
        second.replace(FACT_EVENT, DAYS[:1], rows())
    assert names(first) == ["winner"]


def test_snapshots_and_metadata_stay_few(tmp_path: Path) -> None:
    """Forty commits keep about twenty snapshots, and old metadata files are removed."""
    catalog = Catalog(tmp_path)
    for number in range(40):
        catalog.replace(FACT_EVENT, DAYS[:1], [events(DAYS[0], str(number))])
    table = catalog.load(FACT_EVENT)
    assert table is not None
    assert len(table.snapshots()) <= KEPT_SNAPSHOTS + 2
    assert len(list(tmp_path.rglob("*.metadata.json"))) <= 25
    assert names(catalog) == ["39"]


def test_an_empty_table_stays_readable(tmp_path: Path) -> None:
    """A table whose first build gave no rows has its columns and no snapshot."""
    catalog = Catalog(tmp_path)
    assert catalog.read(MEDIA_DURATION).num_rows == 0
    assert catalog.replace(MEDIA_DURATION, None, []) is None
    assert catalog.read(MEDIA_DURATION).column_names == list(MEDIA_DURATION.column_names)


def test_schema_on_disk_is_the_registry(tmp_path: Path) -> None:
    """Names, order, field ids, comments and version of every table stand in Iceberg; id columns have no bounds."""
    catalog = Catalog(tmp_path)
    for spec in TABLES:
        table = catalog.ensure(spec)
        assert [(f.field_id, f.name, f.required) for f in table.schema().fields] == [
            (number, name, False) for number, name in enumerate(spec.column_names, start=1)
        ]
        assert all(field.doc for field in table.schema().fields)
        assert table.properties["wistia-lake.schema-version"] == "1"
    assert catalog.ensure(FACT_EVENT).properties["write.metadata.metrics.column.visitor_id"] == "counts"


def test_a_moved_lake_is_recognised(tmp_path: Path) -> None:
    """Tables of a copied folder point to the old place: that is said, and a full build may start anew."""
    Catalog(tmp_path / "old").replace(FACT_EVENT, DAYS[:1], [events(DAYS[0], "a")])
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    moved = Catalog(tmp_path / "new")
    with pytest.raises(LakeUnreadable, match=r"moved or copied.*build --full"):
        moved.load(FACT_EVENT)
    moved.forget_if_moved()
    assert moved.load(FACT_EVENT) is None
    assert names(Catalog(tmp_path / "old")) == ["a"]
