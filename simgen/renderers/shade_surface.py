# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Surfaces under light: GGX metal-rough (Walter et al. 2007), relief, one sample of a hit."""

import warp as wp

from simgen.renderers.shade_light import (
    GLOSS,
    SKY,
    SUN,
    Light,
    ambient,
    bounce,
    cosine_direction,
    flame_irradiance,
    flame_way,
    sample_square,
    sun_direction,
    sun_share,
)
from simgen.renderers.texture import LookTable, surface_at
from simgen.renderers.texture_noise import hash_unit
from simgen.renderers.tone import glow, luminance
from simgen.renderers.trace import (
    SPHERE,
    Geometry,
    Hit,
    hit_geometric_normal,
    hit_look,
    hit_normal,
    hit_rest_normal,
    hit_rest_position,
    hit_temperature,
)
from simgen.renderers.volume import Volume

SKY_RAY = wp.constant(0)
SKY_OPEN = wp.constant(1)
SKY_NONE = wp.constant(2)
MATT = wp.constant(0.36)
"""Dielectrics rougher than this reflect the blurred surroundings; smoother ones get a ray."""


@wp.struct
class Point:
    """A visible point, ready to be lit."""

    position: wp.vec3
    start: wp.vec3
    """Where rays leave it: just off the surface."""
    facet: wp.vec3
    """Unit facet normal towards the viewer."""
    normal: wp.vec3
    """Unit normal with relief, towards the viewer."""
    smooth: wp.vec3
    """The same without relief."""
    albedo: wp.vec3
    roughness: wp.float32
    metallic: wp.float32
    f0: wp.vec3
    """Reflectance at normal incidence."""
    emission: wp.vec3
    look: wp.int32


@wp.struct
class Lit:
    """Light at a point, split so that the noisy parts can be filtered apart from the texture."""

    diffuse: wp.vec3
    """Factor on `sky` and `sun`: colour of matt reflection."""
    sky: wp.vec3
    """Mean radiance that arrives from sky and surroundings."""
    sun: wp.vec3
    """Share of the sun that arrives."""
    sun_factor: wp.vec3
    """Radiance per share of the sun."""
    gloss: wp.vec3
    """Factor on `mirror`."""
    mirror: wp.vec3
    """Radiance that arrives from the mirrored direction."""
    emission: wp.vec3


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
def visible_point(
    geometry: Geometry,
    looks: LookTable,
    glow_table: wp.array(dtype=wp.vec3),
    hit: Hit,
    position: wp.vec3,
    direction: wp.vec3,
    footprint: wp.float32,
) -> Point:
    """Everything about a hit that does not depend on light; `footprint` [m] at normal incidence."""
    out = Point()
    out.position = position
    out.facet = hit_geometric_normal(geometry, hit, position)
    out.smooth = hit_normal(geometry, hit, position)
    if wp.dot(out.facet, direction) > 0.0:
        out.facet = -out.facet
    if wp.dot(out.smooth, out.facet) < 0.0:
        out.smooth = -out.smooth
    out.start = position + out.facet * (3.0e-5 + 2.0e-5 * hit.t)
    out.look = hit_look(geometry, hit)
    slant = wp.max(-wp.dot(out.facet, direction), 0.12)
    surface = surface_at(
        looks,
        out.look,
        hit_rest_position(geometry, hit, position),
        hit_rest_normal(geometry, hit, position),
        footprint / wp.sqrt(slant),
    )
    out.normal = out.smooth
    if wp.length_sq(surface.slope) > 1.0e-8:
        out.normal = wp.normalize(out.smooth - relief(geometry, hit, surface.slope))
    facing = -wp.dot(out.normal, direction)
    if facing < 0.03:
        out.normal = wp.normalize(out.normal - direction * (0.03 - facing))
    out.albedo = surface.albedo
    fades = looks.fades[out.look]
    if fades[1] > 0.0:
        share = (hit_temperature(geometry, hit) - fades[0]) / (fades[1] - fades[0])
        share = wp.clamp(share, 0.0, 1.0)
        out.albedo = wp.lerp(out.albedo, looks.faded[out.look], share * share * (3.0 - 2.0 * share))
    if looks.variation[out.look] > 0.0 and hit.kind == SPHERE:
        tone = hash_unit(hit.primitive, 5, 77) - 0.5
        out.albedo = out.albedo * (1.0 + looks.variation[out.look] * tone)
    out.roughness = surface.roughness
    out.metallic = surface.metallic
    n = looks.refractive_index[out.look]
    r = (n - 1.0) / (n + 1.0)
    out.f0 = wp.lerp(wp.vec3(r * r, r * r, r * r), out.albedo, out.metallic)
    out.emission = glow(glow_table, hit_temperature(geometry, hit))
    hot = wp.max(out.emission)
    if hot > 0.0:  # scale: hot metal is covered by dark oxide; what reflects more emits less
        out.emission = out.emission * (1.0 - 0.7 * luminance(surface.albedo))
        out.albedo = out.albedo / (1.0 + 12.0 * hot)
        out.f0 = out.f0 / (1.0 + 12.0 * hot)
    return out


@wp.func
def fresnel(f0: wp.vec3, cosine: wp.float32) -> wp.vec3:
    """Schlick's approximation."""
    m = wp.clamp(1.0 - cosine, 0.0, 1.0)
    m2 = m * m
    return f0 + (wp.vec3(1.0, 1.0, 1.0) - f0) * (m2 * m2 * m)


@wp.func
def ggx_highlight(
    point: Point, toward_eye: wp.vec3, toward_light: wp.vec3, widening: wp.float32
) -> wp.vec3:
    """GGX reflection times the cosine; `widening` is the radius of the light (Karis 2013)."""
    nl = wp.dot(point.normal, toward_light)
    nv = wp.max(wp.dot(point.normal, toward_eye), 0.02)
    if nl <= 0.0:
        return wp.vec3(0.0, 0.0, 0.0)
    half = wp.normalize(toward_eye + toward_light)
    nh = wp.max(wp.dot(point.normal, half), 0.0)
    sharp = wp.max(point.roughness * point.roughness, 0.0016)
    alpha = wp.min(sharp + 0.4 * widening, 1.0)
    a2 = alpha * alpha
    k = nh * nh * (a2 - 1.0) + 1.0
    spread_ = a2 / (3.14159265 * k * k)
    mask = 0.5 / (nl * wp.sqrt(nv * nv * (1.0 - a2) + a2) + nv * wp.sqrt(nl * nl * (1.0 - a2) + a2))
    energy = sharp * sharp / a2
    energy = wp.max(energy, 0.3)
    return fresnel(point.f0, wp.dot(toward_eye, half)) * (spread_ * mask * nl * energy)


@wp.func
def mirrored(point: Point, toward_eye: wp.vec3, u: wp.vec2) -> wp.vec3:
    """A reflected direction by the visible normals of GGX (Heitz, JCGT 7(4) 2018)."""
    alpha = wp.max(point.roughness * point.roughness, 0.0016)
    n = point.normal
    side = wp.cross(n, wp.where(wp.abs(n[2]) < 0.9, wp.vec3(0.0, 0.0, 1.0), wp.vec3(1.0, 0.0, 0.0)))
    side = wp.normalize(side)
    other = wp.cross(n, side)
    v = wp.vec3(wp.dot(toward_eye, side), wp.dot(toward_eye, other), wp.dot(toward_eye, n))
    vh = wp.normalize(wp.vec3(alpha * v[0], alpha * v[1], wp.max(v[2], 0.01)))
    flat_ = vh[0] * vh[0] + vh[1] * vh[1]
    t1 = wp.vec3(1.0, 0.0, 0.0)
    if flat_ > 1.0e-8:
        t1 = wp.vec3(-vh[1], vh[0], 0.0) / wp.sqrt(flat_)
    t2 = wp.cross(vh, t1)
    r = wp.sqrt(u[0])
    a = r * wp.cos(6.2831853 * u[1])
    b = r * wp.sin(6.2831853 * u[1])
    s = 0.5 * (1.0 + vh[2])
    b = (1.0 - s) * wp.sqrt(wp.max(0.0, 1.0 - a * a)) + s * b
    nh = t1 * a + t2 * b + vh * wp.sqrt(wp.max(0.0, 1.0 - a * a - b * b))
    half = wp.normalize(wp.vec3(alpha * nh[0], alpha * nh[1], wp.max(nh[2], 1.0e-5)))
    world = side * half[0] + other * half[1] + n * half[2]
    out = world * (2.0 * wp.dot(toward_eye, world)) - toward_eye
    below = wp.dot(out, point.facet)
    if below < 0.0:
        out = wp.normalize(out - point.facet * (2.0 * below))
    return out


@wp.func
def light_point(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    point: Point,
    direction: wp.vec3,
    x: wp.int32,
    y: wp.int32,
    sample: wp.int32,
    samples: wp.int32,
    sky: wp.int32,
) -> Lit:
    """One sample of the light at a point: a sun ray, a sky ray, a mirror ray where it shines.

    `sky`: SKY_RAY asks a ray; SKY_OPEN takes the sky as unhidden (seen through glass, where noise
    could not be filtered); SKY_NONE leaves it out.
    """
    out = Lit()
    eye = -direction
    out.emission = point.emission
    facing = wp.max(wp.dot(point.normal, eye), 0.02)
    edge = fresnel(point.f0, facing)
    out.diffuse = point.albedo * (1.0 - point.metallic)
    if light.has_sun != 0 and wp.dot(point.facet, light.sun) > -light.radius:
        toward = light.sun
        if sky != SKY_OPEN:
            toward = sun_direction(light, sample_square(x, y, sample, samples, SUN))
        slant = wp.dot(point.normal, light.sun)
        if wp.dot(point.facet, toward) > 0.0 and slant > 0.0:
            out.sun = sun_share(geometry, looks, light, volume, point.start, toward)
            matt = out.diffuse * (slant * 0.3183099)
            shine = ggx_highlight(point, eye, light.sun, light.radius)
            out.sun_factor = wp.cw_mul(light.irradiance, matt + shine)
    if point.metallic < 0.95:
        if sky == SKY_OPEN:
            out.sky = ambient(light, point.normal) * 0.75
        elif sky == SKY_RAY:
            u = sample_square(x, y, sample, samples, SKY)
            toward = cosine_direction(point.normal, u)
            if wp.dot(toward, point.facet) <= 0.0:
                toward = cosine_direction(point.facet, u)
            out.sky = bounce(geometry, looks, light, volume, point.start, toward, False)
    for n in range(light.flames):
        way = flame_way(light, n, point.start, sample_square(x, y, sample, samples, SUN))
        lit = flame_irradiance(geometry, light, n, point.start, point.normal, way)
        if sky != SKY_NONE:
            out.sky += lit * 0.3183099
        far = wp.length(way)
        slant = wp.max(wp.dot(point.normal, way) / far, 0.05)
        shine = ggx_highlight(point, eye, way / far, light.flame_place[n][3] / far)
        out.emission += wp.cw_mul(lit, shine) / slant
    if point.metallic > 0.3 or point.roughness < MATT:
        u = sample_square(x, y, sample, samples, GLOSS)
        toward = mirrored(point, eye, u)
        out.mirror = bounce(geometry, looks, light, volume, point.start, toward, True)
        fade = wp.clamp((MATT - point.roughness) * 8.0, 0.0, 1.0)
        out.gloss = edge * wp.lerp(fade, 1.0, point.metallic)
        edge = edge * (1.0 - fade) * (1.0 - point.metallic)
        out.gloss = out.gloss * (1.0 - 0.35 * point.roughness)
    blurred = edge * wp.lerp(0.9, 0.35, point.roughness)
    out.diffuse = wp.cw_mul(out.diffuse, wp.vec3(1.0, 1.0, 1.0) - edge * 0.6) + blurred * (
        1.0 - point.metallic
    )
    return out
