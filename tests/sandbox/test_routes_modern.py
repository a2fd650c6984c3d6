"""The contract of the modern API where it differs from v1, as documented; the rest is the same answer."""

from __future__ import annotations

from sandbox.reading import fetch

PERSONAL = ("ip", "city", "org", "email", "visitor_key", "embed_url")


def test_medias_have_a_folder_and_snake_case_and_null_for_what_v1_leaves_out(demo):
    old, new = (fetch(demo, f"/{version}/medias", per_page=100).json for version in ("v1", "modern"))
    assert [row["hashed_id"] for row in new] == [row["hashed_id"] for row in old]
    for before, after in zip(old, new, strict=True):
        assert "project" not in after
        assert after["folder"] == before.get("project")
        assert after["duration"] == before.get("duration")
        assert after["section"] == before.get("section")
        assert all({"file_size", "content_type"} <= asset.keys() for asset in after.get("assets", ()))
    assert any(row["folder"] is None for row in new)
    one = fetch(demo, f"/modern/medias/{new[0]['hashed_id']}").json
    assert one["folder"] == new[0]["folder"]


def test_folders_filter_and_the_singular_hashed_id_is_gone(demo):
    first = fetch(demo, "/modern/medias", per_page=100).json[0]
    of_folder = fetch(demo, "/modern/medias", per_page=100, folder_id=first["folder"]["hashed_id"]).json
    assert 0 < len(of_folder) < 24
    assert {row["folder"]["name"] for row in of_folder} == {first["folder"]["name"]}
    assert len(fetch(demo, "/modern/medias", per_page=100, hashed_id=first["hashed_id"]).json) == 24


def test_the_account_is_snake_case(demo):
    assert list(fetch(demo, "/modern/account").json) == [
        "id", "name", "url", "media_count", "video_limit", "folder_count", "channel_count",
    ]  # fmt: skip


def test_events_are_those_of_v1_with_a_mirror_of_their_fields(demo):
    query = {"per_page": 100, "start_date": "2025-03-01", "end_date": "2025-03-01"}
    old, new = (fetch(demo, f"/{version}/stats/events", **query).json for version in ("v1", "modern"))
    assert [{name: value for name, value in row.items() if name != "attributes"} for row in new] == old
    for row in new:
        assert row["attributes"] == {name: row[name] for name in PERSONAL}
    assert "attributes" in fetch(demo, f"/modern/stats/events/{new[0]['event_key']}").json


def test_statistics_are_the_same(demo):
    media_id = fetch(demo, "/v1/medias", per_page=1).json[0]["hashed_id"]
    for path in ("/stats/account", f"/stats/medias/{media_id}", f"/stats/medias/{media_id}/by_date"):
        assert fetch(demo, f"/modern{path}").json == fetch(demo, f"/v1{path}").json
