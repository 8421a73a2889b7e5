"""A heavy ball on a chain swings into a wall of loose blocks."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Box, Capsule, Sphere
from simgen.key import Key
from simgen.scene import Articulation, Joint, RigidBody, Scene
from simgen.scenes.articulated._parts import (
    along,
    fixture,
    heading,
    rod,
    shape,
    turn,
    vector,
    xyz,
)
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

_SEAM = 5e-4
"""Gap between blocks [m]."""


class WreckingBall(SceneTemplate):
    """A wrecking ball on a chain of links swings from a crane into a wall of loose blocks."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "a wrecking ball [swings towards|is let go towards|on a chain is released in front "
            "of] a wall of blocks"
        ),
        setup=(
            "a {ball_material} ball on a steel chain is held up to the side below a crane, next "
            "to a wall of loose {block_material} blocks"
        ),
        event="[the ball is let go and swings towards the wall|the ball is released]",
        parameters=(
            "a ball of {ball_material}, radius {ball_radius}, on a chain of {links} links, "
            "{chain_length} long, released at {pull_angle} from hanging; a wall of "
            "{block_material}, {rows} courses high, of blocks {block_width} wide"
        ),
    )

    columns: Annotated[int, Integers(3, 4)]
    rows: Annotated[int, Integers(4, 6)]
    block_width: Annotated[Metre, Uniform(0.24, 0.36)]
    links: Annotated[int, Integers(4, 8)]
    chain_length: Annotated[Metre, Uniform(1.3, 2.0)]
    ball_radius: Annotated[Metre, Uniform(0.13, 0.22)]
    pull_angle: Annotated[Radian, Uniform(0.7, 1.25)]
    """Of the chain at release, from hanging straight down."""
    strike_height: Annotated[Ratio, Uniform(0.35, 0.75)]
    """Height of the ball's lowest point over the wall's."""
    offset: Annotated[Ratio, Uniform(-0.3, 0.3)]
    """Side shift of the wall over its width."""
    yaw: Annotated[Radian, Uniform(-0.9, 0.9)]
    """Heading of the swing; zero runs across the picture."""
    block_material: Annotated[
        str,
        Choice("stone/brick", "stone/concrete", "wood/pine", "stone/sandstone", "paper/cardboard"),
    ]
    ball_material: Annotated[str, Choice("metal/cast_iron", "metal/steel", "stone/granite")]

    def build(self, key: Key) -> Scene:
        r, w = self.ball_radius, self.block_width
        h, d = 0.5 * w, 0.45 * w
        wall_height = self.rows * (h + _SEAM)
        low = max(self.strike_height * wall_height, r + 0.05)
        pivot = np.array([0.0, 0.0, low + r + self.chain_length])
        blocks = self._wall(key, w, h, d, x=r + d / 2 + 0.02)
        crane = self._crane(key, pivot)
        swing = self.chain_length + r
        wide = 0.5 * self.columns * w + 0.05
        start = -math.sin(self.pull_angle) * swing - r
        lifted = low + swing * (1 - math.cos(self.pull_angle))
        places = (
            corners((start, -r, lifted), (0.0, r, lifted + 5 * r)),
            corners((-r, -1.3 * wide, 0.0), (2 * r + d, 1.3 * wide, wall_height + 0.5 * h)),
            corners((2.2, -wide, 0.0), (2.2, wide, 0.0)),
        )
        focus = Focus.around(*(heading(p, self.yaw) for p in places))
        return self.stage(key, [*crane, *blocks], focus=focus)

    def _wall(self, key: Key, w: float, h: float, d: float, *, x: float) -> list[RigidBody]:
        """A running bond: every other course starts with a half block."""
        found: list[RigidBody] = []
        shift = self.offset * self.columns * w
        for row in range(self.rows):
            edges = np.arange(self.columns + 1) * w
            if row % 2:
                edges = np.concatenate([[0.0], edges[:-1] + w / 2, [self.columns * w]])
            edges = edges - self.columns * w / 2 + shift
            for i, (a, b) in enumerate(pairwise(edges)):
                name = f"block_{row}_{i}"
                brick = Box((d, float(b - a) - _SEAM, h))
                place = heading((x, (a + b) / 2, row * (h + _SEAM) + h / 2 + _SEAM), self.yaw)
                found.append(
                    RigidBody(
                        name=name,
                        shapes=(shape(brick, self.block_material, key.child(name)),),
                        position=vector(place),
                        quaternion=turn((0, 0, 1), self.yaw),
                    )
                )
        return found

    def _crane(self, key: Key, pivot: np.ndarray) -> list[RigidBody | Articulation]:
        a = self.pull_angle
        out = heading((-math.sin(a), 0.0, -math.cos(a)), self.yaw)
        step = self.chain_length / self.links
        thick = 0.018
        links: list[RigidBody] = []
        joints: list[Joint] = []
        for k in range(self.links):
            start, end = pivot + out * step * k, pivot + out * step * (k + 1)
            middle, q, length = along(start, end)
            name = f"chain_{k}"
            solid = shape(Capsule(thick, length - 2 * thick), "metal/steel", key)
            links.append(RigidBody(name=name, shapes=(solid,), position=middle, quaternion=q))
            joints.append(self._joint(name, links[k - 1].name if k else None, start))
        end = pivot + out * self.chain_length
        center = end + out * self.ball_radius
        ball = shape(Sphere(self.ball_radius), self.ball_material, key)
        links.append(RigidBody(name="wrecking_ball", shapes=(ball,), position=vector(center)))
        joints.append(self._joint("wrecking_ball", links[-2].name, end))
        chain = Articulation(name="crane", links=tuple(links), joints=tuple(joints))
        return [self._mast(key, pivot), chain]

    def _joint(self, child: str, parent: str | None, position: np.ndarray) -> Joint:
        return Joint(
            name=f"eye_{child}",
            kind="ball",
            child=child,
            parent=parent,
            position=vector(position),
            damping=0.02,
        )

    def _mast(self, key: Key, pivot: np.ndarray) -> RigidBody:
        """A jib that reaches over the swing from a mast behind it."""
        stuff, height = "metal/cast_iron", float(pivot[2]) + 0.08
        foot = heading((0.0, 1.7, 0.0), self.yaw)
        if foot[1] < 0:  # keep the mast behind the event as the camera sees it
            foot = -foot
        top = foot + xyz(0.0, 0.0, height)
        tip = np.array([0.0, 0.0, height])
        base = shape(Box((0.7, 0.7, 0.12)), "stone/concrete", key, position=foot + xyz(0, 0, 0.06))
        brace = rod(top - xyz(0, 0, 0.6), 0.62 * top + 0.38 * tip, 0.03, stuff, key)
        return fixture(
            "crane_mast",
            rod(foot + xyz(0, 0, 0.12), top, 0.07, stuff, key),
            rod(top, tip, 0.045, stuff, key, rounded=True),
            rod(tip, pivot, 0.014, "metal/steel", key, collides=False),  # the eye of the chain
            brace,
            base,
        )
