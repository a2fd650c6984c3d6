-- Whole weeks of each media: sessions (twins once) beside the plays that Wistia's daily counts report.
-- A week counts if it is over for good and both are known on all of its days.
-- Relations: event_days; week_days(day, week): the account days of the weeks wanted and their weeks' first days.
with sessions as (
    select media_id, day, sum(row_count - twin_count) as session_count
    from event_days
    group by media_id, day
),
last_settled as (
    select max(day) as day
    from silver.fact_media_day
    where is_settled
)
select
    days.media_id,
    week_days.week,
    cast(sum(days.play_count) as bigint) as play_count,
    cast(sum(coalesce(sessions.session_count, 0)) as bigint) as session_count,
    count(*) as day_count
from silver.fact_media_day as days
inner join week_days on week_days.day = days.day
inner join last_settled on week_days.week + 6 <= last_settled.day
inner join silver.dim_media as medias on medias.media_id = days.media_id and not medias.is_deleted
left join sessions on sessions.media_id = days.media_id and sessions.day = days.day
group by days.media_id, week_days.week
having bool_and(days.is_settled and days.play_count is not null and days.event_count is not null)
order by days.media_id, week_days.week
