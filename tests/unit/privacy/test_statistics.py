"""What is kept of answers about the account: only what the allow-list names, bad values never."""

from __future__ import annotations

import json

from wistia_lake.privacy.rows import AccountByDateRow
from wistia_lake.privacy.statistics import decode_account_by_date


def day(text, **changes):
    return {"date": text, "load_count": 159, "play_count": 121, "hours_watched": 1.43} | changes


def account_days(*rows):
    return decode_account_by_date(json.dumps(rows).encode())


def test_the_days_of_the_account_are_rows_in_order_though_served_newest_first():
    assert account_days(day("2025-03-10", hours_watched=0), day("2025-03-09")).rows == [
        AccountByDateRow("2025-03-09", 159, 121, 1.43),
        AccountByDateRow("2025-03-10", 159, 121, 0.0),
    ]
    assert account_days().rows == []


def test_a_bad_or_repeated_day_of_the_account_is_told_and_the_others_stay():
    decoded = account_days(
        day("2025-03-11", viewer="Ann"), day("2025-03-11"), day("2025-03-09", load_count=1.5), day("2025-02-30")
    )
    assert [row.date for row in decoded.rows] == ["2025-03-11"]
    assert [(bad.position, bad.field) for bad in decoded.bad] == [(1, "date"), (2, "load_count"), (3, "date")]
    assert decoded.unknown_fields == {"viewer"}
    assert "Ann" not in repr(decoded)
