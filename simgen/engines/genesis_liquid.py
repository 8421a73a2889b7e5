"""Liquids as material points of Genesis' MPM: linear equation of state, Newtonian viscosity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simgen.engines.genesis_setup import Domain, Matter, Points
from simgen.engines.warp_solvers.mpm_setup import (
    CFL,
    cell_edge,
    domain_box,
    expected_speed,
    hydrostatic_strain,
    sound_speed,
    wall_grip,
)
from simgen.errors import SimgenError
from simgen.scene import Fluid, Scene

THICK = 100.0
"""Reynolds number of a cell below which a liquid's viscosity is solved."""
GLUE = 1e3
"""Friction that holds a liquid which does not slip."""


def liquid_points(scene: Scene, fluids: Sequence[Fluid], speed_of_bodies: float) -> Points:
    """The material points of all liquids of a scene.

    The pressure is lam J (J - 1), within the first order the p = c^2 (rho - rho0) of the engine
    `warp`, and pulls as well as it pushes. The law's shear stress over one step, 2 mu dt D, is
    that of the viscosity mu dt.
    """
    fluids = list(fluids)
    lower, upper = domain_box(fluids)
    gravity = np.asarray(scene.gravity, float)
    speed = max(expected_speed(gravity, fluids, lower, upper), 2.0 * speed_of_bodies)
    sound = sound_speed(fluids, speed)
    cell = cell_edge(fluids)
    spacing = cell / 2.0
    density, viscosity = np.array([f.material.require("density", "viscosity") for f in fluids]).T
    kinematic = viscosity / density
    thick = bool((speed * cell / np.maximum(kinematic, 1e-12)).min() < THICK)
    max_dt = CFL * cell / (sound + speed)
    if thick:
        max_dt = min(max_dt, cell**2 / (8.0 * float(kinematic.max())))
    starts = np.cumsum([0, *(len(f.positions) for f in fluids)])
    bulk = density * sound**2
    everywhere = np.full(int(starts[-1]), np.inf)
    strain = hydrostatic_strain(fluids, -gravity[2] * density / bulk, everywhere, starts)

    def matter(dt: float) -> tuple[Matter, ...]:
        found: list[Matter] = []
        for i, fluid in enumerate(fluids):
            share = (fluid.spacing / spacing) ** 3
            shear = float(viscosity[i]) / dt if thick else 0.0
            if shear > 1.5 * bulk[i]:
                raise SimgenError(
                    f"engine 'genesis': {fluid.material.name} is too viscous for its cells of "
                    f"{cell:.3g} m; use engine 'warp'"
                )
            constants = {
                "lam": share * (float(bulk[i]) - shear * 2.0 / 3.0),
                "mu": share * shear,
                "viscous": thick,
            }
            found.append(
                Matter(
                    kind="liquid",
                    constants=constants,
                    position=fluid.start_positions,
                    velocity=fluid.start_velocities,
                    spin=np.asarray(fluid.angular_velocity, float),
                    mass=np.full(len(fluid.positions), density[i] * fluid.spacing**3),
                    volume=fluid.spacing**3,
                    stretch=np.exp(strain[starts[i] : starts[i + 1]] / 3.0),
                )
            )
        return tuple(found)

    grip = GLUE if liquid_sticks(scene, fluids) else 0.0
    return Points(
        owners=tuple(f.name for f in fluids),
        matter=matter,
        spacing=spacing,
        cell=cell,
        max_dt=max_dt,
        speed=speed,
        mended=True,
        domain=Domain(
            lower=lower,
            upper=upper,
            open_top=all(f.domain.open_top for f in fluids),
            friction=grip,
        ),
        parameters={"sound_speed": sound, "expected_speed": speed, "no_slip": int(grip > 0)},
    )


def liquid_sticks(scene: Scene, fluids: Sequence[Fluid]) -> bool:
    """Whether the liquids stick to walls and bodies: as asked, else where the boundary layer is as
    thick as a cell; one that sticks lets no other slide."""
    asked = {f.no_slip for f in fluids}
    if True in asked or asked == {False}:
        return True in asked
    lower, upper = domain_box(list(fluids))
    density, viscosity = np.array([f.material.require("density", "viscosity") for f in fluids]).T
    cell = np.full(3, cell_edge(list(fluids)))
    return wall_grip(viscosity / density, np.asarray(scene.gravity), upper - lower, cell) < 0
