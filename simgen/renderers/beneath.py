# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Light beneath the surface of wax, skin, marble: where it leaves what it entered elsewhere.

Normalized diffusion (Christensen & Burley 2015, searchlight fit) sampled by probe rays along the
normal and two tangents (King et al. 2013), weighed by multiple importance sampling.
"""

import warp as wp

from simgen.renderers.light import PI, around
from simgen.renderers.point import Point
from simgen.renderers.trace import (
    NOTHING,
    Geometry,
    hit_geometric_normal,
    hit_instance,
    hit_normal,
    trace,
)

PROBES = wp.constant(4)
"""Surfaces of the same body that a probe looks through."""


@wp.struct
class Exit:
    """Where light leaves."""

    point: Point
    weight: wp.float32
    """Diffusion over the density of this place; 0: none found."""


@wp.func
def _profile(r: wp.float32, d: wp.float32) -> wp.float32:
    """Share of light per area that leaves at a distance r [m] from where it entered [1/m^2]."""
    far = wp.max(r, 1.0e-3 * d)
    return (wp.exp(-far / d) + wp.exp(-far / (3.0 * d))) / (8.0 * PI * d * far)


@wp.func
def _distance(u: wp.float32, d: wp.float32) -> wp.float32:
    """A distance r, as often as `_profile` times 2 pi r."""
    if u < 0.25:
        return -d * wp.log(wp.max(1.0 - 4.0 * u, 1.0e-4))
    return -3.0 * d * wp.log(wp.max(1.0 - (u - 0.25) / 0.75, 1.0e-4))


@wp.func
def beneath(
    geometry: Geometry, point: Point, mean_path: wp.float32, u: wp.vec2, choice: wp.vec2
) -> Exit:
    """A place of the same body where light comes out that is seen at `point`.

    `mean_path` [m] is the diffuse mean free path; the fit's scale is for an albedo of .8.
    """
    out = Exit()
    out.point = point
    d = mean_path / 3.6
    first = around(point.smooth, wp.vec3(1.0, 0.0, 0.0))
    second = wp.cross(point.smooth, first)
    axis = point.smooth + wp.vec3(0.0, 0.0, 0.0)
    side = first + wp.vec3(0.0, 0.0, 0.0)
    other = second + wp.vec3(0.0, 0.0, 0.0)
    if choice[0] > 0.75:
        axis = second
        other = point.smooth
    elif choice[0] > 0.5:
        axis = first
        side = point.smooth
    r = _distance(u[0], d)
    reach = _distance(0.996, d)
    if r >= reach:
        return out
    turn = 2.0 * PI * u[1]
    half = wp.sqrt(reach * reach - r * r)
    aside = side * (r * wp.cos(turn)) + other * (r * wp.sin(turn))
    start = point.position + aside + axis * half
    left = 2.0 * half
    found = wp.float32(0.0)
    chosen = choice[1]
    for _ in range(PROBES):
        hit = trace(geometry, start, -axis, left)
        if hit.kind == NOTHING:
            break
        at = start - axis * hit.t
        if hit_instance(geometry, hit) == point.instance:
            found += 1.0
            if chosen * found < 1.0:  # each of n with chance 1 / n
                chosen = chosen * found
                out.point.position = at
                out.point.facet = hit_geometric_normal(geometry, hit, at)
                out.point.smooth = hit_normal(geometry, hit, at)
            else:
                chosen = (chosen * found - 1.0) / wp.max(found - 1.0, 1.0)
        step = hit.t + point.lift
        start = start - axis * step
        left = left - step
        if left <= 0.0:
            break
    if found == 0.0:
        return out
    if wp.dot(out.point.smooth, out.point.facet) < 0.0:
        out.point.smooth = -out.point.smooth
    out.point.normal = out.point.smooth
    offset = out.point.position - point.position
    n = out.point.facet
    density = 0.5 * _seen_along(point.smooth, offset, n, d)
    density += 0.25 * (_seen_along(first, offset, n, d) + _seen_along(second, offset, n, d))
    out.weight = wp.min(_profile(wp.length(offset), d) * found / wp.max(density, 1.0e-9), 4.0)
    return out


@wp.func
def _seen_along(axis: wp.vec3, offset: wp.vec3, normal: wp.vec3, d: wp.float32) -> wp.float32:
    """Density of a place for probes along an axis [1/m^2]."""
    aside = offset - axis * wp.dot(offset, axis)
    return _profile(wp.length(aside), d) * wp.abs(wp.dot(normal, axis))
