"""In a big scope only medias that may have moved are asked for statistics, and nothing is lost by it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from support.ingesting import Lake, ScriptedApi, event, media, served
from support.simulation import Simulation, simulation
from wistia_lake.model import Quiet
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.pipeline.rotation import has_turn
from wistia_lake.sandbox.catalog_library import library
from wistia_lake.settings import Settings

DAY = timedelta(days=1)
TODAY = date(2025, 3, 12)
A, B, C = "aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"


def medias_asked(paths: list[str]) -> dict[str, list[str]]:
    """The medias that were asked, by stream, in the order of asking."""
    asked: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        parts = path.split("/")
        if parts[-3:-1] == ["stats", "medias"]:
            asked["stats"].append(parts[-1])
        elif parts[-1] in ("by_date", "engagement") and parts[-3] == "medias":
            asked[parts[-1]].append(parts[-2])
    return asked


# --- a simulated library, day after day ------------------------------------------------------------------------------


def daily(account: Simulation, *, build: bool = True) -> dict[str, list[str]]:
    """One run, or ingest alone; whom it asked."""
    before = len(account.sandbox.requests())
    if build:
        account.run()
    else:
        assert ingest(account.loaded(), clock=lambda: account.now, reporter=Quiet()).problems == []
    return medias_asked([line["path"] for line in account.sandbox.requests()[before:]])


def watched(account: Simulation) -> set[str]:
    """The medias with sessions of the late window, as they are served now."""
    world, today = account.sandbox.world, account.now.date()
    days = [today - back * DAY for back in range(4)]
    return {media_id for media_id in world.medias if any(world.visible(media_id, day, account.now) for day in days)}


@pytest.mark.long
@pytest.mark.slow
def test_idle_medias_take_turns_and_the_tables_are_the_truth(tmp_path: Path) -> None:
    """Two rounds of daily runs over sixty medias, of which a dozen are watched on a day."""
    with simulation(tmp_path, library(60, plays=12.0), rotate_above=0) as account:
        sweep = account.loaded().settings.sweep_after_days
        asked = daily(account)
        assert [len(asked[stream]) for stream in ("stats", "by_date", "engagement")] == [60, 60, 60]
        last = dict.fromkeys(asked["stats"], account.now.date())
        for day in range(1, 2 * sweep + 1):
            account.at(account.now + DAY)
            asked, moved = daily(account, build=day % 5 == 0), watched(account)
            assert moved <= set(asked["stats"])
            assert len(set(asked["stats"]) - moved) <= ceil((60 - len(moved)) / sweep) + 6
            assert set(asked["engagement"]) <= set(asked["stats"])
            last |= dict.fromkeys(asked["stats"], account.now.date())
            assert max((account.now.date() - at).days for at in last.values()) < sweep
        account.build()
        account.assert_truth()
        account.assert_full_build_changes_nothing()


# --- single medias, against a scripted API ---------------------------------------------------------------------------


@dataclass
class Library:
    """A scripted account whose counters a test moves; every media has 2 plays at first."""

    api: ScriptedApi
    lake: Lake
    plays: Counter[str] = field(default_factory=Counter)

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any] | None:
        parts = path.split("/")
        if parts[2:4] != ["stats", "medias"] or len(parts) != 5 or parts[4] in self.api.gone:
            return None
        return 200, {"load_count": 9, "play_count": 2 + self.plays[parts[4]], "visitors": 4}

    def run(self, days: int = 0, **settings: Any) -> dict[str, list[str]]:
        """An ingest so many days later; whom it asked."""
        self.api.now += days * DAY
        self.api.requests.clear()
        self.summary = self.lake.ingest(**settings)
        assert self.summary.problems == []
        return medias_asked([path for path, _ in self.api.requests])

    def others(self, asked: dict[str, list[str]]) -> int:
        """How many requests the last run made that asked for no media."""
        return len(self.api.requests) - sum(map(len, asked.values()))

    def turn_of(self, media_id: str) -> dict[str, list[str]]:
        """Daily runs up to the next turn of a media; whom the last of them asked."""
        for _ in range(7):
            asked = self.run(1)
            if media_id in asked["stats"]:
                return asked
        raise AssertionError(f"{media_id} was not asked in a whole round")

    def range_of(self, media_id: str) -> tuple[date, date]:
        """The account days that the last run asked a media for."""
        (query,) = [query for path, query in self.api.requests if path.endswith(f"{media_id}/by_date")]
        return date.fromisoformat(query["start_date"]), date.fromisoformat(query["end_date"])

    @property
    def today(self) -> date:
        return self.api.now.date()

    def watch(self, media_id: str, day: date) -> None:
        """A session, which the counters count, too."""
        self.api.events.append(event(len(self.api.events), f"{day}T10:00:00.000Z", media_id))
        self.plays[media_id] += 1


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Library]:
    api = ScriptedApi()
    api.medias = {media_id: media(media_id, "2021-05-05T00:00:00+00:00") for media_id in (A, B)}
    with served(api) as base_url:
        account = Library(api, Lake(tmp_path, base_url, lambda: api.now, {"start": TODAY, "rotate_above": 0}))
        api.before = account.answer
        yield account


def test_below_the_threshold_every_media_is_asked_every_day(account: Library) -> None:
    account.lake.settings["rotate_above"] = 2
    account.run()
    for _ in range(3):
        asked = account.run(1)
        assert sorted(asked["stats"]) == sorted(asked["by_date"]) == [A, B]
    account.api.medias[C] = media(C)
    assert account.run(1)["stats"] == [C], "with a third media the others take turns"


def test_an_idle_media_is_asked_in_its_turn_and_its_days_only_while_they_can_tell_anything(account: Library) -> None:
    asked = account.run()
    assert sorted(asked["stats"]) == sorted(asked["by_date"]) == sorted(asked["engagement"]) == [A, B]
    first = account.turn_of(A)
    assert (first["by_date"], first["engagement"]) == ([A], []), "what moved before the first look may be counted late"
    asked = account.turn_of(A)
    assert has_turn(Settings(), A, account.today - 7 * DAY, account.today)
    assert asked["stats"] == [A]
    assert (asked["by_date"], asked["engagement"]) == ([], [])
    assert account.turn_of(A)["by_date"] == []


def test_a_media_that_moved_after_weeks_is_read_from_its_last_turn_on(account: Library) -> None:
    """Though no look of years has its days: every turn noted that there was nothing to read."""
    account.lake.settings["sweep_days"] = 0
    account.run()
    for media_id in (A, A, B):
        account.turn_of(media_id)
    account.run(2)
    account.watch(B, account.today)  # there is a look only if somebody moved
    assert account.turn_of(A)["by_date"] == [B]
    assert A in account.lake.newest("media_by_date", account.today).unmoved_medias
    last = account.today
    account.plays[A] += 1
    account.watch(B, account.today + 6 * DAY)
    asked = account.turn_of(A)
    assert A in asked["by_date"]
    assert A in asked["engagement"]
    assert account.range_of(A) == (last - 2 * DAY, account.today)


def test_what_moved_is_read_once_more_when_it_is_over_and_once_when_it_is_settled(account: Library) -> None:
    """Daily counts may follow the counters late, and a day that was not over when it was read is not final."""
    account.run()
    account.run(20)
    account.watch(A, account.today)
    asked = [A in account.run(1)["by_date"] for _ in range(9)]
    moved, over, settled = asked[0], asked[1], asked[3]
    assert (moved, over, settled) == (True, True, True)
    assert sum(asked) == 3


def test_a_media_with_sessions_is_asked_through_the_late_window(account: Library) -> None:
    account.run()
    account.run(1)
    account.watch(B, account.today)
    asked = [B in account.run(days)["stats"] for days in (0, 1, 1, 1)]
    assert asked == [True, True, True, True]


def test_a_media_that_was_edited_is_asked_at_once(account: Library) -> None:
    account.run()
    account.run(1)
    account.api.medias[A] = media(A, "2021-05-05T00:00:00+00:00", updated=f"{account.today}T20:00:00+00:00")
    assert A in account.run(1)["stats"]


def test_a_new_media_is_asked_at_once_and_from_its_creation(account: Library) -> None:
    account.run()
    account.run(10)
    account.api.medias[C] = media(C, "2025-03-20T00:00:00+00:00")
    assert account.run(0) == {"stats": [C], "by_date": [C], "engagement": [C]}
    assert account.range_of(C)[0] <= date(2025, 3, 19)


def test_a_turn_that_was_missed_is_made_up_for(account: Library) -> None:
    account.run()
    assert sorted(account.run(8)["stats"]) == [A, B]


def test_a_repeated_run_writes_nothing_and_asks_only_who_may_have_moved(account: Library) -> None:
    account.run()
    account.watch(A, account.today)
    account.turn_of(B)
    objects = account.lake.data_objects()
    account.api.now += timedelta(minutes=5)
    again = account.run()
    assert (again["by_date"], again["engagement"]) == ([], [])
    assert B not in again["stats"]
    assert account.lake.data_objects() == objects


def test_the_newest_look_of_a_day_tells_all_that_the_day_told(account: Library) -> None:
    account.run()
    asked = account.turn_of(B)
    account.watch(A, account.today)
    account.api.now += timedelta(minutes=5)
    assert account.run()["stats"] == [A]
    rows = account.lake.rows("media_stats", account.today)
    assert {row["media_id"] for row in rows} == {A, *asked["stats"]}
    assert next(row for row in rows if row["media_id"] == A)["play_count"] == 3


def test_a_media_whose_daily_counts_failed_is_asked_again_the_next_day(account: Library) -> None:
    """Though its counters are not due: those that were read tell that it moved."""
    account.run()
    account.turn_of(A)
    account.plays[A] += 1
    account.api.before = lambda path, query: (
        (404, {"error": "gone"}) if path.endswith("by_date") and "medias" in path else account.answer(path, query)
    )
    account.turn_of(A)
    account.api.before = account.answer
    asked = account.run(1)
    assert A not in asked["stats"]
    assert A in asked["by_date"]


def test_old_looks_are_not_read_again(account: Library) -> None:
    """What a daily run costs does not hang on how old the lake is: it works though whatever is old were unreadable."""
    account.lake.settings["sweep_days"] = 0
    for day in range(40):
        account.watch((A, B)[day % 2], account.today + DAY)
        account.run(1)
    old = [
        key
        for stream in ("media_stats", "media_by_date")
        for key in account.lake.store.list(f"bronze/{stream}/")
        if key.split("day=")[1][:10] < str(account.today - 21 * DAY)
    ]
    assert len(old) > 30
    for key in old:
        (account.lake.folder / "lake" / key).write_bytes(b"damaged")
    account.run(1)


# --- runs that may make so many requests only ------------------------------------------------------------------------


def test_a_run_with_few_requests_reads_the_oldest_days_and_the_next_one_goes_on(account: Library) -> None:
    account.lake.settings["start"] = TODAY - 20 * DAY
    account.run(max_requests=25)
    assert account.summary.waiting_day_count == 21 - len(account.lake.manifests("events")) > 0
    assert account.lake.manifests("events")[0].day == TODAY - 20 * DAY
    assert account.summary.waiting_medias == [A, B]
    assert account.summary.request_count <= 25 + 1, "a day that was begun is read to its end"
    assert account.lake.manifests("media_stats") == []
    assert account.lake.manifests("account_by_date") != [], "lists are read whatever the limit"
    before = len(account.lake.manifests("events"))
    assert sorted(account.run(max_requests=1000)["stats"]) == [A, B]
    assert len(account.lake.manifests("events")) - before >= account.summary.waiting_day_count == 0
    assert account.summary.waiting_medias == []


def test_medias_wait_in_the_order_of_what_they_miss(account: Library) -> None:
    """First those that moved, then those never asked, then who waited longest; a media gets all three or waits."""
    more = [f"m{n:09}" for n in range(6)]
    account.run()
    account.api.medias |= {media_id: media(media_id, "2021-05-05T00:00:00+00:00") for media_id in more}
    account.watch(B, TODAY)
    lists = account.others(account.run(1, max_requests=1))
    asked = account.run(1, max_requests=lists + 2 * 3 + 3 * 3 + 1)
    assert {stream: sorted(medias) for stream, medias in asked.items()} == {key: [B, *more[:2]] for key in asked}
    assert account.lake.newest("media_stats", account.today).medias == sorted(asked["stats"])
    assert account.summary.waiting_medias == more[2:]
    assert account.summary.media_count == 8
    asked = account.run(1, max_requests=lists + 2 * 4 + 3 * 3)
    assert set(asked["stats"]) == {B, *more[2:4]}
    account.run(1, max_requests=lists + 2 * 4 + 3 * 3)
    assert account.summary.waiting_medias == []


@pytest.mark.parametrize(("spare", "today", "tomorrow"), [(0, [], [A, B]), (1, [A], [B]), (2, [A, B], [])])
def test_curves_that_had_to_wait_are_asked_the_next_day(
    account: Library, spare: int, today: list[str], tomorrow: list[str]
) -> None:
    """Though the counters have not moved since: the look says who waits."""
    account.run()
    account.run(3)
    others = account.others(account.run(1))
    account.watch(B, account.today)
    account.plays[A] += 1
    asked = account.run(1, max_requests=others + 4 + spare)
    assert (sorted(asked["stats"]), sorted(asked["by_date"])) == ([A, B], [A, B])
    assert sorted(asked["engagement"]) == today
    assert account.summary.waiting_medias == tomorrow
    assert sorted(account.run(1)["engagement"]) == tomorrow


def test_a_limit_that_is_not_reached_changes_nothing(account: Library) -> None:
    """But for the days of medias whose counters did not move: with a limit, nobody asks for what is known."""
    account.lake.settings |= {"rotate_above": 500, "max_requests": 1000}
    account.run()
    asked = account.run(1)
    assert sorted(asked["stats"]) == [A, B]
    assert account.summary.waiting_medias == []
    assert account.summary.waiting_day_count == 0


def test_the_announcement_says_what_a_limit_leaves(account: Library) -> None:
    account.run(max_requests=5)
    assert account.lake.heard.said[-1] == (
        "Reading 1 day of sessions and the statistics of 2 medias: up to 2 requests, under a minute at 600000 a "
        "minute, all that this run may still make; the rest waits for the next one."
    )
    account.run()
    account.run(1)
    assert "the statistics of 0 of 2 medias" in account.lake.heard.said[-1]
