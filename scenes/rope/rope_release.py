"""A rope with a weight is let go at one end and swings round pegs or into towers."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.scene import Element, Quaternion, RigidBody, Rope, Scene, Shape, Vector
from simgen.shapes import bevelled_box, can
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Ratio
from simgen.words import Words

BACK = 0.16
"""Distance of posts behind the plane of the swing [m]: the weight passes in front."""
_ALONG_Y: Quaternion = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)


def _stretch(ratio: float) -> float:
    """The u > 0 with sinh(u) / u = `ratio` > 1, by Newton's method from above."""
    u = math.sqrt(6 * (ratio - 1)) + 1e-9
    for _ in range(50):
        u -= (math.sinh(u) - ratio * u) / (math.cosh(u) - ratio)
    return u


class RopeRelease(SceneTemplate):
    """A rope with a weight is let go at one end and swings round pegs or into towers."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco",)
    words: ClassVar[Words] = Words(
        short="a {weight} ball on a rope is let go [above|near|from a post next to] {obstacle}",
        setup=(
            "a {rope_material} with a {weight} ball at one end is held between two "
            "{post_material} posts, with {obstacle} below it"
        ),
        event="[the end with the ball is let go|the ball is released from its post]",
        parameters=(
            "a ball of {weight}, radius {weight_radius}, on a {rope_material} of radius "
            "{radius} between posts {span} apart, with a slack of {slack}; {obstacle}"
        ),
        terms={
            "rope_material": {
                "textile/hemp_rope": "hemp rope",
                "textile/nylon_rope": "nylon rope",
                "rubber/neoprene": "rubber rope",
            },
            "obstacle": {
                "pegs": "{count.pegs}",
                "blocks": "{count stack of blocks/stacks of blocks}",
                "cans": "{count stack of cans/stacks of cans}",
            },
            "count.pegs": {"1": "a round {peg_material} peg", "*": "two round {peg_material} pegs"},
        },
    )

    span: Annotated[Metre, Uniform(0.8, 1.05)]
    """Between the held ends."""
    slack: Annotated[Ratio, Uniform(0.005, 0.1)]
    """Length of the rope over the distance of its ends, less one."""
    tilt: Annotated[Ratio, Uniform(-0.05, 0.3)]
    """Height of the released end over the held one, divided by the span."""
    clearance: Annotated[Metre, Uniform(0.03, 0.12)]
    """Of the weight over the floor where it would hang at rest."""
    radius: Annotated[Metre, Uniform(0.022, 0.032)]
    weight: Annotated[str, Choice("wood/beech", "stone/granite", "metal/brass", "rubber/natural")]
    """The ball on the released end is made of this."""
    weight_radius: Annotated[Metre, Uniform(0.07, 0.095)]
    obstacle: Annotated[str, Choice("pegs", "blocks", "cans")]
    count: Annotated[int, Integers(1, 3)]
    """Pegs (two at most), or stacks of blocks or cans."""
    rope_material: Annotated[
        str, Choice("textile/hemp_rope", "textile/nylon_rope", "rubber/neoprene")
    ]
    post_material: Annotated[str, Choice("wood/oak", "metal/steel", "wood/walnut", "wood/pine")]
    peg_material: Annotated[str, Choice("wood/beech", "metal/brass", "plastic/abs", "metal/copper")]

    def build(self, key: Key) -> Scene:
        line = self._line()
        if self.obstacle == "pegs":
            props: list[Element] = [self._pegs(key, line)]
        else:
            props = list(self._stacks(key, line))
        stuff = material(self.rope_material)
        bob = self._bob(key, line)
        rope = Rope(
            name="rope",
            points=line,
            radius=self.radius,
            material=stuff,
            look=stuff.look(key.child("rope")),
            pinned=(0,),
            attachments=((len(line) - 1, "bob"),),
        )
        props += [self._stand(key, line), rope, bob]
        left = 0.45 if self.obstacle == "pegs" else 0.65
        lower = (-left * self._length, -0.1, 0.0)
        upper = (
            self.span + 2.2 * self.weight_radius,
            0.15,
            float(line[:, 2].max()) + 2.0 * self.weight_radius,
        )
        return self.stage(key, props, focus=Focus(lower=lower, upper=upper))

    @property
    def _length(self) -> float:
        """Of the rope [m]."""
        return self.span * math.hypot(1.0, self.tilt) * (1.0 + self.slack)

    def _line(self) -> Array:
        """(N, 3) points [m] of equal spacing on the catenary z = a cosh((x - c) / a) + b."""
        w, h, s = self.span, self.tilt * self.span, self._length
        # Length s, width w and rise h fix a: sqrt(s^2 - h^2) = 2 a sinh(w / 2a).
        chord = math.sqrt(s * s - h * h)
        u = _stretch(chord / w)
        a = w / (2 * u)
        c = w / 2 - a * math.atanh(h / s)
        count = max(8, int(s / max(2.6 * self.radius, s / 48)))
        arc = np.linspace(0.0, s, count)
        x = c + a * np.arcsinh(arc / a + math.sinh(-c / a))
        z = a * np.cosh((x - c) / a) - a * math.cosh(-c / a) + self._held
        return np.stack([x, np.zeros(count), z], -1)

    @property
    def _held(self) -> float:
        """Height of the held end [m]."""
        return self._length + self.radius + 2 * self.weight_radius + self.clearance

    def _solid(
        self,
        geometry: Geometry,
        stuff: str,
        key: Key,
        *,
        position: Vector = (0.0, 0.0, 0.0),
        quaternion: Quaternion = (1.0, 0.0, 0.0, 0.0),
        collides: bool = True,
    ) -> Shape:
        item = material(stuff)
        return Shape(
            geometry=geometry,
            material=item,
            look=item.look(key.child(stuff)),
            position=position,
            quaternion=quaternion,
            collides=collides,
        )

    def _stand(self, key: Key, line: Array) -> RigidBody:
        """A post behind each end of the rope with a hook that reaches forward to it."""
        back, parts = BACK, list[Shape]()
        for x, z in ((float(line[0, 0]), line[0, 2]), (float(line[-1, 0]), line[-1, 2])):
            top = float(z)
            post = Cylinder(0.026, top + 0.03)
            parts.append(
                self._solid(post, self.post_material, key, position=(x, back, (top + 0.03) / 2))
            )
            hook = Cylinder(0.008, back)
            parts.append(
                self._solid(
                    hook,
                    "metal/steel",
                    key,
                    position=(x, back / 2, top),
                    quaternion=_ALONG_Y,
                    collides=False,
                )
            )
            foot = Box((0.15, 0.15, 0.025))
            parts.append(self._solid(foot, self.post_material, key, position=(x, back, 0.0125)))
        return RigidBody(name="stand", shapes=tuple(parts), motion="static")

    def _pegs(self, key: Key, line: Array) -> RigidBody:
        """Pegs below the rope near its held end: it wraps around them as the weight swings on."""
        rng = key.child("pegs").rng()
        parts: list[Shape] = []
        count = min(self.count, 2)
        for i in range(count):
            x = self.span * (0.12 + (i + float(rng.uniform(0.0, 0.4))) / count * 0.4)
            r = float(rng.uniform(0.04, 0.065))
            ceiling = float(np.interp(x, line[:, 0], line[:, 2])) - r - self.radius - 0.03
            z = ceiling - self._length * float(rng.uniform(0.0, 0.22)) - 0.12 * i * self._length
            peg = Cylinder(r, 0.3)
            parts.append(
                self._solid(
                    peg,
                    self.peg_material,
                    key,
                    position=(x, BACK - 0.15, z),
                    quaternion=_ALONG_Y,
                )
            )
            leg = Box((0.034, 0.034, z))
            parts.append(
                self._solid(leg, self.post_material, key, position=(x, BACK - 0.017, z / 2))
            )
        return RigidBody(name="pegs", shapes=tuple(parts), motion="static")

    def _stacks(self, key: Key, line: Array) -> list[RigidBody]:
        """Towers in the way of the swing, high enough to be struck by the weight."""
        rng = key.child("stacks").rng()
        side = 0.09
        toy = str(rng.choice(["wood/pine", "plastic/abs", "plastic/abs"]))
        light = self.obstacle == "cans" or toy == "plastic/abs"  # hollow
        found: list[RigidBody] = []
        for i in range(self.count):
            share = (i + float(rng.uniform(0.25, 0.75))) / self.count
            x = self.span * (-0.45 + 0.85 * share)
            arc = self._held - math.sqrt((self._length + self.weight_radius) ** 2 - x * x)
            room = float(np.interp(x, line[:, 0], line[:, 2])) - self.radius - 0.05
            room = room if x > 0.1 * self.span else self._held
            tall = side if self.obstacle == "blocks" else 0.125
            wanted = arc + float(rng.uniform(0.05, 0.3))
            rows = int(np.clip(math.ceil(min(wanted, room - tall) / (tall + 5e-4)), 2, 6))
            for row in range(rows):
                name = f"{self.obstacle[:-1]}_{i}_{row}"
                if self.obstacle == "blocks":
                    edge = 0.05 * side
                    solid: Geometry = bevelled_box(size=(side, side, tall), bevel=edge)
                    stuff, lift = toy, tall / 2
                else:
                    solid, stuff, lift = can(radius=0.038, height=tall), "metal/aluminium", 0.0
                place = (x, float(rng.uniform(-0.01, 0.01)), row * (tall + 5e-4) + lift + 5e-4)
                part = self._solid(solid, stuff, key.child(name))
                mass = (0.03 if self.obstacle == "cans" else 0.3) if light else None
                found.append(RigidBody(name=name, shapes=(part,), position=place, mass=mass))
        return found

    def _bob(self, key: Key, line: Array) -> RigidBody:
        """A ball that the free end is tied to."""
        r = self.weight_radius
        ball = self._solid(Sphere(r), self.weight, key)
        out = line[-1] - line[-2]
        x, y, z = (float(v) for v in line[-1] + out / np.linalg.norm(out) * (r + self.radius))
        return RigidBody(name="bob", shapes=(ball,), position=(x, y, z))
