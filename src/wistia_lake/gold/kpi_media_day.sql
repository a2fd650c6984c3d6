-- Media x account day: measured, event-based and derived watch time side by side; ratios are ratios of sums.
-- Relation: shown_snapshots(month, snapshot_month or null): the month whose last snapshot of a media the days of a month
-- show.
with snapshots as (
    select
        media_id,
        month,
        snapshot_day,
        engagement,
        duration_ms,
        row_number() over (partition by media_id, month order by snapshot_day desc) as newest_rank
    from silver.fact_media_engagement
),
days as (
    select
        coalesce(counted.media_id, measured.media_id) as media_id,
        coalesce(counted.day, measured.day) as day,
        coalesce(counted.month, measured.month) as month,
        counted.load_count,
        counted.play_count,
        counted.event_count,
        counted.viewer_count,
        measured.play_count as measured_play_count,
        counted.watched_ms,
        measured.played_ms,
        coalesce(counted.is_final, false) as is_final,
        coalesce(counted.is_settled, false) as is_settled,
        coalesce(measured.is_final, false) as is_measured_final
    from silver.fact_media_day as counted
    full outer join silver.fact_media_day_measured as measured
        on measured.media_id = counted.media_id
        and measured.day = counted.day
)
select
    days.media_id,
    days.day,
    days.month,
    medias.title,
    medias.channel,
    days.load_count,
    days.play_count,
    days.event_count,
    days.viewer_count,
    days.measured_play_count,
    cast(days.play_count as double) / nullif(cast(days.load_count as double), 0) as play_share,
    days.watched_ms,
    cast(days.watched_ms as double) / cast(3600000 as double) as watched_hours,
    days.played_ms,
    cast(days.played_ms as double) / cast(3600000 as double) as played_hours,
    cast(days.play_count as double) * (
        snapshots.engagement * (cast(snapshots.duration_ms as double) / cast(1000 as double)) / cast(3600 as double)
    ) as reported_hours_watched,
    snapshots.snapshot_day as reported_snapshot_day,
    days.is_final,
    days.is_settled,
    days.is_measured_final
from days
left join silver.dim_media as medias on medias.media_id = days.media_id
left join shown_snapshots as shown on shown.month = days.month
left join snapshots
    on snapshots.media_id = days.media_id
    and snapshots.month = shown.snapshot_month
    and snapshots.newest_rank = 1
order by days.day, days.media_id
