"""An account that is large enough to go wrong in every way: days of many pages, one of more than a thousand sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from support.leaks import decoded
from support.simulation import FACTS, Simulation
from wistia_lake.bronze.batch import iter_rows, list_looks, read_manifest
from wistia_lake.bronze.layout import Looks
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables import BY_NAME
from wistia_lake.model import Quiet
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.pipeline.ingest_sessions import Key
from wistia_lake.pipeline.run import run
from wistia_lake.pipeline.summary import IngestSummary, RunSummary
from wistia_lake.sandbox.fault_kinds import Fault
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.scenario import Account, Burst, Media, Project, Scenario, Traffic
from wistia_lake.sandbox.world import World

SCALE = 100
PATIENCE = 2000
"""Seconds before a time-out, on that scale: a busy machine must not make one."""
BUSY_DAY = date(2025, 3, 10)
"""A UTC day with more than 1,000 sessions, of which one may be bad."""
QUIET_DAY = date(2025, 3, 9)
"""A finished UTC day of some pages."""
MEDIAS = tuple(f"shelf{number:05d}" for number in range(24))
"""So many that one is less than a twentieth."""


def shelf(per_day: float = 8.0, busy: float = 5.0) -> Scenario:
    """Twenty-four medias, ``per_day`` plays a day each, and a burst on the busy day."""
    burst = (Burst(BUSY_DAY, busy, 0.2),)
    return Scenario(
        name="shelf",
        zone="America/New_York",
        account=Account(70500, "Shelf", "https://shelf.example.com", "k3v9q1x7ac"),
        first_day=date(2025, 3, 7),
        now=datetime(2025, 3, 12, 14, tzinfo=UTC),
        projects=(Project(92001, "p7n2c4x8cc", "Website"),),
        medias=tuple(
            Media(
                700 + number, media_id, f"Title {number}", "p7n2c4x8cc", 60.0 + number,
                datetime(2025, 3, 7, 6, number, tzinfo=UTC),
                Traffic(per_day, 2.0, "site", 0.5, bursts=burst), duration=60.0 + number,
            )
            for number, media_id in enumerate(MEDIAS)
        ),
        toml='zone = "America/New_York"\n',
        visitor_pool=200,
    )  # fmt: skip


@dataclass
class Faulty(Simulation):
    """A simulated account that goes wrong, and a lake beside it."""

    def set_faults(self, *script: Fault) -> None:
        """Go wrong by this script from now on."""
        self.sandbox.set_faults(script)

    def ingest(self, *script: Fault, **changed: object) -> IngestSummary:
        """One ingest, after going wrong by ``script`` if there is any."""
        if script:
            self.set_faults(*script)
        return ingest(self.loaded(**changed), clock=lambda: self.now, reporter=Quiet())

    def outcome(self, first: date | None = None, last: date | None = None, **changed: object) -> RunSummary:
        """One run, whose problem is not raised."""
        return run(self.loaded(**changed), clock=lambda: self.now, reporter=Quiet(), first=first, last=last)

    def met(self) -> Counter[str]:
        """How often the readers so far met each fault."""
        return Counter(line["fault"] for line in self.sandbox.requests() if "fault" in line)

    def asked_after(self, fault: str) -> int:
        """How many requests came after the first that met a fault."""
        lines = self.sandbox.requests()
        first = next(place for place, line in enumerate(lines) if line.get("fault") == fault)
        return len(lines) - first - 1

    def expected_days(self) -> set[date]:
        """The days of sessions that a first run looks at."""
        first, last = self.sandbox.world.scenario.first_day, self.now.date()
        return {first + timedelta(days=offset) for offset in range((last - first).days + 1)}

    def days(self) -> set[date]:
        """The days of sessions that have a look."""
        return set(self._looks.days("account"))

    @property
    def _looks(self) -> Looks:
        return list_looks(open_store(str(self.lake)), "events")

    def newest(self, day: date) -> Manifest:
        """The manifest of a day's newest look."""
        look = self._looks.newest("account", day)
        assert look is not None
        return read_manifest(open_store(str(self.lake)), look)

    def manifests(self) -> list[Manifest]:
        """Of every look at sessions so far."""
        return [read_manifest(open_store(str(self.lake)), look) for look in self._looks]

    def came_in_the_middle(self) -> int:
        """How many sessions became visible between two requests of a walk, after its day was over, not on top."""
        asked: dict[str, list[datetime]] = {}
        for line in self.sandbox.requests():
            if line["path"] == "/v1/stats/events":
                asked.setdefault(line["query"]["start_date"], []).append(datetime.fromisoformat(line["at"]))
        found, world = 0, self.sandbox.world
        for text, times in asked.items():
            day = date.fromisoformat(text)
            for media in world.medias if times[0].date() > day else ():
                shown = world.visible(media, day, times[-1])
                found += sum(times[0].timestamp() < session.visible_at for session in shown)
        return found

    def keys(self) -> list[tuple[str, str]]:
        """The sessions in the newest looks, by the pseudonyms of their keys."""
        store = open_store(str(self.lake))
        rows = (row for day in self.days() for row in iter_rows(store, self.newest(day), Key))
        return [(row.event_id, row.visitor_id) for row in rows]

    def assert_sessions(self) -> None:
        """Fail unless bronze shows exactly the sessions that a perfect reader holds."""
        true = {(row["event_id"], row["visitor_id"]) for row in self.truth().rows("silver.fact_event")}
        found = Counter(self.keys())
        assert {*found} == true
        assert max(found.values()) == 1

    def assert_no_key_twice(self) -> None:
        """Fail if a table holds a key twice."""
        for name in FACTS:
            keys = self.rows(name).select(list(BY_NAME[name].key)).to_pylist()
            assert len(keys) == len({tuple(key.values()) for key in keys}), name

    def bytes_written(self) -> bytes:
        """Everything in the lake, as it stands and decompressed."""
        return b"\n".join(part for path in self.lake.rglob("*") if path.is_file() for _, part in decoded(path))


@contextmanager
def faulty(folder: Path, world: World | None = None, **settings: object) -> Iterator[Faulty]:
    """The shelf, or another world, with an empty lake; waits pass a hundred times faster than real ones."""
    with Sandbox(world or World(shelf()), time_scale=SCALE) as sandbox:
        yield Faulty(sandbox, folder, {"time_scale": SCALE, "timeout_seconds": PATIENCE, **settings})
