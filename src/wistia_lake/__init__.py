"""A complete, correct and private copy of a Wistia account's viewing history, in your own lake.

import wistia_lake
lake = wistia_lake.open("lake")
lake.sql("select title, play_count from gold.kpi_media_28d order by play_count desc")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wistia_lake.errors import WistiaLakeError
    from wistia_lake.reader import Lake, open  # noqa: A004  the package's one verb for readers

__all__ = ["Lake", "WistiaLakeError", "open"]
_HOMES = {"Lake": "wistia_lake.reader", "WistiaLakeError": "wistia_lake.errors", "open": "wistia_lake.reader"}


def __getattr__(name: str) -> Any:
    # Loaded on first use: the command line must start without DuckDB and Arrow.
    if name not in _HOMES:
        raise AttributeError(f"module 'wistia_lake' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
