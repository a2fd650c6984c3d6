"""Random worlds, all in one lake: DuckDB and Spark give the same tables, cell for cell."""

from __future__ import annotations

import duckdb
import pytest

from support.far_worlds import in_one_lake
from support.parity import assert_identical, side
from support.simulation import Simulation
from support.spark import pyspark, spark_build, with_the_same_bronze
from wistia_lake.pipeline.build import MODELS
from wistia_lake.silver.context import Model

pytestmark = pytest.mark.engines
ENGINES = f"duckdb {duckdb.__version__}", f"spark {pyspark.__version__}"


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> tuple[Simulation, Simulation]:
    """All worlds in one bronze, built by each engine in a lake of its own."""
    folder = tmp_path_factory.mktemp("worlds")
    (folder / "spark").mkdir()
    account = in_one_lake(folder, request.config.getoption("--far-worlds"))
    account.build()
    other = with_the_same_bronze(account, folder / "spark")
    spark_build(other, compiled=True)
    return account, other


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.table.full_name)
def test_a_table_of_all_worlds_is_identical(
    lakes: tuple[Simulation, Simulation], model: Model, request: pytest.FixtureRequest
) -> None:
    """Every cell of every row, over as many years as there are worlds."""
    by_duckdb, by_spark = (account.rows(model.table.full_name) for account in lakes)
    assert_identical(model.table.full_name, side(ENGINES[0], by_duckdb), side(ENGINES[1], by_spark))
    if model.table.full_name == "silver.fact_event":
        years = {day.isocalendar().year for day in by_duckdb["received_day"].to_pylist()}
        assert len(years) >= request.config.getoption("--far-worlds")
    if model.table.full_name != "gold.kpi_media_28d":
        assert by_duckdb.num_rows > 0
