"""A sheet of cloth falls over things that turn, sway or rise under it."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Cylinder, Geometry, Sphere, bounds
from simgen.key import Key
from simgen.lattice import sheet
from simgen.material import Look, Material, material
from simgen.rotation import from_axis_angle, multiply, rotate, to_matrix
from simgen.scene import (
    Ambient,
    Cloth,
    Keyframes,
    Quaternion,
    RigidBody,
    Scene,
    Shape,
    Vector,
)
from simgen.scenes.garment._parts import (
    AIR,
    FABRICS,
    PLATE_DRAG,
    distinct,
    sinking_speed,
    usual,
)
from simgen.shapes import chair, cone, stool, table, torus, vase
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian
from simgen.words import Words

TALL = ("sphere", "box", "cylinder", "cone", "vase")
THINGS = (*TALL, "capsule", "torus")
FURNITURE = ("chair", "stool", "table")
STUFFS = (
    "wood/oak",
    "wood/walnut",
    "stone/marble",
    "ceramic/porcelain",
    "plastic/abs",
    "metal/brass",
)
CELLS = 44
"""Squares along an edge of the sheet."""
GROUP = 0.33
"""Radius of the group of things, at most, over the edge of the sheet."""
TRAY = 0.018
"""Thickness of tray and stands [m]."""
SWAY = 1.8
"""Largest acceleration of things that sway [m/s^2]; friction holds the cloth."""
UPRIGHT: Quaternion = (1.0, 0.0, 0.0, 0.0)
BEGIN = 0.45
"""When the things begin to move [s]; the sheet lies on them by then."""


class ClothOverObjects(SceneTemplate):
    """A falling sheet of cloth drapes over things that then turn, sway or rise under it."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "newton")
    physics_iq: ClassVar[str] = "silk-cover"
    words: ClassVar[Words] = Words(
        short="a {fabric} sheet [is dropped over|is let go above|drops towards] {listed}",
        setup="a {fabric} sheet is held out flat in the air above {listed}",
        event=(
            "[the sheet is dropped, and soon what is beneath it starts to {motion}|the sheet is "
            "let go; then whatever is under it begins to {motion}]"
        ),
        parameters=(
            "a sheet of {fabric}, {size} square, dropped from {drop} above {listed} with "
            "{speed} sideways; the things, up to {height} high, {motion}"
        ),
        terms={
            "motion": {"turn": "turn", "sway": "sway to and fro", "lift": "move up and down"},
        },
        kinds={
            "sphere": "ball/balls",
            "box": "box/boxes",
            "cylinder": "cylinder/cylinders",
            "cone": "cone/cones",
            "vase": "vase/vases",
            "capsule": "lying capsule/lying capsules",
            "torus": "ring/rings",
            "chair": "chair/chairs",
            "stool": "stool/stools",
            "table": "small table/small tables",
        },
    )

    fabric: Annotated[str, Choice(*FABRICS)]
    size: Annotated[Metre, Uniform(0.95, 1.35)]
    """Edge of the square sheet."""
    thing: Annotated[str, Choice(*TALL, *FURNITURE)]
    """The first thing; furniture stands alone."""
    count: Annotated[int, Integers(2, 3)]
    height: Annotated[Metre, Uniform(0.34, 0.5)]
    """Of the tallest thing with what it stands on."""
    drop: Annotated[Metre, Uniform(0.03, 0.12)]
    """From the things to the sheet above them, at the start."""
    tilt: Annotated[Radian, Uniform(0.0, 0.22)]
    speed: Annotated[MetrePerSecond, Uniform(0.0, 0.5)]
    """Horizontal, at the start."""
    motion: Annotated[str, Choice("turn", "sway", "lift")]
    """What the things do under the sheet once it has landed."""
    wind: Annotated[float, Uniform(0.0, 0.35)]
    """Over the speed at which the flat sheet sinks in still air."""
    camera_elevation: Annotated[Radian, Uniform(0.22, 0.5)]

    def build(self, key: Key) -> Scene:
        stuff = material(self.fabric)
        look = distinct(stuff, key.child("cloth"), [usual(material(self.floor))])
        things, top = self._things(key, look)
        way = key.child("wind").rng().uniform(-math.pi, math.pi)
        speed = self.wind * sinking_speed(stuff)
        wind = np.array([math.cos(way), math.sin(way), 0.0]) * speed
        cloth = self._cloth(key, top, wind, look)
        rise = 0.1 if self.motion == "lift" else 0.0
        high = max(float(np.asarray(cloth.vertices)[:, 2].max()), top + rise) + 0.02
        wide, deep = 0.45 * self.size, 0.26 * self.size
        focus = Focus(lower=(-wide, -deep, 0.0), upper=(wide, deep, high))
        ambient = Ambient(wind=(float(wind[0]), float(wind[1]), 0.0))
        return self.stage(key, (cloth, *things), focus=focus, ambient=ambient)

    def _cloth(self, key: Key, top: float, wind: Array, look: Look) -> Cloth:
        rng = key.child("sheet").rng()
        flat, faces = sheet(self.size, self.size, self.size / CELLS)
        points = flat.copy()
        lean = rng.uniform(-math.pi, math.pi)
        turn = multiply(
            from_axis_angle((math.cos(lean), math.sin(lean), 0.0), self.tilt),
            from_axis_angle((0, 0, 1), rng.uniform(-math.pi, math.pi)),
        )
        # A sheet is never quite flat: waves of a few millimetres decide where folds begin.
        for _ in range(6):
            wave = rng.normal(size=2) * 2 * math.pi / self.size
            points[:, 2] += 0.004 * np.sin(points[:, :2] @ wave + rng.uniform(0, 2 * math.pi))
        way = rng.uniform(-math.pi, math.pi)
        start = np.array([self.speed * math.cos(way), self.speed * math.sin(way), -0.5])
        stuff = material(self.fabric)
        normal = rotate(turn, np.array([0.0, 0.0, 1.0]))
        # It settles over the middle after this much of fall, half of it along the things.
        height = self.drop + GROUP * self.size * math.tan(self.tilt)
        placed = rotate(turn, points) - _drift(stuff, normal, start, wind, height + 0.5 * top)
        placed[:, 2] += top + height
        return Cloth(
            name="cloth",
            vertices=placed,
            faces=faces,
            material=stuff,
            look=look,
            rest_vertices=flat,
            velocity=(float(start[0]), float(start[1]), float(start[2])),
            self_collision=True,
        )

    def _things(self, key: Key, cloth: Look) -> tuple[list[RigidBody], float]:
        """The things, side by side on a tray or each on a lift, and the top of the tallest [m]."""
        rng = key.child("things").rng()
        count = 1 if self.thing in FURNITURE else self.count
        kinds = [self.thing] + [THINGS[int(i)] for i in rng.integers(len(THINGS), size=count - 1)]
        base = 0.4 * self.height if self.motion == "lift" else TRAY
        tall = (self.height - base) * np.array([1.0, *rng.uniform(0.5, 0.9, count - 1)])
        start = rng.uniform(-math.pi, math.pi)
        made, radii, places = _group(kinds, tall, start)
        around = float((np.linalg.norm(places, axis=1) + radii).max())
        if around > GROUP * self.size:
            made, radii, places = _group(kinds, tall * (GROUP * self.size / around), start)
            around = GROUP * self.size
        found: list[RigidBody] = []
        top = 0.0
        for i, (geometry, turn) in enumerate(made):
            low, high = _extent(geometry, turn)[:, 2]
            stuff = material(STUFFS[int(rng.integers(len(STUFFS)))])
            look = distinct(stuff, key.child("look", i), [cloth.color])
            place = (float(places[i, 0]), float(places[i, 1]), base)
            shape = Shape(
                geometry=geometry,
                material=stuff,
                look=look,
                position=(0.0, 0.0, -float(low)),
                quaternion=turn,
            )
            shapes = [shape]
            if self.motion == "lift":
                shapes += _stand(float(radii[i]), base)
                found.append(_plinth(i, place, float(radii[i]), base))
            yaw = from_axis_angle((0, 0, 1), rng.uniform(-math.pi, math.pi))
            name = f"{kinds[i]}_{i}"
            found.append(self._moved(key, i, name, tuple(shapes), np.array(place), yaw))
            top = max(top, base + float(high - low))
        if self.motion != "lift":
            disc = _disc(around + 0.02, TRAY, -TRAY / 2, "wood/beech")
            middle = np.array([0.0, 0.0, TRAY])
            found.append(self._moved(key, 0, "tray", (disc,), middle, np.array(UPRIGHT)))
        return found, top

    def _moved(
        self, key: Key, index: int, name: str, shapes: tuple[Shape, ...], at: Array, turn: Array
    ) -> RigidBody:
        """A body on its way: about the middle, to and fro, or up and down, softly from BEGIN on."""
        rng = key.child("motion").rng()
        end = max(self.duration, 1.0)
        times = np.linspace(0.0, end, 1 + round(96 * end))
        sign, pace = float(rng.choice([-1.0, 1.0])), float(rng.uniform(0.0, 1.0))
        way = float(rng.uniform(-0.6, 0.6))
        late = np.maximum(times - BEGIN, 0.0)
        positions = np.tile(at, (len(times), 1))
        quaternions = None
        match self.motion:
            case "turn":
                angles = sign * (2.2 + 1.2 * pace) * late**2 / (late + 0.5)
                turns = [from_axis_angle((0, 0, 1), float(a)) for a in angles]
                positions = np.stack([rotate(q, at) for q in turns])
                quaternions = np.stack([multiply(q, turn) for q in turns])
            case "sway":
                rate = 2 * math.pi * (0.6 + 0.3 * pace)
                growth = np.clip(late / 0.5, 0.0, 1.0) ** 2 * (3 - 2 * np.clip(late / 0.5, 0, 1))
                reach = SWAY / rate**2
                swing = reach * growth * np.sin(rate * late)
                positions[:, :2] += swing[:, None] * np.array([math.cos(way), math.sin(way)])
            case _:
                # One after the other, as far as the rod reaches.
                late = np.maximum(late - 0.22 * index, 0.0)
                rise = (0.75 + 0.2 * pace) * (at[2] - 3 * TRAY)
                positions[:, 2] += 0.5 * rise * (1 - np.cos(2 * math.pi * late / 1.2))
        place: Vector = tuple(at)  # type: ignore[assignment]
        quaternion: Quaternion = tuple(turn)  # type: ignore[assignment]
        return RigidBody(
            name=name,
            shapes=shapes,
            position=place,
            quaternion=quaternion,
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=positions, quaternions=quaternions),
        )


def _drift(stuff: Material, normal: Array, velocity: Array, wind: Array, fall: float) -> Array:
    """Horizontal way (3,) [m] of a stiff tilted sheet until it has fallen by `fall` [m].

    The flat plate of Hoerner (1965), as in the solver: 1/2 rho 1.17 |v| v_n n per area.
    """
    (areal,) = stuff.require("areal_density")
    step, gone, v = 0.002, np.zeros(3), velocity.copy()
    for _ in range(1000):
        flow = wind - v
        push = 0.5 * AIR * PLATE_DRAG * np.linalg.norm(flow) * float(flow @ normal) / areal
        v = v + step * (push * normal + np.array([0.0, 0.0, -9.81]))
        gone = gone + step * v
        if gone[2] < -fall:
            break
    return np.array([gone[0], gone[1], 0.0])


def _group(
    kinds: list[str], tall: Array, start: float
) -> tuple[list[tuple[Geometry, Quaternion]], Array, Array]:
    """Things of these heights [m], their radii and places."""
    made = [_geometry(kind, float(t)) for kind, t in zip(kinds, tall, strict=True)]
    radii = np.array([_radius(geometry, turn) for geometry, turn in made])
    return made, radii, _side_by_side(radii, start)


def _side_by_side(radii: Array, start: float) -> Array:
    """(N, 2) places [m] of round things that do not touch, close together about the middle."""
    count = len(radii)
    if count == 1:
        return np.zeros((1, 2))
    angles = start + 2 * math.pi * np.arange(count) / count
    places = 2 * radii.max() * np.stack([np.cos(angles), np.sin(angles)], -1)
    for _ in range(200):
        places *= 0.98
        for i in range(count):
            for j in range(i):
                apart = places[i] - places[j]
                gap = float(np.linalg.norm(apart))
                lack = max(0.0, radii[i] + radii[j] + 0.03 - gap) / max(gap, 1e-6)
                places[i] += 0.5 * lack * apart
                places[j] -= 0.5 * lack * apart
    return places


def _disc(radius: float, thick: float, z: float, name: str) -> Shape:
    stuff = material(name)
    look = stuff.look(Key(0).child("stand"))
    return Shape(
        geometry=Cylinder(radius, thick), material=stuff, look=look, position=(0.0, 0.0, z)
    )


def _stand(radius: float, base: float) -> list[Shape]:
    """The plate under a thing and the rod that carries it."""
    rod = base - 2 * TRAY
    return [
        _disc(radius, TRAY, -TRAY / 2, "metal/aluminium"),
        _disc(0.025, rod, -TRAY - rod / 2, "metal/steel"),
    ]


def _plinth(index: int, place: Vector, radius: float, base: float) -> RigidBody:
    """The socket out of which a rod rises."""
    tall = base - TRAY
    shape = _disc(0.8 * radius, tall, 0.0, "plastic/abs")
    at = (place[0], place[1], tall / 2)
    return RigidBody(name=f"plinth_{index}", shapes=(shape,), position=at, motion="static")


def _geometry(kind: str, tall: float) -> tuple[Geometry, Quaternion]:
    """A thing of about this height [m] and the turn that makes it stand."""
    lying: Quaternion = tuple(from_axis_angle((1, 0, 0), math.pi / 2))  # type: ignore[assignment]
    match kind:
        case "sphere":
            return Sphere(tall / 2), UPRIGHT
        case "box":
            return Box((0.8 * tall, 0.6 * tall, tall)), UPRIGHT
        case "cylinder":
            return Cylinder(0.3 * tall, tall), UPRIGHT
        case "capsule":
            return Capsule(0.25 * tall, 0.7 * tall), lying
        case "cone":
            return cone(radius=0.45 * tall, height=tall, tip=0.08 * tall), UPRIGHT
        case "vase":
            return vase(radius=0.3 * tall, height=tall), UPRIGHT
        case "torus":
            return torus(radius=0.42 * tall, thickness=0.16 * tall), UPRIGHT
        case "chair":
            return chair(
                height=1.25 * tall, seat=0.68 * tall, width=0.65 * tall, depth=0.65 * tall
            ), UPRIGHT
        case "stool":
            return stool(radius=0.35 * tall, height=tall), UPRIGHT
        case _:
            return table(width=1.2 * tall, depth=0.8 * tall, height=tall), UPRIGHT


def _extent(geometry: Geometry, turn: Quaternion) -> Array:
    """(2, 3) bounds of the turned geometry [m]."""
    low, high = bounds(geometry)
    corners = np.array([[(low, high)[i >> k & 1][k] for k in range(3)] for i in range(8)])
    turned = corners @ to_matrix(turn).T
    return np.stack([turned.min(axis=0), turned.max(axis=0)])


def _radius(geometry: Geometry, turn: Quaternion) -> float:
    """Of the footprint about the vertical axis [m]."""
    extent = np.abs(_extent(geometry, turn)).max(axis=0)
    flat = isinstance(geometry, Box | Capsule)
    return float(np.hypot(extent[0], extent[1]) if flat else max(extent[0], extent[1]))
