"""Grains as discrete elements: every grain is a sphere that slides, rolls and is kept count of.

Contacts: `dem_kernels`; constants: `dem_setup`. Leapfrog in time: free flight is exact. All grains
of a scene touch each other; obstacles act by their exact signed distance, moving ones with their
velocity. Free bodies are moved by MuJoCo beside the grains, coupled both ways (`partner`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgen.device import warp_device
from simgen.engines.warp import Solved, States
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.dem_setup import (
    Bedding,
    driven_speed,
    masses_of,
    obstacles_in,
    prepare,
    radii_of,
)
from simgen.engines.warp_solvers.dem_system import System
from simgen.engines.warp_solvers.partner import Partner, has_free_bodies
from simgen.errors import Rejected
from simgen.geometry import Array
from simgen.record import ParticleStates
from simgen.scene import Element, Grains, Scene

DEEPEST = 0.25
"""Overlap in radii beyond which the spring was too soft for what happened."""


@dataclass(eq=False)
class Tape:
    """States at frame instants."""

    position: Array
    velocity: Array
    turn: Array


def solve(scene: Scene, elements: Sequence[Element], device: str) -> Solved | Rejected:
    """Simulate the grains of a scene, and its free bodies with them."""
    warp_device(device)
    grains = [e for e in elements if isinstance(e, Grains)]
    bedding = prepare(scene, grains)
    around = obstacles_in(scene, grains)
    substeps = rows = scene.clock.resolve(bedding.max_dt)
    partner = None
    if has_free_bodies(scene):
        partner = Partner(scene, substeps, least=_exchanges(scene, bedding))
        rows, substeps = partner.rows, partner.rows * partner.steps
    dt = 1.0 / (scene.clock.fps * substeps)
    moving = partner is not None or any(b.keyframes is not None for b in around.bodies)
    colliders = Colliders(around, device, steps=rows if moving else 1)
    inside = _starts_inside(bedding, colliders)
    if inside:
        return Rejected("simulation/starts_inside_obstacle", inside)
    system = System(bedding, colliders, np.asarray(scene.gravity, float), dt)
    tape = _run(scene, system, rows, partner)
    if isinstance(tape, Rejected):
        return tape
    bodies = partner.finish() if partner is not None else None
    if isinstance(bodies, Rejected):
        return bodies
    trouble = _trouble(scene, bedding, system, tape)
    if trouble is not None:
        return trouble
    return Solved(
        states=_states(grains, bedding, tape),
        bodies=bodies,
        substeps=substeps,
        parameters={
            "method": "discrete elements, linear spring-dashpot, Coulomb, rolling type C",
            "particles": len(bedding.position),
            "stiffness": bedding.stiffness,
            "expected_speed": bedding.speed,
            "rolling_friction": float(bedding.rolling.max()),
            "overlap": round(system.overlap, 4),
            "listings": system.listings,
        },
    )


def _exchanges(scene: Scene, bedding: Bedding) -> int:
    """Exchanges per frame that keep a body on a bed of springs stable.

    A body of mass M on c contacts of stiffness k swings at sqrt(c k / M); what it feels is a step
    old, so the step is kept below a third of that time. A grain covers (2 r)^2 of a face.
    """
    least = 1
    for body in scene.bodies:
        if body.motion == "dynamic":
            mass = body.mass_properties.mass
            size = (mass / 1000.0) ** (1 / 3)
            touched = max(4.0, 1.5 * (size / (2.0 * float(bedding.radius.mean()))) ** 2)
            pace = math.sqrt(touched * bedding.stiffness / mass)
            least = max(least, math.ceil(3.0 * pace / scene.clock.fps))
    return least


def _run(scene: Scene, system: System, rows: int, partner: Partner | None) -> Tape | Rejected:
    """States at the frame instants."""
    clock, count = scene.clock, system.count
    tape = Tape(*(np.empty((clock.frames, count, n)) for n in (3, 3, 4)))
    colliders = system.colliders
    if partner is not None:
        partner.join(colliders)
    rounds = partner.steps if partner is not None else 1
    fastest = max((driven_speed(b) for b in scene.bodies if b.keyframes is not None), default=0.0)
    share = (1.0 + np.arange(rows)) / (rows * clock.fps)
    for frame in range(clock.frames):
        tape.position[frame], tape.velocity[frame], tape.turn[frame] = system.state()
        last = frame + 1 == clock.frames
        for _ in range(1 if last else rounds):
            if partner is not None:
                trouble = partner.begin()
                if trouble is not None:
                    return trouble
                system.start_rows(max(fastest, partner.speed))
            else:
                if system.moves:
                    colliders.load(frame / clock.fps + share)
                system.start_rows(fastest)
            if not last:
                system.run(rows)
            if partner is not None:
                trouble = partner.end()
                if trouble is not None:
                    return trouble
    return tape


def _starts_inside(bedding: Bedding, colliders: Colliders) -> str:
    """Grains that overlap an obstacle at t = 0 by more than a fifth of their radius."""
    if not len(colliders):
        return ""
    radius = bedding.radius
    reach = 1.1 * float(radius.max())
    gap = colliders.distances(bedding.position, 0.0, reach=reach)[0] - radius
    deep = gap < -0.2 * radius
    if not deep.any():
        return ""
    return f"{int(deep.sum())} grains start up to {-1e3 * float(gap.min()):.1f} mm inside a body"


def _trouble(scene: Scene, bedding: Bedding, system: System, tape: Tape) -> Rejected | None:
    """Why a roll-out cannot be used: not finite, contacts missed or crushed, grains escaped."""
    if not (np.isfinite(tape.position).all() and np.isfinite(tape.velocity).all()):
        return Rejected("simulation/not_finite", "grains")
    if system.missing:
        return Rejected("simulation/buffer_overflow", f"{system.missing:.0f} contacts had no slot")
    if system.overlap > DEEPEST:
        return Rejected(
            "simulation/crushed",
            f"a contact {system.overlap:.2f} radii deep, at most {DEEPEST}",
        )
    grains = bedding.grains
    slack = bedding.radius[:, None]
    lower = np.min([g.domain.lower for g in grains], axis=0) - slack
    upper = np.max([g.domain.upper for g in grains], axis=0) + slack
    if any(g.domain.open_top for g in grains):
        upper[:, 2] = math.inf
    for frame, time in enumerate(scene.clock.times):
        at = tape.position[frame]
        gone = int(((at < lower) | (at > upper)).any(1).sum())
        if gone:
            return Rejected("simulation/left_domain", f"{gone} grains at {time:.3f} s")
        if len(system.colliders):
            reach = float(bedding.radius.max())
            inside = system.colliders.distances(at, float(time), reach=reach)[0] < 0.0
            if inside.any():
                return Rejected(
                    "simulation/leaked", f"{int(inside.sum())} grains in a body at {time:.3f} s"
                )
    return None


def _states(grains: list[Grains], bedding: Bedding, tape: Tape) -> dict[str, States]:
    found: dict[str, States] = {}
    for kind, g in enumerate(grains):
        own = bedding.kind == kind
        found[g.name] = ParticleStates(
            position=tape.position[:, own],
            velocity=tape.velocity[:, own],
            mass=masses_of(g),
            radius=radii_of(g),
            quaternion=tape.turn[:, own],
        )
    return found
