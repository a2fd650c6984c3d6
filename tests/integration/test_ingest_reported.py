"""What Wistia reports beside medias and sessions: the account's days, medias' curves. Against a scripted API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.ingesting import Lake, ScriptedApi, media, served
from wistia_lake.errors import ApiRejected, DataError

TODAY = date(2025, 3, 12)
A, B, C = "aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"
ACCOUNT_BY_DATE = "/v1/stats/account/by_date"


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    api = ScriptedApi()
    api.medias = {A: media(A), B: media(B)}
    with served(api) as api.base_url:  # type: ignore[attr-defined]
        yield api


@pytest.fixture
def lake(api: ScriptedApi, tmp_path: Path) -> Lake:
    return Lake(tmp_path, api.base_url, lambda: api.now, {"start": date(2025, 3, 10)})  # type: ignore[attr-defined]


def asked(api: ScriptedApi, path: str) -> list[dict[str, str]]:
    return [query for one, query in api.requests if one == path]


# --- account_by_date -------------------------------------------------------------------------------------------------


def test_the_accounts_days_are_one_request_with_both_dates_and_kept_ascending(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    assert asked(api, ACCOUNT_BY_DATE) == [{"start_date": "2025-02-11", "end_date": "2025-03-12"}]
    rows = lake.rows("account_by_date", TODAY)
    assert rows[0] == {"date": "2025-02-11", "load_count": 3, "play_count": 11, "hours_watched": 0.5}
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    assert lake.newest("account_by_date", TODAY).covers == (date(2025, 2, 11), TODAY)


def test_the_accounts_days_do_not_hang_on_media_ids(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest(media_ids=(A,))
    assert len(asked(api, ACCOUNT_BY_DATE)) == 1
    assert lake.newest("account_by_date", TODAY, "account").row_count == 30


@pytest.mark.parametrize("status", [404, 403])
def test_an_account_without_daily_counts_is_told_so_once_and_nothing_else_suffers(
    api: ScriptedApi, lake: Lake, status: int
) -> None:
    """Not every version of the API has them, nor every plan: that is no error."""
    api.before = lambda path, query: (status, {"error": "No"}) if path == ACCOUNT_BY_DATE else None
    summary = lake.ingest()
    assert summary.problems == []
    assert summary.skipped_medias == []
    assert [text for text in lake.heard.said if "account_by_date" in text] == [
        f"Wistia does not offer account_by_date to this account ({status}), so silver.fact_account_day gets no new days."
    ]
    assert lake.manifests("account_by_date") == []
    assert lake.newest("media_by_date", TODAY).row_count == 60
    # It is asked again every time: the day on which it is offered, its whole history is read.
    api.before = lambda path, query: None
    api.now += timedelta(days=1)
    lake.ingest()
    assert lake.newest("account_by_date", api.now.date()).covers == (date(2025, 2, 12), api.now.date())


def test_daily_counts_refused_for_any_other_reason_stop_the_run(api: ScriptedApi, lake: Lake) -> None:
    api.before = lambda path, query: (422, {"error": "start_date is bad"}) if path == ACCOUNT_BY_DATE else None
    with pytest.raises(ApiRejected, match="start_date is bad"):
        lake.ingest()


def test_a_broken_answer_about_the_account_costs_only_its_own_slice(api: ScriptedApi, lake: Lake) -> None:
    api.before = lambda path, query: (200, [{"date": "soon"}]) if path == ACCOUNT_BY_DATE else None
    (problem,) = lake.ingest().problems
    assert isinstance(problem, DataError)
    assert "account_by_date" in str(problem)
    assert lake.manifests("account_by_date") == []
    assert lake.newest("media_by_date", TODAY).row_count == 60


# --- media_engagement ------------------------------------------------------------------------------------------------


class Counters:
    """Lets a test move the counters of single medias, and notes whose curve was asked for."""

    def __init__(self, api: ScriptedApi) -> None:
        self.api = api
        self.plays: dict[str, int] = {}
        api.before = self.answer

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any] | None:
        parts = path.split("/")
        if parts[2] != "stats" or parts[3] != "medias" or parts[4] in self.api.gone:
            return None
        plays = self.plays.get(parts[4], 2)
        if parts[-1] == "engagement":
            return 200, {"engagement": 0.5, "engagement_data": [plays, 1, 0], "rewatch_data": [0, 0, 0]}
        if parts[-1] == parts[4]:
            return 200, {"load_count": 9, "play_count": plays, "visitors": 4}
        return None

    def day(self, lake: Lake, **settings: Any) -> list[str]:
        """A run on the next day; the medias that were asked for their curve."""
        self.api.now += timedelta(days=1)
        return self.run(lake, **settings)

    def run(self, lake: Lake, **settings: Any) -> list[str]:
        self.api.requests.clear()
        assert lake.ingest(**settings).problems == []
        return sorted(path.split("/")[4] for path, _ in self.api.requests if path.endswith("/engagement"))


def curves(lake: Lake, day: date, scope: str = "account") -> dict[str, tuple[str, list[int]]]:
    rows = lake.rows("media_engagement", day, scope)
    assert [row["media_id"] for row in rows] == sorted(row["media_id"] for row in rows)
    return {row["media_id"]: (row["snapshot_day"], row["engagement_data"]) for row in rows}


def test_only_medias_whose_counters_moved_are_asked_and_the_newest_batch_tells_all(
    api: ScriptedApi, lake: Lake
) -> None:
    counters = Counters(api)
    assert counters.run(lake) == [A, B]
    first = lake.newest("media_engagement", TODAY)
    assert first.based_on == lake.newest("media_stats", TODAY).batch_id
    assert counters.day(lake) == []
    assert len(lake.manifests("media_engagement")) == 1, "nothing moved, nothing was looked at"
    counters.plays[B] = 7
    assert counters.day(lake) == [B]
    day = api.now.date()
    assert curves(lake, day) == {A: ("2025-03-12", [2, 1, 0]), B: ("2025-03-14", [7, 1, 0])}
    manifest = lake.newest("media_engagement", day)
    assert (manifest.based_on, manifest.page_count, manifest.row_count) == (
        lake.newest("media_stats", day).batch_id, 1, 2,
    )  # fmt: skip
    assert manifest.medias == [A, B]
    # What moved is compared with the batch that the last look was based on, not with the day before.
    assert counters.day(lake) == []


def test_a_curve_is_read_once_a_day_and_what_moved_after_that_on_the_next(api: ScriptedApi, lake: Lake) -> None:
    counters = Counters(api)
    counters.run(lake)
    counters.plays[A] = 5
    api.now += timedelta(hours=2)
    assert counters.run(lake) == []
    assert counters.day(lake) == [A]


def test_any_counter_that_moves_asks_again_also_the_hours_of_a_length_that_became_known(
    api: ScriptedApi, lake: Lake
) -> None:
    counters = Counters(api)
    counters.run(lake)
    hours = {"load_count": 9, "play_count": 2, "visitors": 4, "hours_watched": 0.5}
    api.before = lambda path, query: (200, hours) if path.endswith(f"medias/{A}") else counters.answer(path, query)
    assert counters.day(lake) == [A]


def test_a_new_media_and_one_that_had_vanished_are_asked(api: ScriptedApi, lake: Lake) -> None:
    counters = Counters(api)
    api.medias |= {f"m{n:09}": media(f"m{n:09}") for n in range(30)}
    counters.run(lake)
    api.medias[C] = media(C)
    counters.plays[B] = 3

    def vanish(path: str, query: dict[str, str]) -> tuple[int, Any] | None:
        return (404, {}) if path.endswith(f"{B}/engagement") else counters.answer(path, query)

    api.before = vanish
    assert counters.day(lake) == [B, C]
    day = api.now.date()
    assert lake.newest("media_engagement", day).skipped_medias == [B]
    assert curves(lake, day)[B] == ("2025-03-12", [2, 1, 0]), "its last curve is not lost"
    api.before = counters.answer
    assert counters.day(lake) == [B]
    assert curves(lake, api.now.date())[B] == ("2025-03-14", [3, 1, 0])


def test_a_deleted_media_keeps_its_last_curve(api: ScriptedApi, lake: Lake) -> None:
    counters = Counters(api)
    counters.run(lake)
    del api.medias[B]
    counters.plays[A] = 4
    assert counters.day(lake) == [A]
    assert curves(lake, api.now.date())[B] == ("2025-03-12", [2, 1, 0])


def test_a_media_without_positions_is_asked_once(api: ScriptedApi, lake: Lake) -> None:
    counters = Counters(api)
    empty = {"engagement": 0.0, "engagement_data": [], "rewatch_data": []}
    api.before = lambda path, _: (200, empty) if path.endswith(f"{A}/engagement") else counters.answer(path, _)
    assert counters.run(lake) == [A, B]
    assert curves(lake, TODAY)[A] == ("2025-03-12", [])
    assert counters.day(lake) == []


def test_each_scope_has_curves_of_its_own(api: ScriptedApi, lake: Lake) -> None:
    counters = Counters(api)
    counters.run(lake)
    assert counters.day(lake, media_ids=(A,)) == [A]
    assert list(curves(lake, api.now.date(), f"media={A}")) == [A]
    counters.plays[A] = 8
    assert counters.day(lake) == [A], "the account's own last look knows an older curve"


def test_without_todays_counters_nobody_knows_who_moved_so_nobody_is_asked(api: ScriptedApi, lake: Lake) -> None:
    counters = Counters(api)
    counters.run(lake)
    api.now += timedelta(days=1)
    counters.plays[A] = 4
    api.medias[C] = media(C)
    broken = 200, {"load_count": "many"}
    api.before = lambda path, query: broken if path.endswith(f"medias/{A}") else counters.answer(path, query)
    (problem,) = lake.ingest().problems
    assert "media_stats" in str(problem)
    assert len(lake.manifests("media_engagement")) == 1
    api.before = counters.answer
    assert counters.run(lake) == [A, C], "the next run of the day does it"


def test_counters_that_were_deleted_from_the_lake_make_everybody_be_asked(api: ScriptedApi, lake: Lake) -> None:
    counters = Counters(api)
    counters.run(lake)
    for path in (lake.folder / "lake/bronze/media_stats").rglob("*.json"):
        path.unlink()
    assert counters.day(lake) == [A, B]


def test_a_curve_whose_two_arrays_differ_in_length_is_no_curve(api: ScriptedApi, lake: Lake) -> None:
    odd = {"engagement": 0.5, "engagement_data": [2, 1], "rewatch_data": [1]}
    api.before = lambda path, query: (200, odd) if path.endswith("/engagement") else None
    (problem,) = lake.ingest().problems
    assert "media_engagement account 2025-03-12: 2 of 2 rows" in str(problem)
    assert lake.manifests("media_engagement") == []


def test_a_first_run_counts_the_curves_in_what_it_says(api: ScriptedApi, lake: Lake) -> None:
    lake.ingest()
    first = next(text for text in lake.heard.said if text.startswith("Reading"))
    api.now += timedelta(days=1)
    lake.heard.said.clear()
    lake.ingest()
    second = next(text for text in lake.heard.said if text.startswith("Reading"))
    requests = [int(text.split("at least ")[1].split(" ")[0]) for text in (first, second)]
    # Three and then four days of sessions, two statistics of two medias, the account, the
    # projects (two readings); the curves only at first.
    assert requests == [3 * 2 + 2 * 2 + 1 + 2 + 2, 4 * 2 + 2 * 2 + 1 + 2]


# --- projects --------------------------------------------------------------------------------------------------------


def test_projects_are_the_whole_list_and_unchanged_ones_write_nothing(api: ScriptedApi, lake: Lake) -> None:
    api.projects = [{"id": n, "name": f"Project {n}", "hashedId": f"p{n:09}", "mediaCount": n} for n in range(150)]
    lake.ingest(media_ids=(A,))
    manifest = lake.newest("projects", TODAY)
    assert (manifest.row_count, manifest.page_count) == (150, 2)
    assert lake.rows("projects", TODAY)[7] == {
        "project_id": "p000000007", "numeric_id": 7, "name": "Project 7", "media_count": 7, "created": None,
        "updated": None, "is_public": None,
    }  # fmt: skip
    api.now += timedelta(days=1)
    api.projects.reverse()
    lake.ingest(media_ids=(A,))
    assert lake.newest("projects", api.now.date()).data == manifest.data


def test_projects_that_are_not_offered_are_said_once_and_cost_nothing_else(api: ScriptedApi, lake: Lake) -> None:
    api.before = lambda path, query: (404, {"error": "Not found"}) if path == "/v1/projects" else None
    assert lake.ingest().problems == []
    assert [text for text in lake.heard.said if "projects" in text] == [
        "Wistia does not offer projects to this account (404), so the lake keeps no list of them; medias still say theirs."
    ]
    assert lake.manifests("projects") == []
    assert lake.newest("media_by_date", TODAY).row_count == 60


def test_of_a_project_met_twice_the_later_row_counts(api: ScriptedApi, lake: Lake) -> None:
    api.projects = [{"hashedId": "project001", "name": name} for name in ("Old", "New")]
    lake.ingest()
    assert [row["name"] for row in lake.rows("projects", TODAY)] == ["New"]
    assert lake.newest("projects", TODAY).repeat_count == 1
