"""Rigid bodies and deforming matter that move each other."""

from __future__ import annotations

import numpy as np
import pytest
from xpbd_scenes import VACUUM, G, mesh, rubber, sheet, simulate, textile

from simgen.geometry import Box, Cylinder, Sphere
from simgen.key import Key
from simgen.lattice import block
from simgen.material import Material
from simgen.record import Trajectory
from simgen.rotation import rotate, to_matrix
from simgen.scene import Cloth, RigidBody, Shape, SoftBody

pytest.importorskip("warp")
pytest.importorskip("mujoco")


TOP = Material(name="test/top", friction=0.5, restitution=0.0)


def solid(geometry: Sphere | Box | Cylinder, *, density: float, **rest: object) -> RigidBody:
    stuff = Material(name="test/solid", density=density, friction=0.5, restitution=0.0)
    shape = Shape(geometry=geometry, material=stuff)
    return RigidBody(name="body", shapes=(shape,), **rest)  # type: ignore[arg-type]


def momenta(result: Trajectory, body: RigidBody, mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, 3) linear momentum [N s] and angular momentum about the origin [N m s] of everything."""
    rigid, soft = result.bodies, mesh(result)
    m, inertia = body.mass_properties.mass, body.mass_properties.inertia
    p = m * rigid.velocity[:, 0]
    turn = to_matrix(rigid.quaternion[:, 0])
    spin = np.einsum("tji,tj->ti", turn, rigid.angular_velocity[:, 0])
    own = np.einsum("tij,jk,tk->ti", turn, inertia, spin)
    center = rigid.position[:, 0] + rotate(
        rigid.quaternion[:, 0], body.mass_properties.center_of_mass
    )
    x, v = soft.position.astype(float), soft.velocity.astype(float)
    linear = p + np.einsum("v,tvk->tk", mass, v)
    angular = own + np.cross(center, p) + np.einsum("v,tvk->tk", mass, np.cross(x, v))
    return linear, angular


def lumped(points: np.ndarray, tets: np.ndarray, density: float) -> np.ndarray:
    """(V,) a quarter of each tetrahedron's mass to its corners [kg]."""
    a, b, c, d = (points[tets[:, k]] for k in range(4))
    volume = np.abs(np.einsum("ni,ni->n", np.cross(b - a, c - a), d - a)) / 6
    mass = np.zeros(len(points))
    np.add.at(mass, tets, (density * volume / 4)[:, None])
    return mass


def test_a_collision_keeps_both_momenta() -> None:
    """Newton's third law: a box strikes a soft block off centre in free space. What the block takes
    the box gives, exactly; the angular momentum errs by a step's travel times the impulse."""
    points, tets = block((0.2, 0.2, 0.2), (6, 6, 6))
    soft = SoftBody(name="thing", vertices=points, tetrahedra=tets, material=rubber())
    box = solid(
        Box((0.1, 0.1, 0.1)), density=800.0, position=(-0.2, 0.06, 0.0), velocity=(2.0, 0.0, 0.0)
    )
    result = simulate(box, soft, seconds=0.5, ambient=VACUUM, gravity=(0.0, 0.0, 0.0))
    linear, angular = momenta(result, box, lumped(points, tets, 1000.0))
    given = 0.8 * 2.0
    assert abs(result.bodies.velocity[-1, 0, 0]) < 1.0  # it did strike
    np.testing.assert_allclose(linear, np.tile([given, 0, 0], (len(linear), 1)), atol=2e-3 * given)
    lever = given * 0.06
    expected = np.tile([0, 0, -lever], (len(angular), 1))
    np.testing.assert_allclose(angular, expected, atol=0.05 * lever)


def test_a_cube_on_a_soft_block_presses_its_weight() -> None:
    """Statics: at rest the block under a cube is shorter by m g h / (E A), within 10 % (the block
    bulges less at its ends; the sinking of the contact layer)."""
    points, tets = block((0.2, 0.2, 0.2), (6, 6, 6))
    points = points + [0, 0, 0.1]
    stuff = rubber(youngs_modulus=2e4, poissons_ratio=0.3, restitution=0.01)
    floor = RigidBody(
        name="floor",
        motion="static",
        position=(0.0, 0.0, -0.05),
        shapes=(
            Shape(
                geometry=Box((1.0, 1.0, 0.1)),
                material=Material(name="f", density=1.0, friction=0.0, restitution=0.0),
            ),
        ),
    )
    soft = SoftBody(name="thing", vertices=points, tetrahedra=tets, material=stuff)
    plate = solid(Box((0.22, 0.22, 0.05)), density=1500.0, position=(0.0, 0.0, 0.226))
    result = simulate(plate, floor, soft, seconds=3.0, ambient=VACUUM)
    top = mesh(result).position[:, points[:, 2] > 0.199, 2].mean(1)
    weight = plate.mass_properties.mass * G
    own = 1000.0 * 0.2**3 * G / 2
    expected = (weight + own) * 0.2 / (2e4 * 0.04)
    assert 0.2 - top[-12:].mean() == pytest.approx(expected, rel=0.1)
    assert np.abs(result.bodies.velocity[-6:, 0]).max() < 0.01


@pytest.mark.parametrize("place", [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.2, 0.35)])
def test_a_slender_body_stands_on_a_coarse_cloth(place: tuple[float, float]) -> None:
    """Statics: the foot of a column is narrower than the edges of the cloth under it, and holds
    few of its vertices or none; wherever it stands, the column neither tips nor creeps."""
    edge = 0.03
    points, faces = sheet(8, 8, 8 * edge, 8 * edge)
    points = points - [4 * edge, 4 * edge, 0.0] + [0.0, 0.0, 0.008]
    cloth = Cloth(name="thing", vertices=points, faces=faces, material=textile())
    shape = Shape(geometry=Box((0.5, 0.5, 0.1)), material=TOP)
    table = RigidBody(name="table", shapes=(shape,), position=(0, 0, -0.05), motion="static")
    x, y = edge * place[0], edge * place[1]
    column = solid(Cylinder(0.022, 0.12), density=1500.0, position=(x, y, 0.08))
    result = simulate(column, table, cloth, seconds=0.5)
    tilt = to_matrix(result.bodies.quaternion[:, 0])[:, 2, 2]
    assert tilt.min() > np.cos(np.radians(5.0))  # as it is set down
    assert tilt[-1] > np.cos(np.radians(1.5))
    assert np.linalg.norm(result.bodies.position[-1, 0, :2] - [x, y]) < 0.2 * edge


def test_a_ball_bounces_on_a_trampoline_and_loses_height() -> None:
    """A pinned sheet throws a ball back: every peak is lower than the one before, none through."""
    points, faces = sheet(20, 20, 1.0, 1.0)
    points = points - points.mean(0)
    rim = np.flatnonzero(np.abs(points[:, :2]).max(1) > 0.499)
    stuff = textile(stretch_stiffness=2000.0, restitution=0.01)
    cloth = Cloth(
        name="thing", vertices=points, faces=faces, pinned=tuple(rim.tolist()), material=stuff
    )
    ball = solid(Sphere(0.1), density=300.0, position=(0.0, 0.0, 0.4))
    result = simulate(ball, cloth, seconds=3.0)
    height = result.bodies.position[:, 0, 2]
    inner = (height[1:-1] > height[:-2]) & (height[1:-1] >= height[2:])
    peaks = np.array([0.4, *height[1:-1][inner]])
    assert len(peaks) >= 3
    assert (np.diff(peaks) < 0).all()
    assert height.min() > -0.3


def test_what_is_not_coupled_is_refused() -> None:
    """Free bodies alone go to the rigid engines; liquids do not move bodies yet."""
    from simgen.engine import make_engine
    from simgen.particles import fill
    from simgen.scene import Clock, Domain, Fluid, Scene

    box, clock = solid(Box((0.1, 0.1, 0.1)), density=500.0), Clock(frames=2, fps=24)
    assert "without matter" in make_engine("warp").refusal(Scene(elements=(box,), clock=clock))
    stuff = Material(name="test/water", density=1000.0, viscosity=1e-3)
    points = fill((0.2, 0.0, 0.0), (0.3, 0.1, 0.1), 0.02, Key(0))
    domain = Domain(lower=(-0.5, -0.5, 0.0), upper=(0.5, 0.5, 1.0))
    water = Fluid(name="water", positions=points, spacing=0.02, material=stuff, domain=domain)
    scene = Scene(elements=(box, water), clock=clock)
    assert "'body' beside Fluid" in make_engine("warp").refusal(scene)


def _strip_with_weight(free: bool, **rest: object) -> tuple[Cloth, RigidBody, np.ndarray]:
    """A strip of cloth that hangs from above (or floats) with a bar tied along its lower edge."""
    points, faces = sheet(4, 16, 0.1, 0.4)
    hung = np.stack([0.0 * points[:, 0], points[:, 1], 1.0 - points[:, 0]], -1)
    top = np.flatnonzero(points[:, 0] < 1e-9)
    low = np.flatnonzero(points[:, 0] > 0.4 - 1e-9)
    stuff = textile(stretch_stiffness=1000.0, poissons_ratio=0.0, restitution=0.01)
    strip = Cloth(
        name="thing",
        vertices=hung,
        faces=faces,
        material=stuff,
        pinned=() if free else tuple(int(i) for i in top),
        attachments=tuple((int(i), "body") for i in low),
    )
    bar = solid(Box((0.02, 0.12, 0.02)), density=1000.0, position=(0.0, 0.05, 0.59), **rest)
    mass = np.zeros(len(points))
    area = 0.1 * 0.4 / len(faces)
    np.add.at(mass, faces, 0.2 * area / 3)
    return strip, bar, mass


def test_a_weight_tied_to_cloth_swings_about_where_hooke_has_it() -> None:
    """A bar of 0.5 kg on a strip of stiffness k = K width / length: it hangs m g / k lower on
    average, and it bobs with the period 2 pi sqrt(m / k); within 8 % and 5 %: the spring's own mass
    (m / 3) and one sweep per step."""
    strip, bar, _ = _strip_with_weight(False, mass=0.5)
    result = simulate(strip, bar, seconds=2.0)
    sunk = 0.59 - result.bodies.position[:, 0, 2]
    stiffness = 1000.0 * 0.1 / 0.4
    window = np.hanning(len(sunk)) / np.hanning(len(sunk)).sum()
    mean = float(window @ sunk)
    assert mean == pytest.approx(0.5 * G / stiffness, rel=0.08)
    wave = np.abs(np.fft.rfft((sunk - mean) * window, 4096))
    period = 4096 / 24.0 / float(wave.argmax())
    assert period == pytest.approx(2 * np.pi * np.sqrt(0.5 / stiffness), rel=0.05)


def test_cloth_and_the_free_body_it_is_tied_to_keep_momentum() -> None:
    """Newton's third law: a spinning bar of twice the weight of the cloth drags it through empty
    space. Momentum is kept but for what single precision records."""
    strip, bar, mass = _strip_with_weight(
        True, mass=0.016, velocity=(1.0, 0.0, 0.0), angular_velocity=(0.0, 3.0, 1.0)
    )
    result = simulate(strip, bar, seconds=1.0, ambient=VACUUM, gravity=(0.0, 0.0, 0.0))
    total = 0.016 * result.bodies.velocity[:, 0]
    total = total + np.einsum("v,tvk->tk", mass, mesh(result).velocity.astype(float))
    np.testing.assert_allclose(total, np.tile(total[:1], (len(total), 1)), atol=0.01 * 0.016)


def test_tied_vertices_stay_where_their_body_has_them() -> None:
    """Kinematics: vertices tied to a turning body keep their place in its frame to a micrometre, a
    free one within the way its step's impulse moves it."""
    strip, bar, _ = _strip_with_weight(False, mass=0.5, angular_velocity=(0.0, 0.0, 4.0))
    result = simulate(strip, bar, seconds=1.0)
    which = [vertex for vertex, _ in strip.attachments]
    arm = np.asarray(strip.vertices)[which] - np.asarray(bar.position)
    place = result.bodies.position[:, 0, None] + np.stack(
        [rotate(q, arm) for q in result.bodies.quaternion[:, 0]]
    )
    off = np.linalg.norm(mesh(result).position[:, which] - place, axis=-1)
    assert off.max() < 1e-4
