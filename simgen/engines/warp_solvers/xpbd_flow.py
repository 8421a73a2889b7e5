# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Solids that flow: plastic beyond a yield stress (von Mises, Bingham), and relaxing (Zener).

Flow changes the rest shape of a tetrahedron, never its volume. The rest frame Q takes the plastic
part of F = D Q: a step A = 1 - a dev C, det A = 1, C = F^T F, turns F to F A. The Kirchhoff stress
of the Neo-Hookean matter has the deviator mu dev b, with the eigenvalues of mu dev C, so A scales
it back along itself: the radial return of J2 plasticity (Simo and Hughes 1998, ch. 2 and 9), to
first order in the strain of one step.
"""

from typing import Any

import numpy as np
import warp as wp

from simgen.engines.warp_solvers.xpbd_kernels import (
    CRUSHED,
    gradient,
    move_corners,
    volume_law,
    volume_ratio,
)

Real = wp.float64
Vec3 = wp.vec3d
SQUEEZED = wp.constant(wp.float64(0.1))
"""Volume ratio below which an arm forgets no more: the rest shape of what is pressed flat would
grow beyond all bounds."""


@wp.func
def relaxed(f: wp.mat33d, limit: Real, keep: Real):
    """A of the return: |dev C| beyond `limit` is cut to `keep` of it."""
    c = wp.transpose(f) * f
    mean = wp.trace(c) / Real(3.0)
    one = wp.identity(n=3, dtype=Real)
    deviator = c - one * mean
    size = wp.sqrt(wp.ddot(deviator, deviator))
    a = Real(0.0)
    if size > limit:
        left = (limit + (size - limit) * keep) / size
        a = (Real(1.0) - left) / (Real(2.0) * mean)
    step = one - deviator * a
    return step * wp.pow(wp.determinant(step), Real(-1.0) / Real(3.0)), a


@wp.kernel
def yield_tetrahedra(
    x: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    tets: wp.array(dtype=wp.vec4i),
    inverse_rest: wp.array(dtype=wp.mat33d),
    lame: wp.array(dtype=wp.vec2d),
    volume: wp.array(dtype=Real),
    response: wp.array(dtype=wp.mat44d),
    flow: wp.array(dtype=wp.vec2d),
    share: Real,
    dt: Real,
):
    """Plastic flow: `flow` is the largest |dev C| and the share of an excess that viscosity keeps
    in a step. The response of the tetrahedron follows its new rest shape."""
    t = wp.tid()
    k = tets[t]
    q = inverse_rest[t]
    step, a = relaxed(gradient(x, k, q), flow[t][0], flow[t][1])
    if a > Real(0.0):
        q = q * step
        inverse_rest[t] = q
        stiff = share * lame[t][0] * volume[t] * dt * dt
        g1 = Vec3(q[0, 0], q[0, 1], q[0, 2])
        g2 = Vec3(q[1, 0], q[1, 1], q[1, 2])
        g3 = Vec3(q[2, 0], q[2, 1], q[2, 2])
        g0 = -(g1 + g2 + g3)
        m = wp.identity(n=4, dtype=Real)
        mobility = wp.identity(n=4, dtype=Real)
        for i in range(4):
            gi = g0
            if i == 1:
                gi = g1
            if i == 2:
                gi = g2
            if i == 3:
                gi = g3
            s = stiff * w[k[i]]
            m[i, 0] += s * wp.dot(gi, g0)
            m[i, 1] += s * wp.dot(gi, g1)
            m[i, 2] += s * wp.dot(gi, g2)
            m[i, 3] += s * wp.dot(gi, g3)
            mobility[i, i] = w[k[i]] * dt * dt
        response[t] = wp.inverse(m) * mobility


@wp.kernel
def relax_tetrahedra(
    x: wp.array(dtype=Vec3),
    tets: wp.array(dtype=wp.vec4i),
    arm_rest: wp.array(dtype=wp.mat33d),
    arm: wp.array(dtype=wp.vec2d),
):
    """The elastic strain of the Maxwell arm dies away; `arm` is its shear modulus [Pa] and the
    share of its stress that a step leaves."""
    t = wp.tid()
    q = arm_rest[t]
    f = gradient(x, tets[t], q)
    if volume_ratio(f) > SQUEEZED:
        step, a = relaxed(f, Real(0.0), arm[t][1])
        if a > Real(0.0):
            arm_rest[t] = q * step


@wp.kernel
def solve_relaxing(
    first: int,
    x: wp.array(dtype=Vec3),
    tets: wp.array(dtype=wp.vec4i),
    inverse_rest: wp.array(dtype=wp.mat33d),
    lame: wp.array(dtype=wp.vec2d),
    volume: wp.array(dtype=Real),
    response: wp.array(dtype=wp.mat44d),
    arm_rest: wp.array(dtype=wp.mat33d),
    arm: wp.array(dtype=wp.vec2d),
):
    """`solve_tetrahedra` of a standard solid: a second shear stress from the arm's own rest shape.

    The arm's energy g/2 |F_a|^2 is balanced by -3/2 g J^(2/3), not by -g ln J: then the bulk
    modulus lambda + 2 mu / 3 is that of the lasting part, whatever the arm has forgotten.
    """
    t = first + wp.tid()
    k = tets[t]
    q = inverse_rest[t]
    q1 = arm_rest[t]
    f = gradient(x, k, q)
    lasting = lame[t][0] - arm[t][0]
    shear = f * wp.transpose(q) * lasting
    gd = (shear + gradient(x, k, q1) * wp.transpose(q1) * arm[t][0]) * volume[t]
    j = volume_ratio(f)
    excess, bulk = volume_law(j, lasting, lame[t][1])
    root = wp.pow(wp.max(j, CRUSHED), Real(-1.0) / Real(3.0))
    own = arm[t][0] * root
    curve = own * root * root * root / Real(3.0)
    excess = (excess * bulk - own) / (bulk + curve)
    move_corners(x, k, f, q, gd, excess, bulk + curve, volume[t], response[t])


class Flow:
    """The flow of all plastic and relaxing tetrahedra of a system."""

    def __init__(self, blocks: dict[str, Any], arrays: dict[str, Any], put: Any) -> None:
        """`blocks` on the host and their kernel `arrays`, by kind."""
        self.device = put([0.0], wp.float64).device
        self.plastic, self.relaxing = arrays.get("plastic"), arrays.get("relaxing")
        self._start: list[tuple[Any, np.ndarray]] = []
        if self.plastic is not None:
            block = blocks["plastic"]
            self.limits = put(block.parameters["flow"], wp.vec2d)
            self._start += [
                (self.plastic[1][1], block.parameters["inverse_rest"]),
                (self.plastic[1][4], block.parameters["response"]),
            ]
        if self.relaxing is not None:
            block = blocks["relaxing"]
            self._start.append((self.relaxing[1][5], block.parameters["arm_rest"]))

    def reset(self) -> None:
        """Back to the rest shapes of the start."""
        for array, start in self._start:
            array.assign(np.ascontiguousarray(start))

    def step(self, x: Any, w: Any, share: float, dt: float) -> None:
        """Flow under the strain at the start of a step."""
        if self.plastic is not None:
            arrays = self.plastic[1]
            inputs = [x, w, *arrays, self.limits, share, dt]
            size = len(arrays[0])
            wp.launch(yield_tetrahedra, dim=size, inputs=inputs, device=self.device)
        if self.relaxing is not None:
            tets, arm_rest, arm = (self.relaxing[1][k] for k in (0, 5, 6))
            inputs = [x, tets, arm_rest, arm]
            wp.launch(relax_tetrahedra, dim=len(tets), inputs=inputs, device=self.device)
