"""Steps Bullet through a scene's clock and records the state at every frame instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pybullet as _pybullet

from simgen.engines.pybullet_model import Built, build
from simgen.engines.pybullet_motor import Motor, rotation_vector
from simgen.engines.rigid import allowed_overlap, contacts, mechanical_energy, stable_dt
from simgen.errors import Rejected
from simgen.geometry import Array
from simgen.motion import pose_at, rigid_states, velocity_at
from simgen.record import Solver, Trajectory, not_finite
from simgen.rotation import conjugate, from_matrix, multiply, rotate, to_matrix
from simgen.scene import Scene

pybullet: Any = _pybullet  # the library ships no type stubs

LARGEST_DT, SMALLEST_DT = 1 / 960, 1 / 3840
"""Bounds of the solver step [s]."""
ITERATIONS = 100
CONTACT_ERP = 0.02
"""Share of a penetration taken back per step; larger values add speed to every bounce."""


@dataclass(eq=False)
class _Tape:
    """Frames recorded so far."""

    states: list[list[tuple[Array, Array, Array, Array]]] = field(default_factory=list[Any])
    springs: list[float] = field(default_factory=list[float])
    contacts: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])


def roll_out(scene: Scene) -> Trajectory | Rejected:
    """Simulate one scene in a private Bullet world."""
    client = pybullet.connect(pybullet.DIRECT)
    try:
        return _run(scene, client)
    finally:
        pybullet.disconnect(client)


def _run(scene: Scene, client: int) -> Trajectory | Rejected:
    substeps = scene.clock.resolve(stable_dt(scene, largest=LARGEST_DT, smallest=SMALLEST_DT))
    dt = 1.0 / (scene.clock.fps * substeps)
    _configure(scene, client, dt)
    with TemporaryDirectory() as folder:
        built = build(scene, client, Path(folder))
    _start(scene, built)
    motors = [Motor(built, axle, dt) for axle in built.axles]
    overlap = _overlap(scene, built)
    if overlap:
        return Rejected("simulation/initial_overlap", overlap)
    tape = _Tape()
    for step in range((scene.clock.frames - 1) * substeps + 1):
        _place(scene, built, step * dt, dt)
        at_frame = step % substeps == 0
        if at_frame:
            tape.states.append(_states(scene, built, step * dt))
            tape.springs.append(sum(m.energy() for m in motors))
            if not np.isfinite(tape.states[-1][0][0]).all():
                return Rejected("simulation/not_finite", f"at t = {step * dt:.3f} s")
        for motor in motors:
            motor.act(refresh=at_frame)
        pybullet.stepSimulation(physicsClientId=client)
        if at_frame:
            _record_contacts(tape, built, step // substeps, dt)
    return _finish(scene, built, tape, dt, substeps)


def _configure(scene: Scene, client: int, dt: float) -> None:
    pybullet.resetSimulation(physicsClientId=client)
    pybullet.setGravity(*scene.gravity, physicsClientId=client)
    pybullet.setPhysicsEngineParameter(
        fixedTimeStep=dt,
        numSolverIterations=ITERATIONS,
        numSubSteps=0,
        contactBreakingThreshold=0.005,
        enableConeFriction=1,
        deterministicOverlappingPairs=1,
        restitutionVelocityThreshold=2 * dt * float(np.linalg.norm(scene.gravity)),
        contactERP=CONTACT_ERP,
        frictionERP=0.0,
        erp=0.2,
        globalCFM=0.0,
        solverResidualThreshold=0.0,
        enableFileCaching=0,
        physicsClientId=client,
    )


def _start(scene: Scene, built: Built) -> None:
    """Initial velocities of floating bodies and joints; joints lose Bullet's default motors."""
    for body, placed in zip(scene.bodies, built.placed, strict=True):
        if placed.link == -1 and body.motion == "dynamic":
            spin = np.asarray(body.angular_velocity, float)
            arm = rotate(body.quaternion, placed.center - body.mass_properties.center_of_mass)
            velocity = np.asarray(body.velocity, float) + np.cross(spin, arm)
            pybullet.resetBaseVelocity(
                placed.body, velocity.tolist(), spin.tolist(), physicsClientId=built.client
            )
    names = {b.name: b for b in scene.bodies}
    for axle in built.axles:
        where = {"bodyUniqueId": axle.body, "physicsClientId": built.client}
        joint = axle.joint
        if joint.kind == "ball":
            base = names[joint.parent].angular_velocity if joint.parent else (0.0, 0.0, 0.0)
            spin = np.asarray(axle.child.angular_velocity, float) - np.asarray(base, float)
            local = rotate(conjugate(axle.child.quaternion), spin).tolist()
            pybullet.resetJointStateMultiDof(
                jointIndex=axle.link, targetValue=[0, 0, 0, 1], targetVelocity=local, **where
            )
            pybullet.setJointMotorControlMultiDof(
                jointIndex=axle.link,
                controlMode=pybullet.POSITION_CONTROL,
                targetPosition=[0, 0, 0, 1],
                positionGain=0,
                velocityGain=0,
                force=[0, 0, 0],
                **where,
            )
            continue
        pybullet.resetJointState(
            jointIndex=axle.link, targetValue=0.0, targetVelocity=joint.velocity, **where
        )
        pybullet.setJointMotorControl2(
            jointIndex=axle.link,
            controlMode=pybullet.VELOCITY_CONTROL,
            targetVelocity=0.0,
            force=joint.friction,
            **where,
        )
        if joint.range is not None:
            low, high = joint.range
            pybullet.changeDynamics(
                axle.body,
                axle.link,
                jointLowerLimit=low,
                jointUpperLimit=high,
                jointLimitForce=1e7,
                physicsClientId=built.client,
            )


def _place(scene: Scene, built: Built, time: float, dt: float) -> None:
    """Put every kinematic body on its path with the velocity that leads to its next pose."""
    for body, placed in zip(scene.bodies, built.placed, strict=True):
        if body.motion != "kinematic":
            continue
        (p0, q0), (p1, q1) = pose_at(body, time), pose_at(body, time + dt)
        spin = rotation_vector(multiply(q1, conjugate(q0))) / dt
        pybullet.resetBasePositionAndOrientation(
            placed.body, p0.tolist(), np.roll(q0, -1).tolist(), physicsClientId=built.client
        )
        pybullet.resetBaseVelocity(
            placed.body, ((p1 - p0) / dt).tolist(), spin.tolist(), physicsClientId=built.client
        )


def _overlap(scene: Scene, built: Built) -> str:
    """The deepest start penetration that is not let pass, in words; '' when there is none."""
    pybullet.performCollisionDetection(physicsClientId=built.client)
    worst, words = 0.0, ""
    for point in pybullet.getContactPoints(physicsClientId=built.client):
        a = scene.bodies[built.owner[point[1], point[3]]]
        b = scene.bodies[built.owner[point[2], point[4]]]
        depth = -point[8]
        moving = "dynamic" in (a.motion, b.motion)
        if moving and depth > allowed_overlap(a, b) + 2e-4 and depth > worst:
            worst, words = depth, f"{a.name} and {b.name} overlap by {depth * 1e3:.2f} mm"
    return words


def _states(scene: Scene, built: Built, time: float) -> list[tuple[Array, Array, Array, Array]]:
    """Position, quaternion wxyz, velocity of the centre of mass, angular velocity of every body."""
    found: list[tuple[Array, Array, Array, Array]] = []
    for body, placed in zip(scene.bodies, built.placed, strict=True):
        if body.motion != "dynamic":
            found.append((*pose_at(body, time), *velocity_at(body, time)))
            continue
        p = body.mass_properties
        where = {"physicsClientId": built.client}
        if placed.link < 0:
            center, xyzw = pybullet.getBasePositionAndOrientation(placed.body, **where)
            velocity, angular = pybullet.getBaseVelocity(placed.body, **where)
        else:
            state = pybullet.getLinkState(
                placed.body, placed.link, computeLinkVelocity=1, computeForwardKinematics=1, **where
            )
            center, xyzw, velocity, angular = state[0], state[1], state[6], state[7]
        turn = to_matrix(np.roll(np.asarray(xyzw, float), 1)) @ placed.axes.T
        arm = turn @ (p.center_of_mass - placed.center)
        origin = np.asarray(center, float) - turn @ placed.center
        spin = np.asarray(angular, float)
        found.append(
            (origin, from_matrix(turn), np.asarray(velocity, float) + np.cross(spin, arm), spin)
        )
    return found


def _record_contacts(tape: _Tape, built: Built, frame: int, dt: float) -> None:
    """Loaded contacts of the step that starts at this frame's instant."""
    for point in pybullet.getContactPoints(physicsClientId=built.client):
        if point[9] <= 0.0:
            continue
        a, b = built.owner[point[1], point[3]], built.owner[point[2], point[4]]
        normal = -np.asarray(point[7], float)
        tape.contacts.append((frame, a, b, point[6], normal, -point[8], point[9] * dt))


def _finish(
    scene: Scene, built: Built, tape: _Tape, dt: float, substeps: int
) -> Trajectory | Rejected:
    count = len(scene.bodies)

    def gather(part: int, width: int) -> Array:
        rows = [[body[part] for body in frame] for frame in tape.states]
        return np.array(rows, float).reshape(len(rows), count, width)

    states = rigid_states(scene, gather(0, 3), gather(1, 4), gather(2, 3), gather(3, 3))
    trajectory = Trajectory(
        time=scene.clock.times,
        bodies=states,
        solver=Solver(
            engine="pybullet",
            version=str(pybullet.getAPIVersion()),
            device="cpu",
            dt=dt,
            substeps=substeps,
            iterations=ITERATIONS,
            parameters={"contact_erp": CONTACT_ERP},
        ),
        contacts=contacts(scene.bodies, scene, tape.contacts),
        energy=mechanical_energy(scene, states) + np.array(tape.springs),
    )
    bad = not_finite(trajectory)
    return Rejected("simulation/not_finite", ", ".join(bad)) if bad else trajectory
