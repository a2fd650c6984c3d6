"""Shared by every test: nothing of the developer's own settings leaks in, and property tests keep no deadline."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# Files are written and databases opened: how long that takes says nothing about the property.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("project")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away every variable that the settings would read."""
    for name in list(os.environ):
        if name.startswith("WISTIA_") or name == "MEDIA_IDS":
            monkeypatch.delenv(name)
