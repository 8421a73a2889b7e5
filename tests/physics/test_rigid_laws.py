"""Rigid bodies against closed-form mechanics, on both engines; and the engines against each other.

Unless a comment says more, a tolerance covers the first-order error of a step of about 1 ms:
times v, g or omega of the case, some 1e-3 of the quantity.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgen.engine import make_engine
from simgen.errors import Rejected
from simgen.geometry import Box, Cylinder, Geometry, Plane, Sphere
from simgen.material import Material
from simgen.record import Trajectory
from simgen.rotation import from_axis_angle, rotate, to_matrix
from simgen.scene import Clock, Element, Keyframes, RigidBody, Scene, Shape, Vector

G = 9.81
ENGINES = ("mujoco", "pybullet")
engines = pytest.mark.parametrize("engine", ENGINES)


def stuff(
    mu: float = 0.5, e: float = 0.0, density: float = 1000.0, rolling: float | None = None
) -> Material:
    return Material(
        name="test/stuff",
        density=density,
        friction=mu,
        restitution=e,
        rolling_friction=rolling,
    )


def body(
    name: str, geometry: Geometry, position: Vector, material: Material, **options
) -> RigidBody:
    shape = Shape(geometry=geometry, material=material)
    return RigidBody(name=name, shapes=(shape,), position=position, **options)


def ground(material: Material) -> RigidBody:
    return body("floor", Plane(), (0.0, 0.0, 0.0), material, motion="static")


def simulate(
    engine: str,
    *elements: Element,
    frames: int = 25,
    fps: float = 24.0,
    gravity: Vector = (0.0, 0.0, -G),
) -> Trajectory:
    scene = Scene(elements=elements, clock=Clock(frames=frames, fps=fps), gravity=gravity)
    (result,) = make_engine(engine).simulate([scene])
    assert not isinstance(result, Rejected), result
    return result


@engines
def test_thrown_compound_body_flies_a_parabola_and_keeps_its_angular_momentum(engine: str) -> None:
    # Newton, Euler: the centre of mass follows x0 + v t + g t^2 / 2, spin about it is torque-free.
    # Semi-implicit steps lag by g t dt / 2 = 5 mm at 1 s. Two materials, off-centre, so that frames
    # (origin, centre of mass, principal axes) cannot be confused without failing.
    light, heavy = stuff(), stuff(density=3000.0)
    thrown = RigidBody(
        name="hammer",
        shapes=(
            Shape(geometry=Box((0.1, 0.12, 0.1)), material=light, position=(0.3, 0.05, 0.0)),
            Shape(geometry=Sphere(0.05), material=heavy),
        ),
        position=(0.2, -0.1, 1.0),
        quaternion=tuple(from_axis_angle((1, 2, 3), 0.7)),
        velocity=(1.0, 0.5, 2.0),
        angular_velocity=(0.5, 3.0, 1.0),
    )
    t = simulate(engine, thrown)
    states, time = t.bodies, t.time[:, None]
    turn = to_matrix(states.quaternion[:, 0])
    center = states.position[:, 0] + turn @ states.center_of_mass[0]
    exact = center[0] + np.array([1.0, 0.5, 2.0]) * time + 0.5 * np.array([0, 0, -G]) * time**2
    assert np.abs(center - exact).max() < 0.006
    fall = np.array([1.0, 0.5, 2.0]) + np.array([0, 0, -G]) * time
    assert np.abs(states.velocity[:, 0] - fall).max() < 3e-3
    inertia = turn @ thrown.mass_properties.inertia @ np.swapaxes(turn, 1, 2)
    momentum = np.einsum("tij,tj->ti", inertia, states.angular_velocity[:, 0])
    assert np.abs(momentum - momentum[0]).max() < 0.03 * np.linalg.norm(momentum[0])


@engines
@pytest.mark.parametrize("e", [0.0, 0.2, 0.5, 0.8, 0.95, 1.0])
def test_restitution_ladder(engine: str, e: float) -> None:
    # Newton: the speed after a bounce is e times the speed before, for any mass. Bullet adds what
    # it takes back of the penetration in a step, up to 2 % of the speed (CONTACT_ERP) and a step.
    balls = [
        body(f"ball_{i}", Sphere(0.05), (i, 0.0, 0.55), stuff(e=e, density=d))
        for i, d in enumerate((100.0, 8000.0))
    ]
    t = simulate(engine, *balls, ground(stuff(e=e)), frames=110, fps=240.0)
    hit = math.sqrt(2 * G * 0.5)
    for i in range(2):
        z, v = t.bodies.position[:, i, 2] - 0.05, t.bodies.velocity[:, i, 2]
        after = np.flatnonzero((t.time > 0.34) & (v > 0.1)) if e else np.array([100])
        k = after[0]
        left = math.sqrt(max(v[k] ** 2 + 2 * G * z[k], 0.0))
        assert left / hit == pytest.approx(e, abs=0.03 if engine == "pybullet" else 0.004)


@engines
def test_pair_rule_of_restitution_and_friction_is_the_geometric_mean(engine: str) -> None:
    # e = sqrt(.9 * .4) = .6; mu = sqrt(.8 * .2) = .4: stopping distance v^2 / (2 mu g).
    ball = body("ball", Sphere(0.05), (0, 0, 0.55), stuff(e=0.9))
    t = simulate(engine, ball, ground(stuff(e=0.4)), frames=140, fps=240.0)
    top = t.bodies.position[80:, 0, 2].max() - 0.05
    assert top == pytest.approx(0.36 * 0.5, rel=0.08 if engine == "pybullet" else 0.01)
    slider = body("box", Box((0.1, 0.1, 0.04)), (0, 0, 0.02), stuff(mu=0.8), velocity=(2.0, 0, 0))
    t = simulate(engine, slider, ground(stuff(mu=0.2)), frames=30)
    assert t.bodies.position[-1, 0, 0] == pytest.approx(4.0 / (2 * 0.4 * G), rel=0.01)


@engines
@pytest.mark.parametrize("mu", [0.2, 0.5, 0.8])
def test_coulomb_threshold_and_sliding_on_an_incline(engine: str, mu: float) -> None:
    # Coulomb: rests below atan(mu), above it a = g (sin - mu cos). Bullet's threshold is within 2 %
    # and its sliding bodies sink a little (CONTACT_ERP is kept low for the sake of restitution).
    for factor in (0.97, 1.03, 1.3):
        slope = math.atan(mu * factor)
        down = (G * math.sin(slope), 0.0, -G * math.cos(slope))
        box = body("box", Box((0.1, 0.1, 0.03)), (0, 0, 0.015), stuff(mu=mu))
        t = simulate(engine, box, ground(stuff(mu=mu)), gravity=down)
        a = max(0.0, G * (math.sin(slope) - mu * math.cos(slope)))
        tolerance = 0.01 + 0.01 * a if engine == "pybullet" else 1e-4 + 0.002 * a
        assert t.bodies.position[-1, 0, 0] == pytest.approx(0.5 * a, abs=tolerance)
        sunk = np.abs(t.bodies.position[:, 0, 2] - 0.015).max()
        assert sunk < (2.5e-3 if engine == "pybullet" else 2e-5)


@engines
def test_head_on_collision_of_unequal_masses(engine: str) -> None:
    # Bullet: 2 % of the approach speed, as for the ladder.
    # Momentum and restitution: v1 = (m1 - e m2) v / (m1 + m2), v2 = (1 + e) m1 v / (m1 + m2).
    e, m1, m2, v = 0.7, 1.0, 3.0, 2.0
    a = body("a", Sphere(0.1), (0, 0, 0), stuff(e=e), mass=m1, velocity=(v, 0, 0))
    b = body("b", Sphere(0.1), (1, 0, 0), stuff(e=e), mass=m2)
    t = simulate(engine, a, b, gravity=(0, 0, 0))
    exact = [(m1 - e * m2) * v / (m1 + m2), (1 + e) * m1 * v / (m1 + m2)]
    assert t.bodies.velocity[-1, :, 0] == pytest.approx(
        exact, abs=0.04 if engine == "pybullet" else 0.002
    )
    assert t.bodies.velocity[-1, :, 0] @ [m1, m2] == pytest.approx(m1 * v, rel=1e-6)


@engines
def test_oblique_elastic_collision_of_equal_spheres_is_a_right_angle(engine: str) -> None:
    # Elastic, frictionless, equal masses: momentum and energy leave the velocities perpendicular,
    # the struck ball goes along the line of centres (offset of half a diameter: 30 degrees).
    a = body("a", Sphere(0.1), (0, 0.1, 0), stuff(mu=0.0, e=1.0), velocity=(2.0, 0, 0))
    b = body("b", Sphere(0.1), (1, 0, 0), stuff(mu=0.0, e=1.0))
    t = simulate(engine, a, b, gravity=(0, 0, 0), frames=30)
    v1, v2 = t.bodies.velocity[-1]
    assert abs(v1 @ v2) < 0.01
    assert v1 @ v1 + v2 @ v2 == pytest.approx(4.0, rel=0.02)
    assert math.atan2(v2[1], v2[0]) == pytest.approx(-math.radians(30), abs=0.02)


@engines
def test_cradle_of_spaced_balls_passes_the_speed_on(engine: str) -> None:
    # Successive elastic collisions of equal masses exchange velocities: only the last ball leaves.
    balls = [
        body(
            f"ball_{i}",
            Sphere(0.05),
            (-0.3 if i == 0 else 0.101 * i, 0, 0),
            stuff(e=1.0),
            velocity=(1.0 if i == 0 else 0.0, 0, 0),
        )
        for i in range(5)
    ]
    t = simulate(engine, *balls, gravity=(0, 0, 0), frames=30)
    assert t.bodies.velocity[-1, :, 0] == pytest.approx([0, 0, 0, 0, 1], abs=0.01)


@engines
def test_sphere_rolls_down_at_five_sevenths(engine: str) -> None:
    # Solid sphere without slip: a = 5/7 g sin(slope).
    slope = 0.3
    ball = body("ball", Sphere(0.05), (0, 0, 0.05), stuff(mu=0.8))
    down = (G * math.sin(slope), 0.0, -G * math.cos(slope))
    t = simulate(engine, ball, ground(stuff(mu=0.8)), gravity=down)
    assert t.bodies.velocity[-1, 0, 0] == pytest.approx(5 / 7 * G * math.sin(slope), rel=5e-3)
    assert t.bodies.angular_velocity[-1, 0, 1] * 0.05 == pytest.approx(
        t.bodies.velocity[-1, 0, 0], rel=5e-3
    )


@engines
def test_sliding_ball_ends_rolling_at_five_sevenths_of_its_speed(engine: str) -> None:
    # Angular momentum about the contact point is kept: v = 5/7 v0, after t = 2 v0 / (7 mu g).
    ball = body("ball", Sphere(0.05), (0, 0, 0.05), stuff(mu=0.3), velocity=(2.0, 0, 0))
    t = simulate(engine, ball, ground(stuff(mu=0.3)), frames=30)
    assert t.bodies.velocity[-1, 0, 0] == pytest.approx(10 / 7, rel=2e-3)
    early = t.time < 2 * 2.0 / (7 * 0.3 * G)
    slide = 2.0 - 0.3 * G * t.time[early]
    assert t.bodies.velocity[early, 0, 0] == pytest.approx(slide, abs=0.01)


@engines
def test_rolling_resistance_stops_a_ball(engine: str) -> None:
    # A lever arm b decelerates a rolling solid sphere by 5/7 g b / r (both sides of one material).
    arm, r, v = 2e-3, 0.05, 1.0
    ball = body(
        "ball", Sphere(r), (0, 0, r), stuff(rolling=arm), velocity=(v, 0, 0),
        angular_velocity=(0, v / r, 0),
    )  # fmt: skip
    t = simulate(engine, ball, ground(stuff(rolling=arm)))
    exact = v - 5 / 7 * G * arm / r * t.time[-1]
    assert t.bodies.velocity[-1, 0, 0] == pytest.approx(exact, abs=0.03)


@engines
def test_oblique_bounce_obeys_coulomb_impact(engine: str) -> None:
    # Impulse of friction is at most mu (1 + e) m v_n; a solid sphere stops slipping at 2/7 v_t.
    mu, e, drop = 0.2, 0.8, 0.2
    fall = math.sqrt(2 * G * drop)
    for speed in (5.0, 0.5):
        ball = body("ball", Sphere(0.05), (0, 0, 0.25), stuff(mu, e), velocity=(speed, 0, 0))
        t = simulate(engine, ball, ground(stuff(mu, e)), frames=24, fps=72.0)
        lost = min(mu * (1 + e) * fall, speed * 2 / 7)
        assert t.bodies.velocity[-1, 0, 0] == pytest.approx(speed - lost, abs=0.015)


@engines
def test_moving_platform_drags_and_bat_strikes(engine: str) -> None:
    # On a platform at constant speed v a box slips until mu g t = v, then rides: it lags by
    # v^2 / (2 mu g).
    mu, v = 0.5, 0.5
    path = Keyframes(times=np.array([0.0, 2.0]), positions=np.array([[0, 0, 0], [2 * v, 0, 0.0]]))
    plate = body(
        "plate", Box((2, 1, 0.1)), (0, 0, 0), stuff(mu), motion="kinematic", keyframes=path
    )
    rider = body("rider", Box((0.1, 0.1, 0.1)), (0, 0, 0.1), stuff(mu))
    t = simulate(engine, plate, rider)
    lag = v * t.time[-1] - t.bodies.position[-1, 1, 0]
    assert lag == pytest.approx(v**2 / (2 * mu * G), rel=0.03)
    assert t.bodies.position[:, 0, 0] == pytest.approx(v * t.time, abs=1e-12)  # exactly on its path
    # A bat of infinite mass at speed u sends a resting ball off at (1 + e) u.
    path = Keyframes(times=np.array([0.0, 1.0]), positions=np.array([[0, 0, 0], [3.0, 0, 0]]))
    bat = body(
        "bat", Box((0.1, 0.5, 0.5)), (0, 0, 0), stuff(e=0.8), motion="kinematic", keyframes=path
    )
    ball = body("ball", Sphere(0.05), (0.5, 0, 0), stuff(e=0.8))
    t = simulate(engine, bat, ball, gravity=(0, 0, 0), frames=13)
    assert t.bodies.velocity[-1, 1, 0] == pytest.approx(1.8 * 3.0, rel=0.01)


@engines
def test_box_rides_a_turntable_up_to_the_slip_radius(engine: str) -> None:
    # Coulomb: rides while omega^2 r < mu g, here r < .49 m at 4 rad/s, and slips outside.
    mu, omega = 0.8, 4.0
    times = np.linspace(0, 1, 101)
    turns = np.stack([from_axis_angle((0, 0, 1), omega * s) for s in times])
    path = Keyframes(times=times, positions=np.zeros((101, 3)), quaternions=turns)
    table = body(
        "table", Cylinder(0.8, 0.1), (0, 0, 0), stuff(mu), motion="kinematic", keyframes=path
    )
    riders = [
        body(f"rider_{i}", Box((0.06, 0.06, 0.03)), (r, 0, 0.065), stuff(mu),
             velocity=(0, omega * r, 0), angular_velocity=(0, 0, omega))
        for i, r in enumerate((0.3, 0.65))
    ]  # fmt: skip
    t = simulate(engine, table, *riders)
    radius = np.linalg.norm(t.bodies.position[-1, 1:, :2], axis=1)
    assert radius[0] == pytest.approx(0.3, abs=0.005)
    assert radius[1] > 0.72


@engines
def test_fast_small_bodies_do_not_pass_a_thin_wall(engine: str) -> None:
    # 1 cm bodies at 15 m/s against a wall of 1 cm: they come back at e times the speed.
    for shape in (Sphere(0.01), Box((0.02, 0.02, 0.02))):
        shot = body("shot", shape, (-0.5, 0, 0.5), stuff(e=0.8), velocity=(15.0, 0, 0))
        wall = body("wall", Box((0.01, 1, 1)), (0, 0, 0.5), stuff(e=0.8), motion="static")
        t = simulate(engine, shot, wall, gravity=(0, 0, 0), frames=8, fps=48.0)
        assert t.bodies.velocity[-1, 0, 0] == pytest.approx(-12.0, rel=0.012)


@engines
@pytest.mark.parametrize("e", [0.2, 0.8])
def test_stack_stands_still(engine: str, e: float) -> None:
    # Statics: a straight stack rests for ever; the contact force on the floor is its weight.
    boxes = [
        body(f"box_{i}", Box((0.1, 0.1, 0.1)), (0, 0, 0.05 + 0.1 * i), stuff(e=e)) for i in range(6)
    ]
    t = simulate(engine, *boxes, ground(stuff(e=e)), frames=49)
    moved = t.bodies.position[:, :6] - t.bodies.position[0, :6]
    assert np.abs(moved).max() < 5e-4
    assert t.contacts is not None
    last = (t.contacts.frame == 47) & ((t.contacts.instance_a == 7) | (t.contacts.instance_b == 7))
    assert t.contacts.impulse[last].sum() / t.solver.dt == pytest.approx(6 * G, rel=0.02)


@engines
def test_domino_wave_speed(engine: str) -> None:
    # Dominoes fall as a wave of steady speed; experiments and theory (Stronge & Shu, Proc. R. Soc.
    # A 418 (1988) 155; van Leeuwen, Am. J. Phys. 78 (2010) 721) give .8-1.7 sqrt(g h) for spacings
    # around h/2 and ordinary friction.
    h, thickness, pitch, tilt = 0.05, 0.01, 0.03, 0.25
    size = Box((thickness, 0.025, h))
    pieces = [body(f"d{i}", size, (pitch * i, 0, h / 2), stuff(0.4, 0.2)) for i in range(20)]
    x = (h * math.sin(tilt) + thickness * math.cos(tilt)) / 2 - thickness / 2
    z = (h * math.cos(tilt) + thickness * math.sin(tilt)) / 2
    turn = tuple(from_axis_angle((0, 1, 0), tilt))
    pieces[0] = body("d0", size, (x, 0, z), stuff(0.4, 0.2), quaternion=turn)
    t = simulate(engine, *pieces, ground(stuff(0.6, 0.3)), frames=160, fps=120.0)
    up = rotate(t.bodies.quaternion[:, :20], [0.0, 0.0, 1.0])[..., 2]
    start = np.argmax(up < math.cos(0.02), axis=0) / 120.0
    assert (np.diff(start) > 0).all()
    first, second = 5 * pitch / (start[12] - start[7]), 5 * pitch / (start[17] - start[12])
    assert 0.8 < second / math.sqrt(G * h) < 1.7
    assert second == pytest.approx(first, rel=0.1)  # steady


def test_engines_agree_on_a_scene_of_many_kinds() -> None:
    # Same masses, pair rules and kinematics: before chaos sets in, two independent solvers see the
    # same. Energy: the collision at frame 16 may fall in different frames.
    rock = stuff(0.4, 0.5)
    bodies = [
        body("ball", Sphere(0.06), (0.0, 0.0, 0.4), rock, velocity=(0.8, 0.1, 0.0)),
        body("box", Box((0.1, 0.12, 0.14)), (0.9, 0.0, 0.07), rock, velocity=(-0.8, 0, 0)),
        body("slider", Box((0.1, 0.1, 0.05)), (0.0, 0.6, 0.025), rock, velocity=(1.5, 0.3, 0)),
        body("can", Cylinder(0.05, 0.1), (0.0, -0.6, 0.05), rock, velocity=(1.0, 0, 0)),
        ground(rock),
    ]
    a, b = (simulate(name, *bodies, frames=19) for name in ENGINES)
    assert np.abs(a.bodies.position - b.bodies.position).max() < 0.02
    assert a.energy is not None
    assert b.energy is not None
    assert np.sort(np.abs(a.energy / b.energy - 1))[-2] < 0.02
