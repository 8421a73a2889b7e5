"""Grains as a continuum of Genesis' MPM: Drucker-Prager without cohesion (Klar et al. 2016).

A slab slides as Coulomb says, but a collapsing column runs out 40 % short of Lube et al. (2004) at
fifteen grains across (the engines `warp` and `newton`: within 20 and 30 %); no template of grains
is meant for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simgen.engines.genesis_setup import Domain, Matter, Points
from simgen.engines.warp_solvers.mpm_setup import CFL
from simgen.scene import Grains, Scene

CELL = 1.5
"""Cell edge in grain distances: the front of a heap, thinner than a cell, runs out too short."""
MACH = 10.0
"""Sound speed over the fastest expected motion: the grains' own stiffness would cost many times
the steps, and does not show while density varies by 1 % (Monaghan 1994)."""
POISSON = 0.25
"""Of the softened bulk."""


def grain_points(scene: Scene, grains: Sequence[Grains], speed_of_bodies: float) -> Points:
    """The material points of all grains of a scene, one for each."""
    spacing = max(g.spacing for g in grains)
    lower = np.min([g.domain.lower for g in grains], axis=0).astype(float)
    upper = np.max([g.domain.upper for g in grains], axis=0).astype(float)
    gravity = float(np.linalg.norm(scene.gravity))
    fastest = (2.0 * speed_of_bodies) ** 2
    for g in grains:
        fall = float(np.asarray(g.positions)[:, 2].max()) - lower[2]
        fastest = max(fastest, float(np.dot(g.velocity, g.velocity)) + 2.0 * gravity * fall)
    speed = math.sqrt(fastest)
    sound = MACH * speed
    parts: list[Matter] = []
    for g in grains:
        (density, angle) = g.material.require("density", "friction_angle")
        size = np.ones(len(g.positions)) if g.radii is None else np.asarray(g.radii) / g.radius
        # of a solid that is held across, sound runs at sqrt(M / density)
        modulus = density * sound**2 * (g.spacing / spacing) ** 3
        constants = {
            "E": modulus * (1 + POISSON) * (1 - 2 * POISSON) / (1 - POISSON),
            "nu": POISSON,
            "friction_angle": math.degrees(_cone(angle)),
        }
        parts.append(
            Matter(
                kind="sand",
                constants=constants,
                position=np.asarray(g.positions, float),
                velocity=np.tile(np.asarray(g.velocity, float), (len(size), 1)),
                spin=np.zeros(3),
                mass=density * g.spacing**3 * size**3,
                volume=g.spacing**3,
            )
        )
    return Points(
        owners=tuple(g.name for g in grains),
        matter=lambda dt: tuple(parts),
        spacing=spacing,
        cell=CELL * spacing,
        max_dt=CFL * CELL * spacing / (sound + speed),
        speed=speed,
        mended=True,
        domain=Domain(
            lower=lower,
            upper=upper,
            open_top=all(g.domain.open_top for g in grains),
            friction=max(g.material.require("friction")[0] for g in grains),
        ),
        parameters={"sound_speed": sound, "expected_speed": speed},
    )


def _cone(angle: float) -> float:
    """The library's angle [rad] for grains of a friction angle [rad].

    Its cone, sqrt(J2) = 2 sqrt(3) sin a / (3 - sin a) p, touches Mohr-Coulomb's in triaxial
    compression. Here it is the one of plane strain, sqrt(J2) = sin(angle) p, in which grains run
    out, slide and heap up (Davis 1968); the engine `newton` has the same.
    """
    ratio = math.sin(angle)
    return math.asin(3.0 * ratio / (2.0 * math.sqrt(3.0) + ratio))
