"""Deterministic chance: every draw comes from a generator seeded by what it is for.

Only ``random()`` and ``getrandbits()`` are used, because their sequences are the same on every Python version.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")

_KNUTH_LIMIT = 30.0
"""Above this mean a normal approximation is close enough and much faster."""


def generator(*parts: object) -> Random:
    """A generator whose sequence depends on the texts of ``parts`` only."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return Random(int.from_bytes(digest, "big"))


class Wheel(Generic[T]):
    """A weighted choice that costs one draw and a binary search."""

    def __init__(self, *pairs: tuple[T, float]) -> None:
        self.items: Sequence[T] = [item for item, _ in pairs]
        *self._edges, self._whole = accumulate(weight for _, weight in pairs)

    def spin(self, rng: Random) -> T:
        """One of the items, as often as its weight says."""
        return self.items[bisect(self._edges, rng.random() * self._whole)]


def pick(rng: Random, items: Sequence[T]) -> T:
    """One of the items, all alike."""
    return items[int(rng.random() * len(items))]


def count(rng: Random, mean: float) -> int:
    """A Poisson-like whole number around ``mean``."""
    if mean <= 0:
        return 0
    if mean > _KNUTH_LIMIT:
        bell = math.sqrt(-2.0 * math.log(1.0 - rng.random())) * math.cos(2.0 * math.pi * rng.random())
        return max(0, round(mean + math.sqrt(mean) * bell))
    limit, product, number = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        number += 1
    return number


def hexes(rng: Random, digits: int) -> str:
    """So many lower-case hexadecimal digits."""
    return f"{rng.getrandbits(digits * 4):0{digits}x}"
