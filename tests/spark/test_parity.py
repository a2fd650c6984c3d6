"""DuckDB and Spark give the same tables from the same bronze, cell for cell and on disk."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from support.parity import assert_identical, assert_sorted_in_files, on_disk, side
from support.simulation import Simulation, simulation
from support.spark import pyspark, spark_build, with_the_same_bronze
from wistia_lake.pipeline.build import MODELS
from wistia_lake.silver.context import Model

pytestmark = pytest.mark.engines
DUCKDB, SPARK = f"duckdb {duckdb.__version__}", f"spark {pyspark.__version__}"
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.table.full_name)

Pair = tuple[Simulation, Simulation]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The account ``demo`` read through the modern API, built by each engine in a lake of its own."""
    folder = tmp_path_factory.mktemp("demo")
    for name in ("duckdb", "spark"):
        (folder / name).mkdir()
    with simulation(folder / "duckdb", "demo") as account:
        account.settings["base_url"] = account.sandbox.base_url + "/modern"
        account.run()
        other = with_the_same_bronze(account, folder / "spark")
        spark_build(other, compiled=True)
        yield account, other


@every_model
def test_a_table_of_the_demo_is_identical(demo: Pair, model: Model) -> None:
    """Every cell of every row; no table is empty."""
    by_duckdb, by_spark = (account.rows(model.table.full_name) for account in demo)
    assert by_duckdb.num_rows > 0
    assert_identical(model.table.full_name, side(DUCKDB, by_duckdb), side(SPARK, by_spark))


@every_model
def test_a_table_of_the_demo_lies_on_disk_alike(demo: Pair, model: Model) -> None:
    """Types, what may be null, partitions, order, properties, and the field ids in every file."""
    by_duckdb, by_spark = (on_disk(account.catalog, model.table) for account in demo)
    assert by_duckdb == by_spark
    assert_sorted_in_files(demo[1].catalog, model.table)


def test_the_record_of_what_was_built_is_the_same(demo: Pair) -> None:
    """Partitions, digests and their rows: another engine finds nothing to do."""
    columns = ["table_name", "partition", "input_digest", "row_count"]
    by_duckdb, by_spark = (account.rows("ops.built").select(columns).to_pylist() for account in demo)
    assert by_duckdb == by_spark
    assert demo[1].build().partition_count == 0
