"""Reads a served page against its allow-list: in one strict pass, or row by row when that fails.

The strict pass is the rule and costs about as much as any JSON parser. It fails as a whole if one row has an unknown
field or a bad value; then each row is looked at by itself, unknown fields are taken out and named, and a row that is
still bad is described by field, expected and found type. No value ever leaves this module except inside a good row.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Generic, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Raw

from wistia_lake.errors import DataError
from wistia_lake.privacy.served import ABSENT
from wistia_lake.privacy.url import looks_personal

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")

UNNAMED: Final = "(withheld name)"
"""Reported instead of an unknown field's name that is not a plain word: it could be somebody's data."""

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_KINDS: Final = {b'"': "string", b"{": "object", b"[": "array", b"t": "boolean", b"f": "boolean", b"n": "null"}
_TYPE_NAMES: Final[dict[Any, str]] = {
    str: "string", int: "whole number", float: "number", bool: "boolean", type(None): "null", dict: "object",
    list: "array",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not kept: where, which field, what was due and what was there; never a value.

    ``position`` counts the rows of the page from 0. ``field`` is "" if the row itself is not an object; nested fields
    are joined by dots. The pseudonyms are there if the keys could be read.
    """

    position: int
    field: str
    expected: str
    found: str
    event_id: str | None = None
    visitor_id: str | None = None


@dataclass(frozen=True, slots=True)
class Decoded(Generic[T]):
    """What is kept of one answer, and what was noticed about the rest."""

    rows: list[T]
    bad: list[BadRow]
    unknown_fields: frozenset[str]
    """Names of fields that no allow-list knows; dotted if nested."""
    dropped_fields: frozenset[str]
    """Names of known fields that were there and of which nothing is kept."""


@dataclass(frozen=True, slots=True)
class Served(Generic[S]):
    """Rows that fit the allow-list, each with its position in the page, and the faults of those that do not."""

    rows: list[S]
    positions: Sequence[int]
    faults: list[tuple[BadRow, Raw]]
    """With the row's bytes, from which only pseudonyms may be taken."""
    unknown: set[str]

    def dropped(self) -> set[str]:
        """Known fields that occur and of which nothing is kept."""
        if not self.rows:
            return set()
        names = _dropped_names(type(self.rows[0]))
        return {name for name in names if any(getattr(row, name) is not ABSENT for row in self.rows)}


class Reader(Generic[S]):
    """Reads answers of one endpoint; ``what`` names it in errors."""

    def __init__(self, kind: type[S], what: str) -> None:
        self._kind = kind
        self._what = what
        self._page = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]  # the type is a value here
        self._row = msgspec.json.Decoder(kind)

    def page(self, body: bytes) -> Served[S]:
        """Read a JSON array of rows; DataError if it is anything else."""
        try:
            rows = self._page.decode(body)
        except UNREADABLE:
            return self._one_by_one(split_rows(body, self._what))
        return Served(rows, range(len(rows)), [], set())

    def single(self, body: bytes) -> Served[S]:
        """Read one JSON object as a page of one row; DataError if it is anything else."""
        raws = split_rows(b"[" + body + b"]", self._what)
        if len(raws) != 1:
            raise DataError(f"{self._what} did not answer with JSON.")
        if json_kind(raws[0]) != "object":
            raise DataError(f"{self._what} was expected to answer with a JSON object; it sent: {json_kind(raws[0])}.")
        return self._one_by_one(raws)

    def _one_by_one(self, raws: list[Raw]) -> Served[S]:
        served: Served[S] = Served([], [], [], set())
        positions: list[int] = []
        for position, raw in enumerate(raws):
            try:
                row = self._row.decode(raw)
            except UNREADABLE:
                found = self._repaired(raw, position, served.unknown)
                if isinstance(found, BadRow):
                    served.faults.append((found, raw))
                    continue
                row = found
            served.rows.append(row)
            positions.append(position)
        return Served(served.rows, positions, served.faults, served.unknown)

    def _repaired(self, raw: Raw, position: int, unknown: set[str]) -> S | BadRow:
        """The row without its unknown fields, or what is wrong with it."""
        fields = _fields(raw)
        if fields is None:
            return BadRow(position, "", "object", json_kind(raw))
        known = _only_known(self._kind, fields, "", unknown)
        try:
            # The rule when Wistia adds a field: the row is fine without it.
            return self._row.decode(msgspec.json.encode(known))
        except UNREADABLE:
            return BadRow(position, *_fault(self._kind, known, ""))


def split_rows(body: bytes, what: str) -> list[Raw]:
    """The rows of a JSON array, untouched; DataError naming ``what`` if the body is anything else."""
    try:
        return msgspec.json.decode(body, type=list[Raw])
    except msgspec.ValidationError as exc:
        raise DataError(f"{what} was expected to answer with a JSON array; it sent: {json_kind(body)}.") from exc
    except UNREADABLE:
        return _split_leniently(body, what)


def _split_leniently(body: bytes, what: str) -> list[Raw]:
    """For what msgspec calls no JSON and others do: half a surrogate pair, anywhere, must not hide a whole page.

    The half becomes a question mark.
    """
    try:
        rows = json.loads(body)
        if isinstance(rows, list):
            return [Raw(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")) for row in rows]
    except (ValueError, RecursionError) as exc:
        raise DataError(f"{what} did not answer with JSON.") from exc
    raise DataError(f"{what} was expected to answer with a JSON array; it sent: {json_kind(body)}.")


def json_kind(raw: bytes | Raw) -> str:
    """The JSON type of an encoded value: string, number, boolean, null, object or array."""
    return _KINDS.get(bytes(raw).lstrip(b" \t\r\n")[:1], "number")


def bad(position: int, kind: type[msgspec.Struct], field: str) -> BadRow:
    """A bad row whose text has the right form but no meaning, such as 30 February."""
    return BadRow(position, field, _describe(_types(kind)[field]), "string")


def plain_name(name: str) -> str:
    """An unknown field's name, or ``UNNAMED`` if it could be data."""
    return name if _PLAIN_NAME.fullmatch(name) is not None and not looks_personal(name) else UNNAMED


def text_field(raw: Raw, name: str) -> str | None:
    """A non-empty text field of an encoded object, if it is one."""
    try:
        value = msgspec.json.decode((_fields(raw) or {}).get(name, b"null"))
    except UNREADABLE:
        return None
    return value if isinstance(value, str) and value else None


def _fields(raw: Raw) -> dict[str, Raw] | None:
    try:
        return msgspec.json.decode(raw, type=dict[str, Raw])
    except UNREADABLE:
        return None


def _only_known(kind: type[msgspec.Struct], fields: dict[str, Raw], prefix: str, unknown: set[str]) -> dict[str, Raw]:
    """The fields that the allow-list knows, at every depth; the names of the others go to ``unknown``."""
    types = _types(kind)
    for name in fields.keys() - types.keys():
        unknown.add(prefix + plain_name(name))
        del fields[name]
    for name, inner in _nested(kind).items():
        if name in fields:
            fields[name] = _inner_known(inner, fields[name], f"{prefix}{name}.", unknown)
    return fields


def _inner_known(kind: type[msgspec.Struct], value: Raw, prefix: str, unknown: set[str]) -> Raw:
    """The same for an object, or an array of objects, inside a row; other values are left for ``_fault`` to judge."""
    if json_kind(value) == "array":
        try:
            items = msgspec.json.decode(value, type=list[Raw])
        except UNREADABLE:  # nested so deep that it depends on the caller whether it can be read
            return value
        # No further down than the allow-list goes: arrays inside an array are nothing that it knows.
        known = [_known_fields(kind, item, prefix, unknown) for item in items]
        return Raw(msgspec.json.encode(known))
    return _known_fields(kind, value, prefix, unknown)


def _known_fields(kind: type[msgspec.Struct], value: Raw, prefix: str, unknown: set[str]) -> Raw:
    fields = _fields(value)
    if fields is None or (fields.keys() <= _types(kind).keys() and not _nested(kind)):
        return value
    return Raw(msgspec.json.encode(_only_known(kind, fields, prefix, unknown)))


def _fault(kind: type[msgspec.Struct], fields: dict[str, Raw], prefix: str) -> tuple[str, str, str]:
    """Path, expected and found type of the first field that does not fit; there is one."""
    for field in msgspec.structs.fields(kind):
        path = prefix + field.name
        if field.name not in fields:
            if field.required:
                return path, _describe(field.type), "nothing"
            continue
        value = fields[field.name]
        try:
            _decoder(kind, field.name).decode(value)
        except UNREADABLE:
            inner, nested = _nested(kind).get(field.name), _fields(value)
            if inner is not None and nested is not None:
                return _fault(inner, nested, f"{path}.")
            return path, _describe(field.type), json_kind(value)
    # Every field fits by itself: an object where an array of objects is due.
    return prefix.rstrip("."), "another type", "object"


@cache
def _types(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


@cache
def _nested(kind: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct]]:
    return {name: inner for name, annotation in _types(kind).items() if (inner := _struct_in(annotation)) is not None}


@cache
def _decoder(kind: type[msgspec.Struct], name: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_types(kind)[name])


@cache
def _dropped_names(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(field.name for field in msgspec.structs.fields(kind) if field.type is Raw)


def _struct_in(annotation: Any) -> type[msgspec.Struct] | None:
    """The struct that a field holds, alone, optionally or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next((found for part in get_args(annotation) if (found := _struct_in(part)) is not None), None)


def _describe(annotation: Any) -> str:
    description = next((meta.description for meta in getattr(annotation, "__metadata__", ()) if meta.description), None)
    if description is not None:
        return str(description)
    if get_origin(annotation) is list:
        return f"array of {_describe(get_args(annotation)[0])}s"
    if get_origin(annotation) in (Union, types.UnionType):
        return " or ".join(_describe(part) for part in get_args(annotation))
    return _TYPE_NAMES.get(get_origin(annotation) or annotation, "object")
