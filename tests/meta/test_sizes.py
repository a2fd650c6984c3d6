"""Modules and functions stay small enough to be read in one sitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MODULE_LINES, FUNCTION_LINES, INIT_LINES = 300, 40, 40


def _name(path: Path) -> str:
    return path.relative_to(ROOT / "src/wistia_lake").as_posix()


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function and its lines, without those of its decorators and docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            first = body[0].lineno if body else node.lineno
            yield f"{_name(path)}:{node.name}", (node.end_lineno or node.lineno) - first + 2


def test_modules_end_at_300_lines():
    sizes = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    too_long = {name: size for name, size in sizes.items() if size > MODULE_LINES}
    assert too_long == {}


def test_functions_end_at_40_lines():
    too_long = {name: size for path in SOURCES for name, size in _functions(path) if size > FUNCTION_LINES}
    assert too_long == {}


def test_packages_hold_no_long_init():
    # The truth's package is one class that its users import by the package's name.
    inits = [path for path in SOURCES if path.name == "__init__.py"]
    too_long = {_name(path): size for path in inits if (size := len(path.read_text().splitlines())) > INIT_LINES}
    assert too_long == {}
