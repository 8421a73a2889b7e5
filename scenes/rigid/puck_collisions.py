"""Pucks slide and collide on a smooth table."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder, Geometry
from simgen.key import Key
from simgen.rotation import multiply
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import (
    GAP,
    PALETTES,
    Color,
    against,
    body,
    colors,
    fixed,
    shape,
    yaw,
)
from simgen.shapes import bevelled_box, regular_prism, star
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, RadianPerSecond, Ratio
from simgen.words import Words


class PuckCollisions(SceneTemplate):
    """Pucks of different mass and shape slide over ice or a polished table and collide."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short="{pattern.short} on [a smooth table|a slippery table|a smooth surface]",
        setup=(
            "{form} pucks of {puck}, each painted on top and with a stripe, lie on a flat "
            "{surface} surface between wooden rails"
        ),
        event="{pattern}",
        parameters=(
            "up to {pucks} pucks of {puck}, radius about {radius}, on {surface}; "
            "{pattern.numbers}, spinning at up to {spin}"
        ),
        terms={
            "form": {
                "disc": "round",
                "square": "square",
                "hexagon": "hexagonal",
                "star": "star-shaped",
                "mixed": "differently shaped",
            },
            "pattern": {
                "crossfire": (
                    "[all of them slide fast towards the middle|they are shot towards each "
                    "other through the middle]"
                ),
                "break": (
                    "[one puck is shot at the others, which lie still|the others lie still as "
                    "one puck is shot along the table]"
                ),
                "swirl": (
                    "[all of them slide around the middle in a swirl|they are sent sliding "
                    "around the middle]"
                ),
            },
            "pattern.short": {
                "crossfire": (
                    "[pucks slide towards each other|pucks are shot at one another|sliding "
                    "pucks meet]"
                ),
                "break": (
                    "[a puck is shot at resting pucks|one puck slides towards many others|a "
                    "fast puck approaches resting ones]"
                ),
                "swirl": (
                    "[pucks slide around in a swirl|pucks circle around the middle|sliding "
                    "pucks swirl around]"
                ),
            },
            "pattern.numbers": {
                "break": "the first one shot at {2.2*speed:m/s}",
                "*": "sliding at about {speed}",
            },
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.4, 0.4)]
    camera_elevation: Annotated[Radian, Uniform(0.5, 0.95)]
    pattern: Annotated[str, Choice("crossfire", "break", "swirl")]
    pucks: Annotated[int, Integers(5, 14)]
    form: Annotated[str, Choice("disc", "square", "hexagon", "star", "mixed", held_out=("star",))]
    radius: Annotated[Metre, Uniform(0.03, 0.045)]
    spread: Annotated[Ratio, Uniform(0.0, 0.3)]
    """Variation of the pucks' radii."""
    speed: Annotated[MetrePerSecond, Uniform(1.8, 3.4)]
    spin: Annotated[RadianPerSecond, Uniform(2.0, 25.0)]
    surface: Annotated[str, Choice("ice/ice", "plastic/phenolic")]
    puck: Annotated[str, Choice("plastic/phenolic", "ice/ice", "metal/cast_iron")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        length = max(0.8, 4.6 * self.radius * math.sqrt(self.pucks))
        wide, top = 0.6 * length, 0.03
        starts = self._starts(key, length, wide)
        paint = colors(key.child("colors"), self.palette, self.pucks)
        elements = [
            self._puck(key, i, at, velocity, top, paint[i])
            for i, (at, velocity) in enumerate(starts)
        ]
        elements.append(
            fixed(key, "table", Box((length, wide, top)), self.surface, position=(0, 0, top / 2))
        )
        edge, tall = 0.025, top + 0.028
        for name, x, y, sx, sy in (
            ("left", -1, 0, edge, wide),
            ("right", 1, 0, edge, wide),
            ("front", 0, -1, length + 2 * edge, edge),
            ("back", 0, 1, length + 2 * edge, edge),
        ):
            at = (x * (length + edge) / 2, y * (wide + edge) / 2, tall / 2)
            rail = Box((sx, sy, tall))
            elements.append(fixed(key, f"rail_{name}", rail, "wood/beech", position=at))
        x, y = length / 2 + edge, wide / 2 + edge
        focus = Focus(lower=(-x, -y, 0.0), upper=(x, y, tall + 0.02))
        return self.stage(key, elements, focus=focus)

    def _starts(self, key: Key, length: float, wide: float) -> list[tuple[Array, Array]]:
        """Places at least two radii apart and velocities that make them meet."""
        rng = key.child("starts").rng()
        reach = self.radius * (1 + self.spread)
        found: list[tuple[Array, Array]] = []
        for _ in range(6000):
            if len(found) >= self.pucks:
                break
            p = np.array(
                [
                    rng.uniform(-1, 1) * (length / 2 - 1.2 * reach),
                    rng.uniform(-1, 1) * (wide / 2 - 1.2 * reach),
                ]
            )
            if self.pattern == "break" and found and p[0] < -0.1 * length:
                continue
            if self.pattern == "break" and not found:
                p = np.array([-length / 2 + 1.6 * reach, 0.1 * wide * rng.uniform(-1, 1)])
            if all(np.linalg.norm(p - q) > 2.3 * reach for q, _ in found):
                found.append((p, self._velocity(rng, p, not found)))
        return found

    def _velocity(self, rng: np.random.Generator, p: Array, first: bool) -> Array:
        speed = self.speed * rng.uniform(0.7, 1.2)
        if self.pattern == "break":
            return np.array([2.2 * self.speed, 0.0]) if first else np.zeros(2)
        out = p / max(float(np.linalg.norm(p)), 1e-6)
        if self.pattern == "swirl":
            return speed * np.array([-out[1], out[0]]) - 0.3 * speed * out
        aim = rng.normal(size=2) * 0.1 - p
        return speed * aim / max(float(np.linalg.norm(aim)), 1e-6)

    def _puck(
        self, key: Key, i: int, at: Array, velocity: Array, top: float, paint: Color
    ) -> RigidBody:
        rng = key.child("puck", i).rng()
        r = self.radius * (1 + self.spread * float(rng.uniform(-1, 1)))
        tall = 0.55 * self.radius
        forms = ("disc", "square", "hexagon", "star")
        form = forms[int(rng.integers(4))] if self.form == "mixed" else self.form
        shapes: dict[str, tuple[Geometry, float]] = {
            "disc": (Cylinder(r, tall), tall / 2),
            "square": (bevelled_box(size=(1.4 * r, 1.4 * r, tall), bevel=0.08 * r), tall / 2),
            "hexagon": (regular_prism(sides=6, radius=r, height=tall), 0.0),
            "star": (star(tips=6, radius=r, inner=0.62, height=tall), 0.0),
        }
        geometry, lift = shapes[form]
        rise = tall - lift
        face = shape(
            key.child("face", i),
            Cylinder(0.66 * r, 0.002),
            "plastic/abs",
            color=paint,
            position=(0, 0, rise - 0.0003),
            collides=False,
        )
        mark = shape(
            key.child("mark", i),
            Box((1.1 * r, 0.22 * r, 0.002)),
            "plastic/abs",
            color=against(paint),
            position=(0, 0, rise + 0.0004),
            collides=False,
        )
        return body(
            key,
            f"puck_{i:02d}",
            geometry,
            self.puck,
            position=(at[0], at[1], top + lift + GAP / 5),
            quaternion=multiply(yaw(float(rng.uniform(0, 6.28))), (1, 0, 0, 0)),
            velocity=(velocity[0], velocity[1], 0.0),
            angular_velocity=(0.0, 0.0, self.spin * float(rng.uniform(-1, 1))),
            color=None if self.puck.startswith(("metal", "ice")) else paint,
            trim=(face, mark),
        )
