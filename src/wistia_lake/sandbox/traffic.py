"""How much a media is watched on a local day, and the sessions that come of it.

Plays are drawn first and cheaply; sessions derive from them. Everything is drawn per media and local day from its own
generator, so that any day can be generated alone.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from wistia_lake.sandbox.draw import Wheel, count, generator
from wistia_lake.sandbox.pages import page
from wistia_lake.sandbox.scenario import Media, Options, Scenario
from wistia_lake.sandbox.sessions import (
    LONGEST_LAG,
    LONGEST_RUN,
    Session,
    conversion,
    delay,
    percent,
)
from wistia_lake.sandbox.visitors import Visitor, event_key, returning, visitor

_HOURLY = {
    "ads": (9, 6, 4, 3, 3, 4, 6, 10, 13, 14, 15, 16, 18, 18, 17, 17, 18, 20, 24, 28, 31, 30, 24, 15),
    "course": (5, 3, 2, 1, 1, 2, 4, 7, 10, 14, 16, 15, 14, 14, 14, 15, 17, 20, 25, 30, 30, 24, 15, 9),
    "site": (2, 1, 1, 1, 1, 3, 6, 12, 22, 30, 32, 30, 24, 27, 30, 28, 24, 18, 13, 12, 11, 9, 6, 4),
}
_HOURS = {mix: Wheel(*enumerate(weights)) for mix, weights in _HOURLY.items()}
_SATURDAY = 5


class DayTraffic:
    """Loads and plays of one media on one local day, as sorted instants."""

    __slots__ = ("loads", "plays")

    def __init__(self, plays: list[int], loads: list[int]) -> None:
        self.plays = plays
        self.loads = loads

    def until(self, now: float) -> tuple[int, int]:
        """Loads and plays that have happened by ``now``."""
        return bisect_right(self.loads, now), bisect_right(self.plays, now)


def plays_and_loads(media: Media, day: date, seed: int) -> tuple[int, int]:
    """How many plays and loads the whole local day has. Every play needed a load."""
    traffic, rng = media.traffic, generator(seed, media.hashed_id, day, "count")
    mean = traffic.plays_per_day * (traffic.weekend if day.weekday() >= _SATURDAY else 1.0)
    mean *= 1.0 + sum(
        burst.factor * 0.5 ** ((day - burst.day).days / burst.half_life)
        for burst in traffic.bursts
        if day >= burst.day
    )  # fmt: skip
    plays = count(rng, mean * (0.85 + 0.3 * rng.random()))
    return plays, plays + count(rng, mean * (traffic.loads_per_play - 1.0))


def day_traffic(media: Media, day: date, bounds: tuple[int, int], seed: int) -> DayTraffic:
    """The instants of the day's plays and loads, inside ``bounds`` (unix seconds)."""
    plays, loads = plays_and_loads(media, day, seed)
    rng = generator(seed, media.hashed_id, day, "instants")
    hours, (start, end) = _HOURS[media.traffic.mix], bounds
    # The rhythm is stretched over the real length of the day (23 or 25 hours twice a year).
    span = (end - start) / 24.0
    played = sorted(start + int((hours.spin(rng) + rng.random()) * span) for _ in range(plays))
    idle = [start + int((hours.spin(rng) + rng.random()) * span) for _ in range(loads - plays)]
    return DayTraffic(played, sorted(played + idle))


class SessionMaker:
    """Turns the plays of a media's local day into sessions."""

    def __init__(self, scenario: Scenario, seed: int, options: Options, first_bucket: int) -> None:
        self._scenario = scenario
        self._seed = seed
        self._options = options
        self._first_bucket = first_bucket

    def sessions(self, media: Media, day: date, plays: list[int]) -> list[Session]:
        """The day's sessions in the order of their plays; about one play in a hundred leaves none."""
        rng = generator(self._seed, media.hashed_id, day, "sessions")
        made: list[Session] = []
        for play_at in plays:
            if rng.random() < self._options.unseen_share:
                continue
            session = self._session(media, play_at, rng)
            made.append(session)
            if rng.random() < self._options.twin_share:
                made.append(self._twin(session, media, rng))
        return made

    def _session(self, media: Media, play_at: int, rng: Random) -> Session:
        mix, who = media.traffic.mix, self._viewer(media, play_at, rng)
        lag = 1 + int(rng.random() * 3)
        if rng.random() < 0.001:
            lag = int(LONGEST_LAG * (0.5 + 0.45 * rng.random()))
        seen, first_at = percent(rng, media.traffic.engagement), play_at + lag
        ip = who.addresses[int(rng.random() * len(who.addresses))]
        return Session(
            media.hashed_id, event_key(rng, play_at // 1000), who, ip, page(rng, mix, who.email),
            conversion(rng, who), play_at, first_at, min(LONGEST_RUN, int(seen * media.length)),
            first_at + delay(rng, self._options.late_share), seen, rng.random() > 0.01,
            self._options.received_at == "last",
        )  # fmt: skip

    def _twin(self, session: Session, media: Media, rng: Random) -> Session:
        """Observed: same key, address, page and user agent; another viewer key, 10-30 s apart, less viewed."""
        other = visitor(rng, session.play_at // 1000, media.traffic.mix)
        who = replace(session.visitor, key=other.key, email=None)
        first_at = session.first_at + 10 + int(rng.random() * 20)
        seen = session.percent * 0.9 * rng.random()
        return replace(
            session, visitor=who, first_at=first_at, percent=seen, run=min(session.run, int(seen * media.length)),
            visible_at=first_at + delay(rng, self._options.late_share),
        )  # fmt: skip

    def _viewer(self, media: Media, play_at: int, rng: Random) -> Visitor:
        scenario, mix = self._scenario, media.traffic.mix
        if rng.random() < scenario.returning_share:
            index = int(rng.random() ** 2 * scenario.visitor_pool)
            return returning(self._seed, index, mix, self._first_bucket)
        return visitor(rng, play_at // 1000, mix)


def account_days(day_number: int) -> tuple[date, date]:
    """The span of local days whose sessions may be received in a UTC day, whatever the zone."""
    utc = date(1970, 1, 1) + timedelta(days=day_number)
    return utc - timedelta(days=2), utc + timedelta(days=1)
