"""A gas with smoke, flame or fog on a MAC grid, around the prescribed bodies of a scene.

Air: Boussinesq flow, Du/Dt = -grad p / rho - g (T - T_air) / T_air + g w s, div u = 0, and
transport of excess temperature and smoke s with a cooling rate. No molecular viscosity: the grid's
own is larger. One step: transport, buoyancy, sources, projection (`gas_pressure`), conservative
transport of the scalars in as many parts as keep every cell's outflow below half its volume, which
bounds them strictly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from simgen.device import warp_device
from simgen.engines.warp import Solved
from simgen.errors import Rejected, SimgenError
from simgen.record import GridStates
from simgen.scene import Gas, Scene

COURANT = 2.5
"""Cells a source's gas may pass in one step; sets dt."""
OUTFLOW = 0.5
"""Share of a cell's volume that may leave in one transport of the scalars."""
FLAME_SPEED = 6.8
"""Of flame gas at height z over its source, divided by sqrt(z) [m^(1/2)/s] (McCaffrey, Purely
Buoyant Diffusion Flames, NBSIR 79-1910, 1979)."""
DIVERGENCE = 1e-4
"""Largest relative change of a cell's volume in a step that the projection leaves."""


def solve(scene: Scene, elements: Sequence[Gas], device: str) -> Solved | Rejected:
    """Smoke, temperature and velocity at the cell centres of every gas at every frame."""
    wp = warp_device(device)
    from simgen.engines.warp_solvers.gas_flow import GasFlow

    max_dt = min(_max_dt(scene, gas) for gas in elements)
    substeps = scene.clock.resolve(max_dt)
    dt = 1.0 / (scene.clock.fps * substeps)
    states: dict[str, Any] = {}
    parameters: dict[str, float | int | str] = {"divergence_tolerance": DIVERGENCE}
    iterations = 1
    for gas in elements:
        flow = GasFlow(wp, scene, gas, dt, device)
        for _ in range(round(gas.start_time / dt)):
            flow.step(0.0)
        rows = [flow.record()]
        mass_error = 0.0
        for frame in range(1, scene.clock.frames):
            for n in range(substeps):
                flow.step((frame - 1) / scene.clock.fps + (n + 1) * dt)
            rows.append(flow.record())
            mass_error = max(mass_error, flow.matter.mass_error)
        if flow.worst > 10 * DIVERGENCE:
            return Rejected(
                "simulation/divergence",
                f"gas {gas.name!r}: a cell's volume changed by {flow.worst:.2g} in a step",
            )
        states[gas.name] = GridStates(
            origin=np.asarray(gas.domain.lower, float),
            cell=gas.cell,
            **{name: np.stack([row[name] for row in rows]) for name in rows[0]},
        )
        iterations = max(iterations, flow.most_iterations)
        parameters |= {
            f"{gas.name}.divergence_residual": flow.worst,
            f"{gas.name}.pressure_iterations": flow.iterations / max(flow.steps, 1),
            f"{gas.name}.start_time": gas.start_time,
            f"{gas.name}.mass_error": mass_error,
        }
    return Solved(states=states, substeps=substeps, iterations=iterations, parameters=parameters)


def _max_dt(scene: Scene, gas: Gas) -> float:
    """Step [s] in which the fastest gas near a source crosses COURANT cells.

    A parcel of excess T - T_air reaches sqrt(2 g' z) over the first diameters above a ball. A flame
    is as high as Heskestad's (Fire Safety J. 5 (1983) 103) at most.
    """
    g = float(np.linalg.norm(scene.gravity))
    fastest = float(np.linalg.norm(scene.ambient.wind))
    if gas.draught is not None:
        fastest = float(np.linalg.norm(gas.draught.velocities, axis=1).max())
    power = sum(s.power for s in gas.sources)
    if power > 0.0:
        widest = max(s.radius for s in gas.sources if s.power > 0.0)
        high = max(0.235 * (power / 1e3) ** 0.4 - 2.04 * widest, widest)
        tallest = min(high, gas.domain.upper[2] - gas.domain.lower[2])
        fastest = max(fastest, FLAME_SPEED * math.sqrt(tallest))
    for source in gas.sources:
        if source.power > 0.0:
            continue
        lift = g * abs(source.temperature / scene.ambient.temperature - 1.0)
        rise = math.sqrt(2 * lift * 4 * source.radius)
        fastest = max(fastest, float(np.linalg.norm(source.velocity)) + rise)
    return min(1.0 / scene.clock.fps, COURANT * gas.cell / max(fastest, 1e-9))


def grid_size(gas: Gas) -> tuple[int, int, int]:
    """Cells along each axis; the domain must be a whole number of at least four."""
    extent = (np.asarray(gas.domain.upper) - np.asarray(gas.domain.lower)) / gas.cell
    count = np.round(extent).astype(int)
    if (count < 4).any() or np.abs(extent - count).max() > 1e-3:
        raise SimgenError(
            f"gas {gas.name!r}: its domain spans {extent.round(3).tolist()} cells of {gas.cell} m; "
            f"give whole numbers of at least 4"
        )
    return (int(count[0]), int(count[1]), int(count[2]))
