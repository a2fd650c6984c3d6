"""What tables read of bronze is what bronze holds."""

from __future__ import annotations

import msgspec
import pytest

from wistia_lake.privacy import rows
from wistia_lake.silver.columns import BRONZE_COLUMNS

ROWS: dict[str, type[msgspec.Struct]] = {
    "events": rows.EventRow,
    "medias": rows.MediaRow,
    "media_stats": rows.MediaStatsRow,
    "media_by_date": rows.MediaByDateRow,
    "account_by_date": rows.AccountByDateRow,
    "media_engagement": rows.MediaEngagementRow,
    "media_timeseries": rows.MediaTimeseriesRow,
}


def test_every_stream_that_tables_read_has_a_row():
    assert set(BRONZE_COLUMNS) == set(ROWS)


@pytest.mark.parametrize("stream", BRONZE_COLUMNS)
def test_every_column_is_a_field_of_the_row(stream):
    assert set(BRONZE_COLUMNS[stream]) <= set(ROWS[stream].__struct_fields__)
