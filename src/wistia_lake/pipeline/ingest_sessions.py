"""The sessions of one walk: each once, in order, in little memory whatever the day.

A day of five million sessions must fit into a gigabyte, so neither rows nor their keys are kept as Python objects.
Lines go to the hour they were received in, and full hours are compressed. Keys leave marks in a filter that knows for
certain which keys are new; a line whose key may have been there before is kept apart, by its whole key, and settled at
the end. A line that is kept apart without need (a few in a thousand) costs memory, never a row.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from mmap import mmap

import msgspec
import zstandard

from wistia_lake.bronze.batch import Encoded, Note, encode_lines
from wistia_lake.model import Slice
from wistia_lake.pipeline.ingest_work import Findings
from wistia_lake.privacy.policy import decode_events
from wistia_lake.privacy.pseudonym import Pseudonymizer
from wistia_lake.privacy.rows import EventRow
from wistia_lake.wistia.client import Answer

_HOUR = len("2025-03-12T14")
_FULL = 4000
"""Lines of an hour that are kept as they are; more are compressed."""

_PLACE = (1 << 25) - 1

_encode = msgspec.json.Encoder().encode


class Key(msgspec.Struct, frozen=True, gc=False):
    """What tells sessions apart."""

    event_id: str
    visitor_id: str

    @property
    def bits(self) -> int:
        """64 bits of the key, half of each pseudonym's: twins share the event's."""
        return int(self.event_id[:8] + self.visitor_id[:8], 16)


class KeyOfMedia(Key, frozen=True, gc=False):
    """The same, and whose session it is."""

    media_id: str


_decode_key = msgspec.json.Decoder(Key).decode


@dataclass(slots=True)
class _Marks:
    """A Bloom filter over 64-bit numbers that are random already: 4 MB, three marks each.

    The system hands out its pages as they are marked: most days are small.
    """

    bytes: mmap = field(default_factory=lambda: mmap(-1, 1 << 22))

    def add(self, bits: int) -> bool:
        """Mark a number; False if it surely was not there before."""
        known, marks = True, self.bytes
        for place in (bits & _PLACE, bits >> 20 & _PLACE, bits >> 39):
            mark = 1 << (place & 7)
            if not marks[place >> 3] & mark:
                known = False
                marks[place >> 3] |= mark
        return known


@dataclass(slots=True)
class _Hour:
    """The lines received in one hour, in the order in which they were read."""

    lines: list[bytes] = field(default_factory=list)
    packed: list[bytes] = field(default_factory=list)

    def add(self, line: bytes) -> None:
        self.lines.append(line)
        if len(self.lines) == _FULL:
            self.packed.append(zstandard.compress(b"\n".join(self.lines), 1))
            self.lines.clear()

    def unpack(self) -> list[bytes]:
        """All lines, which are then forgotten here."""
        lines = [line for packed in self.packed for line in zstandard.decompress(packed).split(b"\n")] + self.lines
        self.packed, self.lines = [], []
        return lines


class Sessions:
    """Takes the pages of a walk. Of a session met again on a later page, the later row counts."""

    def __init__(self, slice_: Slice, pseudonymizer: Pseudonymizer) -> None:
        self.slice = slice_
        self._pseudonymizer = pseudonymizer
        self.forget()

    def forget(self) -> None:
        """Start again: the walk does."""
        self.medias: set[str] = set()
        self.findings = Findings()
        self.repeat_count = 0
        """Known once the sessions are encoded."""
        self._marks = _Marks()
        self._keys = array("Q")
        self._events = array("Q")
        self._hours: defaultdict[str, _Hour] = defaultdict(_Hour)
        self._again: dict[Key, bytes] = {}

    def take(self, page: int, answer: Answer) -> None:
        """Add a page."""
        decoded = decode_events(answer.body, self._pseudonymizer)
        self.findings.add(decoded, self.slice, page)
        day = self.slice.day.isoformat()
        for position, row in enumerate(decoded.rows):
            if row.received_at.startswith(day):
                self._add(row)
            else:
                self.findings.notes.append(self._stray(page, position, row))

    def _add(self, row: EventRow) -> None:
        self.medias.add(row.media_id)
        bits = int(row.event_id[:8] + row.visitor_id[:8], 16)
        self._keys.append(bits)
        if self._marks.add(bits):
            key = Key(row.event_id, row.visitor_id)
            self.repeat_count += key in self._again
            self._again[key] = _encode(row)
            return
        self._events.append(int(row.event_id[:16], 16))
        self._hours[row.received_at[:_HOUR]].add(_encode(row))

    def _stray(self, page: int, position: int, row: EventRow) -> Note:
        """A session that the API served for another day than the one asked for."""
        slice_ = self.slice
        return Note(
            stream=slice_.stream, scope=slice_.scope, day=slice_.day.isoformat(), page=page, position=position,
            field="received_at", expected="instant of the day asked for", found="instant of another day",
            event_id=row.event_id, visitor_id=row.visitor_id,
        )  # fmt: skip

    def twin_count(self) -> int:
        """Sessions whose event key another viewer's session bears too; known once the sessions are encoded."""
        shared = [one for one, next_one in pairwise(sorted(self._events)) if one == next_one]
        return len(shared) + len(set(shared))

    def bits(self) -> Callable[[int], bool]:
        """A test whether a session has a key with these bits."""
        keys = array("Q", sorted(self._keys))

        def holds(bits: int) -> bool:
            place = bisect_left(keys, bits)
            return place < len(keys) and keys[place] == bits

        return holds

    def encoded(self) -> Encoded:
        """All sessions, ordered as text: by received_at, then event_id, then visitor_id. Can be asked for once."""
        return encode_lines(self._ordered())

    def _ordered(self) -> Iterator[bytes]:
        """The lines hour by hour. They begin with what they are ordered by, so comparing lines is enough."""
        again: defaultdict[str, list[bytes]] = defaultdict(list)
        for line in self._again.values():
            again[_decode_received(line).received_at[:_HOUR]].append(line)
        single = dict.fromkeys(self._again)
        for hour in sorted(self._hours.keys() | again.keys()):
            lines = again.pop(hour, [])
            for line in self._hours.pop(hour, _Hour()).unpack():
                if self._again and (key := _decode_key(line)) in self._again:
                    self.repeat_count += 1
                    single.pop(key, None)
                else:
                    lines.append(line)
            yield from sorted(lines)
        self._events.extend(int(key.event_id[:16], 16) for key in single)


class _Received(msgspec.Struct, frozen=True, gc=False):
    received_at: str


_decode_received = msgspec.json.Decoder(_Received).decode
