"""Bronze as a reader of many days would have left it, written in seconds: what a history costs can then be measured."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec

from wistia_lake.bronze.batch import commit_look, encode_lines
from wistia_lake.bronze.layout import new_batch_id
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.lake.marker import MARKER_KEY, Marker
from wistia_lake.lake.store import Store
from wistia_lake.privacy.policy import POLICY_VERSION
from wistia_lake.privacy.pseudonym import Pseudonymizer
from wistia_lake.sandbox.harness import Sandbox

KEY = "0b" * 32
SESSIONS = 40
"""A day, of both medias together: what the simulated account ``tiny`` has."""
ONE_DAY = timedelta(days=1)


class Past:
    """Bronze of ``days`` days of daily runs, the last one the day before ``now``.

    Every day of sessions was read on four days and by the sweep, counters, windows, lists and curves once a day.
    """

    def __init__(self, store: Store, sandbox: Sandbox, days: int, now: datetime) -> None:
        self.store, self.sandbox, self.medias = store, sandbox, sorted(sandbox.world.medias)
        self.fingerprint = Pseudonymizer(bytes.fromhex(KEY)).fingerprint
        self.now, self.first, self.last = now, now.date() - days * ONE_DAY, now.date() - ONE_DAY
        self.newest: dict[tuple[str, date | None], Manifest] = {}

    def write(self) -> None:
        """Day after day, as runs at two in the afternoon."""
        self.store.create(MARKER_KEY, msgspec.json.encode(Marker(created_at=self.now, start=self.first)))
        day = self.first
        while day <= self.last:
            at = datetime(day.year, day.month, day.day, 14, tzinfo=UTC)
            for back in (0, 1, 2, 3, *((10, 17, 24) if day.toordinal() % 7 == 0 else ())):
                if day - back * ONE_DAY >= self.first:
                    self._look("events", day - back * ONE_DAY, at, self._sessions(day - back * ONE_DAY), final=back > 0)
            counters = {"load_count": day.toordinal(), "play_count": day.toordinal() // 2}
            window = [day - back * ONE_DAY for back in (3, 2, 1, 0)]
            per_day = [
                {"date": one.isoformat(), "load_count": 9, "play_count": 4, "hours_watched": 0.5} for one in window
            ]
            self._look("medias", day, at, [self._media(media_id, at) for media_id in self.medias])
            self._look(
                "media_stats",
                day,
                at,
                self._each([counters | {"play_rate": 0.5, "visitors": 9, "engagement": 0.5, "hours_watched": 1.0}]),
            )
            self._look("media_by_date", day, at, self._each(per_day), covers=(window[0], day))
            self._look("account_by_date", day, at, per_day, covers=(window[0], day))
            curve = {"engagement": 0.5, "engagement_data": [day.toordinal()] * 90, "rewatch_data": [0] * 90}
            read = {"snapshot_day": day.isoformat(), "looked_at": at.isoformat()}
            self._look("media_engagement", day, at, self._each([curve | read]))
            day += ONE_DAY

    def _each(self, rows: list[dict[str, object]]) -> list[dict[str, object]]:
        return [{"media_id": media_id} | row for media_id in self.medias for row in rows]

    def _media(self, media_id: str, at: datetime) -> dict[str, object]:
        """The row that the account lists, so that the first real run finds nothing renamed; edited every day."""
        media = self.sandbox.world.medias[media_id]
        project = next(one for one in self.sandbox.world.scenario.projects if one.hashed_id == media.project)
        return {
            "media_id": media_id, "numeric_id": media.id, "name": media.title, "type": media.type,
            "duration": media.known_seconds, "archived": False, "status": media.status, "section": media.section,
            "project_id": media.project, "project": project.name, "created": media.created.isoformat(),
            "updated": at.isoformat(), "tags": [], "url": None, "is_deleted": False,
        }  # fmt: skip

    def _sessions(self, day: date) -> list[dict[str, object]]:
        return [
            {"received_at": f"{day}T{number % 24:02}:10:00.000Z", "event_id": f"{day.toordinal():016x}{number:016x}",
             "visitor_id": f"{number % 17:032x}", "media_id": self.medias[number % len(self.medias)],
             "percent_viewed": 0.5, "country": "US", "mobile": False, "is_identified": False, "is_converted": False}
            for number in range(SESSIONS)
        ]  # fmt: skip

    def _look(
        self,
        stream: str,
        day: date,
        at: datetime,
        rows: list[dict[str, object]],
        *,
        final: bool = False,
        covers: tuple[date, date] | None = None,
    ) -> None:
        place = stream, day if stream == "events" else None
        manifest = Manifest(
            policy_version=POLICY_VERSION, batch_id=new_batch_id(at), stream=stream, scope="account", day=day,
            final=final, run_id="history", api_base="http://127.0.0.1/v1", api_version="v1",
            key_fingerprint=self.fingerprint, first_requested_at=at, last_requested_at=at, page_count=1, row_count=0,
            content_hash="", covers=covers, medias=self.medias,
        )  # fmt: skip
        encoded = encode_lines(map(msgspec.json.encode, rows))
        self.newest[place] = commit_look(self.store, manifest, encoded, newest=self.newest.get(place)).manifest
