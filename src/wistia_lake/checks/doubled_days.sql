-- Days of a media that hold most of their sessions more than once: same instant, share viewed, place, page and browser
-- under different keys. A few such pairs are chance in a busy hour; two in five are not.
-- Relations: event_days.
select
    media_id,
    received_day as day,
    cast(sum(distinct_count) as bigint) as expected,
    cast(sum(row_count) as bigint) as found
from event_days
group by media_id, received_day
having sum(row_count) >= 10 and sum(row_count) - sum(distinct_count) >= 0.4 * sum(row_count)
order by found - expected desc, media_id, day
