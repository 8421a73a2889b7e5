# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Constraint kernels of inflatables: membranes of rubber and the ribs inside."""

import warp as wp

from simgen.engines.warp_solvers.xpbd_kernels import columns

Real = wp.float64
Vec3 = wp.vec3d
FLAT = wp.constant(wp.float64(0.05))
"""Area ratio below which a crushed triangle is not stiffened further."""


@wp.kernel
def solve_rubber(
    first: int,
    x: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    faces: wp.array(dtype=wp.vec3i),
    inverse_rest: wp.array(dtype=wp.mat22d),
    modulus: wp.array(dtype=wp.vec2d),
    dt: Real,
):
    """Incompressible Mooney-Rivlin membrane (Mooney 1940): W = C1 (I1 - 3) + C2 (I2 - 3).

    With Q = |F|^2 and the area ratio J, I1 = Q + J^-2 and I2 = J^2 + Q / J^2. One Newton step of
    min 1/2 |dx|^2_M / dt^2 + A W: c = C1 + C2 / J^2 times Q is taken implicitly in every direction
    (Woodbury with the two rows of the deformation gradient), the rest along the gradient of J.
    `modulus` is (C1, C2) times thickness and area [N m].
    """
    t = first + wp.tid()
    f = faces[t]
    i = f[0]
    j = f[1]
    k = f[2]
    q = inverse_rest[t]
    fu, fv = columns(x, f, q)
    n = wp.cross(fu, fv)
    ratio = wp.length(n)
    if ratio > Real(1.0e-9):
        n = n / ratio
        area = wp.max(ratio, FLAT)
        c1 = modulus[t][0]
        c2 = modulus[t][1]
        size = wp.dot(fu, fu) + wp.dot(fv, fv)
        square = area * area
        c = Real(2.0) * (c1 + c2 / square)
        slope = Real(2.0) * (c2 * area - (c1 + c2 * size) / (square * area))
        curve = Real(2.0) * c2 + Real(6.0) * (c1 + c2 * size) / (square * square)
        # Rows of the shape functions' gradients at the three corners.
        gu = Vec3(-(q[0, 0] + q[1, 0]), q[0, 0], q[1, 0])
        gv = Vec3(-(q[0, 1] + q[1, 1]), q[0, 1], q[1, 1])
        h2 = dt * dt
        m = Vec3(w[i] * h2, w[j] * h2, w[k] * h2)
        mu = wp.cw_mul(m, gu)
        mv = wp.cw_mul(m, gv)
        # Woodbury: R = M - M G (1 / c + G^T M G)^-1 G^T M.
        a = Real(1.0) / c + wp.dot(gu, mu)
        b = wp.dot(gu, mv)
        d = Real(1.0) / c + wp.dot(gv, mv)
        det = a * d - b * b
        ru = (mu * d - mv * b) * (Real(1.0) / (c * det))
        rv = (mv * a - mu * b) * (Real(1.0) / (c * det))
        # R G = (ru, rv): the corners' answer to the two rows of stress.
        hu = wp.cross(fv, n)
        hv = wp.cross(n, fu)
        # d0 = R grad(c Q / 2), p = R grad(J), give = grad(J) . p
        p0 = hu * ru[0] + hv * rv[0]
        p1 = hu * ru[1] + hv * rv[1]
        p2 = hu * ru[2] + hv * rv[2]
        d0 = (fu * ru[0] + fv * rv[0]) * c
        d1 = (fu * ru[1] + fv * rv[1]) * c
        d2 = (fu * ru[2] + fv * rv[2]) * c
        g0 = hu * gu[0] + hv * gv[0]
        g1 = hu * gu[1] + hv * gv[1]
        g2 = hu * gu[2] + hv * gv[2]
        give = wp.dot(g0, p0) + wp.dot(g1, p1) + wp.dot(g2, p2)
        moved = wp.dot(g0, d0) + wp.dot(g1, d1) + wp.dot(g2, d2)
        push = (slope - curve * moved) / (Real(1.0) + curve * give)
        x[i] = x[i] - d0 - p0 * push
        x[j] = x[j] - d1 - p1 * push
        x[k] = x[k] - d2 - p2 * push


@wp.kernel
def solve_ribs(
    first: int,
    x: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    ribs: wp.array(dtype=wp.vec2i),
    longest: wp.array(dtype=Real),
    compliance: wp.array(dtype=Real),
    dt: Real,
):
    """Ribs: strings of `compliance` [m/N] that pull once longer than `longest` [m]."""
    t = first + wp.tid()
    i = ribs[t][0]
    j = ribs[t][1]
    span = x[j] - x[i]
    length = wp.length(span)
    mobility = w[i] + w[j]
    if length > longest[t] and mobility > Real(0.0):
        excess = (length - longest[t]) / (mobility + compliance[t] / (dt * dt))
        push = span * (excess / length)
        x[i] = x[i] + push * w[i]
        x[j] = x[j] - push * w[j]
