-- Sessions and twins (rows that share a session's key under another viewer) of each media in whole weeks.
-- Relations: event_days; week_days(day, week).
select
    event_days.media_id,
    week_days.week,
    cast(sum(event_days.row_count) as bigint) as row_count,
    cast(sum(event_days.twin_count) as bigint) as twin_count
from event_days
inner join week_days on week_days.day = event_days.day
group by event_days.media_id, week_days.week
order by event_days.media_id, week_days.week
