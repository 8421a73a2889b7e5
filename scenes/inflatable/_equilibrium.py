"""Inflatables as they stand still before a clip begins: blown up, hung from their pins, on the
floor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from simgen.geometry import Array
from simgen.scene import Inflatable, Ints

SKIN = 0.002
"""Height [m] above the floor, z = 0, at which a film rests."""
STEPS = 800
"""Of the minimisation, at most."""


def settled(ball: Inflatable, *, gravity: float = 9.81) -> Inflatable:
    """The inflatable at the least energy of film, gas at its pressure, ribs and weight, above the
    floor and without friction on it; `ball` is as it was sewn, unstressed.

    The film is linear in the strains |F_u| - 1, |F_v| - 1 and F_u . F_v under plane stress, or
    Mooney-Rivlin rubber, as the XPBD engine has it. Minimised by L-BFGS-B (Byrd, Lu, Nocedal & Zhu
    1995), z >= SKIN as bounds.
    """
    from scipy import optimize as _optimize

    optimize: Any = _optimize  # partly typed
    sewn, faces = np.asarray(ball.vertices, float), np.asarray(ball.faces)
    held = list(ball.pinned)
    film = _Film(ball, sewn, faces, gravity)
    low = np.full(sewn.shape, -np.inf)
    low[:, 2] = SKIN
    high = np.full(sewn.shape, np.inf)
    low[held] = high[held] = sewn[held]
    start = np.clip(sewn, low, high)
    found = optimize.minimize(
        film.energy,
        start.ravel(),
        jac=True,
        method="L-BFGS-B",
        bounds=np.stack([low.ravel(), high.ravel()], -1),
        options={"maxiter": STEPS, "maxfun": 2 * STEPS, "maxcor": 8, "ftol": 1e-13},
    )
    lengths = ball.rib_lengths
    if ball.ribs is not None and lengths is None:
        lengths = np.linalg.norm(sewn[ball.ribs[:, 0]] - sewn[ball.ribs[:, 1]], axis=1)
    placed: Array = np.array(found.x).reshape(-1, 3)
    return replace(ball, vertices=placed, rest_vertices=sewn, rib_lengths=lengths)


class _Film:
    """Energy [J] of an inflatable and its gradient."""

    def __init__(self, ball: Inflatable, sewn: Array, faces: Ints, gravity: float) -> None:
        areal, self.stretch = ball.material.require("areal_density", "stretch_stiffness")
        self.mooney = ball.material.mooney_ratio
        self.poisson = ball.material.poissons_ratio or 0.3
        self.shear = self.stretch / (2.0 * (1.0 + self.poisson))
        self.faces, self.pressure, self.ball = faces, ball.pressure, ball
        a, b, c = (sewn[faces[:, k]] for k in range(3))
        normal = np.cross(b - a, c - a)
        self.area = np.linalg.norm(normal, axis=1) / 2
        u = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)
        v = np.cross(normal / (2 * self.area[:, None]), u)
        sides = np.stack([b - a, c - a], -1)
        self.inverse = np.linalg.inv(np.stack([u, v], 1) @ sides)
        self.corner = _scatter(faces, len(sewn))
        share = np.repeat(self.area / 3.0, 3)
        self.weight = areal * gravity * np.bincount(faces.ravel(), share, minlength=len(sewn))
        self.width = float(np.linalg.norm(b - a, axis=1).mean())
        if ball.ribs is not None:
            self.end = _scatter(ball.ribs, len(sewn))
            self.longest = np.linalg.norm(sewn[ball.ribs[:, 0]] - sewn[ball.ribs[:, 1]], axis=1)

    def energy(self, flat: Array) -> tuple[float, Array]:
        """Energy at vertices (3 V,) and its gradient."""
        x = flat.reshape(-1, 3)
        corners = x[self.faces]
        film, stress = self._membrane(corners)
        gas, push = self._gas(corners)
        slope = self.corner @ (stress - push).reshape(-1, 3)
        total = film - gas + float(self.weight @ x[:, 2])
        if self.ball.ribs is not None:
            ribs, pull = self._ribs(x[self.ball.ribs])
            total, slope = total + ribs, slope + self.end @ pull.reshape(-1, 3)
        slope[:, 2] += self.weight
        return total, slope.ravel()

    def _membrane(self, corners: Array) -> tuple[float, Array]:
        """Energy and (F, 3, 3) slopes at the corners."""
        law = self._linear if self.mooney is None else self._rubber
        sides = (corners[:, 1:] - corners[:, :1]).swapaxes(1, 2)
        deformation = sides @ self.inverse
        energy, du, dv = law(deformation[..., 0], deformation[..., 1])
        stress = self.inverse @ np.stack([du, dv], 1) * self.area[:, None, None]
        slopes = np.concatenate([-stress.sum(1, keepdims=True), stress], axis=1)
        return float(self.area @ energy), slopes

    def _linear(self, fu: Array, fv: Array) -> tuple[Array, Array, Array]:
        """Energy per area (F,) and its slopes by the two columns of F."""
        lu, lv = np.linalg.norm(fu, axis=1), np.linalg.norm(fv, axis=1)
        eu, ev, g = lu - 1.0, lv - 1.0, np.sum(fu * fv, axis=1)
        plane = self.stretch / (1.0 - self.poisson**2)
        su, sv = plane * (eu + self.poisson * ev), plane * (ev + self.poisson * eu)
        sg = self.shear * g
        du = (su / lu)[:, None] * fu + sg[:, None] * fv
        dv = (sv / lv)[:, None] * fv + sg[:, None] * fu
        return 0.5 * (su * eu + sv * ev + sg * g), du, dv

    def _rubber(self, fu: Array, fv: Array) -> tuple[Array, Array, Array]:
        """The same for C1 (I1 - 3) + C2 (I2 - 3), C1 + C2 = E / 6, at constant volume."""
        first = self.stretch / 6.0 / (1.0 + (self.mooney or 0.0))
        second = first * (self.mooney or 0.0)
        normal = np.cross(fu, fv)
        ratio = np.maximum(np.linalg.norm(normal, axis=1), 0.05)
        n = normal / ratio[:, None]
        size = np.sum(fu**2, axis=1) + np.sum(fv**2, axis=1)
        energy = first * (size + ratio**-2 - 3) + second * (ratio**2 + size / ratio**2 - 3)
        grow = (2.0 * (first + second / ratio**2))[:, None]
        slope = (2.0 * second * ratio - 2.0 * (first + second * size) / ratio**3)[:, None]
        return energy, grow * fu + slope * np.cross(fv, n), grow * fv + slope * np.cross(n, fu)

    def _gas(self, corners: Array) -> tuple[float, Array]:
        """Work p V and (F, 3, 3) forces on the corners."""
        a, b, c = corners.swapaxes(0, 1)
        normal = np.cross(b, c)
        work = self.pressure * float(np.sum(a * normal)) / 6.0
        return work, np.stack([normal, np.cross(c, a), np.cross(a, b)], 1) * (self.pressure / 6.0)

    def _ribs(self, ends: Array) -> tuple[float, Array]:
        """Energy and (N, 2, 3) slopes of strings of the film's stiffness, an edge wide."""
        span = ends[:, 1] - ends[:, 0]
        length = np.linalg.norm(span, axis=1)
        excess = np.maximum(length - self.longest, 0.0)
        stiff = self.stretch * self.width / self.longest
        pull = (stiff * excess / np.maximum(length, 1e-9))[:, None] * span
        return float(0.5 * np.sum(stiff * excess**2)), np.stack([-pull, pull], 1)


def _scatter(cells: Ints, count: int) -> Any:
    """(count, cells.size) sums of what is given at the corners of cells."""
    from scipy import sparse as _sparse

    sparse: Any = _sparse  # partly typed
    places = np.arange(cells.size)
    return sparse.csr_matrix((np.ones(cells.size), (cells.ravel(), places)), (count, cells.size))
