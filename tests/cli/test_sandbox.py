"""The sandbox's commands, against a served account."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wistia_lake.settings import load_settings

PROGRAM = [sys.executable, "-m", "wistia_lake.cli.main"]


@pytest.fixture
def served(folder: Path):
    """A tiny account, served by another process and set up in the working folder."""
    words = ["sandbox", "serve", "--scenario", "tiny", "--setup", ".", "--request-log", "looks.jsonl"]
    process = subprocess.Popen([*PROGRAM, *words], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    yield ready
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    process.stdout.close()


def test_serve_prints_one_line_when_ready_and_sets_up_a_folder(served, folder):
    assert sorted(served) == ["base_url", "now", "token"]
    loaded = load_settings(environ={}, working_folder=folder)
    assert loaded.settings.base_url == served["base_url"]
    assert loaded.settings.now == served["now"]
    assert loaded.settings.zone is not None
    assert loaded.settings.requests_per_minute == 480
    assert loaded.token is not None


def test_set_up_never_writes_over_a_file(call, folder):
    (folder / "wistia-lake.toml").write_text("# mine\n")
    result = call("sandbox", "serve", "--scenario", "tiny", "--setup", ".")
    assert result.code == 2
    assert "exists and may be yours" in result.err
    assert (folder / "wistia-lake.toml").read_text() == "# mine\n"


def test_time_moves_forward_only(call, served):
    assert call("sandbox", "advance", "--to", "2030-01-01T00:00:00Z").out == "2030-01-01T00:00:00Z\n"
    back = call("sandbox", "advance", "--to", "2029-01-01T00:00:00Z")
    assert back.code == 2
    assert "did not move" in back.err


def test_truth_is_written_for_a_request_log(call, folder):
    (folder / "looks.jsonl").write_text("")
    (folder / "key").write_text("00" * 32 + "\n")
    words = ("--looks", "looks.jsonl", "--pseudonym-key-file", "key", "--scenario", "tiny")
    result = call("sandbox", "truth", "silver.fact_event", *words)
    assert result.code == 0
    assert result.out.startswith("event_id,visitor_id,")
    assert "there is about silver" in call("sandbox", "truth", "silver.nothing", *words).err
    (folder / "key").write_text("secret")
    assert "64 hex digits" in call("sandbox", "truth", "silver.fact_event", *words).err
