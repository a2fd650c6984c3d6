"""Coverage and due days, example by example; the properties are in tests/property."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from wistia_lake.bronze.layout import Look, Looks, new_batch_id
from wistia_lake.bronze.watermark import (
    Rhythm,
    account_day,
    asked_days,
    due_days,
    is_closed,
    is_cut,
    is_hidden,
    local_midnight,
    watermark,
)
from wistia_lake.model import Slice, day_start, days_between

RHYTHM = Rhythm(late_window_days=3, sweep_days=30, sweep_after_days=7)
START = date(2025, 1, 1)


def d(text: str) -> date:
    return date.fromisoformat(f"2025-{text}")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-{text}").replace(tzinfo=UTC)


def looks(*found: tuple[date, bool, datetime], scope: str = "account") -> Looks:
    return Looks(
        "events",
        [Look(final, new_batch_id(when), Slice("events", scope, day)).manifest_key for day, final, when in found],
    )


def nightly(first: date, last: date, hour: int = 4) -> list[tuple[date, bool, datetime]]:
    """A final look at each day in the morning after it."""
    return [(day, True, day_start(day) + timedelta(days=1, hours=hour)) for day in days_between(first, last)]


def daily(first: date, last: date, hour: int = 4) -> list[tuple[date, bool, datetime]]:
    """What daily runs leave: a final look at each day on the day after it, and on the three days after that one."""
    return [
        (day, True, day_start(on) + timedelta(hours=hour))
        for day in days_between(first, last)
        for on in days_between(day + timedelta(days=1), min(day + timedelta(days=4), last + timedelta(days=1)))
    ]


def test_watermark_is_the_first_day_without_a_final_look() -> None:
    assert watermark(looks(), "account", START) == START
    found = [*nightly(START, d("01-05")), (d("01-06"), False, at("01-06T12:00")), *nightly(d("01-07"), d("01-08"))]
    assert watermark(looks(*found), "account", START) == d("01-06")
    assert watermark(looks(*found), "media=aaaaaaaaaa", START) == START


def test_an_open_look_after_a_final_one_does_not_take_the_day_back() -> None:
    found = [*nightly(START, d("01-02")), (d("01-01"), False, at("01-09T00:00"))]
    assert watermark(looks(*found), "account", START) == d("01-03")


def test_looks_before_start_do_not_count_and_do_not_rewind() -> None:
    """An early manual backfill leaves the watermark and the next run's work where they were."""
    regular = nightly(START, d("03-09"))
    early = [(day, True, at("03-10T04:00")) for day in days_between(date(2024, 6, 1), date(2024, 6, 30))]
    for found in (regular, [*regular, *early]):
        assert watermark(looks(*found), "account", START) == d("03-10")
        due = due_days(looks(*found), "account", start=START, now=at("03-10T05:00"), rhythm=RHYTHM)
        assert due[-4:] == [d("03-07"), d("03-08"), d("03-09"), d("03-10")]
        assert all(day >= START for day in due)


def test_a_first_run_reads_from_start_to_today() -> None:
    assert due_days(looks(), "account", start=d("03-01"), now=at("03-04T00:00"), rhythm=RHYTHM) == list(
        days_between(d("03-01"), d("03-04"))
    )


def test_a_daily_run_reads_the_late_window_yesterday_and_today() -> None:
    found = looks(*daily(START, d("03-08")), (d("03-09"), False, at("03-09T04:00")))
    rhythm = Rhythm(late_window_days=3, sweep_days=0, sweep_after_days=7)
    assert due_days(found, "account", start=START, now=at("03-10T04:00"), rhythm=rhythm) == [
        d("03-06"), d("03-07"), d("03-08"), d("03-09"), d("03-10"),
    ]  # fmt: skip


def test_a_late_row_is_due_for_late_window_days_after_the_first_final_look() -> None:
    """Promise 4: first final look at 10 March on the 11th, so the runs of the 12th, 13th and 14th read it again."""
    rhythm = Rhythm(late_window_days=3, sweep_days=0, sweep_after_days=7)
    for run, reads in (("03-11", True), ("03-12", True), ("03-13", True), ("03-14", True), ("03-15", False)):
        found = looks(*daily(START, d(run) - timedelta(days=2)))
        due = due_days(found, "account", start=START, now=at(f"{run}T04:00"), rhythm=rhythm)
        assert (d("03-10") in due) is reads, run


def test_the_sweep_renews_looks_of_the_last_month_that_are_a_week_old_in_days() -> None:
    found = looks(*daily(START, d("03-09"), hour=23))
    due = due_days(found, "account", start=START, now=at("03-10T01:00"), rhythm=RHYTHM)
    # 27 February was read on 3 March at 23:00: seven UTC days ago on the 10th, though not yet seven times 24 hours.
    swept = [day for day in due if day < d("03-07")]
    assert swept == list(days_between(d("02-09"), d("02-27")))


def test_a_day_that_the_late_window_left_behind_unread_stays_due() -> None:
    """The 9th was not read on the 13th, by a run that finished the 12th all the same."""
    rhythm = Rhythm(late_window_days=3, sweep_days=0, sweep_after_days=7)
    unread = (d("03-09"), True, at("03-13T04:00"))
    for now, reads in (("03-13T05:00", True), ("03-14T04:00", True), ("03-19T04:00", True)):
        regular = daily(START, d("03-12"))
        whole, broken = looks(*regular), looks(*(look for look in regular if look != unread))
        days = [due_days(found, "account", start=START, now=at(now), rhythm=rhythm) for found in (whole, broken)]
        assert sorted({d("03-09"), *days[0]}) == days[1]
        assert (d("03-09") in days[1]) is reads, now
        assert d("03-09") not in days[0], "and a day that was read is not"


def test_a_day_that_runs_soon_after_midnight_finish_late_is_due_as_long_as_others() -> None:
    """At half past midnight yesterday is not settled: it is finished, and its window ends, a day later than others."""
    rhythm = Rhythm(late_window_days=3, sweep_days=0, sweep_after_days=7)
    found = looks(*((d("03-08"), True, at(f"03-{on:02}T00:30")) for on in (10, 11, 12)), *daily(d("03-09"), d("03-12")))
    assert d("03-08") in due_days(found, "account", start=d("03-08"), now=at("03-13T05:00"), rhythm=rhythm)


def test_days_that_were_read_long_after_they_were_over_owe_nothing() -> None:
    """A backfill reads a day whose late window is long over; reading it again would cost much and find nothing."""
    rhythm = Rhythm(late_window_days=3, sweep_days=60, sweep_after_days=90)
    found = [(day, True, at("03-10T05:00")) for day in days_between(START, d("03-09"))]
    due = due_days(looks(*found), "account", start=START, now=at("03-13T05:00"), rhythm=rhythm)
    # The 7th is the first of those that were read before its window ended.
    assert due == list(days_between(d("03-07"), d("03-13")))


def test_the_sweep_reads_nothing_before_start() -> None:
    found = looks(*nightly(d("03-01"), d("03-12")))
    due = due_days(found, "account", start=d("03-01"), now=at("03-13T05:00"), rhythm=RHYTHM)
    assert due[0] == d("03-01")


def test_days_behind_the_two_year_edge_are_never_read() -> None:
    now = at("03-10T12:00")
    assert is_hidden(date(2023, 3, 9), now)
    assert not is_hidden(date(2023, 3, 10), now)
    assert is_cut(date(2023, 3, 10), now)
    assert not is_cut(date(2023, 3, 11), now)
    assert not is_cut(date(2023, 3, 9), now)
    assert is_hidden(date(2023, 3, 9), at("03-10T00:00"))
    assert not is_cut(date(2023, 3, 10), at("03-10T00:00")), "the edge at midnight hides nothing of the day"
    due = due_days(looks(), "account", start=date(2023, 1, 1), now=now, rhythm=RHYTHM)
    assert due[0] == date(2023, 3, 10)


def test_a_finished_day_near_the_edge_is_never_read_again_and_an_unfinished_one_is() -> None:
    now = at("03-10T12:00")
    days = [date(2023, 3, 10), date(2023, 3, 11), date(2023, 3, 12), date(2023, 3, 13)]
    none, account = looks(), looks(*[(day, True, at("03-09T12:00")) for day in days])
    assert [is_closed(none, "account", day, now) for day in days] == [False, False, False, False]
    assert [is_closed(account, "account", day, now) for day in days] == [True, True, True, False]
    assert asked_days(account, "account", days[0], days[-1], zone="UTC", now=now) == [days[-1]]


def test_the_account_look_at_a_day_near_the_edge_guards_it_against_a_poorer_look_at_one_media() -> None:
    now = at("03-10T12:00")
    day = date(2023, 3, 11)
    found = looks((day, True, at("03-09T12:00")))
    assert is_closed(found, "media=aaaaaaaaaa", day, now)
    due = due_days(found, "media=aaaaaaaaaa", start=day, now=now, rhythm=RHYTHM)
    assert due[0] == date(2023, 3, 12)


def test_hidden_days_do_not_make_every_run_read_the_whole_history() -> None:
    """A lake that was not run for long has days it can never read; the window starts after them."""
    now = at("03-10T12:00")
    first_visible = date(2023, 3, 10)
    found = looks(*[(day, True, at("03-09T12:00")) for day in days_between(first_visible, d("03-08"))])
    rhythm = Rhythm(late_window_days=3, sweep_days=0, sweep_after_days=7)
    due = due_days(found, "account", start=date(2023, 3, 1), now=now, rhythm=rhythm)
    assert due == [d("03-06"), d("03-07"), d("03-08"), d("03-09"), d("03-10")]
    assert watermark(found, "account", date(2023, 3, 1)) == date(2023, 3, 1), "a hole that stays is shown, not hidden"


def test_account_days_become_the_utc_days_they_overlap() -> None:
    now = at("06-01T00:00")
    ask = {"zone": "America/New_York", "now": now}
    assert asked_days(looks(), "account", d("03-09"), d("03-09"), **ask) == [d("03-09"), d("03-10")]
    assert asked_days(looks(), "account", d("03-09"), d("03-10"), **ask) == [d("03-09"), d("03-10"), d("03-11")]
    assert asked_days(looks(), "account", d("03-09"), d("03-09"), zone="UTC", now=now) == [d("03-09")]
    assert asked_days(looks(), "account", d("03-09"), d("03-09"), zone="Asia/Tokyo", now=now) == [
        d("03-08"),
        d("03-09"),
    ]
    assert asked_days(looks(), "account", d("05-31"), d("06-09"), zone="UTC", now=now) == [d("05-31"), d("06-01")]


def test_account_days_begin_at_local_midnight_over_a_change_of_clocks() -> None:
    assert local_midnight(d("03-09"), "America/New_York") == at("03-09T05:00")
    assert local_midnight(d("03-10"), "America/New_York") == at("03-10T04:00")
    assert account_day(at("03-10T03:59"), "America/New_York") == d("03-09")
    assert account_day(at("03-10T04:00"), "America/New_York") == d("03-10")
