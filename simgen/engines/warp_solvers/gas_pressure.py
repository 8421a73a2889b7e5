# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false, reportOperatorIssue=false
# pyright: reportAssignmentType=false, reportAttributeAccessIssue=false
# ruff: noqa: UP018
"""Pressure projection on a MAC grid: conjugate gradients with a multigrid preconditioner.

Faces carry open shares in [0, 1] (cut cells: Batty, Bertails, Bridson 2007), closed ones 0. With
the potential q [m/s] of a face-velocity correction u' = u - (q_right - q_left), the equation of a
cell is sum_f w_f (q - q_f) = -(net outflow); beyond an open boundary q = 0. One V-cycle of cell
averages with rediscretised coarse faces and symmetric red-black Gauss-Seidel preconditions the
conjugate gradients (McAdams, Sifakis, Teran 2010). Sums run in a fixed order in float64: equal on
every run.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

SWEEPS = 2
"""Gauss-Seidel sweeps before and after every coarse correction."""
BOTTOM_SWEEPS = 12
MAX_ITERATIONS = 200


@wp.func
def _off(
    q: wp.array3d(dtype=float),
    wx: wp.array3d(dtype=float),
    wy: wp.array3d(dtype=float),
    wz: wp.array3d(dtype=float),
    i: int,
    j: int,
    k: int,
):
    """(sum of w_f q_f, sum of w_f) over the six faces of a cell."""
    s = float(0.0)
    d = float(0.0)
    w = wx[i, j, k]
    d += w
    if i > 0:
        s += w * q[i - 1, j, k]
    w = wx[i + 1, j, k]
    d += w
    if i + 1 < q.shape[0]:
        s += w * q[i + 1, j, k]
    w = wy[i, j, k]
    d += w
    if j > 0:
        s += w * q[i, j - 1, k]
    w = wy[i, j + 1, k]
    d += w
    if j + 1 < q.shape[1]:
        s += w * q[i, j + 1, k]
    w = wz[i, j, k]
    d += w
    if k > 0:
        s += w * q[i, j, k - 1]
    w = wz[i, j, k + 1]
    d += w
    if k + 1 < q.shape[2]:
        s += w * q[i, j, k + 1]
    return wp.vec2(s, d)


@wp.kernel
def _smooth(
    q: wp.array3d(dtype=float),
    r: wp.array3d(dtype=float),
    wx: wp.array3d(dtype=float),
    wy: wp.array3d(dtype=float),
    wz: wp.array3d(dtype=float),
    colour: int,
):
    i, j, half = wp.tid()
    k = 2 * half + (i + j + colour) % 2
    if k < q.shape[2]:
        f = _off(q, wx, wy, wz, i, j, k)
        if f[1] > 1.0e-6:
            q[i, j, k] = (r[i, j, k] + f[0]) / f[1]


@wp.kernel
def _restrict(
    q: wp.array3d(dtype=float),
    r: wp.array3d(dtype=float),
    wx: wp.array3d(dtype=float),
    wy: wp.array3d(dtype=float),
    wz: wp.array3d(dtype=float),
    coarse: wp.array3d(dtype=float),
):
    """Residual of a fine level, summed over the up to eight cells of a coarse one."""
    ci, cj, ck = wp.tid()
    s = float(0.0)
    for n in range(8):
        i = 2 * ci + (n & 1)
        j = 2 * cj + ((n >> 1) & 1)
        k = 2 * ck + (n >> 2)
        if i < q.shape[0] and j < q.shape[1] and k < q.shape[2]:
            f = _off(q, wx, wy, wz, i, j, k)
            if f[1] > 1.0e-6:
                s += r[i, j, k] - (f[1] * q[i, j, k] - f[0])
    coarse[ci, cj, ck] = s


@wp.kernel
def _prolong(q: wp.array3d(dtype=float), coarse: wp.array3d(dtype=float)):
    i, j, k = wp.tid()
    q[i, j, k] = q[i, j, k] + coarse[i // 2, j // 2, k // 2]


@wp.kernel
def _coarse_faces(fine: wp.array3d(dtype=float), axis: int, coarse: wp.array3d(dtype=float)):
    """Open share times area over distance of a coarse face: half the sum of its four fine faces."""
    i, j, k = wp.tid()
    s = float(0.0)
    for n in range(4):
        a = n & 1
        b = n >> 1
        x = 2 * i + a
        y = 2 * j + b
        z = 2 * k + b
        if axis == 0:
            x = wp.min(2 * i, fine.shape[0] - 1)
            y = 2 * j + a
        elif axis == 1:
            y = wp.min(2 * j, fine.shape[1] - 1)
        else:
            z = wp.min(2 * k, fine.shape[2] - 1)
        if x < fine.shape[0] and y < fine.shape[1] and z < fine.shape[2]:
            s += fine[x, y, z]
    coarse[i, j, k] = 0.5 * s


@wp.kernel
def _apply(
    q: wp.array3d(dtype=float),
    wx: wp.array3d(dtype=float),
    wy: wp.array3d(dtype=float),
    wz: wp.array3d(dtype=float),
    out: wp.array3d(dtype=float),
):
    i, j, k = wp.tid()
    f = _off(q, wx, wy, wz, i, j, k)
    out[i, j, k] = f[1] * q[i, j, k] - f[0]


@wp.kernel
def _dot(
    a: wp.array3d(dtype=float), b: wp.array3d(dtype=float), partial: wp.array2d(dtype=wp.float64)
):
    """Sums of products along z."""
    i, j = wp.tid()
    s = wp.float64(0.0)
    for k in range(a.shape[2]):
        s += wp.float64(a[i, j, k] * b[i, j, k])
    partial[i, j] = s


@wp.kernel
def _largest(a: wp.array3d(dtype=float), partial: wp.array2d(dtype=wp.float64)):
    """Largest magnitudes along z."""
    i, j = wp.tid()
    s = float(0.0)
    for k in range(a.shape[2]):
        s = wp.max(s, wp.abs(a[i, j, k]))
    partial[i, j] = wp.float64(s)


@wp.kernel
def _advance(
    q: wp.array3d(dtype=float),
    r: wp.array3d(dtype=float),
    p: wp.array3d(dtype=float),
    ap: wp.array3d(dtype=float),
    alpha: float,
):
    i, j, k = wp.tid()
    q[i, j, k] = q[i, j, k] + alpha * p[i, j, k]
    r[i, j, k] = r[i, j, k] - alpha * ap[i, j, k]


@wp.kernel
def _turn(p: wp.array3d(dtype=float), z: wp.array3d(dtype=float), beta: float):
    i, j, k = wp.tid()
    p[i, j, k] = z[i, j, k] + beta * p[i, j, k]


@wp.kernel
def _residual(
    q: wp.array3d(dtype=float),
    b: wp.array3d(dtype=float),
    wx: wp.array3d(dtype=float),
    wy: wp.array3d(dtype=float),
    wz: wp.array3d(dtype=float),
    r: wp.array3d(dtype=float),
):
    """r = b - A q; cells without an open face are left out."""
    i, j, k = wp.tid()
    f = _off(q, wx, wy, wz, i, j, k)
    if f[1] > 1.0e-6:
        r[i, j, k] = b[i, j, k] - (f[1] * q[i, j, k] - f[0])
    else:
        r[i, j, k] = 0.0
        q[i, j, k] = 0.0


@dataclass
class _Level:
    size: tuple[int, int, int]
    faces: list[wp.array]
    q: wp.array
    r: wp.array


class PressureSolver:
    """Solves for the potential q [m/s] that makes a velocity field free of divergence."""

    def __init__(self, faces: list[wp.array], device: str) -> None:
        """`faces`: open shares of the x, y and z faces, read anew by `refresh`."""
        self.device = device
        x = faces[0]
        size = (x.shape[0] - 1, x.shape[1], x.shape[2])
        self.levels: list[_Level] = []
        while True:
            own = faces if not self.levels else [self._new(_face_shape(size, a)) for a in range(3)]
            self.levels.append(_Level(size, own, self._new(size), self._new(size)))
            if min(size) <= 3:
                break
            size = tuple((n + 1) // 2 for n in size)  # type: ignore[assignment]
        self.size = self.levels[0].size
        self.r, self.p, self.ap = (self._new(self.size) for _ in range(3))
        self.partial = wp.zeros(self.size[:2], dtype=wp.float64, device=device)
        self._refreshing: Any = None
        self._cycle: Any = None
        """Recorded launches of `refresh` and of a V-cycle: replaying them costs the host less."""
        self.refresh()

    def _new(self, size: tuple[int, ...]) -> wp.array:
        return wp.zeros(size, dtype=float, device=self.device)

    def _launch(self, kernel: wp.Kernel, dim: tuple[int, ...], inputs: list) -> None:
        wp.launch(kernel, dim=dim, inputs=inputs, device=self.device)

    def refresh(self) -> None:
        """Carry the finest faces down to the coarse levels, after they changed."""
        if self._refreshing is None:
            self._coarsen()  # loads the kernels
            with wp.ScopedCapture(device=self.device) as capture:
                self._coarsen()
            self._refreshing = capture.graph
        wp.capture_launch(self._refreshing)

    def _coarsen(self) -> None:
        for fine, coarse in zip(self.levels[:-1], self.levels[1:]):
            for axis in range(3):
                target = coarse.faces[axis]
                self._launch(_coarse_faces, target.shape, [fine.faces[axis], axis, target])

    def _sum(self, a: wp.array, b: wp.array) -> float:
        self._launch(_dot, self.size[:2], [a, b, self.partial])
        return float(self.partial.numpy().sum())

    def _max(self, a: wp.array) -> float:
        self._launch(_largest, self.size[:2], [a, self.partial])
        return float(self.partial.numpy().max())

    def _relax(self, level: _Level, sweeps: int, order: tuple[int, int]) -> None:
        nx, ny, nz = level.size
        for _ in range(sweeps):
            for colour in order:
                inputs = [level.q, level.r, *level.faces, colour]
                self._launch(_smooth, (nx, ny, (nz + 1) // 2), inputs)

    def _precondition(self) -> None:
        """One symmetric V-cycle: levels[0].q ~ A^-1 levels[0].r."""
        if self._cycle is None:
            self._descend()  # loads the kernels
            with wp.ScopedCapture(device=self.device) as capture:
                self._descend()
            self._cycle = capture.graph
        wp.capture_launch(self._cycle)

    def _descend(self) -> None:
        last = len(self.levels) - 1
        for n, level in enumerate(self.levels):
            level.q.zero_()
            if n < last:
                self._relax(level, SWEEPS, (0, 1))
                coarse = self.levels[n + 1]
                self._launch(_restrict, coarse.size, [level.q, level.r, *level.faces, coarse.r])
        self._relax(self.levels[last], BOTTOM_SWEEPS, (0, 1))
        self._relax(self.levels[last], BOTTOM_SWEEPS, (1, 0))
        for n in range(last - 1, -1, -1):
            level = self.levels[n]
            self._launch(_prolong, level.size, [level.q, self.levels[n + 1].q])
            self._relax(level, SWEEPS, (1, 0))

    def solve(self, q: Any, b: Any, tolerance: float) -> tuple[int, float]:
        """Improve q until no cell's residual outflow exceeds `tolerance` [m/s]: (iterations,
        residual)."""
        top = self.levels[0]
        self._launch(_residual, self.size, [q, b, *top.faces, top.r])
        worst = self._max(top.r)
        old = 0.0
        count = 0
        while worst > tolerance and count < MAX_ITERATIONS:
            self._precondition()
            new = self._sum(top.r, top.q)
            self._launch(_turn, self.size, [self.p, top.q, new / old if count else 0.0])
            self._launch(_apply, self.size, [self.p, *top.faces, self.ap])
            energy = self._sum(self.p, self.ap)
            if not energy > 0.0:
                break
            self._launch(_advance, self.size, [q, top.r, self.p, self.ap, new / energy])
            old, count, worst = new, count + 1, self._max(top.r)
        return count, worst


def _face_shape(size: tuple[int, int, int], axis: int) -> tuple[int, ...]:
    return tuple(n + (1 if a == axis else 0) for a, n in enumerate(size))


def remove_mean(b: Any, faces: list[Any]) -> None:
    """Make the right side of a closed box solvable: no net outflow over its open cells (host)."""
    x, y, z = (f.numpy() for f in faces)
    open_cells = (x[1:] + x[:-1] + y[:, 1:] + y[:, :-1] + z[:, :, 1:] + z[:, :, :-1]) > 1e-6
    values = np.array(b.numpy())
    if open_cells.any():
        values[open_cells] -= values[open_cells].mean(dtype=float)
        b.assign(np.where(open_cells, values, 0.0))
