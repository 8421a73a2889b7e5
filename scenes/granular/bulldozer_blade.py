"""A blade drives into a bed of grains and pushes a growing wall of them ahead."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Domain, Element, Keyframes, Scene
from simgen.scenes.granular import _parts as parts
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian
from simgen.words import Words

COUNT = 2_000


class BulldozerBlade(SceneTemplate):
    """A blade drives into a bed of grains and pushes a growing wall of them ahead."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "newton")
    words: ClassVar[Words] = Words(
        short="a blade [drives into|is pushed into|moves towards] a bed of {dye}{grains}",
        setup="a {form} {blade} blade stands in front of a flat bed of {dye}{grains}",
        event="[the blade drives forward into the bed|a steady push moves the blade into the bed]",
        parameters=(
            "a {form} blade of {blade}, leaning back by {rake}, moves at {speed} into a bed of "
            "{grains}, {width} wide and {depth} deep"
        ),
        terms={
            "dye": parts.DYE_WORDS,
            "form": {"straight": "straight", "wedge": "wedge-shaped", "cup": "scoop-shaped"},
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.3, 0.6)]
    grains: Annotated[str, Choice(*parts.GRAINS, held_out=("maize",))]
    dye: Annotated[int, Integers(-6, 9)]
    """Colour of the grains; below zero, their own."""
    striped: Annotated[str, Choice("no", "yes")]
    """Whether the far half of the bed has another colour."""
    width: Annotated[Metre, Uniform(0.2, 0.28)]
    """Of the bed."""
    depth: Annotated[Metre, Uniform(0.045, 0.06)]
    speed: Annotated[MetrePerSecond, Uniform(0.22, 0.34)]
    form: Annotated[str, Choice("straight", "wedge", "cup")]
    """Of the blade, seen from above."""
    rake: Annotated[Radian, Uniform(-0.25, 0.35)]
    """How far the blade leans back."""
    heading: Annotated[Radian, Uniform(-0.5, 0.5)]
    """Of the push; 0 is across the picture."""
    blade: Annotated[str, Choice("metal/steel", "metal/brass", "plastic/abs", "wood/beech")]

    def build(self, key: Key) -> Scene:
        long, wide = 1.5 * self.width, self.width
        radius = parts.radius_for(long * wide * self.depth, COUNT)
        stuff = material(f"granular/{self.grains}")
        domain = Domain(lower=(-1.2, -1.2, 0.0), upper=(1.2, 1.2, 1.0))
        bed = parts.heap(
            "grains",
            key,
            stuff,
            lower=(0.0, -wide / 2, 0.0),
            upper=(long, wide / 2, self.depth),
            radius=radius,
            domain=domain,
            look=parts.grain_look(stuff, key.child("grains"), self.dye),
        )
        far = bed.positions[:, 0] > 0.45 * long
        turned = parts.turn((0, 0, 1), self.heading)
        centre = np.array([0.55 * long, 0.0, 0.0])
        bed = parts.moved(bed, turned, -rotate(np.asarray(turned), centre))
        elements: list[Element] = [bed]
        if self.striped == "yes":
            rng = key.child("stripe").rng()
            elements = parts.split(bed, far, parts.grain_look(stuff, key, int(rng.integers(10))))
        elements.append(self._blade(key, radius, centre))
        reach = 0.85 * long
        focus = Focus(
            lower=(-reach, -0.75 * wide, 0.0), upper=(1.05 * reach, 0.75 * wide, 2.1 * self.depth)
        )
        return self.stage(key, elements, focus=focus)

    def _blade(self, key: Key, radius: float, centre: np.ndarray) -> Element:
        """Plates that glide on the floor, so that no grain is nipped under their edge (a wedge
        narrower than two angles of friction holds what it meets); their front edge is at the origin
        of the body."""
        high, thick, half = 2.1 * self.depth, 3.4 * radius, 0.4 * self.width
        back = -math.tan(self.rake) * high
        outline = [(-thick, 0.0), (0.0, 0.0), (back, high), (back - thick, high)]
        fold = {"straight": 0.0, "wedge": -0.45, "cup": 0.6}[self.form]
        plates: list[parts.Part] = []
        for side in (-1, 1):
            yaw = parts.turn((0, 0, 1), -side * fold)
            ends = sorted((-0.02 * side * half, 1.02 * side * half))
            plates.append(parts.at(parts.prism(outline, *ends), 0.0, 0.0, 1e-4, yaw))
        turned = from_axis_angle((0, 0, 1), self.heading)
        ahead = rotate(turned, np.array([1.0, 0.0, 0.0]))
        back = rotate(turned, np.array([-0.09, 0.0, 0.0]) - centre)
        times = np.linspace(0.0, max(self.duration, 0.1), 25)
        way = self.speed * (times - 0.08 * (1 - np.exp(-times / 0.08)))
        path = Keyframes(
            times=times,
            positions=back + way[:, None] * ahead,
            quaternions=np.tile(turned, (len(times), 1)),
        )
        return parts.solid("blade", key, self.blade, plates, path=path)
