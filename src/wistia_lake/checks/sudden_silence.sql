-- Medias that have been silent for some days up to the last final one, and how busy they were until then.
-- Relations: event_days; wanted_medias(media_id): medias that sessions are read for, none for all of them;
-- period(first_day, last_day): the account days looked at, one row.
with sessions as (
    select event_days.media_id, event_days.day, sum(event_days.row_count) as session_count
    from event_days
    inner join period on event_days.day between period.first_day and period.last_day
    where
        event_days.media_id in (select media_id from wanted_medias)
        or not exists (select media_id from wanted_medias)
    group by event_days.media_id, event_days.day
),
newest as (
    select sessions.media_id, max(sessions.day) as last_active_day
    from sessions
    inner join silver.dim_media as medias on medias.media_id = sessions.media_id
    where not medias.is_deleted and not coalesce(medias.is_archived, false)
    group by sessions.media_id
),
busy as (
    select
        newest.media_id,
        newest.last_active_day,
        count(case when sessions.day > newest.last_active_day - 7 then 1 end) as active_days,
        min(case when sessions.day > newest.last_active_day - 7 then sessions.session_count end) as least_in_a_day,
        sum(case when sessions.day > newest.last_active_day - 7 then sessions.session_count else 0 end) as first_week,
        sum(case when sessions.day between newest.last_active_day - 13 and newest.last_active_day - 7
            then sessions.session_count else 0 end) as second_week,
        sum(case when sessions.day between newest.last_active_day - 20 and newest.last_active_day - 14
            then sessions.session_count else 0 end) as third_week
    from newest
    inner join sessions on sessions.media_id = newest.media_id
    group by newest.media_id, newest.last_active_day
),
plays as (
    select busy.media_id, sum(days.play_count) as play_count
    from busy
    cross join period
    inner join silver.fact_media_day as days
        on days.media_id = busy.media_id and days.day > busy.last_active_day and days.day <= period.last_day
    group by busy.media_id
)
select
    busy.media_id,
    busy.last_active_day,
    period.last_day - busy.last_active_day as silent_days,
    case when busy.active_days = 7 then cast(busy.least_in_a_day as bigint) else 0 end as least_in_a_day,
    cast(busy.first_week as bigint) as first_week,
    cast(least(busy.first_week, busy.second_week, busy.third_week) as bigint) as least_in_a_week,
    cast(coalesce(plays.play_count, 0) as bigint) as play_count
from busy
cross join period
left join plays on plays.media_id = busy.media_id
where busy.last_active_day < period.last_day
order by busy.media_id
