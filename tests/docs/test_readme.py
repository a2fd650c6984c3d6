"""The README's own words work: its tour runs as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
TOUR = [text for language, text in BLOCKS if language == "bash"]


@pytest.mark.slow
def test_the_tour_runs_as_it_stands(tmp_path: Path):
    assert len(TOUR) > 5
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(tmp_path / "home"),
    }
    (tmp_path / "tour").mkdir()
    # `set -m` makes %1 the sandbox, as in a shell that somebody types into; the trap ends it whatever happens.
    script = "set -em\ntrap 'kill %1 2>/dev/null || true' EXIT\n" + "\n".join(TOUR)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path / "tour",
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    first, second, *later = [line for line in done.stdout.splitlines() if re.search(r"^\d[\d,]* (new|found)", line)]
    assert " new of " in first
    assert second.startswith("0 new: ")
    assert len(later) == 1
    assert "[{'country':" in done.stdout
    assert (tmp_path / "tour" / "kpi.csv").read_text(encoding="utf-8").startswith("media_id,title,channel,")


def test_both_shells_are_told_the_same():
    makefile = (README.parent / "Makefile").read_text(encoding="utf-8")
    powershell = next(text for language, text in BLOCKS if language == "powershell")
    assert "requirements-dev.lock" in powershell
    assert "requirements-dev.lock" in makefile
    assert r"wistia-lake demo" in powershell
    assert "wistia-lake demo" in makefile
    assert "-m pytest" in powershell
    assert "-m pytest" in makefile


@pytest.mark.parametrize("sentence", ["make demo", "make test"])
def test_the_two_commands_stand_first(sentence):
    language, text = BLOCKS[0]
    assert language == "sh"
    assert sentence in text
