-- The account by day: what the newest look that read the day reported.
-- Relations: wanted_days(day, month); account_looks(batch_id, look_order).
with read_days as (
    select
        wanted_days.day,
        wanted_days.month,
        rows_read.load_count,
        rows_read.play_count,
        rows_read.hours_watched,
        row_number() over (partition by wanted_days.day order by looks.look_order desc) as newest_rank
    from bronze_account_by_date as rows_read
    inner join account_looks as looks on looks.batch_id = rows_read.batch_id
    inner join wanted_days on wanted_days.day = rows_read.date
)
select
    day,
    month,
    load_count,
    play_count,
    hours_watched
from read_days
where newest_rank = 1
order by day
