-- The newest curve of each media, one row per position.
-- Relations: curve_looks(batch_id); curve_positions(position): 0, 1, 2 ...; duration_spans(media_id, from_day, to_day,
-- duration_ms).
with ranked as (
    select
        rows_read.media_id,
        rows_read.snapshot_day,
        rows_read.engagement_data,
        rows_read.rewatch_data,
        array_length(rows_read.engagement_data) as positions,
        row_number() over (
            partition by rows_read.media_id order by cast(rows_read.looked_at as timestamptz) desc, rows_read.batch_id desc
        ) as newest_rank
    from bronze_media_engagement as rows_read
    inner join curve_looks as looks on looks.batch_id = rows_read.batch_id
)
select
    ranked.media_id,
    cast(places.position as integer) as position,
    cast(ranked.positions as integer) as positions,
    cast(floor(cast(lengths.duration_ms as double) / ranked.positions + 0.5) as bigint) as position_ms,
    list_extract(ranked.engagement_data, cast(places.position + 1 as integer)) as view_count,
    list_extract(ranked.rewatch_data, cast(places.position + 1 as integer)) as rewatch_count,
    ranked.snapshot_day
from ranked
inner join curve_positions as places on places.position < ranked.positions
left join duration_spans as lengths
    on lengths.media_id = ranked.media_id
    and ranked.snapshot_day >= lengths.from_day
    and ranked.snapshot_day < lengths.to_day
where ranked.newest_rank = 1
order by ranked.media_id, places.position
