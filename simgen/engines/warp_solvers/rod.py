"""Ropes as elastic rods, each solved directly in every small step (see `rod_kernels`).

Stretch follows Young's modulus and the round section, bending the modulus of `simgen.engines.rope`;
a rope is free to twist, so torsion stores nothing, and one that rests bent keeps the size of its
curvature, not its plane. Free bodies move with MuJoCo, one step of theirs per step of the rods: a
tied point carries its share of the body's inertia into the solve, so heavy loads are coupled
implicitly, and what it took from the body's free motion is the impulse on the body.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simgen.device import warp_device
from simgen.engines.rope import DAMPING, crossing, wave_time
from simgen.engines.warp import Solved
from simgen.engines.warp_solvers import rod_output as output
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.partner import Partner, has_free_bodies
from simgen.engines.warp_solvers.rod_build import strands
from simgen.engines.warp_solvers.rod_system import ROUNDS, System
from simgen.errors import Rejected
from simgen.scene import Rope, Scene

LARGEST_DT, SMALLEST_DT = 5e-4, 5e-5
"""Bounds of the step [s] that is chosen."""
SHARE = 0.4
"""Of the time a wave takes to cross a segment."""
SHIFT = 0.5
"""Of a rope's radius, which the fastest of the prescribed bodies moves by in a step at most."""


def solve(scene: Scene, elements: Sequence[Rope], device: str) -> Solved | Rejected:
    """Move the ropes of a scene; its free bodies move with them."""
    warp_device(device)
    made = strands(scene, list(elements))
    substeps = choose_substeps(scene, made.radius.min())
    partner = None
    if has_free_bodies(scene):
        partner = Partner(scene, substeps, least=substeps)
        substeps = partner.steps
    rows = 1 if partner is not None else substeps
    colliders = Colliders(scene, device, steps=rows)
    if partner is not None:
        partner.join(colliders)
    system = System(scene, made, colliders, 1.0 / (scene.clock.fps * substeps), rows)
    overlap = output.starts_inside(scene, made, colliders) or crossing(made.ropes)
    if overlap:
        return Rejected("simulation/initial_overlap", overlap)
    if partner is None:
        tape = system.run(scene.clock)
    else:
        tape = system.run_with(scene.clock, partner)
    if isinstance(tape, Rejected):
        return tape
    bodies = partner.finish() if partner is not None else None
    if isinstance(bodies, Rejected):
        return bodies
    states = output.record(scene, made, *tape, colliders)
    if isinstance(states, Rejected):
        return states
    lost = int(system.lost.numpy()[0])
    return Solved(
        states=dict(states),
        bodies=bodies,
        substeps=substeps,
        iterations=ROUNDS,
        parameters={
            "points": len(made.point),
            "damping_s": DAMPING,
            **output.measured(made, *tape),
        },
        warnings=(f"PAIRSFULL: {lost} pairs of segments left out",) if lost else (),
    )


def choose_substeps(scene: Scene, thinnest: float) -> int:
    """Steps per frame that the tautest rope and the fastest prescribed body need."""
    speed = 0.0
    for body in scene.bodies:
        if body.keyframes is not None and len(body.keyframes.times) > 1:
            steps = np.linalg.norm(np.diff(body.keyframes.positions, axis=0), axis=1)
            speed = max(speed, float((steps / np.diff(body.keyframes.times)).max()))
    wanted = min(LARGEST_DT, SHARE * wave_time(scene), SHIFT * thinnest / max(speed, 1e-9))
    if scene.clock.substeps is not None:
        return scene.clock.substeps
    return math.ceil(1.0 / (scene.clock.fps * max(wanted, SMALLEST_DT)) - 1e-9)
