"""Whatever an API sends: a typed row, a described bad row, or a clear error; nothing else, and nothing personal kept.

``--fuzz-examples N`` makes up at least N answers of each form.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from support.counters import count
from support.fuzzing import CANARY, bodies, encoded, examples, nested
from wistia_lake.errors import DataError, WistiaLakeError
from wistia_lake.privacy import pages, policy, served, statistics
from wistia_lake.privacy.pseudonym import Pseudonymizer
from wistia_lake.privacy.reading import UNNAMED, Decoded
from wistia_lake.wistia.endpoints import EVENTS
from wistia_lake.wistia.received import is_json
from wistia_lake.wistia.statuses import Again, Asked, Refusal, judge

NOW = datetime(2025, 3, 12, 14, tzinfo=UTC)
_NAMES = Pseudonymizer(bytes(32))
Read = Callable[[bytes], Decoded[Any]]
READERS: dict[str, tuple[type[msgspec.Struct], bool, Read]] = {
    "decode_events": (served.EventServed, True, lambda body: policy.decode_events(body, _NAMES)),
    "decode_medias": (served.MediaServed, True, policy.decode_medias),
    "decode_media": (served.MediaServed, False, policy.decode_media),
    "decode_media_stats": (served.MediaStatsServed, False, lambda body: policy.decode_media_stats(body, media_id="m")),
    "decode_by_date": (served.ByDateServed, True, lambda body: policy.decode_by_date(body, media_id="m")),
    "decode_account": (served.AccountServed, False, policy.decode_account),
    "decode_account_by_date": (served.ByDateServed, True, statistics.decode_account_by_date),
    "decode_engagement": (
        served.EngagementServed, False, lambda body: statistics.decode_engagement(body, media_id="m", looked_at=NOW)
    ),
    "decode_timeseries": (
        served.TimeseriesServed, True, lambda body: statistics.decode_timeseries(body, media_id="m")
    ),
    "decode_projects": (served.ListedProjectServed, True, statistics.decode_projects),
}  # fmt: skip
"""Every function that reads an answer: what it expects, and whether in an array."""
ASKED = Asked(EVENTS, "GET /stats/events", "WISTIA_API_TOKEN")
AGREE = (pages.events_agree, pages.medias_agree, pages.projects_agree)
ONE_BY_ONE = pytest.mark.parametrize("name", READERS)


def test_every_function_that_reads_an_answer_is_here() -> None:
    modules = (policy, statistics)
    found = {name for module in modules for name, _ in inspect.getmembers(module, inspect.isfunction)}
    assert {name for name in found if name.startswith("decode_")} == set(READERS)


def outcome(step: Callable[[bytes], Any], body: bytes) -> Any:
    """What a step makes of a body, or its error, which holds nothing of the body."""
    try:
        return step(body)
    except DataError as problem:
        text = str(problem)
        found = problem
    assert CANARY not in text
    return found


@ONE_BY_ONE
@examples(30)
@given(st.data())
def test_any_answer_is_rows_bad_rows_or_a_clear_error(name: str, data: st.DataObject) -> None:
    kind, is_list, read = READERS[name]
    body = data.draw(bodies(kind, is_list=is_list))
    note(body[:2000].decode("utf-8", "replace"))
    count(examples=1)
    decoded = outcome(read, body)
    if isinstance(decoded, DataError):
        assert re.match(r"GET /\S+ (did not answer with JSON|was expected to answer with a JSON)", str(decoded))
        return
    lines = msgspec.json.Encoder().encode_lines(decoded.rows)
    for line, row in zip(lines.splitlines(), decoded.rows, strict=True):
        assert msgspec.json.decode(line, type=type(row)) == row, "what is written is what was read"
    described = repr((decoded.bad, decoded.unknown_fields, decoded.dropped_fields))
    assert CANARY not in lines.decode() + described
    assert all(re.fullmatch(r"[\w.-]+", part) or UNNAMED in part for part in decoded.unknown_fields)
    if not is_list:
        assert len(decoded.rows) + len(decoded.bad) == 1
    elif is_json(body):
        assert len(decoded.rows) + len(decoded.bad) == pages.row_count(body)


@ONE_BY_ONE
@examples(10)
@given(st.data())
def test_any_page_can_be_walked(name: str, data: st.DataObject) -> None:
    """The walk counts and compares pages before anybody reads them."""
    kind, is_list, _ = READERS[name]
    body, other = (data.draw(bodies(kind, is_list=is_list)) for _ in range(2))
    assert is_json(body) in (True, False)
    for agree in AGREE:
        assert outcome(lambda body, agree=agree: agree(body, body), body) is not False
        outcome(lambda body, agree=agree: agree(body, other), body)
    outcome(pages.row_count, body)


_DATES = st.sampled_from(["Wed, 12 Mar 2025 14:00:07 GMT", "Mon, 01 Jan 2025 00:00:00 +99999999999999999", "99999999"])
_HEADERS = st.none() | st.text(max_size=20) | st.from_regex(r"\A[0-9]{1,400}(\.[0-9]*)?\Z") | _DATES
_BODIES = bodies(served.AccountServed, is_list=False) | st.integers(0, 1100).map(
    lambda depth: ('{"error":"no","details":' + "[" * depth + "]" * depth + "}").encode()
)


@examples(60)
@given(st.integers(200, 599), _BODIES, _HEADERS)
def test_any_refusal_is_asked_again_or_a_clear_error(status: int, body: bytes, retry_after: str | None) -> None:
    found = judge(Refusal(status, body, retry_after), ASKED, now=NOW, clean=lambda text: text)
    assert isinstance(found, Again | WistiaLakeError)
    if isinstance(found, Again):
        assert found.retry_after is None or 0 <= found.retry_after <= 900
    else:
        assert "GET /stats/events" in str(found)
        assert "\n" not in str(found)


@ONE_BY_ONE
def test_any_depth_is_rows_bad_rows_or_a_clear_error(name: str) -> None:
    """Around a thousand levels it depends on who calls whether a parser still follows; nobody may be surprised."""
    kind, is_list, read = READERS[name]
    containers = ("user_agent_details", "conversion_data", "tags", "project", "engagement_data")
    fields = [field.name for field in msgspec.structs.fields(kind) if field.name in containers] + ["x"]
    for depth in (2, 100, *range(860, 1000, 6)):
        for half in ("", "\\ud800"):
            row = dict.fromkeys(fields, nested(depth)) | {"y": half}
            body = encoded([row] if is_list else row).replace("\\\\u", "\\u").encode()
            for step in (is_json, read, pages.row_count, *(lambda body, one=one: one(body, body) for one in AGREE)):
                outcome(step, body)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 501])
def test_any_depth_of_a_refusal_is_a_clear_error(status: int) -> None:
    for depth in (2, 100, *range(800, 1010, 3)):
        body = f'{{"details":{nested(depth)},"error":"no"}}'.encode()
        assert isinstance(judge(Refusal(status, body), ASKED, now=NOW, clean=str), WistiaLakeError)


def test_half_a_surrogate_pair_hides_no_other_row() -> None:
    good = {"hashed_id": "aaaaaaaaaa", "name": "good"}
    body = json.dumps([good, {"hashed_id": "bbbbbbbbbb", "name": "\ud800"}]).encode()
    assert [row.media_id for row in policy.decode_medias(body).rows] == ["aaaaaaaaaa", "bbbbbbbbbb"]
