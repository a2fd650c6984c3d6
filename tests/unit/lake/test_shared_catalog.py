"""A catalog that others use too: whose a table is, where it lies, and what is done when something else changed it.

PyIceberg's SQL catalog stands for every catalog that has a name and properties; Glue and REST are tried by make engines.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.table import Table as IcebergTable
from pyiceberg.types import StringType

from wistia_lake.errors import LakeUnreadable, SettingsError
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import Store, open_store
from wistia_lake.lake.tables import FACT_EVENT, MEDIA_DURATION
from wistia_lake.lake.upkeep import unreferenced
from wistia_lake.settings import load_settings

DAY = date(2025, 3, 9)
EARLY = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def shared(tmp_path: Path) -> dict[str, str]:
    """Its properties; it has no warehouse of its own."""
    return {"type": "sql", "uri": f"sqlite:///{(tmp_path / 'shared.db').as_posix()}"}


def durations(*medias: str) -> pa.Table:
    """Rows of a small table."""
    rows = [{"media_id": media_id, "valid_from_day": DAY, "duration_ms": 1} for media_id in medias]
    return pa.Table.from_pylist(rows, schema=arrow_schema(MEDIA_DURATION))


def medias(catalog: Catalog) -> list[str]:
    """What the table holds."""
    return sorted(catalog.read(MEDIA_DURATION)["media_id"].to_pylist())


def test_tables_lie_in_the_lake_unless_the_catalog_has_a_warehouse(tmp_path: Path, shared: dict[str, str]) -> None:
    lake = tmp_path / "lake"
    Catalog(lake, shared).replace(MEDIA_DURATION, None, [durations("a")])
    assert list((lake / "tables/silver/media_duration").rglob("*.parquet"))
    warehouse = tmp_path / "warehouse"
    placed = {**shared, "warehouse": warehouse.as_uri()}
    with Catalog(tmp_path / "other", placed, prefix="other_") as catalog:
        catalog.replace(MEDIA_DURATION, None, [durations("b")])
        assert medias(catalog) == ["b"]
    assert list(warehouse.rglob("*.parquet"))
    assert not (tmp_path / "other").exists()


def test_another_lakes_table_is_neither_read_nor_written(tmp_path: Path, shared: dict[str, str]) -> None:
    mine, theirs = Catalog(tmp_path / "mine", shared), Catalog(tmp_path / "theirs", shared)
    mine.replace(MEDIA_DURATION, None, [durations("mine")])
    for work in (theirs.load, theirs.read, theirs.ensure, lambda spec: theirs.replace(spec, None, [durations("x")])):
        with pytest.raises(LakeUnreadable, match="namespace_prefix"):
            work(MEDIA_DURATION)  # type: ignore[operator]
    theirs.forget_if_moved()
    assert medias(mine) == ["mine"], "a full build of theirs forgets nothing of mine"
    apart = Catalog(tmp_path / "theirs", shared, prefix="their_")
    apart.replace(MEDIA_DURATION, None, [durations("theirs")])
    assert (medias(mine), medias(apart)) == (["mine"], ["theirs"])


def test_a_name_is_looked_up_in_the_configuration_of_pyiceberg(
    tmp_path: Path, shared: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own file; nothing else is asked for."""
    (tmp_path / ".pyiceberg.yaml").write_text(
        f"catalog:\n  prod:\n    type: sql\n    uri: {shared['uri']}\n", encoding="utf-8"
    )
    monkeypatch.setenv("PYICEBERG_HOME", str(tmp_path))
    from pyiceberg import catalog as module
    from pyiceberg.utils.config import Config

    monkeypatch.setattr(module, "_ENV_CONFIG", Config())  # read once, when PyIceberg is imported
    Catalog(tmp_path / "lake", "prod").replace(MEDIA_DURATION, None, [durations("a")])
    assert medias(Catalog(tmp_path / "lake", {**shared, "name": "prod"})) == ["a"]


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [({"type": "nonsense"}, "cannot be set up"), ({"type": "rest"}, "cannot be set up"), ({"type": "hive", "uri": "thrift://x"}, "missing")],
)  # fmt: skip
def test_properties_that_make_no_catalog(tmp_path: Path, properties: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        Catalog(tmp_path / "lake", properties).load(MEDIA_DURATION)


def _add(table: IcebergTable) -> None:
    with table.update_schema() as update:
        update.add_column("mine", StringType())


def _drop(table: IcebergTable) -> None:
    with table.update_schema() as update:
        update.delete_column("country")


def _rename(table: IcebergTable) -> None:
    with table.update_schema() as update:
        update.rename_column("country", "land")


def _partition(table: IcebergTable) -> None:
    with table.update_spec() as update:
        update.remove_field("received_day")


@pytest.mark.parametrize(
    ("change", "told"),
    [(_add, "mine is not one"), (_drop, "country is missing"), (_rename, "country is missing"), (_partition, "partitioned by")],
)  # fmt: skip
def test_a_table_that_something_else_changed_is_refused(
    tmp_path: Path, shared: dict[str, str], change: Callable[[IcebergTable], None], told: str
) -> None:
    Catalog(tmp_path / "lake", shared).ensure(FACT_EVENT)
    change(load_catalog("wistia_lake", **shared).load_table(("silver", "fact_event")))
    with pytest.raises(LakeUnreadable, match=told):
        Catalog(tmp_path / "lake", shared).load(FACT_EVENT)


def test_what_nothing_names_is_found_inside_the_lake_only(tmp_path: Path, shared: dict[str, str]) -> None:
    """A catalog with a warehouse of its own tidies up there itself."""
    for lake, properties in (("in", shared), ("out", {**shared, "warehouse": (tmp_path / "warehouse").as_uri()})):
        catalog, store = Catalog(tmp_path / lake, properties, prefix=f"{lake}_"), open_store(str(tmp_path / lake))
        catalog.replace(MEDIA_DURATION, None, [durations("a")])
        table = catalog.load(MEDIA_DURATION)
        assert table is not None
        orphan = Path(table.location().removeprefix("file://")) / "data/left.parquet"
        orphan.write_bytes(b"x")
        written = [entry for entry in store.entries("tables/") if entry.key.endswith("left.parquet")]
        assert bool(written) == (lake == "in")
        found = unreferenced(store, catalog, written_before=_after_all(store))
        assert [entry.key.rsplit("/", 1)[-1] for entry in found.old] == (["left.parquet"] if lake == "in" else [])
        assert medias(catalog) == ["a"]


def _after_all(store: Store) -> datetime:
    """An instant after all that the store holds was written, by its own clock."""
    return max((entry.written_at for entry in store.entries("")), default=EARLY) + timedelta(seconds=1)


@pytest.mark.parametrize("name", ["s3.secret-access-key", "s3.access-key-id", "token", "credential", "PASSWORD"])
def test_a_secret_does_not_stand_in_the_settings_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "wistia-lake.toml").write_text(f'[catalog]\ntype = "rest"\n"{name}" = "hush"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="must not stand in a file") as refused:
        load_settings(environ={}, working_folder=tmp_path)
    assert "hush" not in str(refused.value)


def test_a_bucket_without_a_catalog_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(SettingsError, match="need a catalog that several programs can share"):
        Catalog("s3://bucket/lake")
