"""Break the product on purpose: every mutant must turn a test red.

A mutant is one exact replacement in ``src`` and the tests that ought to notice. Each is applied to a copy of the
sources, which the tests then import instead of the real ones; the tree itself is never touched. Each has a process of
its own, forked (where a system can) from one that has read the libraries already: that takes longer than most tests.

    python tests/mutants/run.py                    all of them
    python tests/mutants/run.py lease "a gap"      those whose name contains one of these
    python tests/mutants/run.py --share 2/3        every third one, beginning with the second
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(PROJECT / "tests"))
from support.shares import share  # noqa: E402  the tests are no package

LIST = Path(__file__).parent / "mutants.toml"
LIBRARIES = [
    "pytest", "hypothesis", "msgspec", "structlog", "aiohttp.web", "click", "duckdb", "pyarrow.parquet", "obstore",
    "pyiceberg.catalog.sql", "pyiceberg.io.pyarrow", "sqlglot", "zstandard",
]  # fmt: skip


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


def run_tests(sources: Path, tests: list[str], told: Path) -> None:
    """Run tests against a copy of the sources in this process, which ends with it; what they print goes to a file."""
    with told.open("w", encoding="utf-8") as out:
        os.dup2(out.fileno(), sys.stdout.fileno())
        os.dup2(out.fileno(), sys.stderr.fileno())
    os.chdir(PROJECT)
    os.environ["PYTHONPATH"] = str(sources)
    sys.path.insert(0, str(sources))
    read_already = "ignore::pytest.PytestAssertRewriteWarning"  # pytest would have liked to read Hypothesis itself
    sys.exit(pytest.main(["-x", "-q", "-W", read_already, "-p", "no:cacheprovider", "--no-header", *tests]))


def verdict(mutant: Mutant) -> tuple[bool, str]:
    """Whether a test turned red, and which."""
    with tempfile.TemporaryDirectory(prefix="wistia-lake-mutant-") as folder:
        sources, told = Path(folder) / "src", Path(folder) / "told"
        shutil.copytree(PROJECT / "src", sources)  # with what was compiled: only the mutant is compiled anew
        path = sources / "wistia_lake" / mutant.file
        path.write_text(path.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")
        process = multiprocessing.Process(target=run_tests, args=(sources, mutant.tests, told))
        process.start()
        process.join()
        failed = [line for line in told.read_text(encoding="utf-8").splitlines() if line.startswith("FAILED")]
    # 1 is "tests failed", or that this process broke; anything else (nothing collected, usage) proves nothing.
    return process.exitcode == 1 and bool(failed), failed[0][7:120] if failed else f"exit {process.exitcode}"


def chosen(words: Sequence[str]) -> list[Mutant]:
    """The mutants that the command line asks for."""
    if words and words[0] == "--share":
        return mutants()[share(words[1])]
    return [one for one in mutants() if not words or any(word in one.name for word in words)]


def main(words: Sequence[str]) -> int:
    """Apply the mutants that are asked for; 0 if each was noticed."""
    listed = chosen(words)
    multiprocessing.set_start_method("forkserver" if hasattr(os, "fork") else "spawn")
    multiprocessing.set_forkserver_preload(LIBRARIES)
    survivors = []
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:  # some wait for a time-out
        for mutant, (noticed, told) in zip(listed, pool.map(verdict, listed), strict=True):
            print(f"{'noticed ' if noticed else 'SURVIVED'}  {mutant.name}: {told}", flush=True)
            if not noticed:
                survivors.append(mutant.name)
    print(f"mutants: {len(listed)} applied, {len(listed) - len(survivors)} noticed, {len(survivors)} survived")
    return 1 if survivors or not listed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
