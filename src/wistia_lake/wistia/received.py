"""What has arrived: a whole body or a part of one, JSON or not, or a way to somewhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec

from wistia_lake.errors import ApiRejected


@dataclass(frozen=True, slots=True)
class Moved:
    """A redirect that may be followed."""

    url: str


def redirected(url: str, location: str, status: int, place: str) -> Moved | ApiRejected:
    """Where a redirect leads, if that is the same scheme, host and port; the token goes nowhere else."""
    try:
        target = urlsplit(urljoin(url, location))
        same = bool(location) and _origin(target.geturl()) == _origin(url)
    except ValueError:
        same = False
    if not same:
        return ApiRejected(
            f"{place} is redirected to another host or scheme, which would be sent the token; refused. "
            "Check the base URL.",
            status=status,
        )
    return Moved(target._replace(fragment="").geturl())


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


async def read_body(response: aiohttp.ClientResponse, largest: int) -> bytes | None:
    """The whole body, or None as soon as it has more than ``largest`` bytes after decompression."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > largest:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def is_json(body: bytes) -> bool:
    """Whether the body is one complete JSON array or object; proxies answer 200 with HTML or nothing."""
    if not body.lstrip(b" \t\r\n").startswith((b"[", b"{")):
        return False
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return _is_lenient_json(body)
    return True


def _is_lenient_json(body: bytes) -> bool:
    """Half a surrogate pair in somebody's text is JSON to most, not to msgspec; asking again would not change it."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True
