"""What engines have in common."""

from __future__ import annotations

from datetime import date

from wistia_lake.engines.base import groups_of, partition_days
from wistia_lake.lake.tables import DIM_MEDIA, FACT_EVENT


def test_months_in_a_row_make_a_group_of_at_most_a_size() -> None:
    """A month that is missing ends a group: whoever reads from the first to the last reads no other month."""
    months = [date(2025, 1, 1), date(2024, 11, 1), date(2024, 12, 1), date(2025, 3, 1)]
    assert list(groups_of(months, 10)) == [[date(2024, 11, 1), date(2024, 12, 1), date(2025, 1, 1)], [date(2025, 3, 1)]]
    assert [len(group) for group in groups_of(months, 2)] == [2, 1, 1]
    assert list(groups_of([], 3)) == []


def test_a_table_without_partitions_is_one_whole() -> None:
    """Its only partition is no date."""
    assert partition_days(DIM_MEDIA, ["*"]) is None
    assert partition_days(FACT_EVENT, ["2025-03-01"]) == [date(2025, 3, 1)]
