"""Daily runs for a long time, things going wrong, maintenance every week: nothing grows but the tables.

And they stay the truth. ``make soak`` takes a year; ``--soak-days`` says how many days otherwise (42). ``make test`` has
no time for it. What was measured is printed.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pytest

from support.counters import count
from support.faulty import PATIENCE, SCALE, Faulty
from support.memory import PROGRAM as MEASURED
from support.memory import most_memory
from support.simulation import FACTS, KEY, ONE_DAY, Simulation, utc
from support.upkeep import date_files
from wistia_lake.lake.catalog import KEPT_SNAPSHOTS, Catalog
from wistia_lake.lake.tables import TABLES
from wistia_lake.model import Quiet
from wistia_lake.pipeline.maintain import MaintainSummary, maintain
from wistia_lake.sandbox.fault_kinds import Fault
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.world import World

pytestmark = pytest.mark.slow
PERIOD = 30
"""Days between two looks at memory, truth and commit times."""
FIRST_LOOK = 10
RETENTION = 30
LOOSE = 40 * KEPT_SNAPSHOTS
"""Most files that a table may have beside its current data: what the kept snapshots take, and a week's commits."""
PASSING = (
    "too_many", "too_many_seconds", "too_many_date", "error_500", "error_502", "error_503", "error_504", "slow", "reset",
    "truncated", "html", "no_body", "deep_json",
)  # fmt: skip
ENDPOINTS = ("/stats/events", "/stats/medias/*", "/medias", "/projects", "/stats/account/by_date", None)


@dataclass
class Measured:
    """What was seen of one soak."""

    loose: list[dict[str, int]] = field(default_factory=list)
    """After each maintenance, per table its files that are not current data."""
    snapshots: list[int] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    """Most memory of a run, in MB, every period."""
    seconds: list[float] = field(default_factory=list)
    """CPU time of every day's run, the simulated account's included."""
    commits: list[float] = field(default_factory=list)
    """CPU time of the commits of every day's run: of all of it what hangs on a table's history."""
    failed: list[int] = field(default_factory=list)
    """Days whose run failed for a while (exit 4)."""
    fault_count: int = 0
    cell_count: int = 0
    """Cells compared with the truth."""
    maintained: list[MaintainSummary] = field(default_factory=list)

    def growth(self, seconds: list[float]) -> tuple[float, float]:
        """What a day took around day 30, and at the end."""
        return median(seconds[PERIOD - 7 : PERIOD - 2]), median(seconds[-5:])

    def told(self) -> str:
        """For the log of a soak."""
        days, pruned = len(self.seconds) + len(self.memory), sum(bool(one.pruned) for one in self.maintained)
        lines = [
            f"soak: {days} days, {self.fault_count} faults, {len(self.failed)} failed runs, 0 differences",
            f"  {len(self.maintained)} maintenances ({pruned} pruned bronze), {self.cell_count:,} cells compared",
            f"  memory of a run: {self.memory} MB (days {FIRST_LOOK}, {PERIOD}, {2 * PERIOD} ...)",
            f"  files beside current data after maintenance: {[sum(one.values()) for one in self.loose]}",
            f"  most snapshots of a table after maintenance: {max(self.snapshots)}",
        ]
        for what, seconds in (("the commits of a run", self.commits), ("a run", self.seconds)):
            early, last = self.growth(seconds)
            lines.append(f"  {what}: {last:.2f} s of CPU at the end, {early:.2f} s on day {PERIOD}: {last / early:.2f}")
        return "\n".join(lines)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Faulty]:
    with Sandbox(World("tiny"), now=utc("2025-03-08 14:00"), time_scale=SCALE) as sandbox:
        yield Faulty(sandbox, tmp_path, {"time_scale": SCALE, "timeout_seconds": PATIENCE})


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """CPU seconds of each commit so far, by this thread."""
    found: list[float] = []
    for name in ("replace", "append"):
        inner = getattr(Catalog, name)

        def timed(*given: Any, inner: Any = inner, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return inner(*given, **named)
            finally:
                found.append(time.thread_time() - began)

        monkeypatch.setattr(Catalog, name, timed)
    return found


def script(day: int) -> list[Fault]:
    """What goes wrong on a day, by its number: often something that passes, at times something that lasts all day."""
    random = Random(day)
    faults = [
        Fault(
            what=random.choice(PASSING), endpoint=random.choice(ENDPOINTS), rate=random.choice([0.1, 0.3]), seed=day,
            times=random.choice([1, 3, 6]), seconds=2,
        )
        for _ in range(random.choice([0, 1, 1, 2]))
    ]  # fmt: skip
    if random.random() < 0.12:
        faults.append(Fault(what="error_503", endpoint=random.choice(ENDPOINTS)))
    return faults


def daily_run(account: Faulty, day: int, measured: Measured, commits: list[float]) -> None:
    """One run on a day on which things may go wrong. It may fail for a while; the next ones make up for it."""
    account.set_faults(*script(day))
    began, known = time.process_time(), len(commits)
    problem = account.outcome().problem
    measured.seconds.append(time.process_time() - began)
    measured.commits.append(sum(commits[known:]))
    account.set_faults()
    if problem is not None:
        assert problem.exit_code == 4, problem
        measured.failed.append(day)


def compared(account: Faulty, measured: Measured) -> None:
    """Hold every table against the truth."""
    account.assert_truth()
    measured.cell_count += sum(rows.num_rows * rows.num_columns for rows in map(account.rows, FACTS))


def run_as_a_process(account: Simulation) -> int:
    """The day's run as a command of its own; the most memory that it had, in MB."""
    account.loaded()  # writes the settings file
    environment = {
        **os.environ, "WISTIA_LAKE": str(account.lake), "WISTIA_BASE_URL": account.sandbox.base_url,
        "WISTIA_API_TOKEN": account.sandbox.token, "WISTIA_LAKE_PSEUDONYM_KEY": KEY,
        "WISTIA_LAKE_REQUESTS_PER_MINUTE": "60000", "WISTIA_LAKE_NOW": f"{account.now:%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip
    done = subprocess.run(
        [*MEASURED, "run"], cwd=account.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return most_memory(done.stderr)


def edited(account: Simulation, day: int) -> None:
    """Titles and lengths change now and then, so that lists and digests do."""
    world, medias = account.sandbox.world, sorted(account.sandbox.world.medias)
    if day % 20 == 10:
        world.rename(medias[0], f"Title of day {day}", account.now)
    if day % 40 == 30:
        world.set_duration(medias[1], 300.0 + day, account.now)


def after_maintenance(account: Simulation, measured: Measured) -> None:
    """Count what lies about."""
    loose = {}
    with account.catalog as catalog:
        for spec in TABLES:
            table = catalog.load(spec)
            files = [
                path for path in (account.lake / "tables" / spec.namespace / spec.name).rglob("*") if path.is_file()
            ]
            loose[spec.full_name] = len(files) - len(catalog.input(spec).files)
            measured.snapshots.append(len(table.snapshots()) if table is not None else 0)
    measured.loose.append(loose)


def test_nothing_grows_but_the_tables(account: Faulty, commits: list[float], request: pytest.FixtureRequest) -> None:
    days: int = request.config.getoption("--soak-days")
    measured, stamp = Measured(), 0.0
    for day in range(1, days + 1):
        if day % PERIOD == 0 or day in (FIRST_LOOK, days):
            measured.memory.append(run_as_a_process(account))
            compared(account, measured)
            print(f"day {day}: {measured.memory[-1]} MB, {len(measured.failed)} failed runs so far", flush=True)
        else:
            daily_run(account, day, measured, commits)
        stamp = date_files(account.lake, account.now, stamp)
        account.at(account.now + ONE_DAY)
        if day % 7 == 0:
            done = maintain(account.loaded(), clock=lambda: account.now, reporter=Quiet(), prune_days=RETENTION)
            measured.maintained.append(done)
            stamp = date_files(account.lake, account.now, stamp)
            after_maintenance(account, measured)
        edited(account, day)
        account.at(account.now + ONE_DAY / 1440)
    account.run()
    compared(account, measured)
    account.build(full=True)
    compared(account, measured)
    measured.fault_count = account.met().total()
    count(faults=measured.fault_count)
    print(measured.told())
    assert_flat(measured)


def assert_flat(measured: Measured) -> None:
    """Memory, files, snapshots and commits are at the end what they were at the beginning."""
    assert max(measured.snapshots) <= KEPT_SNAPSHOTS + 5
    for one in measured.loose:
        assert max(one.values()) <= LOOSE, one
    assert any(done.pruned for done in measured.maintained)
    assert all(done.removed_file_count for done in measured.maintained[1:])
    assert max(measured.memory) <= 1.2 * measured.memory[0], measured.told()
    early, last = measured.growth(measured.commits)
    assert last <= 2 * early, measured.told()
    assert measured.failed
    assert measured.fault_count
