"""Medias' days as Wistia measures them: who is asked for what, and what becomes of refusals. Against a scripted API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.ingesting import Lake, ScriptedApi, media, served
from wistia_lake.errors import ApiRejected, DataError
from wistia_lake.pipeline.plan import StreamPlan, plan

TODAY = date(2025, 3, 12)
A, B, C, D = "aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", "dddddddddd"
STREAM = "media_timeseries"
NOT_OFFERED = (
    "Wistia does not offer media_timeseries to this account ({}), so silver.fact_media_day_measured gets no new days."
)
DAY = timedelta(days=1)


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    api = ScriptedApi()
    api.medias = {media_id: media(media_id) for media_id in (A, B, C, D)}
    with served(api) as api.base_url:  # type: ignore[attr-defined]
        yield api


@pytest.fixture
def lake(api: ScriptedApi, tmp_path: Path) -> Lake:
    settings = {"start": date(2025, 3, 10), "zone": "America/New_York"}
    return Lake(tmp_path, api.base_url + "/modern", lambda: api.now, settings)  # type: ignore[attr-defined]


def asked(api: ScriptedApi, kind: str = "timeseries") -> dict[str, dict[str, str]]:
    """The parameters by media; no media is asked twice."""
    medias = [(path.split("/"), query) for path, query in api.requests if "/medias/" in path]
    found = [(parts[4], query) for parts, query in medias if parts[-1] == kind]
    assert len(found) == len(dict(found))
    return dict(found)


def refuse(api: ScriptedApi, status: int, body: Any, medias: set[str] | None = None) -> None:
    def before(path: str, _: dict[str, str]) -> tuple[int, Any] | None:
        is_meant = "/analytics/" in path and (medias is None or path.split("/")[4] in medias)
        return (status, body) if is_meant else None

    api.before = before


def planned(api: ScriptedApi, lake: Lake, **settings: Any) -> StreamPlan:
    found = plan(lake.loaded(**settings), clock=lambda: api.now)
    return next(one for one in found.streams if one.stream == STREAM)


def test_the_days_are_those_of_by_date_with_an_exclusive_end(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    for days_later in (0, 1, 7):
        api.requests.clear()
        api.now += days_later * DAY
        lake.ingest()
        counted, measured = asked(api, "by_date"), asked(api)
        assert measured.keys() == counted.keys() == {A, B, C, D}
        for media_id, days in counted.items():
            end = date.fromisoformat(days["end_date"]) + DAY
            assert measured[media_id] == {
                "granularity": "daily", "start_date": days["start_date"], "end_date": str(end),
            }  # fmt: skip


def test_a_look_holds_every_medias_days_idle_ones_too(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    manifest = lake.newest(STREAM, TODAY)
    assert (manifest.covers, manifest.row_count, manifest.page_count) == ((date(2025, 2, 11), TODAY), 120, 4)
    assert manifest.medias == [A, B, C, D]
    assert manifest.dropped_fields == ["cta_impressions", "form_conversions"]
    rows = lake.rows(STREAM, TODAY)
    assert rows[0] == {
        "media_id": A, "begins_at": "2025-02-11T05:00:00.000Z", "date": "2025-02-11", "plays": 2, "unique_plays": 2,
        "unique_loads": 4, "unique_visitors": 3, "played_time": 61.0, "play_rate": 0.5, "engagement_rate": 0.25,
    }  # fmt: skip
    assert rows[4] == {"media_id": A, "begins_at": "2025-02-15T05:00:00.000Z", "date": "2025-02-15"}
    assert [row["date"] for row in rows if row["media_id"] == B] == [
        row["date"] for row in rows if row["media_id"] == A
    ]


def test_v1_has_no_such_thing_and_nobody_asks(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest(base_url=api.base_url)  # type: ignore[attr-defined]
    assert not any("/analytics/" in path for path, _ in api.requests)
    assert not any(STREAM in text for text in lake.heard.said)
    assert lake.manifests(STREAM) == []
    found = plan(lake.loaded(base_url=api.base_url), clock=lambda: api.now)  # type: ignore[attr-defined]
    assert STREAM not in {one.stream for one in found.streams}


def test_what_v1_could_not_read_is_read_when_the_modern_api_is_asked(api: ScriptedApi, lake: Lake) -> None:
    """By this stream's own looks: what by_date has read meanwhile does not shorten it."""
    lake.ingest(base_url=api.base_url)  # type: ignore[attr-defined]
    api.now += 20 * DAY
    lake.ingest(base_url=api.base_url)  # type: ignore[attr-defined]
    lake.ingest()
    assert asked(api)[A]["start_date"] == "2025-02-27", "the day before it was made"


def test_at_most_two_years_are_asked_for_at_once(api: ScriptedApi, lake: Lake) -> None:
    api.medias[A] = media(A, created="2021-06-01T00:00:00+00:00")
    lake.ingest()
    assert asked(api)[A]["start_date"] == "2023-03-14"
    assert asked(api, "by_date")[A]["start_date"] == "2021-05-30"
    api.requests.clear()
    lake.ingest(date(2024, 1, 1), date(2024, 1, 31))
    assert asked(api)[B] == {"granularity": "daily", "start_date": "2024-01-01", "end_date": "2025-03-13"}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"error": "Analytics are not available on your current plan"}),
        (401, {"code": "unauthorized_scope", "error": "No"}),
    ],
)
@pytest.mark.parametrize("scopes", [(), (A, B, C)])
def test_a_plan_without_it_costs_one_request_and_is_told_so_once(
    api: ScriptedApi, lake: Lake, status: int, body: dict[str, str], scopes: tuple[str, ...]
) -> None:
    refuse(api, status, body)
    assert planned(api, lake, media_ids=scopes).request_count == 1
    api.requests.clear()
    summary = lake.ingest(media_ids=scopes)
    assert (summary.problems, summary.skipped_medias) == ([], [])
    assert list(asked(api)) == [A]
    assert [text for text in lake.heard.said if STREAM in text] == [NOT_OFFERED.format(status)]
    assert lake.manifests(STREAM) == []
    # It is asked again every time: the day on which it is offered, its whole history is read.
    api.before = lambda path, query: None
    api.requests.clear()
    api.now += 40 * DAY
    lake.ingest()
    assert {query["start_date"] for query in asked(api).values()} == {"2025-02-27"}


def test_an_api_that_knows_no_media_of_it_is_one_that_does_not_offer_it(api: ScriptedApi, lake: Lake) -> None:
    refuse(api, 404, {"error": "Not found"})
    assert planned(api, lake).request_count == 3
    api.requests.clear()
    summary = lake.ingest()
    assert (summary.problems, summary.skipped_medias) == ([], [])
    assert sorted(asked(api)) == [A, B, C], "not every media has to say so"
    assert [text for text in lake.heard.said if STREAM in text] == [NOT_OFFERED.format(404)]


def test_a_deleted_media_alone_says_nothing_about_the_api(api: ScriptedApi, lake: Lake) -> None:
    for number in range(20):
        api.medias[f"more{number:06d}"] = media(f"more{number:06d}")
    api.gone = {A}
    summary = lake.ingest()
    assert summary.skipped_medias == [A]
    assert not any(STREAM in text for text in lake.heard.said)
    manifest = lake.newest(STREAM, TODAY)
    assert (manifest.skipped_medias, len(manifest.medias)) == ([A], 23)


def test_a_refusal_for_another_reason_stops_the_run(api: ScriptedApi, lake: Lake) -> None:
    refuse(api, 400, {"error": "Bad request", "errors": ["start_date is bad"]})
    with pytest.raises(ApiRejected, match="Bad request"):
        lake.ingest()
    with pytest.raises(ApiRejected, match="Bad request"):
        planned(api, lake)


def test_a_broken_answer_costs_only_its_own_slice(api: ScriptedApi, lake: Lake) -> None:
    refuse(api, 200, [{"timestamp": "2025-03-10T05:00:00.000Z", "plays": 3}], {C})
    (problem,) = lake.ingest().problems
    assert isinstance(problem, DataError)
    assert f"{STREAM} account" in str(problem)
    assert lake.manifests(STREAM) == []
    assert lake.newest("media_by_date", TODAY).row_count == 120


def test_a_short_pause_of_the_service_is_sat_out(api: ScriptedApi, lake: Lake) -> None:
    answers = iter([503])

    def before(path: str, _: dict[str, str]) -> tuple[int, Any] | None:
        status = next(answers, None) if "/analytics/" in path else None
        return None if status is None else (status, {"error": "Analytics service is temporarily unavailable"})

    api.before = before
    summary = lake.ingest(media_ids=(A,))
    assert (summary.problems, summary.retry_count) == ([], 1)
    assert lake.newest(STREAM, TODAY, f"media={A}").row_count == 30


def test_each_media_of_media_ids_is_a_look_of_its_own_and_none_is_asked_twice(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest(media_ids=(B, A))
    assert sorted(asked(api)) == [A, B]
    assert [lake.newest(STREAM, TODAY, f"media={media_id}").row_count for media_id in (A, B)] == [30, 30]


def test_the_same_run_again_sees_the_same_and_writes_nothing(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    objects = lake.data_objects()
    api.requests.clear()
    lake.ingest()
    assert lake.data_objects() == objects
    assert {query["start_date"] for query in asked(api).values()} == {"2025-02-11"}


def test_a_backfill_that_has_read_it_today_does_not_ask_again(api: ScriptedApi, lake: Lake) -> None:
    """Not even for days that were cut off at two years."""
    api.medias = {A: media(A, created="2021-06-01T00:00:00+00:00"), B: media(B)}
    loaded = {"missing_only": True, "first": date(2022, 1, 1)}
    from wistia_lake.model import Quiet
    from wistia_lake.pipeline.ingest import ingest

    for expected in ([A, B], []):
        api.requests.clear()
        ingest(lake.loaded(), clock=lake.now, reporter=Quiet(), **loaded)  # type: ignore[arg-type]
        assert sorted(asked(api)) == expected


def move(api: ScriptedApi, media_id: str, plays: int) -> None:
    """Give one media other lifetime counters than the others have."""

    def before(path: str, _: dict[str, str]) -> tuple[int, Any] | None:
        is_meant = path.endswith(f"/stats/medias/{media_id}")
        return (200, {"load_count": 9, "play_count": plays, "visitors": 4}) if is_meant else None

    api.before = before


def test_where_requests_are_spared_the_same_medias_are_asked_as_for_daily_counts(api: ScriptedApi, lake: Lake) -> None:
    """Every media once, then the one that moved, and the others no more when their days are settled."""
    found = []
    for day in range(12):
        move(api, B, 2 + day)
        api.requests.clear()
        assert lake.ingest(rotate_above=0, sweep_after_days=1).problems == []
        assert asked(api).keys() == asked(api, "by_date").keys()
        found.append("".join(media_id[0] for media_id in sorted(asked(api))))
        api.now += DAY
    assert found[0] == "abcd"
    assert set(found[6:]) == {"b"}, found
    assert lake.newest(STREAM, api.now.date() - DAY).medias == [B]


def test_what_a_run_may_not_ask_any_more_waits_and_is_asked_by_the_next_ones(api: ScriptedApi, lake: Lake) -> None:
    """Counters, daily counts and curves come first; who waits is noted in the look and asked first the next time."""
    asked_by_run: list[str] = []
    for _ in range(4):
        api.requests.clear()
        summary = lake.ingest(rotate_above=0, max_requests=19)
        assert summary.problems == []
        assert summary.request_count == len(api.requests) <= 19
        asked_by_run.append("".join(sorted(media_id[0] for media_id in asked(api))))
        assert bool(summary.waiting_medias) == (len("".join(asked_by_run)) < 4)
        api.now += timedelta(minutes=90)
    assert "".join(asked_by_run) == "abcd", asked_by_run
    assert asked_by_run[0] == "a", "there was room for the pilot alone, whose answer is kept"
