# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyright: reportGeneralTypeIssues=false, reportAssignmentType=false
"""Rigid pieces within matter that melts.

After each step the velocities of a piece are replaced by the rigid motion of the same momentum and
angular momentum (Carlson, Mucha & Turk 2004, Rigid fluid). Frame and grid as in `melt_kernels`.
"""

import warp as wp

from simgen.engines.warp_solvers.melt_kernels import Grid, bounded, in_cells
from simgen.engines.warp_solvers.obstacles import Obstacles, obstacle_touch
from simgen.engines.warp_solvers.spline import stencil

CONTACT = wp.constant(0.2)
"""Distance in cells within which a solid particle touches an obstacle, a little less than half a
spacing: the particles of a filled shape that stands on it begin there."""
NEAREST = wp.constant(0.1)
"""Distance in cells that a molten particle keeps from an obstacle: it has a size."""


@wp.struct
class Sums:
    """Sums over the particles of each rigid piece, and the motion that follows."""

    mass: wp.array(dtype=float)
    first: wp.array(dtype=wp.vec3)
    """Sum of m x [kg m]."""
    momentum: wp.array(dtype=wp.vec3)
    angular: wp.array(dtype=wp.vec3)
    """About the lower corner [N m s]."""
    second: wp.array(dtype=wp.mat33)
    """Sum of m x x^T [kg m^2]."""
    center: wp.array(dtype=wp.vec3)
    velocity: wp.array(dtype=wp.vec3)
    spin: wp.array(dtype=wp.vec3)
    """[rad/s]."""


@wp.kernel
def clear(sums: Sums):
    """Start new sums."""
    i = wp.tid()
    sums.mass[i] = 0.0
    sums.first[i] = wp.vec3(0.0, 0.0, 0.0)
    sums.momentum[i] = wp.vec3(0.0, 0.0, 0.0)
    sums.angular[i] = wp.vec3(0.0, 0.0, 0.0)
    sums.second[i] = wp.mat33(0.0)


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
        m = mass[kind[p]]
        at = x[p]
        c = affine[p]
        own = wp.vec3(c[2, 1] - c[1, 2], c[0, 2] - c[2, 0], c[1, 0] - c[0, 1])
        wp.atomic_add(sums.mass, i, m)
        wp.atomic_add(sums.first, i, at * m)
        wp.atomic_add(sums.momentum, i, v[p] * m)
        spin = own * (0.25 * g.cell * g.cell)
        wp.atomic_add(sums.angular, i, (wp.cross(at, v[p]) + spin) * m)
        wp.atomic_add(sums.second, i, wp.outer(at, at) * m)


@wp.kernel
def settle(g: Grid, sums: Sums):
    """Rigid motion of every piece: velocity P / m, spin I^-1 L."""
    i = wp.tid()
    m = sums.mass[i]
    if m > 0.0:
        c = sums.first[i] / m
        v = sums.momentum[i] / m
        s = sums.second[i] - wp.outer(c, c) * m
        t = wp.trace(s) + 0.5 * g.cell * g.cell * m
        inertia = wp.diag(wp.vec3(t, t, t)) - s
        sums.center[i] = c
        sums.velocity[i] = v
        sums.spin[i] = wp.inverse(inertia) * (sums.angular[i] - wp.cross(c, v) * m)


@wp.kernel
def scatter_rigid(
    x: wp.array(dtype=wp.vec3),
    kind: wp.array(dtype=int),
    piece: wp.array(dtype=int),
    mass: wp.array(dtype=float),
    sums: Sums,
    g: Grid,
    rigid: wp.array(dtype=wp.vec4),
):
    """Momentum and mass of the pieces at the nodes, in their rigid motion there."""
    p = wp.tid()
    i = piece[p]
    if i < 0:
        return
    b, f, wx, wy, wz = stencil(in_cells(g, x[p]))
    m = mass[kind[p]]
    w = sums.spin[i]
    start = sums.velocity[i] + wp.cross(w, x[p] - f * g.cell - sums.center[i])
    for ii in range(3):
        for jj in range(3):
            w2 = wx[ii] * wy[jj] * m
            row = ((b[0] + ii) * g.ny + b[1] + jj) * g.nz + b[2]
            for kk in range(3):
                share = w2 * wz[kk]
                arm = wp.vec3(float(ii), float(jj), float(kk)) * g.cell
                mv = (start + wp.cross(w, arm)) * share
                wp.atomic_add(rigid, row + kk, wp.vec4(mv[0], mv[1], mv[2], share))


@wp.kernel
def blend(
    rigid: wp.array(dtype=wp.vec4),
    g: Grid,
    closed: int,
    solid: wp.array(dtype=wp.vec4),
    drift: wp.array(dtype=wp.vec3),
    nodes: wp.array(dtype=wp.vec4),
):
    """Give the pieces' share of every node their rigid motion, so that the liquid sees it."""
    i, j, k = wp.tid()
    i += g.first[0]
    j += g.first[1]
    k += g.first[2]
    at = (i * g.ny + j) * g.nz + k
    r = rigid[at]
    if r[3] > 0.0:
        n = nodes[at]
        share = wp.min(r[3] / n[3], 1.0)
        own = wp.vec3(r[0], r[1], r[2]) / r[3]
        v = wp.vec3(n[0], n[1], n[2]) * (1.0 - share) + own * share
        v = bounded(g, i, j, k, v, 1.0, closed, solid[at], drift[at])
        nodes[at] = wp.vec4(v[0], v[1], v[2], n[3])


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
):
    """Solid particles take their piece's motion; all move; molten ones stay out of obstacles.

    Solid particles closer to an obstacle than CONTACT cells are compressed, which holds the piece.
    """
    p = wp.tid()
    i = piece[p]
    at = x[p]
    if i >= 0:
        w = sums.spin[i]
        v[p] = sums.velocity[i] + wp.cross(w, at - sums.center[i])
        affine[p] = wp.skew(w)
        strain[p] = 0.0
    at = at + v[p] * dt
    u = in_cells(g, at) + wp.vec3(0.5, 0.5, 0.5)
    node = (int(u[0]) * g.ny + int(u[1])) * g.nz + int(u[2])
    if solid[node][3] < reach:
        touch = obstacle_touch(obstacles, row, nearest[node], origin + at, reach)
        if i >= 0:
            gap = CONTACT * g.cell
            strain[p] = -wp.clamp((gap - touch.distance) / gap, 0.0, 1.5)
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
