"""What the checks found: measured residuals, tolerances and the verdict of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One check's result: what was measured, what is allowed, the verdict."""

    check: str
    passed: bool
    measured: Mapping[str, float]
    """Residual name -> value."""
    tolerance: Mapping[str, float]
    """Residual name -> largest (or smallest, where the name ends in `_min`) allowed value."""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The findings of every check that applies to a clip; accepted only when all passed."""

    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> bool:
        """The verdict."""
        return all(f.passed for f in self.findings)

    @property
    def reason(self) -> str:
        """Name and residual of the first failed check, '' when accepted; counted on the dataset
        card."""
        for finding in self.findings:
            if not finding.passed:
                over = [
                    name
                    for name, limit in finding.tolerance.items()
                    if name in finding.measured and not within(name, finding.measured[name], limit)
                ]
                return f"{finding.check}/{over[0]}" if over else finding.check
        return ""


def within(name: str, value: float, limit: float) -> bool:
    """Whether a residual keeps its tolerance: at least `limit` for names ending in `_min`, else at
    most."""
    return value >= limit if name.endswith("_min") else value <= limit


def finding(
    check: str, measured: Mapping[str, float], tolerance: Mapping[str, float], detail: str = ""
) -> Finding:
    """A Finding whose verdict follows from its numbers; NaN fails."""
    numbers = {name: float(value) for name, value in measured.items()}
    limits = {name: float(limit) for name, limit in tolerance.items() if name in numbers}
    return Finding(
        check=check,
        passed=all(within(name, numbers[name], limit) for name, limit in limits.items()),
        measured=numbers,
        tolerance=limits,
        detail=detail,
    )
