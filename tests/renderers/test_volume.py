"""Smoke and flame against closed forms: what they let through, what they scatter, their shadows."""

import math
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from drawing import EVEN, GLOWING, GREY, draw, draw_filled, prepare, smoke, solid, world, wp
from test_oracles import trajectory_of

from simgen.errors import SimgenError
from simgen.geometry import Box, Plane, Sphere
from simgen.material import Look
from simgen.renderer import View, make_renderer
from simgen.renderers.volume_light import _around
from simgen.scene import Fuel, Gas, Haze, Scene, Sky, Sun, Vector

BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
DARK = (0.0998,) * 3
"""sRGB of linear 0.01: light that scatters twice does not count."""
MIRROR = Look(color=WHITE, accent=WHITE, metallic=1.0, roughness=0.02)
CLEAR = Look(color=WHITE, accent=WHITE, transmission=1.0, roughness=0.0, refractive_index=1.0001)
SAMPLES = 256
"""Per pixel, for a picture almost without noise."""
WALL = smoke((-2.0, -0.5, 0.0), (2.0, 0.5, 4.0), 0.1)
"""A slab of smoke, one metre thick along y."""


def straight(*elements, gas: Gas = WALL, **light) -> Scene:
    """Looks along +y through the middle of the slab."""
    eye, target = (0.0, -6.0, 2.0), (0.0, 0.0, 2.0)
    return world(*elements, gas, eye=eye, target=target, **light)


def test_a_slab_lets_through_what_beer_and_lambert_say() -> None:
    picture = draw_filled(straight(gas=replace(WALL, color=BLACK), sky=EVEN), smoke=1.0)
    assert picture.mean() == pytest.approx(math.exp(-1.0), rel=0.02)


def test_smoke_shows_in_a_mirror_and_through_glass() -> None:
    # The mirror lies on the floor and shows the slab from below: the way through is sqrt(2) long.
    gas = smoke((-3.0, 1.0, 0.2), (3.0, 2.0, 5.0), 0.1, color=BLACK)
    floor = solid("mirror", Plane(20.0), MIRROR)
    clean = draw_filled(world(floor, gas, sky=EVEN), smoke=0.0)[8:-8, 16:-16]
    seen = draw_filled(world(floor, gas, sky=EVEN), smoke=1.0)[8:-8, 16:-16]
    assert (seen / clean).mean() == pytest.approx(math.exp(-math.sqrt(2.0)), rel=0.03)
    pane = solid("pane", Box((3.0, 0.02, 3.0)), CLEAR, (0.0, -2.0, 2.0))
    behind = draw_filled(straight(pane, gas=replace(WALL, color=BLACK), sky=EVEN), smoke=1.0)
    assert behind.mean() == pytest.approx(math.exp(-1.0), rel=0.02)


def test_the_sun_lights_a_thin_slab_by_its_integral() -> None:
    # L = albedo E p(turn) sigma * integral over s of exp(-sigma s (1 + 1 / slant)): the ray and the
    # sun come in through the same face, the sun with a cosine `slant` to its normal.
    sun = Sun(direction=(0.0, -0.6, 0.8), irradiance=(2.0, 2.0, 2.0), angular_radius=0.005)
    sigma, g, slant = 0.2, 0.6, 0.6
    gas = replace(WALL, color=DARK)
    turn = -slant
    p = (1 - g * g) / (4 * math.pi * (1 + g * g - 2 * g * turn) ** 1.5)
    rate = sigma * (1 + 1 / slant)
    expected = 0.01 * 2.0 * p * sigma * (1 - math.exp(-rate)) / rate
    picture = draw_filled(straight(gas=gas, sun=sun), smoke=sigma)
    assert picture.mean() == pytest.approx(expected, rel=0.05)


def test_a_lamp_lights_smoke_by_its_distance() -> None:
    # A ball of radius r and radiance 1 sends pi r^2 / d^2 to a point at d; scattered once.
    r, sigma, g = 0.1, 0.05, 0.6
    lamp = solid("lamp", Sphere(r), GLOWING, (0.0, 0.0, 3.2))
    picture = draw_filled(straight(lamp, gas=replace(WALL, color=DARK)), smoke=sigma)
    s = np.linspace(-0.5, 0.5, 2001)
    d = np.hypot(1.2, s)
    p = (1 - g * g) / (4 * math.pi * (1 + g * g + 2 * g * s / d) ** 1.5)
    passed = np.exp(-sigma * (0.5 + s + d))
    expected = 0.01 * sigma * float(np.trapezoid(p * passed * math.pi * r * r / d**2, s))
    assert picture[12:15, 22:26].mean() == pytest.approx(expected, rel=0.05)


def test_a_solid_casts_its_shadow_into_smoke() -> None:
    # The lid hides the sun, which stands high, from the right half of the slab.
    lid = solid("lid", Box((4.0, 4.0, 0.02)), GREY, (2.0, 0.0, 4.2))
    sun = Sun(direction=(0.0, 0.0, 1.0), irradiance=(2.0, 2.0, 2.0), angular_radius=0.005)
    picture = draw_filled(straight(lid, gas=replace(WALL, color=DARK), sun=sun), smoke=0.2)
    lit, dark = picture[:, :20].mean(), picture[:, -20:].mean()
    assert dark < 0.05 * lit


def test_white_smoke_in_an_even_light_cannot_be_seen() -> None:
    # Furnace: as much light comes out of a medium of albedo 1 as goes in, at every depth; within
    # what 24 directions and 10 steps can tell.
    for depth in (0.3, 3.0):
        picture = draw_filled(straight(gas=replace(WALL, color=WHITE), sky=EVEN), smoke=depth)
        assert picture == pytest.approx(1.0, abs=0.05)


def test_a_flame_is_as_bright_in_a_mirror() -> None:
    # The mirror lies half-way; without it the camera looks from where its image is.
    lower, upper = (-0.2, 1.3, 1.3), (0.2, 1.7, 1.7)
    flame = smoke(lower, upper, 0.05, fuel=Fuel(heat=4e7, air=15.0))
    full = {"soot": 0.5, "flame_sheet": 0.0, "temperature": 1850.0}
    floor = solid("mirror", Plane(20.0), MIRROR)
    seen = draw_filled(world(flame, eye=(0.0, -1.5, -1.5)), **full)
    mirrored = draw_filled(world(floor, flame, eye=(0.0, -1.5, 1.5)), **full)
    seen, mirrored = (picture[12:15, 22:26].mean(axis=(0, 1)) for picture in (seen, mirrored))
    assert seen.min() > 0.01
    assert mirrored == pytest.approx(seen, rel=0.1)


def test_surfaces_send_what_they_reflect() -> None:
    # A wide floor of albedo 0.5 in an even light of 1 sends 0.5 over half of all directions; what
    # comes from afar is not counted, and in a closed room nothing arrives.
    box = (wp.vec3(-0.1, -0.1, 0.2), wp.vec3(0.1, 0.1, 0.4))
    floor = solid("floor", Plane(50.0), GREY)
    room = solid("room", Box((2.0, 2.0, 2.0)), GREY)
    for elements, sent in (((floor,), 0.5), ((floor, room), 0.0)):
        shader, geometry = prepare(world(*elements, sky=EVEN))
        found = np.array(
            _around(geometry.geometry, shader._looks, shader._light, *box, False)
        ).reshape(3, 4)
        assert found[:, 0] == pytest.approx(sent * 2 * math.pi, rel=0.05, abs=0.01)
        assert found[:, 3] == pytest.approx(sent * math.pi, rel=0.05, abs=0.01)


def test_still_smoke_is_a_still_picture() -> None:
    sun = Sun(direction=(0.3, -0.6, 0.74))
    pictures = [draw_filled(straight(sun=sun, sky=EVEN), smoke=1.0, samples=2) for _ in range(2)]
    assert np.array_equal(*pictures)


def dusty(*elements, depth: float, albedo: Vector = BLACK, top: float = 20.0, **light) -> Scene:
    """Looks along +y through a metre of haze of this optical depth."""
    box = {"lower": (-20.0, -0.5, -20.0), "upper": (20.0, 0.5, top)}
    haze = Haze(**box, extinction=depth, albedo=albedo)
    scene = world(*elements, eye=(0.0, -6.0, 2.0), target=(0.0, 0.0, 2.0), **light)
    return replace(scene, haze=haze)


def test_haze_lets_through_what_beer_and_lambert_say() -> None:
    # The wall behind it is lit through the haze, and seen through it.
    sun = Sun(direction=(0.0, -0.8, 0.6), irradiance=(2.0, 2.0, 2.0), angular_radius=0.005)
    wall = solid("wall", Box((20.0, 0.2, 20.0)), GREY, (0.0, 2.0, 0.0))
    clean = draw(replace(dusty(wall, depth=1.0, sun=sun), haze=None))[1].mean()
    seen = draw(dusty(wall, depth=0.5, sun=sun))[1].mean()
    assert seen / clean == pytest.approx(math.exp(-0.5 * (1 + 1 / 0.8)), rel=0.02)


def test_the_sun_lights_haze_by_its_integral() -> None:
    # As thin smoke: one sample of a place per path.
    sun = Sun(direction=(0.0, -0.6, 0.8), irradiance=(2.0, 2.0, 2.0), angular_radius=0.005)
    g, depth, turn = 0.7, 0.5, -0.6
    p = (1 - g * g) / (4 * math.pi * (1 + g * g - 2 * g * turn) ** 1.5)
    rate = depth * (1 + 1 / 0.6)
    expected = 2.0 * p * depth * (1 - math.exp(-rate)) / rate
    picture = draw(dusty(depth=depth, albedo=WHITE, sun=sun), samples=16)[1]
    assert picture.mean() == pytest.approx(expected, rel=0.03)


def test_a_lamp_lights_haze_by_its_distance() -> None:
    # As thin smoke, by places that are likelier near the lamp.
    r, depth, g = 0.1, 0.05, 0.7
    lamp = solid("lamp", Sphere(r), GLOWING, (0.0, 0.0, 3.2))
    picture = draw(dusty(lamp, depth=depth, albedo=WHITE), samples=16)[1]
    s = np.linspace(-0.5, 0.5, 2001)
    d = np.hypot(1.2, s)
    p = (1 - g * g) / (4 * math.pi * (1 + g * g + 2 * g * s / d) ** 1.5)
    passed = np.exp(-depth * (0.5 + s + d))
    expected = depth * float(np.trapezoid(p * passed * math.pi * r * r / d**2, s))
    assert picture[12:15, 22:26].mean() == pytest.approx(expected, rel=0.06)


def test_white_haze_in_an_even_light_cannot_be_seen() -> None:
    assert draw(dusty(depth=0.3, albedo=WHITE, sky=EVEN))[1] == pytest.approx(1.0, abs=0.02)


def test_a_beam_of_light_shows_in_haze() -> None:
    # Through a gap between two lids the sun, high above, lights a strip of the haze.
    sun = Sun(direction=(0.0, 0.0, 1.0), irradiance=(2.0, 2.0, 2.0), angular_radius=0.005)
    dull = replace(GREY, color=DARK, accent=DARK)
    lids = [solid(f"lid_{x}", Box((4.0, 4.0, 0.02)), dull, (2.2 * x, 0.0, 4.2)) for x in (-1, 1)]
    picture = draw(dusty(*lids, depth=0.2, albedo=WHITE, top=4.1, sun=sun), samples=16)[1]
    assert picture[:, :12].mean() < 0.05 * picture[:, 22:26].mean()


def test_haze_is_no_matter_of_labels() -> None:
    sun = Sun(direction=(0.0, -0.6, 0.8))
    scene = dusty(solid("ball", Sphere(0.3), GREY, (0.0, 1.0, 2.0)), depth=1.0, sun=sun)
    view, names = View(width=24, height=16, samples=1), frozenset({"rgb", "depth", "segmentation"})
    frames = [
        next(iter(make_renderer("warp").render(s, trajectory_of(s), view, names)))
        for s in (scene, replace(scene, haze=None))
    ]
    assert np.array_equal(frames[0]["depth"], frames[1]["depth"])
    assert np.array_equal(frames[0]["segmentation"], frames[1]["segmentation"])
    assert not np.array_equal(frames[0]["rgb"], frames[1]["rgb"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"extinction": 0.0}, "haze=None"),
        ({"extinction": math.nan}, "extinction"),
        ({"upper": (0.0, -1.0, 1.0)}, "below upper"),
        ({"albedo": (1.2, 0.5, 0.5)}, "0..1"),
        ({"asymmetry": 1.0}, "asymmetry"),
    ],
)
def test_bad_haze_is_refused(change: dict, message: str) -> None:
    good = {"lower": (-1.0, -1.0, 0.0), "upper": (1.0, 1.0, 2.0), "extinction": 0.1}
    with pytest.raises(SimgenError, match=message):
        Haze(**good | change)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mitsuba") is None, reason="simgen[mitsuba] is not installed")
@pytest.mark.parametrize(("grey", "least"), [(0.0, 36.0), (0.7, 36.0), (0.95, 36.0)])
def test_smoke_is_mitsubas(grey: float, least: float) -> None:
    """A cloud of optical depth 3 or so, under a lid and beside a ball, in sun and sky, against
    Mitsuba's volumetric path tracer; measured: 37 dB."""
    from test_pictures import MATT, psnr

    from simgen.renderers.mitsuba import Pictures

    gas = smoke((-0.6, -0.6, 0.0), (0.6, 0.6, 1.2), 0.05, absorption=6.0, color=(grey,) * 3)
    things = (
        solid("floor", Plane(20.0), MATT),
        solid("lid", Box((0.6, 0.6, 0.03)), MATT, (-0.4, 0.0, 1.3)),
        solid("ball", Sphere(0.15), replace(MATT, color=(0.7, 0.3, 0.2)), (0.5, -0.5, 0.15)),
    )
    eye, target = (0.5, -5.0, 1.4), (0.0, 0.0, 0.6)
    scene = world(
        *things, gas, sky=Sky(), sun=Sun(direction=(0.5, -0.3, 0.81)), eye=eye, target=target
    )
    states = trajectory_of(scene)
    grid = states.grids["smoke"]
    x, y, z = (np.indices(grid.smoke.shape[1:]) + 0.5) * grid.cell - 0.6
    cloud = np.exp(-(((x**2 + y**2 + z**2) / 0.3**2) ** 2)) * (
        1 + 0.6 * np.sin(9 * x) * np.sin(8 * z)
    )
    cloudy = replace(states, grids={"smoke": replace(grid, smoke=cloud[None].astype(np.float32))})
    view = View(width=128, height=72, samples=SAMPLES, denoise=False)
    frame = next(iter(make_renderer("warp").render(scene, cloudy, view, frozenset({"rgb"}))))
    reference = Pictures(scene, cloudy, view, textured=False)
    reference.exposure = frame.exposure
    decibel = psnr(frame["rgb"], reference.rgb(0))
    print(f"smoke of colour {grey}: PSNR {decibel:.1f} dB")
    assert decibel > least
