from __future__ import annotations

import pytest

from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.server import Site
from wistia_lake.sandbox.world import World

SEED = 20250309


@pytest.fixture
def world():
    print(f"seed {SEED}")
    return World("tiny", SEED)


@pytest.fixture
def site(world):
    return Site(world, rate_limit=None)


@pytest.fixture(scope="module")
def tiny():
    print(f"seed {SEED}")
    with Sandbox(World("tiny", SEED)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def demo():
    print("seed 1")
    with Sandbox("demo") as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def demo_world():
    print("seed 1")
    return World("demo")
