# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""The path tracer (Kajiya 1986): what one ray from the camera sees, by following light back."""

import warp as wp

from simgen.renderers.beneath import beneath
from simgen.renderers.bsdf import Lobes, lobes_at, sample_scattering, scatter
from simgen.renderers.dielectric import (
    CONTACT,
    attenuation,
    densest,
    left_behind,
    no_media,
    opaque_touch,
    pass_interface,
)
from simgen.renderers.haze import cross_haze
from simgen.renderers.light import (
    FAR,
    Beam,
    Light,
    Survey,
    ask_lamp,
    ask_panorama,
    far_density,
    far_radiance,
    flame_beam,
    flame_density,
    lamp_density,
    sun_density,
    sun_radiance,
    survey,
    within_cone,
)
from simgen.renderers.point import Point, visible_point
from simgen.renderers.sample import sample_square
from simgen.renderers.shade_volume import cross_volume
from simgen.renderers.shadow import INTERFACES, visibility
from simgen.renderers.texture import LookTable
from simgen.renderers.tone import luminance
from simgen.renderers.trace import NOTHING, Geometry, hit_look, trace
from simgen.renderers.volume import Volume

OPAQUE = wp.constant(0.02)
"""Looks that transmit less are drawn opaque."""
SHARP = wp.constant(0.15)
"""Rays that have spread less [rad] still see textures."""
USES = wp.constant(8)
"""Uses of samples at one point of a path."""
SUN, ASK, PICK, WAY, LOBE, BELOW, FLAME, CLEAR = 0, 1, 2, 3, 4, 5, 6, 7
AIR = wp.constant(1 << 19)
"""The first use of samples for the ways between points."""
FINE = wp.constant(48)
"""Steps through smoke that is seen sharp, at most."""
COARSE = wp.constant(8)
"""Steps through smoke on other ways."""


@wp.struct
class Sight:
    """What one ray sees."""

    radiance: wp.vec3
    """Without `air`."""
    air: wp.vec3
    """Light of smoke and flame before the first surface: it has hardly any noise."""
    albedo: wp.vec3
    """Of the first surface that is not clear, as far as smoke lets it through; 1 where there is
    none."""
    normal: wp.vec3
    """Shading normal of the first surface; 0 where there is none."""
    met: wp.int32
    """1 if there is a surface."""


@wp.func
def _leave(point: Point, toward: wp.vec3) -> wp.vec3:
    """Where a ray towards `toward` starts."""
    side = wp.where(wp.dot(point.facet, toward) >= 0.0, point.lift, -point.lift)
    return point.position + point.facet * side


@wp.func
def _received(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    point: Point,
    lobes: Lobes,
    eye: wp.vec3,
    beam: Beam,
) -> wp.vec3:
    """Light of a beam that was asked for, weighed against meeting it by chance."""
    none = wp.vec3(0.0, 0.0, 0.0)
    if beam.density <= 0.0:
        return none
    taken = scatter(point, lobes, eye, beam.toward)
    value = wp.cw_mul(taken.value, beam.radiance) / beam.density
    if wp.max(value) <= 1.0e-6:
        return none
    start = _leave(point, beam.toward)
    share = visibility(geometry, looks, light, volume, start, beam.toward, beam.distance * 0.9995)
    weight = wp.float32(1.0)
    if share[3] == 0.0:
        weight = beam.density / (beam.density + taken.density)
    return wp.cw_mul(value, wp.vec3(share[0], share[1], share[2])) * weight


@wp.func
def _asked(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    point: Point,
    lobes: Lobes,
    eye: wp.vec3,
    index: wp.uint32,
    use: wp.int32,
    found: Survey,
) -> wp.vec3:
    """Light that sun, panorama, lamps and flames send directly, by one ray each at most."""
    total = wp.vec3(0.0, 0.0, 0.0)
    if light.has_sun != 0:
        beam = Beam()
        beam.toward = within_cone(light.sun, light.sun_cosine, sample_square(index, use + SUN))
        beam.distance = FAR
        beam.radiance = sun_radiance(light, light.sun)
        beam.density = sun_density(light)
        total += _received(geometry, looks, light, volume, point, lobes, eye, beam)
    u = sample_square(index, use + ASK)
    if u[0] < found.panorama:
        far = ask_panorama(light, wp.vec2(u[0] / found.panorama, u[1]))
        far.density *= found.panorama
        total += _received(geometry, looks, light, volume, point, lobes, eye, far)
    elif found.lamp >= 0:
        lamp = ask_lamp(geometry, looks, light, point.position, found, u[1])
        lamp.density *= 1.0 - found.panorama
        total += _received(geometry, looks, light, volume, point, lobes, eye, lamp)
    if light.flames > 0:
        u = sample_square(index, use + FLAME)
        k = wp.min(wp.int32(u[0] * wp.float32(light.flames)), light.flames - 1)
        u[0] = u[0] * wp.float32(light.flames) - wp.float32(k)
        flame = flame_beam(light, k, point.position, u)
        flame.radiance = flame.radiance * flame.density
        flame.density /= wp.float32(light.flames)
        total += _received(geometry, looks, light, volume, point, lobes, eye, flame)
    return total


@wp.func
def _backdrop(
    light: Light,
    way: wp.vec3,
    density: wp.float32,
    asked: wp.float32,
    chain: wp.bool,
    clear: wp.bool,
) -> wp.vec3:
    """Light of sun and panorama that a ray meets by chance: `density` is that of the chance, 0 for
    a mirror or none, `asked` the chance that the panorama was asked before."""
    far = far_radiance(light, way)
    sun = sun_radiance(light, way)
    if density > 0.0:
        sun = sun * (density / (density + sun_density(light)))
        return far * (density / (density + asked * far_density(light, way))) + sun
    if chain:
        return far + sun
    if clear and light.mean > 0.0:
        return wp.vec3(0.0, 0.0, 0.0)
    return far


@wp.func
def follow(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    origin: wp.vec3,
    direction: wp.vec3,
    spread: wp.float32,
    index: wp.uint32,
    even: wp.uint32,
    bounces: wp.int32,
) -> Sight:
    """What a ray sees; `spread` is the angle it stands for [rad], `index` and `even` (in smoke) its
    numbers among all samples, `bounces` how often light may scatter before it reaches the eye."""
    out = Sight()
    out.albedo = wp.vec3(1.0, 1.0, 1.0)
    share = wp.vec3(1.0, 1.0, 1.0)
    start = origin + wp.vec3(0.0, 0.0, 0.0)
    way = direction + wp.vec3(0.0, 0.0, 0.0)
    media = no_media()
    angle = spread + 0.0
    travelled = wp.float32(0.0)
    density = wp.float32(0.0)
    found = Survey()
    chain = wp.bool(True)
    clear_since = wp.bool(False)
    scattered = wp.int32(0)
    use = wp.int32(0)
    for step in range(bounces + INTERFACES):
        use = step * USES
        hit = trace(geometry, start, way, FAR)
        if volume.lit != 0:
            flames = wp.float32(1.0)
            if light.flames > 0 and not chain:
                flames = density / (density + flame_density(light, start))
            steps = wp.where(angle < SHARP, FINE, COARSE)
            shift = sample_square(even, AIR + step)[0]
            air = cross_volume(light, volume, start, way, hit.t, steps, shift, flames)
            if step == 0:
                out.air = air.light
            else:
                out.radiance += _held(wp.cw_mul(share, air.light), light, scattered)
            share = share * air.clear
            if air.clear < 0.004:
                break
        if volume.haze.extinction > 0.0:
            dust = cross_haze(
                geometry, looks, light, volume, start, way, hit.t, index, step, angle < SHARP
            )
            out.radiance += _held(wp.cw_mul(share, dust.light), light, scattered)
            share = share * dust.clear
        if hit.kind == NOTHING:
            light_here = _backdrop(light, way, density, found.panorama, chain, clear_since)
            out.radiance += _held(wp.cw_mul(share, light_here), light, scattered)
            break
        at = start + way * hit.t
        medium = densest(media, looks)
        if medium >= 0:
            share = wp.cw_mul(share, attenuation(looks.attenuation[medium], hit.t))
            clear_ahead = looks.transmission[hit_look(geometry, hit)] > OPAQUE
            touching = opaque_touch(geometry, at, way)
            if clear_ahead and touching.kind != NOTHING:
                media = left_behind(media, hit_look(geometry, hit))
                touching.t += hit.t - CONTACT
                hit = touching
                at = start + way * hit.t
        travelled += hit.t
        footprint = travelled * angle
        if angle > SHARP:
            footprint = -1.0
        point = visible_point(geometry, looks, light.glow, hit, at, way, footprint)
        if step == 0:
            out.normal = point.normal
            out.met = 1
        lamp = looks.emission[point.look]
        if wp.max(lamp) > 0.0 and point.outside:
            weight = wp.float32(1.0)
            if density > 0.0:
                asked = lamp_density(geometry, hit, lamp, start, way, found.total)
                weight = density / (density + asked * (1.0 - found.panorama))
            elif not chain:
                weight = 0.0
            out.radiance += _held(wp.cw_mul(share, lamp) * weight, light, scattered)
            break
        out.radiance += _held(wp.cw_mul(share, point.glow), light, scattered)
        clear = looks.transmission[point.look]
        if clear > OPAQUE:
            pick = sample_square(index, use + CLEAR)
            if not point.outside or pick[1] < clear:
                bend = sample_square(index, use + WAY)
                passage = pass_interface(looks, point, way, media, bend, pick[0])
                way = passage.way
                media = passage.media
                start = _leave(point, way)
                density = 0.0
                clear_since = clear_since or not chain
                continue
        if scattered >= bounces:
            break
        eye = -way
        lobes = lobes_at(point, eye, light.reflectance)
        if chain:
            own = point.albedo + point.f0 * (1.0 - point.metallic)
            out.albedo = wp.min(wp.cw_mul(share, own), wp.vec3(1.0, 1.0, 1.0))
        choice = sample_square(index, use + LOBE)
        soft = looks.subsurface[point.look]
        if soft > 0.0 and scattered == 0 and soft > footprint:
            matt = 1.0 - lobes.choose_coat - lobes.choose_gloss
            pick = sample_square(index, use + PICK)
            if pick[1] < matt:
                below = sample_square(index, use + BELOW)
                leaving = beneath(geometry, point, soft, below, wp.vec2(pick[0], choice[0]))
                share = wp.cw_mul(share, lobes.matt) * (lobes.under / matt * leaving.weight)
                if leaving.weight <= 0.0:
                    break
                point = leaving.point
                lobes = Lobes()
                lobes.matt = wp.vec3(1.0, 1.0, 1.0)
                lobes.under = 1.0
                eye = point.normal
            else:
                share = share / (1.0 - matt)
                lobes.matt = wp.vec3(0.0, 0.0, 0.0)
                lobes.choose_coat = lobes.choose_coat / (1.0 - matt)
                lobes.choose_gloss = 1.0 - lobes.choose_coat
        found = survey(light, point.position, sample_square(index, use + CLEAR)[0])
        direct = _asked(geometry, looks, light, volume, point, lobes, eye, index, use, found)
        out.radiance += _held(wp.cw_mul(share, direct), light, scattered)
        toward = sample_scattering(point, lobes, eye, sample_square(index, use + WAY), choice)
        taken = scatter(point, lobes, eye, toward)
        if taken.density <= 1.0e-6:
            break
        share = wp.cw_mul(share, taken.value) / taken.density
        density = taken.density
        if scattered > 0:
            stay = wp.clamp(wp.max(share), 0.05, 1.0)
            if sample_square(index, use + PICK)[1] >= stay:
                break
            share = share / stay
        angle += wp.where(choice[0] < lobes.choose_coat + lobes.choose_gloss, lobes.width, 1.0)
        start = _leave(point, toward)
        way = toward + wp.vec3(0.0, 0.0, 0.0)
        chain = False
        clear_since = False
        scattered += 1
    return out


@wp.func
def _held(radiance: wp.vec3, light: Light, scattered: wp.int32) -> wp.vec3:
    """Light that scattered more than once held below `light.brightest`, against sparkle."""
    if scattered < 2:
        return radiance
    bright = luminance(radiance)
    if bright > light.brightest:
        return radiance * (light.brightest / bright)
    return radiance
