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

from simgen.engines.warp_solvers.obstacles import FAR
from simgen.engines.warp_solvers.pipes import Pipes, flows, waits
from simgen.spline import stencil

PAD = 1
"""Nodes beyond a wall: quadratic B-splines of a particle on the wall reach one node past it."""


APART = wp.constant(0.4)
"""Largest volume strain kept: matter further apart forgets how far it is."""


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
def pressure_of(strain: float, bulk: float, tension: float):
    """p = K (rho / rho0 - 1) [Pa] of the volume strain ln J, at least -`tension` [Pa]."""
    return wp.max(bulk * (wp.exp(-strain) - 1.0), -tension)


@wp.func
def spread(normal: wp.vec3, g: Lattice):
    """How far [m] the spline of a particle reaches along a direction."""
    return 1.5 * (
        wp.abs(normal[0]) * g.cell[0]
        + wp.abs(normal[1]) * g.cell[1]
        + wp.abs(normal[2]) * g.cell[2]
    )


@wp.func
def over(distance: float, above: float, g: Lattice):
    """Share of a mirror image that acts on a node `above` [m] the plane of a wall when the nearest
    obstacle is at `distance` [m]: the wall may end before it reaches below the node."""
    if above * g.inverse[0] < -1.0e-3:
        return 0.0
    aside = wp.sqrt(wp.max(distance * distance - above * above, 0.0))
    return wp.clamp(2.0 - 4.0 * aside * g.inverse[0], 0.0, 1.0)


@wp.func
def within(u: wp.vec3, g: Lattice):
    """Whether all nodes around a point in node units exist."""
    low = wp.min(u)
    return (
        low >= 0.5
        and u[0] < float(g.nx) - 1.5
        and u[1] < float(g.ny) - 1.5
        and u[2] < float(g.nz) - 1.5
    )


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
    push: wp.array(dtype=wp.vec4),
    shares: wp.array(dtype=wp.vec3),
    near: wp.array(dtype=wp.vec4),
    near_velocity: wp.array(dtype=wp.vec3),
    solid: wp.array(dtype=wp.vec4),
    pipes: Pipes,
    grip: float,
    g: Lattice,
    ahead: float,
    dt: float,
):
    """Particles to nodes: momentum with the affine part, and in `push` the impulse of the stress.

    Beside an obstacle's surface the mirror image of the particle behind it acts on the nodes before
    it too. `shares` takes the mass that comes to a node through a thin wall, that times the node's
    depth behind the wall, and the mass from pipes.
    """
    p = wp.tid()
    xp = x[p]
    u = wp.cw_mul(xp, g.inverse) + wp.vec3(1.0, 1.0, 1.0)
    here = xp[2] < g.ceiling
    left = waits(pipes, p, ahead)
    if left > 0.0:
        close = left * wp.length(wp.cw_mul(pipes.rate[p], g.inverse)) < 3.0
        here = here and close and flows(pipes, p, ahead) and within(u, g)
    if here:
        k = kind[p]
        b, f, wx, wy, wz = stencil(u)
        c = affine[p]
        rate = c + wp.transpose(c)
        third = wp.trace(rate) / 3.0
        j = wp.min(wp.exp(strain[p]), 1.0)
        # Cauchy stress of a Newtonian liquid: -p I + 2 mu dev(D), D = (C + C^T) / 2
        mu = viscosity[k]
        wall = wp.vec4(0.0, 0.0, 0.0, FAR)
        if near.shape[0] > 0:
            wall = near[p]
        normal = wp.vec3(wall[0], wall[1], wall[2])
        beside = wall[3] < spread(normal, g)
        shear = rate - wp.identity(n=3, dtype=float) * third
        # Drawn out, a thread becomes thinner by tension: that of its viscosity (Trouton 1906), and
        # the air's pressure on what stays whole, no more than moves it by a cell. At obstacles the
        # latter would hold liquid that leaves them.
        speed = wp.sqrt(wp.ddot(shear, shear))
        tension = mu * speed
        if not beside:
            apart = g.cell[0] * speed
            tension += mass[k] / volume[k] * apart * apart
        pressure = pressure_of(strain[p], bulk[k], tension)
        stress = shear * mu - wp.identity(n=3, dtype=float) * pressure
        ix = g.inverse[0]
        iy = g.inverse[1]
        iz = g.inverse[2]
        shape = wp.diag(wp.vec3(ix * ix, iy * iy, iz * iz))
        m = mass[k]
        q = c * wp.diag(g.cell) * m
        start = v[p] * m - q * f
        load = stress * shape * wp.diag(g.cell) * (-4.0 * dt * volume[k] * j)
        first = load * f * -1.0
        for i in range(3):
            for jj in range(3):
                w2 = wx[i] * wy[jj]
                row = ((b[0] + i) * g.ny + b[1] + jj) * g.nz + b[2]
                for kk in range(3):
                    w = w2 * wz[kk]
                    at = wp.vec3(float(i), float(jj), float(kk))
                    mv = (start + q * at) * w
                    wp.atomic_add(nodes, row + kk, wp.vec4(mv[0], mv[1], mv[2], m * w))
                    mv = (first + load * at) * w
                    wp.atomic_add(push, row + kk, wp.vec4(mv[0], mv[1], mv[2], 0.0))
                    if left > 0.0:
                        wp.atomic_add(shares, row + kk, wp.vec3(0.0, 0.0, m * w))
                    if beside:
                        above = wp.dot(wp.cw_mul(at - f, g.cell), normal) + wall[3]
                        s = solid[row + kk]
                        if above < 0.0 and wp.dot(wp.vec3(s[0], s[1], s[2]), normal) < -0.5:
                            wp.atomic_add(shares, row + kk, wp.vec3(m * w, -m * w * above, 0.0))
        if beside:
            turn = wp.identity(n=3, dtype=float) - 2.0 * wp.outer(normal, normal)
            flip = turn
            if grip < 0.0:
                flip = wp.identity(n=3, dtype=float) * -1.0
            image_v = near_velocity[p] + flip * (v[p] - near_velocity[p])
            u = wp.cw_mul(xp - normal * (2.0 * wall[3]), g.inverse) + wp.vec3(1.0, 1.0, 1.0)
            if within(u, g):
                b, f, wx, wy, wz = stencil(u)
                q = flip * c * turn * wp.diag(g.cell) * m
                start = image_v * m - q * f
                load = turn * stress * turn * shape * wp.diag(g.cell)
                load = load * (-4.0 * dt * volume[k] * j)
                first = load * f * -1.0
                for i in range(3):
                    for jj in range(3):
                        w2 = wx[i] * wy[jj]
                        row = ((b[0] + i) * g.ny + b[1] + jj) * g.nz + b[2]
                        for kk in range(3):
                            at = wp.vec3(float(i), float(jj), float(kk))
                            above = wp.dot(wp.cw_mul(at - f, g.cell), normal) - wall[3]
                            w = w2 * wz[kk] * over(solid[row + kk][3], above, g)
                            if w > 0.0:
                                mv = (start + q * at) * w
                                wp.atomic_add(nodes, row + kk, wp.vec4(mv[0], mv[1], mv[2], m * w))
                                mv = (first + load * at) * w
                                wp.atomic_add(push, row + kk, wp.vec4(mv[0], mv[1], mv[2], 0.0))


@wp.kernel
def gather(
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    affine: wp.array(dtype=wp.mat33),
    strain: wp.array(dtype=float),
    nodes: wp.array(dtype=wp.vec4),
    before: wp.array(dtype=wp.vec4),
    kept: float,
    pipes: Pipes,
    g: Lattice,
    gravity: wp.vec3,
    upper: wp.vec3,
    ahead: float,
    dt: float,
):
    """Nodes to particles: velocity, affine matrix, volume strain; positions stay in the box.

    A particle keeps the share `kept` of what it moves faster than the nodes `before` the step.

    Particles in pipes go where their plug is at the step's end, `ahead` + dt into the frame.
    """
    p = wp.tid()
    left = waits(pipes, p, ahead + dt)
    if left > 0.0:
        x[p] = pipes.mouth[p] - pipes.rate[p] * wp.min(left, pipes.longest[p])
        v[p] = wp.vec3(0.0, 0.0, 0.0)
        if flows(pipes, p, ahead + dt):
            v[p] = pipes.rate[p]
        return
    xp = x[p]
    if xp[2] < g.ceiling:
        u = wp.cw_mul(xp, g.inverse) + wp.vec3(1.0, 1.0, 1.0)
        b, f, wx, wy, wz = stencil(u)
        vel = wp.vec3(0.0, 0.0, 0.0)
        lost = v[p]
        c = wp.mat33(0.0)
        for i in range(3):
            for jj in range(3):
                w2 = wx[i] * wy[jj]
                row = ((b[0] + i) * g.ny + b[1] + jj) * g.nz + b[2]
                for kk in range(3):
                    n = nodes[row + kk]
                    o = before[row + kk]
                    wv = wp.vec3(n[0], n[1], n[2]) * (w2 * wz[kk])
                    vel += wv
                    lost -= wp.vec3(o[0], o[1], o[2]) * (w2 * wz[kk])
                    c += wp.outer(wv, wp.vec3(float(i), float(jj), float(kk)) - f)
        c = c * wp.diag(g.inverse * 4.0)
        v[p] = vel + lost * kept
        affine[p] = c
        strain[p] = wp.min(strain[p] + dt * wp.trace(c), APART)
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
def advance(
    nodes: wp.array(dtype=wp.vec4),
    push: wp.array(dtype=wp.vec4),
    g: Lattice,
    gravity: wp.vec3,
    dt: float,
    grip: float,
    closed: int,
    shares: wp.array(dtype=wp.vec3),
):
    """Momentum to velocity, gravity and domain walls: no flow into them, free to leave. `push` then
    holds the velocity before.

    A node that gets its mass from a pipe moves with the plug.
    """
    i, j, k = wp.tid()
    at = (i * g.ny + j) * g.nz + k
    n = nodes[at]
    if n[3] > 0.0:
        v = wp.vec3(n[0], n[1], n[2]) / n[3]
        impulse = push[at]
        push[at] = wp.vec4(v[0], v[1], v[2], 0.0)
        if shares[at][2] > 0.5 * n[3]:
            nodes[at] = wp.vec4(v[0], v[1], v[2], n[3])
            return
        v = v + wp.vec3(impulse[0], impulse[1], impulse[2]) / n[3] + gravity * dt
        hold = 0.5 * (1.0 + grip)
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
