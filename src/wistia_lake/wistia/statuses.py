"""What an answer that is not a plain 200 means: try again, or which error. The only place that knows statuses.

- 429, and 503 with ``Retry-After``: try again, slower. Wistia documents 429, and documented 503 in earlier years.
- 500, 502, 503, 504: try again.
- 401: ApiRejected. Wistia says a missing permission by 401, too, with the code ``unauthorized_scope``.
- 400, 403, 422 and other 4xx: ApiRejected with the API's reason.
- 404: ApiGone.
- Other 5xx: ApiExhausted at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from wistia_lake.errors import ApiExhausted, ApiGone, ApiRejected, WistiaLakeError
from wistia_lake.wistia.endpoints import DETAILED_STATS, Endpoint

LONGEST_WAIT: Final = 900.0
"""Seconds; a longer ``Retry-After`` ends the command instead of waiting."""

_RETRIED: Final = frozenset({429, 500, 502, 503, 504})
_LONGEST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Again:
    """An attempt that may be repeated: why, whether the pace was too high, and when, if the API said so."""

    reason: str
    throttled: bool = False
    retry_after: float | None = None
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not a plain 200: what of it the judgement needs."""

    status: int
    body: bytes
    retry_after: str | None = None
    """The header as served."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: ``place`` names the request, ``token_variable`` where its token came from."""

    endpoint: Endpoint
    place: str
    token_variable: str


class _Body(msgspec.Struct):
    """Wistia's error bodies; 404 of the Stats API and 429 have none."""

    code: str | None = None
    error: str | None = None
    errors: list[str] | None = None


def judge(refusal: Refusal, asked: Asked, *, now: datetime, clean: Callable[[str], str]) -> Again | WistiaLakeError:
    """What to do about a refusal; ``clean`` takes secrets out of the API's own words."""
    status, place = refusal.status, asked.place
    if status in _RETRIED or 200 <= status < 300:
        retry_after = parse_retry_after(refusal.retry_after, now) if status in (429, 503) else None
        throttled = status == 429 or retry_after is not None
        if retry_after is not None and retry_after > LONGEST_WAIT:
            return ApiExhausted(
                f"{place}: the API asks to wait {retry_after:.0f} seconds, longer than this command waits "
                f"({LONGEST_WAIT:.0f}). Run it again after that."
            )
        return Again(f"status {status}", throttled, retry_after)
    body = _parsed(refusal.body)
    reason = _reason(body, clean)
    if status == 401:
        return _unauthorized(body, reason, asked)
    if status == 404:
        return ApiGone(f"{place} answered 404: it does not exist, or not in this account.", path=place)
    if status >= 500:
        return ApiExhausted(f"{place} answered {status}{reason}. Try again later.")
    if status == 403:
        advice = "The token is known, but may not ask this; the account's plan or the token's permissions decide."
        return ApiRejected(f"{place} answered 403{reason}. {advice}", status=status, code=body.code)
    return ApiRejected(f"{place} answered {status}{reason}.", status=status, code=body.code)


def _unauthorized(body: _Body, reason: str, asked: Asked) -> ApiRejected:
    needed, place, variable = asked.endpoint.permission, asked.place, asked.token_variable
    if body.code == "unauthorized_scope":
        what = f"the permission {needed}" if needed else "a permission"
        text = (
            f"{place} answered 401{reason}: the token is valid, but lacks {what}. The account's owner can make a token "
            f"that has it; put that into {variable}."
        )
    elif body.code == "account_inactive":
        text = f"{place} answered 401{reason}: the Wistia account is not active. Its owner must reactivate it."
    else:
        # Whatever was asked first: this permission is the one that the whole work hangs on.
        also = f" and {needed}" if needed and needed != DETAILED_STATS else ""
        text = f"{place} answered 401{reason}: check {variable} and its permission {DETAILED_STATS}{also}."
    return ApiRejected(text, status=401, code=body.code)


def means_not_offered(exc: ApiGone | ApiRejected) -> bool:
    """Whether a refusal is about a whole stream: the API lacks it (404), the plan does (403), or the token may not."""
    return isinstance(exc, ApiGone) or exc.status == 403 or exc.code == "unauthorized_scope"


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds to wait, at least 0, from a number of seconds or an HTTP date; None if absent or neither."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter from a zone of many digits
        return None
    # A date that says -0000 comes back without a zone; HTTP dates are always GMT.
    return max(((at if at.tzinfo is not None else at.replace(tzinfo=UTC)) - now).total_seconds(), 0.0)


def _parsed(body: bytes) -> _Body:
    try:
        return msgspec.json.decode(body, type=_Body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Body()


def _reason(body: _Body, clean: Callable[[str], str]) -> str:
    """The API's own words as `` ("...")``, on one line and short; "" if it gave none."""
    text = body.error or "; ".join(body.errors or [])
    text = " ".join("".join(char if char.isprintable() else " " for char in clean(text)).split())
    if len(text) > _LONGEST_REASON:
        text = text[:_LONGEST_REASON] + "…"
    return f' ("{text}")' if text else ""
