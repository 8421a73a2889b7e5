"""Rubber beams of several stiffness, clamped at one end, sag and swing when they are let go."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box
from simgen.key import Key
from simgen.lattice import block
from simgen.material import material
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import RigidBody, Scene, SoftBody
from simgen.scenes.deformable._parts import BRIGHT, coloured
from simgen.scenes.rigid._things import fixed
from simgen.space import Choice, Integers, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Pascal, Radian, Ratio
from simgen.words import Words


class CantileverBeams(SceneTemplate):
    """Rubber beams of several stiffness, clamped at one end, sag and swing when they are let go."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")
    words: ClassVar[Words] = Words(
        short=(
            "[{count} {stuff} beams are let go|{count rubber beam/rubber beams} clamped at one "
            "end are released|{count} coloured beams stick out of a clamp and are let go]"
        ),
        setup=(
            "{count} coloured {stuff} beams stick out side by side from a {clamp} clamp that "
            "holds one end of each"
        ),
        event="[they are let go all at once|their free ends are released together]",
        parameters=(
            "{count} beams of {stuff}, {length} long and {thickness*length:m} thick, Young's "
            "modulus from {softest} to {spread} times that, tilted up by {tilt}, moving "
            "sideways at {push}; clamp of {clamp}"
        ),
    )

    stuff: Annotated[str, Choice("rubber/silicone", "rubber/natural", "rubber/ecoflex")]
    count: Annotated[int, Integers(3, 4)]
    softest: Annotated[Pascal, LogUniform(9e4, 2.5e5)]
    """Young's modulus of the softest beam: a silicone or rubber of that hardness."""
    spread: Annotated[Ratio, Uniform(3.0, 8.0)]
    """Young's modulus of the stiffest beam over that of the softest."""
    length: Annotated[Metre, Uniform(0.2, 0.28)]
    thickness: Annotated[Ratio, Uniform(0.08, 0.12)]
    """Over the length."""
    tilt: Annotated[Radian, Uniform(-0.1, 0.35)]
    """Of the beams above the horizontal."""
    push: Annotated[MetrePerSecond, Uniform(-0.7, 0.7)]
    """Sideways at the start."""
    clamp: Annotated[str, Choice("wood/oak", "wood/walnut", "metal/steel", "stone/granite")]
    camera_azimuth: Annotated[Radian, Uniform(-0.1, 0.9)]

    def build(self, key: Key) -> Scene:
        rng = key.child("layout").rng()
        paint = [BRIGHT[int(i)] for i in rng.permutation(len(BRIGHT))]
        thick = self.thickness * self.length
        wide = 1.5 * thick
        pitch = wide + 0.35 * self.length * 0.5
        high = 1.12 * self.length + 0.05
        root = 0.04
        turn = from_axis_angle((0, 1, 0), -self.tilt)
        raw = material(self.stuff)
        cells = (16, 1, 3)
        elements: list[SoftBody | RigidBody] = []
        order = rng.permutation(self.count)
        for i in range(self.count):
            young = self.softest * self.spread ** (float(order[i]) / (self.count - 1))
            # 0.4 keeps linear tetrahedra from locking in bending.
            stuff = replace(raw, youngs_modulus=young, poissons_ratio=0.4)
            points, tets = block((self.length + root, wide, thick), cells)
            points[:, 0] += (self.length - root) / 2
            held = tuple(int(k) for k in np.flatnonzero(points[:, 0] < 1e-6))
            along = (i - (self.count - 1) / 2) * pitch
            elements.append(
                SoftBody(
                    name=f"beam_{i}",
                    vertices=rotate(turn, points) + np.array([0.0, along, high]),
                    tetrahedra=tets,
                    material=stuff,
                    look=coloured(stuff.look(key.child("look", i)), paint[i]),
                    pinned=held,
                    velocity=(0.0, self.push, 0.0),
                )
            )
        elements += self._post(key, pitch * self.count, thick, high, root, turn)
        deep = pitch * self.count / 2 + 0.02
        focus = Focus(
            lower=(-0.09, -deep, 0.05 * high),
            upper=(1.02 * self.length, deep, high + 0.35 * self.length * max(self.tilt, 0.3)),
        )
        return self.stage(key, elements, focus=focus)

    def _post(
        self, key: Key, wide: float, thick: float, high: float, root: float, turn: np.ndarray
    ) -> list[RigidBody]:
        """A wall with the two jaws that hold the beams; the beams' ends stick in it."""
        back = Box((0.05, wide, high + 0.08))
        jaw = Box((root + 0.01, wide, 0.018))
        at = -root - 0.025
        bodies = [fixed(key, "post", back, self.clamp, position=(at, 0, high / 2 + 0.04))]
        for sign in (-1.0, 1.0):
            offset = rotate(turn, (-root / 2 - 0.005, 0, sign * (thick / 2 + 0.0095)))
            place = np.array([0.0, 0.0, high]) + offset
            name = "jaw_above" if sign > 0 else "jaw_below"
            bodies.append(fixed(key, name, jaw, self.clamp, position=place, quaternion=turn))
        return bodies
