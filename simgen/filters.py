"""Simple filters over named columns, as a condition in SQL.

`template=rigid/* spacing<0.5 not accepted` is a list of conditions that must all hold:
`name=value`, `!=`, `<`, `<=`, `>`, `>=`; several values as `name=a,b`; `*` and `?` stand for any
text; a bare name is a flag, or asks that the column has a value; `not` in front turns it around.
A name may be given by its last part, `spacing` for `parameters.spacing`; a whole name comes first,
so `width` is that of the picture and `parameters.width` that of a domino.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from simgen.errors import SimgenError, unknown

Columns = Mapping[str, str]
"""Path of a column, `certificate.worth.luminance` -> its type in SQL."""
NUMBERS = ("BIGINT", "DOUBLE")
_CONDITION = re.compile(
    r"""\s*(?P<turn>not\s+|!)?(?P<name>[A-Za-z_][\w.]*)
    (?:\s*(?P<sign><=|>=|!=|==|=|<|>)\s*(?P<value>"[^"]*"|'[^']*'|[^\s"'<>=!]+))?(?=\s|$)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Condition:
    """A filter in SQL."""

    sql: str
    values: tuple[float | str, ...]
    """Of the question marks in `sql`."""
    columns: tuple[str, ...]
    """The columns it looks at."""


def parse_filters(text: str, columns: Columns) -> Condition:
    """The condition a line of filters asks for; an empty line holds for all.

    Raises:
        SimgenError: a column that is not there, or a line that is no list of filters.
    """
    parts: list[str] = []
    values: list[float | str] = []
    used: list[str] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _CONDITION.match(text, at)
        if match is None:
            raise SimgenError(
                f"cannot read the filter {text[at:].strip()!r}; write name=value, name<value, name "
                f"or `not` name, with blanks between; or a whole `select ... from clips`"
            )
        at = match.end()
        name = resolve(match["name"], columns)
        sql, own = _condition(name, columns.get(name, ""), match["sign"], match["value"])
        parts.append(f"not coalesce({sql}, false)" if match["turn"] else sql)
        values += own
        used.append(name)
    return Condition(" and ".join(parts) or "true", tuple(values), tuple(dict.fromkeys(used)))


def resolve(name: str, columns: Columns) -> str:
    """The column, nested ones whole, of that path or with that last part; parameters come first."""
    for path in (name, f"parameters.{name}"):
        if path in columns or any(column.startswith(f"{path}.") for column in columns):
            return path
    found = [path for path in columns if path.endswith(f".{name}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise SimgenError(f"column {name!r} is in several places; write {' or '.join(found)}")
    names = {*columns, *(path.rpartition(".")[2] for path in columns)}
    raise unknown("column", name, names, "`simgen query DIR --columns` lists them")


def quoted(path: str) -> str:
    """A column path in SQL."""
    return ".".join(f'"{part}"' for part in path.split("."))


def _condition(
    name: str, kind: str, sign: str | None, value: str | None
) -> tuple[str, list[float | str]]:
    """One condition in SQL, and its values."""
    column = quoted(name)
    if sign is None or value is None:
        return (column if kind == "BOOLEAN" else f"{column} is not null"), []
    sign = {"==": "=", "!=": "<>"}.get(sign, sign)
    choices = [value[1:-1]] if value[0] in "\"'" else value.split(",")
    if sign not in ("=", "<>"):
        if kind not in NUMBERS:
            column = f"try_cast({column} as double)"
        return f"{column} {sign} ?", [_number(name, sign, value)]
    values: list[float | str] = []
    tests: list[str] = []
    for choice in choices:
        if kind in NUMBERS:
            tests.append(f"{column} = ?")
            values.append(_number(name, sign, choice))
        elif kind == "BOOLEAN":
            tests.append(f"{column} = (? = 'true')")
            values.append(_flag(name, choice))
        else:
            tests.append(f"{column} {'glob' if set('*?') & set(choice) else '='} ?")
            values.append(choice)
    either = f"({' or '.join(tests)})"
    return (either if sign == "=" else f"not {either}"), values


def _number(name: str, sign: str, value: str) -> float:
    try:
        return int(value) if value.lstrip("+-").isdecimal() else float(value)
    except ValueError:
        raise SimgenError(f"filter {name}{sign}{value}: {value!r} is not a number") from None


def _flag(name: str, value: str) -> str:
    if value.lower() not in ("true", "false"):
        raise SimgenError(f"filter {name}={value}: {name} is true or false")
    return value.lower()
