"""Panoramas: the sky's physics, clouds, interiors, and what is refused."""

import math
from dataclasses import replace

import numpy as np
import pytest

from simgen.atmosphere import SUN, clear_sky, sky_irradiance, sun_irradiance
from simgen.errors import SimgenError
from simgen.renderers.environment import directions, gradient, panorama, solid_angles
from simgen.renderers.environment_rooms import ROOMS
from simgen.scene import Clock, Interior, OpenSky, Scene, Sky, Sun, Surroundings
from simgen.sky import INTERIORS
from simgen.spectrum import LUMINANCE

LUX = 128_000.0 / SUN
"""Of one unit of irradiance: the sun above the air gives 128 klx (CIE)."""
ROWS, COLUMNS = 64, 128


def _toward(elevation: float, azimuth: float = 0.0) -> tuple[float, float, float]:
    e = math.radians(elevation)
    return (math.cos(e) * math.cos(azimuth), math.cos(e) * math.sin(azimuth), math.sin(e))


def _map(sky: Surroundings, rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    scene = Scene(elements=(), clock=Clock(frames=1, fps=24.0), sky=sky)
    return panorama(scene, rows, columns)


def _level(light: np.ndarray) -> np.ndarray:
    """(3,) irradiance of level land."""
    rows, columns = light.shape[:2]
    up = np.maximum(directions(rows, columns)[..., 2], 0.0) * solid_angles(rows, columns)[:, None]
    return (light * up[..., None]).sum(axis=(0, 1))


def _sky(elevation: float, way: tuple[float, float, float], turbidity: float = 2.5) -> np.ndarray:
    ways = np.array([way]) / np.linalg.norm(way)
    return clear_sky(ways, np.array(_toward(elevation)), turbidity)[0]


def test_pixels_cover_the_sphere() -> None:
    assert solid_angles(ROWS, COLUMNS).sum() * COLUMNS == pytest.approx(4 * math.pi)
    ways = directions(ROWS, COLUMNS)
    assert ways[0, 0, 2] > 0.99
    assert ways[ROWS // 2, 0, 0] > 0.99
    assert ways[ROWS // 2, COLUMNS // 4, 1] > 0.99
    np.testing.assert_allclose(np.linalg.norm(ways, axis=-1), 1.0)


@pytest.mark.parametrize(
    ("elevation", "low", "high"),
    # Level illuminance of a clear sky and the sun [lx] at these elevations: Seidelmann,
    # Explanatory Supplement to the Astronomical Almanac, table 9.312 (log lux 4.93, 4.31, 2.87,
    # 0.51), within a factor of 1.6 by day and 2.6 in twilight.
    [(60.0, 60e3, 120e3), (15.0, 12e3, 32e3), (0.0, 450.0, 1200.0), (-6.0, 1.3, 8.5)],
)
def test_illuminance_follows_the_sun(elevation: float, low: float, high: float) -> None:
    toward = np.array(_toward(elevation))
    sun = sun_irradiance(math.radians(elevation), 2.5) * max(toward[2], 0.0)
    assert low < float((sun + sky_irradiance(toward, 2.5)) @ LUMINANCE) * LUX < high


def test_a_clear_sky_is_blue_overhead_and_bright_at_the_horizon() -> None:
    red, green, blue = _sky(30.0, (0.0, 0.0, 1.0))
    assert blue > 1.25 * green > 1.4 * red
    # Opposite the sun the horizon is 2 to 4 times as bright as the zenith (CIE clear sky, type 12).
    horizon = _sky(30.0, (-1.0, 0.0, 0.03))
    assert 1.8 < horizon @ LUMINANCE / (_sky(30.0, (0.0, 0.0, 1.0)) @ LUMINANCE) < 4.0


def test_the_sun_outshines_the_sky_and_reddens_as_it_sets() -> None:
    toward = np.array(_toward(60.0))
    sun = sun_irradiance(math.radians(60.0), 2.5)
    # Diffuse light is 12 to 25 % of the total on a clear day (Perez et al. 1990).
    sky = float(sky_irradiance(toward, 2.5) @ LUMINANCE)
    assert 0.12 < sky / (sky + float(sun @ LUMINANCE) * toward[2]) < 0.27
    ratios = [r / b for r, _, b in (sun_irradiance(math.radians(e), 2.5) for e in (60, 20, 10, 5))]
    assert ratios == sorted(ratios)
    assert ratios[0] < 1.7
    assert ratios[-1] > 4.0
    assert sun_irradiance(-0.02, 2.5).max() == 0.0


def test_the_air_makes_no_light() -> None:
    for elevation in (80.0, 40.0, 10.0):
        toward = np.array(_toward(elevation))
        for turbidity in (1.5, 3.0, 8.0):
            sun = sun_irradiance(math.radians(elevation), turbidity) * toward[2]
            total = float((sun + sky_irradiance(toward, turbidity)) @ LUMINANCE)
            # Land of albedo 0.2 sends some light up, of which air sends less than half back.
            assert total < SUN * toward[2] * 1.1


def test_dusk_is_brightest_where_the_sun_went() -> None:
    light = _map(OpenSky(source=_toward(-3.0), turbidity=2.0)) @ LUMINANCE
    low = light[ROWS // 2 - 6]
    assert abs(int(np.argmax(low))) % (COLUMNS - 4) <= 4
    assert low.max() > 2.4 * low[COLUMNS // 2]


def test_clouds_are_seen_and_light() -> None:
    clear, half, full = (
        _map(OpenSky(source=_toward(50.0), clouds=c, seed=3), 128, 256) for c in (0.0, 0.5, 1.0)
    )
    above = slice(0, 56)
    assert np.std(half[above] @ LUMINANCE) > 1.3 * np.std(clear[above] @ LUMINANCE)
    # Overcast: three times as bright overhead as at the horizon (Moon & Spencer 1942), and grey.
    rows = (full @ LUMINANCE).mean(axis=1)
    assert 1.7 < rows[:8].mean() / rows[57:60].mean() < 4.0
    red, _, blue = full[:40].mean(axis=(0, 1))
    assert 0.8 < blue / red < 1.25
    # 6 to 25 klx under a closed cover with the sun this high.
    assert 5e3 < float(_level(full) @ LUMINANCE) * LUX < 40e3


def test_the_sun_stands_in_a_gap() -> None:
    for seed in (0, 1):
        toward = np.array(_toward(40.0))
        light = _map(OpenSky(source=_toward(40.0), clouds=0.6, seed=seed), 128, 256) @ LUMINANCE
        clear = _map(OpenSky(source=_toward(40.0)), 128, 256) @ LUMINANCE
        near = directions(128, 256) @ toward > math.cos(0.05)
        assert np.median(light[near] / clear[near]) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("room", INTERIORS)
def test_interiors_have_the_contrast_of_real_rooms(room: str) -> None:
    outside = OpenSky(source=_toward(35.0), clouds=0.3)
    maps = [_map(Interior(room=room, outside=outside, seed=seed)) for seed in (0, 0, 1)]
    assert np.array_equal(maps[0], maps[1])
    assert not np.array_equal(maps[0], maps[2])
    for light in maps:
        bright = light @ LUMINANCE
        assert np.isfinite(light).all()
        assert light.min() >= 0.0
        assert 5.0 < bright.max() / np.median(bright) < 1e4


def test_windows_face_the_sun() -> None:
    for azimuth in (0.3, 2.0, -2.5):
        outside = OpenSky(source=_toward(35.0, azimuth))
        light = _map(Interior(room="living_room", outside=outside)) @ LUMINANCE
        ways = directions(ROWS, COLUMNS)
        level = np.abs(ways[..., 2]) < 0.2
        blue = _map(Interior(room="living_room", outside=outside))[..., 2] * level
        found = ways[level & (blue > 0.5 * blue.max())].mean(axis=0)
        assert math.cos(math.atan2(found[1], found[0]) - azimuth) > 0.9
        assert light.max() > 0.0


def test_a_gradient_stands_for_a_panorama() -> None:
    sky = Sky(zenith=(0.2, 0.3, 0.6), horizon=(0.5, 0.5, 0.5), ground=(0.1, 0.1, 0.1))
    scene = Scene(elements=(), clock=Clock(frames=1, fps=24.0), sky=sky)
    same = gradient(scene)
    assert same.ground == pytest.approx(sky.ground, abs=0.02)
    assert same.zenith[2] > same.horizon[2] > same.ground[2]
    dark = replace(scene, sky=replace(sky, brightness=(0.0, 0.0, 0.0)))
    assert panorama(dark, 8, 16).max() == 0.0


def test_every_interior_can_be_painted() -> None:
    assert set(ROOMS) == set(INTERIORS)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Sun(direction=(0.6, 0.0, -0.8)), "below the horizon"),
        (lambda: Sun(direction=(0.0, 0.0, 3.0)), "unit vector"),
        (lambda: Sun(direction=(0.0, 0.0, 1.0), irradiance=(1.0, -1.0, 1.0)), "not negative"),
        (lambda: Sun(direction=(0.0, 0.0, 1.0), angular_radius=0.0), "angular_radius"),
        (lambda: Sky(zenith=(math.nan, 0.0, 0.0)), "finite"),
        (lambda: OpenSky(source=_toward(-30.0)), "below the horizon"),
        (lambda: OpenSky(source=_toward(30.0), turbidity=0.5), "turbidity"),
        (lambda: OpenSky(source=_toward(30.0), clouds=1.5), "clouds"),
        (lambda: OpenSky(source=_toward(30.0), stars=-1.0), "stars"),
        (lambda: Interior(room="cellar"), "interior"),
    ],
)
def test_impossible_lights_are_refused(make, words: str) -> None:
    with pytest.raises(SimgenError, match=words):
        make()
