"""The contract of every other route: fields, order, types, nulls, laws, against recorded answers of the real API."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from math import ceil

import pytest

from sandbox.conftest import SEED
from sandbox.reading import ask, days, fetch
from wistia_lake.sandbox.scenario import Options
from wistia_lake.sandbox.server import Site
from wistia_lake.sandbox.world import World

MEDIA = "t1nyaaaa01"


# -- medias -------------------------------------------------------------------------------------------------------


def test_media_list_rows_have_the_observed_fields_in_order(demo):
    rows = fetch(demo, "/v1/medias", per_page=100).json
    order = ["id", "name", "type", "archived", "created", "updated", "duration", "hashed_id", "description",
             "progress", "status", "thumbnail", "section", "project", "assets", "tags"]  # fmt: skip
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    for row in rows:
        assert list(row) == [name for name in order if name in row]
        assert set(order) - set(row) <= {"duration", "section", "project", "assets", "tags"}
        assert re.fullmatch(r"[a-z0-9]{10}", row["hashed_id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", row["created"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", row["updated"])
        if "project" in row:
            assert list(row["project"]) == ["id", "name", "hashed_id"]
    assert len(rows) == 24
    assert {row["project"]["name"] for row in rows if "project" in row} == {
        "Facebook Ads", "YouTube: Garden School", "Website & Help Centre",
    }  # fmt: skip


def test_media_list_is_dirty_in_the_observed_ways(demo, tiny):
    rows = fetch(demo, "/v1/medias", per_page=100).json
    assert 5 < sum("section" not in row for row in rows) < 19
    assert any("duration" not in row for row in rows)
    assert any(row.get("duration", "") is None for row in rows)
    assert any(row.get("duration") == 0 for row in rows)
    assert any(isinstance(row["duration"], int) and row["duration"] for row in fetch(tiny, "/v1/medias").json)
    assert any("tags" in row for row in rows)
    assert any(asset["fileSize"] > 2**31 for row in rows for asset in row.get("assets", ()))
    queued = [row for row in rows if row["status"] == "queued"]
    assert queued
    assert not any({"project", "assets"} & set(row) for row in queued)
    names = [row["name"] for row in rows]
    assert len(set(names)) < len(names)
    text = "".join(names)
    for mark in ("\U0001f339", "\u00a0", "&amp;", "\u201c", "  "):
        assert mark in text, mark
    assert any(name != name.strip() for name in names)


def test_the_show_endpoint_has_tags_section_and_subfolder(demo):
    for row in fetch(demo, "/v1/medias", per_page=5).json:
        shown = fetch(demo, f"/v1/medias/{row['hashed_id']}.json").json
        assert {"tags", "section", "subfolder"} <= set(shown)
        assert {name: shown[name] for name in row} == row


def test_an_unknown_media_answers_404_with_a_json_body(tiny):
    for path in ("/v1/medias/nosuchmedi", "/v1/stats/medias/nosuchmedi", "/v1/stats/medias/nosuchmedi/by_date"):
        reply = fetch(tiny, path)
        assert reply.status == 404
        assert reply.headers["content-type"].startswith("application/json")
        assert "error" in reply.json


def test_the_media_list_filters_and_sorts(demo):
    everything = fetch(demo, "/v1/medias").json
    names = [row["name"] for row in fetch(demo, "/v1/medias", sort_by="name").json]
    assert names == sorted(names)
    backwards = fetch(demo, "/v1/medias", sort_direction=0).json
    assert [row["id"] for row in backwards] == [row["id"] for row in reversed(everything)]
    ids = ["w2h9gfen02", "y1q4tbed01"]
    assert [row["hashed_id"] for row in fetch(demo, "/v1/medias", **{"hashed_ids[]": ids}).json] == ids
    assert len(fetch(demo, "/v1/medias", project_id="fh8y1d5k3q").json) == 8
    assert [row["type"] for row in fetch(demo, "/v1/medias", type="Image").json] == ["Image"]
    assert fetch(demo, "/v1/medias", archived="true").json == []
    assert [len(fetch(demo, "/v1/medias", per_page=20, page=page).json) for page in (1, 2, 3)] == [20, 4, 0]


# -- statistics ---------------------------------------------------------------------------------------------------


def test_lifetime_statistics_obey_their_laws_to_the_last_digit(demo):
    medias = fetch(demo, "/v1/medias", per_page=100).json
    total = {"load_count": 0, "play_count": 0, "hours_watched": 0}
    for media in medias:
        stats = fetch(demo, f"/v1/stats/medias/{media['hashed_id']}").json
        assert list(stats) == ["load_count", "play_count", "play_rate", "hours_watched", "engagement", "visitors"]
        unique = round(stats["play_rate"] * stats["visitors"])
        assert unique <= stats["visitors"] <= stats["load_count"]
        assert unique <= stats["play_count"] <= stats["load_count"]
        assert stats["play_rate"] == (unique / stats["visitors"] if stats["visitors"] else 0.0)
        hours = stats["play_count"] * stats["engagement"] * (media.get("duration") or 0) / 3600
        assert stats["hours_watched"] == hours
        assert round(stats["engagement"], 6) == stats["engagement"]
        assert fetch(demo, f"/v1/stats/medias/{media['id']}.json").json == stats
        total = {name: total[name] + stats[name] for name in total}
    account = fetch(demo, "/v1/stats/account").json
    assert list(account) == ["load_count", "play_count", "hours_watched"]
    assert account == total


def test_the_recorded_answer_is_reproduced_by_the_law():
    recorded = {"play_count": 43810, "engagement": 0.500445, "hours_watched": 2651.986969632}
    from wistia_lake.sandbox.bodies import hours_watched

    assert hours_watched(recorded["play_count"], recorded["engagement"], 435.456) == recorded["hours_watched"]


def test_by_date_has_every_account_day_oldest_first_with_zeros(tiny):
    path = f"/v1/stats/medias/{MEDIA}/by_date"
    rows = fetch(tiny, path, start_date="2025-02-20", end_date="2025-03-11").json
    assert [row["date"] for row in rows] == [str(day) for day in days(date(2025, 2, 20), date(2025, 3, 11))]
    assert all(list(row) == ["date", "load_count", "play_count", "hours_watched"] for row in rows)
    zeros = [row for row in rows if row["date"] < "2025-03-05"]
    assert all(row["load_count"] == row["play_count"] == 0 for row in zeros)
    assert b'"hours_watched":0}' in fetch(tiny, path, start_date="2025-02-20", end_date="2025-02-20").body
    stats = fetch(tiny, f"/v1/stats/medias/{MEDIA}").json
    constant = stats["engagement"] * 91.52
    for row in rows:
        assert row["hours_watched"] == (row["play_count"] * constant / 3600 if row["play_count"] else 0)
        assert row["play_count"] <= row["load_count"]


def test_by_date_adds_up_to_the_lifetime_counters(demo):
    for media in fetch(demo, "/v1/medias", per_page=100).json:
        rows = fetch(demo, f"/v1/stats/medias/{media['hashed_id']}/by_date", start_date="2022-01-01").json
        stats = fetch(demo, f"/v1/stats/medias/{media['hashed_id']}").json
        for name in ("load_count", "play_count"):
            assert sum(row[name] for row in rows) == stats[name]
        assert len(rows) == (date(2025, 3, 13) - date(2022, 1, 1)).days + 1  # no two-year limit


def test_by_date_without_dates_has_yesterday_and_today_and_an_open_end_is_today(tiny):
    path = f"/v1/stats/medias/{MEDIA}/by_date"
    assert [row["date"] for row in fetch(tiny, path).json] == ["2025-03-11", "2025-03-12"]
    assert [row["date"] for row in fetch(tiny, path, start_date="2025-03-10").json][-1] == "2025-03-12"
    assert [row["date"] for row in fetch(tiny, path, start_date="2025-03-12", end_date="2025-03-20").json] == [
        "2025-03-12"
    ]
    assert fetch(tiny, path, start_date="soon").status == 422


def test_by_date_days_are_the_accounts_days(demo_world):
    """Events a day and plays a day agree in New York's days and not in UTC's, as was observed."""
    from wistia_lake.sandbox.clock import day_number

    world, now = demo_world, demo_world.scenario.now
    media_id, local, utc = "y1q4tbed01", {}, {}
    for day in days(date(2025, 2, 25), date(2025, 3, 12)):
        for session in world.visible(media_id, day, now):
            at = session.received_at(now.timestamp())
            utc[day] = utc.get(day, 0) + 1
            own = world.calendar.day_of_seconds(at)
            local[own] = local.get(own, 0) + 1
            assert at // 86_400 == day_number(day)
    inner = days(date(2025, 2, 26), date(2025, 3, 11))
    plays = {day: world.day_counts(media_id, day, now)[1] for day in inner}
    off_local = sum(abs(plays[day] - local.get(day, 0)) for day in inner)
    off_utc = sum(abs(plays[day] - utc.get(day, 0)) for day in inner)
    assert off_local < 0.04 * sum(plays.values()) < off_utc


def test_the_accounts_days_are_the_sums_of_its_medias_newest_first(demo):
    dates = {"start_date": "2025-03-01", "end_date": "2025-03-20"}
    rows = fetch(demo, "/v1/stats/account/by_date", **dates).json
    assert [row["date"] for row in rows] == [str(day) for day in reversed(days(date(2025, 3, 1), date(2025, 3, 13)))]
    expected = {
        row["date"]: {"date": row["date"], "load_count": 0, "play_count": 0, "hours_watched": 0} for row in rows
    }
    for media in fetch(demo, "/v1/medias", per_page=100).json:
        for row in fetch(demo, f"/v1/stats/medias/{media['hashed_id']}/by_date", **dates).json:
            for name in ("load_count", "play_count", "hours_watched"):
                expected[row["date"]][name] += row[name]
    assert rows == list(expected.values())
    assert all(list(row) == ["date", "load_count", "play_count", "hours_watched"] for row in rows)
    before = fetch(demo, "/v1/stats/account/by_date", start_date="2024-01-01", end_date="2024-01-01")
    assert before.body == b'[{"date":"2024-01-01","load_count":0,"play_count":0,"hours_watched":0}]'


def test_the_accounts_days_are_refused_without_dates_or_not_offered_by_a_switch():
    path, dates = "/stats/account/by_date", {"start_date": "2025-03-11", "end_date": "2025-03-12"}
    strict, lenient, without = (
        Site(World("tiny", 1, Options(**options)), rate_limit=None)
        for options in ({}, {"dates_required": False}, {"account_by_date": False})
    )
    for query in ({}, {"start_date": "2025-03-11"}, {"end_date": "2025-03-12"}):
        assert ask(strict, path, **query).status == 500
    assert ask(lenient, path).body == ask(strict, path, **dates).body
    assert ask(without, path, **dates).status == 404


def curve(sandbox, media_id):
    return fetch(sandbox, f"/v1/stats/medias/{media_id}/engagement").json


def test_a_curve_has_a_number_a_second_and_at_most_a_thousand(demo):
    lengths = {}
    for media in fetch(demo, "/v1/medias", per_page=100).json:
        served = curve(demo, media["hashed_id"])
        assert list(served) == ["engagement", "engagement_data", "rewatch_data"]
        assert served == curve(demo, media["id"]), "the numeric id serves as well"
        seen, again = served["engagement_data"], served["rewatch_data"]
        assert all(type(number) is int for number in seen + again)
        assert len(seen) == len(again) == min(ceil(media.get("duration") or 0), 1000)
        assert all(0 <= twice <= once for once, twice in zip(seen, again, strict=True))
        lengths[media["hashed_id"]] = len(seen)
    assert lengths["w7h9gfen07"] == lengths["a9k7lawn09"] == lengths["w6h9gfen06"] == 0, "no length, no positions"
    assert lengths["y6q4tbed06"] == 1000
    assert fetch(demo, "/v1/stats/medias/nosuchmedi/engagement").status == 404


def test_a_curve_loses_viewers_on_the_way_and_its_mean_is_the_engagement(demo):
    for media_id in ("y1q4tbed01", "a1k7rose01", "w2h9gfen02", "y6q4tbed06"):
        served, stats = curve(demo, media_id), fetch(demo, f"/v1/stats/medias/{media_id}").json
        seen, plays = served["engagement_data"], stats["play_count"]
        assert served["engagement"] == stats["engagement"]
        assert abs(sum(seen) / len(seen) / plays - stats["engagement"]) < 0.02
        quarter = len(seen) // 4
        parts = [sum(seen[place * quarter : (place + 1) * quarter]) for place in range(4)]
        assert parts == sorted(parts, reverse=True)
        assert max(seen) <= plays


def test_a_curve_only_grows():
    site = Site(World("tiny", SEED), rate_limit=None)
    path = f"/stats/medias/{MEDIA}/engagement"
    before = json.loads(ask(site, path).body)
    site.advance(site.now + timedelta(days=2))
    after = json.loads(ask(site, path).body)
    for name in ("engagement_data", "rewatch_data"):
        assert all(new >= old for new, old in zip(after[name], before[name], strict=True))
        assert sum(after[name]) > sum(before[name])


def test_the_project_list_has_the_documented_fields_and_counts_medias(demo):
    rows = fetch(demo, "/v1/projects", per_page=100).json
    assert [list(row) for row in rows] == [[
        "id", "name", "description", "mediaCount", "created", "updated", "hashedId", "public", "publicId",
        "anonymousCanUpload", "anonymousCanDownload",
    ]] * 3  # fmt: skip
    medias = fetch(demo, "/v1/medias", per_page=100).json
    for row in rows:
        own = [media for media in medias if media.get("project", {}).get("hashed_id") == row["hashedId"]]
        assert row["mediaCount"] == len(own)
        assert row["created"] < min(media["created"] for media in own)
        assert row["created"] <= row["updated"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", row["created"])
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert [len(fetch(demo, "/v1/projects", per_page=2, page=page).json) for page in (1, 2, 3)] == [2, 1, 0]
    counts = [row["mediaCount"] for row in fetch(demo, "/v1/projects", sort_by="mediaCount", sort_direction=0).json]
    assert counts == sorted(counts, reverse=True)
    assert fetch(demo, "/v1/folders").status == fetch(demo, "/modern/projects").status == 404


def test_the_modern_list_calls_them_folders(demo):
    for old, new in zip(fetch(demo, "/v1/projects").json, fetch(demo, "/modern/folders").json, strict=True):
        assert (new["hashed_id"], new["media_count"], new["name"]) == (old["hashedId"], old["mediaCount"], old["name"])
        assert not any(name != name.lower() for name in new)
        assert new["kind"] == "shared"


# -- account, token, errors ---------------------------------------------------------------------------------------


def test_account_and_token(tiny):
    account = fetch(tiny, "/v1/account.json").json
    assert list(account) == ["id", "name", "url", "mediaCount", "videoLimit", "projectCount", "channelCount"]
    assert account["mediaCount"] == 2
    assert list(fetch(tiny, "/v1/token").json) == ["type", "application", "scopes", "name", "expires_at"]


@pytest.mark.parametrize(
    "authorization", ["", "Bearer wrong", "Bearer", "Basic YXBpOnNhbmRib3gtdG9rZW4=", "sandbox-token"]
)
def test_anything_but_the_token_answers_the_401_body(tiny, authorization):
    reply = fetch(tiny, "/v1/medias", authorization)
    assert reply.status == 401
    assert reply.body == b'{"code":"unauthorized_credentials","error":"Invalid credentials."}'


@pytest.mark.parametrize("name", ["api_password", "access_token"])
def test_a_token_in_the_query_is_refused_and_never_logged(tiny, name):
    assert fetch(tiny, "/v1/medias", **{name: "sandbox-token"}).status == 401
    assert "sandbox-token" not in json.dumps(tiny.requests())


def test_a_token_without_stats_reads_medias_only(tiny):
    limited = "Bearer sandbox-token-no-stats"
    assert fetch(tiny, "/v1/medias", limited).status == 200
    for path in ("/v1/stats/events", "/v1/stats/account.json", f"/v1/stats/medias/{MEDIA}"):
        reply = fetch(tiny, path, limited)
        assert reply.status == 401
        assert reply.json["code"] == "unauthorized_scope"


def test_paths_answer_with_and_without_suffix_and_carry_a_request_id(tiny):
    for path in ("/v1/medias", "/v1/stats/events", f"/v1/stats/medias/{MEDIA}/by_date"):
        plain, suffixed = fetch(tiny, path), fetch(tiny, path + ".json")
        assert plain.body == suffixed.body
        assert plain.headers["content-type"] == "application/json; charset=utf-8"
        assert plain.headers["x-request-id"] != suffixed.headers["x-request-id"]
        assert "link" not in plain.headers
    for path in ("/v1/projects/x", "/medias", "/v1/medias/a/b", "/v1/medias/t1nyaaaa01/engagement", "/v2/medias"):
        reply = fetch(tiny, path)
        assert (reply.status, list(reply.json)) == (404, ["error"])


def test_media_times_and_event_times_have_their_two_forms(tiny):
    media, event = fetch(tiny, "/v1/medias").json[0], fetch(tiny, "/v1/stats/events").json[0]
    assert media["created"].endswith("+00:00")
    assert event["received_at"].endswith(".000Z")
    assert datetime.fromisoformat(media["updated"]) - datetime.fromisoformat(media["created"]) > timedelta(0)
