"""Spark in this process, and lakes whose catalog it shares with PyIceberg. Nothing is downloaded here.

The catalog is an SQL database that PyIceberg opens as ``type = "sql"`` and Spark by JDBC: both keep their tables in the
same rows there. That it is a SQLite file is enough for one machine.
"""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.servers.programs import ENGINES, ROOT, needed
from support.simulation import Simulation
from wistia_lake.engines.spark import SparkEngine
from wistia_lake.lake.catalog import DATABASE
from wistia_lake.model import Quiet
from wistia_lake.pipeline.build import build
from wistia_lake.pipeline.summary import BuildSummary

pyspark = pytest.importorskip("pyspark", reason="needs an environment with pyspark")

CODEC = "io.airlift.compress.zstd.ZstdCodec"
"""With it Spark 3.5 reads .zst; Spark 4 does so by itself."""
_AWS = "iceberg-aws-bundle-1.12.0.jar"
JARS = {
    "3.5": (
        "iceberg-spark-runtime-3.5_2.12-1.12.0.jar", _AWS, "hadoop-aws-3.3.4.jar", "aws-java-sdk-bundle-1.12.262.jar",
    ),
    "4.1": ("iceberg-spark-runtime-4.1_2.13-1.12.0.jar", _AWS, "hadoop-aws-3.4.2.jar", "bundle-2.29.52.jar"),
}  # fmt: skip
"""Per version: Iceberg, and what opens buckets."""


def jars(*, s3: bool = False) -> str:
    """The jars that Spark needs, as its configuration names them; ``s3``: those for buckets, too."""
    runtime, *for_buckets = JARS[".".join(pyspark.__version__.split(".")[:2])]
    names = [runtime, "sqlite-jdbc-3.50.3.0.jar", *(for_buckets if s3 else [])]
    return ",".join(str(needed(ENGINES / name)) for name in names)


NAME = "wistia_lake"
"""The catalog's name stands in its rows, so both sides must use it."""


def share(account: Simulation) -> None:
    """Give an account's lake, in a folder, a catalog beside it that Spark can open, too."""
    database = f"sqlite:///{account.lake.parent / 'shared.db'}"
    account.shared = {"type": "sql", "uri": database, "warehouse": f"{account.lake.as_uri()}/tables"}
    account.settings["spark_catalog"] = NAME


def catalog_conf(lake: Path) -> dict[str, str]:
    """What Spark must be told of such a lake's catalog."""
    name = f"spark.sql.catalog.{NAME}"
    return {
        name: "org.apache.iceberg.spark.SparkCatalog",
        f"{name}.type": "jdbc",
        f"{name}.uri": f"jdbc:sqlite:{lake.parent / 'shared.db'}",
        f"{name}.warehouse": f"{lake.as_uri()}/tables",
    }


SHORT_LIVED = (
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC -XX:MetaspaceSize=256m "
    "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
)
"""For a JVM of seconds: what the second compiler saves later it costs twice before, and one collector thread is enough.
The first alone gets little room by default, and where it is full all that comes after is interpreted. Nobody need verify
classes of jars that are pinned by their hashes."""

INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
"""Spark writes and compiles a program for each query, which takes longer than a few rows do without. How it computes is
the matter of :data:`COMPILED`'s tests; of the others, who writes what and when."""
COMPILED = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK"}
"""As Spark comes."""


def conf() -> dict[str, str]:
    """A small Spark."""
    return INTERPRETED | {
        "spark.jars": jars(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": SHORT_LIVED,
        "spark.executor.extraJavaOptions": SHORT_LIVED,
        # Every small relation that is broadcast takes a page, by default some thirty megabytes of this memory.
        "spark.buffer.pageSize": "1m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.hadoop.io.compression.codecs": CODEC,
    }


def conf_folder(folder: Path, settings: dict[str, str]) -> Path:
    """Spark's own configuration in a folder, for ``SPARK_CONF_DIR``."""
    folder.mkdir()
    lines = [f"{name} {value}\n" for name, value in settings.items()]
    (folder / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    (folder / "log4j2.properties").write_text(_LOG, encoding="utf-8")
    return folder


_LOG = """\
rootLogger.level = error
rootLogger.appenderRef.stdout.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c: %m%n
"""


def spark_home() -> Path:
    """Where pyspark keeps Spark."""
    return Path(pyspark.__file__).parent


SUBMIT = [str(spark_home() / "bin/spark-submit"), str(ROOT / "deploy/spark_job.py")]


def command(account: Simulation, conf_dir: Path, *words: str) -> tuple[list[str], dict[str, str]]:
    """A command line for this account's lake, and the environment of the process: Spark's configuration and ours."""
    words_of_ours, environment = account.command(*words)
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "JAVA_HOME") if name in os.environ}
    inherited |= {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    paths = {"PYTHONPATH": str(ROOT / "src"), "PYSPARK_PYTHON": sys.executable, "SPARK_HOME": str(spark_home())}
    ours = {"WISTIA_LAKE_SPARK_CATALOG": str(account.settings["spark_catalog"]), "SPARK_CONF_DIR": str(conf_dir)}
    return words_of_ours, inherited | environment | paths | ours


@cache
def _base() -> Any:
    """One Spark for the whole process: it takes seconds to start."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]")
    for name, value in conf().items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def session_for(lake: Path | None) -> Any:
    """A session that knows one lake, or none."""
    session = _base().newSession()
    for name, value in ({} if lake is None else catalog_conf(lake)).items():
        session.conf.set(name, value)
    return session


def engine_for(account: Simulation, *, compiled: bool = False) -> SparkEngine:
    """An engine that writes the tables of an account's lake."""
    with account.catalog as catalog:
        _ = catalog._catalog  # makes the file, which JDBC does not
    session = session_for(account.lake)
    for name, value in (COMPILED if compiled else {}).items():
        session.conf.set(name, value)
    return SparkEngine(session, NAME)


def spark_build(account: Simulation, *, full: bool = False, compiled: bool = False, **changed: object) -> BuildSummary:
    """One ``wistia-lake build --engine spark`` now."""
    engine = engine_for(account, compiled=compiled)
    return build(account.loaded(**changed), clock=lambda: account.now, reporter=Quiet(), full=full, engine=engine)


def with_the_same_bronze(account: Simulation, folder: Path) -> Simulation:
    """Another lake in ``folder``, whose tables nobody has computed yet."""
    other = Simulation(account.sandbox, folder, dict(account.settings), account.rules)
    share(other)
    shutil.copytree(account.lake, other.lake, ignore=shutil.ignore_patterns("tables", f"{DATABASE}*", "locks"))
    return other
