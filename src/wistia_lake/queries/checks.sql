-- What the newest `wistia-lake check` found, failures and warnings first, with the titles of the medias.
with newest as (
    select max(run_id) as run_id
    from ops.check_result
)
select
    results.check_name,
    results.state,
    results.day,
    results.expected,
    results.found,
    results.tolerance,
    results.media_id,
    medias.title,
    results.message,
    results.checked_at
from ops.check_result as results
inner join newest on newest.run_id = results.run_id
left join silver.dim_media as medias on medias.media_id = results.media_id
order by
    case results.state when 'fail' then 1 when 'warn' then 2 when 'unknown' then 3 else 4 end,
    results.check_name,
    results.place
