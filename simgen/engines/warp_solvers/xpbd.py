"""Cloth, soft bodies and inflatables by extended position-based dynamics in small steps.

XPBD (Macklin et al. 2016) with one coloured Gauss-Seidel sweep per small step (Macklin et al.
2019). Time: leapfrog positions and half-step velocities, so free flight is exact; a recorded
velocity is the mean of the half steps before and after its frame. Stiffness that a step does not
resolve is felt softer; `xpbd.courant` says how many edges a wave crosses in a step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import warp as wp

from simgen.device import warp_device
from simgen.engines.warp import Solved
from simgen.engines.warp_solvers import xpbd_output as output
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.partner import Partner, has_free_bodies
from simgen.engines.warp_solvers.xpbd_build import Deformable, build_part, settle
from simgen.engines.warp_solvers.xpbd_part import Part
from simgen.engines.warp_solvers.xpbd_system import System
from simgen.engines.warp_solvers.xpbd_ties import steps_of_ties
from simgen.errors import Rejected, SimgenError
from simgen.scene import Clock, Scene

CLOTH_COURANT, COURANT, SOLID_COURANT = 0.75, 0.25, 0.16
"""Wave speed * dt / edge aimed at in cloths, other sheets and solids."""
BENDING_COURANT = 0.2
"""Speed of bending waves * dt / edge, at most, where cloth bends in one of several steps."""
BREATH = 0.7
"""Breathing frequency of a membrane around gas times the step that is aimed at: full pressure
acts below 1 (`gas_pressure`), and a growing balloon breathes faster."""
STABLE, TOO_MANY = 0.5, 1000
"""Courant number and substeps per frame at 24 fps beyond which a solid is refused."""
FEWEST, MOST = 40, 400
"""Bounds of the substeps per frame at 24 frames per second."""
WORK, CLOTH_WORK = 2_500_000, 2_000_000
"""Constraints of sheets, of cloths alone, solved per frame at most, where FEWEST substeps are
left."""


def solve(scene: Scene, elements: Sequence[Deformable], device: str) -> Solved | Rejected:
    """Move the cloths, soft bodies and inflatables of a scene; its free bodies move with them."""
    warp_device(device)
    parts = [build_part(element, scene) for element in elements]
    substeps = rows = choose_substeps(scene.clock, parts)
    cycle = choose_cycle(scene.clock, parts, substeps)
    partner = None
    if has_free_bodies(scene):
        least = steps_of_ties(scene, parts, scene.clock)
        partner = Partner(scene, substeps, least=least, cycle=cycle)
        rows, substeps = partner.rows, partner.rows * partner.steps
    cycle = math.gcd(cycle, rows) if rows % cycle else cycle
    dt = 1.0 / (scene.clock.fps * substeps)
    for part, element in zip(parts, elements, strict=True):
        settle(part, element, dt)
    tied = {tie.body for part in parts for tie in part.ties}
    colliders = Colliders(scene, device, steps=rows, followed=tied)
    if partner is not None:
        partner.join(colliders)
    overlap = output.starts_inside(parts, colliders)
    if overlap:
        return Rejected("simulation/starts_inside_obstacle", overlap)
    overlap = output.starts_overlapping(parts)
    if overlap:
        return Rejected("simulation/starts_overlapping", overlap)
    system = System(scene, parts, colliders, dt, rows, cycle)
    tape = _run(scene.clock, system, substeps, partner)
    if isinstance(tape, Rejected):
        return tape
    bodies = partner.finish() if partner is not None else None
    if isinstance(bodies, Rejected):
        return bodies
    position, velocity, amount = tape
    states, trouble = output.record(
        scene, parts, system.offsets, position, velocity, amount, colliders
    )
    if trouble is not None:
        return trouble
    return Solved(
        states=dict(states),
        bodies=bodies,
        substeps=substeps,
        parameters={
            "vertices": system.count,
            "cycle": cycle,
            "constraints": sum(r[-1][0] + r[-1][1] for r, _ in system.blocks.values()),
            "courant": round(max(_courant(p, dt) for p in parts), 3),
            **output.measured(parts, system.offsets, position),
        },
    )


def _courant(part: Part, dt: float) -> float:
    return part.wave_speed * dt / part.spacing


def choose_substeps(clock: Clock, parts: Sequence[Part]) -> int:
    """Substeps per frame: the clock's own if stable, or enough for the stiffest part.

    Sheets under longer steps feel softer, so their share is bounded by WORK. In solids only J is
    linearised and the pressure turns with the matter: they get the steps of their sound waves.
    """
    fewest = math.ceil(FEWEST * 24.0 / clock.fps)
    solids = [_courant(p, 1.0 / clock.fps) for p in parts if p.tetrahedra is not None]
    stable = math.ceil(max(solids, default=0.0) / STABLE)
    if stable > math.ceil(TOO_MANY * 24.0 / clock.fps):
        worst = max((p for p in parts if p.tetrahedra is not None), key=lambda p: _courant(p, 1.0))
        raise SimgenError(
            f"soft body {worst.name!r}: waves of {worst.wave_speed:.0f} m/s across edges of "
            f"{1e3 * worst.spacing:.1f} mm need {stable} substeps per frame, at most {TOO_MANY} at "
            f"24 fps are done; take a softer material or larger tetrahedra"
        )
    if clock.substeps is not None:
        return clock.resolve(1.0 / (clock.fps * max(stable, min(fewest, clock.substeps))))
    constraints = sum(len(b.vertices) for p in parts for b in p.blocks.values())
    if all_cloth(parts):
        return _cloth_substeps(clock, parts)
    most = math.ceil(min(MOST, WORK / constraints) * 24.0 / clock.fps)
    sheets = [_courant(p, 1.0 / clock.fps) for p in parts if p.tetrahedra is None]
    breaths = [p.breathing / clock.fps / BREATH for p in parts]
    wanted = min(math.ceil(max(max(sheets, default=0.0) / COURANT, *breaths)), most)
    return max(fewest, wanted, math.ceil(max(solids, default=0.0) / SOLID_COURANT))


def all_cloth(parts: Sequence[Part]) -> bool:
    """Whether everything is an open sheet, so that only membranes need the short steps."""
    return not any(p.closed for p in parts)


def _cloth_substeps(clock: Clock, parts: Sequence[Part]) -> int:
    """Of cloths alone, in whole cycles: by their membranes, within CLOTH_WORK."""
    fast = sum(len(p.faces) for p in parts)
    slow = sum(len(b.vertices) for p in parts for b in p.blocks.values()) - fast
    wanted = max(_courant(p, 1.0 / clock.fps) for p in parts) / CLOTH_COURANT
    fewest = math.ceil(FEWEST * 24.0 / clock.fps)
    most = (CLOTH_WORK * 24.0 / clock.fps - fewest * slow) / fast
    cycle = max(1, math.ceil(min(wanted, most) / fewest))
    return fewest * cycle


def choose_cycle(clock: Clock, parts: Sequence[Part], substeps: int) -> int:
    """Steps in which bending, internal friction and air act once, in cloths: FEWEST times per
    frame, or as often as waves of bending ask for."""
    if not all_cloth(parts):
        return 1
    fewest = math.ceil(FEWEST * 24.0 / clock.fps)
    bending = max(p.bending_speed / p.spacing for p in parts) / clock.fps / BENDING_COURANT
    return max(1, substeps // math.ceil(max(fewest, bending)))


def _run(
    clock: Clock, system: System, substeps: int, partner: Partner | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | Rejected:
    """Positions and velocities (frames, V, 3) float32 of all vertices and amounts (frames, G) of
    all gases at the frame instants."""
    shape = (clock.frames, system.count, 3)
    position, velocity = np.empty(shape, np.float32), np.empty(shape, np.float32)
    position[0], velocity[0] = system.start, system.start_velocity
    amount = np.tile([p.gas_amount for p in system.parts if p.gas_amount], (clock.frames, 1))
    rounds = partner.steps if partner is not None else 1
    rows = substeps // rounds
    first, rest = system.capture(0, 1), system.capture(1, rows)
    system.reset()
    share = (1.0 + np.arange(rows)) / substeps
    for frame in range(clock.frames):
        before = np.array(system.v.numpy())
        for number in range(rounds):
            trouble = None
            if partner is not None:
                trouble = partner.begin()
            else:
                system.colliders.load((frame + share) / clock.fps)
            system.ties.load(system.colliders)
            wp.capture_launch(first)
            if number == 0 and frame > 0:
                velocity[frame] = 0.5 * (before + system.v.numpy())
            last = frame + 1 == clock.frames
            if not last:
                wp.capture_launch(rest)
            if partner is not None:
                trouble = trouble or partner.end()
            if trouble is not None:
                return trouble
            if last:
                break
        if frame + 1 < clock.frames:
            position[frame + 1] = system.x.numpy()
            if system.gas_count:
                amount[frame + 1] = system.gas_amount.numpy()
    return position, velocity, amount
