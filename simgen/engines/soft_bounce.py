"""Internal friction of soft bodies from the restitution of their material.

Dropped on a hard floor, a ball swings half an oscillation of its contact, w = SWING sqrt(E / rho) /
diameter; other bodies count as the ball of their volume. Friction inside takes its share of the
speed, and so do the vibrations that stay behind. The law of bouncing balls in tests/physics checks
it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from simgen.material import Material

SWING = 1.4
"""Angular frequency of a ball's contact over sqrt(E / rho) / diameter: measured, half a swing in
2.1 to 2.3 diameters over the wave speed, at 0.1 to 0.25 of the wave speed."""
KEPT = 0.93
"""Share of its speed that an elastic ball keeps (measured, 0.88 to 0.96 at those speeds)."""
DEADEST = 0.3
"""Restitution that smaller ones count as."""


@dataclass(frozen=True)
class Arm:
    """Maxwell arm beside the spring of a standard solid (Zener)."""

    modulus: float
    """Young's modulus that a sudden strain meets on top of the lasting one, over the latter."""
    time: float
    """In which its stress dies away to 1/e [s]."""


def swing(stuff: Material, volume: float) -> float:
    """Angular frequency [rad/s] of the bounce of a body of `volume` [m^3]."""
    young, density = stuff.require("youngs_modulus", "density")
    return SWING * math.sqrt(young / density) / math.cbrt(6 * volume / math.pi)


def damping_ratio(restitution: float) -> float:
    """Of a contact with a viscous damper beside its spring (Kelvin and Voigt).

    It pulls nothing back: a ball leaves when the force is zero, with e = exp(-2 z a / s) of its
    speed, s = sqrt(1 - z^2), a = atan(s / z) (Schwager and Poeschel 2007). z = 0.32 x + 0.078 x^2
    of x = -ln e inverts that to 0.005 down to e = 0.3.
    """
    loss = -math.log(min(1.0, max(restitution, DEADEST) / KEPT))
    return 0.32 * loss + 0.078 * loss**2


def maxwell_arm(stuff: Material, volume: float, kept: float) -> Arm | None:
    """The arm that a bounce of a body of `volume` [m^3] asks for; None: restitution is above
    `kept`, the share of speed that is kept without an arm.

    A mass on a standard solid whose arm has r times the lasting modulus keeps (1 + 0.68 r)^(-3/4)
    of its speed where the arm relaxes in 0.85 / (1 + 0.45 r) of 1 / w, at which most is lost (fits
    of the exact solution, to 0.01). A ball needs half as much more (measured): its volume
    does not relax.
    """
    if stuff.restitution is None or stuff.restitution >= kept:
        return None
    ratio = 1.5 * ((max(stuff.restitution, DEADEST) / kept) ** (-4 / 3) - 1) / 0.68
    return Arm(ratio, 0.85 / (1 + 0.45 * ratio) / swing(stuff, volume))
