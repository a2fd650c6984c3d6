"""What rules look at: the attributes of every media, from the newest list that held it or from its sessions."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from wistia_lake.bronze.batch import read_rows
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.settings import MediaRule, Settings
from wistia_lake.silver.history import History
from wistia_lake.silver.relations import matches


class Attributes(msgspec.Struct, frozen=True):
    """What channel, include and exclude rules look at; a media known only from sessions has a name alone."""

    media_id: str
    name: str | None = None
    project: str | None = None
    section: str | None = None
    tags: list[str] = []


class _Session(msgspec.Struct, frozen=True):
    """What gives a title to a media that no list ever showed."""

    media_id: str
    received_at: str
    event_id: str
    media_name: str | None = None


def listed(history: History) -> dict[str, Attributes]:
    """Every media ever listed. The newest list tells nearly all; an older one is read only for medias it alone held."""
    missing = listed_ids(history)
    found: dict[str, Attributes] = {}
    for manifest, _, _ in reversed(history.media_runs):
        if missing.isdisjoint(manifest.medias):
            continue
        for media in read_rows(history.store, manifest, Attributes):
            found.setdefault(media.media_id, media)
        missing -= found.keys()
    return found


def listed_ids(history: History) -> set[str]:
    """The ids of every media ever listed."""
    return {media_id for manifest, _, _ in history.media_runs for media_id in manifest.medias}


def event_only(history: History) -> dict[str, Manifest]:
    """Medias with sessions that no list ever showed, with the newest slice that holds them."""
    known = listed_ids(history)
    found: dict[str, Manifest] = {}
    for day in history.looks["events"].all_days():
        for one in history.shown("events", day):
            for media_id in one.manifest.medias:
                if media_id not in known and media_id not in one.excluded and one.media_id in (None, media_id):
                    found[media_id] = one.manifest
    return found


def event_only_titles(history: History) -> dict[str, str | None]:
    """The name that the latest session of each such media carried."""
    titles: dict[str, str | None] = {}
    for media_id, manifest in event_only(history).items():
        sessions = [s for s in read_rows(history.store, manifest, _Session) if s.media_id == media_id]
        latest = max(sessions, key=lambda session: (session.received_at, session.event_id))
        titles[media_id] = latest.media_name
    return titles


class Visibility:
    """Which medias silver shows: those that an include rule matches (without any: all) and no exclude rule.

    Decided from bronze alone, the same for all tables of one build. Without rules nothing is read.
    """

    def __init__(self, history: History, settings: Settings) -> None:
        self._history = history
        self._include, self._exclude = settings.include, settings.exclude
        self._known: dict[str, Attributes] | None = None
        self._is_hidden: dict[str, bool] = {}
        self._of_batch: dict[str, tuple[str, ...]] = {}

    def hidden(self, medias: Iterable[str]) -> list[str]:
        """Those of some medias that silver does not show, ascending."""
        if not self._include and not self._exclude:
            return []
        return sorted({media_id for media_id in medias if self._hides(media_id)})

    def hidden_in(self, *manifests: Manifest) -> list[str]:
        """The medias of some looks that silver does not show, ascending: what a digest must know of the rules."""
        if not self._include and not self._exclude:
            return []
        found: set[str] = set()
        for manifest in manifests:
            if manifest.batch_id not in self._of_batch:
                self._of_batch[manifest.batch_id] = tuple(self.hidden(manifest.medias))
            found.update(self._of_batch[manifest.batch_id])
        return sorted(found)

    def _hides(self, media_id: str) -> bool:
        if media_id not in self._is_hidden:
            self._is_hidden[media_id] = not self._shows(self._attributes().get(media_id, Attributes(media_id)))
        return self._is_hidden[media_id]

    def _shows(self, media: Attributes) -> bool:
        def fits(rule: MediaRule) -> bool:
            return matches(rule, project=media.project, section=media.section, tags=media.tags, title=media.name)

        return (not self._include or any(map(fits, self._include))) and not any(map(fits, self._exclude))

    def _attributes(self) -> dict[str, Attributes]:
        if self._known is None:
            titles = event_only_titles(self._history)
            self._known = listed(self._history) | {one: Attributes(one, title) for one, title in titles.items()}
        return self._known
