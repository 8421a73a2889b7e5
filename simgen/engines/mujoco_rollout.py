"""Steps a MuJoCo model through a scene's clock and records the state at every frame instant."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import mujoco as _mujoco
import numpy as np

from simgen.engines.mujoco_contact import ContactLaw, true_gap
from simgen.engines.mujoco_flex import (
    SoftQuiet,
    SoftReader,
    flexes,
    shells,
    soft_dt,
    softs,
    solvable_dt,
    starts_overlapping,
)
from simgen.engines.mujoco_model import Built, build, joint_name
from simgen.engines.mujoco_rope import RopeReader
from simgen.engines.mujoco_shell import Shells, shell_dt
from simgen.engines.rigid import allowed_overlap, contacts, mechanical_energy, stable_dt
from simgen.engines.rope import bending_modulus, ropes, wave_time
from simgen.errors import Rejected
from simgen.geometry import Array
from simgen.motion import pose_at, rigid_states
from simgen.record import RigidStates, Solver, Trajectory, not_finite
from simgen.rotation import conjugate, multiply, rotate
from simgen.scene import Articulation, Scene

mujoco: Any = _mujoco  # the library ships no type stubs

LARGEST_DT, SMALLEST_DT = 1e-3, 2.5e-4
"""Bounds of the solver step [s]."""
SOFT_DT = 5e-4
"""Shortest step [s] taken to keep numerical damping of soft bodies below their own."""


@dataclass(eq=False)
class _Tape:
    """Frames recorded so far."""

    position: list[Array] = field(default_factory=list[Array])
    quaternion: list[Array] = field(default_factory=list[Array])
    velocity: list[Array] = field(default_factory=list[Array])
    angular: list[Array] = field(default_factory=list[Array])
    springs: list[float] = field(default_factory=list[float])
    contacts: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])


def _no_log_file(message: str) -> None:
    """MuJoCo would append every warning to a file in the working folder; `data.warning` counts
    them."""


def roll_out(scene: Scene) -> Trajectory | Rejected:
    """Simulate one scene."""
    world = World(scene, choose_substeps(scene))
    for _ in range((scene.clock.frames - 1) * world.substeps + 1):
        trouble = world.begin() or world.end()
        if trouble:
            return trouble
    return world.trajectory()


def choose_substeps(scene: Scene) -> int:
    """Steps per frame that the fastest body, the tautest rope and the liveliest soft body need."""
    largest = min(LARGEST_DT, max(0.5 * wave_time(scene), 0.2 * SMALLEST_DT))
    largest = min(largest, max(soft_dt(scene), SOFT_DT), solvable_dt(scene), shell_dt(scene))
    return scene.clock.resolve(
        stable_dt(scene, largest=largest, smallest=min(largest, SMALLEST_DT))
    )


class World:
    """The bodies, ropes and soft bodies of a scene, stepped through its clock and recorded at every
    frame. `whole` is the scene that instance ids are taken from, where this is a part of one."""

    def __init__(self, scene: Scene, substeps: int, *, whole: Scene | None = None) -> None:
        mujoco.set_mju_user_warning(_no_log_file)
        self.scene, self.substeps, self.whole = scene, substeps, whole or scene
        self.dt = 1.0 / (scene.clock.fps * substeps)
        self.built = build(scene, self.dt)
        self.data: Any = mujoco.MjData(self.built.model)
        _start(scene, self.built, self.data)
        rest_speed = 2.0 * self.dt * float(np.linalg.norm(scene.gravity))
        self._quiet = SoftQuiet(scene, self.built.geom_body) if flexes(scene) else None
        self._law = ContactLaw(self.built, self.data, self.dt, rest_speed)
        self._tape = _Tape()
        self._lines = RopeReader(scene, self.built.model, self.data)
        self._solids = SoftReader(scene, self.built.model, self.data)
        self._shells = Shells(scene, self.built.model, self.data, self.dt)
        self._step = 0

    @property
    def _frame(self) -> int | None:
        """The frame whose instant the step begins at."""
        frame, rest = divmod(self._step, self.substeps)
        return frame if rest == 0 else None

    def begin(self) -> Rejected | None:
        """First half of a step: positions and velocities of this instant, recorded at frames."""
        _place(self.scene, self.built, self.data, self._step * self.dt, self.dt)
        mujoco.mj_step1(self.built.model, self.data)
        self._leave_out_quiet()
        if self._step == 0:
            overlap = _overlap(self.scene, self.built, self.data)
            if overlap:
                return Rejected("simulation/initial_overlap", overlap)
            overlap = starts_overlapping(self.scene)
            if overlap:
                return Rejected("simulation/starts_overlapping", overlap)
        if self._frame is not None:
            _record(self._tape, self.built, self.data)
            self._lines.record()
            self._solids.record()
            self._shells.record()
        self._shells.push()
        return None

    def _leave_out_quiet(self) -> None:
        """Take contacts that carry no force out of this step's constraints: as rows that never act
        they made the sparse Newton solver miss its minimum (50 rounds instead of 3, then a blow-up,
        where the dense one converged)."""
        if self._quiet is None or not self.data.ncon:
            return
        quiet = self._quiet.of(self.data.contact)
        if quiet.any():
            model, data = self.built.model, self.data
            data.contact.exclude[quiet], data.contact.efc_address[quiet] = 1, -1
            mujoco.mj_makeConstraint(model, data)
            mujoco.mj_island(model, data)
            mujoco.mj_projectConstraint(model, data)
            mujoco.mj_fwdVelocity(model, data)

    def end(self) -> Rejected | None:
        """Second half: contact forces, and on to the next instant."""
        self._law.apply()
        mujoco.mj_step2(self.built.model, self.data)
        if self._frame is not None:
            _record_contacts(self._tape, self.built, self.data, self._frame)
            if not np.isfinite(self.data.qpos).all():
                return Rejected("simulation/not_finite", f"at t = {self._step * self.dt:.3f} s")
        self._step += 1
        return None

    def motion(self, which: list[int]) -> tuple[Array, Array, Array, Array]:
        """Centres of mass (N, 3) [m], quaternions (N, 4), their velocities (N, 3) [m/s] and angular
        velocities (N, 3) [rad/s] of some of the bodies of the scene, world, after `begin`."""
        ids = self.built.body_ids[which]
        velocity, angular = _velocities(self.built.model, self.data, ids)
        return self.data.xipos[ids].copy(), self.data.xquat[ids].copy(), velocity, angular

    def response(self, which: list[int]) -> tuple[Array, Array]:
        """Twists (N, 6), velocity of the centre of mass [m/s] and angular velocity [rad/s], that
        some of the scene's bodies will have after this step if nothing touches them, and their
        mobilities (N, 6, 6) [1/kg, 1/(kg m^2)] to impulses at the centre of mass; after `begin`."""
        model, data = self.built.model, self.data
        data.xfrc_applied[:] = 0.0
        mujoco.mj_fwdActuation(model, data)
        mujoco.mj_fwdAcceleration(model, data)
        rates = data.qvel + self.dt * data.qacc_smooth
        jacobian = np.zeros((len(which), 6, model.nv))
        for row, body in zip(jacobian, self.built.body_ids[which], strict=True):
            mujoco.mj_jacBodyCom(model, data, row[:3], row[3:], body)
        moved = np.zeros((6 * len(which), model.nv))
        mujoco.mj_solveM(model, data, moved, jacobian.reshape(-1, model.nv))
        return jacobian @ rates, jacobian @ moved.reshape(jacobian.shape).swapaxes(1, 2)

    def mobility(self, which: list[int]) -> Array:
        """(6 N, 6 N) acceleration (of the centre of mass, then angular; world) of each of some
        bodies per force and torque on each, joints included; after `begin`."""
        model, data = self.built.model, self.data
        jacobian = np.zeros((6 * len(which), model.nv))
        for row, body in enumerate(self.built.body_ids[which]):
            linear, angular = jacobian[6 * row : 6 * row + 3], jacobian[6 * row + 3 : 6 * row + 6]
            mujoco.mj_jacBodyCom(model, data, linear, angular, body)
        solved = np.zeros_like(jacobian)
        mujoco.mj_solveM(model, data, solved, jacobian)
        return jacobian @ solved.T

    def push(self, which: list[int], force: Array, torque: Array) -> None:
        """Forces (N, 3) [N] and torques about the centres of mass (N, 3) [N m], world, that act on
        some of the scene's bodies from now on; call before `end`."""
        self.data.xfrc_applied[self.built.body_ids[which]] = np.concatenate([force, torque], 1)

    def trajectory(self) -> Trajectory | Rejected:
        """What was recorded, or why it cannot be used."""
        scene, built, tape, lines = self.scene, self.built, self._tape, self._lines
        warned = {
            mujoco.mjtWarning(i).name: int(w.number)
            for i, w in enumerate(self.data.warning)
            if w.number
        }
        if any(name.endswith(("CONTACTFULL", "CNSTRFULL")) for name in warned):
            return Rejected("simulation/buffer_overflow", str(warned))
        if any("BADQ" in name for name in warned):
            return Rejected("simulation/not_finite", str(warned))
        upset = self._solids.inverted()
        if upset:
            return Rejected("simulation/inverted", upset)
        states = rigid_states(
            scene,
            np.array(tape.position),
            np.array(tape.quaternion),
            np.array(tape.velocity),
            np.array(tape.angular),
        )
        trajectory = Trajectory(
            time=scene.clock.times,
            bodies=states,
            solver=Solver(
                engine="mujoco",
                version=mujoco.__version__,
                device="cpu",
                dt=float(built.model.opt.timestep),
                substeps=self.substeps,
                iterations=int(built.model.opt.iterations),
                parameters={f"bending_modulus/{r.name}": bending_modulus(r) for r in ropes(scene)},
                warnings=tuple(f"{name}: {count}" for name, count in warned.items()),
            ),
            meshes=lines.states() | self._solids.states() | self._shells.states(),
            contacts=contacts([*scene.bodies, *flexes(scene)], self.whole, tape.contacts),
            energy=self._energy(states),
        )
        bad = not_finite(trajectory)
        return Rejected("simulation/not_finite", ", ".join(bad)) if bad else trajectory

    def _energy(self, states: RigidStates) -> Array | None:
        """(T,) [J]; that of plastic matter and of gas is not known."""
        if shells(self.scene) or any(body.material.yield_stress for body in softs(self.scene)):
            return None
        rigid = mechanical_energy(self.scene, states) + np.array(self._tape.springs)
        return rigid + self._lines.energy() + self._solids.energy()


def _start(scene: Scene, built: Built, data: Any) -> None:
    """Initial velocities of free bodies and joints."""
    for i, address in built.free.items():
        body = scene.bodies[i]
        if body.motion == "dynamic":
            data.qvel[address : address + 6] = _free_velocity(
                body.quaternion,
                np.asarray(body.velocity, float),
                np.asarray(body.angular_velocity, float),
                body.mass_properties.center_of_mass,
            )
    for element in scene.elements:
        if not isinstance(element, Articulation):
            continue
        links = {link.name: link for link in element.links}
        for joint in element.joints:
            link = links[joint.child]
            if joint.kind in ("hinge", "slide"):
                made = built.model.joint(joint_name(link, joint))
                data.qvel[made.dofadr[0]] = joint.velocity
                if joint.drive is not None:
                    drive = built.model.actuator(f"{joint_name(link, joint)}/drive")
                    data.ctrl[drive.id] = joint.drive.target
            elif joint.kind == "ball":
                made = built.model.joint(joint_name(link, joint))
                base = links[joint.parent].angular_velocity if joint.parent else (0.0, 0.0, 0.0)
                spin = np.asarray(link.angular_velocity, float) - np.asarray(base, float)
                start = made.dofadr[0]
                data.qvel[start : start + 3] = rotate(conjugate(link.quaternion), spin)


def _free_velocity(quaternion: Any, velocity: Array, angular: Array, center: Array) -> Array:
    """(6,) MuJoCo's free-joint velocity: of the origin in world, then angular in the body frame."""
    origin = velocity - np.cross(angular, rotate(quaternion, center))
    return np.concatenate([origin, rotate(conjugate(quaternion), angular)])


def _place(scene: Scene, built: Built, data: Any, time: float, dt: float) -> None:
    """Put every kinematic body on its path, with the velocity that leads to its next pose."""
    for i, address in built.free.items():
        body = scene.bodies[i]
        if body.motion != "kinematic":
            continue
        (p0, q0), (p1, q1) = pose_at(body, time), pose_at(body, time + dt)
        turn = multiply(q1, conjugate(q0))
        turn = turn if turn[0] >= 0 else -turn
        sine = float(np.linalg.norm(turn[1:]))
        angle = 2.0 * math.atan2(sine, float(turn[0]))
        spin = turn[1:] * (angle / (sine * dt)) if sine > 1e-15 else np.zeros(3)
        joint = built.model.jnt_qposadr[built.model.body_jntadr[built.body_ids[i]]]
        data.qpos[joint : joint + 7] = np.concatenate([p0, q0])
        data.qvel[address : address + 3] = (p1 - p0) / dt
        data.qvel[address + 3 : address + 6] = rotate(conjugate(q0), spin)


def _overlap(scene: Scene, built: Built, data: Any) -> str:
    """The deepest start penetration that is not let pass, in words; '' when there is none."""
    worst, words = 0.0, ""
    things = [*scene.bodies, *flexes(scene)]
    sides: Any = built.sides(data.contact.geom, data.contact.flex)
    for k in np.flatnonzero(data.contact.exclude == 0):
        depth = -float(true_gap(data.contact.dist[k]))
        a, b = things[int(sides[k, 0])], things[int(sides[k, 1])]
        if depth > allowed_overlap(a, b) and depth > worst:
            worst, words = depth, f"{a.name} and {b.name} overlap by {depth * 1e3:.2f} mm"
    return words


def _velocities(model: Any, data: Any, ids: Any) -> tuple[Array, Array]:
    """Of centres of mass and angular (N, 3), world; right after mj_step1."""
    twist = data.cvel[ids]
    arm = data.xipos[ids] - data.subtree_com[model.body_rootid[ids]]
    angular: Array = twist[:, :3].copy()
    return twist[:, 3:] + np.cross(angular, arm), angular


def _record(tape: _Tape, built: Built, data: Any) -> None:
    """State of this instant; call after mj_step1, when all derived quantities are fresh."""
    ids = built.body_ids
    velocity, angular = _velocities(built.model, data, ids)
    tape.position.append(data.xpos[ids].copy())
    tape.quaternion.append(data.xquat[ids].copy())
    tape.angular.append(angular)
    tape.velocity.append(velocity)
    tape.springs.append(_spring_energy(built.model, data))


def _spring_energy(model: Any, data: Any) -> float:
    """Energy [J] of joint springs."""
    total = 0.0
    stiffness = model.jnt_stiffness.reshape(model.njnt, -1)[:, 0]
    for j in np.flatnonzero(stiffness):
        at, k = model.jnt_qposadr[j], float(stiffness[j])
        if model.jnt_type[j] == mujoco.mjtJoint.mjJNT_BALL:
            w = abs(float(data.qpos[at]))
            stretch = 2.0 * math.acos(min(1.0, w))
        else:
            stretch = float(data.qpos[at] - model.qpos_spring[at])
        total += 0.5 * k * stretch**2
    return total


def _record_contacts(tape: _Tape, built: Built, data: Any, frame: int) -> None:
    """Loaded contacts of the step that starts at this frame's instant."""
    force = np.zeros(6)
    sides = built.sides(data.contact.geom, data.contact.flex)
    for k in range(data.ncon):
        contact = data.contact[k]
        if contact.efc_address < 0:
            continue
        mujoco.mj_contactForce(built.model, data, k, force)
        if force[0] <= 0.0:
            continue
        a, b = (int(i) for i in sides[k])
        impulse = force[0] * built.model.opt.timestep
        depth = -float(true_gap(contact.dist))
        tape.contacts.append(
            (frame, a, b, contact.pos.copy(), contact.frame[:3].copy(), depth, impulse)
        )
