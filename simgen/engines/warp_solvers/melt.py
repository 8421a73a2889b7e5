"""Matter that melts, flows and freezes on hot and cold bodies.

After Stomakhin et al. 2014, Augmented MPM for phase-change and varied materials: particles carry
heat and phase, motion is solved by MLS-MPM. Unlike there the solid is rigid, piece by piece
(`melt_kernels`), and heat passes between neighbouring particles (`melt_heat`), with thermal bodies
through a contact conductance, and with the air. A thermal body gives its cells' heat frame by
frame: over one frame they keep their temperature, what was taken leaves them in the next.
Artificial compressibility 2 %; volume does not change in melting.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from simgen.device import warp_device
from simgen.engines.warp import Solved, States
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.melt_frame import level_frame
from simgen.engines.warp_solvers.melt_heat import ParticleHeat
from simgen.engines.warp_solvers.melt_pieces import Labels, next_pieces, start_pieces
from simgen.engines.warp_solvers.melt_stepper import Setup, Stepper, set_up
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Array
from simgen.motion import velocity_at
from simgen.record import ParticleStates
from simgen.scene import Melt, RigidBody, Scene

UPDATES = 2
"""Exchanges of heat per frame."""
RELAXATION_TIME = 0.05
"""Time [s] in which a molten particle's strain follows the density measured on the grid."""
RELAXATIONS = 8
"""How often per frame the strain is relaxed."""
LEAST_VOLUME = 0.7
"""A hundredth of the particles squeezed below this share of their volume: the roll-out broke."""
MOST_SUBSTEPS = 3000


def solve(scene: Scene, melts: Sequence[Melt], march: Any | None, device: str) -> Solved | Rejected:
    """Simulate the `Melt`s of a scene and, with `march`, its thermal bodies beside them."""
    wp = warp_device(device)
    level = level_frame(scene)
    only = replace(scene, elements=level.bodies(scene.bodies))
    moving = any(b.keyframes is not None for b in scene.bodies)
    fastest = max((float(np.linalg.norm(v)) for b in scene.bodies for v in _speeds(b)), default=0.0)
    laid = [level.melt(m) for m in melts]
    setup = set_up(replace(scene, gravity=level.vector(scene.gravity)), laid, fastest, level.top)
    substeps = scene.clock.resolve(setup.max_dt)
    updates = UPDATES if scene.clock.substeps is None or substeps % UPDATES == 0 else 1
    if scene.clock.substeps is None:
        substeps = -(-substeps // updates) * updates
    if substeps > MOST_SUBSTEPS:
        return Rejected(
            "simulation/too_stiff",
            f"{substeps} steps per frame, the most is {MOST_SUBSTEPS}: use a larger spacing or a "
            f"thinner liquid",
        )
    colliders = Colliders(only, device, steps=substeps if moving else 1)
    still = Colliders(replace(scene, elements=scene.bodies), device)
    _refuse_overlap(melts, still)
    stepper = Stepper(wp, level, laid, setup, colliders, device, moving)
    heat = ParticleHeat(scene, melts, still)
    run = _Run(scene, melts, march, stepper, heat, still, substeps, updates)
    trouble = run.roll_out()
    if trouble is not None:
        return trouble
    states: dict[str, States] = {} if march is None else dict(march.states())
    states |= run.states()
    parameters: dict[str, float | int | str] = {} if march is None else march.parameters()
    return Solved(
        states=states,
        substeps=substeps,
        parameters={**parameters, **_parameters(setup, stepper.count, updates)},
    )


def _parameters(setup: Setup, count: int, updates: int) -> dict[str, float | int | str]:
    return {
        "melt_method": "MLS-MPM, rigid solid pieces, SPH conduction",
        "melt_particles": count,
        "melt_cell": setup.cell,
        "melt_sound_speed": setup.sound,
        "melt_no_slip": int(not setup.slides),
        "melt_heat_updates_per_frame": updates,
    }


def _speeds(body: RigidBody) -> Iterator[Array]:
    """Velocities [m/s] of a kinematic body between its keyframes."""
    if body.keyframes is not None:
        for a, b in pairwise(body.keyframes.times):
            yield velocity_at(body, float(a + b) / 2)[0]


def _refuse_overlap(melts: Sequence[Melt], colliders: Colliders) -> None:
    for melt in melts:
        distance, *_ = colliders.distances(np.asarray(melt.positions, float), 0.0, reach=0.1)
        inside = int((distance < -0.25 * melt.spacing).sum())
        if inside:
            raise SimgenError(
                f"melt {melt.name!r}: {inside} of {len(melt.positions)} particles start inside a "
                f"body; leave them out or move the body"
            )


@dataclass
class _Run:
    """One roll-out: motion and heat in turn, and what is kept of every frame."""

    scene: Scene
    melts: Sequence[Melt]
    march: Any | None
    stepper: Stepper
    heat: ParticleHeat
    still: Colliders
    substeps: int
    updates: int
    piece: Labels = field(init=False)
    graphs: dict[Any, Any] = field(default_factory=dict[Any, Any])
    rows: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    def roll_out(self) -> Rejected | None:
        """All frames; what went wrong, if anything did."""
        stepper, clock, heat = self.stepper, self.scene.clock, self.heat
        spacing = max(m.spacing for m in self.melts)
        points, _, _ = stepper.state()
        self.piece = start_pieces(points, heat.molten, stepper.kind_of, spacing)
        stepper.set_phase(self.piece, heat.viscosity())
        self._note()
        span = 1.0 / (clock.fps * self.updates)
        steps: Array = np.arange(1.0, self.substeps + 1.0) / (clock.fps * self.substeps)
        for frame in range(clock.frames - 1):
            drawn: Array | None = None
            if stepper.moving:
                stepper.colliders.load(frame / clock.fps + steps)
            for k in range(self.updates):
                points, _, _ = stepper.state()
                time = frame / clock.fps + k * span
                taken = heat.advance(points, time, span, self.march)
                drawn = taken if drawn is None else drawn + taken
                self.piece = next_pieces(points, heat.molten, self.piece, spacing)
                stepper.set_phase(self.piece, heat.viscosity())
                self._move(k)
            if self.march is not None and drawn is not None:
                self.march.advance(frame, -drawn)
            self._note()
            broken = self._broken((frame + 1) / clock.fps)
            if broken is not None:
                return broken
        return None

    def _move(self, update: int) -> None:
        """The steps of motion between two exchanges of heat, the `update`-th of a frame.

        Their launches are captured once for each box of nodes that matter may reach.
        """
        stepper, fps = self.stepper, self.scene.clock.fps
        wp, dt = stepper.wp, 1.0 / (fps * self.substeps)
        each = self.substeps // self.updates
        every = max(1, round(self.substeps / RELAXATIONS))
        share = 1.0 - math.exp(-every * dt / RELAXATION_TIME)
        first = update * each if stepper.moving else 0
        key = (first, *stepper.focus(each * dt))
        if key not in self.graphs:
            from simgen.engines.warp_solvers import melt_kernels, melt_rigid_kernels

            for kernels in (melt_kernels, melt_rigid_kernels):
                wp.load_module(kernels, device=stepper.device)
            with wp.ScopedCapture(device=stepper.device) as capture:
                for row in range(first, first + each):
                    stepper.step(row, dt)
                    if (row + 1) % every == 0:
                        stepper.relax(share)
            self.graphs[key] = capture.graph
        wp.capture_launch(self.graphs[key])

    def _note(self) -> None:
        x, v, strain = self.stepper.state()
        heat = self.heat
        totals = [
            (heat.content(i), float(heat.flow_in[s].sum()), float(heat.flow_out[s].sum()))
            for i, s in enumerate(heat.spans)
        ]
        strain = np.where(self.piece < 0, strain, 0.0)
        self.rows.append((x, v, strain, heat.temperature, heat.molten, totals))

    def _broken(self, time: float) -> Rejected | None:
        x, v, strain = self.rows[-1][:3]
        if not (np.isfinite(x).all() and np.isfinite(v).all() and np.isfinite(strain).all()):
            return Rejected("simulation/not_finite", f"melt at {time:.3f} s")
        fastest = float(np.linalg.norm(v, axis=1).max())
        if fastest > 1.5 * max(self.stepper.setup.sound, self.stepper.setup.speed):
            return Rejected("simulation/too_fast", f"{fastest:.2f} m/s at {time:.3f} s")
        least = math.exp(float(np.quantile(strain, 0.01)))
        if least < LEAST_VOLUME:
            return Rejected("simulation/crushed", f"volume ratio {least:.3f} at {time:.3f} s")
        cell = self.stepper.setup.cell
        depth = -float(self.still.distances(x, time, reach=cell)[0].min())
        if depth > cell:
            return Rejected(
                "simulation/leaked", f"melt {depth:.4f} m inside a body at {time:.3f} s"
            )
        return None

    def states(self) -> dict[str, States]:
        """The record of each element."""
        found: dict[str, States] = {}
        x, v, strain, temperature, molten = (
            np.stack([row[k] for row in self.rows]) for k in range(5)
        )
        totals = np.array([row[5] for row in self.rows])
        for i, (melt, span) in enumerate(zip(self.melts, self.heat.spans, strict=True)):
            found[melt.name] = ParticleStates(
                position=x[:, span],
                velocity=v[:, span],
                mass=np.full(len(melt.positions), self.stepper.mass_of[i]),
                volume_ratio=np.exp(np.minimum(strain[:, span], 0.0)),
                temperature=temperature[:, span],
                molten=molten[:, span],
                heat=totals[:, i, 0],
                flow_in=totals[:, i, 1],
                flow_out=totals[:, i, 2],
            )
        return found
