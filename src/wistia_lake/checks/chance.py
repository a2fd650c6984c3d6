"""What chance explains, and what is usual: the two floors under every comparison with Wistia's own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import median

FALSE_ALARMS = 0.005
"""How often one check may alarm in a healthy lake, over all that it compares at once."""
_MAD_TO_SPREAD = 1.4826
"""Makes the median absolute deviation an estimate of the standard deviation."""


def surprise(comparisons: int) -> float:
    """How improbable (as -ln p) a single deviation must be, so that all of them together alarm rarely."""
    return log(max(comparisons, 1) / FALSE_ALARMS)


def allowance(mean: float, comparisons: int) -> float:
    """By how much a count of independent things may exceed its mean by chance alone (Bernstein's inequality).

    It grows with the root of the mean, and never falls under some whole things: a media with twelve plays a week does
    not alarm by one. It grows (slowly) with the number of comparisons, so that large accounts alarm no more often.
    """
    unlikely = surprise(comparisons)
    return unlikely / 3 + sqrt(unlikely * unlikely / 9 + 2 * max(mean, 0.0) * unlikely)


@dataclass(frozen=True, slots=True)
class Usual:
    """The usual value of a share and how much it usually varies."""

    share: float
    spread: float


def usual(shares: Sequence[float]) -> Usual:
    """Median and scaled median absolute deviation: up to half of the values may be wrong without moving them far."""
    middle = median(shares)
    return Usual(middle, _MAD_TO_SPREAD * median(abs(share - middle) for share in shares))
