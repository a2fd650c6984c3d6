"""Where samples go: never over an existing one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from wistia_lake.errors import UsageError, WistiaLakeError
from wistia_lake.privacy.samples import Redaction


@dataclass(frozen=True, slots=True)
class Report:
    """What a probe says: sentences for people, values for programs, and the files it wrote."""

    lines: list[str]
    values: dict[str, Any]
    files: list[Path] = field(default_factory=list)
    problem: WistiaLakeError | None = None
    """What is to be raised after the rest was shown: a part of what was asked for is not there."""

    def text(self) -> str:
        """Everything for people."""
        return "\n".join([*self.lines, *(f"sample: {path}" for path in self.files)])


def stamp(at: datetime) -> str:
    """The part of a sample's name that tells when: ``20250312T140000Z``."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def write_samples(folder: Path, stem: str, texts: Mapping[str, str]) -> list[Path]:
    """Write files that belong together, by their endings; a stem that is taken gets a number.

    Raises:
        UsageError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in count(1):
            name = stem if number == 1 else f"{stem}_{number}"
            paths = {ending: folder / f"{name}{ending}" for ending in texts}
            if not any(path.exists() for path in paths.values()):
                break
        for ending, path in paths.items():
            with path.open("x", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(texts[ending])
    except OSError as exc:
        raise UsageError(f"The sample cannot be written below {str(folder)!r}: {exc.strerror}.") from exc
    return list(paths.values())


def pretty(value: Any) -> str:
    """JSON to be read by people."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def lines_of(rows: list[dict[str, Any]]) -> str:
    """Newline-delimited JSON."""
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)


def field_lines(found: Redaction) -> list[str]:
    """Which fields did not get into the sample, by name."""
    lines = []
    if found.dropped:
        lines.append(f"left out of the sample: {', '.join(sorted(found.dropped))}")
    if found.unknown:
        lines.append(f"unknown fields, left out too: {', '.join(sorted(found.unknown))}")
    return lines


def personal_lines(found: Redaction) -> list[str]:
    """Which personal fields would have been there."""
    if not found.personal:
        return ["personal fields: none was filled"]
    total = len(found.rows)
    return [
        "personal fields that would have been there, and are redacted:",
        *(f"  {name}: filled in {count_:,} of {total:,} rows" for name, count_ in sorted(found.personal.items())),
    ]
