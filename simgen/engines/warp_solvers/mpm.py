"""Liquid: weakly compressible MLS-MPM with APIC transfers (Hu et al. 2018, Jiang et al. 2015).

Every `Fluid` of a scene shares one grid over the union of their domains. Pressure follows the
linear equation of state p = c^2 (rho - rho0) with an artificial sound speed c, seven times the
fastest motion that gravity and the start can give, so that density varies by 1 to 2 %. A liquid
bears tension only as far as keeps what is drawn out whole (`scatter`). The stress is Newtonian.
Velocities are those of the grid and, fading, what the particles had beyond it (FLIP beside APIC:
Fei et al. 2021, "Revisiting Integration in the Material Point Method"). Domain walls are mirror
planes; static and kinematic bodies stop the liquid on the grid and, as a last line, particle by
particle. With an open top, matter above the domain flies freely and falls back in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simgen.device import warp_device
from simgen.engines.warp import Solved, States
from simgen.engines.warp_solvers import mpm_kernels, mpm_solid, mpm_volume
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.liquid_scene import (
    obstacles_in,
    particle_states,
    surface_speed,
)
from simgen.engines.warp_solvers.mpm_setup import cell_edge, prepare
from simgen.engines.warp_solvers.mpm_stepper import State, Stepper
from simgen.errors import Rejected
from simgen.geometry import Array
from simgen.scene import Element, Fluid, Scene

MARKED = 0.1
"""Share of a cell that obstacles may move before the nodes learn where they are."""
RELAXATION_TIME = 0.05
"""Time [s] in which a particle's volume strain follows the density measured on the grid."""
RELAXATIONS = 8
"""How often per frame the strain is relaxed."""
LEAST_VOLUME = 0.7
"""A particle squeezed below this share of its volume means that the roll-out broke."""


def solve(scene: Scene, elements: Sequence[Element], device: str) -> Solved | Rejected:
    """Simulate the fluids of a scene; states at every frame instant."""
    fluids = [e for e in elements if isinstance(e, Fluid)]
    wp = warp_device(device)
    bodies = obstacles_in(scene, fluids)
    moving = any(b.keyframes is not None for b in bodies)
    only = replace(scene, elements=bodies)
    points = np.concatenate([f.start_positions for f in fluids])
    fine = 0.25 * cell_edge(fluids)
    gap = Colliders(only, device, sampled=fine).distances(points, 0.0)[0] if bodies else None
    fastest = max((surface_speed(b, scene.clock.duration) for b in bodies), default=0.0)
    liquid = prepare(scene, fluids, distance=gap, obstacle_speed=fastest)
    substeps = scene.clock.resolve(liquid.max_dt)
    rows = substeps if moving else 1
    colliders = Colliders(only, device, steps=rows, sampled=fine) if bodies else None
    per_step = fastest / (scene.clock.fps * substeps)
    every = max(1, int(MARKED * float(liquid.cell.min()) / max(per_step, 1e-9)))
    stepper = Stepper(wp, liquid, device, colliders, min(every, substeps) if moving else 0)
    recorded = _roll_out(stepper, scene, substeps)
    if isinstance(recorded, Rejected):
        return recorded
    states: dict[str, States] = {
        **particle_states(fluids, liquid, [(x, v, np.exp(s)) for x, v, s in recorded])
    }
    return Solved(
        states=states,
        substeps=substeps,
        parameters={
            "method": "MLS-MPM, APIC and FLIP, linear equation of state",
            "particles": len(points),
            "cell": float(liquid.cell.max()),
            "sound_speed": liquid.sound,
            "expected_speed": liquid.speed,
            "no_slip": int(liquid.grip < 0),
            "relaxation_time": RELAXATION_TIME,
        },
    )


def _roll_out(stepper: Stepper, scene: Scene, substeps: int) -> list[State] | Rejected:
    """The state at every frame instant; the launches of one frame are captured once."""
    wp, clock = stepper.wp, scene.clock
    dt = 1.0 / (clock.fps * substeps)
    every = max(1, round(substeps / RELAXATIONS))
    share = 1.0 - math.exp(-every * dt / RELAXATION_TIME)
    wp.load_module(mpm_kernels, device=stepper.device)
    wp.load_module(mpm_volume, device=stepper.device)
    wp.load_module(mpm_solid, device=stepper.device)
    with wp.ScopedCapture(device=stepper.device) as capture:
        for substep in range(substeps):
            stepper.step(substep, dt)
            if (substep + 1) % every == 0:
                stepper.relax(share, (substep + 1) * dt)
    states = [stepper.state()]
    steps: Array = dt * np.arange(1.0, substeps + 1.0)
    for k in range(1, clock.frames):
        start = (k - 1) / clock.fps
        stepper.begin(start, start + steps)
        wp.capture_launch(capture.graph)
        states.append(stepper.state())
        broken = _broken(stepper, states[-1], k / clock.fps)
        if broken is not None:
            return broken
    return states


def _broken(stepper: Stepper, state: State, time: float) -> Rejected | None:
    """What is wrong with a state: not finite, faster than sound, crushed, or inside an obstacle."""
    x, v, strain = state
    liquid = stepper.liquid
    if not (np.isfinite(x).all() and np.isfinite(v).all() and np.isfinite(strain).all()):
        return Rejected("simulation/not_finite", f"liquid at {time:.3f} s")
    fastest = float(np.linalg.norm(v, axis=1).max())
    if fastest > liquid.sound:
        return Rejected(
            "simulation/too_fast",
            f"{fastest:.2f} m/s at {time:.3f} s with a sound speed of {liquid.sound:.2f} m/s",
        )
    least = math.exp(float(strain.min()))
    if least < LEAST_VOLUME:
        return Rejected("simulation/crushed", f"volume ratio {least:.3f} at {time:.3f} s")
    if stepper.colliders is not None:
        points = x.astype(float) + liquid.lower
        depth = -float(stepper.colliders.distances(points, time, reach=0.1)[0].min())
        if depth > float(liquid.cell.max()):
            return Rejected(
                "simulation/leaked", f"liquid {depth:.4f} m inside a body at {time:.3f} s"
            )
    return None
