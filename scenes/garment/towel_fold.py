"""Two grippers take a towel by its corners and fold it in half, by a third or corner to corner."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box
from simgen.key import Key
from simgen.lattice import sheet
from simgen.material import material
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import Cloth, Keyframes, RigidBody, Scene
from simgen.scenes.garment._parts import (
    FABRICS,
    body,
    distinct,
    eased,
    instants,
    rumpled,
    usual,
    vec,
)
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian
from simgen.words import Words

SPACING = 0.024
"""Edge of the mesh [m]."""
GRIP = 0.016
"""Edge of a gripper's jaw [m]."""
LYING = 0.0065
"""Height of a cloth that lies [m]: vertices keep a fifth of an edge."""


class TowelFold(SceneTemplate):
    """A towel on a board is taken by its corners and folded, then the grippers rest on it."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "a {fabric} towel is [taken by {fold.what} and carried over|picked up at "
            "{fold.what}|gripped at {fold.what} and lifted over]"
        ),
        setup="a {fabric} towel lies flat on a {board} board, with {fold.who} at {fold.what}",
        event="[{fold.lift} over {fold}|holding on to the cloth, {fold.lift} over {fold}]",
        parameters=(
            "a towel of {fabric}, {fold.size}, carried over {fold} in about 1.1 s divided by "
            "{pace}, on an arc {arch} times as high as round; board of {board}"
        ),
        terms={
            "fold": {
                "half": "to the opposite edge",
                "third": "by two thirds of its length",
                "corner": "to the opposite corner",
            },
            "fold.who": {"corner": "a steel gripper", "*": "two steel grippers"},
            "fold.what": {"corner": "one corner", "*": "the corners of one edge"},
            "fold.lift": {
                "corner": "the gripper lifts it and carries it",
                "*": "the grippers lift them and carry them",
            },
            "fold.size": {"corner": "{width} square", "*": "{width} wide and {length} long"},
        },
    )

    fabric: Annotated[str, Choice(*FABRICS)]
    width: Annotated[Metre, Uniform(0.4, 0.6)]
    """Along the fold."""
    length: Annotated[Metre, Uniform(0.55, 0.8)]
    """Across the fold."""
    fold: Annotated[str, Choice("half", "third", "corner")]
    arch: Annotated[float, Uniform(0.75, 1.0)]
    """Height of the path over the radius of the fold."""
    pace: Annotated[float, Uniform(0.7, 1.0)]
    """1 folds in 1.1 s."""
    turn: Annotated[Radian, Uniform(-math.pi, math.pi)]
    """Of the towel on the board."""
    board: Annotated[str, Choice("wood/oak", "wood/walnut", "wood/beech", "stone/marble")]
    camera_elevation: Annotated[Radian, Uniform(0.3, 0.65)]

    def build(self, key: Key) -> Scene:
        stuff = material(self.fabric)
        seen = [usual(material(self.board)), usual(material(self.floor))]
        look = distinct(stuff, key.child("towel"), seen)
        wide, long = (
            (self.width, self.width) if self.fold == "corner" else (self.width, self.length)
        )
        flat, faces = sheet(wide, long, SPACING)
        level = 0.03 + LYING
        yaw = from_axis_angle((0, 0, 1), self.turn)
        if self.fold == "corner":
            yaw = multiply(yaw, from_axis_angle((0, 0, 1), math.pi / 4))
        points = rotate(yaw, rumpled(flat, (0, 0, 1), key, 0.001)) + [0, 0, level + 0.002]
        away = np.array([0.0, 1.0, 0.0])
        far = [(1, 1)] if self.fold == "corner" else [(-1, 1), (1, 1)]
        if self.fold == "corner":
            away = np.array([1.0, 1.0, 0.0]) / math.sqrt(2)
        reach = {"half": long / 2, "third": long / 3, "corner": wide / math.sqrt(2)}[self.fold]
        grips: list[RigidBody] = []
        ties: list[tuple[int, str]] = []
        for i, (sx, sy) in enumerate(far):
            goal = np.array([sx * wide / 2, sy * long / 2, 0.0])
            near = np.argsort(np.linalg.norm(flat - goal, axis=1))[:3]
            corner = int(near[0])
            grips.append(self._grip(key, i, points[corner], rotate(yaw, away), reach, level))
            ties += [(int(v), f"gripper_{i}") for v in near]
        towel = Cloth(
            name="towel",
            vertices=points,
            faces=faces,
            rest_vertices=flat,
            material=stuff,
            look=look,
            attachments=tuple(ties),
            self_collision=True,
        )
        half = 0.5 * math.hypot(wide, long)
        size = (2 * half + 0.05, 2 * half + 0.05, 0.03)
        board = body(key, "board", Box(size), self.board, position=(0, 0, 0.015))
        side = 0.78 * half
        focus = Focus(
            lower=vec((-side, -side, 0.0)), upper=vec((side, side, 0.06 + self.arch * reach))
        )
        return self.stage(key, (board, towel, *grips), focus=focus)

    def _grip(
        self, key: Key, index: int, start: Array, away: Array, reach: float, level: float
    ) -> RigidBody:
        """A jaw on its arc from one edge over to where the fold ends, turning with the cloth."""
        times = instants(self.duration)
        end = 0.15 + 1.1 / self.pace
        angle = math.pi * eased(times, 0.15, end)
        above = start + [0.0, 0.0, GRIP / 2 + 0.003]
        path = above - reach * np.outer(1.0 - np.cos(angle), away)
        # The edge comes down on the layer below.
        lift = self.arch * reach * np.sin(angle) + 0.8 * SPACING * angle / math.pi
        path[:, 2] = above[2] + lift
        axis = np.cross(away, [0.0, 0.0, 1.0])
        tip = 0.5 * angle * np.sin(angle) * 0.6
        turns = np.stack([from_axis_angle(-axis, float(a)) for a in tip])
        return body(
            key,
            f"gripper_{index}",
            Box((GRIP, GRIP, GRIP)),
            "metal/steel",
            position=path[0],
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=path, quaternions=turns),
        )
