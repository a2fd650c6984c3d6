"""The scenarios by name, and the settings and rules that belong to each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from wistia_lake.sandbox.catalog_demo import DEMO
from wistia_lake.sandbox.catalog_tiny import EDGE, TINY
from wistia_lake.sandbox.scenario import ChannelRule, MediaFilter, Scenario

_FIELDS: tuple[Literal["project", "section", "tag", "title"], ...] = ("project", "section", "tag", "title")

SCENARIOS: Mapping[str, Scenario] = MappingProxyType({item.name: item for item in (TINY, DEMO, EDGE)})
"""Every scenario that ``sandbox serve --scenario`` knows."""


def scenario(name: str) -> Scenario:
    """The scenario of that name; raises KeyError with the names that exist."""
    try:
        return SCENARIOS[name]
    except KeyError:
        raise KeyError(f"no scenario {name!r}; there are {', '.join(SCENARIOS)}") from None


def scenario_toml(name: str) -> str:
    """The ``wistia-lake.toml`` that the user of this account would write."""
    return scenario(name).toml


def channel_rules(toml: str) -> tuple[ChannelRule, ...]:
    """The channel rules of a settings text, in order."""
    return tuple(
        ChannelRule(table["channel"], field, table[field])
        for table in tomllib.loads(toml).get("channels", [])
        for field in _FIELDS
        if field in table
    )


def media_filter(toml: str) -> MediaFilter:
    """The include and exclude rules of a settings text."""
    tables = tomllib.loads(toml)
    return MediaFilter(tuple(tables.get("include", ())), tuple(tables.get("exclude", ())))
