"""Break the product on purpose: every mutant must turn a test red.

A mutant is one exact replacement in ``src`` and the tests that ought to notice. Each is applied to a copy of the
sources, which the tests then import instead of the real ones; the tree itself is never touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent
LIST = Path(__file__).parent / "mutants.toml"


@dataclass(frozen=True)
class Mutant:
    """One way to break the product."""

    name: str
    file: str
    old: str
    new: str
    tests: list[str]


def mutants() -> list[Mutant]:
    """The list; every ``old`` text must stand exactly once in its file."""
    found = [Mutant(**entry) for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"]]
    for mutant in found:
        count = (PROJECT / "src" / "wistia_lake" / mutant.file).read_text(encoding="utf-8").count(mutant.old)
        if count != 1:
            raise SystemExit(
                f"{mutant.name}: its text stands {count} times in {mutant.file}; mend tests/mutants/mutants.toml"
            )
    return found


def run_tests(sources: Path, tests: list[str]) -> subprocess.CompletedProcess[str]:
    """Run tests against a copy of the sources."""
    environment = {**os.environ, "PYTHONPATH": str(sources), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


def verdict(mutant: Mutant) -> tuple[bool, str]:
    """Whether a test turned red, and which."""
    with tempfile.TemporaryDirectory(prefix="wistia-lake-mutant-") as folder:
        sources = Path(folder) / "src"
        shutil.copytree(PROJECT / "src", sources, ignore=shutil.ignore_patterns("__pycache__"))
        path = sources / "wistia_lake" / mutant.file
        path.write_text(path.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")
        done = run_tests(sources, mutant.tests)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    # 1 is "tests failed"; anything else (nothing collected, usage) proves nothing.
    return done.returncode == 1, failed[0][7:120] if failed else f"exit {done.returncode}"


def main(wanted: Sequence[str]) -> int:
    """Apply the mutants whose name contains one of ``wanted`` (none: all); 0 if each was noticed."""
    listed = [one for one in mutants() if not wanted or any(part in one.name for part in wanted)]
    survivors = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for mutant, (noticed, told) in zip(listed, pool.map(verdict, listed), strict=True):
            print(f"{'noticed ' if noticed else 'SURVIVED'}  {mutant.name}: {told}", flush=True)
            if not noticed:
                survivors.append(mutant.name)
    print(f"mutants: {len(listed)} applied, {len(listed) - len(survivors)} noticed, {len(survivors)} survived")
    return 1 if survivors or not listed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
