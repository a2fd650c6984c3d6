"""Events: what is kept, what is dropped, what is told about the rest."""

from __future__ import annotations

import json

import msgspec
import pytest

from unit.privacy.served_rows import ABSENT, EVENT, event, page
from wistia_lake.errors import DataError
from wistia_lake.privacy.pages import event_keys, events_agree, row_count
from wistia_lake.privacy.policy import decode_events
from wistia_lake.privacy.reading import UNNAMED
from wistia_lake.privacy.rows import EventRow, encode_lines

DROPPED = {"ip", "city", "lat", "lon", "org", "iframe_heatmap_url", "media_url", "thumbnail"}


def only(pseudonymizer, **changes):
    """The row that one changed event becomes, and everything else that was noticed."""
    decoded = decode_events(page(event(**changes)), pseudonymizer)
    return (decoded.rows[0] if decoded.rows else None), decoded


def test_an_event_becomes_its_row(pseudonymizer):
    row, decoded = only(pseudonymizer)
    assert row == EventRow(
        received_at="2025-05-12T16:44:26.000Z",
        event_id=pseudonymizer.event(EVENT["event_key"]),
        visitor_id=pseudonymizer.visitor(EVENT["visitor_key"]),
        media_id="abcde12345",
        media_name="Example video",
        percent_viewed=0.43756789012345678,
        country="US",
        region="Example State",
        browser="Chrome",
        browser_version="136",
        browser_major=136,
        platform="Android",
        mobile=True,
        conversion_type="",
        is_identified=False,
        is_converted=False,
        is_new_lead=None,
        embed_domain="www.example.com",
        embed_path="/landing",
        utm_source="newsletter",
        utm_medium=None,
        utm_campaign=None,
    )
    assert decoded.bad == []
    assert decoded.unknown_fields == frozenset()
    assert decoded.dropped_fields == DROPPED


def test_the_line_has_the_fields_in_order_and_the_fraction_to_the_last_digit(pseudonymizer):
    row, _ = only(pseudonymizer, percent_viewed=2.3e-05)
    line = encode_lines([row, row])
    assert line.count(b"\n") == 2
    assert line.endswith(b"\n")
    values = json.loads(line.splitlines()[0])
    assert tuple(values) == EventRow.__struct_fields__
    assert values["percent_viewed"] == 2.3e-05


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ip", "198.51.100.77"), ("city", "Secretville"), ("lat", 51.98765), ("lon", 4.98765), ("org", "Secret Org"),
        ("email", "jane@example.com"), ("iframe_heatmap_url", "https://x/?public_token=secrettok1"),
        ("media_url", "https://secret.wistia.com/medias/x"), ("thumbnail", {"url": "secretthumb"}),
        ("conversion_data", {"email": "jane@example.com", "first_name": "Jane", "last_name": "Doesecret"}),
        ("attributes", {"ip": "198.51.100.77"}), ("brand_new", {"deep": ["jane@example.com"]}),
        ("event_key", "secret-event"), ("visitor_key", "secret-visitor"),
        ("user_agent_details", {"browser": "Chrome", "secret": "jane@example.com"}),
    ],
)  # fmt: skip
def test_no_value_that_is_not_allowed_reaches_a_line_or_a_report(pseudonymizer, field, value):
    for extra in ({}, {"percent_viewed": "bad"}):
        decoded = decode_events(page(event(**{field: value}), event(**{field: value}, **extra)), pseudonymizer)
        written = encode_lines(decoded.rows).decode() + repr(decoded)
        leaves = json.dumps(value) if not isinstance(value, dict) else json.dumps(list(value.values()))
        for word in leaves.replace('"', " ").replace("[", " ").replace("]", " ").replace(",", " ").split():
            assert word in ("Chrome", "{deep:", "{url:") or word.strip("{}") not in written, word


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"email": "jane@example.com"}, (True, False, None, "")),
        ({"email": ""}, (False, False, None, "")),
        ({"conversion_type": 0}, (False, False, None, "0")),
        ({"conversion_type": "0"}, (False, False, None, "0")),
        ({"conversion_type": 3}, (False, True, None, "3")),
        ({"conversion_type": "pre-roll"}, (False, True, None, "pre-roll")),
        ({"conversion_type": None}, (False, False, None, "")),
        ({"conversion_type": ABSENT}, (False, False, None, "")),
        ({"conversion_data": {"is_new_lead": True}}, (False, True, True, "")),
        ({"conversion_data": {"email": "a", "is_new_lead": False}}, (False, True, False, "")),
        ({"conversion_data": {"is_new_lead": None}}, (False, True, None, "")),
        ({"conversion_data": None}, (False, False, None, "")),
        ({"conversion_data": ABSENT}, (False, False, None, "")),
    ],
)
def test_flags_say_only_whether_something_was_filled(pseudonymizer, changes, expected):
    row, _ = only(pseudonymizer, **changes)
    assert (row.is_identified, row.is_converted, row.is_new_lead, row.conversion_type) == expected


def test_blanks_stay_blank_and_missing_is_none(pseudonymizer):
    row, _ = only(
        pseudonymizer, country="", region="", embed_url="",
        user_agent_details={"browser": "", "browser_version": "0", "platform": "mac"},
    )  # fmt: skip
    assert (row.country, row.region, row.browser, row.browser_version) == ("", "", "", "0")
    assert (row.platform, row.mobile, row.browser_major) == ("mac", None, None)
    assert (row.embed_domain, row.embed_path, row.utm_source) == (None, None, None)
    row, decoded = only(
        pseudonymizer, country=ABSENT, region=None, user_agent_details=ABSENT, thumbnail=ABSENT, media_name=ABSENT,
        embed_url=ABSENT,
    )  # fmt: skip
    assert (row.country, row.region, row.browser, row.platform, row.mobile, row.media_name) == (None,) * 6
    assert decoded.dropped_fields == DROPPED - {"thumbnail"}
    row, _ = only(pseudonymizer, user_agent_details=None)
    assert row.browser is None


def test_titles_are_kept_as_served(pseudonymizer):
    title = "  Caf\u00e9\u00a0&amp; \u201cfriends\u201d, \U0001f3ac  "
    assert only(pseudonymizer, media_name=title)[0].media_name == title


def test_a_version_that_is_a_number_is_text(pseudonymizer):
    row, _ = only(pseudonymizer, user_agent_details={"browser": "Chrome", "browser_version": 140})
    assert (row.browser_version, row.browser_major) == ("140", 140)


@pytest.mark.parametrize("value", [0, 1, 0.0001, 5e-324, 0.9999999999999999])
def test_fractions_include_their_ends(pseudonymizer, value):
    assert only(pseudonymizer, percent_viewed=value)[0].percent_viewed == value


@pytest.mark.parametrize(
    ("field", "value", "expected", "found"),
    [
        ("percent_viewed", "0.5", "number in 0..1", "string"),
        ("percent_viewed", None, "number in 0..1", "null"),
        ("percent_viewed", ABSENT, "number in 0..1", "nothing"),
        ("percent_viewed", 1.0000001, "number in 0..1", "number"),
        ("percent_viewed", -0.1, "number in 0..1", "number"),
        ("percent_viewed", True, "number in 0..1", "boolean"),
        ("received_at", "", "UTC instant", "string"),
        ("received_at", "2025-05-12", "UTC instant", "string"),
        ("received_at", "2025-05-12T16:44:26", "UTC instant", "string"),
        ("received_at", "2025-05-12T16:44:26+02:00", "UTC instant", "string"),
        ("received_at", "2025-02-30T16:44:26.000Z", "UTC instant", "string"),
        ("received_at", "2025-05-12T24:00:00.000Z", "UTC instant", "string"),
        ("received_at", "2025-05-12T16:44:26.000Z\n", "UTC instant", "string"),
        ("received_at", 1747068266, "UTC instant", "number"),
        ("received_at", None, "UTC instant", "null"),
        ("media_id", "ABCDE12345", "ten lower-case letters or digits", "string"),
        ("media_id", "abcde1234", "ten lower-case letters or digits", "string"),
        ("media_id", "abcde12345\n", "ten lower-case letters or digits", "string"),
        ("media_id", 1234567890, "ten lower-case letters or digits", "number"),
        ("event_key", "", "non-empty text", "string"),
        ("visitor_key", ["x"], "non-empty text", "array"),
        ("country", 5, "string or null", "number"),
        ("user_agent_details", "Chrome", "object or null", "string"),
        ("user_agent_details.mobile", {"user_agent_details": {"mobile": "yes"}}, "boolean or null", "string"),
        ("conversion_data", [], "object or null", "array"),
        ("conversion_data.is_new_lead", {"conversion_data": {"is_new_lead": "yes"}}, "boolean or null", "string"),
        ("conversion_type", 1.5, "string or whole number or null", "number"),
    ],
)
def test_a_bad_row_is_told_by_field_and_types_only(pseudonymizer, field, value, expected, found):
    changes = value if "." in field else {field: value}
    decoded = decode_events(page(event(), event(**changes), event()), pseudonymizer)
    assert len(decoded.rows) == 2
    [bad] = decoded.bad
    assert (bad.position, bad.field, bad.expected, bad.found) == (1, field, expected, found)
    event_id = None if field == "event_key" else pseudonymizer.event(EVENT["event_key"])
    visitor_id = None if field == "visitor_key" else pseudonymizer.visitor(EVENT["visitor_key"])
    assert (bad.event_id, bad.visitor_id) == (event_id, visitor_id)


def test_several_bad_rows_come_in_the_order_of_the_page(pseudonymizer):
    rows = [event(received_at="2025-02-30T00:00:00Z"), event(percent_viewed=2), 5, event(), None, [], "x"]
    decoded = decode_events(page(*rows), pseudonymizer)
    assert [(bad.position, bad.field, bad.found) for bad in decoded.bad] == [
        (0, "received_at", "string"), (1, "percent_viewed", "number"), (2, "", "number"), (4, "", "null"),
        (5, "", "array"), (6, "", "string"),
    ]  # fmt: skip
    assert len(decoded.rows) == 1


def test_text_that_is_no_unicode_spoils_its_row_only(pseudonymizer):
    good = page(event())[1:-1]
    decoded = decode_events(b"[" + good.replace(b"Example video", b"\xff") + b"," + good + b"]", pseudonymizer)
    assert [(bad.position, bad.field, bad.found) for bad in decoded.bad] == [(0, "media_name", "string")]
    assert len(decoded.rows) == 1
    assert decode_events(b"[" + good.replace(b"Exampleville", b"\xff") + b"]", pseudonymizer).bad == []


@pytest.mark.parametrize("field", ["Example video", "Exampleville", "newsletter", "Chrome", "4b5c6d7e"])
def test_half_a_surrogate_pair_spoils_nothing(pseudonymizer, field):
    """A viewer's browser can send one; it must not keep a whole day from being read."""
    good = page(event())[1:-1]
    body = b"[" + good.replace(field.encode(), b"a\\ud800b") + b"," + good + b"]"
    decoded = decode_events(body, pseudonymizer)
    assert decoded.bad == []
    assert decoded.rows[1] == decode_events(page(event()), pseudonymizer).rows[0]
    assert row_count(body) == len(event_keys(body)) == 2
    assert encode_lines(decoded.rows)
    assert field != "Example video" or decoded.rows[0].media_name == "a?b"


def test_unknown_fields_are_dropped_and_named_at_every_depth(pseudonymizer):
    agent = EVENT["user_agent_details"] | {"model": "Secret Phone"}
    body = page(
        event(),
        event(share_link="https://secret"),
        event(user_agent_details=agent),
        event(conversion_data={"email": "x", "company": "Secret Inc", "is_new_lead": True}),
        event(share_link="x", percent_viewed=7),
    )
    decoded = decode_events(body, pseudonymizer)
    assert decoded.unknown_fields == {"share_link", "user_agent_details.model", "conversion_data.company"}
    assert decoded.dropped_fields == DROPPED | {"conversion_data.email"}
    assert [bad.position for bad in decoded.bad] == [4]
    plain = decode_events(page(event()), pseudonymizer).rows[0]
    assert decoded.rows[:3] == [plain] * 3
    assert "secret" not in (repr(decoded) + encode_lines(decoded.rows).decode()).lower()


@pytest.mark.parametrize("name", ["jane@example.com", "Jane Doe", "5551234567", "a" * 65, "", "abcdefgh12345678", "ö"])
def test_a_field_name_that_could_be_data_is_withheld(pseudonymizer, name):
    decoded = decode_events(page(event(**{name: 1}), event(conversion_data={name: 1})), pseudonymizer)
    assert decoded.unknown_fields == {UNNAMED, f"conversion_data.{UNNAMED}"}


@pytest.mark.parametrize(
    ("body", "kind"), [(b"{}", "object"), (b' "x"', "string"), (b"null", "null"), (b"3", "number")]
)
def test_a_body_that_is_no_array_is_an_error_without_its_content(pseudonymizer, body, kind):
    with pytest.raises(DataError, match=rf"GET /stats/events .* JSON array; it sent: {kind}"):
        decode_events(body, pseudonymizer)
    with pytest.raises(DataError, match=kind):
        row_count(body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1,", b'[{"a":1}', b"[" * 100_000])
def test_a_body_that_is_no_json_is_an_error(pseudonymizer, body):
    with pytest.raises(DataError, match="JSON"):
        decode_events(body, pseudonymizer)


def test_an_empty_page_is_empty(pseudonymizer):
    decoded = decode_events(b"[]", pseudonymizer)
    assert (decoded.rows, decoded.bad, decoded.dropped_fields) == ([], [], frozenset())


def test_pages_are_counted_and_compared_by_both_keys():
    one, twin = event(), event(visitor_key="another")
    assert row_count(page(one, twin, 5)) == 3
    assert len(set(event_keys(page(one, twin)))) == 2
    assert events_agree(page(one, twin), page(twin, one | {"percent_viewed": 1}))
    assert not events_agree(page(one, twin), page(one))
    assert not events_agree(page(one, one), page(one, twin))
    assert events_agree(page(one, 5), page(one, 5))
    assert not events_agree(page(5), page(6))
    assert events_agree(b"[]", b"[]")


def test_rows_are_typed_structs_that_encode_to_plain_json(pseudonymizer):
    row, _ = only(pseudonymizer)
    assert msgspec.json.decode(msgspec.json.encode(row), type=EventRow) == row
