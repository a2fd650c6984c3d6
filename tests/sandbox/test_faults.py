"""Faults by themselves: what is answered, when, and what the log and the truth make of it."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from sandbox.reading import AUTHORIZATION, ask, fetch, walk
from sandbox.truth_support import at, held, ids, look, truth_of
from wistia_lake.sandbox.fault_kinds import CANARY, DEEP, KINDS, Fault
from wistia_lake.sandbox.faults import parse_script, read_script
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.server import Site
from wistia_lake.sandbox.world import World

DAY = date(2025, 3, 8)
EVENTS = {"start_date": DAY, "end_date": DAY, "per_page": 20}


def wrong(kind, **more):
    """The site, and its answer to a page of events under one fault."""
    site = Site(World("tiny", 1), rate_limit=None, faults=[Fault(what=kind, **more)])
    return site, ask(site, "/stats/events", **EVENTS)


def good(page=1):
    return ask(Site(World("tiny", 1), rate_limit=None), "/stats/events", page=page, **EVENTS)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("token_revoked", 401), ("forbidden", 403), ("not_found", 404), ("unprocessable", 422), ("too_many", 429),
     ("too_many_seconds", 429), ("too_many_date", 429), ("error_500", 500), ("error_502", 502), ("error_503", 503),
     ("error_504", 504)],
)  # fmt: skip
def test_refusals(kind, status):
    site, answer = wrong(kind)
    assert (answer.status, answer.rows) == (status, None)
    assert (site.requests()[0]["status"], site.requests()[0]["fault"]) == (status, kind)


def test_retry_after_is_missing_seconds_or_a_date_of_simulated_time():
    assert wrong("too_many")[1].retry_after is None
    assert wrong("too_many_seconds", seconds=7)[1].retry_after == "7"
    site, answer = wrong("too_many_date", seconds=7)
    assert parsedate_to_datetime(answer.retry_after) == site.now + timedelta(seconds=7)


def test_a_revoked_token_stays_revoked_until_the_script_ends():
    site, _ = wrong("token_revoked", endpoint="/stats/*")
    assert ask(site, "/account").status == 401
    site.set_faults()
    assert ask(site, "/account").status == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [("truncated", good().body[: len(good().body) // 2]), ("no_body", b""), ("false_empty", b"[]"),
     ("deep_json", b'[{"replies":' + b"[" * DEEP + b"]" * DEEP + b"}]")],
)  # fmt: skip
def test_bodies(kind, body):
    _, answer = wrong(kind)
    assert (answer.status, answer.body) == (200, body)
    assert answer.content_type.startswith("application/json")


def test_html_comes_with_its_type_and_a_wrong_type_with_the_good_body():
    for kind, body in (("html", None), ("wrong_content_type", good().body)):
        _, answer = wrong(kind)
        assert (answer.status, answer.content_type) == (200, "text/html; charset=utf-8")
        assert answer.body.startswith(b"<html>") if body is None else answer.body == body


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("missing_field", lambda row: row.pop("percent_viewed")),
        ("wrong_type", lambda row: row.update(percent_viewed={"was": CANARY})),
        ("percent_above_1", lambda row: row.update(percent_viewed=1.7)),
        ("other_day", lambda row: row.update(received_at=row["received_at"].replace("03-08", "03-09"))),
        ("unknown_field", lambda row: row.update(watcher={"address": CANARY, "notes": [CANARY]})),
        ("large_page", lambda row: row.update(transcript="x" * 2**20)),
    ],
)
def test_one_row_is_changed_and_nothing_else(kind, change):
    site, answer = wrong(kind, row=4, megabytes=1)
    rows = json.loads(good().body)
    change(rows[4])
    assert json.loads(answer.body) == rows
    is_row = kind not in ("unknown_field", "large_page")
    assert site.requests()[0].get("spoiled") == ([4] if is_row else None)


def test_a_field_can_be_named():
    _, answer = wrong("missing_field", field="country")
    assert "country" not in json.loads(answer.body)[0]


@pytest.mark.parametrize("kind", ["missing_field", "percent_above_1", "other_day", "false_empty"])
def test_what_cannot_go_wrong_does_not_and_is_not_counted(kind):
    """A row that is not there, or an empty page."""
    site = Site(World("tiny", 1), rate_limit=None, faults=[Fault(what=kind, times=1)])
    assert ask(site, "/stats/events", start_date="2024-01-01", end_date="2024-01-01").body == b"[]"
    assert "fault" not in site.requests()[0]
    ask(site, "/stats/events", **EVENTS)
    assert site.requests()[1]["fault"] == kind


def test_the_page_before_comes_once_more_if_it_was_asked_for():
    site = Site(World("tiny", 1), rate_limit=None, faults=[Fault(what="page_twice")])
    pages = [ask(site, "/stats/events", page=page, **EVENTS).body for page in (1, 2, 3)]
    assert pages == [good(1).body, good(1).body, good(3).body]


def test_time_moves_before_the_answer():
    site, _ = wrong("step", seconds=90)
    assert site.now == site.world.scenario.now + timedelta(seconds=90)
    assert site.requests()[0]["at"] == "2025-03-12T14:01:30Z"


@pytest.mark.parametrize(
    ("when", "hit"),
    [({"call": 3}, [3]), ({"every": 2}, [2, 4, 6]), ({"times": 2}, [1, 2]), ({"every": 2, "times": 1}, [2]),
     ({"page": 2}, [2, 5]), ({"day": "2025-03-09"}, [4, 5, 6]), ({"day": "2025-03-09", "page": 2}, [5]),
     ({"media": "t1nyaaaa01"}, []), ({"endpoint": "/stats/*"}, [1, 2, 3, 4, 5, 6]), ({"endpoint": "/medias"}, []),
     ({"rate": 0.5, "seed": 3}, [1, 3, 6])],
)  # fmt: skip
def test_when(when, hit):
    site = Site(World("tiny", 1), rate_limit=None, faults=[Fault(what="error_500", **when)])
    for day in ("2025-03-08", "2025-03-09"):
        for page in (1, 2, 3):
            ask(site, "/stats/events", start_date=day, end_date=day, per_page=20, page=page)
    assert [line["n"] for line in site.requests() if line["status"] == 500] == hit


def test_a_media_is_one_in_the_path_or_the_query():
    site = Site(World("tiny", 1), rate_limit=None, faults=[Fault(what="not_found", media="t1nyaaaa01")])
    assert ask(site, "/stats/medias/t1nyaaaa01/by_date").status == 404
    assert ask(site, "/stats/events", media_id="t1nyaaaa01").status == 404
    assert ask(site, "/stats/medias/t1nybbbb02").status == 200


def test_the_first_fault_that_is_due_decides_and_the_others_wait():
    script = [Fault(what="error_500", call=1), Fault(what="error_503", times=1)]
    site = Site(World("tiny", 1), rate_limit=None, faults=script)
    assert [ask(site, "/account").status for _ in range(3)] == [500, 503, 200]


def test_requests_that_are_refused_anyway_are_not_counted():
    site = Site(World("tiny", 1), rate_limit=None, faults=[Fault(what="error_500", call=1)])
    assert site.handle("/v1/account", {}, "Bearer wrong")[0].status == 401
    assert ask(site, "/account").status == 500


def raw(sandbox, timeout=20):
    connection = http.client.HTTPConnection(urlsplit(sandbox.base_url).netloc, timeout=timeout)
    with closing(connection):
        connection.request("GET", "/v1/account", headers={"Authorization": AUTHORIZATION})
        return connection.getresponse().read()


def test_on_the_wire():
    """Delays pass on the sandbox's time scale; a hang ends with the reader's patience, and does not keep the sandbox."""
    with Sandbox("tiny", time_scale=1000) as sandbox:
        whole = raw(sandbox)
        sandbox.set_faults([Fault(what="reset")])
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            raw(sandbox)
        sandbox.set_faults([Fault(what="hang")])
        with pytest.raises(TimeoutError):
            raw(sandbox, timeout=0.2)
        sandbox.set_faults([Fault(what="slow")])
        assert raw(sandbox, timeout=10) == whole
        script = json.dumps([{"what": "error_503"}])
        assert fetch(sandbox, "/_sandbox/faults", method="POST", body=script).json == {"faults": 1}
        assert fetch(sandbox, "/v1/account").status == 503
        assert fetch(sandbox, "/_sandbox/faults", method="POST", body='[{"what": "rain"}]').status == 422


def test_a_script_is_toml_or_json(tmp_path):
    expected = [Fault(what="error_503", endpoint="/stats/*", every=3), Fault(what="step", seconds=40)]
    (tmp_path / "faults.toml").write_text(
        '[[fault]]\nwhat = "error_503"\nendpoint = "/stats/*"\nevery = 3\n[[fault]]\nwhat = "step"\nseconds = 40\n'
    )
    plain = [{"what": "error_503", "endpoint": "/stats/*", "every": 3}, {"what": "step", "seconds": 40}]
    (tmp_path / "faults.json").write_text(json.dumps(plain))
    assert read_script(tmp_path / "faults.toml") == read_script(tmp_path / "faults.json") == expected
    (tmp_path / "faults.json").write_text("{")
    with pytest.raises(ValueError, match="neither TOML nor"):
        read_script(tmp_path / "faults.json")


@pytest.mark.parametrize(
    ("script", "reason"),
    [([{"what": "rain"}], "there is no fault 'rain'; there are token_revoked"), ([{"what": "step", "when": 1}], "when"),
     ([{"what": "step", "call": 1, "rate": 0.5}], "more than one of"), ([{}], "what"), ([{"what": "step", "page": 0}], "page"),
     ({"faults": []}, "faults"), ("step", "object")],
)  # fmt: skip
def test_a_script_that_is_none_says_why(script, reason):
    with pytest.raises(ValueError, match=reason):
        parse_script(script)


def events(site, per_page=20, **more):
    return walk(site, "/stats/events", per_page=per_page, start_date=DAY, end_date=DAY, **more)


def faulted(*script, now="2025-03-12T14:00:00"):
    return Site(World("tiny", 1), at(now), rate_limit=None, faults=script)


@pytest.mark.parametrize("kind", [kind for kind, what in KINDS.items() if what.reach == "nothing"])
def test_what_a_reader_does_not_get_is_no_look(kind):
    site = faulted(Fault(what=kind, page=2))
    for page in (1, 2, 3, 4, 4):
        ask(site, "/stats/events", page=page, **EVENTS)
    assert truth_of(site).rows("silver.fact_event") == []


def test_an_empty_page_read_once_is_not_believed():
    site = faulted(Fault(what="false_empty", page=2, times=1))
    events(site)
    assert truth_of(site).rows("silver.fact_event") == []


def test_an_empty_page_read_twice_is_believed():
    site = faulted(Fault(what="false_empty", page=2))
    rows = events(site)
    assert len(rows) == 20
    assert held(truth_of(site).rows("silver.fact_event")) == ids(rows)


def test_a_finished_day_is_emptied_only_by_two_walks_that_agree():
    site = faulted()
    rows = look(site, DAY)
    site.set_faults([Fault(what="false_empty", times=2)])
    look(site, DAY, "2025-03-12T15:00:00")
    assert held(truth_of(site).rows("silver.fact_event")) == ids(rows), "one walk alone"
    look(site, DAY)
    assert held(truth_of(site).rows("silver.fact_event")) == ids(rows), "nor the honest one that disagreed with it"
    site.set_faults([Fault(what="false_empty")])
    for _ in range(2):
        look(site, DAY, "2025-03-12T16:00:00")
    assert truth_of(site).rows("silver.fact_event") == []


def test_a_page_that_came_twice_makes_the_walk_void():
    site = faulted(Fault(what="page_twice", page=2))
    for page in (1, 2, 3, 4, 4):
        ask(site, "/stats/events", page=page, **EVENTS)
    assert truth_of(site).rows("silver.fact_event") == []


def test_rows_that_are_none_are_left_out_up_to_a_thousandth():
    site = faulted(Fault(what="percent_above_1", page=2, row=3))
    events(site)
    assert truth_of(site).rows("silver.fact_event") == []
    site = Site(World("demo"), at("2025-02-23T13:00:00"), rate_limit=None)
    rows = look(site, date(2025, 2, 22))
    assert len(rows) > 1000
    site.set_faults([Fault(what="wrong_type", page=2, row=3)])
    look(site, date(2025, 2, 22))
    assert held(truth_of(site).rows("silver.fact_event")) == ids([*rows[:103], *rows[104:]])
