"""A simulated account, a lake in a folder, and the truth to hold the one against the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pyarrow as pa

from support.counters import count
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.tables import BY_NAME, TABLES
from wistia_lake.model import Quiet, Secret, instant_text
from wistia_lake.pipeline.build import build
from wistia_lake.pipeline.run import run
from wistia_lake.pipeline.summary import BuildSummary, RunSummary
from wistia_lake.sandbox.catalog import channel_rules, media_filter
from wistia_lake.sandbox.compare import Differences, compare
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.scenario import Scenario
from wistia_lake.sandbox.truth import Truth
from wistia_lake.sandbox.world import World
from wistia_lake.settings import Loaded, load_settings

KEY = "0b" * 32
FACTS = tuple(table.full_name for table in TABLES if table.namespace != "ops")
"""The tables that have a truth."""


def sorted_tables(catalog: Catalog, names: Sequence[str]) -> dict[str, pa.Table]:
    """Tables as they stand, each in the order of its key."""
    found = {name: catalog.read(BY_NAME[name]) for name in names}
    return {name: rows.sort_by([(column, "ascending") for column in BY_NAME[name].key]) for name, rows in found.items()}


def utc(text: str) -> datetime:
    """An instant written as ``2025-03-12 14:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Simulation:
    """One account and one lake; time moves only by :meth:`at`."""

    sandbox: Sandbox
    folder: Path
    settings: dict[str, object] = field(default_factory=dict)
    rules: str = ""
    """Include and exclude rules as the user would add them to ``wistia-lake.toml``."""
    url: str | None = None
    """The lake's address if it is in no folder; ``shared`` is its catalog then."""
    shared: Mapping[str, str] = field(default_factory=dict)

    @property
    def lake(self) -> Path:
        """The lake's folder."""
        return self.folder / "lake"

    @property
    def catalog(self) -> Catalog:
        """The lake's tables."""
        shared = self.shared or self.settings.get("catalog")
        prefix = str(self.settings.get("namespace_prefix", ""))
        return Catalog(self.url or self.lake, shared, prefix=prefix)  # type: ignore[arg-type]

    @property
    def now(self) -> datetime:
        """The simulated present."""
        return self.sandbox.now

    @property
    def today(self) -> date:
        """The account's day now."""
        return self.sandbox.world.calendar.day_of(self.now)

    @property
    def _toml(self) -> str:
        catalog = [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in self.shared.items()]
        shared = "\n".join(["[catalog]", *catalog]) if catalog else ""
        return f"{self.sandbox.world.scenario.toml}\n{self.rules}\n{shared}\n"

    def loaded(self, **changed: object) -> Loaded:
        """Settings as the command line would load them."""
        flags = {"lake": self.url or str(self.lake), "base_url": self.sandbox.base_url, "requests_per_minute": 60_000}
        path = self.folder / "wistia-lake.toml"
        path.write_text(self._toml, encoding="utf-8")
        loaded = load_settings(
            environ={}, config=str(path), flags={**flags, **self.settings, **changed}, working_folder=self.folder
        )
        return msgspec.structs.replace(loaded, token=Secret(self.sandbox.token), pseudonym_key=Secret(KEY))

    def at(self, when: datetime | str) -> Simulation:
        """Move the simulated present."""
        self.sandbox.advance(utc(when) if isinstance(when, str) else when)
        return self

    def run(self, first: date | None = None, last: date | None = None, **changed: object) -> RunSummary:
        """One ``wistia-lake run`` now; a problem is raised."""
        loaded = self.loaded(**changed)
        summary = run(loaded, clock=lambda: self.now, reporter=Quiet(), first=first, last=last)
        if summary.problem is not None:
            raise summary.problem
        return summary

    def command(self, *words: str) -> tuple[list[str], dict[str, str]]:
        """A command line of this account and lake at this moment, and its environment, for another process."""
        self.loaded()  # writes the settings file
        where = ["--lake", self.url or str(self.lake), "--base-url", self.sandbox.base_url]
        environment = {
            "WISTIA_API_TOKEN": self.sandbox.token,
            "WISTIA_LAKE_PSEUDONYM_KEY": KEY,
            "WISTIA_LAKE_REQUESTS_PER_MINUTE": "60000",
            "WISTIA_LAKE_NOW": instant_text(self.now),
            "WISTIA_LAKE_NAMESPACE_PREFIX": str(self.settings.get("namespace_prefix", "")),
        }
        return [*words, *where, "--config", str(self.folder / "wistia-lake.toml")], environment

    def build(self, *, full: bool = False, **changed: object) -> BuildSummary:
        """One ``wistia-lake build`` now."""
        return build(self.loaded(**changed), clock=lambda: self.now, reporter=Quiet(), full=full)

    def rows(self, table: str) -> pa.Table:
        """A table as it stands."""
        return self.catalog.read(BY_NAME[table])

    def tables(self, names: Sequence[str] = FACTS) -> dict[str, pa.Table]:
        """Several tables as they stand, each sorted by its key."""
        with self.catalog as catalog:
            return sorted_tables(catalog, names)

    def truth(self, **changed: object) -> Truth:
        """What a perfect reader with the same looks would hold; tables share what they have in common."""
        settings = self.loaded(**changed).settings
        return Truth(
            world=self.sandbox.world,
            looks=self.sandbox.requests(),
            zone=settings.zone_name,
            pseudonym_key=bytes.fromhex(KEY),
            channel_rules=channel_rules(self._toml),
            media_filter=media_filter(self._toml),
            late_window_days=settings.late_window_days,
            settle_minutes=settings.settle_minutes,
        )

    def differences(self, tables: Sequence[str] = FACTS, **changed: object) -> dict[str, Differences]:
        """Every table that is not the truth, cell for cell."""
        truth, rows = self.truth(**changed), self.tables(tables)
        found = {t: compare(truth.rows(t), rows[t], BY_NAME[t].key) for t in tables}
        for one in found.values():
            count(rows=one.expected, differences=one.count)
        return {table: difference for table, difference in found.items() if difference}

    def assert_truth(self, tables: Sequence[str] = FACTS, **changed: object) -> None:
        """Fail with table, key and column unless every table is the truth."""
        wrong = self.differences(tables, **changed)
        assert not wrong, "\n".join(f"{table}: {difference}" for table, difference in wrong.items())

    def assert_full_build_changes_nothing(self, full: Callable[[], object] | None = None) -> None:
        """Fail unless a full build, by DuckDB or as ``full`` does it, gives the rows that are there, every cell."""
        before = self.tables()
        if full is None:
            self.build(full=True)
        else:
            full()
        for name, rows in self.tables().items():
            assert rows.equals(before[name]), name

    def snapshots(self) -> dict[str, int | None]:
        """The current snapshot of every table but ``ops``."""
        with self.catalog as catalog:
            loaded = {name: catalog.load(BY_NAME[name]) for name in FACTS}
        return {
            name: table.metadata.current_snapshot_id if table is not None else None for name, table in loaded.items()
        }

    def objects(self) -> set[str]:
        """Every data object of bronze."""
        return {str(path.relative_to(self.lake)) for path in (self.lake / "bronze").rglob("*.ndjson.zst")}


@contextmanager
def simulation(
    folder: Path,
    scenario: str | Scenario | World = "tiny",
    *,
    now: str | datetime | None = None,
    seed: int = 1,
    **settings: object,
) -> Iterator[Simulation]:
    """A running sandbox with an empty lake in ``folder``."""
    at = utc(now) if isinstance(now, str) else now
    with Sandbox(scenario, now=at, seed=seed) as sandbox:
        yield Simulation(sandbox, folder, settings)


ONE_DAY = timedelta(days=1)
