"""The servers as fixtures: each is started once, by the first test that asks for it, and ends with the tests.

Their logs lie in the folder of the session (``--basetemp`` names it) and are named where a start fails.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.servers.moto import moto as start_moto
from support.servers.seaweed import Place, Seaweed
from support.servers.seaweed import seaweed as start_seaweed
from support.servers.trino import Trino
from support.servers.trino import trino as start_trino


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """S3 and the Iceberg REST catalog."""
    with start_seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture
def place(seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A bucket and a warehouse of the test's own, with the credentials in the environment."""
    for name, value in seaweed.environment.items():
        monkeypatch.setenv(name, value)
    return seaweed.place()


@pytest.fixture(scope="session")
def trino(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trino]:
    """Trino; ``trino.catalog(place.trino)`` shows it a place."""
    with start_trino(tmp_path_factory.mktemp("trino")) as server:
        yield server


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """moto's URL."""
    with start_moto(tmp_path_factory.mktemp("moto")) as url:
        yield url
