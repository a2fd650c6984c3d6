"""What a daily run costs after 30 and after 730 days of daily runs: medians of CPU and wall time, and their ratio.

Goal: at most 1.15 times. The history is written as a reader of those days would have left it: every day of sessions was
read on four days and by the sweep, counters, windows, lists and curves once a day. The runs are real ones, against a
simulated account. Not a test: a busy machine lies, though less about CPU time.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from wistia_lake.lake.store import open_store
from wistia_lake.sandbox.catalog import scenario_toml
from wistia_lake.sandbox.harness import Sandbox

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.past import KEY, ONE_DAY, Past

NOW = datetime(2025, 3, 12, 14, tzinfo=UTC)
DAYS = (30, 730)
WARM = 10
"""Runs before those that are measured: the first checks every partition, and after ten a table has all the snapshots
that it ever keeps, as a lake of so many real runs would have had from the beginning."""
RUNS = 5
GOAL = 1.15


def lake_of(folder: Path, sandbox: Sandbox, days: int) -> dict[str, str]:
    """A lake with its history built; returns the environment of its commands."""
    (folder / "wistia-lake.toml").write_text("requests_per_minute = 60000\n" + scenario_toml("tiny"))
    Past(open_store(str(folder / "lake")), sandbox, days, NOW).write()
    environment = {
        **os.environ, "WISTIA_BASE_URL": sandbox.base_url, "WISTIA_API_TOKEN": sandbox.token,
        "WISTIA_LAKE_PSEUDONYM_KEY": KEY, "WISTIA_LAKE_NOW": f"{NOW - ONE_DAY:%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip
    command(folder, environment, "build")
    return environment


def command(folder: Path, environment: dict[str, str], *words: str) -> tuple[float, float]:
    """CPU and wall seconds of one command."""
    program = [sys.executable, "-m", "wistia_lake.cli.main", *words]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(program, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - began


def main() -> int:
    """Both lakes are of the same account on the same days; their runs take turns."""
    with TemporaryDirectory() as temporary, Sandbox("tiny", now=NOW) as sandbox:
        lakes = {}
        for days in DAYS:
            folder = Path(temporary) / str(days)
            folder.mkdir()
            lakes[days] = folder, lake_of(folder, sandbox, days)
        found: dict[int, list[tuple[float, float]]] = {days: [] for days in DAYS}
        for number in range(WARM + RUNS):
            now = NOW + number * ONE_DAY
            sandbox.advance(now)
            for days, (folder, environment) in lakes.items():
                environment["WISTIA_LAKE_NOW"] = f"{now:%Y-%m-%dT%H:%M:%SZ}"
                spent = command(folder, environment, "run")
                if number >= WARM:
                    found[days].append(spent)
    few, many = (tuple(median(column) for column in zip(*found[days], strict=True)) for days in DAYS)
    for days, (cpu, wall) in zip(DAYS, (few, many), strict=True):
        print(f"after {days:3} days   a daily run takes {cpu:5.2f} s of CPU, {wall:5.2f} s")
    ratio = many[0] / few[0]
    print(
        f"ratio {ratio:4.2f} of CPU, {many[1] / few[1]:4.2f} of wall time   goal {GOAL:g}   {'ok' if ratio <= GOAL else 'MISSED'}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
