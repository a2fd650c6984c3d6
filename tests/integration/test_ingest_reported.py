"""What Wistia reports beside medias and sessions: the account's days. Against a scripted API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from support.ingesting import Lake, ScriptedApi, media, served
from wistia_lake.errors import DataError

TODAY = date(2025, 3, 12)
A, B = "aaaaaaaaaa", "bbbbbbbbbb"
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


def test_an_account_without_daily_counts_is_told_so_once_and_nothing_else_suffers(api: ScriptedApi, lake: Lake) -> None:
    """Not every version of the API has them: 404 means not offered, and is no error."""
    api.before = lambda path, query: (404, {"error": "Not found"}) if path == ACCOUNT_BY_DATE else None
    summary = lake.ingest()
    assert summary.problems == []
    assert summary.skipped_medias == []
    assert [text for text in lake.heard.said if "account_by_date" in text] == [
        "Wistia does not offer account_by_date to this account (404), so silver.fact_account_day gets no new days."
    ]
    assert lake.manifests("account_by_date") == []
    assert lake.newest("media_by_date", TODAY).row_count == 60
    # It is asked again every time: the day on which it is offered, its whole history is read.
    api.before = lambda path, query: None
    api.now += timedelta(days=1)
    lake.ingest()
    assert lake.newest("account_by_date", api.now.date()).covers == (date(2025, 2, 12), api.now.date())


def test_a_broken_answer_about_the_account_costs_only_its_own_slice(api: ScriptedApi, lake: Lake) -> None:
    api.before = lambda path, query: (200, [{"date": "soon"}]) if path == ACCOUNT_BY_DATE else None
    (problem,) = lake.ingest().problems
    assert isinstance(problem, DataError)
    assert "account_by_date" in str(problem)
    assert lake.manifests("account_by_date") == []
    assert lake.newest("media_by_date", TODAY).row_count == 60
