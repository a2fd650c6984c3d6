"""After any history, incremental equals full, and both equal the truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.histories import History
from support.simulation import simulation

pytestmark = pytest.mark.slow
STEPS = 6


def test_any_history_gives_the_truth(tmp_path: Path, world_seed: int) -> None:
    """After every step of a random history on ``tiny`` each table is the truth, built bit by bit or at once."""
    with simulation(tmp_path, "tiny", now="2025-03-08 14:00", seed=world_seed) as account:
        history = History(account, world_seed)
        for _ in range(STEPS):
            history.step()
            history.assert_holds()
