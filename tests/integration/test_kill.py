"""A run killed at any step: readers see only committed states, and the next run finishes the work."""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from random import Random

import pytest

from support.counters import count
from support.processes import Child
from support.simulation import ONE_DAY, Simulation, simulation, utc
from support.states import assert_committed_only, assert_same, tables_of
from wistia_lake.bronze.batch import list_looks
from wistia_lake.bronze.watermark import has_final
from wistia_lake.lake.store import open_store
from wistia_lake.model import ACCOUNT
from wistia_lake.sandbox.fault_kinds import Fault

pytestmark = pytest.mark.slow
NOW = utc("2025-03-10 14:00")


@contextmanager
def _before_first_run(folder: Path) -> Iterator[Simulation]:
    """An account, and a lake that does not exist yet."""
    with simulation(folder, "tiny", now=NOW) as account:
        yield account


@contextmanager
def _before_daily_run(folder: Path) -> Iterator[Simulation]:
    """A lake of two runs, before the run of a day that has late sessions, a new title and another length."""
    with simulation(folder, "tiny", now=NOW) as account:
        account.run()
        account.at(NOW + ONE_DAY).run()
        world, media_id = account.sandbox.world, next(iter(account.sandbox.world.medias))
        world.rename(media_id, "A new title", NOW + 1.1 * ONE_DAY)
        world.set_duration(media_id, 90.0, NOW + 1.1 * ONE_DAY)
        account.at(NOW + 2 * ONE_DAY)
        yield account


@pytest.mark.long
@pytest.mark.parametrize("prepared", [_before_first_run, _before_daily_run], ids=["first-run", "daily-run"])
def test_killed_anywhere(
    tmp_path: Path,
    prepared: Callable[[Path], AbstractContextManager[Simulation]],
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """``--kills N`` kills a run N times, each time at another step; ``--kill-seed N`` replays the choice."""
    kills, seed = request.config.getoption("--kills"), request.config.getoption("--kill-seed")
    folder, child_folder, saved = tmp_path / "account", tmp_path / "child", tmp_path / "saved"
    folder.mkdir()
    with prepared(folder) as account:
        account.lake.mkdir(exist_ok=True)
        shutil.copytree(account.lake, saved)
        before = tables_of(account)
        command = account.command("run")
        with Child(*command, child_folder) as child:
            assert child.finish() == 0, child.said
        after = tables_of(account)
        account.assert_truth()
        steps, died_at = child.steps, Counter[str]()
        for fatal in _chosen(steps, kills, Random(seed)):
            shutil.rmtree(account.lake)
            shutil.copytree(saved, account.lake)
            with Child(*command, child_folder, fatal=fatal) as child:
                code = child.finish()
            told = f"killed at step {fatal} of {len(steps)}, {child.steps} (--kill-seed {seed})"
            assert code == -signal.SIGKILL, told
            died_at.update(child.steps)
            count(kills=1)
            assert_committed_only(tables_of(account), before, after, told)
            account.run()
            assert_same(tables_of(account), after, told)
    with capsys.disabled():
        print(f"\n{died_at.total()} kills of {len(steps)} steps (seed {seed}):")
        print("\n".join(f"  {count:3} {step}" for step, count in sorted(died_at.items())))


@pytest.mark.parametrize("moment", ["before commit", "after commit"])
def test_killed_beside_a_commit(tmp_path: Path, moment: str) -> None:
    """A table is recorded as built after its commit: whatever dies between the two, no table stays stale."""
    folder = tmp_path / "account"
    folder.mkdir()
    with _before_daily_run(folder) as account:
        with Child(*account.command("run"), tmp_path / "child", held=f"{moment} silver.fact_event") as child:
            assert child.held_at() is not None
        account.build()  # the child is dead
        account.assert_truth()


def test_killed_when_a_later_day_was_finished_before_an_earlier_one_was_read(tmp_path: Path) -> None:
    """Days are read side by side, in any order: what a killed run left unread of the late window stays due."""
    folder, oldest, yesterday = tmp_path / "account", date(2025, 3, 8), date(2025, 3, 11)
    folder.mkdir()
    with _before_daily_run(folder) as account:
        saved = shutil.copytree(account.lake, tmp_path / "saved")
        account.run()
        after = tables_of(account)
        shutil.rmtree(account.lake)
        shutil.copytree(saved, account.lake)
        account.sandbox.set_faults([Fault(what="hang", endpoint="/stats/events", day=str(oldest))])
        store = open_store(str(account.lake))
        with Child(*account.command("run"), tmp_path / "child", held="after create manifest") as child:
            while not has_final(list_looks(store, "events"), ACCOUNT, yesterday):
                assert child.held_at() is not None, child.said
                child.go()
        account.sandbox.set_faults()
        account.run()  # the child is dead
        assert_same(tables_of(account), after, "a day of the late window was not read")
        account.assert_truth()


def _chosen(steps: list[str], kills: int, random: Random) -> list[int]:
    """Numbers of steps: every kind of step in turn, so that rare ones are met as often as frequent ones."""
    by_kind: dict[str, list[int]] = {}
    for number, step in enumerate(steps, start=1):
        by_kind.setdefault(step, []).append(number)
    for numbers in by_kind.values():
        random.shuffle(numbers)
    chosen: list[int] = []
    while len(chosen) < min(kills, len(steps)):
        for kind in random.sample(sorted(by_kind), len(by_kind)):
            if by_kind[kind] and len(chosen) < kills:
                chosen.append(by_kind[kind].pop())
    return chosen
