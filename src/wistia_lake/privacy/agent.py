"""The one number taken out of a user agent's version (docs/privacy.md, "User agents")."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def browser_major(version_text: str) -> int | None:
    """The run of ASCII digits at the start of a version; none, 0 or above 9999 is None.

    Versions are free text at Wistia: ``140``, ``131.0.6778.103``, ``15.6,2``, ``AppleWebKit/605``, ``0``.
    """
    end = 0
    while end < len(version_text) and "0" <= version_text[end] <= "9":
        end += 1
    digits = version_text[:end].lstrip("0")
    return int(digits) if 0 < len(digits) <= 4 else None
