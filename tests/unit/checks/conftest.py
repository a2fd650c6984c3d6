"""A lake to write by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.checked import Checked


@pytest.fixture
def lake(tmp_path: Path) -> Checked:
    """Empty, in New York's zone."""
    return Checked(tmp_path, zone="America/New_York")
