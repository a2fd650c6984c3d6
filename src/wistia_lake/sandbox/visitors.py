"""Viewers: who comes back, from where, with what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random

from wistia_lake.sandbox.agents import AGENTS, Agent
from wistia_lake.sandbox.draw import generator, hexes, pick
from wistia_lake.sandbox.pages import FIRST_NAMES, LAST_NAMES
from wistia_lake.sandbox.places import ORGANISATIONS, PLACES, Place, address

_VARIANT = {digit: "89ab"[number % 4] for number, digit in enumerate("0123456789abcdef")}


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
    return f"{bucket:07d}_{_unique(hexes(rng, 57))}"


def _unique(text: str, version: str = "4") -> str:
    """57 hexadecimal digits in the form of a key's second part."""
    return (
        f"{text[:8]}-{text[8:12]}-{version}{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}-"
        f"{text[32:41]}-{text[41:53]}-{text[53:]}"
    )


def visitor_key(rng: Random, bucket: int) -> str:
    """Like an event key; observed: some prefixes are hexadecimal, some UUIDs are not version 4."""
    prefix, version = f"{bucket:07d}", "4"
    fate = rng.random()
    if fate < 0.035:
        prefix = f"{'abcdef'[int(rng.random() * 6)]}{hexes(rng, 6)}"
    elif fate < 0.06:
        version = "1357"[int(rng.random() * 4)]
    return f"{prefix}_{_unique(hexes(rng, 57), version)}"


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
