"""Page addresses and browser versions, by the rules of docs/privacy.md."""

from __future__ import annotations

import pytest

from wistia_lake.privacy.agent import browser_major
from wistia_lake.privacy.url import NO_PAGE, PageParts, looks_personal, page_parts


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "about:blank", "example.com/x", "//example.com/x", "ftp://example.com/x", "http://", "https:///path",
        "file:///home/someone", "javascript:alert(1)", "http://[::1/x", "http://exa%40mple/x", "http://a b/x", "?utm_source=a",
    ],
)  # fmt: skip
def test_what_is_no_page_keeps_nothing(text):
    assert page_parts(text) == NO_PAGE


@pytest.mark.parametrize(
    ("text", "domain", "path"),
    [
        ("https://www.example.com", "www.example.com", "/"),
        ("HTTPS://WWW.Example.COM/A/b", "www.example.com", "/A/b"),
        ("http://user:pass@example.com:8080/x", "example.com", "/x"),
        ("http://a@b@example.com/x", "example.com", "/x"),
        ("https://example.com/a%20b/%C3%A9/", "example.com", "/a%20b/%C3%A9/"),
        ("https://example.com/a//b?q=1#f", "example.com", "/a//b"),
        ("https://example.com#frag?utm_source=x", "example.com", "/"),
        ("https://exämple.com/ü", "exämple.com", "/ü"),
        ("http://[2001:db8::1]:80/x", "2001:db8::1", "/x"),
        ("  https://example.com/x ", "example.com", "/x"),
        ("https://example.com/jane@example.com/x", "example.com", "/***/x"),
        ("https://example.com/jane%40example.com", "example.com", "/***"),
        ("https://example.com/jane%2540example.com", "example.com", "/***"),
        ("https://example.com/u/123456789/x", "example.com", "/u/***/x"),
        ("https://example.com/u/12345678/x", "example.com", "/u/12345678/x"),
        ("https://example.com/+1(555)123-4567", "example.com", "/***"),
        ("https://example.com/1%20555%20123%204567", "example.com", "/***"),
        ("https://example.com/2025-03-12", "example.com", "/2025-03-12"),
        ("https://example.com/3a4b5c6d-7e8f-4012-9345-67890abcdef1", "example.com", "/***"),
        ("https://example.com/abcdefgh12345678", "example.com", "/***"),
        ("https://example.com/abcdefgh1234567", "example.com", "/abcdefgh1234567"),
        ("https://example.com/AbcdefghijklmnopqrsT", "example.com", "/***"),
        ("https://example.com/AbcdefghijklmnopqrS", "example.com", "/AbcdefghijklmnopqrS"),
        (
            "https://example.com/internationalization-of-everything",
            "example.com",
            "/internationalization-of-everything",
        ),
        ("https://example.com/" + "a-" * 101, "example.com", "/***"),
        ("https://example.com/" + "a-" * 100 + "a", "example.com", "/***"),
        ("https://example.com/no123456789", "example.com", "/***"),
        ("https://example.com/no12345678", "example.com", "/no12345678"),
        ("https://example.com/" + "a-" * 100, "example.com", "/" + "a-" * 100),
        ("https://example.com/" + "%C3%A9" * 200, "example.com", "/" + "%C3%A9" * 200),
        ("https://example.com/" + "x" * 100_000, "example.com", "/***"),
    ],
)
def test_host_and_masked_path_are_kept(text, domain, path):
    assert page_parts(text) == PageParts(domain, path, None, None, None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("utm_source=a&utm_medium=b&utm_campaign=c", ("a", "b", "c")),
        ("x=1&utm_source=spring+sale%21&y", ("spring sale!", None, None)),
        ("utm_source=&utm_source=%20&utm_source=second&utm_source=third", ("second", None, None)),
        ("utm_source=jane%40example.com&utm_medium=cpc", (None, "cpc", None)),
        ("utm_source=jane%2540example.com", (None, None, None)),
        ("utm_source=jane@example.com&utm_source=facebook", (None, None, None)),
        ("utm_campaign=120210000000000001", (None, None, None)),
        ("UTM_SOURCE=a", (None, None, None)),
        ("utm_source", (None, None, None)),
        ("autm_source=a", (None, None, None)),
    ],
)
def test_campaign_values_are_kept_unless_they_look_personal(query, expected):
    assert page_parts(f"https://example.com/?{query}#utm_medium=x") == PageParts("example.com", "/", *expected)


def test_nothing_of_a_query_is_kept_but_the_campaign():
    parts = page_parts("https://example.com/p?email=jane%40example.com&fbclid=Secret123&utm_source=fb")
    assert parts == PageParts("example.com", "/p", "fb", None, None)


@pytest.mark.parametrize("text", ["%", "%zz", "%2", "+", "", "a%00b"])
def test_broken_escapes_are_survived(text):
    assert looks_personal(text) is False


@pytest.mark.parametrize(
    ("version", "major"),
    [
        ("140", 140), ("131.0.6778.103", 131), ("362.1.0.16.239", 362), ("15.6,2", 15), ("AppleWebKit/605", None),
        ("0", None), ("", None), ("007", 7), ("9999", 9999), ("10000", None), ("9" * 5000, None), (" 12", None),
        ("١٢", None), ("12abc", 12),
    ],
)  # fmt: skip
def test_the_major_version_is_the_leading_run_of_digits(version, major):
    assert browser_major(version) == major
