"""Nothing that identifies a person directly reaches a disk: canaries, looked for in what every file means."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from support.leaks import search
from support.simulation import KEY, Simulation, simulation
from wistia_lake.privacy import policy
from wistia_lake.privacy.pseudonym import Pseudonymizer
from wistia_lake.privacy.rows import EventRow
from wistia_lake.privacy.served import EventServed
from wistia_lake.sandbox.private import private_values

pytestmark = pytest.mark.slow


def _private(account: Simulation) -> dict[str, set[str]]:
    """Every private value that the API served, and the token. Short ones would be found by chance, so they are left out."""
    values = private_values(account.sandbox.world, account.now)
    values.setdefault("token", set()).add(account.sandbox.token)
    values["pseudonym key"] = {KEY}
    return {kind: {value for value in found if len(value) >= 5} for kind, found in values.items()}


def _leaking(row_of: Callable[..., EventRow], field: str) -> Callable[..., EventRow]:
    """The real function, but the named field's value goes where the region should stand."""

    def row(event: EventServed, pseudonymizer: Pseudonymizer) -> EventRow:
        value = getattr(event, field)
        text = str(msgspec.json.decode(value)) if isinstance(value, msgspec.Raw) else str(value)
        return msgspec.structs.replace(row_of(event, pseudonymizer), region=text)

    return row


def _run_in_a_home_of_its_own(account: Simulation, folder: Path) -> bytes:
    """Two days of the real command, with its home and temporary files under ``folder``; gives what it printed."""
    printed = b""
    config = folder / "wistia-lake.toml"
    config.write_text(account.sandbox.world.scenario.toml, encoding="utf-8")
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    environment = {
        **os.environ, "HOME": str(folder / "home"), "USERPROFILE": str(folder / "home"), "TMPDIR": str(folder / "tmp"),
        "TEMP": str(folder / "tmp"), "TMP": str(folder / "tmp"), "WISTIA_API_TOKEN": account.sandbox.token,
        "WISTIA_LAKE_PSEUDONYM_KEY": KEY, "WISTIA_LAKE_REQUESTS_PER_MINUTE": "60000",
    }  # fmt: skip
    for when in ("2025-03-11 14:00", "2025-03-12 14:00"):
        account.at(when)
        for command in (["-vv", "run"], ["status"], ["query", "select * from silver.fact_event", "--format", "csv"]):
            arguments = [
                sys.executable, "-m", "wistia_lake.cli.main", "--lake", str(account.lake), "--config", str(config),
                "--base-url", account.sandbox.base_url, "--now", account.now.isoformat(), *command,
            ]  # fmt: skip
            done = subprocess.run(arguments, env=environment, cwd=folder, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr.decode()
            printed += done.stdout + done.stderr
    return printed


def test_no_private_value_reaches_a_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files, logs, output, temp and home hold no address, e-mail, name, place, query, token or raw key."""
    with simulation(tmp_path, "tiny", now="2025-03-11 14:00") as account:
        printed = _run_in_a_home_of_its_own(account, tmp_path)
        private = _private(account)
    result = search([tmp_path], private, {"what the commands printed": printed})
    with capsys.disabled():
        print(f"\n{result}; {sum(map(len, private.values()))} private values of {len(private)} kinds")
    assert result.found == []
    assert {"raw", "zstd", "parquet", "avro", "sqlite"} <= result.decoded.keys()
    assert min(len(private[kind]) for kind in ("ip", "event_key", "visitor_key", "city", "query", "email", "name")) > 0


@pytest.mark.parametrize("field", ["ip", "city", "org", "embed_url", "visitor_key"])
def test_one_field_wrongly_allowed_is_found(field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: with one more field let through, the search fails, in bronze and in the tables."""
    monkeypatch.setattr(policy, "_event_row", _leaking(policy._event_row, field))
    with simulation(tmp_path, "tiny", now="2025-03-12 14:00") as account:
        account.run()
        private = _private(account)
    found = search([account.lake], private).found
    assert any("zstd" in what for what in found)
    assert any("parquet" in what for what in found)
