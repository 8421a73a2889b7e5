"""The picture against closed forms: Lambert, shadows, mirrors, glass, glow; and repeated."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simgen.camera import still
from simgen.device import warp_device
from simgen.engine import make_engine
from simgen.errors import SimgenError
from simgen.geometry import Box, Plane, Sphere, TriangleMesh
from simgen.material import Look, material
from simgen.record import Trajectory
from simgen.renderer import View
from simgen.scene import Clock, Element, RigidBody, Scene, Shape, Sky, Sun, ThermalBody
from simgen.surface import SurfaceModel

wp: Any = warp_device("cpu")

from simgen.renderers import lighting  # noqa: E402
from simgen.renderers.beneath import _distance, _profile  # noqa: E402
from simgen.renderers.frame_geometry import (  # noqa: E402
    FrameGeometry,
    looks_table,
    pinhole,
    volume_at,
)
from simgen.renderers.shade import Shader  # noqa: E402
from simgen.renderers.tone import blackbody  # noqa: E402

CLOCK = Clock(frames=1, fps=24.0)
DARK = Sky(zenith=(0.0, 0.0, 0.0), horizon=(0.0, 0.0, 0.0), ground=(0.0, 0.0, 0.0))
EVEN = Sky(zenith=(1.0, 1.0, 1.0), horizon=(1.0, 1.0, 1.0), ground=(1.0, 1.0, 1.0))
GREY = Look(color=(0.7354, 0.7354, 0.7354), accent=(0.7354, 0.7354, 0.7354), roughness=1.0)
"""sRGB 0.7354 is linear 0.5."""
WIDTH, HEIGHT = 48, 27


def _body(name: str, geometry, look: Look, position=(0.0, 0.0, 0.0)) -> RigidBody:
    shape = Shape(geometry=geometry, material=material("plastic/abs"), look=look)
    return RigidBody(name=name, shapes=(shape,), position=position, motion="static")


def _scene(*elements: Element, sun: Sun | None = None, sky: Sky = DARK, eye=(0.0, -3.0, 3.0)):
    camera = still(CLOCK, eye=eye, target=(0.0, 0.0, 0.0), field_of_view=0.3)
    return Scene(elements=elements, clock=CLOCK, cameras=(camera,), sun=sun, sky=sky)


def _draw(scene: Scene, *, samples: int = 4, threads: int = 1, width=WIDTH, height=HEIGHT):
    """Shader and linear radiance (H, W, 3) of frame 0."""
    (trajectory,) = make_engine("null").simulate([scene])
    assert isinstance(trajectory, Trajectory)
    model = SurfaceModel(scene, trajectory)
    geometry = FrameGeometry(model, "cpu")
    geometry.move_to(0)
    view = View(width=width, height=height, samples=samples, denoise=False)
    shader = Shader(scene, looks_table(model), view, "cpu", threads)
    camera = pinhole(scene.camera(), 0, width, height)
    volume = volume_at(model, scene, 0, "cpu")
    linear = shader.radiance(geometry, camera, volume).numpy().copy()
    bytes_ = shader.rgb(geometry, camera, volume)
    return shader, linear.reshape(height, width, 3), bytes_


def test_lambert_under_the_sun() -> None:
    # Lambert: L = albedo / pi * E * cos; 6 % for the glossy part and the uneven tone.
    floor = _body("floor", Plane(5.0), GREY)
    for elevation in (0.6, 1.2):
        way = (math.cos(elevation), 0.0, math.sin(elevation))
        sun = Sun(direction=way, irradiance=(3.0, 3.0, 3.0), angular_radius=0.005)
        _, linear, _ = _draw(_scene(floor, sun=sun))
        expected = 0.5 / math.pi * 3.0 * math.sin(elevation)
        assert linear.mean() == pytest.approx(expected, rel=0.06)


def test_a_matt_surface_in_an_even_sky_shows_its_albedo() -> None:
    # White furnace: with radiance 1 from everywhere a convex body shows its albedo (plus gloss).
    ball = _body("ball", Sphere(0.2), GREY)
    _, linear, _ = _draw(_scene(ball, sky=EVEN))
    middle = linear[10:17, 20:28]
    assert 0.47 < middle.mean() < 0.58
    # What lies beside it is the sky itself.
    assert linear[1, 1] == pytest.approx([1.0, 1.0, 1.0], abs=1e-3)


def test_shadows_are_dark_and_open_floor_is_not() -> None:
    floor = _body("floor", Plane(5.0), GREY)
    lid = _body("lid", Box((0.5, 0.5, 0.02)), GREY, (0.0, -0.9, 1.5))
    way = np.array([0.0, -0.9, 1.5]) / math.hypot(0.9, 1.5)
    sun = Sun(direction=tuple(way), angular_radius=0.005)
    # The eye looks along a slope below the lid, which shades the middle of the picture.
    _, linear, _ = _draw(_scene(floor, lid, sun=sun, eye=(3.0, -1.0, 2.0)))
    assert linear[2, 2].min() > 0.2
    # Only light that bounced off the lit floor and the lid reaches the shadow.
    assert linear[13, 24].max() < 0.03 * linear[2, 2].min()


def test_penumbra_is_as_wide_as_the_sun() -> None:
    # A blocker at height h under a sun of angular radius r blurs its edge over 2 h tan(r).
    floor = _body("floor", Plane(5.0), GREY)
    lid = _body("lid", Box((4.0, 4.0, 0.002)), GREY, (-2.0, 0.0, 1.0))
    sun = Sun(direction=(0.0, 0.0, 1.0), angular_radius=0.1)
    scene = _scene(floor, lid, sun=sun, eye=(2.5, 0.0, 0.9))
    _, linear, _ = _draw(scene, samples=16, width=96, height=16)
    row = linear[8:, :, 0].max(axis=1)
    # Middle row shows x = 0, the middle of the penumbra: half the light.
    bright = 0.5 / math.pi * 3.0
    middle = linear[7:9, 40:56, 0].mean()
    assert middle == pytest.approx(0.5 * bright, rel=0.35)
    assert row.max() > 0.6 * bright


def test_a_mirror_shows_the_sky_of_its_metal() -> None:
    # Smooth metal: radiance = F0 * sky, F0 the linear base colour (normal-ish incidence, 45 deg).
    metal = Look(color=(1.0, 0.8, 0.5), accent=(1.0, 0.8, 0.5), metallic=1.0, roughness=0.02)
    plate = _body("plate", Plane(5.0), metal)
    _, linear, _ = _draw(_scene(plate, sky=EVEN))
    f0 = ((np.array([1.0, 0.8, 0.5]) + 0.055) / 1.055) ** 2.4
    assert linear.mean(axis=(0, 1)) == pytest.approx(np.minimum(f0, 0.95), rel=0.06)


def test_clear_glass_lets_the_floor_be_seen() -> None:
    # Two interfaces of n = 1.5 at 45 deg pass (1 - 0.05)^2 = 90 %; the rest adds sky.
    clear = Look(color=(1.0, 1.0, 1.0), transmission=1.0, roughness=0.0, refractive_index=1.5)
    floor = _body("floor", Plane(5.0), GREY)
    pane = _body("pane", Box((4.0, 4.0, 0.02)), clear, (0.0, 0.0, 0.5))
    _, without, _ = _draw(_scene(floor, sky=EVEN))
    _, through, _ = _draw(_scene(floor, pane, sky=EVEN))
    ratio = through[8:19, 12:36].mean() / without[8:19, 12:36].mean()
    assert 0.7 < ratio < 1.15


def test_coloured_glass_colours() -> None:
    green = Look(color=(0.2, 0.9, 0.3), transmission=1.0, roughness=0.0, attenuation_distance=0.05)
    floor = _body("floor", Plane(5.0), GREY)
    block = _body("block", Box((4.0, 4.0, 0.1)), green, (0.0, 0.0, 0.2))
    _, linear, _ = _draw(_scene(floor, block, sky=EVEN))
    r, g, b = linear[8:19, 12:36].mean(axis=(0, 1))
    assert g > 2 * r
    assert g > 1.5 * b


def test_hot_bodies_glow_more_and_whiter_when_hotter() -> None:
    seen = []
    for temperature in (600.0, 1000.0, 1400.0, 2000.0):
        body = _body("iron", Box((0.4, 0.4, 0.4)), GREY)
        hot = ThermalBody(name="iron", body=body, temperature=temperature)
        _, linear, _ = _draw(_scene(hot))
        seen.append(linear[11:16, 22:26].mean(axis=(0, 1)))
    assert seen[0].max() == 0.0
    light = [float(s @ [0.2126, 0.7152, 0.0722]) for s in seen]
    assert light[0] < light[1] < light[2] < light[3]
    for r, g, b in seen[1:]:
        assert r > g >= b
    assert seen[3][1] / seen[3][0] > seen[1][1] / seen[1][0]


def test_blackbody_has_the_colour_of_illuminant_a() -> None:
    # CIE standard illuminant A is Planck at 2856 K: x = 0.4476, y = 0.4074.
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ blackbody(2856.0)
    assert xyz[:2] / xyz.sum() == pytest.approx([0.4476, 0.4074], abs=0.006)


def test_pictures_repeat_and_do_not_depend_on_threads() -> None:
    floor = _body("floor", Plane(5.0), GREY)
    ball = _body("ball", Sphere(0.3), Look(roughness=0.1, texture="marble"), (0.0, 0.0, 0.3))
    sun = Sun(direction=(0.5, -0.3, 0.8), angular_radius=0.1)
    scene = _scene(floor, ball, sun=sun, sky=Sky())
    one = _draw(scene)[2]
    assert (one == _draw(scene)[2]).all()
    assert (one == _draw(scene, threads=2)[2]).all()


def test_exposure_is_set_once_and_lands_in_the_middle() -> None:
    for power in (0.05, 1.0, 40.0):
        sun = Sun(direction=(0.4, -0.3, 0.86), irradiance=(power, power, power))
        dim = (0.1 * power, 0.1 * power, 0.1 * power)
        sky = Sky(zenith=dim, horizon=dim)
        scene = _scene(_body("floor", Plane(5.0), GREY), sun=sun, sky=sky)
        shader, _, picture = _draw(scene)
        assert 0.3 < picture.mean() / 255 < 0.65
        held = shader.exposure
        assert held is not None
        assert (held > 0).all()


def test_still_pictures_do_not_flicker() -> None:
    # The samples of a pixel are the same in every frame: a still scene is a still picture.
    floor = _body("floor", Plane(5.0), GREY)
    scene = _scene(floor, sun=Sun(direction=(0.5, -0.3, 0.8), angular_radius=0.2), sky=Sky())
    assert (_draw(scene)[2] == _draw(scene)[2]).all()


WHITE = Look(color=(1.0, 1.0, 1.0), accent=(1.0, 1.0, 1.0), roughness=1.0)
"""Linear albedo 0.95, the most a surface may have."""


@pytest.mark.parametrize(
    ("change", "low", "high"),
    [
        ({}, 0.9, 0.97),
        ({"clear_coat": 1.0}, 0.9, 1.0),
        ({"metallic": 1.0, "roughness": 0.1}, 0.92, 0.97),
        ({"metallic": 1.0, "roughness": 0.5}, 0.92, 0.97),
        ({"metallic": 1.0, "roughness": 0.9}, 0.9, 0.98),
        ({"roughness": 0.2}, 0.9, 1.0),
        ({"translucency": 0.4}, 0.9, 0.985),
        ({"subsurface": 0.02}, 0.85, 1.0),
        ({"transmission": 1.0, "roughness": 0.0}, 0.98, 1.001),
        ({"transmission": 1.0, "roughness": 0.5}, 0.9, 1.001),
    ],
)
def test_white_furnace(change: dict, low: float, high: float) -> None:
    # In an even light no surface makes light, and a white one hardly takes any.
    ball = _body("ball", Sphere(0.2), replace(WHITE, **change))
    _, linear, _ = _draw(_scene(ball, sky=EVEN), samples=64)
    middle = linear[11:16, 22:26]
    assert low <= middle.mean() <= high
    assert middle.max() < 1.15 * high


def test_a_round_lamp_lights_by_its_solid_angle() -> None:
    # Irradiance of a sphere straight above: pi L (r / h)^2; Lambert gives albedo L (r / h)^2.
    floor = _body("floor", Plane(5.0), GREY)
    lamp = _body("lamp", Sphere(0.1), Look(emission=(9.0, 9.0, 9.0)), (0.0, 0.0, 2.0))
    _, linear, _ = _draw(_scene(floor, lamp, eye=(0.0, -3.0, 0.6)), samples=64)
    assert linear[12:15, 22:26].mean() == pytest.approx(0.5 * 9.0 * (0.1 / 2.0) ** 2, rel=0.06)


def test_a_square_lamp_lights_by_its_form_factor() -> None:
    # Parallel square of half-width a at height h, seen from below its middle (Howell, A Catalog of
    # Radiation Heat Transfer Configuration Factors, B-4): four corners of A = B = a / h.
    floor = _body("floor", Plane(5.0), GREY)
    lamp = _body("lamp", Box((1.0, 1.0, 0.001)), Look(emission=(2.0, 2.0, 2.0)), (0.0, 0.0, 1.0))
    _, linear, _ = _draw(_scene(floor, lamp, eye=(0.0, -3.0, 0.6)), samples=64)
    a = 0.5 / math.hypot(1.0, 0.5)
    factor = 4.0 / math.pi * a * math.atan(a)
    assert linear[12:15, 22:26].mean() == pytest.approx(0.5 * 2.0 * factor, rel=0.06)


def _slab_transmittance(n: float, optical_depth: float) -> float:
    """Of a slab at normal incidence, inner reflections included."""
    r = ((n - 1) / (n + 1)) ** 2
    t = math.exp(-optical_depth)
    return (1 - r) ** 2 * t / (1 - (r * t) ** 2)


LOOK_DOWN = (0.0, -0.01, 3.0)
GLOWING = Look(emission=(1.0, 1.0, 1.0))


def test_beer_lambert() -> None:
    # A slab of 0.1 m that takes the colour over 0.2 m lets sqrt(colour) through, less Fresnel.
    glass = Look(
        color=(0.5372, 1.0, 0.7354), transmission=1.0, roughness=0.0, attenuation_distance=0.2
    )
    table = _body("table", Box((3.0, 3.0, 0.02)), GLOWING)
    slab = _body("slab", Box((3.0, 3.0, 0.1)), glass, (0.0, 0.0, 0.5))
    _, linear, _ = _draw(_scene(table, slab, eye=LOOK_DOWN), samples=256)
    for channel, albedo in enumerate((0.25, 1.0, 0.5)):
        expected = _slab_transmittance(1.5, -math.log(albedo) / 2)
        assert linear[..., channel].mean() == pytest.approx(expected, rel=0.01)


def test_clear_matter_that_overlaps_has_one_interface() -> None:
    # Water that reaches 5 mm into its glass: air, glass, water, air; three reflections, not four.
    glass = Look(color=(1.0, 1.0, 1.0), transmission=1.0, roughness=0.0, refractive_index=1.6)
    water = replace(glass, refractive_index=1.33)
    table = _body("table", Box((3.0, 3.0, 0.02)), GLOWING)
    under = _body("glass", Box((3.0, 3.0, 0.1)), glass, (0.0, 0.0, 0.5))
    over = _body("water", Box((3.0, 3.0, 0.1)), water, (0.0, 0.0, 0.595))
    _, linear, _ = _draw(_scene(table, under, over, eye=LOOK_DOWN), samples=1024)
    bare = [((a - b) / (a + b)) ** 2 for a, b in ((1.0, 1.33), (1.33, 1.6), (1.6, 1.0))]
    # No absorption: reflected light goes up and is lost to the dark but for what turns back twice.
    # 1 / T = 1 + sum of r / (1 - r) holds for stacks of lossless interfaces (incoherent).
    expected = 1.0 / (1.0 + sum(r / (1 - r) for r in bare))
    assert linear.mean() == pytest.approx(expected, rel=0.006)


def test_light_is_the_same_however_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # Asking the panorama and meeting it by chance are two estimates of one integral.
    floor = _body("floor", Plane(5.0), replace(GREY, roughness=0.4))
    lid = _body("lid", Box((0.6, 0.6, 0.02)), GREY, (0.0, 0.3, 0.4))
    sky = Sky(zenith=(3.0, 3.0, 3.0), horizon=(0.2, 0.3, 0.5))
    means = []
    for even in (1e9, 0.0):
        monkeypatch.setattr(lighting, "EVEN", even)
        _, linear, _ = _draw(_scene(floor, lid, sky=sky), samples=256)
        means.append(linear.mean(axis=(0, 1)))
    assert means[0] == pytest.approx(means[1], rel=0.01)


def test_a_mirror_shows_the_disc_of_the_sun() -> None:
    # Radiance of the disc: irradiance / (pi sin^2 radius).
    metal = Look(
        color=(1.0, 1.0, 1.0), accent=(1.0, 1.0, 1.0), metallic=1.0, roughness=0.0, texture="plain"
    )
    way = np.array([0.0, 3.0, 3.0]) / math.hypot(3.0, 3.0)
    sun = Sun(direction=tuple(way), irradiance=(1.0, 1.0, 1.0), angular_radius=0.1)
    _, linear, _ = _draw(_scene(_body("plate", Plane(5.0), metal), sun=sun), samples=64)
    expected = 0.95 / (math.pi * math.sin(0.1) ** 2)
    assert linear[13, 24].mean() == pytest.approx(expected, rel=0.08)
    assert linear[1, 1].max() < 0.05


def test_what_is_seen_through_a_slab_is_shifted() -> None:
    # Snell: a slab of thickness t shifts a ray at angle a by t sin a (1 - cos a / sqrt(n^2 -
    # sin^2 a)) across it, here 0.0987 m.
    glass = Look(color=(1.0, 1.0, 1.0), transmission=1.0, roughness=0.0)
    table = _body("table", Box((2.0, 2.0, 0.001)), GLOWING, (0.0, 1.0, 0.0))
    slab = _body("slab", Box((3.0, 3.0, 0.3)), glass, (0.0, 0.0, 0.4))
    rows = []
    for elements in ((table,), (table, slab)):
        _, linear, _ = _draw(_scene(*elements, sky=DARK), samples=16, width=48, height=271)
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
    scene = _scene(_body("sheet", sheet, cloth), sun=sun, eye=(0.0, -0.01, -3.0))
    _, linear, _ = _draw(scene)
    assert linear.mean() == pytest.approx(0.5 * 0.5 / math.pi * 3.0, rel=0.08)


def test_light_beneath_a_surface_softens_its_shadow() -> None:
    # Matt: the edge of a sharp shadow is sharp. Wax: light wanders over it.
    lid = _body("lid", Box((4.0, 4.0, 0.002)), GREY, (-2.0, 0.0, 1.0))
    sun = Sun(direction=(0.0, 0.0, 1.0), angular_radius=0.002)
    widths = []
    for mean_path in (0.0, 0.2):
        block = _body("block", Box((6.0, 6.0, 0.5)), replace(GREY, subsurface=mean_path))
        scene = _scene(block, lid, sun=sun, eye=(2.5, 0.0, 0.9))
        _, linear, _ = _draw(scene, samples=64, width=96, height=16)
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


def test_a_lens_blurs_what_is_out_of_focus() -> None:
    # Circle of confusion of a point at depth z, focus f, aperture radius r: 2 r |1 - f / z| at the
    # focus plane. The edge of a lamp at z = 2 f is spread over 2 r / 2 = r of that plane.
    plate = _body("plate", Box((8.0, 0.01, 4.0)), GLOWING, (4.0, 2.0, 0.0))
    pose = still(CLOCK, eye=(0.0, -2.0, 0.0), target=(0.0, 0.0, 0.0), field_of_view=0.3)
    widths = []
    for lens in (None, 0.5):
        camera = replace(pose, f_number=lens, focus_distance=np.array([2.0]))
        scene = Scene(elements=(plate,), clock=CLOCK, cameras=(camera,), sun=None, sky=DARK)
        _, linear, _ = _draw(scene, samples=64, width=480, height=45)
        row = linear[..., 0].mean(axis=0)
        widths.append(int(((row > 0.02) & (row < 0.98)).sum()))
    pixel = 2.0 * 2 * math.tan(0.15) / 45
    assert widths[0] <= 1
    assert widths[1] * pixel == pytest.approx(camera.lens_radius, rel=0.15)


def test_a_lens_needs_its_focus() -> None:
    with pytest.raises(SimgenError, match="focus_distance"):
        replace(still(CLOCK, eye=(0.0, -2.0, 0.0), target=(0.0, 0.0, 0.0)), f_number=4.0)


def test_exposure_bias_counts_in_stops() -> None:
    scene = _scene(_body("floor", Plane(5.0), GREY), sky=EVEN)
    lighter = replace(scene, cameras=(replace(scene.cameras[0], exposure_bias=1.0),))
    one, two = _draw(scene)[0].exposure, _draw(lighter)[0].exposure
    assert two == pytest.approx(2.0 * one)
