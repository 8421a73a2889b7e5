"""Flames as lights and as soot in the ray-marched volume."""

import math

import numpy as np
import pytest

from simgen.camera import still
from simgen.engine import make_engine
from simgen.geometry import Plane
from simgen.material import Look, Material
from simgen.record import Trajectory
from simgen.renderer import View
from simgen.renderers.flame import Flame
from simgen.renderers.frame_geometry import (
    FrameGeometry,
    looks_table,
    pinhole,
    refined,
    volume_at,
)
from simgen.renderers.shade import Shader
from simgen.renderers.texture import linear_from_srgb
from simgen.renderers.tone import FLAME_RADIANCE, GLOW_FIRST, GLOW_STEP, flame_table
from simgen.scene import Clock, RigidBody, Scene, Shape, Sky
from simgen.surface import SurfaceModel

STUFF = Material(name="test/matt", density=1000.0, friction=0.5)


def lit(height: float) -> float:
    """Radiance of a matt grey floor right under a flame of intensity 1 [m^2] at `height` [m]."""
    look = Look(color=(0.7, 0.7, 0.7), texture="plain", roughness=1.0)
    shape = Shape(geometry=Plane(5.0), material=STUFF, look=look)
    floor = RigidBody(name="floor", shapes=(shape,), motion="static")
    clock = Clock(frames=1, fps=24)
    dark = Sky(zenith=(0, 0, 0), horizon=(0, 0, 0), ground=(0, 0, 0))
    camera = still(clock, eye=(0.0, -1.0, 2.0), target=(0.0, 0.0, 0.0), field_of_view=0.02)
    scene = Scene(elements=(floor,), clock=clock, cameras=(camera,), sun=None, sky=dark)
    (trajectory,) = make_engine("null").simulate([scene])
    assert isinstance(trajectory, Trajectory)
    model = SurfaceModel(scene, trajectory)
    geometry = FrameGeometry(model, "cpu")
    geometry.move_to(0)
    view = View(width=8, height=8, samples=4, denoise=False)
    shader = Shader(scene, looks_table(model), view, "cpu", 1)
    flame = Flame(np.array([0.0, 0.0, height]), 0.01, np.ones(3))
    volume = volume_at(model, scene, 0, "cpu")
    picture = shader.radiance(geometry, pinhole(camera, 0, 8, 8), volume, [flame]).numpy()
    return float(picture.mean())


def test_a_flame_lights_the_floor_by_the_inverse_square() -> None:
    # Lambert: L = albedo / pi * I / h^2; uneven tone and the weak gloss of matt paint: 10 %.
    albedo = float(linear_from_srgb(np.array([0.7]))[0])
    near, far = lit(0.5), lit(1.0)
    assert near == pytest.approx(albedo / math.pi / 0.25, rel=0.1)
    assert near / far == pytest.approx(4.0, rel=0.02)


def test_soot_glows_orange_and_brighter_when_hotter() -> None:
    # Planck: below 1900 K the red is strongest, the blue weakest; 1850 K is the reference.
    table = flame_table()
    at = {t: table[round((t - GLOW_FIRST) / GLOW_STEP)] for t in (1200.0, 1500.0, 1850.0)}
    for red, green, blue in at.values():
        assert red > green > blue >= 0.0
    weights = np.array([0.2126, 0.7152, 0.0722])
    assert at[1850.0] @ weights == pytest.approx(FLAME_RADIANCE, rel=1e-6)
    assert at[1200.0] @ weights < at[1500.0] @ weights < at[1850.0] @ weights
    assert at[1200.0][1] / at[1200.0][0] < at[1850.0][1] / at[1850.0][0]  # redder when colder


def test_refined_fields_keep_their_mean_and_their_slopes() -> None:
    # Corner cutting keeps a constant, the sum over a period and, off the edge, every linear field.
    rng = np.random.default_rng(2)
    bump = np.pad(rng.random((4, 3, 5)), 2).astype(np.float32)
    fine = refined(bump)
    assert fine.shape == tuple(2 * n for n in bump.shape)
    assert fine.sum() == pytest.approx(8 * bump.sum(), rel=1e-5)
    assert fine.min() >= 0.0
    assert fine.max() < bump.max()
    x, y, z = np.meshgrid(*(np.arange(n) + 0.5 for n in (6, 5, 4)), indexing="ij")
    u, v, w = np.meshgrid(*(0.5 * np.arange(2 * n) + 0.25 for n in (6, 5, 4)), indexing="ij")
    inside = (slice(1, -1),) * 3
    linear = refined(2 * x - y + 3 * z)
    np.testing.assert_allclose(linear[inside], (2 * u - v + 3 * w)[inside], rtol=1e-6)
