"""Rows under named columns, as neat text, CSV or JSON."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any, cast

WIDEST = 48
"""Characters of a cell at most in text; longer ones end in an ellipsis."""


@dataclass(frozen=True)
class Table:
    """The answer to a query."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    """Plain values; a nested column is a dict, in which values that are missing are left out."""
    more: bool = False
    """Whether a limit cut rows off."""

    def dicts(self) -> list[dict[str, Any]]:
        """The rows by column name."""
        return [dict(zip(self.columns, row)) for row in self.rows]

    def text(self) -> Iterator[str]:
        """Lines of aligned columns, numbers to the right."""
        cells = [[_cell(value) for value in row] for row in self.rows]
        right = [
            all(isinstance(row[k], int | float | None) for row in self.rows)
            for k in range(len(self.columns))
        ]
        widths = [max(map(len, column)) for column in zip(self.columns, *cells)]
        for line in (list(self.columns), ["-" * width for width in widths], *cells):
            aligned = [
                cell.rjust(width) if to_right else cell.ljust(width)
                for cell, width, to_right in zip(line, widths, right)
            ]
            yield "  ".join(aligned).rstrip()
        yield f"{len(self.rows)} rows" + (", and more; --limit shows them" if self.more else "")

    def csv(self) -> Iterator[str]:
        """Lines of CSV, the names first; nested columns are JSON."""
        for row in (self.columns, *self.rows):
            buffer = StringIO()
            values = [to_json(v) if isinstance(v, dict | list) else v for v in row]
            csv.writer(buffer, lineterminator="").writerow(values)
            yield buffer.getvalue()

    def json(self) -> Iterator[str]:
        """Lines of one JSON array, a row each."""
        rows = self.dicts()
        yield "["
        for number, row in enumerate(rows, 1):
            yield to_json(row) + ("," if number < len(rows) else "")
        yield "]"


def to_json(value: Any) -> str:
    """JSON of plain values; NaN and infinities, which it does not know, are null."""
    return json.dumps(_finite(value), default=str)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_finite(v) for v in cast("list[Any]", value)]
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
