"""A load on a cable swings as the trolley of a crane drives and stops."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder, Sphere
from simgen.key import Key
from simgen.scene import Keyframes, RigidBody, Scene, Shape
from simgen.scenes.rope._parts import ALONG_Y, ROPES, body, gantry, rope, solid, vec
from simgen.shapes import bevelled_box, can
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, Ratio, Second
from simgen.words import Words


class CraneCable(SceneTemplate):
    """A load on a cable swings as the trolley of a crane drives and stops.

    It runs into what is stacked within its reach.
    """

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "warp")
    words: ClassVar[Words] = Words(
        short=(
            "[the trolley of a crane drives with|a crane moves|a crane trolley carries] {load} "
            "towards {target}"
        ),
        setup=(
            "{load} hangs on a {rope_material} from the trolley of a gantry crane, with "
            "{target} standing further along"
        ),
        event=(
            "[the trolley drives towards {target.it} and stops|the trolley moves off and stops "
            "short]"
        ),
        parameters=(
            "{load} of {load_mass}, {load_size} large, on a {rope_material}, radius "
            "{rope_radius}; the trolley drives {travel*span:m} along a bridge {height} high in "
            "{drive}; {target} in {rows} rows, {distance} beyond its rest"
        ),
        terms={
            "load": {"ball": "an iron ball", "crate": "a wooden crate", "drum": "a copper drum"},
            "target": {
                "wall": "a wall of blocks",
                "pyramid": "a pyramid of blocks",
                "cans": "a stack of cans",
            },
            "target.it": {"wall": "the wall", "pyramid": "the pyramid", "cans": "the stack"},
        },
    )

    span: Annotated[Metre, Uniform(1.15, 1.4)]
    """Of the bridge."""
    height: Annotated[Metre, Uniform(0.8, 0.95)]
    travel: Annotated[Ratio, Uniform(0.35, 0.52)]
    """Way of the trolley over the span."""
    drive: Annotated[Second, Uniform(0.45, 0.7)]
    """Time the trolley takes."""
    clearance: Annotated[Metre, Uniform(0.03, 0.08)]
    """Of the load over the floor."""
    load: Annotated[str, Choice("ball", "crate", "drum")]
    load_size: Annotated[Metre, Uniform(0.2, 0.25)]
    load_mass: Annotated[Kilogram, Uniform(2.0, 5.0)]
    target: Annotated[str, Choice("wall", "pyramid", "cans")]
    rows: Annotated[int, Integers(2, 4)]
    """Of the target."""
    distance: Annotated[Metre, Uniform(0.08, 0.15)]
    """From where the load would hang at rest at last to the target, which clears the far post."""
    rope_material: Annotated[str, Choice(*ROPES)]
    rope_radius: Annotated[Metre, Uniform(0.014, 0.019)]
    frame_material: Annotated[str, Choice("wood/oak", "metal/steel", "wood/pine", "plastic/pvc")]

    def build(self, key: Key) -> Scene:
        side = 1.0 if key.child("side").rng().random() < 0.5 else -1.0
        way = self.travel * self.span
        begin = -side * (self.span / 2 - 0.16)
        at = self.height - 0.075
        top = np.array([begin, 0.0, at - 0.03])
        low = self.clearance + self.load_size
        line = np.linspace(top, [begin, 0.0, low + self.rope_radius], 40)
        cord = rope(
            key,
            line,
            self.rope_radius,
            self.rope_material,
            first="trolley",
            last="load",
            step=0.036,
        )
        x = begin + side * (way + self.distance + self.load_size / 2 + 0.06)
        wide = self.span / 2 + 0.1
        return self.stage(
            key,
            [
                gantry(key, self.span, self.height, self.frame_material),
                self._trolley(key, np.array([begin, 0.0, at]), side * way),
                cord,
                self._load(key, (begin, 0.0, self.clearance + self.load_size / 2)),
                *self._target(key, x),
            ],
            focus=Focus(lower=(-wide, -0.25, 0.0), upper=(wide, 0.25, self.height + 0.06)),
        )

    def _trolley(self, key: Key, start: Array, way: float) -> RigidBody:
        """A carriage that hangs under the bridge: it starts and stops smoothly."""
        times = np.linspace(0.0, self.drive, 30)
        s = times / self.drive
        ease = s * s * (3 - 2 * s)
        route = start + np.stack([way * ease, 0 * s, 0 * s], axis=1)
        parts: list[Shape] = [
            solid(key.child("trolley"), Box((0.16, 0.12, 0.06)), "plastic/abs"),
        ]
        for x in (-0.05, 0.05):
            for y in (-0.04, 0.04):
                wheel = Cylinder(0.022, 0.014)
                parts.append(solid(key.child("axles"), wheel, "metal/steel", position=(x, y, 0.045),
                                   quaternion=ALONG_Y, collides=False))  # fmt: skip
        return body(
            "trolley",
            *parts,
            position=start,
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=route),
        )

    def _load(self, key: Key, center: tuple[float, float, float]) -> RigidBody:
        size = self.load_size
        where = key.child("load")
        match self.load:
            case "ball":
                shape = solid(where, Sphere(size / 2), "metal/cast_iron")
            case "crate":
                crate = bevelled_box(size=(size, size, size), bevel=0.012)
                shape = solid(where, crate, "wood/pine")
            case _:
                shape = solid(where, Cylinder(0.4 * size, size), "metal/copper")
        return body("load", shape, position=center, mass=self.load_mass)

    def _target(self, key: Key, x: float) -> list[RigidBody]:
        """Blocks or cans stacked in the way of the swing."""
        rng = key.child("target").rng()
        found: list[RigidBody] = []
        tall = 0.11 if self.target == "cans" else 0.085
        wide = 0.07 if self.target == "cans" else 0.1
        for row in range(self.rows):
            count = 3 if self.target == "wall" else max(1, self.rows - row)
            for k in range(count):
                name = f"{self.target}_{row}_{k}"
                y = (k - (count - 1) / 2) * (wide + 2e-3)
                z = row * (tall + 4e-4) + 4e-4
                if self.target == "cans":
                    part = solid(
                        key.child(name), can(radius=wide / 2, height=tall), "metal/aluminium"
                    )
                    mass = 0.05
                else:
                    box = bevelled_box(size=(wide * 0.8, wide, tall), bevel=0.004)
                    stuff = str(rng.choice(["wood/beech", "wood/walnut", "plastic/abs"]))
                    part, mass, z = solid(key.child(name), box, stuff), 0.25, z + tall / 2
                at = vec((x + float(rng.uniform(-0.006, 0.006)), y, z))
                found.append(body(name, part, position=at, mass=mass))
        return found
