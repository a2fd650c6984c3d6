"""Any sequence of runs, at any times, with failures and manual backfills, leaves no gap behind the watermark."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, note, settings
from hypothesis import strategies as st

from wistia_lake.bronze.layout import Look, Looks, new_batch_id
from wistia_lake.bronze.watermark import Rhythm, asked_days, due_days, has_final, is_closed, is_hidden, watermark
from wistia_lake.model import ACCOUNT, ONE_DAY, Slice, day_start, days_between

MEDIA = "media=aaaaaaaaaa"
SETTLE = timedelta(hours=1)


@dataclass
class Lake:
    """Bronze as its keys, filled as ingest fills it."""

    start: date
    rhythm: Rhythm
    keys: set[str] = field(default_factory=set)

    @property
    def looks(self) -> Looks:
        return Looks("events", self.keys)

    def read(self, scope: str, days: list[date], now: datetime, failing: set[int]) -> None:
        for day in days:
            if day.toordinal() % 7 in failing:
                continue
            final = now >= day_start(day) + ONE_DAY + SETTLE
            self.keys.add(Look(final, new_batch_id(now), Slice("events", scope, day)).manifest_key)


@dataclass(frozen=True)
class Run:
    hours_later: int
    scope: str
    failing: frozenset[int]
    manual: tuple[int, int] | None
    """First day before the run and length, in days, of a manual range."""


RUNS = st.lists(
    st.builds(
        Run,
        hours_later=st.one_of(st.integers(0, 40), st.integers(0, 2000)),
        scope=st.sampled_from([ACCOUNT, ACCOUNT, MEDIA]),
        failing=st.frozensets(st.integers(0, 6), max_size=2),
        manual=st.none() | st.tuples(st.integers(0, 900), st.integers(0, 40)),
    ),
    min_size=1,
    max_size=10,
)
# Near today, or so far back that the two-year edge runs into coverage; nothing is different in between.
STARTS = st.integers(-30, 40) | st.integers(-30, 40) | st.integers(-30, 40) | st.integers(725, 733)
RHYTHMS = st.builds(
    Rhythm, late_window_days=st.integers(0, 6), sweep_days=st.integers(0, 40), sweep_after_days=st.integers(1, 10)
)


@settings(max_examples=60, deadline=None, print_blob=True)
@given(runs=RUNS, rhythm=RHYTHMS, start_days=STARTS)
def test_no_sequence_of_runs_leaves_a_gap(runs: list[Run], rhythm: Rhythm, start_days: int) -> None:
    now = datetime(2025, 3, 12, 3, 7, tzinfo=UTC)
    lake = Lake(now.date() - timedelta(days=start_days), rhythm)
    marks = {ACCOUNT: lake.start, MEDIA: lake.start}
    for run in runs:
        now += timedelta(hours=run.hours_later)
        looks, today = lake.looks, now.date()
        if run.manual is not None:
            first = today - timedelta(days=run.manual[0])
            days = asked_days(looks, run.scope, first, first + timedelta(days=run.manual[1]), zone="UTC", now=now)
        else:
            days = due_days(looks, run.scope, start=lake.start, now=now, rhythm=rhythm)
            unfinished = [d for d in days_between(lake.start, today) if not has_final(looks, run.scope, d)]
            missed = [d for d in unfinished if d not in days and not is_closed(looks, run.scope, d, now)]
            assert missed == [], "an unfinished day that can be read is always due"
        assert days == sorted(set(days))
        assert not [day for day in days if is_hidden(day, now) or day > today]
        lake.read(run.scope, days, now, set(run.failing))
        looks = lake.looks
        for scope, before in marks.items():
            marks[scope] = watermark(looks, scope, lake.start)
            note(f"{now} {scope} {before} -> {marks[scope]}")
            assert marks[scope] >= before, "the watermark never falls"
            covered = days_between(lake.start, marks[scope] - ONE_DAY)
            assert all(has_final(looks, scope, day) for day in covered), "no gap behind the watermark"


@settings(max_examples=40, deadline=None, print_blob=True)
@given(
    rhythm=RHYTHMS,
    gaps=st.lists(st.integers(1, 50), min_size=1, max_size=20),
    manual_at=st.integers(0, 19),
    manual_days=st.integers(1, 300),
)
def test_an_early_manual_backfill_changes_nothing_for_the_runs_that_follow(
    rhythm: Rhythm, gaps: list[int], manual_at: int, manual_days: int
) -> None:
    now = datetime(2025, 3, 12, 3, 7, tzinfo=UTC)
    start = now.date() - timedelta(days=60)
    plain, backfilled = Lake(start, rhythm), Lake(start, rhythm)
    for number, hours in enumerate(gaps):
        now += timedelta(hours=hours)
        if number == manual_at:
            first = start - timedelta(days=manual_days)
            early = asked_days(backfilled.looks, ACCOUNT, first, start - ONE_DAY, zone="UTC", now=now)
            backfilled.read(ACCOUNT, early, now, set())
        due = [due_days(lake.looks, ACCOUNT, start=start, now=now, rhythm=rhythm) for lake in (plain, backfilled)]
        assert due[0] == due[1]
        for lake in (plain, backfilled):
            lake.read(ACCOUNT, due[0], now, set())


@settings(max_examples=100, deadline=None, print_blob=True)
@given(
    rhythm=RHYTHMS,
    hour=st.integers(0, 23),
    broken=st.lists(st.lists(st.frozensets(st.integers(0, 6), max_size=3), max_size=2), min_size=1, max_size=15),
)
def test_every_day_is_read_for_the_late_window_after_its_first_final_look(
    rhythm: Rhythm, hour: int, broken: list[list[frozenset[int]]]
) -> None:
    """Promise 4, for daily runs at any hour, some of which fail at any days and are repeated until one does not.

    (Days that a backfill finished had their late window long before.)
    """
    now = datetime(2025, 3, 12, hour, 7, tzinfo=UTC)
    lake = Lake(now.date() - timedelta(days=20), rhythm)
    first_final: dict[date, date] = {}
    first_run = now.date()
    for failures in broken:
        read: set[date] = set()
        for failing in (*failures, frozenset[int]()):
            due = due_days(lake.looks, ACCOUNT, start=lake.start, now=now, rhythm=rhythm)
            lake.read(ACCOUNT, due, now, set(failing))
            read |= {day for day in due if day.toordinal() % 7 not in failing}
        for day, seen in first_final.items():
            was_backfilled = day < first_run - ONE_DAY
            if not was_backfilled and (now.date() - seen).days <= rhythm.late_window_days:
                assert day in read, f"{day}, final since {seen}, was not read on {now.date()}"
        for day in lake.looks.days(ACCOUNT):
            if day not in first_final and has_final(lake.looks, ACCOUNT, day):
                first_final[day] = now.date()
        now += ONE_DAY
