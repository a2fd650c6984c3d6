"""What a perfect reader would hold who looked at certain instants, from the world's own knowledge.

Nothing here parses an answer: a session knows its canonical browser, which parts of its page are personal and its
exact doubles. ``Truth`` computes each table once; ``truth`` is the one-call form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from wistia_lake.sandbox.clock import Calendar
from wistia_lake.sandbox.scenario import ChannelRule
from wistia_lake.sandbox.truth import medias
from wistia_lake.sandbox.truth.columns import COLUMNS, KEYS
from wistia_lake.sandbox.truth.days import Days
from wistia_lake.sandbox.truth.events import Held, event_rows, held_sessions, latest_titles
from wistia_lake.sandbox.truth.kpi import kpi_rows
from wistia_lake.sandbox.truth.kpi_day import kpi_day_rows
from wistia_lake.sandbox.truth.looks import Looks
from wistia_lake.sandbox.truth.reported import account_day_rows, curve_rows, measured_rows
from wistia_lake.sandbox.world import World

__all__ = ["COLUMNS", "KEYS", "Truth", "truth"]


class Truth:
    """Every table for one request log. Tables are computed when first asked for, each once."""

    def __init__(
        self,
        *,
        world: World,
        looks: Iterable[Mapping[str, Any]],
        zone: str,
        pseudonym_key: bytes,
        channel_rules: Sequence[ChannelRule] = (),
        late_window_days: int = 3,
        settle_minutes: int = 60,
    ) -> None:
        self._world = world
        self._looks = Looks(world, looks)
        self._calendar = Calendar(zone)
        self._key = pseudonym_key
        self._rules = tuple(channel_rules)
        self._settle, window = timedelta(minutes=settle_minutes), timedelta(days=late_window_days)
        self._days = Days(world, self._looks, self._calendar, self._settle, window)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of one table, columns in order; raises KeyError for an unknown table."""
        if table not in COLUMNS:
            raise KeyError(f"no truth about {table!r}; there are {', '.join(COLUMNS)}")
        rows: list[dict[str, Any]] = getattr(self, table.partition(".")[2])
        return rows

    @cached_property
    def _durations(self) -> medias.Durations:
        return medias.media_durations(self._world, self._looks)

    @cached_property
    def _held(self) -> list[Held]:
        return held_sessions(self._world, self._looks)

    @cached_property
    def media_duration(self) -> list[dict[str, Any]]:
        """silver.media_duration."""
        return medias.media_duration_rows(self._durations)

    @cached_property
    def fact_event(self) -> list[dict[str, Any]]:
        """silver.fact_event."""
        return event_rows(self._held, self._durations, self._calendar, self._key)

    @cached_property
    def dim_media(self) -> list[dict[str, Any]]:
        """silver.dim_media."""
        titles = latest_titles(self._world, self._held, self._key)
        return medias.dim_media_rows(self._world, self._looks, self._rules, titles)

    @cached_property
    def fact_media_day(self) -> list[dict[str, Any]]:
        """silver.fact_media_day."""
        return self._days.rows(self.fact_event)

    @cached_property
    def fact_media_engagement(self) -> list[dict[str, Any]]:
        """silver.fact_media_engagement."""
        return medias.engagement_rows(self._world, self._looks, self._durations)

    @cached_property
    def fact_account_day(self) -> list[dict[str, Any]]:
        """silver.fact_account_day."""
        return account_day_rows(self._world, self._looks)

    @cached_property
    def fact_media_curve(self) -> list[dict[str, Any]]:
        """silver.fact_media_curve."""
        return curve_rows(self._world, self._looks, self._durations)

    @cached_property
    def kpi_media_28d(self) -> list[dict[str, Any]]:
        """gold.kpi_media_28d."""
        return kpi_rows(self.dim_media, self.fact_event, self.fact_media_day, self.fact_media_engagement)

    @cached_property
    def fact_media_day_measured(self) -> list[dict[str, Any]]:
        """silver.fact_media_day_measured."""
        return measured_rows(self._world, self._looks, self._calendar, self._settle)

    @cached_property
    def kpi_media_day(self) -> list[dict[str, Any]]:
        """gold.kpi_media_day."""
        return kpi_day_rows(
            self.dim_media, self.fact_media_day, self.fact_media_day_measured, self.fact_media_engagement
        )


def truth(
    table: str,
    *,
    world: World,
    looks: Iterable[Mapping[str, Any]],
    zone: str,
    pseudonym_key: bytes,
    channel_rules: Sequence[ChannelRule] = (),
    late_window_days: int = 3,
    settle_minutes: int = 60,
) -> list[dict[str, Any]]:
    """The rows of one table; use ``Truth`` for several, it shares the work."""
    return Truth(
        world=world,
        looks=looks,
        zone=zone,
        pseudonym_key=pseudonym_key,
        channel_rules=channel_rules,
        late_window_days=late_window_days,
        settle_minutes=settle_minutes,
    ).rows(table)
