"""Sessions collected from any pages are those that a plain dictionary would hold, byte for byte, whatever collides."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from support.ingesting import KEY
from wistia_lake.bronze.batch import encode_lines
from wistia_lake.model import Slice
from wistia_lake.pipeline import ingest_sessions
from wistia_lake.pipeline.ingest_sessions import Key, Sessions
from wistia_lake.privacy.policy import decode_events
from wistia_lake.privacy.pseudonym import Pseudonymizer
from wistia_lake.wistia.client import Answer

D = date(2025, 3, 10)
NAMES = Pseudonymizer(bytes.fromhex(KEY))
# Few keys and few visitors, so that repeats and twins are common; all hours, so that repeats move between them.
ROWS = st.builds(
    lambda number, visitor, seconds, share: {
        "received_at": f"2025-03-10T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000Z",
        "event_key": f"event-{number}", "visitor_key": f"visitor-{visitor}", "media_id": "aaaaaaaaaa",
        "percent_viewed": share,
    },
    st.integers(0, 40), st.integers(0, 3), st.integers(0, 86_399), st.sampled_from([0.0, 0.25, 1.0]),
)  # fmt: skip
PAGES = st.lists(st.lists(ROWS, max_size=30), max_size=8)


@settings(max_examples=150)
@given(pages=PAGES, before=PAGES, place=st.sampled_from([7, (1 << 25) - 1]), full=st.sampled_from([2, 4000]))
def test_sessions_are_those_of_a_dictionary(
    pages: list[list[dict[str, Any]]], before: list[list[dict[str, Any]]], place: int, full: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest_sessions, "_PLACE", place)  # 7: eight places only, so nearly every key seems known
        patch.setattr(ingest_sessions, "_FULL", full)
        sessions = Sessions(Slice("events", "account", D), NAMES)
        for page in before:  # of a walk that was given up
            sessions.take(1, answer(page))
        sessions.forget()
        model: dict[Key, bytes] = {}
        for number, page in enumerate(pages, start=1):
            sessions.take(number, answer(page))
            for row in decode_events(answer(page).body, NAMES).rows:
                model[Key(row.event_id, row.visitor_id)] = msgspec.json.encode(row)
        encoded = sessions.encoded()
    assert encoded == encode_lines(sorted(model.values()))
    assert zstandard.ZstdDecompressor().stream_reader(encoded.body).read().count(b"\n") == len(model)
    assert sessions.repeat_count == sum(map(len, pages)) - len(model)
    events = [key.event_id for key in model]
    assert sessions.twin_count() == sum(events.count(one) > 1 for one in events)
    holds = sessions.bits()
    assert all(holds(key.bits) for key in model)
    others = (Key(NAMES.event(f"other-{n}"), NAMES.visitor("visitor-0")) for n in range(20))
    assert not any(holds(key.bits) for key in others)


def answer(page: list[dict[str, Any]]) -> Answer:
    return Answer(json.dumps(page).encode(), datetime(2025, 3, 12, tzinfo=UTC))
