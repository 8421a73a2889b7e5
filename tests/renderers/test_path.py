"""Path tracing against closed forms: energy kept, lamps, clear slabs, cloth, wax."""

import math
from dataclasses import replace

import numpy as np
import pytest
from drawing import DARK, EVEN, GLOWING, GREY, draw, solid, world, wp

from simgen.geometry import Box, Plane, Sphere, TriangleMesh
from simgen.material import Look
from simgen.renderers import lighting
from simgen.renderers.beneath import _distance, _profile
from simgen.scene import Sky, Sun

WHITE = Look(color=(1.0, 1.0, 1.0), accent=(1.0, 1.0, 1.0), roughness=1.0)
"""Linear albedo 0.95, the most a surface may have."""


@pytest.mark.parametrize(
    ("change", "low", "high"),
    [
        ({}, 0.9, 0.97),
        ({"clear_coat": 1.0}, 0.9, 1.0),
        ({"refractive_index": 1.0}, 0.94, 0.96),
        ({"metallic": 1.0, "roughness": 0.1}, 0.92, 0.97),
        ({"metallic": 1.0, "roughness": 0.5}, 0.92, 0.97),
        ({"metallic": 1.0, "roughness": 0.9}, 0.9, 0.98),
        ({"roughness": 0.2}, 0.9, 1.0),
        ({"translucency": 0.4}, 0.9, 0.99),
        ({"subsurface": 0.02}, 0.85, 1.0),
        ({"subsurface": 0.02, "color": (0.7354, 0.7354, 0.7354)}, 0.44, 0.56),
        ({"transmission": 1.0, "roughness": 0.0}, 0.98, 1.001),
        ({"transmission": 1.0, "roughness": 0.5}, 0.9, 1.001),
    ],
)
def test_white_furnace(change: dict, low: float, high: float) -> None:
    # In an even light no surface makes light, and it sends back what it does not take.
    ball = solid("ball", Sphere(0.2), replace(WHITE, **change))
    _, linear, _ = draw(world(ball, sky=EVEN), samples=64)
    middle = linear[11:16, 22:26]
    assert low <= middle.mean() <= high
    assert middle.max() < 1.15 * high


def test_a_round_lamp_lights_by_its_solid_angle() -> None:
    # Irradiance of a sphere straight above: pi L (r / h)^2; Lambert gives albedo L (r / h)^2.
    floor = solid("floor", Plane(5.0), GREY)
    lamp = solid("lamp", Sphere(0.1), Look(emission=(9.0, 9.0, 9.0)), (0.0, 0.0, 2.0))
    _, linear, _ = draw(world(floor, lamp, eye=(0.0, -3.0, 0.6)), samples=64)
    assert linear[12:15, 22:26].mean() == pytest.approx(0.5 * 9.0 * (0.1 / 2.0) ** 2, rel=0.06)


def test_a_square_lamp_lights_by_its_form_factor() -> None:
    # Parallel square of half-width a at height h, seen from below its middle (Howell, A Catalog of
    # Radiation Heat Transfer Configuration Factors, B-4): four corners of A = B = a / h.
    floor = solid("floor", Plane(5.0), GREY)
    lamp = solid("lamp", Box((1.0, 1.0, 0.001)), Look(emission=(2.0, 2.0, 2.0)), (0.0, 0.0, 1.0))
    _, linear, _ = draw(world(floor, lamp, eye=(0.0, -3.0, 0.6)), samples=64)
    a = 0.5 / math.hypot(1.0, 0.5)
    factor = 4.0 / math.pi * a * math.atan(a)
    assert linear[12:15, 22:26].mean() == pytest.approx(0.5 * 2.0 * factor, rel=0.06)


def _slab_transmittance(n: float, optical_depth: float) -> float:
    """Of a slab at normal incidence, inner reflections included."""
    r = ((n - 1) / (n + 1)) ** 2
    t = math.exp(-optical_depth)
    return (1 - r) ** 2 * t / (1 - (r * t) ** 2)


LOOK_DOWN = (0.0, -0.01, 3.0)


def test_beer_lambert() -> None:
    # A slab of 0.1 m that takes the colour over 0.2 m lets sqrt(colour) through, less Fresnel.
    glass = Look(
        color=(0.5372, 1.0, 0.7354), transmission=1.0, roughness=0.0, attenuation_distance=0.2
    )
    table = solid("table", Box((3.0, 3.0, 0.02)), GLOWING)
    slab = solid("slab", Box((3.0, 3.0, 0.1)), glass, (0.0, 0.0, 0.5))
    _, linear, _ = draw(world(table, slab, eye=LOOK_DOWN), samples=256)
    for channel, albedo in enumerate((0.25, 1.0, 0.5)):
        expected = _slab_transmittance(1.5, -math.log(albedo) / 2)
        assert linear[..., channel].mean() == pytest.approx(expected, rel=0.01)


def test_clear_matter_that_overlaps_has_one_interface() -> None:
    # Water that reaches 5 mm into its glass: air, glass, water, air; three reflections, not four.
    glass = Look(color=(1.0, 1.0, 1.0), transmission=1.0, roughness=0.0, refractive_index=1.6)
    water = replace(glass, refractive_index=1.33)
    table = solid("table", Box((3.0, 3.0, 0.02)), GLOWING)
    under = solid("glass", Box((3.0, 3.0, 0.1)), glass, (0.0, 0.0, 0.5))
    over = solid("water", Box((3.0, 3.0, 0.1)), water, (0.0, 0.0, 0.595))
    _, linear, _ = draw(world(table, under, over, eye=LOOK_DOWN), samples=1024)
    bare = [((a - b) / (a + b)) ** 2 for a, b in ((1.0, 1.33), (1.33, 1.6), (1.6, 1.0))]
    # No absorption: reflected light goes up and is lost to the dark but for what turns back twice.
    # 1 / T = 1 + sum of r / (1 - r) holds for stacks of lossless interfaces (incoherent).
    expected = 1.0 / (1.0 + sum(r / (1 - r) for r in bare))
    assert linear.mean() == pytest.approx(expected, rel=0.006)


def test_light_is_the_same_however_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # Asking the panorama and meeting it by chance are two estimates of one integral.
    floor = solid("floor", Plane(5.0), replace(GREY, roughness=0.4))
    lid = solid("lid", Box((0.6, 0.6, 0.02)), GREY, (0.0, 0.3, 0.4))
    sky = Sky(zenith=(3.0, 3.0, 3.0), horizon=(0.2, 0.3, 0.5))
    means = []
    for even in (1e9, 0.0):
        monkeypatch.setattr(lighting, "EVEN", even)
        _, linear, _ = draw(world(floor, lid, sky=sky), samples=256)
        means.append(linear.mean(axis=(0, 1)))
    assert means[0] == pytest.approx(means[1], rel=0.01)


def test_lamps_and_panorama_share_the_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    # The same picture whether the panorama is asked for light beside the lamps or met by chance.
    floor = solid("floor", Plane(5.0), replace(GREY, roughness=0.5))
    lamp = solid("lamp", Box((0.4, 0.4, 0.1)), Look(emission=(4.0, 4.0, 4.0)), (0.3, 0.5, 0.9))
    ball = solid("ball", Sphere(0.1), Look(emission=(9.0, 3.0, 1.0)), (-0.6, 0.4, 0.5))
    sky = Sky(zenith=(1.0, 1.0, 1.0), horizon=(0.1, 0.1, 0.3))
    means = []
    for even in (1e9, 0.0):
        monkeypatch.setattr(lighting, "EVEN", even)
        _, linear, _ = draw(world(floor, lamp, ball, sky=sky), samples=256)
        means.append(linear.mean(axis=(0, 1)))
    assert means[0] == pytest.approx(means[1], rel=0.01)


def test_a_mirror_shows_the_disc_of_the_sun() -> None:
    # Radiance of the disc: irradiance / (pi sin^2 radius).
    metal = Look(
        color=(1.0, 1.0, 1.0), accent=(1.0, 1.0, 1.0), metallic=1.0, roughness=0.0, texture="plain"
    )
    way = np.array([0.0, 3.0, 3.0]) / math.hypot(3.0, 3.0)
    sun = Sun(direction=tuple(way), irradiance=(1.0, 1.0, 1.0), angular_radius=0.1)
    _, linear, _ = draw(world(solid("plate", Plane(5.0), metal), sun=sun), samples=64)
    expected = 0.95 / (math.pi * math.sin(0.1) ** 2)
    assert linear[13, 24].mean() == pytest.approx(expected, rel=0.08)
    assert linear[1, 1].max() < 0.05


def test_what_is_seen_through_a_slab_is_shifted() -> None:
    # Snell: a slab of thickness t shifts a ray at angle a by t sin a (1 - cos a / sqrt(n^2 -
    # sin^2 a)) across it, here 0.0987 m.
    glass = Look(color=(1.0, 1.0, 1.0), transmission=1.0, roughness=0.0)
    table = solid("table", Box((2.0, 2.0, 0.001)), GLOWING, (0.0, 1.0, 0.0))
    slab = solid("slab", Box((3.0, 3.0, 0.3)), glass, (0.0, 0.0, 0.4))
    rows = []
    for elements in ((table,), (table, slab)):
        _, linear, _ = draw(world(*elements, sky=DARK), samples=16, width=48, height=271)
        column = linear[:, 20:28, 0].mean(axis=1)
        rows.append(int(np.argmax(column < 0.5)))
    angle = 2 * math.tan(0.15) / 271
    # The ray that meets the edge through the slab is this much flatter than the middle one.
    a = math.radians(45.0) + (rows[0] - rows[1]) * angle
    shift = 0.3 * math.sin(a) * (1 - math.cos(a) / math.sqrt(1.5**2 - math.sin(a) ** 2))
    assert (rows[0] - rows[1]) * angle * 3.0 * math.sqrt(2.0) == pytest.approx(shift, rel=0.06)


def test_cloth_lets_light_through() -> None:
    # Sun behind a thin sheet: its far side shows albedo * translucency / pi * E cos.
    cloth = replace(GREY, translucency=0.5)
    sheet = TriangleMesh(
        np.array([[-2.0, -2.0, 0.0], [2.0, -2.0, 0.0], [2.0, 2.0, 0.0], [-2.0, 2.0, 0.0]]),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        smooth=False,
    )
    sun = Sun(direction=(0.0, 0.0, 1.0), irradiance=(3.0, 3.0, 3.0), angular_radius=0.005)
    scene = world(solid("sheet", sheet, cloth), sun=sun, eye=(0.0, -0.01, -3.0))
    _, linear, _ = draw(scene)
    assert linear.mean() == pytest.approx(0.5 * 0.5 / math.pi * 3.0, rel=0.08)


def test_light_beneath_a_surface_softens_its_shadow() -> None:
    # Matt: the edge of a sharp shadow is sharp. Wax: light wanders over it.
    lid = solid("lid", Box((4.0, 4.0, 0.002)), GREY, (-2.0, 0.0, 1.0))
    sun = Sun(direction=(0.0, 0.0, 1.0), angular_radius=0.002)
    widths = []
    for mean_path in (0.0, 0.2):
        block = solid("block", Box((6.0, 6.0, 0.5)), replace(GREY, subsurface=mean_path))
        scene = world(block, lid, sun=sun, eye=(2.5, 0.0, 0.9))
        _, linear, _ = draw(scene, samples=64, width=96, height=16)
        row = linear[8:, :, 0].mean(axis=0)
        widths.append(int(((row > 0.1 * row.max()) & (row < 0.9 * row.max())).sum()))
    assert widths[1] > widths[0] + 3


@wp.kernel
def _profile_kernel(u: wp.array(dtype=float), r: wp.array(dtype=float), p: wp.array(dtype=float)):
    i = wp.tid()
    r[i] = _distance(u[i], 0.01)
    p[i] = _profile(r[i], 0.01)


def test_the_diffusion_profile_keeps_energy() -> None:
    # Christensen & Burley 2015: the integral of R(r) 2 pi r is 1, and the sampled distances have
    # that density.
    u = wp.array(((np.arange(200_000) + 0.5) / 200_000).astype(np.float32), dtype=wp.float32)
    r = wp.zeros(200_000, dtype=wp.float32)
    share = wp.zeros(200_000, dtype=wp.float32)
    wp.launch(_profile_kernel, dim=200_000, inputs=[u, r, share])
    distances, profile = r.numpy().astype(float), share.numpy().astype(float)
    order = np.argsort(distances)
    x, y = distances[order], (2 * math.pi * distances * profile)[order]
    assert np.trapezoid(y, x) == pytest.approx(1.0, abs=0.01)
    half = float(np.interp(0.5, np.cumsum(np.gradient(x) * y), x))
    assert np.median(distances) == pytest.approx(half, rel=0.02)
