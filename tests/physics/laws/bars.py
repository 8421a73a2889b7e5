"""A soft bar on end: the wave that a floor sends through it. Levels are cells across."""

from __future__ import annotations

import math

import numpy as np
from law import Measured, law

from laws.deformable import FLOOR, matter, run
from simgen.lattice import block
from simgen.scene import SoftBody


@law(
    category="deformable",
    engines=("genesis",),
    title="A bar that strikes a floor stays for 2 L / c and leaves as fast as it came",
    source="Saint-Venant 1867 (Goldsmith, Impact, 1960, ch. 3): longitudinal impact",
    axes=("time over L / c", "momentum over that of the start"),
    level_name="cells across",
    levels=(2, 3, 4),
    bound=0.15,
    default=-1,
)
def struck_floor(engine: str, cells: float) -> Measured:
    """A constant stress rho c v acts for 2 L / c. The front is smeared over a few cells, and what
    oscillates below them is lost to the grid."""
    length, width, young, speed = 0.3, 0.1, 1e5, 0.2
    crossing = length / math.sqrt(young / 1000.0)
    n = int(cells)
    points, tets = block((width, width, length), (n, n, 3 * n))
    bar = SoftBody(
        name="bar",
        vertices=points + [0.0, 0.0, length / 2 + 1e-5],
        tetrahedra=tets,
        material=matter(youngs_modulus=young, poissons_ratio=0.1),
        velocity=(0.0, 0.0, -speed),
    )
    t = run(engine, bar, FLOOR, seconds=3.0 * crossing, gravity=0.0, fps=240.0)
    height = t.meshes["bar"].position[:, :, 2].astype(float).mean(axis=1)
    s = t.time / crossing
    momentum = np.gradient(height, t.time) / speed
    return Measured(x=s, measured=momentum, expected=np.minimum(s - 1.0, 1.0))
