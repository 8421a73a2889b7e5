"""The one exception for bad input, and the record of an unusable draw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class SimgenError(Exception):
    """Bad input. The message says what came, what is allowed and what to do; the CLI exits with
    2."""


@dataclass(frozen=True)
class Rejected:
    """A draw or roll-out that cannot be used: a recorded value, never a silent replacement."""

    reason: str
    """Short machine-readable cause, e.g. `simulation/not_finite`; counted on the dataset card."""
    detail: str = ""
    """What was measured, in words."""


def unknown(what: str, name: str, known: Iterable[str], hint: str = "") -> SimgenError:
    """The error for a name that is not in a table: names the nearest and the allowed ones."""
    allowed = sorted(known)
    close = get_close_matches(name, allowed, n=3)
    guess = f"; did you mean {', '.join(close)}?" if close else ""
    listing = ", ".join(allowed) if len(allowed) <= 24 else f"{len(allowed)} names"
    return SimgenError(f"unknown {what} {name!r}{guess} (allowed: {listing}){hint and ' ' + hint}")
