"""Shared by every test: nothing of the developer's own settings leaks in, and property tests keep no deadline."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from support import counters, fuzzing
from support.shares import share
from wistia_lake import log
from wistia_lake.lake.store import Store, open_store

pytest_plugins = ["support.servers.fixtures"]

# Files are written and databases opened: how long that takes says nothing about the property.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("project")

TESTS = Path(__file__).parent
ENGINES = ("engines", "spark")
"""Folders in which every test needs what ``make engines-fetch`` gets."""
NO_SKIPS = "WISTIA_LAKE_NO_SKIPS"
"""Where this is set, as in CI, a test that is skipped has failed: nothing may go untested without a word."""
_SKIPS_FAIL = [
    bool(os.environ.pop(NO_SKIPS, ""))
]  # taken away, because commands refuse such names that they do not know


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away every variable that the settings would read."""
    for name in list(os.environ):
        if name.startswith("WISTIA_") or name == "MEDIA_IDS":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Commands that run in this process send log lines to a stderr that is gone when the next test begins."""
    yield
    log.silence()


@pytest.fixture(params=["folder", "memory", pytest.param("s3", marks=pytest.mark.engines)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of every kind."""
    if request.param == "s3":
        return open_store(request.getfixturevalue("place").lake)
    return open_store(str(tmp_path / "lake") if request.param == "folder" else "memory://")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--world-seed N`` replays one random world; ``--worlds N`` says how many there are otherwise.

    ``--hostile-worlds N`` does so for those in which things go wrong, ``--zone-worlds N`` for those whose zone is
    looked for. ``--kills N`` and ``--kill-seed N`` are the same for runs that are killed. ``--counts FILE`` adds a line
    of JSON to a file that says what was gone through: worlds, kills, faults, rows compared with the truth.
    ``--share 2/3`` runs a third of what is chosen otherwise.
    """
    parser.addoption("--world-seed", type=int, default=None, help="run only the random world with this seed")
    parser.addoption("--worlds", type=int, default=1, help="how many random worlds to run")
    parser.addoption("--hostile-worlds", type=int, default=2, help="how many random worlds in which things go wrong")
    parser.addoption("--zone-worlds", type=int, default=24, help="in how many random worlds to look for the zone")
    parser.addoption("--far-worlds", type=int, default=5, help="how many random worlds engines are compared on")
    parser.addoption("--limit-requests", type=int, default=300, help="how many requests to make against the limit")
    parser.addoption("--real-limit", action="store_true", help="take real time for it, not a tenth")
    parser.addoption("--kills", type=int, default=6, help="how often each kind of run is killed")
    parser.addoption("--soak-days", type=int, default=42, help="for how many days a lake is run and maintained")
    parser.addoption("--kill-seed", type=int, default=1, help="which steps it is killed at")
    parser.addoption("--fuzz-examples", type=int, default=0, help="how many answers of each form to make up at least")
    parser.addoption(
        "--share", type=share, default=slice(None), help="2/3: every third of the tests, from the second on"
    )
    parser.addoption("--counts", type=Path, default=None, help="add what was gone through to this file")


def pytest_configure(config: pytest.Config) -> None:
    """Before any test module is read: decorators look at it."""
    fuzzing.LEAST[0] = config.getoption("--fuzz-examples")
    _SKIPS_FAIL[0] |= getattr(config, "workerinput", {}).get(NO_SKIPS, False)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker what it cannot read from its environment."""
    node.workerinput[NO_SKIPS] = _SKIPS_FAIL[0]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where engines are left out, their tests are not even read: they need packages that are not there.

    That would be a skip, and of something that nobody asked for.
    """
    left_out = "not engines" in config.getoption("markexpr", "")
    return True if left_out and collection_path.parent == TESTS and collection_path.name in ENGINES else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What can only be said of many worlds is no test of a few; of what is left and was chosen, the share asked for."""
    asked = 1 if config.getoption("--world-seed") is not None else config.getoption("--hostile-worlds")
    kept = [item for item in items if not (mark := item.get_closest_marker("worlds")) or asked >= mark.args[0]]
    kept = kept[config.getoption("--share")]
    left_out = set(items) - set(kept)
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = kept


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each random world is a test of its own; its seed stands in the test's name. All but the first take long."""
    only = metafunc.config.getoption("--world-seed")
    for name, option in (("world_seed", "--worlds"), ("hostile_seed", "--hostile-worlds")):
        if name in metafunc.fixturenames:
            seeds = range(1, metafunc.config.getoption(option) + 1) if only is None else [only]
            more = [pytest.param(seed, marks=pytest.mark.long, id=f"world-seed={seed}") for seed in seeds[1:]]
            metafunc.parametrize(name, [pytest.param(seeds[0], id=f"world-seed={seeds[0]}"), *more])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """A test that is skipped."""
    return no_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """A module that is skipped as a whole."""
    return no_skip((yield))


def no_skip(report: Any) -> Any:
    """The report, as a failure if it tells of a skip where nobody would look for one."""
    if report.skipped and not hasattr(report, "wasxfail") and _SKIPS_FAIL[0]:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"{report.nodeid} was skipped, and {NO_SKIPS} is set. {reason}"
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over what it counted."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["counts"] = dict(counters.COUNTS)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Add what a worker counted; one that died has handed over nothing."""
    counters.COUNTS.update(getattr(node, "workeroutput", {}).get("counts", {}))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what was gone through, and keep it for the summary of several runs."""
    if not counters.COUNTS or hasattr(config, "workeroutput"):
        return
    terminalreporter.write_line(f"gone through: {counters.told(counters.COUNTS)}")
    path: Path | None = config.getoption("--counts")
    if path is not None:
        with path.open("a", encoding="utf-8") as out:
            out.write(json.dumps(dict(counters.COUNTS)) + "\n")
