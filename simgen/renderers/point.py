# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""The visible point: everything about a hit that does not depend on light."""

import warp as wp

from simgen.renderers.texture import LookTable
from simgen.renderers.texture_noise import hash_unit
from simgen.renderers.texture_surface import mean_surface, surface_at
from simgen.renderers.tone import glow, luminance
from simgen.renderers.trace import (
    SPHERE,
    Geometry,
    Hit,
    hit_geometric_normal,
    hit_instance,
    hit_look,
    hit_normal,
    hit_rest_normal,
    hit_rest_position,
    hit_temperature,
)


@wp.struct
class Point:
    """A place on a surface, ready to be lit."""

    position: wp.vec3
    lift: wp.float32
    """Rays leave the surface by this length, so that they do not meet it again [m]."""
    facet: wp.vec3
    """Unit facet normal towards the viewer."""
    outside: wp.bool
    """Whether the viewer looks at the outer side."""
    normal: wp.vec3
    """Unit shading normal with relief, towards the viewer."""
    smooth: wp.vec3
    """The same without relief."""
    albedo: wp.vec3
    roughness: wp.float32
    spread: wp.float32
    """Squared mean slope of relief too fine to be seen: it widens gloss."""
    metallic: wp.float32
    f0: wp.vec3
    """Reflectance at normal incidence."""
    coat: wp.float32
    """Strength of the clear coat."""
    translucency: wp.float32
    glow: wp.vec3
    """Radiance of a hot body."""
    look: wp.int32
    instance: wp.int32


@wp.func
def relief(geometry: Geometry, hit: Hit, slope: wp.vec3) -> wp.vec3:
    """The gradient of a height given in the rest frame, as a world vector in the surface."""
    if hit.kind == SPHERE:
        return wp.quat_rotate(geometry.orientation[hit.primitive], slope)
    a = geometry.triangles[3 * hit.primitive]
    b = geometry.triangles[3 * hit.primitive + 1]
    c = geometry.triangles[3 * hit.primitive + 2]
    p = wp.dot(slope, geometry.rest[b] - geometry.rest[a])
    q = wp.dot(slope, geometry.rest[c] - geometry.rest[a])
    e = geometry.points[b] - geometry.points[a]
    f = geometry.points[c] - geometry.points[a]
    ee = wp.dot(e, e)
    ef = wp.dot(e, f)
    ff = wp.dot(f, f)
    det = ee * ff - ef * ef
    if det <= 1.0e-20:
        return wp.vec3(0.0, 0.0, 0.0)
    return e * ((p * ff - q * ef) / det) + f * ((q * ee - p * ef) / det)


@wp.func
def _textured(
    geometry: Geometry,
    looks: LookTable,
    hit: Hit,
    direction: wp.vec3,
    footprint: wp.float32,
    point: Point,
) -> Point:
    """The point with its texture and relief; `footprint` [m] at normal incidence."""
    out = point
    slant = wp.max(-wp.dot(out.facet, direction), 0.12)
    surface = surface_at(
        looks,
        out.look,
        hit_rest_position(geometry, hit, out.position),
        hit_rest_normal(geometry, hit, out.position),
        footprint / wp.sqrt(slant),
    )
    if wp.length_sq(surface.slope) > 1.0e-8:
        out.normal = wp.normalize(out.smooth - relief(geometry, hit, surface.slope))
    out.albedo = surface.albedo
    out.roughness = surface.roughness
    out.spread = surface.spread
    out.metallic = surface.metallic
    if looks.variation[out.look] > 0.0 and hit.kind == SPHERE:
        tone = hash_unit(hit.primitive, 5, 77) - 0.5
        out.albedo = out.albedo * (1.0 + looks.variation[out.look] * tone)
    return out


@wp.func
def visible_point(
    geometry: Geometry,
    looks: LookTable,
    glow_table: wp.array(dtype=wp.vec3),
    hit: Hit,
    position: wp.vec3,
    direction: wp.vec3,
    footprint: wp.float32,
) -> Point:
    """The point that a ray along `direction` hit. `footprint` is the size of a sample there [m];
    negative: the mean of the texture will do."""
    out = Point()
    out.position = position
    out.lift = 3.0e-5 + 2.0e-5 * hit.t
    out.facet = hit_geometric_normal(geometry, hit, position)
    out.smooth = hit_normal(geometry, hit, position)
    out.outside = wp.dot(out.facet, direction) <= 0.0
    if not out.outside:
        out.facet = -out.facet
    if wp.dot(out.smooth, out.facet) < 0.0:
        out.smooth = -out.smooth
    out.normal = out.smooth
    out.look = hit_look(geometry, hit)
    out.instance = hit_instance(geometry, hit)
    out.coat = looks.clear_coat[out.look]
    out.translucency = looks.translucency[out.look]
    if footprint < 0.0:
        mean = mean_surface(looks, out.look)
        out.albedo = mean.albedo
        out.roughness = mean.roughness
        out.spread = mean.spread
        out.metallic = mean.metallic
    else:
        out = _textured(geometry, looks, hit, direction, footprint, out)
    facing = -wp.dot(out.normal, direction)
    if facing < 0.03:
        out.normal = wp.normalize(out.normal - direction * (0.03 - facing))
    heat = hit_temperature(geometry, hit)
    fades = looks.fades[out.look]
    if fades[1] > 0.0:
        share = wp.clamp((heat - fades[0]) / (fades[1] - fades[0]), 0.0, 1.0)
        out.albedo = wp.lerp(out.albedo, looks.faded[out.look], share * share * (3.0 - 2.0 * share))
    n = looks.refractive_index[out.look]
    r = (n - 1.0) / (n + 1.0)
    out.f0 = wp.lerp(wp.vec3(r * r, r * r, r * r), out.albedo, out.metallic)
    out.glow = glow(glow_table, heat)
    hot = wp.max(out.glow)
    if hot > 0.0:  # scale: hot metal is covered by dark oxide; what reflects more emits less
        out.glow = out.glow * (1.0 - 0.7 * luminance(out.albedo))
        out.albedo = out.albedo / (1.0 + 12.0 * hot)
        out.f0 = out.f0 / (1.0 + 12.0 * hot)
    return out
