# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""The light inside smoke, flame and haze, made anew for every frame: that of smoke and flame on a
coarse grid.

Sun, panorama, lamps and flames are asked for light at every node, with the shadows of solids and of
the smoke itself; what surfaces around send comes from one probe; light scattered between parts of
the smoke is gathered over a few directions, again and again (source iteration; Chandrasekhar,
Radiative Transfer, 1960). Samples are the same at all nodes and in all frames: nothing flickers.
"""

import numpy as np
import warp as wp
from scipy.ndimage import maximum_filter

from simgen.renderers.launch import PICTURE_OPTIONS, launch_pixels
from simgen.renderers.light import (
    FAR,
    Beam,
    Light,
    ask_lamp,
    ask_panorama,
    flame_beam,
    sun_radiance,
    survey,
    within_cone,
)
from simgen.renderers.path import follow
from simgen.renderers.sample import sample_square
from simgen.renderers.shade_volume import FOUR_PI, THINNEST, scattered, smoke_light
from simgen.renderers.shadow import smoke_shadow, visibility
from simgen.renderers.texture import LookTable
from simgen.renderers.trace import (
    NOTHING,
    Geometry,
    hit_geometric_normal,
    hit_look,
    occluded_opaque,
    trace,
)
from simgen.renderers.volume import Haze, Moments, Volume, extinction, is_filled, volume_span

wp.set_module_options(PICTURE_OPTIONS)

MOST_NODES = 32
"""Along the longest side."""
LEAST_CELLS = 2
"""Cells from node to node, at least."""
PROBES = 512
"""Paths that look at the surfaces around."""
BOUNCES = 2
"""How often light may scatter on its way to the smoke."""
SUN_SAMPLES = wp.constant(4)
FAR_SAMPLES = wp.constant(32)
LAMP_SAMPLES = wp.constant(16)
FLAME_SAMPLES = wp.constant(4)
WAYS = wp.constant(24)
"""Directions in which nodes look for light that the smoke scatters."""
STEPS = wp.constant(10)
"""Steps of such a look."""
SWEEPS = 3
"""How often scattered light is gathered; the first guess holds what it would be without smoke."""
USE = wp.constant(1 << 21)
"""The first use of samples for probes and nodes, far beyond those of paths."""


@wp.func
def _moments(radiance: wp.vec3, toward: wp.vec3) -> Moments:
    """Of light from a direction; `radiance` times solid angle."""
    out = Moments()
    for c in range(3):
        out[c, 0] = radiance[c]
        for axis in range(3):
            out[c, axis + 1] = -radiance[c] * toward[axis]
    return out


@wp.func
def _inside(geometry: Geometry, look: wp.array(dtype=wp.float32), point: wp.vec3) -> wp.bool:
    """Whether a point lies in opaque matter."""
    up = wp.vec3(0.0, 0.0, 1.0)
    hit = trace(geometry, point, up, FAR)
    if hit.kind == NOTHING:
        return False
    normal = hit_geometric_normal(geometry, hit, point + up * hit.t)
    return wp.dot(normal, up) > 0.0 and look[hit_look(geometry, hit)] <= 0.0


@wp.kernel
def _probe(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    clean: Volume,
    lower: wp.vec3,
    upper: wp.vec3,
    far: wp.bool,
    toward: wp.array(dtype=wp.vec3),
    radiance: wp.array(dtype=wp.vec3),
):
    """What surfaces send to places all over a box, and the panorama if `far`; sun and lamps, which
    are asked for light, are left out."""
    i = wp.tid()
    u = sample_square(wp.uint32(i), USE)
    v = sample_square(wp.uint32(i), USE + 1)
    place = lower + wp.cw_mul(upper - lower, wp.vec3(u[0], v[0], v[1]))
    way = within_cone(wp.vec3(0.0, 0.0, 1.0), -1.0, sample_square(wp.uint32(i), USE + 2))
    toward[i] = wp.vec3(0.0, 0.0, 0.0)
    radiance[i] = wp.vec3(0.0, 0.0, 0.0)
    if _inside(geometry, looks.transmission, place):
        return
    toward[i] = way
    left_out = not far or wp.max(sun_radiance(light, way)) > 0.0
    if left_out and not occluded_opaque(geometry, place, way, FAR):
        return
    hit = trace(geometry, place, way, FAR)
    if hit.kind != NOTHING:  # noqa: SIM102
        if wp.max(looks.emission[hit_look(geometry, hit)]) > 0.0:
            return
    number = wp.uint32(i)
    sight = follow(geometry, looks, light, clean, place, way, 1.0, number, number, BOUNCES)
    radiance[i] = sight.radiance


@wp.func
def _arriving(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    clean: Volume,
    volume: Volume,
    place: wp.vec3,
    beam: Beam,
) -> wp.vec4:
    """Light of a beam that solids let through, and the share of it that passes the smoke."""
    if beam.density <= 0.0:
        return wp.vec4(0.0, 0.0, 0.0, 0.0)
    distance = beam.distance * 0.9995
    share = visibility(geometry, looks, light, clean, place, beam.toward, distance)
    passed = wp.cw_mul(beam.radiance, wp.vec3(share[0], share[1], share[2]))
    air = wp.float32(1.0)
    if wp.max(passed) > 0.0:
        air = smoke_shadow(volume, place, beam.toward, distance)
    return wp.vec4(passed[0], passed[1], passed[2], air)


@wp.kernel
def _ask(
    offset: wp.int32,
    nodes: wp.array(dtype=wp.vec3i),
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    clean: Volume,
    volume: Volume,
    around: Moments,
    direct: wp.array(dtype=Moments),
    reach: wp.array2d(dtype=wp.float32),
):
    """Ask all sources at a node. `direct` is what arrives unscattered; `volume` gets the sun's part
    of that and, as a first guess of all other light, what would arrive without smoke."""
    n = wp.tid() + offset
    at = nodes[n]
    corner = volume.lower + wp.vec3(at) * volume.node
    middle = corner + wp.vec3(0.5, 0.5, 0.5) * volume.node
    inside = _inside(geometry, looks.transmission, middle)
    volume.known[at[0], at[1], at[2]] = wp.where(inside, 0.0, 1.0)
    if inside:
        return
    found = Moments()
    guess = around
    sun = wp.vec3(0.0, 0.0, 0.0)
    if light.has_sun != 0:
        lit = wp.float32(0.0)
        beam = Beam()
        beam.distance = FAR
        beam.radiance = light.irradiance
        beam.density = 1.0
        for k in range(SUN_SAMPLES):
            u = sample_square(wp.uint32(k), USE)
            v = sample_square(wp.uint32(k), USE + 1)
            place = corner + wp.vec3(u[0], u[1], v[0]) * volume.node
            if not _inside(geometry, looks.transmission, place):
                lit += 1.0
                beam.toward = within_cone(light.sun, light.sun_cosine, wp.vec2(v[1], u[0]))
                got = _arriving(geometry, looks, light, clean, volume, place, beam)
                sun += wp.vec3(got[0], got[1], got[2]) * got[3]
        sun = sun / wp.max(lit, 1.0)
    for k in range(FAR_SAMPLES):
        far = ask_panorama(light, sample_square(wp.uint32(k), USE + 2))
        got = _arriving(geometry, looks, light, clean, volume, middle, far)
        weight = 1.0 / (wp.max(far.density, 1.0e-9) * wp.float32(FAR_SAMPLES))
        part = _moments(wp.vec3(got[0], got[1], got[2]) * weight, far.toward)
        guess += part
        found += part * got[3]
    if light.lamps > 0:
        for k in range(LAMP_SAMPLES):
            u = sample_square(wp.uint32(k), USE + 3)
            seen = survey(light, middle, u[0])
            if seen.lamp >= 0:
                beam = ask_lamp(geometry, looks, light, middle, seen, u[1])
                got = _arriving(geometry, looks, light, clean, volume, middle, beam)
                weight = 1.0 / (wp.max(beam.density, 1.0e-9) * wp.float32(LAMP_SAMPLES))
                part = _moments(wp.vec3(got[0], got[1], got[2]) * weight, beam.toward)
                guess += part
                found += part * got[3]
    for f in range(light.flames):
        for k in range(FLAME_SAMPLES):
            beam = flame_beam(light, f, middle, sample_square(wp.uint32(k), USE + 4))
            got = _arriving(geometry, looks, light, clean, volume, middle, beam)
            weight = 1.0 / wp.float32(FLAME_SAMPLES)
            part = _moments(wp.vec3(got[0], got[1], got[2]) * weight, beam.toward)
            guess += part
            found += part * got[3]
    direct[n] = found
    volume.sunlight[at[0], at[1], at[2]] = sun
    volume.moments[at[0], at[1], at[2]] = guess
    for k in range(WAYS):
        reach[n, k] = trace(geometry, middle, _way(k), FAR).t


@wp.func
def _way(k: wp.int32) -> wp.vec3:
    """One of WAYS directions spread evenly (spherical Fibonacci lattice; Gonzalez, Math. Geosci. 42
    (2010) 49)."""
    z = 1.0 - (2.0 * wp.float32(k) + 1.0) / wp.float32(WAYS)
    r = wp.sqrt(1.0 - z * z)
    turn = 2.39996323 * wp.float32(k)
    return wp.vec3(r * wp.cos(turn), r * wp.sin(turn), z)


@wp.kernel
def _sweep(
    offset: wp.int32,
    nodes: wp.array(dtype=wp.vec3i),
    sun: wp.vec3,
    volume: Volume,
    around: Moments,
    direct: wp.array(dtype=Moments),
    reach: wp.array2d(dtype=wp.float32),
    gathered: wp.array3d(dtype=Moments),
):
    """All light at a node but the sun's own: what was asked for, what surfaces send and what smoke
    scatters, as the light in it was before."""
    n = wp.tid() + offset
    at = nodes[n]
    if volume.known[at[0], at[1], at[2]] == 0.0:
        return
    middle = volume.lower + (wp.vec3(at) + wp.vec3(0.5, 0.5, 0.5)) * volume.node
    total = direct[n]
    solid = FOUR_PI / wp.float32(WAYS)
    for k in range(WAYS):
        way = _way(k)
        clear = wp.float32(1.0)
        light = wp.vec3(0.0, 0.0, 0.0)
        length = volume_span(volume, middle, way, reach[n, k])[1]
        before = wp.float32(0.0)
        for step in range(STEPS):
            share = wp.float32(step + 1) / wp.float32(STEPS)
            after = length * share * share
            p = middle + way * (0.5 * (before + after))
            if is_filled(volume, p):
                passed = wp.exp(-extinction(volume, p) * (after - before))
                if passed < 0.9999:
                    light += smoke_light(volume, sun, p, way) * (clear * (1.0 - passed))
                    clear *= passed
            before = after
        light += scattered(1.0, around, way) * clear
        total += _moments(light * solid, way)
    gathered[at[0], at[1], at[2]] = total


def _filled(volume: Volume, cells: int) -> np.ndarray:
    """Where there is smoke or flame, by blocks of so many cells a side."""
    there = volume.smoke.numpy() * volume.absorption > float(THINNEST)
    if volume.burning:
        flame = (volume.soot.numpy() > 0.0) | (volume.sheet.numpy() > 0.0)
        (x, y, z), (a, b, c) = flame.shape, there.shape
        there |= flame.reshape(a, x // a, b, y // b, c, z // c).any(axis=(1, 3, 5))
    there = maximum_filter(there, 3)  # values reach half a cell beyond their own
    there = np.pad(there, [(0, -n % cells) for n in there.shape])
    a, b, c = (n // cells for n in there.shape)
    return there.reshape(a, cells, b, cells, c, cells).any(axis=(1, 3, 5))


def _around(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    lower: wp.vec3,
    upper: wp.vec3,
    far: bool,
) -> Moments:
    """Mean light in a box that surfaces around send, and the panorama if `far`."""
    clean = Volume()
    device = light.glow.device
    toward = wp.zeros(PROBES, dtype=wp.vec3, device=device)
    radiance = wp.zeros(PROBES, dtype=wp.vec3, device=device)
    inputs = [geometry, looks, light, clean, lower, upper, far, toward, radiance]
    wp.launch(_probe, dim=PROBES, inputs=inputs, device=device)
    way, color = toward.numpy(), radiance.numpy()
    used = max(int((np.abs(way).max(axis=1) > 0.0).sum()), 1)
    ones = np.ones((PROBES, 1))
    found = 4.0 * np.pi / used * (color.T @ np.concatenate([ones, -way], axis=1))
    return Moments(*found.astype(float).ravel())


def light_haze(haze: Haze, geometry: Geometry, looks: LookTable, light: Light) -> None:
    """Fill in the light in haze."""
    haze.around = _around(geometry, looks, light, haze.lower, haze.upper, True)


def light_volume(
    volume: Volume, geometry: Geometry, looks: LookTable, light: Light, threads: int
) -> None:
    """Fill in the light inside a volume that is present, and set `lit`."""
    device = light.glow.device
    clean = Volume()
    cells = max(LEAST_CELLS, -(-max(volume.smoke.shape) // MOST_NODES))
    there = _filled(volume, cells)
    volume.node = cells * volume.cell
    volume.filled = wp.array(there.astype(np.int32), dtype=wp.int32, device=device)
    volume.known = wp.zeros(there.shape, dtype=wp.float32, device=device)
    volume.sunlight = wp.zeros(there.shape, dtype=wp.vec3, device=device)
    volume.moments = wp.zeros(there.shape, dtype=Moments, device=device)
    volume.lit = 1
    places = np.argwhere(there).astype(np.int32)
    count = len(places)
    if not count:
        return
    nodes = wp.array(places, dtype=wp.vec3i, device=device)
    direct = wp.zeros(count, dtype=Moments, device=device)
    reach = wp.zeros((count, int(WAYS)), dtype=wp.float32, device=device)
    around = _around(geometry, looks, light, volume.lower, volume.upper, False)
    asked = [nodes, geometry, looks, light, clean, volume, around, direct, reach]
    launch_pixels(_ask, count, asked, device=device, threads=threads)
    gathered = wp.zeros(there.shape, dtype=Moments, device=device)
    for _ in range(SWEEPS):
        swept = [nodes, light.sun, volume, around, direct, reach, gathered]
        launch_pixels(_sweep, count, swept, device=device, threads=threads)
        volume.moments, gathered = gathered, volume.moments
