"""Grains pour from a hopper and build a heap on what stands below."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.scene import Domain, Element, RigidBody, Scene
from simgen.scenes.granular import _parts as parts
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

COUNT = 1_800


class HopperPile(SceneTemplate):
    """Grains pour from a hopper and build a heap on what stands below.

    Discharge: Beverloo, Leniger & van de Velde, Chem. Eng. Sci. 15 (1961).
    """

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "[{dye}{grains} {grains.run} out of|a flow of {dye}{grains} leaves|{dye}{grains} "
            "{grains.start} to run from] a hopper"
        ),
        setup="a {vessel} hopper full of {dye}{grains} stands on three legs{below}",
        event=(
            "[the {grains} {grains.start} to run out of its opening|its opening lets the "
            "{grains} out]"
        ),
        parameters=(
            "{grains} in a hopper of {vessel} with {sides} sides, radius {top_radius}, its "
            "walls {slope} steep and its opening {drop} above the ground{below}"
        ),
        terms={
            "dye": parts.DYE_WORDS,
            "grains.run": parts.agree("runs", "run"),
            "grains.start": parts.agree("starts", "start"),
            "below": {
                "floor": "",
                "plate": ", a flat {solid} disc lying below its opening",
                "post": ", a {solid} post standing below its opening",
                "ball": ", a {solid} ball lying below its opening",
                "box": ", a {solid} block standing below its opening",
            },
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.12, 0.45)]
    grains: Annotated[str, Choice(*parts.GRAINS, held_out=("coffee_beans",))]
    dye: Annotated[int, Integers(-8, 9)]
    """Colour of the grains; below zero, their own."""
    top_radius: Annotated[Metre, Uniform(0.1, 0.125)]
    """Of the hopper."""
    neck: Annotated[Ratio, Uniform(6.5, 9.0)]
    """Diameter of the opening in grains."""
    slope: Annotated[Radian, Uniform(0.7, 1.05)]
    """Of the hopper's wall, from the horizontal."""
    sides: Annotated[int, Choice(4, 6, 8, 24)]
    """Of the hopper: square to round."""
    drop: Annotated[Metre, Uniform(0.1, 0.16)]
    """Height of the opening above the floor."""
    below: Annotated[str, Choice("floor", "plate", "post", "ball", "box")]
    """What the grains fall on."""
    vessel: Annotated[
        str, Choice("metal/steel", "metal/copper", "plastic/abs", "wood/birch_plywood")
    ]
    solid: Annotated[str, Choice("wood/oak", "stone/granite", "ceramic/terracotta", "plastic/abs")]

    def build(self, key: Key) -> Scene:
        big = self.top_radius
        cone = 0.6 * big * math.tan(self.slope)
        collar = max(0.03, 1.5 * big - cone)
        radius = parts.radius_for(3.3 * big**2 * (0.85 * collar + 0.5 * cone), COUNT)
        neck = self.neck * radius
        rise = (big - neck) * math.tan(self.slope)
        low = self.drop + 0.008
        profile = [(neck, low), (big, low + rise), (big, low + rise + collar)]
        top = profile[-1][1]
        stuff = material(f"granular/{self.grains}")
        poured = parts.heap(
            "grains",
            key,
            stuff,
            lower=(-big, -big, low + radius),
            upper=(big, big, top - 0.1 * collar),
            radius=radius,
            domain=Domain(lower=(-0.7, -0.7, 0.0), upper=(0.7, 0.7, 1.2)),
            inside=parts.within(profile, 1.02 * radius),
            look=parts.grain_look(stuff, key.child("grains"), self.dye),
        )
        hopper = [parts.at(parts.shell(profile, 0.004, self.sides), 0, 0, 0)]
        arm = 1.25 * big
        hub = low + rise + 0.4 * collar
        for k in range(3):
            angle = 2 * math.pi * k / 3 + math.pi / 6 + 0.3
            x, y = arm * math.cos(angle), arm * math.sin(angle)
            hopper.append(parts.at(Cylinder(0.007, hub), x, y, hub / 2))
            spoke = Box((0.34 * big, 0.01, 0.008))
            turned = parts.turn((0, 0, 1), angle)
            at = 1.22 * big
            place = (at * math.cos(angle), at * math.sin(angle), hub - 0.004)
            hopper.append((spoke, place, turned))
        elements: list[Element] = [poured, parts.solid("hopper", key, self.vessel, hopper)]
        elements += self._below(key)
        reach = 1.5 * big
        focus = Focus(lower=(-reach, -reach, 0.0), upper=(reach, 0.8 * reach, top))
        return self.stage(key, elements, focus=focus)

    def _below(self, key: Key) -> list[RigidBody]:
        """What stands under the opening, lower than it."""
        rng = key.child("below").rng()
        size = self.drop * float(rng.uniform(0.35, 0.55))
        match self.below:
            case "plate":
                part = parts.at(Cylinder(1.6 * size, 0.012), 0, 0, 0.006)
            case "post":
                part = parts.at(Cylinder(0.35 * size, size), 0, 0, size / 2)
            case "ball":
                part = parts.at(Sphere(size / 2), 0, 0, size / 2)
            case "box":
                turned = parts.turn((0, 0, 1), float(rng.uniform(0, math.pi)))
                part = parts.at(Box((size, size, 0.7 * size)), 0, 0, 0.35 * size, turned)
            case _:
                return []
        return [parts.solid("obstacle", key, self.solid, [part])]
