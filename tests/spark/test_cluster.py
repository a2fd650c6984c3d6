"""Spark for real: a master, two workers, and one of them dies in the middle of the work."""

from __future__ import annotations

import subprocess
import time
from datetime import date
from pathlib import Path

import pytest

from support.cluster import cluster, events, is_in_the_middle
from support.servers.programs import free_ports
from support.simulation import simulation
from support.spark import SUBMIT, catalog_conf, command, conf, conf_folder, share
from wistia_lake.model import Quiet
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.sandbox.catalog_library import library

pytestmark = pytest.mark.engines
FIRST, LAST = date(2024, 12, 12), date(2025, 3, 11)
DAYS = 90


def test_a_worker_dies_in_the_middle(tmp_path: Path) -> None:
    """90 days of bronze are read by two executors; one worker is killed while it works; the tables are the truth."""
    (port,) = free_ports(1)
    log = tmp_path / "events"
    log.mkdir()
    with (
        simulation(tmp_path, library(10, first_day=FIRST, plays=12.0)) as account,
        cluster(tmp_path / "spark") as spark,
    ):
        share(account)
        ingest(account.loaded(), clock=lambda: account.now, reporter=Quiet(), first=FIRST, last=LAST)
        sessions = len(account.truth().rows("silver.fact_event"))
        with account.catalog as catalog:
            _ = catalog._catalog  # makes the file, which JDBC does not
        settings = conf() | catalog_conf(account.lake) | {
            "spark.master": spark.master, "spark.executor.memory": "768m", "spark.executor.cores": "1",
            "spark.sql.shuffle.partitions": "4", "spark.sql.files.openCostInBytes": "1m",
            "spark.sql.files.maxPartitionBytes": "8m", "spark.ui.enabled": "true", "spark.ui.port": str(port),
            "spark.scheduler.minRegisteredResourcesRatio": "1.0",
            "spark.eventLog.enabled": "true", "spark.eventLog.dir": log.as_uri(), "spark.eventLog.compress": "false",
            "spark.eventLog.rolling.enabled": "false",
        }  # fmt: skip
        words, environment = command(account, conf_folder(tmp_path / "conf", settings))
        with (tmp_path / "said").open("wb") as said:
            driver = subprocess.Popen([*SUBMIT, *words], env=environment, stdout=said, stderr=said)
            try:
                while not is_in_the_middle(f"http://127.0.0.1:{port}", sessions):
                    assert driver.poll() is None, (tmp_path / "said").read_text(encoding="utf-8")
                    time.sleep(0.02)
                killed_at = time.time() * 1000
                spark.kill_worker(1)
                assert driver.wait() == 0, (tmp_path / "said").read_text(encoding="utf-8")
            finally:
                driver.kill()
                driver.wait()
        told = events(log)
        rows, who = max(told.readers().values(), key=lambda one: (len(one[1]), one[0]))
        print(f"bronze of {DAYS} days: {rows} rows of one stage, read by executors {sorted(who)}")
        assert len(who) > 1
        assert rows >= sessions
        assert len(told.of("ExecutorRemoved")) == 1
        assert told.jobs_at(int(killed_at)) > 0
        days = set(account.rows("silver.fact_event")["received_day"].to_pylist())
        assert len(days) >= DAYS
        account.assert_truth()
        assert account.build().partition_count == 0
