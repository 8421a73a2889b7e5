"""Crank, connecting rods and pistons: a driven engine that pushes or throws what is before it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Sphere
from simgen.key import Key
from simgen.scene import Articulation, Drive, Joint, Loop, RigidBody, Scene, Shape
from simgen.scenes.articulated._parts import ALONG_Y, copied, fixture, shape, turn, vector, xyz
from simgen.scenes.articulated._schemes import SCHEMES, Scheme
from simgen.scenes.rigid._things import colors
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, RadianPerSecond, Ratio
from simgen.words import Words

_AXIS = (0.0, -1.0, 0.0)
"""The crank turns from the direction of the pistons towards `across`."""


class CrankSlider(SceneTemplate):
    """A flywheel drives pistons through connecting rods; they push blocks or throw balls."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco",)
    words: ClassVar[Words] = Words(
        short="[an engine drives|a flywheel moves|a turning crank drives] {upright.short}",
        setup="{upright}",
        event="[{upright.event}|started by a motor, {upright.event}]",
        parameters=(
            "a crank of {crank_material}, radius {crank_radius}, turning at about {speed}, rods "
            "of {rod_material}, pistons of {piston_material} and loads of {load_material}"
        ),
        terms={
            "upright": {
                "0": (
                    "a painted engine with a flywheel and {cylinders level piston/level "
                    "pistons} stands in front of small blocks on a pine wood bench"
                ),
                "1": (
                    "{row painted engine/painted engines} with flywheels and upright pistons "
                    "stand side by side, a ball lying on top of each piston"
                ),
            },
            "upright.short": {
                "0": "{cylinders piston/pistons} towards blocks on a bench",
                "1": "upright pistons with balls lying on them",
            },
            "upright.event": {
                "0": "the flywheel turns and drives the {cylinders? piston/pistons}",
                "1": "the flywheels turn and drive the pistons up and down",
            },
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.3, 0.3)]
    camera_elevation: Annotated[Radian, Uniform(0.16, 0.42)]
    cylinders: Annotated[int, Integers(1, 2)]
    """Of a level engine."""
    upright: Annotated[int, Choice(0, 1)]
    """0: the pistons run level and push blocks, 1: they run upwards and throw balls."""
    row: Annotated[int, Integers(2, 3)]
    """Upright engines side by side."""
    crank_radius: Annotated[Metre, Uniform(0.045, 0.075)]
    rod_ratio: Annotated[Ratio, Uniform(2.6, 3.8)]
    """Connecting rod over crank radius."""
    speed: Annotated[RadianPerSecond, Uniform(11.0, 21.0)]
    phase: Annotated[Radian, Uniform(2.2, 4.0)]
    """Of the first crank at the start; zero is the far dead centre."""
    flywheel_radius: Annotated[Ratio, Uniform(1.8, 2.4)]
    """Over the crank radius."""
    crank_material: Annotated[str, Choice("metal/steel", "metal/cast_iron", "metal/brass")]
    rod_material: Annotated[str, Choice("metal/aluminium", "metal/brass", "metal/copper")]
    piston_material: Annotated[str, Choice("metal/aluminium", "metal/stainless_steel")]
    frame_material: Annotated[str, Choice("wood/oak", "metal/cast_iron", "wood/walnut")]
    scheme: Annotated[str, Choice(*SCHEMES)]
    """Paint of the parts."""
    load_material: Annotated[
        str, Choice("wood/beech", "plastic/abs", "plastic/hdpe", "wood/pine", "rubber/natural")
    ]

    def build(self, key: Key) -> Scene:
        if self.upright:
            return self._row(key)
        loads = [b for k in range(self.cylinders) for b in self._load(key, k)]
        wheel = self.flywheel_radius * self.crank_radius
        back = self._depth(self.cylinders - 1) + 1.2 * self._width
        focus = Focus(
            lower=(-wheel, -self._width, 0.0),
            upper=(1.2 * self._bench + 0.1, back, self._center[2] + wheel),
        )
        table = self._table(key, self._bench)
        return self.stage(key, [self._machine(key), table, *loads], focus=focus)

    def _row(self, key: Key) -> Scene:
        """Upright engines of one cylinder side by side, each with a pace and a phase of its own."""
        wheel = self.flywheel_radius * self.crank_radius
        apart = 2.2 * wheel
        elements: list[Articulation | RigidBody] = []
        for i in range(self.row):
            own = {
                "cylinders": 1,
                "phase": self.phase + 2 * math.pi * i / self.row,
                "speed": self.speed * (1.0, 0.8, 1.2)[i],
            }
            one = self.model_copy(update=own)
            shift = xyz((i - (self.row - 1) / 2) * apart, 0.0, 0.0)
            load = one._load(key.child("engine", i), 0)[0]
            elements.append(copied(one._machine(key), str(i), shift))
            elements.append(replace(load, name=f"load_{i}", position=vector(shift + load.position)))
        side = 0.5 * (self.row - 1) * apart + 1.05 * wheel
        top = self._center[2] + self._reach + 0.5 * self._piston + 0.05
        focus = Focus(lower=(-side, -self._width, 0.0), upper=(side, 1.2 * self._width, top))
        return self.stage(key, elements, focus=focus)

    @property
    def _rod(self) -> float:
        return self.rod_ratio * self.crank_radius

    @property
    def _reach(self) -> float:
        """Farthest centre of a piston from the crank's axis [m]."""
        return self._rod + self.crank_radius

    @property
    def _piston(self) -> float:
        return 1.1 * self.crank_radius

    @property
    def _width(self) -> float:
        """Distance of neighbouring cylinders [m]."""
        return 1.7 * self.crank_radius

    def _depth(self, number: int) -> float:
        return number * self._width

    @property
    def _center(self) -> np.ndarray:
        """(3,) [m] where the crank's axis meets the plane of the first cylinder."""
        return np.array([0.0, 0.0, self.flywheel_radius * self.crank_radius + 0.05])

    @property
    def _along(self) -> np.ndarray:
        return np.array([0.0, 0.0, 1.0] if self.upright else [1.0, 0.0, 0.0])

    @property
    def _across(self) -> np.ndarray:
        return np.array([-1.0, 0.0, 0.0] if self.upright else [0.0, 0.0, 1.0])

    @property
    def _tilt(self) -> float:
        """Turn of the machine about `_AXIS` [rad]."""
        return math.pi / 2 if self.upright else 0.0

    @property
    def _bench(self) -> float:
        """Far end [m] of the bench in front of level pistons."""
        return self._reach + 0.5 * self._piston + 2.3 * self.crank_radius

    @property
    def _paint(self) -> Scheme:
        return SCHEMES[self.scheme]

    def _slide(self, number: int) -> tuple[np.ndarray, np.ndarray, float, float, float]:
        """Crank pin, piston pin, rod angle, rod rate and piston rate of a cylinder at the start."""
        r, rod, w = self.crank_radius, self._rod, self.speed
        phi = self.phase + 2 * math.pi * number / self.cylinders
        psi = math.asin(r * math.sin(phi) / rod)
        rate = r * math.cos(phi) * w / (rod * math.cos(psi))
        offset = self._center + xyz(0.0, self._depth(number), 0.0)
        pin = offset + r * (math.cos(phi) * self._along + math.sin(phi) * self._across)
        stroke = r * math.cos(phi) + rod * math.cos(psi)
        velocity = -r * w * math.sin(phi) - rod * math.sin(psi) * rate
        return pin, offset + stroke * self._along, psi, rate, velocity

    def _machine(self, key: Key) -> Articulation:
        links = [self._frame(key), self._crank(key)]
        drive = Drive(kind="velocity", target=self.speed, gain=3.0, limit=30.0)
        joints = [
            Joint(
                name="main_bearing",
                kind="hinge",
                child="crankshaft",
                parent="frame",
                position=vector(self._center),
                axis=_AXIS,
                velocity=self.speed,
                drive=drive,
            )
        ]
        loops: list[Loop] = []
        for k in range(self.cylinders):
            pin, end, psi, rate, velocity = self._slide(k)
            rod, piston = f"rod_{k}", f"piston_{k}"
            links += [
                RigidBody(
                    name=rod,
                    shapes=self._rod_shapes(key),
                    position=vector((pin + end) / 2),
                    quaternion=turn(_AXIS, self._tilt - psi),
                ),
                RigidBody(
                    name=piston,
                    shapes=self._piston_shapes(key),
                    position=vector(end),
                    quaternion=turn(_AXIS, self._tilt),
                ),
            ]
            joints += [
                Joint(
                    name=f"crank_pin_{k}",
                    kind="hinge",
                    child=rod,
                    parent="crankshaft",
                    position=vector(pin),
                    axis=_AXIS,
                    velocity=-rate - self.speed,
                ),
                Joint(
                    name=f"cylinder_{k}",
                    kind="slide",
                    child=piston,
                    parent="frame",
                    position=vector(end),
                    axis=vector(self._along),
                    velocity=velocity,
                    damping=0.5,
                ),
            ]
            loops.append(Loop(link_a=rod, link_b=piston, position=vector(end)))
        return Articulation(
            name="engine",
            links=tuple(links),
            joints=tuple(joints),
            loops=tuple(loops),
            self_collision=False,
        )

    def _crank(self, key: Key) -> RigidBody:
        """Body frame: the axis is y; webs and pins per cylinder, the flywheel behind them all."""
        r, stuff = self.crank_radius, self.crank_material
        web, gap = 0.16 * r, 0.36 * r
        parts: list[Shape] = []
        for k in range(self.cylinders):
            phi = self.phase + 2 * math.pi * k / self.cylinders
            arm = math.cos(phi) * self._along + math.sin(phi) * self._across
            pose = turn(_AXIS, self._tilt + phi)
            y = np.array([0.0, self._depth(k), 0.0])
            # The first crank is overhung: nothing hides its pin and its rod.
            for s in (1,) if k == 0 else (-1, 1):
                middle = 0.2 * r * arm + y + xyz(0.0, s * (gap + web / 2), 0.0)
                plate = Box((2.4 * r, web, 0.75 * r))
                parts.append(
                    shape(
                        plate, stuff, key, position=middle, quaternion=pose, color=self._paint.crank
                    )
                )
            pin = Cylinder(0.2 * r, 2 * gap)
            parts.append(shape(pin, stuff, key, position=r * arm + y, quaternion=ALONG_Y))
            journal = self._width - 2 * (gap + web)
            middle = y + xyz(0.0, self._width / 2, 0.0)
            bar = Cylinder(0.24 * r, journal)
            parts.append(shape(bar, "metal/steel", key, position=middle, quaternion=ALONG_Y))
        parts += self._flywheel(key)
        return RigidBody(name="crankshaft", shapes=tuple(parts), position=vector(self._center))

    def _flywheel(self, key: Key) -> list[Shape]:
        """A disc with a hub and a row of bolts that show its turning."""
        radius = self.flywheel_radius * self.crank_radius
        thick = 0.5 * self.crank_radius
        y = self._depth(self.cylinders - 1) + self._width
        disc = Cylinder(radius, thick)
        parts = [
            shape(
                disc,
                self.crank_material,
                key,
                position=(0, y, 0),
                quaternion=ALONG_Y,
                color=self._paint.wheel,
            )
        ]
        for i in range(5):
            a = 2 * math.pi * i / 6
            place = (0.78 * radius * math.cos(a), y, 0.78 * radius * math.sin(a))
            bolt = Cylinder((0.18 if i == 0 else 0.1) * radius, thick * 1.15)
            parts.append(
                shape(
                    bolt,
                    self.rod_material,
                    key,
                    position=place,
                    quaternion=ALONG_Y,
                    color=self._paint.bolts,
                )
            )
        return parts

    def _rod_shapes(self, key: Key) -> tuple[Shape, ...]:
        r, rod = self.crank_radius, self._rod
        thick = 0.5 * r
        paint = self._paint.rod
        bar = shape(Box((rod, 0.6 * thick, 0.34 * r)), self.rod_material, key, color=paint)
        eyes = [
            shape(
                Cylinder(size * r, thick),
                self.rod_material,
                key,
                position=(s * rod / 2, 0, 0),
                quaternion=ALONG_Y,
                color=paint,
            )
            for s, size in ((-1, 0.36), (1, 0.26))
        ]
        return (bar, *eyes)

    def _piston_shapes(self, key: Key) -> tuple[Shape, ...]:
        """Body frame: +x is the crown; an upright piston carries a rim that keeps its ball."""
        p, w = self._piston, 0.62 * self._width
        paint = self._paint.piston
        parts = [shape(Box((p, w, w)), self.piston_material, key, color=paint)]
        if self.upright:
            rim, thick = 0.35 * w, 0.08 * w
            for s in (-1, 1):
                x, side = p / 2 + rim / 2, s * (w - thick) / 2
                for place, size in (
                    ((x, side, 0.0), (rim, thick, w)),
                    ((x, 0.0, side), (rim, w - 2 * thick, thick)),
                ):
                    parts.append(
                        shape(Box(size), self.piston_material, key, position=place, color=paint)
                    )
        return tuple(parts)

    def _frame(self, key: Key) -> RigidBody:
        """A bed and, behind every crank, a stand that bears it and guides an upright piston."""
        r, stuff, z = self.crank_radius, self.frame_material, float(self._center[2])
        paint = self._paint.frame
        ys = [self._depth(k) + self._width / 2 for k in range(self.cylinders)]
        back = ys[-1] + 1.1 * self._width
        middle, length = (back - 0.8 * self._width) / 2, back + 0.8 * self._width
        bed = Box((3.2 * r, length, 0.04))
        parts = [shape(bed, stuff, key, position=(0.0, middle, 0.02), color=paint)]
        start = self._rod - self.crank_radius - 0.5 * self._piston
        run = 2 * r + self._piston
        top = z + (start + run if self.upright else 0.45 * r)
        for y in ys:
            stand = Box((0.8 * r, 0.22 * r, top - 0.04))
            place = (0.0, y, 0.02 + top / 2)
            parts.append(shape(stand, stuff, key, position=place, color=paint))
            if self.upright:
                shoe = Box((0.5 * r, 0.2 * r, run))
                place = (0.0, y - 0.2 * r, z + start + run / 2)
                parts.append(shape(shoe, "metal/steel", key, position=place))
        return fixture("frame", *parts)

    def _table(self, key: Key, high: float) -> RigidBody:
        """The bench that level pistons sweep; its top is just below them, and it begins where the
        rod, at its lowest, passes a twentieth of the crank's radius above its edge."""
        top = float(self._center[2]) - 0.31 * self._width - 0.003
        first = self._rod - 0.4 * self.crank_radius
        size = (high - first, self._depth(self.cylinders - 1) + 1.15 * self._width, top)
        middle = ((high + first) / 2, self._depth(self.cylinders - 1) / 2, top / 2)
        return fixture("bench", shape(Box(size), "wood/pine", key, position=middle))

    def _load(self, key: Key, number: int) -> list[RigidBody]:
        """A ball in the cup of an upright piston; two or three blocks before a level one."""
        rng = key.child(f"load_{number}").rng()
        y, z = self._depth(number), float(self._center[2])
        paint = colors(key.child("loads", number), "primary", 3)
        if self.upright:
            end = self._slide(number)[1]
            r = 0.3 * self._width * float(rng.uniform(0.6, 0.75))
            place = end + xyz(0.0, 0.0, 0.5 * self._piston + r + 0.002)
            velocity = (0.0, 0.0, self._slide(number)[4])
            ball = shape(Sphere(r), self.load_material, key.child(number), color=paint[0])
            return [
                RigidBody(
                    name=f"load_{number}", shapes=(ball,), position=vector(place), velocity=velocity
                )
            ]
        top = z - 0.31 * self._width - 0.003
        x = self._reach + 0.5 * self._piston - float(rng.uniform(0.3, 0.9)) * self.crank_radius
        x = max(x, float(self._slide(number)[1][0]) + 0.5 * self._piston + 0.004)
        found: list[RigidBody] = []
        for i in range(3):
            w = 0.45 * self._width * float(rng.uniform(0.8, 1.3))
            tall = self._width * float(rng.uniform(0.6, 1.6))
            if x + w > self._bench:
                break
            stuff = key.child("load", number, i)
            solid = shape(Box((w, w, tall)), self.load_material, stuff, color=paint[i])
            place = (x + w / 2, y, top + tall / 2 + 0.001)
            found.append(RigidBody(name=f"load_{number}_{i}", shapes=(solid,), position=place))
            x += w + float(rng.uniform(0.1, 0.4)) * w
        return found
