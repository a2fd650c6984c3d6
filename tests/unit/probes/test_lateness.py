"""Lateness from looks: bounds that hold whatever happened between them, percentiles, the recommended window."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wistia_lake.cli.lateness_command import lateness_lines
from wistia_lake.probes.lateness import (
    LEAST_DAYS,
    LEAST_SESSIONS,
    Appearance,
    Keys,
    Row,
    Seen,
    Tally,
    appearances,
    later_than,
    percentiles,
    quantile,
    recommend,
)
from wistia_lake.probes.lateness_lake import Lateness

DAY = datetime(2025, 3, 10, tzinfo=UTC)


def seen(hours: float, days_after: int = 0, takes: float = 0) -> Seen:
    return Seen(DAY + timedelta(hours=hours), DAY + timedelta(hours=hours + takes), days_after)


def row(number: int, hours: float = 0) -> Row:
    at = DAY + timedelta(hours=hours)
    return Row(f"{at:%Y-%m-%dT%H:%M:%S}.000Z", f"{number:032x}"[::-1], "0" * 32)


def found(*looks: tuple[Seen, list[Row]], before: Keys | None = None) -> list[Appearance]:
    return list(appearances(looks, Keys(), before or Keys()))


def test_a_session_appeared_between_the_last_look_without_it_and_the_first_with_it():
    (one,) = found((seen(12), []), (seen(30), [row(1, 10)]), (seen(54), [row(1, 10)]))
    assert (one.at_least, one.at_most) == (2 * 60, 20 * 60 + 1)


def test_a_session_of_the_first_look_may_have_been_there_at_once():
    (one,) = found((seen(12, takes=1), [row(1, 10)]))
    assert (one.at_least, one.at_most) == (0, 3 * 60 + 1)


def test_a_session_received_after_the_look_before_was_not_missed_by_it():
    (one,) = found((seen(12), []), (seen(30), [row(1, 20)]))
    assert (one.at_least, one.at_most) == (0, 10 * 60 + 1)


def test_a_look_counts_from_its_first_request_where_it_missed_and_to_its_last_where_it_found():
    (one,) = found((seen(12, takes=2), []), (seen(30, takes=3), [row(1, 0)]))
    assert (one.at_least, one.at_most) == (12 * 60, 33 * 60 + 1)


def test_a_session_that_only_moved_over_midnight_is_not_late():
    first = Keys()
    list(appearances([(seen(0), [row(1, -1)])], first, Keys()))
    assert found((seen(30), [row(1, 0.1), row(2, 1)]), before=first)[0].bits == row(2).bits
    assert len(found((seen(30), [row(1, 0.1), row(2, 1)]), before=first)) == 1


def test_the_window_that_would_have_found_it():
    looks = [(seen(30), []), (seen(54, 1), [row(1)]), (seen(102, 3), [row(1)]), (seen(270, 10), [row(1), row(2)])]
    early, late = found(*looks)
    assert (early.window_at_least, early.window_at_most) == (1, 1)
    assert (late.window_at_least, late.window_at_most) == (4, 10)
    (at_once,) = found((seen(30), [row(1)]), (seen(54, 1), [row(1)]))
    assert (at_once.window_at_least, at_once.window_at_most) == (0, 0)


_MINUTES = st.integers(0, 30 * 1440)
_WORLD = st.tuples(
    st.lists(st.tuples(st.integers(0, 1439), _MINUTES), max_size=30),
    st.lists(st.tuples(_MINUTES, st.integers(0, 90)), min_size=1, max_size=8, unique_by=lambda one: one[0]),
)


@given(_WORLD)
def test_in_any_world_the_true_lateness_lies_within_the_bounds(world):
    """Rows are served if they are visible when the look's last page is asked, at the latest."""
    received, walks = world
    truth, looks, end = {}, [], -1
    for number, (at, late) in enumerate(received):
        truth[row(number).bits] = (at, late)
    for wanted, takes in sorted(walks):
        start = max(wanted, end)  # looks at one slice follow each other
        end = start + takes
        # The page of a session is asked for at any moment of the walk; here at one that depends on the session.
        rows = [
            row(number, at / 60)
            for number, (at, late) in enumerate(received)
            if at + late <= start + takes * (number % 7) / 6
        ]
        looks.append((seen(start / 60, takes=takes / 60), rows))
    tally, measured = Tally(), []
    for one in appearances(looks, Keys(), Keys()):
        _, late = truth[one.bits]
        assert one.at_least <= late <= one.at_most
        tally.add(one)
        measured.append(late)
    assert tally.session_count == len(measured) <= len(truth)
    exact = Counter(measured)
    for bounds in percentiles(tally):
        assert bounds.at_least_minutes <= quantile(exact, bounds.share) <= bounds.at_most_minutes


@pytest.mark.parametrize(
    ("counts", "share", "value"),
    [({5: 1}, 0.5, 5), ({1: 1, 2: 1}, 0.5, 1), ({1: 1, 2: 1}, 0.51, 2), ({0: 999, 9: 1}, 0.999, 0),
     ({0: 998, 9: 2}, 0.999, 9), ({0: 999, 9: 1}, 1.0, 9)],
)  # fmt: skip
def test_a_quantile_is_the_smallest_value_that_holds_the_share(counts, share, value):
    assert quantile(Counter(counts), share) == value


def _tally(**by_days: int) -> Tally:
    """Sessions by window, written ``least_most=count``."""
    tally = Tally()
    for name, count in by_days.items():
        least, most = map(int, name.removeprefix("w").split("_"))
        tally.window_at_least[least] += count
        tally.window_at_most[most] += count
        tally.at_least[0] += count
        tally.at_most[60] += count
    return tally


def test_the_recommended_window_leaves_one_in_a_thousand_to_the_sweep():
    advice = recommend(_tally(w0_0=9900, w1_1=80, w2_2=11, w3_3=9), told_days=30, window=3)
    assert (advice.late_window_days, advice.at_least_days) == (2, 2)
    assert advice.evidence == (
        "Recommended: late_window_days = 2 (now 3). Of 10,000 sessions of 30 days all but 9 were found within 2 days after "
        "the first final look at their day."
    )


def test_where_looks_lie_days_apart_the_smaller_window_is_named_too():
    tally = _tally(w0_0=9900, w4_10=100)
    advice = recommend(tally, told_days=30, window=3)
    assert (advice.late_window_days, advice.at_least_days) == (10, 4)
    assert "4 may be enough" in advice.evidence
    assert later_than(tally, 3) == 100
    assert later_than(tally, 10) == 0


def test_too_little_gives_no_recommendation():
    enough = _tally(w0_0=LEAST_SESSIONS)
    assert recommend(enough, told_days=LEAST_DAYS, window=3).late_window_days == 1
    assert recommend(enough, told_days=LEAST_DAYS - 1, window=3).late_window_days is None
    few = recommend(_tally(w0_0=LEAST_SESSIONS - 1), told_days=LEAST_DAYS, window=3)
    assert few.late_window_days is None
    assert few.evidence == "Not enough data: 14 days with 999 sessions can tell; needed are 14 days and 1,000 sessions."
    assert percentiles(Tally()) == []


def test_it_reads_as_people_read():
    tally = _tally(w0_0=1990, w1_1=8, w4_10=2)
    tally.at_most[3000] += 2
    tally.at_most[60] -= 2
    days = DAY.date()
    measured = Lateness(
        first_day=days, last_day=days, days={"tells": 20, "never read": 1, "not swept yet": 11}, session_count=2000,
        percentiles=percentiles(tally), found_after_days={0: 1990, 1: 8, 10: 2}, late_window_days=3,
        later_than_window_count=2, recommendation=recommend(tally, told_days=20, window=3),
    )  # fmt: skip
    text = "\n".join(lateness_lines(measured))
    assert "20 tell how late their sessions came (1 never read; 11 not read again yet after their late window)." in text
    lines = [line.split() for line in text.splitlines()]
    assert ["0.999", "0", "min", "1", "h"] in lines
    assert ["1", "0", "min", "2", "d", "2", "h"] in lines
    assert "Sessions by days after the first final look at their day: 0: 1,990, 1: 8, 10: 2." in text
    assert "Found only after the late window (3): 2." in text
    assert text.endswith("after the first final look at their day.")
