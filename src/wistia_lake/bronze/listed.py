"""What bronze holds by one listing of each stream, which a whole command shares.

A bucket lists a thousand keys a request, so that a stream is listed once, and what the command commits itself is added.
It may be trusted for as long as nobody else can have changed bronze: see :class:`Handover`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wistia_lake.bronze.layout import Look, Looks, parse_manifest_key, stream_prefix
from wistia_lake.bronze.lease import Lease, newest_generation
from wistia_lake.bronze.manifest import DataObject
from wistia_lake.lake.store import Store

Stamp = tuple[int, datetime]
"""Size of an object, and when it was written: another object under the same key has another."""


class Listed:
    """The looks of each stream, listed when they are first asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._looks: dict[str, Looks] = {}
        self._stamps: dict[Look, Stamp] = {}
        self._objects: set[str] = set()

    def looks(self, stream: str) -> Looks:
        """Every committed look of a stream; the same object every time, which :meth:`add` keeps up to date."""
        if stream not in self._looks:
            self._looks[stream] = Looks(stream, ())
            for entry in self._store.entries(stream_prefix(stream)):
                look = parse_manifest_key(entry.key)
                if look is None:
                    self._objects.add(entry.key)
                else:
                    self._looks[stream].add(look)
                    self._stamps[look] = entry.size, entry.written_at
        return self._looks[stream]

    def stamp(self, look: Look) -> Stamp | None:
        """What the listing says of a look's manifest; None if the look was added since."""
        return self._stamps.get(look)

    def holds(self, key: str) -> bool:
        """Whether the store has a data object, which is asked for only if no listing showed it."""
        if key not in self._objects and self._store.exists(key):
            self._objects.add(key)
        return key in self._objects

    def add(self, look: Look, data: DataObject | None = None) -> None:
        """A look that this command has committed, and the object behind it, which is surely there."""
        if look.slice.stream in self._looks:
            self._looks[look.slice.stream].add(look)
        if data is not None:
            self._objects.add(data.key)


@dataclass(slots=True)
class Handover:
    """What the steps of one command know of bronze, from one to the next, while it is surely still true."""

    listed: Listed | None = None
    _generation: int = 0
    """Of the lease under which ``listed`` was made, or brought up to date, last."""

    def give(self, listed: Listed, held: Lease) -> None:
        """Hand on what is known at the end of an ingest."""
        self.listed, self._generation = listed, held.generation

    def take(self, store: Store) -> Listed:
        """What was handed on, or a new listing: whoever adds or prunes looks takes the lease of an ingest first."""
        if self.listed is None or newest_generation(store, "ingest") != self._generation:
            self.listed = Listed(store)
        return self.listed
