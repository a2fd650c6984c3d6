"""``demo``: the whole way against a simulated account, held against the truth."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wistia_lake.cli.options import Invocation, command

if TYPE_CHECKING:
    from wistia_lake.model import Reporter
    from wistia_lake.sandbox.harness import Sandbox
    from wistia_lake.settings import Loaded

FOLDER = "demo-lake"
SIMULATED_DAYS = 3
RATE_LIMIT = 60_000
_MADE_BY_DEMO = ".made-by-wistia-lake-demo"
_KPI = """
    select title, channel, play_count, previous_play_count, viewer_count,
           round(watched_hours, 1) as watched_hours, round(watched_share, 2) as watched_share,
           round(completed_share, 2) as completed_share
    from gold.kpi_media_28d order by play_count desc nulls last, media_id limit 12"""


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """One table held against the truth."""

    table: str
    row_count: int
    difference_count: int
    first_differences: tuple[str, ...]
    """Key, column, expected and found value."""


@command()
def demo(invocation: Invocation) -> None:
    """Run the whole way against a simulated account and compare with the truth.

    Serves an account of about 24 medias and 60,000 play sessions on this machine, runs the pipeline on three simulated
    days, and compares every table with what a perfect reader would hold, cell for cell. The lake stays in ./demo-lake
    for you to question; the next demo replaces it. Exit code 6 if a single cell differs.
    """
    invocation.start_logging()
    with invocation.reporter() as reporter:
        run_demo(Path(FOLDER), scenario="demo", reporter=reporter, as_json=invocation.as_json)


def run_demo(
    folder: Path,
    *,
    scenario: str,
    reporter: Reporter,
    as_json: bool = False,
    before_comparing: Callable[[Loaded], None] = lambda _: None,
) -> None:
    """Fill ``folder`` with a lake of a simulated account and hold it against the truth.

    ``before_comparing`` is how a test makes the comparison fail.

    Raises:
        DataError: a table differs from the truth.
    """
    from wistia_lake.sandbox.catalog import SCENARIOS
    from wistia_lake.sandbox.harness import Sandbox

    simulated = SCENARIOS[scenario]
    _empty_folder(folder, simulated.toml)
    starts = simulated.now
    with Sandbox(scenario, now=starts, rate_limit=RATE_LIMIT) as sandbox:
        loaded = _settings(folder, sandbox)
        late = 0
        for day in range(SIMULATED_DAYS):
            sandbox.advance(starts + timedelta(days=day))
            late += _one_day(loaded, sandbox, reporter)
        if not as_json:
            _show(loaded, sandbox)
        before_comparing(loaded)
        reporter.say("comparing every table with the truth ...")
        verdicts = _verdicts(loaded, sandbox, simulated.toml)
    _conclude(folder, verdicts, late, as_json=as_json)


def _empty_folder(folder: Path, toml: str) -> None:
    """Make the demo's folder, replacing what an earlier demo left there and nothing else."""
    from wistia_lake.errors import SettingsError

    if (folder / _MADE_BY_DEMO).is_file() and not folder.is_symlink():
        shutil.rmtree(folder)
    try:
        folder.mkdir()
        (folder / _MADE_BY_DEMO).touch()
        (folder / "wistia-lake.toml").write_text(toml, encoding="utf-8")
    except FileExistsError as exc:
        raise SettingsError(
            f"{str(folder.absolute())!r} exists and no demo made it, so it is left alone. Move it away, or run the "
            "demo in another folder."
        ) from exc
    except OSError as exc:
        raise SettingsError(
            f"{str(folder.absolute())!r} cannot be written: {exc.strerror}. Choose another folder."
        ) from exc


def _settings(folder: Path, sandbox: Sandbox) -> Loaded:
    """The scenario's own settings; nothing of the user's environment, so that a demo cannot touch a real lake."""
    from wistia_lake.settings import TOKEN, load_settings

    flags = {"lake": str(folder / "lake"), "base_url": sandbox.base_url, "requests_per_minute": RATE_LIMIT}
    place = folder.absolute()
    return load_settings(
        environ={TOKEN: sandbox.token}, config=str(place / "wistia-lake.toml"), flags=flags, working_folder=place
    )


def _one_day(loaded: Loaded, sandbox: Sandbox, reporter: Reporter) -> int:
    """One daily run; returns how many sessions arrived late."""
    from wistia_lake.cli.sentences import run_sentences
    from wistia_lake.pipeline.run import run

    now = sandbox.now
    reporter.say(f"simulated day {now:%Y-%m-%d}:")
    summary = run(loaded, clock=lambda: now, reporter=reporter)
    for sentence in run_sentences(summary):
        reporter.say(f"  {sentence}")
    if summary.problem is not None:
        raise summary.problem
    return summary.ingest.late_row_count if summary.ingest is not None else 0


def _show(loaded: Loaded, sandbox: Sandbox) -> None:
    """What a user would look at next: status, sanity, the KPI table."""
    import sys

    from wistia_lake.cli.output import write_rows
    from wistia_lake.cli.status_command import status_lines
    from wistia_lake.reader import open as open_lake
    from wistia_lake.reader import query_text
    from wistia_lake.status import lake_status

    now, lake = sandbox.now, open_lake(loaded.settings.lake)
    print("\n".join(status_lines(lake_status(loaded, lambda: now))), end="\n\n")
    for title, question in (("sanity", "sanity"), ("gold.kpi_media_28d: the most played medias", _KPI)):
        print(title)
        write_rows(lake.sql(query_text(question)), "table", None)
        print()
    sys.stdout.flush()


def _verdicts(loaded: Loaded, sandbox: Sandbox, toml: str) -> list[TableVerdict]:
    from wistia_lake.reader import open as open_lake
    from wistia_lake.sandbox.catalog import channel_rules, media_filter
    from wistia_lake.sandbox.compare import compare
    from wistia_lake.sandbox.truth import COLUMNS, KEYS, Truth

    truth = Truth(
        world=sandbox.world,
        looks=sandbox.requests(),
        zone=loaded.settings.zone_name,
        pseudonym_key=bytes.fromhex((loaded.folder / "pseudonym.key").read_text(encoding="ascii").strip()),
        channel_rules=channel_rules(toml),
        late_window_days=loaded.settings.late_window_days,
        settle_minutes=loaded.settings.settle_minutes,
        media_filter=media_filter(toml),
    )
    lake, verdicts = open_lake(loaded.settings.lake), []
    for table in COLUMNS:
        found = lake.sql(f"select * from {table}")
        differences = compare(truth.rows(table), found, KEYS[table])
        first = tuple(map(str, differences.first))
        verdicts.append(TableVerdict(table, found.num_rows, differences.count, first))
    return verdicts


def _conclude(folder: Path, verdicts: Sequence[TableVerdict], late: int, *, as_json: bool) -> None:
    """The last lines, and DataError if anything differs."""
    from wistia_lake.cli.output import print_json
    from wistia_lake.errors import DataError

    wrong = [verdict for verdict in verdicts if verdict.difference_count]
    if as_json:
        tables: list[dict[str, Any]] = [asdict(verdict) for verdict in verdicts]
        print_json({"ok": not wrong, "tables": tables, "late_row_count": late, "lake": str(folder / "lake")})
    else:
        print("\n".join(_last_lines(folder, verdicts, late, ok=not wrong)))
    if wrong:
        raise DataError(
            f"The demo's tables differ from the truth in {', '.join(verdict.table for verdict in wrong)}; the first "
            f"difference is {wrong[0].table} {wrong[0].first_differences[0]}. This is a bug in wistia-lake; please "
            "report it."
        )


def _last_lines(folder: Path, verdicts: Sequence[TableVerdict], late: int, *, ok: bool) -> list[str]:
    lines = []
    example = 'wistia-lake query "select * from gold.kpi_media_28d"'
    for verdict in verdicts:
        lines.append(f"truth: {verdict.table} {verdict.row_count} rows, {verdict.difference_count} differences")
        lines += [f"  {verdict.table} {difference}" for difference in verdict.first_differences]
    return [
        *lines,
        f"late: {late} sessions arrived after the first look at their day",
        f"lake: {folder / 'lake'}",
        "demo ok" if ok else "demo failed",
        f"try next: cd {folder}, then: wistia-lake status; wistia-lake tables silver.fact_event; {example}",
    ]
