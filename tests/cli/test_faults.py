"""A served sandbox that goes wrong, and the command line against it: real processes, exit codes, memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.memory import PROGRAM as MEASURED
from support.memory import STATUS, most_memory

PROGRAM = [sys.executable, "-m", "wistia_lake.cli.main"]
SCRIPTS = {
    "token_revoked": (3, 'what = "token_revoked"\nendpoint = "/stats/events"\ncall = 3', "check WISTIA_API_TOKEN"),
    "error_503": (4, 'what = "error_503"\nendpoint = "/stats/events"\nday = "2025-03-09"', "status 503"),
    "wrong_type": (6, 'what = "wrong_type"\nendpoint = "/stats/events"\nday = "2025-03-09"', "1 of "),
    "deep_json": (4, 'what = "deep_json"\nendpoint = "/stats/events"\nday = "2025-03-09"', "a body that is not JSON"),
    "error_502": (0, 'what = "error_502"\nevery = 5', ""),
}
"""By name: exit code, script, and what is said."""


@contextmanager
def serving(folder: Path, script: str) -> Iterator[dict[str, str]]:
    """The environment of a reader of a sandbox that goes wrong by a script."""
    (folder / "faults.toml").write_text(f"[[fault]]\n{script}\n")
    command = [*PROGRAM, "sandbox", "serve", "--scenario", "tiny", "--rate-limit", "100000", "--time-scale", "100"]
    server = subprocess.Popen(
        [*command, "--faults", "faults.toml"], cwd=folder, stdout=subprocess.PIPE, text=True, env=os.environ.copy()
    )
    try:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        yield os.environ | {
            "WISTIA_BASE_URL": ready["base_url"], "WISTIA_API_TOKEN": ready["token"], "WISTIA_LAKE_NOW": ready["now"],
            "WISTIA_LAKE_REQUESTS_PER_MINUTE": "60000", "WISTIA_LAKE_TIME_SCALE": "100",
            "WISTIA_LAKE_TIMEOUT_SECONDS": "2000",
        }  # fmt: skip
    finally:
        server.terminate()
        server.communicate(timeout=20)


@pytest.mark.parametrize("kind", SCRIPTS)
def test_the_exit_code_and_the_sentence_say_what_went_wrong(tmp_path: Path, kind: str) -> None:
    code, script, said = SCRIPTS[kind]
    with serving(tmp_path, script) as environment:
        done = subprocess.run(
            [*PROGRAM, "ingest"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not STATUS.exists(), reason="the most memory of a process is told by Linux")
def test_a_page_of_fifty_megabytes_takes_little_more_than_itself(tmp_path: Path) -> None:
    """A run may take 600 MB; a page of this size is read, and its unknown field dropped, within that."""
    with serving(tmp_path, 'what = "large_page"\nendpoint = "/stats/events"\nday = "2025-03-09"') as environment:
        command = [*MEASURED, "ingest"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "events.transcript" in done.stderr
    peak = most_memory(done.stderr)
    print(f"peak {peak} MB")
    assert peak < 600


def test_a_script_that_is_none_is_refused_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "faults.toml").write_text('[[fault]]\nwhat = "rain"\n')
    command = [*PROGRAM, "sandbox", "serve", "--faults", "faults.toml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no fault 'rain'" in " ".join(done.stderr.split())


def test_what_can_go_wrong_is_listed(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "sandbox", "serve", "--list-faults"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "token_revoked" in done.stdout
    assert len(done.stdout.splitlines()) == 28
