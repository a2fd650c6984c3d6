-- How well sessions per day fit plays per day if the account's days began some hours later (or, below 0, earlier) than
-- the configured zone says: the sum over medias and days of |sessions - usual share of plays|.
-- Relations: compared_days(day, begins_at, is_inner): days in the configured zone, of which only the inner ones are
-- compared, because their neighbours are known too; shifts(hours).
with plays as (
    select days.media_id, days.day, days.play_count
    from silver.fact_media_day as days
    inner join compared_days on compared_days.day = days.day and compared_days.is_inner
    where days.is_settled and days.play_count is not null and days.event_count is not null
),
busiest as (
    select media_id
    from plays
    group by media_id
    order by sum(play_count) desc, media_id
    limit 50
),
hours as (
    select
        events.media_id,
        events.day,
        cast(floor((epoch(events.received_at) - epoch(compared_days.begins_at)) / 3600) as bigint) as hour,
        count(*) as session_count
    from silver.fact_event as events
    inner join busiest on busiest.media_id = events.media_id
    inner join compared_days on compared_days.day = events.day
    where not events.is_twin
    group by events.media_id, events.day, hour
),
shifted as (
    select
        shifts.hours,
        hours.media_id,
        hours.day + cast(floor((hours.hour - shifts.hours) / 24.0) as integer) as day,
        sum(hours.session_count) as session_count
    from hours
    cross join shifts
    group by all
),
compared as (
    select
        shifts.hours,
        plays.media_id,
        plays.day,
        plays.play_count,
        coalesce(shifted.session_count, 0) as session_count,
        sum(coalesce(shifted.session_count, 0)) over media_days
        / nullif(sum(plays.play_count) over media_days, 0) as usual_share
    from plays
    inner join busiest on busiest.media_id = plays.media_id
    cross join shifts
    left join shifted
        on shifted.hours = shifts.hours and shifted.media_id = plays.media_id and shifted.day = plays.day
    window media_days as (partition by shifts.hours, plays.media_id)
)
select
    hours,
    cast(sum(abs(session_count - coalesce(usual_share, 1) * play_count)) as double) as difference,
    cast(sum(session_count) as bigint) as session_count,
    count(distinct case when play_count > 0 then day end) as day_count
from compared
group by hours
order by hours
