"""Tables against each other: what is lost or doubled in one of them is found, and named."""

from __future__ import annotations

from datetime import date

from support.checked import MEDIA, MONDAY, ONE_DAY, OTHER, Checked, put
from wistia_lake.checks.findings import State
from wistia_lake.lake.tables import FACT_EVENT, FACT_MEDIA_DAY

DAYS = 10


def _whole(lake: Checked) -> None:
    lake.traffic([20] * DAYS, [20] * DAYS)
    lake.traffic([7] * DAYS, [6] * DAYS, OTHER)
    lake.write()


def test_whole_tables_are_ok(lake: Checked) -> None:
    _whole(lake)
    for name in ("data-tests", "partition-rows", "sessions-per-day", "doubled-days"):
        assert lake.check(name, write=False).state is State.OK


def test_an_empty_lake_is_unknown_not_ok(lake: Checked) -> None:
    for name in ("data-tests", "partition-rows", "sessions-per-day", "doubled-days"):
        assert lake.check(name, write=False).state is State.UNKNOWN


def test_one_lost_session_is_found_by_media_and_day(lake: Checked) -> None:
    _whole(lake)
    lost = next(row for row in lake.events if row["media_id"] == OTHER and row["day"] == MONDAY + 3 * ONE_DAY)
    put(lake.catalog, FACT_EVENT, [row for row in lake.events if row is not lost])
    found = lake.check("sessions-per-day", write=False)
    assert (found.state, found.finding_count) == (State.FAIL, 1)
    worst = found.findings[0]
    assert (worst.media_id, worst.day, worst.expected, worst.found) == (OTHER, MONDAY + 3 * ONE_DAY, 6, 5)


def test_the_worst_media_comes_first_with_its_worst_day(lake: Checked) -> None:
    _whole(lake)
    kept = [row for row in lake.events if row["media_id"] != MEDIA or row["day"] not in {MONDAY, MONDAY + ONE_DAY}]
    lake.sessions(MONDAY + ONE_DAY, 15)
    put(lake.catalog, FACT_EVENT, [*kept, *lake.events[-15:], dict(lake.events[-16], event_id="one more")])
    found = lake.check("sessions-per-day", write=False).findings
    assert [(one.media_id, one.day, one.found) for one in found] == [(MEDIA, MONDAY, 0), (OTHER, date(2025, 1, 15), 7)]
    assert "2 days of this media differ, by 25 in all" in found[0].message


def test_days_without_covered_sessions_are_not_compared(lake: Checked) -> None:
    _whole(lake)
    lake.day(MONDAY - ONE_DAY, 12, None)
    lake.sessions(MONDAY - ONE_DAY, 3)
    assert lake.check("sessions-per-day").state is State.OK


def test_a_partition_that_lost_rows_is_named(lake: Checked) -> None:
    _whole(lake)
    put(lake.catalog, FACT_MEDIA_DAY, lake.days[1:])
    found = lake.check("partition-rows", write=False)
    assert (found.state, found.finding_count) == (State.FAIL, 1)
    message = "silver.fact_media_day, partition 2025-01-01: 19 rows, and 20 rows when it was built"
    assert found.findings[0].message == message


def test_a_partition_that_nobody_built_is_named(lake: Checked) -> None:
    _whole(lake)
    lake.sessions(MONDAY + 40 * ONE_DAY, 1)
    put(lake.catalog, FACT_EVENT, lake.events)
    found = lake.check("partition-rows", write=False).findings
    assert [one.message for one in found] == [
        "silver.fact_event, partition 2025-02-15: 1 row, and 0 rows when it was built"
    ]


def test_a_doubled_day_is_found_although_its_keys_differ_and_all_tables_agree(lake: Checked) -> None:
    lake.traffic([20] * DAYS, [20] * DAYS)
    day = MONDAY + 4 * ONE_DAY
    again = [row for row in lake.events if row["received_day"] == day]
    lake.events += [row | {"event_id": f"new {n}", "visitor_id": f"new {n}"} for n, row in enumerate(again)]
    for row in lake.days:
        row["event_count"] = sum(1 for event in lake.events if event["day"] == row["day"])
    assert lake.check("sessions-per-day").state is State.OK
    found = lake.check("doubled-days")
    assert (found.state, found.finding_count) == (State.FAIL, 1)
    assert (found.findings[0].media_id, found.findings[0].day) == (MEDIA, day)
    assert (found.findings[0].expected, found.findings[0].found) == (len(again), 2 * len(again))


def test_a_few_sessions_alike_are_chance(lake: Checked) -> None:
    lake.traffic([20] * DAYS, [20] * DAYS)
    lake.events += [row | {"event_id": f"new {n}"} for n, row in enumerate(lake.events[:5])]
    for n in range(9):  # a media this small is not judged: all its sessions may be one player's loop
        lake.event(lake.events[0]["received_at"], MONDAY, OTHER, percent_viewed=0.0, event_id=f"loop {n}")
    assert lake.check("doubled-days").state is State.OK
