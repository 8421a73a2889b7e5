# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Clear matter: media inside one another, and light that passes or turns back at their surfaces."""

import warp as wp

from simgen.renderers.bsdf import SMOOTHEST, facet_normal
from simgen.renderers.point import Point
from simgen.renderers.texture import LookTable
from simgen.renderers.trace import NOTHING, TRIANGLE, Geometry, Hit

CONTACT = wp.constant(4.0e-4)
"""Gap between clear and opaque matter that counts as touching [m]."""


@wp.struct
class Passage:
    """A ray after an interface."""

    way: wp.vec3
    media: wp.vec4i
    turned_back: wp.bool


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
def attenuation(absorption: wp.vec3, length: wp.float32) -> wp.vec3:
    """Beer-Lambert: what clear matter lets through over a length [m]."""
    return wp.vec3(
        wp.exp(-absorption[0] * length),
        wp.exp(-absorption[1] * length),
        wp.exp(-absorption[2] * length),
    )


@wp.func
def no_media() -> wp.vec4i:
    """Air: no look in the list of media around a ray."""
    return wp.vec4i(-1, -1, -1, -1)


@wp.func
def densest(media: wp.vec4i, looks: LookTable) -> wp.int32:
    """The medium that counts where several overlap: the highest refractive index; -1: air.

    Overlaps are ordered by priority as Schmidt & Budge (JGT 7(2) 2002): a liquid's surface that
    reaches into the wall of its glass is no interface.
    """
    best = media[0]
    for k in range(1, 4):  # no gaps: the first is set if any is
        if media[k] >= 0:
            n = looks.refractive_index[media[k]]
            if n > looks.refractive_index[best]:
                best = media[k]
    return best


@wp.func
def index_in(media: wp.vec4i, looks: LookTable) -> wp.float32:
    """Refractive index around a ray."""
    look = densest(media, looks)
    if look < 0:
        return 1.0
    return looks.refractive_index[look]


@wp.func
def _entered(media: wp.vec4i, look: wp.int32) -> wp.vec4i:
    """The list with one medium more; the oldest falls out of a full list."""
    return wp.vec4i(look, media[0], media[1], media[2])


@wp.func
def left_behind(media: wp.vec4i, look: wp.int32) -> wp.vec4i:
    """The list without the latest entry of one medium."""
    if media[0] == look:
        return wp.vec4i(media[1], media[2], media[3], -1)
    if media[1] == look:
        return wp.vec4i(media[0], media[2], media[3], -1)
    if media[2] == look:
        return wp.vec4i(media[0], media[1], media[3], -1)
    if media[3] == look:
        return wp.vec4i(media[0], media[1], media[2], -1)
    return media


@wp.func
def opaque_touch(geometry: Geometry, at: wp.vec3, way: wp.vec3) -> Hit:
    """The opaque triangle that a clear body stands on at `at`, if any: within CONTACT along `way`.

    A ray that leaves a glass on a table would otherwise start below the table's top.
    """
    hit = Hit()
    hit.kind = NOTHING
    if geometry.triangle_count > 0 and geometry.opaque_group != -2:
        root = wp.int32(-1)
        if geometry.opaque_group >= 0:
            root = wp.mesh_get_group_root(geometry.mesh, geometry.opaque_group)
        query = wp.mesh_query_ray(geometry.mesh, at - way * CONTACT, way, 2.0 * CONTACT, root)
        if query.result:
            hit.kind = TRIANGLE
            hit.primitive = query.face
            hit.t = query.t
            hit.u = query.u
            hit.v = query.v
    return hit


@wp.func
def pass_interface(
    looks: LookTable,
    point: Point,
    way: wp.vec3,
    media: wp.vec4i,
    u: wp.vec2,
    choice: wp.float32,
) -> Passage:
    """Reflect or refract at a clear surface, as often as Fresnel's equations say."""
    out = Passage()
    out.way = way
    out.turned_back = False
    within = index_in(media, looks)
    if point.outside:
        after = _entered(media, point.look)
    else:
        after = left_behind(media, point.look)
        within = index_in(_entered(after, point.look), looks)
    beyond = index_in(after, looks)
    out.media = after
    if wp.abs(within - beyond) < 1.0e-4:  # alike, or inside something denser
        return out
    eye = -way
    half = point.normal
    width = point.roughness * point.roughness
    if width > SMOOTHEST:
        half = facet_normal(point.normal, width, eye, u)
    cosine = wp.max(wp.dot(eye, half), 1.0e-4)
    ratio = within / beyond
    if choice < dielectric_reflectance(cosine, ratio):
        out.way = half * (2.0 * cosine) - eye
        below = wp.dot(out.way, point.facet)
        if below < 0.0:
            out.way = wp.normalize(out.way - point.facet * (2.0 * below))
        out.media = media
        out.turned_back = True
        return out
    s2 = ratio * ratio * (1.0 - cosine * cosine)
    out.way = wp.normalize(way * ratio + half * (ratio * cosine - wp.sqrt(wp.max(1.0 - s2, 0.0))))
    above = wp.dot(out.way, point.facet)
    if above > -1.0e-3:
        out.way = wp.normalize(out.way - point.facet * (above + 1.0e-3))
    return out
