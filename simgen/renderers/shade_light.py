# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Light: the sky, the sun, sampling of directions, and the light that other surfaces send back."""

import warp as wp

from simgen.renderers.texture import LookTable, mean_albedo
from simgen.renderers.texture_noise import fractal
from simgen.renderers.tone import glow
from simgen.renderers.trace import (
    FAR,
    NOTHING,
    Geometry,
    Hit,
    hit_geometric_normal,
    hit_look,
    hit_temperature,
    occluded,
    occluded_opaque,
    trace,
)
from simgen.renderers.volume import Volume, extinction, volume_span

SKY = wp.constant(0)
SUN = wp.constant(1)
GLOSS = wp.constant(2)


@wp.struct
class Light:
    """The light rig. Linear RGB."""

    has_sun: wp.int32
    sun: wp.vec3
    """Unit vector towards the sun."""
    irradiance: wp.vec3
    """Of the sun on a surface that faces it."""
    radius: wp.float32
    """Angular radius of the sun [rad]."""
    zenith: wp.vec3
    horizon: wp.vec3
    ground: wp.vec3
    clouds: wp.float32
    """Share of the sky that clouds cover, 0..1."""
    glow: wp.array(dtype=wp.vec3)
    """Radiance of hot bodies, see `tone.glow_table`."""
    clear: wp.int32
    """Whether anything in the scene lets light through."""
    flame: wp.array(dtype=wp.vec3)
    """Radiance of dense soot by temperature, see `tone.flame_table`."""
    blue: wp.vec3
    """Radiance of a dense blue flame, see `tone.flame_blue`."""
    flames: wp.int32
    """How many flames light their surroundings."""
    flame_place: wp.array(dtype=wp.vec4)
    """(flames) centre, world, and radius [m]."""
    flame_power: wp.array(dtype=wp.vec3)
    """(flames) radiant intensity, radiance times area [m^2]."""


@wp.func
def spread(x: wp.uint32) -> wp.uint32:
    """The low 16 bits of x with zeros between them."""
    v = x & wp.uint32(0xFFFF)
    v = (v | (v << wp.uint32(8))) & wp.uint32(0x00FF00FF)
    v = (v | (v << wp.uint32(4))) & wp.uint32(0x0F0F0F0F)
    v = (v | (v << wp.uint32(2))) & wp.uint32(0x33333333)
    return (v | (v << wp.uint32(1))) & wp.uint32(0x55555555)


@wp.func
def sample_square(
    x: wp.int32, y: wp.int32, sample: wp.int32, samples: wp.int32, use: wp.int32
) -> wp.vec2:
    """A point of the unit square for one use of one sample of a pixel, the same in every frame.

    One Kronecker sequence runs through all samples of all pixels in Morton order (Ahmed & Wonka,
    ACM TOG 39(6) 2020), so every block of 2^k x 2^k pixels covers the square evenly and a small
    filter finds what it needs. Sky: Roberts' R2; the others: other irrational pairs.
    """
    morton = spread(wp.uint32(x)) | (spread(wp.uint32(y)) << wp.uint32(1))
    k = morton * wp.uint32(samples) + wp.uint32(sample)
    a = wp.uint32(1621087444) * wp.uint32(2) + wp.uint32(1)
    b = wp.uint32(1223722706) * wp.uint32(2) + wp.uint32(1)
    if use == SUN:
        a = wp.uint32(1327217884) * wp.uint32(2) + wp.uint32(1)
        b = wp.uint32(889516852) * wp.uint32(2) + wp.uint32(1)
    elif use == GLOSS:
        a = wp.uint32(1572067138) * wp.uint32(2) + wp.uint32(1)
        b = wp.uint32(506952113) * wp.uint32(2) + wp.uint32(1)
    u = wp.float32((k * a + wp.uint32(123456789)) >> wp.uint32(8)) * 5.9604645e-8
    v = wp.float32((k * b + wp.uint32(987654321)) >> wp.uint32(8)) * 5.9604645e-8
    return wp.vec2(u, v)


@wp.func
def around(axis: wp.vec3, local: wp.vec3) -> wp.vec3:
    """A vector given in a frame whose third axis is `axis` (Duff et al., JCGT 6(1) 2017)."""
    sign = wp.where(axis[2] >= 0.0, 1.0, -1.0)
    a = -1.0 / (sign + axis[2])
    b = axis[0] * axis[1] * a
    first = wp.vec3(1.0 + sign * axis[0] * axis[0] * a, sign * b, -sign * axis[0])
    second = wp.vec3(b, sign + axis[1] * axis[1] * a, -axis[1])
    return first * local[0] + second * local[1] + axis * local[2]


@wp.func
def cosine_direction(normal: wp.vec3, u: wp.vec2) -> wp.vec3:
    """A direction about `normal` with density cos / pi."""
    r = wp.sqrt(u[0])
    turn = 6.2831853 * u[1]
    up = wp.sqrt(wp.max(0.0, 1.0 - u[0]))
    return around(normal, wp.vec3(r * wp.cos(turn), r * wp.sin(turn), up))


@wp.func
def sun_direction(light: Light, u: wp.vec2) -> wp.vec3:
    """A direction towards a point of the sun's disc."""
    r = wp.sqrt(u[0]) * wp.tan(light.radius)
    turn = 6.2831853 * u[1]
    return wp.normalize(around(light.sun, wp.vec3(r * wp.cos(turn), r * wp.sin(turn), 1.0)))


@wp.func
def sky_radiance(light: Light, direction: wp.vec3) -> wp.vec3:
    """The smooth sky: a gradient from horizon to zenith, the ground below."""
    if direction[2] >= 0.0:
        return wp.lerp(light.horizon, light.zenith, wp.pow(direction[2], 0.55))
    return wp.lerp(light.horizon, light.ground, wp.min(1.0, -6.0 * direction[2]))


@wp.func
def seen_sky(light: Light, direction: wp.vec3) -> wp.vec3:
    """The sky as seen: with clouds and a glow about the sun."""
    color = sky_radiance(light, direction)
    if direction[2] > 0.0:
        if light.clouds > 0.0:
            height = 1.0 / (direction[2] + 0.08)
            p = wp.vec3(direction[0] * height, direction[1] * height, 0.37)
            n = fractal(p + wp.vec3(3.1, 7.7, 0.0), 1.6, 5, 0.01 * height)
            cover = wp.smoothstep(0.25 - 0.7 * light.clouds, 0.75 - 0.55 * light.clouds, n[3] + 0.1)
            white = wp.vec3(1.0, 1.0, 1.0) * (
                1.15 * (0.3 * light.horizon[0] + 0.6 * light.horizon[1] + 0.1 * light.horizon[2])
            )
            tone = wp.lerp(white, light.horizon, 0.35) * (1.1 - 0.25 * n[3])
            color = wp.lerp(color, tone, 0.8 * cover * wp.min(1.0, 6.0 * direction[2]))
        if light.has_sun != 0:
            near = wp.max(wp.dot(direction, light.sun), 0.0)
            color += light.irradiance * (0.25 * wp.pow(near, 90.0) + 0.05 * wp.pow(near, 8.0))
    return color


@wp.func
def ambient(light: Light, normal: wp.vec3) -> wp.vec3:
    """Mean radiance of the open sky over the half-space about `normal` (no occlusion)."""
    up = 0.5 + 0.5 * normal[2]
    sky = wp.lerp(light.horizon, light.zenith, 0.55)
    side = wp.lerp(light.ground, light.horizon, 0.6)
    return wp.lerp(side * 0.8, sky, up)


@wp.func
def smoke_shadow(volume: Volume, point: wp.vec3, direction: wp.vec3) -> wp.float32:
    """Share of light that smoke lets through along a ray, in 12 steps."""
    if volume.present == 0:
        return 1.0
    span = volume_span(volume, point, direction, FAR)
    if span[1] <= span[0]:
        return 1.0
    step = (span[1] - span[0]) / 12.0
    depth = wp.float32(0.0)
    for k in range(12):
        depth += extinction(volume, point + direction * (span[0] + step * (wp.float32(k) + 0.5)))
    return wp.exp(-depth * step)


@wp.func
def sun_share(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    point: wp.vec3,
    toward: wp.vec3,
) -> wp.vec3:
    """What of the sun's light reaches a point: 0 in shadow, tinted behind glass or water."""
    if occluded_opaque(geometry, point, toward, FAR):
        return wp.vec3(0.0, 0.0, 0.0)
    share = wp.vec3(1.0, 1.0, 1.0) * smoke_shadow(volume, point, toward)
    if light.clear != 0 and occluded(geometry, point, toward, FAR):
        hit = trace(geometry, point, toward, FAR)
        if hit.kind != NOTHING:
            facet = hit_geometric_normal(geometry, hit, point + toward * hit.t)
            slant = wp.abs(wp.dot(facet, toward))
            look = hit_look(geometry, hit)
            pass_ = looks.transmission[look] * (0.25 + 0.7 * wp.pow(slant, 0.7))
            share = wp.cw_mul(share, looks.color[look]) * pass_
    return share


@wp.func
def flame_way(light: Light, flame: wp.int32, point: wp.vec3, u: wp.vec2) -> wp.vec3:
    """From a point to a point of a flame: along its upright axis, a little off it."""
    place = light.flame_place[flame]
    high = 2.0 * u[0] - 1.0
    turn = 6.2831853 * u[1]
    aside = 0.35 * place[3]
    offset = wp.vec3(aside * wp.cos(turn), aside * wp.sin(turn), place[3] * high)
    return wp.vec3(place[0], place[1], place[2]) + offset - point


@wp.func
def flame_irradiance(
    geometry: Geometry,
    light: Light,
    flame: wp.int32,
    start: wp.vec3,
    normal: wp.vec3,
    way: wp.vec3,
) -> wp.vec3:
    """Of one flame on a surface, 0 in its shadow; `way` leads to a point of the flame."""
    far = wp.length(way)
    slant = wp.dot(normal, way) / wp.max(far, 1.0e-6)
    if slant <= 0.0:
        return wp.vec3(0.0, 0.0, 0.0)
    size = light.flame_place[flame][3]
    if occluded_opaque(geometry, start, way / far, wp.max(far - 0.3 * size, 0.5 * far)):
        return wp.vec3(0.0, 0.0, 0.0)
    return light.flame_power[flame] * (slant / (far * far + 0.25 * size * size))


@wp.func
def bounce(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    point: wp.vec3,
    direction: wp.vec3,
    seen: wp.bool,
) -> wp.vec3:
    """Radiance that arrives along a ray: the sky, or the nearest surface lit by sun and open sky.

    One shadow ray, no further bounce. `seen`: draw clouds (for mirrors).
    """
    hit = trace(geometry, point, direction, FAR)
    if hit.kind == NOTHING:
        if seen:
            return seen_sky(light, direction)
        return sky_radiance(light, direction)
    return bounce_at(geometry, looks, light, volume, point + direction * hit.t, direction, hit)


@wp.func
def bounce_at(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    at: wp.vec3,
    direction: wp.vec3,
    hit: Hit,
) -> wp.vec3:
    """Radiance a hit surface sends back along `direction`, from its mean colour."""
    look = hit_look(geometry, hit)
    facet = hit_geometric_normal(geometry, hit, at)
    if wp.dot(facet, direction) > 0.0:
        facet = -facet
    clear = looks.transmission[look]
    received = ambient(light, facet) * 0.6
    slant = wp.dot(facet, light.sun)
    if light.has_sun != 0 and slant > 0.0:
        start = at + facet * (3.0e-5 + 2.0e-5 * hit.t)
        if not occluded_opaque(geometry, start, light.sun, FAR):
            received += light.irradiance * (slant * 0.3183099)
    for n in range(light.flames):
        way = flame_way(light, n, at, wp.vec2(0.5, 0.5))
        lift = at + facet * (3.0e-5 + 2.0e-5 * hit.t)
        received += flame_irradiance(geometry, light, n, lift, facet, way) * 0.3183099
    albedo = mean_albedo(looks, look)
    out = wp.cw_mul(albedo, received) * (1.0 - clear)
    if clear > 0.0:
        out += wp.cw_mul(albedo, sky_radiance(light, direction)) * clear
    return out + glow(light.glow, hit_temperature(geometry, hit))
