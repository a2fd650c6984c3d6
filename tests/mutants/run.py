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


def main() -> int:
    """Apply every mutant; 0 if each was noticed."""
    survivors, listed = [], mutants()
    for mutant in listed:
        with tempfile.TemporaryDirectory(prefix="wistia-lake-mutant-") as folder:
            sources = Path(folder) / "src"
            shutil.copytree(PROJECT / "src", sources, ignore=shutil.ignore_patterns("__pycache__"))
            path = sources / "wistia_lake" / mutant.file
            path.write_text(path.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")
            done = run_tests(sources, mutant.tests)
        # 1 is "tests failed"; anything else (nothing collected, usage) proves nothing.
        noticed = done.returncode == 1
        failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
        print(
            f"{'noticed ' if noticed else 'SURVIVED'}  {mutant.name}: {failed[0][7:120] if failed else f'exit {done.returncode}'}",
            flush=True,
        )
        if not noticed:
            survivors.append(mutant.name)
    print(f"mutants: {len(listed)} applied, {len(listed) - len(survivors)} noticed, {len(survivors)} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
