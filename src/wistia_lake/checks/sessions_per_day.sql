-- Medias whose sessions in fact_event are not those that fact_media_day counted, with their worst day.
-- Relations: event_days.
with sessions as (
    select media_id, day, cast(sum(row_count) as bigint) as row_count
    from event_days
    group by media_id, day
),
compared as (
    select
        days.media_id,
        days.day,
        days.event_count as expected,
        coalesce(sessions.row_count, 0) as found
    from silver.fact_media_day as days
    left join sessions on sessions.media_id = days.media_id and sessions.day = days.day
    where days.event_count is not null
)
select
    media_id,
    count(*) as day_count,
    cast(sum(abs(found - expected)) as bigint) as difference,
    arg_max(day, abs(found - expected)) as day,
    arg_max(expected, abs(found - expected)) as expected,
    arg_max(found, abs(found - expected)) as found
from compared
where found <> expected
group by media_id
order by difference desc, media_id
