"""A failure is told to the webhook: by which commands, what, and never what must not leave this machine."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.ingesting import ScriptedApi, events_of, media, served
from support.program import PROGRAM
from support.receiving import KEY, Receiver, receiving
from wistia_lake.pipeline import run as run_module
from wistia_lake.pipeline import webhook
from wistia_lake.sandbox.private import private_values
from wistia_lake.wistia.client import WistiaClient

from .conftest import BASE, Call

TITLE, MAIL, ADDRESS = "The film nobody may know of", "anna@example.org", "192.0.2.77"


@pytest.fixture
def receiver(monkeypatch) -> Iterator[Receiver]:
    """A webhook that the settings name."""
    with receiving() as one:
        monkeypatch.setenv("WISTIA_LAKE_WEBHOOK", one.url)
        yield one


def _one(receiver: Receiver) -> dict:
    (notice,) = receiver.notices
    receiver.bodies.clear()
    return notice


def receiver_text(notice: dict) -> str:
    """Everything in a notice, as it was posted but for its escapes."""
    return json.dumps(notice, ensure_ascii=False)


@pytest.mark.parametrize("command", ["run", "ingest", "build", "check", "backfill", "maintain"])
def test_the_commands_of_a_schedule_tell_their_failure_once(call, folder, receiver, command):
    result = call(command, "--base-url", BASE)
    notice = _one(receiver)
    assert result.code == 3
    assert (notice["command"], notice["exit_code"], notice["lake"]) == (command, 3, "lake")
    assert notice["text"].startswith(f'wistia-lake {command}, lake "lake"')
    assert notice["error"] in notice["text"]
    assert notice["error"] in result.err.replace(f"{folder}/", "")


def test_success_is_not_told_nor_what_somebody_looks_at_anyway(call, account, receiver):
    assert call("run").code == 0
    assert call("check").code == 0
    assert call("status", "--lake", "nowhere").code == 3
    assert call("query", "selekt 1").code == 2
    assert call("run", "--help").code == 0
    assert receiver.bodies == []


def test_wrong_usage_and_settings_that_cannot_be_loaded_are_told_too(call, folder, receiver, monkeypatch):
    assert call("run", "--from", "yesterday").code == 2
    notice = _one(receiver)
    assert (notice["exit_code"], notice["lake"], notice["run_id"]) == (2, None, None)
    assert "is not a date" in notice["error"]
    monkeypatch.setenv("WISTIA_LAKE_ZONES", "UTC")
    assert call("run").code == 3
    notice = _one(receiver)
    assert (notice["outcome"], notice["counts"]) == ("SettingsError", {})
    assert "WISTIA_LAKE_ZONES is not a setting" in notice["error"]


def test_the_address_may_stand_in_dotenv(call, folder, monkeypatch):
    with receiving() as receiver:
        (folder / ".env").write_text(f"WISTIA_LAKE_WEBHOOK={receiver.url}\n")
        assert call("build").code == 3
        assert _one(receiver)["command"] == "build"


def test_a_run_that_failed_on_its_way_tells_its_id_and_counts(call, account, receiver, monkeypatch):
    assert call("run").code == 0
    monkeypatch.setenv("WISTIA_API_TOKEN", "wrong")
    assert call("run").code == 3
    notice = _one(receiver)
    assert notice["outcome"] == "ApiRejected"
    assert notice["counts"]["request_count"] == 1
    (recorded,) = json.loads(call("query", f"select * from ops.run where run_id = '{notice['run_id']}'", "--json").out)[
        "rows"
    ]
    assert (recorded["outcome"], recorded["exit_code"], recorded["request_count"]) == ("ApiRejected", 3, 1)
    assert notice["started_at"] == recorded["started_at"]


def test_a_bug_is_told_by_its_name_only_with_what_was_done_before_it(call, account, receiver, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError(f"{TITLE} of {MAIL}")

    monkeypatch.setattr(run_module, "build", broken)
    result = call("run")
    notice = _one(receiver)
    assert result.code == 1
    assert "Traceback" in result.err
    assert (notice["exit_code"], notice["outcome"]) == (1, "ZeroDivisionError")
    assert "ZeroDivisionError" in notice["error"]
    assert TITLE not in receiver_text(notice)
    assert notice["run_id"]
    assert notice["counts"]["row_count"] > 0


def test_ctrl_c_is_not_told(folder, account, receiver):
    account.site.latency_ms = 300
    process = subprocess.Popen([*PROGRAM, "run"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Reading "):
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert receiver.bodies == []


def test_a_webhook_that_does_not_answer_changes_nothing_but_a_warning(call, folder, monkeypatch):
    monkeypatch.setenv("WISTIA_LAKE_WEBHOOK", f"http://127.0.0.1:9/services/{KEY}?also={KEY}")
    result = call("build")
    assert result.code == 3
    warning = json.loads(result.err.splitlines()[-1])
    assert (warning["event"], warning["level"], warning["host"]) == ("webhook.failed", "warning", "127.0.0.1")
    assert warning["reason"] == "it cannot be reached"
    assert KEY not in result.out + result.err


def test_an_address_that_is_refused_stops_every_command_and_is_not_shown(call, folder, monkeypatch):
    monkeypatch.setenv("WISTIA_LAKE_WEBHOOK", f"http://hooks.example.com/{KEY}")
    for words in (["run"], ["status"], ["run", "--from", "yesterday"]):
        result = call(*words)
        assert result.code in {2, 3}
        assert KEY not in result.out + result.err
    assert "WISTIA_LAKE_WEBHOOK is not an address" in call("run").err


def test_doctor_says_whether_it_is_set_and_asks_nothing(call, account, receiver):
    shown = call("doctor").out
    assert "ok    webhook     set: failures are told to 127.0.0.1\n" in shown
    findings = {one["name"]: one for one in json.loads(call("doctor", "--json").out)["findings"]}
    assert findings["webhook"]["message"] == "set: failures are told to 127.0.0.1"
    assert receiver.bodies == []


def test_doctor_says_that_it_is_not_set(call, account):
    assert "webhook     not set: a failure is told by exit code and log only" in call("doctor").out


def _failures(call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs that fail in many ways, with an API that says what it should not; gives all that they printed."""
    api = ScriptedApi()
    api.medias = {f"m{number:09}": media(f"m{number:09}", name=TITLE) for number in range(30)}
    api.events = events_of(api.now.date(), 5, ip=ADDRESS, email=MAIL, media_name=TITLE)
    monkeypatch.setitem(WistiaClient.__init__.__kwdefaults__, "attempts", 1)
    said = ""
    with served(api) as base_url:
        for name, value in {
            "BASE_URL": base_url, "API_TOKEN": "the-token-of-the-account", "LAKE_REQUESTS_PER_MINUTE": "60000",
            "LAKE_NOW": f"{api.now:%Y-%m-%dT%H:%M:%SZ}",
        }.items():  # fmt: skip
            monkeypatch.setenv(f"WISTIA_{name}", value)
        assert call("run").code == 0
        words = {"error": f"{TITLE} was seen by {MAIL} at {ADDRESS} with the-token-of-the-account"}
        for status, code in ((422, 3), (403, 3), (401, 3), (505, 4)):
            api.before = lambda path, _, status=status: (status, words) if path.endswith("/events") else None
            result = call("-vv", "run")
            assert result.code == code
            said += result.out + result.err
        api.before = lambda *_: None
        api.gone = {"m000000007"}
        assert call("run", "--now", "2025-03-13T14:00:00Z").code == 5
        victim = next((folder / "lake" / "bronze" / "events").rglob("*.zst"))
        victim.write_bytes(b"damaged")
        assert call("build", "--full").code == 6
        monkeypatch.setenv("WISTIA_LAKE_PSEUDONYM_KEY", "0c" * 32)
        assert call("run").code == 3
        result = call("run", "--from", "the-token-of-the-account")
        assert result.code == 2
    return said


def _forbidden(folder: Path) -> set[str]:
    key = (folder / "pseudonym.key").read_text().strip()
    return {TITLE, MAIL, ADDRESS, "the-token-of-the-account", "0c" * 32, key, KEY, str(folder), "example.org"}


def test_nothing_that_must_not_leave_this_machine_is_posted(call, folder, receiver, monkeypatch):
    said = _failures(call, folder, monkeypatch)
    assert TITLE in said, "the API's words are shown to who sits at the terminal"
    notices = receiver.notices
    assert [notice["exit_code"] for notice in notices] == [3, 3, 3, 4, 5, 6, 3, 2]
    for notice in notices:
        assert [text for text in _forbidden(folder) if text in receiver_text(notice)] == []
    assert KEY not in said


def test_without_the_redaction_it_would_be_found(call, folder, receiver, monkeypatch):
    """The positive control."""
    monkeypatch.setattr(webhook, "redacted", lambda text, **_: text)
    _failures(call, folder, monkeypatch)
    posted = "".join(map(receiver_text, receiver.notices))
    assert {TITLE, MAIL, ADDRESS, "the-token-of-the-account", str(folder)} <= {
        text for text in _forbidden(folder) if text in posted
    }


def test_a_simulated_account_with_everything_private_posts_nothing_of_it(call, folder, account, receiver, monkeypatch):
    assert call("run").code == 0
    monkeypatch.setenv("WISTIA_API_TOKEN", "wrong")
    assert call("run").code == 3
    monkeypatch.setenv("WISTIA_API_TOKEN", account.token)
    for path in (folder / "lake" / "bronze" / "events").rglob("*.zst"):
        path.write_bytes(path.read_bytes()[:-9])
    assert call("build", "--full").code == 6
    private = {text for found in private_values(account.world, account.now).values() for text in found if len(text) > 4}
    private |= {one.title for one in account.world.medias.values()} | {account.token}
    assert len(private) > 100
    posted = "".join(map(receiver_text, receiver.notices))
    assert posted.count('"exit_code"') == 2
    assert [text for text in private if text in posted] == []
