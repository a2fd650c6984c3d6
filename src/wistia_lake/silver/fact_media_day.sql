-- Media x account day. Relations: account_days(day, month, final_at): the days wanted and when each is over and settled;
-- by_date_looks(batch_id, look_order, requested_at); event_days(day, media_id or null for every other media, is_covered,
-- is_final, is_settled).
with read_days as (
    select
        rows_read.media_id,
        account_days.day,
        rows_read.load_count,
        rows_read.play_count,
        looks.requested_at >= account_days.final_at as is_final,
        row_number() over (partition by rows_read.media_id, account_days.day order by looks.look_order desc) as newest_rank
    from bronze_media_by_date as rows_read
    inner join by_date_looks as looks on looks.batch_id = rows_read.batch_id
    inner join account_days on account_days.day = rows_read.date
),
counted as (
    select media_id, day, load_count, play_count, is_final
    from read_days
    where newest_rank = 1
),
sessions as (
    select
        events.media_id,
        events.day,
        count(*) as event_count,
        count(distinct events.visitor_id) as viewer_count,
        cast(sum(events.watched_ms) as bigint) as watched_ms,
        sum(case when events.percent_viewed >= 0.25 then 1 else 0 end) as watched_25_count,
        sum(case when events.percent_viewed >= 0.5 then 1 else 0 end) as watched_50_count,
        sum(case when events.percent_viewed >= 0.75 then 1 else 0 end) as watched_75_count,
        sum(case when events.percent_viewed >= 0.99 then 1 else 0 end) as completed_count,
        sum(case when events.is_mobile then 1 else 0 end) as mobile_event_count,
        sum(case when events.is_converted then 1 else 0 end) as converted_event_count
    from silver.fact_event as events
    inner join account_days on account_days.day = events.day
    group by events.media_id, events.day
),
-- Joined once, not by a list of keys: an engine without materialised parts would read all that is counted twice.
found as (
    select
        coalesce(counted.media_id, sessions.media_id) as media_id,
        coalesce(counted.day, sessions.day) as day,
        counted.load_count,
        counted.play_count,
        counted.is_final as is_count_final,
        sessions.event_count,
        sessions.viewer_count,
        sessions.watched_ms,
        sessions.watched_25_count,
        sessions.watched_50_count,
        sessions.watched_75_count,
        sessions.completed_count,
        sessions.mobile_event_count,
        sessions.converted_event_count
    from counted
    full outer join sessions on sessions.media_id = counted.media_id and sessions.day = counted.day
    where counted.load_count > 0 or counted.play_count > 0 or sessions.event_count > 0
),
known as (
    select
        found.*,
        account_days.month,
        coalesce(own.is_covered, others.is_covered, false) as is_covered,
        coalesce(own.is_final, others.is_final, false) as is_final,
        coalesce(own.is_settled, others.is_settled, false) as is_settled
    from found
    inner join account_days on account_days.day = found.day
    left join event_days as own on own.day = found.day and own.media_id = found.media_id
    left join event_days as others on others.day = found.day and others.media_id is null
)
select
    media_id,
    day,
    month,
    load_count,
    play_count,
    case when is_covered then coalesce(event_count, 0) end as event_count,
    case when is_covered then coalesce(viewer_count, 0) end as viewer_count,
    case
        when not is_covered then null
        when event_count is null then 0
        else watched_ms
    end as watched_ms,
    case when is_covered then coalesce(watched_25_count, 0) end as watched_25_count,
    case when is_covered then coalesce(watched_50_count, 0) end as watched_50_count,
    case when is_covered then coalesce(watched_75_count, 0) end as watched_75_count,
    case when is_covered then coalesce(completed_count, 0) end as completed_count,
    case when is_covered then coalesce(mobile_event_count, 0) end as mobile_event_count,
    case when is_covered then coalesce(converted_event_count, 0) end as converted_event_count,
    is_final and coalesce(is_count_final, false) as is_final,
    is_settled and coalesce(is_count_final, false) as is_settled
from known
where coalesce(load_count, 0) > 0 or coalesce(play_count, 0) > 0 or is_covered
order by day, media_id
