"""A cup tips and pours beans, pellets or beads into a bowl."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.rotation import rotate
from simgen.scene import Domain, Element, Scene
from simgen.scenes.granular import _parts as parts
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

COUNT = 1_900
SIDES = 28


class BeansIntoBowl(SceneTemplate):
    """A cup tips and pours beans, pellets or beads into a bowl."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "[a cup of {dye}{grains} is tipped over|{dye}{grains} {grains.are} poured from a "
            "cup over|a {cup} cup pours {dye}{grains} towards] a bowl"
        ),
        setup="a {cup} cup full of {dye}{grains} is tilted above a {bowl} bowl",
        event="[the cup tips further over the bowl|slowly the cup is tipped towards the bowl]",
        parameters=(
            "{grains} in a cup of {cup}, radius {cup_radius} and height "
            "{cup_height*cup_radius:m}, tipped over a bowl of {bowl}, radius {bowl_radius} and "
            "depth {bowl_depth*bowl_radius:m}"
        ),
        terms={"dye": parts.DYE_WORDS, "grains.are": parts.agree("is", "are")},
    )

    camera_elevation: Annotated[Radian, Uniform(0.25, 0.55)]
    grains: Annotated[
        str,
        Choice(
            "soybeans",
            "coffee_beans",
            "maize",
            "plastic_pellets",
            "glass_beads",
            "wheat",
            "gravel",
            held_out=("maize",),
        ),
    ]
    dye: Annotated[int, Integers(-10, 9)]
    """Colour of the grains; below zero, their own."""
    cup_radius: Annotated[Metre, Uniform(0.055, 0.068)]
    cup_height: Annotated[Ratio, Uniform(2.0, 2.6)]
    """In radii."""
    bowl_radius: Annotated[Metre, Uniform(0.12, 0.15)]
    bowl_depth: Annotated[Ratio, Uniform(0.45, 0.65)]
    """In radii."""
    bearing: Annotated[Radian, Uniform(-0.8, 0.8)]
    """Where the cup pours to; 0 is across the picture."""
    pace: Annotated[Ratio, Uniform(0.8, 1.2)]
    cup: Annotated[str, Choice("metal/steel", "metal/copper", "ceramic/porcelain", "plastic/abs")]
    bowl: Annotated[str, Choice("wood/oak", "wood/walnut", "ceramic/terracotta", "metal/steel")]

    def build(self, key: Key) -> Scene:
        big = self.cup_radius
        tall = self.cup_height * big
        radius = parts.radius_for(math.pi * big**2 * tall * 0.85, COUNT)
        wall, base = 0.004, 0.005
        bowl_high = self.bowl_depth * self.bowl_radius
        # Cup frame: lip at the origin, +x the way it pours, z up along the cup.
        shift = np.array([-big, 0.0, -tall])
        shell = parts.shell([(big, 0.0), (big, tall)], wall, SIDES)
        cup = [
            (shell, parts.vector(shift), parts.UPRIGHT),
            (Cylinder(big + wall, base), parts.vector(shift + [0, 0, -base / 2]), parts.UPRIGHT),
        ]
        first, last = 1.2, 2.5
        times = np.linspace(0.0, max(self.duration, 0.1), 49)
        end = 0.75 * self.duration / max(self.pace, 0.9)
        angles = first + (last - first) * parts.eased(times, -0.35, end)
        yaw = np.asarray(parts.turn((0, 0, 1), self.bearing))
        axis = parts.vector(rotate(yaw, np.array([0.0, 1.0, 0.0])))
        way = rotate(yaw, np.array([1.0, 0.0, 0.0]))
        lip = -0.35 * self.bowl_radius * way + [0, 0, bowl_high + 0.03 + 0.56 * tall]
        path = parts.swing(
            times,
            parts.vector(lip),
            axis,
            angles,
            parts.quaternion(yaw),
        )
        stuff = material(f"granular/{self.grains}")
        domain = Domain(lower=(-0.7, -0.7, 0.0), upper=(0.7, 0.7, 1.2))
        points, sizes = parts.pack(
            (-big, -big, 0.0), (big, big, tall), radius, key.child("grains"), spread=0.1
        )
        keep = np.hypot(points[:, 0], points[:, 1]) < big - 1.03 * radius
        world = rotate(np.asarray(parts.turn((0, 1, 0), float(angles[0]))), points + shift)
        keep &= world[:, 2] < -1.2 * radius - 0.4 * world[:, 0]
        placed: Array = rotate(np.asarray(path.quaternions)[0], (points + shift)[keep]) + lip
        elements: list[Element] = [
            parts.grains_at(
                "grains",
                key,
                stuff,
                placed,
                sizes[keep],
                radius,
                domain,
                parts.grain_look(stuff, key.child("grains"), self.dye),
            ),
            parts.solid("cup", key, self.cup, cup, path=path),
            self._bowl(key, bowl_high),
        ]
        back = lip - 1.2 * tall * way
        low = np.minimum(back[:2], -np.full(2, 1.15 * self.bowl_radius))
        high = np.maximum(back[:2], np.full(2, 1.15 * self.bowl_radius))
        focus = Focus(
            lower=(float(low[0]), float(low[1]), 0.0),
            upper=(float(high[0]), float(high[1]), bowl_high + 0.03 + 1.35 * tall),
        )
        return self.stage(key, elements, focus=focus)

    def _bowl(self, key: Key, high: float) -> Element:
        """A bowl with a flat bottom and a wall that steepens."""
        r = self.bowl_radius
        base = 0.006
        angle = np.linspace(0.35, 1.25, 5)
        x = (np.sin(angle) - np.sin(angle[0])) / (np.sin(angle[-1]) - np.sin(angle[0]))
        z = (np.cos(angle[0]) - np.cos(angle)) / (np.cos(angle[0]) - np.cos(angle[-1]))
        foot = 0.45 * r
        profile = [(foot + (r - foot) * float(a), base + high * float(b)) for a, b in zip(x, z)]
        pieces = [
            parts.at(parts.shell(profile, 0.005, SIDES), 0, 0, 0),
            parts.at(Cylinder(foot + 0.004, base), 0, 0, base / 2),
        ]
        return parts.solid("bowl", key, self.bowl, pieces)
