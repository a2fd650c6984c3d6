"""What an account costs by its size: requests, hours at the API's limit, bytes in bronze and silver, seconds to build.

    python benchmarks/scale.py 10000 100000 1000000            DuckDB, a lake in a folder
    python benchmarks/scale.py 1000000 --spark                 both engines, the same lake in S3 with a REST catalog

The account is the demo's with its traffic multiplied, read for the 30 days that hold so many sessions: by one `run`,
then whole builds, each in a process of its own. Seconds are of this machine and only good as ratios; docs/scale.md
says what follows. Not a test: a busy machine lies.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from wistia_lake.lake.store import Store, open_store
from wistia_lake.sandbox import listing, world
from wistia_lake.sandbox.catalog import scenario
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.scenario import Scenario
from wistia_lake.sandbox.world import World

DAYS = 30
LIMIT = 590
KEY = "0b" * 32
ROOT = Path(__file__).parent.parent
JARS = ("iceberg-spark-runtime-4*.jar", "iceberg-aws-bundle-*.jar", "hadoop-aws-3.4*.jar", "bundle-2*.jar")
SPARK = ROOT / ".venvs/spark4/bin/python"


@dataclass(frozen=True)
class Place:
    """Where a lake is, and what commands on it are told."""

    lake: str
    toml: str
    environment: dict[str, str]
    submit: tuple[str, ...] = ()
    """Spark's own options."""


def main() -> int:
    """One line for each size and engine."""
    # The days that are asked for side by side must fit into what the sandbox holds, or it makes them for every page.
    world.KEPT_SESSIONS = listing.KEPT_ROWS = 5_000_000
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("events", type=int, nargs="+", help="sessions in 30 days")
    parser.add_argument("--spark", action="store_true", help="build by Spark too (after make engines-fetch)")
    options = parser.parse_args()
    for events in options.events:
        with TemporaryDirectory() as folder, ExitStack() as stack:
            place = stack.enter_context(in_s3(Path(folder)) if options.spark else in_folder(Path(folder)))
            measure(Path(folder), busy(events), place, with_spark=options.spark)
    return 0


def busy(events: int) -> Scenario:
    """The demo account with about so many sessions in its last 30 days."""
    demo = scenario("demo")
    per_day = sum(media.traffic.plays_per_day for media in demo.medias)
    factor = events / DAYS / per_day
    medias = tuple(
        replace(one, traffic=replace(one.traffic, plays_per_day=one.traffic.plays_per_day * factor))
        for one in demo.medias
    )
    return replace(demo, medias=medias, visitor_pool=max(900, round(demo.visitor_pool * factor)))


@contextmanager
def in_folder(folder: Path) -> Iterator[Place]:
    """A lake on this disk."""
    yield Place(str(folder / "lake"), "", {})


@contextmanager
def in_s3(folder: Path) -> Iterator[Place]:
    """A lake in a SeaweedFS of its own, catalogued where Spark finds it too."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support.servers.programs import ENGINES
    from support.servers.seaweed import seaweed

    with seaweed(folder / "seaweed") as server:
        os.environ.update(server.environment)
        place = server.place()
        toml = "\n[catalog]\n" + "".join(f'"{name}" = "{value}"\n' for name, value in place.catalog.items())
        jars = ",".join(str(jar) for pattern in JARS for jar in ENGINES.glob(pattern))
        conf = {"spark.jars": jars, "spark.master": "local[2]", "spark.driver.memory": "6g", **place.spark()}
        submit = tuple(word for name, value in conf.items() for word in ("--conf", f"{name}={value}"))
        yield Place(place.lake, toml, {}, submit)


def measure(folder: Path, account: Scenario, place: Place, *, with_spark: bool) -> None:
    """Read the account, build its tables, and print what it took."""
    first = (account.now - timedelta(days=DAYS - 1)).date()
    with Sandbox(World(account, 1)) as sandbox:
        (folder / "wistia-lake.toml").write_text(
            f"lake = {place.lake!r}\nrequests_per_minute = 1000000\nstart = {first}\n{account.toml}\n{place.toml}"
        )
        environment = {
            **os.environ, **place.environment, "WISTIA_BASE_URL": sandbox.base_url, "WISTIA_API_TOKEN": sandbox.token,
            "WISTIA_LAKE_PSEUDONYM_KEY": KEY, "WISTIA_LAKE_NOW": f"{account.now:%Y-%m-%dT%H:%M:%SZ}",
        }  # fmt: skip
        program = [sys.executable, "-m", "wistia_lake.cli.main"]
        reading = timed([*program, "ingest", "--from", str(first)], folder, environment)
        log = sandbox.requests()
        store = open_store(place.lake)
        rows = sessions(folder, environment, program)
        served = rows * json_bytes(sandbox, f"{account.now.date() - timedelta(days=1)}")
        print(
            f"{rows:,} sessions in {DAYS} days: {len(log):,} requests, {len(log) / LIMIT / 60:.1f} h at {LIMIT} a minute, "
            f"{reading[0]:.1f} s of CPU to read; bronze {size(store, 'bronze/') / 1e6:,.1f} MB"
            f" for {served / 1e6:,.0f} MB of the sessions' JSON"
        )
        duckdb = timed([*program, "build", "--full"], folder, environment)
        print(
            f"    DuckDB build --full  {duckdb[0]:8.1f} s CPU {duckdb[1]:8.1f} s  {rows / duckdb[1]:10,.0f} sessions/s"
        )
        if with_spark:
            command = [str(SPARK.parent / "spark-submit"), *place.submit, str(ROOT / "deploy/spark_job.py"), "--full"]
            environment |= {"PYTHONPATH": str(ROOT / "src"), "PYSPARK_PYTHON": str(SPARK)}
            spark = timed(command, folder, environment)
            print(
                f"    Spark  build --full  {spark[0]:8.1f} s CPU {spark[1]:8.1f} s  {rows / spark[1]:10,.0f} sessions/s"
            )
        else:
            print(f"    silver.fact_event {newest_bytes(place.lake) / 1e6:,.1f} MB")


def json_bytes(sandbox: Sandbox, day: str) -> float:
    """Bytes of a session as the API sends it, from one full page of a day."""
    url = f"{sandbox.base_url}/v1/stats/events?per_page=100&start_date={day}&end_date={day}"
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {sandbox.token}"})
    with urllib.request.urlopen(asked) as answer:
        body = answer.read()
    return len(body) / len(json.loads(body))


def sessions(folder: Path, environment: dict[str, str], program: list[str]) -> int:
    """How many sessions there are, asked of the finished table."""
    subprocess.run([*program, "build"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    asked = [*program, "query", "select count(*) as n from silver.fact_event", "--format", "csv"]
    answer = subprocess.run(asked, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return int(answer.stdout.split()[-1])


def newest_bytes(lake: str) -> int:
    """Bytes of the data files that the newest state of the sessions' table names."""
    from wistia_lake.lake.catalog import Catalog
    from wistia_lake.lake.tables import FACT_EVENT

    with Catalog(Path(lake)) as catalog:
        return sum(Path(path).stat().st_size for path in catalog.input(FACT_EVENT).local_files or ())


def size(store: Store, prefix: str) -> int:
    """Bytes below a prefix."""
    return sum(entry.size for entry in store.entries(prefix))


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    """CPU and wall seconds of a process and its children."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[-4:])} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
