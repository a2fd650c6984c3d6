"""Random accounts that share nothing, neither medias nor years, so that one lake can hold all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from support.simulation import Simulation, simulation
from wistia_lake.model import Quiet
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.sandbox.catalog_tiny import TINY
from wistia_lake.sandbox.scenario import Options, Scenario
from wistia_lake.sandbox.world import World

WEEKS = 52


def far_world(number: int) -> World:
    """The account ``tiny`` with medias, sessions and manners of its own, ``number`` years earlier."""
    options = Options(
        received_at="last" if number % 2 else "first",
        deleted_sessions="vanish" if number % 3 == 0 else "stay",
        twin_share=0.05 if number % 4 == 0 else 0.006,
        late_share=0.1 if number % 5 == 0 else 0.015,
        bot_share=0.9 if number % 7 == 0 else 0.13,
    )
    return World(_moved(TINY, number), number, options)


def _moved(scenario: Scenario, years: int) -> Scenario:
    by = timedelta(weeks=WEEKS * years)
    medias = tuple(
        replace(
            media, id=media.id + 1000 * years, hashed_id=f"w{years:02}{media.hashed_id[3:]}",
            created=media.created - by,
            traffic=replace(
                media.traffic,
                bursts=tuple(replace(burst, day=burst.day - by) for burst in media.traffic.bursts),
                engagement=0.2 + years * 37 % 60 / 100,
            ),
            length=media.length + years / 7, duration=media.length + years / 7 if years % 6 else None,
        )
        for media in scenario.medias
    )  # fmt: skip
    return replace(scenario, first_day=scenario.first_day - by, now=scenario.now - by, medias=medias)


def visited_at(number: int) -> tuple[datetime, datetime]:
    """Two instants at which such a world is read: days apart, so that counters moved and late sessions came."""
    now = TINY.now - timedelta(weeks=WEEKS * number)
    return now - timedelta(days=3), now


def in_one_lake(folder: Path, count: int, **settings: object) -> Simulation:
    """Each of ``count`` worlds read twice, the oldest first, into one bronze; no table is built yet."""
    for number in range(count, 0, -1):
        first, second = visited_at(number)
        with simulation(folder, far_world(number), now=first, seed=number, **settings) as account:
            account.settings["base_url"] = account.sandbox.base_url + ("/modern" if number % 2 else "/v1")
            for at in (first, second):
                account.at(at)
                days = account.sandbox.world.scenario.first_day, account.today
                ingest(account.loaded(), clock=lambda: account.now, reporter=Quiet(), first=days[0], last=days[1])
    return account
