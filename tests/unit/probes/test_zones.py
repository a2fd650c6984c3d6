"""Ways of counting days, and how they are told apart."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import available_timezones

import pytest

from wistia_lake.model import ONE_DAY, days_between
from wistia_lake.probes.zone_answer import FEWEST_DAYS, answer
from wistia_lake.probes.zone_live import choose
from wistia_lake.probes.zone_score import Counts, rank
from wistia_lake.probes.zones import QUARTER, USUAL, candidates, midnights
from wistia_lake.silver.calendar import AccountCalendar

FIRST, LAST = date(2025, 3, 1), date(2025, 3, 20)
"""Over the change of clocks in New York, before that in Europe."""
MEDIA = "abcde12345"


def _counts(zone: str, *, last: date = LAST, minutes: tuple[int, ...] = (4, 19, 34, 49)) -> Counts:
    """None to three sessions at each of these minutes of an hour, and exactly as many plays on each day of the zone."""
    random, begin = Random(3), datetime(2025, 2, 27, tzinfo=UTC)
    sessions = [
        begin + timedelta(hours=hour, minutes=minute, seconds=number)
        for hour in range(24 * ((last - FIRST).days + 5))
        for minute in minutes
        for number in range(random.randrange(4))
    ]
    calendar = AccountCalendar(zone)
    days = Counter(calendar.day_of(at) for at in sessions)
    plays = {day: days[day] for day in days_between(FIRST, last)}
    return Counts(FIRST, last, {MEDIA: plays}, {MEDIA: [int(at.timestamp()) for at in sessions]})


def test_every_way_of_counting_days_that_any_zone_has_is_a_candidate():
    first, last = date(2023, 1, 1), date(2027, 12, 31)
    known = {one.midnights for one in candidates(first, last)}
    # Names of a fixed distance from UTC and of one country's rules are other names of what is there.
    places = {name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))}
    assert len(places) > 400
    assert {name for name in places if midnights(name, first, last) not in known} == set()
    assert len(USUAL) == len(set(USUAL))


def test_midnights_lie_between_quarters_of_an_hour():
    for zone in USUAL:
        calendar = AccountCalendar(zone)
        where = midnights(zone, FIRST, LAST)
        assert [at * QUARTER for at in where] == [
            int(calendar.begins_at(day).timestamp()) for day in days_between(FIRST, LAST + ONE_DAY)
        ]


def test_zones_that_count_alike_are_one_candidate_by_its_most_usual_name():
    winter = candidates(date(2025, 1, 1), date(2025, 1, 31), ["America/Lima", "Europe/Vienna"])
    found = {one.zone: one for one in winter}
    assert {"America/Bogota", "America/Lima", "America/Toronto"} <= set(found["America/New_York"].alike)
    assert "Europe/Vienna" in found["Europe/Paris"].alike
    assert found["America/New_York"].offset == "UTC-05:00"
    assert found["Asia/Kathmandu"].offset == "UTC+05:45"
    spring = {one.zone: one for one in candidates(FIRST, LAST)}
    assert spring["America/New_York"].offset == "UTC-05:00, then UTC-04:00"
    assert "America/Bogota" not in spring["America/New_York"].names


@pytest.mark.parametrize(
    "zone", ["America/New_York", "America/Bogota", "UTC", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati"]
)
def test_the_zone_whose_days_have_as_many_sessions_as_plays_is_the_best(zone):
    found = answer(_counts(zone), "UTC")
    assert zone in found.best.names
    assert found.ranking.scores[0].misplaced == 0
    assert found.contradicts("UTC") == (zone != "UTC")
    assert not found.contradicts(zone)


def test_a_zone_that_nobody_listed_is_compared_by_its_days():
    found = answer(_counts("Europe/Paris"), "Europe/Vienna")
    assert "Europe/Vienna" in found.best.alike
    assert not found.contradicts("Europe/Vienna")
    assert not found.contradicts("Europe/Brussels")
    assert found.contradicts("Europe/Samara")


def test_sessions_that_are_received_minutes_after_their_play_do_not_move_the_zone():
    exact = _counts("Asia/Dhaka", minutes=(19, 34, 55))
    late = Counts(exact.first, exact.last, exact.plays, {MEDIA: [at + 400 for at in exact.sessions[MEDIA]]})
    found = answer(late, "UTC")
    assert "Asia/Dhaka" in [name for one in found.plausible for name in one.candidate.names]


def test_one_day_in_disorder_does_not_decide():
    counts = _counts("America/Denver")
    outage = date(2025, 3, 10)
    lost = {at for at in counts.sessions[MEDIA] if datetime.fromtimestamp(at, UTC).date() == outage}
    sessions = {MEDIA: [at for at in counts.sessions[MEDIA] if at not in lost]}
    found = answer(Counts(FIRST, LAST, counts.plays, sessions), "UTC")
    assert found.best.zone == "America/Denver"
    assert 0 < found.ranking.disorder < 0.15


def test_numbers_that_do_not_belong_together_fit_no_zone():
    counts, random = _counts("America/Denver"), Random(5)
    plays = {day: int(count * random.uniform(0.4, 1.7)) for day, count in counts.plays[MEDIA].items()}
    found = answer(Counts(FIRST, LAST, {MEDIA: plays}, counts.sessions), "UTC")
    assert (found.verdict, found.best, found.plausible) == ("no zone fits", None, ())
    assert not found.contradicts("UTC")


def test_nothing_and_few_days_are_not_enough():
    nothing = answer(None, "UTC")
    assert (nothing.verdict, nothing.best, nothing.plausible, nothing.contradicts("UTC")) == (
        "not enough data", None, (), False,
    )  # fmt: skip
    assert nothing.values()["candidates"] == []
    few = answer(_counts("Asia/Tokyo", last=FIRST + (FEWEST_DAYS - 2) * ONE_DAY), "UTC")
    assert (few.verdict, few.best, few.contradicts("UTC")) == ("not enough data", None, False)
    enough = answer(_counts("Asia/Tokyo", last=FIRST + (FEWEST_DAYS - 1) * ONE_DAY), "UTC")
    assert (enough.best, enough.contradicts("UTC")) == (None, True), "what is ruled out is known before what is right"


def test_of_candidates_that_are_as_likely_the_more_usual_comes_first():
    ranking = rank(_counts("Asia/Tokyo", minutes=(34,)), candidates(FIRST, LAST))
    best = [one for one in ranking.scores if one.score > -1]
    assert [one.candidate.zone for one in best] == ["Asia/Tokyo", "Australia/Eucla"]


def test_days_without_plays_before_the_first_one_are_no_evidence():
    counts = _counts("Asia/Tokyo")
    plays = {day: count for day, count in counts.plays[MEDIA].items() if day >= date(2025, 3, 10)}
    idle = dict.fromkeys(days_between(FIRST, date(2025, 3, 9)), 0)
    sessions = {MEDIA: [at for at in counts.sessions[MEDIA] if at >= datetime(2025, 3, 9, 15, tzinfo=UTC).timestamp()]}
    found = answer(Counts(FIRST, LAST, {MEDIA: {**idle, **plays}}, sessions), "UTC")
    assert (found.first, found.last, found.day_count) == (date(2025, 3, 10), LAST, 11)
    assert found.evidence == (
        f"{found.session_count:,} sessions and {sum(plays.values()):,} plays of 1 media on 11 days, 2025-03-10 to 2025-03-20"
    )
    assert found.contradicts("Europe/London")


def _busy(**by_day: int) -> dict[str, dict[date, int]]:
    return {media_id: {LAST - back * ONE_DAY: count for back in range(60)} for media_id, count in by_day.items()}


@pytest.mark.parametrize(
    ("plays", "requests", "medias", "days"),
    [
        (_busy(a=10), 50, ("a",), 45),  # 46 x 10 plays are 5 pages
        (_busy(a=10, b=20), 50, ("a", "b"), 45),
        (_busy(a=100, b=200), 50, ("a", "b"), 15),
        (_busy(a=100, b=500), 50, ("a",), 45),  # both for two weeks would be 92 requests
        (_busy(a=900), 50, ("a",), 4),
        (_busy(a=900, b=901), 60, ("a",), 5),
        (_busy(a=5000), 50, None, 0),
        ({}, 50, None, 0),
    ],
)
def test_the_api_is_asked_for_as_much_as_the_requests_allow(plays, requests, medias, days):
    choice = choose(plays, LAST, requests)
    if medias is None:
        assert choice is None
        return
    assert (choice.medias, (choice.last - choice.first).days + 1, choice.last) == (medias, days, LAST)
    assert choice.requests <= requests
