"""Logs: silent until configured, never a secret, structlog only when needed."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest

from wistia_lake import log

TOKEN = "not-a-real-token-0000"


@pytest.fixture
def lines():
    """Configures, logs and gives what was written."""

    def written(verbose, as_json, speak):
        stream = io.StringIO()
        log.configure(verbose, as_json, stream)
        speak(log.get_logger("wistia"))
        return stream.getvalue()

    yield written
    log.silence()


def all_levels(logger):
    logger.debug("page.fetched")
    logger.info("batch.committed", rows=3)
    logger.warning("pace.lowered")
    logger.error("store.failed")


def test_nothing_is_written_before_configure(capsys):
    log.silence()
    all_levels(log.get_logger("wistia"))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("verbose", "count"), [(-1, 2), (0, 2), (1, 3), (2, 4), (9, 4)])
def test_verbose_says_how_much(lines, verbose, count):
    assert lines(verbose, True, all_levels).count("\n") == count


def test_json_lines_have_event_level_part_time_and_values(lines):
    line = json.loads(lines(1, True, all_levels).splitlines()[0])
    assert line.pop("time").endswith("Z")
    assert line == {"event": "batch.committed", "level": "info", "part": "wistia", "rows": 3}


@pytest.mark.parametrize("as_json", [True, False])
def test_secrets_are_masked_under_any_key_and_depth(lines, as_json):
    def speak(logger):
        logger.warning(
            "request.sent", token=TOKEN, api_token=TOKEN, Authorization=TOKEN, password=TOKEN, visitor_key=TOKEN,
            headers={"authorization": TOKEN, "more": [{"secret": TOKEN}]}, text=f"sent Bearer {TOKEN} and", rows=7,
        )  # fmt: skip

    text = lines(0, as_json, speak)
    assert TOKEN not in text
    assert "7" in text
    assert "***" in text


@pytest.mark.parametrize("as_json", [True, False])
def test_tracebacks_do_not_show_local_variables(lines, as_json):
    def fail():
        hidden = TOKEN + "local"
        raise ValueError(len(hidden))

    def speak(logger):
        try:
            fail()
        except ValueError as exc:
            logger.error("store.failed", exc_info=exc)  # noqa: TRY400  our logger has no exception()

    text = lines(0, as_json, speak)
    assert "ValueError" in text
    assert TOKEN + "local" not in text


def test_a_log_is_for_people_or_machines(lines):
    text = lines(1, False, all_levels)
    assert "batch.committed" in text
    assert "rows=3" in text
    assert "\x1b" not in text, "no colours where nobody looks"


def test_importing_log_imports_no_structlog():
    code = "import sys, wistia_lake.log as log; log.get_logger('x').error('y'); sys.exit('structlog' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_lines_of_a_block_say_what_they_belong_to(lines):
    def speak(logger):
        with log.bound(run_id="outer"), log.bound(step=1):
            logger.warning("pace.lowered", step=2)
        logger.warning("pace.lowered")

    first, second = map(json.loads, lines(0, True, speak).splitlines())
    assert (first["run_id"], first["step"]) == ("outer", 2)
    assert "run_id" not in second


def test_what_libraries_log_becomes_a_line_too_without_traceback_or_credentials(lines, capsys):
    def speak(_):
        try:
            raise ValueError(TOKEN)
        except ValueError:
            logging.getLogger("aiohttp.server").exception("failed with Bearer %s", TOKEN)
        logging.getLogger("aiohttp.server").info("asked")

    (line,) = map(json.loads, lines(0, True, speak).splitlines())
    assert (line["event"], line["level"], line["part"]) == ("library.logged", "error", "aiohttp.server")
    assert (line["message"], line["error"]) == ("failed with Bearer ***", "ValueError")
    assert TOKEN not in json.dumps(line)
    log.silence()
    assert capsys.readouterr().err == ""
