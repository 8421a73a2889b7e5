"""What the things around an event are made of: materials of the library, and finishes of their
own colours for paint, leaves and grounds."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from simgen.key import Key
from simgen.material import Appearance, Look, Material, material, parse_appearance
from simgen.stage.place import Stuff

LAID: dict[str, dict[str, tuple[tuple[str, float, float], ...]]] = {
    "floor": {
        "wood": (("planks", 0.07, 0.2), ("planks", 0.1, 0.16), ("parquet", 0.25, 0.5)),
        "plastic": (("planks", 0.12, 0.2), ("tiles", 0.3, 0.6), ("terrazzo", 0.006, 0.014)),
        "ceramic": (("tiles", 0.15, 0.6),),
    },
    "deck": {
        "wood": (("planks", 0.1, 0.15),),
        "plastic": (("planks", 0.1, 0.15),),
        "ceramic": (("tiles", 0.3, 0.6),),
    },
    "table": {
        "wood": (("wood", 0.15, 0.3), ("planks", 0.12, 0.25)),
        "plastic": (("plain", 0.3, 0.5), ("wood", 0.18, 0.35)),
        "ceramic": (("tiles", 0.08, 0.15),),
    },
    "wall": {"wood": (("planks", 0.1, 0.2),), "ceramic": (("tiles", 0.1, 0.2),)},
}
"""How a family of materials covers an area: texture, smallest and largest scale [m]."""


@cache
def finishes() -> dict[str, tuple[str, Appearance]]:
    """Name -> material of the library and the looks it has in this use, from `finishes.toml`."""
    text = files("simgen.stage").joinpath("finishes.toml").read_text(encoding="utf-8")
    found: dict[str, tuple[str, Appearance]] = {}
    for name, table in tomllib.loads(text).items():
        base = table.pop("material")
        found[name] = base, parse_appearance(f"finish {name!r}", table)
    return found


def stuff(key: Key, name: str, **change: Any) -> Stuff:
    """A finish or a material of the library by name; `change` sets fields of its look."""
    base, appearance = finishes().get(name) or (name, material(name).appearance)
    return Stuff(material(base), replace(appearance.sample(key), **change))


def cover(key: Key, place: str, covering: Material) -> Look:
    """The look of a floor, deck, table or wall of a material: boards and tiles at real sizes."""
    look = covering.look(key.child(place))
    ways = LAID[place].get(covering.name.split("/")[0])
    if not ways:
        return look
    rng = key.child(place, "laid").rng()
    texture, low, high = ways[int(rng.integers(len(ways)))]
    accent = look.accent
    if texture == "tiles":
        accent = (0.45, 0.43, 0.4) if sum(look.color) > 1.5 else (0.7, 0.68, 0.64)
    return replace(look, texture=texture, scale=float(rng.uniform(low, high)), accent=accent)


def laid(key: Key, place: str, name: str) -> Stuff:
    """A material of the library as it covers a floor, deck, table or wall."""
    return Stuff(material(name), cover(key, place, material(name)))
