-- Lifetime counters of one month's snapshots, each against the media's snapshot before it.
-- Relations: stat_looks(batch_id, snapshot_day, month, look_order), duration_spans(media_id, from_day, to_day,
-- duration_ms). The table itself holds the months before.
with snapshots as (
    select
        stats.*,
        looks.snapshot_day,
        looks.month,
        row_number() over (partition by stats.media_id, looks.snapshot_day order by looks.look_order desc) as newest_rank
    from bronze_media_stats as stats
    inner join stat_looks as looks on looks.batch_id = stats.batch_id
),
earlier as (
    select
        media_id, snapshot_day, load_count, play_count, visitor_count, unique_play_count,
        row_number() over (partition by media_id order by snapshot_day desc) as newest_rank
    from silver.fact_media_engagement
),
counters as (
    select
        media_id,
        snapshot_day,
        month,
        load_count,
        play_count,
        visitors as visitor_count,
        cast(floor(play_rate * visitors + 0.5) as bigint) as unique_play_count,
        play_rate,
        engagement,
        hours_watched
    from snapshots
    where newest_rank = 1
    union all
    select
        media_id, snapshot_day, cast(null as date), load_count, play_count, visitor_count, unique_play_count,
        cast(null as double), cast(null as double), cast(null as double)
    from earlier
    where newest_rank = 1
),
compared as (
    select
        counters.*,
        lag(snapshot_day) over (partition by media_id order by snapshot_day) as previous_snapshot_day,
        load_count - lag(load_count) over (partition by media_id order by snapshot_day) as load_count_change,
        play_count - lag(play_count) over (partition by media_id order by snapshot_day) as play_count_change,
        visitor_count - lag(visitor_count) over (partition by media_id order by snapshot_day) as visitor_count_change,
        unique_play_count - lag(unique_play_count) over (partition by media_id order by snapshot_day)
            as unique_play_count_change
    from counters
)
select
    compared.media_id,
    compared.snapshot_day,
    compared.month,
    compared.load_count,
    compared.play_count,
    compared.visitor_count,
    compared.unique_play_count,
    compared.play_rate,
    compared.engagement,
    compared.hours_watched,
    lengths.duration_ms,
    compared.previous_snapshot_day,
    compared.load_count_change,
    compared.play_count_change,
    compared.visitor_count_change,
    compared.unique_play_count_change
from compared
left join duration_spans as lengths
    on lengths.media_id = compared.media_id
    and compared.snapshot_day >= lengths.from_day
    and compared.snapshot_day < lengths.to_day
where compared.month is not null
order by compared.snapshot_day, compared.media_id
