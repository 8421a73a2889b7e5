"""Thermochromic paint: what templates of gentle heat are seen by."""

from __future__ import annotations

from dataclasses import replace

from simgen.key import Key
from simgen.material import Look

DYES = (
    (0.07, 0.09, 0.3),
    (0.5, 0.04, 0.1),
    (0.05, 0.28, 0.12),
    (0.24, 0.07, 0.36),
    (0.08, 0.08, 0.09),
    (0.75, 0.2, 0.03),
)
"""sRGB of leuco dyes below their range."""
FADED = ((0.93, 0.92, 0.88), (0.95, 0.85, 0.3), (0.9, 0.7, 0.75), (0.55, 0.85, 0.9))
"""sRGB of the ground that shows above it."""
RANGE = 4.0
"""Width of the range [K]: leuco dye pigments lose their colour over 3-5 K (White & LeBlanc, Journal
of Chemical Education 76, 1999)."""


def painted(look: Look, key: Key, middle: float) -> Look:
    """The look under a coat of thermochromic paint that changes at `middle` [K]."""
    rng = key.child("paint").rng()
    dye, ground = DYES[int(rng.integers(len(DYES)))], FADED[int(rng.integers(len(FADED)))]
    return replace(
        look,
        color=dye,
        accent=dye,
        texture="plain",
        metallic=0.0,
        transmission=0.0,
        roughness=float(rng.uniform(0.35, 0.6)),
        fades_at=(middle - RANGE / 2, middle + RANGE / 2),
        faded=ground,
    )
