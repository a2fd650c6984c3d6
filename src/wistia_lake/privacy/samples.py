"""Samples: answers as served, with everything personal taken out, so that their shape can be looked at and shown.

Unlike bronze a sample keeps the form of the answer, and no pseudonym: a key keeps its numeric prefix, which is a time,
and nothing else. The allow-lists here name every field that is written and the rule for its value; a value that is not
what its rule expects is redacted, because nobody knows what it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from wistia_lake.privacy.reading import plain_name
from wistia_lake.privacy.url import looks_personal, page_parts

REDACTED: Final = "***redacted***"

Rule = Callable[[Any], Any]
Rules = Mapping[str, "Rule | Rules"]
"""By field: the rule for its value, or the rules of the object that it holds."""

_PREFIX = re.compile(r"[0-9]{1,10}_")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z .,/_+-]{0,39}")
_MEDIA_ID = re.compile(r"[A-Za-z0-9]{1,20}")
_LONGEST_WORD: Final = 64


@dataclass(slots=True)
class Redaction:
    """Redacted rows, and the names of what was taken out of them."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    personal: Counter[str] = field(default_factory=Counter)
    """Rows in which a personal field was filled, by the field's path."""
    dropped: set[str] = field(default_factory=set)
    """Fields that are known and of which a sample keeps nothing."""
    unknown: set[str] = field(default_factory=set)
    """Fields that no list knows: left out of the sample."""


def redacted_key(value: Any) -> Any:
    """A visitor's or event's key: ``1760645_***redacted***`` if it has a numeric prefix, else all of it hidden."""
    if value is None:
        return None
    found = _PREFIX.match(value) if isinstance(value, str) else None
    return f"{found[0]}{REDACTED}" if found is not None else REDACTED


def _hidden(value: Any) -> Any:
    return value if value is None or value == "" else REDACTED


def _null(_value: Any) -> None:
    return None


def _empty(value: Any) -> Any:
    return None if value is None else ""


def _nothing(_value: Any) -> dict[str, Any]:
    return {}


def _number(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float) else REDACTED


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else REDACTED


def _word(value: Any) -> Any:
    """A short text that is one of Wistia's own words, such as a browser's name; a whole number is one too."""
    if value is None or (isinstance(value, int) and abs(value) < 10**8):
        return value
    plain = isinstance(value, str) and len(value) <= _LONGEST_WORD and not looks_personal(value)
    return value if plain else REDACTED


def _matching(pattern: re.Pattern[str]) -> Rule:
    def rule(value: Any) -> Any:
        fits = value is None or value == "" or (isinstance(value, str) and pattern.fullmatch(value) is not None)
        return value if fits else REDACTED

    return rule


def _address(value: Any) -> Any:
    """A page's address without credentials, query and fragment, its personal segments masked."""
    if value is None or value == "":
        return value
    parts = page_parts(value) if isinstance(value, str) else None
    if parts is None or parts.domain is None:
        return REDACTED
    return f"{value.strip().partition(':')[0].lower()}://{parts.domain}{parts.path}"


_instant, _version, _media_id = _matching(_INSTANT), _matching(_VERSION), _matching(_MEDIA_ID)
_AGENT: Final[Rules] = {"browser": _word, "browser_version": _version, "platform": _word, "mobile": _number}

EVENT: Final[Rules] = {
    "received_at": _instant, "event_key": redacted_key, "ip": _hidden, "country": _word, "region": _word,
    "city": _hidden, "lat": _null, "lon": _null, "org": _hidden, "email": _null, "percent_viewed": _number,
    "embed_url": _address, "conversion_type": _word, "conversion_data": _nothing, "iframe_heatmap_url": _hidden,
    "visitor_key": redacted_key, "user_agent_details": _AGENT, "media_id": _media_id, "media_name": _text,
    "media_url": _address,
}  # fmt: skip
"""One row of ``/stats/events``, in the order in which its fields are served."""
VISITOR: Final[Rules] = {
    "visitor_key": redacted_key, "created_at": _instant, "last_active_at": _instant, "last_event_key": redacted_key,
    "load_count": _number, "play_count": _number, "identifying_event_key": redacted_key,
    "visitor_identity": {"name": _empty, "email": _null, "org": {"name": _null, "title": _null}},
    "user_agent_details": _AGENT,
}  # fmt: skip
"""One row of ``/stats/visitors``."""
_PROJECT: Final[Rules] = {"id": _number, "name": _text, "hashed_id": _media_id, "hashedId": _media_id}
MEDIA: Final[Rules] = {
    "id": _number, "name": _text, "type": _word, "archived": _number, "created": _instant, "updated": _instant,
    "duration": _number, "hashed_id": _media_id, "progress": _number, "status": _word, "section": _text,
    "project": _PROJECT, "folder": _PROJECT, "tags": {"name": _text},
}  # fmt: skip
"""One row of ``/medias``."""
MEDIA_STATS: Final[Rules] = {
    "load_count": _number, "play_count": _number, "play_rate": _number, "hours_watched": _number,
    "engagement": _number, "visitors": _number,
    "actions": {"type": _word, "action_count": _number, "impression_count": _number, "rate": _number},
}  # fmt: skip
"""``/stats/medias/{id}``."""

_KNOWN_AND_DROPPED: Final = frozenset({
    "thumbnail", "attributes", "description", "assets", "subfolder", "cursor", "embedCode", "protected", "share_link",
    "actions.text", "actions.url",
})  # fmt: skip
_PERSONAL: Final = (redacted_key, _hidden, _null, _empty, _nothing)
"""Rules of fields that tell of a person."""


def redact(rows: list[Any], rules: Rules) -> Redaction:
    """Rows for a sample; what is not an object is no row and is left out."""
    result = Redaction()
    for row in rows:
        if isinstance(row, dict):
            personal: set[str] = set()
            result.rows.append(_object(row, rules, "", result, personal))
            result.personal.update(personal)
        else:
            result.unknown.add("(a row that is no object)")
    return result


def _object(value: dict[str, Any], rules: Rules, path: str, result: Redaction, personal: set[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, inner in value.items():
        rule, place = rules.get(name), f"{path}{name}"
        if rule is None:
            known = place in _KNOWN_AND_DROPPED
            (result.dropped if known else result.unknown).add(place if known else f"{path}{plain_name(name)}")
        elif isinstance(rule, Mapping):
            kept[name] = _inner(inner, rule, f"{place}.", result, personal)
        else:
            if rule in _PERSONAL and inner not in (None, "", {}):
                personal.add(place)
            if rule is _address and isinstance(inner, str) and "?" in inner:
                personal.add(f"{place} (query)")
            kept[name] = rule(inner)
    return kept


def _inner(value: Any, rules: Rules, path: str, result: Redaction, personal: set[str]) -> Any:
    """An object inside a row, a list of them, or nothing; anything else is hidden."""
    match value:
        case None:
            return None
        case dict():
            return _object(value, rules, path, result, personal)
        case list():
            return [_inner(item, rules, path, result, personal) for item in value]
    return REDACTED
