"""One worker at a time: a lease is an object that only one of several processes can create.

    locks/<name>/<generation>.json

The highest generation counts. Taking the lease and renewing it both create the next generation, so that of two
processes which try at once only one succeeds, and a process that was suspended past its time finds out. A lease that is
given back is marked, not deleted: generations never start again, or a process that lost its lease could miss that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from wistia_lake.errors import DataError, LeaseHeld
from wistia_lake.lake.store import Store
from wistia_lake.model import Clock, instant_text

TTL = timedelta(minutes=10)
_KEY = re.compile(r"locks/[a-z]+/(\d{8})\.json")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What a lease object says."""

    holder: str
    since: datetime
    expires_at: datetime
    is_released: bool = False
    process: str | None = None
    """Which process of which running system holds it, where that can be told."""


class Lease:
    """A lease that this process holds; made by :func:`lease`."""

    def __init__(self, store: Store, name: str, *, holder: str, clock: Clock, ttl: timedelta) -> None:
        self._store, self._name, self._holder, self._clock, self._ttl = store, name, holder, clock, ttl
        self._since = clock()
        self.generation = 0

    def take(self) -> None:
        """Take the lease, or raise LeaseHeld."""
        self._create(self.refuse_if_held() + 1)

    def refuse_if_held(self) -> int:
        """The newest generation, 0 if there is none; LeaseHeld if it is in force."""
        newest = self._newest()
        record = self._read(newest) if newest else None
        if record is not None and self._is_in_force(record):
            raise LeaseHeld(self._held(record))
        return newest

    def died(self) -> str | None:
        """The key of the newest generation if its holder neither gave it back nor holds it any more."""
        newest = self._newest()
        record = self._read(newest) if newest else None
        if record is None or record.is_released or self._is_in_force(record):
            return None
        return self._key(newest)

    def renew(self) -> None:
        """Make sure that the lease is still ours, and ours for longer; LeaseHeld if somebody else took it."""
        self._create(self.generation + 1)

    def release(self) -> None:
        """Give the lease back, if it is still ours."""
        if self._newest() == self.generation:
            self._store.put(self._key(self.generation), self._encode(is_released=True))

    def _is_in_force(self, record: Record) -> bool:
        return not record.is_released and self._clock() < record.expires_at and not _is_dead(record)

    def _create(self, generation: int) -> None:
        try:
            self._store.create(self._key(generation), self._encode(is_released=False))
        except FileExistsError as exc:
            raise self._lost() from exc
        generations = _generations(self._store, self._name)
        if max(generations) != generation:
            # Somebody was further ahead: older generations are deleted, so ours was free, but void.
            self._store.delete(self._key(generation))
            raise self._lost()
        self.generation = generation
        for older in generations:
            if older < generation:
                self._store.delete(self._key(older))

    def _newest(self) -> int:
        return newest_generation(self._store, self._name)

    def _key(self, generation: int) -> str:
        return f"locks/{self._name}/{generation:08d}.json"

    def _encode(self, *, is_released: bool) -> bytes:
        record = Record(
            holder=self._holder,
            since=self._since,
            expires_at=self._clock() + self._ttl,
            is_released=is_released,
            process=_this_process(),
        )
        return msgspec.json.encode(record) + b"\n"

    def _read(self, generation: int) -> Record | None:
        key = self._key(generation)
        try:
            return msgspec.json.decode(self._store.get(key), type=Record)
        except FileNotFoundError:
            return None  # replaced between listing and reading: the creation that follows tells who won
        except msgspec.MsgspecError as exc:
            raise DataError(
                f"The lease {key} is damaged ({exc}). Make sure that no other {self._name} is at work on this lake, "
                "then delete that object."
            ) from exc

    def _held(self, record: Record) -> str:
        return (
            f"Another {self._name} is at work on this lake: {record.holder}, since {instant_text(record.since)}. "
            "Wait until it has finished; if it was killed, its lease ends by itself at "
            f"{instant_text(record.expires_at)}."
        )

    def _lost(self) -> LeaseHeld:
        newest = self._newest()
        record = self._read(newest) if newest else None
        if record is not None and not record.is_released:
            return LeaseHeld(self._held(record))
        return LeaseHeld(
            f"Another {self._name} worked on this lake in the meantime, because this one had not renewed its lease in "
            "time; what this one committed before is kept. Run it again."
        )


@contextmanager
def lease(store: Store, name: str, *, holder: str, clock: Clock, ttl: timedelta = TTL) -> Iterator[Lease]:
    """Hold the lease ``name`` of a lake while the block runs.

    Raises:
        LeaseHeld: another process holds it.
    """
    held = Lease(store, name, holder=holder, clock=clock, ttl=ttl)
    held.take()
    try:
        yield held
    finally:
        held.release()


def refuse_if_held(store: Store, name: str, *, clock: Clock) -> None:
    """Raise LeaseHeld if another process holds the lease ``name``; takes nothing."""
    Lease(store, name, holder="", clock=clock, ttl=TTL).refuse_if_held()


def newest_generation(store: Store, name: str) -> int:
    """How often the lease ``name`` was taken or renewed so far; 0 is never. It moves whenever anybody does either."""
    return max(_generations(store, name), default=0)


def _generations(store: Store, name: str) -> list[int]:
    matches = (_KEY.fullmatch(key) for key in store.list(f"locks/{name}/"))
    return [int(match[1]) for match in matches if match is not None]


def _this_process() -> str | None:
    """A name for this process that no other one has, on systems that show processes as files."""
    started = _started(os.getpid())
    system = _system()
    return f"{system} {os.getpid()} {started}" if system is not None and started is not None else None


def _is_dead(record: Record) -> bool:
    """Whether the holder surely no longer runs: a process of this very system that is gone.

    A run that was killed need not block the next one for the rest of its time. Boot and process namespace are compared
    too, because containers may share a host name and hide each other's processes.
    """
    if record.process is None or record.process.count(" ") != 2:
        return False
    system, pid, started = record.process.split(" ")
    return system == _system() and _started(int(pid)) != started


def _system() -> str | None:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return None


def _started(pid: int) -> str | None:
    """When a process began, in the kernel's ticks; None if it does not run (any more)."""
    try:
        # The second field is the command in parentheses and may itself hold spaces and parentheses.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
