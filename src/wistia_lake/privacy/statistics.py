"""The allow-lists of answers about the whole account and about curves, beside those in ``policy``."""

from __future__ import annotations

from wistia_lake.privacy.policy import days
from wistia_lake.privacy.reading import Decoded, Reader
from wistia_lake.privacy.rows import AccountByDateRow
from wistia_lake.privacy.served import ByDateServed

_ACCOUNT_BY_DATE = Reader(ByDateServed, "GET /stats/account/by_date")


def decode_account_by_date(body: bytes) -> Decoded[AccountByDateRow]:
    """The good days of the answer, ascending; bad ones, and repeated ones, are described."""

    def row(day: ByDateServed) -> AccountByDateRow:
        return AccountByDateRow(day.date, day.load_count, day.play_count, day.hours_watched)

    return days(_ACCOUNT_BY_DATE.page(body), row)
