-- The last 28 days that are final against the 28 before; ratios are ratios of sums.
-- Relations: period(first_day, last_day, previous_first_day, previous_last_day): one row, or none without a final day.
with days as (
    select
        media_days.*,
        media_days.day >= period.first_day as is_current
    from silver.fact_media_day as media_days
    inner join period on media_days.day between period.previous_first_day and period.last_day
    where media_days.is_final
),
sums as (
    select
        media_id,
        sum(case when is_current then 1 else 0 end) as final_day_count,
        cast(sum(case when is_current then load_count end) as bigint) as load_count,
        cast(sum(case when is_current then play_count end) as bigint) as play_count,
        cast(sum(case when is_current then event_count end) as bigint) as event_count,
        cast(sum(case when is_current then watched_ms end) as bigint) as watched_ms,
        cast(sum(case when is_current then completed_count end) as bigint) as completed_count,
        cast(sum(case when is_current then mobile_event_count end) as bigint) as mobile_event_count,
        cast(sum(case when is_current then converted_event_count end) as bigint) as converted_event_count,
        cast(sum(case when not is_current then play_count end) as bigint) as previous_play_count,
        cast(sum(case when not is_current then event_count end) as bigint) as previous_event_count,
        cast(sum(case when not is_current then watched_ms end) as bigint) as previous_watched_ms
    from days
    group by media_id
),
viewers as (
    select
        events.media_id,
        count(distinct case when days.is_current then events.visitor_id end) as viewer_count,
        count(distinct case when not days.is_current then events.visitor_id end) as previous_viewer_count,
        cast(sum(case when days.is_current then events.duration_ms end) as bigint) as playable_ms,
        cast(sum(case when not days.is_current then events.duration_ms end) as bigint) as previous_playable_ms
    from silver.fact_event as events
    inner join days on days.media_id = events.media_id and days.day = events.day
    group by events.media_id
),
-- Sessions of unknown length add nothing to a day; if a period has no others, its watch time is unknown, not 0.
watched as (
    select
        sums.media_id,
        case when sums.event_count > 0 and viewers.playable_ms is null then null else sums.watched_ms end as watched_ms,
        case
            when sums.previous_event_count > 0 and viewers.previous_playable_ms is null then null
            else sums.previous_watched_ms
        end as previous_watched_ms
    from sums
    left join viewers on viewers.media_id = sums.media_id
),
reported as (
    select
        media_id,
        snapshot_day,
        engagement,
        duration_ms,
        row_number() over (partition by media_id order by snapshot_day desc) as newest_rank
    from silver.fact_media_engagement
)
select
    sums.media_id,
    medias.title,
    medias.channel,
    medias.project,
    period.first_day as period_first_day,
    period.last_day as period_last_day,
    cast(sums.final_day_count as bigint) as final_day_count,
    sums.load_count,
    sums.play_count,
    sums.event_count,
    coalesce(viewers.viewer_count, 0) as viewer_count,
    watched.watched_ms,
    cast(watched.watched_ms as double) / cast(3600000 as double) as watched_hours,
    cast(sums.play_count as double) / nullif(cast(sums.load_count as double), 0) as play_share,
    cast(watched.watched_ms as double) / nullif(cast(viewers.playable_ms as double), 0) as watched_share,
    cast(sums.completed_count as double) / nullif(cast(sums.event_count as double), 0) as completed_share,
    cast(sums.mobile_event_count as double) / nullif(cast(sums.event_count as double), 0) as mobile_share,
    cast(sums.converted_event_count as double) / nullif(cast(sums.event_count as double), 0) as converted_share,
    sums.previous_play_count,
    sums.previous_event_count,
    coalesce(viewers.previous_viewer_count, 0) as previous_viewer_count,
    watched.previous_watched_ms,
    cast(sums.play_count as double) * (
        reported.engagement * (cast(reported.duration_ms as double) / cast(1000 as double)) / cast(3600 as double)
    ) as reported_hours_watched,
    reported.snapshot_day as reported_snapshot_day
from sums
cross join period
left join watched on watched.media_id = sums.media_id
left join silver.dim_media as medias on medias.media_id = sums.media_id
left join viewers on viewers.media_id = sums.media_id
left join reported on reported.media_id = sums.media_id and reported.newest_rank = 1
order by sums.media_id
