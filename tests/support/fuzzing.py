"""Any JSON that an API could send: what its allow-list expects, and every way to miss it, as encoded bytes."""

from __future__ import annotations

import json
import types
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import Raw

LEAST = [0]
"""How many examples a run was asked for: one number, set before any test module is read."""


def examples(usual: int) -> settings:
    """How many answers a test makes up: as many as usual, or as many as this run was asked for."""
    return settings(max_examples=max(usual, LEAST[0]))


CANARY = "mira.canary@example.org"
"""A personal value. It stands wherever nothing may be kept, never in a text that is kept as served."""
KEPT_TEXT = {
    "media_name", "country", "region", "conversion_type", "browser", "browser_version", "platform", "name", "type",
    "status", "section", "hashed_id", "hashedId", "url",
}  # fmt: skip
"""Fields whose text is kept as served, whatever it says: names of things, not of people."""


class Token(str):
    """A piece of JSON that stands in the answer as it is."""

    __slots__ = ()


def nested(depth: int) -> Token:
    """Arrays and objects inside each other, with the canary at the bottom."""
    half = depth // 2
    return Token("[" * half + '{"a":' * half + f'"{CANARY}"' + "}" * half + "]" * half)


ODD = st.sampled_from(
    [Token(text) for text in (
        "1e400", "-1e400", "NaN", "Infinity", "-0.0", "1E5", "2.3e-05", "3.0", "9223372036854775807",
        "9223372036854775808", "-9223372036854775809", "1" + "0" * 400, "7" * 5000, '"\\ud800"', '"\\u0000"', '"\\ud83c\\udf33"', "01",
        f'{{"a":1,"a":"{CANARY}"}}', '"2025-02-30T00:00:00.000Z"', '"2025-03-08T24:00:00Z"', '"2025-03-08T23:59:60Z"',
        '"2025-03-08T10:00:00.123456789Z"', '"0000-00-00"', '"2025-02-30"',
    )]
)  # fmt: skip
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JUNK = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.just({"x": CANARY}) | st.just([CANARY]) | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", CANARY]), inner, max_size=3),
    max_leaves=5,
) | st.integers(2, 400).map(nested)
"""Nothing in it is a plain text with the canary."""

_BY_MEANING: dict[str, st.SearchStrategy[Any]] = {
    "non-empty text": st.sampled_from(["key", f"1747051_{CANARY}", CANARY]),
    "ten lower-case letters or digits": st.sampled_from(["aaaaaaaaaa", "abc1234567"]),
    "number in 0..1": st.floats(0, 1) | st.sampled_from([0, 1]),
    "number in 0..10^12": st.floats(0, 1e12),
    "number in 0..10^8": st.floats(0, 1e8),
    "number in 0..1000": st.floats(0, 1000),
    "whole number in 0..10^12": st.integers(0, 10**12),
    "whole number of at least 0": st.integers(0, 2**63 - 1),
    "array of whole numbers in 0..10^12": st.lists(st.integers(0, 10**12), max_size=4),
    "UTC instant with a space": st.just("2025-03-08 05:00:00.000Z"),
    "instant": st.sampled_from(["2025-03-08T10:00:00+00:00", "2025-03-08T10:00:00.123-05:00"]),
    "UTC instant": st.sampled_from(["2025-03-08T10:00:00.000Z", "2024-02-29T23:59:59Z"]),
    "day such as 2025-03-12": st.sampled_from(["2025-03-08", "2025-03-09"]),
}


def due(annotation: Any, name: str = "") -> st.SearchStrategy[Any]:
    """Values that a field of this type may have."""
    if annotation is Raw:
        return st.just(CANARY) | JUNK
    if get_origin(annotation) is Annotated:
        meanings = [meta.description for meta in annotation.__metadata__ if meta.description in _BY_MEANING]
        return _BY_MEANING[meanings[0]] if meanings else due(get_args(annotation)[0], name)
    if get_origin(annotation) in (Union, types.UnionType):
        return st.one_of(*(due(part, name) for part in get_args(annotation)))
    if get_origin(annotation) is list:
        return st.lists(due(get_args(annotation)[0], name), max_size=3)
    if get_origin(annotation) is dict:
        return st.dictionaries(st.sampled_from(["email", "is_new_lead", CANARY]), st.just(CANARY) | JUNK, max_size=3)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return rows(annotation)
    if annotation is str:
        return st.sampled_from(["", "Some text", "\u00e9\U0001f333"]) if name in KEPT_TEXT else _private(name)
    return {int: NUMBERS, float: NUMBERS, bool: st.booleans(), type(None): st.none()}[annotation]


def _private(name: str) -> st.SearchStrategy[Any]:
    if name == "embed_url":
        return st.sampled_from([f"https://example.com/?email={CANARY}", f"https://example.com/{CANARY}/x", CANARY])
    return st.just(CANARY)


@st.composite
def rows(draw: st.DrawFn, kind: type[msgspec.Struct]) -> dict[str, Any]:
    """One row: what is due, here and there with something else, less or more."""
    row = {field.name: draw(due(field.type, field.name)) for field in msgspec.structs.fields(kind)}
    for name in draw(st.lists(st.sampled_from(sorted(row)), max_size=2)):
        row[name] = draw(JUNK)
    for name in draw(st.lists(st.sampled_from(sorted(row)), max_size=2)):
        row.pop(name, None)
    for name in draw(st.lists(st.sampled_from(["share_code", "x y", CANARY]), max_size=1)):
        row[name] = draw(st.just(CANARY) | JUNK)
    return row


def encoded(value: Any) -> str:
    """JSON text of a value that may hold tokens."""
    if isinstance(value, Token):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{encoded(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(encoded, value)) + "]"
    return json.dumps(value)


@st.composite
def bodies(draw: st.DrawFn, kind: type[msgspec.Struct], *, is_list: bool) -> bytes:
    """An answer of an endpoint, or something like it."""
    row = rows(kind)
    one, other = (st.lists(row | JUNK, max_size=4), row) if is_list else (row, st.lists(row, max_size=2))
    body = encoded(draw(st.one_of(one, one, one, other, JUNK))).encode("utf-8", "surrogatepass")
    harm = draw(st.sampled_from(["none"] * 8 + ["cut", "byte", "bom", "blank"]))
    place = draw(st.integers(0, max(len(body) - 1, 0)))
    if harm == "cut":
        return body[:place]
    if harm == "byte":
        return body[:place] + draw(st.binary(min_size=1, max_size=2)) + body[place:]
    return {"none": b"", "bom": b"\xef\xbb\xbf", "blank": b" \r\n\t"}[harm] + body
