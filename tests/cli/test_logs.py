"""Where stderr is no terminal, log lines are JSON: every one of them, of every command."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from typing import Any
from urllib.parse import urlsplit

import pytest

from support.program import PROGRAM


def log_lines(err: str) -> list[dict[str, Any]]:
    """The log lines; what begins with a brace must be one, and nothing else holds half of one."""
    lines = err.splitlines()
    assert [line for line in lines if '"event"' in line and not line.startswith("{")] == []
    found = [json.loads(line) for line in lines if line.startswith("{")]
    for line in found:
        assert {"time", "level", "event", "part"} <= line.keys(), line
        assert line["time"].endswith("Z")
        assert line["level"] in {"debug", "info", "warning", "error", "critical"}
        assert "timestamp" not in line
    return found


def test_commands_that_work_on_the_lake_log_their_run(call, account):
    for words, events in (
        (["run"], {"look.committed", "table.built", "run.ended"}),
        (["ingest", "--from", "2025-03-11"], {"look.committed", "run.ended"}),
        (["build", "--full"], {"table.built", "run.ended"}),
        (["backfill", "--from", "2025-03-05"], {"look.committed", "run.ended"}),
    ):
        result = call("-vv", *words)
        lines = log_lines(result.err)
        assert result.code == 0
        assert events <= {line["event"] for line in lines}
        (run_id,) = {line.get("run_id") for line in lines}
        assert run_id
        assert lines[-1]["event"] == "run.ended"
        assert (lines[-1]["command"], lines[-1]["outcome"], lines[-1]["exit_code"]) == (words[0], "ok", 0)
        rows = json.loads(call("query", f"select command from ops.run where run_id = '{run_id}'", "--json").out)["rows"]
        assert rows == [{"command": words[0]}]


def test_a_run_that_fails_logs_how(call, account, monkeypatch):
    monkeypatch.setenv("WISTIA_API_TOKEN", "wrong")
    last = log_lines(call("-v", "run").err)[-1]
    assert (last["event"], last["outcome"], last["exit_code"]) == ("run.ended", "ApiRejected", 3)


@pytest.mark.parametrize(
    "words",
    [
        ["check"], ["status"], ["plan"], ["doctor"], ["init"], ["query", "runs"], ["tables"],
        ["export", "dim_media", "--format", "csv"], ["probe", "medias"], ["probe", "media-stats", "--media-id", "all"],
        ["probe", "visitors"], ["probe", "events"],
    ],
)  # fmt: skip
def test_every_other_command_logs_whole_lines_or_none(call, account, words):
    assert call("run").code == 0
    if words[-1] == "all":
        words[-1] = next(iter(account.world.medias))
    for verbosity in ("-vv", "-v"):
        result = call(*words, verbosity)
        assert result.code == 0
        assert {line.get("run_id") for line in log_lines(result.err)} <= {None}


def test_a_served_sandbox_logs_as_json_what_its_libraries_say(folder):
    process = subprocess.Popen(
        [*PROGRAM, "sandbox", "serve", "--scenario", "tiny"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    assert process.stdout is not None
    address = urlsplit(json.loads(process.stdout.readline())["base_url"])
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(b"this is not HTTP\r\n\r\n")
        assert b"400" in client.recv(100)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    lines = log_lines(err)
    assert len(lines) == len(err.splitlines())
    assert all(line["event"] == "library.logged" for line in lines)


def test_stderr_of_a_terminal_has_no_json(account, folder):
    import os
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen([*PROGRAM, "run", "-v"], cwd=folder, stdout=subprocess.DEVNULL, stderr=follower)
    os.close(follower)
    said = b""
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:
            break  # the other end is closed
        if not piece:
            break
        said += piece
    os.close(leader)
    assert process.wait(30) == 0
    assert b"run.ended" in said
    assert b'"event"' not in said
