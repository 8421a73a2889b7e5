# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""How surfaces scatter light: matt, translucent, GGX metal-rough, clear coat, dielectric.

Directions are unit vectors that point away from the surface. GGX after Walter et al. (EGSR 2007)
and Heitz (JCGT 7(4) 2018); what single scattering between its facets loses is given back by the
whole reflectance (Turquin 2019). Relief too fine to be seen adds its slopes to those of the facets
(Olano & Baker, LEAN Mapping, I3D 2010), so far floors are as dull as they are and do not glitter.
"""

import warp as wp

from simgen.renderers.light import PI, around
from simgen.renderers.point import Point
from simgen.renderers.tone import luminance

SMOOTHEST = wp.constant(0.002)
"""Least GGX width: narrower lobes are mirrors to any light."""
COAT_WIDTH = wp.constant(0.012)
COAT_F0 = wp.constant(0.04)


@wp.struct
class Lobes:
    """What of the light each way of scattering may take at one point, seen from one side."""

    matt: wp.vec3
    """Albedo of light that has been inside, reflected and let through."""
    f0: wp.vec3
    width: wp.float32
    """GGX alpha."""
    gain: wp.vec3
    """What multiple scattering between facets gives back."""
    under: wp.float32
    """Share of light that passes the clear coat."""
    coat: wp.float32
    coat_width: wp.float32
    """GGX alpha of the clear coat."""
    through: wp.float32
    """Share of the matt light that leaves on the other side."""
    choose_coat: wp.float32
    choose_gloss: wp.float32
    """Chances to sample a lobe; the rest is matt."""


@wp.struct
class Scattering:
    """The BSDF for a pair of directions."""

    value: wp.vec3
    """BSDF times the cosine."""
    density: wp.float32
    """Of sampling the direction [1/sr]."""


@wp.func
def grazing(f0: wp.vec3) -> wp.float32:
    """Reflectance at grazing incidence: all of it, but for what hardly reflects at all."""
    return wp.min(50.0 * wp.max(f0), 1.0)


@wp.func
def fresnel(f0: wp.vec3, cosine: wp.float32) -> wp.vec3:
    """Schlick's approximation."""
    m = wp.clamp(1.0 - cosine, 0.0, 1.0)
    m2 = m * m
    g = grazing(f0)
    return f0 + (wp.vec3(g, g, g) - f0) * (m2 * m2 * m)


@wp.func
def whole_reflectance(
    table: wp.array2d(dtype=wp.vec2), roughness: wp.float32, cosine: wp.float32
) -> wp.vec2:
    """(A, B) of `reflectance_table` between its entries."""
    x = wp.clamp(cosine, 0.0, 1.0) * wp.float32(table.shape[0] - 1)
    y = wp.clamp(roughness, 0.0, 1.0) * wp.float32(table.shape[1] - 1)
    i = wp.min(wp.int32(x), table.shape[0] - 2)
    j = wp.min(wp.int32(y), table.shape[1] - 2)
    b = y - wp.float32(j)
    low = wp.lerp(table[i, j], table[i, j + 1], b)
    high = wp.lerp(table[i + 1, j], table[i + 1, j + 1], b)
    return wp.lerp(low, high, x - wp.float32(i))


@wp.func
def lobes_at(point: Point, eye: wp.vec3, table: wp.array2d(dtype=wp.vec2)) -> Lobes:
    """The lobes of an opaque point seen from `eye`."""
    out = Lobes()
    facing = wp.max(wp.dot(point.normal, eye), 0.02)
    facets = point.roughness * point.roughness
    out.width = wp.clamp(wp.sqrt(facets * facets + point.spread), SMOOTHEST, 1.0)
    out.coat_width = wp.min(wp.sqrt(COAT_WIDTH * COAT_WIDTH + point.spread), 1.0)
    ab = whole_reflectance(table, wp.sqrt(out.width), facing)
    one = wp.vec3(1.0, 1.0, 1.0)
    shine = point.f0 * ab[0] + one * (ab[1] * grazing(point.f0))
    missing = wp.max(1.0 / wp.max(ab[0] + ab[1], 0.1) - 1.0, 0.0)
    out.f0 = point.f0
    out.gain = one + point.f0 * missing
    shine = wp.min(wp.cw_mul(shine, out.gain), one)
    out.matt = wp.cw_mul(point.albedo, one - shine) * (1.0 - point.metallic)
    out.through = point.translucency
    out.coat = point.coat
    varnish = point.coat * fresnel(one * COAT_F0, facing)[0]
    out.under = 1.0 - varnish
    gloss = luminance(shine) * out.under
    matt = luminance(out.matt) * out.under
    total = wp.max(varnish + gloss + matt, 1.0e-6)
    out.choose_coat = varnish / total
    out.choose_gloss = wp.where(matt > 0.0, wp.max(gloss / total, 0.1), gloss / total)
    return out


@wp.func
def _ggx(width: wp.float32, nh: wp.float32) -> wp.float32:
    k = nh * nh * (width * width - 1.0) + 1.0
    return width * width / (PI * k * k)


@wp.func
def _lambda(width: wp.float32, cosine: wp.float32) -> wp.float32:
    c2 = wp.max(cosine * cosine, 1.0e-6)
    return 0.5 * (wp.sqrt(1.0 + width * width * (1.0 - c2) / c2) - 1.0)


@wp.func
def _glossy(width: wp.float32, nh: wp.float32, nv: wp.float32, nl: wp.float32) -> wp.vec2:
    """(BRDF times cosine without Fresnel, density of `mirrored`) of a GGX lobe."""
    spread = _ggx(width, nh)
    view = _lambda(width, nv)
    mask = 1.0 / (1.0 + view + _lambda(width, nl))
    return wp.vec2(spread * mask / (4.0 * nv), spread / ((1.0 + view) * 4.0 * nv))


@wp.func
def scatter(point: Point, lobes: Lobes, eye: wp.vec3, toward: wp.vec3) -> Scattering:
    """The BSDF times cosine, and the density with which `sample_scattering` takes `toward`."""
    out = Scattering()
    nl = wp.dot(point.normal, toward)
    side = wp.dot(point.facet, toward)
    matt_chance = 1.0 - lobes.choose_coat - lobes.choose_gloss
    if side <= 0.0:
        if lobes.through > 0.0 and nl < 0.0:
            out.value = lobes.matt * (lobes.under * lobes.through * -nl / PI)
            out.density = matt_chance * lobes.through * -nl / PI
        return out
    if nl <= 0.0:
        return out
    nv = wp.max(wp.dot(point.normal, eye), 0.02)
    half = wp.normalize(eye + toward)
    nh = wp.max(wp.dot(point.normal, half), 0.0)
    vh = wp.max(wp.dot(eye, half), 0.0)
    out.value = lobes.matt * (lobes.under * (1.0 - lobes.through) * nl / PI)
    out.density = matt_chance * (1.0 - lobes.through) * nl / PI
    if lobes.choose_gloss > 0.0:
        gloss = _glossy(lobes.width, nh, nv, nl)
        color = wp.cw_mul(fresnel(lobes.f0, vh), lobes.gain)
        out.value += color * (gloss[0] * lobes.under)
        out.density += lobes.choose_gloss * gloss[1]
    if lobes.coat > 0.0:
        varnish = _glossy(lobes.coat_width, nh, nv, nl)
        strength = lobes.coat * fresnel(wp.vec3(COAT_F0, COAT_F0, COAT_F0), vh)[0]
        out.value += wp.vec3(1.0, 1.0, 1.0) * (strength * varnish[0])
        out.density += lobes.choose_coat * varnish[1]
    return out


@wp.func
def facet_normal(normal: wp.vec3, width: wp.float32, eye: wp.vec3, u: wp.vec2) -> wp.vec3:
    """A microfacet's normal, as often as the eye sees it (Heitz 2018)."""
    side = wp.cross(
        normal, wp.where(wp.abs(normal[2]) < 0.9, wp.vec3(0.0, 0.0, 1.0), wp.vec3(1.0, 0.0, 0.0))
    )
    side = wp.normalize(side)
    other = wp.cross(normal, side)
    v = wp.vec3(wp.dot(eye, side), wp.dot(eye, other), wp.dot(eye, normal))
    vh = wp.normalize(wp.vec3(width * v[0], width * v[1], wp.max(v[2], 0.02)))
    flat = vh[0] * vh[0] + vh[1] * vh[1]
    t1 = wp.vec3(1.0, 0.0, 0.0)
    if flat > 1.0e-8:
        t1 = wp.vec3(-vh[1], vh[0], 0.0) / wp.sqrt(flat)
    t2 = wp.cross(vh, t1)
    r = wp.sqrt(u[0])
    a = r * wp.cos(2.0 * PI * u[1])
    b = r * wp.sin(2.0 * PI * u[1])
    s = 0.5 * (1.0 + vh[2])
    b = (1.0 - s) * wp.sqrt(wp.max(0.0, 1.0 - a * a)) + s * b
    nh = t1 * a + t2 * b + vh * wp.sqrt(wp.max(0.0, 1.0 - a * a - b * b))
    half = wp.normalize(wp.vec3(width * nh[0], width * nh[1], wp.max(nh[2], 1.0e-5)))
    return side * half[0] + other * half[1] + normal * half[2]


@wp.func
def cosine_direction(normal: wp.vec3, u: wp.vec2) -> wp.vec3:
    """A direction about `normal` with density cosine / pi."""
    r = wp.sqrt(u[0])
    turn = 2.0 * PI * u[1]
    up = wp.sqrt(wp.max(0.0, 1.0 - u[0]))
    return around(normal, wp.vec3(r * wp.cos(turn), r * wp.sin(turn), up))


@wp.func
def sample_scattering(
    point: Point, lobes: Lobes, eye: wp.vec3, u: wp.vec2, choice: wp.vec2
) -> wp.vec3:
    """A direction in which the point scatters light from, with the density of `scatter`."""
    if choice[0] < lobes.choose_coat + lobes.choose_gloss:
        width = wp.where(choice[0] < lobes.choose_coat, lobes.coat_width, lobes.width)
        half = facet_normal(point.normal, width, eye, u)
        return half * (2.0 * wp.dot(eye, half)) - eye
    if choice[1] < lobes.through:
        return cosine_direction(-point.normal, u)
    return cosine_direction(point.normal, u)
