"""``maintain`` on the command line: sentences, JSON, ages that are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from wistia_lake.sandbox.harness import Sandbox


def test_it_says_what_it_did_and_what_it_left(call: Callable, account: Sandbox, folder: Path):
    for _ in range(4):
        assert call("run").code == 0
    dry = call("maintain", "--dry-run")
    assert dry.code == 0
    assert "ops.run: 4 files" in dry.out
    assert "would be rewritten as 1." in dry.out
    (folder / "lake/tables/ops/run/data/loose.parquet").write_bytes(b"")
    done = call("maintain", "--prune-bronze", "30")
    assert "rewritten as 1.\n0 snapshots expired; the last 20 of each table stay.\n" in done.out
    assert "0 files that no kept snapshot needs removed (0 bytes)." in done.out
    assert "1 more file younger than 72 hours left for a later time." in done.out
    assert "No look of bronze older than 30 days is superseded." in done.out
    again = call("maintain")
    assert again.out.startswith("No partition lies in more files than it needs.\n")
    assert "Bronze is kept whole; --prune-bronze DAYS deletes superseded looks." in again.out
    told = json.loads(call("maintain", "--dry-run", "--json").out)
    assert (told["dry_run"], told["compacted"], told["pruned"]) == (True, [], [])


def test_ages_and_missing_lakes_are_refused_in_a_sentence(call: Callable, account: Sandbox):
    missing = call("maintain")
    assert (missing.code, "There is no lake in" in missing.err) == (3, True)
    assert call("ingest").code == 0
    young = call("maintain", "--older-than-hours", "0")
    assert (young.code, "give 1 or more" in young.err) == (2, True)
    short = call("maintain", "--prune-bronze", "7")
    assert (short.code, "give 30 days or more" in short.err) == (2, True)
    assert call("maintain").code == 0
