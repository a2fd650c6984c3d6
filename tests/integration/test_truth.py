"""Every table equals the truth, cell for cell, whatever a week of work did to the lake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.simulation import ONE_DAY, Simulation, simulation, utc

pytestmark = pytest.mark.slow
FIRST_DAY = utc("2025-03-13 14:00")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """The account ``demo``, one lake, read on eleven days in the order of the tests below."""
    with simulation(tmp_path_factory.mktemp("demo"), "demo", now=FIRST_DAY) as account:
        yield account


def test_after_one_run(demo: Simulation) -> None:
    """One run gives about 60,000 sessions and every table is the truth."""
    demo.run()
    demo.assert_truth()
    assert demo.rows("silver.fact_event").num_rows > 50_000
    assert demo.rows("gold.kpi_media_28d").num_rows > 15


def test_after_the_same_run_again(demo: Simulation) -> None:
    """The same run repeated makes the same requests, no new data object, and no new snapshot of silver or gold."""
    objects, snapshots, before = demo.objects(), demo.snapshots(), len(demo.sandbox.requests())
    demo.run()
    second = demo.sandbox.requests()[before:]
    demo.run()
    third = demo.sandbox.requests()[before + len(second) :]
    assert sorted((r["path"], str(r["query"])) for r in third) == sorted((r["path"], str(r["query"])) for r in second)
    assert demo.objects() == objects
    assert demo.snapshots() == snapshots


def test_after_ten_daily_runs_with_late_arrivals(demo: Simulation) -> None:
    """Ten days later late sessions have been picked up, a media was renamed, one deleted, one got its length."""
    before = {row["media_id"]: row for row in demo.rows("silver.dim_media").to_pylist()}
    late = 0
    for day in range(1, 11):
        late += demo.at(FIRST_DAY + day * ONE_DAY).run().ingest.late_row_count  # type: ignore[union-attr]
    demo.assert_truth()
    assert late > 0
    medias = {row["media_id"]: row for row in demo.rows("silver.dim_media").to_pylist()}
    changed = {name: [m for m in before if before[m][name] != medias[m][name]] for name in before[next(iter(before))]}
    assert changed["title"]
    assert any(medias[media_id]["is_deleted"] for media_id in changed["is_deleted"])
    assert any(before[media_id]["duration_ms"] is None for media_id in changed["duration_ms"])
    assert medias.keys() >= before.keys()
    demo.assert_full_build_changes_nothing()


def test_after_narrowing_and_widening(tmp_path: Path) -> None:
    """MEDIA_IDS narrowed for a day and widened again loses nothing and doubles nothing."""
    with simulation(tmp_path, "tiny", now=FIRST_DAY) as account:
        account.run()
        busiest = account.rows("gold.kpi_media_28d").sort_by([("event_count", "descending")])["media_id"][0].as_py()
        account.at(account.now + ONE_DAY).run(media_ids=(busiest,))
        account.assert_truth()
        account.at(account.now + ONE_DAY).run()
        account.assert_truth()
        account.assert_full_build_changes_nothing()


@pytest.mark.long
def test_two_years_at_once_and_at_the_edge(tmp_path: Path) -> None:
    """The first run reads two years; days that the edge cuts or hides later stay as they were first seen."""
    with simulation(tmp_path, "edge") as account:
        account.run()
        account.assert_truth()
        first = account.rows("silver.fact_event").num_rows
        for _ in range(2):
            account.at(account.now + ONE_DAY).run()
            account.assert_truth()
        assert account.rows("silver.fact_event").num_rows > first
        account.assert_full_build_changes_nothing()
