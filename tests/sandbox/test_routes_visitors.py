"""The contract of /stats/visitors: fields, order, filters, oddities, against recorded answers of the real API."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict

import pytest

from sandbox.reading import ask, fetch, walk
from wistia_lake.sandbox.server import Site
from wistia_lake.sandbox.world import World

FIELDS = [
    "visitor_key", "created_at", "last_active_at", "last_event_key", "load_count", "play_count",
    "identifying_event_key", "visitor_identity", "user_agent_details",
]  # fmt: skip
STAMP = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z")


@pytest.fixture(scope="module")
def edge():
    """Two years of one media: enough viewers for what happens to one in fifty."""
    return Site(World("edge"), rate_limit=None)


@pytest.fixture(scope="module")
def rows(edge):
    return walk(edge, "/stats/visitors")


def test_visitor_rows_have_the_observed_fields_in_order(rows):
    assert len(rows) > 2000
    for row in rows:
        assert list(row) == FIELDS
        assert STAMP.fullmatch(row["created_at"])
        assert STAMP.fullmatch(row["last_active_at"])
        assert len(row["visitor_key"]) == len(row["last_event_key"]) == 72
        assert isinstance(row["load_count"], int)
        assert row["play_count"] >= 1
        assert list(row["visitor_identity"]) == ["name", "email", "org"]
        assert list(row["visitor_identity"]["org"]) == ["name", "title"]
        assert list(row["user_agent_details"]) == ["browser", "browser_version", "platform", "mobile"]


def test_visitors_are_newest_first_and_each_is_there_once(rows):
    active = [row["last_active_at"] for row in rows]
    assert active == sorted(active, reverse=True)
    assert len({row["visitor_key"] for row in rows}) == len(rows)


def test_visitors_are_those_of_the_sessions(site):
    visitors, sessions = walk(site, "/stats/visitors"), walk(site, "/stats/events")
    played = Counter(row["visitor_key"] for row in sessions)
    newest = defaultdict(str)
    for row in sessions:
        newest[row["visitor_key"]] = max(newest[row["visitor_key"]], row["received_at"])
    assert {row["visitor_key"]: row["last_active_at"] for row in visitors} == dict(newest)
    counted = {row["visitor_key"]: row["play_count"] for row in visitors}
    assert all(counted[key] - count in {0, 1} for key, count in played.items())
    keys = {(row["visitor_key"], row["event_key"]) for row in sessions}
    assert all((row["visitor_key"], row["last_event_key"]) in keys for row in visitors)


def test_visitors_are_odd_in_the_observed_ways(rows):
    identities = [row["visitor_identity"] for row in rows]
    assert {"name": "", "email": None, "org": {"name": None, "title": None}} in identities
    assert any(one["name"] and one["email"] and one["org"]["name"] and one["org"]["title"] for one in identities)
    assert any(one["email"] and not one["name"] for one in identities)
    later = sum(row["created_at"] > row["last_active_at"] for row in rows)
    assert 0.05 < later / len(rows) < 0.12
    more = sum(row["play_count"] > row["load_count"] for row in rows)
    assert 0.02 < more / len(rows) < 0.05
    assert any(row["load_count"] > 200 for row in rows)
    assert any(not row["visitor_key"][:7].isdecimal() for row in rows)
    identified = [row for row in rows if row["identifying_event_key"]]
    assert 0 < len(identified) < 0.1 * len(rows)
    assert all(row["visitor_identity"]["email"] for row in identified)


def test_visitors_use_both_vocabularies(rows):
    platforms = {row["user_agent_details"]["platform"] for row in rows}
    assert {"mac", "Mac OS", "macOS", "windows", "Windows", "Linux", "Generic Linux"} <= platforms
    assert {"Edge", "Microsoft Edge", "Unknown Browser"} <= {row["user_agent_details"]["browser"] for row in rows}


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ("has_name", lambda row: bool(row["visitor_identity"]["name"])),
        ("has_email", lambda row: bool(row["visitor_identity"]["email"])),
    ],
)
def test_visitors_can_be_filtered(edge, rows, wanted, holds):
    found = walk(edge, "/stats/visitors", filter=wanted)
    assert found == [row for row in rows if holds(row)]
    assert 0 < len(found) < len(rows)


def test_the_email_gate_is_a_part_of_those_with_a_name(edge, rows):
    found = walk(edge, "/stats/visitors", filter="identified_by_email_gate")
    named = [row for row in rows if row["visitor_identity"]["name"]]
    assert 0 < len(found) < len(named)
    assert all(row in named for row in found)


def test_visitors_can_be_searched_by_name_or_email(edge, rows):
    name = next(row["visitor_identity"]["name"] for row in rows if row["visitor_identity"]["name"])
    last = name.split()[1]
    found = walk(edge, "/stats/visitors", search=last)
    assert found == [
        row
        for row in rows
        if last.lower() in f"{row['visitor_identity']['name']} {row['visitor_identity']['email']}".lower()
    ]
    assert walk(edge, "/stats/visitors", search="nobody@nowhere.example") == []


def test_the_list_is_the_accounts_whatever_media_is_named(site):
    whole = ask(site, "/stats/visitors", per_page=50).body
    for media_id in ("t1nyaaaa01", "501", "nosuchmedi"):
        assert ask(site, "/stats/visitors", per_page=50, media_id=media_id).body == whole
    assert ask(site, "/stats/visitors", per_page=50, start_date="2025-03-08").body == whole


def test_visitor_pages_are_cut_and_end_in_an_empty_array(site):
    whole = walk(site, "/stats/visitors")
    assert json.loads(ask(site, "/stats/visitors", per_page=200).body) == whole[:100]
    assert json.loads(ask(site, "/stats/visitors", page=3, per_page=7).body) == whole[14:21]
    assert ask(site, "/stats/visitors", page=999).body == b"[]"
    assert ask(site, "/stats/visitors", page="two").status == 422


def test_one_visitor_by_key(site):
    row = walk(site, "/stats/visitors")[4]
    assert json.loads(ask(site, f"/stats/visitors/{row['visitor_key']}.json").body) == row
    missing = ask(site, "/stats/visitors/1741563_nobody")
    assert missing.status == 404
    assert b"error" in missing.body


def test_there_are_no_visitors_of_a_media(site):
    assert ask(site, "/stats/medias/t1nyaaaa01/visitors").status == 404


def test_a_returning_visitor_moves_to_the_first_page(site, world):
    before = [row["visitor_key"] for row in walk(site, "/stats/visitors")]
    site.advance(world.scenario.now.replace(hour=23))
    after = [row["visitor_key"] for row in walk(site, "/stats/visitors")]
    assert after != before
    places = {key: place for place, key in enumerate(before)}
    moved = [key for place, key in enumerate(after) if key in places and place < places[key]]
    assert moved


def test_the_same_world_gives_the_same_visitors(world):
    first, second = Site(world, rate_limit=None), Site(World("tiny", world.seed), rate_limit=None)
    assert walk(first, "/stats/visitors") == walk(second, "/stats/visitors")


def test_visitors_need_the_permission(tiny):
    assert fetch(tiny, "/v1/stats/visitors", "Bearer sandbox-token-no-stats").status == 401
