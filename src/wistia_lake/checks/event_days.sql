-- Play sessions by media, received_day and day; distinct_count counts rows that differ in what was seen, whatever their
-- keys. Every other query about all sessions starts from this one.
select
    media_id,
    received_day,
    day,
    count(*) as row_count,
    count(case when is_twin then 1 end) as twin_count,
    count(
        distinct hash(received_at, percent_viewed, country, region, embed_domain, embed_path, browser, platform)
    ) as distinct_count
from silver.fact_event
group by media_id, received_day, day
