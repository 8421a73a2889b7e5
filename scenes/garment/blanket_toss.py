"""A blanket held by its corners catches balls and tosses them up again."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Sphere
from simgen.key import Key
from simgen.lattice import sheet
from simgen.material import material
from simgen.scene import Cloth, Keyframes, RigidBody, Scene
from simgen.scenes.garment._parts import FABRICS, body, distinct, eased, instants, usual
from simgen.shapes.build import circle
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre
from simgen.words import Words

SPACING = 0.046
"""Edge of the mesh [m]."""


class BlanketToss(SceneTemplate):
    """A blanket held by its corners catches falling balls and tosses them up."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "{balls ball/balls} {balls? drops/drop} onto a blanket [held by its corners|whose "
            "corners are pulled up|that is held at four corners]"
        ),
        setup=(
            "a {fabric} blanket is held by its four corners, with {balls {stuff} ball/{stuff} "
            "balls} in the air above it"
        ),
        event=(
            "[the {balls? ball drops/balls drop} onto the blanket, and its corners are jerked "
            "up {held}|the {balls? ball is/balls are} let go, and soon the corners of the "
            "blanket are jerked up {held}]"
        ),
        parameters=(
            "a blanket of {fabric}, {size} wide; {balls} {balls? ball/balls} of {stuff}, radius "
            "up to {radius}, dropped from {drop}; the corners go up by {toss} {held}"
        ),
        terms={
            "held": {
                "together": "all together",
                "two_sides": "on one side after the other",
                "in_turn": "one after another",
            },
        },
    )

    fabric: Annotated[str, Choice(*FABRICS)]
    size: Annotated[Metre, Uniform(0.8, 1.15)]
    """Edge of the blanket."""
    slack: Annotated[float, Uniform(0.03, 0.15)]
    """By how much the corners are closer than the blanket is wide."""
    balls: Annotated[int, Integers(1, 3)]
    radius: Annotated[Metre, Uniform(0.05, 0.09)]
    stuff: Annotated[str, Choice("rubber/natural", "wood/beech", "plastic/abs", "rubber/foam")]
    drop: Annotated[Metre, Uniform(0.15, 0.4)]
    toss: Annotated[Metre, Uniform(0.12, 0.3)]
    """How far the corners go up."""
    held: Annotated[str, Choice("together", "two_sides", "in_turn")]
    """Which corners go up when."""

    def build(self, key: Key) -> Scene:
        stuff = material(self.fabric)
        look = distinct(stuff, key.child("blanket"), [usual(material(self.floor))])
        level = 0.55
        flat, faces = sheet(self.size, self.size, SPACING)
        shrink = 1.0 - self.slack
        placed = flat * [shrink, shrink, 1.0]
        # The slack hangs down: a sine of the same length as the cloth.
        u = flat[:, :2] / self.size + 0.5
        sag = self.size * 2.0 / math.pi * math.sqrt(self.slack * shrink)
        placed[:, 2] = level - sag * np.sin(math.pi * u[:, 0]) * np.sin(math.pi * u[:, 1])
        corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        ties: list[tuple[int, str]] = []
        grips: list[RigidBody] = []
        for i, (sx, sy) in enumerate(corners):
            goal = np.array([sx, sy, 0.0]) * self.size / 2
            near = np.argsort(np.linalg.norm(flat - goal, axis=1))[:9]
            ties += [(int(v), f"hand_{i}") for v in near]
            grips += self._hand(key, i, np.array([sx, sy, 0.0]), shrink, level)
        blanket = Cloth(
            name="blanket",
            vertices=placed,
            faces=faces,
            rest_vertices=flat,
            material=stuff,
            look=look,
            attachments=tuple(ties),
            self_collision=True,
        )
        high = level + max(self.drop + 2 * self.radius, 2 * self.toss)
        swing = [placed + [0.0, 0.0, self.toss * s] for s in (-0.3, 1.0)]
        focus = Focus.around(*swing, circle(0.25 * self.size, high))
        return self.stage(key, (blanket, *grips, *self._balls(key, level)), focus=focus)

    def _hand(
        self, key: Key, index: int, out: np.ndarray, shrink: float, level: float
    ) -> list[RigidBody]:
        """A block outside a corner, on its way up and down on a rod, and the tube of that."""
        times = instants(self.duration)
        catch = 0.15 + math.sqrt(2 * self.drop / 9.81)
        late = {"together": 0.0, "two_sides": 0.18 * (out[0] > 0), "in_turn": 0.09 * index}
        begin = catch + 0.12 + float(late[self.held])
        # Down with the balls, up with a swing, back and once more.
        path = -0.25 * eased(times, catch, begin) + 1.25 * eased(times, begin, begin + 0.32)
        path = path - eased(times, begin + 0.45, begin + 0.95)
        at = out * (shrink * self.size / 2 + 0.012) + [0.0, 0.0, level]
        positions = np.tile(at, (len(times), 1))
        positions[:, 2] += self.toss * path
        # The rod leaves the tube neither above nor through the floor.
        rod, tube = 0.84 * level, 0.78 * level
        parts = [
            (Box((0.07, 0.07, 0.03)), (0.0, 0.0, 0.0)),
            (Cylinder(0.011, rod), (0.0, 0.0, -0.5 * rod)),
        ]
        socket = [
            (Cylinder(0.018, tube), (0.0, 0.0, 0.5 * tube)),
            (Cylinder(0.1, 0.02), (0.0, 0.0, 0.01)),
        ]
        keyframes = Keyframes(times=times, positions=positions)
        return [
            body(key, f"hand_{index}", parts, "wood/walnut", position=at, motion="kinematic",
                 keyframes=keyframes),
            body(key, f"tube_{index}", socket, "metal/steel", position=at * [1.0, 1.0, 0.0]),
        ]  # fmt: skip

    def _balls(self, key: Key, level: float) -> list[RigidBody]:
        rng = key.child("balls").rng()
        start = rng.uniform(0, 2 * math.pi)
        found: list[RigidBody] = []
        for i in range(self.balls):
            angle = start + 2 * math.pi * i / self.balls
            r = self.radius * float(rng.uniform(0.8, 1.0))
            away = 0.0 if self.balls == 1 else 1.25 * self.radius / math.sin(math.pi / self.balls)
            place = (away * math.cos(angle), away * math.sin(angle), level + self.drop + r)
            found.append(
                body(
                    key.child(i),
                    f"ball_{i}",
                    Sphere(r),
                    self.stuff,
                    position=place,
                    motion="dynamic",
                    mass=float(rng.uniform(0.06, 0.2)),
                )
            )
        return found
