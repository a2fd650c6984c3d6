"""A share of a long list, for a machine that has no time for all of it each time."""

from __future__ import annotations

import re


def share(text: str) -> slice:
    """``2/3`` is every third one, beginning with the second.

    Raises:
        ValueError: it is no share.
    """
    found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", text)
    if found is None or int(found[1]) > int(found[2]):
        raise ValueError(f"{text!r} is no share such as 2/3")
    return slice(int(found[1]) - 1, None, int(found[2]))
