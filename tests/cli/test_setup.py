"""``init`` and ``doctor``: the first minutes."""

from __future__ import annotations

import json
import os
import re
import stat
import tomllib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from wistia_lake.pipeline.doctor import DISK_FAIL, DISK_WARN, clock_finding
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.server import TOKEN_WITHOUT_STATS
from wistia_lake.settings import Settings, load_settings

NAMES = ["versions", "settings", "zone", "api", "media list", "statistics", "clock", "store", "disk", "key", "catalog"]


@pytest.fixture
def account(folder, monkeypatch):
    """The tiny account and nothing else: no settings, no lake."""
    with Sandbox("tiny") as sandbox:
        monkeypatch.setenv("WISTIA_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("WISTIA_API_TOKEN", sandbox.token)
        monkeypatch.setenv("WISTIA_LAKE_NOW", f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}")
        monkeypatch.setenv("WISTIA_LAKE_REQUESTS_PER_MINUTE", "60000")
        yield sandbox


def _states(call, *words):
    result = call("doctor", *words, "--json")
    return result, {one["name"]: one for one in json.loads(result.out)["findings"]}


def test_a_healthy_place_has_one_line_each_and_exit_0(call, account, folder):
    result = call("doctor")
    assert (result.code, result.err) == (0, "")
    assert [re.split(r"\s{2,}", line)[1] for line in result.out.splitlines()] == NAMES
    assert sorted(folder.iterdir()) == []


def test_doctor_after_a_run_knows_lake_key_and_tables(call, account, folder):
    assert call("run").code == 0
    result, found = _states(call)
    assert result.code == 0
    assert "fingerprint" in found["key"]["message"]
    assert re.search(r"(\d+) of \1 tables are built", found["catalog"]["message"])
    assert {one["state"] for name, one in found.items() if name not in {"zone", "disk"}} == {"ok"}


@pytest.mark.parametrize(
    ("variable", "value", "name", "sentence"),
    [
        ("WISTIA_API_TOKEN", "", "token", "WISTIA_API_TOKEN is not set"),
        ("WISTIA_API_TOKEN", "wrong", "api", "check WISTIA_API_TOKEN"),
        ("WISTIA_API_TOKEN", TOKEN_WITHOUT_STATS, "statistics", "lacks the permission Read detailed stats"),
        ("WISTIA_BASE_URL", "http://127.0.0.1:9", "api", "cannot connect"),
        ("WISTIA_LAKE_ZONE", "New York", "settings", "write one such as America/New_York"),
        ("WISTIA_LAKE", "s3://bucket/lake", "store", "cannot be opened"),
        ("WISTIA_LAKE_PSEUDONYM_KEY", "abc", "key", "64 hexadecimal digits"),
    ],
)
def test_what_fails_is_named_with_its_remedy_and_exit_3(call, account, monkeypatch, variable, value, name, sentence):
    monkeypatch.setenv(variable, value)
    result, found = _states(call)
    assert result.code == 3
    assert found[name]["state"] == "fail"
    assert sentence in found[name]["message"]
    assert [one for one, finding in found.items() if finding["state"] == "fail"] == [name]
    assert f"failed: {name}. The lines above say what to do." in result.err
    assert "Traceback" not in result.err


def test_a_missing_or_another_key_a_moved_lake_and_a_file_in_its_place_fail(call, account, folder, monkeypatch):
    assert call("run").code == 0
    key = (folder / "pseudonym.key").read_bytes()
    (folder / "pseudonym.key").unlink()
    _, found = _states(call)
    assert (found["key"]["state"], "is missing" in found["key"]["message"]) == ("fail", True)
    assert not (folder / "pseudonym.key").exists()
    monkeypatch.setenv("WISTIA_LAKE_PSEUDONYM_KEY", "0c" * 32)
    assert "was made with the pseudonym key" in _states(call)[1]["key"]["message"]
    monkeypatch.delenv("WISTIA_LAKE_PSEUDONYM_KEY")
    (folder / "pseudonym.key").write_bytes(key)
    (folder / "lake").rename(folder / "moved")
    catalog = _states(call, "--lake", "moved")[1]["catalog"]
    assert (catalog["state"], "wistia-lake build --full" in catalog["message"]) == ("fail", True)
    (folder / "lake").write_text("")
    assert _states(call)[1]["store"]["state"] == "fail"


def test_unset_zone_and_a_key_that_others_can_read_are_warned_of(call, account, folder):
    (folder / "pseudonym.key").write_text("0b" * 32)
    (folder / "pseudonym.key").chmod(0o644)
    result, found = _states(call)
    assert result.code == 0
    assert (found["zone"]["state"], found["key"]["state"]) == ("warn", "warn")
    assert found["key"]["remedy"].startswith("chmod 600 ")


def test_a_full_disk_is_said(call, account, monkeypatch):
    for free, state in ((DISK_WARN, "ok"), (DISK_WARN - 1, "warn"), (DISK_FAIL - 1, "fail")):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        assert _states(call)[1]["disk"]["state"] == state


@pytest.mark.parametrize(
    ("seconds", "state", "words"),
    [(0, "ok", "0 s"), (-59, "ok", "59 s behind"), (300, "warn", "300 s ahead of"), (-3600, "fail", "3600 s behind")],
)
def test_clock_skew(seconds, state, words):
    now = datetime(2025, 3, 12, 14, tzinfo=UTC) + timedelta(seconds=seconds)
    found = clock_finding("Wed, 12 Mar 2025 14:00:00 GMT", now, is_simulated=False)
    assert found.state == state
    assert words in found.message
    assert (found.remedy is None) == (state == "ok")


def test_a_clock_that_cannot_be_compared_is_a_warning():
    now = datetime(2025, 3, 12, 14, tzinfo=UTC)
    assert clock_finding("soon", now, is_simulated=False).state == "warn"
    assert clock_finding("soon", now, is_simulated=True).state == "ok"


def test_init_writes_three_files_that_load_and_never_over_existing_ones(call, folder):
    result = call("init")
    assert (result.code, result.err) == (0, "")
    assert sorted(path.name for path in folder.iterdir()) == [".env", "pseudonym.key", "wistia-lake.toml"]
    if os.name == "posix":
        assert {stat.S_IMODE((folder / name).stat().st_mode) for name in (".env", "pseudonym.key")} == {0o600}
    assert result.out.splitlines()[-1].startswith("Next: put a token into .env")
    assert load_settings(environ={}, working_folder=folder).settings == Settings()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    again = json.loads(call("init", "--json").out)
    assert (again["written"], len(again["kept"])) == ([], 3)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def _without_marks(text: str) -> str:
    """The settings with every commented setting taken at its word."""
    return re.sub(r"^# (?=\w+ = |\[\[)", "", text, flags=re.MULTILINE)


def test_with_a_token_init_proposes_start_and_channels_from_the_account(call, account, folder):
    result = call("init")
    assert result.code == 0
    assert "2 medias in 2 projects" in result.out
    text = (folder / "wistia-lake.toml").read_text(encoding="utf-8")
    assert load_settings(environ={}, working_folder=folder).settings == Settings(), "nothing is decided for anybody"
    proposed = tomllib.loads(_without_marks(text))
    assert f"{proposed['start']}" == "2025-03-03"
    assert proposed["channels"] == [{"channel": name, "project": name} for name in ("Facebook Launch", "Website")]
    (folder / "wistia-lake.toml").write_text(_without_marks(text), encoding="utf-8")
    assert load_settings(environ={}, working_folder=folder).settings.channels[0].project == "Facebook Launch"


def test_init_goes_on_without_the_account_and_respects_a_lakes_key(call, account, folder, monkeypatch):
    monkeypatch.setenv("WISTIA_API_TOKEN", "wrong")
    result = call("init", "--config", "other.toml")
    assert result.code == 0
    assert "nothing is proposed from it" in result.out
    assert (folder / "other.toml").exists()
    monkeypatch.setenv("WISTIA_API_TOKEN", account.token)
    assert call("run").code == 0
    (folder / "pseudonym.key").unlink()
    refused = call("init")
    assert refused.code == 3
    assert "is missing" in refused.err
    assert not (folder / "pseudonym.key").exists()


def test_leftovers_are_a_warning_and_cleaning_says_each(call, account, folder):
    assert call("run").code == 0
    assert _states(call)[1]["leftovers"]["state"] == "ok"
    left = next((folder / "lake/bronze/events").rglob("*.ndjson.zst")).with_name(
        "0195899f-aaaa-7aaa-8aaa-aaaaaaaaaaaa.ndjson.zst"
    )
    left.write_bytes(b"left")
    os.utime(left, (account.now.timestamp() - 25 * 3600,) * 2)
    result, found = _states(call)
    assert (result.code, found["leftovers"]["state"]) == (0, "warn")
    assert "1 x rows or notes that no manifest names (4 bytes)" in found["leftovers"]["message"]
    assert "doctor --clean" in found["leftovers"]["remedy"]
    assert left.exists()
    cleaned = call("doctor", "--clean")
    assert cleaned.code == 0
    assert (
        f"removed {left.relative_to(folder / 'lake').as_posix()} (rows or notes that no manifest names, 4 bytes)"
        in cleaned.out
    )
    assert not left.exists()
    assert _states(call)[1]["leftovers"]["state"] == "ok"
