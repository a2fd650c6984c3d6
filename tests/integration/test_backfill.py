"""A backfill reads oldest first, can be stopped anywhere, and never reads again what it has for good."""

from __future__ import annotations

import signal
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from support.ingesting import Heard, Lake, ScriptedApi, events_of, served
from support.program import PROGRAM
from support.simulation import KEY, Simulation, simulation
from wistia_lake.bronze.batch import list_looks
from wistia_lake.lake.store import open_store
from wistia_lake.model import Quiet
from wistia_lake.pipeline.run import run_backfill

DAY = timedelta(days=1)


class Stopped(BaseException):
    """Stands for Ctrl-C or a crash: nothing in the product knows it."""


class StoppingClock:
    """Tells the time; once, after some requests, it stops everything instead."""

    def __init__(self, account: Simulation, requests: int) -> None:
        self.account = account
        self.stop_at = len(account.sandbox.requests()) + requests
        self.stopped = False

    def __call__(self) -> datetime:
        if not self.stopped and len(self.account.sandbox.requests()) >= self.stop_at:
            self.stopped = True
            raise Stopped
        return self.account.now


def _final_days(account: Simulation) -> set[str]:
    looks = list_looks(open_store(str(account.lake)), "events") if account.lake.exists() else ()
    return {look.slice.day.isoformat() for look in looks if look.final}


def _session_days(requests: list[dict[str, Any]]) -> list[str]:
    return [one["query"]["start_date"] for one in requests if one["path"].endswith("/stats/events")]


def _backfill(account: Simulation, clock: Any) -> bool:
    """Whether it came to its end."""
    try:
        summary = run_backfill(account.loaded(), clock=clock, reporter=Quiet())
    except (Stopped, BaseExceptionGroup):
        return False
    assert summary.problem is None
    return True


def _standing(account: Simulation) -> Any:
    return lambda: account.now


@pytest.mark.long
@pytest.mark.slow
def test_two_years_stopped_twenty_times_end_equal_to_the_truth(tmp_path: Path) -> None:
    random = Random(20)
    with simulation(tmp_path, "edge") as account:
        stops = 0
        while True:
            final, before = _final_days(account), len(account.sandbox.requests())
            clock = StoppingClock(account, random.randrange(20, 120)) if stops < 20 else _standing(account)
            ended = _backfill(account, clock)
            again = set(_session_days(account.sandbox.requests()[before:])) & final
            assert again == set()
            if ended:
                break
            stops += 1
        assert stops >= 15
        account.assert_truth()
        assert account.rows("silver.fact_event").num_rows > 3_000
        before = len(account.sandbox.requests())
        assert _backfill(account, _standing(account))
        later = account.sandbox.requests()[before:]
        assert set(_session_days(later)) == {account.now.date().isoformat()}, "only the open day is read again"
        assert [one["path"] for one in later if "/stats/medias/" in one["path"]] == []


def test_oldest_days_are_read_first_and_a_later_media_list_is_still_read(tmp_path: Path) -> None:
    api = ScriptedApi()
    for n in range(1, 9):
        api.events += events_of(date(2025, 3, n), 3)
    with served(api) as base_url:
        lake = Lake(tmp_path, base_url, lambda: api.now, {"slices_in_flight": 1})
        summary = run_backfill(
            lake.loaded(), clock=lake.now, reporter=Heard(), first=date(2025, 3, 2), last=date(2025, 3, 6)
        )
    assert summary.problem is None
    days = [query["start_date"] for path, query in api.requests if path == "/v1/stats/events"]
    assert days == sorted(days)
    assert (days[0], days[-1]) == ("2025-03-02", "2025-03-06")
    assert summary.build is not None


def test_a_backfill_of_other_days_reads_their_daily_counts_too(tmp_path: Path) -> None:
    api = ScriptedApi()
    with served(api) as base_url:
        lake = Lake(tmp_path, base_url, lambda: api.now)
        for first in (date(2025, 3, 8), date(2025, 1, 10), date(2025, 1, 10)):
            asked = {"first": first, "last": date(2025, 3, 9)}
            assert run_backfill(lake.loaded(), clock=lake.now, reporter=Heard(), **asked).problem is None
    starts = [query["start_date"] for path, query in api.requests if path.endswith("aaaaaaaaaa/by_date")]
    assert starts == ["2025-02-11", "2025-01-10"], "the last month, then what was asked for; nothing the third time"


def test_ctrl_c_ends_with_130_and_the_next_one_goes_on(tmp_path: Path) -> None:
    with simulation(tmp_path, "edge") as account:
        account.loaded()
        (tmp_path / ".env").write_text(
            f"WISTIA_API_TOKEN={account.sandbox.token}\nWISTIA_BASE_URL={account.sandbox.base_url}\n"
            f"WISTIA_LAKE_NOW={account.now:%Y-%m-%dT%H:%M:%SZ}\nWISTIA_LAKE_PSEUDONYM_KEY={KEY}\n"
            "WISTIA_LAKE_REQUESTS_PER_MINUTE=3000\n"
        )
        words = [*PROGRAM, "backfill", "--from", "2025-01-01"]
        process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("Reading "):
                break
        while not _final_days(account) and process.poll() is None:
            pass  # the first look is a matter of milliseconds
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (130, "")
        assert err.splitlines()[-1].startswith("wistia-lake: Stopped. What was committed so far is kept;")
        assert "Traceback" not in err
        final, before = _final_days(account), len(account.sandbox.requests())
        assert 0 < len(final) < 71
        assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode == 0
        assert set(_session_days(account.sandbox.requests()[before:])) & final == set()
        account.assert_truth()
