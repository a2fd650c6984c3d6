"""The account's zone is found in random accounts, and what is not sure is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import pytest

from support.zone_worlds import ZoneWorld, zone_world
from wistia_lake.model import ONE_DAY, day_start
from wistia_lake.probes.zone_answer import FEWEST_DAYS, Answer, answer
from wistia_lake.probes.zone_score import Counts


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
    assert not any("Asia/Tokyo" in one.candidate.names for one in found.plausible)
    assert (found.verdict, found.contradicts("Asia/Tokyo")) == ("not enough data", False)
    assert any("Europe/Paris" in one.candidate.names for one in found.plausible)


def _changed(counts: Counts, sessions: Callable[[list[int]], list[int]]) -> Counts:
    return Counts(counts.first, counts.last, counts.plays, {key: sessions(at) for key, at in counts.sessions.items()})


def _an_outage(counts: Counts, random: Random) -> Counts:
    """Half a UTC day's sessions are lost."""
    begin = day_start(counts.first + random.randrange(2, 10) * ONE_DAY).timestamp() + 18_000
    return _changed(counts, lambda found: [at for at in found if not begin <= at < begin + 45_000])


def _days_of_different_loss(counts: Counts, random: Random) -> Counts:
    """Each UTC day loses its own share of the sessions, 16 % on average."""
    lost = {day: min(0.9, abs(random.gauss(0, 0.2))) for day in range(counts.first.toordinal() - 2, 2_000_000)[:60]}

    def kept(found: list[int]) -> list[int]:
        return [at for at in found if random.random() >= lost[datetime.fromtimestamp(at, UTC).toordinal()]]

    return _changed(counts, kept)


def _plays_of_programs(counts: Counts, random: Random) -> Counts:
    """A seventh of the plays has no session."""
    return _with_plays(counts, lambda plays: plays + sum(random.random() < 0.14 for _ in range(plays)))


def _days_of_programs(counts: Counts, random: Random) -> Counts:
    """On one day in ten there are many plays without a session."""
    return _with_plays(counts, lambda plays: plays + (random.randrange(5, 80) if random.random() < 0.1 else 0))


def _with_plays(counts: Counts, plays: Callable[[int], int]) -> Counts:
    changed = {key: {day: plays(count) for day, count in days.items()} for key, days in counts.plays.items()}
    return Counts(counts.first, counts.last, changed, counts.sessions)


def _sessions_received_late(counts: Counts, random: Random) -> Counts:
    """One session in twenty is received up to an hour late."""
    return _changed(
        counts, lambda found: sorted(at + (random.random() < 0.05) * random.randrange(3600) for at in found)
    )


def _sessions_twice(counts: Counts, random: Random) -> Counts:
    """One session in fifty is there a second time."""
    return _changed(counts, lambda found: sorted([*found, *(at for at in found if random.random() < 0.02)]))


@pytest.mark.parametrize(
    "hurt",
    [
        _an_outage, _days_of_different_loss, _plays_of_programs, _days_of_programs, _sessions_received_late,
        _sessions_twice,
    ],
)  # fmt: skip
def test_it_is_never_wrong_by_more_than_it_says_whatever_is_lost_or_added(request, hurt):
    for seed in range(1, 1 + max(2, request.config.getoption("--zone-worlds") // 8)):
        account = zone_world(seed)
        found = answer(hurt(account.counts(), Random(seed)), "UTC")
        assert any(account.zone in one.candidate.names for one in found.plausible), _told(seed, account, found)
        assert not found.contradicts(account.zone)


def test_plays_that_have_nothing_to_do_with_the_sessions_fit_no_zone():
    account, random = zone_world(2), Random(2)
    found = answer(_with_plays(account.counts(), lambda plays: int(plays * random.uniform(0.4, 1.6))), "UTC")
    assert (found.verdict, found.best, found.contradicts("UTC")) == ("no zone fits", None, False)
