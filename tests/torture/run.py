"""The hostile tests at the length that takes hours, one after the other, and one line at the end that sums them up.

All of it runs, whatever fails on the way. What the line says was counted by the tests while they ran. Words after the
command choose parts, as in ``run.py kill fuzz``; ``--short`` is a few minutes of each, to try this program itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(PROJECT / "tests"))

from support.counters import told  # noqa: E402

ALONE = ["-n", "0"]
"""Measures time, or sums up over its tests."""
PARTS: dict[str, tuple[list[str], list[str], list[str]]] = {
    "kill": (["-n", "auto", "--dist", "load", "tests/integration/test_kill.py"], ["--kills", "100"], ["--kills", "2"]),
    "exactly-once": (
        [*ALONE, "tests/property/test_exactly_once.py"], ["--hostile-worlds", "200"], ["--hostile-worlds", "1"]
    ),
    "fuzz": (
        ["-n", "auto", "--dist", "load", "tests/property/test_fuzz_answers.py"],
        ["--fuzz-examples", "3000"], ["--fuzz-examples", "50"],
    ),
    "healthy": (
        ["-n", "auto", "--dist", "load", "tests/property/test_reconciliation.py"], ["--worlds", "100"], ["--worlds", "1"]
    ),
    "limit": ([*ALONE, "tests/integration/test_limit.py"], ["--limit-requests", "6000"], ["--limit-requests", "300"]),
    "real-limit": (
        [*ALONE, "tests/integration/test_limit.py", "-k", "never_exceeded"],
        ["--limit-requests", "6000", "--real-limit"], ["--limit-requests", "30", "--real-limit"],
    ),
}  # fmt: skip
"""By name: what pytest is told in any case, and how much of it, in full and in short."""


def main(words: Sequence[str]) -> int:
    """Run the parts; 0 if nothing failed and nothing differed from the truth."""
    short, wanted = "--short" in words, [word for word in words if word != "--short"]
    unknown = set(wanted) - PARTS.keys()
    if unknown:
        raise SystemExit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    totals: Counter[str] = Counter({"worlds": 0, "kills": 0, "faults": 0, "rows": 0, "differences": 0})
    failed, began = [], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wistia-lake-torture-") as folder:
        counts = Path(folder) / "counts"
        for name in wanted or PARTS:
            always, full, few = PARTS[name]
            command = [sys.executable, "-m", "pytest", "-q", "-s", *always, *(few if short else full)]
            if subprocess.run([*command, "--counts", str(counts)], cwd=PROJECT, check=False).returncode:
                failed.append(name)
        lines = counts.read_text(encoding="utf-8").splitlines() if counts.exists() else []
    for line in lines:
        totals.update(json.loads(line))
    minutes = (time.monotonic() - began) / 60
    print(
        f"torture: {told(totals)}; {f'FAILED: {chr(44).join(failed)}' if failed else 'all passed'}; {minutes:.0f} min"
    )
    return 1 if failed or totals["differences"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
