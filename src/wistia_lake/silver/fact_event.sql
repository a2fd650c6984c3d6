-- Play sessions of the wanted days: the newest look's rows, each key once, twins marked.
-- Relations: wanted_days(received_day), event_sources(batch_id, received_day, media_id or null for all),
-- event_exclusions(batch_id, media_id), day_parts(received_day, day, begins_at, ends_at),
-- duration_spans(media_id, from_day, to_day, duration_ms), user_agent_words(kind, served, kept).
with shown as (
    select
        events.*,
        sources.received_day,
        cast(events.received_at as timestamptz) as instant
    from bronze_events as events
    inner join event_sources as sources
        on sources.batch_id = events.batch_id
        and (sources.media_id is null or sources.media_id = events.media_id)
    left join event_exclusions as exclusions
        on exclusions.batch_id = events.batch_id
        and exclusions.media_id = events.media_id
    where exclusions.media_id is null
),
-- A session whose received_at moved over midnight stands in two slices: the later one counts.
ranked as (
    select
        shown.*,
        row_number() over (
            partition by event_id, visitor_id order by instant desc, received_day desc, batch_id desc
        ) as key_rank
    from shown
),
once as (
    select
        ranked.*,
        row_number() over (
            partition by event_id order by percent_viewed desc, instant desc, visitor_id
        ) as twin_rank
    from ranked
    where key_rank = 1
)
select
    once.event_id,
    once.visitor_id,
    once.twin_rank > 1 as is_twin,
    once.media_id,
    once.instant as received_at,
    once.received_day,
    day_parts.day,
    once.percent_viewed,
    lengths.duration_ms,
    cast(floor(once.percent_viewed * lengths.duration_ms + 0.5) as bigint) as watched_ms,
    nullif(once.country, '') as country,
    nullif(once.region, '') as region,
    once.embed_domain,
    once.embed_path,
    once.utm_source,
    once.utm_medium,
    once.utm_campaign,
    once.is_identified,
    once.is_converted,
    nullif(nullif(once.conversion_type, ''), '0') as conversion_type,
    case when browsers.served is null then nullif(once.browser, '') else browsers.kept end as browser,
    once.browser_major,
    case when platforms.served is null then nullif(once.platform, '') else platforms.kept end as platform,
    once.mobile as is_mobile,
    once.batch_id
from once
inner join wanted_days on wanted_days.received_day = once.received_day
inner join day_parts
    on day_parts.received_day = once.received_day
    and once.instant >= day_parts.begins_at
    and once.instant < day_parts.ends_at
left join duration_spans as lengths
    on lengths.media_id = once.media_id
    and once.received_day >= lengths.from_day
    and once.received_day < lengths.to_day
left join user_agent_words as browsers on browsers.kind = 'browser' and browsers.served = once.browser
left join user_agent_words as platforms on platforms.kind = 'platform' and platforms.served = once.platform
order by once.received_day, once.media_id, once.visitor_id, once.instant, once.event_id
