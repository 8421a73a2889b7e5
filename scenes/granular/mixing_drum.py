"""Grains of two colours are turned over and mixed in a rotating drum."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Domain, Element, Scene
from simgen.scenes.granular import _parts as parts
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, RadianPerSecond, Ratio
from simgen.words import Words

COUNT = 1_700
DEPTH = 8.0
"""Grains between the back and the front pane, which is clear and not drawn: the domain's wall."""


class MixingDrum(SceneTemplate):
    """Grains of two colours are turned over and mixed in a rotating drum.

    The surface flows at the angle of repose: Rajchenbach, Phys. Rev. Lett. 65, 2221 (1990).
    """

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "a drum with {grains.colour} and {others.colour} {grains} [starts to rotate|begins "
            "to turn|is set turning]"
        ),
        setup=(
            "a {drum} drum with a clear front lies on two rollers, partly filled with "
            "{grains.colour} and {others.colour} {grains} {parted}"
        ),
        event="[the drum starts to rotate|the drum is set turning]",
        parameters=(
            "{grains} in two colours, {parted}, fill {fill} of the height of a drum of {drum}, "
            "radius {drum_radius}, with {lifters} blades inside, turning at {spin}"
        ),
        terms={
            "parted": {
                "sides": "side by side",
                "layers": "in two layers",
                "quarters": "in four fields",
            },
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.05, 0.3)]
    camera_azimuth: Annotated[Radian, Uniform(-0.45, 0.45)]
    grains: Annotated[str, Choice(*parts.GRAINS, held_out=("wheat",))]
    dye: Annotated[int, Integers(0, 9)]
    other_dye: Annotated[int, Integers(1, 9)]
    """Added to the first."""
    parted: Annotated[str, Choice("sides", "layers", "quarters")]
    """How the colours lie at the start."""
    drum_radius: Annotated[Metre, Uniform(0.12, 0.15)]
    fill: Annotated[Ratio, Uniform(0.35, 0.5)]
    """Level over the diameter."""
    spin: Annotated[RadianPerSecond, Uniform(1.6, 3.2)]
    clockwise: Annotated[str, Choice("yes", "no")]
    lifters: Annotated[int, Choice(0, 3, 4, 6)]
    """Blades on the wall."""
    drum: Annotated[str, Choice("metal/steel", "metal/copper", "wood/oak", "plastic/abs")]
    stand: Annotated[str, Choice("wood/walnut", "metal/cast_iron", "plastic/abs")]

    def build(self, key: Key) -> Scene:
        big, wall = self.drum_radius, 0.008
        level = -big + 2 * big * self.fill
        area = big**2 * (math.acos(-level / big) + level / big * math.sqrt(1 - (level / big) ** 2))
        radius = (area * DEPTH * 2 * parts.LOOSE / (COUNT * 4.19)) ** 0.5
        deep = DEPTH * 2 * radius
        front, back = -deep / 2, deep / 2
        hub = big + wall + 0.045
        lying = parts.turn((1, 0, 0), math.pi / 2)
        profile = [(big, front), (big, back)]
        shell = parts.shell(profile, wall, 28)
        pieces: list[parts.Part] = [
            (shell, (0.0, 0.0, 0.0), lying),
            (Cylinder(big + wall, wall), (0.0, back + wall / 2, 0.0), lying),
        ]
        blade = min(0.022, 0.2 * big)
        for k in range(self.lifters):
            angle = 2 * math.pi * k / self.lifters + 0.4
            turned = parts.turn((0, 1, 0), -angle)
            x, z = math.cos(angle) * (big - blade / 2), math.sin(angle) * (big - blade / 2)
            pieces.append((Box((blade, deep * 0.98, 0.006)), (x, 0.0, z), turned))
        times = np.linspace(0.0, max(self.duration, 0.1), 49)
        way = 1.0 if self.clockwise == "yes" else -1.0
        angles = way * self.spin * (times - 0.1 * (1 - np.exp(-times / 0.1)))
        path = parts.swing(times, (0.0, 0.0, hub), (0.0, 1.0, 0.0), angles)

        def inside(points: np.ndarray) -> np.ndarray:
            x, z = points[:, 0], points[:, 2] - hub
            held = np.hypot(x, z) < big * math.cos(math.pi / 28) - 1.02 * radius
            for k in range(self.lifters):
                angle = 2 * math.pi * k / self.lifters + 0.4
                along = x * math.cos(angle) + z * math.sin(angle)
                off = np.abs(z * math.cos(angle) - x * math.sin(angle))
                held &= (off > 0.003 + 1.05 * radius) | (along < big - blade - 1.1 * radius)
            return held

        stuff = material(f"granular/{self.grains}")
        bed = parts.heap(
            "grains",
            key,
            stuff,
            lower=(-big, front, hub - big),
            upper=(big, back, hub + level),
            radius=radius,
            domain=Domain(lower=(-0.6, front, 0.0), upper=(0.6, 0.6, 1.0)),
            inside=inside,
            look=parts.grain_look(stuff, key.child("grains"), self.dye),
        )
        x, z = bed.positions[:, 0], bed.positions[:, 2]
        match self.parted:
            case "sides":
                chosen = x > 0
            case "layers":
                chosen = z > float(np.median(z))
            case _:
                chosen = (x > 0) ^ (z > float(np.median(z)))
        other = parts.grain_look(stuff, key.child("other"), self.dye + self.other_dye)
        elements: list[Element] = parts.split(bed, chosen, other)
        elements.append(parts.solid("drum", key, self.drum, pieces, path=path))
        elements.append(self._stand(key, hub, big + wall, front, back))
        reach = big + 0.05
        focus = Focus(lower=(-reach, front, 0.0), upper=(reach, back, hub + big + 0.02))
        return self.stage(key, elements, focus=focus)

    def _stand(self, key: Key, hub: float, outer: float, front: float, back: float) -> Element:
        """Two rollers under the drum on a plate."""
        size, angle = 0.02, 0.6
        roller = Cylinder(size, back - front)
        lying = parts.turn((1, 0, 0), math.pi / 2)
        pieces: list[parts.Part] = [parts.at(Box((1.9 * outer, back - front, 0.014)), 0, 0, 0.007)]
        for side in (-1, 1):
            way = rotate(from_axis_angle((0, 1, 0), side * angle), np.array([0.0, 0.0, -1.0]))
            x, _, z = (outer + size + 0.002) * way
            high = hub + float(z)
            pieces.append((roller, (float(x), 0.0, high), lying))
            foot = Box((0.012, 0.012, max(high, 0.02)))
            pieces.append(parts.at(foot, float(x), back - 0.01, max(high, 0.02) / 2))
        return parts.solid("stand", key, self.stand, pieces)
