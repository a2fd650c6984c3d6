"""The registry of checks, its queries and its page are in step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wistia_lake.checks.registry import BY_NAME, CHECKS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "src/wistia_lake/checks"


def test_every_check_is_explained_in_order_and_says_whether_it_fails_or_warns():
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    section = page.partition("\n## Checks\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| (fail|warn)s \|", section, re.MULTILINE)
    assert lines == [(check.name, check.severity) for check in CHECKS]


def test_names_are_unique_and_each_check_says_what_to_do():
    assert len(BY_NAME) == len(CHECKS)
    assert [check.name for check in CHECKS if not check.question.endswith("?") or len(check.remedy) < 40] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_every_query_is_asked_and_says_what_it_is(path):
    modules = "\n".join(module.read_text(encoding="utf-8") for module in FOLDER.glob("*.py"))
    assert f'"{path.stem}"' in modules
    assert path.read_text(encoding="utf-8").startswith("-- ")
