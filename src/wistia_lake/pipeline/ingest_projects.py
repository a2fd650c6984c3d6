"""Stream ``projects``: the whole list, whatever MEDIA_IDS says. Kept in bronze; no table is made from it yet.

What the tables say of projects comes with the medias; this list also has the empty ones, and when each was made.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from wistia_lake.bronze.batch import encode_lines
from wistia_lake.errors import ApiGone, ApiRejected
from wistia_lake.model import ACCOUNT, Slice
from wistia_lake.pipeline.ingest_work import Findings, Outlook, Seen, Work
from wistia_lake.privacy.pages import projects_agree, row_count
from wistia_lake.privacy.rows import ProjectRow
from wistia_lake.privacy.statistics import decode_projects
from wistia_lake.wistia.client import Answer
from wistia_lake.wistia.endpoints import FOLDERS, PROJECTS
from wistia_lake.wistia.paging import walk

STREAM = "projects"
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Listed:
    """The list as one walk gave it; of a project met twice, the later row counts."""

    slice: Slice
    rows: dict[str, ProjectRow] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    repeat_count: int = 0

    def forget(self) -> None:
        self.rows, self.findings, self.repeat_count = {}, Findings(), 0

    def take(self, page: int, answer: Answer) -> None:
        decoded = decode_projects(answer.body)
        self.findings.add(decoded, self.slice, page)
        for row in decoded.rows:
            self.repeat_count += row.project_id in self.rows
            self.rows[row.project_id] = row


def expected(outlook: Outlook) -> int:
    """How many requests a look will need, if the list is as long as last time: its last page is read twice."""
    last = outlook.manifest(outlook.looks(STREAM).latest(ACCOUNT))
    return (1 if last is None else last.page_count) + 1


async def read(work: Work) -> None:
    """One look at the list."""
    listed = _Listed(Slice(STREAM, ACCOUNT, work.clock().date()))
    endpoint = PROJECTS if work.client.api_version == "v1" else FOLDERS
    try:
        walked = await walk(
            work.client, endpoint, agree=projects_agree, count=row_count, consume=listed.take, reset=listed.forget
        )
    except (ApiGone, ApiRejected) as exc:
        work.not_offered(STREAM, "the lake keeps no list of them; medias still say theirs", exc)
        return
    looks = work.looks(STREAM)
    rows = [row for _, row in sorted(listed.rows.items())]
    seen = Seen(
        listed.slice.read_at(walked.first_requested_at),
        encode_lines(map(_encode, rows)),
        walked.first_requested_at,
        walked.last_requested_at,
        walked.page_count,
        (),
        listed.findings,
        repeat_count=listed.repeat_count,
    )
    work.commit(seen, looks, work.manifest(looks.latest(ACCOUNT)))
