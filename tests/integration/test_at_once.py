"""Two processes on one lake: no loss, no double, and a clear sentence for the one that yields."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from support.processes import Child
from support.simulation import FACTS, ONE_DAY, Simulation, simulation, utc
from support.states import assert_committed_only, assert_same, tables_of

pytestmark = [pytest.mark.slow, pytest.mark.long]
NOW = utc("2025-03-10 14:00")
LEASE = timedelta(minutes=11)
"""Longer than a lease lasts that nobody renews."""


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Simulation]:
    """A lake of one run, a day later."""
    folder = tmp_path / "account"
    folder.mkdir()
    with simulation(folder, "tiny", now=NOW) as simulated:
        simulated.run()
        simulated.at(NOW + ONE_DAY)
        yield simulated


def _do(account: Simulation, folder: Path, *words: str) -> tuple[int, str]:
    """A whole command in another process: its exit code and what it said."""
    with Child(*account.command(*words), folder) as child:
        return child.finish(), child.said


@pytest.mark.parametrize(
    ("words", "held"),
    [
        ("ingest", "before walk media_stats"),
        ("build", "before commit silver.fact_event"),
        ("backfill", "before create data"),
    ],
)
def test_of_two_that_do_the_same_the_second_yields(account: Simulation, tmp_path: Path, words: str, held: str) -> None:
    """The second says who is at work, since when and until when, ends with 4 and does no harm."""
    if words == "build":
        assert _do(account, tmp_path / "b", "ingest")[0] == 0
    with Child(*account.command(words), tmp_path / "a", held=held) as first:
        assert first.held_at() == held
        code, said = _do(account, tmp_path / "b", words)
        assert code == 4, said
        assert "is at work on this lake" in said
        assert "2025-03-11T14:00:00Z" in said
        first.go()
        assert first.finish() == 0, first.said
    assert _do(account, tmp_path / "b", "build")[0] == 0
    account.assert_truth()


def test_ingest_beside_build(account: Simulation, tmp_path: Path) -> None:
    """While tables are built new batches may be committed; the next build takes them in."""
    assert _do(account, tmp_path / "b", "ingest")[0] == 0
    with Child(*account.command("build"), tmp_path / "a", held="before replace silver.fact_event") as building:
        assert building.held_at() is not None
        account.at(account.now + ONE_DAY)
        assert _do(account, tmp_path / "b", "ingest")[0] == 0
        building.go()
        assert building.finish() == 0, building.said
    assert _do(account, tmp_path / "b", "build")[0] == 0
    account.assert_truth()


def test_build_beside_ingest(account: Simulation, tmp_path: Path) -> None:
    """A build beside an ingest sees the batches that are committed, whole ones only."""
    with Child(*account.command("ingest"), tmp_path / "a", held="before create manifest") as reading:
        held = 0
        while reading.held_at() is not None:
            if held % 4 == 0:
                assert _do(account, tmp_path / "b", "build")[0] == 0
            held += 1
            reading.go()
        assert held > 4
        assert reading.finish() == 0, reading.said
    assert _do(account, tmp_path / "b", "build")[0] == 0
    account.assert_truth()


def test_a_reader_at_every_commit(account: Simulation, tmp_path: Path) -> None:
    """Before and after each catalog commit of a run every table can be read and shows committed partitions only."""
    before, seen = tables_of(account), []
    with Child(*account.command("run"), tmp_path / "a", held="(before|after) commit .*") as running:
        while (step := running.held_at()) is not None:
            seen.append((step, tables_of(account)))
            running.go()
        assert running.finish() == 0, running.said
    after = tables_of(account)
    account.assert_truth()
    assert len(seen) >= 2 * len(FACTS)
    for step, tables in seen:
        assert_committed_only(tables, before, after, step)


def test_an_ingest_that_slept_past_its_lease_yields(account: Simulation, tmp_path: Path) -> None:
    """Somebody else took over meanwhile: the sleeper commits nothing more and says why."""
    with Child(*account.command("ingest"), tmp_path / "a", held="before create manifest") as sleeper:
        assert sleeper.held_at() is not None
        account.at(account.now + LEASE)
        code, said = _do(account, tmp_path / "b", "run")
        assert code == 0, said
        expected = tables_of(account)
        sleeper.go()
        assert sleeper.finish() == 4
        assert "worked on this lake in the meantime" in sleeper.said
    account.assert_truth()
    account.build()
    assert_same(tables_of(account), expected, "what the sleeper had committed before changes nothing")


@pytest.mark.parametrize(
    "held", ["before replace silver.fact_event", "before commit silver.fact_event", "after commit silver.fact_event"]
)
def test_a_build_that_slept_past_its_lease_yields(account: Simulation, tmp_path: Path, held: str) -> None:
    """A build that another overtook never puts older rows over newer ones.

    Found out by its lease, it yields; found out by a refused commit, it plans again under a new lease, with nothing to do.
    """
    assert _do(account, tmp_path / "b", "ingest")[0] == 0
    with Child(*account.command("build", "-v"), tmp_path / "a", held=held) as sleeper:
        assert sleeper.held_at() == held
        account.at(account.now + ONE_DAY)
        code, said = _do(account, tmp_path / "b", "run")
        assert code == 0, said
        expected = tables_of(account)
        account.assert_truth()
        sleeper.go()
        snapshots = account.snapshots()
        if held.startswith("before commit"):
            assert sleeper.finish() == 0, sleeper.said
            assert "build.planned_again" in sleeper.said
            assert account.snapshots() == snapshots, "what it plans again is nothing"
        else:
            assert sleeper.finish() == 4, sleeper.said
            assert "worked on this lake in the meantime" in sleeper.said
    assert_same(tables_of(account), expected, "the overtaken build")
    account.build(full=True)
    assert_same(tables_of(account), expected, "a full build")
