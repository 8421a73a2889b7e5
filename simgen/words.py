"""English for captions: phrases with fields, counts, articles, names of materials and colours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simgen.errors import SimgenError


def _no_terms() -> dict[str, Mapping[str, str]]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Words:
    """What captions say about the clips of a template, as phrases with fields:

    - `{field}`: its phrase in `terms`, the plain name of a material, a count in words; in
      `parameters` a number with its unit;
    - `{count ball/balls}`: "three balls"; `{count? stands/stand}`: the form that agrees;
    - `{0.5*speed:m/s}`: a product with its unit, in `parameters`;
    - `{jug.material}`, `{jug.colour}`: of the first object whose name begins so;
      `{bar.materials}`: of all of them; `{listed}`: how many of which `kinds` there are;
    - `[a|b|c]`: wordings, one for each paraphrase in turn.

    "a" becomes "an" where it must. What happens after the event begins is never told.
    """

    short: str
    """The clip in one clause."""
    setup: str
    """A clause that says what is there; "on an oak table in a room" follows or precedes it."""
    event: str
    """One or more clauses that say what sets the event going."""
    parameters: str
    """Numbers with SI units and the names of materials."""
    terms: Mapping[str, Mapping[str, str]] = field(default_factory=_no_terms)
    """Field, or field.anything -> value -> phrase, the first that fits: a value as text, `<8` for
    numbers below 8, `*` for all; else the value is said as it is. Phrases may have fields."""
    kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    """Name of an object without its number -> `one/many`, for `{listed}`."""
    light: str = ""
    """Field with the share of the day's light that is left."""


PLAIN: dict[str, str] = {
    "ceramic/alumina": "alumina ceramic",
    "ceramic/tile": "ceramic tile",
    "food/gelatin": "jelly",
    "glass/borosilicate": "clear glass",
    "glass/coloured": "coloured glass",
    "glass/soda_lime": "clear glass",
    "metal/bearing_steel": "polished steel",
    "organic/clay": "modelling clay",
    "plastic/abs": "plastic",
    "plastic/acrylic": "acrylic plastic",
    "plastic/hdpe": "plastic",
    "plastic/phenolic": "glossy plastic",
    "plastic/polycarbonate": "clear plastic",
    "plastic/pvc": "plastic",
    "plastic/pvc_film": "vinyl film",
    "rubber/cellulose_sponge": "sponge",
    "rubber/ecoflex": "soft silicone",
    "rubber/natural": "rubber",
    "rubber/neoprene": "rubber",
    "rubber/silicone": "silicone rubber",
    "rubber/stress_ball": "squeeze foam",
    "wood/balsa": "balsa wood",
    "wood/beech": "beech wood",
    "wood/ebony": "ebony wood",
    "wood/oak": "oak wood",
    "wood/pine": "pine wood",
    "wood/walnut": "walnut wood",
}
"""Materials by what they are seen to be; the others by the second part of their name."""

EXACT: dict[str, str] = {
    "ceramic/tile": "glazed stoneware",
    "food/gelatin": "gelatin",
    "glass/borosilicate": "borosilicate glass",
    "glass/coloured": "coloured soda-lime glass",
    "glass/soda_lime": "soda-lime glass",
    "metal/bearing_steel": "bearing steel",
    "plastic/abs": "ABS plastic",
    "plastic/acrylic": "acrylic",
    "plastic/hdpe": "high-density polyethylene",
    "plastic/phenolic": "phenolic resin",
    "plastic/polycarbonate": "polycarbonate",
    "plastic/pvc": "PVC",
    "plastic/pvc_film": "PVC film",
    "rubber/cellulose_sponge": "cellulose sponge",
    "rubber/cushion_foam": "polyurethane foam",
    "rubber/ecoflex": "very soft silicone rubber",
    "rubber/foam": "polyurethane foam",
    "rubber/natural": "natural rubber",
    "rubber/neoprene": "neoprene",
    "rubber/stress_ball": "moulded polyurethane foam",
}
"""Materials by their trade names where these say more."""

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.8, 0.15, 0.13),
    "dark red": (0.42, 0.07, 0.09),
    "orange": (0.93, 0.5, 0.1),
    "yellow": (0.95, 0.78, 0.15),
    "green": (0.2, 0.55, 0.25),
    "dark green": (0.06, 0.28, 0.14),
    "light green": (0.56, 0.79, 0.6),
    "teal": (0.08, 0.5, 0.54),
    "turquoise": (0.3, 0.72, 0.7),
    "dark teal": (0.07, 0.31, 0.33),
    "pale green": (0.67, 0.75, 0.63),
    "pale blue": (0.65, 0.74, 0.8),
    "light blue": (0.5, 0.72, 0.85),
    "blue": (0.12, 0.35, 0.7),
    "dark blue": (0.07, 0.16, 0.35),
    "purple": (0.45, 0.2, 0.6),
    "lilac": (0.65, 0.5, 0.78),
    "pink": (0.93, 0.48, 0.62),
    "light pink": (0.95, 0.76, 0.8),
    "pale yellow": (0.96, 0.9, 0.6),
    "olive": (0.48, 0.47, 0.22),
    "brown": (0.42, 0.27, 0.16),
    "light brown": (0.7, 0.52, 0.34),
    "beige": (0.86, 0.78, 0.64),
    "cream-coloured": (0.94, 0.91, 0.82),
    "white": (0.95, 0.95, 0.95),
    "light grey": (0.75, 0.75, 0.76),
    "grey": (0.5, 0.5, 0.5),
    "dark grey": (0.25, 0.25, 0.26),
    "black": (0.06, 0.06, 0.07),
}
"""sRGB of colours with common names."""

_UNITS = {"1": "", "1/s": "per second"}
_ONES = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_FIELD = re.compile(r"\{([\w.*]+)(?:(:|\? | )([^{}]+))?\}")
_WORDINGS = re.compile(r"\[([^\[\]]*)\]")


def material_name(name: str, *, exact: bool = False) -> str:
    """`wood/beech` as "beech wood"; `exact` by its trade name."""
    table = PLAIN | EXACT if exact else PLAIN
    return table.get(name, name.partition("/")[2].replace("_", " "))


def colour_name(colour: Sequence[float]) -> str:
    """The nearest of COLOURS to an sRGB colour, by distance in CIELAB (CIE 15:2004, D65)."""
    names = list(COLOURS)
    table = _lab(np.array([COLOURS[name] for name in names]))
    return names[int(np.linalg.norm(table - _lab(np.asarray(colour, float)), axis=1).argmin())]


def _lab(colour: np.ndarray) -> np.ndarray:
    """(..., 3) CIELAB of sRGB values."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    t = linear @ np.array(to_xyz).T / np.array([0.9505, 1.0, 1.089])
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def count_name(count: int) -> str:
    """A count below 100 in words; 0 is "no"."""
    if not 0 <= count < 100:
        raise SimgenError(f"count {count} has no words; captions count from 0 to 99")
    if count < 20:
        return _ONES[count]
    tens, ones = divmod(count, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


def quantity(value: float, unit: str) -> str:
    """A number of three digits with its unit."""
    number = np.format_float_positional(
        float(value), precision=3, unique=False, fractional=False, trim="-"
    )
    return f"{number} {_UNITS.get(unit, unit)}".rstrip()


def listing(items: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def fill(phrase: str, value: Callable[[str, str, str], str]) -> str:
    """The phrase with its fields replaced by `value(name, mark, rest)`, over and over until none
    is left."""
    for _ in range(8):
        filled = _FIELD.sub(lambda m: value(m[1], (m[2] or "").strip(), m[3] or ""), phrase)
        if filled == phrase:
            return filled
        phrase = filled
    raise SimgenError(f"words: the terms of {phrase!r} refer to each other in a circle")


def worded(phrase: str, paraphrase: int) -> str:
    """The phrase in one of its wordings."""
    while True:
        chosen = _WORDINGS.sub(lambda m: _pick(m[1].split("|"), paraphrase), phrase)
        if chosen == phrase:
            return phrase
        phrase = chosen


def _pick(options: list[str], paraphrase: int) -> str:
    return options[paraphrase % len(options)]


def sentences(*parts: str) -> str:
    """Clauses as sentences: single spaces, the right article, capitals, a period after each."""
    text = " ".join(part.strip() + "." * (not part.rstrip().endswith(".")) for part in parts)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ([.,;])", r"\1", text)
    text = re.sub(r"\b([Aa]) (?=[aeiouAEIOU]|hour)(?!uni|use|one\b)", r"\1n ", text)
    return re.sub(r"(^|\. )([a-z])", lambda m: m[1] + m[2].upper(), text).strip()
