"""Every fault that the sandbox knows, and what becomes of a run that meets it.

The account has days of many pages, one of more than a thousand sessions. Waits and time-outs pass a hundred times faster
than real ones. After each story the faults end and one more run must bring every table to the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.faulty import BUSY_DAY, MEDIAS, PATIENCE, QUIET_DAY, Faulty, faulty, shelf
from wistia_lake.errors import ApiExhausted, ApiGone, ApiRejected, DataError
from wistia_lake.sandbox.fault_kinds import CANARY, KINDS, Fault
from wistia_lake.sandbox.scenario import Options
from wistia_lake.sandbox.world import World

pytestmark = pytest.mark.long

EVENTS, STATS, BY_DATE = "/stats/events", "/stats/medias/*", "/stats/medias/*/by_date"
PLACES = (
    "/medias", "/account", EVENTS, "/stats/medias/shelf00003", "/stats/medias/shelf00004/by_date",
    "/stats/medias/shelf00005/engagement", "/stats/account/by_date", "/projects",
)  # fmt: skip
"""One of each endpoint that an ingest asks."""

PASSING = (
    "too_many", "too_many_seconds", "too_many_date", "error_500", "error_502", "error_503", "error_504", "hang",
    "reset", "truncated", "html", "no_body", "deep_json",
)  # fmt: skip
"""No answer: asked again."""
HARMLESS = ("slow", "wrong_content_type", "unknown_field", "large_page")
"""An answer all the same."""
BAD_ROWS = ("missing_field", "wrong_type", "percent_above_1", "other_day")
FATAL = {"token_revoked": 401, "forbidden": 403, "unprocessable": 422}
OTHERS = ("not_found", "false_empty", "page_twice", "step")


def test_every_kind_of_fault_has_its_story() -> None:
    assert sorted([*PASSING, *HARMLESS, *BAD_ROWS, *FATAL, *OTHERS]) == sorted(KINDS)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Faulty]:
    with faulty(tmp_path) as account:
        yield account


def patience(kind: str) -> int:
    """Seconds before a time-out, on the scaled clock: few where one is waited for."""
    return 60 if kind == "hang" else PATIENCE


def once(kind: str, *places: str, **more: object) -> list[Fault]:
    """A script by which each place goes wrong once."""
    return [Fault(what=kind, endpoint=place, times=1, **more) for place in places]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", PASSING)
def test_what_is_no_answer_is_asked_again(account: Faulty, kind: str) -> None:
    summary = account.ingest(*once(kind, *PLACES), timeout_seconds=patience(kind))
    assert account.met() == {kind: len(PLACES)}
    assert summary.problems == []
    assert summary.retry_count == len(PLACES) or kind == "hang", "a busy machine may be too slow for a short time-out"
    assert summary.throttled_count == (len(PLACES) if kind.startswith("too_many") else 0)
    account.assert_sessions()


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_is_an_answer_all_the_same_is_taken(account: Faulty, kind: str) -> None:
    script = [
        *once(kind, *PLACES, megabytes=1),
        Fault(what=kind, endpoint=EVENTS, day=str(BUSY_DAY), page=1, megabytes=1),
    ]
    summary = account.ingest(*script)
    assert account.met() == {kind: len(PLACES) + 1}
    assert summary.problems == []
    assert (summary.retry_count, summary.quarantined_count) == (0, 0)
    account.assert_sessions()
    assert CANARY.encode() not in account.bytes_written()


@pytest.mark.parametrize("kind", PASSING)
def test_what_lasts_fails_its_slice_and_no_other(account: Faulty, kind: str) -> None:
    summary = account.ingest(
        Fault(what=kind, endpoint=EVENTS, day=str(QUIET_DAY), page=2), timeout_seconds=patience(kind)
    )
    (problem,) = summary.problems
    assert isinstance(problem, ApiExhausted)
    assert f"start_date {QUIET_DAY}" in str(problem)
    assert "page 2" in str(problem)
    assert account.days() == account.expected_days() - {QUIET_DAY}
    assert account.met() == {kind: 6}, "six attempts, no more"
    account.set_faults()
    assert account.ingest().problems == []
    assert account.days() == account.expected_days()
    account.assert_sessions()


def test_after_everything_at_once_the_next_run_brings_the_truth(account: Faulty) -> None:
    """Each kind lasts for one media or day, so that most slices fail, and yet nothing is lost or doubled."""
    places = [*(f"/stats/medias/{media}/by_date" for media in MEDIAS[:5]), "/stats/account/by_date", "/projects"]
    script = [Fault(what=kind, endpoint=place) for kind, place in zip(PASSING, places, strict=False)]
    script += [Fault(what="reset", endpoint=EVENTS, rate=0.3, seed=5), Fault(what="error_502", every=7)]
    script += [Fault(what="step", endpoint=EVENTS, every=3, seconds=40), Fault(what="html", day=str(QUIET_DAY))]
    account.set_faults(*script)
    summary = account.outcome()
    assert summary.problem is not None
    assert summary.build is not None, "what was read is built"
    assert sum(account.met().values()) > 50
    account.assert_no_key_twice()
    account.set_faults()
    assert account.outcome().problem is None
    account.assert_truth()


@pytest.mark.parametrize("kind", FATAL)
def test_a_refusal_ends_the_run_with_what_to_do(account: Faulty, kind: str) -> None:
    account.set_faults(Fault(what=kind, endpoint=EVENTS, call=9))
    summary = account.outcome()
    assert isinstance(summary.problem, ApiRejected)
    assert (summary.problem.status, summary.problem.exit_code) == (FATAL[kind], 3)
    asked_after = account.asked_after(kind)
    assert asked_after <= 40, "what was under way may end; nothing new is begun"
    account.set_faults()
    assert account.outcome().problem is None
    account.assert_truth()


def test_one_media_that_answers_404_is_skipped_and_named(account: Faulty) -> None:
    """One of twenty-four is less than a twentieth: probably deleted since it was listed."""
    gone = MEDIAS[7]
    account.set_faults(Fault(what="not_found", endpoint="/stats/*", media=gone))
    summary = account.outcome()
    assert isinstance(summary.problem, ApiGone)
    assert (summary.problem.exit_code, gone in str(summary.problem)) == (5, True)
    account.assert_truth()
    account.set_faults()
    account.at(account.now + timedelta(days=1))
    assert account.outcome().problem is None
    account.assert_truth()


def test_many_medias_that_answer_404_fail_the_slice(account: Faulty) -> None:
    account.set_faults(*(Fault(what="not_found", endpoint=f"/stats/medias/{media}") for media in MEDIAS[:2]))
    summary = account.outcome()
    assert isinstance(summary.problem, ApiExhausted)
    assert "2 of 24 medias" in str(summary.problem)
    account.assert_truth()
    account.set_faults()
    account.at(account.now + timedelta(days=1))
    assert account.outcome().problem is None
    account.assert_truth()


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_bad_row_of_a_small_day_fails_it_and_no_other(account: Faulty, kind: str) -> None:
    summary = account.ingest(Fault(what=kind, endpoint=EVENTS, day=str(QUIET_DAY), page=2, row=3))
    (problem,) = summary.problems
    assert isinstance(problem, DataError)
    assert f"{QUIET_DAY}: 1 of " in str(problem)
    assert account.days() == account.expected_days() - {QUIET_DAY}
    account.assert_sessions()
    account.set_faults()
    assert account.ingest().problems == []
    account.assert_sessions()
    assert CANARY.encode() not in account.bytes_written()


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_bad_row_of_a_large_day_is_set_aside_and_comes_when_it_is_good(account: Faulty, kind: str) -> None:
    summary = account.ingest(Fault(what=kind, endpoint=EVENTS, day=str(BUSY_DAY), page=2, row=3))
    assert (summary.problems, summary.quarantined_count) == ([], 1)
    assert account.newest(BUSY_DAY).quarantined_count == 1
    account.assert_sessions()
    account.set_faults()
    before = account.newest(BUSY_DAY).row_count
    assert account.ingest().problems == []
    assert (account.newest(BUSY_DAY).row_count, account.newest(BUSY_DAY).quarantined_count) == (before + 1, 0)
    account.assert_sessions()
    assert CANARY.encode() not in account.bytes_written()


@pytest.mark.parametrize("kind", ["missing_field", "wrong_type"])
def test_a_bad_answer_about_medias_fails_its_stream_and_no_other(account: Faulty, kind: str) -> None:
    script = [Fault(what=kind, endpoint=place) for place in PLACES if place != EVENTS]
    account.ingest()
    account.at(account.now + timedelta(hours=1))
    summary = account.ingest(*script)
    assert {type(problem) for problem in summary.problems} == {DataError}
    account.assert_sessions()
    account.set_faults()
    assert account.outcome().problem is None
    account.assert_truth()
    assert CANARY.encode() not in account.bytes_written()


def test_an_empty_page_is_believed_only_when_it_is_read_twice(account: Faulty) -> None:
    lists = once("false_empty", "/medias", "/projects", EVENTS)
    summary = account.ingest(*lists, Fault(what="false_empty", endpoint=EVENTS, page=2, times=3))
    assert account.met() == {"false_empty": 6}
    assert summary.problems == []
    account.assert_sessions()


def test_an_empty_list_where_one_thing_is_due_fails_the_stream_and_no_other(account: Faulty) -> None:
    account.ingest()
    account.at(account.now + timedelta(hours=1))
    summary = account.ingest(*once("false_empty", *PLACES))
    assert {type(problem) for problem in summary.problems} == {DataError}
    assert any("/account was expected to answer with a JSON object" in str(problem) for problem in summary.problems)
    account.assert_sessions()
    account.set_faults()
    assert account.outcome().problem is None
    account.assert_truth()


def test_a_finished_day_is_not_emptied_by_answers_that_disagree(account: Faulty) -> None:
    """Both readings of the first walk are a lie; the second walk is not: neither counts, the earlier look stays."""
    account.ingest()
    before = account.newest(BUSY_DAY)
    account.at(account.now + timedelta(hours=1))
    summary = account.ingest(Fault(what="false_empty", endpoint=EVENTS, day=str(BUSY_DAY), times=2))
    (problem,) = summary.problems
    assert isinstance(problem, ApiExhausted)
    assert "two readings disagree" in str(problem)
    assert account.newest(BUSY_DAY).batch_id == before.batch_id
    account.assert_sessions()
    account.set_faults()
    assert account.ingest().problems == []
    account.assert_sessions()


def test_a_day_that_was_open_is_not_emptied_by_answers_that_disagree(account: Faulty) -> None:
    """What an open look found is in the tables already, and nothing less than what a final one found."""
    account.ingest()
    today = account.now.date()
    before = account.newest(today)
    assert not before.final
    assert before.row_count > 50
    account.at(account.now + timedelta(days=1))
    summary = account.ingest(Fault(what="false_empty", endpoint=EVENTS, day=str(today), times=2))
    assert [type(problem) for problem in summary.problems] == [ApiExhausted]
    assert account.newest(today).batch_id == before.batch_id
    account.set_faults()
    assert account.ingest().problems == []
    account.assert_sessions()


def test_a_medias_first_own_look_does_not_empty_what_the_accounts_look_showed(account: Faulty) -> None:
    """Whoever narrows the scope has looked at these sessions before, with those of all medias."""
    account.ingest()
    medias = sorted(account.sandbox.world.medias)[:2]
    account.at(account.now + timedelta(hours=1))
    false = Fault(what="false_empty", endpoint=EVENTS, day=str(BUSY_DAY), times=2)
    summary = account.ingest(false, media_ids=tuple(medias), slices_in_flight=1)
    assert [type(problem) for problem in summary.problems] == [ApiExhausted]
    account.assert_sessions()


def test_the_accounts_first_look_does_not_empty_what_medias_own_looks_showed(account: Faulty) -> None:
    """The other way round: whoever widens the scope has looked at some of the sessions before."""
    medias = tuple(sorted(account.sandbox.world.medias)[:2])
    account.ingest(media_ids=medias)
    account.at(account.now + timedelta(hours=1))
    summary = account.ingest(Fault(what="false_empty", endpoint=EVENTS, day=str(BUSY_DAY), times=2))
    assert [type(problem) for problem in summary.problems] == [ApiExhausted]
    account.set_faults()
    assert account.ingest().problems == []
    account.assert_sessions()


def test_an_empty_answer_that_repeats_is_believed_and_undone_by_the_next_run(account: Faulty) -> None:
    """No reader can tell it from the truth; the day is read again by the next runs, so that it does not last."""
    account.ingest()
    account.at(account.now + timedelta(hours=1))
    summary = account.ingest(Fault(what="false_empty", endpoint=EVENTS, day=str(BUSY_DAY)))
    assert summary.problems == []
    assert (account.newest(BUSY_DAY).row_count, account.newest(BUSY_DAY).removed_count > 1000) == (0, True)
    account.assert_sessions()
    account.set_faults()
    assert account.ingest().problems == []
    assert account.newest(BUSY_DAY).row_count > 1000
    account.assert_sessions()


def test_a_page_that_comes_twice_starts_the_walk_again(account: Faulty) -> None:
    summary = account.ingest(Fault(what="page_twice", endpoint=EVENTS, day=str(BUSY_DAY), page=4, times=2))
    assert account.met() == {"page_twice": 2}
    assert summary.problems == []
    assert account.newest(BUSY_DAY).repeat_count == 0
    account.assert_sessions()


def test_a_page_that_always_comes_twice_fails_its_slice_and_no_other(account: Faulty) -> None:
    summary = account.ingest(Fault(what="page_twice", endpoint=EVENTS, day=str(BUSY_DAY), page=4))
    (problem,) = summary.problems
    assert isinstance(problem, ApiExhausted)
    assert "page 4 is page 3 once more" in str(problem)
    assert account.days() == account.expected_days() - {BUSY_DAY}
    account.assert_sessions()


@pytest.mark.parametrize(("received_at", "seconds"), [("first", 600), ("last", 60)])
def test_time_that_moves_between_pages_hides_nothing(tmp_path: Path, received_at: str, seconds: int) -> None:
    """Sessions arrive at the top, late ones in the middle of finished days; what runs grows; the pages shift."""
    world = World(shelf(per_day=15.0), options=Options(received_at=received_at, late_share=0.2))  # type: ignore[arg-type]
    with faulty(tmp_path, world) as account:
        account.set_faults(Fault(what="step", endpoint=EVENTS, seconds=seconds))
        problem = account.outcome().problem
        assert problem is None or isinstance(problem, ApiExhausted)
        assert sum(manifest.repeat_count for manifest in account.manifests()) > 0, "rows were met on two pages"
        assert account.came_in_the_middle() > 0
        account.assert_no_key_twice()
        account.set_faults()
        assert account.outcome().problem is None
        account.assert_truth()


@pytest.mark.parametrize("edge", ["second", "day"])
def test_rows_that_vanish_at_the_tail_are_no_loss(tmp_path: Path, edge: str) -> None:
    """The two-year edge runs through the oldest day while its pages are read."""
    now = datetime(2027, 3, 10, 11, tzinfo=UTC)
    world = World(shelf(), options=Options(edge=edge))  # type: ignore[arg-type]
    with faulty(tmp_path, world, start=BUSY_DAY) as account:
        account.at(now)
        account.set_faults(Fault(what="step", endpoint=EVENTS, day=str(BUSY_DAY), seconds=300))
        problem = account.outcome(first=BUSY_DAY, last=BUSY_DAY).problem
        assert problem is None
        assert account.newest(BUSY_DAY).cut
        account.assert_truth()
