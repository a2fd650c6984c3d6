"""Viewers: who comes back, from where, with what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random

from wistia_lake.sandbox.agents import AGENTS, Agent
from wistia_lake.sandbox.draw import generator, hexes, pick
from wistia_lake.sandbox.pages import FIRST_NAMES, LAST_NAMES, uuid4
from wistia_lake.sandbox.places import ORGANISATIONS, PLACES, Place, address


@dataclass(frozen=True, slots=True)
class Visitor:
    """One viewer as the API shows one on every session."""

    key: str
    place: Place
    organisation: str
    addresses: tuple[str, ...]
    agent: Agent
    email: str | None
    first_name: str
    last_name: str


def event_key(rng: Random, bucket: int) -> str:
    """Observed: seven digits (unix seconds / 1000), a UUID, then 9, 12 and 4 hexadecimal digits."""
    return f"{bucket:07d}_{uuid4(rng)}-{hexes(rng, 9)}-{hexes(rng, 12)}-{hexes(rng, 4)}"


def visitor_key(rng: Random, bucket: int) -> str:
    """Like an event key; observed: some prefixes are hexadecimal, some UUIDs are not version 4."""
    prefix, unique = f"{bucket:07d}", uuid4(rng)
    fate = rng.random()
    if fate < 0.035:
        prefix = f"{'abcdef'[int(rng.random() * 6)]}{hexes(rng, 6)}"
    elif fate < 0.06:
        unique = f"{unique[:14]}{'1357'[int(rng.random() * 4)]}{unique[15:]}"
    return f"{prefix}_{unique}-{hexes(rng, 9)}-{hexes(rng, 12)}-{hexes(rng, 4)}"


def visitor(rng: Random, bucket: int, mix: str) -> Visitor:
    """A viewer first seen in this bucket of 1000 seconds."""
    addresses = (address(rng),) if rng.random() < 0.9 else (address(rng), address(rng), address(rng))
    first, last = pick(rng, FIRST_NAMES), pick(rng, LAST_NAMES)
    fate, email = rng.random(), None
    if fate < 0.03:
        email = f"{pick(rng, FIRST_NAMES[:8])}.{last}{int(rng.random() * 90)}@example.com".lower()
    elif fate < 0.032:
        email = ""
    key, place, organisation = visitor_key(rng, bucket), PLACES.spin(rng), ORGANISATIONS.spin(rng)
    return Visitor(key, place, organisation, addresses, AGENTS[mix].spin(rng), email, first, last)


@lru_cache(maxsize=20_000)
def returning(seed: int, index: int, mix: str, first_bucket: int) -> Visitor:
    """One of those who come back; first seen up to 235 days before the account's first day (observed)."""
    rng = generator(seed, "visitor", mix, index)
    return visitor(rng, first_bucket - int(rng.random() * 20_300), mix)
