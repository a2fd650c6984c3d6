"""What a perfect reader with the same looks would hold: computed from the world, sharing nothing with the pipeline."""

from wistia_lake.sandbox.truth.columns import COLUMNS, KEYS
from wistia_lake.sandbox.truth.whole import Truth, truth

__all__ = ["COLUMNS", "KEYS", "Truth", "truth"]
