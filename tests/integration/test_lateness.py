"""Lateness measured from a lake, against the simulated account, which knows when each session became visible."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from support.ingesting import KEY, Lake
from wistia_lake.bronze.batch import list_looks
from wistia_lake.model import day_start
from wistia_lake.probes.lateness import Appearance, quantile
from wistia_lake.probes.lateness_lake import days_of, measure
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.scenario import Options
from wistia_lake.sandbox.sessions import Session
from wistia_lake.sandbox.world import World

WINDOW = 1
"""Days, so that sessions up to three days late are later than it."""
FIRST, TODAY = date(2025, 3, 7), date(2025, 4, 2)


def utc(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


@pytest.fixture(scope="module", params=["first", "last"])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Lake]]:
    """An account with many late sessions, read daily at 06:30, now and then at 19:10 too, with one day left out."""
    world = World("tiny", options=Options(late_share=0.3, received_at=request.param))
    with Sandbox(world, now=utc(FIRST, 6, 30)) as sandbox:
        settings = {"zone": "America/New_York", "late_window_days": WINDOW, "start": date(2025, 3, 6)}
        lake = Lake(tmp_path_factory.mktemp("lateness"), sandbox.base_url, lambda: sandbox.now, settings)
        day = FIRST
        while day <= TODAY:
            if day != date(2025, 3, 19):
                sandbox.advance(utc(day, 6, 30))
                lake.ingest()
            if day.day % 4 == 0:
                sandbox.advance(utc(day, 19, 10))
                lake.ingest()
            day += timedelta(days=1)
        yield sandbox, lake


def _pseudonym(person: bytes, key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16, key=bytes.fromhex(KEY), person=person).hexdigest()


def _bits(session: Session) -> int:
    event, visitor = _pseudonym(b"event", session.event_key), _pseudonym(b"visitor", session.visitor.key)
    return int(event[:8] + visitor[:8], 16)


def _sessions(world: World) -> dict[int, Session]:
    days = [date(2025, 3, 5) + timedelta(days=n) for n in range(30)]
    found = (
        session
        for media_id in world.medias
        for day in days
        for of_day in world.local_day_sessions(media_id, day).values()
        for session in of_day
    )
    return {_bits(session): session for session in found}


def _look_times(sandbox: Sandbox) -> dict[date, list[datetime]]:
    """When each day was looked at, by the account's own log."""
    times: dict[date, set[datetime]] = defaultdict(set)
    for one in sandbox.requests():
        if one["path"].endswith("/stats/events"):
            times[date.fromisoformat(one["query"]["start_date"])].add(datetime.fromisoformat(one["at"]))
    return {day: sorted(found) for day, found in times.items()}


def _measured(lake: Lake) -> dict[date, list[Appearance]]:
    looks = list_looks(lake.store, "events")
    last = TODAY - timedelta(days=1)
    days = days_of(lake.store, looks, "account", date(2025, 3, 6), last, WINDOW)
    return {day: list(found) for day, verdict, found in days if verdict == "tells"}


def _minutes_late(session: Session, at: datetime) -> float:
    """From received_at, as served at that look, to the appearance."""
    return max(0.0, (session.visible_at - session.received_at(at.timestamp())) / 60)


def test_the_true_lateness_of_every_session_lies_within_its_bounds(watched) -> None:
    sandbox, lake = watched
    sessions, times, checked = _sessions(sandbox.world), _look_times(sandbox), 0
    for day, found in _measured(lake).items():
        for one in found:
            session = sessions[one.bits]
            at = next(at for at in times[day] if session.visible_at <= at.timestamp())
            assert one.found_by.began_at == at
            assert one.received_at.timestamp() == session.received_at(at.timestamp())
            assert one.at_least <= _minutes_late(session, at) <= one.at_most
            checked += 1
    assert checked > 700


def test_every_session_that_a_look_saw_is_measured_once(watched) -> None:
    sandbox, lake = watched
    world, times = sandbox.world, _look_times(sandbox)
    seen_before: set[int] = set()
    for day, found in _measured(lake).items():
        visible = {_bits(s) for at in times[day] for media_id in world.medias for s in world.visible(media_id, day, at)}
        of_day_before = {
            _bits(session)
            for at in times.get(day - timedelta(days=1), ())
            for media_id in world.medias
            for session in world.visible(media_id, day - timedelta(days=1), at)
        }
        bits = [one.bits for one in found]
        assert len(bits) == len(set(bits))
        assert set(bits) == visible - of_day_before
        assert not seen_before & set(bits)
        seen_before |= set(bits)


def test_percentiles_and_what_the_sweep_found_are_those_of_the_truth(watched) -> None:
    sandbox, lake = watched
    sessions, times = _sessions(sandbox.world), _look_times(sandbox)
    exact, by_days = Counter[float](), Counter[int]()
    for day, found in _measured(lake).items():
        final = next(at for at in times[day] if at >= day_start(day) + timedelta(days=1, hours=1)).date()
        for one in found:
            at = next(at for at in times[day] if sessions[one.bits].visible_at <= at.timestamp())
            exact[_minutes_late(sessions[one.bits], at)] += 1
            by_days[max(0, (at.date() - final).days)] += 1
    result = measure(lake.store, ["account"], today=TODAY, days=27, window=WINDOW)
    assert result.session_count == exact.total()
    assert len(result.percentiles) == 5
    for bounds in result.percentiles:
        true = quantile(exact, bounds.share)  # type: ignore[arg-type]
        assert bounds.at_least_minutes <= true <= bounds.at_most_minutes
    assert result.percentiles[-1].at_least_minutes > 24 * 60
    assert result.found_after_days == dict(sorted(by_days.items()))
    late = sum(count for days, count in by_days.items() if days > WINDOW)
    assert result.later_than_window_count == late > 5
    assert result.recommendation.late_window_days == quantile(by_days, 0.999) > 7
    assert result.recommendation.at_least_days == 2


def test_days_that_cannot_tell_are_left_out_as_a_whole_and_named(watched) -> None:
    _, lake = watched
    result = measure(lake.store, ["account"], today=TODAY, days=30, window=WINDOW)
    # 3 to 5 March were never read; from 25 March on no day was swept, which is a week after its last daily look.
    assert result.days == {"tells": 19, "never read": 3, "not swept yet": 8}
    assert sum(result.days.values()) == 30
    more = measure(lake.store, ["account"], today=TODAY, days=30, window=60)
    assert more.later_than_window_count == 0


def test_days_that_were_read_afterwards_tell_nothing(tmp_path: Path) -> None:
    with Sandbox(World("tiny", options=Options(late_share=0.3)), now=utc(date(2025, 3, 20), 6, 30)) as sandbox:
        lake = Lake(tmp_path, sandbox.base_url, lambda: sandbox.now, {"start": date(2025, 3, 6)})
        lake.ingest()
        sandbox.advance(utc(date(2025, 3, 28), 6, 30))
        lake.ingest(date(2025, 3, 6), date(2025, 3, 20))
        result = measure(lake.store, ["account"], today=date(2025, 3, 28), days=30, window=WINDOW)
    assert result.days["read too late"] == 13
    assert result.days["tells"] == 1, "19 March was read six hours after its end, and again a week later"
    assert result.recommendation.late_window_days is None


def test_a_look_that_is_gone_loosens_bounds_and_loses_no_session(watched, tmp_path: Path) -> None:
    _, lake = watched
    day = date(2025, 3, 12)
    kept = _measured(lake)[day]
    shutil.copytree(lake.folder, tmp_path / "copy")
    copy = Lake(tmp_path / "copy", lake.base_url, lake.now, lake.settings)
    looks = sorted(list_looks(copy.store, "events").of("account", day), key=lambda look: look.batch_id)
    copy.store.delete(looks[1].manifest_key)
    without = {one.bits: one for one in _measured(copy)[day]}
    assert without.keys() == {one.bits for one in kept}
    assert all(without[one.bits].at_least <= one.at_least for one in kept)
    assert all(without[one.bits].at_most >= one.at_most for one in kept)
    assert any(without[one.bits].at_most > one.at_most for one in kept)
