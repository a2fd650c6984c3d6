-- Every media ever seen. The newest list that held a media gives its attributes; the newest list of all says whether
-- it is deleted. Relations: media_lists(batch_id, look_order): those lists; media_seen(media_id, first_seen_day,
-- last_seen_day): what all lists tell; media_channel(media_id, channel), event_only_media(media_id, title).
with listed as (
    select
        medias.*,
        row_number() over (partition by medias.media_id order by lists.look_order desc) as newest_rank
    from bronze_medias as medias
    inner join media_lists as lists on lists.batch_id = medias.batch_id
),
medias as (
    select
        listed.media_id,
        listed.numeric_id,
        listed.name as title,
        listed.url,
        listed.type,
        case when listed.duration > 0 then nullif(cast(floor(listed.duration * 1000 + 0.5) as bigint), 0) end as duration_ms,
        listed.project_id,
        listed.project,
        nullif(listed.section, '') as section,
        listed.status,
        listed.archived as is_archived,
        listed.is_deleted,
        cast(listed.created as timestamptz) as created_at,
        cast(listed.updated as timestamptz) as updated_at,
        seen.first_seen_day,
        seen.last_seen_day
    from listed
    left join media_seen as seen on seen.media_id = listed.media_id
    where listed.newest_rank = 1
    union all
    select
        media_id,
        cast(null as bigint),
        title,
        cast(null as varchar),
        cast(null as varchar),
        cast(null as bigint),
        cast(null as varchar),
        cast(null as varchar),
        cast(null as varchar),
        cast(null as varchar),
        cast(null as boolean),
        false,
        cast(null as timestamptz),
        cast(null as timestamptz),
        cast(null as date),
        cast(null as date)
    from event_only_media
)
select
    medias.media_id,
    medias.numeric_id,
    medias.title,
    medias.url,
    coalesce(media_channel.channel, 'Other') as channel,
    medias.type,
    medias.duration_ms,
    medias.project_id,
    medias.project,
    medias.section,
    medias.status,
    medias.is_archived,
    medias.is_deleted,
    medias.created_at,
    medias.updated_at,
    medias.first_seen_day,
    medias.last_seen_day
from medias
left join media_channel on media_channel.media_id = medias.media_id
order by medias.media_id
