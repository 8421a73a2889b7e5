"""Coins and rings spun on a table."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Cylinder, Geometry
from simgen.key import Key
from simgen.rotation import align_z, multiply, rotate
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import GAP, body, fixed, vec, yaw
from simgen.shapes import gear, hoop, torus
from simgen.shapes.build import circle
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, RadianPerSecond, Ratio
from simgen.words import Words


class CoinSpin(SceneTemplate):
    """Coins, discs and rings spin on edge, roll in curves, wobble and ring down on a tray."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[{listed} are spun and rolled|{listed} are set spinning or rolling|{listed} start "
            "to spin or roll] on a tray"
        ),
        setup="{listed} of {material} stand on edge on a round {table} tray with a rim",
        event=(
            "[each of them is set spinning on the spot or rolling along|each is set off fast, "
            "spinning on the spot or rolling along]"
        ),
        parameters=(
            "{listed} of {material.exact}, radius about {radius}, spun at about {spin} or "
            "rolled at about {speed} on {table}, leaning up to {lean}"
        ),
        terms={
            "material": {"mixed": "different metals"},
            "material.exact": {"mixed": "brass, copper and steel", "*": "{material}"},
        },
        kinds={
            "coin": "coin/coins",
            "ring": "ring/rings",
            "hoop": "hoop/hoops",
            "gear": "gear wheel/gear wheels",
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.35, 0.7)]
    count: Annotated[int, Integers(5, 8)]
    radius: Annotated[Metre, Uniform(0.04, 0.07)]
    thickness: Annotated[Ratio, Uniform(0.1, 0.2)]
    """Over the radius."""
    spin: Annotated[RadianPerSecond, Uniform(22.0, 42.0)]
    speed: Annotated[MetrePerSecond, Uniform(0.4, 0.75, held_out=(0.7, 0.75))]
    """Of those that roll."""
    lean: Annotated[Radian, Uniform(0.03, 0.2)]
    """From upright."""
    form: Annotated[str, Choice("coin", "mixed", "ring", held_out=("ring",))]
    material: Annotated[str, Choice("metal/brass", "metal/copper", "metal/steel", "mixed")]
    table: Annotated[str, Choice("stone/marble", "stone/slate", "wood/walnut", "ceramic/tile")]

    def build(self, key: Key) -> Scene:
        r = self.radius
        half = 1.75 * r * math.sqrt(self.count) + 0.02
        top = 0.03
        slab = Cylinder(1.12 * half, top)
        elements: list[RigidBody] = [
            fixed(key, "table", slab, self.table, position=(0, 0, top / 2)),
            self._rim(key, 1.12 * half, top),
        ]
        rng = key.child("places").rng()
        places: list[Array] = []
        while len(places) < self.count:
            for _ in range(500):
                p = rng.uniform(-1, 1, 2) * (half - 1.2 * r)
                if np.hypot(*p) < half - 1.1 * r and all(
                    np.linalg.norm(p - q) > 2.25 * r for q in places
                ):
                    places.append(p)
                    break
            else:
                break
        elements += [self._coin(key, i, p, top) for i, p in enumerate(places)]
        reach = 1.12 * half
        focus = Focus.around(circle(reach, 0.0), circle(0.9 * reach, top + 2 * r))
        return self.stage(key, elements, focus=focus)

    def _rim(self, key: Key, radius: float, top: float) -> RigidBody:
        """A wall around the table that coins bounce off and stay behind."""
        tall = top + 0.7 * self.radius
        wall = hoop(radius=radius + 0.012, width=tall, thickness=0.01, wedges=32)
        return fixed(key, "rim", wall, self.table, position=(0, 0, tall / 2))

    def _coin(self, key: Key, i: int, place: Array, top: float) -> RigidBody:
        rng = key.child("coin", i).rng()
        r = self.radius * float(rng.uniform(0.85, 1.1))
        t = self.thickness * r
        forms = ("coin", "coin", "ring", "hoop", "gear")
        form = forms[int(rng.integers(5))] if self.form == "mixed" else self.form
        shapes: dict[str, Geometry] = {
            "coin": Cylinder(r, t),
            "ring": torus(radius=0.86 * r, thickness=0.14 * r, wedges=12),
            "hoop": hoop(radius=r, width=1.6 * t, thickness=0.15 * r, wedges=16),
            "gear": gear(radius=r, teeth=12, thickness=1.2 * t, bore=0.3),
        }
        metals = ("metal/brass", "metal/copper", "metal/steel")
        stuff = metals[int(rng.integers(3))] if self.material == "mixed" else self.material
        lean, way = self.lean * float(rng.uniform(0.2, 1.0)), float(rng.uniform(0, 2 * math.pi))
        # The disc's axis is level for an upright coin; leaning lowers or lifts it.
        axis = np.array(
            [math.cos(way) * math.cos(lean), math.sin(way) * math.cos(lean), math.sin(lean)]
        )
        turn = multiply(align_z(axis), yaw(float(rng.uniform(0, 6.28))))
        half_thick = {"coin": t / 2, "ring": 0.14 * r, "hoop": 0.8 * t, "gear": 0.6 * t}[form]
        lift = r * math.cos(lean) + half_thick * math.sin(lean)
        shift = rotate(turn, (0.0, 0.0, -0.6 * t)) if form == "gear" else np.zeros(3)
        ahead = np.array([-math.sin(way), math.cos(way), 0.0])
        if rng.random() < 0.5:
            velocity = -0.1 * np.append(place, 0.0)
            spin = np.array([0.0, 0.0, self.spin * float(rng.uniform(0.7, 1.3))])
        else:
            sign = -1.0 if ahead[:2] @ place > 0 else 1.0
            velocity = sign * self.speed * float(rng.uniform(0.7, 1.2)) * ahead
            arm = np.array([0.0, 0.0, lift])
            spin = np.cross(arm, velocity) / lift**2
        return body(
            key,
            f"{form}_{i}",
            shapes[form],
            stuff,
            position=vec(np.array([place[0], place[1], top + lift + GAP]) + shift),
            quaternion=turn,
            velocity=velocity,
            angular_velocity=spin,
        )
