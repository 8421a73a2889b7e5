# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false, reportAssignmentType=false
"""Conjugate gradients with Jacobi's preconditioner, a few fused launches an iteration.

The library's solver (`warp.optim.linear.cg`) launches eleven kernels an iteration with tiled
reductions, 2 ms each on a CPU; here a block of iterations is captured once for every power of two
of unknowns, whose number stands on the device. (Hestenes & Stiefel 1952; Saad 2003, algorithm 9.1.)
"""

from collections.abc import Callable
from typing import Any

import warp as wp

BLOCK = 8
"""Iterations between two looks at the residual."""


@wp.struct
class Sums:
    """Inner products, summed in double precision."""

    count: wp.array(dtype=int)
    """(1,) unknowns."""
    curvature: wp.array(dtype=wp.float64)
    """(1,) p . A p."""
    now: wp.array(dtype=wp.float64)
    """(1,) r . z of this iteration."""
    later: wp.array(dtype=wp.float64)
    """(1,) r . z of the next."""
    residual: wp.array(dtype=wp.float64)
    """(1,) r . r."""


@wp.struct
class Vectors:
    """The unknowns and what the method keeps of them."""

    x: wp.array(dtype=float)
    r: wp.array(dtype=float)
    z: wp.array(dtype=float)
    p: wp.array(dtype=float)
    product: wp.array(dtype=float)
    """A p, which the caller's kernel fills together with `curvature`."""
    diagonal: wp.array(dtype=float)


@wp.kernel
def start(v: Vectors, right: wp.array(dtype=float), s: Sums):
    i = wp.tid()
    if i < s.count[0]:
        v.x[i] = 0.0
        v.r[i] = right[i]
        z = right[i] / v.diagonal[i]
        v.z[i] = z
        v.p[i] = z
        wp.atomic_add(s.now, 0, wp.float64(right[i]) * wp.float64(z))
        wp.atomic_add(s.residual, 0, wp.float64(right[i]) * wp.float64(right[i]))


@wp.kernel
def advance(v: Vectors, s: Sums):
    """Along the search direction; the residual left."""
    i = wp.tid()
    if i < s.count[0] and s.curvature[0] > wp.float64(0.0):
        a = float(s.now[0] / s.curvature[0])
        v.x[i] = v.x[i] + a * v.p[i]
        r = v.r[i] - a * v.product[i]
        z = r / v.diagonal[i]
        v.r[i] = r
        v.z[i] = z
        wp.atomic_add(s.later, 0, wp.float64(r) * wp.float64(z))
        wp.atomic_add(s.residual, 0, wp.float64(r) * wp.float64(r))


@wp.kernel
def turn(v: Vectors, s: Sums):
    """The next search direction."""
    i = wp.tid()
    if i < s.count[0] and s.now[0] > wp.float64(0.0):
        v.p[i] = v.z[i] + float(s.later[0] / s.now[0]) * v.p[i]


@wp.kernel
def next_sums(s: Sums):
    s.now[0] = s.later[0]
    s.later[0] = wp.float64(0.0)
    s.curvature[0] = wp.float64(0.0)


Multiply = Callable[[int, Vectors, Sums], None]
"""Launches, over so many unknowns of which `count[0]` are there, what fills `product` and adds to
`curvature`."""


class Conjugate:
    """Solves A x = b for symmetric positive definite A, again and again."""

    def __init__(self, most: int, diagonal: Any, multiply: Multiply, device: str) -> None:
        """For `most` unknowns at most."""
        self.most, self.device, self._multiply = most, device, multiply
        self.vectors, self.sums = Vectors(), Sums()
        for name in ("x", "r", "z", "p", "product"):
            setattr(self.vectors, name, wp.zeros(most, dtype=float, device=device))
        self.vectors.diagonal = diagonal
        self.sums.count = wp.zeros(1, dtype=int, device=device)
        for name in ("curvature", "now", "later", "residual"):
            setattr(self.sums, name, wp.zeros(1, dtype=wp.float64, device=device))
        wp.load_module(__name__, device=device)
        self._captured: dict[int, Any] = {}

    def solve(self, count: int, right: Any, *, tolerance: float, iterations: int) -> int:
        """Into `vectors.x`, until the residual is `tolerance` of the right side; its iterations."""
        s = self.sums
        s.count.fill_(count)
        for array in (s.curvature, s.now, s.later, s.residual):
            array.zero_()
        size = min(1 << (count - 1).bit_length(), self.most)
        wp.launch(start, dim=size, inputs=[self.vectors, right, s], device=self.device)
        wanted = float(s.residual.numpy()[0]) * tolerance**2
        done = 0
        while done < iterations and float(s.residual.numpy()[0]) > wanted:
            self._iterate(size)
            done += BLOCK
        return done

    def _iterate(self, size: int) -> None:
        if size not in self._captured:
            with wp.ScopedCapture(device=self.device) as capture:
                for _ in range(BLOCK):
                    self._multiply(size, self.vectors, self.sums)
                    self.sums.residual.zero_()
                    for kernel in (advance, turn):
                        inputs = [self.vectors, self.sums]
                        wp.launch(kernel, dim=size, inputs=inputs, device=self.device)
                    wp.launch(next_sums, dim=1, inputs=[self.sums], device=self.device)
            self._captured[size] = capture.graph
        wp.capture_launch(self._captured[size])
