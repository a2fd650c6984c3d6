"""Shared by every test: nothing of the developer's own settings leaks in, and property tests keep no deadline."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from wistia_lake import log
from wistia_lake.lake.store import Store, open_store

pytest_plugins = ["support.servers.fixtures"]

# Files are written and databases opened: how long that takes says nothing about the property.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("project")


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
    looked for. ``--kills N`` and ``--kill-seed N`` are the same for runs that are killed.
    """
    parser.addoption("--world-seed", type=int, default=None, help="run only the random world with this seed")
    parser.addoption("--worlds", type=int, default=1, help="how many random worlds to run")
    parser.addoption("--hostile-worlds", type=int, default=2, help="how many random worlds in which things go wrong")
    parser.addoption("--zone-worlds", type=int, default=24, help="in how many random worlds to look for the zone")
    parser.addoption("--limit-requests", type=int, default=300, help="how many requests to make against the limit")
    parser.addoption("--real-limit", action="store_true", help="take real time for it, not a tenth")
    parser.addoption("--kills", type=int, default=6, help="how often each kind of run is killed")
    parser.addoption("--soak-days", type=int, default=42, help="for how many days a lake is run and maintained")
    parser.addoption("--kill-seed", type=int, default=1, help="which steps it is killed at")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each random world is a test of its own; its seed stands in the test's name."""
    only = metafunc.config.getoption("--world-seed")
    for name, option in (("world_seed", "--worlds"), ("hostile_seed", "--hostile-worlds")):
        if name in metafunc.fixturenames:
            seeds = range(1, metafunc.config.getoption(option) + 1) if only is None else [only]
            metafunc.parametrize(name, seeds, ids=lambda seed: f"world-seed={seed}")
