"""A generated account with as many medias as wanted, most of them idle: what a company's video library looks like.

The n-th most watched media has about ``PLAYS / n ** DECAY`` plays a day, so that a few have most of them, some hundred
are watched on a day, and the long tail is loaded or played once in months.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from wistia_lake.sandbox.scenario import Account, Media, Project, Scenario, Traffic

PLAYS, DECAY = 120.0, 1.15
_PROJECT = Project(93001, "p5lib8rary", "Library")
_NOW = datetime(2025, 3, 12, 14, tzinfo=UTC)


def library(medias: int, *, first_day: date = date(2025, 1, 20), plays: float = PLAYS) -> Scenario:
    """An account of so many medias, with traffic from ``first_day`` on; one in 500 is made in March 2025 only."""
    return Scenario(
        name="library",
        zone="America/New_York",
        account=Account(93110, "Harbour & Hill", "https://harbourhill.example.com", "m2c7x4n9dd"),
        first_day=first_day,
        now=_NOW,
        projects=(_PROJECT,),
        medias=tuple(_media(number, plays) for number in range(1, medias + 1)),
        toml='# Settings that the user of this simulated account would write.\nzone = "America/New_York"\n',
        visitor_pool=400,
    )


def _media(number: int, plays: float) -> Media:
    length = 30.0 + number * 37 % 900
    is_new = number % 500 == 250
    created = _NOW + timedelta(days=number % 7, hours=-3) if is_new else _NOW - timedelta(days=60 + number * 13 % 120)
    traffic = Traffic(plays / number**DECAY, 2.5, ("site", "course", "ads")[number % 3], 0.3 + number % 40 / 100)
    return Media(
        700_000 + number, f"lib{number:07d}", f"Library film {number}", _PROJECT.hashed_id, length, created, traffic,
        duration=length,
    )  # fmt: skip
