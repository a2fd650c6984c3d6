"""``init`` and ``doctor``: the way to a first run, and what stands in it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from wistia_lake.cli.options import Invocation, clock_of, command


@command()
@click.option("--clean", is_flag=True, help="Remove what killed processes left more than 24 hours ago, and say each.")
def doctor(invocation: Invocation, clean: bool) -> None:
    """Look at everything that a run needs, and say what to do about it.

    One line each for versions, settings, zone, webhook, token and permissions, reachability, clock, store, disk, key,
    catalog and leftovers: ok, warn or fail, with the remedy. Exit code 3 if anything failed, else 0. The zone is
    compared with what the lake holds. Asks the API three questions and changes nothing, unless --clean is given: then
    objects of bronze that belong to no look and leases of dead processes are removed, if neither an ingest nor a build
    is at work.
    """
    from wistia_lake.cli.output import print_json
    from wistia_lake.errors import ChangeNeeded
    from wistia_lake.pipeline.doctor import doctor as examine

    invocation.start_logging()
    findings = examine(invocation.load, clock_of, clean_up=clean)
    failed = [one for one in findings if one.state == "fail"]
    if invocation.as_json:
        print_json({"failed_count": len(failed), "findings": findings})
    else:
        width = max(len(one.name) for one in findings)
        for one in findings:
            remedy = f" {one.remedy}" if one.remedy else ""
            print(f"{one.state:<4}  {one.name:<{width}}  {one.message.rstrip('.')}{'.' if remedy else ''}{remedy}")
    if failed:
        names = ", ".join(one.name for one in failed)
        raise ChangeNeeded(f"{len(failed)} of {len(findings)} failed: {names}. The lines above say what to do.")


@command()
def init(invocation: Invocation) -> None:
    """Write commented settings, a template for the token, and the pseudonym key.

    Makes wistia-lake.toml, .env and pseudonym.key in this folder, and never writes over a file that exists. With a
    token in the environment it looks at the account first, in about 60 requests, and proposes its time zone, the start
    of coverage and, from the names of projects, channels. Proposals are comments: nothing is decided for you.
    """
    from wistia_lake.cli.output import print_json
    from wistia_lake.pipeline.init import init as write_files

    invocation.start_logging()
    config = Path(invocation.given.get("config") or os.environ.get("WISTIA_LAKE_CONFIG") or "wistia-lake.toml")
    with invocation.reporter() as reporter:
        done = write_files(lambda: invocation.load(config_may_miss=True), clock_of, config, reporter)
    if invocation.as_json:
        print_json(done)
        return
    for path in done.written:
        print(f"written  {path}")
    for path in done.kept:
        print(f"kept     {path} (it was there already)")
    for note in done.notes:
        print(note)
    print(f"Next: {done.next_step}")
