"""Checks are silent where nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.counters import count
from support.healthy import healthy
from support.simulation import simulation
from wistia_lake.checks.findings import State
from wistia_lake.model import Quiet
from wistia_lake.pipeline.check import check_lake

pytestmark = [pytest.mark.slow, pytest.mark.long]


def test_a_healthy_world_gives_no_alarm(tmp_path: Path, world_seed: int) -> None:
    """Whatever its zone, rhythm and size: no failure, no warning.

    A check may warn by chance in one healthy world of fifty; with ``--worlds 100`` at most two of these may fail.
    """
    account = healthy(world_seed)
    with simulation(tmp_path, account.world, now=account.runs[0]) as lake:
        for at in account.runs:
            lake.at(at).run()
        report = check_lake(lake.loaded(), clock=lambda: lake.now, reporter=Quiet())
    count(worlds=1)
    found = [f"{one.check.name}: {one.findings[0].message}" for one in report.verdicts if one.findings]
    assert found == []
    assert report.count(State.OK) >= 10
