# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false, reportAttributeAccessIssue=false
# pyright: reportOperatorIssue=false
"""Kernels of the XPBD solver: one small step with one Gauss-Seidel sweep (Macklin et al. 2019).

Every constraint is an energy 1/2 C^T alpha^-1 C with compliance alpha, solved as the block
(J W J^T + alpha / dt^2) lambda = -C, dx = W J^T lambda (Macklin et al. 2016). Constraints are
sorted by colour: a launch over one colour has no two constraints on one vertex, so the result does
not depend on the number of threads. x is the position being solved, p the one the step began at.
"""

import warp as wp

from simgen.engines.warp_solvers.collider import Obstacles, obstacle_touch

Real = wp.float64
"""Double: a step of 1e-4 s moves a resting vertex by g dt^2 = 1e-7 m, lost in single precision."""
Vec3 = wp.vec3d
PLATE_DRAG = wp.constant(wp.float64(1.17))
"""Normal force coefficient of a flat plate (Hoerner, Fluid-Dynamic Drag, 1965, ch. 3)."""
MOST_GRIP = wp.constant(wp.float64(0.25))
"""Most a damper takes of a rate in a step; more would stop what one sweep of springs has to carry."""
PAIR_RELAXATION = wp.constant(wp.float64(0.3))
"""Share of a vertex pair's overlap removed at once; a vertex touches about four others."""


@wp.func
def advance(p: Vec3, v: Vec3, dt: Real) -> Vec3:
    """The inertial position; one function so that predict and finish round alike."""
    return p + v * dt


@wp.kernel
def push_by_air(
    x: wp.array(dtype=Vec3),
    v: wp.array(dtype=Vec3),
    faces: wp.array(dtype=wp.vec3i),
    closed: wp.array(dtype=int),
    wind: Vec3,
    air_density: Real,
    force: wp.array(dtype=Vec3),
):
    """Pressure of moving air on triangles, a third to each vertex.

    Open sheets: flat plate, F = 1/2 rho 1.17 A |v| v_n n. Closed surfaces: Newtonian impact pressure
    on the windward side, Cp = cos^2 (a sphere gets Cd = 1/2).
    """
    t = wp.tid()
    f = faces[t]
    a = x[f[0]]
    area = Real(0.5) * wp.cross(x[f[1]] - a, x[f[2]] - a)
    size = wp.length(area)
    if size > Real(0.0):
        n = area / size
        flow = wind - (v[f[0]] + v[f[1]] + v[f[2]]) / Real(3.0)
        across = wp.dot(flow, n)
        strength = Real(0.0)
        if closed[t] == 0:
            strength = PLATE_DRAG * wp.length(flow) * across
        elif across < Real(0.0):
            strength = -across * across
        push = n * (Real(0.5) * air_density * size * strength / Real(3.0))
        wp.atomic_add(force, f[0], push)
        wp.atomic_add(force, f[1], push)
        wp.atomic_add(force, f[2], push)


@wp.kernel
def predict(
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    v: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    weight: wp.array(dtype=Real),
    force: wp.array(dtype=Vec3),
    gravity: Vec3,
    dt: Real,
):
    i = wp.tid()
    p[i] = x[i]
    if w[i] > Real(0.0):
        rate = v[i] + (gravity * weight[i] + force[i] * w[i]) * dt
        v[i] = rate
        x[i] = advance(x[i], rate, dt)


@wp.kernel
def gas_volume(
    x: wp.array(dtype=Vec3),
    faces: wp.array(dtype=wp.vec3i),
    gas: wp.array(dtype=int),
    anchor: wp.array(dtype=int),
    gradient: wp.array(dtype=Vec3),
    volume: wp.array(dtype=Real),
):
    """Enclosed volume (divergence theorem about a vertex of the membrane) and its gradient."""
    t = wp.tid()
    f = faces[t]
    g = gas[t]
    o = x[anchor[g]]
    a = x[f[0]] - o
    b = x[f[1]] - o
    c = x[f[2]] - o
    wp.atomic_add(gradient, f[0], wp.cross(b, c) / Real(6.0))
    wp.atomic_add(gradient, f[1], wp.cross(c, a) / Real(6.0))
    wp.atomic_add(gradient, f[2], wp.cross(a, b) / Real(6.0))
    wp.atomic_add(volume, g, wp.dot(a, wp.cross(b, c)) / Real(6.0))


@wp.kernel
def gas_compliance(
    gradient: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    owner: wp.array(dtype=int),
    response: wp.array(dtype=Real),
):
    """Sum of w |dV/dx|^2 of every gas."""
    i = wp.tid()
    if owner[i] >= 0:
        wp.atomic_add(response, owner[i], w[i] * wp.dot(gradient[i], gradient[i]))


@wp.kernel
def gas_pressure(
    x: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    owner: wp.array(dtype=int),
    gradient: wp.array(dtype=Vec3),
    volume: wp.array(dtype=Real),
    response: wp.array(dtype=Real),
    amount: wp.array(dtype=Real),
    ambient: Real,
    dt: Real,
):
    """Isothermal gas, absolute pressure amount / V, solved implicitly along its own push.

    lambda = dt^2 p(V + S lambda) with p linearised: compliance V^2 / amount (Boyle's law).
    """
    i = wp.tid()
    g = owner[i]
    if g >= 0:
        v = volume[g]
        h2 = dt * dt
        gauge = amount[g] / v - ambient
        push = h2 * gauge / (Real(1.0) + h2 * response[g] * amount[g] / (v * v))
        x[i] = x[i] + gradient[i] * (w[i] * push)


@wp.kernel
def solve_tetrahedra(
    first: int,
    x: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    tets: wp.array(dtype=wp.vec4i),
    inverse_rest: wp.array(dtype=wp.mat33d),
    volume: wp.array(dtype=Real),
    lame: wp.array(dtype=wp.vec2d),
    dt: Real,
):
    """Stable Neo-Hookean solid (Smith 2018; Macklin, Mueller 2021), both constraints as a block.

    Psi = mu/2 (|F|^2 - 3) + lambda/2 (J - 1 - mu/lambda)^2: C_D = |F|, compliance 1 / (mu V);
    C_H = J - 1 - mu / lambda, compliance 1 / (lambda V). Solving them together keeps rest at rest.
    """
    t = first + wp.tid()
    k = tets[t]
    base = x[k[0]]
    q = inverse_rest[t]
    f = wp.matrix_from_cols(x[k[1]] - base, x[k[2]] - base, x[k[3]] - base) * q
    mu = lame[t][0]
    bulk = lame[t][1]
    norm = wp.sqrt(wp.ddot(f, f))
    c0 = Vec3(f[0, 0], f[1, 0], f[2, 0])
    c1 = Vec3(f[0, 1], f[1, 1], f[2, 1])
    c2 = Vec3(f[0, 2], f[1, 2], f[2, 2])
    cofactor = wp.matrix_from_cols(wp.cross(c1, c2), wp.cross(c2, c0), wp.cross(c0, c1))
    gd = f * wp.transpose(q) * (Real(1.0) / wp.max(norm, Real(1.0e-6)))
    gh = cofactor * wp.transpose(q)
    d1 = Vec3(gd[0, 0], gd[1, 0], gd[2, 0])
    d2 = Vec3(gd[0, 1], gd[1, 1], gd[2, 1])
    d3 = Vec3(gd[0, 2], gd[1, 2], gd[2, 2])
    d0 = -(d1 + d2 + d3)
    h1 = Vec3(gh[0, 0], gh[1, 0], gh[2, 0])
    h2 = Vec3(gh[0, 1], gh[1, 1], gh[2, 1])
    h3 = Vec3(gh[0, 2], gh[1, 2], gh[2, 2])
    h0 = -(h1 + h2 + h3)
    w0 = w[k[0]]
    w1 = w[k[1]]
    w2 = w[k[2]]
    w3 = w[k[3]]
    soft = Real(1.0) / (volume[t] * dt * dt)
    a = w0 * wp.dot(d0, d0) + w1 * wp.dot(d1, d1) + w2 * wp.dot(d2, d2) + w3 * wp.dot(d3, d3)
    b = w0 * wp.dot(d0, h0) + w1 * wp.dot(d1, h1) + w2 * wp.dot(d2, h2) + w3 * wp.dot(d3, h3)
    c = w0 * wp.dot(h0, h0) + w1 * wp.dot(h1, h1) + w2 * wp.dot(h2, h2) + w3 * wp.dot(h3, h3)
    a = a + soft / mu
    c = c + soft / bulk
    rd = -norm
    rh = Real(1.0) + mu / bulk - wp.dot(c0, wp.cross(c1, c2))
    det = a * c - b * b
    ld = (c * rd - b * rh) / det
    lh = (a * rh - b * rd) / det
    x[k[0]] = x[k[0]] + (d0 * ld + h0 * lh) * w0
    x[k[1]] = x[k[1]] + (d1 * ld + h1 * lh) * w1
    x[k[2]] = x[k[2]] + (d2 * ld + h2 * lh) * w2
    x[k[3]] = x[k[3]] + (d3 * ld + h3 * lh) * w3


@wp.kernel
def damp_edges(
    first: int,
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    edges: wp.array(dtype=wp.vec2i),
    dashpot: wp.array(dtype=Real),
    dt: Real,
):
    """Implicit dashpots [N s/m] along edges: internal friction that keeps both momenta."""
    t = first + wp.tid()
    i = edges[t][0]
    j = edges[t][1]
    span = x[j] - x[i]
    length = wp.length(span)
    mobility = w[i] + w[j]
    if length > Real(0.0) and mobility > Real(0.0):
        n = span / length
        rate = wp.dot((x[j] - p[j]) - (x[i] - p[i]), n)
        grip = wp.min(dashpot[t] * dt * mobility, MOST_GRIP)
        push = n * (rate * grip / ((Real(1.0) + grip) * mobility))
        x[i] = x[i] + push * w[i]
        x[j] = x[j] - push * w[j]


@wp.kernel
def solve_triangles(
    first: int,
    x: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    faces: wp.array(dtype=wp.vec3i),
    inverse_rest: wp.array(dtype=wp.mat22d),
    compliance: wp.array(dtype=Vec3),
    dt: Real,
):
    """Membrane strain of a triangle: C = (|F_u| - 1, |F_v| - 1, F_u . F_v) as one 3 x 3 block.

    `compliance` is (1, nu, -) / (K A) and 1 / (G A): plane stress with K = E h, shear G [N/m].
    """
    t = first + wp.tid()
    f = faces[t]
    i = f[0]
    j = f[1]
    k = f[2]
    q = inverse_rest[t]
    e1 = x[j] - x[i]
    e2 = x[k] - x[i]
    fu = e1 * q[0, 0] + e2 * q[1, 0]
    fv = e1 * q[0, 1] + e2 * q[1, 1]
    lu = wp.max(wp.length(fu), Real(1.0e-6))
    lv = wp.max(wp.length(fv), Real(1.0e-6))
    nu = fu / lu
    nv = fv / lv
    u1 = nu * q[0, 0]
    u2 = nu * q[1, 0]
    u0 = -(u1 + u2)
    v1 = nv * q[0, 1]
    v2 = nv * q[1, 1]
    v0 = -(v1 + v2)
    s1 = fv * q[0, 0] + fu * q[0, 1]
    s2 = fv * q[1, 0] + fu * q[1, 1]
    s0 = -(s1 + s2)
    wi = w[i]
    wj = w[j]
    wk = w[k]
    muu = wp.dot(u0, u0) * wi + wp.dot(u1, u1) * wj + wp.dot(u2, u2) * wk
    mvv = wp.dot(v0, v0) * wi + wp.dot(v1, v1) * wj + wp.dot(v2, v2) * wk
    mss = wp.dot(s0, s0) * wi + wp.dot(s1, s1) * wj + wp.dot(s2, s2) * wk
    muv = wp.dot(u0, v0) * wi + wp.dot(u1, v1) * wj + wp.dot(u2, v2) * wk
    mus = wp.dot(u0, s0) * wi + wp.dot(u1, s1) * wj + wp.dot(u2, s2) * wk
    mvs = wp.dot(v0, s0) * wi + wp.dot(v1, s1) * wj + wp.dot(v2, s2) * wk
    soft = compliance[t] / (dt * dt)
    scale = Real(1.0) / (muu + soft[0] + Real(1.0e-12))
    off = (muv - soft[1]) * scale
    m = wp.mat33d(
        (muu + soft[0]) * scale, off, mus * scale,
        off, (mvv + soft[0]) * scale, mvs * scale,
        mus * scale, mvs * scale, (mss + soft[2]) * scale,
    )  # fmt: skip
    r = Vec3(lu - Real(1.0), lv - Real(1.0), wp.dot(fu, fv))
    push = wp.inverse(m) * (r * (-scale))
    x[i] = x[i] + (u0 * push[0] + v0 * push[1] + s0 * push[2]) * wi
    x[j] = x[j] + (u1 * push[0] + v1 * push[1] + s1 * push[2]) * wj
    x[k] = x[k] + (u2 * push[0] + v2 * push[1] + s2 * push[2]) * wk


@wp.kernel
def solve_hinges(
    first: int,
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    hinges: wp.array(dtype=wp.vec4i),
    stencil: wp.array(dtype=wp.vec4d),
    rest: wp.array(dtype=Real),
    compliance: wp.array(dtype=Real),
    damping: wp.array(dtype=Real),
    dt: Real,
):
    """Bending of two triangles: C = |sum k_i x_i| - rest, k the cotangent stencil (Bergou 2006).

    sum k_i x_i has the length |edge| * fold angle and points along the normal; the force along it
    turns nothing, so both momenta are kept. `damping` is the Rayleigh time beta [s].
    """
    t = first + wp.tid()
    h = hinges[t]
    s = stencil[t]
    a = x[h[0]]
    b = x[h[1]]
    c = x[h[2]]
    d = x[h[3]]
    bend = a * s[0] + b * s[1] + c * s[2] + d * s[3]
    if rest[t] != Real(0.0):
        n = wp.cross(b - a, c - a) - wp.cross(b - a, d - a)
        size = wp.length(bend)
        if size > Real(0.0):
            bend = bend * (Real(1.0) - wp.sign(wp.dot(n, bend)) * rest[t] / size)
    rate = (a - p[h[0]]) * s[0] + (b - p[h[1]]) * s[1]
    rate = rate + (c - p[h[2]]) * s[2] + (d - p[h[3]]) * s[3]
    w0 = w[h[0]]
    w1 = w[h[1]]
    w2 = w[h[2]]
    w3 = w[h[3]]
    mobility = w0 * s[0] * s[0] + w1 * s[1] * s[1] + w2 * s[2] * s[2] + w3 * s[3] * s[3]
    if mobility > Real(0.0):
        grip = wp.min(damping[t] * dt * mobility / compliance[t], MOST_GRIP)
        push = bend * (-Real(1.0) / (mobility + compliance[t] / (dt * dt)))
        push = push - rate * (grip / ((Real(1.0) + grip) * mobility))
        x[h[0]] = a + push * (w0 * s[0])
        x[h[1]] = b + push * (w1 * s[1])
        x[h[2]] = c + push * (w2 * s[2])
        x[h[3]] = d + push * (w3 * s[3])


@wp.kernel
def to_single(x: wp.array(dtype=Vec3), single: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    single[i] = wp.vec3(x[i])


@wp.kernel
def repel_pairs(
    grid: wp.uint64,
    active: wp.array(dtype=int),
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    rest: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    radius: wp.array(dtype=Real),
    friction: wp.array(dtype=Real),
    element: wp.array(dtype=int),
    self_collision: wp.array(dtype=int),
    largest: Real,
    shift: wp.array(dtype=Vec3),
):
    """Vertex against vertex, with friction: of different elements, or of one sheet with itself."""
    i = active[wp.tid()]
    q = x[i]
    total = Vec3()
    for j in wp.hash_grid_query(grid, wp.vec3(q), float(radius[i] + largest)):
        reach = radius[i] + radius[j]
        meet = j != i and radius[j] > Real(0.0) and w[i] + w[j] > Real(0.0)
        if meet and element[i] == element[j]:
            meet = self_collision[element[i]] == 1 and wp.length(rest[i] - rest[j]) > reach
        if meet:
            apart = q - x[j]
            length = wp.length(apart)
            if length < reach and length > Real(1.0e-9):
                n = apart / length
                depth = reach - length
                slip = (q - p[i]) - (x[j] - p[j])
                slip = slip - n * wp.dot(slip, n)
                most = wp.sqrt(friction[i] * friction[j]) * depth
                drag = wp.min(Real(1.0), most / wp.max(wp.length(slip), Real(1.0e-9)))
                total = total + (n * depth - slip * drag) * (w[i] / (w[i] + w[j]))
    shift[i] = total * PAIR_RELAXATION


@wp.kernel
def finish(
    obstacles: Obstacles,
    step: int,
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    v: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    shift: wp.array(dtype=Vec3),
    radius: wp.array(dtype=Real),
    friction: wp.array(dtype=Real),
    dt: Real,
):
    """Non-penetration and Coulomb friction against obstacles, then the velocity of the step.

    The normal correction of a step is N dt^2 / m, so a tangential correction of at most mu times it
    is Coulomb's law.
    """
    i = wp.tid()
    if w[i] > Real(0.0):
        q = x[i] + shift[i]
        for shape in range(obstacles.count):
            touch = obstacle_touch(obstacles, step, shape, wp.vec3(q), float(radius[i]))
            depth = radius[i] - Real(touch.distance)
            if depth > Real(0.0):
                n = Vec3(touch.normal)
                q = q + n * depth
                slip = q - p[i] - Vec3(touch.velocity) * dt
                slip = slip - n * wp.dot(slip, n)
                most = wp.sqrt(friction[i] * Real(touch.friction)) * depth
                q = q - slip * wp.min(Real(1.0), most / wp.max(wp.length(slip), Real(1.0e-12)))
        v[i] = v[i] + (q - advance(p[i], v[i], dt)) / dt
        x[i] = q
