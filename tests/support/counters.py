"""What the tests of one pytest run went through, counted where it happens: for the one line that sums it up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

COUNTS: Counter[str] = Counter()
"""Of this process. What workers count is added when they end."""
ORDER = ("worlds", "kills", "faults", "requests", "examples", "rows", "differences")


def count(**found: int) -> None:
    """Add to the counts."""
    COUNTS.update(found)


def told(counts: Mapping[str, int]) -> str:
    """The counts in one line."""
    words = {"rows": "rows compared", "requests": "requests at the limit", "examples": "examples"}
    return ", ".join(f"{counts[name]:,} {words.get(name, name)}" for name in ORDER if name in counts)
