"""Tables of what Wistia itself reports, as plain data; part of the registry in ``tables``."""

from __future__ import annotations

from wistia_lake.lake.table import Column, Table, Type

_L, _D = Type.LONG, Type.DOUBLE
_COUNT = (0.0, float(2**53))

FACT_ACCOUNT_DAY = Table(
    "silver",
    "fact_account_day",
    "account day that was read, also without activity",
    ("day",),
    partition="month",
    sort=("day",),
    reads=("account_by_date",),
    columns=(
        Column("day", Type.DATE, "day in the account's zone", "account date", "account_by_date.date", required=True),
        Column("month", Type.DATE, "first day of the month of day; partition", "account date", required=True),
        Column(
            "load_count",
            _L,
            "times a player was loaded, as Wistia adds it up over the account",
            "loads",
            "account_by_date.load_count",
            required=True,
            bounds=_COUNT,
        ),
        Column(
            "play_count",
            _L,
            "times play began, likewise",
            "plays",
            "account_by_date.play_count",
            required=True,
            bounds=_COUNT,
        ),
        Column(
            "hours_watched",
            _D,
            "Wistia's derived number, restated for past days whenever it moves: the newest "
            "look at the day counts; not measured, never mix it with watched_ms",
            "hours",
            "account_by_date.hours_watched",
            bounds=_COUNT,
        ),
    ),
)
