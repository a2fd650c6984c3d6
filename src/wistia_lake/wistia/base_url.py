"""Where requests may go: the token is sent to Wistia or this machine, and nowhere else unless somebody said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from wistia_lake.errors import SettingsError
from wistia_lake.model import is_loopback

WISTIA_HOST: Final = "api.wistia.com"
MODERN_VERSION: Final = "2026-03"
"""The release of the modern API that is asked for. Left out, Wistia would answer as its newest one does."""
WISTIA_REQUESTS_PER_MINUTE: Final = 590
"""Most that is ever sent to Wistia, whose limit is 600 a minute for an account and all its tools."""


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """A base URL that passed the rules, with its version: ``https://api.wistia.com/v1``.

    ``api_version`` is ``v1``, or the release of the modern API, which is sent with every request.
    """

    text: str
    host: str
    is_loopback: bool
    api_version: str = "v1"

    def check_rate(self, requests_per_minute: float) -> None:
        """SettingsError if that is more than may be sent there; this machine takes any rate."""
        if not self.is_loopback and requests_per_minute > WISTIA_REQUESTS_PER_MINUTE:
            raise SettingsError(
                f"requests_per_minute = {requests_per_minute:g} is too much for {self.host}: at most "
                f"{WISTIA_REQUESTS_PER_MINUTE}, as Wistia refuses more than 600 a minute from all tools of an account."
            )


def parse_base_url(text: str, *, allow_host: bool = False) -> BaseUrl:
    """Read a base URL that ends in ``/v1``, in ``/modern``, or in neither, which means ``/v1``.

    Raises:
        SettingsError: another host than Wistia's or this machine without ``allow_host``; http to another machine;
            credentials, a query or a fragment in the URL.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise SettingsError("The base URL is not a URL; write one such as https://api.wistia.com/v1.") from exc
    if parts.scheme not in ("http", "https") or not host:
        raise SettingsError("The base URL must begin with https:// and a host, such as https://api.wistia.com/v1.")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise SettingsError(
            "The base URL must not hold credentials, a query or a fragment; the token belongs in WISTIA_API_TOKEN."
        )
    is_here = is_loopback(host)
    _check_host(host, parts.scheme, is_here=is_here, allow_host=allow_host)
    name = f"[{host}]" if ":" in host else host
    place = name if port is None else f"{name}:{port}"
    path = _versioned(parts.path)
    version = MODERN_VERSION if path.endswith("/modern") else "v1"
    return BaseUrl(f"{parts.scheme}://{place}{path}", host, is_here, version)


def _versioned(path: str) -> str:
    path = path.rstrip("/")
    return path if path.endswith(("/v1", "/modern")) else f"{path}/v1"


def _check_host(host: str, scheme: str, *, is_here: bool, allow_host: bool) -> None:
    if host != WISTIA_HOST and not is_here and not allow_host:
        raise SettingsError(
            f"The base URL names {host}, which is neither {WISTIA_HOST} nor this machine, and would be sent the "
            "token. If that is meant, say so with --allow-host."
        )
    if scheme == "http" and not is_here:
        raise SettingsError(
            f"The base URL would send the token to {host} unencrypted; write https://. Only this machine may be "
            "asked over http."
        )
