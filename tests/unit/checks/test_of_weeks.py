"""Sessions against plays and twins, week by week: the tolerance is learned, and small counts do not alarm."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.checked import MEDIA, MONDAY, ONE_DAY, OTHER, Checked
from wistia_lake.checks.findings import State, Verdict

WEEK = timedelta(days=7)
PLAYS_AND_SESSIONS = "sessions-and-plays"


def _weeks(lake: Checked, plays: int, sessions: list[int], media_id: str = MEDIA, **columns: object) -> None:
    """So many plays each week and those sessions, spread over its days."""
    for number, seen in enumerate(sessions):
        each = [_part(plays, day) for day in range(7)]
        lake.traffic(each, [_part(seen, day) for day in range(7)], media_id, MONDAY + number * WEEK, **columns)
    lake.looked_until(MONDAY + len(sessions) * WEEK - ONE_DAY)


def _part(whole: int, day: int) -> int:
    return whole * (day + 1) // 7 - whole * day // 7


def _found(found: Verdict) -> list[tuple[str | None, object]]:
    return [(one.media_id, one.day) for one in found.findings]


def test_equal_counts_are_ok(lake: Checked) -> None:
    _weeks(lake, 300, [297] * 9)
    found = lake.check(PLAYS_AND_SESSIONS)
    assert (found.state, found.compared) == (State.OK, "9 media weeks")


def test_without_history_five_percent_are_allowed_and_what_chance_adds_to_that(lake: Checked) -> None:
    _weeks(lake, 1000, [930, 920])
    found = lake.check(PLAYS_AND_SESSIONS)
    assert found.state is State.WARN
    assert _found(found) == [(MEDIA, MONDAY + WEEK)]
    worst = found.findings[0]
    assert (worst.expected, worst.found) == (1000, 920)
    assert 70 < worst.tolerance < 80
    assert "for want of history" in worst.message


def test_without_history_of_its_own_a_media_is_held_against_the_account(lake: Checked) -> None:
    """Most plays of this account leave fewer sessions; a new media is expected to be like the others."""
    _weeks(lake, 2000, [1600] * 8)
    lake.traffic([286] * 7, [229] * 7, OTHER, MONDAY + 7 * WEEK)
    found = lake.check(PLAYS_AND_SESSIONS)
    assert (found.state, found.compared) == (State.OK, "9 media weeks")
    lake.traffic([286] * 7, [200] * 7, "media00003", MONDAY + 7 * WEEK)
    assert _found(lake.check(PLAYS_AND_SESSIONS)) == [("media00003", MONDAY + 7 * WEEK)]


def test_with_history_one_percent_of_a_large_medias_week_is_found(lake: Checked) -> None:
    """Usually 99 % of the plays have a session; one in a hundred of these is lost in the seventh week."""
    usually = [3960, 3958, 3963, 3961, 3957, 3962, 3920, 3960]
    _weeks(lake, 4000, usually)
    found = lake.check(PLAYS_AND_SESSIONS)
    assert _found(found) == [(MEDIA, MONDAY + 6 * WEEK)]
    assert found.findings[0].tolerance < 0.01 * 4000
    assert "usually 99.0% for this media" in found.findings[0].message


def test_a_media_whose_plays_always_leave_fewer_sessions_is_learned(lake: Checked) -> None:
    """Bots may be counted as plays: where 14 % of the plays never have a session, that is usual, and 20 % is not."""
    _weeks(lake, 2000, [1720, 1724, 1716, 1719, 1722, 1718, 1721, 1600])
    assert _found(lake.check(PLAYS_AND_SESSIONS)) == [(MEDIA, MONDAY + 7 * WEEK)]


def test_a_share_that_varies_gets_a_wider_tolerance(lake: Checked) -> None:
    wild = [1900, 1700, 1840, 1760, 1940, 1650, 1820, 1880]
    _weeks(lake, 2000, wild)
    assert lake.check(PLAYS_AND_SESSIONS).state is State.OK


def test_a_share_below_three_quarters_is_never_usual(lake: Checked) -> None:
    _weeks(lake, 2000, [1200] * 8)
    found = lake.check(PLAYS_AND_SESSIONS)
    assert found.finding_count == 8
    assert found.findings[0].expected == 1500


def test_more_sessions_than_plays_are_found(lake: Checked) -> None:
    """A day that is there twice is an eighth week day."""
    _weeks(lake, 700, [693, 694, 692, 793, 693, 692, 694, 693])
    assert _found(lake.check(PLAYS_AND_SESSIONS)) == [(MEDIA, MONDAY + 3 * WEEK)]


@pytest.mark.parametrize(("plays", "sessions"), [(12, 11), (12, 9), (30, 29), (30, 26)])
def test_some_plays_a_week_do_not_alarm_by_one(lake: Checked, plays: int, sessions: int) -> None:
    """Of twelve plays nothing is learned; of thirty that all have a session, and still one of them may not."""
    _weeks(lake, plays, [*[plays] * 7, sessions])
    assert lake.check(PLAYS_AND_SESSIONS).state is State.OK


def test_twelve_plays_without_any_session_do(lake: Checked) -> None:
    _weeks(lake, 12, [12, 12, 12, 12, 12, 12, 12, 0])
    assert lake.check(PLAYS_AND_SESSIONS).state is State.WARN


def test_what_all_medias_lose_together_is_found_for_the_account(lake: Checked) -> None:
    """Too little for each of eight medias, too much for all of them."""
    for number in range(8):
        _weeks(lake, 1000, [990, 991, 989, 990, 992, 988, 990, 975], f"media{number:05}")
    found = lake.check(PLAYS_AND_SESSIONS)
    assert _found(found) == [(None, MONDAY + 7 * WEEK)]
    assert "for 8,000 plays" in found.findings[0].message
    assert "as usual for each media of the account" in found.findings[0].message


def test_an_account_that_turns_to_medias_with_fewer_sessions_loses_none(lake: Checked) -> None:
    """Each media is as usual, though all of them together have fewer sessions for their plays than before."""
    _weeks(lake, 2000, [1980] * 10)
    _weeks(lake, 200, [160] * 7, OTHER)
    for week in range(7, 10):
        lake.traffic([286] * 7, [229] * 7, OTHER, MONDAY + week * WEEK)
    assert lake.check(PLAYS_AND_SESSIONS).state is State.OK


def test_unfinished_unread_and_deleted_are_left_out(lake: Checked) -> None:
    _weeks(lake, 700, [693] * 3)
    _weeks(lake, 700, [100] * 3, OTHER, is_settled=False)
    _weeks(lake, 700, [100] * 3, "media00003")
    for row in lake.days[-21::7]:
        row["event_count"] = None
    _weeks(lake, 700, [100] * 3, "media00004")
    lake.media("media00004", is_deleted=True)
    found = lake.check(PLAYS_AND_SESSIONS)
    assert (found.state, found.compared) == (State.OK, "3 media weeks")


def test_a_week_that_is_not_over_is_not_judged(lake: Checked) -> None:
    lake.traffic([100] * 10, [99] * 7 + [1] * 3)
    lake.looked_until(MONDAY + 9 * ONE_DAY)
    found = lake.check(PLAYS_AND_SESSIONS)
    assert (found.state, found.compared) == (State.OK, "1 media weeks")


def test_weeks_older_than_a_quarter_are_learned_from_but_not_judged(lake: Checked) -> None:
    _weeks(lake, 700, [100] + [693] * 14)
    assert lake.check(PLAYS_AND_SESSIONS).state is State.OK


def test_twins_count_once_and_only_their_flood_alarms(lake: Checked) -> None:
    _weeks(lake, 700, [693] * 8)
    usual = [row for row in lake.events if row["day"] >= MONDAY + 7 * WEEK]
    lake.events += [row | {"visitor_id": "twin", "is_twin": True} for row in usual[:10]]
    assert lake.check("twins").state is State.OK
    lake.events += [row | {"visitor_id": "twin", "is_twin": True} for row in usual[10:80]]
    found = lake.check("twins")
    assert (found.state, _found(found)) == (State.WARN, [(MEDIA, MONDAY + 7 * WEEK)])
    assert found.findings[0].found == 80
    assert lake.check(PLAYS_AND_SESSIONS).state is State.OK


@pytest.mark.parametrize("name", [PLAYS_AND_SESSIONS, "twins"])
def test_without_a_whole_week_nothing_is_known(lake: Checked, name: str) -> None:
    assert lake.check(name).state is State.UNKNOWN
    lake.traffic([10] * 5, [9] * 5)
    lake.looked_until(MONDAY + 4 * ONE_DAY)
    assert lake.check(name).state is State.UNKNOWN
