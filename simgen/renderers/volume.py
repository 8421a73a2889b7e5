# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Smoke and flames on a grid, haze in a box: matter in the air, and the light that meets it."""

import warp as wp

Moments = wp.types.matrix(shape=(3, 4), dtype=wp.float32)
"""Light at a point per channel: its fluence and its net flux vector, of radiance over solid
angle."""


@wp.struct
class Haze:
    """Dusty air in a box; see `simgen.sky.Haze`."""

    extinction: wp.float32
    """[1/m]; 0: the air is clean."""
    albedo: wp.vec3
    asymmetry: wp.float32
    lower: wp.vec3
    upper: wp.vec3
    around: Moments
    """Light in it but for that which comes straight from sun and lamps (`volume_light`)."""


@wp.struct
class Volume:
    """What the air holds at one frame: one gas, unless `present` is 0, and haze."""

    haze: Haze
    present: wp.int32
    smoke: wp.array3d(dtype=wp.float32)
    """(X, Y, Z) concentration at cell centres."""
    temperature: wp.array3d(dtype=wp.float32)
    """(X, Y, Z) [K]."""
    lower: wp.vec3
    """Lowest corner, world [m]; cell (i, j, k) is centred at lower + (i+.5, j+.5, k+.5) cell."""
    upper: wp.vec3
    cell: wp.float32
    absorption: wp.float32
    """Extinction at smoke concentration 1 [1/m]."""
    albedo: wp.vec3
    """Of the smoke, linear RGB."""
    asymmetry: wp.float32
    """Mean cosine of scattering of the smoke."""
    ambient_temperature: wp.float32
    """[K]."""
    burning: wp.int32
    """Whether `soot` and `sheet` hold a flame; else they are empty. A flame's fields and its
    temperature are on finer cells than the smoke."""
    soot: wp.array3d(dtype=wp.float32)
    """(X, Y, Z) absorption coefficient of glowing soot [1/m]."""
    sheet: wp.array3d(dtype=wp.float32)
    """(X, Y, Z) area per volume where fuel meets air [1/m]."""
    blue: wp.float32
    """Radiance of that sheet, relative to soot at 1850 K."""
    lit: wp.int32
    """Whether the light inside is known (`volume_light`): arrays on a coarse grid of nodes."""
    node: wp.float32
    """Distance of nodes [m]; node (i, j, k) is at lower + (i+.5, j+.5, k+.5) node."""
    filled: wp.array3d(dtype=wp.int32)
    """Whether there is smoke or flame about a node."""
    known: wp.array3d(dtype=wp.float32)
    """1 at nodes whose light is known, 0 in clean air and inside solids."""
    sunlight: wp.array3d(dtype=wp.vec3)
    """Irradiance of the sun where it arrives unscattered."""
    moments: wp.array3d(dtype=Moments)
    """Of all other light."""


@wp.func
def sample_grid(
    field: wp.array3d(dtype=wp.float32), volume: Volume, point: wp.vec3, outside: wp.float32
) -> wp.float32:
    """Trilinear value at a world point; `outside` beyond the grid. A field's cells may be a whole
    number of times smaller than those of the smoke."""
    for axis in range(3):
        if point[axis] < volume.lower[axis] or point[axis] > volume.upper[axis]:
            return outside
    finer = wp.float32(field.shape[0] // volume.smoke.shape[0])
    x = (point - volume.lower) / volume.cell * finer - wp.vec3(0.5, 0.5, 0.5)
    nx = field.shape[0] - 1
    ny = field.shape[1] - 1
    nz = field.shape[2] - 1
    i0 = wp.clamp(wp.int32(wp.floor(x[0])), 0, nx)
    j0 = wp.clamp(wp.int32(wp.floor(x[1])), 0, ny)
    k0 = wp.clamp(wp.int32(wp.floor(x[2])), 0, nz)
    i1 = wp.min(i0 + 1, nx)
    j1 = wp.min(j0 + 1, ny)
    k1 = wp.min(k0 + 1, nz)
    a = wp.clamp(x[0] - wp.float32(i0), 0.0, 1.0)
    b = wp.clamp(x[1] - wp.float32(j0), 0.0, 1.0)
    c = wp.clamp(x[2] - wp.float32(k0), 0.0, 1.0)
    low = wp.lerp(
        wp.lerp(field[i0, j0, k0], field[i1, j0, k0], a),
        wp.lerp(field[i0, j1, k0], field[i1, j1, k0], a),
        b,
    )
    high = wp.lerp(
        wp.lerp(field[i0, j0, k1], field[i1, j0, k1], a),
        wp.lerp(field[i0, j1, k1], field[i1, j1, k1], a),
        b,
    )
    return wp.lerp(low, high, c)


@wp.func
def smoke_extinction(volume: Volume, point: wp.vec3) -> wp.float32:
    """Extinction coefficient of the smoke at a world point [1/m]."""
    return wp.max(sample_grid(volume.smoke, volume, point, 0.0), 0.0) * volume.absorption


@wp.func
def soot_absorption(volume: Volume, point: wp.vec3) -> wp.float32:
    """Absorption coefficient of a flame's soot at a world point [1/m]."""
    if volume.burning == 0:
        return 0.0
    return sample_grid(volume.soot, volume, point, 0.0)


@wp.func
def extinction(volume: Volume, point: wp.vec3) -> wp.float32:
    """Extinction coefficient at a world point [1/m], smoke and soot."""
    return smoke_extinction(volume, point) + soot_absorption(volume, point)


@wp.func
def volume_temperature(volume: Volume, point: wp.vec3) -> wp.float32:
    """Gas temperature at a world point [K]."""
    return sample_grid(volume.temperature, volume, point, volume.ambient_temperature)


@wp.struct
class Incident:
    """Light that arrives at a point of the volume."""

    sun: wp.vec3
    """Irradiance."""
    moments: Moments


@wp.func
def _node(volume: Volume, point: wp.vec3) -> wp.vec3i:
    """The node about which a point of the volume lies."""
    x = (point - volume.lower) / volume.node
    return wp.vec3i(
        wp.clamp(wp.int32(x[0]), 0, volume.filled.shape[0] - 1),
        wp.clamp(wp.int32(x[1]), 0, volume.filled.shape[1] - 1),
        wp.clamp(wp.int32(x[2]), 0, volume.filled.shape[2] - 1),
    )


@wp.func
def is_filled(volume: Volume, point: wp.vec3) -> wp.bool:
    """Whether there may be smoke or flame at a point of a lit volume."""
    at = _node(volume, point)
    return volume.filled[at[0], at[1], at[2]] != 0


@wp.func
def incident(volume: Volume, point: wp.vec3) -> Incident:
    """Light at a point of a lit volume: trilinear between the nodes where it is known."""
    out = Incident()
    x = (point - volume.lower) / volume.node - wp.vec3(0.5, 0.5, 0.5)
    low = wp.vec3(wp.floor(x[0]), wp.floor(x[1]), wp.floor(x[2]))
    total = wp.float32(0.0)
    for corner in range(8):
        step = wp.vec3i(corner & 1, (corner >> 1) & 1, corner >> 2)
        weight = wp.float32(1.0)
        for axis in range(3):
            share = x[axis] - low[axis]
            weight *= wp.where(step[axis] == 1, share, 1.0 - share)
        i = wp.clamp(wp.int32(low[0]) + step[0], 0, volume.known.shape[0] - 1)
        j = wp.clamp(wp.int32(low[1]) + step[1], 0, volume.known.shape[1] - 1)
        k = wp.clamp(wp.int32(low[2]) + step[2], 0, volume.known.shape[2] - 1)
        weight *= volume.known[i, j, k]
        if weight > 0.0:
            total += weight
            out.sun += volume.sunlight[i, j, k] * weight
            out.moments += volume.moments[i, j, k] * weight
    if total > 0.0:
        out.sun = out.sun / total
        out.moments = out.moments / total
    return out


@wp.func
def box_span(
    lower: wp.vec3, upper: wp.vec3, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32
) -> wp.vec2:
    """(enter, leave) distances of a ray through a box, clipped to [0, t_max]; empty if equal."""
    enter = wp.float32(0.0)
    leave = wp.float32(t_max)
    for axis in range(3):
        if wp.abs(direction[axis]) > 1.0e-9:
            a = (lower[axis] - origin[axis]) / direction[axis]
            b = (upper[axis] - origin[axis]) / direction[axis]
            enter = wp.max(enter, wp.min(a, b))
            leave = wp.min(leave, wp.max(a, b))
        elif origin[axis] < lower[axis] or origin[axis] > upper[axis]:
            leave = enter
    return wp.vec2(enter, wp.max(enter, leave))


@wp.func
def volume_span(volume: Volume, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32) -> wp.vec2:
    """`box_span` of the grid."""
    return box_span(volume.lower, volume.upper, origin, direction, t_max)


@wp.func
def haze_clear(haze: Haze, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32) -> wp.float32:
    """Share of light that the haze lets through along a ray (Beer-Lambert)."""
    if haze.extinction <= 0.0:
        return 1.0
    span = box_span(haze.lower, haze.upper, origin, direction, t_max)
    return wp.exp(-haze.extinction * (span[1] - span[0]))
