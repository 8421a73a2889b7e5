"""A sieve is shaken: small grains fall through its bars, large ones stay."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Capsule
from simgen.key import Key
from simgen.material import material
from simgen.particles import pack
from simgen.scene import Domain, Element, Keyframes, RigidBody, Scene
from simgen.scenes.granular import _parts as parts
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Hertz, Metre, Radian, Ratio
from simgen.words import Words

LARGE = 28


class Sieve(SceneTemplate):
    """A sieve is shaken: small grains fall through its bars, large ones stay."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "a sieve with {dye}{small} and {large} is [shaken|shaken from side to side|set shaking]"
        ),
        setup="fine {dye}{small} and coarse {large} lie mixed in a {frame} sieve on four legs",
        event="[the sieve is shaken from side to side|the sieve starts to shake sideways]",
        parameters=(
            "{small} and {large} with {ratio} times the radius in a sieve of {frame}, "
            "{2*half_width:m} wide and {height} above the ground, shaken at {frequency:Hz} by "
            "{amplitude}"
        ),
        terms={"dye": parts.DYE_WORDS},
    )

    camera_elevation: Annotated[Radian, Uniform(0.3, 0.6)]
    small: Annotated[str, Choice("dry_sand", "sugar", "rice", "wheat", "plastic_pellets")]
    large: Annotated[str, Choice("gravel", "glass_beads", "iron_ore_pellets", "soybeans")]
    dye: Annotated[int, Integers(-4, 9)]
    """Colour of the small grains; below zero, their own."""
    half_width: Annotated[Metre, Uniform(0.09, 0.11)]
    ratio: Annotated[Ratio, Uniform(2.0, 2.6)]
    """Radius of the large grains over that of the small ones."""
    frequency: Annotated[Hertz, Uniform(4.0, 5.2)]
    """Slow enough for 24 frames a second to show the motion: chords of a swing above 5.6 Hz are off
    its velocities by a fifth."""
    amplitude: Annotated[Metre, Uniform(0.01, 0.016)]
    height: Annotated[Metre, Uniform(0.09, 0.13)]
    """Of the bars above the floor."""
    heading: Annotated[Radian, Uniform(-0.6, 0.6)]
    """Of the shaking; 0 is across the picture."""
    frame: Annotated[str, Choice("wood/oak", "wood/pine", "metal/steel", "plastic/abs")]

    def build(self, key: Key) -> Scene:
        a = self.half_width
        small = 0.062 * a
        large = self.ratio * small
        bar, rim, wall = 0.0022, 0.06, 0.01
        z = self.height
        yaw = parts.turn((0, 0, 1), self.heading)
        gap = 2 * small * 1.6
        count = max(3, math.floor(2 * a / (gap + 2 * bar)))
        step = 2 * a / count
        bars: list[parts.Part] = []
        along = parts.turn((1, 0, 0), math.pi / 2)
        for k in range(count + 1):
            bars.append((Capsule(bar, 2 * a), (-a + k * step, 0.0, -bar), along))
        for s in (-1, 1):
            bars.append(
                parts.at(Box((wall, 2 * a + 2 * wall, rim)), s * (a + wall / 2), 0, 0.4 * rim)
            )
            bars.append(parts.at(Box((2 * a, wall, rim)), 0, s * (a + wall / 2), 0.4 * rim))
        times = np.arange(0.0, self.duration + 0.02, 1.0 / 240.0)
        grow = parts.eased(times, 0.0, 0.25)
        sway = self.amplitude * grow * np.sin(2 * math.pi * self.frequency * times)
        axis = parts.rotate(np.asarray(yaw), np.array([1.0, 0.0, 0.0]))
        path = Keyframes(
            times=times,
            positions=np.array([0.0, 0.0, z]) + sway[:, None] * axis,
            quaternions=np.tile(yaw, (len(times), 1)),
        )
        domain = Domain(lower=(-0.6, -0.6, 0.0), upper=(0.6, 0.6, 0.8))
        elements = self._fill(key, small, large, yaw, domain)
        elements += [
            parts.solid("sieve", key, self.frame, bars, path=path),
            self._posts(key, yaw, a + wall),
        ]
        reach = 1.5 * a
        focus = Focus(lower=(-reach, -reach, 0.0), upper=(reach, reach, z + rim))
        return self.stage(key, elements, focus=focus)

    def _fill(
        self, key: Key, small: float, large: float, yaw: parts.Quaternion, domain: Domain
    ) -> list[Element]:
        """Large grains on the bars and small ones between and above them."""
        a = self.half_width
        # large ones first, loose, then small ones wherever they leave room
        low, high = 0.001, 0.0
        deep = LARGE * 4.19 * large**3 / 0.2 / (4 * a * a)
        high = low + max(deep, 2.4 * large)
        rocks, rock_sizes = pack(
            (-a, -a, low), (a, a, high), large, key.child("large"), spread=0.1, fraction=0.2
        )
        room = high + 0.022
        fine, fine_sizes = pack(
            (-a, -a, low), (a, a, room), small, key.child("small"), spread=0.1, fraction=0.5
        )
        gaps = np.linalg.norm(fine[:, None] - rocks[None], axis=2) - rock_sizes[None]
        free = (gaps > fine_sizes[:, None]).all(1)
        shift = np.array([0.0, 0.0, self.height])
        found: list[Element] = []
        for name, kind, points, sizes, radius, dye in (
            ("fine", self.small, fine[free], fine_sizes[free], small, self.dye),
            ("coarse", self.large, rocks, rock_sizes, large, -1),
        ):
            stuff = material(f"granular/{kind}")
            look = parts.grain_look(stuff, key.child(name), dye)
            grains = parts.grains_at(name, key, stuff, points, sizes, radius, domain, look)
            found.append(parts.moved(grains, yaw, shift))
        return found

    def _posts(self, key: Key, yaw: parts.Quaternion, half: float) -> RigidBody:
        """Four legs the sieve glides on."""
        tall = self.height - 0.012
        legs = [
            parts.at(Box((0.012, 0.012, tall)), sx * (half - 0.004), sy * (half + 0.004), tall / 2)
            for sx in (-1, 1)
            for sy in (-1, 1)
        ]
        return parts.solid("legs", key, self.frame, legs, turned=yaw)
