"""Planar multi-link pendulums: equal but for a small angle, soon far apart."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder
from simgen.key import Key
from simgen.scene import Articulation, Clock, Joint, RigidBody, Scene, Shape
from simgen.scenes.articulated._parts import ALONG_Y, fixture, rod, shape, turn, vector, xyz
from simgen.scenes.rigid._things import PALETTES, Color
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Unit
from simgen.words import Words

_STEP = 2.5e-4
"""Solver step [s]: whipping links need short ones for their energy to stay."""
_GAP = 0.004
"""Free depth between neighbouring links [m]: each link swings in its own plane."""


class PendulumChain(SceneTemplate):
    """Multi-link pendulums released together from almost equal angles: chaos pulls them apart."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[{pendulums jointed pendulum/jointed pendulums} are let go together|{pendulums} "
            "{links.name} pendulums are released|{pendulums} nearly equal pendulums start "
            "together]"
        ),
        setup=(
            "{pendulums} {links.name} pendulums with {rod_material} rods and painted "
            "{bob_material} discs are held up at almost the same angle on a {frame_material} frame"
        ),
        event="[they are let go at the same moment|all of them are released together]",
        parameters=(
            "{pendulums} pendulums of {links} links, the first link {link_length} long, rods of "
            "{rod_material} and bobs of {bob_material}, released at {start_angle} from hanging, "
            "{spread} apart"
        ),
        terms={
            "links.name": {"2": "double", "3": "triple"},
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.45, 0.45)]
    pendulums: Annotated[int, Choice(2, 2, 3)]
    links: Annotated[int, Integers(2, 3)]
    link_length: Annotated[Metre, Uniform(0.14, 0.26)]
    taper: Annotated[Ratio, Uniform(0.8, 1.0)]
    """Length of each link over the one above."""
    bob_size: Annotated[Ratio, Uniform(0.32, 0.42)]
    """Radius of the bobs over the length of the first link."""
    start_angle: Annotated[Radian, Uniform(1.4, 2.6)]
    """Of the first link, from hanging straight down."""
    bend: Annotated[Radian, Uniform(-1.0, 1.0)]
    """Angle of each further link to the one above."""
    spread: Annotated[Radian, Uniform(0.01, 0.08)]
    """Difference of start angle between neighbours."""
    damping: Annotated[float, Uniform(0.0, 2e-4), Unit("N m s/rad")]
    rod_material: Annotated[
        str, Choice("wood/beech", "metal/aluminium", "plastic/acrylic", "wood/walnut")
    ]
    bob_material: Annotated[
        str, Choice("metal/brass", "metal/steel", "plastic/phenolic", "wood/ebony", "metal/copper")
    ]
    frame_material: Annotated[
        str, Choice("wood/oak", "wood/pine", "metal/cast_iron", "metal/aluminium")
    ]

    def build(self, key: Key) -> Scene:
        lengths = self.link_length * self.taper ** np.arange(self.links)
        reach = float(lengths.sum()) + self._bob
        spacing, height = 2 * reach + 0.03, reach + 0.05
        xs = (np.arange(self.pendulums) - (self.pendulums - 1) / 2) * spacing
        elements: list[RigidBody | Articulation] = [self._frame(key, xs, height, spacing)]
        for i, x in enumerate(xs):
            elements.append(self._pendulum(key, i, float(x), height, lengths))
        half = float(xs[-1]) + reach
        near = self.links * (self._thickness + _GAP)
        rise = min(0.95, max(0.3, 0.4 - math.cos(self.start_angle)))
        focus = Focus(lower=(-half, -near, 0.0), upper=(half, 0.04, height + rise * reach))
        scene = self.stage(key, elements, focus=focus)
        substeps = math.ceil(1.0 / (self.fps * _STEP))
        return replace(scene, clock=Clock(frames=self.frame_count, fps=self.fps, substeps=substeps))

    @property
    def _bob(self) -> float:
        """Radius of the bobs [m]."""
        return self.bob_size * self.link_length

    @property
    def _thickness(self) -> float:
        return 0.6 * self._bob

    def _pendulum(
        self, key: Key, number: int, x: float, height: float, lengths: np.ndarray
    ) -> Articulation:
        links: list[RigidBody] = []
        joints: list[Joint] = []
        top = np.array([x, 0.0, height])
        angle = self.start_angle + number * self.spread
        for k, length in enumerate(lengths):
            depth = -k * (self._thickness + _GAP)
            down = np.array([math.sin(angle), 0.0, -math.cos(angle)])
            name = f"pendulum_{number}_link_{k}"
            links.append(
                RigidBody(
                    name=name,
                    shapes=self._link(key, float(length), PALETTES["primary"][number]),
                    position=vector(top + xyz(0.0, depth, 0.0)),
                    quaternion=turn((0, 1, 0), -angle),
                )
            )
            joints.append(
                Joint(
                    name=f"hinge_{number}_{k}",
                    kind="hinge",
                    child=name,
                    parent=links[k - 1].name if k else None,
                    position=vector(top + xyz(0.0, depth, 0.0)),
                    axis=(0.0, 1.0, 0.0),
                    damping=self.damping,
                )
            )
            top = top + down * length
            angle += self.bend
        return Articulation(
            name=f"pendulum_{number}",
            links=tuple(links),
            joints=tuple(joints),
            self_collision=False,
        )

    def _link(self, key: Key, length: float, color: Color) -> tuple[Shape, ...]:
        """Link frame: the hinge is the origin, the bob hangs at -z, its face painted."""
        t, r = self._thickness, self._bob
        bar = Box((0.8 * r, 0.5 * t, length))
        boss = Cylinder(0.6 * r, t)
        bob = Cylinder(r, t)
        face = shape(Cylinder(0.88 * r, 0.002), "plastic/abs", key, quaternion=ALONG_Y,
                     position=(0, -t / 2, -length), color=color, collides=False)  # fmt: skip
        return (
            shape(bar, self.rod_material, key, position=(0, 0, -length / 2)),
            shape(boss, self.bob_material, key, quaternion=ALONG_Y),
            shape(bob, self.bob_material, key, position=(0, 0, -length), quaternion=ALONG_Y),
            face,
        )

    def _frame(self, key: Key, xs: np.ndarray, height: float, spacing: float) -> RigidBody:
        """A beam behind the pendulums on two trestles, with one axle stub per pendulum."""
        back, thick = 0.5 * self._thickness + 0.04, 0.04
        end = float(xs[-1]) + 0.5 * spacing
        stuff = self.frame_material
        parts = [shape(Box((2 * end, thick, thick)), stuff, key, position=(0, back, height))]
        for s in (-1, 1):
            x = s * (end - thick)
            for y in (back - 0.12, back + 0.12):
                parts.append(rod((x, y, 0.0), (x, back, height), 0.014, stuff, key))
        near = 0.5 * self._thickness + 0.002
        for x in xs:
            axle = rod((x, near, height), (x, back, height), 0.3 * self._bob, "metal/steel", key)
            parts.append(axle)
        return fixture("frame", *parts)
