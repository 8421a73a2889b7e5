# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
"""Procedural textures: known names, sane values, true sizes, exact slopes, no shimmer far away."""

from dataclasses import replace

import numpy as np
import pytest

from simgen.device import warp_device
from simgen.errors import SimgenError
from simgen.geometry import Box, Sphere
from simgen.material import Look, library, material
from simgen.scene import Clock, RigidBody, Scene, Shape
from simgen.texture import Texture, texture, textures

wp = warp_device("cpu")

from simgen.renderers import texture as tex  # noqa: E402
from simgen.renderers.texture_measure import means, patterns, spreads, surfaces  # noqa: E402
from simgen.renderers.texture_noise import noise  # noqa: E402
from simgen.renderers.texture_surface import mean_surface  # noqa: E402

EMPTY = Scene(elements=(), clock=Clock(frames=1, fps=1.0))
UP = (0.0, 0.0, 1.0)
each = pytest.mark.parametrize("name", textures())


@wp.kernel
def _noise(points: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.vec4)):
    i = wp.tid()
    out[i] = noise(points[i])


def _sample(look: Look, points: np.ndarray, footprint: float = 1e-4, normal=UP):
    albedo, slope, finish = surfaces(look, points, np.tile(normal, (len(points), 1)), footprint)
    return albedo, slope, finish[:, 0]


def _spots(count: int = 2000, size: float = 2.0) -> np.ndarray:
    return np.random.default_rng(1).uniform(-size, size, (count, 3))


def test_there_are_many_textures_and_every_pattern_is_used() -> None:
    assert len(textures()) >= 60
    assert {kind.pattern for kind in textures().values()} == set(tex.PATTERNS)


@each
def test_no_seam_where_a_ball_turns_from_one_plane_to_the_next(name: str) -> None:
    look = texture(name).look(seed=3)
    angle = np.pi / 4 + np.array([-1e-4, 1e-4])
    points = _spots(400, 0.2)
    sides = [
        surfaces(look, points, np.tile((np.cos(a), 0.0, np.sin(a)), (len(points), 1)), 1e-4)
        for a in angle
    ]
    for here, there in zip(*sides, strict=True):
        assert np.abs(here - there).max() < 2e-3 * max(1.0, np.abs(here).max())


@each
def test_every_texture_is_finite_and_physical(name: str) -> None:
    kind = texture(name)
    for scale in (0.3 * kind.scale, 3.0 * kind.scale):
        look = replace(kind.look(seed=3), scale=scale, wear=0.5)
        for normal in np.eye(3):
            for footprint in (1e-6, 0.3 * scale, 10.0):
                albedo, slope, rough = _sample(look, _spots(700), footprint, tuple(normal))
                # A surface sends back between nothing and all of the light; relief may be steep
                # between stones and threads, but never a wall.
                assert np.isfinite(albedo).all()
                assert np.isfinite(slope).all()
                assert 0 < albedo.min() <= albedo.max() < 1
                assert np.percentile(np.linalg.norm(slope, axis=1), 99) < 2.5
                assert 0 <= rough.min() <= rough.max() <= 1


@each
def test_means_of_the_table_are_those_of_the_pattern(name: str) -> None:
    # 20,000 points of values spread by at most 0.5: standard error 0.0035.
    assert np.allclose(means(texture(name), 20_000), tex.texture_means()[name], atol=0.015)


@each
def test_slopes_of_the_table_are_those_that_samples_lose(name: str) -> None:
    found, table = spreads(texture(name), 4000), np.array(tex.texture_spreads()[name])
    assert np.allclose(found, table, rtol=0.15, atol=0.01)


@each
def test_coarse_samples_are_means_of_fine_ones(name: str) -> None:
    kind = texture(name)
    look = kind.look(seed=2)
    if kind.pattern == "gores":
        pytest.skip("a ball of gores has no plane to average over")
    points = _spots(6000, 60.0 * kind.scale)
    fine = _sample(look, points, 1e-5)[0].mean(axis=0)
    for period in (0.1, 0.5, 1.0, 5.0):
        footprint = period * kind.fade * kind.scale
        coarse = _sample(look, points, footprint)[0].mean(axis=0)
        # A few percent of the brightest albedo, sampling noise of 6000 points included.
        assert np.abs(coarse - fine).max() < 0.04, (name, period, coarse, fine)


@each
def test_filtering_removes_what_a_sample_cannot_hold(name: str) -> None:
    # A sample far wider than the pattern sees one colour; one near its period, less than a point.
    kind = texture(name)
    points = _spots(3000, 60.0 * kind.scale)
    spread = [
        np.ptp(_sample(kind.look(), points, width * kind.fade * kind.scale)[0], axis=0).max()
        for width in (1e-5, 0.8, 2.1)
    ]
    assert spread[1] <= 0.75 * spread[0]
    assert spread[2] < 1e-6


@each
def test_slope_is_the_gradient_of_the_relief(name: str) -> None:
    kind = texture(name)
    look = kind.look()
    size = min(kind.knobs["size"] * kind.scale, kind.knobs.get("fine", 0.0) or 1.0)
    if kind.pattern == "scratches":
        size = kind.knobs["size"]
    # Near the origin: float32 holds a 2e-7 of the distance, the step is 2e-3 of the finest size.
    points = np.random.default_rng(3).uniform(-20.0, 20.0, (2000, 3)) * size
    step = 4e-3 * size
    relief = patterns(look, points, UP, 1e-7)[2]
    for axis in (0, 1):
        shift = step * np.eye(3)[axis]
        ahead = patterns(look, points + shift, UP, 1e-7)[2][:, 3]
        behind = patterns(look, points - shift, UP, 1e-7)[2][:, 3]
        difference = (ahead - behind) / (2.0 * step)
        wrong = np.abs(difference - relief[:, axis]) > 0.03 + 0.1 * np.abs(difference)
        # Pieces, threads and flakes end in steps, which have no slope: a few percent of points.
        assert wrong.mean() < 0.08, (name, axis)


def test_names_scales_and_wear_that_cannot_be_are_refused() -> None:
    with pytest.raises(SimgenError, match="texture 'tartn'"):
        tex.look_table(EMPTY, [Look(texture="tartn")], "cpu")
    for scale in (0.0, -1.0, float("nan")):
        with pytest.raises(SimgenError, match="scale"):
            tex.look_table(EMPTY, [Look(scale=scale)], "cpu")
    with pytest.raises(SimgenError, match="wear"):
        tex.look_table(EMPTY, [Look(wear=1.5)], "cpu")


def test_misspelt_settings_are_refused() -> None:
    plain = texture("plain")
    with pytest.raises(SimgenError, match="knob of texture 'plain'"):
        tex.knobs_of(replace(plain, knobs={"relif": 1.0}))


def test_materials_use_known_textures() -> None:
    used = {t for m in library().values() for t in m.appearance.textures}
    assert used <= set(textures())


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


@wp.kernel
def _mean(looks: tex.LookTable, albedo: wp.array(dtype=wp.vec3), finish: wp.array(dtype=wp.vec2)):
    surface = mean_surface(looks, wp.int32(0))
    albedo[0] = surface.albedo
    finish[0] = wp.vec2(surface.roughness, surface.metallic)


@pytest.mark.parametrize("name", ["rust", "gold_leaf", "planks", "carpet"])
def test_light_that_bounces_sees_the_mean(name: str) -> None:
    """Colour, roughness and metal are those of a sample that covers many periods."""
    look = replace(texture(name).look(), metallic=0.9, roughness=0.4)
    albedo, finish = wp.zeros(1, dtype=wp.vec3), wp.zeros(1, dtype=wp.vec2)
    wp.launch(_mean, dim=1, inputs=[tex.look_table(EMPTY, [look], "cpu"), albedo, finish])
    wide, _, wide_finish = surfaces(look, _spots(1), np.array([UP]), 1e3)
    np.testing.assert_allclose(albedo.numpy(), wide, atol=1e-6)
    np.testing.assert_allclose(finish.numpy(), wide_finish, atol=1e-6)


def test_checker_has_the_period_of_its_scale() -> None:
    look = Look(color=(0.9, 0.1, 0.1), accent=(0.1, 0.1, 0.9), texture="checker", scale=0.2)
    points = _spots(500)
    red = _sample(look, points)[0][:, 0] > 0.3
    assert (red == (_sample(look, points + (0.2, 0.0, 0.0))[0][:, 0] > 0.3)).mean() > 0.99
    assert (red != (_sample(look, points + (0.1, 0.0, 0.0))[0][:, 0] > 0.3)).mean() > 0.99


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


def test_wear_roughens_gloss_and_keeps_the_mean_of_the_table() -> None:
    new = Look(color=(0.1, 0.2, 0.6), roughness=0.1)
    old = replace(new, wear=1.0)
    points = _spots(20_000)
    assert _sample(old, points)[2].mean() > _sample(new, points)[2].mean() + 0.05
    albedo = _sample(old, points)[0].mean(axis=0)
    assert np.abs(albedo - tex.look_table(EMPTY, [old], "cpu").mean.numpy()[0]).max() < 0.04


def _worn_scene(*geometries) -> tuple[Scene, Look]:
    look = Look(color=(0.1, 0.1, 0.4), wear=1.0)
    wood = material("wood/oak")
    shapes = tuple(Shape(geometry=g, material=wood, look=look) for g in geometries)
    bodies = (RigidBody(name="thing", shapes=shapes),)
    return Scene(elements=bodies, clock=Clock(frames=1, fps=1.0)), look


def test_edges_of_boxes_wear_off() -> None:
    scene, look = _worn_scene(Box((0.4, 0.4, 0.4)))
    middle = np.random.default_rng(4).uniform(-0.1, 0.1, (3000, 3))
    middle[:, 2] = 0.2
    edge = middle + (0.0, 0.0, 0.0)
    edge[:, 0] = 0.199
    normals = np.tile(UP, (3000, 1))
    at_edge = surfaces(look, edge, normals, 5e-4, scene=scene)[0].mean()
    assert at_edge > 1.3 * surfaces(look, middle, normals, 5e-4, scene=scene)[0].mean()
    # Not where a ball, or a box of another size, wears the same look.
    for other in (Sphere(0.2), Box((0.5, 0.4, 0.4))):
        mixed, _ = _worn_scene(Box((0.4, 0.4, 0.4)), other)
        assert surfaces(look, edge, normals, 5e-4, scene=mixed)[0].mean() < 0.8 * at_edge


def test_a_texture_knows_its_usual_look() -> None:
    for name, kind in textures().items():
        assert isinstance(kind, Texture)
        assert kind.look().texture == name
