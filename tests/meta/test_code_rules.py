"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
BROAD = {"Exception", "BaseException"}
CATCHES_ALL = {"cli/main.py"}


def _is_broad(handler: ast.ExceptHandler) -> bool:
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else BROAD
    raises_again = any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
    return bool(names & BROAD) and not raises_again


def test_only_the_edge_catches_everything():
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and _is_broad(node):
                found.add(path.relative_to(ROOT / "src/wistia_lake").as_posix())
    assert found <= CATCHES_ALL


def test_public_names_are_exactly_all():
    script = (
        "import types, wistia_lake as w\n"
        "future = type(__import__('__future__').annotations)\n"
        "typing_only = {'TYPE_CHECKING', 'Any'}\n"
        "public = {n for n, v in vars(w).items() if not n.startswith('_') and n not in typing_only\n"
        "          and not isinstance(v, (types.ModuleType, future))}\n"
        "assert public <= set(w.__all__), public\n"
        "assert sorted(w.__all__) == w.__all__, w.__all__\n"
        "assert all(getattr(w, n) is not None for n in w.__all__)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_no_module_has_a_name_that_says_nothing():
    nothing = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "processor"}
    assert [path for path in SOURCES if path.stem in nothing or path.parent.name in nothing] == []


def test_silver_reads_bronze_in_one_place_which_leaves_out_hidden_medias():
    readers = {
        path.name for path in (ROOT / "src/wistia_lake/silver").glob("*.py") if ".history.bronze(" in path.read_text()
    }
    assert readers == {"context.py"}


FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w./:>-])/(?:work|root|home|Users)/\w"),
    "a folder outside the project": re.compile(r"\.\./shared"),
    "a package registry's host": re.compile(
        "|".join(("pypi" + r"\.org", "python" + r"hosted\.org", "--index" + "-url"))
    ),
}


def _tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_names(what):
    found = {}
    for path in _tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        if path != Path(__file__) and (match := FORBIDDEN[what].search(text)) is not None:
            found[path.relative_to(ROOT).as_posix()] = match.group()
    assert found == {}
