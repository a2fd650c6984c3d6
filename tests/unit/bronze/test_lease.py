"""One worker at a time, whatever the others do and whenever they are killed."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from wistia_lake.bronze import lease as lease_module
from wistia_lake.bronze.lease import TTL, Lease, lease
from wistia_lake.errors import LeaseHeld
from wistia_lake.lake.store import Store, open_store


class Time:
    def __init__(self) -> None:
        self.now = datetime(2025, 3, 12, 14, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


def keys(store: Store) -> list[str]:
    return sorted(store.list("locks/"))


def take(store: Store, clock: Time, holder: str) -> Lease:
    held = Lease(store, "ingest", holder=holder, clock=clock, ttl=TTL)
    held.take()
    return held


def test_a_held_lease_says_who_since_when_and_until_when(store: Store, clock: Time) -> None:
    with lease(store, "ingest", holder="run 1 on alpha", clock=clock):
        clock.now += timedelta(minutes=4)
        with (
            pytest.raises(
                LeaseHeld, match=r"run 1 on alpha, since 2025-03-12T14:00:00Z.*2025-03-12T14:10:00Z"
            ) as caught,
            lease(store, "ingest", holder="run 2", clock=clock),
        ):
            pass
    assert caught.value.exit_code == 4
    with lease(store, "ingest", holder="run 2", clock=clock):
        assert len(keys(store)) == 1


def test_leases_of_different_names_do_not_meet(store: Store, clock: Time) -> None:
    with lease(store, "ingest", holder="a", clock=clock), lease(store, "build", holder="b", clock=clock):
        assert len(keys(store)) == 2


def test_an_expired_lease_is_taken_over_and_its_holder_finds_out(store: Store, clock: Time) -> None:
    slow = take(store, clock, "slow")
    clock.now += TTL
    quick = take(store, clock, "quick")
    with pytest.raises(LeaseHeld, match="quick"):
        slow.renew()
    slow.release()
    quick.renew()
    quick.release()
    with pytest.raises(LeaseHeld, match="had not renewed"):
        slow.renew()


def test_renewing_keeps_a_lease_for_as_long_as_the_work_takes(store: Store, clock: Time) -> None:
    held = take(store, clock, "long")
    for _ in range(5):
        clock.now += TTL - timedelta(seconds=1)
        held.renew()
        with pytest.raises(LeaseHeld):
            take(store, clock, "other")
    assert len(keys(store)) == 1


def test_generations_never_start_again(store: Store, clock: Time) -> None:
    """A process that lost its lease long ago must not mistake a free number for its own."""
    slow = take(store, clock, "slow")
    clock.now += TTL
    for number in range(3):
        with lease(store, "ingest", holder=f"later {number}", clock=clock) as held:
            held.renew()
    with pytest.raises(LeaseHeld):
        slow.renew()
    assert keys(store) == ["locks/ingest/00000007.json"]


def test_a_taker_that_looked_too_early_loses(store: Store, clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    """It creates a number that was used and deleted while it looked; a higher one exists."""
    with lease(store, "ingest", holder="first", clock=clock):
        pass
    other = take(store, clock, "other")
    other.renew()
    late = Lease(store, "ingest", holder="late", clock=clock, ttl=TTL)
    seen = [1]
    newest = late._newest
    monkeypatch.setattr(late, "_newest", lambda: seen.pop() if seen else newest())
    with pytest.raises(LeaseHeld, match="other"):
        late.take()
    assert keys(store) == ["locks/ingest/00000003.json"]
    other.renew()


def test_of_many_takers_exactly_one_wins(store: Store, clock: Time) -> None:
    """The lease is the object's creation: two processes that see the same free lease cannot both have it."""
    gate, won, lost = threading.Barrier(8), [], []

    def run(number: int) -> None:
        gate.wait()
        try:
            won.append(take(store, clock, f"taker {number}"))
        except LeaseHeld:
            lost.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)
    won[0].renew()


def test_a_lease_is_given_back_when_the_work_fails(store: Store, clock: Time) -> None:
    with pytest.raises(RuntimeError), lease(store, "ingest", holder="a", clock=clock):
        raise RuntimeError
    with lease(store, "ingest", holder="b", clock=clock):
        pass


@pytest.mark.skipif(lease_module._this_process() is None, reason="processes are not visible as files here")
def test_a_killed_process_does_not_block_the_next_one(tmp_path: Path, clock: Time) -> None:
    """The clock stands still here, so only the dead process's absence can free the lease."""
    code = (
        "import os, sys; from datetime import *; from wistia_lake.bronze.lease import *; "
        "from wistia_lake.lake.store import open_store; "
        "at = datetime(2025, 3, 12, 14, tzinfo=UTC); "
        "Lease(open_store(sys.argv[1]), 'ingest', holder='killed', clock=lambda: at, ttl=TTL).take(); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert killed.returncode == -9
    store = open_store(str(tmp_path))
    assert msgspec.json.decode(store.get("locks/ingest/00000001.json"))["holder"] == "killed"
    take(store, clock, "next")


def test_a_process_of_another_system_is_never_taken_for_dead(store: Store, clock: Time) -> None:
    take(store, clock, "elsewhere")
    key = "locks/ingest/00000001.json"
    record = msgspec.json.decode(store.get(key))
    record["process"] = "another-boot/pid:[1] 999999 1"
    store.put(key, msgspec.json.encode(record))
    with pytest.raises(LeaseHeld, match="elsewhere"):
        take(store, clock, "next")
