"""Tables of media days as Wistia measures them, and beside the other numbers; part of the registry in ``tables``."""

from __future__ import annotations

from wistia_lake.lake.table import Column, Table, Type

_S, _L, _D, _B = Type.STRING, Type.LONG, Type.DOUBLE, Type.BOOL
_COUNT = (0.0, float(2**53))

FACT_MEDIA_DAY_MEASURED = Table(
    "silver",
    "fact_media_day_measured",
    "media x account day as Wistia measures it, only with activity; empty unless the modern API is read and offers it",
    ("media_id", "day"),
    partition="month",
    sort=("day", "media_id"),
    reads=("media_timeseries",),
    columns=(
        Column("media_id", _S, "hashed id of the media", required=True),
        Column(
            "day",
            Type.DATE,
            "day in the account's zone: that of the middle of Wistia's bucket, so that it is right even if the zone "
            "that is set is some hours off",
            "account date",
            "media_timeseries.timestamp",
            required=True,
        ),
        Column("month", Type.DATE, "first day of the month of day; partition", "account date", required=True),
        Column(
            "play_count",
            _L,
            "plays without those that Wistia takes for bots', so that it is less than play_count of fact_media_day; "
            "this and all below null, not 0, where Wistia does not say",
            "plays",
            "media_timeseries.plays",
            bounds=_COUNT,
        ),
        Column(
            "unique_play_count",
            _L,
            "distinct visitors who played it that day; cannot be added up",
            "visitors",
            "media_timeseries.unique_plays",
            bounds=_COUNT,
        ),
        Column(
            "unique_load_count",
            _L,
            "loads, each visitor's once; Wistia gives no plain number of loads here; cannot be added up",
            "loads",
            "media_timeseries.unique_loads",
            bounds=_COUNT,
        ),
        Column(
            "visitor_count",
            _L,
            "distinct visitors; cannot be added up",
            "visitors",
            "media_timeseries.unique_visitors",
            bounds=_COUNT,
        ),
        Column(
            "played_ms",
            _L,
            "time that was played, repeated parts each time, as Wistia measures it: floor(seconds * 1000 + 0.5). "
            "Neither watched_ms of fact_media_day nor any derived hours",
            "ms",
            "media_timeseries.played_time",
            bounds=_COUNT,
        ),
        Column(
            "play_rate",
            _D,
            "share of those who loaded it that played it, as served",
            "fraction 0..1",
            "media_timeseries.play_rate",
            bounds=_COUNT,
        ),
        Column(
            "engagement",
            _D,
            "average share of the media that a play played, as served",
            "fraction 0..1",
            "media_timeseries.engagement_rate",
            bounds=_COUNT,
        ),
        Column(
            "is_final",
            _B,
            "the account day plus the settle time was over before the newest look at it",
            required=True,
        ),
    ),
    references=(("media_id", "silver.dim_media", "media_id"),),
)

KPI_MEDIA_DAY = Table(
    "gold",
    "kpi_media_day",
    "media x account day with any activity: three kinds of watch time side by side, never mixed",
    ("media_id", "day"),
    partition="month",
    sort=("day", "media_id"),
    reads=(
        "silver.dim_media",
        "silver.fact_media_day",
        "silver.fact_media_day_measured",
        "silver.fact_media_engagement",
    ),
    columns=(
        Column("media_id", _S, "hashed id of the media", required=True),
        Column("day", Type.DATE, "day in the account's zone", "account date", required=True),
        Column("month", Type.DATE, "first day of the month of day; partition", "account date", required=True),
        Column("title", _S, "title now", source="dim_media"),
        Column("channel", _S, "channel now", source="dim_media"),
        Column(
            "load_count",
            _L,
            "as there; null where only Wistia's measures have the day",
            "loads",
            "fact_media_day",
            bounds=_COUNT,
        ),
        Column("play_count", _L, "as there, bots' plays included", "plays", "fact_media_day", bounds=_COUNT),
        Column("event_count", _L, "as there", "sessions", "fact_media_day", bounds=_COUNT),
        Column("viewer_count", _L, "as there; cannot be added up", "viewers", "fact_media_day", bounds=_COUNT),
        Column(
            "measured_play_count",
            _L,
            "plays without bots'; null where Wistia's measures do not have the day",
            "plays",
            "fact_media_day_measured.play_count",
            bounds=_COUNT,
        ),
        Column("play_share", _D, "play_count / load_count", "fraction", "fact_media_day", bounds=_COUNT),
        Column(
            "watched_ms",
            _L,
            "from sessions: share viewed x length, each part once; a lower bound of time spent",
            "ms",
            "fact_media_day",
            bounds=_COUNT,
        ),
        Column("watched_hours", _D, "watched_ms / 3600000.0", "hours", "fact_media_day", bounds=_COUNT),
        Column(
            "played_ms",
            _L,
            "measured by Wistia, repeated parts each time, without bots",
            "ms",
            "fact_media_day_measured",
            bounds=_COUNT,
        ),
        Column("played_hours", _D, "played_ms / 3600000.0", "hours", "fact_media_day_measured", bounds=_COUNT),
        Column(
            "reported_hours_watched",
            _D,
            "derived as Wistia derives it, not measured: play_count * (engagement * (duration_ms / 1000.0) / 3600.0) "
            "of the snapshot of reported_snapshot_day",
            "hours",
            "fact_media_day, fact_media_engagement",
            bounds=_COUNT,
        ),
        Column(
            "reported_snapshot_day",
            Type.DATE,
            "the media's newest snapshot of the month; where the month has no snapshots at all, of the first later "
            "month that has, or else of the last: days of months that are over do not move any more",
            "UTC date",
            "fact_media_engagement",
        ),
        Column(
            "is_final",
            _B,
            "as there; false where only Wistia's measures have the day",
            source="fact_media_day",
            required=True,
        ),
        Column("is_settled", _B, "likewise", source="fact_media_day", required=True),
        Column(
            "is_measured_final",
            _B,
            "is_final of Wistia's measures; false where they do not have the day",
            source="fact_media_day_measured",
            required=True,
        ),
    ),
    references=(("media_id", "silver.dim_media", "media_id"),),
)
