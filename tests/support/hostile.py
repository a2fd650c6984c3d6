"""Random accounts in a hostile world: what goes wrong, who reads when, and what the readers met of each manner."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from support.counters import count
from support.faulty import Faulty
from support.simulation import FACTS, KEY, ONE_DAY
from wistia_lake.bronze.batch import iter_rows, list_looks, read_manifest
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables import BY_NAME
from wistia_lake.model import days_between
from wistia_lake.privacy.pseudonym import Pseudonymizer
from wistia_lake.privacy.rows import MediaByDateRow
from wistia_lake.sandbox.compare import Differences, compare
from wistia_lake.sandbox.fault_kinds import Fault
from wistia_lake.sandbox.scenario import Account, Burst, Media, Options, Project, Scenario, Traffic
from wistia_lake.sandbox.world import World

FIRST_DAY = date(2025, 3, 3)
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "UTC")
PASSING = (
    "too_many", "too_many_seconds", "too_many_date", "error_500", "error_502", "error_503", "error_504", "reset",
    "truncated", "html", "no_body", "deep_json",
)  # fmt: skip
LASTING = ("not_found", "false_empty", "page_twice", "missing_field", "wrong_type", "percent_above_1", "other_day")
FATAL = ("token_revoked", "forbidden", "unprocessable")
ENDPOINTS = ("/stats/events", "/stats/events", "/stats/medias/*", "/medias", "/stats/account/by_date", None)
RULES = ('[[exclude]]\ntitle = "Title 1*"', '[[include]]\nproject = "Web*"')
ENDS_A_RUN = (3, 5)
"""Exit codes of runs that something refused: what else was under way is dropped."""
SNAPSHOTS = "silver.fact_media_engagement"
MANNERS = ("twin", "shift", "429", "late 0 days", "late 1 day", "late 2 days", "late 3 or more", "restated hours")


def random_world(seed: int) -> World:
    """Three to five medias, a thousand sessions and more in ten days, and every unknown of Wistia one way or another."""
    random = Random(seed)
    zone = random.choice(ZONES)
    medias = tuple(
        Media(
            900 + number, f"wild{number:06d}", f"Title {number}", "p7n2c4x8dd", 30.0 + 45 * number,
            datetime(2025, 3, 2, 6, number, tzinfo=UTC),
            Traffic(
                random.uniform(30, 60), 2.0, random.choice(["ads", "site"]), random.uniform(0.2, 0.8),
                random.uniform(0.5, 1.2), (Burst(FIRST_DAY + random.randrange(2, 8) * ONE_DAY, 2.0, 1.0),),
            ),
            duration=random.choice([30.0 + 45 * number, None]),
        )
        for number in range(random.randrange(3, 6))
    )  # fmt: skip
    scenario = Scenario(
        name="wild",
        zone=zone,
        account=Account(70600, "Wild", "https://wild.example.com", "k3v9q1x7ad"),
        first_day=FIRST_DAY,
        now=datetime(2025, 3, 6, random.randrange(24), random.randrange(60), tzinfo=UTC),
        projects=(Project(93001, "p7n2c4x8dd", "Website"),),
        medias=medias,
        toml=f'zone = "{zone}"\n',
        visitor_pool=80,
    )
    options = Options(
        received_at=random.choice(["first", "last"]),
        deleted_sessions=random.choice(["stay", "vanish"]),
        edge=random.choice(["second", "day"]),
        twin_share=0.02,
        late_share=0.08,
        account_by_date=random.random() < 0.8,
    )
    return World(scenario, seed, options)


@dataclass
class Hostile:
    """One lake through some days of a hostile world."""

    account: Faulty
    seed: int
    runs: int = 0
    fault_count: int = 0
    steps: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    """Manners of Wistia that the reader met."""
    unsure: set[date] = field(default_factory=set)
    """UTC days of which the sandbox cannot tell whether a snapshot was kept, or for which day."""

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.names = Pseudonymizer(bytes.fromhex(KEY))
        self.held: set[tuple[str, str]] = set()

    def step(self) -> None:
        """The world moves on, things go wrong, somebody runs the pipeline; what is held stays within its bounds."""
        random, account = self.random, self.account
        account.at(account.now + timedelta(minutes=random.choice([30, 200, 700, 1440, 1440, 1500, 2900])))
        self._change()
        script = self._script()
        account.set_faults(*script)
        manual: tuple[date, date] | tuple[()] = ()
        if random.random() < 0.25:
            last = account.today - random.randrange(0, 4) * ONE_DAY
            manual = (max(FIRST_DAY, last - random.randrange(0, 3) * ONE_DAY), last)
        told = ", ".join(f"{fault.what} at {fault.endpoint}" for fault in script)
        self.steps.append(
            f"{account.now:%m-%d %H:%M} run {manual or ''} {self.settings or ''} {account.rules!r}: {told}"
        )
        before, began = len(account.sandbox.requests()), account.now.date()
        summary = account.outcome(*manual, **self.settings)
        self.runs += 1
        lines = account.sandbox.requests()[before:]
        self.fault_count += sum("fault" in line for line in lines)
        refused = summary.problem is not None and summary.problem.exit_code in ENDS_A_RUN
        if began != account.now.date() or refused or any(line.get("fault") in FATAL for line in lines):
            self.unsure |= {*days_between(began, account.now.date())}
        self.met["429"] += sum(line["status"] == 429 for line in lines)
        assert summary.problem is None or summary.problem.exit_code != 1, self._told(repr(summary.problem))
        self._assert_bounds()

    def _change(self) -> None:
        random, account = self.random, self.account
        medias = list(account.sandbox.world.medias)
        if random.random() < 0.2:
            account.at(account.now + timedelta(minutes=1))
            account.sandbox.world.rename(random.choice(medias), f"Title {random.randrange(40)}", account.now)
        if random.random() < 0.25:
            self.settings["media_ids"] = tuple(random.sample(medias, random.choice([0, 0, 2])))
        if random.random() < 0.2:
            self.settings["zone"] = random.choice(ZONES)
        if random.random() < 0.2:
            account.rules = "\n".join(random.sample(RULES, random.choice([0, 1])))

    def _script(self) -> list[Fault]:
        random = self.random
        script = [
            Fault(
                what=random.choice(PASSING), endpoint=random.choice(ENDPOINTS), rate=random.choice([0.05, 0.2]),
                seed=random.randrange(1000), times=random.choice([1, 3, 8]), seconds=2,
            )
            for _ in range(random.randrange(1, 4))
        ]  # fmt: skip
        if random.random() < 0.6:
            script.append(Fault(what="step", endpoint="/stats/events", seconds=random.choice([5, 60, 240])))
        if random.random() < 0.4:
            day = str(FIRST_DAY + random.randrange(0, 9) * ONE_DAY)
            what = random.choice(LASTING)
            only = {"page": 1} if what == "false_empty" else {}
            script.append(Fault(what=what, endpoint="/stats/events", day=day, times=random.choice([1, 2]), **only))
        if random.random() < 0.1:
            script.append(Fault(what=random.choice(FATAL), endpoint="/stats/*", call=random.randrange(1, 30)))
        return script

    def _visible(self) -> set[tuple[str, str]]:
        """Every session that the API shows now, by the pseudonyms of its keys."""
        world, now = self.account.sandbox.world, self.account.now
        days = (now.date() - FIRST_DAY).days + 2
        return {
            (self.names.event(session.event_key), self.names.visitor(session.visitor.key))
            for media_id in world.medias
            for offset in range(-1, days)
            for session in world.visible(media_id, FIRST_DAY + offset * ONE_DAY, now)
        }

    def _assert_bounds(self) -> None:
        """No key twice; nothing that the API never showed; nothing lost that it still shows."""
        keys = [(row["event_id"], row["visitor_id"]) for row in self.account.rows("silver.fact_event").to_pylist()]
        assert len(keys) == len(set(keys)), self._told("a key is there twice")
        visible = self._visible()
        assert set(keys) <= visible, self._told(f"{len(set(keys) - visible)} sessions that the API does not show")
        if not self.account.rules:
            lost = (self.held & visible) - set(keys)
            assert not lost, self._told(f"{len(lost)} sessions were lost that the API still shows")
            self.held = set(keys)
        self.account.assert_no_key_twice()

    def end(self) -> None:
        """Nothing goes wrong any more; when the late window has passed, every table is the truth."""
        account = self.account
        account.set_faults()
        self.settings.pop("media_ids", None)
        for days in (0.01, 1, 1, 1, 1, 8):  # the last one for the sweep: a false empty day may be long over
            account.at(account.now + days * ONE_DAY)
            account.run(**self.settings)
        self._count_manners()
        wrong = self._differences()
        assert not wrong, self._told("\n".join(f"{table}: {difference}" for table, difference in wrong.items()))

    def _differences(self) -> dict[str, Differences]:
        """Every table that is not the truth.

        A snapshot is of the UTC day on which it was asked for. The sandbox knows when it answered: minutes later, where
        another request made time move in between. Then either day is right. And a refusal that ends a run may come
        before or after the snapshot that was answered in the same moment is kept. Snapshots of such days are left out.
        """
        account, unsure = self.account, [SNAPSHOTS] if self.unsure else []
        wrong = account.differences([table for table in FACTS if table not in unsure], **self.settings)
        for table in unsure:
            known = account.truth(**self.settings).rows(table), account.rows(table).to_pylist()
            left_out = {
                (row["media_id"], row["snapshot_day"])
                for rows in known
                for row in rows
                if self.unsure & {row["snapshot_day"], row["previous_snapshot_day"]}
            }
            expected, found = (
                [row for row in rows if (row["media_id"], row["snapshot_day"]) not in left_out] for rows in known
            )
            assert expected
            count(rows=len(expected))
            if difference := compare(expected, found, BY_NAME[table].key):
                wrong[table] = difference
                count(differences=difference.count)
        return wrong

    def _told(self, what: str) -> str:
        return f"{what} (--world-seed {self.seed})\n" + "\n".join(self.steps)

    def _count_manners(self) -> None:
        store = open_store(str(self.account.lake))
        final: dict[tuple[str, date], date] = {}
        looks = list_looks(store, "events")
        for look in sorted(looks, key=lambda look: look.batch_id):
            manifest = read_manifest(store, look)
            self.met["twin"] += manifest.twin_count
            self.met["shift"] += manifest.repeat_count
            place, read_on = (look.slice.scope, look.slice.day), manifest.first_requested_at.date()
            if place in final and manifest.late_count:
                late = min((read_on - final[place]).days, 3)
                self.met[MANNERS[3 + late]] += manifest.late_count
            if look.final:
                final.setdefault(place, read_on)
        hours: dict[tuple[str, str], set[float]] = {}
        for look in list_looks(store, "media_by_date"):
            for row in iter_rows(store, read_manifest(store, look), MediaByDateRow):
                if row.play_count:
                    hours.setdefault((row.media_id, row.date), set()).add(row.hours_watched / row.play_count)
        self.met["restated hours"] += sum(len(per_play) > 1 for per_play in hours.values())
