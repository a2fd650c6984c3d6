"""Tables of what Wistia reports, day after day: each is the truth, and a full build gives them again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from support.simulation import ONE_DAY, Simulation, simulation

ACCOUNT_DAY = "silver.fact_account_day"
CURVE = "silver.fact_media_curve"
FIRST, SECOND = "t1nyaaaa01", "t1nybbbb02"


def assert_holds(account: Simulation, table: str) -> None:
    account.assert_truth([table])
    before = account.rows(table)
    account.build(full=True)
    assert account.rows(table).equals(before)


def test_the_accounts_days_restate_and_shrink_as_wistia_says(tmp_path: Path) -> None:
    """Hours of past days move with every read, and a deleted media leaves the days that are read again."""
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as account:
        account.run()
        assert_holds(account, ACCOUNT_DAY)
        first = {row["day"]: row for row in account.rows(ACCOUNT_DAY).to_pylist()}
        assert first[date(2025, 3, 2)]["load_count"] == 0, "read from the oldest media on, also before it was watched"
        account.at(account.now + ONE_DAY).sandbox.world.delete(SECOND, account.now)
        account.at("2025-03-11 15:00").run()
        assert_holds(account, ACCOUNT_DAY)
        second = {row["day"]: row for row in account.rows(ACCOUNT_DAY).to_pylist()}
        assert second[date(2025, 3, 9)]["play_count"] < first[date(2025, 3, 9)]["play_count"]
        assert second[date(2025, 3, 5)] == first[date(2025, 3, 5)], "the late window does not reach that far"
        account.at("2025-03-12 15:00").run(date(2025, 3, 5), date(2025, 3, 5))
        assert_holds(account, ACCOUNT_DAY)
        third = {row["day"]: row for row in account.rows(ACCOUNT_DAY).to_pylist()}
        assert third[date(2025, 3, 5)]["play_count"] < first[date(2025, 3, 5)]["play_count"]


def test_a_repeated_run_leaves_the_accounts_days_alone(tmp_path: Path) -> None:
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as account:
        account.run()
        objects, snapshots = account.objects(), account.snapshots()
        account.run()
        assert (account.objects(), account.snapshots()) == (objects, snapshots)


def asked_for_curves(account: Simulation, since: int) -> list[str]:
    lines = account.sandbox.requests()[since:]
    return [str(line["path"]).split("/")[4] for line in lines if str(line["path"]).endswith("/engagement")]


def test_curves_follow_the_counters_and_stay_when_these_do(tmp_path: Path) -> None:
    """Over narrowed scopes, a length that changes and a deleted media, each curve is the last one that was asked for."""
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as account:
        world = account.sandbox.world
        account.run()
        assert_holds(account, CURVE)
        assert {row["positions"] for row in account.rows(CURVE).to_pylist()} == {92, 312}
        account.at("2025-03-10 20:00").run()
        account.at("2025-03-11 14:00").run(media_ids=(SECOND,))
        assert_holds(account, CURVE)
        world.set_duration(SECOND, 60.0, account.now)
        account.at("2025-03-12 14:00").run()
        assert_holds(account, CURVE)
        second = [row for row in account.rows(CURVE).to_pylist() if row["media_id"] == SECOND]
        assert {(row["positions"], row["position_ms"], row["snapshot_day"]) for row in second} == {
            (60, 1000, date(2025, 3, 12))
        }
        world.delete(SECOND, account.at("2025-03-12 16:00").now)
        since = len(account.sandbox.requests())
        account.at("2025-03-13 14:00").run()
        assert asked_for_curves(account, since) == [FIRST]
        assert_holds(account, CURVE)
        assert [row for row in account.rows(CURVE).to_pylist() if row["media_id"] == SECOND] == second
