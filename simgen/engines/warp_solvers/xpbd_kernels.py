# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Constraint kernels of the XPBD solver: one Gauss-Seidel sweep per small step (Macklin 2019).

Every constraint is an energy 1/2 C^T alpha^-1 C with compliance alpha, solved as the block
(J W J^T + alpha / dt^2) lambda = -C, dx = W J^T lambda (Macklin et al. 2016). Constraints are
sorted by colour: a launch over one colour has no two constraints on one vertex, so the result does
not depend on the number of threads. x is the position being solved, p the one the step began at.
"""

import warp as wp

Real = wp.float64
Vec3 = wp.vec3d
MOST_GRIP = wp.constant(wp.float64(0.25))
"""Most a damper takes of a rate in a step; more would stop what one sweep has to carry."""
MIDPOINT = wp.constant(wp.float64(0.5))
"""As `xpbd_solid.MIDPOINT`."""
CRUSHED = wp.constant(wp.float64(0.05))
"""Volume ratio below which the energy goes on as a parabola, so that inverted matter comes back."""


@wp.func
def volume_law(j: Real, mu: Real, lame: Real):
    """U' / U'' and U'' of U(J) = lambda / 2 (J - 1)^2 - mu ln J, which no squeeze overcomes."""
    k = wp.max(j, CRUSHED)
    curve = lame + mu / (k * k)
    return (lame * (k - Real(1.0)) - mu / k) / curve + (j - k), curve


@wp.func
def gradient(x: wp.array(dtype=Vec3), k: wp.vec4i, q: wp.mat33d):
    """F of a tetrahedron with the inverse rest frame `q`."""
    base = x[k[0]]
    return wp.matrix_from_cols(x[k[1]] - base, x[k[2]] - base, x[k[3]] - base) * q


@wp.func
def volume_ratio(f: wp.mat33d):
    """det F."""
    c0 = Vec3(f[0, 0], f[1, 0], f[2, 0])
    c1 = Vec3(f[0, 1], f[1, 1], f[2, 1])
    c2 = Vec3(f[0, 2], f[1, 2], f[2, 2])
    return wp.dot(c0, wp.cross(c1, c2))


@wp.func
def columns(x: wp.array(dtype=Vec3), f: wp.vec3i, q: wp.mat22d):
    """F_u and F_v of a triangle with the inverse rest frame `q`."""
    e1 = x[f[1]] - x[f[0]]
    e2 = x[f[2]] - x[f[0]]
    return e1 * q[0, 0] + e2 * q[1, 0], e1 * q[0, 1] + e2 * q[1, 1]


@wp.func
def move_corners(
    x: wp.array(dtype=Vec3),
    k: wp.vec4i,
    f: wp.mat33d,
    q: wp.mat33d,
    gd: wp.mat33d,
    excess: Real,
    bulk: Real,
    volume: Real,
    r: wp.mat44d,
):
    """The step of a tetrahedron as one block: shear forces `gd`, and the `excess` U' / U'' of its
    volume ratio with the curvature `bulk` U''."""
    c0 = Vec3(f[0, 0], f[1, 0], f[2, 0])
    c1 = Vec3(f[0, 1], f[1, 1], f[2, 1])
    c2 = Vec3(f[0, 2], f[1, 2], f[2, 2])
    cofactor = wp.matrix_from_cols(wp.cross(c1, c2), wp.cross(c2, c0), wp.cross(c0, c1))
    gh = cofactor * wp.transpose(q)
    d1 = Vec3(gd[0, 0], gd[1, 0], gd[2, 0])
    d2 = Vec3(gd[0, 1], gd[1, 1], gd[2, 1])
    d3 = Vec3(gd[0, 2], gd[1, 2], gd[2, 2])
    d0 = -(d1 + d2 + d3)
    h1 = Vec3(gh[0, 0], gh[1, 0], gh[2, 0])
    h2 = Vec3(gh[0, 1], gh[1, 1], gh[2, 1])
    h3 = Vec3(gh[0, 2], gh[1, 2], gh[2, 2])
    h0 = -(h1 + h2 + h3)
    p0 = h0 * r[0, 0] + h1 * r[0, 1] + h2 * r[0, 2] + h3 * r[0, 3]
    p1 = h0 * r[1, 0] + h1 * r[1, 1] + h2 * r[1, 2] + h3 * r[1, 3]
    p2 = h0 * r[2, 0] + h1 * r[2, 1] + h2 * r[2, 2] + h3 * r[2, 3]
    p3 = h0 * r[3, 0] + h1 * r[3, 1] + h2 * r[3, 2] + h3 * r[3, 3]
    ahead = wp.dot(p0, d0) + wp.dot(p1, d1) + wp.dot(p2, d2) + wp.dot(p3, d3)
    give = wp.dot(p0, h0) + wp.dot(p1, h1) + wp.dot(p2, h2) + wp.dot(p3, h3)
    push = (excess - MIDPOINT * ahead) / (MIDPOINT * give + Real(1.0) / (bulk * volume))
    d0 = d0 + h0 * push
    d1 = d1 + h1 * push
    d2 = d2 + h2 * push
    d3 = d3 + h3 * push
    x[k[0]] = x[k[0]] - (d0 * r[0, 0] + d1 * r[0, 1] + d2 * r[0, 2] + d3 * r[0, 3])
    x[k[1]] = x[k[1]] - (d0 * r[1, 0] + d1 * r[1, 1] + d2 * r[1, 2] + d3 * r[1, 3])
    x[k[2]] = x[k[2]] - (d0 * r[2, 0] + d1 * r[2, 1] + d2 * r[2, 2] + d3 * r[2, 3])
    x[k[3]] = x[k[3]] - (d0 * r[3, 0] + d1 * r[3, 1] + d2 * r[3, 2] + d3 * r[3, 3])


@wp.kernel
def solve_tetrahedra(
    first: int,
    x: wp.array(dtype=Vec3),
    tets: wp.array(dtype=wp.vec4i),
    inverse_rest: wp.array(dtype=wp.mat33d),
    lame: wp.array(dtype=wp.vec2d),
    volume: wp.array(dtype=Real),
    response: wp.array(dtype=wp.mat44d),
):
    """Compressible Neo-Hookean solid (Bonet & Wood 2008, sec. 6.4.3), two terms as one block.

    Psi = mu/2 (|F|^2 - 3) - mu ln J + lambda/2 (J - 1)^2. |F|^2 is quadratic in the vertices, so
    `response` (M / dt^2 + mu V G G^T / 2)^-1 takes it at the middle of the move in every direction;
    J is linearised. `lame` is (mu, lambda).
    The two stresses cancel at rest before anything moves.
    """
    t = first + wp.tid()
    k = tets[t]
    q = inverse_rest[t]
    f = gradient(x, k, q)
    gd = f * wp.transpose(q) * (lame[t][0] * volume[t])
    excess, bulk = volume_law(volume_ratio(f), lame[t][0], lame[t][1])
    move_corners(x, k, f, q, gd, excess, bulk, volume[t], response[t])


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
    relief: wp.array(dtype=Real),
    dt: Real,
):
    """Membrane strain of a triangle: C = (|F_u| - 1, |F_v| - 1, F_u . F_v) as one 3 x 3 block.

    `compliance` is (1, nu, -) / (K A) and 1 / (G A): plane stress with K = E h, shear G [N/m].
    A sweep that ends before the later triangles have answered leaves a steady load with half of
    J W J^T dt^2 as compliance of its own; `relief` of it is taken off the material's.
    """
    t = first + wp.tid()
    f = faces[t]
    i = f[0]
    j = f[1]
    k = f[2]
    q = inverse_rest[t]
    fu, fv = columns(x, f, q)
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
    stiff = wp.max(wp.max(muu, mvv) / (soft[0] - wp.abs(soft[1])), mss / soft[2])
    own = Real(1.0) - wp.min(relief[t], Real(1.0) / (stiff + Real(1.0e-12)))
    muu = muu * own
    mvv = mvv * own
    mss = mss * own
    muv = muv * own
    mus = mus * own
    mvs = mvs * own
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
    share: Real,
):
    """Bending of two triangles: C = |sum k_i x_i| - rest, k the cotangent stencil (Bergou 2006).

    sum k_i x_i has the length |edge| * fold angle and points along the normal; the force along it
    turns nothing, so both momenta are kept. `damping` is the Rayleigh time beta [s]. `share` is the
    step that positions now make over the time dt that the hinge acts for.
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
        push = bend * (-share / (mobility + compliance[t] / (dt * dt)))
        push = push - rate * (grip / ((Real(1.0) + grip) * mobility))
        x[h[0]] = a + push * (w0 * s[0])
        x[h[1]] = b + push * (w1 * s[1])
        x[h[2]] = c + push * (w2 * s[2])
        x[h[3]] = d + push * (w3 * s[3])
