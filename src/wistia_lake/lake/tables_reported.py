"""Tables of what Wistia itself reports, as plain data; part of the registry in ``tables``."""

from __future__ import annotations

from wistia_lake.lake.table import Column, Table, Type

_S, _I, _L, _D = Type.STRING, Type.INT, Type.LONG, Type.DOUBLE
_COUNT = (0.0, float(2**53))

FACT_ACCOUNT_DAY = Table(
    "silver",
    "fact_account_day",
    "account day that was read, also without activity; the whole account, whatever medias the rules show",
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

FACT_MEDIA_CURVE = Table(
    "silver",
    "fact_media_curve",
    "media x position: the newest curve of each media",
    ("media_id", "position"),
    sort=("media_id", "position"),
    reads=("media_engagement", "silver.media_duration"),
    columns=(
        Column(
            "media_id",
            _S,
            "hashed id of the media; one without positions (documents, unknown length) has no row",
            required=True,
        ),
        Column(
            "position",
            _I,
            "place in the media, from 0; it begins at position * position_ms",
            required=True,
            bounds=(0.0, 1999.0),
        ),
        Column(
            "positions",
            _I,
            "how many positions the media has: one a second, at most 1000 by Wistia's documents",
            "positions",
            "media_engagement.engagement_data",
            required=True,
            bounds=(1.0, 2000.0),
        ),
        Column(
            "position_ms",
            _L,
            "length of one position: floor(length valid on snapshot_day / positions + 0.5); null "
            "if the length was never known",
            "ms",
            "silver.media_duration",
            bounds=_COUNT,
        ),
        Column(
            "view_count",
            _L,
            "times the position was seen, over the media's life",
            "views",
            "media_engagement.engagement_data",
            required=True,
            bounds=_COUNT,
        ),
        Column(
            "rewatch_count",
            _L,
            "times it was seen again, over the media's life",
            "views",
            "media_engagement.rewatch_data",
            required=True,
            bounds=_COUNT,
        ),
        Column(
            "snapshot_day",
            Type.DATE,
            "UTC day on which this curve was read; a media is asked again only when its counters have moved",
            "UTC date",
            required=True,
        ),
    ),
    references=(("media_id", "silver.dim_media", "media_id"),),
)
