"""The picture against closed forms: Lambert, shadows, mirrors, glass, glow, lens; and repeated."""

import math
from dataclasses import replace

import numpy as np
import pytest
from drawing import CLOCK, DARK, EVEN, GLOWING, GREY, draw, solid, world

from simgen.camera import still
from simgen.errors import SimgenError
from simgen.geometry import Box, Plane, Sphere, TriangleMesh
from simgen.material import Look
from simgen.renderers.tone import blackbody
from simgen.scene import Scene, Sky, Sun, ThermalBody


def test_lambert_under_the_sun() -> None:
    # Lambert: L = albedo / pi * E * cos; 6 % for the glossy part and the uneven tone.
    floor = solid("floor", Plane(5.0), GREY)
    for elevation in (0.6, 1.2):
        way = (math.cos(elevation), 0.0, math.sin(elevation))
        sun = Sun(direction=way, irradiance=(3.0, 3.0, 3.0), angular_radius=0.005)
        _, linear, _ = draw(world(floor, sun=sun))
        expected = 0.5 / math.pi * 3.0 * math.sin(elevation)
        assert linear.mean() == pytest.approx(expected, rel=0.06)


def test_a_matt_surface_in_an_even_sky_shows_its_albedo() -> None:
    # White furnace: with radiance 1 from everywhere a convex body shows its albedo (plus gloss).
    ball = solid("ball", Sphere(0.2), GREY)
    _, linear, _ = draw(world(ball, sky=EVEN))
    middle = linear[10:17, 20:28]
    assert 0.47 < middle.mean() < 0.58
    # What lies beside it is the sky itself.
    assert linear[1, 1] == pytest.approx([1.0, 1.0, 1.0], abs=1e-3)


def test_shadows_are_dark_and_open_floor_is_not() -> None:
    floor = solid("floor", Plane(5.0), GREY)
    lid = solid("lid", Box((0.5, 0.5, 0.02)), GREY, (0.0, -0.9, 1.5))
    way = np.array([0.0, -0.9, 1.5]) / math.hypot(0.9, 1.5)
    sun = Sun(direction=tuple(way), angular_radius=0.005)
    # The eye looks along a slope below the lid, which shades the middle of the picture.
    _, linear, _ = draw(world(floor, lid, sun=sun, eye=(3.0, -1.0, 2.0)))
    assert linear[2, 2].min() > 0.2
    # Only light that bounced off the lit floor and the lid reaches the shadow.
    assert linear[13, 24].max() < 0.03 * linear[2, 2].min()


def test_penumbra_is_as_wide_as_the_sun() -> None:
    # A blocker at height h under a sun of angular radius r blurs its edge over 2 h tan(r).
    floor = solid("floor", Plane(5.0), GREY)
    lid = solid("lid", Box((4.0, 4.0, 0.002)), GREY, (-2.0, 0.0, 1.0))
    sun = Sun(direction=(0.0, 0.0, 1.0), angular_radius=0.1)
    scene = world(floor, lid, sun=sun, eye=(2.5, 0.0, 0.9))
    _, linear, _ = draw(scene, samples=16, width=96, height=16)
    row = linear[8:, :, 0].max(axis=1)
    # Middle row shows x = 0, the middle of the penumbra: half the light.
    bright = 0.5 / math.pi * 3.0
    middle = linear[7:9, 40:56, 0].mean()
    assert middle == pytest.approx(0.5 * bright, rel=0.35)
    assert row.max() > 0.6 * bright


def test_a_mirror_shows_the_sky_of_its_metal() -> None:
    # Smooth metal: radiance = F0 * sky, F0 the linear base colour (normal-ish incidence, 45 deg).
    metal = Look(color=(1.0, 0.8, 0.5), accent=(1.0, 0.8, 0.5), metallic=1.0, roughness=0.02)
    plate = solid("plate", Plane(5.0), metal)
    _, linear, _ = draw(world(plate, sky=EVEN))
    f0 = ((np.array([1.0, 0.8, 0.5]) + 0.055) / 1.055) ** 2.4
    assert linear.mean(axis=(0, 1)) == pytest.approx(np.minimum(f0, 0.95), rel=0.06)


def test_clear_glass_lets_the_floor_be_seen() -> None:
    # Two interfaces of n = 1.5 at 45 deg pass (1 - 0.05)^2 = 90 %; the rest adds sky.
    clear = Look(color=(1.0, 1.0, 1.0), transmission=1.0, roughness=0.0, refractive_index=1.5)
    floor = solid("floor", Plane(5.0), GREY)
    pane = solid("pane", Box((4.0, 4.0, 0.02)), clear, (0.0, 0.0, 0.5))
    _, without, _ = draw(world(floor, sky=EVEN))
    _, through, _ = draw(world(floor, pane, sky=EVEN))
    ratio = through[8:19, 12:36].mean() / without[8:19, 12:36].mean()
    assert 0.7 < ratio < 1.15


def test_coloured_glass_colours() -> None:
    green = Look(color=(0.2, 0.9, 0.3), transmission=1.0, roughness=0.0, attenuation_distance=0.05)
    floor = solid("floor", Plane(5.0), GREY)
    block = solid("block", Box((4.0, 4.0, 0.1)), green, (0.0, 0.0, 0.2))
    _, linear, _ = draw(world(floor, block, sky=EVEN))
    r, g, b = linear[8:19, 12:36].mean(axis=(0, 1))
    assert g > 2 * r
    assert g > 1.5 * b


def test_hot_bodies_glow_more_and_whiter_when_hotter() -> None:
    seen = []
    for temperature in (600.0, 1000.0, 1400.0, 2000.0):
        body = solid("iron", Box((0.4, 0.4, 0.4)), GREY)
        hot = ThermalBody(name="iron", body=body, temperature=temperature)
        _, linear, _ = draw(world(hot))
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
    floor = solid("floor", Plane(5.0), GREY)
    ball = solid("ball", Sphere(0.3), Look(roughness=0.1, texture="marble"), (0.0, 0.0, 0.3))
    sun = Sun(direction=(0.5, -0.3, 0.8), angular_radius=0.1)
    scene = world(floor, ball, sun=sun, sky=Sky())
    one = draw(scene)[2]
    assert (one == draw(scene)[2]).all()
    assert (one == draw(scene, threads=2)[2]).all()


def test_exposure_is_set_once_and_lands_in_the_middle() -> None:
    for power in (0.05, 1.0, 40.0):
        sun = Sun(direction=(0.4, -0.3, 0.86), irradiance=(power, power, power))
        dim = (0.1 * power, 0.1 * power, 0.1 * power)
        sky = Sky(zenith=dim, horizon=dim)
        scene = world(solid("floor", Plane(5.0), GREY), sun=sun, sky=sky)
        shader, _, picture = draw(scene)
        assert 0.3 < picture.mean() / 255 < 0.65
        held = shader.exposure
        assert held is not None
        assert (held > 0).all()


def test_still_pictures_do_not_flicker() -> None:
    # The samples of a pixel are the same in every frame: a still scene is a still picture.
    floor = solid("floor", Plane(5.0), GREY)
    scene = world(floor, sun=Sun(direction=(0.5, -0.3, 0.8), angular_radius=0.2), sky=Sky())
    assert (draw(scene)[2] == draw(scene)[2]).all()


def test_a_lens_blurs_what_is_out_of_focus() -> None:
    # Circle of confusion of a point at depth z, focus f, aperture radius r: 2 r |1 - f / z| at the
    # focus plane. The edge of a lamp at z = 2 f is spread over 2 r / 2 = r of that plane.
    plate = solid("plate", Box((8.0, 0.01, 4.0)), GLOWING, (4.0, 2.0, 0.0))
    pose = still(CLOCK, eye=(0.0, -2.0, 0.0), target=(0.0, 0.0, 0.0), field_of_view=0.3)
    widths = []
    for radius in (0.0, 0.08):
        camera = replace(pose, lens_radius=radius, focus_distance=np.array([2.0]))
        scene = Scene(elements=(plate,), clock=CLOCK, cameras=(camera,), sun=None, sky=DARK)
        _, linear, _ = draw(scene, samples=64, width=480, height=45)
        row = linear[..., 0].mean(axis=0)
        widths.append(int(((row > 0.02) & (row < 0.98)).sum()))
    pixel = 2.0 * 2 * math.tan(0.15) / 45
    assert widths[0] <= 1
    assert widths[1] * pixel == pytest.approx(0.08, rel=0.15)


def test_a_lens_needs_its_focus() -> None:
    with pytest.raises(SimgenError, match="focus_distance"):
        replace(still(CLOCK, eye=(0.0, -2.0, 0.0), target=(0.0, 0.0, 0.0)), lens_radius=0.01)


def test_exposure_bias_counts_in_stops() -> None:
    scene = world(solid("floor", Plane(5.0), GREY), sky=EVEN)
    lighter = replace(scene, cameras=(replace(scene.cameras[0], exposure_bias=1.0),))
    one, two = draw(scene)[0].exposure, draw(lighter)[0].exposure
    assert two == pytest.approx(2.0 * one)


def test_degenerate_triangles_leave_no_mark() -> None:
    # One real square, and slivers without area on its corners and edges.
    points = np.array(
        [[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    )
    good = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    bad = np.array([[0, 0, 0], [0, 4, 2], [1, 1, 3], [4, 4, 2]], np.int32)
    pictures = []
    for faces in (good, np.concatenate([good, bad])):
        mesh = TriangleMesh(points, faces, smooth=False)
        _, linear, _ = draw(world(solid("sheet", mesh, GREY), sun=Sun(direction=(0, 0, 1))))
        pictures.append(linear)
    assert np.isfinite(pictures[1]).all()
    assert pictures[1] == pytest.approx(pictures[0], abs=1e-5)


def test_a_still_background_does_not_flicker_beside_a_moving_ball() -> None:
    # What the denoiser changes far from the motion stays below what H.264 at CRF 18 does.
    floor = solid("floor", Plane(5.0), replace(GREY, texture="wood"))
    pictures = []
    for x in (-0.05, 0.05):
        ball = solid("ball", Sphere(0.1), GREY, (x, 0.0, 0.1))
        sun = Sun(direction=(0.5, -0.3, 0.8), angular_radius=0.05)
        lit = world(floor, ball, sun=sun, sky=Sky(zenith=(0.3, 0.4, 0.6)))
        pictures.append(draw(lit, width=192, height=108, denoise=True)[2].astype(float))
    changed = np.abs(pictures[1] - pictures[0])
    assert changed[40:70, 80:112].max() > 30.0
    assert changed[:, :30].mean() < 0.3
    assert np.percentile(changed[:, :30], 99) <= 2.0
