"""Paint of machines: colours that tell their parts apart."""

from __future__ import annotations

from dataclasses import dataclass

from simgen.scenes.rigid._things import Color


@dataclass(frozen=True)
class Scheme:
    """Of the parts of an engine; None leaves a part as its material looks."""

    wheel: Color
    bolts: Color
    crank: Color
    rod: Color
    piston: Color
    frame: Color | None


_CREAM, _INK = (0.95, 0.92, 0.84), (0.12, 0.13, 0.16)
SCHEMES = {
    "signal": Scheme((0.16, 0.18, 0.22), _CREAM, (0.85, 0.15, 0.12), (0.96, 0.78, 0.12),
                     (0.1, 0.4, 0.78), (0.82, 0.81, 0.77)),
    "pop": Scheme(_CREAM, _INK, (0.92, 0.4, 0.1), (0.08, 0.48, 0.52), (0.85, 0.15, 0.32), None),
    "garden": Scheme((0.12, 0.38, 0.27), (0.96, 0.8, 0.3), (0.96, 0.75, 0.2), _CREAM,
                     (0.8, 0.27, 0.16), None),
    "toy": Scheme((0.15, 0.4, 0.75), _CREAM, (0.96, 0.78, 0.12), (0.85, 0.16, 0.14),
                  (0.2, 0.6, 0.35), (0.9, 0.88, 0.82)),
}  # fmt: skip
