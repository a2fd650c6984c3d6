"""Where the token may be sent."""

from __future__ import annotations

import pytest

from wistia_lake.errors import SettingsError
from wistia_lake.wistia.base_url import MODERN_VERSION, parse_base_url


@pytest.mark.parametrize(
    ("text", "expected", "loopback"),
    [
        ("https://api.wistia.com", "https://api.wistia.com/v1", False),
        ("https://API.Wistia.com/v1/", "https://api.wistia.com/v1", False),
        (" https://api.wistia.com:443/ ", "https://api.wistia.com:443/v1", False),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1", True),
        ("http://127.1.2.3/v1", "http://127.1.2.3/v1", True),
        ("http://localhost:1", "http://localhost:1/v1", True),
        ("https://localhost:1", "https://localhost:1/v1", True),
        ("http://[::1]:9/v1", "http://[::1]:9/v1", True),
    ],
)
def test_wistia_and_this_machine_are_allowed(text, expected, loopback):
    base = parse_base_url(text)
    assert (base.text, base.is_loopback, base.api_version) == (expected, loopback, "v1")


@pytest.mark.parametrize("text", ["https://api.wistia.com/modern", "https://api.wistia.com/modern/"])
def test_the_modern_api_is_asked_in_one_release(text):
    base = parse_base_url(text)
    assert (base.text, base.api_version) == ("https://api.wistia.com/modern", MODERN_VERSION)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com", "https://wistia.com", "https://api.wistia.com.example.com", "https://evilapi.wistia.com",
        "https://10.0.0.1", "https://localhost.example.com", "https://0.0.0.0", "https://api.wistia.com@example.net",
    ],
)  # fmt: skip
def test_other_hosts_need_to_be_allowed(text):
    with pytest.raises(SettingsError, match=r"--allow-host|credentials"):
        parse_base_url(text)


def test_an_allowed_host_is_asked_over_https_only():
    assert parse_base_url("https://gateway.example/wistia", allow_host=True).text == "https://gateway.example/wistia/v1"
    for text in ("http://gateway.example", "http://api.wistia.com"):
        with pytest.raises(SettingsError, match="unencrypted"):
            parse_base_url(text, allow_host=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("api.wistia.com", "must begin with https://"),
        ("", "must begin with https://"),
        ("ftp://api.wistia.com", "must begin with https://"),
        ("https://api.wistia.com:port", "is not a URL"),
        ("https://[", "is not a URL"),
        ("https://user:hidden@api.wistia.com", "credentials"),
        ("https://api.wistia.com/v1?api_password=hidden", "a query"),
        ("https://api.wistia.com/v1#hidden", "a fragment"),
    ],
)
def test_other_forms_are_refused_in_words(text, message):
    with pytest.raises(SettingsError, match=message) as caught:
        parse_base_url(text)
    assert "hidden" not in str(caught.value)
