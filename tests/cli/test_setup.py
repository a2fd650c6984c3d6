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

from support.zone_worlds import zone_world
from wistia_lake.lake.tables import TABLES
from wistia_lake.pipeline.doctor import DISK_FAIL, DISK_WARN, clock_finding
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.server import TOKEN_WITHOUT_STATS
from wistia_lake.settings import Settings, load_settings

NAMES = [
    "versions", "settings", "zone", "webhook", "api", "media list", "statistics", "clock", "store", "disk", "key",
    "catalog",
]  # fmt: skip


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
    told = f"{len(TABLES) - 1} of {len(TABLES)} tables are built"  # ops.check_result begins with the first check
    assert found["catalog"]["message"] == told
    assert {one["state"] for name, one in found.items() if name not in {"zone", "disk"}} == {"ok"}


@pytest.mark.parametrize(
    ("variable", "value", "name", "sentence"),
    [
        ("WISTIA_API_TOKEN", "", "token", "WISTIA_API_TOKEN is not set"),
        ("WISTIA_API_TOKEN", "wrong", "api", "check WISTIA_API_TOKEN"),
        ("WISTIA_API_TOKEN", TOKEN_WITHOUT_STATS, "statistics", "lacks the permission Read detailed stats"),
        ("WISTIA_BASE_URL", "http://127.0.0.1:9", "api", "cannot connect"),
        ("WISTIA_LAKE_ZONE", "New York", "settings", "write one such as America/New_York"),
        ("WISTIA_LAKE", "gs://bucket/lake", "store", "cannot open"),
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


DENVER = {"zone": "America/Denver", "days": 20, "sessions": 1500}


@pytest.fixture
def denver(folder, monkeypatch):
    """An account in Denver with enough sessions to tell so."""
    account = zone_world(3, **DENVER)
    with Sandbox(account.world, now=account.now) as sandbox:
        monkeypatch.setenv("WISTIA_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("WISTIA_API_TOKEN", sandbox.token)
        monkeypatch.setenv("WISTIA_LAKE_NOW", f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}")
        monkeypatch.setenv("WISTIA_LAKE_REQUESTS_PER_MINUTE", "60000")
        yield sandbox


def test_doctor_warns_of_a_zone_that_contradicts_the_data(call, denver, monkeypatch):
    assert call("ingest").code == 0
    _, found = _states(call)
    assert found["zone"]["state"] == "warn"
    assert found["zone"]["message"].startswith("not set, so days are UTC days, which contradicts the data: ")
    assert found["zone"]["remedy"].startswith('Write zone = "America/Denver"')
    for zone, state in (("Asia/Tokyo", "warn"), ("America/Denver", "ok"), ("America/Boise", "ok")):
        monkeypatch.setenv("WISTIA_LAKE_ZONE", zone)
        result, found = _states(call)
        assert (result.code, found["zone"]["state"]) == (0, state)
        words = "contradicts the data: " if state == "warn" else "the data agrees: "
        assert found["zone"]["message"].startswith(zone)
        assert words in found["zone"]["message"]
        assert (found["zone"]["remedy"] is None) == (state == "ok")


def test_doctor_says_when_a_lake_has_not_enough_data_for_its_zone(call, account, monkeypatch):
    monkeypatch.setenv("WISTIA_LAKE_ZONE", "America/New_York")
    assert _states(call)[1]["zone"]["message"] == "America/New_York", "without a lake there is nothing to compare"
    assert call("ingest").code == 0
    zone = _states(call)[1]["zone"]
    assert zone["state"] == "ok"
    assert zone["message"].startswith("America/New_York; not enough data to tell the account's zone: 372 sessions")
    monkeypatch.setenv("WISTIA_LAKE_ZONE", "Asia/Tokyo")
    assert _states(call)[1]["zone"]["remedy"] == "Look which zones are left: wistia-lake probe time-zone"


def test_with_a_token_init_proposes_the_zone_in_few_requests(call, denver, folder):
    result = call("init")
    assert result.code == 0
    assert "The account's days are most likely those of America/Denver" in result.out
    text = (folder / "wistia-lake.toml").read_text(encoding="utf-8")
    assert load_settings(environ={}, working_folder=folder).settings.zone is None, "nothing is decided for anybody"
    assert tomllib.loads(_without_marks(text))["zone"] == "America/Denver"
    assert "# The account's days are most likely those of America/Denver" in text
    assert len(denver.requests()) <= 62  # and two for the media list


def test_init_proposes_the_rest_where_the_zone_cannot_be_told(call, account, folder, monkeypatch):
    assert "Not enough data to tell the account's zone (372 sessions" in call("init").out
    monkeypatch.setenv("WISTIA_API_TOKEN", TOKEN_WITHOUT_STATS)
    result = call("init", "--config", "other.toml")
    assert "2 medias in 2 projects" in result.out
    assert "The account's zone could not be looked for: " in result.out
    assert '\n# zone = "America/New_York"\n' in (folder / "other.toml").read_text(encoding="utf-8")


def test_probe_time_zone_shows_what_is_left_and_what_to_write(call, denver, folder):
    result = call("probe", "time-zone")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert re.fullmatch(r"compared: [\d,]+ sessions and .* \(from the API, in \d+ requests\)", lines[0])
    assert lines[1].split() == ["zone", "its", "days", "score", "misplaced"]
    assert re.match(r"  America/Denver +UTC-06:00 +0\.0 ", lines[2])
    assert lines[-2:] == [
        "no zone is set, so days are UTC days, which the data rules out",
        'write into wistia-lake.toml: zone = "America/Denver"',
    ]
    assert sorted(folder.iterdir()) == [], "it writes nothing"
    assert call("ingest").code == 0
    asked = len(denver.requests())
    found = json.loads(call("probe", "time-zone", "--json").out)
    assert (found["source"], found["zone"], found["setting_fits"], found["files"]) == (
        "lake",
        "America/Denver",
        False,
        [],
    )
    assert len(denver.requests()) == asked
    assert json.loads(call("probe", "time-zone", "--json", "--live").out)["source"] == "api"
    refused = call("probe", "time-zone", "--max-requests", "1")
    assert refused.code == 2
    assert "--max-requests 1 is too few" in refused.err


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
