"""Ropes of the MuJoCo engine against the laws of flexible inextensible lines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import j0

from simgen.engine import make_engine
from simgen.errors import Rejected
from simgen.geometry import Array, Box, Cylinder, Plane, Sphere
from simgen.material import Material, material
from simgen.record import Trajectory
from simgen.scene import Clock, Element, Keyframes, RigidBody, Rope, Scene, Shape

G = 9.81
HEMP = material("textile/hemp_rope")
STEEL = Material(name="test/steel", density=4000.0, friction=0.5, restitution=0.3)


def simulate(*elements: Element, frames: int, fps: float = 24.0) -> Trajectory:
    scene = Scene(elements=elements, clock=Clock(frames=frames, fps=fps))
    (result,) = make_engine("mujoco").simulate([scene])
    assert not isinstance(result, Rejected), result
    return result


def rope(points: Array, *, radius: float = 0.004, **options) -> Rope:
    return Rope(name="rope", points=points, radius=radius, material=HEMP, **options)


def lengths(line: Array) -> Array:
    return np.linalg.norm(np.diff(line, axis=-2), axis=-1)


def straight(start: tuple, end: tuple, count: int) -> Array:
    return np.linspace(np.asarray(start, float), np.asarray(end, float), count)


def test_free_rope_falls_like_a_stone() -> None:
    # No stretch, no air: every point follows g t^2 / 2 (first-order step: g t dt / 2 = 2.5 mm).
    t = simulate(rope(straight((0, 0, 5), (1, 0, 5), 21)), frames=13)
    fall = 5 - 0.5 * G * t.time**2
    assert np.abs(t.meshes["rope"].position[..., 2] - fall[:, None]).max() < 4e-3
    assert t.meshes["rope"].velocity[-1, :, 2] == pytest.approx(-G * t.time[-1], rel=1e-3)


def test_first_mode_of_a_hanging_rope() -> None:
    # D. Bernoulli 1732: J0(2.4048 sqrt(s)) at omega = 2.4048 / 2 sqrt(g / L); 30 segments: 1e-4.
    count, s = 31, np.linspace(1, 0, 31)
    mode = j0(2.4048 * np.sqrt(s))
    x = 0.03 * mode
    drop = np.concatenate([[0], np.cumsum(np.sqrt((1 / 30) ** 2 - np.diff(x) ** 2))])
    points = np.stack([x, np.zeros(count), 2 - drop], axis=1)
    t = simulate(rope(points, pinned=(0,)), frames=96 * 6, fps=96.0)
    line = t.meshes["rope"].position
    weight = np.r_[0.5, np.ones(count - 2), 0.5] * mode
    q = line[:, :, 0] @ weight
    i = np.flatnonzero((q[:-1] > 0) & (q[1:] <= 0))
    period = np.diff(t.time[i] + q[i] / (q[i] - q[i + 1]) / 96).mean()
    assert period == pytest.approx(2 * math.pi / (2.4048 / 2 * math.sqrt(G)), rel=2e-3)
    assert np.abs(lengths(line) * 30 - 1).max() < 1e-3  # inextensible


def test_rope_between_two_points_hangs_in_a_catenary() -> None:
    # Leibniz, Huygens, Bernoulli 1691: z = c cosh(x / c). Released in that shape it stays, up to
    # millimetres of bending stiffness and of its 40 straight segments.
    span, total, count = 1.2, 2.0, 41
    c = brentq(lambda c: 2 * c * math.sinh(span / 2 / c) - total, 0.1, 5)
    s = np.linspace(-total / 2, total / 2, count)
    x = c * np.arcsinh(s / c)
    catenary = np.stack([x, 0 * x, 2 + c * np.cosh(x / c) - c * math.cosh(span / 2 / c)], axis=1)
    t = simulate(rope(catenary, pinned=(0, count - 1)), frames=97)
    line = t.meshes["rope"].position
    sag = c * (math.cosh(span / 2 / c) - 1)
    assert 2 - line[:, count // 2, 2].mean() == pytest.approx(sag, rel=0.01)
    assert np.abs(line - catenary).max() < 0.015  # it stays the curve it is
    slack = simulate(rope(catenary * [1, 1, 0] + [0, 0, 2], pinned=(0, count - 1)), frames=3)
    assert slack.meshes["rope"].position[-1, count // 2, 2] < 2  # and only in that shape


def test_ball_on_a_light_rope_swings_on_a_circle() -> None:
    # Energy: v^2 = 2 g l at the bottom of a quarter turn, l to the ball's centre (rope weighs 1 %).
    ball = RigidBody(
        name="ball", shapes=(Shape(geometry=Sphere(0.1), material=STEEL),), position=(1.1, 0, 2)
    )
    line = rope(straight((0, 0, 2), (1, 0, 2), 21), radius=0.006, pinned=(0,),
                attachments=((20, "ball"),))  # fmt: skip
    t = simulate(line, ball, frames=20)
    away = np.linalg.norm(t.bodies.position[:, 0] - [0, 0, 2], axis=1)
    assert away.max() < 1.1 * 1.005
    speed = np.linalg.norm(t.bodies.velocity[:, 0], axis=1)
    depth = 2 - t.bodies.position[:, 0, 2]
    assert speed[1:] == pytest.approx(np.sqrt(2 * G * depth[1:]), rel=0.02)
    gap = np.linalg.norm(t.bodies.position[:, 0] - t.meshes["rope"].position[:, -1], axis=1)
    assert gap == pytest.approx(0.1, abs=2e-3)


@pytest.mark.parametrize(("mu", "holds"), [(0.02, False), (0.5, True)])
def test_rope_over_a_fixed_cylinder_obeys_the_capstan_law(mu: float, holds: bool) -> None:
    # Euler-Eytelwein: a rope laid over a round bar rests while the tensions differ by less than
    # exp(pi mu): hanging 0.75 m and 0.45 m, ratio 1.67, needs mu > .16.
    radius, thick = 0.1, 0.006
    r, arc = radius + thick + 1e-4, math.pi * (radius + thick + 1e-4)
    s = np.linspace(0, 0.75 + arc + 0.45, 52)
    turn = (s - 0.75) / r
    x = np.where(s < 0.75, -r, np.where(turn < math.pi, -r * np.cos(turn), r))
    up = np.where(turn < math.pi, r * np.sin(turn), -(s - 0.75 - arc))
    z = 1.5 + np.where(s < 0.75, s - 0.75, up)
    stuff = Material(name="test/rope", density=900.0, friction=mu, restitution=0.1,
                     youngs_modulus=1e5)  # fmt: skip
    bar_stuff = Material(name="test/bar", density=900.0, friction=mu, restitution=0.1)
    turned = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)
    bar = RigidBody(
        name="bar", shapes=(Shape(geometry=Cylinder(radius, 1.0), material=bar_stuff),),
        position=(0, 0, 1.5), quaternion=turned, motion="static",
    )  # fmt: skip
    line = Rope(name="rope", points=np.stack([x, 0 * x, z], 1), radius=thick, material=stuff)
    t = simulate(line, bar, frames=13)
    sunk = t.meshes["rope"].position[0, 0, 2] - t.meshes["rope"].position[-1, 0, 2]
    assert (sunk < 0.02) if holds else (sunk > 0.1)


def test_draped_rope_keeps_its_length_and_stays_out_of_solids() -> None:
    turned = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)
    bar = RigidBody(
        name="bar", shapes=(Shape(geometry=Cylinder(0.15, 1.0), material=HEMP),),
        position=(0.1, 0, 0.6), quaternion=turned, motion="static",
    )  # fmt: skip
    plane = Shape(geometry=Plane(), material=STEEL)
    floor = RigidBody(name="floor", shapes=(plane,), motion="static")
    points = straight((-1, 0, 1.1), (1, 0, 1.1), 41)
    points[:, 1] = 0.02 * np.sin(np.arange(41))
    t = simulate(rope(points, radius=0.012), bar, floor, frames=40)
    line = t.meshes["rope"].position
    assert line[..., 2].min() > 0.012 - 1e-3
    from_axis = np.hypot(line[..., 0] - 0.1, line[..., 2] - 0.6)
    assert from_axis.min() > 0.15 + 0.012 - 0.004  # chords of the segments cut the arc by 3 mm
    assert np.abs(lengths(line) / lengths(points) - 1).max() < 0.02  # at impact; later 1e-4
    assert np.abs(lengths(line[-1]) / lengths(points) - 1).max() < 2e-3
    assert t.contacts is not None
    assert {1, 2} <= set(t.contacts.instance_a.tolist() + t.contacts.instance_b.tolist())


def test_rope_follows_a_kinematic_hand() -> None:
    hand = RigidBody(
        name="hand", shapes=(Shape(geometry=Box((0.05, 0.05, 0.05)), material=STEEL),),
        position=(0, 0, 2), motion="kinematic",
        keyframes=Keyframes(times=np.array([0, 0.5]), positions=np.array([[0, 0, 2], [0.3, 0, 2]])),
    )  # fmt: skip
    line = rope(straight((0, 0, 1.96), (0, 0, 1.0), 21), attachments=((0, "hand"),))
    t = simulate(hand, line, frames=25)
    offset = t.meshes["rope"].position[:, 0] - t.bodies.position[:, 0]
    assert np.abs(offset - [0, 0, -0.04]).max() < 2e-3
