"""The account's zone is found in random accounts, and what is not sure is said."""

from __future__ import annotations

from collections import Counter

import pytest

from support.zone_worlds import ZoneWorld, zone_world
from wistia_lake.probes.zone_answer import FEWEST_DAYS, Answer, answer


def _judged(seed: int) -> tuple[ZoneWorld, Answer]:
    account = zone_world(seed)
    return account, answer(account.counts(), "UTC")


def _told(seed: int, account: ZoneWorld, found: Answer) -> str:
    first = [f"{one.candidate.zone} {one.score:.1f}" for one in found.ranking.scores[:4]]
    return f"world-seed={seed} {account.zone} {account.world.options}: {found.verdict}, {first}, {found.evidence}"


@pytest.mark.slow
def test_the_zone_is_right_in_random_worlds_and_never_wrong_by_more_than_it_says(request, record_property):
    only = request.config.getoption("--world-seed")
    seeds = range(1, request.config.getoption("--zone-worlds") + 1) if only is None else [only]
    right, verdicts, wrong, sizes, sessions = 0, Counter(), [], [], []
    for seed in seeds:
        account, found = _judged(seed)
        assert found.day_count >= 14, _told(seed, account, found)
        assert found.session_count >= 1000, _told(seed, account, found)
        assert any(account.zone in one.candidate.names for one in found.plausible), _told(seed, account, found)
        assert not found.contradicts(account.zone)
        if account.zone in found.ranking.scores[0].candidate.names:
            right += 1
        else:
            wrong.append(_told(seed, account, found))
        verdicts[found.verdict] += 1
        sizes.append(len(found.plausible))
        sessions.append(found.session_count)
    middle = len(sizes) // 2
    print(
        f"\nzone: right in {right} of {len(sizes)} worlds, {dict(verdicts)}; ways of counting days left: median "
        f"{sorted(sizes)[middle]}, at most {max(sizes)}; sessions: median {sorted(sessions)[middle]:,}",
        *wrong,
        sep="\n  ",
    )
    assert right >= 0.95 * len(sizes), wrong


@pytest.mark.parametrize("seed", range(3))
def test_with_little_to_compare_it_says_so(seed):
    account = zone_world(seed, zone="Europe/Paris", days=14, sessions=40)
    found = answer(account.counts(), "UTC")
    assert (found.verdict, found.best) == ("not enough data", None)
    assert any("Europe/Paris" in one.candidate.names for one in found.plausible)


def test_a_few_days_do_not_decide_however_many_sessions_they_have():
    account = zone_world(1, zone="Europe/Paris", days=FEWEST_DAYS - 1, sessions=6000)
    found = answer(account.counts(), "UTC")
    assert (found.verdict, found.contradicts("UTC")) == ("not enough data", False)
    assert any("Europe/Paris" in one.candidate.names for one in found.plausible)
