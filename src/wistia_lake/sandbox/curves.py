"""How a media is watched from position to position: what the engagement endpoint answers. Lifetime only."""

from __future__ import annotations

from datetime import datetime
from math import ceil, floor
from typing import Any

from wistia_lake.sandbox.draw import generator
from wistia_lake.sandbox.scenario import Media
from wistia_lake.sandbox.world import World

MOST_POSITIONS = 1000
_LEAST_ENGAGEMENT = 0.01


def engagement(world: World, media: Media, now: datetime) -> dict[str, Any]:
    """One number a second, or 1000 for what is longer; none where the length says nothing (assumed).

    Fewer viewers stay from position to position, so that the mean share that is seen is the engagement; numbers never
    fall while plays are added.
    """
    counters = world.counters(media.hashed_id, now)
    count = min(ceil(media.known_seconds or 0), MOST_POSITIONS)
    power = 1 / max(media.traffic.engagement, _LEAST_ENGAGEMENT) - 1
    rng = generator(world.seed, media.hashed_id, world.scenario.first_day, "curve")
    seen, again = [], []
    for position in range(count):
        stays = (1 - (position + 0.5) / count) ** power * (0.97 + 0.06 * rng.random())
        seen.append(floor(counters.play_count * min(stays, 1.0) + 0.5))
        again.append(seen[-1] * (5 + int(rng.random() ** 3 * 80)) // 1000)
    return {"engagement": counters.engagement, "engagement_data": seen, "rewatch_data": again}
