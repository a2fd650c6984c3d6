-- The titles of some medias, for people.
-- Relations: wanted_medias(media_id).
select medias.media_id, medias.title
from silver.dim_media as medias
inner join wanted_medias on wanted_medias.media_id = medias.media_id
