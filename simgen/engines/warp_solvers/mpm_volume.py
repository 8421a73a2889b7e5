# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyright: reportGeneralTypeIssues=false, reportAssignmentType=false
"""Keeps the volume strain of liquid particles true to the space they really take.

ln J is integrated from the divergence of the grid velocity; splashing lets it drift, and settled
liquid would lose volume. A few times per frame it is relaxed towards the strain that the particle
density on the grid implies (as density reinitialisation does in weakly compressible SPH, Colagrossi
& Landrini 2003), where that density can be trusted.
"""

import warp as wp

from simgen.engines.warp_solvers.mpm_kernels import Lattice, index_of, over, spread, within
from simgen.engines.warp_solvers.mpm_solid import behind
from simgen.engines.warp_solvers.pipes import Pipes, waits
from simgen.spline import stencil

BAND = wp.constant(0.01)
"""Strain differences below this are left alone: they are within the noise of the estimate."""
SMOOTH = wp.constant(0.3)
"""Share of its difference to the mean around that a particle's strain gives up each time: without
tension, noise between neighbours would add up to pressure (density diffusion, Molteni & Colagrossi
2009)."""
NOISE = wp.constant(0.05)
"""The same where the liquid around is uneven."""
FULL = wp.constant(0.6)
EVEN = wp.constant(0.85)
"""Inside the liquid every node around is filled to this share of the mean, and the mean to FULL."""


@wp.kernel
def scatter_volume(
    x: wp.array(dtype=wp.vec3),
    kind: wp.array(dtype=int),
    volume: wp.array(dtype=float),
    strain: wp.array(dtype=float),
    fill: wp.array(dtype=float),
    stretch: wp.array(dtype=float),
    near: wp.array(dtype=wp.vec4),
    solid: wp.array(dtype=wp.vec4),
    pipes: Pipes,
    g: Lattice,
    ahead: float,
):
    """Rest volume of the particles per volume of their nodes, and the same times ln J."""
    p = wp.tid()
    xp = x[p]
    u = wp.cw_mul(xp, g.inverse) + wp.vec3(1.0, 1.0, 1.0)
    if xp[2] < g.ceiling and (waits(pipes, p, ahead) <= 0.0 or within(u, g)):
        b, f, wx, wy, wz = stencil(u)
        share = volume[kind[p]] * g.inverse[0] * g.inverse[1] * g.inverse[2]
        for i in range(3):
            for j in range(3):
                row = ((b[0] + i) * g.ny + b[1] + j) * g.nz + b[2]
                for k in range(3):
                    w = share * wx[i] * wy[j] * wz[k]
                    wp.atomic_add(fill, row + k, w)
                    wp.atomic_add(stretch, row + k, w * wp.min(strain[p], BAND))
        if near.shape[0] > 0:
            wall = near[p]
            normal = wp.vec3(wall[0], wall[1], wall[2])
            if wall[3] < spread(normal, g):
                u = wp.cw_mul(xp - normal * (2.0 * wall[3]), g.inverse) + wp.vec3(1.0, 1.0, 1.0)
                if within(u, g):
                    b, f, wx, wy, wz = stencil(u)
                    for i in range(3):
                        for j in range(3):
                            row = ((b[0] + i) * g.ny + b[1] + j) * g.nz + b[2]
                            for k in range(3):
                                way = wp.vec3(float(i), float(j), float(k)) - f
                                above = wp.dot(wp.cw_mul(way, g.cell), normal) - wall[3]
                                w = (
                                    share
                                    * wx[i]
                                    * wy[j]
                                    * wz[k]
                                    * over(solid[row + k][3], above, g)
                                )
                                if w > 0.0:
                                    wp.atomic_add(fill, row + k, w)
                                    wp.atomic_add(stretch, row + k, w * wp.min(strain[p], BAND))


@wp.kernel
def mirror_volume(fill: wp.array(dtype=float), g: Lattice, axis: int, last: int, high: int):
    """Complete the nodes at the walls by the mirror image of the liquid."""
    a, b = wp.tid()
    low = index_of(g, axis, 0, a, b)
    inner = index_of(g, axis, 2, a, b)
    wall = index_of(g, axis, 1, a, b)
    fill[inner] = fill[inner] + fill[low]
    fill[low] = fill[inner]
    fill[wall] = 2.0 * fill[wall]
    if high == 1:
        low = index_of(g, axis, last, a, b)
        inner = index_of(g, axis, last - 2, a, b)
        wall = index_of(g, axis, last - 1, a, b)
        fill[inner] = fill[inner] + fill[low]
        fill[low] = fill[inner]
        fill[wall] = 2.0 * fill[wall]


@wp.kernel
def mirror_fill(
    nodes: wp.array(dtype=wp.vec4),
    shares: wp.array(dtype=wp.vec3),
    solid: wp.array(dtype=wp.vec4),
    fill: wp.array(dtype=float),
    stretch: wp.array(dtype=float),
    g: Lattice,
):
    """Nodes behind obstacles are as full as their mirror image before it."""
    i, j, k = wp.tid()
    at = (i * g.ny + j) * g.nz + k
    wall = behind(solid[at], shares[at], nodes[at][3])
    if wall[3] < 0.0:
        return
    normal = wp.vec3(wall[0], wall[1], wall[2])
    place = wp.vec3(float(i), float(j), float(k))
    u = place + wp.cw_mul(normal * (2.0 * wall[3]), g.inverse)
    a = wp.clamp(int(u[0]), 0, g.nx - 2)
    b = wp.clamp(int(u[1]), 0, g.ny - 2)
    c = wp.clamp(int(u[2]), 0, g.nz - 2)
    f = u - wp.vec3(float(a), float(b), float(c))
    total = wp.float32(0.0)
    full = wp.float32(0.0)
    strained = wp.float32(0.0)
    for d in range(8):
        o = d >> 2
        p = (d >> 1) & 1
        q = d & 1
        other = ((a + o) * g.ny + b + p) * g.nz + c + q
        found = behind(solid[other], shares[other], nodes[other][3])
        if found[3] < 0.0 and solid[other][3] >= 0.0:
            w = (
                wp.abs(1.0 - float(o) - f[0])
                * wp.abs(1.0 - float(p) - f[1])
                * wp.abs(1.0 - float(q) - f[2])
            )
            total += w
            full += fill[other] * w
            strained += stretch[other] * w
    if total > 1.0e-3:
        fill[at] = full / total
        stretch[at] = strained / total


@wp.kernel
def relax_strain(
    x: wp.array(dtype=wp.vec3),
    strain: wp.array(dtype=float),
    fill: wp.array(dtype=float),
    stretch: wp.array(dtype=float),
    pipes: Pipes,
    g: Lattice,
    share: float,
    ahead: float,
):
    """Move ln J by `share` of its difference to the measured strain, -ln(fill).

    Beside empty space the fill is too low, the measured strain too high: there it may only lower J,
    so that liquid crowded at a wall or below the surface is pushed apart.
    """
    p = wp.tid()
    xp = x[p]
    if xp[2] < g.ceiling and waits(pipes, p, ahead) <= 0.0:
        u = wp.cw_mul(xp, g.inverse) + wp.vec3(1.0, 1.0, 1.0)
        b, _f, wx, wy, wz = stencil(u)
        mean = wp.float32(0.0)
        around = wp.float32(0.0)
        least = wp.float32(10.0)
        for i in range(3):
            for j in range(3):
                row = ((b[0] + i) * g.ny + b[1] + j) * g.nz + b[2]
                for k in range(3):
                    here = fill[row + k]
                    w = wx[i] * wy[j] * wz[k]
                    mean += here * w
                    around += stretch[row + k] * w
                    least = wp.min(least, here)
        if strain[p] < BAND:
            strain[p] = strain[p] + SMOOTH * (around / wp.max(mean, 1.0e-6) - strain[p])
        measured = -wp.log(wp.max(mean, 1.0e-3))
        if least > EVEN * mean and mean > FULL:
            difference = measured - strain[p]
            excess = difference - wp.clamp(difference, -BAND, BAND)
            strain[p] = strain[p] + share * excess
        else:
            highest = wp.max(measured, wp.min(measured + NOISE, 0.0))
            strain[p] = strain[p] - share * wp.max(strain[p] - highest, 0.0)
