"""Two accounts in one folder: every command works on the one that was named, and leaves the other alone."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

import wistia_lake
from support.program import PROGRAM
from wistia_lake.lake.tables import BY_NAME
from wistia_lake.sandbox.catalog import channel_rules
from wistia_lake.sandbox.compare import compare
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.truth import COLUMNS, Truth

TOP = """\
requests_per_minute = 60000
now = "2025-03-12T14:00:00Z"
zone = "America/New_York"

[[channels]]
channel = "Facebook"
project = "Facebook*"

[accounts.pebble]
base_url = "{pebble}"

[accounts.old-pine]
base_url = "{pine}"
lake = "pine"
"""
MEDIAS = {"pebble": {"t1nyaaaa01", "t1nybbbb02"}, "old-pine": {"edgeaaaa01"}}
LAKES = {"pebble": "lakes/pebble", "old-pine": "pine"}


@pytest.fixture
def accounts(folder, monkeypatch):
    """Two served accounts and one settings file."""
    with Sandbox("tiny") as pebble, Sandbox("edge") as pine:
        toml = TOP.format(pebble=pebble.base_url, pine=pine.base_url)
        (folder / "wistia-lake.toml").write_text(toml, encoding="utf-8")
        monkeypatch.setenv("WISTIA_API_TOKEN_PEBBLE", pebble.token)
        monkeypatch.setenv("WISTIA_API_TOKEN_OLD_PINE", pine.token)
        yield {"pebble": pebble, "old-pine": pine}


def _state(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _differences(folder: Path, name: str, account: Sandbox) -> dict[str, object]:
    truth = Truth(
        world=account.world,
        looks=account.requests(),
        zone="America/New_York",
        pseudonym_key=bytes.fromhex((folder / f"pseudonym-{name}.key").read_text().strip()),
        channel_rules=channel_rules(TOP.split("[accounts", maxsplit=1)[0]),
    )
    lake = wistia_lake.open(LAKES[name])
    found = {
        table: compare(truth.rows(table), lake.sql(f"select * from {table}"), BY_NAME[table].key) for table in COLUMNS
    }
    return {table: differences for table, differences in found.items() if differences}


def test_two_runs_side_by_side_fill_two_lakes_with_two_truths(folder, accounts):
    running = [
        subprocess.Popen(
            [*PROGRAM, "run", "--account", name, "--from", "2025-03-06"], env=os.environ, cwd=folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for name in accounts
    ]  # fmt: skip
    for process in running:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    for name, account in accounts.items():
        assert _differences(folder, name, account) == {}
    assert len({(folder / f"pseudonym-{name}.key").read_bytes() for name in accounts}) == 2
    assert not (folder / "lake").exists()
    assert not (folder / "pseudonym.key").exists()


def _listed(call, name: str, *words: str) -> set[str]:
    result = call(*words, "query", "select media_id from silver.dim_media", "--format", "csv")
    assert result.code == 0, result.err
    return set(result.out.split()[1:])


def test_every_command_works_on_the_account_that_was_named(call, folder, accounts, monkeypatch):
    assert call("run", "--account", "old-pine", "--from", "2025-03-11").code == 0
    pine = _state(folder / "pine")
    keys = _state(folder)["pseudonym-old-pine.key"]
    planned = json.loads(call("plan", "--account", "pebble", "--from", "2025-03-11", "--json").out)
    assert {one["stream"]: one["slice_count"] for one in planned["streams"]}["media_stats"] == 1
    checks = json.loads(call("--account", "pebble", "doctor", "--json").out)["findings"]
    told = {one["name"]: one["message"] for one in checks}
    assert told["settings"].startswith("loaded for the account pebble")
    assert str(folder / "lakes" / "pebble") in told["store"]
    assert str(folder / "pseudonym-pebble.key") in told["key"]
    assert not (folder / "lakes").exists(), "plan and doctor write nothing"
    monkeypatch.setenv("WISTIA_LAKE_ACCOUNT", "pebble")
    for words in (["init"], ["backfill", "--from", "2025-03-11"], ["ingest"], ["build", "--full"], ["check"]):
        result = call(*words)
        assert result.code == 0, (words, result.err)
    assert json.loads(call("status", "--json").out)["lake"] == str(folder / "lakes" / "pebble")
    assert call("export", "dim_media", "--format", "csv", "--output", "medias.csv").code == 0
    assert "t1nyaaaa01" in (folder / "medias.csv").read_text(encoding="utf-8")
    assert call("probe", "medias", "--output", "samples").code == 0
    assert MEDIAS["pebble"] == _listed(call, "pebble")
    assert MEDIAS["old-pine"] == _listed(call, "old-pine", "--account", "old-pine"), "the option wins"
    assert _state(folder / "pine") == pine, "the other lake is as it was"
    assert _state(folder)["pseudonym-old-pine.key"] == keys


@pytest.mark.parametrize(
    "words",
    [
        ["run"], ["ingest"], ["build"], ["check"], ["status"], ["plan"], ["backfill"], ["query", "sanity"], ["init"],
        ["export", "dim_media"], ["maintain"], ["probe", "medias"], ["probe", "time-zone"],
    ],
)  # fmt: skip
def test_without_a_name_every_command_lists_them_and_does_nothing(call, folder, accounts, words):
    before = _state(folder)
    result = call(*words)
    assert (result.code, result.out) == (3, "")
    assert "say which one is meant with --account or WISTIA_LAKE_ACCOUNT: old-pine, pebble." in result.err
    assert call(*words, "--account", "pine").code == 3
    assert _state(folder) == before
    assert [account.requests() for account in accounts.values()] == [[], []]


def test_doctor_without_a_name_says_so_as_a_finding(call, accounts):
    result = call("doctor")
    assert result.code == 3
    assert "say which one is meant" in result.out


def test_a_refused_token_is_named_by_the_accounts_variable(call, accounts, monkeypatch):
    monkeypatch.setenv("WISTIA_API_TOKEN_PEBBLE", "wrong")
    monkeypatch.setenv("WISTIA_API_TOKEN", accounts["pebble"].token)
    assert "check WISTIA_API_TOKEN_PEBBLE and its permission" in call("run", "--account", "pebble").err
    monkeypatch.delenv("WISTIA_API_TOKEN_PEBBLE")
    result = call("run", "--account", "pebble")
    assert result.code == 3
    assert "WISTIA_API_TOKEN_PEBBLE is not set" in result.err


def test_what_was_the_only_account_becomes_one_of_several(call, folder, accounts, monkeypatch):
    toml = (folder / "wistia-lake.toml").read_text(encoding="utf-8")
    alone = toml.split("[accounts")[0].replace("now =", f'base_url = "{accounts["pebble"].base_url}"\nnow =')
    (folder / "wistia-lake.toml").write_text(alone, encoding="utf-8")
    monkeypatch.setenv("WISTIA_API_TOKEN", accounts["pebble"].token)
    assert call("run").code == 0
    (folder / "wistia-lake.toml").write_text(toml.replace("[accounts.pebble]", '[accounts.pebble]\nlake = "./lake"'))
    lost = call("run", "--account", "pebble")
    assert lost.code == 3
    assert "pseudonym-pebble.key is missing" in lost.err
    assert "WISTIA_LAKE_PSEUDONYM_KEY_PEBBLE" in lost.err
    (folder / "pseudonym.key").rename(folder / "pseudonym-pebble.key")
    again = call("run", "--account", "pebble")
    assert again.code == 0
    assert "0 new" in again.out


def test_init_writes_the_template_of_the_account(call, folder, accounts):
    assert call("init", "--account", "pebble").code == 0
    assert "\nWISTIA_API_TOKEN_PEBBLE=\n" in (folder / ".env").read_text(encoding="utf-8")
    assert (folder / "pseudonym-pebble.key").exists()
