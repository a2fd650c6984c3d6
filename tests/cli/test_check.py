"""``check``: a table for people, all findings for programs, the right exit code."""

from __future__ import annotations

import json

import pyarrow as pa

from wistia_lake.checks.registry import CHECKS
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.tables import FACT_EVENT

MEDIA, TITLE = "t1nyaaaa01", "Planting \u201cbare root\u201d trees"


def test_a_healthy_lake(call, account):
    assert call("run").code == 0
    result = call("check")
    assert result.code == 0
    lines = result.out.splitlines()
    assert [line.split()[0] for line in lines[2 : 2 + len(CHECKS)]] == [check.name for check in CHECKS]
    assert lines[-1] == f"{len(CHECKS)} checks, 0 failed, 0 warnings. 3 have too little data yet."
    assert "To do" not in result.out


def test_a_failure_names_media_title_numbers_and_remedy(call, folder, account, monkeypatch):
    assert call("run").code == 0
    with Catalog(folder / "lake") as catalog:
        rows = catalog.read(FACT_EVENT).to_pylist()
        lost = next(row for row in rows if row["media_id"] == MEDIA)
        day = [row for row in rows if row["received_day"] == lost["received_day"] and row is not lost]
        catalog.replace(FACT_EVENT, [lost["received_day"]], [pa.Table.from_pylist(day, arrow_schema(FACT_EVENT))])
    result = call("check")
    assert result.code == 6
    (line,) = [line for line in result.out.splitlines() if line.startswith("sessions-per-day ")]
    assert "fail" in line
    assert f"{MEDIA} {TITLE}" in line
    assert f"  fail: {MEDIA}: {lost['day']}: " in result.out
    assert "To do: Run `wistia-lake build`" in result.out
    assert "2 of 14 checks failed; the first is partition-rows" in result.err
    monkeypatch.setenv("WISTIA_LAKE_NOW", "2025-03-12T14:01:00Z")
    checked = json.loads(call("check", "--json", "--only", "sessions-per-day").out)
    assert (checked["check_count"], checked["failed_count"], checked["warned_count"]) == (1, 1, 0)
    (one,) = checked["checks"]
    assert (one["name"], one["severity"], one["state"]) == ("sessions-per-day", "fail", "fail")
    (finding,) = one["findings"]
    assert finding["media_id"] == MEDIA
    assert finding["title"].startswith(TITLE)
    assert finding["day"] == str(lost["day"])
    assert finding["found"] == finding["expected"] - 1
    newest = json.loads(call("query", "checks", "--json").out)["rows"]
    assert [(row["check_name"], row["state"], row["media_id"]) for row in newest] == [
        ("sessions-per-day", "fail", MEDIA)
    ]
    assert newest[0]["title"].startswith(TITLE)


def test_a_warning_ends_well_and_says_what_to_do(call, account, monkeypatch):
    assert call("run").code == 0
    monkeypatch.setenv("WISTIA_LAKE_NOW", "2025-03-20T14:00:00Z")
    result = call("check", "--only", "freshness", "--only", "coverage")
    assert result.code == 0
    assert "\n  warn: sessions were last read 192 hours ago, at 2025-03-12 14:00 UTC.\n" in result.out
    assert "To do: See that `wistia-lake run` is still scheduled" in result.out
    assert result.out.endswith("2 checks, 0 failed, 1 warnings.\n")


def test_an_unknown_name_is_a_slip(call, account):
    assert call("run").code == 0
    result = call("check", "--only", "coverge")
    assert result.code == 2
    assert "There is no check 'coverge'; there are data-tests, partition-rows" in result.err
