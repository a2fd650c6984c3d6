"""The lake's marker: made once, and the day from which coverage counts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from wistia_lake.errors import DataError, LakeUnreadable
from wistia_lake.lake.marker import MARKER_KEY, coverage_start, first_whole_day, make_marker, read_marker
from wistia_lake.lake.store import open_store

NOW = datetime(2025, 3, 12, 14, tzinfo=UTC)


def test_the_marker_is_made_once(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    assert read_marker(store) is None
    made = make_marker(store, NOW, None)
    assert (made.layout_version, made.created_at, made.start) == (1, NOW, date(2023, 3, 13))
    assert make_marker(store, NOW.replace(year=2026), None) == made == read_marker(store)


def test_coverage_starts_inside_the_two_years_or_with_the_oldest_media(tmp_path: Path) -> None:
    assert first_whole_day(NOW) == date(2023, 3, 13)
    assert first_whole_day(NOW.replace(hour=0)) == date(2023, 3, 12)
    young = make_marker(open_store(str(tmp_path / "a")), NOW, datetime.fromisoformat("2025-03-01T23:30:00-05:00"))
    assert young.start == date(2025, 3, 2)
    old = make_marker(open_store(str(tmp_path / "b")), NOW, datetime(2019, 1, 1, tzinfo=UTC))
    assert old.start == date(2023, 3, 13)


def test_the_setting_wins_as_far_as_the_two_years_reach(tmp_path: Path) -> None:
    marker = make_marker(open_store(str(tmp_path)), NOW, None)
    assert coverage_start(marker, None) == date(2023, 3, 13)
    assert coverage_start(marker, date(2025, 1, 1)) == date(2025, 1, 1)
    assert coverage_start(marker, date(2020, 1, 1)) == date(2023, 3, 12), (
        "the day the edge ran through can be read in part"
    )


def test_a_newer_lake_and_a_damaged_marker_are_told_apart(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put(MARKER_KEY, b'{"layout_version": 2, "created_at": "2025-01-01T00:00:00Z", "start": "2025-01-01"}')
    with pytest.raises(LakeUnreadable, match="layout version 2"):
        read_marker(store)
    store.put(MARKER_KEY, b"{")
    with pytest.raises(DataError, match=r"lake\.json"):
        read_marker(store)
