"""Articulations against closed-form mechanics on both engines, and the engines with each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ellipk

from simgen.engine import make_engine
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Array, Box, Sphere
from simgen.material import Material
from simgen.record import Trajectory
from simgen.rotation import from_axis_angle, rotate, to_matrix
from simgen.scene import Articulation, Clock, Drive, Joint, Loop, RigidBody, Scene, Shape, Vector

G = 9.81
ENGINES = ("mujoco", "pybullet")
engines = pytest.mark.parametrize("engine", ENGINES)
STUFF = Material(name="test/stuff", density=1000.0, friction=0.5, restitution=0.2)


def bar(name: str, size: Vector, position: Vector, **options) -> RigidBody:
    shape = Shape(geometry=Box(size), material=STUFF)
    return RigidBody(name=name, shapes=(shape,), position=position, **options)


def simulate(
    engine: str, *elements, frames: int = 49, fps: float = 24.0, gravity: Vector = (0, 0, -G)
) -> Trajectory:
    scene = Scene(elements=elements, clock=Clock(frames=frames, fps=fps), gravity=gravity)
    (result,) = make_engine(engine).simulate([scene])
    assert not isinstance(result, Rejected), result
    return result


def period(time: Array, x: Array) -> float:
    """Mean time between downward zero crossings, interpolated."""
    i = np.flatnonzero((x[:-1] > 0) & (x[1:] <= 0))
    return float(np.diff(time[i] + x[i] / (x[i] - x[i + 1]) * (time[1] - time[0])).mean())


def pendulum(angle: float, length: float = 1.0) -> Articulation:
    position = (length * math.sin(angle), 0.0, 2 - length * math.cos(angle))
    shape = Shape(geometry=Sphere(0.02), material=STUFF)
    bob = RigidBody(name="bob", shapes=(shape,), position=position)
    joint = Joint(name="pivot", kind="hinge", child="bob", position=(0, 0, 2), axis=(0, 1, 0))
    return Articulation(name="pendulum", links=(bob,), joints=(joint,))


@engines
@pytest.mark.parametrize("angle", [0.05, 1.5, 2.6])
def test_pendulum_period_at_any_amplitude(engine: str, angle: float) -> None:
    # T = 4 sqrt(I / (m g l)) K(sin(a / 2)); I = 2/5 r^2 + l^2 per mass. Symplectic steps: O(dt^2).
    t = simulate(engine, pendulum(angle), frames=240 * 7, fps=240.0)
    exact = 4 * math.sqrt((0.4 * 0.02**2 + 1) / G) * ellipk(math.sin(angle / 2) ** 2)
    assert period(t.time, t.bodies.position[:, 0, 0]) == pytest.approx(exact, rel=2e-4)
    assert t.energy is not None
    mass = t.bodies.mass[0]
    assert np.ptp(t.energy) < 5e-3 * mass * G * (1 - math.cos(angle)) + 1e-6


@engines
def test_physical_pendulum_off_centre(engine: str) -> None:
    # A bar on a hinge at distance d of its centre: T = 2 pi sqrt((I + m d^2) / (m g d)).
    d, angle = 0.2, 0.03
    turn = tuple(from_axis_angle((0, 1, 0), angle))
    offset = rotate(turn, [0.0, 0.0, -d])
    rod = bar("rod", (0.05, 0.08, 0.6), tuple(offset + [0, 0, 1]), quaternion=turn)
    joint = Joint(name="pivot", kind="hinge", child="rod", position=(0, 0, 1), axis=(0, 1, 0))
    art = Articulation(name="pendulum", links=(rod,), joints=(joint,))
    t = simulate(engine, art, frames=240 * 5, fps=240.0)
    per_mass = (0.05**2 + 0.6**2) / 12 + d**2
    exact = 2 * math.pi * math.sqrt(per_mass / (G * d))
    tilt = rotate(t.bodies.quaternion[:, 0], [0.0, 0.0, 1.0])[:, 0]
    assert period(t.time, tilt) == pytest.approx(exact, rel=5e-4)


@engines
def test_spring_and_damper_on_a_slide(engine: str) -> None:
    # m x'' + c x' + k (x - rest) = 0: x = rest + exp(-c t / 2m) (A cos w t + B sin w t).
    k, c, rest, v = 40.0, 1.0, 0.1, 1.0
    cube = bar("cube", (0.1, 0.1, 0.1), (0, 0, 0))
    joint = Joint(
        name="rail", kind="slide", child="cube", axis=(1, 0, 0), stiffness=k, damping=c, rest=rest,
        velocity=v,
    )  # fmt: skip
    t = simulate(engine, Articulation(name="oscillator", links=(cube,), joints=(joint,)))
    decay, w = c / 2, math.sqrt(k - c * c / 4)
    a, b = -rest, (v - rest * decay) / w
    swing = a * np.cos(w * t.time) + b * np.sin(w * t.time)
    exact = rest + np.exp(-decay * t.time) * swing
    assert t.bodies.position[:, 0, 0] == pytest.approx(exact, abs=4e-3)


@engines
def test_double_pendulum_keeps_its_energy(engine: str) -> None:
    # No loss, no gain: first-order steps of 1 ms stay within 2 % of the fall's energy over 4 s.
    turn = tuple(from_axis_angle((0, 1, 0), math.pi / 2))
    a = bar("a", (0.05, 0.05, 0.5), (0.25, 0, 2), quaternion=turn)
    b = bar("b", (0.05, 0.05, 0.5), (0.75, 0, 2), quaternion=turn)
    joints = (
        Joint(name="j1", kind="hinge", child="a", position=(0, 0, 2), axis=(0, 1, 0)),
        Joint(name="j2", kind="hinge", child="b", parent="a", position=(0.5, 0, 2), axis=(0, 1, 0)),
    )
    t = simulate(engine, Articulation(name="double", links=(a, b), joints=joints), frames=97)
    assert t.energy is not None
    assert np.abs(t.energy - t.energy[0]).max() < 0.02 * 2 * 1.25 * G
    tip = t.bodies.position[:, 0] + rotate(t.bodies.quaternion[:, 0], [0.0, 0.0, 0.25])
    end = t.bodies.position[:, 1] + rotate(t.bodies.quaternion[:, 1], [0.0, 0.0, -0.25])
    assert np.abs(tip - end).max() < 1e-5  # the joint holds
    difference = np.gradient(t.bodies.position, 1 / 24, axis=0)[1:-1]
    assert (
        np.abs(difference - t.bodies.velocity[1:-1]).max() < 0.6
    )  # velocities are of these bodies


@engines
def test_crank_and_slider_follow_their_kinematics(engine: str) -> None:
    # Loop closure: x = r cos a + sqrt(l^2 - r^2 sin^2 a), driven at a steady 6 rad/s.
    r, rod = 0.2, 0.5
    links = (
        bar("crank", (r, 0.02, 0.02), (r / 2, 0, 1)),
        bar("rod", (rod, 0.02, 0.02), (r + rod / 2, 0, 1)),
        bar("slider", (0.1, 0.1, 0.1), (r + rod, 0, 1)),
    )
    drive = Drive(kind="velocity", target=6.0, gain=50.0)
    joints = (
        Joint(name="shaft", kind="hinge", child="crank", position=(0, 0, 1), axis=(0, 1, 0),
              velocity=6.0, drive=drive),
        Joint(name="pin", kind="hinge", child="rod", parent="crank", position=(r, 0, 1),
              axis=(0, 1, 0), velocity=-6 * r / rod - 6),
        Joint(name="rail", kind="slide", child="slider", axis=(1, 0, 0)),
    )  # fmt: skip
    loop = Loop(link_a="rod", link_b="slider", position=(r + rod, 0, 1))
    t = simulate(engine, Articulation(name="engine", links=links, joints=joints, loops=(loop,)))
    q = t.bodies.quaternion[:, 0]
    angle = np.unwrap(2 * np.arctan2(q[:, 2], q[:, 0]))
    x = r * np.cos(angle) + np.sqrt(rod**2 - (r * np.sin(angle)) ** 2)
    assert t.bodies.position[:, 2, 0] == pytest.approx(x, abs=1e-3)
    assert angle[-1] / t.time[-1] == pytest.approx(6.0, rel=0.01)


@engines
def test_velocity_drive_spins_up_exponentially_and_respects_its_limit(engine: str) -> None:
    # I w' = gain (target - w): w = target (1 - exp(-gain t / I)); limited, first w' = limit / I.
    wheel = bar("wheel", (0.4, 0.4, 0.05), (0, 0, 1))
    inertia = float(wheel.mass_properties.inertia[2, 2])
    for limit in (math.inf, 0.2):
        drive = Drive(kind="velocity", target=5.0, gain=0.5, limit=limit)
        joint = Joint(name="axle", kind="hinge", child="wheel", position=(0, 0, 1), drive=drive)
        t = simulate(engine, Articulation(name="spinner", links=(wheel,), joints=(joint,)))
        w = t.bodies.angular_velocity[:, 0, 2]
        if limit == math.inf:
            exact = 5.0 * (1 - np.exp(-0.5 * t.time / inertia))
            assert w == pytest.approx(exact, abs=0.03)
        else:
            early = t.time < 0.9 * (5.0 - limit / 0.5) * inertia / limit
            assert w[early] == pytest.approx(limit / inertia * t.time[early], abs=0.02)


@engines
def test_dry_friction_and_range_of_a_hinge(engine: str) -> None:
    # Coulomb: a flywheel at w0 under dry friction f stops at I w0 / f after I w0^2 / (2 f) rad.
    wheel = bar("wheel", (0.4, 0.4, 0.05), (0, 0, 1))
    inertia = float(wheel.mass_properties.inertia[2, 2])
    joint = Joint(name="axle", kind="hinge", child="wheel", position=(0, 0, 1), friction=0.3,
                  velocity=3.0)  # fmt: skip
    art = Articulation(name="spinner", links=(wheel,), joints=(joint,))
    t = simulate(engine, art, frames=61)
    q = t.bodies.quaternion[:, 0]
    angle = np.unwrap(2 * np.arctan2(q[:, 3], q[:, 0]))
    assert angle[-1] == pytest.approx(inertia * 9.0 / (2 * 0.3), rel=0.02)
    assert abs(t.bodies.angular_velocity[-1, 0, 2]) < 1e-3
    # A door with a stop does not turn beyond it.
    door = bar("door", (0.8, 0.04, 1.0), (0.4, 0, 1))
    joint = Joint(name="hinge", kind="hinge", child="door", position=(0, 0, 1), range=(-0.1, 1.0),
                  velocity=2.0)  # fmt: skip
    t = simulate(engine, Articulation(name="door", links=(door,), joints=(joint,)))
    q = t.bodies.quaternion[:, 0]
    angle = 2 * np.arctan2(q[:, 3], q[:, 0])
    assert angle.max() < 1.02
    assert angle.max() > 0.95


@engines
def test_position_drive_holds_a_load_with_the_sag_of_its_gain(engine: str) -> None:
    # Statics: gain * (target - x) = m g; damping settles it.
    load = bar("load", (0.1, 0.1, 0.1), (0, 0, 1))
    drive = Drive(kind="position", target=0.2, gain=500.0, damping=30.0)
    joint = Joint(name="lift", kind="slide", child="load", axis=(0, 0, 1), drive=drive)
    t = simulate(engine, Articulation(name="lift", links=(load,), joints=(joint,)), frames=73)
    assert t.bodies.position[-1, 0, 2] == pytest.approx(1.2 - 1.0 * G / 500.0, abs=5e-4)


@engines
def test_stiff_drives_of_an_arm_with_a_light_hand_are_stable(engine: str) -> None:
    # The hand's natural period under its drive, 2 pi sqrt(I / gain) = 3 ms, is three steps: it must
    # neither blow up nor drift; the elbow sags by its load's torque over its gain.
    arm = bar("arm", (0.6, 0.06, 0.06), (0.3, 0, 1))
    hand = bar("hand", (0.05, 0.03, 0.03), (0.63, 0, 1))
    joints = (
        Joint(name="elbow", kind="hinge", child="arm", position=(0, 0, 1), axis=(0, 1, 0),
              drive=Drive(kind="position", target=0.0, gain=2000.0, damping=60.0)),
        Joint(name="wrist", kind="hinge", child="hand", parent="arm", position=(0.61, 0, 1),
              axis=(0, 1, 0), drive=Drive(kind="position", target=0.3, gain=200.0, damping=0.2)),
    )  # fmt: skip
    t = simulate(engine, Articulation(name="robot", links=(arm, hand), joints=joints))
    assert np.abs(t.bodies.velocity[-1]).max() < 1e-3
    q = t.bodies.quaternion[-1]
    elbow, wrist = 2 * np.arctan2(q[:, 2], q[:, 0])
    torque = (2.16 * 0.3 + 0.045 * 0.63) * G
    assert elbow == pytest.approx(torque / 2000.0, rel=0.02)
    assert wrist - elbow == pytest.approx(0.3, abs=2e-3)


@engines
def test_conical_pendulum_on_a_ball_joint(engine: str) -> None:
    # A bob circling at half-angle a: omega^2 = g / (l cos a) for a point mass; height stays.
    angle, length = 0.5, 1.0
    omega = math.sqrt(G / (length * math.cos(angle)))
    position = (length * math.sin(angle), 0.0, 2 - length * math.cos(angle))
    shape = Shape(geometry=Sphere(0.02), material=STUFF)
    bob = RigidBody(name="bob", shapes=(shape,), position=position, angular_velocity=(0, 0, omega))
    joint = Joint(name="pivot", kind="ball", child="bob", position=(0, 0, 2))
    art = Articulation(name="conical", links=(bob,), joints=(joint,))
    t = simulate(engine, art, fps=48.0, frames=97)
    assert t.bodies.position[:, 0, 2] == pytest.approx(position[2], abs=0.01)
    turn = np.unwrap(np.arctan2(t.bodies.position[:, 0, 1], t.bodies.position[:, 0, 0]))
    assert turn[-1] / t.time[-1] == pytest.approx(omega, rel=5e-3)


def floating_chain() -> Articulation:
    """Three links on hinges of different axes, thrown and turning, frames away from joints."""
    turn = tuple(from_axis_angle((1, 1, 0), 0.4))
    up = np.array([0.0, 0.0, 1.0])
    links = tuple(
        bar(f"link_{i}", (0.3, 0.06, 0.05), tuple(up + rotate(turn, [0.35 * i, 0, 0])),
            quaternion=turn, velocity=(0.5, 0.2, 1.0) if i == 0 else (0, 0, 0),
            angular_velocity=(1.0, 2.0, 0.5) if i == 0 else (0, 0, 0))
        for i in range(3)
    )  # fmt: skip
    joints = tuple(
        Joint(name=f"joint_{i}", kind="hinge", child=f"link_{i}", parent=f"link_{i - 1}",
              position=tuple(np.array([0, 0, 1]) + rotate(turn, [0.35 * i - 0.175, 0, 0])),
              axis=tuple(rotate(turn, axis)), velocity=1.5)
        for i, axis in ((1, [0, 1, 0]), (2, [0, 0, 1]))
    )  # fmt: skip
    return Articulation(name="chain", links=links, joints=joints)


@engines
def test_floating_chain_keeps_momentum(engine: str) -> None:
    # No outer force: total linear momentum exactly, angular momentum to first order in dt.
    t = simulate(engine, floating_chain(), gravity=(0, 0, 0), frames=25)
    mass, v = t.bodies.mass, t.bodies.velocity
    linear = np.einsum("b,tbj->tj", mass, v)
    assert np.abs(linear - linear[0]).max() < 0.02 * np.linalg.norm(linear[0])
    inertia = floating_chain().links[0].mass_properties.inertia
    turn = to_matrix(t.bodies.quaternion)
    spin = np.einsum("tbij,jk,tblk,tbl->ti", turn, inertia, turn, t.bodies.angular_velocity)
    orbit = np.einsum("b,tbj->tj", mass, np.cross(t.bodies.position, v))
    assert (
        np.abs(spin + orbit - spin[0] - orbit[0]).max()
        < 0.03 * np.linalg.norm(spin + orbit, axis=1)[0]
    )


def test_engines_agree_on_articulations() -> None:
    # The same joints, anchors and frames in two independent formulations (before chaos grows).
    a, b = (simulate(name, floating_chain(), frames=19) for name in ENGINES)
    assert np.abs(a.bodies.position - b.bodies.position).max() < 0.02
    assert np.abs(a.bodies.velocity - b.bodies.velocity).max() < 0.1
    assert np.abs(np.sum(a.bodies.quaternion * b.bodies.quaternion, -1)).min() > 0.999


@engines
def test_ring_of_joints_is_refused_with_advice(engine: str) -> None:
    links = (bar("a", (0.1, 0.1, 0.1), (0, 0, 1)), bar("b", (0.1, 0.1, 0.1), (0.2, 0, 1)))
    joints = (
        Joint(name="one", kind="hinge", child="a", parent="b"),
        Joint(name="two", kind="hinge", child="b", parent="a"),
    )
    with pytest.raises(SimgenError, match="Loop"):
        simulate(engine, Articulation(name="ring", links=links, joints=joints))
