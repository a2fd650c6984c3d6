"""Random accounts whose zone is to be found: what is known of them from both sides, straight from the simulated world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from wistia_lake.model import ONE_DAY, day_start, days_between
from wistia_lake.probes.zone_score import Counts
from wistia_lake.sandbox.scenario import Account, Media, Options, Scenario, Traffic
from wistia_lake.sandbox.world import World

_NAMES = """
America/New_York America/Chicago America/Denver America/Los_Angeles America/Phoenix America/Toronto America/Halifax
America/St_Johns America/Sao_Paulo America/Bogota America/Mexico_City America/Santiago America/Anchorage
America/Argentina/Buenos_Aires Pacific/Honolulu Europe/London Europe/Dublin Europe/Lisbon Europe/Paris Europe/Berlin
Europe/Stockholm Europe/Athens Europe/Istanbul Africa/Lagos Africa/Johannesburg Africa/Cairo Africa/Casablanca
Asia/Jerusalem Asia/Dubai Asia/Tehran Asia/Kabul Asia/Karachi Asia/Kolkata Asia/Kathmandu Asia/Dhaka Asia/Yangon
Asia/Bangkok Asia/Singapore Asia/Tokyo Australia/Perth Australia/Eucla Australia/Darwin Australia/Adelaide
Australia/Brisbane Australia/Sydney Australia/Lord_Howe Pacific/Auckland Pacific/Chatham Pacific/Kiritimati
Pacific/Pago_Pago UTC
"""
ZONES = _NAMES.split()
"""Whole, half and quarter hours; both hemispheres' daylight saving, and none."""


@dataclass(frozen=True)
class ZoneWorld:
    """An account, and the days of it that somebody compares at an instant."""

    world: World
    first: date
    last: date
    now: datetime

    @property
    def zone(self) -> str:
        """What is to be found."""
        return self.world.scenario.zone

    def counts(self) -> Counts:
        """Plays by day, and when sessions were received, twins once."""
        days = list(days_between(self.first, self.last))
        plays = {media_id: {day: self._plays(media_id, day) for day in days} for media_id in self.world.medias}
        return Counts(self.first, self.last, plays, {media_id: self._sessions(media_id) for media_id in plays})

    def _plays(self, media_id: str, day: date) -> int:
        return self.world.day_counts(media_id, day, self.now)[1]

    def _sessions(self, media_id: str) -> list[int]:
        found: dict[str, int] = {}
        for day in days_between(self.first - ONE_DAY, self.last + ONE_DAY):
            for session in self.world.shown(media_id, day, self.now):
                found.setdefault(session.event_key, session.received_at(self.now.timestamp()))
        return sorted(found.values())


def zone_world(
    seed: int,
    *,
    zone: str | None = None,
    days: int | None = None,
    sessions: float | None = None,
    twin_share: float | None = None,
) -> ZoneWorld:
    """The random account of a seed: at least 14 active days and 1,000 sessions, unless others are asked for."""
    random = Random(seed)
    drawn, drawn_days = random.choice(ZONES), random.randrange(14, 46)
    zone, days = zone or drawn, days or drawn_days
    first = date(2024, 1, 1) + timedelta(days=random.randrange(330))
    total = sessions or 1450 * 10 ** random.random()
    parts = [random.random() + 0.05 for _ in range(random.choice([1, 2, 3, 5, 8]))]
    created = day_start(first) - timedelta(days=9)
    medias = tuple(
        Media(
            number, f"zone{number:06d}", f"Media {number}", None, random.choice([15.0, 60.0, 300.0, 1200.0, 3000.0]),
            created, _traffic(random, total / days * part / sum(parts)), duration=60.0,
        )
        for number, part in enumerate(parts, 1)
    )  # fmt: skip
    now = day_start(first) + timedelta(days=days + 1, hours=random.choice([2, 30, 100]))
    account = Account(1, "Zone", "https://zone.example.com", "q1w2e3r4t5")
    scenario = Scenario("zone", zone, account, first - 3 * ONE_DAY, now, (), medias)
    options = Options(
        received_at=random.choice(["first", "last"]),
        unseen_share=random.choice([0.0, 0.01, 0.02, 0.04]),
        late_share=random.choice([0.0, 0.015, 0.05]),
        twin_share=random.choice([0.0, 0.006, 0.02]) if twin_share is None else twin_share,
    )
    return ZoneWorld(World(scenario, seed, options), first, first + timedelta(days=days - 1), now.astimezone(UTC))


def _traffic(random: Random, plays_per_day: float) -> Traffic:
    mix, weekend = random.choice(["ads", "course", "site"]), random.choice([0.3, 1.0, 1.3])
    return Traffic(plays_per_day, 1.0 + random.random(), mix, 0.3 + 0.4 * random.random(), weekend)
