"""Registries, files and pages are in step."""

from __future__ import annotations

import importlib.util
import os
import re
import runpy
import tomllib
from pathlib import Path
from types import ModuleType

import click
import pytest

from wistia_lake import tables_doc
from wistia_lake.cli import reference
from wistia_lake.cli.main import COMMANDS
from wistia_lake.cli.probe_commands import COMMANDS as PROBE_COMMANDS
from wistia_lake.cli.sandbox_commands import COMMANDS as SANDBOX_COMMANDS
from wistia_lake.lake.tables import BY_NAME, TABLES

ROOT = Path(__file__).parents[2]
MODELLED = [table for table in TABLES if table.namespace in {"silver", "gold"}]


def _script(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _commands() -> dict[str, click.Command]:
    return {context.command_path: command for context, command in reference.every_command()}


def test_generated_pages_are_what_the_code_says():
    assert _script("docs/generate.py").stale(ROOT / "docs") == []


@pytest.mark.parametrize(("path", "command"), _commands().items())
def test_every_command_has_help_and_is_documented(path, command):
    assert command.help
    assert f"## {path}\n" in _text("docs/cli.md")
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden and parameter.name != "format_":
            assert parameter.help, parameter


def test_the_list_of_commands_says_what_the_commands_say():
    commands = _commands()
    del commands["wistia-lake"]
    listed = {f"wistia-lake {name}": line for name, (_, line) in COMMANDS.items()}
    listed |= {f"wistia-lake sandbox {name}": line for name, (_, line) in SANDBOX_COMMANDS.items()}
    listed |= {f"wistia-lake probe {name}": line for name, (_, line) in PROBE_COMMANDS.items()}
    assert listed == {
        path: (command.help or "").split("\n\n")[0].replace("\n", " ") for path, command in commands.items()
    }


@pytest.mark.parametrize("table", MODELLED, ids=lambda table: table.full_name)
def test_every_table_has_its_sql(table):
    assert (ROOT / f"src/wistia_lake/{table.namespace}/{table.name}.sql").is_file()


def test_every_sql_file_has_its_table():
    files = [*(ROOT / "src/wistia_lake/silver").glob("*.sql"), *(ROOT / "src/wistia_lake/gold").glob("*.sql")]
    assert {f"{path.parent.name}.{path.stem}" for path in files} == {table.full_name for table in MODELLED}


def test_every_table_is_explained():
    page = _text("docs/tables.md")
    assert [table.full_name for table in TABLES if f"## {table.full_name}\n" not in page] == []
    assert all(tables_doc.find_table(table.name) is table for table in TABLES)


def test_what_tables_read_and_refer_to_exists():
    assert [read for table in TABLES for read in table.reads if "." in read and read not in BY_NAME] == []
    for table in TABLES:
        for column, other, to in table.references:
            assert column in table.column_names
            assert to in BY_NAME[other].column_names


def test_every_table_has_worked_cases():
    cases = ROOT / "tests/cases"
    folders = {path.name for path in cases.iterdir() if path.is_dir()} if cases.is_dir() else set()
    assert folders - {"__pycache__"} == {table.name for table in MODELLED}


def test_each_promise_has_a_section_that_names_its_tests_or_says_that_there_is_none():
    sections = re.split(r"^## ", _text("docs/promises.md"), flags=re.MULTILINE)[1:]
    assert [section.split(".")[0] for section in sections] == [str(number) for number in range(1, 9)]
    assert [section for section in sections if "tests/" not in section and "Not proven" not in section] == []


def test_pages_name_existing_tests():
    for page in (ROOT / "docs").glob("*.md"):
        for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text(encoding="utf-8")):
            assert re.search(rf"^\s*(?:async )?def {name}\(", _text(path), re.MULTILINE), f"{page}: {path}::{name}"


def test_the_architecture_names_existing_paths():
    page = _text("ARCHITECTURE.md")
    paths = re.findall(r"`((?:src|tests|docs)/[\w/.]*|[\w-]+\.example\.toml)`", page)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_links_between_pages_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_version_is_the_changelogs_first():
    version = tomllib.loads(_text("pyproject.toml"))["project"]["version"]
    headings = re.findall(r"^## \[([^]]+)\]", _text("CHANGELOG.md"), re.MULTILINE)
    assert version in headings[:2]
    assert headings[0] in {version, "Unreleased"}


def test_plain_requirements_are_those_of_the_lock():
    plain = _script(".ci/plain_pins.py").plain_pins(_text("requirements-dev.lock"))
    assert plain == _text("requirements-dev.txt")


def test_continuous_integration_calls_what_the_readme_says():
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    for command in ("make test", "make demo"):
        assert command in _text("README.md")
    assert re.search(r"^make test$", script.read_text(), re.MULTILINE)
    assert " demo" in script.read_text()


def test_every_mutants_text_stands_once_in_its_file():
    names = [mutant.name for mutant in runpy.run_path(str(ROOT / "tests/mutants/run.py"))["mutants"]()]
    assert len(names) == len(set(names)) > 100


def test_every_make_target_that_a_page_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", _text("Makefile"), re.MULTILINE))
    pages = "".join(_text(path) for path in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", ".ci/run"))
    assert (
        set(re.findall(r"`make ([a-z-]+)`", pages)) | set(re.findall(r"^make ([a-z-]+)", pages, re.MULTILINE))
        <= targets
    )
