"""What chance explains: bounds that hold for every size."""

from __future__ import annotations

from random import Random

import pytest

from wistia_lake.checks.chance import FALSE_ALARMS, allowance, usual
from wistia_lake.sandbox.draw import count


@pytest.mark.parametrize("mean", [0.1, 1.0, 7.5, 60.0, 900.0])
def test_counts_exceed_their_allowance_less_often_than_promised(mean: float) -> None:
    """Poisson counts stay within the allowance of a single comparison in more than 99.5 % of draws."""
    random, trials = Random(1), 4_000
    allowed = mean + allowance(mean, 1)
    assert sum(count(random, mean) > allowed for _ in range(trials)) / trials < FALSE_ALARMS


def test_small_counts_never_alarm_by_one():
    assert allowance(0.0, 1) > 3
    assert allowance(0.12, 10) > 4


def test_more_comparisons_allow_more_but_slowly():
    assert allowance(10, 1) < allowance(10, 100) < allowance(10, 10_000) < 2.5 * allowance(10, 1)


def test_what_is_usual_is_not_moved_by_a_minority():
    assert usual([0.99, 0.98, 1.0, 0.99, 0.2]).share == 0.99
    assert usual([0.99, 0.98, 1.0, 0.99, 0.2]).spread == pytest.approx(0.0148, abs=1e-3)
