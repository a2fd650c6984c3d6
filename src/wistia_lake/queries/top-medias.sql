-- The twenty medias with most play sessions in the days that the lake holds, with their titles and numbers.
with days as (
    select
        media_id,
        cast(sum(event_count) as bigint) as session_count,
        cast(sum(play_count) as bigint) as play_count,
        cast(sum(watched_ms) as bigint) as watched_ms,
        min(day) as first_day,
        max(day) as last_day
    from silver.fact_media_day
    where event_count > 0
    group by media_id
),

viewers as (
    select media_id, cast(count(distinct visitor_id) as bigint) as viewer_count, avg(percent_viewed) as average_viewed
    from silver.fact_event
    group by media_id
)

select
    medias.title,
    medias.channel,
    days.session_count,
    viewers.viewer_count,
    days.play_count,
    round(days.watched_ms / 3600000.0, 1) as watched_hours,
    round(viewers.average_viewed, 3) as average_viewed,
    days.first_day,
    days.last_day,
    medias.media_id
from days
inner join silver.dim_media as medias on days.media_id = medias.media_id
left join viewers on days.media_id = viewers.media_id
order by days.session_count desc, medias.media_id
limit 20
