-- Media x account day as Wistia measures it: what the newest look that read the day said.
-- Relations: measured_days(begins_on, day, month, from_at, to_at, final_at): the days wanted, between which instants a
-- bucket begins whose middle is on the day, once for each UTC date of these, and when the day is over and settled;
-- measured_looks(batch_id, look_order, requested_at).
with buckets as (
    select
        bronze_media_timeseries.*,
        cast(bronze_media_timeseries.begins_at as timestamptz) as instant
    from bronze_media_timeseries
),
-- The UTC date only keeps an engine from holding every bucket against every day.
read_days as (
    select
        rows_read.media_id,
        measured_days.day,
        measured_days.month,
        rows_read.plays,
        rows_read.unique_plays,
        rows_read.unique_loads,
        rows_read.unique_visitors,
        rows_read.played_time,
        rows_read.play_rate,
        rows_read.engagement_rate,
        looks.requested_at >= measured_days.final_at as is_final,
        row_number() over (
            partition by rows_read.media_id, measured_days.day
            order by looks.look_order desc, rows_read.begins_at desc
        ) as newest_rank
    from buckets as rows_read
    inner join measured_looks as looks on looks.batch_id = rows_read.batch_id
    inner join measured_days
        on measured_days.begins_on = cast(rows_read.instant as date)
        and rows_read.instant >= measured_days.from_at
        and rows_read.instant < measured_days.to_at
)
-- A bucket without measures is a day without activity: it hides what an older look said, and is no row itself.
select
    media_id,
    day,
    month,
    plays as play_count,
    unique_plays as unique_play_count,
    unique_loads as unique_load_count,
    unique_visitors as visitor_count,
    cast(floor(played_time * cast(1000 as double) + 0.5) as bigint) as played_ms,
    play_rate,
    engagement_rate as engagement,
    is_final
from read_days
where newest_rank = 1
    and (
        coalesce(plays, unique_plays, unique_loads, unique_visitors) is not null
        or coalesce(played_time, play_rate, engagement_rate) is not null
    )
order by day, media_id
