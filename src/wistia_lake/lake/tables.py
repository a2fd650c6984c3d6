"""Every table as plain data: columns, types, meanings, keys, partitions.

The Iceberg schemas, the checks, ``wistia-lake tables`` and ``docs/tables.md`` are all made from these entries.
Field ids are the positions counted from 1 and are frozen once released: add at the end, never reorder.
"""

from __future__ import annotations

from wistia_lake.lake.table import Column, Table, Type
from wistia_lake.lake.tables_checks import OPS_CHECK_RESULT
from wistia_lake.lake.tables_measured import FACT_MEDIA_DAY_MEASURED, KPI_MEDIA_DAY
from wistia_lake.lake.tables_reported import FACT_ACCOUNT_DAY, FACT_MEDIA_CURVE

_S, _I, _L, _D, _B = Type.STRING, Type.INT, Type.LONG, Type.DOUBLE, Type.BOOL
_COUNT = (0.0, float(2**53))
_FRACTION = (0.0, 1.0)

DIM_MEDIA = Table(
    "silver", "dim_media", "one row per media ever seen that the rules show", ("media_id",),
    reads=("medias", "silver.fact_event"), sort=("media_id",),
    columns=(
        Column("media_id", _S, "hashed id of the media", source="medias.hashed_id", required=True),
        Column("numeric_id", _L, "numeric id; null for a media known only from its sessions", source="medias.id"),
        Column("title", _S, "name as Wistia serves it, unchanged; for a media known only from its sessions, the name "
               "that its latest session carried (largest received_at, then largest event_id)",
               source="medias.name or events.media_name"),
        Column("url", _S, "page of the media at Wistia, <account url>/medias/<media_id>; null for a media known only "
               "from its sessions", source="account.url, medias.hashed_id"),
        Column("channel", _S, "channel by the user's ordered rules, first match wins; Other if none matches; "
               "never guessed", source="rules in wistia-lake.toml", required=True),
        Column("type", _S, "Video, Audio, Image, PdfDocument, MicrosoftOfficeDocument, Swf, UnknownType",
               source="medias.type"),
        Column("duration_ms", _L, "length now; null if unknown or not above zero: floor(seconds * 1000 + 0.5)", "ms",
               "medias.duration", bounds=_COUNT),
        Column("project_id", _S, "hashed id of the project (folder)", source="medias.project.hashed_id"),
        Column("project", _S, "name of the project (folder)", source="medias.project.name"),
        Column("section", _S, "section inside the project; null if none or empty", source="medias.section"),
        Column("status", _S, "queued, processing, ready, failed", source="medias.status"),
        Column("is_archived", _B, "archived at Wistia", source="medias.archived"),
        Column("is_deleted", _B, "missing from a whole list and answered 404 when asked for by itself; false for a "
               "media known only from its sessions", source="medias, /medias/{id}", required=True),
        Column("created_at", Type.INSTANT, "when it was created", "UTC instant", "medias.created"),
        Column("updated_at", Type.INSTANT, "when it was last edited; editing its folder does not move it",
               "UTC instant", "medias.updated"),
        Column("first_seen_day", Type.DATE, "first day whose media list held it; null if none did", "UTC date",
               "day of the medias look"),
        Column("last_seen_day", Type.DATE, "last day whose media list (or show endpoint) held it; null if none did",
               "UTC date", "day of the medias look"),
    ),
)

MEDIA_DURATION = Table(
    "silver", "media_duration", "one row per change of a media's length", ("media_id", "valid_from_day"),
    reads=("medias",), sort=("media_id", "valid_from_day"),
    columns=(
        Column("media_id", _S, "hashed id of the media", required=True, source="medias.hashed_id"),
        Column("valid_from_day", Type.DATE, "first day whose media list showed this length. A session uses the row "
               "valid on its received_day, else the earliest later one. Lists with an unknown length add no row.",
               "UTC date", "day of the medias look", required=True),
        Column("duration_ms", _L, "length: floor(seconds * 1000 + 0.5)", "ms", "medias.duration", required=True,
               bounds=(1.0, float(2**53))),
    ),
)

FACT_EVENT = Table(
    "silver", "fact_event", "one row per play session", ("event_id", "visitor_id"), partition="received_day",
    sort=("media_id", "visitor_id", "received_at", "event_id"), reads=("events", "silver.media_duration"),
    columns=(
        Column("event_id", _S, "pseudonym of the session's key. Not unique: see is_twin", source="events.event_key",
               required=True),
        Column("visitor_id", _S, "pseudonym of the viewer's key", source="events.visitor_key", required=True),
        Column("is_twin", _B, "true for all rows of an event_id but one: the one with the largest percent_viewed, then "
               "the latest received_at, then the smallest visitor_id", source="events", required=True),
        Column("media_id", _S, "hashed id of the media", source="events.media_id", required=True),
        Column("received_at", Type.INSTANT, "when Wistia received it; the only time a session has", "UTC instant",
               "events.received_at", required=True),
        Column("received_day", Type.DATE, "UTC date of received_at; partition", "UTC date", "events.received_at",
               required=True),
        Column("day", Type.DATE, "date of received_at in the account's zone", "account date", "events.received_at",
               required=True),
        Column("percent_viewed", _D, "share of the media that was seen, repeated parts once", "fraction 0..1",
               "events.percent_viewed", required=True, bounds=_FRACTION),
        Column("duration_ms", _L, "length of the media valid on received_day; null if never known", "ms",
               "silver.media_duration", bounds=_COUNT),
        Column("watched_ms", _L, "floor(percent_viewed * duration_ms + 0.5): each part counts once, a lower bound of "
               "the time spent; null if the length is unknown", "ms", "events x media_duration", bounds=_COUNT),
        Column("country", _S, "ISO 3166 alpha-2 code; null if blank", source="events.country"),
        Column("region", _S, "region name as served; null if blank", source="events.region"),
        Column("embed_domain", _S, "host of the page, lower case, without port; null if the page is unknown",
               source="events.embed_url"),
        Column("embed_path", _S, "path of the page as served, / if empty; segments that look like an e-mail address or "
               "a token are ***; null if the page is unknown", source="events.embed_url"),
        Column("utm_source", _S, "utm_source of the page; null if absent, blank or personal-looking",
               source="events.embed_url"),
        Column("utm_medium", _S, "utm_medium of the page; null if absent, blank or personal-looking",
               source="events.embed_url"),
        Column("utm_campaign", _S, "utm_campaign of the page; null if absent, blank or personal-looking",
               source="events.embed_url"),
        Column("is_identified", _B, "the session carried a non-empty e-mail address (which is not kept)",
               source="events.email", required=True),
        Column("is_converted", _B, "conversion type neither blank nor 0, or conversion data present (which is not "
               "kept)", source="events.conversion_type, events.conversion_data", required=True),
        Column("conversion_type", _S, "kind of conversion as text; null if blank or 0",
               source="events.conversion_type"),
        Column("browser", _S, "browser, both of Wistia's vocabularies mapped to one; null for Unknown "
               "Browser or blank", source="events.user_agent_details.browser"),
        Column("browser_major", _I, "leading digits of the browser's version; null if it does not begin with digits, "
               "is 0 or exceeds 9999", source="events.user_agent_details.browser_version"),
        Column("platform", _S, "operating system, both vocabularies mapped to one; null if blank",
               source="events.user_agent_details.platform"),
        Column("is_mobile", _B, "Wistia's own flag; false for tablets it does not count as mobile",
               source="events.user_agent_details.mobile"),
        Column("batch_id", _S, "the bronze batch whose data object holds the row", source="bronze", required=True),
    ),
)

FACT_MEDIA_DAY = Table(
    "silver", "fact_media_day", "media x account day, only with activity", ("media_id", "day"), partition="month",
    sort=("day", "media_id"), reads=("media_by_date", "silver.fact_event"),
    columns=(
        Column("media_id", _S, "hashed id of the media", required=True),
        Column("day", Type.DATE, "day in the account's zone", "account date", required=True),
        Column("month", Type.DATE, "first day of the month of day; partition", "account date", required=True),
        Column("load_count", _L, "times the player was loaded; null where by_date was not read for the day", "loads",
               "media_by_date.load_count", bounds=_COUNT),
        Column("play_count", _L, "times play began, replays count; null where by_date was not read for the day",
               "plays", "media_by_date.play_count", bounds=_COUNT),
        Column("event_count", _L, "play sessions of the day, twins included; this and all below are null, not 0, where "
               "the looks do not cover the whole day", "sessions", "fact_event", bounds=_COUNT),
        Column("viewer_count", _L, "distinct viewers of the day; cannot be added up", "viewers", "fact_event",
               bounds=_COUNT),
        Column("watched_ms", _L, "sum of watched_ms: a lower bound of time spent; sessions of unknown length add "
               "nothing; 0 for a day without sessions, null if it has some but none of known length", "ms",
               "fact_event", bounds=_COUNT),
        Column("watched_25_count", _L, "sessions with percent_viewed >= 0.25", "sessions", "fact_event",
               bounds=_COUNT),
        Column("watched_50_count", _L, "sessions with percent_viewed >= 0.5", "sessions", "fact_event", bounds=_COUNT),
        Column("watched_75_count", _L, "sessions with percent_viewed >= 0.75", "sessions", "fact_event",
               bounds=_COUNT),
        Column("completed_count", _L, "sessions with percent_viewed >= 0.99", "sessions", "fact_event",
               bounds=_COUNT),
        Column("mobile_event_count", _L, "sessions with is_mobile", "sessions", "fact_event", bounds=_COUNT),
        Column("converted_event_count", _L, "sessions with is_converted", "sessions", "fact_event", bounds=_COUNT),
        Column("is_final", _B, "the account day plus the settle time was over before the newest look of every "
               "overlapping UTC day and of by_date; none of them is cut", required=True),
        Column("is_settled", _B, "is_final, and the newest look of every overlapping UTC day began late_window_days or "
               "more after that UTC day had ended", required=True),
    ),
    references=(("media_id", "silver.dim_media", "media_id"),),
)

_CHANGE = "against the previous snapshot; may be negative; null without one"
FACT_MEDIA_ENGAGEMENT = Table(
    "silver", "fact_media_engagement", "media x snapshot day: lifetime counters", ("media_id", "snapshot_day"),
    partition="month", sort=("snapshot_day", "media_id"), reads=("media_stats", "silver.media_duration"),
    columns=(
        Column("media_id", _S, "hashed id of the media", required=True),
        Column("snapshot_day", Type.DATE, "UTC day of reading; the day's newest look counts", "UTC date",
               required=True),
        Column("month", Type.DATE, "first day of the month of snapshot_day; partition", "UTC date", required=True),
        Column("load_count", _L, "lifetime loads. Never add these up over days", "loads", "media_stats.load_count",
               bounds=_COUNT),
        Column("play_count", _L, "lifetime plays", "plays", "media_stats.play_count", bounds=_COUNT),
        Column("visitor_count", _L, "lifetime distinct visitors who loaded it", "visitors", "media_stats.visitors",
               bounds=_COUNT),
        Column("unique_play_count", _L, "lifetime distinct visitors who played it: floor(play_rate * visitors + 0.5)",
               "visitors", "media_stats.play_rate, visitors", bounds=_COUNT),
        Column("play_rate", _D, "share of visitors who played, as served", "fraction 0..1", "media_stats.play_rate",
               bounds=_FRACTION),
        Column("engagement", _D, "average share watched, as served", "fraction 0..1", "media_stats.engagement",
               bounds=_FRACTION),
        Column("hours_watched", _D, "Wistia's derived number play_count * engagement * length; not measured", "hours",
               "media_stats.hours_watched", bounds=_COUNT),
        Column("duration_ms", _L, "length valid on snapshot_day, else the earliest later one; null if never known",
               "ms", "silver.media_duration", bounds=_COUNT),
        Column("previous_snapshot_day", Type.DATE, "the media's snapshot before this one; null for the first",
               "UTC date"),
        Column("load_count_change", _L, f"load_count {_CHANGE}", "loads"),
        Column("play_count_change", _L, f"play_count {_CHANGE}", "plays"),
        Column("visitor_count_change", _L, f"visitor_count {_CHANGE}", "visitors"),
        Column("unique_play_count_change", _L, f"unique_play_count {_CHANGE}", "visitors"),
    ),
    references=(("media_id", "silver.dim_media", "media_id"),),
)

_FINAL = "over the period's final days"
KPI_MEDIA_28D = Table(
    "gold", "kpi_media_28d", "one row per media with a final day in the last 56: last 28 days against the 28 before",
    ("media_id",), sort=("media_id",),
    reads=("silver.dim_media", "silver.fact_event", "silver.fact_media_day", "silver.fact_media_engagement"),
    columns=(
        Column("media_id", _S, "hashed id of the media", required=True),
        Column("title", _S, "title now", source="dim_media"),
        Column("channel", _S, "channel now", source="dim_media"),
        Column("project", _S, "project now", source="dim_media"),
        Column("period_first_day", Type.DATE, "period_last_day - 27", "account date", required=True),
        Column("period_last_day", Type.DATE, "latest day with is_final in fact_media_day, the same for all rows",
               "account date", "fact_media_day", required=True),
        Column("final_day_count", _L, "the media's days with activity and is_final in the period", "days",
               "fact_media_day", required=True, bounds=(0.0, 28.0)),
        Column("load_count", _L, f"loads {_FINAL}", "loads", "fact_media_day", bounds=_COUNT),
        Column("play_count", _L, f"plays {_FINAL}", "plays", "fact_media_day", bounds=_COUNT),
        Column("event_count", _L, f"sessions {_FINAL}", "sessions", "fact_media_day", bounds=_COUNT),
        Column("viewer_count", _L, f"distinct viewers {_FINAL}, each once; 0 if none", "viewers", "fact_event",
               required=True, bounds=_COUNT),
        Column("watched_ms", _L, f"measured watch time {_FINAL}; null if there are sessions but none of known length",
               "ms", "fact_media_day", bounds=_COUNT),
        Column("watched_hours", _D, "watched_ms / 3600000.0", "hours", "fact_media_day", bounds=_COUNT),
        Column("play_share", _D, "play_count / load_count", "fraction", "fact_media_day", bounds=_COUNT),
        Column("watched_share", _D, "watched_ms / sum of duration_ms over the sessions of those days whose length is "
               "known", "fraction 0..1", "fact_media_day, fact_event", bounds=_FRACTION),
        Column("completed_share", _D, "completed_count / event_count", "fraction 0..1", "fact_media_day",
               bounds=_FRACTION),
        Column("mobile_share", _D, "mobile_event_count / event_count", "fraction 0..1", "fact_media_day",
               bounds=_FRACTION),
        Column("converted_share", _D, "converted_event_count / event_count", "fraction 0..1", "fact_media_day",
               bounds=_FRACTION),
        Column("previous_play_count", _L, "play_count of the 28 days before the period", "plays", "fact_media_day",
               bounds=_COUNT),
        Column("previous_event_count", _L, "event_count of the 28 days before", "sessions", "fact_media_day",
               bounds=_COUNT),
        Column("previous_viewer_count", _L, "viewer_count of the 28 days before; 0 if none", "viewers", "fact_event",
               required=True, bounds=_COUNT),
        Column("previous_watched_ms", _L, "watched_ms of the 28 days before, likewise", "ms", "fact_media_day",
               bounds=_COUNT),
        Column("reported_hours_watched", _D, "Wistia's derived hours for the period's plays: play_count * (engagement "
               "* (duration_ms / 1000.0) / 3600.0) of the newest snapshot; never mix with watched_hours", "hours",
               "fact_media_engagement", bounds=_COUNT),
        Column("reported_snapshot_day", Type.DATE, "snapshot_day of that newest snapshot", "UTC date",
               "fact_media_engagement"),
    ),
    references=(("media_id", "silver.dim_media", "media_id"),),
)

OPS_RUN = Table(
    "ops", "run", "one row per command that worked on the lake and came to an end, well or not", ("run_id",),
    reads=("pipeline",),
    columns=(
        Column("run_id", _S, "time-ordered id", required=True),
        Column("command", _S, "run, backfill, ingest or build", required=True),
        Column("started_at", Type.INSTANT, "when it began", "UTC instant", required=True),
        Column("finished_at", Type.INSTANT, "when it ended", "UTC instant", required=True),
        Column("outcome", _S, "ok, or the error's name", required=True),
        Column("exit_code", _L, "exit code of the command", required=True),
        Column("request_count", _L, "requests sent, every attempt counted", "requests", required=True),
        Column("retry_count", _L, "attempts after the first", "requests", required=True),
        Column("throttled_count", _L, "answers 429", "requests", required=True),
        Column("slice_count", _L, "slices looked at", "slices", required=True),
        Column("batch_count", _L, "looks that wrote a new data object", "batches", required=True),
        Column("row_count", _L, "rows read in all looks", "rows", required=True),
        Column("late_row_count", _L, "sessions that a day's earlier final look had not shown", "rows", required=True),
        Column("quarantined_count", _L, "rows set aside", "rows", required=True),
        Column("partition_count", _L, "table partitions rebuilt", "partitions", required=True),
    ),
)

OPS_BUILT = Table(
    "ops", "built", "one row per built partition: what it was computed from", ("table_name", "partition"),
    reads=("pipeline",),
    columns=(
        Column("table_name", _S, "full name of the table", required=True),
        Column("partition", _S, "the partition's date, or * for a table without partitions", required=True),
        Column("input_digest", _S, "digest of everything that the rows depend on", required=True),
        Column("snapshot_id", _L, "the Iceberg snapshot that holds them; null if the table never held a row"),
        Column("row_count", _L, "rows of the partition", "rows", required=True),
        Column("built_at", Type.INSTANT, "when it was built", "UTC instant", required=True),
    ),
)

TABLES: tuple[Table, ...] = (
    MEDIA_DURATION, FACT_EVENT, DIM_MEDIA, FACT_MEDIA_DAY, FACT_MEDIA_ENGAGEMENT, FACT_ACCOUNT_DAY, FACT_MEDIA_CURVE,
    FACT_MEDIA_DAY_MEASURED, KPI_MEDIA_28D, KPI_MEDIA_DAY, OPS_RUN, OPS_BUILT, OPS_CHECK_RESULT,
)  # fmt: skip
"""Every table in build order."""

BY_NAME = {table.full_name: table for table in TABLES}
