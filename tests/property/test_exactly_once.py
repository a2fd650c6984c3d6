"""Exactly once, whatever happens: faults, page shifts, late sessions, runs by hand, changed filters, zones and rules."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import quantiles

import pytest

from support.counters import count
from support.faulty import faulty
from support.hostile import MANNERS, Hostile, random_world

pytestmark = [pytest.mark.slow, pytest.mark.long]
STEPS = 6
_MET: Counter[str] = Counter()
_SIZES: dict[str, list[int]] = {"rows": [], "medias": [], "runs": [], "faults": []}


def test_every_session_exactly_once(tmp_path: Path, hostile_seed: int) -> None:
    """After each run bounded by what the API shows, in the end the truth, cell for cell.

    ``--hostile-worlds N`` runs N worlds, ``--world-seed N`` replays one.
    """
    with faulty(tmp_path, random_world(hostile_seed)) as account:
        world = Hostile(account, hostile_seed)
        for _ in range(STEPS):
            world.step()
        world.end()
        count(worlds=1, faults=world.fault_count)
        _MET.update(world.met)
        sizes = (account.rows("silver.fact_event").num_rows, len(account.sandbox.world.medias), world.runs)
        for name, size in zip(_SIZES, (*sizes, world.fault_count), strict=True):
            _SIZES[name].append(size)


@pytest.mark.worlds(20)
def test_the_worlds_were_hostile(capsys: pytest.CaptureFixture[str]) -> None:
    """Each manner was seen by the client, and the median world is large enough; asked of twenty worlds or more."""
    worlds = len(_SIZES["rows"])
    with capsys.disabled():
        print(f"\n{worlds} worlds")
        for name, found in _SIZES.items():
            if worlds > 1:  # quartiles of one are none
                print(f"  {name}: quartiles {', '.join(f'{value:,.0f}' for value in quantiles(found, n=4))}")
        print("  met: " + ", ".join(f"{manner} {_MET[manner]:,}" for manner in MANNERS))
    assert worlds >= 20, "the worlds went to other processes: -n 0"
    assert [manner for manner in MANNERS if not _MET[manner]] == []
    medians = {name: sorted(found)[worlds // 2] for name, found in _SIZES.items()}
    assert medians["rows"] >= 1000
    assert medians["medias"] >= 3
    assert medians["runs"] >= 5
    assert medians["faults"] >= 3
