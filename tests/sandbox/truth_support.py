"""What the tests of the truth share: a fixed pseudonym key, single looks, the pseudonyms of served rows."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta

from sandbox.reading import walk
from wistia_lake.sandbox.catalog import channel_rules
from wistia_lake.sandbox.truth import Truth

KEY = b"0123456789abcdef0123456789abcdef"
MEDIA, OTHER = "t1nyaaaa01", "t1nybbbb02"
FIRST = date(2025, 3, 4)
DAY = timedelta(days=1)


def truth_of(site, **settings):
    world = site.world
    settings = {"zone": world.scenario.zone, "channel_rules": channel_rules(world.scenario.toml)} | settings
    return Truth(world=world, looks=site.requests(), pseudonym_key=KEY, **settings)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def look(site, day, to=None, **scope):
    if to is not None:
        site.advance(at(to))
    return walk(site, "/stats/events", start_date=day, end_date=day, **scope)


def ids(rows):
    """The pseudonyms that rows of the API should have."""
    return {(hidden(row["event_key"], b"event"), hidden(row["visitor_key"], b"visitor")) for row in rows}


def hidden(text, kind):
    return hashlib.blake2b(text.encode(), digest_size=16, key=KEY, person=kind).hexdigest()


def held(rows):
    return {(row["event_id"], row["visitor_id"]) for row in rows}
