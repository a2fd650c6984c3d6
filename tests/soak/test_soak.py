"""Daily runs for a long time, with maintenance every week: nothing grows but the tables, and they stay the truth.

``make soak`` takes a year; ``--soak-days`` says how many days otherwise (42). ``make test`` has no time for it. What was measured is printed.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pytest

from support.memory import PROGRAM as MEASURED
from support.memory import most_memory
from support.simulation import KEY, ONE_DAY, Simulation, simulation
from support.upkeep import date_files
from wistia_lake.lake.catalog import KEPT_SNAPSHOTS
from wistia_lake.lake.tables import TABLES
from wistia_lake.model import Quiet
from wistia_lake.pipeline.maintain import MaintainSummary, maintain

pytestmark = pytest.mark.slow
PERIOD = 30
"""Days between two looks at memory, truth and commit times."""
FIRST_LOOK = 10
RETENTION = 30
LOOSE = 40 * KEPT_SNAPSHOTS
"""Most files that a table may have beside its current data: what the kept snapshots take, and a week's commits."""


@dataclass
class Measured:
    """What was seen of one soak."""

    loose: list[dict[str, int]] = field(default_factory=list)
    """After each maintenance, per table its files that are not current data."""
    snapshots: list[int] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    """Most memory of a run, in MB, every period."""
    seconds: list[float] = field(default_factory=list)
    """CPU time of every day's run."""
    maintained: list[MaintainSummary] = field(default_factory=list)

    def told(self) -> str:
        """For the log of a soak."""
        at_30, last = median(self.seconds[PERIOD - 7 : PERIOD - 2]), median(self.seconds[-5:])
        return (
            f"soak: {len(self.seconds)} days, {len(self.maintained)} maintenances; files beside current data "
            f"{[sum(one.values()) for one in self.loose]}; most snapshots {max(self.snapshots)}; memory of a run "
            f"{self.memory} MB; a run took {last:.2f} s of CPU at the end and {at_30:.2f} s on day {PERIOD}: "
            f"{last / at_30:.2f} times; {sum(len(one.pruned) and 1 for one in self.maintained)} times bronze was pruned"
        )


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path, "tiny", now="2025-03-08 14:00") as account:
        yield account


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


def test_nothing_grows_but_the_tables(account: Simulation, request: pytest.FixtureRequest) -> None:
    days: int = request.config.getoption("--soak-days")
    measured, stamp = Measured(), 0.0
    for day in range(1, days + 1):
        began = time.process_time()
        if day % PERIOD == 0 or day == FIRST_LOOK:
            measured.memory.append(run_as_a_process(account))
            account.assert_truth()
        else:
            account.run()
            measured.seconds.append(time.process_time() - began)
        stamp = date_files(account.lake, account.now, stamp)
        account.at(account.now + ONE_DAY)
        if day % 7 == 0:
            done = maintain(account.loaded(), clock=lambda: account.now, reporter=Quiet(), prune_days=RETENTION)
            measured.maintained.append(done)
            stamp = date_files(account.lake, account.now, stamp)
            after_maintenance(account, measured)
        edited(account, day)
        account.at(account.now + ONE_DAY / 1440)
    print(measured.told())
    assert max(measured.snapshots) <= KEPT_SNAPSHOTS + 5
    for one in measured.loose:
        assert max(one.values()) <= LOOSE, one
    assert any(done.pruned for done in measured.maintained)
    assert all(done.removed_file_count for done in measured.maintained[1:])
    assert max(measured.memory) <= 1.2 * measured.memory[0], measured.told()
    account.run()
    account.assert_truth()
    account.build(full=True)
    account.assert_truth()
