"""Every kind of fault: what is answered instead of the truth, and what a careful reader has of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from wistia_lake.sandbox.answer import Answer

REVOKED: Final = "token_revoked"
STEP: Final = "step"
CANARY: Final = "canary.fault@example.org"
"""What unknown fields hold: a personal value that must not be found anywhere afterwards."""
DEEP: Final = 100_000

Natural = Annotated[int, Meta(ge=1)]
Reach = Literal["answer", "nothing", "empty", "stale", "spoiled"]
"""What a reader gets: an answer that means what it says (also a refusal); nothing; no rows where there are some;
another page's rows; rows of which some are no rows."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that goes wrong, and when."""

    what: str
    endpoint: str | None = None
    """Path without version and ``.json``; ``*`` and ``?`` are wildcards."""
    media: str | None = None
    """Hashed id, in the path or as ``media_id``."""
    day: str | None = None
    """UTC day that is asked for alone, such as 2025-03-10."""
    page: Natural | None = None
    call: Natural | None = None
    """Only the n-th of the requests that fit."""
    every: Natural | None = None
    """Each n-th of them."""
    rate: Annotated[float, Meta(ge=0, le=1)] | None = None
    """This share of them."""
    seed: int = 0
    """For ``rate``."""
    times: Natural | None = None
    """No more often than this."""
    seconds: Annotated[float, Meta(ge=0)] | None = None
    """Of a delay, of ``Retry-After``, or by which the present moves."""
    row: Annotated[int, Meta(ge=0)] = 0
    """Which row of the page is spoiled, counted from 0."""
    field: str | None = None
    """Which field of it; otherwise one that every reader needs."""
    megabytes: Natural = 50

    def seconds_or(self, default: float) -> float:
        """``seconds``, if given."""
        return default if self.seconds is None else self.seconds


@dataclass(frozen=True, slots=True)
class Ask:
    """A request."""

    path: str
    query: Mapping[str, list[str]]

    def one(self, name: str) -> str | None:
        """A parameter's last value."""
        values = self.query.get(name)
        return values[-1] if values else None

    @property
    def page(self) -> int:
        """The page asked for."""
        text = self.one("page") or "1"
        return max(1, int(text)) if text.isdecimal() else 1

    @property
    def list_key(self) -> object:
        """The list that the page is of."""
        return self.path, *sorted((name, *values) for name, values in self.query.items() if name != "page")


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, the fault that made it, and which rows of it are none any more."""

    answer: Answer
    fault: str | None = None
    spoiled: tuple[int, ...] = ()


Answering = Callable[[Fault, Ask, datetime, Callable[[], Answer]], Outcome]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault."""

    meaning: str
    reach: Reach
    answer: Answering


def _refusal(status: int, body: object, retry_after: Callable[[Fault, datetime], str] | None = None) -> Answering:
    def answer(fault: Fault, _ask: Ask, now: datetime, _true: Callable[[], Answer]) -> Outcome:
        header = None if retry_after is None else retry_after(fault, now)
        if isinstance(body, str):
            html = "<" in body
            kind = "text/html; charset=utf-8" if html else "text/plain; charset=utf-8"
            return Outcome(Answer(status, body.encode(), None, kind, header), fault.what)
        return Outcome(Answer(status, msgspec.json.encode(body), retry_after=header), fault.what)

    return answer


def _changed(change: Callable[[Fault, Answer], Answer]) -> Answering:
    """A fault that does something to a good answer."""

    def answer(fault: Fault, _ask: Ask, _now: datetime, true: Callable[[], Answer]) -> Outcome:
        good = true()
        return Outcome(change(fault, good), fault.what) if good.status == 200 else Outcome(good)

    return answer


def _row(change: Callable[[Fault, dict[str, Any]], bool], *, spoils: bool = True) -> Answering:
    """A fault in one row of a good answer; nothing if the answer has no such row, or the row no such field."""

    def answer(fault: Fault, _ask: Ask, _now: datetime, true: Callable[[], Answer]) -> Outcome:
        good = true()
        found = json.loads(good.body) if good.status == 200 else []
        rows = [found] if isinstance(found, dict) else found
        if fault.row >= len(rows) or not change(fault, rows[fault.row]):
            return Outcome(good)
        body = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
        return Outcome(replace(good, body=body), fault.what, (fault.row,) if spoils else ())

    return answer


_NEEDED = ("percent_viewed", "hashed_id", "date", "play_count", "engagement_data", "hashedId")
"""Of each kind of row, a field without which it says nothing."""


def _needed(fault: Fault, row: dict[str, Any]) -> str:
    return fault.field or next((name for name in _NEEDED if name in row), "")


def _take_away(fault: Fault, row: dict[str, Any]) -> bool:
    return row.pop(_needed(fault, row), None) is not None


def _retype(fault: Fault, row: dict[str, Any]) -> bool:
    name = _needed(fault, row)
    if name not in row:
        return False
    row[name] = {"was": CANARY}
    return True


def _above_one(_fault: Fault, row: dict[str, Any]) -> bool:
    if "percent_viewed" not in row:
        return False
    row["percent_viewed"] = 1.7
    return True


def _other_day(_fault: Fault, row: dict[str, Any]) -> bool:
    if "received_at" not in row:
        return False
    at = datetime.fromisoformat(row["received_at"]) + timedelta(days=1)
    row["received_at"] = f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
    return True


def _add_field(_fault: Fault, row: dict[str, Any]) -> bool:
    row["watcher"] = {"address": CANARY, "notes": [CANARY]}
    return True


def _grow(fault: Fault, row: dict[str, Any]) -> bool:
    row["transcript"] = "x" * (fault.megabytes * 2**20)
    return True


def _deep(_fault: Fault, good: Answer) -> Answer:
    nested = b'{"replies":' + b"[" * DEEP + b"]" * DEEP + b"}"
    return replace(good, body=b"[" + nested + b"]" if good.rows is not None else nested, rows=None)


def _no_rows(fault: Fault, _ask: Ask, _now: datetime, true: Callable[[], Answer]) -> Outcome:
    good = true()
    is_lie = good.status == 200 and good.rows != 0
    return Outcome(replace(good, body=b"[]", rows=0), fault.what) if is_lie else Outcome(good)


def _seconds(fault: Fault, _now: datetime) -> str:
    return f"{fault.seconds_or(2):g}"


def _date(fault: Fault, now: datetime) -> str:
    return format_datetime(now + timedelta(seconds=fault.seconds_or(2)), usegmt=True)


_PROXY = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_LIMIT = "Rate limit exceeded"

KINDS: Final[dict[str, Kind]] = {
    REVOKED: Kind("401 to this request and to all that follow", "answer", _refusal(
        401, {"code": "unauthorized_credentials", "error": "Invalid credentials."})),
    "forbidden": Kind("403", "answer", _refusal(403, {"error": "Not available on your current plan"})),
    "not_found": Kind("404", "answer", _refusal(404, {"error": "Not found"})),
    "unprocessable": Kind("422", "answer", _refusal(422, {"error": "start_date is not a valid date"})),
    "too_many": Kind("429 without Retry-After", "answer", _refusal(429, _LIMIT)),
    "too_many_seconds": Kind("429 with Retry-After in seconds", "answer", _refusal(429, _LIMIT, _seconds)),
    "too_many_date": Kind("429 with Retry-After as a date", "answer", _refusal(429, _LIMIT, _date)),
    "error_500": Kind("500", "answer", _refusal(500, {"error": "Internal server error"})),
    "error_502": Kind("502 from a proxy", "answer", _refusal(502, _PROXY.format("502 Bad Gateway"))),
    "error_503": Kind("503", "answer", _refusal(503, {"error": "Analytics service is temporarily unavailable"})),
    "error_504": Kind("504 from a proxy", "answer", _refusal(504, _PROXY.format("504 Gateway Time-out"))),
    "slow": Kind("the answer, 16 s late (seconds; less than a reader waits)", "answer", _changed(
        lambda fault, good: replace(good, seconds=fault.seconds_or(16)))),
    "hang": Kind("no answer, ever", "nothing", _changed(lambda _, good: replace(good, sent="never"))),
    "reset": Kind("the connection breaks in the middle of the body", "nothing", _changed(
        lambda _, good: replace(good, sent="reset"))),
    "truncated": Kind("half a body that says it is whole", "nothing", _changed(
        lambda _, good: replace(good, body=good.body[: len(good.body) // 2], rows=None))),
    "html": Kind("200 with a page of HTML", "nothing", _changed(
        lambda _, good: replace(good, body=_PROXY.format("Just a moment").encode(), rows=None,
                                content_type="text/html; charset=utf-8"))),
    "no_body": Kind("200 with an empty body", "nothing", _changed(lambda _, good: replace(good, body=b"", rows=None))),
    "wrong_content_type": Kind("the answer, called text/html", "answer", _changed(
        lambda _, good: replace(good, content_type="text/html; charset=utf-8"))),
    "false_empty": Kind("[] where there are rows", "empty", _no_rows),
    "page_twice": Kind("the page before once more", "stale", _changed(lambda _, good: good)),
    "unknown_field": Kind("a field that no document names, with a personal value", "answer", _row(
        _add_field, spoils=False)),
    "missing_field": Kind("a row without a field that it needs", "spoiled", _row(_take_away)),
    "wrong_type": Kind("a row with an object where a number or text is due", "spoiled", _row(_retype)),
    "percent_above_1": Kind("a session with percent_viewed 1.7", "spoiled", _row(_above_one)),
    "other_day": Kind("a session received a day after the one asked for", "spoiled", _row(_other_day)),
    "large_page": Kind("50 MB in a field that no document names (megabytes)", "answer", _row(_grow, spoils=False)),
    "deep_json": Kind("JSON nested 100,000 deep", "nothing", _changed(_deep)),
    STEP: Kind("the simulated present moves by 60 s before the answer (seconds)", "answer", _changed(
        lambda _, good: good)),
}  # fmt: skip
"""By name. ``page_twice`` and ``step`` are the script's own work: see ``faults``."""
