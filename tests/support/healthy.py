"""Random accounts in which nothing is wrong: zones, rhythms, sizes and manners of Wistia's differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from wistia_lake.sandbox.catalog import scenario as named
from wistia_lake.sandbox.scenario import Burst, Media, Options, Scenario, Traffic
from wistia_lake.sandbox.world import World

ZONES = ("America/New_York", "UTC", "Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles", "Australia/Sydney")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Healthy:
    """One account, and the instants at which its owner runs the pipeline."""

    world: World
    runs: tuple[datetime, ...]

    @property
    def zone(self) -> str:
        """The account's zone."""
        return self.world.scenario.zone


def healthy(seed: int) -> Healthy:
    """The account of a seed: two to eleven weeks of one to three medias, then some days of runs."""
    random = Random(seed)
    first = date(2025, 1, 1) + random.randrange(120) * ONE_DAY
    days = random.choice([14, 20, 34, 50, 76])
    zone = random.choice(ZONES)
    scenario = Scenario(
        name=f"healthy-{seed}",
        zone=zone,
        account=named("tiny").account,
        first_day=first,
        now=datetime.combine(first, time(12), tzinfo=UTC),
        projects=named("tiny").projects,
        medias=tuple(_media(random, number, first, days) for number in range(random.choice([1, 2, 2, 3]))),
        toml=f'zone = "{zone}"\n',
        visitor_pool=60,
    )
    options = Options(
        received_at=random.choice(["first", "last"]),
        twin_share=random.choice([0.0, 0.006, 0.01]),
        late_share=random.choice([0.005, 0.015, 0.03]),
        unseen_share=random.choice([0.0, 0.01, 0.02, 0.04]),
        account_by_date=random.random() < 0.8,
    )
    end = datetime.combine(first + days * ONE_DAY, time(random.randrange(4, 23), 15), tzinfo=UTC)
    runs = tuple(end + number * ONE_DAY for number in range(random.choice([1, 3, 7])))
    return Healthy(World(scenario, seed, options), runs)


def _media(random: Random, number: int, first: date, days: int) -> Media:
    length = round(random.uniform(20, 900), 2)
    created = datetime.combine(first, time(9), tzinfo=UTC) - random.choice([-9, 0, 3, 30]) * ONE_DAY
    bursts = tuple(
        Burst(first + random.randrange(days) * ONE_DAY, random.uniform(0.5, 4), random.uniform(0.7, 6))
        for _ in range(random.choice([0, 0, 1, 2]))
    )
    traffic = Traffic(
        plays_per_day=random.choice([0.3, 2, 6, 20, 60]),
        loads_per_play=random.uniform(1.2, 6),
        mix=random.choice(["ads", "course", "site"]),
        engagement=random.uniform(0.1, 0.8),
        weekend=random.choice([0.02, 0.4, 1.0, 1.5]),
        bursts=bursts,
    )
    project = random.choice([None, named("tiny").projects[0].hashed_id])
    return Media(700 + number, f"healthy{number:03}", f"Film {number}", project, length, created, traffic, length)
