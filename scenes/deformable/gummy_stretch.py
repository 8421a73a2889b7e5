"""Fruit gums held by clamps are stretched, twisted and shaken like springs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import Keyframes, RigidBody, Scene, Shape, SoftBody
from simgen.scenes.deformable._parts import distinct, form_mesh, inside, usual
from simgen.scenes.rigid._things import quat
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Second
from simgen.words import Words

UPRIGHT = from_axis_angle((0, 1, 0), -math.pi / 2)
"""Turns what lies along z to lie along -x."""


class GummyStretch(SceneTemplate):
    """Fruit gums held by clamps are stretched, twisted and shaken like springs."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")
    words: ClassVar[Words] = Words(
        short=(
            "[{listed} {count? is/are} pulled by clamps|clamps pull on {listed}|{listed} "
            "{count? is/are} stretched between clamps]"
        ),
        setup="{listed} {count? is/are} held at both ends by {metal} clamps",
        event=(
            "[the clamps pull apart, snap back and then shake up and down|the clamps move "
            "apart, let back quickly and start to shake]"
        ),
        parameters=(
            "{listed}, {size} long, lengthened by {stretch} times the free length in {pull} and "
            "twisted by {twist}, let back in {snap}; clamps of {metal}"
        ),
        kinds={
            "worm": "gummy worm/gummy worms",
            "bear": "gummy bear/gummy bears",
            "loaf": "piece of fruit gum/pieces of fruit gum",
            "bunny": "gummy bunny/gummy bunnies",
            "ring": "gummy ring/gummy rings",
        },
    )

    form: Annotated[str, Choice("worm", "bear", "loaf", "bunny", "ring", held_out=("bunny",))]
    count: Annotated[int, Integers(1, 2)]
    softness: Annotated[Ratio, Uniform(0.4, 1.0)]
    """Young's modulus over the material's."""
    camera_elevation: Annotated[Radian, Uniform(0.3, 0.55)]
    size: Annotated[Metre, Uniform(0.1, 0.16)]
    stretch: Annotated[Ratio, Uniform(0.3, 0.75)]
    """Lengthening over the free length."""
    twist: Annotated[Radian, Uniform(0.0, 3.5)]
    pull: Annotated[Second, Uniform(0.5, 0.8)]
    """Time of stretching."""
    snap: Annotated[Second, Uniform(0.06, 0.16)]
    """Time of letting back."""
    slack: Annotated[Ratio, Uniform(0.02, 0.12)]
    """How much closer the clamps are at the end than at the start, over the free length."""
    metal: Annotated[str, Choice("metal/steel", "metal/brass", "wood/beech", "plastic/abs")]

    def build(self, key: Key) -> Scene:
        rng = key.child("layout").rng()
        raw = material("food/gummy")
        (young,) = raw.require("youngs_modulus")
        stuff = replace(raw, youngs_modulus=self.softness * young)
        colours = [usual(material(self.floor)), usual(material(self.metal))]
        high = 0.5 * self.size
        elements: list[SoftBody | RigidBody] = []
        forms = [self.form]
        forms += [
            ("worm", "bear", "loaf", "ring")[int(rng.integers(4))] for _ in range(1, self.count)
        ]
        meshes = [self._piece(form) for form in forms]
        widths = [float(np.ptp(points[:, 1])) for points, _ in meshes]
        pitch = max(0.8 * self.size, sum(widths) / self.count + 0.02)
        left = right = 0.0
        for i, (form, (points, tets)) in enumerate(zip(forms, meshes, strict=True)):
            along = (i - (self.count - 1) / 2) * pitch
            points += np.array([-points[:, 0].mean(), along, high + 0.06])
            look = distinct(stuff, key.child("look", i), colours)
            look = replace(look, transmission=0.0)
            colours.append(look.color)
            low, top = float(points[:, 0].min()), float(points[:, 0].max())
            left, right = min(left, low), max(right, top)
            bite = 0.17 * (top - low)
            begin = inside(points, (low - 1, -9, -9), (low + bite, 9, 9))
            end = inside(points, (top - bite, -9, -9), (top + 1, 9, 9))
            free = top - low - 2 * bite
            tied = tuple((k, f"left_{i}") for k in begin) + tuple((k, f"right_{i}") for k in end)
            body = SoftBody(
                name=f"{form}_{i}",
                vertices=points,
                tetrahedra=tets,
                material=stuff,
                look=look,
                attachments=tied,
            )
            center = (along, high + 0.06)
            elements += [
                body,
                self._clamp(key, f"left_{i}", points[list(begin)], center, -1.0, free),
                self._clamp(key, f"right_{i}", points[list(end)], center, 1.0, free),
            ]
        reach = (right - left) / 2 + 0.5 * self.stretch * self.size + 0.03
        deep = pitch * self.count / 2 + 0.02
        middle = high + 0.06
        focus = Focus(
            lower=(-reach, -deep, middle - 0.4 * self.size),
            upper=(reach, deep, middle + 0.4 * self.size),
        )
        return self.stage(key, elements, focus=focus)

    def _piece(self, form: str) -> tuple[np.ndarray, np.ndarray]:
        """Vertices [m] and tetrahedra of a piece that lies along x."""
        points, tets = form_mesh(form, self.size)
        return (rotate(UPRIGHT, points) if form in ("bear", "bunny") else points), tets

    def _clamp(
        self, key: Key, name: str, held: np.ndarray, center: tuple[float, float], side: float,
        free: float,
    ) -> RigidBody:  # fmt: skip
        """Two jaws on what they hold, on a rod that reaches out of the way."""
        low, top = held.min(axis=0), held.max(axis=0)
        x = float(low[0] + top[0]) / 2
        y, z = center
        wide = float(top[0] - low[0]) * 0.9
        deep = float(top[1] - low[1]) * 0.8 + 0.004
        thick = 0.006
        stuff = material(self.metal)
        look = stuff.look(key.child("metal"))
        half = float(max(top[2] - z, z - low[2])) + thick / 2 - 0.002
        jaw = Box((wide, deep, thick))
        back = Box((0.008, deep, 2 * half + thick))
        rod = Cylinder(0.006, 0.07)
        end = side * (wide / 2 + 0.004)
        shapes = (
            Shape(geometry=jaw, material=stuff, look=look, position=(0, 0, half), collides=False),
            Shape(geometry=jaw, material=stuff, look=look, position=(0, 0, -half), collides=False),
            Shape(geometry=back, material=stuff, look=look, position=(end, 0, 0), collides=False),
            Shape(
                geometry=rod,
                material=stuff,
                look=look,
                position=(end + side * 0.035, 0, 0),
                quaternion=quat(UPRIGHT),
                collides=False,
            ),
        )
        return RigidBody(
            name=name,
            shapes=shapes,
            position=(x, y, z),
            motion="kinematic",
            keyframes=self._way(key, (x, y, z), side, free),
        )

    def _way(
        self, key: Key, start: tuple[float, float, float], side: float, free: float
    ) -> Keyframes:
        """Apart and turned, held, let back at once, then shaken."""
        rng = key.child("shake").rng()
        rate, height = float(rng.uniform(2.0, 3.5)), float(rng.uniform(0.04, 0.09)) * self.size
        phase = float(rng.uniform(0.5, 1.0)) * math.pi if side > 0 else 0.0
        times = np.linspace(0.0, max(self.duration, 1.0) + 0.1, 500)
        back = 0.1 + self.pull + 0.12
        out = np.clip((times - 0.1) / self.pull, 0.0, 1.0)
        out = out * out * (3 - 2 * out)
        home = np.clip((times - back) / self.snap, 0.0, 1.0)
        home = home * home * (3 - 2 * home)
        far = 0.5 * self.stretch * free
        move = far * out - (far + 0.5 * self.slack * free) * home
        late = np.clip((times - back - 0.35) / 0.3, 0.0, 1.0)
        bob = height * late * np.sin(2 * math.pi * rate * (times - back) + phase)
        positions = np.tile(np.asarray(start, float), (len(times), 1))
        positions[:, 0] += side * move
        positions[:, 2] += bob
        angle = 0.5 * side * self.twist * out * (1.0 - home)
        one = np.array([1.0, 0.0, 0.0, 0.0])
        turns = np.array([multiply(from_axis_angle((1, 0, 0), float(a)), one) for a in angle])
        return Keyframes(times=times, positions=positions, quaternions=turns)
