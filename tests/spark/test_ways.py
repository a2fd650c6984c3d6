"""The ways to a Spark: its own configuration decides, whether the command is run, submitted, or talks to a server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.program import PROGRAM
from support.servers.seaweed import Place
from support.simulation import ONE_DAY, Simulation, simulation
from support.spark import SUBMIT, catalog_conf, command, conf, conf_folder, jars, pyspark, share
from wistia_lake.lake.tables import BY_NAME
from wistia_lake.model import Quiet
from wistia_lake.pipeline.ingest import ingest

pytestmark = pytest.mark.engines
BUILD = ["build", "--engine", "spark"]
HAS_SERVER = not pyspark.__version__.startswith("3.")
"""Whether Spark Connect's server is among pyspark's own jars; for 3.5 it is a package of its own."""
WAYS = {
    "run": ([*PROGRAM], BUILD, {}),
    "submitted": (SUBMIT, [], {}),
    **({"through Spark Connect": ([*PROGRAM], BUILD, {"SPARK_REMOTE": "local[2]"})} if HAS_SERVER else {}),
}


def _run(program: list[str], words: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run([*program, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _a_day_later(account: Simulation) -> None:
    account.at(account.now + ONE_DAY)
    ingest(account.loaded(), clock=lambda: account.now, reporter=Quiet())


# CI sees a job submitted to a cluster, and the command on a lake in a bucket.
@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_spark_is_what_its_own_configuration_names(tmp_path: Path, way: str) -> None:
    """Master, packages and catalog stand in spark-defaults.conf; the command says --engine spark and nothing else."""
    program, words, more = WAYS[way]
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as account:
        share(account)
        account.run()
        _a_day_later(account)
        master = {} if more else {"spark.master": "local[2]"}
        folder = conf_folder(tmp_path / "conf", master | conf() | catalog_conf(account.lake))
        words, environment = command(account, folder, *words)
        said = _run(program, words, environment | more)
        assert "partitions" in said
        account.assert_truth()
        assert account.build().partition_count == 0


LAST_WAY = next(reversed(WAYS))
"""Spark Connect, where there is a server: what works from the other side of it works beside it."""


@pytest.mark.parametrize("way", [pytest.param(way, marks=[] if way == LAST_WAY else pytest.mark.long) for way in WAYS])
def test_a_lake_in_a_bucket(tmp_path: Path, place: Place, way: str) -> None:
    """Bronze in S3, tables in a REST catalog: DuckDB builds one day, Spark the next, both the truth."""
    program, words, more = WAYS[way]
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as account:
        account.url, account.shared = place.lake, place.catalog
        account.settings["spark_catalog"] = "bucket"
        account.run()
        account.assert_truth()
        _a_day_later(account)
        master = {} if more else {"spark.master": "local[2]"}
        settings = master | conf() | place.spark("bucket") | {"spark.jars": jars(s3=True)}
        words, environment = command(account, conf_folder(tmp_path / "conf", settings), *words)
        _run(program, words, environment | more)
        account.assert_truth()
        assert account.build().partition_count == 0
        with account.catalog as catalog:
            table = catalog.load(BY_NAME["silver.fact_event"])
            assert table is not None
            written = table.metadata.snapshots[-1].summary
            assert written is not None
            assert written.additional_properties["engine-name"] == "spark"


def test_a_spark_without_a_master_or_java_is_said(tmp_path: Path) -> None:
    """Spark cannot even start: a sentence, no traceback, and the exit code for what may pass."""
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as account:
        share(account)
        account.run()
        words, environment = command(account, conf_folder(tmp_path / "conf", conf()), *BUILD)
        nowhere = environment | {"JAVA_HOME": str(tmp_path), "PATH": str(Path(sys.executable).parent)}
        done = subprocess.run([*PROGRAM, *words], env=nowhere, capture_output=True, text=True, check=False)
        assert done.returncode == 4, done.stderr
        assert "Spark could not start" in done.stderr
        assert "Traceback" not in done.stderr
