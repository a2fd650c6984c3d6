"""Everything in the simulated answers that must reach no disk: what a search for leaks looks for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from wistia_lake.sandbox.sessions import Session
from wistia_lake.sandbox.visitor_list import identity, organisation
from wistia_lake.sandbox.world import World


def private_values(world: World, now: datetime) -> dict[str, set[str]]:
    """By kind, every private text that the events and visitors visible at ``now`` carry."""
    found: dict[str, set[str]] = {"token": {world.scenario.account.public_token}}
    for session in _visible(world, now):
        for kind, text in (*_of(session), *_of_visitor(session, world.seed)):
            if text:
                found.setdefault(kind, set()).add(text)
    return found


def _visible(world: World, now: datetime) -> Iterator[Session]:
    first = world.first_session_day()
    for media_id in world.medias:
        for offset in range((now.date() - first).days + 1):
            yield from world.visible(media_id, first + timedelta(days=offset), now)


def _of(session: Session) -> Iterator[tuple[str, str]]:
    who = session.visitor
    place = json.loads(f"{{{who.place.json}}}")
    yield "event_key", session.event_key
    yield "visitor_key", who.key
    yield "ip", session.ip
    yield "city", place["city"]
    yield "organisation", who.organisation
    yield "coordinate", str(place["lat"])
    yield "coordinate", str(place["lon"])
    yield "email", who.email or ""
    for secret in session.page.secrets:
        yield "address part", secret
    yield "query", session.page.url.partition("?")[2].partition("#")[0]
    if session.conversion.converted:
        data = json.loads(f"{{{session.conversion.json}}}")["conversion_data"]
        yield "email", data["email"]
        yield "name", data["first_name"]
        yield "name", data["last_name"]


def _of_visitor(session: Session, seed: int) -> Iterator[tuple[str, str]]:
    """What the visitors endpoint adds: whole names, company and title of those who filled a form."""
    known = identity(session)
    if known is not None and known[0]:
        yield "name", known[0]
        for text in organisation(session.visitor.key, seed) or ():
            yield "organisation", text
