"""A lake opened for reading answers SELECTs, and cannot be made to do anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

import wistia_lake
from support.cases import ROOT, Case
from wistia_lake.errors import LakeUnreadable, SettingsError, UsageError
from wistia_lake.lake.tables import TABLES
from wistia_lake.reader import Lake, query_text, stored_queries


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake of one worked case."""
    case = Case(ROOT / "kpi_media_28d" / "ratios_of_sums.toml", tmp_path_factory.mktemp("reader"))
    case.look()
    case.build()
    return wistia_lake.open(case.lake)


def test_three_lines_give_a_table(lake: Lake) -> None:
    """The Python entry of the README."""
    rows = wistia_lake.open(lake.place).sql("select title, play_count from gold.kpi_media_28d")
    assert rows.to_pylist() == [{"title": "A film", "play_count": 5}]


@pytest.mark.parametrize("name", stored_queries())
def test_stored_queries_run(lake: Lake, name: str) -> None:
    """Every stored query is one statement that runs."""
    rows = lake.sql(query_text(name))
    # No command ran here, so that what commands record is empty; their own tests see rows.
    assert (rows.num_rows > 0) == (name not in {"runs", "checks"})
    if name == "sanity":
        assert rows.column_names == ["section", "name", "value"]


def test_every_table_can_be_read(lake: Lake) -> None:
    """Also those never built: they are empty, with their columns."""
    for table in TABLES:
        assert tuple(lake.sql(f"select * from {table.full_name}").column_names) == table.column_names


ATTACKS = [
    "create table silver.mine as select 1",
    "delete from silver.fact_event",
    "drop view silver.fact_event",
    "copy (select 1) to '{folder}/stolen.csv'",
    "attach '{folder}/other.db' as other",
    "install httpfs",
    "set enable_external_access = true",
    "select 1; select 2",
    "select * from read_csv('{folder}/secret.csv')",
    "select * from '{folder}/secret.csv'",
    "select * from read_text('{folder}/secret.csv')",
    "select * from read_parquet('{folder}/lake/tables/silver/fact_event/data/*/*.parquet')",
    "select * from read_json('https://203.0.113.1/x.json')",
    "select * from glob('{folder}/*')",
    "select getenv('HOME')",
    "call pragma_version(); select 1",
    "export database '{folder}/out'",
    "pragma database_list; select 1",
    "select * from duckdb_secrets(), read_blob('{folder}/secret.csv')",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_query_reads_tables_and_nothing_else(lake: Lake, attack: str) -> None:
    """No write, no attached database, no file, no network, no environment; and nothing appears on the disk."""
    folder = Path(lake.place).parent
    (folder / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    before = set(folder.rglob("*"))
    with pytest.raises(UsageError):
        lake.sql(attack.format(folder=folder.as_posix()))
    assert set(folder.rglob("*")) == before


def test_wrong_sql_is_explained(lake: Lake) -> None:
    """The engine's own words are kept: they name the column and the place."""
    with pytest.raises(UsageError, match="no_such_column"):
        lake.sql("select no_such_column from silver.fact_event")
    with pytest.raises(UsageError, match="not valid SQL"):
        lake.sql("selec 1")
    with pytest.raises(UsageError, match=r"known are: .*sanity"):
        query_text("sanitty")


def test_a_folder_without_tables(tmp_path: Path) -> None:
    """Nothing is created, and the sentence says what to do."""
    with pytest.raises(LakeUnreadable, match="wistia-lake run"):
        wistia_lake.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(SettingsError, match="need a catalog that several programs can share"):
        wistia_lake.open("s3://bucket/lake")
