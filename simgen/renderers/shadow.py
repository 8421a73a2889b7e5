# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""What of the light from a source reaches a point: past solids, through clear matter and smoke."""

import warp as wp

from simgen.renderers.dielectric import attenuation, dielectric_reflectance
from simgen.renderers.light import Light
from simgen.renderers.texture import LookTable
from simgen.renderers.trace import (
    NOTHING,
    Geometry,
    hit_geometric_normal,
    hit_look,
    occluded,
    occluded_opaque,
    trace,
)
from simgen.renderers.volume import Volume, extinction, haze_clear, volume_span

INTERFACES = wp.constant(12)
"""Clear surfaces that a ray passes before it is given up."""


@wp.func
def smoke_shadow(
    volume: Volume, point: wp.vec3, direction: wp.vec3, t_max: wp.float32
) -> wp.float32:
    """Share of light that smoke lets through along a ray, in 12 steps."""
    if volume.present == 0:
        return 1.0
    span = volume_span(volume, point, direction, t_max)
    if span[1] <= span[0]:
        return 1.0
    step = (span[1] - span[0]) / 12.0
    depth = wp.float32(0.0)
    for k in range(12):
        depth += extinction(volume, point + direction * (span[0] + step * (wp.float32(k) + 0.5)))
    return wp.exp(-depth * step)


@wp.func
def visibility(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    point: wp.vec3,
    toward: wp.vec3,
    distance: wp.float32,
) -> wp.vec4:
    """What of the light from a source reaches a point, unbent, and 1 if through clear matter."""
    if occluded_opaque(geometry, point, toward, distance):
        return wp.vec4(0.0, 0.0, 0.0, 0.0)
    air = smoke_shadow(volume, point, toward, distance)
    air *= haze_clear(volume.haze, point, toward, distance)
    if light.clear == 0:
        return wp.vec4(air, air, air, 0.0)
    if not occluded(geometry, point, toward, distance):
        return wp.vec4(air, air, air, 0.0)
    share = wp.vec3(air, air, air)
    start = point + wp.vec3(0.0, 0.0, 0.0)
    left = distance + 0.0
    for _ in range(INTERFACES):
        hit = trace(geometry, start, toward, left)
        if hit.kind == NOTHING or wp.max(share) < 1.0e-3:
            return wp.vec4(share[0], share[1], share[2], 1.0)
        look = hit_look(geometry, hit)
        slant = wp.dot(hit_geometric_normal(geometry, hit, start + toward * hit.t), toward)
        if slant > 0.0:  # leaves the clear body it has come through
            share = wp.cw_mul(share, attenuation(looks.attenuation[look], hit.t))
        mirror = dielectric_reflectance(wp.abs(slant), 1.0 / looks.refractive_index[look])
        share = share * ((1.0 - mirror) * looks.transmission[look])
        step = hit.t + 3.0e-5
        start = start + toward * step
        left = left - step
    return wp.vec4(0.0, 0.0, 0.0, 1.0)
