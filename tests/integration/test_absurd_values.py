"""Values that no table can hold are set aside when they are read; the largest that are let in can be built."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.ingesting import Lake, ScriptedApi, events_of, media, served
from wistia_lake.errors import CheckFailed, DataError
from wistia_lake.model import Quiet
from wistia_lake.pipeline.run import run
from wistia_lake.pipeline.summary import RunSummary

D = date(2025, 3, 10)
STATS = {"load_count": 3, "play_count": 2, "play_rate": 0.5, "hours_watched": 1.0, "engagement": 0.5, "visitors": 2}
DAY = {"date": str(D), "load_count": 3, "play_count": 2, "hours_watched": 0.5}
CURVE = {"engagement": 0.5, "engagement_data": [2, 1], "rewatch_data": [1, 0]}


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    api = ScriptedApi()
    api.events = events_of(D, 3)
    with served(api) as api.base_url:  # type: ignore[attr-defined]
        yield api


@pytest.fixture
def lake(api: ScriptedApi, tmp_path: Path) -> Lake:
    settings = {"start": date(2025, 3, 9), "zone": "America/New_York"}
    return Lake(tmp_path, api.base_url, lambda: api.now, settings)  # type: ignore[attr-defined]


def ran(lake: Lake) -> RunSummary:
    return run(lake.loaded(), clock=lake.now, reporter=Quiet())


def listed(**fields: Any) -> Callable[[ScriptedApi], None]:
    return lambda api: api.medias.update(aaaaaaaaaa=media("aaaaaaaaaa", **fields))


def answered(answers: dict[str, object]) -> Callable[[ScriptedApi], None]:
    def change(api: ScriptedApi) -> None:
        api.before = lambda path, _query: next(
            ((200, found) for end, found in answers.items() if path.endswith(end)), None
        )

    return change


ABSURD = {
    "a day before all calendars": listed(created="0001-01-01T00:00:00+14:00"),
    "a day after all calendars": listed(created="9999-12-31T23:59:59-05:00"),
    "a film of an age of the universe": listed(duration=4.3e17),
    "more milliseconds than numbers": listed(duration=9.3e15),
    "more loads than can be summed": answered({"/stats/medias/aaaaaaaaaa": {**STATS, "load_count": 2**63 - 1}}),
    "a rate that no product holds": answered({"/stats/medias/aaaaaaaaaa": {**STATS, "play_rate": 1.7e308}}),
    "a daily count that cannot be summed": answered({"/by_date": [{**DAY, "play_count": 2**63 - 1}]}),
    "a count of the year 1": answered({"/by_date": [{**DAY, "date": "0001-01-01"}]}),
    "a curve beyond its column": answered(
        {
            "/engagement": {**CURVE, "engagement_data": [2**63, 1]},
            "/stats/medias/aaaaaaaaaa": {**STATS, "load_count": 9},
        }
    ),
}


@pytest.mark.parametrize("what", ABSURD)
def test_an_absurd_value_fails_its_slice_and_never_a_build(api: ScriptedApi, lake: Lake, what: str) -> None:
    """Before there were bounds each of these got into bronze, and every build from then on died of it."""
    assert ran(lake).problem is None
    api.now += timedelta(hours=25)
    ABSURD[what](api)
    summary = ran(lake)
    assert isinstance(summary.problem, DataError)
    assert "rows do not have the form that Wistia documents" in str(summary.problem)
    assert summary.build is not None
    assert summary.failed_checks == []
    api.medias["aaaaaaaaaa"] = media("aaaaaaaaaa")
    api.before = lambda _path, _query: None
    assert ran(lake).problem is None


def test_the_largest_values_that_are_let_in_can_be_built(api: ScriptedApi, lake: Lake) -> None:
    counts = dict.fromkeys(("load_count", "play_count", "visitors"), 10**12)
    days = [{"date": day, "load_count": 10**12, "play_count": 10**12, "hours_watched": 1e12} for day in (
        "1970-01-01", str(D), str(D + timedelta(days=1)), "2199-12-31")]  # fmt: skip
    api.medias["aaaaaaaaaa"] = media("aaaaaaaaaa", duration=1e8, id=2**63 - 1, name="\0")
    answers: dict[str, object] = {
        "/stats/medias/aaaaaaaaaa": {**counts, "play_rate": 1000, "hours_watched": 1e12, "engagement": 1e12},
        "/by_date": days,
        "/engagement": {"engagement": 1e12, "engagement_data": [10**12] * 2000, "rewatch_data": [10**12] * 2000},
    }
    answered(answers)(api)
    summary = ran(lake)
    assert summary.build is not None
    assert summary.problem is None or isinstance(summary.problem, CheckFailed), "the checks may find them too large"
