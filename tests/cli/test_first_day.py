"""Somebody with a token and nothing else gets titles and numbers, by the README's own words."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from wistia_lake.sandbox.harness import Sandbox

README = Path(__file__).parents[2] / "README.md"


def test_only_a_token_leads_to_titles_and_numbers(tmp_path: Path):
    """The README's two commands in an empty folder; only where Wistia is and what time it is are said beside them."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    commands = next(block for block in blocks if "top-medias" in block)
    assert re.search(r"^wistia-lake run --from \S+", commands, re.MULTILINE)
    with Sandbox("tiny") as sandbox:
        done = subprocess.run(
            ["bash", "-ec", commands],
            cwd=tmp_path,
            env={
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
                "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
                "WISTIA_API_TOKEN": sandbox.token,
                "WISTIA_BASE_URL": sandbox.base_url,
                "WISTIA_LAKE_NOW": f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}",
            },
            capture_output=True,
            check=False,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    header, _, *rows, count = done.stdout.splitlines()[-5:]
    assert header.split()[:3] == ["title", "channel", "session_count"]
    assert count == "(2 rows)"
    first, second = rows
    assert first.startswith("Planting “bare root” trees 🌳")
    assert second.startswith("Workshop tour, part&nbsp;1")
    sessions = [int(re.split(r"\s{2,}", row)[2]) for row in rows]
    assert sessions[0] > sessions[1] > 20
