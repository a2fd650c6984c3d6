"""Medias and their counts: deleted, unknown, vanished, narrowed and widened. Against a scripted API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.ingesting import Lake, ScriptedApi, event, events_of, media, served
from wistia_lake.errors import ApiExhausted, SettingsError

TODAY = date(2025, 3, 12)
A, B, C = "aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    api = ScriptedApi()
    api.medias = {A: media(A), B: media(B)}
    with served(api) as api.base_url:  # type: ignore[attr-defined]
        yield api


@pytest.fixture
def lake(api: ScriptedApi, tmp_path: Path) -> Lake:
    return Lake(tmp_path, api.base_url, lambda: api.now, {"start": date(2025, 3, 10)})  # type: ignore[attr-defined]


def listed(lake: Lake, day: date = TODAY) -> dict[str, dict[str, Any]]:
    return {row["media_id"]: row for row in lake.rows("medias", day)}


def asked(api: ScriptedApi, end: str) -> list[dict[str, str]]:
    return [query for path, query in api.requests if path.endswith(end)]


def test_medias_carry_their_page_at_wistia(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    assert listed(lake)[A]["url"] == f"https://example.wistia.com/medias/{A}"
    assert len(asked(api, "/account")) == 1


def test_without_permission_to_see_the_account_medias_have_no_page(api: ScriptedApi, lake: Lake) -> None:
    refusal = 401, {"code": "unauthorized_scope", "error": "no"}
    api.before = lambda path, query: refusal if path == "/v1/account" else None
    lake.ingest()
    assert listed(lake)[A]["url"] is None


def test_a_deleted_media_becomes_a_tombstone_that_is_asked_for_once(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    del api.medias[B]
    for _ in range(3):
        api.now += timedelta(days=1)
        api.requests.clear()
        summary = lake.ingest()
        assert listed(lake, api.now.date())[B] == listed(lake)[B] | {"is_deleted": True}
        assert summary.problems == summary.skipped_medias == []
        assert lake.newest("media_stats", api.now.date()).medias == [A]
        assert [path for path, _ in api.requests].count(f"/v1/medias/{B}") == (1 if _ == 0 else 0)
    api.medias[B] = media(B, name="Back")
    api.now += timedelta(days=1)
    lake.ingest()
    assert listed(lake, api.now.date())[B]["is_deleted"] is False
    assert listed(lake, api.now.date())[B]["name"] == "Back"


def test_a_media_that_only_the_list_lacks_is_not_deleted(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    api.now += timedelta(days=1)
    api.before = lambda path, query: (200, [api.medias[A]][: 2 - int(query["page"])]) if path == "/v1/medias" else None
    lake.ingest()
    assert listed(lake, api.now.date())[B]["is_deleted"] is False
    assert lake.newest("media_stats", api.now.date()).medias == [A, B]


def test_a_list_that_lacks_many_medias_needs_a_second_that_agrees(api: ScriptedApi, lake: Lake) -> None:
    api.medias = {f"m{n:09}": media(f"m{n:09}") for n in range(20)}
    lake.ingest()
    whole = dict(api.medias)

    def forget(path: str, query: dict[str, str]) -> None:
        if path == "/v1/medias" and query["page"] == "1":
            api.medias = dict(list(whole.items())[6:]) if len(asked(api, "/medias")) <= 2 else whole

    api.requests.clear()
    api.before = forget
    summary = lake.ingest()
    assert [type(problem) for problem in summary.problems] == [ApiExhausted]
    assert len(listed(lake)) == 20
    assert len(lake.manifests("medias")) == 1
    assert len(lake.newest("media_stats", TODAY).medias) == 20, "the earlier list serves the other streams"

    api.before = lambda path, query: None
    api.medias = dict(list(whole.items())[6:])
    assert lake.ingest().problems == []
    assert sum(row["is_deleted"] for row in listed(lake).values()) == 6


def test_a_media_ids_entry_that_never_existed_is_named(api: ScriptedApi, lake: Lake) -> None:
    with pytest.raises(SettingsError, match=f"MEDIA_IDS holds {C}") as caught:
        lake.ingest(media_ids=(A, C))
    assert caught.value.exit_code == 3
    assert lake.manifests("events", f"media={A}") == []


def test_a_media_ids_entry_that_was_deleted_is_fine(api: ScriptedApi, lake: Lake) -> None:
    api.events = events_of(date(2025, 3, 11), 10, media_id=B)
    lake.ingest()
    del api.medias[B]
    api.now += timedelta(days=1)
    summary = lake.ingest(media_ids=(B,))
    assert summary.problems == summary.skipped_medias == []
    assert lake.newest("events", date(2025, 3, 11), f"media={B}").row_count == 10
    assert lake.manifests("media_stats", f"media={B}") == []


def test_narrowing_and_widening_reads_each_scope_for_itself(api: ScriptedApi, lake: Lake) -> None:
    day = date(2025, 3, 11)
    api.events = [*events_of(day, 5), event(1, f"{day}T10:00:00.000Z", B)]
    lake.ingest()
    api.requests.clear()
    lake.ingest(media_ids=(B,))
    assert {query["media_id"] for query in asked(api, "/events")} == {B}
    assert lake.newest("events", day, f"media={B}").row_count == 1
    assert lake.newest("media_stats", TODAY, f"media={B}").medias == [B]
    assert len(listed(lake)) == 2, "the list stays whole"
    api.now += timedelta(days=2)
    lake.ingest()
    assert lake.newest("events", day).row_count == 6
    late = [m for m in lake.manifests("events") if m.day == day]
    assert len(late) == 2


def test_a_listed_media_that_answers_404_is_skipped_and_named(api: ScriptedApi, lake: Lake) -> None:
    api.medias = {f"m{n:09}": media(f"m{n:09}") for n in range(30)}
    api.gone = {"m000000007"}
    summary = lake.ingest()
    assert summary.skipped_medias == ["m000000007"]
    assert summary.problems == []
    for stream in ("media_stats", "media_by_date"):
        manifest = lake.newest(stream, TODAY)
        assert manifest.skipped_medias == ["m000000007"]
        assert len(manifest.medias) == 29


def test_five_percent_of_vanished_medias_fail_the_slice(api: ScriptedApi, lake: Lake) -> None:
    api.medias = {f"m{n:09}": media(f"m{n:09}") for n in range(20)}
    api.gone = {"m000000007"}
    summary = lake.ingest()
    assert [type(problem) for problem in summary.problems] == [ApiExhausted, ApiExhausted]
    assert "1 of 20 medias" in str(summary.problems[0])
    assert lake.manifests("media_stats") == []
    assert lake.newest("events", TODAY).row_count == 0


@pytest.mark.parametrize("later", [timedelta(hours=1), timedelta(days=3)])
def test_snapshots_that_did_not_change_write_nothing(api: ScriptedApi, lake: Lake, later: timedelta) -> None:
    """Not on the same day and not on a later one: the look names the earlier object."""
    lake.ingest()
    api.now += later
    lake.ingest()
    for stream in ("medias", "media_stats"):
        first, second = lake.manifests(stream)
        assert first.data == second.data
        assert first.data is not None


def by_date_ranges(api: ScriptedApi) -> dict[str, tuple[str, str]]:
    return {
        path.split("/")[-2]: (query["start_date"], query["end_date"])
        for path, query in api.requests
        if path.endswith("by_date")
    }


def test_daily_counts_begin_with_a_medias_creation_and_go_on_with_the_late_window(api: ScriptedApi, lake: Lake) -> None:
    """No two-year edge: years back at first, then the last days, and a month every week."""
    api.medias[A] = media(A, "2019-05-05T12:00:00+00:00")
    lake.settings["zone"] = "America/New_York"
    lake.ingest()
    assert by_date_ranges(api) == {A: ("2019-05-04", "2025-03-12"), B: ("2025-02-11", "2025-03-12"),
                                   "account": ("2019-05-04", "2025-03-12")}  # fmt: skip
    assert lake.newest("media_by_date", TODAY).covers == (date(2019, 5, 4), TODAY)
    starts = []
    for _ in range(9):
        api.now += timedelta(days=1)
        api.requests.clear()
        lake.ingest()
        ranges = by_date_ranges(api)
        assert ranges[A] == ranges[B] == ranges["account"]
        starts.append((date.fromisoformat(ranges[A][1]) - date.fromisoformat(ranges[A][0])).days)
    assert starts == [3, 3, 3, 3, 3, 3, 29, 3, 3]


def test_a_new_media_is_read_from_its_creation(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    api.medias[C] = media(C, "2024-12-24T00:00:00+00:00")
    api.now += timedelta(days=1)
    api.requests.clear()
    lake.ingest()
    assert by_date_ranges(api) == {A: ("2025-03-10", "2025-03-13"), B: ("2025-03-10", "2025-03-13"),
                                   C: ("2024-12-23", "2025-03-13"), "account": ("2025-03-10", "2025-03-13")}  # fmt: skip


def test_a_pause_leaves_no_gap_in_the_daily_counts(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    for days in (6, 50):
        last_read = api.now.date()
        api.now += timedelta(days=days)
        api.requests.clear()
        lake.ingest()
        assert date.fromisoformat(by_date_ranges(api)[A][0]) <= last_read - timedelta(days=2)


def test_a_repeated_run_asks_for_as_many_daily_counts_as_the_first(api: ScriptedApi, lake: Lake) -> None:
    """Else the second look of a day would hold less than the first, and differ from it."""
    lake.ingest()
    objects = lake.data_objects()
    api.now += timedelta(minutes=5)
    lake.ingest()
    assert lake.data_objects() == objects
    lake.ingest(date(2025, 1, 1), date(2025, 1, 2))
    assert by_date_ranges(api)[A] == ("2025-01-01", "2025-03-12")
    api.now += timedelta(days=1)
    api.requests.clear()
    lake.ingest(date(2025, 1, 3), date(2025, 1, 4))
    assert by_date_ranges(api)[A] == ("2025-01-03", "2025-01-04")


def test_late_window_zero_still_reads_yesterday_when_it_is_over(api: ScriptedApi, lake: Lake) -> None:
    lake.settings |= {"late_window_days": 0, "sweep_days": 0}
    lake.ingest()
    api.now += timedelta(days=1)
    api.requests.clear()
    lake.ingest()
    assert by_date_ranges(api)[A] == ("2025-03-12", "2025-03-13")


def test_the_lakes_start_is_that_of_its_oldest_media(api: ScriptedApi, lake: Lake) -> None:
    lake.settings.clear()
    lake.ingest()
    assert {manifest.day for manifest in lake.manifests("events")} == {date(2025, 3, n) for n in range(1, 13)}


def test_one_walk_of_a_list_that_shifts_keeps_every_media(api: ScriptedApi, lake: Lake) -> None:
    api.medias = {f"m{n:09}": media(f"m{n:09}") for n in range(150)}

    def insert(path: str, query: dict[str, str]) -> None:
        if path == "/v1/medias" and query["page"] == "2" and C not in api.medias:
            api.medias = {C: media(C), **api.medias}

    api.before = insert
    lake.ingest()
    manifest = lake.newest("medias", TODAY)
    assert (manifest.row_count, manifest.repeat_count) == (150, 1)
    assert datetime.fromisoformat(listed(lake)["m000000000"]["created"]).year == 2025
