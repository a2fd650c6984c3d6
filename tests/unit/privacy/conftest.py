"""A pseudonymizer with a key that everybody knows."""

from __future__ import annotations

import pytest

from wistia_lake.privacy.pseudonym import Pseudonymizer


@pytest.fixture
def pseudonymizer():
    return Pseudonymizer(bytes(range(32)))
