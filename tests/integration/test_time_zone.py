"""The account's zone by what a lake holds, and by what few requests tell: the same as from the world itself."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support.simulation import Simulation
from support.zone_worlds import ZoneWorld, zone_world
from wistia_lake.bronze.batch import list_looks
from wistia_lake.errors import UsageError
from wistia_lake.lake.store import open_store
from wistia_lake.model import ONE_DAY, Quiet
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.probes import zone_lake
from wistia_lake.probes.time_zone import time_zone
from wistia_lake.probes.zone_lake import counts_of_lake
from wistia_lake.sandbox.harness import Sandbox


def _lake(folder, sandbox, account: ZoneWorld, **settings) -> Simulation:
    """A lake that somebody made at the end, who set no zone or another one."""
    lake = Simulation(sandbox, folder, {"now": f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}", **settings})
    _ingest(lake, account)
    return lake


def _ingest(lake: Simulation, account: ZoneWorld, **settings) -> None:
    ingest(
        lake.loaded(**settings),
        clock=lambda: lake.now,
        reporter=Quiet(),
        first=account.first - ONE_DAY,
        last=lake.today,
    )


@pytest.fixture
def account():
    return zone_world(3, zone="America/Denver", days=20, sessions=1500, twin_share=0.05)


@pytest.fixture
def sandbox(account):
    with Sandbox(account.world, now=account.now) as sandbox:
        yield sandbox


def _compared(counts, first, last):
    """Plays of some days, and sessions of medias that have any, as one value."""
    plays = {
        media_id: {day: count for day, count in days.items() if first <= day <= last}
        for media_id, days in counts.plays.items()
    }
    return {media_id: days for media_id, days in plays.items() if any(days.values())}


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_a_lake_tells_the_same_as_the_world_whatever_zone_is_set(tmp_path, account, sandbox, zone):
    lake = _lake(tmp_path, sandbox, account, **({} if zone is None else {"zone": zone}))
    found, true = counts_of_lake(open_store(str(lake.lake))), account.counts()
    # The days at the ends are complete on one side only, and some lie outside what the world was asked for.
    first, last = max(found.first, true.first), min(found.last, true.last)
    assert (last - first).days >= 17
    assert _compared(found, first, last) == _compared(true, first, last)
    for media_id, instants in true.sessions.items():
        whole = [at for at in found.sessions[media_id] if instants[0] <= at <= instants[-1]]
        # Of twins either row may be met first; they are seconds apart.
        assert len(whole) == pytest.approx(len(instants), abs=1)
    report = time_zone(lake.loaded())
    assert (report.values["source"], report.values["request_count"], report.files) == ("lake", 0, [])
    assert report.values["zone"] == "America/Denver"
    assert (report.values["setting"], report.values["setting_fits"]) == (zone, False)
    assert report.lines[-1] == 'write into wistia-lake.toml: zone = "America/Denver"'


def test_days_that_are_not_complete_on_both_sides_are_not_compared(tmp_path, account, sandbox):
    sandbox.advance(sandbox.now.replace(hour=13))  # yesterday is over in every zone, today is not
    lake = _lake(tmp_path, sandbox, account)
    found = counts_of_lake(open_store(str(lake.lake)))
    assert found.last == sandbox.now.date() - 2 * ONE_DAY
    assert found.first == account.first, "its neighbour is the first day that was read"
    few = counts_of_lake(open_store(str(lake.lake)), most_rows=300)
    assert found.first < few.first < few.last == found.last


def test_a_lake_of_single_medias_compares_these(tmp_path, account, sandbox):
    media_id, *others = account.world.medias
    lake = _lake(tmp_path, sandbox, account, media_ids=(media_id,))
    assert set(counts_of_lake(open_store(str(lake.lake))).plays) == {media_id}
    _ingest(lake, account, media_ids=())
    assert set(counts_of_lake(open_store(str(lake.lake))).plays) == {media_id, *others}


def test_a_day_that_was_read_before_its_end_is_not_compared(tmp_path, account, sandbox):
    lake = _lake(tmp_path, sandbox, account)
    last = counts_of_lake(open_store(str(lake.lake))).last
    sandbox.advance(sandbox.now + 3 * ONE_DAY)
    _ingest(lake, account)
    assert counts_of_lake(open_store(str(lake.lake))).last == last + 3 * ONE_DAY
    for look in list_looks(open_store(str(lake.lake)), "media_by_date"):
        if look.began_at >= sandbox.now:
            (lake.lake / look.manifest_key).unlink()
    # Sessions are complete now, but the daily counts are those of before: of a day that had not ended everywhere.
    assert counts_of_lake(open_store(str(lake.lake))).last == last


def test_many_single_medias_are_compared_by_those_that_were_read_longest(tmp_path, account, sandbox, monkeypatch):
    media_ids = list(account.world.medias)
    lake = _lake(tmp_path, sandbox, account, media_ids=tuple(media_ids))
    monkeypatch.setattr(zone_lake, "MOST_MEDIAS", 1)
    found = counts_of_lake(open_store(str(lake.lake)))
    assert len(found.plays) == 1
    assert set(found.plays) <= set(media_ids)


def test_an_empty_lake_tells_nothing(tmp_path):
    assert counts_of_lake(open_store(str(tmp_path / "lake"))) is None


@pytest.mark.parametrize("most", [60, 30, 14])
def test_without_a_lake_the_api_is_asked_no_more_than_was_allowed(tmp_path, account, sandbox, most):
    lake = Simulation(sandbox, tmp_path, {"now": f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}"})
    steps: list[tuple[str, int, int | None]] = []
    reporter = SimpleNamespace(step=lambda *step: steps.append(step))
    report = time_zone(lake.loaded(zone="America/Denver"), max_requests=most, reporter=reporter)
    asked = sandbox.requests()
    assert steps[-1] == ("requests for the zone", len(asked), most)
    assert report.values["request_count"] == len(asked) <= most
    assert report.values["source"] == "api"
    assert "America/Denver" in [one["zone"] for one in report.values["candidates"] if one["plausible"]]
    assert report.values["setting_fits"] is True
    assert not lake.lake.exists()
    if most == 60:
        assert report.lines[-1] == 'the setting agrees: zone = "America/Denver"'


def test_too_few_requests_are_refused_and_a_quiet_account_is_not_enough(tmp_path):
    with Sandbox(zone_world(1, zone="Europe/Paris", days=14, sessions=30).world) as sandbox:
        lake = Simulation(sandbox, tmp_path, {"now": f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}"})
        with pytest.raises(UsageError, match="--max-requests 9 is too few"):
            time_zone(lake.loaded(), max_requests=9)
        report = time_zone(lake.loaded())
        assert report.values["verdict"] == "not enough data"
        assert report.values["zone"] is None
        assert report.lines[-1].startswith("to read more sessions: a larger --max-requests")


def test_a_walk_that_the_requests_cut_short_is_compared_as_far_as_it_got(tmp_path):
    """Every session has a twin here, so that the pages hold half of what the plays made expect."""
    account = zone_world(3, zone="America/Denver", days=20, sessions=1500, twin_share=1.0)
    with Sandbox(account.world, now=account.now) as sandbox:
        lake = Simulation(sandbox, tmp_path, {"now": f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}"})
        found = time_zone(lake.loaded(), max_requests=20).values
        assert found["request_count"] <= 20
        assert found["zone"] == "America/Denver"
        assert found["session_count"] >= 0.95 * found["play_count"]
