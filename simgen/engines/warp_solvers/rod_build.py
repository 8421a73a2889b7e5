"""Ropes as discrete rods, on the host: masses, stiffnesses, who holds which point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.engines.rope import bending_modulus, check, line_density, stencil
from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.rotation import conjugate, rotate
from simgen.scene import RigidBody, Rope, Scene

Ints = NDArray[np.int32]
LOOSE, TIED = -1, -2
"""Codes in `held` of points that move and of points of free bodies."""
WORLD = -1
"""Body number of points pinned in place."""
NEAR = 2
"""Points next to a tied one that do not touch what it is tied to."""


@dataclass
class Strands:
    """All ropes as one array of points."""

    ropes: list[Rope]
    first: Ints
    """(R + 1,) first point of each rope."""
    point: Array
    velocity: Array
    mass: Array
    length: Array
    stretch: Array
    stencil: Array
    bend: Array
    curl: Array
    radius: Array
    friction: Array
    holders: list[tuple[int, int]]
    """Point and number of the static or kinematic body that leads it, WORLD: pinned."""
    ties: list[tuple[int, int]]
    """Point and number of the free body it is fixed to."""
    quiet: Ints
    """(N, 2) numbers of bodies that a point does not touch; -1 none, -2 all."""

    @property
    def segments(self) -> Ints:
        """(S,) first point of every edge."""
        return np.setdiff1d(np.arange(int(self.first[-1])), self.first[1:] - 1).astype(np.int32)

    @property
    def held(self) -> Ints:
        """(N,) row of the prescribed position of a point, or LOOSE or TIED."""
        codes = np.full(self.first[-1], LOOSE, np.int32)
        codes[[p for p, _ in self.ties]] = TIED
        for row, (point, _) in enumerate(self.holders):
            codes[point] = row
        return codes

    def slices(self) -> list[slice]:
        """Where each rope's points are."""
        return [slice(a, b) for a, b in zip(self.first[:-1], self.first[1:], strict=True)]


def local(body: RigidBody, point: Array) -> Array:
    """A world point at t = 0 in the frame of a body."""
    return rotate(conjugate(body.quaternion), point - np.asarray(body.position, float))


def strands(scene: Scene, ropes: list[Rope]) -> Strands:
    """The rods of the ropes; raises SimgenError for ropes that cannot be simulated."""
    names = {b.name for b in scene.bodies}
    points = [check(rope, names) for rope in ropes]
    first = np.cumsum([0, *map(len, points)]).astype(np.int32)
    count = int(first[-1])
    made = Strands(
        ropes=ropes,
        first=first,
        point=np.concatenate(points),
        velocity=np.concatenate([np.tile(r.velocity, (len(p), 1)) for r, p in zip(ropes, points)]),
        mass=np.zeros(count),
        length=np.zeros(count),
        stretch=np.zeros(count),
        stencil=np.zeros((count, 3)),
        bend=np.zeros(count),
        curl=np.zeros(count),
        radius=np.repeat([r.radius for r in ropes], [len(p) for p in points]),
        friction=np.zeros(count),
        holders=[],
        ties=[],
        quiet=np.full((count, 2), -1, np.int32),
    )
    for rope, part in zip(ropes, made.slices(), strict=True):
        _fill(made, rope, part)
        _hold(made, scene, rope, part)
    return made


def _fill(made: Strands, rope: Rope, part: slice) -> None:
    """Constants of one rope. EI / (l0 + l1) |change of tangent|^2 is the energy of an inner point:
    EI curvature^2 / 2 over half of both edges."""
    tensile, friction = rope.material.require("youngs_modulus", "friction")
    points = made.point[part]
    edges = np.linalg.norm(np.diff(points, axis=0), axis=1)
    half = 0.5 * line_density(rope) * edges
    made.mass[part] = np.r_[half, 0.0] + np.r_[0.0, half]
    made.length[part] = np.r_[edges, 0.0]
    made.stretch[part] = np.r_[tensile * np.pi * rope.radius**2 / edges, 0.0]
    made.friction[part] = friction
    if len(points) > 2:
        weights = stencil(points)
        moment = np.pi / 4 * rope.radius**4
        inner = slice(part.start + 1, part.stop - 1)
        made.stencil[inner] = weights
        made.bend[inner] = 2 * bending_modulus(rope) * moment / (edges[:-1] + edges[1:])
        if not rope.straight_at_rest:
            tangents = np.diff(points, axis=0) / edges[:, None]
            curl = np.linalg.norm(np.diff(tangents, axis=0), axis=1)
            made.curl[inner] = np.where(curl > 1e-4, curl, 0.0)


def _hold(made: Strands, scene: Scene, rope: Rope, part: slice) -> None:
    """Pins and attachments of one rope."""
    number = {b.name: i for i, b in enumerate(scene.bodies)}
    held = [(point, WORLD) for point in rope.pinned]
    held += [(point, number[name]) for point, name in rope.attachments]
    for point, body in held:
        at = part.start + point
        free = body != WORLD and scene.bodies[body].motion == "dynamic"
        (made.ties if free else made.holders).append((at, body))
        for i in range(max(part.start, at - NEAR), min(part.stop, at + NEAR + 1)):
            if body == WORLD:
                made.quiet[i] = -2
            elif made.quiet[i, 0] != -2 and body not in made.quiet[i]:
                column = 0 if made.quiet[i, 0] == -1 else 1
                made.quiet[i, column] = body
    if len(held) == len(rope.points):
        raise SimgenError(f"rope {rope.name!r}: every point is held; nothing of it can move")
