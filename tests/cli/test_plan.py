"""``plan`` and ``backfill`` on the command line."""

from __future__ import annotations

import json

import pytest


def test_a_plan_names_streams_requests_time_and_size(call, account, folder):
    result = call("plan")
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0].split() == ["stream", "slices", "requests", "answers"]
    assert [line.split()[0] for line in lines[2:9]] == [
        "medias", "events", "media_stats", "media_by_date", "media_engagement", "projects", "account_by_date",
    ]  # fmt: skip
    assert "under a minute at 60000 a minute" in result.out
    assert "nothing was written" in result.out
    assert not (folder / "lake").exists()
    assert not (folder / "pseudonym.key").exists()


def test_a_plan_as_json_and_the_backfill_it_announced(call, account):
    planned = json.loads(call("plan", "--backfill", "--from", "2025-03-06", "--json").out)
    done = json.loads(call("backfill", "--from", "2025-03-06", "--json").out)
    assert abs(planned["request_count"] - done["ingest"]["request_count"]) <= 1
    rest = json.loads(call("plan", "--backfill", "--from", "2025-03-06", "--json").out)
    assert {one["stream"]: one["slice_count"] for one in rest["streams"]} == {
        "medias": 1, "events": 1, "media_stats": 0, "media_by_date": 0, "media_engagement": 0, "projects": 1,
        "account_by_date": 0,
    }  # fmt: skip
    assert json.loads(call("status", "--json").out)["runs"][0]["command"] == "backfill"


@pytest.mark.parametrize("command", ["plan", "backfill"])
def test_what_must_be_changed_first(call, account, folder, monkeypatch, command):
    assert call(command, "--from", "2025-03-12", "--to", "2025-03-01").code == 2
    future = call(command, "--from", "2025-04-01")
    assert (future.code, future.out) == (2, "")
    assert "is in the future" in future.err
    monkeypatch.setenv("WISTIA_API_TOKEN", "wrong")
    refused = call(command)
    assert (refused.code, "exit code 3" in refused.out) == (3, command == "backfill")
    assert "check WISTIA_API_TOKEN" in refused.err
    monkeypatch.setenv("WISTIA_API_TOKEN", "")
    assert "WISTIA_API_TOKEN is not set" in call(command).err
