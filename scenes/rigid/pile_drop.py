"""Household things dropped into a tray."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Geometry, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, multiply, random
from simgen.scene import Keyframes, RigidBody, Scene
from simgen.scenes.rigid._things import (
    PALETTES,
    body,
    colors,
    drop_layers,
    place_middle,
    reach,
)
from simgen.shapes import (
    bevelled_box,
    book,
    bottle,
    bowl,
    can,
    cells,
    cone,
    cup,
    dumbbell,
    gear,
    hammer,
    jack,
    mug,
    open_box,
    polyhedron,
    rock,
    spoon,
    star,
    torus,
    wrench,
)
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Ratio
from simgen.words import Words

Maker = Callable[[Key, float], Geometry]
THINGS: dict[str, tuple[tuple[Maker, tuple[str, ...], bool], ...]] = {
    # maker(key, scale), materials, painted in the palette
    "kitchen": (
        (
            lambda k, s: mug(radius=0.038 * s, height=0.085 * s, wedges=8),
            ("ceramic/porcelain",),
            True,
        ),
        (
            lambda k, s: cup(radius=0.036 * s, height=0.09 * s, thickness=0.003, wedges=8),
            ("plastic/abs",),
            True,
        ),
        (
            lambda k, s: bowl(radius=0.06 * s, height=0.045 * s, wedges=6),
            ("ceramic/porcelain", "wood/oak"),
            True,
        ),
        (lambda k, s: can(radius=0.032 * s, height=0.1 * s), ("metal/aluminium",), True),
        (
            lambda k, s: spoon(length=0.15 * s, width=0.036 * s, wedges=6),
            ("metal/steel", "wood/beech"),
            False,
        ),
        (
            lambda k, s: bottle(radius=0.03 * s, height=0.17 * s),
            ("plastic/hdpe", "glass/coloured"),
            True,
        ),
        (lambda k, s: Sphere(0.034 * s), ("organic/apple",), False),
    ),
    "toys": (
        (
            lambda k, s: bevelled_box(size=(0.045 * s, 0.045 * s, 0.045 * s)),
            ("wood/beech", "plastic/abs"),
            True,
        ),
        (lambda k, s: star(radius=0.04 * s, height=0.022 * s), ("plastic/abs", "wood/beech"), True),
        (lambda k, s: cells(kind="L", cell=0.024 * s, height=0.024 * s), ("wood/beech",), True),
        (lambda k, s: cells(kind="T", cell=0.024 * s, height=0.024 * s), ("wood/beech",), True),
        (
            lambda k, s: torus(radius=0.036 * s, thickness=0.011 * s, wedges=9),
            ("rubber/silicone", "plastic/abs"),
            True,
        ),
        (lambda k, s: Sphere(0.028 * s), ("rubber/natural", "plastic/abs"), True),
        (
            lambda k, s: polyhedron(faces=(8, 12, 20)[int(k.rng().integers(3))], radius=0.034 * s),
            ("plastic/phenolic",),
            True,
        ),
        (lambda k, s: cone(radius=0.03 * s, height=0.06 * s), ("wood/beech",), True),
        (lambda k, s: jack(radius=0.03 * s, thickness=0.008 * s), ("metal/brass",), False),
    ),
    "workshop": (
        (
            lambda k, s: hammer(length=0.2 * s, head=0.075 * s, thickness=0.022 * s),
            ("wood/oak",),
            False,
        ),
        (lambda k, s: wrench(length=0.16 * s, width=0.036 * s), ("metal/steel",), False),
        (
            lambda k, s: gear(radius=0.04 * s, teeth=10, thickness=0.014 * s),
            ("metal/brass", "metal/steel"),
            False,
        ),
        (lambda k, s: dumbbell(length=0.11 * s, radius=0.022 * s), ("metal/cast_iron",), False),
        (lambda k, s: can(radius=0.03 * s, height=0.09 * s), ("metal/aluminium",), True),
        (
            lambda k, s: torus(radius=0.035 * s, thickness=0.009 * s, wedges=9),
            ("rubber/neoprene",),
            False,
        ),
        (lambda k, s: bevelled_box(size=(0.07 * s, 0.04 * s, 0.035 * s)), ("wood/pine",), False),
    ),
    "study": (
        (
            lambda k, s: book(width=0.085 * s, height=0.12 * s, thickness=0.022 * s),
            ("paper/cardboard",),
            True,
        ),
        (
            lambda k, s: mug(radius=0.036 * s, height=0.08 * s, wedges=8),
            ("ceramic/porcelain",),
            True,
        ),
        (
            lambda k, s: rock(key=k, radius=0.036 * s),
            ("stone/granite", "stone/marble", "stone/sandstone"),
            False,
        ),
        (lambda k, s: Sphere(0.025 * s), ("glass/coloured", "rubber/natural"), True),
        (
            lambda k, s: bevelled_box(size=(0.05 * s, 0.05 * s, 0.02 * s)),
            ("rubber/natural", "wood/cork"),
            True,
        ),
        (
            lambda k, s: polyhedron(faces=12, radius=0.03 * s),
            ("metal/brass", "stone/marble"),
            False,
        ),
    ),
}
"""What may fall, by kind: shape, materials it may be made of, whether it is painted."""


class PileDrop(SceneTemplate):
    """Mixed household things fall into a tray, which then may be shaken or tipped."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[{kind} are dropped into|{kind} drop into|a heap of {kind.bare} is dropped into] a "
            "tray"
        ),
        setup="{kind} hang in the air above a {tray} tray",
        event=(
            "[they are dropped into the tray, which is then {action}|they drop, and soon after "
            "the tray is {action}]"
        ),
        parameters=(
            "{count} things at {scale} times their usual size, dropped from {drop} and more "
            "above a tray of {tray}, {tray_width} by {tray_width*tray_depth:m}, with a rim of "
            "{tray_height}; the tray is {action}"
        ),
        terms={
            "kind": {
                "kitchen": "assorted kitchen things",
                "toys": "assorted toys",
                "workshop": "assorted tools and workshop things",
                "study": "assorted things from a desk",
                "mixed": "assorted household things",
            },
            "kind.bare": {
                "kitchen": "kitchen things",
                "toys": "toys",
                "workshop": "workshop things",
                "study": "desk things",
                "mixed": "household things",
            },
            "action": {"shake": "shaken from side to side", "tip": "tipped forward"},
        },
    )

    kind: Annotated[str, Choice("kitchen", "toys", "workshop", "study", "mixed")]
    count: Annotated[int, Integers(10, 17)]
    scale: Annotated[Ratio, Uniform(0.8, 1.25, held_out=(1.15, 1.25))]
    """Of every thing."""
    tray_width: Annotated[Metre, Uniform(0.38, 0.52)]
    tray_depth: Annotated[Ratio, Uniform(0.65, 0.95)]
    """Over its width."""
    tray_height: Annotated[Metre, Uniform(0.05, 0.13)]
    drop: Annotated[Metre, Uniform(0.05, 0.15)]
    """Of the lowest thing above the tray's floor."""
    spin: Annotated[Ratio, Uniform(0.0, 6.0)]
    """Largest angular velocity at the start [rad/s]."""
    action: Annotated[str, Choice("shake", "tip")]
    """What the tray does once most things have landed."""
    tray: Annotated[str, Choice("wood/oak", "wood/pine", "plastic/hdpe", "wood/walnut")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        width, depth = self.tray_width, self.tray_width * self.tray_depth
        things = self._things(key)
        order = sorted(things, key=lambda t: -reach(t[1]))
        radii = [reach(g) for _, g, _, _ in order]
        half = (width / 2 - 0.03, depth / 2 - 0.03)
        centers = drop_layers(
            key.child("places"), radii, half=half, start=self.drop + 0.02, gap=0.005
        )
        paint = colors(key.child("colors"), self.palette, len(order))
        elements: list[RigidBody] = []
        for i, ((name, geometry, stuff, colored), at) in enumerate(
            zip(order, centers, strict=True)
        ):
            rng = key.child("spin", i).rng()
            turn = random(rng)
            elements.append(
                body(
                    key,
                    f"{name}_{i:02d}",
                    geometry,
                    stuff,
                    position=place_middle(geometry, turn, at),
                    quaternion=turn,
                    angular_velocity=rng.uniform(-1, 1, 3) * self.spin,
                    velocity=(0.0, 0.0, -0.5),
                    color=paint[i] if colored else None,
                )
            )
        elements.append(self._tray(key, width, depth))
        # Two thirds of the things are in the picture at the start; the last ones fall into it.
        seen = float(np.quantile([c[2] for c in centers], 0.66)) + 0.03
        top = max(seen, self.tray_height + 0.14)
        spill = 0.12 if self.action == "tip" else 0.03
        focus = Focus(
            lower=(-width / 2 - 0.03, -depth / 2 - spill, 0.0),
            upper=(width / 2 + spill, depth / 2 + 0.03, top),
        )
        return self.stage(key, elements, focus=focus)

    def _things(self, key: Key) -> list[tuple[str, Geometry, str, bool]]:
        kinds = list(THINGS) if self.kind == "mixed" else [self.kind]
        pool = [entry for kind in kinds for entry in THINGS[kind]]
        found: list[tuple[str, Geometry, str, bool]] = []
        for i in range(self.count):
            rng = key.child("thing", i).rng()
            maker, stuffs, colored = pool[int(rng.integers(len(pool)))]
            size = self.scale * float(rng.uniform(0.85, 1.15))
            geometry = maker(key.child("shape", i), size)
            stuff = stuffs[int(rng.integers(len(stuffs)))]
            found.append((f"thing_{stuff.split('/')[1]}", geometry, stuff, colored))
        return found

    def _tray(self, key: Key, width: float, depth: float) -> RigidBody:
        """A tray that shakes sideways or tips over its front edge from about 0.8 s on."""
        geometry = open_box(size=(width, depth, self.tray_height), thickness=0.012)
        paint = colors(key.child("tray"), self.palette, 1)[0]
        color = paint if self.tray.startswith("plastic") else None
        keyframes = self._shaking() if self.action == "shake" else self._tipping(depth)
        return body(
            key,
            "tray",
            geometry,
            self.tray,
            position=keyframes.positions[0],
            color=color,
            motion="kinematic",
            keyframes=keyframes,
        )

    def _shaking(self) -> Keyframes:
        times = np.concatenate([[0.0], np.linspace(0.7, 2.1, 57)])
        t = np.clip(times - 0.7, 0.0, None)
        ease = np.clip(t / 0.15, 0.0, 1.0)
        x = 0.022 * ease * np.sin(2 * math.pi * 3.2 * t)
        return Keyframes(times=times, positions=np.stack([x, 0 * x, 0 * x + 0.001], -1))

    def _tipping(self, depth: float) -> Keyframes:
        """A turn of about 50 degrees about the front lower edge."""
        s = np.linspace(0.0, 1.0, 25)
        angle = 0.9 * s * s * (3 - 2 * s)
        edge = np.array([0.0, -depth / 2, 0.001])
        quaternions = np.array([from_axis_angle((1, 0, 0), float(a)) for a in angle])
        y = edge[1] + depth / 2 * np.cos(angle)
        z = edge[2] + depth / 2 * np.sin(angle)
        return Keyframes(
            times=0.75 + 0.9 * s,
            positions=np.stack([0 * y, y, z], -1),
            quaternions=multiply(quaternions, np.array([1.0, 0.0, 0.0, 0.0])),
        )
