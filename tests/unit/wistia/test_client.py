"""The client: where the token goes, what is repeated, what each status means."""

from __future__ import annotations

import asyncio
import gzip
import io
import traceback
from datetime import timedelta

import pytest
from aiohttp import web

from wistia_lake import log
from wistia_lake.errors import ApiExhausted, ApiGone, ApiRejected, DataError, SettingsError, WistiaLakeError
from wistia_lake.model import Secret
from wistia_lake.wistia import client as client_module
from wistia_lake.wistia.base_url import MODERN_VERSION
from wistia_lake.wistia.client import WistiaClient
from wistia_lake.wistia.endpoints import ACCOUNT, EVENT, EVENTS, MEDIA, MEDIA_STATS, MEDIAS
from wistia_lake.wistia.pacing import Pacer

TOKEN = "not-a-real-token-" + "0" * 16
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def answers(*responses):
    """A handler that gives these one after the other, then the last one again."""
    left = list(responses)

    async def handler(_request):
        status, text, headers = left.pop(0) if len(left) > 1 else left[0]
        return web.Response(status=status, text=text, headers=headers)

    return handler


async def ask(api, handler, endpoint=EVENTS, *, params=None, options=None, **path_values):
    async with api.serve(handler) as base, api.client(base, **(options or {})) as client:
        try:
            return await client.get(endpoint, params=params, **path_values), client.stats
        except WistiaLakeError as exc:
            return exc, client.stats


def run(api, handler, endpoint=EVENTS, **more):
    return asyncio.run(ask(api, handler, endpoint, **more))


def test_the_request_holds_path_parameters_and_the_token_only_in_its_header(api, time):
    answer, stats = run(api, answers((200, "[]", {})), params={"start_date": "2025-03-12", "page": 2})
    [request] = api.requests
    assert request.path_qs == "/v1/stats/events?start_date=2025-03-12&page=2"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert [name for name, value in request.headers.items() if TOKEN in value] == ["Authorization"]
    assert answer.body == b"[]"
    assert answer.requested_at == time.clock()
    assert (stats.requests, stats.retries, stats.throttled) == (1, 0, 0)


def test_path_values_are_escaped(api):
    run(api, answers((200, "{}", {})), EVENT, event_key="a/../b?c d")
    assert api.requests[0].raw_path == "/v1/stats/events/a%2F..%2Fb%3Fc%20d"


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
def test_a_base_url_may_name_its_version_or_not(api, ending):
    async def go():
        async with api.serve(answers((200, "[]", {}))) as base, api.client(base + ending) as client:
            assert client.base_url == f"{base}/v1"
            await client.get(MEDIAS)

    asyncio.run(go())
    assert api.requests[0].path == "/v1/medias"
    assert "X-Wistia-Api-Version" not in api.requests[0].headers


def test_the_modern_api_is_told_which_release_is_meant(api):
    async def go():
        async with api.serve(answers((200, "[]", {}))) as base, api.client(f"{base}/modern") as client:
            await client.get(MEDIAS)

    asyncio.run(go())
    assert api.requests[0].path == "/modern/medias"
    assert api.requests[0].headers["X-Wistia-Api-Version"] == MODERN_VERSION


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_statuses_that_may_pass_are_repeated(api, status):
    answer, stats = run(api, answers((status, "no", {}), (status, "no", {}), (200, "[1]", {})))
    assert answer.body == b"[1]"
    assert (stats.requests, stats.retries) == (3, 2)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 422, 501])
def test_statuses_that_will_not_pass_are_asked_once(api, status):
    error, stats = run(api, answers((status, '{"error": "no"}', {})))
    assert isinstance(error, WistiaLakeError)
    assert (stats.requests, stats.retries) == (1, 0)
    assert "GET /stats/events" in str(error)
    assert str(status) in str(error)


def test_waits_between_attempts_double(api, time):
    run(api, answers((500, "no", {})), options={"requests_per_minute": 10**9})
    assert time.slept == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_jitter_takes_at_most_half_of_a_wait(api, time):
    run(api, answers((500, "no", {})), options={"requests_per_minute": 10**9, "jitter": lambda: 0.0})
    assert time.slept == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_used_up_attempts_name_path_attempts_and_the_last_reason(api):
    error, stats = run(api, answers((502, "no", {})), params={"start_date": "2025-03-12", "page": 7})
    assert type(error) is ApiExhausted
    assert "GET /stats/events (start_date 2025-03-12, page 7)" in str(error)
    assert "6 attempts; the last: status 502" in str(error)
    assert stats.requests == 6


def test_a_bad_token_is_told_apart_from_a_missing_permission(api):
    bad, _ = run(api, answers((401, '{"code":"unauthorized_credentials","error":"Invalid credentials."}', {})))
    assert type(bad) is ApiRejected
    assert (bad.status, bad.code) == (401, "unauthorized_credentials")
    assert "check WISTIA_API_TOKEN and its permission Read detailed stats" in str(bad)
    lacking, _ = run(api, answers((401, '{"code":"unauthorized_scope","error":"no"}', {})), MEDIAS)
    assert lacking.code == "unauthorized_scope"
    assert "the token is valid, but lacks the permission Read all folder and media data" in str(lacking)
    first, _ = run(api, answers((401, "", {})), MEDIAS)  # whatever is asked first, the work hangs on the statistics
    assert "its permission Read detailed stats and Read all folder and media data" in str(first)
    any_token, _ = run(api, answers((401, "", {})), ACCOUNT)
    assert str(any_token).endswith("401: check WISTIA_API_TOKEN and its permission Read detailed stats.")
    asleep, _ = run(api, answers((401, '{"code":"account_inactive"}', {})))
    assert "account is not active" in str(asleep)


def test_404_names_the_path_but_no_key_of_a_viewer(api):
    gone, _ = run(api, answers((404, "", {})), MEDIA, media_id="abcde12345")
    assert type(gone) is ApiGone
    assert gone.path == "GET /medias/abcde12345"
    assert "/medias/abcde12345" in str(gone)
    gone, _ = run(api, answers((404, "", {})), EVENT, event_key="raw-key")
    assert "raw-key" not in str(gone)
    assert "/stats/events/{event_key}" in str(gone)


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("body", ['{"error": "start_date\\n is  wrong"}', '{"errors": ["start_date is wrong"]}'])
def test_the_apis_reason_is_shown_on_one_line(api, status, body):
    error, _ = run(api, answers((status, body, {})))
    assert type(error) is ApiRejected
    assert error.status == status
    assert '("start_date is wrong")' in str(error)


def test_a_reason_is_cut_and_never_holds_the_token(api):
    error, _ = run(api, answers((422, f'{{"error": "{TOKEN} {"x" * 500}"}}', {})))
    assert TOKEN not in str(error)
    assert "***" in str(error)
    assert len(str(error)) < 300


@pytest.mark.parametrize("body", ["", "<html>busy</html>", "[1,", '"text"', "12", "{]", "null"])
def test_a_200_that_is_no_json_container_is_repeated(api, body):
    answer, stats = run(api, answers((200, body, {}), (200, "[2]", {})))
    assert answer.body == b"[2]"
    assert stats.retries == 1


def test_half_a_surrogate_pair_is_no_reason_to_ask_again(api):
    answer, stats = run(api, answers((200, '["\\ud800", {"a": "b"}]', {})))
    assert answer.body == b'["\\ud800", {"a": "b"}]'
    assert stats.retries == 0


def test_204_is_repeated(api):
    _, stats = run(api, answers((204, None, {}), (200, "[]", {})))
    assert stats.retries == 1


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"", "the connection was closed"),
        (OK + b"Content-Length: 100\r\n\r\n[1,2]", "the answer broke off or is damaged"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1,2]\r\n", "the answer broke off or is damaged"),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n[1,2]", "the answer broke off or is damaged"),
        (b"SSH-2.0-nothing\r\n\r\n", "the answer is not HTTP"),
    ],
    ids=["nothing", "short", "short chunks", "no gzip", "no http"],
)
def test_broken_answers_are_repeated_and_named(api, broken, reason):
    good = OK + b"Content-Length: 3\r\nConnection: close\r\n\r\n[3]"

    async def go(*sent):
        async with api.serve_bytes(*sent) as base, api.client(base) as client:
            return (await client.get(EVENTS)).body, client.stats

    body, stats = asyncio.run(go(broken, good))
    assert body == b"[3]"
    assert stats.retries == 1
    with pytest.raises(ApiExhausted, match=reason):
        asyncio.run(go(broken))


def test_a_port_nobody_listens_on_is_named(api):
    async def go():
        async with api.serve(answers((200, "[]", {}))) as base:
            pass
        async with api.client(base, attempts=2) as client:
            await client.get(EVENTS)

    with pytest.raises(ApiExhausted, match=r"cannot connect to 127\.0\.0\.1:\d+"):
        asyncio.run(go())


def test_a_server_that_hangs_is_given_up_and_asked_again(api):
    async def go():
        never = asyncio.Event()
        times = iter([never])

        async def handler(_request):
            waiting = next(times, None)
            if waiting is not None:
                await waiting.wait()
            return web.Response(text="[]")

        async with api.serve(handler) as base, api.client(base, timeout_seconds=0.05) as client:
            answer = await client.get(EVENTS)
            never.set()
            return answer, client.stats.retries

    answer, retries = asyncio.run(go())
    assert answer.body == b"[]"
    assert retries >= 1


def test_a_time_out_is_named(api):
    async def go():
        never = asyncio.Event()

        async def handler(_request):
            await never.wait()
            return web.Response(text="[]")

        async with api.serve(handler) as base, api.client(base, timeout_seconds=0.02, attempts=2) as client:
            try:
                await client.get(EVENTS)
            finally:
                never.set()

    with pytest.raises(ApiExhausted, match=r"no complete answer within 0\.02 seconds"):
        asyncio.run(go())


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("header", ["7", "Wed, 12 Mar 2025 14:00:07 GMT"])
def test_retry_after_is_waited_for_in_both_forms(api, time, status, header):
    answer, stats = run(api, answers((status, "Rate limit exceeded", {"Retry-After": header}), (200, "[]", {})))
    assert stats.throttled == 1
    assert 6.9 < (answer.requested_at - (time.clock() - timedelta(seconds=time.now - 1000))).total_seconds() < 7.1
    assert sum(time.slept) == pytest.approx(7.0, abs=0.01)


def test_retry_after_stops_every_request(api, time):
    async def go():
        left = iter([(429, {"Retry-After": "30"})])

        async def handler(_request):
            status, headers = next(left, (200, {}))
            return web.Response(status=status, text="[]", headers=headers)

        async with api.serve(handler) as base, api.client(base) as client:
            first = asyncio.create_task(client.get(EVENTS))
            while client.stats.throttled == 0:  # noqa: ASYNC110  the client has no event to wait for
                await asyncio.sleep(0)
            others = await asyncio.gather(*(client.get(MEDIAS) for _ in range(5)))
            return [await first, *others]

    for answer in asyncio.run(go()):
        assert (answer.requested_at - time.clock()).total_seconds() > -1
    assert time.now - 1000 > 29.9


def test_a_wait_of_hours_ends_the_command(api, time):
    error, stats = run(api, answers((429, "no", {"Retry-After": "7200"})))
    assert type(error) is ApiExhausted
    assert "7200 seconds" in str(error)
    assert stats.requests == 1
    assert time.now < 1001


def test_429_lowers_the_rate(api):
    async def go():
        async with api.serve(answers((429, "no", {}), (200, "[]", {}))) as base:
            pacer = Pacer(600, monotonic=api.time.monotonic, sleep=api.time.sleep)
            async with api.client(base, pacer=pacer) as client:
                await client.get(EVENTS)
            return pacer.current_rate

    assert asyncio.run(go()) == 300


def test_answers_let_the_rate_recover(api):
    async def go():
        async with api.serve(answers((429, "no", {}), (200, "[]", {}))) as base:
            pacer = Pacer(600, monotonic=api.time.monotonic, sleep=api.time.sleep)
            async with api.client(base, pacer=pacer) as client:
                for _ in range(60):
                    await client.get(EVENTS)
            return pacer.current_rate

    assert asyncio.run(go()) == 330


def test_redirects_within_the_host_are_followed_three_times_and_paced(api):
    async def handler(request):
        step = int(request.query.get("step", "0"))
        if step < int(request.query.get("most", "3")):
            return web.Response(status=302, headers={"Location": f"/v1/medias?step={step + 1}"})
        return web.Response(text="[]")

    answer, stats = run(api, handler, MEDIAS)
    assert answer.body == b"[]"
    assert stats.requests == 4

    async def forever(request):
        return web.Response(status=307, headers={"Location": str(request.url)})

    error, stats = run(api, forever, MEDIAS)
    assert type(error) is ApiRejected
    assert stats.requests == 4


@pytest.mark.parametrize(
    "location",
    ["https://evil.example/v1", "http://127.0.0.1:1/v1", "//evil.example/", "http://[", "", "ftp://127.0.0.1/"],
)
def test_redirects_elsewhere_are_refused(api, location):
    error, stats = run(api, answers((301, "", {"Location": location})), MEDIAS)
    assert type(error) is ApiRejected
    assert "redirected to another host" in str(error)
    assert stats.requests == 1


def test_a_body_that_is_too_large_is_refused_while_it_is_read(api, monkeypatch):
    monkeypatch.setattr(client_module, "LARGEST_BODY", 2 << 20)
    packed = gzip.compress(b"[" + b" " * (8 << 20) + b"]")

    async def handler(_request):
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    error, _ = run(api, handler, MEDIAS)
    assert type(error) is DataError
    assert "more than 2 MB" in str(error)


def test_compressed_answers_are_read(api):
    async def handler(_request):
        return web.Response(body=gzip.compress(b"[4]"), headers={"Content-Encoding": "gzip"})

    assert run(api, handler)[0].body == b"[4]"


def test_the_token_is_in_no_error_log_line_or_repr(api):
    stream = io.StringIO()
    log.configure(2, True, stream)
    try:
        seen = []
        for handler in (
            answers((500, TOKEN, {})),
            answers((401, f'{{"error":"{TOKEN}"}}', {})),
            answers((404, TOKEN, {})),
        ):
            error, _ = run(api, handler, MEDIA_STATS, media_id="abcde12345")
            seen += ["".join(traceback.format_exception(error)), repr(error), repr(vars(error))]
            assert error.__cause__ is None
            assert error.__context__ is None
        bad_http = api.serve_bytes(b"SSH-2.0\r\n\r\n")

        async def go():
            async with bad_http as base, api.client(base) as client:
                seen.append(repr(client))
                await client.get(EVENTS)

        with pytest.raises(ApiExhausted) as caught:
            asyncio.run(go())
        assert caught.value.__context__ is None
        seen += ["".join(traceback.format_exception(caught.value)), stream.getvalue()]
    finally:
        log.silence()
    assert "request.retried" in stream.getvalue()
    assert TOKEN not in "".join(seen)


def test_an_answers_repr_does_not_show_its_body(api):
    answer, _ = run(api, answers((200, '["secret"]', {})))
    assert "secret" not in repr(answer)


def plain_client(base_url, token=TOKEN, rate=480, **options):
    pacer = Pacer(rate, monotonic=lambda: 0.0)
    return WistiaClient(base_url, Secret(token), pacer=pacer, clock=lambda: None, **options)


@pytest.mark.parametrize("token", ["", "  ", "two words", "line\nend", "ümlaut", TOKEN + "\n"])
def test_a_token_of_a_wrong_form_is_refused_without_showing_it(token):
    with pytest.raises(SettingsError, match="WISTIA_API_TOKEN") as caught:
        plain_client("https://api.wistia.com", token)
    assert not token.strip() or token.strip() not in str(caught.value)


def test_wistia_gets_at_most_590_requests_a_minute_and_this_machine_any_number():
    plain_client("https://api.wistia.com", rate=590)
    plain_client("http://127.0.0.1:1", rate=60_000)
    with pytest.raises(SettingsError, match="590"):
        plain_client("https://api.wistia.com/v1", rate=591)
    with pytest.raises(SettingsError, match="590"):
        plain_client("https://gateway.example", rate=591, allow_host=True)


def test_a_client_outside_of_async_with_is_a_bug():
    with pytest.raises(AssertionError, match="async with"):
        asyncio.run(plain_client("http://127.0.0.1:1").get(EVENTS))
