"""What a check is, and what it can find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wistia_lake.checks.evidence import Evidence

SHOWN_FINDINGS = 20
"""Findings of one check that are kept; the rest are counted."""


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    """Numbers disagree, or something deserves a look."""
    FAIL = "fail"
    """Data broke a promise."""
    UNKNOWN = "unknown"
    """There is not enough data to judge."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found."""

    message: str
    weight: float
    """How bad it is; only compared with findings of the same check."""
    media_id: str | None = None
    day: date | None = None
    expected: float | None = None
    found: float | None = None
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a check compared and what it found."""

    compared: str
    """What was compared, as words that may follow "compared: ": also what is shown if nothing was found."""
    findings: Sequence[Finding] = ()
    is_enough: bool = True
    """Whether there was enough data to judge; without findings the state is unknown if not."""


@dataclass(frozen=True, slots=True)
class Check:
    """One registry entry."""

    name: str
    question: str
    """What it asks, in one sentence."""
    severity: State
    """What a finding is: WARN or FAIL."""
    remedy: str
    """What to do about a finding."""
    judge: Callable[[Evidence], Judged]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one check ended; findings are the worst, worst first."""

    check: Check
    state: State
    compared: str
    finding_count: int
    findings: tuple[Finding, ...]


def verdict(check: Check, judged: Judged) -> Verdict:
    """The state that follows from what was found."""
    worst = sorted(judged.findings, key=lambda one: (-one.weight, str(one.media_id), str(one.day)))
    clean = State.OK if judged.is_enough else State.UNKNOWN
    return Verdict(
        check,
        check.severity if worst else clean,
        judged.compared,
        len(worst),
        tuple(worst[:SHOWN_FINDINGS]),
    )
