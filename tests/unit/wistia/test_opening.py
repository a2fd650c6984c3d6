"""The client that every command gets."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wistia_lake.errors import ApiExhausted, SettingsError
from wistia_lake.model import Secret
from wistia_lake.sandbox.fault_kinds import Fault
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.settings import Loaded, Settings
from wistia_lake.wistia.access import required_token
from wistia_lake.wistia.endpoints import ACCOUNT
from wistia_lake.wistia.opening import open_client

NOW = datetime(2025, 3, 12, 14, tzinfo=UTC)


def test_time_outs_and_waits_pass_on_the_settings_time_scale() -> None:
    """Two time-outs of a minute and the wait between them, in an eighth of a second."""

    async def ask(base_url: str) -> ApiExhausted:
        settings = Settings(base_url=base_url, time_scale=1000, requests_per_minute=600)
        async with open_client(settings, Secret("sandbox-token"), lambda: NOW, attempts=2) as client:
            with pytest.raises(ApiExhausted) as caught:
                await asyncio.wait_for(client.get(ACCOUNT), 20)
        assert client.stats.requests == 2
        return caught.value

    with Sandbox("tiny", faults=[Fault(what="hang")]) as sandbox:
        assert "no complete answer within 60 seconds" in str(asyncio.run(ask(sandbox.base_url)))


def test_only_a_sandbox_on_this_machine_lets_time_pass_faster() -> None:
    loaded = Loaded(Settings(time_scale=2), Path(), Secret("x"))
    with pytest.raises(SettingsError, match=r"time_scale = 2 .* names api.wistia.com"):
        required_token(loaded)
