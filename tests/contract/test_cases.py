"""Every worked case gives its rows, on every engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.cases import Case, case_files


@pytest.mark.parametrize("path", case_files(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_case(path: Path, tmp_path: Path) -> None:
    """The looks of a case give exactly the rows that it demands, and a full build gives them again."""
    case = Case(path, tmp_path)
    case.look()
    case.build()
    for full in (False, True):
        if full:
            case.build(full=True)
        for table in case.spec["expect"]:
            expected = case.expected(table)
            columns = list(case.spec["expect"][table][0]) if expected else []
            if not expected:
                assert case.found(table, ["media_id"]) == []
            else:
                assert case.found(table, columns) == expected
