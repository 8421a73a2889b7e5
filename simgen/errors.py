"""The one exception for bad input, and the record of an unusable draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


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


def parsed(model: type[Model], content: Mapping[str, Any], where: str) -> Model:
    """A model from plain data that people typed; one clear SimgenError for a bad field of
    `where`."""
    try:
        return model(**content)
    except ValidationError as error:
        found = error.errors()
        misspelt = [e for e in found if e["type"] == "extra_forbidden" and len(e["loc"]) == 1]
        first = (misspelt or found)[0]
        field = ".".join(str(part) for part in first["loc"])
        if misspelt:
            raise unknown(f"field of {where}", field, model.model_fields) from None
        raise SimgenError(
            f"{where}: field {field!r} got {first.get('input')!r}: {first['msg']}"
        ) from None
