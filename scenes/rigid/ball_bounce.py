"""Balls of different stuff bounce."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Sphere
from simgen.key import Key
from simgen.rotation import random
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import PALETTES, Color, band, body, colors, drop_layers, fixed
from simgen.shapes import bowl
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

SLAB = 0.025
"""Thickness of the slab the balls land on [m]."""

STUFFS: dict[str, Color | None] = {
    "rubber/natural": (0.8, 0.16, 0.14),
    "rubber/silicone": (0.2, 0.6, 0.62),
    "plastic/phenolic": (0.93, 0.9, 0.82),
    "plastic/abs": (0.95, 0.75, 0.15),
    "plastic/polystyrene_foam": (0.95, 0.95, 0.95),
    "rubber/foam": (0.35, 0.55, 0.8),
    "wood/beech": None,
    "wood/cork": None,
    "metal/steel": None,
    "stone/marble": None,
    "glass/coloured": None,
    "organic/clay": None,
}
"""Ball materials and the colour that tells painted ones apart."""


class BallBounce(SceneTemplate):
    """Balls of many materials fall in a row, into a pit or a bowl; each bounces its own way."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[balls of different materials are dropped|a set of balls is let go|balls of many "
            "materials drop] {layout.short}"
        ),
        setup="{layout}",
        event="[all the balls are let go at once|the balls are dropped together]",
        parameters=(
            "{layout.count} balls of {ball.materials}, radius about {radius}, dropped "
            "{layout.drop} with up to {sideways} sideways; slab of {slab}"
        ),
        terms={
            "layout": {
                "row": (
                    "seven balls of different materials are lined up in the air above a {slab} slab"
                ),
                "pit": (
                    "many balls of different materials hang in the air above a {slab} slab with "
                    "plywood walls"
                ),
                "bowl": (
                    "many balls of different materials hang in the air above a walnut wood bowl"
                ),
            },
            "layout.short": {
                "row": "in a row onto a slab",
                "pit": "into a shallow pit",
                "bowl": "into a bowl",
            },
            "layout.count": {"row": "7", "*": "{count}"},
            "layout.drop": {"row": "from about {drop}", "*": "the lowest from about {0.35*drop:m}"},
        },
    )

    layout: Annotated[str, Choice("row", "pit", "bowl")]
    count: Annotated[int, Integers(8, 24)]
    """A row shows at most 7."""
    radius: Annotated[Metre, Uniform(0.032, 0.05, held_out=(0.047, 0.05))]
    spread: Annotated[Ratio, Uniform(0.0, 0.25)]
    """Variation of radii."""
    drop: Annotated[Metre, Uniform(0.22, 0.42)]
    """Of the lowest ball."""
    sideways: Annotated[MetrePerSecond, Uniform(0.0, 0.5)]
    """Largest horizontal speed at the start."""
    slab: Annotated[
        str, Choice("stone/marble", "stone/granite", "metal/steel", "ceramic/tile", "wood/oak")
    ]
    """What they fall on."""
    palette: Annotated[str, Choice(*PALETTES)]
    camera_elevation: Annotated[Radian, Uniform(0.3, 0.6)]

    def build(self, key: Key) -> Scene:
        count = min(self.count, 7) if self.layout == "row" else self.count
        rng = key.child("balls").rng()
        radii = self.radius * (1 + self.spread * rng.uniform(-1, 1, count))
        names = list(STUFFS)
        order = rng.permutation(len(names))
        stuffs = [names[int(order[i % len(names)])] for i in range(count)]
        paint = colors(key.child("colors"), self.palette, count)
        centers = self._centers(key, radii)
        elements: list[RigidBody] = []
        for i, (r, stuff, at) in enumerate(zip(radii, stuffs, centers, strict=True)):
            side = rng.uniform(-1, 1, 2) * self.sideways
            if self.layout == "row":
                side = side * [0.15, 0.6]
            color = paint[i] if STUFFS[stuff] is not None and i >= len(names) else STUFFS[stuff]
            trim = (
                (band(key.child("band", i), float(r), "plastic/abs", (0.15, 0.16, 0.2), width=0.3),)
                if color is not None
                else ()
            )
            elements.append(
                body(
                    key,
                    f"ball_{i:02d}_{stuff.split('/')[1]}",
                    Sphere(float(r)),
                    stuff,
                    position=at,
                    quaternion=random(rng),
                    velocity=(side[0], side[1], -0.6),
                    angular_velocity=rng.uniform(-4, 4, 3),
                    color=color,
                    trim=trim,
                )
            )
        half = self._half(count)
        slab = Box((2 * half[0] + 0.06, 2 * half[1] + 0.06, SLAB))
        elements.append(fixed(key, "slab", slab, self.slab, position=(0, 0, SLAB / 2)))
        if self.layout == "pit":
            elements += self._pit(key, half)
        elif self.layout == "bowl":
            mesh = bowl(radius=1.3 * half[0], height=0.6 * half[0], thickness=0.012, wedges=24)
            elements.append(fixed(key, "bowl", mesh, "wood/walnut", position=(0, 0, SLAB)))
        margin = 0.3 * half[0] if self.layout == "bowl" else 0.02
        top = min(float(max(c[2] for c in centers)) + self.radius, 1.3 * self.drop + 0.1)
        focus = Focus(
            lower=(-half[0] - margin, -half[1] - margin, 0.0),
            upper=(half[0] + margin, half[1] + margin, top),
        )
        return self.stage(key, elements, focus=focus)

    def _half(self, count: int) -> tuple[float, float]:
        """Half-widths [m] of the ground the balls fall on."""
        if self.layout == "row":
            return (0.5 * count * 2.6 * self.radius + 0.02, 2.5 * self.radius)
        wide = max(0.2, 1.9 * self.radius * np.sqrt(count))
        return (float(wide), float(0.75 * wide))

    def _centers(self, key: Key, radii: np.ndarray) -> list[np.ndarray]:
        if self.layout == "row":
            pitch, n = 2.6 * self.radius, len(radii)
            mirrored = key.child("mirror").rng().random() < 0.5

            def rise(i: int) -> float:
                return 0.55 + 0.75 * ((n - 1 - i if mirrored else i) / (n - 1))

            return [
                np.array([(i - (n - 1) / 2) * pitch, 0.0, self.drop * rise(i) + float(r)])
                for i, r in enumerate(radii)
            ]
        half = self._half(len(radii))
        start = 0.35 * self.drop + (0.1 if self.layout == "bowl" else 0.0)
        found = drop_layers(
            key.child("places"),
            [float(r) for r in radii],
            half=(half[0] - 0.03, half[1] - 0.03),
            start=start,
            gap=1.5 * self.radius,
        )
        lift = key.child("lift").rng().uniform(0.0, 0.004, len(radii))
        return [c + np.array([0.0, 0.0, float(z)]) for c, z in zip(found, lift, strict=True)]

    def _pit(self, key: Key, half: tuple[float, float]) -> list[RigidBody]:
        """Rims around the place where the balls land, low where they would hide them."""
        r, thick = self.radius, 0.012
        x, y = half
        sides = (
            ("left", (-x - thick / 2, 0.0), (thick, 2 * y + 2 * thick), 1.3 * r),
            ("right", (x + thick / 2, 0.0), (thick, 2 * y + 2 * thick), 1.3 * r),
            ("front", (0.0, -y - thick / 2), (2 * x, thick), 0.9 * r),
            ("back", (0.0, y + thick / 2), (2 * x, thick), 4.0 * r),
        )
        return [
            fixed(
                key,
                f"side_{name}",
                Box((*size, tall)),
                "wood/birch_plywood",
                position=(*at, SLAB + tall / 2),
            )
            for name, at, size, tall in sides
        ]
