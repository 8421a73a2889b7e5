"""Rolls an incompressible liquid out together with the rigid bodies of its scene."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np

from simgen.engines.warp_solvers.apic import (
    MOST_VISCOUS_STEPS,
    Free,
    Stepper,
    kinematic_viscosity,
    largest_step,
    viscous_steps,
)
from simgen.engines.warp_solvers.collider import Colliders, Motion
from simgen.engines.warp_solvers.liquid_scene import (
    obstacles_in,
    particle_states,
    surface_speed,
)
from simgen.engines.warp_solvers.mpm_setup import Liquid, cell_edge, prepare
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Array
from simgen.motion import prescribed_states
from simgen.record import Solver, Trajectory, not_finite
from simgen.scene import Fluid, RigidBody, Scene


class Bodies:
    """The free bodies beside the liquid: MuJoCo moves them, the pressure pushes them.

    What else acts on a body in the coming step (gravity, contacts, joints) is taken as in the last
    one, so a body at rest under water is expected at rest.
    """

    def __init__(self, scene: Scene, steps: int) -> None:
        """`steps` of the liquid per frame; the bodies take a whole multiple of them."""
        from simgen.engines.mujoco_rollout import World, choose_substeps

        self.times = -(-choose_substeps(scene) // steps)
        """Steps of the bodies in one of the liquid."""
        self.world: Any = World(scene, steps * self.times)
        self.which = [i for i, b in enumerate(scene.bodies) if b.motion == "dynamic"]
        self.dt = self.times * self.world.dt
        self.gravity = np.tile([*scene.gravity, 0.0, 0.0, 0.0], len(self.which))
        self.arms = np.array([scene.bodies[i].mass_properties.center_of_mass for i in self.which])
        self._last: Array | None = None
        self._pressed = np.zeros(6 * len(self.which))

    def motion(self) -> Motion:
        """Where the bodies are, after `begin` of the world."""
        center, quaternion, velocity, angular = self.world.motion(self.which)
        return Motion(
            center=center,
            quaternion=quaternion,
            velocity=velocity,
            angular_velocity=angular,
            center_of_mass=self.arms,
        )

    def expect(self, now: Motion) -> Free:
        """How the bodies would move on without the liquid's pressure."""
        motion = np.concatenate([now.velocity, now.angular_velocity], axis=1).ravel()
        mobility = self.world.mobility(self.which)
        other = self.gravity
        if self._last is not None:
            found = (motion - self._last) / self.dt - mobility @ self._pressed
            limit = 4.0 * float(np.linalg.norm(self.gravity[:3]))
            if float(np.abs(found).max()) < limit:
                other = found
        self._last = motion
        return Free(now.center, motion + self.dt * other, mobility)

    def advance(self, force: Array, impulse: Array) -> Rejected | None:
        """Over one step of the liquid under its pressure and the impulses (6 B,) [N s, N m s] of
        particles that struck in the step before; the world has begun the first step."""
        force = force + impulse / self.dt
        self._pressed = force
        parts = force.reshape(-1, 6)
        for _ in range(self.times):
            self.world.push(self.which, parts[:, :3], parts[:, 3:])
            trouble = self.world.end() or self.world.begin()
            if trouble is not None:
                return trouble
        return None


def roll_out(scene: Scene, device: str) -> Trajectory | Rejected:
    """Simulate one scene."""
    fluids = [e for e in scene.elements if isinstance(e, Fluid)]
    free = [b for b in scene.bodies if b.motion == "dynamic"]
    prescribed = [b for b in obstacles_in(scene, fluids) if b.motion != "dynamic"]
    solid = replace(scene, elements=(*prescribed, *free))
    colliders = Colliders(solid, device, sampled=0.25 * cell_edge(fluids))
    points = np.concatenate([f.start_positions for f in fluids])
    gap = colliders.distances(points, 0.0)[0] if len(colliders) else None
    fastest = max((surface_speed(b, scene.clock.duration) for b in prescribed), default=0.0)
    level = float(points[:, 2].max(initial=fluids[0].domain.lower[2]))
    thrown = max((_impact_speed(scene, b, level) for b in free), default=0.0)
    liquid = prepare(scene, fluids, distance=gap, obstacle_speed=max(fastest, thrown / 2))
    _check(fluids, liquid)
    substeps = scene.clock.resolve(largest_step(liquid))
    stepper = Stepper(liquid, colliders, device)
    bodies = Bodies(scene, substeps) if free else None
    recorded = _steps(scene, stepper, bodies, substeps)
    if isinstance(recorded, Rejected):
        return recorded
    moved = bodies.world.trajectory() if bodies is not None else None
    if isinstance(moved, Rejected):
        return moved
    trajectory = Trajectory(
        time=scene.clock.times,
        bodies=moved.bodies if moved else prescribed_states(scene),
        contacts=moved.contacts if moved else None,
        solver=Solver(
            engine="apic",
            version=version("warp-lang"),
            device=device,
            dt=1.0 / (scene.clock.fps * substeps),
            substeps=substeps,
            determinism="exact" if device == "cpu" else "statistical",
            parameters={
                "method": "APIC, pressure projection between cut cells",
                "particles": len(points),
                "cell": float(liquid.cell.max()),
                "expected_speed": liquid.speed,
                "no_slip": stepper.sticky,
            },
        ),
        particles=particle_states(fluids, liquid, recorded),
    )
    bad = not_finite(trajectory)
    return Rejected("simulation/not_finite", ", ".join(bad)) if bad else trajectory


def _impact_speed(scene: Scene, body: RigidBody, level: float) -> float:
    """Largest speed [m/s] of a free body's surface when its middle has fallen to a height [m]."""
    fall = max(body.position[2] - level, 0.0)
    return math.hypot(surface_speed(body, 0.0), math.sqrt(-2.0 * min(scene.gravity[2], 0.0) * fall))


def _check(fluids: list[Fluid], liquid: Liquid) -> None:
    """Refuse liquids whose viscosity would need too many explicit steps."""
    if (
        viscous_steps(liquid, kinematic_viscosity(liquid), largest_step(liquid))
        > MOST_VISCOUS_STEPS
    ):
        names = ", ".join(f"{f.material.name} ({f.material.viscosity:g} Pa s)" for f in fluids)
        raise SimgenError(
            f"engine 'apic' takes viscosity in explicit steps, too many for {names}; "
            f"use engine 'warp', or a larger particle spacing"
        )


State = tuple[Array, Array, Array]


def _steps(
    scene: Scene, stepper: Stepper, bodies: Bodies | None, substeps: int
) -> list[State] | Rejected:
    """Positions from the lower corner [m], velocities [m/s] and volume ratios at every frame
    instant."""
    dt = 1.0 / (scene.clock.fps * substeps)
    states = [stepper.state()]
    now, struck = None, np.zeros(6 * stepper.bodies)
    if bodies is not None:
        trouble = bodies.world.begin()
        if trouble is not None:
            return trouble
        now = bodies.motion()
        stepper.colliders.place(now, np.zeros(1))
    for step in range(1, (scene.clock.frames - 1) * substeps + 1):
        free = bodies.expect(now) if bodies is not None and now is not None else None
        force = stepper.press(step * dt, dt, free)
        if bodies is not None:
            trouble = bodies.advance(force, struck)
            if trouble is not None:
                return trouble
            now = bodies.motion()
            stepper.colliders.place(now, np.zeros(1))
        stepper.move(dt)
        if now is not None:
            struck = np.concatenate(stepper.colliders.collect(now.center), axis=1).ravel()
        if step % substeps == 0:
            states.append(stepper.state())
            x, v, _ = states[-1]
            if not (np.isfinite(x).all() and np.isfinite(v).all()):
                return Rejected("simulation/not_finite", f"liquid at {step * dt:.3f} s")
            fastest = float(np.linalg.norm(v, axis=1).max())
            if fastest > 4.0 * stepper.liquid.speed:
                return Rejected(
                    "simulation/too_fast",
                    f"{fastest:.2f} m/s at {step * dt:.3f} s; {stepper.liquid.speed:.2f} expected",
                )
    return (bodies.world.end() if bodies is not None else None) or states
