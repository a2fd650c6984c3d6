"""The server's manners: limit, log, time, starting and stopping."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.reading import AUTHORIZATION, ask, fetch
from wistia_lake.sandbox import main
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.scenario import Options
from wistia_lake.sandbox.server import Backwards, Site
from wistia_lake.sandbox.world import World

SERVE = (
    "import sys; from wistia_lake.sandbox.main import serve_forever;"
    "serve_forever(scenario='tiny', seed=3, rate_limit=5, request_log=sys.argv[1])"
)


class Ticks:
    """A clock that moves only when told to."""

    def __init__(self):
        self.seconds = 1000.0

    def monotonic(self):
        return self.seconds


@pytest.fixture
def ticks(monkeypatch):
    clock = Ticks()
    monkeypatch.setattr("wistia_lake.sandbox.server.time.monotonic", clock.monotonic)
    return clock


def test_the_601st_request_in_a_minute_answers_429(world, ticks):
    site = Site(world)
    for number in range(600):
        ticks.seconds = 1000.0 + number * 0.05
        assert ask(site, "/account").status == 200
    answer, headers = site.handle("/v1/account", {}, AUTHORIZATION)
    assert (answer.status, answer.body) == (429, b"Rate limit exceeded")
    assert answer.content_type.startswith("text/plain")
    assert headers["Retry-After"] == "31"  # the first one leaves the window 60 s after it came
    ticks.seconds = 1000.0 + 29.95 + int(headers["Retry-After"])
    assert ask(site, "/account").status == 200


def test_the_limit_slides_and_refused_requests_do_not_count(world, ticks):
    site = Site(world, rate_limit=2)
    statuses = []
    for seconds in (0, 30, 31, 32, 60.1, 61, 90.1):
        ticks.seconds = 1000.0 + seconds
        statuses.append(ask(site, "/account").status)
    assert statuses == [200, 200, 429, 429, 200, 429, 200]


def test_429_reaches_the_client_with_its_header(tiny):
    with Sandbox("tiny", rate_limit=1) as sandbox:
        assert fetch(sandbox, "/v1/account").status == 200
        reply = fetch(sandbox, "/v1/account")
        assert (reply.status, reply.body) == (429, b"Rate limit exceeded")
        assert reply.headers["content-type"].startswith("text/plain")
        assert 1 <= int(reply.headers["retry-after"]) <= 60
        assert [line["status"] for line in sandbox.requests()] == [200, 429]


def test_basic_authorisation_is_a_switch():
    basic = "Basic YXBpOnNhbmRib3gtdG9rZW4="  # api:sandbox-token
    for on, status in ((True, 200), (False, 401)):
        site = Site(World("tiny", 1, Options(basic_auth=on)), rate_limit=None)
        assert site.handle("/v1/account", {}, basic)[0].status == status
    site = Site(World("tiny", 1, Options(basic_auth=True)), rate_limit=None)
    for wrong in ("Basic !!!", "Basic YTpi", "Basic"):
        assert site.handle("/v1/account", {}, wrong)[0].status == 401


def test_the_default_page_size_is_a_switch():
    site = Site(World("tiny", 1, Options(default_per_page=10)), rate_limit=None)
    assert ask(site, "/stats/events").rows == 10
    assert ask(site, "/stats/events", per_page=100).rows == 100


def test_the_log_has_one_line_per_answered_request(world):
    log = io.StringIO()
    site = Site(world, rate_limit=None, log=log)
    ask(site, "/stats/events.json", start_date="2025-03-08", end_date="2025-03-08", per_page=50)
    site.handle("/v1/medias", {"hashed_ids[]": ["t1nyaaaa01", "t1nybbbb02"]}, AUTHORIZATION)
    ask(site, "/medias/nosuchmedi", access_token="sandbox-token")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert lines == site.requests()
    assert lines[0] == {
        "n": 1, "at": "2025-03-12T14:00:00Z", "method": "GET", "path": "/v1/stats/events.json",
        "query": {"start_date": "2025-03-08", "end_date": "2025-03-08", "per_page": "50"}, "status": 200, "rows": 50,
    }  # fmt: skip
    assert lines[1]["query"] == {"hashed_ids[]": ["t1nyaaaa01", "t1nybbbb02"]}
    assert [line["rows"] for line in lines] == [50, 2, None]
    assert lines[2]["query"] == {"access_token": "***"}


def test_time_moves_forwards_only(tiny_of_its_own):
    sandbox = tiny_of_its_own
    before = fetch(sandbox, "/v1/stats/events", per_page=1).json
    later = sandbox.now + timedelta(hours=10)
    assert main.advance(sandbox.base_url, later) == later == sandbox.now
    assert fetch(sandbox, "/v1/stats/events", per_page=1).json != before
    for to in (later - timedelta(seconds=1), datetime(2020, 1, 1, tzinfo=UTC)):
        with pytest.raises(ValueError, match="time does not go back"):
            main.advance(sandbox.base_url + "/v1", to)
        with pytest.raises(Backwards):
            sandbox.advance(to)
    refused = fetch(sandbox, "/_sandbox/advance", method="POST", body=json.dumps({"to": "2020-01-01T00:00:00Z"}))
    assert refused.status == 409
    assert fetch(sandbox, "/_sandbox/advance", method="POST", body="{}").status == 422
    assert fetch(sandbox, "/_sandbox/advance", method="POST", body='{"to": "2025-04-01T00:00:00"}').status == 422
    assert sandbox.now == later


def test_the_log_is_served_and_control_requests_are_not_in_it(tiny_of_its_own):
    sandbox = tiny_of_its_own
    fetch(sandbox, "/v1/account")
    sandbox.advance(sandbox.now + timedelta(hours=1))
    fetch(sandbox, "/v1/account")
    log = fetch(sandbox, "/_sandbox/requests").json
    assert log == sandbox.requests()
    assert [line["at"] for line in log] == ["2025-03-12T14:00:00Z", "2025-03-12T15:00:00Z"]


@pytest.fixture
def tiny_of_its_own():
    with Sandbox("tiny") as sandbox:
        yield sandbox


def test_other_methods_are_refused(tiny):
    assert fetch(tiny, "/v1/medias", method="DELETE").status == 405


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_serve_forever_says_one_line_and_stops_cleanly(tmp_path, stop):
    log = tmp_path / "requests.ndjson"
    server = subprocess.Popen([sys.executable, "-c", SERVE, str(log)], stdout=subprocess.PIPE, text=True)
    with server:
        ready = json.loads(server.stdout.readline())
        assert ready["base_url"].startswith("http://127.0.0.1:")
        assert {**ready, "base_url": ""} == {"base_url": "", "token": "sandbox-token", "now": "2025-03-12T14:00:00Z"}

        class Served:
            base_url = ready["base_url"]

        assert fetch(Served, "/v1/medias").status == 200
        assert main.advance(ready["base_url"], datetime(2025, 3, 13, tzinfo=UTC)) == datetime(2025, 3, 13, tzinfo=UTC)
        server.send_signal(stop)
        assert server.wait(20) == 0
        assert server.stdout.read() == ""
    assert [line["path"] for line in main.read_looks(log)] == ["/v1/medias"]


def test_the_sandbox_stops_with_its_block():
    with Sandbox("tiny") as sandbox:
        served = sandbox._served
        assert served.running()
    assert served.done()
    with pytest.raises(OSError, match="refused"):
        fetch(sandbox, "/v1/account")
