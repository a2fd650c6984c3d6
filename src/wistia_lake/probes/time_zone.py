"""``probe time-zone``: which zone the account's days are in, told by comparing them with the sessions."""

from __future__ import annotations

from typing import Any, Final

from wistia_lake.errors import UsageError
from wistia_lake.lake.marker import existing_store
from wistia_lake.lake.store import lake_root
from wistia_lake.model import Reporter
from wistia_lake.probes.asking import Api, ask
from wistia_lake.probes.samples import Report
from wistia_lake.probes.zone_answer import Answer, answer
from wistia_lake.probes.zone_lake import counts_of_lake
from wistia_lake.probes.zone_live import MOST_REQUESTS, counts_of_account
from wistia_lake.settings import Loaded

FEWEST_REQUESTS: Final = 10
"""Below, too little can be read to compare anything."""


def time_zone(
    loaded: Loaded, *, live: bool = False, max_requests: int = MOST_REQUESTS, reporter: Reporter | None = None
) -> Report:
    """Rank the zones by what the lake holds, or by what the API answers to a bounded number of requests.

    Raises:
        UsageError: too few requests to compare anything.
        SettingsError, ApiRejected, ApiExhausted: as for every probe, if the API is asked.
    """
    if max_requests < FEWEST_REQUESTS:
        raise UsageError(
            f"--max-requests {max_requests} is too few to compare anything; give {FEWEST_REQUESTS} or more."
        )
    settings = loaded.settings
    store = None if live else existing_store(settings.lake)
    requests = 0
    if store is not None:
        found, source = answer(counts_of_lake(store), settings.zone_name), "lake"
    else:
        found, requests = ask(loaded, lambda api: _ask(api, settings.zone_name, max_requests, reporter))
        source = "api"
    fits = None if not found.plausible else not found.contradicts(settings.zone_name)
    values = {
        "probe": "time-zone", "source": source, "request_count": requests,
        "setting": settings.zone, "setting_fits": fits, **found.values(),
    }  # fmt: skip
    place = lake_root(settings.lake) or settings.lake
    where = f"the lake in {place}" if source == "lake" else f"the API, in {requests:,} requests"
    return Report(
        [f"compared: {found.evidence} (from {where})", *_table(found), *_advice(found, loaded, source)], values
    )


async def _ask(api: Api, zone: str, max_requests: int, reporter: Reporter | None) -> tuple[Answer, int]:
    counts = await counts_of_account(api, max_requests, reporter)
    return answer(counts, zone), api.client.stats.requests


def _table(found: Answer) -> list[str]:
    """The candidates that are left, and the next ones, with what speaks against them."""
    listed: list[dict[str, Any]] = found.values()["candidates"]
    if not listed:
        return []
    rows = [("zone", "its days", "score", "misplaced", "")]
    rows += [
        (
            one["zone"],
            one["offset"],
            f"{one['score']:.1f}",
            f"{one['misplaced_count']:,}",
            "" if one["plausible"] else "ruled out",
        )
        for one in listed
    ]
    zone, offset, score, misplaced = (max(len(row[column]) for row in rows) for column in range(4))
    lines = [
        f"  {row[0]:<{zone}}  {row[1]:<{offset}}  {row[2]:>{score}}  {row[3]:>{misplaced}}  {row[4]}".rstrip()
        for row in rows
    ]
    assert found.ranking is not None
    legend = (
        f"of {len(found.ranking.scores)} ways of counting days; score: logarithm of how likely, against the best; "
        f"ruled out below {found.ranking.limit:.1f}; misplaced: sessions beyond the plays of their day"
    )
    return [*lines, legend]


def _advice(found: Answer, loaded: Loaded, source: str) -> list[str]:
    setting, zone, best = loaded.settings.zone, loaded.settings.zone_name, found.best
    lines = [found.conclusion]
    if best is None and found.plausible:
        lines[0] += f": {len(found.plausible)} ways of counting days are left"
    if found.verdict == "not enough data":
        more = "to ask the API: --live" if source == "lake" else "to read more sessions: a larger --max-requests"
        lines.append(f"{more}; days to come will tell, too")
    if found.choice is not None:
        lines.append(found.choice)
    if found.contradicts(zone):
        what = "no zone is set, so days are UTC days" if setting is None else f'the setting is zone = "{setting}"'
        lines.append(f"{what}, which the data rules out")
    elif setting is not None and best is not None:
        return [*lines, f'the setting agrees: zone = "{setting}"']
    return lines if best is None else [*lines, f'write into wistia-lake.toml: zone = "{best.zone}"']
