-- How far lifetime counters moved between two snapshots of a media, some weeks apart, beside the sum of its daily counts
-- in between. A snapshot was read at some moment of its UTC day, so the change lies between the sum over the days that
-- surely lie in between (least) and the sum over all that may (most).
-- Relations: counted_days(media_id, first_day, last_day): account days without a gap in which the media's daily counts were
-- read and are final.
with pairs as (
    select
        stats.media_id,
        min(stats.snapshot_day) as first_day,
        max(stats.snapshot_day) as last_day,
        arg_max(stats.load_count, stats.snapshot_day) - arg_min(stats.load_count, stats.snapshot_day) as load_change,
        arg_max(stats.play_count, stats.snapshot_day) - arg_min(stats.play_count, stats.snapshot_day) as play_change
    from silver.fact_media_engagement as stats
    inner join counted_days as counted on counted.media_id = stats.media_id
    where
        stats.snapshot_day > counted.first_day
        and stats.snapshot_day < counted.last_day
        and stats.snapshot_day >= counted.last_day - 36
    group by stats.media_id
    having max(stats.snapshot_day) - min(stats.snapshot_day) >= 5
),
sums as (
    select
        pairs.media_id,
        sum(case when days.day between pairs.first_day + 2 and pairs.last_day - 2 then days.load_count end) as least_loads,
        sum(case when days.day between pairs.first_day + 2 and pairs.last_day - 2 then days.play_count end) as least_plays,
        sum(days.load_count) as most_loads,
        sum(days.play_count) as most_plays
    from pairs
    inner join silver.fact_media_day as days
        on days.media_id = pairs.media_id
        and days.day between pairs.first_day - 1 and pairs.last_day + 1
    group by pairs.media_id
)
select
    pairs.media_id,
    pairs.first_day,
    pairs.last_day,
    pairs.load_change,
    pairs.play_change,
    cast(coalesce(sums.least_loads, 0) as bigint) as least_loads,
    cast(coalesce(sums.most_loads, 0) as bigint) as most_loads,
    cast(coalesce(sums.least_plays, 0) as bigint) as least_plays,
    cast(coalesce(sums.most_plays, 0) as bigint) as most_plays
from pairs
left join sums on sums.media_id = pairs.media_id
order by pairs.media_id
