"""Procedural textures by name, from `textures/<family>.toml`: pattern, settings, usual look."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from simgen.errors import unknown

if TYPE_CHECKING:
    from simgen.material import Look

USUAL: Mapping[str, float] = {
    "size": 1.0,
    "aspect": 1.0,
    "gap_shade": 1.0,
    "metal": 1.0,
    "strata": 1.0,
    "jitter": 1.0,
    "cover": 1.0,
    "sharp": 3.0,
}
"""Knobs of the patterns that are not 0 unless a texture says so."""


@dataclass(frozen=True, kw_only=True)
class Texture:
    """A named setting of a pattern. Lengths are in scales (`Look.scale`) unless they say metres."""

    name: str
    shows: str
    """What it shows, and what `Look.scale` measures in it."""
    pattern: str
    """Which pattern draws it (`simgen.renderers.texture.PATTERNS`)."""
    fade: float
    """Longest period: samples wider than it see the mean."""
    centred: bool = False
    """Whether it sits at the middle of the object instead of at a random place."""
    knobs: Mapping[str, float] = field(default_factory=dict[str, float])
    """Settings of the pattern (`simgen.renderers.texture_pattern.Knobs`)."""
    color: tuple[float, float, float]
    """Usual colour, sRGB in 0..1."""
    accent: tuple[float, float, float]
    scale: float
    """Usual `Look.scale` [m]."""
    roughness: float
    metallic: float = 0.0

    def look(self, seed: int = 0) -> Look:
        """The usual look of this texture; `seed` chooses its place."""
        from simgen.material import Look

        return Look(
            color=self.color,
            accent=self.accent,
            texture=self.name,
            scale=self.scale,
            roughness=self.roughness,
            metallic=self.metallic,
            seed=seed,
        )


def _color(text: str) -> tuple[float, float, float]:
    r, g, b = bytes.fromhex(text.removeprefix("#"))
    return (r / 255.0, g / 255.0, b / 255.0)


def _parse(name: str, table: dict[str, Any]) -> Texture:
    pattern, look = table["pattern"], table["look"]
    return Texture(
        name=name,
        shows=table["shows"],
        pattern=pattern["name"],
        fade=pattern["fade"],
        centred=pattern.get("centred", False),
        knobs={**USUAL, **table.get("knobs", {}), **table.get("ground", {})},
        color=_color(look["color"]),
        accent=_color(look["accent"]),
        scale=look["scale"],
        roughness=look["roughness"],
        metallic=look.get("metallic", 0.0),
    )


@cache
def textures() -> dict[str, Texture]:
    """Every texture by name, by family."""
    found: dict[str, Texture] = {}
    for path in sorted(files("simgen").joinpath("textures").iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
                found[name] = _parse(name, table)
    return found


def texture(name: str) -> Texture:
    """The texture called `name`.

    Raises:
        SimgenError: there is none.
    """
    if name not in textures():
        raise unknown("texture", name, textures())
    return textures()[name]
