# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Smoke and flames on a grid: what they let through and how deep they sit, by ray marching
(Beer-Lambert)."""

import warp as wp


@wp.struct
class Volume:
    """One gas at one frame; `present` 0 means that the scene has none."""

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
    color: wp.vec3
    """sRGB albedo of the smoke."""
    ambient_temperature: wp.float32
    """[K]."""
    burning: wp.int32
    """Whether `soot` and `sheet` hold a flame; else they are empty."""
    soot: wp.array3d(dtype=wp.float32)
    """(X, Y, Z) absorption coefficient of glowing soot [1/m]."""
    sheet: wp.array3d(dtype=wp.float32)
    """(X, Y, Z) area per volume where fuel meets air [1/m]."""
    blue: wp.float32
    """Radiance of that sheet, relative to soot at 1850 K."""


@wp.func
def sample_grid(
    field: wp.array3d(dtype=wp.float32), volume: Volume, point: wp.vec3, outside: wp.float32
) -> wp.float32:
    """Trilinear value at a world point; `outside` beyond the grid."""
    for axis in range(3):
        if point[axis] < volume.lower[axis] or point[axis] > volume.upper[axis]:
            return outside
    x = (point - volume.lower) / volume.cell - wp.vec3(0.5, 0.5, 0.5)
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


@wp.func
def volume_span(volume: Volume, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32) -> wp.vec2:
    """(enter, leave) distances of a ray through the grid, clipped to [0, t_max]; empty if equal."""
    enter = wp.float32(0.0)
    leave = wp.float32(t_max)
    for axis in range(3):
        if wp.abs(direction[axis]) > 1.0e-9:
            a = (volume.lower[axis] - origin[axis]) / direction[axis]
            b = (volume.upper[axis] - origin[axis]) / direction[axis]
            enter = wp.max(enter, wp.min(a, b))
            leave = wp.min(leave, wp.max(a, b))
        elif origin[axis] < volume.lower[axis] or origin[axis] > volume.upper[axis]:
            leave = enter
    return wp.vec2(enter, wp.max(enter, leave))
