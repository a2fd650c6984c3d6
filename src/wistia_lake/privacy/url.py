"""What is kept of the page a session was watched on (docs/privacy.md, "Page addresses").

``looks_personal`` decodes percent-escapes until nothing changes (at most 3 times), and a text is personal if it is in
any of those forms: an address that was escaped twice on its way through a redirect is still an address.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote, unquote_plus, urlsplit

MASKED_SEGMENT: Final = "***"
LONGEST: Final = 200
_LONGEST_RAW: Final = 12 * LONGEST
"""One character takes at most twelve when it is percent-escaped, so a longer text is longer than ``LONGEST``, too."""
_ROUNDS: Final = 3

_DIGIT_RUN = re.compile(r"\d{9}")
_PHONE = re.compile(r"[\d\s+().-]+")
_DIGIT = re.compile(r"\d")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_LONG_PIECE = re.compile(r"[A-Za-z0-9]{16,}")
_HAS_DIGIT = re.compile(r"[0-9]")
_HAS_LETTER = re.compile(r"[A-Za-z]")
_HAS_LOWER = re.compile(r"[a-z]")
_HAS_UPPER = re.compile(r"[A-Z]")
_HOST = re.compile(r"[\w.:-]+")
_UTM: Final = {"utm_source": 0, "utm_medium": 1, "utm_campaign": 2}


class PageParts(NamedTuple):
    """The parts of a page address that may be written; all None if there is no page."""

    domain: str | None
    path: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None


NO_PAGE: Final = PageParts(None, None, None, None, None)


def page_parts(embed_url: str) -> PageParts:
    """Host, masked path and three campaign values of a page address; never raises, whatever the text is."""
    address, _, _ = embed_url.partition("#")
    address, _, query = address.partition("?")
    # Huge addresses do not go through the cache: its bound counts entries, not bytes.
    domain, path = _cached_site(address) if len(address) <= _LONGEST_RAW else _site(address)
    if domain is None:
        return NO_PAGE
    # Most pages have a query, few of them a campaign: the cheap test first.
    utm = _campaign(query) if "utm" in query else (None, None, None)
    return PageParts(domain, path, *utm)


def looks_personal(text: str) -> bool:
    """Whether a path segment or campaign value might tell who somebody is: see docs/privacy.md for the list."""
    return len(text) > _LONGEST_RAW or _cached_judgement(text)


@lru_cache(maxsize=8192)
def _cached_judgement(text: str) -> bool:
    for _ in range(_ROUNDS):
        decoded = unquote(text)
        if _is_personal(decoded):
            return True
        if decoded == text:
            return False
        text = decoded
    return False


def _is_personal(text: str) -> bool:
    if len(text) > LONGEST or "@" in text or _DIGIT_RUN.search(text) or _UUID.search(text):
        return True
    if _PHONE.fullmatch(text) and len(_DIGIT.findall(text)) >= 9:
        return True
    return any(_is_token(piece) for piece in _LONG_PIECE.findall(text))


def _is_token(piece: str) -> bool:
    """``piece`` has 16 or more ASCII letters and digits."""
    if _HAS_DIGIT.search(piece) and _HAS_LETTER.search(piece):
        return True
    return len(piece) >= 20 and _HAS_LOWER.search(piece) is not None and _HAS_UPPER.search(piece) is not None


def _site(address: str) -> tuple[str | None, str | None]:
    """Domain and masked path of an address without query and fragment."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname
    except ValueError:
        return None, None
    # A host with an escape or a blank in it is no host; it could carry an address of another kind.
    if parts.scheme not in ("http", "https") or not host or _HOST.fullmatch(host) is None:
        return None, None
    return host, _masked_path(parts.path)


_cached_site = lru_cache(maxsize=8192)(_site)
"""An account has few pages, each with many sessions."""


def _masked_path(path: str) -> str:
    if not path:
        return "/"
    return "/".join(MASKED_SEGMENT if looks_personal(segment) else segment for segment in path.split("/"))


def _campaign(query: str) -> tuple[str | None, str | None, str | None]:
    found: list[str | None] = [None, None, None]
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        position = _UTM.get(unquote_plus(name))
        if position is None or found[position] is not None:
            continue
        text = unquote_plus(value).strip()
        if text:
            found[position] = text
    source, medium, campaign = (None if text is None or looks_personal(text) else text for text in found)
    return source, medium, campaign
