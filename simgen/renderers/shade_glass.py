# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Glass, water and their like: Fresnel reflection, refraction through several interfaces."""

import warp as wp

from simgen.renderers.shade_light import Light, bounce, seen_sky
from simgen.renderers.shade_surface import (
    SKY_OPEN,
    Lit,
    Point,
    ggx_highlight,
    light_point,
    visible_point,
)
from simgen.renderers.texture import LookTable
from simgen.renderers.trace import (
    FAR,
    NOTHING,
    TRIANGLE,
    Geometry,
    Hit,
    hit_geometric_normal,
    hit_look,
    hit_normal,
    occluded_opaque,
    trace,
)
from simgen.renderers.volume import Volume

INTERFACES = wp.constant(8)
"""Surfaces a ray passes before it is given up."""
CONTACT = wp.constant(4.0e-4)
"""Gap between clear and opaque matter that counts as touching [m]."""
OPAQUE = wp.constant(0.02)
"""Looks that transmit less are drawn opaque."""


@wp.func
def dielectric_reflectance(cosine: wp.float32, ratio: wp.float32) -> wp.float32:
    """Unpolarised Fresnel reflectance; `ratio` = n_from / n_to; 1 in total reflection."""
    s2 = ratio * ratio * (1.0 - cosine * cosine)
    if s2 >= 1.0:
        return 1.0
    t = wp.sqrt(1.0 - s2)
    a = (ratio * cosine - t) / (ratio * cosine + t)
    b = (cosine - ratio * t) / (cosine + ratio * t)
    return 0.5 * (a * a + b * b)


@wp.func
def total(lit: Lit) -> wp.vec3:
    """All the light of one sample."""
    return (
        lit.emission
        + wp.cw_mul(lit.diffuse, lit.sky)
        + wp.cw_mul(lit.sun_factor, lit.sun)
        + wp.cw_mul(lit.gloss, lit.mirror)
    )


@wp.func
def tint(color: wp.vec3, length: wp.float32, depth: wp.float32) -> wp.vec3:
    """What a path of `length` [m] lets through: the colour at `depth`, a third of it at once."""
    power = wp.min(0.35 + length / depth, 6.0)
    return wp.vec3(wp.pow(color[0], power), wp.pow(color[1], power), wp.pow(color[2], power))


@wp.func
def opaque_touch(geometry: Geometry, at: wp.vec3, way: wp.vec3) -> Hit:
    """The opaque triangle that a clear body stands on at `at`, if any: within CONTACT along `way`.

    A ray that leaves a glass on a table would otherwise start below the table's top.
    """
    hit = Hit()
    hit.kind = NOTHING
    if geometry.triangle_count > 0 and geometry.opaque_group != -2:
        start = at - way * CONTACT
        root = wp.int32(-1)
        if geometry.opaque_group >= 0:
            root = wp.mesh_get_group_root(geometry.mesh, geometry.opaque_group)
        query = wp.mesh_query_ray(geometry.mesh, start, way, 2.0 * CONTACT, root)
        if query.result:
            hit.kind = TRIANGLE
            hit.primitive = query.face
            hit.t = query.t
            hit.u = query.u
            hit.v = query.v
    return hit


@wp.func
def through(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    point: Point,
    direction: wp.vec3,
    footprint: wp.float32,
    x: wp.int32,
    y: wp.int32,
    sample: wp.int32,
    samples: wp.int32,
) -> wp.vec3:
    """Radiance that reaches the eye through a clear surface hit from outside or inside."""
    eye = -direction
    radiance = wp.vec3(0.0, 0.0, 0.0)
    index = looks.refractive_index[point.look]
    mirror = dielectric_reflectance(wp.max(wp.dot(point.normal, eye), 0.0), 1.0 / index)
    bent = direction - point.normal * (2.0 * wp.dot(direction, point.normal))
    if wp.dot(bent, point.facet) > 0.0:
        radiance += bounce(geometry, looks, light, volume, point.start, bent, True) * mirror
    if light.has_sun != 0 and wp.dot(point.facet, light.sun) > 0.0:
        shine = ggx_highlight(point, eye, light.sun, light.radius)
        if wp.max(shine) > 1.0e-4:  # noqa: SIM102
            if not occluded_opaque(geometry, point.start, light.sun, FAR):
                radiance += wp.cw_mul(shine, light.irradiance)
    weight = wp.vec3(1.0, 1.0, 1.0) * (1.0 - mirror)
    normal = point.smooth
    cosine = wp.max(wp.dot(normal, eye), 0.0)
    ratio = 1.0 / index
    way = wp.normalize(
        direction * ratio
        + normal
        * (ratio * cosine - wp.sqrt(wp.max(0.0, 1.0 - ratio * ratio * (1.0 - cosine * cosine))))
    )
    origin = point.position - point.facet * (3.0e-5 + 2.0e-5 * footprint)
    inside = wp.int32(1)
    look = point.look
    for _ in range(INTERFACES):
        hit = trace(geometry, origin, way, FAR)
        if inside > 0:
            depth = wp.where(hit.kind == NOTHING, 0.0, hit.t)
            weight = wp.cw_mul(weight, tint(looks.color[look], depth, looks.scale[look]))
        if hit.kind == NOTHING:
            return radiance + wp.cw_mul(weight, seen_sky(light, way))
        at = origin + way * hit.t
        here = hit_look(geometry, hit)
        if looks.transmission[here] <= OPAQUE:
            behind = visible_point(geometry, looks, light.glow, hit, at, way, footprint)
            lit = light_point(
                geometry, looks, light, volume, behind, way, x, y, sample, samples, SKY_OPEN
            )
            return radiance + wp.cw_mul(weight, total(lit))
        facet = hit_geometric_normal(geometry, hit, at)
        n = hit_normal(geometry, hit, at)
        touching = opaque_touch(geometry, at, way)
        if touching.kind != NOTHING:
            behind = visible_point(geometry, looks, light.glow, touching, at, way, footprint)
            lit = light_point(
                geometry, looks, light, volume, behind, way, x, y, sample, samples, SKY_OPEN
            )
            return radiance + wp.cw_mul(weight, total(lit))
        entering = wp.dot(facet, way) < 0.0
        if not entering:
            facet = -facet
            n = -n
        ratio = wp.where(entering, 1.0 / looks.refractive_index[here], looks.refractive_index[here])
        cosine = wp.clamp(-wp.dot(n, way), 0.0, 1.0)
        s2 = ratio * ratio * (1.0 - cosine * cosine)
        if s2 >= 1.0:
            way = wp.normalize(way + n * (2.0 * cosine))
            origin = at + facet * (3.0e-5 + 2.0e-5 * hit.t)
        else:
            weight = weight * (1.0 - dielectric_reflectance(cosine, ratio))
            way = wp.normalize(way * ratio + n * (ratio * cosine - wp.sqrt(1.0 - s2)))
            origin = at - facet * (3.0e-5 + 2.0e-5 * hit.t)
            inside = wp.where(entering, 1, 0)
        look = here
    return radiance + wp.cw_mul(weight, seen_sky(light, way)) * 0.7
