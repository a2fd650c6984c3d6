"""Truth about which medias the tables show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wistia_lake.sandbox.scenario import MediaFilter

Values = Mapping[str, Sequence[str | None]]
"""Per attribute (project, section, tag, title) what a media has."""


def is_shown(rules: MediaFilter, values: Values) -> bool:
    """Whether some include rule fits (or there is none), and no exclude rule does."""
    if any(_fits(rule, values) for rule in rules.exclude):
        return False
    return not rules.include or any(_fits(rule, values) for rule in rules.include)


def _fits(rule: Mapping[str, str], values: Values) -> bool:
    for attribute, pattern in rule.items():
        words = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
        whole = re.compile(words, re.IGNORECASE | re.DOTALL)
        if not any(whole.fullmatch(value) for value in values.get(attribute, ()) if value is not None):
            return False
    return True
