-- The newest snapshot of each media beside the two laws that hold in every recorded answer of Wistia's:
-- hours_watched = play_count * engagement * length / 3600, and play_rate * visitor_count is a whole number.
-- The length is only compared if it is known to be the one of that day.
with ranked as (
    select
        stats.*,
        row_number() over (partition by stats.media_id order by stats.snapshot_day desc) as newest_rank
    from silver.fact_media_engagement as stats
)
select
    stats.media_id,
    stats.snapshot_day as day,
    stats.hours_watched,
    case
        when medias.duration_ms = stats.duration_ms and medias.last_seen_day = stats.snapshot_day
            then stats.play_count * stats.engagement * (stats.duration_ms / 1000.0) / 3600.0
    end as expected_hours,
    stats.play_rate * stats.visitor_count as players
from ranked as stats
inner join silver.dim_media as medias on medias.media_id = stats.media_id and not medias.is_deleted
where stats.newest_rank = 1
order by stats.media_id
