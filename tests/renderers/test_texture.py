# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
"""Procedural textures: known names, sane values, true sizes, no shimmer far away."""

import numpy as np
import pytest

from simgen.device import warp_device
from simgen.errors import SimgenError
from simgen.material import Look, library
from simgen.scene import Clock, Scene

wp = warp_device("cpu")

from simgen.renderers import texture as tex  # noqa: E402
from simgen.renderers.texture_noise import noise  # noqa: E402

EMPTY = Scene(elements=(), clock=Clock(frames=1, fps=1.0))


@wp.kernel
def _read(
    looks: tex.LookTable,
    look: wp.int32,
    points: wp.array(dtype=wp.vec3),
    normal: wp.vec3,
    footprint: wp.float32,
    albedo: wp.array(dtype=wp.vec3),
    slope: wp.array(dtype=wp.vec3),
    rough: wp.array(dtype=wp.float32),
):
    i = wp.tid()
    surface = tex.surface_at(looks, look, points[i], normal, footprint)
    albedo[i] = surface.albedo
    slope[i] = surface.slope
    rough[i] = surface.roughness


@wp.kernel
def _noise(points: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.vec4)):
    i = wp.tid()
    out[i] = noise(points[i])


def _sample(look: Look, points: np.ndarray, footprint: float = 1e-4, normal=(0.0, 0.0, 1.0)):
    table = tex.look_table(EMPTY, [look], "cpu")
    count = len(points)
    place = wp.array(points.astype(np.float32), dtype=wp.vec3)
    albedo, slope = wp.zeros(count, dtype=wp.vec3), wp.zeros(count, dtype=wp.vec3)
    rough = wp.zeros(count, dtype=wp.float32)
    inputs = [table, 0, place, wp.vec3(*normal), footprint, albedo, slope, rough]
    wp.launch(_read, dim=count, inputs=inputs)
    return albedo.numpy().copy(), slope.numpy().copy(), rough.numpy().copy()


def _spots(count: int = 2000, size: float = 2.0) -> np.ndarray:
    return np.random.default_rng(1).uniform(-size, size, (count, 3))


@pytest.mark.parametrize("name", tex.TEXTURES)
def test_every_texture_is_finite_and_physical(name: str) -> None:
    look = Look(color=(0.8, 0.4, 0.2), accent=(0.2, 0.3, 0.6), texture=name, scale=0.1, seed=3)
    for normal in np.eye(3):
        for footprint in (1e-5, 1e-2, 1.0):
            albedo, slope, rough = _sample(look, _spots(), footprint, tuple(normal))
            # A surface sends back between nothing and all of the light; relief stays below 60 deg.
            assert 0 < albedo.min() <= albedo.max() < 1
            assert np.linalg.norm(slope, axis=1).max() < 1.8
            assert 0 <= rough.min() <= rough.max() <= 1


def test_unknown_textures_are_refused() -> None:
    with pytest.raises(SimgenError, match="texture"):
        tex.look_table(EMPTY, [Look(texture="tartan")], "cpu")


def test_materials_use_known_textures() -> None:
    used = {t for m in library().values() for t in m.appearance.textures}
    assert used <= set(tex.TEXTURES)


def test_noise_gradient_is_its_derivative() -> None:
    # Central differences of a C1 function: error O(h^2) plus float32 rounding 6e-8 / h.
    points = _spots(300, 5.0).astype(np.float32).astype(float)

    def value(shift: np.ndarray) -> np.ndarray:
        out = wp.zeros(len(points), dtype=wp.vec4)
        place = wp.array((points + shift).astype(np.float32), dtype=wp.vec3)
        wp.launch(_noise, dim=len(points), inputs=[place, out])
        return out.numpy().copy()

    exact = value(np.zeros(3))
    assert np.abs(exact[:, 3]).max() <= 1.0
    for axis in range(3):
        h = 2e-3 * np.eye(3)[axis]
        slope = (value(h)[:, 3] - value(-h)[:, 3]) / 4e-3
        assert np.abs(slope - exact[:, axis]).max() < 5e-3


def test_checker_has_the_period_of_its_scale() -> None:
    look = Look(color=(0.9, 0.1, 0.1), accent=(0.1, 0.1, 0.9), texture="checker", scale=0.2)
    points = _spots(500)
    red = _sample(look, points)[0][:, 0] > 0.3
    assert (red == (_sample(look, points + (0.2, 0.0, 0.0))[0][:, 0] > 0.3)).mean() > 0.99
    assert (red != (_sample(look, points + (0.1, 0.0, 0.0))[0][:, 0] > 0.3)).mean() > 0.99


@pytest.mark.parametrize("name", ["checker", "stripes", "brick", "weave", "granite", "dots"])
def test_far_patterns_fade_to_their_mean(name: str) -> None:
    look = Look(color=(0.9, 0.2, 0.2), accent=(0.1, 0.1, 0.8), texture=name, scale=0.02)
    near = _sample(look, _spots(), 1e-5)[0]
    far = _sample(look, _spots(), 0.5)[0]
    assert far.std(axis=0).max() < 0.3 * near.std(axis=0).max()
    # The mean does not change much with distance, so floors do not darken towards the horizon.
    assert np.abs(far.mean(axis=0) - near.mean(axis=0)).max() < 0.12


def test_planks_do_not_repeat() -> None:
    look = Look(color=(0.7, 0.5, 0.3), accent=(0.5, 0.3, 0.2), texture="planks", scale=0.12)
    points = np.zeros((400, 3))
    points[:, :2] = np.random.default_rng(2).uniform(0.0, 1.0, (400, 2))
    first = _sample(look, points, 0.002)[0][:, 0]
    for shift in (0.48, 0.96, 1.08, 2.16, 4.32):
        again = _sample(look, points + (shift, shift, 0.0), 0.002)[0][:, 0]
        assert np.corrcoef(first, again)[0, 1] < 0.5


def test_seeds_move_the_pattern_and_equal_looks_are_equal() -> None:
    one = Look(texture="marble", accent=(0.1, 0.1, 0.1), seed=1)
    two = Look(texture="marble", accent=(0.1, 0.1, 0.1), seed=2)
    assert (_sample(one, _spots())[0] == _sample(one, _spots())[0]).all()
    assert (_sample(one, _spots())[0] != _sample(two, _spots())[0]).any()
