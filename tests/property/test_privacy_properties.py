"""Privacy over any input: nothing raises what it should not, nothing leaks, the two reading speeds agree."""

from __future__ import annotations

import json
import re
from contextlib import suppress

import msgspec
from hypothesis import given, note
from hypothesis import strategies as st

from unit.privacy.served_rows import EVENT, event, page
from wistia_lake.errors import DataError
from wistia_lake.privacy.agent import browser_major
from wistia_lake.privacy.pages import event_keys, events_agree, row_count
from wistia_lake.privacy.policy import decode_by_date, decode_events, decode_media, decode_medias
from wistia_lake.privacy.pseudonym import Pseudonymizer
from wistia_lake.privacy.rows import encode_lines
from wistia_lake.privacy.samples import EVENT as EVENT_RULES
from wistia_lake.privacy.samples import VISITOR as VISITOR_RULES
from wistia_lake.privacy.samples import redact
from wistia_lake.privacy.url import looks_personal, page_parts

PSEUDONYMIZER = Pseudonymizer(bytes(32))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(sorted(EVENT)) | st.text(max_size=12)
URLISH = st.text(alphabet=st.sampled_from(list("htps:/?#&=%.@[]+a1Z-_ é\u2100\\utmsorce")), max_size=60) | st.text()


@given(URLISH)
def test_any_text_has_page_parts(text):
    for url in (text, "https://example.com/" + text, f"https://{text}/x", "https://example.com/?utm_source=" + text):
        parts = page_parts(url)
        assert (parts.domain is None) == (parts.path is None)
        if parts.domain is None:
            assert set(parts) == {None}
        else:
            assert parts.domain == parts.domain.lower()
            assert not set(parts.domain) & set("@/?# %")
            assert "?" not in parts.path
            assert "#" not in parts.path
            assert not any(looks_personal(part) for part in parts.path.split("/") if part != "***")
            assert not any(value and looks_personal(value) for value in parts[2:])


@given(
    st.from_regex(r"[a-z]{1,10}[.+]?[a-z]{1,10}@[a-z]{2,10}\.(com|org)", fullmatch=True),
    st.integers(0, 2),
    st.integers(0, 4),
)
def test_an_address_in_a_page_address_is_never_kept(address, escapes, place):
    from urllib.parse import quote

    text = address
    for _ in range(escapes):
        text = quote(text, safe="")
    url = (
        f"https://example.com/{text}", f"https://example.com/a/{text}/b?x=1", f"https://example.com/?email={text}",
        f"https://example.com/?utm_source={text}", f"https://example.com/#{text}",
    )[place]  # fmt: skip
    parts = page_parts(url)
    assert parts.domain == "example.com"
    assert text not in "".join(part or "" for part in parts)
    assert "@" not in "".join(part or "" for part in parts)


@given(st.text())
def test_any_version_has_a_major_or_none(text):
    major = browser_major(text)
    assert major is None or 1 <= major <= 9999
    assert major is None or re.match(r"0*" + str(major) + r"(?![0-9])", text)


@given(st.lists(JSON | st.dictionaries(NAMES, JSON, max_size=5).map(lambda changes: event(**changes)), max_size=5))
def test_any_page_is_rows_and_bad_rows(rows):
    body = page(*rows)
    note(body.decode())
    decoded = decode_events(body, PSEUDONYMIZER)
    assert len(decoded.rows) + len(decoded.bad) == len(rows) == row_count(body) == len(event_keys(body))
    assert len({bad.position for bad in decoded.bad}) == len(decoded.bad)
    assert encode_lines(decoded.rows).count(b"\n") == len(decoded.rows)
    assert events_agree(body, page(*reversed(rows)))
    medias = decode_medias(body)
    assert len(medias.rows) + len(medias.bad) == len(rows)
    days = decode_by_date(body, media_id="m")
    assert len(days.rows) + len(days.bad) == len(rows)


@given(st.binary(max_size=50) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_read_or_a_data_error(body):
    for read in (lambda: decode_events(body, PSEUDONYMIZER), lambda: decode_media(body), lambda: row_count(body)):
        with suppress(DataError):
            read()


@given(st.lists(st.floats(0, 1), max_size=6), st.integers(0, 5), st.text(alphabet="abc", min_size=1))
def test_a_page_with_unknown_fields_gives_the_rows_it_would_give_without_them(fractions, where, name):
    """The slow way round is the fast one, row for row and bit for bit."""
    rows = [event(percent_viewed=fraction, visitor_key=f"v{number}") for number, fraction in enumerate(fractions)]
    plain = decode_events(page(*rows), PSEUDONYMIZER)
    if rows:
        rows[where % len(rows)]["x" + name] = name
        rows[where % len(rows)]["user_agent_details"]["x" + name] = [name]
    more = decode_events(page(*rows), PSEUDONYMIZER)
    assert encode_lines(more.rows) == encode_lines(plain.rows)
    assert more.dropped_fields == plain.dropped_fields
    assert more.unknown_fields == ({"x" + name, "user_agent_details.x" + name} if rows else frozenset())


@given(
    st.text(alphabet="QXZ", min_size=12, max_size=16),
    st.sampled_from(
        sorted(
            EVENT.keys()
            - {
                "received_at",
                "media_id",
                "media_name",
                "country",
                "region",
                "conversion_type",
                "embed_url",
                "user_agent_details",
                "percent_viewed",
            }
        )
    ),
)
def test_a_canary_in_a_field_that_is_not_kept_is_nowhere(canary, field):
    nested = {"email": canary, "first_name": canary, "is_new_lead": True, "x": [canary]}
    for value in (canary, nested, [canary], {canary: canary}):
        decoded = decode_events(
            page(event(**{field: value}), event(**{field: value}, percent_viewed="x")), PSEUDONYMIZER
        )
        written = encode_lines(decoded.rows) + msgspec.json.encode([msgspec.to_builtins(bad) for bad in decoded.bad])
        assert canary.encode() not in written


_FREE_TEXT = {"media_name"}
"""The field of a sample whose text stays as served, whatever it is: the media's title."""


def _holding(canary):
    """The canary itself, or anywhere inside of other JSON, as a value or as a name."""
    return st.sampled_from([canary, f"x {canary}", [canary], {"a": canary}, {canary: 1}, [{"deep": {canary: canary}}]])


@given(
    st.sampled_from([*sorted(set(EVENT_RULES) - _FREE_TEXT), "phone", "attributes", "thumbnail"]),
    _holding("mira.canary@example.com"),
    st.booleans(),
)
def test_a_canary_anywhere_in_a_served_row_is_not_in_its_sample(name, value, nested):
    rows = [event(**{name: {name: value} if nested else value})]
    assert "canary" not in json.dumps(redact(rows, EVENT_RULES).rows)
    whole = redact(rows, EVENT_RULES)
    assert not any("canary" in text for text in (*whole.unknown, *whole.dropped, *whole.personal))


@given(st.lists(JSON | st.dictionaries(st.sampled_from(sorted(VISITOR_RULES)) | st.text(max_size=8), JSON), max_size=4))
def test_any_answer_has_a_sample(rows):
    for rules in (EVENT_RULES, VISITOR_RULES):
        found = redact(rows, rules)
        assert all(set(row) <= set(rules) for row in found.rows)
        json.dumps(found.rows)
