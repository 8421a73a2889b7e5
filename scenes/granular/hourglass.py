"""Grains run through the neck of a flat hourglass and heap up below."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simgen.camera import Focus
from simgen.geometry import Array, Box
from simgen.key import Key
from simgen.material import material
from simgen.scene import Domain, Element, Scene
from simgen.scenes.granular import _parts as parts
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

COUNT = 1_900
DEPTH = 9.0
"""Grains between the back and the front pane, which is clear and not drawn: the domain's wall."""


class Hourglass(SceneTemplate):
    """Grains run through the neck of a flat hourglass and heap up below.

    The flow through the neck does not depend on the height above it: Beverloo, Leniger & van de
    Velde, Chem. Eng. Sci. 15 (1961).
    """

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "[{dye}{grains} {grains.start} to run through the neck of a flat hourglass|a flat "
            "hourglass full of {dye}{grains} starts to run|{dye}{grains} {grains.pass} the neck "
            "of a flat hourglass]"
        ),
        setup=(
            "a flat hourglass with a {frame} frame and {wedge} funnels stands upright, its "
            "upper half filled with {dye}{grains}"
        ),
        event=(
            "[the {grains} {grains.start} to run through the neck|nothing holds the {grains} "
            "back at the neck]"
        ),
        parameters=(
            "{grains} in a flat hourglass, {2*half_width:m} wide, with funnels of {wedge} "
            "sloping {slope} and a neck {neck} grains wide; frame of {frame}"
        ),
        terms={
            "dye": parts.DYE_WORDS,
            "grains.start": parts.agree("starts", "start"),
            "grains.pass": parts.agree("enters", "enter"),
        },
    )

    frame_count: Annotated[int, Field(ge=1, le=100_000)] = 40
    camera_elevation: Annotated[Radian, Uniform(0.05, 0.3)]
    camera_azimuth: Annotated[Radian, Uniform(-0.5, 0.5)]
    grains: Annotated[str, Choice(*parts.GRAINS, held_out=("soybeans",))]
    dye: Annotated[int, Integers(-4, 9)]
    """Colour of the grains; below zero, their own."""
    second_dye: Annotated[int, Integers(0, 9)]
    """Colour of the upper layer, where there is one."""
    layered: Annotated[str, Choice("one", "two")]
    half_width: Annotated[Metre, Uniform(0.12, 0.15)]
    neck: Annotated[Ratio, Uniform(4.8, 6.2)]
    """Width of the neck in grains."""
    slope: Annotated[Radian, Uniform(0.65, 1.0)]
    """Of the funnel, from the horizontal."""
    frame: Annotated[str, Choice("wood/oak", "wood/walnut", "wood/pine", "plastic/abs")]
    wedge: Annotated[str, Choice("wood/beech", "wood/walnut", "plastic/abs", "metal/aluminium")]

    def build(self, key: Key) -> Scene:
        w = self.half_width
        level = 1.1 * w
        radius = (2 * w * level * DEPTH * 2 * parts.LOOSE / (COUNT * 4.19)) ** 0.5
        deep = DEPTH * 2 * radius
        half_neck = self.neck * radius
        rise = (w - half_neck) * math.tan(self.slope)
        base = 0.02
        middle = base + level + rise
        top = middle + level + rise
        back, front = deep / 2, -deep / 2
        wall = 0.012
        wedges: list[parts.Part] = []
        for side in (-1, 1):
            upper = [(w, middle), (w, middle + rise), (half_neck, middle)]
            lower = [(w, middle), (half_neck, middle), (w, middle - rise)]
            for outline in (upper, lower):
                turned = [(side * x, z) for x, z in outline][:: 1 if side > 0 else -1]
                wedges.append(parts.at(parts.prism(_wound(turned), front, back), 0, 0, 0))
        long = top - base
        frame = [parts.at(Box((2 * w + 2 * wall, wall, long)), 0, back + wall / 2, base + long / 2)]
        for side in (-1, 1):
            post = Box((wall, deep, long))
            frame.append(parts.at(post, side * (w + wall / 2), 0, base + long / 2))
        plate = Box((2 * w + 5 * wall, deep + 3 * wall, base))
        frame += [
            parts.at(plate, 0, wall / 2, base / 2),
            parts.at(plate, 0, wall / 2, top + base / 2),
        ]

        def inside(points: Array) -> NDArray[np.bool_]:
            edge = half_neck + (points[:, 2] - middle) / math.tan(self.slope)
            return np.abs(points[:, 0]) < edge - radius / math.sin(self.slope)

        domain = Domain(lower=(-0.5, front, 0.0), upper=(0.5, 0.5, 1.0))
        stuff = material(f"granular/{self.grains}")
        poured = parts.heap(
            "grains",
            key,
            stuff,
            lower=(-w, front, middle + radius),
            upper=(w, back, middle + rise + 0.9 * level),
            radius=radius,
            domain=domain,
            inside=inside,
            look=parts.grain_look(stuff, key.child("grains"), self.dye),
        )
        elements: list[Element] = [poured]
        if self.layered == "two":
            high = poured.positions[:, 2] > middle + 0.75 * rise
            elements = parts.split(poured, high, parts.grain_look(stuff, key, self.second_dye))
        elements += [
            parts.solid("frame", key, self.frame, frame),
            parts.solid("wedges", key, self.wedge, wedges),
        ]
        reach = w + 2.5 * wall
        focus = Focus(lower=(-reach, front, 0.0), upper=(reach, back + wall, top + base))
        return self.stage(key, elements, focus=focus)


def _wound(outline: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The outline, counter-clockwise."""
    x, z = np.array(outline).T
    area = float(np.sum(x * np.roll(z, -1) - z * np.roll(x, -1)))
    return outline if area > 0 else outline[::-1]
