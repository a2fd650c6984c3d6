"""A plan says within a tenth what the run then asks for, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from support.ingesting import Lake, ScriptedApi, events_of, served
from support.simulation import Simulation, simulation
from wistia_lake.model import Quiet
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.pipeline.plan import Plan, expected_full_pages, plan
from wistia_lake.sandbox.catalog_library import library

Story = Callable[[Simulation], dict[str, object]]
DAY = timedelta(days=1)
SETTINGS = ("media_ids", "rotate_above", "max_requests")


def _ingest(account: Simulation, **asked: object) -> int:
    """Requests that an ingest makes."""
    settings = {name: asked.pop(name) for name in SETTINGS if name in asked}
    loaded = account.loaded(**settings)
    summary = ingest(loaded, clock=lambda: account.now, reporter=Quiet(), **asked)  # type: ignore[arg-type]
    assert summary.problems == []
    return summary.request_count


def _plan(account: Simulation, **asked: object) -> Plan:
    settings = {name: asked.pop(name) for name in SETTINGS if name in asked}
    return plan(account.loaded(**settings), clock=lambda: account.now, **asked)  # type: ignore[arg-type]


def _first(_: Simulation) -> dict[str, object]:
    return {}


def _second(account: Simulation) -> dict[str, object]:
    _ingest(account)
    return {}


def _next_day(account: Simulation) -> dict[str, object]:
    _ingest(account)
    account.at(account.now + DAY)
    return {}


def _after_a_pause(account: Simulation) -> dict[str, object]:
    _ingest(account)
    account.at(account.now + 12 * DAY)
    return {}


def _one_media(account: Simulation) -> dict[str, object]:
    return {"media_ids": (account.sandbox.world.scenario.medias[0].media_id,)}


def _three_medias_next_day(account: Simulation) -> dict[str, object]:
    _ingest(account)
    account.at(account.now + DAY)
    return {"media_ids": tuple(media.media_id for media in account.sandbox.world.scenario.medias[3:6])}


def _a_range_never_read(account: Simulation) -> dict[str, object]:
    return {"first": account.today - 60 * DAY, "last": account.today - 20 * DAY}


def _a_range_read_before(account: Simulation) -> dict[str, object]:
    _ingest(account, first=account.today - 9 * DAY)
    return {"first": account.today - 6 * DAY, "last": account.today - 2 * DAY}


def _half_a_backfill(account: Simulation) -> dict[str, object]:
    _ingest(account, first=account.today - 70 * DAY, last=account.today - 40 * DAY, missing_only=True)
    return {"first": account.today - 90 * DAY, "missing_only": True}


def _modern(account: Simulation) -> dict[str, object]:
    account.settings["base_url"] = account.sandbox.base_url + "/modern"
    return {}


def _modern_next_day(account: Simulation) -> dict[str, object]:
    _modern(account)
    return _next_day(account)


def _modern_in_rotation(account: Simulation) -> dict[str, object]:
    account.settings["rotate_above"] = 10
    return _modern_next_day(account)


def _modern_medias_by_a_plan_without_analytics(account: Simulation) -> dict[str, object]:
    _modern(account)
    account.sandbox.world.options = replace(account.sandbox.world.options, analytics=False)
    return _three_medias_next_day(account)


def _in_turn(account: Simulation) -> dict[str, object]:
    """Three days of a big account, in which idle medias take turns."""
    for _ in range(3):
        _ingest(account, rotate_above=0)
        account.at(account.now + DAY)
    return {"rotate_above": 0}


def _in_turn_again(account: Simulation) -> dict[str, object]:
    """The same on the same day once more."""
    asked = _in_turn(account)
    _ingest(account, **dict(asked))
    return asked


def _in_turn_after_a_pause(account: Simulation) -> dict[str, object]:
    asked = _in_turn(account)
    account.at(account.now + 5 * DAY)
    return asked


def _limited_in_the_sessions(_: Simulation) -> dict[str, object]:
    return {"max_requests": 300}


def _limited_in_the_statistics(account: Simulation) -> dict[str, object]:
    _ingest(account)
    account.at(account.now + DAY)
    return {"max_requests": 80}


def _limited_backfill(_: Simulation) -> dict[str, object]:
    return {"max_requests": 200, "missing_only": True}


@dataclass(frozen=True)
class Case:
    scenario: str
    seed: int
    story: Story


CASES = [
    Case("tiny", 1, _first),
    Case("tiny", 2, _second),
    Case("tiny", 3, _next_day),
    Case("tiny", 4, _one_media),
    Case("edge", 1, _first),
    Case("edge", 2, _next_day),
    Case("demo", 1, _first),
    Case("demo", 2, _next_day),
    Case("demo", 3, _after_a_pause),
    Case("demo", 4, _three_medias_next_day),
    Case("demo", 5, _a_range_never_read),
    Case("demo", 6, _a_range_read_before),
    Case("demo", 7, _half_a_backfill),
    Case("tiny", 8, _modern),
    Case("demo", 8, _modern_next_day),
    Case("demo", 9, _modern_medias_by_a_plan_without_analytics),
    Case("demo", 10, _modern_in_rotation),
    Case("library", 1, _in_turn),
    Case("library", 2, _in_turn_again),
    Case("library", 3, _in_turn_after_a_pause),
    Case("demo", 11, _limited_in_the_sessions),
    Case("demo", 12, _limited_in_the_statistics),
    Case("library", 4, _limited_in_the_statistics),
    Case("edge", 3, _limited_backfill),
]


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.scenario}-{case.seed}{case.story.__name__}")
def test_a_plan_is_within_a_tenth_of_what_the_run_then_asks(tmp_path: Path, case: Case) -> None:
    scenario = library(60, plays=12.0) if case.scenario == "library" else case.scenario
    with simulation(tmp_path, scenario, seed=case.seed) as account:
        asked = case.story(account)
        found = _plan(account, **dict(asked))
        made = _ingest(account, **dict(asked))
        assert abs(found.request_count - made) <= 0.1 * made
        assert found.asked_count <= max(12, 0.25 * made)


@pytest.fixture
def api() -> ScriptedApi:
    api = ScriptedApi()
    for days, count in enumerate([0, 1, 99, 100, 101, 199, 200, 450], start=1):
        api.events += events_of(date(2025, 3, 1) + days * DAY, count)
    return api


def test_a_plan_of_few_days_is_exact_whatever_the_last_page_holds(api: ScriptedApi, tmp_path: Path) -> None:
    with served(api) as base_url:
        lake = Lake(tmp_path, base_url, lambda: api.now)
        asked = {"first": date(2025, 3, 2), "last": date(2025, 3, 9)}
        found = plan(lake.loaded(), clock=lake.now, **asked)
        assert not (tmp_path / "lake").exists()
        assert found.request_count == lake.ingest(**asked).request_count
        assert (found.first_day, found.last_day, found.counted_days) == (date(2025, 3, 2), date(2025, 3, 9), 8)


def test_bytes_are_those_of_the_answers(api: ScriptedApi, tmp_path: Path) -> None:
    with served(api) as base_url:
        found = plan(Lake(tmp_path, base_url, lambda: api.now).loaded(), clock=lambda: api.now, first=date(2025, 3, 2))
    sessions = next(one for one in found.streams if one.stream == "events")
    size = len(str(api.events).replace("None", "null"))
    assert abs(sessions.byte_count - size) < 0.1 * size
    assert found.byte_count == sum(one.byte_count for one in found.streams)


def test_a_plan_counts_by_few_pages(api: ScriptedApi, tmp_path: Path) -> None:
    """A hundred thousand sessions of one day are known from under twenty-five pages."""
    api.events = events_of(date(2025, 3, 4), 86_000)
    with served(api) as base_url:
        lake = Lake(tmp_path, base_url, lambda: api.now)
        found = plan(lake.loaded(), clock=lake.now, first=date(2025, 3, 4), last=date(2025, 3, 4))
    assert next(one for one in found.streams if one.stream == "events").request_count == 862
    assert found.asked_count < 25


def test_a_plan_leaves_the_lake_as_it_is(api: ScriptedApi, tmp_path: Path) -> None:
    with served(api) as base_url:
        lake = Lake(tmp_path, base_url, lambda: api.now)
        lake.ingest()
        before = lake.files()
        plan(lake.loaded(), clock=lake.now)
        assert lake.files() == before


def test_full_pages_of_days_that_differ() -> None:
    assert expected_full_pages(0) == 0
    assert expected_full_pages(5) < 0.01
    assert 0.1 < expected_full_pages(80) < 0.3
    assert abs(expected_full_pages(550) - 5) < 0.1
    assert expected_full_pages(50_000) == 499.5
