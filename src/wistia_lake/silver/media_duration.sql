-- Each change of a media's length, by the first day whose list showed it. Unknown lengths add nothing.
-- Relations: media_runs(batch_id, first_day, last_day, look_order): which object the lists of which days showed.
with known as (
    select
        medias.media_id,
        runs.first_day,
        cast(floor(medias.duration * 1000 + 0.5) as bigint) as duration_ms,
        row_number() over (partition by medias.media_id, runs.first_day order by runs.look_order desc) as newest_rank
    from bronze_medias as medias
    inner join media_runs as runs on runs.batch_id = medias.batch_id
    where floor(medias.duration * 1000 + 0.5) > 0 and not medias.is_deleted
),
compared as (
    select
        known.*,
        lag(duration_ms) over (partition by media_id order by first_day) as previous_ms
    from known
    where newest_rank = 1
)
select
    media_id,
    first_day as valid_from_day,
    duration_ms
from compared
where previous_ms is null or previous_ms <> duration_ms
order by media_id, valid_from_day
