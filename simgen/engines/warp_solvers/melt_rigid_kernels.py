# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyright: reportGeneralTypeIssues=false, reportAssignmentType=false
"""Rigid pieces within matter that melts.

After each step the velocities of a piece are replaced by the rigid motion of the same momentum and
angular momentum (Carlson, Mucha & Turk 2004, Rigid fluid). Frame and grid as in `melt_kernels`.
"""

import warp as wp

from simgen.engines.warp_solvers.melt_kernels import Grid, in_cells
from simgen.engines.warp_solvers.obstacles import Obstacles, obstacle_touch

CONTACT = wp.constant(0.2)
"""Distance in cells within which a solid particle touches an obstacle, a little less than half a
spacing: the particles of a filled shape that stands on it begin there."""
NEAREST = wp.constant(0.1)
"""Distance in cells that a molten particle keeps from an obstacle: it has a size."""


@wp.struct
class Sums:
    """Sums over the particles of each rigid piece, and the motion that follows.

    The sums are float64: about the centre of a piece a thousandth of them is left, and an inertia
    1 % wrong would multiply the spin by 1.01 in every step.
    """

    mass: wp.array(dtype=wp.float64)
    first: wp.array(dtype=wp.vec3d)
    """Sum of m x [kg m]."""
    momentum: wp.array(dtype=wp.vec3d)
    angular: wp.array(dtype=wp.vec3d)
    """About the lower corner [N m s]."""
    second: wp.array(dtype=wp.mat33d)
    """Sum of m x x^T [kg m^2]."""
    center: wp.array(dtype=wp.vec3)
    velocity: wp.array(dtype=wp.vec3)
    turn: wp.array(dtype=wp.quat)
    """Rotation in the step."""
    spin: wp.array(dtype=wp.vec3)
    """After the turn, with the angular momentum of before [rad/s]."""


@wp.kernel
def clear(sums: Sums):
    """Start new sums."""
    i = wp.tid()
    sums.mass[i] = wp.float64(0.0)
    sums.first[i] = wp.vec3d()
    sums.momentum[i] = wp.vec3d()
    sums.angular[i] = wp.vec3d()
    sums.second[i] = wp.mat33d()


@wp.kernel
def collect(
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    affine: wp.array(dtype=wp.mat33),
    kind: wp.array(dtype=int),
    piece: wp.array(dtype=int),
    mass: wp.array(dtype=float),
    g: Grid,
    sums: Sums,
):
    """Momentum and angular momentum of every piece; a particle spins with its affine part."""
    p = wp.tid()
    i = piece[p]
    if i >= 0:
        m = wp.float64(mass[kind[p]])
        at = wp.vec3d(x[p])
        moved = wp.vec3d(v[p])
        c = affine[p]
        own = wp.vec3(c[2, 1] - c[1, 2], c[0, 2] - c[2, 0], c[1, 0] - c[0, 1])
        wp.atomic_add(sums.mass, i, m)
        wp.atomic_add(sums.first, i, at * m)
        wp.atomic_add(sums.momentum, i, moved * m)
        spin = wp.vec3d(own * (0.25 * g.cell * g.cell))
        wp.atomic_add(sums.angular, i, (wp.cross(at, moved) + spin) * m)
        wp.atomic_add(sums.second, i, wp.outer(at, at) * m)


@wp.kernel
def settle(g: Grid, dt: float, sums: Sums):
    """Rigid motion of every piece: velocity P / m, the turn of a step at the spin w = I^-1 L and
    the spin of the turned piece, whose L is the same."""
    i = wp.tid()
    m = sums.mass[i]
    if m > wp.float64(0.0):
        c = sums.first[i] / m
        v = sums.momentum[i] / m
        s = sums.second[i] / m - wp.outer(c, c)
        t = wp.trace(s) + wp.float64(0.5 * g.cell * g.cell)
        towards = wp.inverse(wp.diag(wp.vec3d(t, t, t)) - s)
        angular = sums.angular[i] / m - wp.cross(c, v)
        w = wp.vec3(towards * angular)
        turn = wp.quat_from_axis_angle(wp.normalize(w), wp.length(w) * dt)
        back = wp.quat_rotate_inv(turn, wp.vec3(angular))
        sums.center[i] = wp.vec3(c)
        sums.velocity[i] = wp.vec3(v)
        sums.turn[i] = turn
        sums.spin[i] = wp.quat_rotate(turn, wp.vec3(towards * wp.vec3d(back)))


@wp.kernel
def move(
    piece: wp.array(dtype=int),
    sums: Sums,
    obstacles: Obstacles,
    row: int,
    origin: wp.vec3,
    reach: float,
    upper: wp.vec3,
    solid: wp.array(dtype=wp.vec4),
    nearest: wp.array(dtype=int),
    g: Grid,
    dt: float,
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    affine: wp.array(dtype=wp.mat33),
    strain: wp.array(dtype=float),
    normal: wp.array(dtype=wp.vec3),
):
    """Solid particles take their piece's motion; all move; molten ones stay out of obstacles.

    Solid particles closer to an obstacle than CONTACT cells are compressed along its normal, which
    holds the piece.
    """
    p = wp.tid()
    i = piece[p]
    at = x[p] + v[p] * dt
    if i >= 0:
        w = sums.spin[i]
        arm = wp.quat_rotate(sums.turn[i], x[p] - sums.center[i])
        at = sums.center[i] + arm + sums.velocity[i] * dt
        v[p] = sums.velocity[i] + wp.cross(w, arm)
        affine[p] = wp.skew(w)
        strain[p] = 0.0
    u = in_cells(g, at) + wp.vec3(0.5, 0.5, 0.5)
    node = (int(u[0]) * g.ny + int(u[1])) * g.nz + int(u[2])
    if solid[node][3] < reach:
        touch = obstacle_touch(obstacles, row, nearest[node], origin + at, reach)
        if i >= 0:
            gap = CONTACT * g.cell
            strain[p] = -wp.clamp((gap - touch.distance) / gap, 0.0, 1.5)
            normal[p] = touch.normal
        else:
            if touch.distance < NEAREST * g.cell:
                n = touch.normal
                at = at + n * (NEAREST * g.cell - touch.distance)
                v[p] = v[p] - n * wp.min(wp.dot(v[p] - touch.velocity, n), 0.0)
    x[p] = wp.vec3(
        wp.clamp(at[0], 0.0, upper[0]),
        wp.clamp(at[1], 0.0, upper[1]),
        wp.clamp(at[2], 0.0, upper[2]),
    )
