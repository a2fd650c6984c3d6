-- Each change of a media's length, by the first day whose list showed it. Unknown lengths add nothing.
-- Relations: media_lengths(media_id, valid_from_day, duration_ms), folded over all lists.
select
    media_id,
    valid_from_day,
    duration_ms
from media_lengths
order by media_id, valid_from_day
