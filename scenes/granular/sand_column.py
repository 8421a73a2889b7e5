"""Grains are let out of a lifted sleeve, poured off a tilting tray or pushed by a blade."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.material import Material, material
from simgen.particles import bulk_spacing, cylinder, pack
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import Domain, Grains, Keyframes, Quaternion, RigidBody, Scene, Shape, Vector
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

GRAINS = ("dry_sand", "sugar", "rice", "wheat", "glass_beads", "gravel", "coffee_beans")
SOLIDS = ("wood/oak", "stone/granite", "plastic/abs", "metal/copper", "ceramic/terracotta")
PARTICLES = 2_900
SPREAD = 0.12
"""Of the radii."""
STAVES = 14
"""Planks around a round sleeve."""
REACH = 2.5
"""Half extent of the domain [m]: no grain gets there."""


class SandColumn(SceneTemplate):
    """A body that moves through the whole clip lets grains run out, pours or pushes them.

    A sleeve is lifted off a column, a tray is tipped over, or a blade sweeps a heap that has just
    collapsed. Run-out of a column: Lube et al., J. Fluid Mech. 508 (2004).
    """

    engines: ClassVar[tuple[str, ...]] = ("newton", "warp")
    words: ClassVar[Words] = Words(
        short="{event.short}",
        setup="{event}{obstacle}",
        event="{event.go}",
        parameters=(
            "{grains} in {event.numbers}, with a moving part of {solid} at {pace} times the "
            "usual pace"
        ),
        terms={
            "event": {
                "sleeve": "a {form} {solid} sleeve holds a column of {grains}",
                "tray": "a tilted {solid} tray full of {grains} is held up",
                "blade": (
                    "a {form} column of {grains} without any wall stands in front of a {solid} "
                    "blade"
                ),
            },
            "event.short": {
                "sleeve": (
                    "[a sleeve is lifted off a column of {grains}|a {form} sleeve around "
                    "{grains} is raised|a sleeve full of {grains} is pulled up]"
                ),
                "tray": (
                    "[a tray of {grains} is tipped over|a tray full of {grains} tilts further|a "
                    "{solid} tray tips with its load of {grains}]"
                ),
                "blade": (
                    "[a blade moves towards a column of {grains}|a blade is pushed at "
                    "unsupported {grains}|a free column of {grains} is let go before a moving "
                    "blade]"
                ),
            },
            "event.go": {
                "sleeve": "[the sleeve is lifted|the sleeve is pulled up]",
                "tray": (
                    "[the tray tips further over its front edge|step by step the tray is tipped "
                    "over]"
                ),
                "blade": (
                    "[the column is let go and the blade moves forward into it|nothing holds "
                    "the column, and the blade drives towards it]"
                ),
            },
            "event.numbers": {
                "sleeve": "a {form} column {width} wide and {slenderness*width:m} high",
                "tray": "a tray {1.15*width:m} wide and {1.5*width:m} long",
                "blade": "a {form} column {width} wide and {0.62*slenderness*width:m} high",
            },
            "obstacle": {"none": "", "*": "{event.beside}"},
            "event.beside": {"blade": "", "*": ", a solid {obstacle.name} standing nearby"},
            "obstacle.name": {"box": "block", "post": "post", "ball": "ball"},
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.25, 0.5)]
    grains: Annotated[str, Choice(*GRAINS, held_out=("coffee_beans",))]
    event: Annotated[str, Choice("sleeve", "tray", "blade")]
    form: Annotated[str, Choice("round", "square")]
    """Of the column."""
    width: Annotated[Metre, Uniform(0.3, 0.42)]
    """Diameter or edge of the column, width of the tray."""
    slenderness: Annotated[Ratio, Uniform(0.9, 1.4, held_out=(1.3, 1.4))]
    """Height over width of the column."""
    pace: Annotated[Ratio, Uniform(0.8, 1.2)]
    """Of the moving body."""
    obstacle: Annotated[str, Choice("none", "box", "post", "ball")]
    """What the grains run against."""
    side: Annotated[Radian, Uniform(-0.9, 0.9)]
    """Bearing of the pour, the push or the obstacle; 0 is towards the camera, or across for the
    blade."""
    solid: Annotated[str, Choice(*SOLIDS)]

    def build(self, key: Key) -> Scene:
        match self.event:
            case "sleeve":
                points, sizes, spacing, mover, focus, at = self._sleeve(key)
            case "tray":
                points, sizes, spacing, mover, focus, at = self._tray(key)
            case _:
                points, sizes, spacing, mover, focus, at = self._blade(key)
        stuff = material(f"granular/{self.grains}")
        heap = Grains(
            name="grains",
            positions=points,
            radius=spacing / bulk_spacing(1.0),
            radii=sizes,
            spacing=spacing,
            material=stuff,
            domain=Domain(lower=(-REACH, -REACH, 0.0), upper=(REACH, REACH, 2.0)),
            look=stuff.look(key.child("grains")),
        )
        return self.stage(key, [heap, mover, *self._obstacle(key, at)], focus=focus)

    def _column(self, key: Key, tall: float) -> tuple[Array, Array, float]:
        """Grains of a column on the floor, their radii and their distance [m]."""
        half = self.width / 2
        area = math.pi * half**2 if self.form == "round" else 4 * half**2
        spacing = (area * tall / PARTICLES) ** (1 / 3)
        radius = spacing / bulk_spacing(1.0)
        inside = cylinder((0.0, 0.0, 0.0), half - radius) if self.form == "round" else None
        lower, upper = (-half, -half, 0.0), (half, half, tall)
        return *pack(lower, upper, radius, key, spread=SPREAD, inside=inside), spacing

    def _sleeve(self, key: Key) -> tuple[Array, Array, float, RigidBody, Focus, Vector]:
        """A tube around the column goes up until it is clear of the heap."""
        tall = self.width * self.slenderness
        points, sizes, spacing = self._column(key, tall)
        wall = 1.6 * spacing
        count = STAVES if self.form == "round" else 4
        inner = self.width / 2 + 0.3 * spacing
        chord = 2 * (inner + wall) * math.tan(math.pi / count)
        height = tall + 0.04
        staves: list[tuple[Geometry, Vector, Quaternion]] = []
        for i in range(count):
            angle = 2 * math.pi * i / count
            out = inner + wall / 2
            place = (out * math.cos(angle), out * math.sin(angle), height / 2)
            staves.append((Box((wall, chord, height)), place, _turn((0, 0, 1), angle)))
        times, s = self._clock(0.04, self.pace)
        lift = s * 0.85 * tall
        path = np.stack([0 * s, 0 * s, lift + 0.004], -1)
        mover = self._mover(key, "sleeve", staves, Keyframes(times=times, positions=path))
        reach = 1.15 * self.width * self.slenderness ** (1 / 3)
        focus = Focus(lower=(-reach, -reach, 0.0), upper=(reach, 0.7 * reach, 1.55 * tall))
        away = self.width / 2 + wall + 0.1
        return points, sizes, spacing, mover, focus, self._toward(away)

    def _tray(self, key: Key) -> tuple[Array, Array, float, RigidBody, Focus, Vector]:
        """A tray tips about its front lip; its body frame has the lip at the origin, +x out."""
        long, wide, deep = 1.5 * self.width, 1.15 * self.width, 0.36 * self.width
        spacing = (0.94 * long * wide * deep / PARTICLES) ** (1 / 3)
        wall, lip = 1.6 * spacing, 0.6 * self.width
        bed, sizes = pack(
            (-long, -wide / 2, 0.0),
            (-0.06 * long, wide / 2, deep),
            spacing / bulk_spacing(1.0),
            key.child("bed"),
            spread=SPREAD,
        )
        rim = deep * 0.9
        parts: list[tuple[Geometry, Vector, Quaternion]] = [
            (
                Box((long + wall, wide + 2 * wall, wall)),
                (-(long + wall) / 2, 0.0, -wall / 2),
                _NONE,
            ),
            (Box((wall, wide + 2 * wall, 1.3 * rim)), (-long - wall / 2, 0.0, 0.65 * rim), _NONE),
        ]
        for sign in (-1.0, 1.0):
            place = (-long / 2, sign * (wide + wall) / 2, rim / 2)
            parts.append((Box((long, wall, rim)), place, _NONE))
        times, s = self._clock(0.0, self.pace)
        first, last = 0.3, 1.0
        heading = from_axis_angle((0, 0, 1), self.side - math.pi / 2)
        turns = np.array([_compose(heading, first + (last - first) * float(v)) for v in s])
        pivot = np.array([*(-np.asarray(self._toward(0.12))[:2]), lip])
        points = rotate(np.tile(turns[0], (len(bed), 1)), bed) + pivot
        path = Keyframes(times=times, positions=np.tile(pivot, (len(s), 1)), quaternions=turns)
        mover = self._mover(key, "tray", parts, path)
        back = -np.asarray(self._toward(0.65 * long))
        front = np.asarray(self._toward(1.15 * self.width))
        spread = 0.95 * self.width
        lower = np.minimum(back, front)[:2] - [spread, 0.2 * spread]
        upper = np.maximum(back, front)[:2] + [spread, 0.2 * spread]
        focus = Focus(
            lower=(float(lower[0]), float(lower[1]), 0.0),
            upper=(float(upper[0]), float(upper[1]), lip + 0.65 * long),
        )
        return points, sizes, spacing, mover, focus, self._toward(0.55 * self.width)

    def _blade(self, key: Key) -> tuple[Array, Array, float, RigidBody, Focus, Vector]:
        """A column collapses at once and a blade sweeps its heap along."""
        tall = 0.62 * self.width * self.slenderness
        points, sizes, spacing = self._column(key, tall)
        wall, height = 1.8 * spacing, 0.55 * self.width
        aim = 0.5 * self.side
        ahead = np.array([math.cos(aim), math.sin(aim)])
        times, s = self._clock(0.0, 1.0, linear=True)
        start = 0.5 * self.width + 0.16
        go = -start + s * 0.46 * self.pace * self.duration
        path = np.concatenate([go[:, None] * ahead, np.full((len(s), 1), height / 2 + 0.004)], 1)
        blade: list[tuple[Geometry, Vector, Quaternion]] = [
            (Box((wall, 2.1 * self.width, height)), (0.0, 0.0, 0.0), _NONE)
        ]
        turn = np.tile(_turn((0, 0, 1), aim), (len(s), 1))
        keyframes = Keyframes(times=times, positions=path, quaternions=turn)
        mover = self._mover(key, "blade", blade, keyframes)
        end = float(go[-1]) + 0.25
        deep = 1.05 * self.width
        focus = Focus(lower=(-start - 0.02, -deep, 0.0), upper=(end, deep, 1.05 * tall))
        away = 0.75 * self.width
        return points, sizes, spacing, mover, focus, (away * ahead[0], away * ahead[1], 0.0)

    def _clock(self, start: float, pace: float, *, linear: bool = False) -> tuple[Array, Array]:
        """Times [s] over the clip and the share done, 0 to 1: eased from `start` to near the
        end."""
        times = np.linspace(0.0, max(self.duration, 0.1), 33)
        span = max((0.9 / pace if pace > 1 else 0.9) * self.duration - start, 0.1)
        s = np.clip((times - start) / span, 0.0, 1.0)
        if linear:
            return times, times / times[-1]
        return times, s * s * (3 - 2 * s) * 0.4 + 0.6 * s

    def _toward(self, away: float) -> Vector:
        """The point on the floor `away` [m] from the axis at the bearing `side`."""
        return (away * math.sin(self.side), -away * math.cos(self.side), 0.0)

    def _mover(
        self,
        key: Key,
        name: str,
        parts: list[tuple[Geometry, Vector, Quaternion]],
        path: Keyframes,
    ) -> RigidBody:
        stuff = material(self.solid)
        look = stuff.look(key.child("mover"))
        shapes = tuple(
            Shape(geometry=g, material=stuff, look=look, position=at, quaternion=turn)
            for g, at, turn in parts
        )
        x, y, z = (float(v) for v in path.positions[0])
        quaternion = _NONE
        if path.quaternions is not None:
            a, b, c, d = (float(v) for v in path.quaternions[0])
            quaternion = (a, b, c, d)
        return RigidBody(
            name=name,
            shapes=shapes,
            position=(x, y, z),
            quaternion=quaternion,
            motion="kinematic",
            keyframes=path,
        )

    def _obstacle(self, key: Key, foot: Vector) -> list[RigidBody]:
        """A solid on the floor at `foot`, out of the blade's way."""
        if self.obstacle == "none" or self.event == "blade":
            return []
        rng = key.child("obstacle").rng()
        size = self.width * float(rng.uniform(0.28, 0.42))
        tall = size * float(rng.uniform(0.7, 1.2))
        stuff: Material = material(str(rng.choice(SOLIDS)))
        solid: Geometry
        match self.obstacle:
            case "box":
                solid = Box((size, size, tall))
            case "post":
                solid = Cylinder(size / 2, tall)
            case _:
                solid, tall = Sphere(size / 2), size
        x, y, _ = foot
        if self.event == "sleeve":
            x, y = x * (1 + size / math.hypot(x, y) / 2), y * (1 + size / math.hypot(x, y) / 2)
        shape = Shape(geometry=solid, material=stuff, look=stuff.look(key.child("obstacle")))
        turn = _turn((0, 0, 1), float(rng.uniform(-math.pi, math.pi)))
        return [
            RigidBody(
                name="obstacle",
                shapes=(shape,),
                position=(x, y, tall / 2),
                quaternion=turn,
                motion="static",
            )
        ]


_NONE: Quaternion = (1.0, 0.0, 0.0, 0.0)


def _turn(axis: Vector, angle: float) -> Quaternion:
    w, x, y, z = (float(v) for v in from_axis_angle(axis, angle))
    return (w, x, y, z)


def _compose(heading: Array, tilt: float) -> Array:
    """(4,) turned to `heading` after tipping +x down by `tilt` [rad]."""
    return multiply(heading, from_axis_angle((0, 1, 0), tilt))
