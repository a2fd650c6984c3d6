"""The answers, read a second time by the rules of docs/privacy.md: the truth must say the same without parsing."""

from __future__ import annotations

import re
from datetime import date, datetime
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from sandbox.reading import days, utc_day
from sandbox.truth_support import at, hidden, look, truth_of
from wistia_lake.sandbox.compare import compare
from wistia_lake.sandbox.scenario import Options
from wistia_lake.sandbox.server import Site
from wistia_lake.sandbox.truth import KEYS
from wistia_lake.sandbox.world import World


def personal(text):
    text = unquote(text)
    pieces = re.findall(r"[A-Za-z0-9]+", text)
    return (
        "@" in text
        or re.search(r"\d{9}", text)
        or (re.fullmatch(r"[\d +().-]+", text) and len(re.findall(r"\d", text)) >= 9)
        or re.search(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text)
        or any(len(piece) >= 16 and re.search(r"\d", piece) and re.search(r"[A-Za-z]", piece) for piece in pieces)
        or any(len(piece) >= 20 and re.search(r"[a-z]", piece) and re.search(r"[A-Z]", piece) for piece in pieces)
        or len(text) > 200
    )


def page_of(url):
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return dict.fromkeys(("embed_domain", "embed_path", "utm_source", "utm_medium", "utm_campaign"))
    path = "/".join("***" if personal(segment) else segment for segment in (parts.path or "/").split("/"))
    found = {"embed_domain": parts.hostname, "embed_path": path}
    for name in ("utm_source", "utm_medium", "utm_campaign"):
        values = [value.strip() for key, value in parse_qsl(parts.query) if key == name]
        value = next((value for value in values if value), None)
        found[name] = None if value is None or personal(value) else value
    return found


PLATFORMS = {"iOS (iPhone)": "iOS", "iOS (iPad)": "iOS", "Mac OS": "macOS", "mac": "macOS", "windows": "Windows",
             "Generic Linux": "Linux", "android": "Android"}  # fmt: skip
BROWSERS = {"Edge": "Microsoft Edge", "SamsungBrowser": "Samsung Browser", "Mi Browser": "Miui Browser",
            "Unknown Browser": None}  # fmt: skip


def read_again(row):
    agent = row["user_agent_details"]
    digits = re.match(r"\d+", agent["browser_version"])
    major = int(digits[0]) if digits else 0
    kind = row["conversion_type"]
    return page_of(row["embed_url"]) | {
        "event_id": hidden(row["event_key"], b"event"),
        "visitor_id": hidden(row["visitor_key"], b"visitor"),
        "media_id": row["media_id"],
        "received_at": datetime.fromisoformat(row["received_at"]),
        "received_day": utc_day(row),
        "percent_viewed": row["percent_viewed"],
        "country": row["country"],
        "region": row["region"] or None,
        "is_identified": bool(row["email"]),
        "is_converted": kind not in ("", 0) or bool(row["conversion_data"]),
        "conversion_type": str(kind) if kind not in ("", 0) else None,
        "browser": BROWSERS.get(agent["browser"], agent["browser"]),
        "browser_major": major if 0 < major <= 9999 else None,
        "platform": PLATFORMS.get(agent["platform"], agent["platform"]) or None,
        "is_mobile": agent["mobile"],
    }


@pytest.mark.parametrize("received_at", ["first", "last"])
def test_sessions_say_what_a_second_reading_of_the_answers_says(received_at):
    print("seed 4")
    site = Site(World("demo", 4, Options(received_at=received_at)), at("2025-02-23T13:00:00"), rate_limit=None)
    rows = [row for day in days(date(2025, 1, 25), date(2025, 2, 23)) for row in look(site, day)]
    found = truth_of(site).rows("silver.fact_event")
    expected = [read_again(row) for row in rows]
    assert len(expected) > 10_000
    same = [{name: row[name] for name in expected[0]} for row in found]
    differences = compare(expected, same, KEYS["silver.fact_event"])
    assert not differences, str(differences)
