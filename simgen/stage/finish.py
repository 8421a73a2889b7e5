"""What the things around an event are made of: materials of the library, and finishes of their
own colours for paint, leaves and grounds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simgen.key import Key
from simgen.material import Appearance, Look, Material, material
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
        "wood": (("wood", 0.3, 0.6), ("planks", 0.12, 0.25)),
        "plastic": (("plain", 0.3, 0.5), ("wood", 0.35, 0.7)),
        "ceramic": (("tiles", 0.08, 0.15),),
    },
    "wall": {"wood": (("planks", 0.1, 0.2),), "ceramic": (("tiles", 0.1, 0.2),)},
}
"""How a family of materials covers an area: texture, smallest and largest scale [m]."""

FINISHES: dict[str, tuple[str, Appearance]] = {
    "backdrop": ("paper/paper", Appearance(
        colors=((0.92, 0.91, 0.89), (0.75, 0.75, 0.76), (0.55, 0.56, 0.58), (0.85, 0.78, 0.68),
                (0.62, 0.72, 0.78), (0.66, 0.73, 0.62), (0.78, 0.6, 0.5), (0.86, 0.8, 0.83),
                (0.33, 0.35, 0.38)),
        scale=(1.5, 1.5), roughness=(0.9, 0.9))),
    "wall_paint": ("stone/plaster", Appearance(
        colors=((0.93, 0.92, 0.89), (0.9, 0.87, 0.8), (0.82, 0.84, 0.83), (0.75, 0.8, 0.84),
                (0.78, 0.81, 0.73), (0.87, 0.79, 0.71), (0.7, 0.66, 0.62), (0.55, 0.62, 0.64),
                (0.72, 0.56, 0.47), (0.42, 0.5, 0.46)),
        textures=("plaster",), scale=(0.3, 0.5), roughness=(0.85, 0.95))),
    "subway_tiles": ("ceramic/tile", Appearance(
        colors=((0.93, 0.93, 0.91), (0.62, 0.72, 0.68), (0.36, 0.48, 0.5), (0.85, 0.8, 0.68)),
        accents=((0.72, 0.71, 0.69), (0.5, 0.49, 0.47)),
        textures=("subway", "subway", "tiles", "hexagons"), scale=(0.12, 0.2),
        roughness=(0.12, 0.3))),
    "strand_board": ("wood/birch_plywood", Appearance(
        colors=((0.76, 0.6, 0.38), (0.7, 0.53, 0.32)), accents=((0.6, 0.44, 0.25),),
        textures=("osb",), scale=(0.1, 0.14), roughness=(0.7, 0.85))),
    "sheet_metal": ("metal/steel", Appearance(
        colors=((0.66, 0.68, 0.7), (0.5, 0.56, 0.58), (0.72, 0.7, 0.64)),
        textures=("corrugated",), scale=(0.07, 0.12), roughness=(0.4, 0.6), metallic=0.6)),
    "rug": ("textile/wool", Appearance(
        colors=((0.6, 0.22, 0.17), (0.24, 0.32, 0.42), (0.75, 0.68, 0.55), (0.3, 0.36, 0.28)),
        accents=((0.85, 0.78, 0.64), (0.2, 0.16, 0.15)),
        textures=("carpet", "tartan", "knit", "burlap", "houndstooth"), scale=(0.01, 0.03),
        roughness=(0.95, 1.0))),
    "gloss_paint": ("wood/birch_plywood", Appearance(
        colors=((0.93, 0.93, 0.91), (0.88, 0.87, 0.83), (0.34, 0.4, 0.43), (0.25, 0.3, 0.27),
                (0.55, 0.62, 0.58), (0.3, 0.38, 0.5), (0.68, 0.34, 0.26), (0.2, 0.2, 0.21)),
        scale=(0.4, 0.6), roughness=(0.25, 0.5))),
    "machine_paint": ("metal/steel", Appearance(
        colors=((0.75, 0.13, 0.09), (0.88, 0.62, 0.08), (0.12, 0.3, 0.52), (0.16, 0.38, 0.24),
                (0.36, 0.38, 0.4), (0.85, 0.38, 0.07)),
        textures=("plain", "grain", "plain", "peeling_paint"), scale=(0.3, 0.6),
        roughness=(0.3, 0.55))),
    "book_cloth": ("paper/cardboard", Appearance(
        colors=((0.5, 0.12, 0.1), (0.12, 0.2, 0.36), (0.13, 0.3, 0.22), (0.78, 0.66, 0.42),
                (0.85, 0.83, 0.78), (0.16, 0.15, 0.16), (0.62, 0.4, 0.2), (0.4, 0.52, 0.58)),
        textures=("weave", "plain", "leather"), scale=(0.002, 0.01), roughness=(0.6, 0.85))),
    "print": ("paper/paper", Appearance(
        colors=((0.86, 0.82, 0.74), (0.2, 0.3, 0.42), (0.62, 0.26, 0.18), (0.82, 0.66, 0.32),
                (0.3, 0.42, 0.36), (0.14, 0.14, 0.16), (0.76, 0.55, 0.5)),
        accents=((0.95, 0.93, 0.88), (0.12, 0.15, 0.2), (0.85, 0.5, 0.24), (0.55, 0.68, 0.7)),
        textures=("noise", "marble", "checker", "stripes", "dots", "confetti", "zebra", "onyx",
                  "tartan", "hexagons"), scale=(0.15, 0.5),
        roughness=(0.4, 0.7))),
    "cushion": ("textile/cotton", Appearance(
        colors=((0.78, 0.74, 0.66), (0.55, 0.28, 0.22), (0.28, 0.36, 0.42), (0.72, 0.55, 0.25),
                (0.42, 0.46, 0.36), (0.7, 0.5, 0.48), (0.3, 0.3, 0.32)),
        accents=((0.9, 0.87, 0.8), (0.45, 0.4, 0.35)),
        textures=("weave", "felt", "corduroy", "knit", "velvet", "canvas"),
        scale=(0.006, 0.014), roughness=(0.9, 1.0))),
    "leaf": ("organic/clay", Appearance(
        colors=((0.2, 0.36, 0.14), (0.26, 0.42, 0.17), (0.15, 0.3, 0.16), (0.36, 0.44, 0.18)),
        accents=((0.33, 0.48, 0.2), (0.44, 0.52, 0.26)),
        textures=("noise",), scale=(0.1, 0.2), roughness=(0.5, 0.75), translucency=0.3)),
    "dry_leaf": ("paper/paper", Appearance(
        colors=((0.55, 0.34, 0.14), (0.66, 0.44, 0.16), (0.42, 0.25, 0.13), (0.7, 0.54, 0.22)),
        textures=("noise",), scale=(0.03, 0.06), roughness=(0.7, 0.9), translucency=0.2)),
    "grass": ("organic/clay", Appearance(
        colors=((0.27, 0.4, 0.13), (0.34, 0.46, 0.17), (0.42, 0.47, 0.22)),
        textures=("plain",), scale=(0.2, 0.3), roughness=(0.6, 0.8), translucency=0.3)),
    "reed": ("organic/clay", Appearance(
        colors=((0.55, 0.53, 0.3), (0.48, 0.5, 0.3), (0.66, 0.6, 0.38)),
        textures=("plain",), scale=(0.2, 0.3), roughness=(0.7, 0.9), translucency=0.3)),
    "hedge": ("organic/clay", Appearance(
        colors=((0.19, 0.3, 0.12), (0.16, 0.27, 0.13), (0.24, 0.34, 0.14)),
        accents=((0.3, 0.42, 0.18),), textures=("grass",), scale=(0.2, 0.4),
        roughness=(0.9, 1.0))),
    "forest_floor": ("organic/clay", Appearance(
        colors=((0.36, 0.27, 0.17), (0.3, 0.24, 0.15), (0.4, 0.32, 0.2)),
        accents=((0.26, 0.2, 0.12), (0.5, 0.36, 0.2), (0.3, 0.3, 0.14)),
        textures=("leaf_litter", "pine_needles", "soil"), scale=(0.05, 0.09),
        roughness=(0.95, 1.0))),
    "bark": ("wood/oak", Appearance(
        colors=((0.33, 0.26, 0.2), (0.4, 0.34, 0.28), (0.26, 0.2, 0.16)),
        accents=((0.2, 0.15, 0.11), (0.5, 0.45, 0.38)),
        textures=("bark",), scale=(0.1, 0.25), roughness=(0.95, 1.0))),
    "lawn": ("organic/clay", Appearance(
        colors=((0.3, 0.42, 0.16), (0.26, 0.38, 0.15), (0.38, 0.45, 0.2)),
        accents=((0.44, 0.5, 0.24), (0.36, 0.46, 0.2)),
        textures=("grass",), scale=(0.8, 1.6), roughness=(0.9, 1.0))),
    "sand": ("granular/dry_sand", Appearance(
        colors=((0.82, 0.72, 0.55), (0.86, 0.8, 0.68), (0.74, 0.63, 0.47)),
        accents=((0.68, 0.57, 0.41),), textures=("sand", "sand", "ripples"), scale=(0.4, 0.8),
        roughness=(0.95, 1.0))),
    "gravel": ("granular/gravel", Appearance(
        colors=((0.62, 0.6, 0.56), (0.52, 0.49, 0.45), (0.7, 0.66, 0.58)),
        accents=((0.44, 0.42, 0.4),), textures=("gravel",), scale=(0.02, 0.045),
        roughness=(0.9, 1.0))),
    "earth": ("organic/clay", Appearance(
        colors=((0.46, 0.36, 0.26), (0.36, 0.28, 0.2), (0.3, 0.25, 0.19)),
        accents=((0.33, 0.25, 0.17), (0.24, 0.19, 0.13)), textures=("soil",), scale=(0.3, 0.6),
        roughness=(0.95, 1.0))),
    "asphalt": ("stone/concrete", Appearance(
        colors=((0.27, 0.27, 0.28), (0.34, 0.34, 0.34), (0.22, 0.22, 0.23)),
        accents=((0.42, 0.41, 0.4), (0.16, 0.16, 0.17)), textures=("asphalt",),
        scale=(0.025, 0.05), roughness=(0.85, 0.95))),
    "bitumen": ("stone/concrete", Appearance(
        colors=((0.36, 0.36, 0.37), (0.5, 0.49, 0.47), (0.3, 0.32, 0.31)),
        textures=("speckle", "asphalt"), scale=(0.02, 0.04), roughness=(0.9, 1.0))),
    "paving": ("stone/concrete", Appearance(
        colors=((0.58, 0.56, 0.53), (0.66, 0.64, 0.6), (0.5, 0.48, 0.46)),
        accents=((0.38, 0.37, 0.35),),
        textures=("tiles", "flagstone", "setts", "cobbles"), scale=(0.25, 0.45),
        roughness=(0.85, 0.95))),
    "safety_rubber": ("rubber/natural", Appearance(
        colors=((0.5, 0.22, 0.17), (0.2, 0.35, 0.26), (0.2, 0.3, 0.45), (0.3, 0.3, 0.3)),
        textures=("speckle", "coin_floor"), scale=(0.03, 0.06), roughness=(0.9, 1.0))),
    "sea": ("plastic/pvc", Appearance(
        colors=((0.13, 0.33, 0.4), (0.1, 0.27, 0.38), (0.2, 0.4, 0.42)),
        accents=((0.2, 0.42, 0.48),), textures=("noise",), scale=(6.0, 9.0),
        roughness=(0.12, 0.2))),
    "road_paint": ("stone/plaster", Appearance(
        colors=((0.88, 0.88, 0.85), (0.86, 0.7, 0.2)), textures=("concrete",), scale=(0.5, 0.8),
        roughness=(0.7, 0.8))),
    "facade": ("stone/plaster", Appearance(
        colors=((0.78, 0.72, 0.62), (0.7, 0.5, 0.4), (0.64, 0.62, 0.6), (0.82, 0.8, 0.76),
                (0.56, 0.42, 0.36), (0.66, 0.7, 0.7)),
        textures=("stucco", "plaster", "concrete"), scale=(0.6, 1.2), roughness=(0.85, 0.95))),
    "pane": ("plastic/acrylic", Appearance(
        colors=((0.1, 0.12, 0.14), (0.16, 0.2, 0.23), (0.06, 0.07, 0.09)), roughness=(0.05, 0.12),
        scale=(1.0, 1.0))),
    "screen": ("plastic/abs", Appearance(
        colors=((0.03, 0.03, 0.035),), roughness=(0.12, 0.25), scale=(1.0, 1.0))),
    "whiteboard": ("plastic/abs", Appearance(
        colors=((0.94, 0.95, 0.95),), roughness=(0.1, 0.2), scale=(1.0, 1.0))),
    "pegboard": ("wood/birch_plywood", Appearance(
        colors=((0.72, 0.6, 0.44), (0.86, 0.85, 0.82), (0.45, 0.47, 0.5)),
        accents=((0.12, 0.11, 0.1),), textures=("perforated",), scale=(0.05, 0.05),
        roughness=(0.6, 0.8))),
    "lamp_shade": ("textile/cotton", Appearance(
        colors=((0.9, 0.86, 0.76), (0.82, 0.8, 0.78), (0.7, 0.62, 0.5), (0.35, 0.4, 0.42)),
        textures=("weave",), scale=(0.004, 0.008), roughness=(0.9, 1.0), translucency=0.4)),
}  # fmt: skip
"""Name -> material of the library and the looks it has in this use."""


def stuff(key: Key, name: str, **change: Any) -> Stuff:
    """A finish or a material of the library by name; `change` sets fields of its look."""
    base, appearance = FINISHES.get(name) or (name, material(name).appearance)
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
