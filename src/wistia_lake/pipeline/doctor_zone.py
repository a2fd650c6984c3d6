"""Doctor's question about the zone: whether one is set, and whether the days that the lake holds agree with it."""

from __future__ import annotations

from wistia_lake.errors import WistiaLakeError
from wistia_lake.lake.marker import existing_store
from wistia_lake.pipeline.findings import Finding
from wistia_lake.probes.zone_answer import Answer, answer
from wistia_lake.probes.zone_lake import counts_of_lake
from wistia_lake.settings import Loaded, Settings

_EXAMPLE = 'Write zone = "America/New_York" (the zone of your Wistia account) into wistia-lake.toml.'


def zone_finding(loaded: Loaded) -> Finding:
    """Whether a zone is set, and what the lake's bronze says about it."""
    settings, found = loaded.settings, _of_lake(loaded.settings)
    unset = "not set, so days are UTC days"
    if found is not None and found.contradicts(settings.zone_name):
        what = f"{unset}, which" if settings.zone is None else f"{settings.zone}, which"
        return Finding("zone", "warn", f"{what} contradicts the data: {found.evidence}", _remedy(found))
    agrees = found is not None and found.best is not None
    if settings.zone is None and not agrees:
        return Finding("zone", "warn", f"{unset} and differ from those that Wistia shows", _EXAMPLE)
    name = settings.zone or unset
    if found is None:
        return Finding("zone", "ok", name)
    if agrees:
        return Finding("zone", "ok", f"{name}; the data agrees: {found.evidence}")
    return Finding("zone", "ok", f"{name}; {found.conclusion}: {found.evidence}")


def _of_lake(settings: Settings) -> Answer | None:
    """What the lake says; None if there is none, or none that can be read: other lines tell why."""
    try:
        store = existing_store(settings.lake)
        return answer(counts_of_lake(store), settings.zone_name) if store is not None else None
    except WistiaLakeError:
        return None


def _remedy(found: Answer) -> str:
    if found.best is None:
        return "Look which zones are left: wistia-lake probe time-zone"
    alike = f" (or {', '.join(found.best.alike[:3])}: alike in that time)" if found.best.alike else ""
    return f'Write zone = "{found.best.zone}"{alike} into wistia-lake.toml, then run again.'
