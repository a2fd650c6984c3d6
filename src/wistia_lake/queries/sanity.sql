-- One statement, three columns: what the lake holds, and whether its numbers fit together.
with numbers as (
    select 1 as place, 'medias' as section, 'medias' as name, cast(count(*) as bigint) as value from silver.dim_media
    union all
    select 2, 'medias', 'deleted', cast(coalesce(sum(case when is_deleted then 1 else 0 end), 0) as bigint) from silver.dim_media
    union all
    select 3, 'medias', 'without a length', cast(coalesce(sum(case when duration_ms is null then 1 else 0 end), 0) as bigint)
    from silver.dim_media
    union all
    select 4, 'sessions', 'sessions', cast(count(*) as bigint) from silver.fact_event
    union all
    select 5, 'sessions', 'twins', cast(coalesce(sum(case when is_twin then 1 else 0 end), 0) as bigint) from silver.fact_event
    union all
    select 6, 'sessions', 'distinct viewers', cast(count(distinct visitor_id) as bigint) from silver.fact_event
    union all
    select 7, 'sessions', 'watched hours', cast(floor(coalesce(sum(watched_ms), 0) / 3600000 + 0.5) as bigint) from silver.fact_event
    union all
    select 8, 'days', 'media days', cast(count(*) as bigint) from silver.fact_media_day
    union all
    select 9, 'days', 'final media days', cast(coalesce(sum(case when is_final then 1 else 0 end), 0) as bigint)
    from silver.fact_media_day
    union all
    select 10, 'days', 'plays on final days', cast(coalesce(sum(case when is_final then play_count else 0 end), 0) as bigint)
    from silver.fact_media_day
    union all
    select 11, 'days', 'sessions on final days', cast(coalesce(sum(case when is_final then event_count else 0 end), 0) as bigint)
    from silver.fact_media_day
    union all
    select 12, 'days', 'final media days with more sessions than plays', cast(count(*) as bigint)
    from silver.fact_media_day
    where is_final and event_count > play_count
    union all
    select 13, 'days', 'media days that Wistia measured', cast(count(*) as bigint) from silver.fact_media_day_measured
    union all
    select 14, 'days', 'measured plays', cast(coalesce(sum(play_count), 0) as bigint) from silver.fact_media_day_measured
    union all
    select 15, 'days', 'measured hours', cast(floor(coalesce(sum(played_ms), 0) / 3600000 + 0.5) as bigint)
    from silver.fact_media_day_measured
    union all
    select 16, 'days', 'final media days with more measured plays than plays', cast(count(*) as bigint)
    from gold.kpi_media_day
    where is_final and is_measured_final and measured_play_count > play_count
    union all
    select 17, 'snapshots', 'media snapshots', cast(count(*) as bigint) from silver.fact_media_engagement
    union all
    select 18, 'kpi', 'medias in kpi_media_28d', cast(count(*) as bigint) from gold.kpi_media_28d
)
select section, name, value
from numbers
order by place
