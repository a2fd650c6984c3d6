"""Include and exclude rules decide which medias tables show: exactly those, never what is read."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.cases import write_look
from support.simulation import FACTS, Simulation, simulation
from wistia_lake.bronze.batch import read_rows
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables import BY_NAME
from wistia_lake.model import Quiet
from wistia_lake.pipeline.build import build
from wistia_lake.settings import Loaded, MediaRule, Settings
from wistia_lake.silver import attributes
from wistia_lake.silver.attributes import Attributes, Visibility
from wistia_lake.silver.history import History

pytestmark = pytest.mark.long

ABOUT_MEDIAS = [name for name in FACTS if "media_id" in BY_NAME[name].column_names]
ACCOUNT_DAY = "silver.fact_account_day"
EARLY, LATE = "media00001", "media00002"
NOW = datetime.fromisoformat("2025-03-20T14:00:00Z")


def _medias(account: Simulation, table: str) -> set[str]:
    return set(account.rows(table)["media_id"].to_pylist())


def _assert_holds(account: Simulation) -> None:
    """Every table is the truth, and a full build gives the same rows."""
    account.assert_truth()
    account.assert_full_build_changes_nothing()


@pytest.mark.parametrize(
    ("rules", "shown"),
    [
        ('[[include]]\nproject = "facebook*"', {"t1nyaaaa01"}),
        ('[[include]]\ntitle = "*"\n[[exclude]]\nproject = "Facebook*"\ntitle = "Plant*"', {"t1nybbbb02"}),
        ('[[exclude]]\ntitle = "*"', set()),
    ],
)
def test_narrowed_and_widened_again_every_table_is_the_truth(tmp_path: Path, rules: str, shown: set[str]) -> None:
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as account:
        account.run()
        whole = {name: account.rows(name) for name in FACTS}
        medias = {name: _medias(account, name) for name in ABOUT_MEDIAS}
        assert medias["silver.fact_event"] == medias["gold.kpi_media_28d"] == {"t1nyaaaa01", "t1nybbbb02"}
        objects, asked = account.objects(), len(account.sandbox.requests())
        account.rules = rules
        account.build()
        assert {name: _medias(account, name) for name in ABOUT_MEDIAS} == {
            name: medias[name] & shown for name in medias
        }
        assert account.rows(ACCOUNT_DAY).equals(whole[ACCOUNT_DAY]), "the account is what Wistia adds up"
        account.assert_truth()
        assert (account.objects(), len(account.sandbox.requests())) == (objects, asked), "bronze is as it was"
        account.at("2025-03-12 14:00").run()
        _assert_holds(account)
        account.rules = ""
        account.build()
        assert {name: _medias(account, name) for name in ABOUT_MEDIAS} == medias
        _assert_holds(account)


def test_requests_do_not_hang_on_the_rules(tmp_path: Path) -> None:
    asked = []
    for rules in ("", '[[exclude]]\ntitle = "*"'):
        with simulation(tmp_path / f"{len(asked)}", "tiny", now="2025-03-10 14:00") as account:
            account.folder.mkdir()
            account.rules = rules
            account.run()
            asked.append(sorted((line["path"], str(line["query"])) for line in account.sandbox.requests()))
    assert asked[0] == asked[1]


def test_a_rename_moves_a_media_across_the_rules(tmp_path: Path) -> None:
    """The attributes of the newest list count, also for sessions of earlier days."""
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as account:
        account.rules = '[[exclude]]\ntitle = "*draft*"'
        account.run()
        before = account.rows("silver.fact_event").num_rows
        account.at("2025-03-10 14:05").sandbox.world.rename("t1nybbbb02", "Draft: workshop", account.now)
        account.at("2025-03-10 14:10").run()
        assert _medias(account, "silver.fact_event") == {"t1nyaaaa01"}
        account.assert_truth()
        account.sandbox.world.rename("t1nybbbb02", "Workshop", account.at("2025-03-10 14:15").now)
        account.at("2025-03-10 14:20").run()
        assert account.rows("silver.fact_event").num_rows >= before
        account.assert_truth()


class Lake:
    """Looks written by hand: one media with sessions until 5 March, another of unknown length from 12 March on."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "lake"
        self.store = open_store(str(self.root))
        self._looks = 0
        medias = [
            {"media_id": EARLY, "name": "Early", "project": "Old", "tags": ["one", "two"]},
            {"media_id": LATE, "name": "Late [cut]", "project": "New", "section": "Ads", "duration": None},
        ]
        self.look("medias", "2025-02-25", medias)
        for media_id, days in ((EARLY, range(1, 6)), (LATE, range(12, 17))):
            for day in days:
                at = f"2025-03-{day:02}"
                row = {"event_id": f"{media_id} {day}", "media_id": media_id, "received_at": f"{at}T12:00:00.000Z"}
                self.look("events", at, [row])
        for media_id, day in ((EARLY, "2025-02-10"), (EARLY, "2025-03-05"), (LATE, "2025-03-16")):
            self.look("media_stats", day, [{"media_id": media_id, "load_count": 9, "visitors": 5}])
        measured = [{"media_id": one, "begins_at": "2025-03-16T04:00:00.000Z", "plays": 1} for one in (EARLY, LATE)]
        self.look("media_timeseries", "2025-03-16", measured, covers=["2025-03-16", "2025-03-16"])
        counts = [{"media_id": EARLY, "date": "2025-01-10", "load_count": 4, "play_count": 2}]
        curves = [{"media_id": one, "engagement_data": [3], "rewatch_data": [1]} for one in (EARLY, LATE)]
        self.look("media_engagement", "2025-03-16", curves)
        self.look("media_by_date", "2025-03-01", counts, covers=["2025-01-01", "2025-01-31"])

    def look(self, stream: str, day: str, rows: list[dict[str, Any]], **more: Any) -> None:
        """One final look."""
        self._looks += 1
        at = (NOW + timedelta(seconds=self._looks)).isoformat()
        write_look(self.store, {"stream": stream, "day": day, "at": at, "rows": rows, **more})

    def build(self, **rules: MediaRule) -> dict[str, int]:
        """The partitions that a build of these rules computed, by table."""
        given = {name: (rule,) for name, rule in rules.items()}
        loaded = Loaded(Settings(lake=str(self.root), zone="America/New_York", **given), self.root.parent)
        return build(loaded, clock=lambda: NOW, reporter=Quiet()).tables

    def medias(self, table: str) -> set[str]:
        """The medias that a table shows."""
        return set(Catalog(self.root).read(BY_NAME[table])["media_id"].to_pylist())


def test_changed_rules_rebuild_exactly_the_partitions_of_whom_they_hide_or_show(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    first = lake.build()
    assert (first["silver.fact_event"], first["silver.fact_media_day"]) == (10, 3)
    assert first["silver.fact_media_engagement"] == 2
    built = lake.build(exclude=MediaRule(title="late*"))
    assert built["silver.fact_event"] == 5, "five days; the slice before the first has no rows of it and no look"
    assert built["silver.fact_media_day"] == 1, "January and February have no day of it"
    assert built["silver.fact_media_engagement"] == 1
    assert ACCOUNT_DAY not in built
    assert lake.medias("silver.fact_event") == {EARLY}
    built = lake.build(exclude=MediaRule(title="early"))
    assert built["silver.fact_event"] == 10
    assert built["silver.fact_media_day"] == 3, "January too, which has no sessions"
    assert built["silver.fact_media_engagement"] == 2
    for table in ABOUT_MEDIAS:
        assert lake.medias(table) <= {LATE}, table


def test_a_media_of_unknown_length_comes_and_goes_in_snapshots_and_curves(tmp_path: Path) -> None:
    """Nothing else that these tables hang on changes with such a media."""
    lake = Lake(tmp_path)
    for rules, shown in (({}, {EARLY, LATE}), ({"exclude": MediaRule(title="late*")}, {EARLY}), ({}, {EARLY, LATE})):
        lake.build(**rules)
        assert lake.medias("silver.fact_media_engagement") == shown
        assert lake.medias("silver.fact_media_curve") == shown
        assert lake.medias("silver.fact_media_day_measured") == shown


@pytest.mark.parametrize(
    "rules",
    [
        {"exclude": MediaRule(title="LATE [CUT]")},
        {"exclude": MediaRule(section="ads", project="N?w")},
        {"include": MediaRule(project="Old")},
        {"include": MediaRule(tag="two")},
        {"include": MediaRule(tag="o*"), "exclude": MediaRule(tag="three")},
    ],
)
def test_other_words_for_the_same_medias_rebuild_nothing(tmp_path: Path, rules: dict[str, MediaRule]) -> None:
    lake = Lake(tmp_path)
    lake.build(exclude=MediaRule(title="late*"))
    assert lake.build(**rules) == {}
    assert lake.medias("silver.fact_event") == {EARLY}
    assert set(lake.build()) >= {"silver.dim_media", "silver.media_duration", "silver.fact_event"}
    assert lake.medias("silver.fact_event") == {EARLY, LATE}


def _visibility(lake: Lake, **rules: MediaRule) -> Visibility:
    return Visibility(History(lake.store), Settings(**{name: (rule,) for name, rule in rules.items()}))


def test_a_media_known_only_from_sessions_has_a_title_and_nothing_else(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    row = {"event_id": "x", "media_id": "media00009", "media_name": "Ghost", "received_at": "2025-03-17T12:00:00.000Z"}
    lake.look("events", "2025-03-17", [row])
    both = ["media00008", "media00009"]  # of the first not even a title is known
    assert _visibility(lake, exclude=MediaRule(title="gh*")).hidden(both) == ["media00009"]
    assert _visibility(lake, exclude=MediaRule(project="*")).hidden(both) == []
    assert _visibility(lake, include=MediaRule(project="*")).hidden(both) == both
    assert _visibility(lake, include=MediaRule(title="*")).hidden(both) == ["media00008"]


def test_without_rules_nothing_is_read_and_with_rules_no_more_lists_than_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists of a long history hardly differ: only the newest is read, and those that alone held a media."""
    lake = Lake(tmp_path)
    for number in range(20):
        rows = [{"media_id": LATE, "name": f"Late {number}"}]
        lake.look("medias", f"2025-03-{number + 1:02}", rows)
    read: list[str] = []

    def counted(store: Any, manifest: Any, kind: Any) -> Any:
        read.append(manifest.day.isoformat())
        return read_rows(store, manifest, kind)

    monkeypatch.setattr(attributes, "read_rows", counted)
    assert _visibility(lake).hidden([EARLY, LATE]) == []
    assert read == []
    assert _visibility(lake, exclude=MediaRule(title="late 19")).hidden([EARLY, LATE]) == [LATE]
    assert read == ["2025-03-20", "2025-02-25"]
    assert attributes.listed(History(lake.store)) == {
        EARLY: msgspec.structs.replace(Attributes(EARLY), name="Early", project="Old", tags=["one", "two"]),
        LATE: Attributes(LATE, "Late 19", "Films"),
    }
