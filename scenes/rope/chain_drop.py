"""A chain of interlocked links runs off a drum that turns freely."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_matrix
from simgen.scene import Articulation, Element, Joint, RigidBody, Scene, Shape
from simgen.scenes.rope._parts import ALONG_Y, between, body, path, quat, resample, solid
from simgen.shapes import bowl, open_box
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, Ratio
from simgen.words import Words

_BEND = 6
"""Straight pieces in the bend at either end of a link; even, so that one corner is at its tip."""


class ChainDrop(SceneTemplate):
    """A chain of interlocked links runs off a drum that turns freely."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco",)
    words: ClassVar[Words] = Words(
        short=(
            "a {chain_material} chain [over a free drum is let go|hangs over a drum and is "
            "released|is let go on a turning drum]"
        ),
        setup=(
            "a {chain_material} chain of {links link/links} hangs over a drum that turns "
            "freely, much more of it on one side{catcher}"
        ),
        event="[the chain is let go|nothing holds the chain any more]",
        parameters=(
            "a chain of {chain_material}, {links} links of wire with a radius of {wire}, "
            "{share} of the free part on the longer side, its end {gap} above the ground, over "
            "a drum of {bar_material}, radius {bar_radius} and {drum_mass}"
        ),
        terms={
            "catcher": {
                "bowl": ", with a porcelain bowl below it",
                "box": ", with an open wooden box below it",
                "floor": "",
            },
        },
    )

    links: Annotated[int, Integers(14, 16)]
    wire: Annotated[Metre, Uniform(0.0115, 0.0135)]
    """Radius of the wire that a link is bent from."""
    link_length: Annotated[Ratio, Uniform(3.4, 4.2)]
    """Straight part of a link in wire radii."""
    bar_radius: Annotated[Metre, Uniform(0.09, 0.11)]
    share: Annotated[Ratio, Uniform(0.62, 0.72)]
    """Of the chain that hangs on its longer side."""
    gap: Annotated[Metre, Uniform(0.05, 0.12)]
    """From the lower end of the chain to the floor."""
    catcher: Annotated[str, Choice("bowl", "box", "floor")]
    chain_material: Annotated[
        str, Choice("metal/steel", "metal/brass", "metal/gold", "plastic/abs", "metal/copper")
    ]
    drum_mass: Annotated[Kilogram, Uniform(0.3, 0.8)]
    bar_material: Annotated[str, Choice("metal/stainless_steel", "plastic/nylon", "wood/beech")]

    def build(self, key: Key) -> Scene:
        side = 1.0 if key.child("side").rng().random() < 0.5 else -1.0
        nodes, high = self._nodes()
        nodes[:, 0] *= side
        props: list[Element] = [self._drum(key, high), self._stand(key, high)]
        props += [self._link(key, k, nodes[k], nodes[k + 1]) for k in range(self.links)]
        props += self._catcher(key, float(nodes[-1, 0]))
        wide, top = 0.4, high + 2.2 * self.bar_radius
        return self.stage(key, props, focus=Focus(lower=(-wide, -0.2, 0.0), upper=(wide, 0.2, top)))

    @property
    def _pitch(self) -> float:
        """Distance of the centres of neighbouring links [m]: the inner length of one, a bit
        slack."""
        return self._straight + 2 * self._bend - 2.8 * self.wire

    @property
    def _straight(self) -> float:
        return self.link_length * self.wire

    @property
    def _bend(self) -> float:
        """Radius of the centre line of a link's ends [m]: another wire passes with room."""
        return 2.5 * self.wire

    @property
    def _link_mass(self) -> Kilogram:
        """Of the bent wire; its pieces overlap at their ends."""
        (density,) = material(self.chain_material).require("density")
        return density * math.pi * self.wire**2 * 2 * (self._straight + math.pi * self._bend)

    def _nodes(self) -> tuple[Array, float]:
        """(links + 1, 3) points between the links over the drum, the short side first, and the
        height of its axle."""
        whole = self.links * self._pitch
        r = self.bar_radius + self._bend + 2.2 * self.wire
        r /= math.cos(self._pitch / (2 * r))
        bent = math.pi * r
        long = self.share * (whole - bent)
        high = self.gap + long + 0.05
        a = np.linspace(math.pi, 0.0, 200)
        over = np.stack([r * np.cos(a), 0 * a, high + r * np.sin(a)], axis=1)
        short = whole - bent - long
        curve = path((-r, 0.0, high - short - 0.2), over, (r, 0.0, high - long - 0.2))
        # From the lower end of the long side upwards, in equal chords.
        back = resample(curve[::-1], self._pitch / 24)
        walked = [back[np.argmax(back[:, 2] >= self.gap + 0.03)]]
        rest = back[int(np.argmax(back[:, 2] >= self.gap + 0.03)) :]
        at = 0
        while len(walked) < self.links + 1:
            far = np.linalg.norm(rest[at:] - walked[-1], axis=1) >= self._pitch
            at += int(np.argmax(far))
            step = rest[at] - walked[-1]
            walked.append(walked[-1] + step * self._pitch / np.linalg.norm(step))
        return np.array(walked[::-1]), high

    def _link(self, key: Key, number: int, a: Array, b: Array) -> RigidBody:
        """A ring with straight sides, every other one turned by a right angle."""
        z = (b - a) / np.linalg.norm(b - a)
        y = np.array([0.0, 1.0, 0.0])
        x = np.cross(y, z)
        c = math.sqrt(0.5)  # all links lie at 45 degrees to the drum, one way or the other
        turn = c if number % 2 else -c
        u = c * x + turn * y
        frame = np.stack([u, np.cross(z, u), z], axis=1)
        shade = key.child("link", number % 2)
        return body(
            f"link_{number}",
            *self._wire(shade),
            position=0.5 * (a + b),
            quaternion=quat(from_matrix(frame)),
            mass=self._link_mass,
        )

    def _wire(self, key: Key) -> list[Shape]:
        """Capsules along the centre line of a link in its x-z plane."""
        half, r = self._straight / 2, self._bend
        bend = [math.pi * k / _BEND for k in range(_BEND + 1)]
        upper = [(r * math.cos(t), 0.0, half + r * math.sin(t)) for t in bend]
        lower = [(-r * math.cos(t), 0.0, -half - r * math.sin(t)) for t in bend]
        corners = [*upper, *lower, upper[0]]
        look = material(self.chain_material).look(key)
        parts: list[Shape] = []
        for p, q in pairwise(corners):
            piece = between(key, p, q, self.wire, self.chain_material, capped=True)
            parts.append(
                Shape(
                    geometry=piece.geometry,
                    material=piece.material,
                    look=look,
                    position=piece.position,
                    quaternion=piece.quaternion,
                )
            )
        return parts

    def _drum(self, key: Key, high: float) -> Articulation:
        """A drum with rims on a hinge, marked so that its turning is seen."""
        half = 0.09
        at = (0.0, 0.0, high)
        parts = [solid(key, Cylinder(self.bar_radius, 2 * half), self.bar_material)]
        for z in (-half, half):
            rim = Cylinder(1.7 * self.bar_radius, 0.016)
            parts.append(solid(key.child("rim"), rim, "wood/walnut", position=(0, 0, z)))
            mark = Box((3.2 * self.bar_radius, 0.02, 0.006))
            parts.append(solid(key.child("mark"), mark, "plastic/pvc", position=(0, 0, 1.11 * z),
                               collides=False))  # fmt: skip
        drum = body("drum", *parts, position=at, quaternion=ALONG_Y, mass=self.drum_mass)
        axle = Joint(name="axle", kind="hinge", child="drum", position=at, axis=(0.0, 1.0, 0.0),
                     damping=2e-4)  # fmt: skip
        return Articulation(name="winch", links=(drum,), joints=(axle,))

    def _stand(self, key: Key, high: float) -> RigidBody:
        """Two posts that hold the drum from behind."""
        parts = [
            solid(key, Cylinder(0.014, 0.3), "metal/steel", position=(0, 0.05, high),
                  quaternion=ALONG_Y, collides=False),
            solid(key, Box((0.05, 0.05, high + 0.03)), "wood/walnut",
                  position=(0, 0.19, (high + 0.03) / 2), collides=False),
            solid(key, Box((0.3, 0.2, 0.03)), "wood/walnut", position=(0, 0.19, 0.015)),
        ]  # fmt: skip
        return body("stand", *parts, motion="static")

    def _catcher(self, key: Key, x: float) -> list[RigidBody]:
        """What the chain falls into."""
        where = key.child("catcher")
        match self.catcher:
            case "bowl":
                dish = solid(where, bowl(radius=0.2, height=0.11), "ceramic/porcelain")
            case "box":
                dish = solid(where, open_box(size=(0.36, 0.36, 0.1)), "wood/pine")
            case _:
                return []
        return [body("catcher", dish, position=(x, 0.0, 0.0), motion="static")]
