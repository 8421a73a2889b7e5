# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Everything that sends light: the sun's disc, the panorama far away, lamps, flames; and shadows.

A point asks the sun, one place on lamps or panorama, and one flame for light. What a ray meets by
chance of the surface's reflection is weighed against that by multiple importance sampling (Veach &
Guibas 1995, balance heuristic), so nothing counts twice.
"""

import warp as wp

from simgen.renderers.texture import LookTable
from simgen.renderers.tone import luminance
from simgen.renderers.trace import (
    FAR,
    SPHERE,
    Geometry,
    Hit,
)

PI = wp.constant(3.14159265)


@wp.struct
class Light:
    """The lights of one frame. Linear RGB, relative units."""

    has_sun: wp.int32
    sun: wp.vec3
    """Unit vector towards the sun."""
    irradiance: wp.vec3
    """Of the sun on a surface that faces it."""
    sun_cosine: wp.float32
    """Cosine of the sun's angular radius."""
    panorama: wp.array2d(dtype=wp.vec3)
    """(rows, columns) radiance from far away, see `environment.directions`."""
    row_sum: wp.array(dtype=wp.float32)
    """(rows) cumulated share of each row in the panorama's power."""
    column_sum: wp.array2d(dtype=wp.float32)
    """(rows, columns) cumulated share of each pixel in its row."""
    power: wp.float32
    """Luminance of the panorama over all directions: density = luminance / power [1/sr]."""
    mean: wp.float32
    """Mean luminance of the panorama where it is asked for light; 0: left to reflections."""
    lamps: wp.int32
    """Number of triangles and spheres that send light."""
    lamp_kind: wp.array(dtype=wp.int32)
    lamp_primitive: wp.array(dtype=wp.int32)
    lamp_place: wp.array(dtype=wp.vec4)
    """(lamps) middle, world [m], and power: area times luminance [m^2]."""
    lamp_normal: wp.array(dtype=wp.vec3)
    """(lamps) outward unit normal of a triangle, 0 of a sphere."""
    brightest: wp.float32
    """Luminance that indirect light of one path is held below."""
    reflectance: wp.array2d(dtype=wp.vec2)
    """See `reflectance.reflectance_table`."""
    glow: wp.array(dtype=wp.vec3)
    """Radiance of hot bodies, see `tone.glow_table`."""
    clear: wp.int32
    """Whether anything in the scene lets light through."""
    flame: wp.array(dtype=wp.vec3)
    """Radiance of dense soot by temperature, see `tone.flame_table`."""
    blue: wp.vec3
    """Radiance of a dense blue flame, see `tone.flame_blue`."""
    flames: wp.int32
    flame_place: wp.array(dtype=wp.vec4)
    """(flames) centre, world, and radius [m]."""
    flame_power: wp.array(dtype=wp.vec3)
    """(flames) radiant intensity, radiance times area [m^2]."""


@wp.struct
class Beam:
    """Light that may arrive along a direction."""

    toward: wp.vec3
    """Unit, from the lit point."""
    distance: wp.float32
    """To its source [m]."""
    radiance: wp.vec3
    density: wp.float32
    """Of this direction among those that could have been asked [1/sr]; 0: none."""


@wp.struct
class Survey:
    """What a point may ask for light."""

    panorama: wp.float32
    """Chance that the panorama is asked instead of a lamp."""
    total: wp.float32
    """Sum of `_reach` of all lamps."""
    lamp: wp.int32
    """The lamp picked; -1: none sends anything."""
    share: wp.float32
    """Its `_reach`."""
    place: wp.float32
    """In [0, 1), where on it."""


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
def within_cone(axis: wp.vec3, cosine: wp.float32, u: wp.vec2) -> wp.vec3:
    """A direction no farther from `axis` than `cosine`, all alike."""
    z = 1.0 - u[0] * (1.0 - cosine)
    r = wp.sqrt(wp.max(0.0, 1.0 - z * z))
    turn = 2.0 * PI * u[1]
    return around(axis, wp.vec3(r * wp.cos(turn), r * wp.sin(turn), z))


@wp.func
def sun_density(light: Light) -> wp.float32:
    """Of a direction towards the sun's disc [1/sr]."""
    return 1.0 / (2.0 * PI * (1.0 - light.sun_cosine))


@wp.func
def sun_radiance(light: Light, direction: wp.vec3) -> wp.vec3:
    """Of the sun's disc, 0 beside it."""
    if light.has_sun == 0 or wp.dot(direction, light.sun) < light.sun_cosine:
        return wp.vec3(0.0, 0.0, 0.0)
    # irradiance = radiance * integral of the cosine over the disc
    return light.irradiance / (PI * (1.0 - light.sun_cosine * light.sun_cosine))


@wp.func
def _pixel(light: Light, direction: wp.vec3) -> wp.vec2:
    """(row, column) of a direction in the panorama, fractional; pixel centres are at .5."""
    rows = wp.float32(light.panorama.shape[0])
    columns = wp.float32(light.panorama.shape[1])
    theta = wp.acos(wp.clamp(direction[2], -1.0, 1.0))
    phi = wp.atan2(direction[1], direction[0])
    if phi < 0.0:
        phi += 2.0 * PI
    return wp.vec2(theta / PI * rows, phi / (2.0 * PI) * columns)


@wp.func
def far_radiance(light: Light, direction: wp.vec3) -> wp.vec3:
    """The panorama in a direction, between its pixels; without the sun."""
    rows = light.panorama.shape[0]
    columns = light.panorama.shape[1]
    place = _pixel(light, direction) - wp.vec2(0.5, 0.5)
    i = wp.int32(wp.floor(place[0]))
    j = wp.int32(wp.floor(place[1]))
    a = place[0] - wp.float32(i)
    b = place[1] - wp.float32(j)
    i0 = wp.clamp(i, 0, rows - 1)
    i1 = wp.clamp(i + 1, 0, rows - 1)
    j0 = (j + columns) % columns
    j1 = (j + 1) % columns
    upper = wp.lerp(light.panorama[i0, j0], light.panorama[i0, j1], b)
    lower = wp.lerp(light.panorama[i1, j0], light.panorama[i1, j1], b)
    return wp.lerp(upper, lower, a)


@wp.func
def far_density(light: Light, direction: wp.vec3) -> wp.float32:
    """Of asking the panorama in a direction, given that it is asked [1/sr]."""
    place = _pixel(light, direction)
    i = wp.clamp(wp.int32(place[0]), 0, light.panorama.shape[0] - 1)
    j = wp.clamp(wp.int32(place[1]), 0, light.panorama.shape[1] - 1)
    return luminance(light.panorama[i, j]) / light.power


@wp.func
def _find(sums: wp.array(dtype=wp.float32), u: wp.float32) -> wp.int32:
    """The first index whose cumulated share exceeds u."""
    low = wp.int32(0)
    high = sums.shape[0] - 1
    while low < high:
        middle = (low + high) // 2
        if sums[middle] > u:
            high = middle
        else:
            low = middle + 1
    return low


@wp.func
def _stretched(sums: wp.array(dtype=wp.float32), i: wp.int32, u: wp.float32) -> wp.float32:
    """Where u lies inside the share of index i, in [0, 1)."""
    before = wp.float32(0.0)
    if i > 0:
        before = sums[i - 1]
    return wp.clamp((u - before) / wp.max(sums[i] - before, 1.0e-12), 0.0, 0.999999)


@wp.func
def ask_panorama(light: Light, u: wp.vec2) -> Beam:
    """A direction of the panorama, bright ones more often."""
    beam = Beam()
    i = _find(light.row_sum, u[0])
    j = _find(light.column_sum[i], u[1])
    theta0 = PI * wp.float32(i) / wp.float32(light.panorama.shape[0])
    theta1 = PI * wp.float32(i + 1) / wp.float32(light.panorama.shape[0])
    z = wp.lerp(wp.cos(theta0), wp.cos(theta1), _stretched(light.row_sum, i, u[0]))
    across = wp.float32(j) + _stretched(light.column_sum[i], j, u[1])
    phi = 2.0 * PI * across / wp.float32(light.panorama.shape[1])
    r = wp.sqrt(wp.max(0.0, 1.0 - z * z))
    beam.toward = wp.vec3(r * wp.cos(phi), r * wp.sin(phi), z)
    beam.distance = FAR
    beam.radiance = far_radiance(light, beam.toward)
    beam.density = luminance(light.panorama[i, j]) / light.power
    return beam


@wp.func
def _ask_ball(geometry: Geometry, ball: wp.int32, point: wp.vec3, u: wp.vec2) -> Beam:
    """A direction within the cone under which a ball is seen."""
    beam = Beam()
    way = geometry.center[ball] - point
    far = wp.length(way)
    radius = geometry.radius[ball]
    if far <= radius:
        return beam
    cosine = wp.sqrt(1.0 - radius * radius / (far * far))
    beam.toward = within_cone(way / far, cosine, u)
    along = wp.dot(way, beam.toward)
    inner = wp.max(radius * radius - (far * far - along * along), 0.0)
    beam.distance = along - wp.sqrt(inner)
    beam.density = 1.0 / (2.0 * PI * wp.max(1.0 - cosine, 1.0e-7))
    return beam


@wp.func
def _ask_triangle(geometry: Geometry, face: wp.int32, point: wp.vec3, u: wp.vec2) -> Beam:
    """A direction to a place on a triangle, all places alike."""
    beam = Beam()
    a = geometry.points[geometry.triangles[3 * face]]
    b = geometry.points[geometry.triangles[3 * face + 1]]
    c = geometry.points[geometry.triangles[3 * face + 2]]
    root = wp.sqrt(u[0])
    way = a * (1.0 - root) + b * (root * (1.0 - u[1])) + c * (root * u[1]) - point
    beam.distance = wp.length(way)
    if beam.distance <= 0.0:
        return beam
    beam.toward = way / beam.distance
    double_area = wp.cross(b - a, c - a)
    slant = 0.5 * wp.abs(wp.dot(double_area, beam.toward))
    if slant > 0.0:
        beam.density = beam.distance * beam.distance / slant
    return beam


@wp.func
def _reach(place: wp.vec4, normal: wp.vec3, point: wp.vec3) -> wp.float32:
    """About what a lamp sends to a point; 0 behind it."""
    way = point - wp.vec3(place[0], place[1], place[2])
    far2 = wp.max(wp.length_sq(way), 1.0e-4)
    facing = wp.float32(0.25)
    if wp.length_sq(normal) > 0.0:
        along = wp.dot(normal, way)
        if along <= 0.0:
            return 0.0
        facing = wp.max(along / wp.sqrt(far2), 0.05)
    return place[3] * facing / far2


@wp.func
def survey(light: Light, point: wp.vec3, u: wp.float32) -> Survey:
    """How a point shares its asking for light; `u` in [0, 1) picks a lamp as often as it sends."""
    out = Survey()
    out.lamp = -1
    out.place = u
    for k in range(light.lamps):
        reach = _reach(light.lamp_place[k], light.lamp_normal[k], point)
        if reach > 0.0:
            out.total += reach
            chance = reach / out.total
            if out.place < chance:
                out.lamp = k
                out.share = reach
                out.place = out.place / chance
            else:
                out.place = (out.place - chance) / (1.0 - chance)
    out.place = wp.min(out.place, 0.999999)
    if out.total <= 0.0:
        out.panorama = wp.where(light.mean > 0.0, 1.0, 0.0)
    elif light.mean > 0.0:
        far = PI * light.mean
        out.panorama = wp.clamp(far / (far + out.total / PI), 0.1, 0.9)
    return out


@wp.func
def ask_lamp(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    point: wp.vec3,
    found: Survey,
    u: wp.float32,
) -> Beam:
    """A direction to the lamp of a survey."""
    v = wp.vec2(found.place, u)
    beam = Beam()
    primitive = light.lamp_primitive[found.lamp]
    if light.lamp_kind[found.lamp] == SPHERE:
        beam = _ask_ball(geometry, primitive, point, v)
        beam.radiance = looks.emission[geometry.sphere_look[primitive]]
    else:
        beam = _ask_triangle(geometry, primitive, point, v)
        beam.radiance = looks.emission[geometry.triangle_look[primitive]]
    beam.density *= found.share / found.total
    return beam


@wp.func
def lamp_density(
    geometry: Geometry,
    hit: Hit,
    radiance: wp.vec3,
    point: wp.vec3,
    way: wp.vec3,
    total: wp.float32,
) -> wp.float32:
    """Of asking, at `point`, for the light of the lamp that a ray along `way` hit [1/sr]."""
    if total <= 0.0:
        return 0.0
    none = wp.vec3(0.0, 0.0, 0.0)
    bright = luminance(radiance)
    if hit.kind == SPHERE:
        middle = geometry.center[hit.primitive]
        radius = geometry.radius[hit.primitive]
        far2 = wp.length_sq(middle - point)
        if far2 <= radius * radius:
            return 0.0
        cosine = wp.sqrt(1.0 - radius * radius / far2)
        power = bright * 4.0 * PI * radius * radius
        share = _reach(wp.vec4(middle[0], middle[1], middle[2], power), none, point) / total
        return share / (2.0 * PI * wp.max(1.0 - cosine, 1.0e-7))
    a = geometry.points[geometry.triangles[3 * hit.primitive]]
    b = geometry.points[geometry.triangles[3 * hit.primitive + 1]]
    c = geometry.points[geometry.triangles[3 * hit.primitive + 2]]
    normal = wp.cross(b - a, c - a)
    area = 0.5 * wp.length(normal)
    normal = wp.normalize(normal)
    middle = (a + b + c) / 3.0
    place = wp.vec4(middle[0], middle[1], middle[2], bright * area)
    share = _reach(place, normal, point) / total
    return share * hit.t * hit.t / wp.max(area * wp.abs(wp.dot(normal, way)), 1.0e-12)


@wp.func
def flame_beam(light: Light, flame: wp.int32, point: wp.vec3, u: wp.vec2) -> Beam:
    """The light of a flame from a point on its upright axis, or a little off it: `radiance` is its
    irradiance, `density` that of directions to it."""
    place = light.flame_place[flame]
    size = place[3]
    turn = 2.0 * PI * u[1]
    aside = 0.35 * size
    offset = wp.vec3(aside * wp.cos(turn), aside * wp.sin(turn), size * (2.0 * u[0] - 1.0))
    way = wp.vec3(place[0], place[1], place[2]) + offset - point
    far = wp.max(wp.length(way), 1.0e-6)
    beam = Beam()
    beam.toward = way / far
    beam.distance = wp.max(far - 0.3 * size, 0.5 * far)
    beam.radiance = light.flame_power[flame] / (far * far + 0.25 * size * size)
    beam.density = _flame_density(place, point)
    return beam


@wp.func
def _flame_density(place: wp.vec4, point: wp.vec3) -> wp.float32:
    """Of a direction to a flame, as if it were a ball [1/sr]."""
    size2 = place[3] * place[3]
    far2 = wp.length_sq(wp.vec3(place[0], place[1], place[2]) - point)
    cosine = wp.sqrt(far2 / (far2 + size2))
    return 1.0 / (2.0 * PI * wp.max(1.0 - cosine, 1.0e-7))


@wp.func
def flame_density(light: Light, point: wp.vec3) -> wp.float32:
    """Of asking flames for light along a ray from a point that meets one [1/sr]."""
    asked = wp.float32(0.0)
    for k in range(light.flames):
        asked = wp.max(asked, _flame_density(light.flame_place[k], point))
    return asked / wp.float32(wp.max(light.flames, 1))
