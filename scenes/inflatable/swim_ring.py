"""Swim rings roll, bounce or land on a post."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule
from simgen.key import Key
from simgen.material import material
from simgen.rotation import rotate
from simgen.scene import Inflatable, RigidBody, Scene, Shape, Vector
from simgen.scenes.inflatable._parts import (
    film,
    pick_colours,
    printed,
    torus_mesh,
    turn,
    vec,
)
from simgen.space import Choice, Integers, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Pascal, Ratio
from simgen.words import Words

G = 9.81


class SwimRing(SceneTemplate):
    """A swim ring rolls into a wall of boxes, bounces against a board, or is tossed over a post."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")
    words: ClassVar[Words] = Words(
        short="a {ring.colour} swim ring {event.short}",
        setup="{event}",
        event="{event.go}",
        parameters=(
            "a swim ring of PVC film, {film} thick, radius {ring} to the middle of a tube of "
            "radius {fatness*ring:m}, at {pressure}, moving at {speed}; {event.numbers}"
        ),
        terms={
            "pattern": {
                "plain": "",
                "stripes": "striped ",
                "beach_ball": "striped ",
                "checker": "chequered ",
            },
            "event": {
                "roll": (
                    "a {pattern}{ring.colour} swim ring stands upright at some distance from a "
                    "stack of {boxes} {cardboard} boxes"
                ),
                "bounce": (
                    "a {pattern}{ring.colour} swim ring is in the air, upright, in front of a "
                    "tall {backstop.material} board"
                ),
                "toss": (
                    "a {pattern}{ring.colour} swim ring is in the air, flat, at some distance "
                    "from an upright {post.material} post"
                ),
            },
            "event.short": {
                "roll": "[rolls towards|is rolled at|starts to roll towards] a stack of boxes",
                "bounce": "[is thrown at|flies down towards|is flung at] a board",
                "toss": "[is tossed towards|is thrown up towards|flies towards] a post",
            },
            "event.go": {
                "roll": "[it is rolled towards the boxes|a push rolls it towards the boxes]",
                "bounce": (
                    "[it is thrown down and forward|a throw sends it down and towards the board]"
                ),
                "toss": (
                    "[it is tossed up towards the post|a spinning toss sends it towards the post]"
                ),
            },
            "event.numbers": {
                "roll": "{boxes} boxes of {cardboard}",
                "bounce": "a board of {backstop.material}",
                "toss": "a post of {post.material}, 0.75 m high",
            },
        },
    )

    event: Annotated[str, Choice("roll", "bounce", "toss")]
    ring: Annotated[Metre, Uniform(0.24, 0.34)]
    """From the centre to the middle of the tube."""
    fatness: Annotated[Ratio, Uniform(0.3, 0.42)]
    """Tube radius over that."""
    film: Annotated[Metre, LogUniform(0.00025, 0.0005)]
    """Thickness of the PVC."""
    pressure: Annotated[Pascal, LogUniform(800.0, 3000.0)]
    speed: Annotated[MetrePerSecond, Uniform(1.6, 2.6)]
    lean: Annotated[float, Uniform(-0.25, 0.25)]
    """Tilt of the ring's plane out of the way of travel [rad]."""
    boxes: Annotated[int, Integers(4, 8)]
    """In the wall that a rolling ring meets."""
    cardboard: Annotated[str, Choice("paper/cardboard", "rubber/foam", "plastic/polystyrene_foam")]
    pattern: Annotated[str, Choice("stripes", "beach_ball", "checker", "plain")]

    @property
    def tube(self) -> Metre:
        """Radius of the tube [m]."""
        return self.ring * self.fatness

    def build(self, key: Key) -> Scene:
        outer = self.ring + self.tube
        match self.event:
            case "roll":
                start = np.array([-2.3 * outer, 0.0, outer + 0.01])
                spin = vec([0.0, self.speed / outer, 0.0])
                ring = self._ring(key, start, (self.speed, 0.0, 0.0), spin, upright=True)
                others = self._wall(key, 0.6 * outer)
                focus = Focus(
                    lower=(-3.4 * outer, -1.3 * outer, 0.0), upper=(3.0 * outer, 1.0 * outer, 0.85)
                )
            case "bounce":
                start = np.array([-2.2 * outer, 0.0, 2.2 * outer])
                spin = vec([0.0, 1.5 * self.speed / outer, 0.0])
                ring = self._ring(key, start, (self.speed, 0.0, -2.0), spin, upright=True)
                others = (self._backstop(key, 1.9 * outer),)
                focus = Focus(
                    lower=(-3.2 * outer, -1.2 * outer, 0.0),
                    upper=(2.1 * outer, 1.2 * outer, 3.0 * outer),
                )
            case _:
                high = 0.75
                start, velocity = self._lob(outer, high)
                ring = self._ring(key, start, velocity, (0.0, 0.0, 5.0), upright=False)
                others = (self._post(key, high),)
                focus = Focus(
                    lower=(start[0] - outer, -1.4 * outer, 0.0),
                    upper=(1.6 * outer, 1.4 * outer, high + 0.55),
                )
        return self.stage(key, (ring, *others), focus=focus)

    def _lob(self, outer: float, high: float) -> tuple[Array, Vector]:
        """Where a toss starts and how fast: its middle passes over the post, coming down."""
        flight = 0.62
        reach = self.speed * flight
        start = np.array([-reach, 0.0, 0.55 * high + self.tube])
        up = (high + 0.16 + self.tube - start[2]) / flight + G * flight / 2
        return start, (self.speed, 0.0, float(up))

    def _ring(
        self, key: Key, place: Array, velocity: Vector, spin: Vector, *, upright: bool
    ) -> Inflatable:
        points, faces = torus_mesh(self.ring, self.tube, 48, 14)
        quaternion = turn((1, 0, 0), math.pi / 2 + self.lean)
        if not upright:
            quaternion = turn((0, 1, 0), -0.4 * self.lean)
        points = rotate(quaternion, points)
        lowest = float(points[:, 2].min()) + place[2]
        stuff = film("plastic/pvc_film", self.film)
        (stretch,) = stuff.require("stretch_stiffness")
        colours = pick_colours(key.child("colour"), 2)
        return Inflatable(
            name="ring",
            vertices=points + place + [0.0, 0.0, max(0.0, 0.003 - lowest)],
            faces=faces,
            # The hoop bears p r, along the ring p r / 2: mean strain 3 (1 - nu) / 4 p r / K.
            rest_vertices=points / (1.0 + 0.41 * self.pressure * self.tube / stretch),
            material=stuff,
            look=printed(
                stuff,
                key.child("look"),
                colours[0],
                texture=self.pattern,
                accent=colours[1] if self.pattern == "beach_ball" else (0.95, 0.94, 0.9),
                scale=0.5 * self.ring,
                roughness=0.25,
            ),
            pressure=self.pressure,
            velocity=velocity,
            angular_velocity=spin,
        )

    def _wall(self, key: Key, at: float) -> tuple[RigidBody, ...]:
        """Light boxes, piled in rows of two or three across the way."""
        rng = key.child("wall").rng()
        stuff = material(self.cardboard)
        side = float(rng.uniform(0.13, 0.17))
        found: list[RigidBody] = []
        row, level = 3 if self.boxes > 5 else 2, 0
        while len(found) < self.boxes:
            for k in range(min(row, self.boxes - len(found))):
                y = (k - (row - 1) / 2) * (side + 0.006)
                found.append(
                    RigidBody(
                        name=f"box_{len(found)}",
                        shapes=(
                            Shape(
                                geometry=Box((side, side, side)),
                                material=stuff,
                                look=stuff.look(key.child("box", len(found))),
                            ),
                        ),
                        position=(at, y, (level + 0.5) * side + 0.0004 * (level + 1)),
                        quaternion=turn((0, 0, 1), float(rng.uniform(-0.06, 0.06))),
                        mass=float(rng.uniform(0.05, 0.12)),
                    )
                )
            level += 1
        return tuple(found)

    def _backstop(self, key: Key, at: float) -> RigidBody:
        """A board across the way that sends the ring back."""
        outer = self.ring + self.tube
        stuff = material(str(key.child("backstop").rng().choice(["wood/pine", "wood/oak"])))
        board = Shape(
            geometry=Box((0.08, 2.4 * outer, 2.2 * outer)),
            material=stuff,
            look=stuff.look(key.child("backstop_look")),
            position=(at + 0.04, 0.0, 1.1 * outer),
        )
        return RigidBody(name="backstop", shapes=(board,), motion="static")

    def _post(self, key: Key, high: float) -> RigidBody:
        rng = key.child("post").rng()
        stuff = material(str(rng.choice(["wood/pine", "wood/beech", "plastic/abs"])))
        thick = float(rng.uniform(0.03, 0.05))
        look = stuff.look(key.child("post_look"))
        return RigidBody(
            name="post",
            shapes=(
                Shape(
                    geometry=Capsule(thick, high - 2 * thick),
                    material=stuff,
                    look=look,
                    position=(0.0, 0.0, high / 2),
                ),
                Shape(
                    geometry=Box((0.3, 0.3, 0.03)),
                    material=stuff,
                    look=look,
                    position=(0.0, 0.0, 0.015),
                ),
            ),
            motion="static",
        )
