"""After any history, incremental equals full, and both equal the truth."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from support.counters import count
from support.histories import History
from support.simulation import ONE_DAY, Simulation, simulation
from wistia_lake.model import Quiet, days_between
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.sandbox.catalog_library import library
from wistia_lake.sandbox.scenario import Options
from wistia_lake.sandbox.world import World

pytestmark = pytest.mark.slow
STEPS = 6


def test_any_history_gives_the_truth(tmp_path: Path, world_seed: int) -> None:
    """After every step of a random history on ``tiny`` each table is the truth, built bit by bit or at once.

    What is unknown of Wistia varies from world to world: whether ``received_at`` is a session's first or last beat,
    what becomes of a deleted media's sessions, where exactly the two-year edge runs.
    """
    options = Options(
        received_at="last" if world_seed % 2 else "first",
        deleted_sessions="vanish" if world_seed % 3 == 0 else "stay",
        edge="day" if world_seed % 4 == 0 else "second",
        account_by_date=world_seed % 5 != 0,
    )
    world = World("tiny", world_seed, options)
    count(worlds=1)
    with simulation(tmp_path, world, now="2025-03-08 14:00") as account:
        history = History(account, world_seed)
        for _ in range(STEPS):
            history.step()
            history.assert_holds()


@pytest.mark.long
def test_any_history_with_either_api_gives_the_truth(tmp_path: Path, world_seed: int) -> None:
    """The same where each run asks one API or the other, and what only one of them has is therefore read with gaps."""
    options = Options(received_at="last" if world_seed % 2 else "first", bot_share=0.13 if world_seed % 4 else 0.9)
    count(worlds=1)
    with simulation(tmp_path, World("tiny", world_seed + 100, options), now="2025-03-08 14:00") as account:
        account.settings["base_url"] = account.sandbox.base_url + "/modern"
        account.settings["rotate_above"] = 0 if world_seed % 2 else 500
        account.run()  # every media is known from now on, so that any may be named in MEDIA_IDS
        history = History(account, world_seed)
        for _ in range(STEPS):
            account.settings["base_url"] = account.sandbox.base_url + history.random.choice(["/v1", "/modern"])
            history.step()
            history.assert_holds()
        account.rules = ""  # they may hide every media
        account.build(**history.settings)
        assert account.rows("silver.fact_media_day_measured").num_rows > 0


@pytest.mark.long
def test_any_history_of_a_big_account_gives_the_truth(tmp_path: Path, world_seed: int) -> None:
    """Idle medias take turns, some runs are cut short by ``max_requests``: each table is the truth of what was read.

    And nothing stays unread: two rounds of daily runs without a limit later every media's days are known as they are.
    """
    world = World(library(10, plays=4.0), world_seed, Options(received_at="last" if world_seed % 2 else "first"))
    count(worlds=1)
    with simulation(tmp_path, world, now="2025-03-04 14:00", rotate_above=0, sweep_days=5) as account:
        history = History(account, world_seed, limited=True)
        for _ in range(STEPS - 2):
            history.step()
            history.assert_holds()
        for _ in range(2 * account.loaded().settings.sweep_after_days):
            account.at(account.now + ONE_DAY)
            ingest(account.loaded(), clock=lambda: account.now, reporter=Quiet())
        account.build()
        history.settings = {}
        history.assert_holds()
        assert_known(account, account.today - account.loaded().settings.sweep_after_days * ONE_DAY, history.steps)


def assert_known(account: Simulation, last: date, told: list[str]) -> None:
    """Every day up to ``last`` is known as it is, and final a few days later: when its media was asked once more."""
    world = account.sandbox.world
    known = {(row["media_id"], row["day"]): row for row in account.rows("silver.fact_media_day").to_pylist()}
    for media_id in world.medias:
        for day in days_between(world.scenario.first_day, last):
            row = known.get((media_id, day), {"load_count": 0, "play_count": 0, "is_final": True})
            counts = (row["load_count"] or 0, row["play_count"] or 0)
            assert counts == world.day_counts(media_id, day, account.now), f"{media_id} {day}: {told}"
            assert row["is_final"] or day > last - 3 * ONE_DAY, f"{media_id} {day}: {told}"
