"""What was read and when, what fell silent, what Wistia stopped showing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from support.checked import MEDIA, MONDAY, ONE_DAY, OTHER, Checked
from wistia_lake.bronze.batch import commit_look, encode_lines
from wistia_lake.bronze.layout import new_batch_id
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.checks.findings import State


def _read(lake: Checked, *numbers: int, **more: object) -> None:
    for number in numbers:
        lake.look(day=MONDAY + number * ONE_DAY, **more)
    lake.now = datetime.combine(MONDAY + (max(numbers) + 1) * ONE_DAY, datetime.min.time(), tzinfo=UTC).replace(hour=3)


def test_unbroken_days_are_ok(lake: Checked) -> None:
    _read(lake, *range(10))
    found = lake.check("coverage")
    assert (found.state, found.compared) == (State.OK, "10 days that were to be read")


def test_gaps_are_found_as_stretches_longest_first(lake: Checked) -> None:
    _read(lake, 0, 1, 3, 4, 8, 9)
    found = lake.check("coverage")
    assert found.state is State.WARN
    assert [(one.day, one.found) for one in found.findings] == [(MONDAY + 5 * ONE_DAY, 3), (MONDAY + 2 * ONE_DAY, 1)]
    assert found.findings[0].message == "3 days, 2025-01-11 to 2025-01-13, (UTC dates): never read"


def test_a_day_that_was_only_read_while_it_ran_is_found_but_not_the_newest_two(lake: Checked) -> None:
    _read(lake, 0, 1, 2, 3)
    _read(lake, 4, final=False)
    _read(lake, 5, 6, final=False)
    found = lake.check("coverage").findings
    assert [one.message for one in found] == ["2025-01-10 (UTC dates): not read again after their end"]


def test_days_that_the_two_year_edge_hides_are_no_gap(lake: Checked) -> None:
    _read(lake, 0, 9)
    assert lake.check("coverage").state is State.WARN
    lake.now = datetime(2027, 1, 20, tzinfo=UTC)
    assert lake.check("coverage").state is State.OK


def test_coverage_is_that_of_the_medias_asked_for(tmp_path: Path) -> None:
    """A look at the whole account serves each media."""
    lake = Checked(tmp_path, media_ids=(MEDIA, OTHER))
    _read(lake, 0, 1, 2, 3, 4)
    _read(lake, 6, 7, scope=f"media={OTHER}")
    found = lake.check("coverage")
    assert [(one.media_id, one.day) for one in found.findings] == [(OTHER, MONDAY + 5 * ONE_DAY)]


def test_a_lake_that_was_read_today_is_fresh(lake: Checked) -> None:
    _read(lake, 0, 1)
    assert lake.check("freshness").state is State.OK


def test_a_lake_that_nobody_reads_any_more_is_not(lake: Checked) -> None:
    _read(lake, 0, 1)
    lake.now += timedelta(hours=35)
    found = lake.check("freshness")
    assert found.state is State.WARN
    assert "last read 36 hours ago, at 2025-01-08 01:30 UTC" in found.findings[0].message
    assert "scheduled" in found.check.remedy


def test_a_stream_that_is_left_behind_is_named(lake: Checked) -> None:
    lake.look("media_stats", day=MONDAY - 3 * ONE_DAY)
    lake.look("medias", day=MONDAY)
    _read(lake, 0, 1)
    found = lake.check("freshness").findings
    assert [one.message for one in found] == [
        "media_stats was last read on 2025-01-04 (UTC date), 4 days before the newest sessions"
    ]


def test_a_lake_without_looks_is_unknown(lake: Checked) -> None:
    for name in ("coverage", "freshness", "sudden-silence", "removed-sessions", "set-aside-rows"):
        assert lake.check(name).state is State.UNKNOWN


def _silent_after(lake: Checked, days: int, sessions: list[int], media_id: str = MEDIA) -> None:
    lake.traffic([9] * len(sessions), sessions, media_id)
    lake.looked_until(MONDAY + (len(sessions) - 1 + days) * ONE_DAY)


@pytest.mark.parametrize(
    ("days", "sessions", "state"),
    [
        (0, [8] * 21, State.OK),
        (1, [8] * 21, State.OK),
        (2, [8] * 21, State.WARN),
        (2, [3] * 21, State.OK),  # six sessions that did not come are still chance
        (9, [90, 60, 30, 15, 8, 4, 2, 1], State.OK),  # faded, not fallen
        (2, [20, 20, 20, 20, 20, 0, 0, 20, 20, 20, 20, 20], State.OK),  # a weekend
        (3, [20, 20, 20, 20, 20, 0, 0] * 2 + [20] * 5, State.OK),  # a long one
        (9, [20, 20, 20, 20, 20, 0, 0] * 2 + [20] * 5, State.WARN),
    ],
)
def test_silence_is_sudden_only_after_steady_traffic(
    lake: Checked, days: int, sessions: list[int], state: State
) -> None:
    _silent_after(lake, days, sessions)
    assert lake.check("sudden-silence").state is state


def test_silence_names_the_media_its_first_day_and_wistias_plays(lake: Checked) -> None:
    _silent_after(lake, 4, [20] * 21)
    lake.traffic([9] * 25, [9] * 25, OTHER)
    lake.day(MONDAY + 22 * ONE_DAY, 17, 0)
    found = lake.check("sudden-silence").findings
    assert [(one.media_id, one.day) for one in found] == [(MEDIA, MONDAY + 21 * ONE_DAY)]
    assert "4 days since 2025-01-26, after 20.0 a day" in found[0].message
    assert "counts 17 plays" in found[0].message


def test_deleted_archived_and_unread_medias_may_be_silent(tmp_path: Path) -> None:
    lake = Checked(tmp_path, media_ids=("media00003",))
    for media_id in (MEDIA, OTHER, "media00003", "media00004"):
        _silent_after(lake, 9, [20] * 21, media_id)
    lake.medias[MEDIA]["is_deleted"] = True
    lake.medias[OTHER]["is_archived"] = True
    assert [one.media_id for one in lake.check("sudden-silence").findings] == ["media00003"]


def _manifest(lake: Checked, day: date, at: datetime, rows: int, medias: list[str], **counts: int) -> None:
    manifest = Manifest(
        policy_version=1, batch_id=new_batch_id(at), stream="events", scope="account", day=day, final=True,
        run_id="r", api_base="http://127.0.0.1/v1", api_version="v1", key_fingerprint="f", first_requested_at=at,
        last_requested_at=at, page_count=1, row_count=0, content_hash="", medias=medias, **counts,
    )  # fmt: skip
    lines = encode_lines(f'{{"event_id":"{n}","media_id":"{medias[0]}"}}'.encode() for n in range(rows))
    commit_look(lake.store, manifest, lines)


@pytest.mark.parametrize(("before", "left", "state"), [(400, 395, State.OK), (400, 390, State.WARN), (9, 4, State.OK)])
def test_sessions_that_wistia_stopped_showing(lake: Checked, before: int, left: int, state: State) -> None:
    lake.now = datetime(2025, 1, 20, tzinfo=UTC)
    _manifest(lake, MONDAY, lake.now - 9 * ONE_DAY, before, [MEDIA, OTHER])
    _manifest(lake, MONDAY, lake.now - ONE_DAY, left, [MEDIA], removed_count=before - left)
    found = lake.check("removed-sessions")
    assert found.state is state
    if state is State.WARN:
        assert found.findings[0].message == (
            "2025-01-06 (UTC date): 10 of 400 sessions were gone when it was read again on 2025-01-19; nothing is left "
            f"of {OTHER}"
        )
    lake.now += 40 * ONE_DAY
    assert lake.check("removed-sessions").state is State.UNKNOWN


def test_rows_set_aside_are_counted_by_slice(lake: Checked) -> None:
    lake.now = datetime(2025, 1, 20, tzinfo=UTC)
    _manifest(lake, MONDAY, lake.now - ONE_DAY, 400, [MEDIA])
    assert lake.check("set-aside-rows").state is State.OK
    manifest = lake.store.list("bronze/events/")
    key = next(key for key in manifest if key.endswith("final.json"))
    text = lake.store.get(key).decode().replace('"quarantined_count": 0', '"quarantined_count": 3')
    (lake.catalog.root / key).write_text(text)
    found = lake.check("set-aside-rows")
    assert found.state is State.WARN
    assert found.findings[0].message == "events, 2025-01-06 (UTC date): 3 rows were set aside, 400 were kept"
