"""Measured days and the three kinds of watch time, day after day by the modern API: the truth, and a full build again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from support.cases import ROOT, Case, write_look
from support.simulation import ONE_DAY, Simulation, simulation
from wistia_lake.sandbox.catalog_tiny import EDGE
from wistia_lake.sandbox.scenario import Options, Scenario
from wistia_lake.sandbox.world import World

pytestmark = pytest.mark.long

MEASURED = "silver.fact_media_day_measured"
KPI = "gold.kpi_media_day"
TABLES = (MEASURED, KPI)
FIRST, SECOND = "t1nyaaaa01", "t1nybbbb02"


def modern(account: Simulation) -> Simulation:
    """From now on runs ask the modern API."""
    account.settings["base_url"] = account.sandbox.base_url + "/modern"
    return account


def winter() -> Scenario:
    """One media that is watched since the year began."""
    media = replace(EDGE.medias[0], created=datetime(2025, 1, 3, 12, tzinfo=UTC))
    return replace(EDGE, first_day=date(2025, 1, 5), medias=(media,))


def assert_holds(account: Simulation, **settings: object) -> None:
    account.assert_truth(TABLES, **settings)
    before = {table: account.rows(table) for table in TABLES}
    account.build(full=True, **settings)
    for table in TABLES:
        assert account.rows(table).equals(before[table]), table


def test_every_table_of_a_modern_account_is_the_truth_over_runs_deletions_and_scopes(tmp_path: Path) -> None:
    """Over the clock change, with a day that grows, a media that is deleted, and scopes that narrow and widen."""
    with simulation(tmp_path, "tiny", now="2025-03-08 14:00") as account:
        modern(account).run()
        account.assert_truth()
        first = {(row["media_id"], row["day"]): row for row in account.rows(MEASURED).to_pylist()}
        assert len(first) == 8
        assert not first[FIRST, date(2025, 3, 8)]["is_final"]
        account.at("2025-03-09 13:00").run(media_ids=(SECOND,))
        assert_holds(account)
        account.at("2025-03-10 04:30").run()
        account.sandbox.world.delete(SECOND, account.at("2025-03-10 20:00").now)
        account.at("2025-03-11 14:00").run()
        account.assert_truth()
        assert_holds(account)
        last = {(row["media_id"], row["day"]): row for row in account.rows(MEASURED).to_pylist()}
        assert last[FIRST, date(2025, 3, 8)]["play_count"] > first[FIRST, date(2025, 3, 8)]["play_count"]
        assert last[SECOND, date(2025, 3, 9)]["is_final"] is False, "as it stood when it was last asked for"
        assert last[FIRST, date(2025, 3, 9)]["is_final"] is True


def test_measured_time_is_no_less_than_what_sessions_tell_of_the_same_plays(tmp_path: Path) -> None:
    """Where nobody is a bot: parts that are seen again count again, so that the sessions' time is a lower bound."""
    world = World("tiny", 1, Options(bot_share=0.0, twin_share=0.0, late_share=0.0))
    with simulation(tmp_path, world, now="2025-03-10 14:00") as account:
        modern(account).run()
        rows = [row for row in account.rows(KPI).to_pylist() if row["is_final"]]
        assert len(rows) == 10
        assert all(row["watched_ms"] < row["played_ms"] + 1000 for row in rows)
        assert all(row["measured_play_count"] == row["event_count"] for row in rows)


def test_a_lake_of_v1_has_an_empty_table_and_the_kpi_without_measures(tmp_path: Path) -> None:
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as account:
        account.run()
        assert_holds(account)
        assert account.rows(MEASURED).num_rows == 0
        without = account.rows(KPI)
        assert without.num_rows == 12
        assert set(without["played_ms"].to_pylist()) == {None}
        account.at("2025-03-11 14:00").run()
        modern(account).run()
        assert_holds(account)
        assert len({row["day"] for row in account.rows(MEASURED).to_pylist()}) == 7, (
            "from the beginning, not from today"
        )


def test_a_plan_without_analytics_fills_everything_else(tmp_path: Path) -> None:
    with simulation(tmp_path, World("tiny", 1, Options(analytics=False)), now="2025-03-10 14:00") as account:
        modern(account).run()
        account.assert_truth()
        asked = [line for line in account.sandbox.requests() if "/analytics/" in str(line["path"])]
        assert [line["status"] for line in asked] == [403]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Pacific/Honolulu"])
def test_the_days_are_the_accounts_in_a_zone_that_is_some_hours_off(tmp_path: Path, zone: str) -> None:
    with simulation(tmp_path, "tiny", now="2025-03-11 14:00") as account:
        modern(account).run()
        right = account.rows(MEASURED).drop_columns(["is_final"])
        account.build(zone=zone)
        assert account.rows(MEASURED).drop_columns(["is_final"]).equals(right)
        account.at("2025-03-12 14:00").run(zone=zone)
        assert_holds(account, zone=zone)


def test_another_zone_moves_the_days_without_a_request(tmp_path: Path) -> None:
    """Far enough away each bucket's middle is on another day; back again, everything is as it was."""
    with simulation(tmp_path, "tiny", now="2025-03-11 14:00") as account:
        modern(account).run()
        before, requests = account.rows(MEASURED), len(account.sandbox.requests())
        assert MEASURED in account.build(zone="Pacific/Auckland").tables
        assert account.rows(MEASURED)["day"].to_pylist() == [day + ONE_DAY for day in before["day"].to_pylist()]
        assert_holds(account, zone="Pacific/Auckland")
        assert MEASURED in account.build().tables
        assert account.rows(MEASURED).equals(before)
        assert len(account.sandbox.requests()) == requests


def test_another_zone_moves_days_of_months_long_over(tmp_path: Path) -> None:
    """Nothing but the days' bounds changes there; what moved over the month's end is in one month, not in two."""
    case = Case(ROOT / "fact_media_day_measured" / "zone_that_is_hours_off.toml", tmp_path)
    case.look()
    case.build()
    case.settings = msgspec.structs.replace(case.settings, zone="Pacific/Auckland")
    case.build()
    moved = case.found(MEASURED, ["media_id", "day"])
    assert [row["day"] for row in moved if row["media_id"] == "auckland01"] == ["2025-02-01", "2025-02-02"]
    assert [row["day"] for row in moved if row["media_id"] == "newyork001"] == ["2025-02-02", "2025-02-03"]
    case.build(full=True)
    assert case.found(MEASURED, ["media_id", "day"]) == moved


def test_the_same_run_again_writes_nothing_and_a_new_day_no_month_that_is_over(tmp_path: Path) -> None:
    """Although lifetime averages move every day, the derived hours of a month that is over do not."""
    with simulation(tmp_path, winter(), now="2025-03-10 14:00", start=date(2025, 3, 1)) as account:
        modern(account).run()
        objects, snapshots = account.objects(), account.snapshots()
        account.run()
        assert (account.objects(), account.snapshots()) == (objects, snapshots)
        account.at("2025-03-31 14:00").run()
        old = {row["day"]: row for row in account.rows(KPI).to_pylist()}
        for day in range(1, 8):
            account.at(f"2025-04-{day:02} 14:00").run()
        account.assert_truth(TABLES)
        built = account.at("2025-04-08 14:00").run().build
        assert built is not None
        assert built.tables[KPI] == 1
        assert built.tables[MEASURED] == 1
        new = {row["day"]: row for row in account.rows(KPI).to_pylist()}
        assert new[date(2025, 1, 15)] == old[date(2025, 1, 15)]
        assert new[date(2025, 1, 15)]["reported_snapshot_day"] == date(2025, 3, 31)
        assert new[date(2025, 4, 7)]["reported_snapshot_day"] == date(2025, 4, 8)


def test_another_title_is_shown_by_every_day(tmp_path: Path) -> None:
    with simulation(tmp_path, winter(), now="2025-03-10 14:00", start=date(2025, 3, 1)) as account:
        modern(account).run()
        world, now = account.sandbox.world, account.at("2025-03-10 15:00").now
        world.rename("edgeaaaa01", "Another name", now)
        renamed = account.run().build
        assert renamed is not None
        assert renamed.tables[KPI] == 3, "January to March"
        assert {row["title"] for row in account.rows(KPI).to_pylist()} == {"Another name"}
        account.assert_truth(TABLES)


def test_a_new_media_moves_no_month_before_it(tmp_path: Path) -> None:
    """Nothing of January to April shows it; every other media's days stay as they are."""
    case = Case(ROOT / "kpi_media_day" / "derived_hours_of_months.toml", tmp_path)
    case.look()
    assert case.build().tables[KPI] == 5
    medias = [*case.spec["looks"][0]["rows"], {"media_id": "media00003", "created": "2025-05-02T00:00:00+00:00"}]
    write_look(case.store, {"stream": "medias", "day": "2025-05-21", "at": "2025-05-21T14:00:00Z", "rows": medias})
    assert case.build().tables[KPI] == 1


def test_a_new_title_is_shown_by_all_days_though_nothing_else_changed(tmp_path: Path) -> None:
    """Months that are over show it, too: the digest of a month holds the titles that it shows."""
    case = Case(ROOT / "kpi_media_day" / "derived_hours_of_months.toml", tmp_path)
    case.look()
    case.build()
    first, second = case.spec["looks"][0]["rows"]
    medias = [{**first, "name": "Another name"}, second]
    write_look(case.store, {"stream": "medias", "day": "2025-05-21", "at": "2025-05-21T14:00:00Z", "rows": medias})
    assert case.build().tables[KPI] == 5
    titles = {row["title"] for row in case.found(KPI, ["media_id", "title"]) if row["media_id"] == "media00001"}
    assert titles == {"Another name"}


def test_a_day_that_is_over_becomes_final_though_nothing_else_changed(tmp_path: Path) -> None:
    """The same numbers, read once a second before the day had settled and once when it had."""
    case = Case(ROOT / "fact_media_day_measured" / "final_once_the_day_is_over.toml", tmp_path)
    look, key = case.spec["looks"][0], ["media_id", "day", "is_final"]
    eleventh = {"media_id": "media00001", "day": "2025-03-11"}
    write_look(case.store, look)
    case.build()
    assert eleventh | {"is_final": False} in case.found(MEASURED, key)
    write_look(case.store, look | {"at": "2025-03-12T05:00:00Z"})
    case.build()
    assert eleventh | {"is_final": True} in case.found(MEASURED, key)
