# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Dusty air: beams of sun and lamps become visible, what is far away fades (single scattering)."""

import warp as wp

from simgen.renderers.light import FAR, Light, ask_lamp, survey, within_cone
from simgen.renderers.sample import sample_square
from simgen.renderers.shade_volume import Crossing, phase, scattered
from simgen.renderers.shadow import visibility
from simgen.renderers.texture import LookTable
from simgen.renderers.trace import Geometry
from simgen.renderers.volume import Volume, box_span

USE = wp.constant(1 << 18)
"""The first use of samples for places in the haze."""


@wp.func
def _from_sun(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    place: wp.vec3,
    way: wp.vec3,
    u: wp.vec2,
) -> wp.vec3:
    """Sunlight that a place in the haze scatters backwards along a ray, per depth of scattering."""
    toward = within_cone(light.sun, light.sun_cosine, u)
    share = visibility(geometry, looks, light, volume, place, toward, FAR)
    bright = phase(volume.haze.asymmetry, wp.dot(way, toward))
    return wp.cw_mul(light.irradiance, wp.vec3(share[0], share[1], share[2])) * bright


@wp.func
def _from_lamps(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    origin: wp.vec3,
    way: wp.vec3,
    span: wp.vec2,
    u: wp.vec2,
    v: wp.vec2,
) -> wp.vec3:
    """Lamplight that the haze scatters backwards along a ray between two distances, all in all.

    The place is as likely as it is near to the lamp (equi-angular sampling; Kulla & Fajardo,
    Computer Graphics Forum 31(4) 2012).
    """
    none = wp.vec3(0.0, 0.0, 0.0)
    found = survey(light, origin + way * wp.lerp(span[0], span[1], u[0]), v[0])
    if found.lamp < 0:
        return none
    at = light.lamp_place[found.lamp]
    offset = wp.vec3(at[0], at[1], at[2]) - origin
    nearest = wp.dot(offset, way)
    aside = wp.max(wp.length(offset - way * nearest), 1.0e-3)
    first = wp.atan2(span[0] - nearest, aside)
    last = wp.atan2(span[1] - nearest, aside)
    t = aside * wp.tan(wp.lerp(first, last, u[1]))
    place = origin + way * (nearest + t)
    beam = ask_lamp(geometry, looks, light, place, found, v[1])
    if beam.density <= 0.0 or wp.dot(light.lamp_normal[found.lamp], beam.toward) > 0.0:
        return none
    reach = beam.distance * 0.9995
    share = visibility(geometry, looks, light, volume, place, beam.toward, reach)
    passed = wp.cw_mul(beam.radiance, wp.vec3(share[0], share[1], share[2]))
    depth = volume.haze.extinction * (nearest + t - span[0])
    weight = phase(volume.haze.asymmetry, wp.dot(way, beam.toward)) * wp.exp(-depth)
    weight *= volume.haze.extinction * (last - first) * (aside * aside + t * t) / aside
    return passed * (weight / beam.density)


@wp.func(inline=False)
def cross_haze(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    origin: wp.vec3,
    way: wp.vec3,
    reach: wp.float32,
    index: wp.uint32,
    use: wp.int32,
    beams: wp.bool,
) -> Crossing:
    """What a ray up to `reach` [m] gathers and loses in the haze; `beams`: light that comes
    straight from sun and lamps as well, by one sample each."""
    out = Crossing()
    out.clear = 1.0
    haze = volume.haze
    span = box_span(haze.lower, haze.upper, origin, way, reach)
    if span[1] <= span[0]:
        return out
    out.clear = wp.exp(-haze.extinction * (span[1] - span[0]))
    lost = 1.0 - out.clear
    out.light = scattered(haze.asymmetry, haze.around, way) * lost
    if beams:
        u = sample_square(index, USE + 3 * use)
        v = sample_square(index, USE + 3 * use + 1)
        if light.has_sun != 0:
            s = span[0] - wp.log(1.0 - u[0] * lost) / haze.extinction
            place = origin + way * wp.min(s, span[1])
            out.light += _from_sun(geometry, looks, light, volume, place, way, v) * lost
        if light.lamps > 0:
            w = sample_square(index, USE + 3 * use + 2)
            out.light += _from_lamps(geometry, looks, light, volume, origin, way, span, u, w)
    out.light = wp.cw_mul(haze.albedo, out.light)
    return out
