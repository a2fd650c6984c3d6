"""What is told to a webhook, and how it gets there: a real server on this machine takes it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.receiving import KEY, Receiver, receiving
from wistia_lake.environment import WEBHOOK, find_secrets
from wistia_lake.errors import ApiExhausted, SettingsError
from wistia_lake.model import Secret
from wistia_lake.pipeline.summary import BuildSummary, IngestSummary, RunSummary
from wistia_lake.pipeline.webhook import (
    LONGEST_ERROR,
    TIMEOUT_SECONDS,
    Failure,
    Notice,
    deliver,
    host_of,
    notice_of,
    redacted,
)
from wistia_lake.settings import load_settings

TOKEN = "a-token-that-no-account-has"


@pytest.fixture
def receiver():
    with receiving() as one:
        yield one


def _clean(text: str) -> str:
    return redacted(text, secrets=[Secret(TOKEN)], folders=[Path("/srv/wistia"), Path("/usr/people/anna"), Path("/")])


def _notice() -> Notice:
    return notice_of(Failure("run", 4, "LeaseHeld", "Somebody else.", "lake", None), secrets=[], folders=[])


def _deliver(receiver: Receiver, timeout_seconds: float = 10.0) -> str | None:
    return deliver(Secret(receiver.url), _notice(), timeout_seconds=timeout_seconds, pause_seconds=0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"sent {TOKEN} there", "sent *** there"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ('GET /medias answered 422 ("no \\"Anna\'s film\\" (2)") again.', "GET /medias answered 422 again."),
        ("at https://example.com/a/b?key=1&x=2 it", "at https://example.com/a/b it"),
        ("at https://example.com/a#key it", "at https://example.com/a it"),
        ("s3 at https://user:word@example.com/a", "s3 at https://example.com/a"),
        ("of anna.b@example.org here", "of *** here"),
        ("key " + "0b" * 32 + " is", "key *** is"),
        ("from 192.0.2.7 or 2001:db8:0:1::7 at 14:00:00", "from *** or *** at 14:00:00"),
        ("cannot connect to 127.0.0.1:9", "cannot connect to 127.0.0.1:9"),
        ("the lake file:///srv/wistia/lake and '/srv/wistia/lake'", "the lake lake and 'lake'"),
        ("in /usr/people/anna/x/pseudonym.key or /usr/people/anna", "in x/pseudonym.key or anna"),
        ("GET /stats/events (start_date 2025-03-12, page 3)", "GET /stats/events (start_date 2025-03-12, page 3)"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_sentence_loses_what_others_put_into_it(text, told):
    assert _clean(text) == told


def test_a_long_sentence_is_cut():
    assert len(_clean("word " * 1000)) == LONGEST_ERROR + 1


def test_a_notice_has_a_text_for_the_chat_and_the_same_as_values():
    summary = RunSummary(
        ingest=IngestSummary(request_count=1234, row_count=7, problems=[ApiExhausted("x")]),
        build=BuildSummary(partition_count=2, row_count=9), failed_checks=["a"], command="run", lake="lake",
        run_id="some-id", started_at=datetime(2025, 3, 12, 14, tzinfo=UTC), seconds=3.21,
    )  # fmt: skip
    notice = notice_of(Failure("run", 4, "ApiExhausted", "It is down.", "lake", summary), secrets=[], folders=[])
    assert notice.text == (
        'wistia-lake run, lake "lake", begun 2025-03-12 14:00Z: exit code 4 (ApiExhausted)\n'
        "It is down.\n"
        "Counts: request 1,234, row 7, written partition 2, written row 9, problem 1, failed check 1."
    )
    assert (notice.run_id, notice.started_at, notice.seconds) == ("some-id", "2025-03-12T14:00:00Z", 3.2)
    assert notice.counts["retry_count"] == 0
    assert notice.counts["written_partition_count"] == 2


def test_what_was_never_begun_has_no_counts_and_no_run():
    notice = _notice()
    assert (notice.counts, notice.run_id, notice.started_at, notice.seconds) == ({}, None, None, None)
    assert notice.text == 'wistia-lake run, lake "lake": exit code 4 (LeaseHeld)\nSomebody else.'


def test_it_is_posted_once_as_json(receiver):
    assert _deliver(receiver) is None
    assert receiver.notices == [
        {
            "text": 'wistia-lake run, lake "lake": exit code 4 (LeaseHeld)\nSomebody else.', "command": "run",
            "lake": "lake", "outcome": "LeaseHeld", "exit_code": 4, "error": "Somebody else.", "run_id": None,
            "started_at": None, "seconds": None, "counts": {},
        }
    ]  # fmt: skip
    assert receiver.headers[0]["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("answers", "reason", "posts"),
    [
        ([503, 200], None, 2),
        (["close", 200], None, 2),
        ([500, 503, 200], "it answered 503", 2),
        (["close", "close", 200], "it cannot be reached", 2),
        ([404, 200], "it answered 404", 1),
        ([302, 200], "it answered 302", 1),
        (["hang", 200], "no answer within 0.3 seconds", 1),
    ],
)
def test_it_is_tried_twice_where_that_may_help_and_never_elsewhere(receiver, answers, reason, posts):
    receiver.answers = answers
    assert _deliver(receiver, 0.3) == reason
    assert len(receiver.bodies) == posts


def test_nobody_there_is_a_reason_and_no_error_and_waits_ten_seconds_at_most():
    assert TIMEOUT_SECONDS == 10
    assert deliver(Secret("http://127.0.0.1:9/"), _notice(), pause_seconds=0) == "it cannot be reached"


def test_the_host_is_all_that_is_shown():
    assert host_of(Secret(f"https://user:word@hooks.example.com:8443/services/{KEY}?x={KEY}")) == "hooks.example.com"


@pytest.mark.parametrize("url", ["https://hooks.example.com/x", "http://127.0.0.1:8/x", "http://localhost/x"])
def test_an_address_comes_from_the_environment_or_dotenv(tmp_path, url):
    assert load_settings(environ={}, working_folder=tmp_path).webhook is None
    loaded = load_settings(environ={WEBHOOK: f" {url} "}, working_folder=tmp_path)
    assert loaded.webhook is not None
    assert loaded.webhook.get_secret_value() == url
    assert url not in repr(loaded)
    (tmp_path / ".env").write_text(f"{WEBHOOK}={url}\nWISTIA_API_TOKEN={TOKEN}\n")
    found = find_secrets({}, tmp_path)
    assert found.webhook is not None
    assert found.webhook.get_secret_value() == url
    assert [secret.get_secret_value() for secret in found.others] == [TOKEN]


@pytest.mark.parametrize(
    "url",
    [f"http://hooks.example.com/{KEY}", f"ftp://127.0.0.1/{KEY}", KEY, f"https:///{KEY}", f"https://[::1/{KEY}",
     f"https://h:port/{KEY}"],
)  # fmt: skip
def test_an_address_that_would_tell_it_in_the_clear_is_refused_without_showing_it(tmp_path, url):
    with pytest.raises(SettingsError) as refused:
        load_settings(environ={WEBHOOK: url}, working_folder=tmp_path)
    assert WEBHOOK in str(refused.value)
    assert KEY not in str(refused.value)


def test_it_stands_in_no_settings_file(tmp_path):
    (tmp_path / "wistia-lake.toml").write_text(f'webhook = "https://hooks.example.com/{KEY}"\n')
    with pytest.raises(SettingsError, match="unknown field `webhook`") as refused:
        load_settings(environ={}, working_folder=tmp_path)
    assert KEY not in str(refused.value)
