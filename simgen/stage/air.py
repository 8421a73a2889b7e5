"""Dust in the air of a stage, in which the beams of sun and lamps show."""

from __future__ import annotations

from simgen.key import Key
from simgen.scene import Haze
from simgen.stage.place import Place

SHARES = {
    "day": 0.05,
    "golden_hour": 0.2,
    "moonlight": 0.1,
    "spot": 0.3,
    "lamp": 0.05,
    "workshop": 0.1,
}
"""How many of the scenes of a light rig are dusty; those of other rigs have clean air."""
DEPTH = (0.08, 0.3)
"""Optical depth of dusty air from side to side."""
LEAST_HEIGHT = 2.6
"""Of the dust [m]."""


def make_haze(key: Key, light: str, place: Place, *, base: float, half: float) -> Haze | None:
    """The dust about an event in a place of half-width `half` above the ground at `base` [m]; None
    where the air is clean."""
    rng = key.child("haze").rng()
    if rng.random() >= SHARES.get(light, 0.0):
        return None
    x, y = place.center
    height = max(LEAST_HEIGHT, 0.6 * half, 1.5 * place.eye_height)
    return Haze(
        lower=(x - half, y - half, base),
        upper=(x + half, y + half, base + height),
        extinction=float(rng.uniform(*DEPTH)) / (2.0 * half),
    )
