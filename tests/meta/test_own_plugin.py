"""What tests/conftest.py adds to pytest, tried on small suites of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.shares import share

pytestmark = pytest.mark.long
TESTS = Path(__file__).parents[1]
SKIPPED = """
import pytest

@pytest.mark.skipif(True, reason="a mark says so")
def test_by_mark(): ...

def test_by_itself():
    pytest.skip("it says so itself")

@pytest.mark.xfail(reason="known")
def test_that_is_known_to_fail():
    assert False
"""
WHOLE_MODULE = 'import pytest\npytest.skip("all of it", allow_module_level=True)'
MANY = """
import pytest

@pytest.mark.parametrize("number", [pytest.param(n, marks=[] if n % 3 else pytest.mark.slow) for n in range(15)])
def test_one(number): ...
"""
COUNTING = """
import pytest
from support.counters import count

@pytest.mark.parametrize("number", range(6))
def test_counts(number):
    count(kills=1, rows=1000 * number)
"""


def pytest_on(folder: Path, text: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", "-rA", *words, "test_it.py"]
    paths = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, **variables}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("text", [SKIPPED, WHOLE_MODULE], ids=["tests", "module"])
def test_a_skip_is_a_failure_where_it_is_asked_for(tmp_path: Path, text: str, workers: str) -> None:
    usual = pytest_on(tmp_path, text, "-n", workers)
    assert usual.returncode in (0, 5), usual.stdout  # 5: nothing was left to run
    strict = pytest_on(tmp_path, text, "-n", workers, WISTIA_LAKE_NO_SKIPS="1")
    assert strict.returncode in (1, 2), strict.stdout
    assert "skipped, and WISTIA_LAKE_NO_SKIPS is set" in strict.stdout
    if text == SKIPPED:
        assert (
            "1 failed, 1 xfailed, 1 error" in strict.stdout
        )  # a mark is seen before the test, which makes it an error


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_was_gone_through_is_summed_up_over_workers(tmp_path: Path, workers: str) -> None:
    counts = tmp_path / "counts"
    done = pytest_on(tmp_path, COUNTING, "-n", workers, "--dist", "load", "--counts", str(counts))
    assert "gone through: 6 kills, 15,000 rows compared" in done.stdout
    assert [json.loads(line) for line in counts.read_text().splitlines()] == [{"kills": 6, "rows": 15000}]


def test_shares_are_apart_and_together_all_that_was_chosen(tmp_path: Path) -> None:
    """They are shares of what the marks chose, not of everything: here each third test is left out before."""
    shares = []
    for number in (1, 2, 3):
        done = pytest_on(tmp_path, MANY, "-n", "0", "-W", "ignore", "-m", "not slow", "--share", f"{number}/3")
        shares.append(sorted(line for line in done.stdout.splitlines() if line.startswith("PASSED")))
    assert [len(names) for names in shares] == [4, 3, 3]
    assert {name for names in shares for name in names} == {
        f"PASSED test_it.py::test_one[{n}]" for n in range(15) if n % 3
    }


@pytest.mark.parametrize("text", ["0/3", "4/3", "1/0", "third", ""])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no share such as 2/3"):
        share(text)
