# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyright: reportGeneralTypeIssues=false, reportAssignmentType=false
"""Warp kernels of the liquid: MLS-MPM transfers with APIC, mirror walls, node boundary conditions.

MLS-MPM: Hu et al. 2018, "A Moving Least Squares Material Point Method"; APIC: Jiang et al. 2015,
"The Affine Particle-In-Cell Method". Positions are metres from the domain's lower corner; a wall at
coordinate 0 runs through node `PAD` of its axis. Each node holds (momentum [kg m/s], mass [kg]),
after the grid step (velocity [m/s], mass).
"""

import warp as wp

from simgen.engines.warp_solvers.obstacles import Obstacles, closest_obstacle

PAD = 1
"""Nodes beyond a wall: quadratic B-splines of a particle on the wall reach one node past it."""


@wp.struct
class Lattice:
    """The background grid: node counts, cell edges [m] and their inverses."""

    nx: int
    ny: int
    nz: int
    cell: wp.vec3
    inverse: wp.vec3
    ceiling: float
    """Height [m] above which matter is out of the grid and flies freely (open top)."""


@wp.func
def spline(f: float):
    """Quadratic B-spline weights of the three nearest nodes; f in [0.5, 1.5) from the first."""
    a = 1.5 - f
    b = f - 1.0
    c = f - 0.5
    return wp.vec3(0.5 * a * a, 0.75 - b * b, 0.5 * c * c)


@wp.func
def pressure_of(strain: float, bulk: float):
    """p = K (rho / rho0 - 1) [Pa] of the volume strain ln J; a liquid bears no tension."""
    return wp.max(bulk * (wp.exp(-strain) - 1.0), 0.0)


@wp.kernel
def scatter(
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    affine: wp.array(dtype=wp.mat33),
    strain: wp.array(dtype=float),
    kind: wp.array(dtype=int),
    mass: wp.array(dtype=float),
    volume: wp.array(dtype=float),
    bulk: wp.array(dtype=float),
    viscosity: wp.array(dtype=float),
    nodes: wp.array(dtype=wp.vec4),
    g: Lattice,
    dt: float,
):
    """Particles to nodes: momentum with the affine part and the impulse of the stress."""
    p = wp.tid()
    xp = x[p]
    if xp[2] < g.ceiling:
        k = kind[p]
        u = wp.cw_mul(xp, g.inverse) + wp.vec3(1.0, 1.0, 1.0)
        bx = int(u[0] - 0.5)
        by = int(u[1] - 0.5)
        bz = int(u[2] - 0.5)
        f = u - wp.vec3(float(bx), float(by), float(bz))
        wx = spline(f[0])
        wy = spline(f[1])
        wz = spline(f[2])
        c = affine[p]
        rate = c + wp.transpose(c)
        third = wp.trace(rate) / 3.0
        j = wp.exp(strain[p])
        # Cauchy stress of a Newtonian liquid: -p I + 2 mu dev(D), D = (C + C^T) / 2
        mu = viscosity[k]
        diagonal = -pressure_of(strain[p], bulk[k]) - mu * third
        stress = rate * mu + wp.diag(wp.vec3(diagonal, diagonal, diagonal))
        ix = g.inverse[0]
        iy = g.inverse[1]
        iz = g.inverse[2]
        shape = wp.diag(wp.vec3(ix * ix, iy * iy, iz * iz))
        m = mass[k]
        q = c * m - stress * shape * (4.0 * dt * volume[k] * j)
        q = q * wp.diag(g.cell)
        start = v[p] * m - q * f
        for i in range(3):
            for jj in range(3):
                w2 = wx[i] * wy[jj]
                row = ((bx + i) * g.ny + by + jj) * g.nz + bz
                for kk in range(3):
                    w = w2 * wz[kk]
                    mv = (start + q * wp.vec3(float(i), float(jj), float(kk))) * w
                    wp.atomic_add(nodes, row + kk, wp.vec4(mv[0], mv[1], mv[2], m * w))


@wp.kernel
def gather(
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    affine: wp.array(dtype=wp.mat33),
    strain: wp.array(dtype=float),
    nodes: wp.array(dtype=wp.vec4),
    g: Lattice,
    gravity: wp.vec3,
    upper: wp.vec3,
    dt: float,
):
    """Nodes to particles: velocity, affine matrix, volume strain; positions stay in the box."""
    p = wp.tid()
    xp = x[p]
    if xp[2] < g.ceiling:
        u = wp.cw_mul(xp, g.inverse) + wp.vec3(1.0, 1.0, 1.0)
        bx = int(u[0] - 0.5)
        by = int(u[1] - 0.5)
        bz = int(u[2] - 0.5)
        f = u - wp.vec3(float(bx), float(by), float(bz))
        wx = spline(f[0])
        wy = spline(f[1])
        wz = spline(f[2])
        vel = wp.vec3(0.0, 0.0, 0.0)
        c = wp.mat33(0.0)
        for i in range(3):
            for jj in range(3):
                w2 = wx[i] * wy[jj]
                row = ((bx + i) * g.ny + by + jj) * g.nz + bz
                for kk in range(3):
                    n = nodes[row + kk]
                    wv = wp.vec3(n[0], n[1], n[2]) * (w2 * wz[kk])
                    vel += wv
                    c += wp.outer(wv, wp.vec3(float(i), float(jj), float(kk)) - f)
        c = c * wp.diag(g.inverse * 4.0)
        v[p] = vel
        affine[p] = c
        strain[p] = strain[p] + dt * wp.trace(c)
        xp = xp + vel * dt
    else:
        v[p] = v[p] + gravity * dt
        affine[p] = wp.mat33(0.0)
        xp = xp + v[p] * dt
    x[p] = wp.vec3(
        wp.clamp(xp[0], 0.0, upper[0]),
        wp.clamp(xp[1], 0.0, upper[1]),
        wp.clamp(xp[2], 0.0, upper[2]),
    )


@wp.func
def index_of(g: Lattice, axis: int, k: int, a: int, b: int):
    """Flat index of node k along `axis`, (a, b) along the other two axes in order."""
    out = (a * g.ny + b) * g.nz + k
    if axis == 0:
        out = (k * g.ny + a) * g.nz + b
    if axis == 1:
        out = (a * g.ny + k) * g.nz + b
    return out


@wp.func
def reflect(n: wp.vec4, axis: int, grip: float):
    """The mirror image of a node behind a wall: normal part turned, tangential part by `grip`."""
    s = wp.vec4(grip, grip, grip, 1.0)
    s[axis] = -1.0
    return wp.cw_mul(n, s)


@wp.kernel
def fold(nodes: wp.array(dtype=wp.vec4), g: Lattice, axis: int, last: int, high: int, grip: float):
    """Add to the first inner nodes what their mirror images behind the wall hold."""
    a, b = wp.tid()
    i = index_of(g, axis, 2, a, b)
    nodes[i] = nodes[i] + reflect(nodes[index_of(g, axis, 0, a, b)], axis, grip)
    if high == 1:
        i = index_of(g, axis, last - 2, a, b)
        nodes[i] = nodes[i] + reflect(nodes[index_of(g, axis, last, a, b)], axis, grip)


@wp.func
def image(n: wp.vec4, axis: int, side: float, grip: float):
    """Velocity behind a wall: mirrored when matter presses on it, the same when it leaves."""
    out = reflect(n, axis, grip)
    if n[axis] * side > 0.0:
        out[axis] = n[axis]
    return out


@wp.kernel
def unfold(
    nodes: wp.array(dtype=wp.vec4), g: Lattice, axis: int, last: int, high: int, grip: float
):
    """Give the nodes behind the walls the velocities of their mirror images."""
    a, b = wp.tid()
    nodes[index_of(g, axis, 0, a, b)] = image(nodes[index_of(g, axis, 2, a, b)], axis, 1.0, grip)
    if high == 1:
        n = nodes[index_of(g, axis, last - 2, a, b)]
        nodes[index_of(g, axis, last, a, b)] = image(n, axis, -1.0, grip)


@wp.kernel
def mark_obstacles(
    obstacles: Obstacles,
    step: int,
    origin: wp.vec3,
    reach: float,
    g: Lattice,
    solid: wp.array(dtype=wp.vec4),
    drift: wp.array(dtype=wp.vec3),
):
    """(normal, signed distance) and velocity of the nearest obstacle at every node."""
    i, j, k = wp.tid()
    at = (i * g.ny + j) * g.nz + k
    local = wp.vec3(float(i - PAD), float(j - PAD), float(k - PAD))
    touch = closest_obstacle(obstacles, step, origin + wp.cw_mul(local, g.cell), reach)
    solid[at] = wp.vec4(touch.normal[0], touch.normal[1], touch.normal[2], touch.distance)
    drift[at] = touch.velocity


@wp.kernel
def push_out(
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    obstacles: Obstacles,
    step: int,
    origin: wp.vec3,
    reach: float,
    upper: wp.vec3,
    solid: wp.array(dtype=wp.vec4),
    g: Lattice,
):
    """Particles that entered an obstacle go back to its surface and lose the speed into it."""
    p = wp.tid()
    xp = x[p]
    if xp[2] < g.ceiling:
        u = wp.cw_mul(xp, g.inverse) + wp.vec3(1.5, 1.5, 1.5)
        if solid[(int(u[0]) * g.ny + int(u[1])) * g.nz + int(u[2])][3] < reach:
            touch = closest_obstacle(obstacles, step, origin + xp, reach)
            if touch.distance < 0.0:
                n = touch.normal
                xp = xp - n * touch.distance
                into = wp.min(wp.dot(v[p] - touch.velocity, n), 0.0)
                v[p] = v[p] - n * into
                x[p] = wp.vec3(
                    wp.clamp(xp[0], 0.0, upper[0]),
                    wp.clamp(xp[1], 0.0, upper[1]),
                    wp.clamp(xp[2], 0.0, upper[2]),
                )


@wp.kernel
def advance(
    nodes: wp.array(dtype=wp.vec4),
    g: Lattice,
    gravity: wp.vec3,
    dt: float,
    grip: float,
    closed: int,
    solid: wp.array(dtype=wp.vec4),
    drift: wp.array(dtype=wp.vec3),
):
    """Momentum to velocity, gravity, obstacles and walls: no flow into them, free to leave.

    `solid` and `drift` are empty when there is no obstacle.
    """
    i, j, k = wp.tid()
    at = (i * g.ny + j) * g.nz + k
    n = nodes[at]
    if n[3] > 0.0:
        v = wp.vec3(n[0], n[1], n[2]) / n[3] + gravity * dt
        hold = 0.5 * (1.0 + grip)
        if solid.shape[0] > 0:
            s = solid[at]
            normal = wp.vec3(s[0], s[1], s[2])
            slide = v - drift[at]
            into = wp.dot(slide, normal)
            if s[3] < 0.0 and into < 0.0:
                v = drift[at] + (slide - normal * into) * hold
        if i == PAD or i == g.nx - 1 - PAD:
            side = 1.0
            if i > PAD:
                side = -1.0
            v = wp.vec3(side * wp.max(side * v[0], 0.0), v[1] * hold, v[2] * hold)
        if j == PAD or j == g.ny - 1 - PAD:
            side = 1.0
            if j > PAD:
                side = -1.0
            v = wp.vec3(v[0] * hold, side * wp.max(side * v[1], 0.0), v[2] * hold)
        if k == PAD or (closed == 1 and k == g.nz - 1 - PAD):
            side = 1.0
            if k > PAD:
                side = -1.0
            v = wp.vec3(v[0] * hold, v[1] * hold, side * wp.max(side * v[2], 0.0))
        nodes[at] = wp.vec4(v[0], v[1], v[2], n[3])
