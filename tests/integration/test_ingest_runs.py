"""Whole runs against the sandbox: repeated, killed, narrowed, at the two-year edge, with the wrong key or none."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.ingesting import KEY, OTHER_KEY, Lake
from wistia_lake.bronze.batch import list_looks, read_batch, read_manifest
from wistia_lake.bronze.lease import lease
from wistia_lake.errors import LakeUnreadable, LeaseHeld, SettingsError, UsageError, WistiaLakeError
from wistia_lake.lake.marker import read_marker
from wistia_lake.lake.store import open_store
from wistia_lake.model import days_between
from wistia_lake.pipeline.ingest import with_heartbeat
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.scenario import Options
from wistia_lake.sandbox.world import World


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(World("tiny", options=Options(late_share=0.3))) as sandbox:
        yield sandbox


@pytest.fixture
def lake(sandbox: Sandbox, tmp_path: Path) -> Lake:
    return Lake(tmp_path, sandbox.base_url, lambda: sandbox.now, {"zone": "America/New_York"})


def requested(sandbox: Sandbox, since: int) -> list[tuple[str, str]]:
    return sorted((one["path"], str(sorted(one["query"].items()))) for one in sandbox.requests()[since:])


def served_days(sandbox: Sandbox, since: int) -> list[str]:
    return [one["query"]["start_date"] for one in sandbox.requests()[since:] if one["path"].endswith("/stats/events")]


def all_sessions(lake: Lake) -> set[tuple[str, str, str]]:
    """Every session of the newest look at each slice of the account, by received_at and key."""
    looks = list_looks(lake.store, "events")
    days = looks.days("account")
    return {(r["received_at"], r["event_id"], r["visitor_id"]) for day in days for r in lake.rows("events", day)}


def test_a_repeated_run_makes_the_same_requests_and_no_data_object(sandbox: Sandbox, lake: Lake) -> None:
    lake.ingest()
    objects, seen = lake.data_objects(), []
    for _ in range(2):
        since = len(sandbox.requests())
        summary = lake.ingest()
        seen.append(requested(sandbox, since))
        assert (summary.batch_count, summary.added_count, summary.late_row_count) == (0, 0, 0)
    assert seen[0] == seen[1]
    assert lake.data_objects() == objects
    since = len(sandbox.requests())
    lake.ingest(date(2025, 3, 6), date(2025, 3, 7))
    first = requested(sandbox, since)
    since = len(sandbox.requests())
    lake.ingest(date(2025, 3, 6), date(2025, 3, 7))
    assert requested(sandbox, since) == first
    assert lake.data_objects() == objects


def test_late_sessions_of_final_days_arrive_day_by_day_and_are_counted(sandbox: Sandbox, lake: Lake) -> None:
    """Ten daily runs hold what one run on the last day reads: nothing is missing, nothing twice."""
    late = 0
    for _ in range(10):
        summary = lake.ingest()
        late += summary.late_row_count
        sandbox.advance(sandbox.now + timedelta(days=1))
    assert late > 20
    assert sum(manifest.late_count for manifest in lake.manifests("events")) == late
    fresh = Lake(lake.folder / "fresh", lake.base_url, lake.now, {**lake.settings})
    fresh.folder.mkdir()
    lake.ingest()
    fresh.ingest()
    # Sessions arrive up to three days late, and the late window is three days after a day's first final look.
    assert all_sessions(lake) == all_sessions(fresh)


def test_narrowed_and_widened_again_nothing_is_missing(sandbox: Sandbox, lake: Lake) -> None:
    lake.ingest()
    for _ in range(4):
        sandbox.advance(sandbox.now + timedelta(days=1))
        lake.ingest(media_ids=("t1nybbbb02",))
    narrowed = lake.manifests("events", "media=t1nybbbb02")
    assert narrowed[0].day == date(2025, 3, 3), "a scope of its own is covered from the start of the lake"
    assert {media_id for manifest in narrowed for media_id in manifest.medias} == {"t1nybbbb02"}
    sandbox.advance(sandbox.now + timedelta(days=1))
    since = len(sandbox.requests())
    lake.ingest()
    days = served_days(sandbox, since)
    assert set(days) == {str(day) for day in days_between(date(2025, 3, 9), date(2025, 3, 17))}


def test_at_the_two_year_edge_a_day_is_read_once_and_keeps_its_first_hours(tmp_path: Path) -> None:
    """2023-03-12 is cut when the lake is made and hidden two days later; what was read stays what counts."""
    now = datetime(2025, 3, 12, 14, tzinfo=UTC)
    with Sandbox("edge", now=now) as sandbox:
        lake = Lake(tmp_path, sandbox.base_url, lambda: sandbox.now, {"start": date(2023, 1, 1), "sweep_days": 0})
        lake.ingest(date(2023, 3, 1), date(2023, 3, 16))
        edge = [date(2023, 3, day) for day in range(12, 17)]
        assert [manifest.day for manifest in lake.manifests("events")] == edge, "hidden days are not asked for"
        assert [manifest.cut for manifest in lake.manifests("events")] == [True, False, False, False, False]
        assert all(row["received_at"] >= "2023-03-12T14" for row in lake.rows("events", edge[0]))
        before = all_sessions(lake)
        assert len(before) > 10
        for hours in (12, 36, 60, 96):
            sandbox.advance(now + timedelta(hours=hours))
            since = len(sandbox.requests())
            lake.ingest(date(2023, 3, 1), date(2023, 3, 16))
            assert before <= all_sessions(lake), "a look near the edge took sessions away"
            asked = set(served_days(sandbox, since))
            assert not asked & {
                str(day) for day in days_between(date(2023, 3, 1), (sandbox.now.date() - timedelta(days=730)))
            }


def test_the_day_at_the_edge_is_cut_only_if_its_first_hours_were_hidden(tmp_path: Path) -> None:
    with Sandbox("edge", now=datetime(2025, 3, 12, tzinfo=UTC)) as sandbox:
        lake = Lake(tmp_path, sandbox.base_url, lambda: sandbox.now)
        lake.ingest(date(2023, 3, 12), date(2023, 3, 12))
        assert [manifest.cut for manifest in lake.manifests("events")] == [False]
        marker = read_marker(lake.store)
        assert marker is not None
        assert marker.start == date(2023, 3, 12)


def test_another_pseudonym_key_stops_before_a_page_is_read(sandbox: Sandbox, lake: Lake) -> None:
    lake.ingest()
    files, since = lake.files(), len(sandbox.requests())
    with pytest.raises(LakeUnreadable) as caught:
        lake.ingest(key=OTHER_KEY)
    assert caught.value.exit_code == 3
    assert OTHER_KEY not in str(caught.value)
    fingerprint = lake.manifests("events")[0].key_fingerprint
    assert fingerprint in str(caught.value)
    assert len(sandbox.requests()) == since
    assert lake.files() == files


def test_the_key_file_is_made_beside_the_settings_for_its_owner_only(sandbox: Sandbox, lake: Lake) -> None:
    lake.ingest(key=None)
    path = lake.folder / "pseudonym.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text().strip()) == 64
    lake.ingest(key=None)
    lake.ingest(key=path.read_text())
    path.rename(lake.folder / "moved.key")
    with pytest.raises(SettingsError, match="is missing, and the lake"):
        lake.ingest(key=None)
    assert not path.exists(), "a second key would only confuse"


def test_the_key_file_is_never_made_inside_the_lake(sandbox: Sandbox, lake: Lake) -> None:
    with pytest.raises(SettingsError, match="inside the lake"):
        lake.ingest(key=None, lake=str(lake.folder))
    assert not (lake.folder / "pseudonym.key").exists()
    lake.ingest(key=KEY, lake=str(lake.folder))


@pytest.mark.parametrize(
    ("changed", "asked", "error", "message"),
    [
        ({"token": None}, (None, None), SettingsError, r"^WISTIA_API_TOKEN is not set.*API Access"),
        ({"now": "2025-03-12T14:00:00Z", "base_url": "https://api.wistia.com"}, (None, None), SettingsError, "sandbox"),
        ({}, (date(2025, 3, 9), date(2025, 3, 8)), UsageError, "--from 2025-03-09 is after --to 2025-03-08"),
        ({}, (date(2025, 3, 13), None), UsageError, "--from 2025-03-13 is in the future; today is 2025-03-12"),
        ({}, (None, date(2025, 4, 1)), UsageError, "--to 2025-04-01 is in the future"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_call_is_found_before_anything_happens(
    sandbox: Sandbox, lake: Lake, changed: dict[str, Any], asked: tuple[date | None, date | None],
    error: type[WistiaLakeError], message: str,
) -> None:  # fmt: skip
    with pytest.raises(error, match=message):
        lake.ingest(*asked, **changed)
    assert sandbox.requests() == []
    assert "\n" not in message
    assert not (lake.folder / "lake" / "bronze").exists()


def test_today_is_the_accounts_day(sandbox: Sandbox, lake: Lake) -> None:
    sandbox.advance(datetime(2025, 3, 13, 2, tzinfo=UTC))
    with pytest.raises(UsageError, match=r"today is 2025-03-12 in the zone America/New_York"):
        lake.ingest(date(2025, 3, 13))


def test_a_second_ingest_ends_with_a_sentence(sandbox: Sandbox, lake: Lake) -> None:
    with (
        lease(open_store(str(lake.folder / "lake")), "ingest", holder="the nightly job", clock=lake.now),
        pytest.raises(LeaseHeld, match="the nightly job") as caught,
    ):
        lake.ingest()
    assert caught.value.exit_code == 4
    assert sandbox.requests() == []
    lake.ingest()


def test_a_lease_lost_in_mid_work_stops_before_the_next_look(sandbox: Sandbox, lake: Lake) -> None:
    """A suspended process wakes up after another has taken over: it must not commit beside it."""
    store = open_store(str(lake.folder / "lake"))

    class Thief:
        def say(self, text: str) -> None:
            """Called once the media list is committed: as if ten minutes had passed for the other process."""
            (key,) = store.list("locks/ingest/")
            taken = int(key[-13:-5]) + 1
            store.create(
                f"locks/ingest/{taken:08}.json", store.get(key).replace(b'"holder":"process', b'"holder":"thief')
            )

        def step(self, name: str, done: int, total: int | None) -> None:
            pass

    lake.heard = Thief()  # type: ignore[assignment]
    with pytest.raises(LeaseHeld, match="thief"):
        lake.ingest()
    assert {manifest.stream for manifest in lake.manifests("medias")} == {"medias"}
    assert lake.manifests("events") == lake.manifests("media_stats") == []


def test_a_lease_lost_while_one_slice_is_read_stops_the_work(tmp_path: Path) -> None:
    """A day of a million sessions takes longer than a lease; in between nothing is committed that would renew it."""
    now = datetime(2025, 3, 12, tzinfo=UTC)
    store = open_store(str(tmp_path))
    renewed = stopped = 0

    def clock() -> datetime:
        nonlocal renewed
        renewed += 1
        if renewed == 5:
            (key,) = store.list("locks/ingest/")
            store.create(f"locks/ingest/{int(key[-13:-5]) + 1:08}.json", store.get(key))
        return now

    async def work() -> None:
        nonlocal stopped
        try:
            await asyncio.Event().wait()
        finally:
            stopped += 1

    with pytest.raises(LeaseHeld), lease(store, "ingest", holder="slow", clock=clock) as held:
        asyncio.run(with_heartbeat(work(), held, seconds=0))
    assert stopped == 1
    assert renewed >= 5


KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from support.ingesting import Lake
from wistia_lake.lake.store import Store

write, count = Store.create, 0

def create(self, key, data):
    global count
    count += 1
    if count == int(sys.argv[3]):
        os.kill(os.getpid(), 9)
    write(self, key, data)

Store.create = create
at = datetime(2025, 3, 12, 14, tzinfo=UTC)
Lake(Path(sys.argv[1]), sys.argv[2], lambda: at, {"slices_in_flight": 3}).ingest()
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="without it a killed run is known by its expiry only")
@pytest.mark.parametrize("write", [1, 2, 3, 4, 5, 8, 12, 17, 24, 30])
def test_killed_at_any_write_the_next_run_finishes_the_work(sandbox: Sandbox, tmp_path: Path, write: int) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    killed.mkdir()
    whole.mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(killed), sandbox.base_url, str(write)], env=environment, check=False
    )
    assert done.returncode == -9
    lakes = [Lake(folder, sandbox.base_url, lambda: sandbox.now) for folder in (killed, whole)]
    for stream in (
        "events",
        "medias",
        "media_stats",
        "media_by_date",
        "account_by_date",
        "media_engagement",
        "projects",
    ):
        for look in list_looks(lakes[0].store, stream):
            read_batch(lakes[0].store, read_manifest(lakes[0].store, look))
    for lake in lakes:
        assert lake.ingest().problems == []
    assert all_sessions(lakes[0]) == all_sessions(lakes[1])
    days = [{manifest.day for manifest in lake.manifests("events") if manifest.final} for lake in lakes]
    assert days[0] == days[1]


def test_a_lake_without_a_key_setting_in_memory_is_refused(sandbox: Sandbox, lake: Lake) -> None:
    with pytest.raises(SettingsError, match="WISTIA_LAKE_PSEUDONYM_KEY is not set"):
        lake.ingest(key=None, lake="memory://")
    assert lake.ingest(lake="memory://").problems == []


def test_no_key_token_or_address_of_a_viewer_reaches_the_lake(sandbox: Sandbox, lake: Lake) -> None:
    """The full search is in test_privacy; this one is quick and decodes every batch."""
    lake.ingest()
    text = b"".join(
        read_batch(lake.store, manifest) + manifest.encode()
        for stream in (
            "events",
            "medias",
            "media_stats",
            "media_by_date",
            "account_by_date",
            "media_engagement",
            "projects",
        )
        for manifest in lake.manifests(stream)
    )
    assert len(text) > 50_000
    for word in (b"event_key", b"visitor_key", b"@example.org", b"public_token", KEY.encode(), b"sandbox-token"):
        assert word not in text
