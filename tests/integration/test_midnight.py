"""Runs that go on past midnight: what was read belongs to the UTC day on which it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.ingesting import Lake, ScriptedApi, event, media, served
from wistia_lake.bronze.batch import list_looks

A, B = "aaaaaaaaaa", "bbbbbbbbbb"
BEFORE, AFTER = date(2025, 3, 12), date(2025, 3, 13)
STREAMS = (
    "medias", "projects", "media_stats", "media_by_date", "account_by_date", "media_engagement", "media_timeseries",
)  # fmt: skip


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    api = ScriptedApi()
    api.medias = {A: media(A)}
    api.now = datetime(2025, 3, 12, 23, 59, tzinfo=UTC)
    with served(api) as api.base_url:  # type: ignore[attr-defined]
        yield api


@pytest.fixture
def lake(api: ScriptedApi, tmp_path: Path) -> Lake:
    url: str = api.base_url  # type: ignore[attr-defined]
    return Lake(tmp_path, url + "/modern", lambda: api.now, {"start": date(2025, 3, 11), "time_scale": 1000})


def over_midnight(api: ScriptedApi, path: str) -> Callable[[str, dict[str, str]], tuple[int, Any] | None]:
    """The first request for a path is refused two minutes later, so that the one that repeats it is of the next day."""

    def before(asked: str, _query: dict[str, str]) -> tuple[int, Any] | None:
        if asked != path or api.now.date() == AFTER:
            return None
        api.now += timedelta(minutes=2)
        return 503, {"error": "Analytics service is temporarily unavailable"}

    return before


@pytest.mark.parametrize(
    "path",
    [
        "medias", "folders", f"stats/medias/{A}", f"stats/medias/{A}/by_date", "stats/account/by_date",
        f"stats/medias/{A}/engagement", f"analytics/medias/{A}/timeseries",
    ],
)  # fmt: skip
def test_a_look_belongs_to_the_day_of_its_first_answer(api: ScriptedApi, lake: Lake, path: str) -> None:
    api.before = over_midnight(api, f"/modern/{path}")
    assert lake.ingest().problems == []
    assert api.now.date() == AFTER
    moved = 0
    for stream in STREAMS:
        for look in list_looks(lake.store, stream):
            (manifest,) = lake.manifests(stream, day=look.slice.day)
            assert manifest.day == manifest.first_requested_at.date() == look.began_at.date(), stream
            moved += manifest.day == AFTER
    assert moved


def test_a_curve_is_of_the_day_on_which_it_was_read(api: ScriptedApi, lake: Lake) -> None:
    api.before = over_midnight(api, f"/modern/stats/medias/{A}/engagement")
    lake.ingest()
    (row,) = lake.rows("media_engagement", AFTER)
    assert (row["snapshot_day"], row["looked_at"]) == ("2025-03-13", "2025-03-13T00:01:00Z")


def test_what_was_read_of_others_the_day_before_stays_there(api: ScriptedApi, lake: Lake) -> None:
    """In rotation a look takes over what an earlier one of its day told of medias that are not asked: of its own day."""
    api.medias[B] = media(B)
    api.now = datetime(2025, 3, 12, 12, tzinfo=UTC)
    lake.ingest(rotate_above=1)
    api.events = [event(1, "2025-03-12T13:00:00.000Z", A)]
    api.now = datetime(2025, 3, 12, 23, 59, tzinfo=UTC)
    api.before = over_midnight(api, f"/modern/stats/medias/{A}")
    lake.ingest(rotate_above=1)
    assert {day: lake.newest("media_stats", day).medias for day in (BEFORE, AFTER)} == {BEFORE: [A, B], AFTER: [A]}
