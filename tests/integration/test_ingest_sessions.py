"""Sessions: what a walk may meet, and which of it becomes a look. Against an API that is scripted row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.ingesting import KEY, Lake, ScriptedApi, event, events_of, media, served
from wistia_lake.errors import ApiExhausted, ApiRejected, DataError
from wistia_lake.privacy.pseudonym import Pseudonymizer

D = date(2025, 3, 10)
TODAY = date(2025, 3, 12)


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    api = ScriptedApi()
    with served(api) as api.base_url:  # type: ignore[attr-defined]
        yield api


@pytest.fixture
def lake(api: ScriptedApi, tmp_path: Path) -> Lake:
    return Lake(tmp_path, api.base_url, lambda: api.now, {"start": date(2025, 3, 9)})  # type: ignore[attr-defined]


def ids(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(row["event_id"], row["visitor_id"]) for row in rows}


def expected_ids(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """By the pseudonyms that the key makes of the keys as served."""
    names = Pseudonymizer(bytes.fromhex(KEY))
    return {(names.event(row["event_key"]), names.visitor(row["visitor_key"])) for row in rows}


def test_every_day_is_one_look_with_all_its_sessions(api: ScriptedApi, lake: Lake) -> None:
    days = {date(2025, 3, 9): 0, D: 250, date(2025, 3, 11): 100, TODAY: 3}
    for day, count in days.items():
        api.events += events_of(day, count)
    summary = lake.ingest()
    streams = ("medias", "media_stats", "media_by_date", "account_by_date", "media_engagement", "projects")
    other = sum(len(lake.rows(stream, TODAY)) for stream in streams)
    assert (summary.row_count - other, summary.added_count - 1) == (353, 353)
    for day, count in days.items():
        manifest = lake.newest("events", day)
        assert (manifest.row_count, manifest.final) == (count, day != TODAY)
        assert ids(lake.rows("events", day)) == expected_ids(
            [row for row in api.events if row["received_at"].startswith(str(day))]
        )
    assert lake.newest("events", D).page_count == 3
    assert lake.newest("events", date(2025, 3, 11)).page_count == 2
    assert lake.newest("events", date(2025, 3, 9)).data is None


def test_sessions_that_arrive_while_pages_are_walked_hide_none(api: ScriptedApi, lake: Lake) -> None:
    """Newest first and by offset: an arrival pushes rows down, so the walk meets some twice and misses none."""
    api.events = events_of(TODAY, 300)
    late = iter(events_of(TODAY, 12, percent_viewed=0.9, media_id="aaaaaaaaaa"))

    def arrive(path: str, query: dict[str, str]) -> None:
        if path == "/v1/stats/events" and query["start_date"] == str(TODAY) and query["page"] in ("2", "3"):
            for row in (next(late), next(late), next(late)):
                api.events.append(row | {"event_key": row["event_key"] + "b", "received_at": f"{TODAY}T23:59:59.000Z"})

    api.before = arrive
    at_start = expected_ids(api.events)
    lake.ingest()
    manifest = lake.newest("events", TODAY)
    assert ids(lake.rows("events", TODAY)) >= at_start
    assert manifest.repeat_count == 6
    assert manifest.row_count == 300


def test_of_a_repeated_row_the_one_of_the_later_request_counts(api: ScriptedApi, lake: Lake) -> None:
    """percent_viewed of a running session grows between two pages; the later answer is the truer one."""
    api.events = events_of(TODAY, 150)

    def arrive(path: str, query: dict[str, str]) -> None:
        if path == "/v1/stats/events" and query["start_date"] == str(TODAY) and query["page"] == "2":
            api.before = lambda path, query: None
            by_age = sorted(api.events, key=lambda row: row["received_at"])
            by_age[50]["percent_viewed"] = 0.75  # the last row of page 1, soon the first of page 2
            api.events.append(event(1, f"{TODAY}T23:59:59.000Z"))

    api.before = arrive
    lake.ingest()
    assert lake.newest("events", TODAY).repeat_count == 1
    assert [row["percent_viewed"] for row in lake.rows("events", TODAY)].count(0.75) == 1


def test_the_key_of_a_session_is_event_and_visitor(api: ScriptedApi, lake: Lake) -> None:
    api.events = [event(1, f"{D}T10:00:00.000Z"), event(1, f"{D}T10:00:15.000Z", visitor_key="another"),
                  event(2, f"{D}T11:00:00.000Z")]  # fmt: skip
    lake.ingest()
    manifest = lake.newest("events", D)
    assert (manifest.row_count, manifest.repeat_count, manifest.twin_count) == (3, 0, 2)


def test_rows_of_another_day_are_quarantined_without_their_values(api: ScriptedApi, lake: Lake) -> None:
    api.events = [*events_of(D, 1500), event(7, "2025-03-11T00:00:00.000Z", served_on=str(D), country="XX")]
    lake.ingest()
    manifest = lake.newest("events", D)
    assert (manifest.row_count, manifest.quarantined_count) == (1500, 1)
    (key,) = lake.store.list("quarantine/")
    assert key == f"quarantine/events/scope=account/day={D}/{manifest.batch_id}.ndjson.zst"
    import zstandard

    text = zstandard.ZstdDecompressor().stream_reader(lake.store.get(key)).read().decode()
    assert '"field":"received_at"' in text
    assert "2025-03-11T" not in text
    assert "XX" not in text
    names = Pseudonymizer(bytes.fromhex(KEY))
    assert names.event("event-7") in text


@pytest.mark.parametrize(("bad", "kept"), [(1, True), (2, False)])
def test_more_than_a_thousandth_of_bad_rows_fails_the_slice_and_no_other(
    api: ScriptedApi, lake: Lake, bad: int, kept: bool
) -> None:
    api.events = [*events_of(D, 1500), *events_of(date(2025, 3, 11), 5)]
    for row in api.events[:bad]:
        row["percent_viewed"] = "a lot"
    summary = lake.ingest()
    days = {manifest.day for manifest in lake.manifests("events")}
    assert days == {date(2025, 3, 9), date(2025, 3, 11), TODAY} | ({D} if kept else set())
    if kept:
        assert summary.problems == []
        assert lake.newest("events", D).quarantined_count == 1
    else:
        (problem,) = summary.problems
        assert isinstance(problem, DataError)
        assert f"events account {D}: 2 of 1500 rows" in str(problem)
        assert list(lake.store.list("quarantine/")) == []


def test_a_slice_that_fails_is_read_again_by_the_next_run(api: ScriptedApi, lake: Lake) -> None:
    api.events = events_of(D, 150)
    api.before = lambda path, query: (501, {"error": "no"}) if query.get("start_date") == str(D) else None
    summary = lake.ingest()
    assert [type(problem) for problem in summary.problems] == [ApiExhausted]
    assert D not in {manifest.day for manifest in lake.manifests("events")}, "nothing partial is committed"
    assert lake.newest("events", TODAY).row_count == 0
    api.before = lambda path, query: None
    assert lake.ingest().problems == []
    assert lake.newest("events", D).row_count == 150


def test_a_token_that_is_refused_stops_everything_at_once(api: ScriptedApi, lake: Lake) -> None:
    lake.settings["start"] = date(2025, 1, 1)
    body = {"code": "unauthorized_scope", "error": "no"}
    api.before = lambda path, query: (401, body) if "/stats/" in path else None
    with pytest.raises(ApiRejected, match="Read detailed stats"):
        lake.ingest()
    assert len([path for path, _ in api.requests if "/stats/" in path]) <= 20, "70 days were not asked for in vain"
    assert lake.manifests("events") == []


def test_an_api_that_is_down_stops_the_run_before_every_day_was_tried(api: ScriptedApi, lake: Lake) -> None:
    lake.settings |= {"start": date(2024, 1, 1), "slices_in_flight": 2}
    api.before = lambda path, query: (501, {}) if "/stats/" in path else None
    with pytest.raises(ApiExhausted):
        lake.ingest()
    assert len(api.requests) < 20


def removed(api: ScriptedApi, lake: Lake, count: int) -> None:
    """A final look at 400 sessions, after which ``count`` of them are no longer served."""
    api.events = events_of(D, 400)
    lake.ingest()
    api.events = api.events[count:]
    api.requests.clear()


def walks(api: ScriptedApi, day: date) -> int:
    return len([1 for path, query in api.requests if query.get("start_date") == str(day) and query.get("page") == "1"])


def test_a_few_removed_sessions_are_believed_at_once(api: ScriptedApi, lake: Lake) -> None:
    removed(api, lake, 5)
    lake.ingest()
    assert walks(api, D) == 1
    assert (lake.newest("events", D).row_count, lake.newest("events", D).removed_count) == (395, 5)


def test_many_removed_sessions_need_a_second_walk_that_agrees(api: ScriptedApi, lake: Lake) -> None:
    removed(api, lake, 6)
    lake.ingest()
    assert walks(api, D) == 2
    assert (lake.newest("events", D).row_count, lake.newest("events", D).removed_count) == (394, 6)
    assert any("6 of 400 sessions" in said for said in lake.heard.said)


def test_two_walks_that_disagree_about_removed_sessions_change_nothing(api: ScriptedApi, lake: Lake) -> None:
    """An API that forgets for a moment must not empty a day."""
    removed(api, lake, 0)
    whole = api.events

    def forget(path: str, query: dict[str, str]) -> None:
        if path == "/v1/stats/events" and query["start_date"] == str(D) and query["page"] == "1":
            api.events = whole[200:] if walks(api, D) == 1 else whole

    api.before = forget
    summary = lake.ingest()
    (problem,) = summary.problems
    assert isinstance(problem, ApiExhausted)
    assert "two readings disagree" in str(problem)
    assert lake.newest("events", D).row_count == 400


def test_an_emptied_open_day_is_believed_when_a_second_walk_agrees(api: ScriptedApi, lake: Lake) -> None:
    api.events = events_of(TODAY, 400)
    lake.ingest()
    api.events = []
    api.requests.clear()
    lake.ingest()
    assert walks(api, TODAY) == 4, "the only page is read twice, by two walks"
    assert lake.newest("events", TODAY).row_count == 0


def test_a_day_is_final_when_it_and_the_settle_time_were_over_before_the_first_page(
    api: ScriptedApi, lake: Lake
) -> None:
    api.events = events_of(TODAY, 3)
    for at, final in ((timedelta(hours=23, minutes=59), False), (timedelta(hours=24, minutes=59, seconds=59), False),
                      (timedelta(hours=25), True)):  # fmt: skip
        api.now = datetime(2025, 3, 12, tzinfo=UTC) + at
        lake.ingest()
        assert lake.newest("events", TODAY).final is final


def test_a_late_row_of_a_final_day_is_picked_up_and_counted(api: ScriptedApi, lake: Lake) -> None:
    api.events = events_of(D, 20)
    lake.ingest()
    api.now += timedelta(days=1)
    api.events += [event(1, f"{D}T23:00:00.000Z"), event(2, f"{TODAY}T15:00:00.000Z")]
    summary = lake.ingest()
    assert (lake.newest("events", D).row_count, lake.newest("events", D).late_count) == (21, 1)
    assert (summary.late_row_count, summary.added_count) == (1, 2), "today's day was open: its new row is not late"


def test_a_quiet_day_does_not_hold_the_watermark(api: ScriptedApi, lake: Lake) -> None:
    """Nobody watched anything from the 10th to the 12th; the run of the 20th still reads only the last days."""
    api.events = events_of(date(2025, 3, 9), 20)
    for _ in range(8):
        api.now += timedelta(days=1)
        lake.ingest()
    api.requests.clear()
    api.now += timedelta(days=1)
    lake.settings["sweep_days"] = 0
    lake.ingest()
    asked = sorted({query["start_date"] for path, query in api.requests if path == "/v1/stats/events"})
    assert asked == ["2025-03-16", "2025-03-17", "2025-03-18", "2025-03-19", "2025-03-20", "2025-03-21"][-len(asked) :]
    assert asked[0] == "2025-03-17"


def test_an_early_backfill_rewinds_nothing(api: ScriptedApi, lake: Lake) -> None:
    api.events = [*events_of(date(2025, 1, 5), 10), *events_of(D, 10)]
    lake.ingest()
    api.requests.clear()
    lake.ingest(date(2025, 1, 4), date(2025, 1, 6))
    asked = {query["start_date"] for path, query in api.requests if path == "/v1/stats/events"}
    assert asked == {"2025-01-04", "2025-01-05", "2025-01-06"}
    assert lake.newest("events", date(2025, 1, 5)).row_count == 10
    api.requests.clear()
    api.now += timedelta(days=1)
    lake.ingest()
    asked = {query["start_date"] for path, query in api.requests if path == "/v1/stats/events"}
    assert min(asked) == "2025-03-09"
    by_date = [query["start_date"] for path, query in api.requests if path.endswith("by_date")]
    assert by_date == ["2025-03-10"] * 2, "nor do the daily counts start again in January"


def test_a_backfill_by_account_days_reads_the_utc_days_they_overlap(api: ScriptedApi, lake: Lake) -> None:
    lake.settings["zone"] = "America/New_York"
    lake.ingest(date(2025, 3, 9), date(2025, 3, 10))
    asked = {query["start_date"] for path, query in api.requests if path == "/v1/stats/events"}
    assert asked == {"2025-03-09", "2025-03-10", "2025-03-11"}


def test_a_run_says_what_it_will_take(api: ScriptedApi, lake: Lake) -> None:
    api.events = events_of(D, 1000)
    lake.settings["start"] = D
    lake.ingest()
    lake.settings["requests_per_minute"] = 6000
    lake.ingest()
    # D has 10 full pages and an empty one read twice; two more days of two requests; two for the media, one for the account, two for projects.
    assert lake.heard.said[-1].startswith(
        "Reading 3 days of sessions and the statistics of 1 media: at least 21 requests"
    )


def test_medias_of_a_slice_stand_in_its_manifest(api: ScriptedApi, lake: Lake) -> None:
    api.medias["bbbbbbbbbb"] = media("bbbbbbbbbb")
    api.events = [event(1, f"{D}T10:00:00.000Z", "bbbbbbbbbb"), event(2, f"{D}T10:00:00.000Z", "aaaaaaaaaa")]
    lake.ingest()
    assert lake.newest("events", D).medias == ["aaaaaaaaaa", "bbbbbbbbbb"]


def test_unknown_fields_are_dropped_and_named(api: ScriptedApi, lake: Lake) -> None:
    api.events = [event(1, f"{D}T10:00:00.000Z", share_code="zq9")]
    lake.ingest()
    assert lake.newest("events", D).unknown_fields == ["share_code"]
    assert any("events.share_code" in said for said in lake.heard.said)
    assert "zq9" not in str(lake.rows("events", D)) + str(lake.heard.said)


def test_an_api_without_the_endpoint_points_at_the_base_url(api: ScriptedApi, lake: Lake) -> None:
    api.before = lambda path, query: (404, {}) if path == "/v1/stats/events" else None
    with pytest.raises(ApiRejected, match="Check the base URL http://127"):
        lake.ingest()


def test_without_a_zone_a_run_says_that_days_are_utc_days(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    assert len([said for said in lake.heard.said if "No zone is set" in said]) == 1
    lake.heard.said.clear()
    lake.ingest(zone="America/New_York")
    assert not any("No zone is set" in said for said in lake.heard.said)


def test_a_damaged_look_fails_its_slice_and_no_other_and_can_be_repaired(api: ScriptedApi, lake: Lake) -> None:
    """The sentence says which object, and what to do; doing it heals the lake."""
    for day in (date(2025, 3, 9), D, date(2025, 3, 11)):
        api.events += events_of(day, 20)
    lake.ingest()
    missing, torn = lake.newest("events", D), lake.newest("events", date(2025, 3, 11))
    assert missing.data is not None
    lake.store.delete(missing.data.key)
    (manifest_key,) = (key for key in lake.store.list("bronze/events/") if torn.batch_id in key and "json" in key[-5:])
    lake.store.put(manifest_key, b"{")
    api.events += [event(1, f"{day}T23:00:00.000Z") for day in (date(2025, 3, 9), D, date(2025, 3, 11))]
    api.now += timedelta(hours=1)
    problems = sorted(map(str, lake.ingest().problems))
    assert [type(problem) for problem in lake.ingest().problems] == [DataError, DataError]
    assert f"The data object {missing.data.key} is missing" in problems[0]
    assert manifest_key in problems[1]
    assert lake.newest("events", date(2025, 3, 9)).row_count == 21
    lake.store.delete(manifest_key)
    (manifest_key,) = (key for key in lake.store.list("bronze/events/") if missing.batch_id in key)
    lake.store.delete(manifest_key)
    assert lake.ingest(D, D).problems == []
    assert lake.newest("events", D).row_count == 21
    assert lake.ingest().problems == []
    assert lake.newest("events", date(2025, 3, 11)).row_count == 21


def test_a_damaged_media_list_does_not_keep_sessions_from_being_read(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    manifest = lake.newest("medias", TODAY)
    assert manifest.data is not None
    lake.store.delete(manifest.data.key)
    api.events = events_of(TODAY, 9)
    (problem,) = lake.ingest().problems
    assert manifest.data.key in str(problem)
    assert lake.newest("events", TODAY).row_count == 9


def test_a_day_with_bad_rows_is_read_by_every_run_until_it_is_clean(api: ScriptedApi, lake: Lake) -> None:
    """Also long after its late window, and not any more once it was read without a bad row."""
    api.events = [*events_of(D, 1500), event(7, "2025-03-11T00:00:00.000Z", served_on=str(D))]
    lake.ingest()
    for _ in range(2):  # unchanged rows: the second look writes no data, but notes again what was bad
        api.now += timedelta(days=15)
        before = len(lake.manifests("events", day=D))
        lake.ingest()
        assert len(lake.manifests("events", day=D)) == before + 1
        assert lake.newest("events", D).quarantined_count == 1
    api.events.pop()
    api.now += timedelta(days=3)
    lake.ingest()
    assert lake.newest("events", D).quarantined_count == 0
    looks = len(lake.manifests("events", day=D))
    api.now += timedelta(days=3)
    lake.ingest()
    assert len(lake.manifests("events", day=D)) == looks
