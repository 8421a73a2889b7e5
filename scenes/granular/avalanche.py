"""A gate opens on a slope and an avalanche of grains runs down among obstacles or into blocks."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.rotation import rotate
from simgen.scene import Domain, Element, Keyframes, Quaternion, Scene
from simgen.scenes.granular import _parts as parts
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian
from simgen.words import Words

COUNT = 1_600


class Avalanche(SceneTemplate):
    """A gate opens on a slope and an avalanche of grains runs down among obstacles or into blocks.

    Grains flow where the slope is steeper than their angle of friction: GDR MiDi, Eur. Phys. J. E
    14, 341 (2004).
    """

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="a gate [opens|is drawn up|is raised] on a chute full of {dye}{grains}",
        setup=(
            "a {chute} chute slopes down, {dye}{grains} piled up behind a {gate} gate in its "
            "upper part{obstacle}"
        ),
        event="[the gate is drawn up|the gate is pulled up]",
        parameters=(
            "{grains} on a chute of {chute}, {length} long and {width} wide, sloping {slope}, "
            "behind a gate of {gate}{obstacle}"
        ),
        terms={
            "dye": parts.DYE_WORDS,
            "obstacle": {
                "none": "",
                "posts": ", with five {solid} posts below its mouth",
                "wall": ", with a low {solid} wall below its mouth",
                "blocks": ", with a stack of four {solid} blocks below its mouth",
                "wedge": ", with a {solid} block standing edge-on below its mouth",
            },
        },
    )

    frame_count: Annotated[int, Field(ge=1, le=100_000)] = 34
    camera_elevation: Annotated[Radian, Uniform(0.3, 0.6)]
    grains: Annotated[str, Choice(*parts.GRAINS, held_out=("gravel",))]
    dye: Annotated[int, Integers(-8, 9)]
    """Colour of the grains; below zero, their own."""
    slope: Annotated[Radian, Uniform(0.6, 0.8)]
    width: Annotated[Metre, Uniform(0.18, 0.24)]
    """Of the chute."""
    length: Annotated[Metre, Uniform(0.42, 0.55)]
    """Of the chute."""
    bearing: Annotated[Radian, Uniform(-2.5, -0.65)]
    """Where it runs to: towards the camera, 0 would be across the picture to the right."""
    obstacle: Annotated[str, Choice("none", "posts", "wall", "blocks", "wedge")]
    chute: Annotated[str, Choice("wood/pine", "wood/walnut", "metal/steel", "plastic/abs")]
    gate: Annotated[str, Choice("wood/oak", "metal/copper", "plastic/abs")]
    solid: Annotated[str, Choice("wood/oak", "stone/granite", "plastic/abs", "ceramic/terracotta")]

    def build(self, key: Key) -> Scene:
        wide, long, wall = self.width, self.length, 0.014
        stock = 0.4 * long
        deep = 0.085
        radius = parts.radius_for(stock * wide * deep, COUNT)
        tilt = parts.turn((0, 1, 0), self.slope)
        yaw = parts.turn((0, 0, 1), self.bearing)
        turned = parts.quaternion(parts.multiply(np.asarray(yaw), np.asarray(tilt)))
        foot = self._place(np.array([-0.12, 0.0, 0.0]), yaw)
        lip = np.array([0.0, 0.0, 0.006 + wall])
        # In the chute's frame: x down the slope from its foot at 0, z off its bed.
        back = -long + stock
        stuff = material(f"granular/{self.grains}")
        domain = Domain(lower=(-1.2, -1.2, 0.0), upper=(1.2, 1.2, 1.2))
        grains = parts.heap(
            "grains",
            key,
            stuff,
            lower=(-long, -wide / 2, 0.0),
            upper=(back, wide / 2, deep),
            radius=radius,
            domain=domain,
            look=parts.grain_look(stuff, key.child("grains"), self.dye),
        )
        bed = parts.moved(grains, turned, foot + lip)
        rim = 1.1 * deep
        chute = [
            parts.at(Box((long + wall, wide + 2 * wall, wall)), -(long + wall) / 2, 0, -wall / 2),
            parts.at(Box((wall, wide + 2 * wall, rim)), -long - wall / 2, 0, rim / 2),
        ]
        for side in (-1, 1):
            chute.append(
                parts.at(
                    Box((long, wall, 0.9 * rim)), -long / 2, side * (wide + wall) / 2, 0.45 * rim
                )
            )
        elements: list[Element] = [
            bed,
            parts.solid(
                "chute", key, self.chute, chute, position=parts.vector(foot + lip), turned=turned
            ),
            self._prop(key, yaw),
            self._gate(key, back + 0.004, turned, foot + lip, rim),
            *self._obstacles(key, yaw),
        ]
        start, tall = -0.12 - long * math.cos(self.slope), long * math.sin(self.slope) + 0.1
        edges = [(start, tall), (start, 0.0), (0.34, 0.08), (0.34, 0.0)]
        places = [(x, y, z) for x, z in edges for y in (-0.6 * wide, 0.6 * wide)]
        return self.stage(key, elements, focus=Focus.around(self._place(np.array(places), yaw)))

    @staticmethod
    def _place(local: Array, yaw: Quaternion) -> Array:
        return rotate(np.asarray(yaw), local)

    def _prop(self, key: Key, yaw: Quaternion) -> Element:
        """Two legs and a beam under the upper end of the chute."""
        run, wide = 0.75 * self.length, self.width
        x = -0.12 - run * math.cos(self.slope)
        top = run * math.sin(self.slope) - 0.012
        pieces = [parts.at(Box((0.022, wide, 0.016)), x, 0, top - 0.008)]
        for side in (-1, 1):
            leg = Box((0.018, 0.018, top - 0.01))
            pieces.append(parts.at(leg, x, side * 0.42 * wide, (top - 0.01) / 2))
        return parts.solid("prop", key, self.chute, pieces, turned=yaw)

    def _gate(
        self, key: Key, where: float, turned: Quaternion, origin: Array, rim: float
    ) -> Element:
        """A plate across the chute that is drawn up off its bed."""
        thick = 0.008
        plate = Box((thick, self.width - 0.002, 1.15 * rim))
        times = np.linspace(0.0, max(self.duration, 0.1), 33)
        lift = 1.35 * rim * parts.eased(times, 0.05, 0.4)
        local = np.stack([np.full(33, where + thick / 2), np.zeros(33), 0.6 * rim + lift], 1)
        path = Keyframes(
            times=times,
            positions=origin + rotate(np.asarray(turned), local),
            quaternions=np.tile(turned, (33, 1)),
        )
        return parts.solid("gate", key, self.gate, [parts.at(plate, 0, 0, 0)], path=path)

    def _obstacles(self, key: Key, yaw: Quaternion) -> list[Element]:
        """What stands where the grains run out."""
        rng = key.child("obstacle").rng()
        wide = self.width

        def stand(
            name: str, part: parts.Part, x: float, y: float, *, free: bool = False
        ) -> Element:
            geometry, (_, _, z), own = part
            spot = self._place(np.array([x, y, z]), yaw)
            turned = parts.quaternion(parts.multiply(np.asarray(yaw), np.asarray(own)))
            return parts.solid(
                name,
                key,
                self.solid,
                [parts.at(geometry, 0, 0, 0)],
                position=parts.vector(spot),
                turned=turned,
                dynamic=free,
            )

        match self.obstacle:
            case "posts":
                tall = 0.12
                post = parts.at(Cylinder(0.013, tall), 0, 0, tall / 2)
                spots = [(0.02 + 0.07 * (k % 2), (k - 2) * wide / 4.5) for k in range(5)]
                return [stand(f"post-{k}", post, x, y) for k, (x, y) in enumerate(spots)]
            case "wall":
                part = parts.at(Box((0.02, wide, 0.07)), 0, 0, 0.035)
                return [stand("wall", part, float(rng.uniform(0.06, 0.12)), 0.0)]
            case "wedge":
                part = parts.at(Box((0.09, 0.09, 0.09)), 0, 0, 0.045, parts.turn((0, 0, 1), 0.785))
                return [stand("wedge", part, 0.08, 0.0)]
            case "blocks":
                size = 0.055
                part = parts.at(Box((size, size, size)), 0, 0, size / 2 + 5e-4)
                upper = parts.at(Box((size, size, size)), 0, 0, 1.5 * size + 1e-3)
                ys = [(k - 1) * 0.062 for k in range(3)]
                found = [stand(f"block-{k}", part, 0.05, y, free=True) for k, y in enumerate(ys)]
                return found + [stand("block-3", upper, 0.05, 0.031, free=True)]
            case _:
                return []
